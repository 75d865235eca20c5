# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "A long text is cut into three streams and each stream into windows of six characters: the state crosses the edge of a window, the gradient stops there."}}
#@title Picture: streams and windows: drawing code, not needed to follow the lesson
ax, = canvas("The state crosses a window's edge, the gradient does not", 7, 4.15)
lines, T, wide = ["The fox sat at", "The jar stood ", "The crow looke"], 6, 0.38
for b, (words, colour) in enumerate(zip(lines, (BLUE, GREEN, PURPLE))):
    box(ax, 1.28 + 2.22 * b, 3.55, f"stream {b + 1}", colour, 2.22, fill=True, size=14)
    y = 2.25 - 0.74 * b
    ax.text(0.2, y, b + 1, ha="center", va="center", fontsize=15, color=colour)
    ax.text(6.72, y, "…", ha="center", va="center", fontsize=15)
    cells = [box(ax, 0.6 + wide * k + 1.3 * (k >= T), y, letter, colour, wide, fill=True, size=14)
             for k, letter in enumerate(words[:2 * T].replace(" ", "\u00b7"))]
    last, first = cells[T - 1], cells[T]
    arrow(ax, last, first, shift=(0, 0.11), colour="black", width=2.2)
    middle = (last[0] + first[0]) / 2
    arrow(ax, first, (middle, y), shift=(0, -0.11), road=True)
    ax.plot([middle, middle], [y - 0.25, y + 0.03], "-", color=ORANGE, lw=4)
ax.text(0.17, 3.97, "One long text, cut into $B$ = 3 streams", fontsize=13, va="center")
for x, number in (1.55, 1), (5.1, 2):
    ax.text(x, 2.72, f"window {number},  $T$ = {T}", fontsize=13, ha="center", va="center")
ax.text(3.33, 2.72, "state", fontsize=13, ha="center", va="center")
ax.text(3.33, 0.3, "gradient: cut at the bar", color=ORANGE, fontsize=13, ha="center", va="center")
plt.show()
print(len(lines), "streams, 2 windows of", T, "characters in each")
