# %% tags=["define"] part="matrix"
def output_matrix(params):
    """The matrix (V, H) of the output layer: W_y, or tied to it W_emb."""
    return params["W_y"] if "W_y" in params else params["W_emb"]

# %% tags=["define"] part="gradient"
def vocabulary_gradients(params, inputs, dx, dlogits, shown):
    """Gradients of W_emb and, where there is one, W_y; columns side by side.

    `dx` (E, T B) and `inputs` (T, B) make the gradient by the look-up (B1),
    `dlogits` (V, T B) and `shown` (H, T B), what the output layer saw, make
    the one by the output (B2). Tied, both belong to W_emb: they add (B3).
    """
    by_lookup = sum_rows(inputs.ravel(), dx.T)
    by_output = outer(dlogits, shown)                 # dlogits @ shown.T
    if "W_y" in params:
        return {"W_emb": by_lookup, "W_y": by_output}
    by_output[by_lookup.indices] += by_lookup.values
    return {"W_emb": by_output}
