# %% tags=["define"]
def follow(params, tokens):
    """Gates (N, 4H) and cells (N, H) while reading `tokens` (N,) from the zero state."""
    inputs = tokens[:, None]
    _, _, cache = forward(params, inputs, inputs, zero_state(params, 1))
    return cache.gates[..., 0], cache.c[1:, :, 0]
