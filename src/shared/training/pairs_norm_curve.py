# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Length of the gradient against the update: all parameters together, the encoder's and the decoder's."}}
#@title Drawing: the length of the gradient, in the encoder and in the decoder
sides = {"encoder": [n for n in params if n.startswith("enc_") or n == "W_src"]}
sides["decoder"] = [n for n in params if n not in sides["encoder"]]
fig, ax = plt.subplots(figsize=(7, 3.6))
ax.plot(history["norm"], linewidth=0.5, color=GREY, alpha=0.6, label="all together, each update")
lengths = {}
for (side, names_of_side), (colour, style) in zip(sides.items(), STYLES):
    lengths[side] = np.sqrt(sum(np.square(history[name]) for name in names_of_side))
    ax.plot(np.convolve(lengths[side], np.ones(50) / 50, "valid"), style, color=colour, label=side)
if clip_norm is not None:
    baseline(ax, clip_norm, "clip_norm")
ax.set(xlabel="update", ylabel="length of the gradient", yscale="log", title="Encoder and decoder: gradients of one order" if
       0.3 < np.mean(lengths["encoder"]) / np.mean(lengths["decoder"]) < 3 else "The gradient")
ax.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.2))
plt.show()
largest = {side: max(names_of_side, key=lambda name: np.mean(history[name][-500:]))
           for side, names_of_side in sides.items()}
print("parameter with the longest gradient in the end:", *(f"{side}: {name} " for side, name in largest.items()))
clipped_share = np.mean(np.array(history["norm"]) > (clip_norm or np.inf))
print(f"clipped in {clipped_share:.0%} of the updates")
