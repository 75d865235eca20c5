# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Two heat maps side by side, before and after training: the share of gradient entries at each magnitude, by lag."}}
#@title Drawing: the magnitudes of the gradient by lag
fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.6), sharey=True)
edges, heats = np.arange(-9, 0.5, 0.5), {}
for name, gradient in lag_gradients.items():
    sizes = np.log10(np.maximum(np.abs(gradient[::-1]), 1e-9))
    heats[name] = np.array([np.histogram(s, edges)[0] / s.size for s in sizes])
    print(f"{name}: median entry at the last lag is 10^{np.median(sizes[-1]):.1f}")
highest = max(heat.max() for heat in heats.values())
for ax, (name, heat) in zip(axes, heats.items()):
    drawn = ax.pcolormesh(np.arange(len(heat) + 1), edges, heat.T, cmap="Blues", vmax=highest)
    ax.set(title=name, xlabel="lag $T-t$")
axes[0].set_ylabel("log10 of an entry's size")
fig.colorbar(drawn, ax=axes, label="share of entries")
plt.show()
