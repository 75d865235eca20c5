# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Two steps of the network: each word picks its row of the embedding matrix on the way in, and the state is compared with all rows of the same matrix on the way out."}}
#@title Picture: one matrix on the way in and on the way out: drawing code, not needed to follow the lesson
ax, = canvas("The same matrix reads the word and predicts the next", 7, 4.4)
before, arrows = box(ax, 0.55, 2.3, "$h_0$, $c_0$", width=0.9, height=0.4), 0
for t, (read, target) in enumerate((("the", "fox"), ("fox", "ran")), 1):
    x = 2.55 * t
    word, row = box(ax, x, 0.35, f"$w_{t}$ = {read}", width=1.3), box(
        ax, x, 1.35, f"$x_{t}$", ORANGE, 1.0, 0.36, fill=True)
    cell = box(ax, x, 2.3, "LSTM", PURPLE, 1.2, fill=True)
    logits = box(ax, x, 3.35, rf"$\ell_{t}$")
    ax.text(x, 3.9, f"$y_{t}$ = {target}", ha="center", va="center", fontsize=15)
    arrow(ax, word, row, "$W_{emb}$", "right", colour=ORANGE, width=2.2)
    arrow(ax, row, cell, "$W_x$", "right")
    arrow(ax, before, cell, f"$h_{t - 1}$, $c_{t - 1}$" if t > 1 else "", "above", at=0.5, size=13)
    arrow(ax, cell, logits, "$W_{emb}$", "right", colour=ORANGE, width=2.2)
    before, arrows = cell, arrows + 4
arrow(ax, before, (6.95, 2.3))
plt.show()
print(arrows + 1, "arrows,", 2, "steps;", 2, "places of one matrix in each")
