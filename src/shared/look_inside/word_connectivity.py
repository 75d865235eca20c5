# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Four pieces of validation text, each word shaded by how much it moved the prediction of the word after the piece."}}
#@title Drawing: connectivity over four pieces of text
places = np.linspace(100, len(valid_tokens) - 1, 5).astype(int)[:4]
places = [place for place in places if 40 <= place < len(valid_tokens)]    # a short text has fewer
fig, axes = plt.subplots(4, 1, figsize=(7.4, 2.6))
near = []
for ax, place in zip(axes, places):
    moved = connectivity(params, valid_tokens[place - 30 : place + 1])
    said = [vocab[i] for i in valid_tokens[place - 30 : place + 1]]
    shown = next((n for n in range(30) if len(" ".join(said[n:])) <= 54), 29)
    written, shades = "", []
    for word, weight in zip(said[shown:-1], moved[shown:] / max(moved.max(), 1e-30)):
        written += word + " "
        shades += [weight] * len(word) + [0]
    colour_text(ax, written + "\u2192" + said[-1], [*shades, *[0] * (1 + len(said[-1]))])
    near.append(moved[-3:].sum() / max(moved.sum(), 1e-30))
for ax in axes[len(places):]:
    ax.axis("off")
axes[0].set_title("What moved the prediction of the word after the arrow?")
shade_key(fig, "no influence", "the largest influence in the row")
plt.show()
print("share of the last 3 words:", *(f"{share:.0%}" for share in near))
