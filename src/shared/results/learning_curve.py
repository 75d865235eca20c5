# %% [markdown]
# **More text, or a better model?** The n-gram leads on a small book. Does its lead grow or
# shrink with more text? Train a small network (64 units) and build the n-gram on an eighth,
# a quarter, a half and all of the training text.

# %% tags=["train"]
amounts = (1 / 8, 1 / 4, 1 / 2, 1)
curve_bits = {"network": [], "n-gram": []}
for amount in amounts:
    part = train_tokens[: max(int(amount * len(train_tokens)), min(len(train_tokens), 16 * seq_len + 1))]
    rng = np.random.default_rng(seed)
    small = init_params(vocab_size=V, hidden_size=64, rng=rng)
    _ = train(small, make_streams(part, 16, seq_len), 240, 3e-2, seq_len,
              run=with_dropout(0.2, rng), beta2=beta2)
    table, _, factor = best_ngram(part, valid_tokens, V, max_order=8)
    curve_bits["network"].append(bits(evaluate(small, valid_tokens)))
    curve_bits["n-gram"].append(bits(score_ngram(table, valid_tokens, factor)))
    print(f"{len(part):7,} characters: network {curve_bits['network'][-1]:.3f}, "
          f"n-gram {curve_bits['n-gram'][-1]:.3f} bits")

# %%
fig, ax = plt.subplots()
for (name, series), marker in zip(curve_bits.items(), "os"):
    ax.plot(np.multiply(amounts, len(train_tokens)), series, marker=marker, label=name)
ax.plot(len(train_tokens), valid_curve[-1][1], "*", markersize=12, color=GREEN,
        label="the network of section 8")
ax.set(xscale="log", xlabel="characters of training text", ylabel="bits per character, validation",
       title="The table gains from more text, the small network hardly")
ax.legend()
plt.show()
gain = {name: series[-2] - series[-1] for name, series in curve_bits.items()}
print("last doubling buys", ", ".join(f"{name} {g:.3f} bits" for name, g in gain.items()))
