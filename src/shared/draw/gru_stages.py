# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "The GRU built up in three panels: a plain candidate, then the reset gate before the matrix product, then the update gate that mixes old state and candidate."}}
#@title Picture: the cell in three stages: drawing code, not needed to follow the lesson
panels = canvas("First a candidate, and then one gate at a time", 7, 3.05, [
    "1  A plain candidate is the new state", "2  Reset gate: what the candidate sees of the past",
    "3  Update gate: what stays of the old state"])
equations = [r"$n_t = \tanh(W_x^n x_t + W_h^n h_{t-1} + b^n),\quad h_t = n_t$",
             r"$q_t = r_t \odot h_{t-1}$", r"$h_t = z_t \odot h_{t-1} + (1-z_t) \odot n_t$"]
hr, hz = r"x_t,\;h_{t-1}", r"x_t,\;h_{t-1}\,"          # what each gate reads
parts = {"h_{t-1}": (0.5, 2.15, 0), "h_t": (6.3, 2.15, 0), "x_t": (2.5, 0.3, 0),   # x, y, stage
         "n_t": (3.75, 0.87, 1), "r_t": (1.7, 0.3, 2), "*r": (1.7, 0.87, 2), hr: (0.65, 0.3, 2),
         "q_t": (2.45, 0.87, 2), hz: (3.4, 1.51, 3), "z_t": (4.7, 1.51, 3), "*z": (4.7, 2.15, 3),
         "*n": (4.7, 0.87, 3), "+": (5.5, 2.15, 3)}
paths = [("x_t", "n_t", 1, 3, "$W_x^n$", [(3.75, 0.3)]), ("+", "h_t", 3, 3), ("*z", "+", 3, 3),
         ("h_{t-1}", "n_t", 1, 1, "$W_h^n$", [(0.5, 0.87)]), ("z_t", "*n", 3, 3, "$1-z_t$"),
         ("h_{t-1}", "*r", 2, 3, "", [(0.5, 0.87)]), (hr, "r_t", 2, 3), ("r_t", "*r", 2, 3),
         ("n_t", "h_t", 1, 2, "", [(5.5, 0.87), (5.5, 2.15)]), ("*r", "q_t", 2, 3),
         ("q_t", "n_t", 2, 3, "$W_h^n$"), (hz, "z_t", 3, 3), ("z_t", "*z", 3, 3, "$z_t$"),
         ("h_{t-1}", "*z", 3, 3), ("n_t", "*n", 3, 3), ("*n", "+", 3, 3, "", [(5.5, 0.87)])]
for stage, (ax, equation) in enumerate(zip(panels, equations), 1):
    ax.text(0.15, 2.58, equation, fontsize=15, va="center")
    look = [dict(colour="#777777", width=1.5)] * 4
    look[stage] = dict(colour=BLUE, width=2.2)
    at = {name: box(ax, x, y, r"$\times$" if name[0] == "*" else f"${name}$", look[k]["colour"],
                    0.95 if "," in name else 0.6, 0.34 if name[0] in "+*" else 0.38, k == stage,
                    name[0] in "+*") for name, (x, y, k) in parts.items() if k <= stage}
    for start, end, new, last, label, via in ((*p, *["", ()][len(p) - 4:]) for p in paths):
        if new <= stage <= last:                       # from, to, stages, label, corners
            arrow(ax, at[start], at[end], label, ["on", "right"]["z" in label], via=via,
                  **look[new])
    arrow(ax, at["h_t"], (6.93, 2.15), **look[0])
plt.show()
print("parts drawn by stage:", *np.cumsum(np.bincount([p[-1] for p in parts.values()]))[1:])
