# %% tags=["define"]
def shares(side, da, dg, x, h):
    """One step's shares of a GRU's gradients (B6)."""
    H = len(h)
    return {f"{side}_W_x": da @ x.T, f"{side}_W_h": dg @ h.T,
            f"{side}_b": da.sum(axis=1, keepdims=True),
            f"{side}_b_n": dg[2 * H :].sum(axis=1, keepdims=True)}


def rows_of(params, name, tokens, dx):
    """A gradient of embeddings (V, E): `dx` (E, B) added at the rows read."""
    rows = np.zeros_like(params[name])
    for column, word in enumerate(tokens):
        rows[word] += dx[:, column]                            # B6
    return rows
