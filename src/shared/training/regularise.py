# %% tags=["define"] part="mask"
def drop_mask(shape, rate, rng, dtype=np.float64):
    """A random mask: 0 with probability `rate`, else 1 / (1 - rate)."""
    if rate == 0:
        return np.ones(shape, dtype)
    return ((rng.random(shape) >= rate) / (1 - rate)).astype(dtype, copy=False)

# %% tags=["define"] part="weights"
def regularised(dropout, weight_drop, rng):
    """As `loss_and_gradients`, but with fresh masks for each window."""

    def gradients(params, inputs, targets, state):
        (T, B), W_h = inputs.shape, params["W_h"]
        mask = drop_mask((T, W_h.shape[1], B), dropout, rng, W_h.dtype)  # D1
        keep = drop_mask(W_h.shape, weight_drop, rng, W_h.dtype)
        dropped = {**params, "W_h": keep * W_h}                          # D3
        loss, state, cache = forward(dropped, inputs, targets, state, mask)
        grads = backward(dropped, cache)
        grads["W_h"] = keep * grads["W_h"]                               # D4
        return loss, state, grads

    return gradients
