# %% [markdown] part="crow"
# **First, a text it must learn by heart**: Aesop's thirsty crow. If a correct network cannot
# drive the loss on one short text to nearly zero, something is broken.

# %% tags=["train"] part="crow"
crow = load_text("thirsty_crow.txt")
crow_vocab = sorted(set(crow))
crow_params = init_params(vocab_size=len(crow_vocab), hidden_size=96, rng=np.random.default_rng(seed))
crow_streams = make_streams(encode(crow, crow_vocab), batch_size=1, seq_len=100)
crow_history = train(crow_params, crow_streams, steps=400, learning_rate=1e-2, seq_len=100)
print("crow: loss below 0.05 nats:", crow_history["loss"][-1] < 0.05)

# %% part="crow"
# include: sampling.py define

# %% part="crow"
# include: char_corpus.py told

# %% [markdown] part="book"
# **Now the book.** Each line shows the loss of the current window (with dropout), the loss on
# the validation fables (without), both in bits per character, and the length of the gradient
# before clipping. Adam's usual $\beta_2 = 0.999$ averages over about a thousand updates, long
# for a run of a few thousand; 0.99 did better on the
# validation fables, in trials not shown here.

# %% part="book"
# include: char_corpus.py reporter

# %% tags=["train"] part="book"
rng = np.random.default_rng(seed)
untrained = init_params(vocab_size=V, hidden_size=hidden_size, rng=rng, dtype=dtype)
params = {name: p.copy() for name, p in untrained.items()}
run = start_tracking(log_to_wandb, settings)
report, valid_curve = reporter(params, valid_tokens, vocab, max(steps // 4, 1), run)
history = train(params, streams, steps, learning_rate, seq_len, clip_norm,
                run=with_dropout(dropout, rng), after=report, beta2=beta2)
finish_tracking(run)

# %% part="book"
# include: char_corpus.py loss_curve

# %% [markdown] part="book"
# The training loss is drawn as it is, window by window, with part of the states hidden; that
# is why it can lie above the validation loss early on.

# %% [markdown] part="results"
# The test fables have played no part so far. *Mixture* gives each character the probability
# $\lambda\,p_\text{network} + (1-\lambda)\,p_\text{n-gram}$, with $\lambda$ chosen on the
# validation fables (Mikolov et al., 2010, mixed the two likewise).

# %% part="results"
# include: mixture.py

# %% part="results"
valid_scores = evaluate(params, valid_tokens), score_ngram(ngram, valid_tokens, ngram_factor)
test_scores = evaluate(params, test_tokens), score_ngram(ngram, test_tokens, ngram_factor)
share = best_share(*valid_scores)
results = {
    "uniform": float(np.log2(V)), "unigram": bits(score_ngram(unigram, test_tokens)), network: bits(test_scores[0]),
    f"{ngram_order}-gram": bits(test_scores[1]), f"mixture, {share:.2f} {network}": bits(mix(*test_scores, share)),
}
for name, value in results.items():
    print(f"{name:18s} {value:.3f} bits per character on test fables")

# %% part="results"
fig, ax = plt.subplots(figsize=(7, 2.6))
bars = ax.barh(list(results), list(results.values()), color=[GREY, GREY, BLUE, ORANGE, GREEN])
ax.bar_label(bars, fmt="%.2f", padding=3)
ax.invert_yaxis()
ax.grid(axis="y", visible=False)
ax.set(xlabel="bits per character on test fables (shorter is better)", xlim=(0, 6.6),
       title=f"{network} and n-gram are close, and the mixture is clearly better")
plt.show()
print("best:", min(results, key=results.get))
