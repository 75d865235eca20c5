# %% tags=["define"] part="step"
def step_backward(params, tokens, state, dlogits, dstate):
    """One step back: shares of the gradients, and `dstate` one step earlier.

    `tokens` (B,) and `state` (H, B) are those that `step` was given, `dlogits`
    (V, B) is the gradient at its logits, `dstate` (H, B) from the step after.
    """
    x = one_hot(tokens[None], len(params["W_y"]))[0]     # (V, B)
    _, h = step(params, tokens, state)
    dh = params["W_y"].T @ dlogits + dstate              # B1
    da = dh * (1 - h * h)                                # B2
    grads = {
        "W_x": da @ x.T,                                 # B4
        "W_h": da @ state.T,                             # B3: h_{t-1}
        "b": da.sum(axis=1, keepdims=True),              # B5
        "W_y": dlogits @ h.T,                            # B6: h_t
        "b_y": dlogits.sum(axis=1, keepdims=True),       # B7
    }
    return grads, params["W_h"].T @ da                   # B1, second road

# %% tags=["define"] part="states"
def state_gradients(params, cache):
    """Gradients at states and tanh inputs: `dh`, `da`, both (T, H, B)."""
    W_h_T = params["W_h"].T
    dh = params["W_y"].T @ cache.dlogits             # B1, first road, all t
    slope = 1 - cache.h[1:] ** 2                     # B2, all t
    da = np.empty_like(dh)
    da[-1] = dh[-1] * slope[-1]                      # B2: no later step
    for t in reversed(range(len(dh) - 1)):
        dh[t] += W_h_T @ da[t + 1]                   # B1, second road
        np.multiply(dh[t], slope[t], out=da[t])      # B2
    return dh, da

# %% tags=["define"] part="weights"
def weight_gradients(params, cache, da):
    """All gradients, given `da` (T, H, B): keys and shapes of `params`."""
    dlogits, h = cache.dlogits, cache.h
    x = one_hot(cache.inputs, len(params["W_y"]), da.dtype)     # (T, V, B)
    return {
        "W_x": outer_sum(da, x),                     # B4
        "W_h": outer_sum(da, h[:-1]),                # B3: h_{t-1}
        "b": da.sum(axis=(0, 2))[:, None],           # B5
        "W_y": outer_sum(dlogits, h[1:]),            # B6: h_t
        "b_y": dlogits.sum(axis=(0, 2))[:, None],    # B7
    }

# %% tags=["define"] part="weights"
def backward(params, cache):
    """Gradients of the loss of `forward`: keys and shapes of `params`."""
    _, da = state_gradients(params, cache)
    return weight_gradients(params, cache, da)
