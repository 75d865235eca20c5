# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "One step of the RNN: W_h times the old state, W_x times the input and b are added, tanh makes the new state, and W_y and b_y make the logits from it."}}
#@title Picture: one step of the network: drawing code, not needed to follow the lesson
ax, = canvas("One step: the old state and a letter make the new state", 7, 3.4)
main, top = 2.0, 3.0
old, x = box(ax, 0.5, main, "$h_{t-1}$", width=0.75), box(ax, 2.6, 0.3, "$x_t$")
W_h = box(ax, 1.6, main, "$W_h$", PURPLE, fill=True)
W_x = box(ax, 2.6, 1.15, "$W_x$", BLUE, fill=True)
W_y = box(ax, 4.9, top, "$W_y$", GREEN, fill=True)
b, b_y = box(ax, 2.6, top, "$b$"), box(ax, 5.8, 2.25, "$b_y$", height=0.4)
add, add_y = (box(ax, *at, "+", circle=True, height=0.4) for at in [(2.6, main), (5.8, top)])
squash = box(ax, 3.8, main, "tanh", width=0.72)
new, logits = box(ax, 4.9, main, "$h_t$", fill=True), box(ax, 6.6, top, r"$\ell_t$")
paths = [(old, W_h), (W_h, add), (x, W_x), (W_x, add), (b, add), (squash, new), (new, W_y),
         (W_y, add_y), (b_y, add_y), (add_y, logits)]
for start, end in paths:
    arrow(ax, start, end)
arrow(ax, add, squash, "$a_t$", "above", size=15)
arrow(ax, new, (6.95, 1.5), "to the next step", "below", via=[(4.9, 1.5)], at=0.6)
for k, equation in enumerate([r"$a_t = W_x x_t + W_h h_{t-1} + b$", r"$h_t = \tanh(a_t)$",
                              r"$\ell_t = W_y h_t + b_y$"]):
    ax.text(3.5, 0.85 - 0.33 * k, f"F{k + 1}   {equation}", fontsize=14, va="center")
plt.show()
print(len(paths) + 2, "arrows, 3 matrices, 2 biases, 1 tanh")
