# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "The network unrolled over three steps of the word crow: it reads c, r, o and is to predict r, o, w, with the same three matrices in every step."}}
#@title Picture: the network, unrolled: drawing code, not needed to follow the lesson
ax, = canvas("One small network, used again at every step", 7, 3.9)
matrices = {"$W_x$": BLUE, "$W_h$": PURPLE, "$W_y$": GREEN}
for y, name in [(0.4, "reads"), (2.15, "remembers"), (3.0, "scores"), (3.6, "should say")]:
    ax.text(0.08, y, name, va="center", fontsize=14, color=GREY)
before, arrows = box(ax, 0.45, 1.65, "$h_0$"), 0
for t, (read, target) in enumerate(["cr", "ro", "ow"], 1):
    x = 0.2 + 1.9 * t
    letter = box(ax, x, 0.4, f"$x_{t}$ = {read}", width=1.05, size=17)
    state = box(ax, x, 1.65, f"$h_{t}$", fill=True, size=17)
    logits = box(ax, x, 2.95, rf"$\ell_{t}$", size=17)
    ax.text(x, 3.6, f"$y_{t}$ = {target}", ha="center", va="center", fontsize=17)
    for start, end, matrix in zip((letter, before, state), (state, state, logits), matrices):
        arrow(ax, start, end, matrix, colour=matrices[matrix], width=2.2, at=0.42, size=16)
    before, arrows = state, arrows + 3
arrow(ax, state, (6.95, 1.65))
plt.show()
print(3, "steps,", arrows, "products, but only", len(matrices), "matrices")
