# %% part="load"
text = load_text(corpus)
vocab = sorted(set(text))
print(f"{len(text):,} characters, {len(vocab)} different: {''.join(vocab)!r}")
print(text[:300])

# %% part="split"
train_text, valid_text, test_text = split_text(text)
train_tokens, valid_tokens, test_tokens = (
    encode(part, vocab) for part in (train_text, valid_text, test_text)
)
for name, part in (("train", train_text), ("valid", valid_text), ("test", test_text)):
    print(f"{name}: {len(part):,} characters, begins {part.split(chr(10))[0]!r}")

# %% part="streams"
streams = make_streams(train_tokens, batch_size, seq_len)
print("inputs", streams[0].shape, "targets", streams[1].shape)
for ids in (streams[0][:30, 0], streams[1][:30, 0]):
    print(repr("".join(vocab[i] for i in ids)))

# %% [markdown] part="streams"
# The second line is the first, moved on by one character. That is the whole task.

# %% [markdown] part="baselines"
# **What is a good loss?** We quote it in *bits per character*: the loss in nats divided by
# $\ln 2$, the length, per character, of the text under the best code built from the model. Before
# any training, know what simple models reach. *Uniform* gives each of the $V$ characters the same
# chance. *Unigram* knows how frequent each is.

# %% part="baselines"
# include: bits.py

# %% part="baselines"
# include: ngram.py

# %% part="baselines"
V = len(vocab)
ngram, ngram_order, ngram_factor = best_ngram(train_tokens, valid_tokens, V)
unigram = fit_ngram(train_tokens, 1, V)
baselines = {"uniform": np.log2(V), "unigram": bits(score_ngram(unigram, valid_tokens)),
             f"{ngram_order}-gram": bits(score_ngram(ngram, valid_tokens, ngram_factor))}
for name, value in baselines.items():
    print(f"{name:8s} {value:.3f} bits per character on validation fables")

# %% [markdown] part="baselines"
# The n-gram is a strong opponent on a small book: it has the whole of it by heart. Keep these
# three lines in mind when the network's loss comes down.

# %% part="told"
told = generate(crow_params, crow[0], len(crow) - 1, crow_vocab)
print(told)
crow_is_word_for_word = told == crow
print("\nword for word:", crow_is_word_for_word)

# %% [markdown] part="told"
# That shows the machinery works. It shows nothing about fables the network has not seen.

# %% tags=["define"] part="reporter"
def reporter(params, valid_tokens, vocab, every, run=None):
    """A function for `train` to call after each update, and the list it fills: (update, bits)."""
    curve = []

    def after(n, history, grads):
        values = {name: series[-1] for name, series in history.items()}
        if n % every == 0:
            curve.append((n, bits(evaluate(params, valid_tokens))))
            print(f"update {n:5d}   train {values['loss'] / np.log(2):.3g}   "
                  f"valid {curve[-1][1]:.3g}   gradient norm {values['norm']:.3g}")
            arrays = {f"parameter/{k}": p for k, p in params.items()}
            arrays.update({f"gradient/{k}": g for k, g in grads.items()})
            sample = generate(params, vocab[int(valid_tokens[0])], 200, vocab) if run else ""
            track(run, {**values, "valid_bits": curve[-1][1]}, arrays, [sample], step=n)
        else:
            track(run, values, step=n)

    return after, curve

# %% part="loss_curve"
if not valid_curve:  # training was interrupted before the first line
    valid_curve.append((len(history["loss"]), bits(evaluate(params, valid_tokens))))
fig, ax = plt.subplots()
train_bits = np.array(history["loss"]) / np.log(2)
ax.plot(np.arange(1, len(train_bits) + 1), train_bits, linewidth=0.6, label="train, each window")
ax.plot(*np.transpose(valid_curve), marker="o", label="validation fables")
for name, value in baselines.items():
    baseline(ax, value, name)
ax.set(xlabel="update", ylabel="bits per character", ylim=(0.9 * train_bits.min(), 6.3),
       title="The loss drops below the unigram's at once, then creeps")
ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0.9))
plt.show()
print(f"last validation loss {valid_curve[-1][1]:.3g} bits, best n-gram {min(baselines.values()):.3g}")

# %% part="norm_curve"
fig, ax = plt.subplots(figsize=(6.4, 2.9))
smooth = lambda series: np.convolve(series, np.ones(20) / 20, "valid")  # noqa: E731
ax.plot(history["norm"], linewidth=0.5, color=GREY, label="global, before clipping")
for name, (colour, style) in zip(params, STYLES):
    ax.plot(smooth(history[name]), style, color=colour, linewidth=1.2, label=f"{name}, mean of 20")
if clip_norm is not None:
    baseline(ax, clip_norm, "clip_norm")
ax.set(xlabel="update", ylabel="norm of the gradient", yscale="log",
       title="Gradients are longest in the first updates")
ax.legend(ncols=3, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.2))
plt.show()
clipped_share = np.mean(np.array(history["norm"]) > (clip_norm or np.inf))
print(f"clipped in {clipped_share:.1%} of the updates")

# %% tags=["define"] part="connectivity"
def connectivity(params, tokens):
    """How strongly each of `tokens[:-1]` moved the loss at predicting `tokens[-1]`: (N - 1,)."""
    inputs, targets = tokens[:-1, None], np.full((len(tokens) - 1, 1), -1)
    targets[-1] = tokens[-1]
    _, _, cache = forward(params, inputs, targets, zero_state(params, 1))
    da = state_gradients(params, cache)[-1]
    return np.linalg.norm(params["W_x"].T @ da[..., 0].T, axis=0)

# %% part="connectivity"
fig, axes = plt.subplots(4, 1, figsize=(8.6, 3))
places = np.linspace(300, len(valid_tokens) - 1, 5).astype(int)[:4] if len(valid_tokens) > 300 else []
for ax, place in zip(axes, places):
    piece = valid_tokens[max(place - 70, 0) : place + 1]
    moved = connectivity(params, piece)
    colour_text(ax, "".join(vocab[i] for i in piece[:-1]), moved / moved.max())
    near = moved[-10:].sum() / moved.sum()
    print(f"next is {vocab[piece[-1]]!r}: the last 10 characters carry {near:.0%} of the connectivity")
axes[0].set_title("Predictions lean on the last ten characters most of all")
plt.show()
