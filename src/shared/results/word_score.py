# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Scoring all models on the test fables
def all_scores(tokens):
    """Log-probabilities of `tokens` by the network, the table, and a shorter table."""
    shorter = fit_ngram(train_tokens, max(ngram_order - 2, 1), V)
    models = (evaluate(params, tokens), score_ngram(ngram, tokens, ngram_factor),
              score_ngram(shorter, tokens))
    return [of_words(scores, tokens) for scores in models]


if os.environ.get("LESSON_CHOOSING"):  # while one chooses, the test fables stay unread
    test_tokens, test_text = valid_tokens, valid_text
valid_scores, test_scores = all_scores(valid_tokens), all_scores(test_tokens)
share = best_share(*valid_scores[:2])
tables_share = best_share(*valid_scores[1:])
results = {
    "uniform": float(V),
    "unigram": perplexity(of_words(score_ngram(unigram, test_tokens), test_tokens)),
    network: perplexity(test_scores[0]), table: perplexity(test_scores[1]),
    "mixed tables": perplexity(mix(*test_scores[1:], tables_share)),
    "mixed": perplexity(mix(*test_scores[:2], share)),
}
names = {"mixed tables": f"{table} and {max(ngram_order - 2, 1)}-gram mixed",
         "mixed": f"{network} and {table} mixed, {share:.2f} to {1 - share:.2f}"}
for name, value in results.items():
    print(f"{names.get(name, name):36s} perplexity {value:6.4g} on test fables")
print(f"{len(test_scores[0]):,} tokens, of which <unk> {np.mean(test_tokens == UNK):.1%}")
