# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "The encoder reads the crow drank and the end sign; its last state is the context, which crosses the bridge into the decoder's first state and enters each of its steps; the decoder says le corbeau a bu."}}
#@title Picture: encoder, bridge and decoder, unrolled: drawing code, not needed to follow the lesson
ax, = canvas("One network reads, one vector crosses, another speaks", 7, 5.5)
read, said = ["the", "crow", "drank", "<eos>"], ["le", "corbeau", "a", "bu"]
before, arrows = None, 0
for j, word in enumerate(read, 1):
    at = 0.85 + 1.35 * (j - 1)
    source, state = box(ax, at, 0.35, word, width=0.95, size=13), box(
        ax, at, 1.2, f"$h_{j}$", BLUE, fill=True)
    arrow(ax, source, state)
    if before:
        arrow(ax, before, state)
    before, arrows = state, arrows + 1 + (j > 1)
context = box(ax, 6.45, 1.2, "$u$", ORANGE, 0.7, fill=True)
arrow(ax, before, context, colour=ORANGE, width=2.2)
ax.text(6.45, 0.75, "context", ha="center", fontsize=12, color=ORANGE)
start = box(ax, 0.5, 3.55, "$s_0$", PURPLE, fill=True, width=0.6)
arrow(ax, context, start, "bridge $W_s$", "below", via=[(6.45, 2.05), (0.5, 2.05)], colour=ORANGE,
      at=0.83, size=13)
before = start
for t, word in enumerate(said, 1):
    at = 1.75 + 1.4 * (t - 1)
    last = box(ax, at, 2.75, "<bos>" if t == 1 else said[t - 2], width=1.0, height=0.38, size=12)
    state = box(ax, at, 3.55, f"$s_{t}$", PURPLE, fill=True)
    word_box = box(ax, at, 4.5, word, GREEN, 1.0, fill=True, size=13)
    arrow(ax, last, state)
    arrow(ax, before, state)
    arrow(ax, state, word_box, "$W_y$", "right", size=12)
    arrow(ax, (at + 0.42, 2.05), (at + 0.2, 3.33), colour=ORANGE, width=1.3)
    before, arrows = state, arrows + 4
ax.text(3.5, 5.0, "$u$ enters every step of the decoder (orange)", ha="center", fontsize=12, color=ORANGE)
plt.show()
print(len(read), "words read,", len(said), "said,", arrows + 2, "arrows; one vector of context")
