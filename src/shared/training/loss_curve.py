# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Training and validation loss in bits per character against the update, on a logarithmic axis, with the baselines as dashed lines."}}
#@title Drawing: the loss during training
if not valid_curve:  # training was interrupted before the first line
    valid_curve.append((len(history["loss"]), bits(evaluate(params, valid_tokens))))
train_bits = np.array(history["loss"]) / np.log(2)
fig, ax = plt.subplots(figsize=(7, 4))
ax.plot(np.arange(1, len(train_bits) + 1), train_bits, color=BLUE, alpha=0.45,
        linewidth=0.6, label="training, each window")
ax.plot(*np.transpose(valid_curve), "o-", color=ORANGE, label="validation fables")
for name, value in baselines.items():
    if value < 5:
        baseline(ax, value, name)
passed = [name for name, value in baselines.items() if valid_curve[-1][1] < value]
ax.set(xlabel="update", ylabel="bits per character", xscale="log", xlim=(10, None),
       ylim=(1.25, 5), yticks=(1.5, 2, 2.5, 3, 4, 5),
       title="The network passes the " + (" and the ".join(passed[1:]) or "even guess"))
ax.legend(loc="upper right")
plt.show()
print(f"last validation loss {valid_curve[-1][1]:.3g} bits, {table} {baselines[table]:.3g}")
