# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Training and validation perplexity against the update, on logarithmic axes, with the baselines as dashed lines."}}
#@title Drawing: the perplexity during training
if not valid_curve:  # training was interrupted before the first line
    scores = of_words(evaluate(params, valid_tokens), valid_tokens)
    valid_curve.append((len(history["loss"]), perplexity(scores)))
fig, ax = plt.subplots(figsize=(7, 4))
ax.plot(np.arange(1, len(history["loss"]) + 1), np.exp(history["loss"]), color=BLUE, alpha=0.45,
        linewidth=0.6, label="training, each window")
ax.plot(*np.transpose(valid_curve), "o-", color=ORANGE, label="validation fables")
for name, value in baselines.items():
    if value < 400:
        baseline(ax, value, name)
passed = [name for name, value in baselines.items() if valid_curve[-1][1] < value]
ax.set(xlabel="update", ylabel="perplexity", xscale="log", yscale="log", xlim=(10, None),
       ylim=(15, 400), yticks=(20, 50, 100, 200, 400), yticklabels=(20, 50, 100, 200, 400),
       title="The network passes the " + (" and the ".join(passed[1:]) or "even guess"))
ax.minorticks_off()
ax.legend(loc="upper right")
plt.show()
print(f"last validation perplexity {valid_curve[-1][1]:.3g}, {table} {baselines[table]:.3g}")
