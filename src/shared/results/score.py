# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Scoring all models on the test fables
def all_scores(tokens):
    """Log-probabilities of `tokens` by the network, the table, and a shorter table."""
    shorter = fit_ngram(train_tokens, max(ngram_order - 3, 1), V)
    return (evaluate(params, tokens), score_ngram(ngram, tokens, ngram_factor),
            score_ngram(shorter, tokens))


if os.environ.get("LESSON_CHOOSING"):  # while one chooses, the test fables stay unread
    test_tokens = valid_tokens
valid_scores, test_scores = all_scores(valid_tokens), all_scores(test_tokens)
share = best_share(*valid_scores[:2])
tables_share = best_share(*valid_scores[1:])
results = {
    "uniform": float(np.log2(V)), "unigram": bits(score_ngram(unigram, test_tokens)),
    network: bits(test_scores[0]), table: bits(test_scores[1]),
    "mixed tables": bits(mix(*test_scores[1:], tables_share)),
    "mixed": bits(mix(*test_scores[:2], share)),
}
names = {"mixed tables": f"{table} and {max(ngram_order - 3, 1)}-gram mixed",
         "mixed": f"{network} and {table} mixed, {share:.2f} to {1 - share:.2f}"}
for name, value in results.items():
    print(f"{names.get(name, name):36s} {value:.3f} bits per character on test fables")
