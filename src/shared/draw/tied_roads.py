# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Two panels: the gradient reaches one row of the embedding matrix through the look-up, and every row through the output layer; the two add."}}
#@title Picture: two roads into one matrix: drawing code, not needed to follow the lesson
panels = canvas("Two roads into one matrix, and they add", 3.5, 2.9, [
    "By the look-up: the rows read", "By the output: all rows"], columns=2)
rows = ["the", "fox", "ran", "old"]
for ax, road in zip(panels, ("in", "out")):
    for k, word in enumerate(rows):
        reached = road == "out" or word == "fox"
        place = box(ax, 2.7, 2.1 - 0.5 * k, word, ORANGE if reached else GREY, 1.2, 0.4,
                    fill=reached, size=14)
        if road == "out":
            arrow(ax, (1.0, 1.35, 0.7, 0.44, False), (2.1, place[1]), road=True, width=1.6)
        elif reached:
            arrow(ax, (1.0, 1.35, 0.7, 0.44, False), place, road=True)
    start = box(ax, 1.0, 1.35, r"$\bar{x}_t$" if road == "in" else r"$\bar{\ell}_t$", width=0.7)
    ax.text(0.2, 0.75, "$w_t$ = fox" if road == "in" else r"$\bar{\ell}_t\, h_t^\top$",
            fontsize=14, va="center", color=GREY)
plt.show()
print("rows reached:", 1, "of", len(rows), "by the look-up,", len(rows), "by the output")
