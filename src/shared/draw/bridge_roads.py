# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Two panels: the gradient reaches the context from the decoder's first state, over the bridge, and from every decoder step; the two add, and the sum goes on into the encoder's last state."}}
#@title Picture: the roads into the context: drawing code, not needed to follow the lesson
panels = canvas("Two roads lead from the decoder back to $\\mathbf{u}$, and they add", 3.5, 2.5, [
    "Over the bridge", "From every step"], columns=2)
for ax, road in zip(panels, ("bridge", "steps")):
    u = box(ax, 0.55, 0.6, r"$\bar{u}$", ORANGE, fill=True)
    states = [box(ax, 0.55 + 0.8 * t, 1.75, rf"$\bar{{s}}_{t}$", PURPLE, 0.5) for t in range(4)]
    for later, earlier in zip(states[1:], states):
        arrow(ax, later, earlier, road=True, colour="0.6", width=1.3)
    if road == "bridge":
        arrow(ax, states[0], u, r"$W_s^\top(\bar{s}_0\odot(1-s_0^2))$", "right", True, size=14)
    else:
        for k, state in enumerate(states[1:]):
            arrow(ax, state, u, r"$W_u^\top\,\bar{a}_t$" if k == 2 else "", "right", True, at=0.55, size=14)
panels[0].text(1.3, 0.35, "dashed: gradient", fontsize=12, color=GREY)
plt.show()
print(len(panels), "roads into the context, one link and three")
