# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Each source word has a state to the right and a state to the left; the decoder's state before the step asks all places, the weights mix their states into a context, which enters the decoder's next state and the readout of the word."}}
#@title Picture: one step of attention: drawing code, not needed to follow the lesson
ax, = canvas("Ask every place, mix what answers, say a word", 7, 5.6)
places, weights_drawn, arrows = [], (0.1, 0.8, 0.1), 0
for j, word in enumerate(("the", "crow", "<eos>"), 1):
    at = 0.9 + 1.35 * (j - 1)
    source = box(ax, at, 0.35, word, width=0.95, size=13)
    ax.add_patch(plt.Rectangle((at - 0.55, 0.78), 1.1, 1.14, fc="none", ec=BLUE, lw=1))
    right = box(ax, at - 0.26, 1.1, rf"$\overrightarrow{{h}}_{j}$", BLUE, 0.5, fill=True, size=13)
    left = box(ax, at + 0.26, 1.6, rf"$\overleftarrow{{h}}_{j}$", BLUE, 0.5, fill=True, size=13)
    arrow(ax, source, (at, 0.8))
    places.append((right, left, at))
    arrows += 1
for (right, left, _), (right_2, left_2, _) in zip(places, places[1:]):
    arrow(ax, right, right_2, width=1.3)
    arrow(ax, left_2, left, width=1.3)
    arrows += 2
mix = box(ax, 2.25, 2.95, "+", ORANGE, height=0.4, circle=True)
for (_, _, at), share, j in zip(places, weights_drawn, (1, 2, 3)):
    arrow(ax, (at, 1.92), mix, rf"$\alpha_{{t{j}}}$", "on", colour=ORANGE, width=0.8 + 3 * share,
          at=0.45, size=13)
    arrows += 1
ax.text(4.35, 1.35, r"$e_{tj} = v_a^{\!\top}\tanh(W_a s_{t-1} + U_a h_j)$", fontsize=13, color=PURPLE)
before = box(ax, 1.2, 4.05, "$s_{t-1}$", PURPLE, 0.75, fill=True)
state = box(ax, 4.0, 4.05, "$s_t$", PURPLE, fill=True)
said = box(ax, 5.4, 2.95, r"$\tilde{y}_{t-1}$", GREEN, 0.75, fill=True)
word = box(ax, 4.0, 5.05, r"$\hat{s}_t,\ \ell_t$", GREEN, 1.1, fill=True)
context = box(ax, 4.0, 2.95, "$u_t$", ORANGE, fill=True)
arrow(ax, mix, context, colour=ORANGE)
arrow(ax, before, state)
arrow(ax, context, state, colour=ORANGE)
arrow(ax, said, state, colour=GREEN)
arrow(ax, before, word, via=[(1.2, 5.05)])
arrow(ax, context, word, via=[(3.3, 3.4), (3.3, 4.6)], colour=ORANGE)
arrow(ax, said, word, via=[(5.4, 5.05)], colour=GREEN)
arrow(ax, before, (1.2, 2.3), "asks", "left", colour=PURPLE, size=13)
plt.show()
print(len(places), "places,", arrows + 8, "arrows; the word is said from the state before, the context, the word before")
