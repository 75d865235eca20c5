# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Perplexity on the test fables: one dot a model, the best at the bottom."}}
#@title Drawing: perplexity on the test fables
shown = {names.get(k, k): v for k, v in results.items() if k not in ("uniform", "unigram")}
ranked = sorted(shown, key=shown.get, reverse=True)
fig, ax = plt.subplots(figsize=(7, 2.8))
ax.plot([shown[name] for name in ranked], ranked, "o", markersize=9)
for name in ranked:
    ax.annotate(f"{shown[name]:.1f}", (shown[name], name), xytext=(9, -4),
                textcoords="offset points")
best = min(results, key=results.get)
ax.set(xlabel="perplexity on test fables (further left is better)",
       title=f"Best: {names.get(best, best)}")
ax.margins(x=0.18, y=0.15)
plt.show()
print("best:", best)
