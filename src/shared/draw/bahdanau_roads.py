# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Two panels of roads of the gradient: into a place's state from the context, from its score, and from its neighbours in either direction; into the decoder's state before from the next state, the scores and the readout."}}
#@title Picture: the roads into a place's state and into the decoder's: drawing code, not needed to follow the lesson
panels = canvas("Roads back: four into $\\mathbf{h_j}$, three into $\\mathbf{s_{t-1}}$", 7, 2.6, [
    "Into the state of a place", "Into the state that asks"])
ax = panels[0]
h = box(ax, 3.5, 0.65, r"$\bar{h}_j$", BLUE, 0.8, fill=True)
for x, y, name, label, side, colour in (
        (2.0, 1.9, r"$\bar{u}_t$", r"$\alpha_{tj}\,\bar{u}_t$", "left", ORANGE),
        (5.0, 1.9, r"$\bar{a}^e_{tj}$", r"$U_a^{\!\top}\bar{a}^e_{tj}$", "right", PURPLE),
        (0.8, 0.65, r"$\bar{h}_{j-1}$", r"$\leftarrow$ way", "above", BLUE),
        (6.2, 0.65, r"$\bar{h}_{j+1}$", r"$\rightarrow$ way", "above", BLUE)):
    start = box(ax, x, y, name, colour, 0.8, fill=True)
    arrow(ax, start, h, label, side, road=True, colour=colour, size=13, at=0.35 if y > 1 else 0.5)
ax.text(4.0, 1.75, "each step $t$", fontsize=12, color=GREY, ha="right")
ax = panels[1]
s = box(ax, 3.5, 0.65, r"$\bar{s}_{t-1}$", PURPLE, 0.9, fill=True)
for x, name, label, side, colour in (
        (1.3, r"$\bar{s}_t$", r"$z\odot\bar{s}_t + W_h^{\!\top}\bar{g}_t$", "left", PURPLE),
        (3.5, r"$\bar{a}^e_{tj}$", r"$W_a^{\!\top}\sum_j\bar{a}^e_{tj}$", "right", ORANGE),
        (6.1, r"$\bar{a}^o_t$", r"$U_o^{\!\top}\bar{a}^o_t$", "right", GREEN)):
    start = box(ax, x, 1.9, name, colour, 0.8, fill=True)
    arrow(ax, start, s, label, side, road=True, colour=colour, size=13,
          at=0.5 if x == 3.5 else 0.3)
plt.show()
print("roads into a place's state: 4; into the decoder's state: 3")
