# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "The LSTM cell built up in four panels: a cell that only adds, then the input gate, the forget gate and the output gate."}}
#@title Picture: the cell in four stages: drawing code, not needed to follow the lesson
panels = canvas("A cell that adds, and then one gate at a time", 3.5, 4.1, [
    "1  A cell that only adds", "2  Input gate: what to write", "3  Forget gate: what to keep",
    "4  Output gate: what to show"], columns=2)
equations = ["$c_t = c_{t-1} + g_t$", r"$c_t = c_{t-1} + i_t \odot g_t$",
             r"$c_t = f_t \odot c_{t-1} + i_t \odot g_t$", r"$h_t = o_t \odot \tanh(c_t)$"]
parts = {"c_{t-1}": (0.4, 2.95, 0), "c_t": (3.02, 2.95, 0), "h_t": (3.02, 1.15, 0),
         r"\rm{tanh}": (3.02, 2.35, 0), "g_t": (1.99, 1.15, 1), "+": (1.99, 2.95, 1),  # x, y, stage
         "i_t": (1.52, 1.15, 2), "*i": (1.99, 2.15, 2), "f_t": (1.05, 1.15, 3),    # * a product
         "*f": (1.05, 2.95, 3), "o_t": (2.46, 1.15, 4), "*o": (3.02, 1.75, 4)}
paths = r"""c_t \rm{tanh} 04 \rm{tanh} h_t 03 c_{t-1} + 12 + c_t 14 g_t + 11 i_t *i 24 g_t *i 24
            *i + 24 c_{t-1} *f 34 f_t *f 34 *f + 34 \rm{tanh} *o 44 o_t *o 44 *o h_t 44""".split()
for stage, (ax, equation) in enumerate(zip(panels, equations), 1):
    ax.text(0.15, 3.5, equation, fontsize=15, va="center")
    look = [dict(colour="#777777", width=1.5)] * 5
    look[stage] = dict(colour=BLUE, width=2.2)
    box(ax, 1.72, 0.36, "$x_t$,  $h_{t-1}$", "#777777", width=1.85)
    at = {name: box(ax, x, y, r"$\times$" if name[0] == "*" else f"${name}$", look[k]["colour"],
                    0.42 if name[0] in "figo" else 0.55, 0.34 if name[0] in "+*" else 0.42,
                    k == stage, name[0] in "+*") for name, (x, y, k) in parts.items() if k <= stage}
    for name in (name for name in at if name[0] in "figo"):
        arrow(ax, (at[name][0], 0.57), at[name], **look[parts[name][2]])
    for start, end, (first, last) in zip(paths[::3], paths[1::3], paths[2::3]):
        if int(first) <= stage <= int(last):           # from part to part, first and last stage
            corner = [(parts[start][0], parts[end][1])] if start in ("i_t", "o_t") else ()
            arrow(ax, at[start], at[end], via=corner, **look[int(first)])
    arrow(ax, at["c_t"], (3.46, 2.95), **look[0])
    arrow(ax, at["h_t"], (3.02, 0.7), "to step\n$t+1$", "below", at=1, size=13, **look[4])
plt.show()
print("parts drawn by stage:", *np.cumsum(np.bincount([p[-1] for p in parts.values()]))[1:])
