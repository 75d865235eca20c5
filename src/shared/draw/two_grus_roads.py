# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Two panels with the road of the gradient from the candidate back: in the libraries it meets the gate first and then the matrix, in the paper the matrix first and then the gate."}}
#@title Picture: the same road backwards: drawing code, not needed to follow the lesson
panels = canvas("Back from the candidate: gate first, or matrix first", 7, 2.15, [
    "Libraries: gate, then matrix", "Paper: matrix, then gate"])
for ax, order in zip(panels, ("library", "paper")):
    a = box(ax, 6.3, 0.55, r"$\bar{a}^n_t$", width=0.7)
    middle = box(ax, 3.6, 0.55, r"$\bar{q}_t$" if order == "library" else r"$\bar{v}_t$", width=0.7)
    h = box(ax, 0.8, 0.55, r"$\bar{h}_{t-1}$", fill=True, width=0.8)
    by = [r"$\odot\, r_t$", r"$W_h^{n\top}$"]
    by = by if order == "library" else by[::-1]
    arrow(ax, a, middle, by[0], "above", road=True)
    arrow(ax, middle, h, by[1], "above", road=True)
    r = box(ax, 3.6 if order == "library" else 0.8, 1.35, r"$\bar{a}^r_t$", fill=True, width=0.7, height=0.4)
    start = a if order == "library" else middle
    arrow(ax, start, r, r"$\odot\, q_t\odot r_t(1-r_t)$" if order == "library" else
          r"$\odot\, h_{t-1}\odot r_t(1-r_t)$", "above",
          road=True, via=[(start[0], 1.35)], at=0.66, size=13)
plt.show()
print("products before the reset gate's gradient: libraries 0, paper 1")
