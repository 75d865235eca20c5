# %% tags=["define"] part="function"
def connectivity(params, tokens):
    """How much each of `tokens[:-1]` moved the loss at the last: (N - 1,)."""
    inputs, targets = tokens[:-1, None], np.full((len(tokens) - 1, 1), -1)
    targets[-1] = tokens[-1]                           # the last loss alone
    _, _, cache = forward(params, inputs, targets, zero_state(params, 1))
    da = state_gradients(params, cache)[-1]            # (T, rows of W_x, 1)
    return np.linalg.norm(params["W_x"].T @ da, axis=(1, 2))

# %% tags=["hide-input"] part="drawing" jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Four pieces of validation text, each character shaded by how much it moved the prediction of the character after the piece."}}
#@title Drawing: connectivity over four pieces of text
places = np.linspace(300, len(valid_tokens) - 1, 5).astype(int)[:4]
places = [place for place in places if 100 <= place < len(valid_tokens)]   # a short text has fewer
fig, axes = plt.subplots(4, 1, figsize=(7.4, 2.6))
near = []
for ax, place in zip(axes, places):
    piece = valid_tokens[place - 54 : place + 1]
    moved = connectivity(params, piece)
    heard = "".join(vocab[i] for i in piece)
    colour_text(ax, heard[:-1] + "\u2192" + heard[-1], [*moved / max(moved.max(), 1e-30), 0, 0])
    near.append(moved[-10:].sum() / max(moved.sum(), 1e-30))
for ax in axes[len(places):]:
    ax.axis("off")
axes[0].set_title("What moved the prediction of the character after the arrow?")
shade_key(fig, "no influence", "the largest influence in the row")
plt.show()
print("share of the last 10 characters:", *(f"{share:.0%}" for share in near))
