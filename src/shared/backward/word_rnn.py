# %% tags=["define"] part="step"
def step_backward(params, tokens, state, dlogits, dstate):
    """One step back: shares of the gradients, and `dstate` one step earlier.

    `tokens` (B,) and `state` (H, B) are those that `step` was given, `dlogits`
    (V, B) is the gradient at its logits, `dstate` (H, B) from the step after.
    """
    x = params["W_emb"][tokens].T                        # (E, B)
    _, h = step(params, tokens, state)
    dh = params["W_y"].T @ dlogits + dstate              # B1
    da = dh * (1 - h * h)                                # B2
    dx = params["W_x"].T @ da                            # B4
    dW_emb = np.zeros_like(params["W_emb"])
    for column, word in enumerate(tokens):
        dW_emb[word] += dx[:, column]                    # B5
    grads = {
        "W_emb": dW_emb,
        "W_x": da @ x.T,                                 # B3
        "W_h": da @ state.T,                             # B3: h_{t-1}
        "b": da.sum(axis=1, keepdims=True),              # B3
        "W_y": dlogits @ h.T,                            # B3: h_t
        "b_y": dlogits.sum(axis=1, keepdims=True),       # B3
    }
    return grads, params["W_h"].T @ da                   # B1, second road

# %% tags=["define"] part="states"
def state_gradients(params, cache):
    """Gradients at states and tanh inputs: `dh`, `da`, both (T, H, B)."""
    T, W_h_T = len(cache.inputs), params["W_h"].T
    dh = steps_of(params["W_y"].T @ columns(cache.dlogits), T)    # B1, first
    if cache.mask is not None:
        dh = dh * cache.mask
    slope = 1 - cache.h[1:] ** 2                                  # B2
    da = empty_steps(*dh.shape, dh.dtype)
    for t in reversed(range(T)):
        if t + 1 < T:
            dh[t] += W_h_T @ da[t + 1]                            # B1, second
        np.multiply(dh[t], slope[t], out=da[t])                   # B2
    return dh, da

# %% tags=["define"] part="weights"
def weight_gradients(params, cache, da):
    """All gradients, given `da` (T, H, B); that of W_emb as `SparseRows`."""
    h, dlogits, da = cache.h, columns(cache.dlogits), columns(da)
    shown = h[1:] if cache.mask is None else cache.mask * h[1:]
    dx = params["W_x"].T @ da                                     # B4, all t
    return {
        "W_emb": sum_rows(cache.inputs.ravel(), dx.T),            # B5
        "W_x": da @ columns(cache.x).T,                           # B3
        "W_h": da @ columns(h[:-1]).T,                            # B3: h_{t-1}
        "b": da.sum(axis=1, keepdims=True),                       # B3
        "W_y": outer(dlogits, columns(shown)),                    # B3: h_t
        "b_y": dlogits.sum(axis=1, keepdims=True),                # B3
    }

# %% tags=["define"] part="weights"
def backward(params, cache):
    """Gradients of the loss of `forward`, keys as `params`."""
    return weight_gradients(params, cache, state_gradients(params, cache)[-1])
