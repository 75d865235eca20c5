# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "The network unrolled over three words, the fox said: each word picks a row of the embedding matrix, which enters the state, which makes scores of the next word."}}
#@title Picture: the network over words, unrolled: drawing code, not needed to follow the lesson
ax, = canvas("A word picks a row, the row enters the state", 7, 4.9)
matrices = {"$W_{emb}$": ORANGE, "$W_x$": BLUE, "$W_h$": PURPLE, "$W_y$": GREEN}
for y, name in [(0.4, "reads"), (1.5, "its row"), (2.75, "remembers"), (3.95, "scores"),
                (4.5, "should say")]:
    ax.text(0.08, y, name, va="center", fontsize=13, color=GREY)
before, arrows = box(ax, 0.75, 3.15, "$h_0$", width=0.5, height=0.36), 0
for t, (read, target) in enumerate((("the", "fox"), ("fox", "said"), ("said", ",")), 1):
    x = 0.35 + 1.9 * t
    word = box(ax, x, 0.4, f"$w_{t}$ = {read}", width=1.35, size=16)
    row = box(ax, x, 1.5, f"$x_{t}$", fill=True, colour=ORANGE, width=1.0, height=0.36, size=16)
    state = box(ax, x, 2.75, f"$h_{t}$", fill=True, size=17)
    logits = box(ax, x, 3.95, rf"$\ell_{t}$", size=17)
    ax.text(x, 4.5, f"$y_{t}$ = {target}", ha="center", va="center", fontsize=16)
    for start, end, matrix in zip((word, row, before, state), (row, state, state, logits), matrices):
        arrow(ax, start, end, matrix, colour=matrices[matrix], width=2.2, at=0.42, size=15)
    before, arrows = state, arrows + 4
arrow(ax, state, (6.97, 2.75))
plt.show()
print(3, "steps,", arrows, "arrows with a matrix, but only", len(matrices), "matrices")
