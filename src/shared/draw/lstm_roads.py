# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Four panels, one road each: into the state from its logits and from the next gates, into the cell from its state and from the next cell, the last one only scaled by the forget gate."}}
#@title Picture: the roads of the gradient: drawing code, not needed to follow the lesson
panels = canvas("Two roads into the state, two into the cell; each pair adds", 3.5, 3.15, [
    "To $\\mathbf{h_t}$ from its logits", "To $\\mathbf{h_t}$ from the next gates",
    "To $\\mathbf{c_t}$ from its state", "To $\\mathbf{c_t}$ from the next cell"], columns=2)
spots = {"c_t": (0.6, 2.4), "c_{t+1}": (2.95, 2.4), "h_t": (0.6, 1.42), "a_{t+1}": (2.95, 1.42),
         r"\ell_t": (0.6, 0.38)}
roads = [(r"\ell_t", "h_t", r"$W_y^\top\,\bar{\ell}_t$", "right"),
         ("a_{t+1}", "h_t", r"$W_h^\top\,\bar{a}_{t+1}$", "below"),
         ("h_t", "c_t", r"$\bar{h}_t\odot o_t\odot(1-\tanh^2 c_t)$", "right"),
         ("c_{t+1}", "c_t", r"$\bar{c}_{t+1}\odot f_{t+1}$", "below")]
for ax, (start, end, factor, side) in zip(panels, roads):
    at = {name: box(ax, *place, f"${name}$", fill=name == end, width=0.7)
          for name, place in spots.items()}
    for later, earlier, *_ in roads:
        aside = 0.1 * np.array([-1, 0] if at[later][0] == at[earlier][0] else [0, 1])
        arrow(ax, at[earlier], at[later], colour="0.6", shift=aside * (later == start))
        if later == start:
            arrow(ax, at[later], at[earlier], factor, side, True, shift=-aside, size=15)
panels[0].text(3.3, 0.4, "solid: forward\ndashed: gradient", fontsize=12, color=GREY,
               ha="right", va="center")
panels[3].text(1.85, 1.83, "no matrix, no tanh on it", fontsize=13, ha="center", va="center")
plt.show()
print(len(panels), "panels,", len(roads), "roads, one without matrix or tanh")
