# %% tags=["define"] part="step"
def encoder_step_backward(params, tokens, h, dh, way):
    """One step of one way of the encoder back: shares, and what goes to `h`.

    `tokens` (B,), `h` (H, B) and `way` are those that `encoder_step` was
    given, `dh` (H, B) arrives at the state that it made.
    """
    side = f"enc_{way}"
    x = params["W_src"][tokens].T
    drive = params[f"{side}_W_x"] @ x + params[f"{side}_b"]
    W_h = params[f"{side}_W_h"]
    _, *gates = gru_step(drive, h, W_h, params[f"{side}_b_n"])
    da, dg, dh_before = gru_step_backward(dh, h, W_h, *gates)  # B1
    grads = shares(side, da, dg, x, h)
    dx = params[f"{side}_W_x"].T @ da
    return grads | {"W_src": rows_of(params, "W_src", tokens, dx)}, dh_before

# %% tags=["define", "hide-input"] part="run" jupyter={"source_hidden": true} cellView="form"
#@title For speed: back through both ways over all places
def two_ways_backward(params, dh, src, src_mask, encoded, hide=None):
    """Back through `run_two_ways`; `dh` (S, 2H, B) arrives at h. Gradients of the encoder."""
    H, grads, dx = dh.shape[1] // 2, {}, 0
    for (way, order), part in zip(WAYS, (slice(0, H), slice(H, None))):
        h, gates, q = getattr(encoded, way)
        da, dg, _ = gru_run_backward(dh[order, part], h, gates, q, params[f"enc_{way}_W_h"],
                                     src_mask[order])
        more, dx_way = gru_gradients(f"enc_{way}", da, dg, encoded.x[order], h,
                                     params[f"enc_{way}_W_x"])
        grads |= more
        dx = dx + columns(steps_of(dx_way, len(dh))[order])
    return grads | {"W_src": sum_rows(src.ravel(), hidden(dx, hide).T)}
