# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Three places of a window hold the word fox twice and the word the once: the gradients of both places of fox are summed into one row of the embedding's gradient."}}
#@title Picture: where the gradient of a row comes from: drawing code, not needed to follow the lesson
ax, = canvas("A word that was read twice: both gradients go to one row", 7, 2.9)
read = ["the", "fox", "the", "crow"]
rows = {name: box(ax, 1.6 + 1.9 * k, 0.55, name, ORANGE, 1.2, fill=True, size=15)
        for k, name in enumerate(dict.fromkeys(read))}
ax.text(0.08, 0.55, "rows of\n" + r"$\bar{W}_{emb}$", va="center", fontsize=13, color=GREY)
for t, word in enumerate(read, 1):
    place = box(ax, 1.5 + 1.55 * (t - 1), 2.0, rf"$\bar{{x}}_{t}$", width=0.8, size=16)
    ax.text(place[0], 2.4, f"$w_{t}$ = {word}", ha="center", va="center", fontsize=14)
    arrow(ax, place, rows[word], road=True)
plt.show()
print(len(read), "places,", len(rows), "rows")
