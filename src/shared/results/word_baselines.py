# %%
V = len(vocab)
unigram = fit_ngram(train_tokens, 1, V)
ngram, ngram_order, ngram_factor = best_ngram(train_tokens, valid_tokens, V)
table = f"{ngram_order}-gram"
scored = {"unigram": score_ngram(unigram, valid_tokens),
          table: score_ngram(ngram, valid_tokens, ngram_factor)}
baselines = {"uniform": float(V)}
for name, scores in scored.items():
    baselines[name] = perplexity(of_words(scores, valid_tokens))
for name, value in baselines.items():
    print(f"{name:8s} perplexity {value:.4g} on validation fables")
