# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Four roads of the gradient, one below the other, from the state back to the state before: copy, candidate, update gate and reset gate."}}
#@title Picture: the roads of the gradient: drawing code, not needed to follow the lesson
panels = canvas("Four roads lead from $\\mathbf{h_t}$ back to $\\mathbf{h_{t-1}}$; they add",
                7, 1.55, ["1  Copy: no matrix, no tanh on it", "2  Through the candidate",
                          "3  Through the update gate", "4  Through the reset gate"])
places = {"h_{t-1}": 0.46, "r_t": 1.78, "q_t": 3.56, "z_t": 3.56, "n_t": 4.86, "h_t": 6.52}
into_n = "h_t", "$\\bar{h}_t\\odot(1-z_t)$\n$\\odot\\,(1-n_t^2)$", "n_t"
into_q = r"$W_h^{n\top}\,\bar{a}^n_t$", "q_t"
roads = [("h_t", r"$\bar{h}_t\odot z_t$", "h_{t-1}"),
         (*into_n, *into_q, r"$\bar{q}_t\odot r_t$", "h_{t-1}"),
         ("h_t", "$\\bar{h}_t\\odot(h_{t-1}-n_t)$\n$\\odot\\,z_t\\odot(1-z_t)$", "z_t",
          r"$W_h^{z\top}\,\bar{a}^z_t$", "h_{t-1}"),
         (*into_n, *into_q, "$\\bar{q}_t\\odot h_{t-1}$\n$\\odot\\,r_t\\odot(1-r_t)$", "r_t",
          r"$W_h^{r\top}\,\bar{a}^r_t$", "h_{t-1}")]
for ax, road in zip(panels, roads):
    stops = [box(ax, places[name], 0.45, f"${name}$", width=0.66 if name == "h_{t-1}" else 0.46,
                 fill=name == "h_{t-1}") for name in road[::2]]
    for later, earlier, factor in zip(stops, stops[1:], road[1::2]):
        arrow(ax, later, earlier, factor, "above", road=True)
plt.show()
print(len(panels), "roads, of", *(len(road) // 2 for road in roads), "links")
