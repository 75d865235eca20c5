# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Two panels with the road from the old state to the candidate: in the paper the reset gate stands before the matrix, in the libraries after it."}}
#@title Picture: the reset gate before and after the matrix: drawing code, not needed to follow the lesson
panels = canvas("One gate, before or after the matrix", 7, 2.1, [
    "The paper: the gate picks from the state", "The libraries: the gate picks from the mixture"])
for ax, order in zip(panels, ("gate", "matrix")):
    h = box(ax, 0.6, 0.6, "$h_{t-1}$", width=0.8)
    gate = box(ax, 2.1 if order == "gate" else 3.6, 0.6, r"$\times$", BLUE, height=0.36, circle=True)
    W = box(ax, 3.6 if order == "gate" else 2.0, 0.6, "$W_h^n$" if order == "gate" else "$W_h^n$, $b'$", PURPLE, 1.0, fill=True)
    r = box(ax, gate[0], 1.4, "$r_t$", BLUE, fill=True, height=0.4)
    add = box(ax, 5.05, 0.6, "+", height=0.36, circle=True)
    squash = box(ax, 5.9, 0.6, "tanh", width=0.7)
    first, second = (gate, W) if order == "gate" else (W, gate)
    arrow(ax, h, first)
    arrow(ax, first, second, r"$r_t\odot h_{t-1}$" if order == "gate" else "$q_t$", "above", size=13)
    arrow(ax, second, add)
    arrow(ax, r, gate, colour=BLUE)
    word = box(ax, 5.05, 1.4, "$W_x^n x_t + b^n$", width=1.5, height=0.4, size=13)
    arrow(ax, word, add)
    arrow(ax, add, squash)
    arrow(ax, squash, (6.85, 0.6), "$n_t$", "above", size=14)
plt.show()
print(len(panels), "panels; before the product can begin, the paper's waits for", 1, "gate")
