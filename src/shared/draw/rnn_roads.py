# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Four panels: the gradient reaches the state from its own logits and from the next step, the two contributions add, and the sum goes on through the tanh."}}
#@title Picture: the roads of the gradient: drawing code, not needed to follow the lesson
panels = canvas("Two roads lead from the loss to $\\mathbf{h_t}$, and they add", 3.5, 2.75, [
    "From the logits of its step", "From the next step", "Both: they add up  (B1)",
    "On, through the tanh  (B2)"], columns=2)
shown, drawn = [["own"], ["next"], ["own", "next"], ["tanh"]], 0
for ax, names in zip(panels, shown):
    last = names == ["tanh"]                           # the road's end is shaded
    a, h = box(ax, 0.5, 1.05, "$a_t$", fill=last), box(ax, 1.75, 1.05, "$h_t$", fill=not last)
    later, logits = box(ax, 3.0, 1.05, "$a_{t+1}$", width=0.66), box(ax, 1.75, 2.1, r"$\ell_t$")
    aside = 0.1 * ("own" in names)
    for start, end in [(a, h), (h, later)]:
        arrow(ax, start, end, colour="0.6")
    arrow(ax, h, logits, colour="0.6", shift=(-aside, 0))
    roads = {"own": (logits, h, r"$W_y^\top\,\bar{\ell}_t$", "right", (), (aside, 0)),
             "next": (later, h, r"$W_h^\top\,\bar{a}_{t+1}$", "below", [(3, 0.55), (1.75, 0.55)]),
             "tanh": (h, a, r"$\bar{h}_t\odot(1-h_t^2)$", "below", [(1.75, 0.55), (0.5, 0.55)])}
    for start, end, factor, side, via, *shift in (roads[name] for name in names):
        arrow(ax, start, end, factor, side, True, via=via, shift=shift[0] if shift else 0, size=15)
    drawn += len(names)
panels[0].text(0.15, 0.3, "solid: forward,  dashed: gradient", fontsize=12, color=GREY)
plt.show()
print(len(panels), "panels,", drawn, "roads drawn")
