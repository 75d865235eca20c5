# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Forty units of the state, one row each, coloured by their value while the network reads a piece of text written along the bottom."}}
#@title Drawing: the state while it reads
strip = valid_tokens[:56]
_, _, seen = forward(params, strip[:, None], strip[:, None], zero_state(params, 1))
states = seen.h[1:, :40, 0].T                          # (units, characters)
turns = np.mean(np.sign(states[:, 1:]) != np.sign(states[:, :-1]))
fig, ax = plt.subplots(figsize=(7.4, 3.6))
drawn = ax.imshow(states, cmap="RdBu", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
ax.set(xticks=range(len(strip)), yticks=[], ylabel="units of the state",
       xticklabels=[visible(vocab[i]) for i in strip],
       title="Most of the state is rewritten all the time" if turns > 0.2
       else "The state while it reads")
ax.tick_params(length=0)
plt.setp(ax.get_xticklabels(), family="monospace")
ax.grid(False)
fig.colorbar(drawn, ax=ax, label="value")
plt.show()
print(f"a unit changes its sign at {turns:.0%} of the characters")
