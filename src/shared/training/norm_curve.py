# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Norm of the gradient against the update: all parameters together, and each parameter alone."}}
#@title Drawing: the length of the gradient during training
def smooth(series):
    """Running mean over fifty updates."""
    return np.convolve(series, np.ones(50) / 50, "valid")


fig, ax = plt.subplots(figsize=(7, 4.8))
ax.plot(history["norm"], linewidth=0.5, color=GREY, alpha=0.6, label="all together, each update")
for name, (colour, style) in zip(params, STYLES):
    ax.plot(smooth(history[name]), style, color=colour, linewidth=1.4, label=f"{name}")
if clip_norm is not None:
    baseline(ax, clip_norm, "clip_norm")
largest = max(params, key=lambda name: np.mean(history[name][-1000:]))
ax.set(xlabel="update", ylabel="length of the gradient", yscale="log",
       title=f"In the end the longest gradient is that of {largest}")
ax.legend(ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.18))
plt.show()
clipped_share = np.mean(np.array(history["norm"]) > (clip_norm or np.inf))
print(f"clipped in {clipped_share:.1%} of the updates")
