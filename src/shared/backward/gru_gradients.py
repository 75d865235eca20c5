# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title The gradients of a GRU's parameters: B6 for all steps
def gru_gradients(side, da, dg, x, h, W_x):
    """Gradients of one GRU's parameters, and `dx` (E, T B) at its inputs."""
    da, dg, H = columns(da), columns(dg), h.shape[1]
    return {f"{side}_W_x": da @ columns(x).T,
            f"{side}_W_h": dg @ columns(h[:-1]).T,
            f"{side}_b": da.sum(axis=1, keepdims=True),
            f"{side}_b_n": dg[2 * H :].sum(axis=1, keepdims=True)}, W_x.T @ da

# %% tags=["define"]
def hidden(d, mask):
    """The gradient `d` (E, T B) behind a mask (T, E, B), or none."""
    return d if mask is None else d * columns(mask)
