# %% tags=["define"] part="step"
def gru_step(drive, h, W_h, b_n):
    """One step of a GRU: (new state (H, B), r, z, q, n).

    `drive` (3H, B) is what comes from the input, bias included.
    """
    H, past = len(h), W_h @ h
    r = sigmoid(drive[:H] + past[:H])
    z = sigmoid(drive[H : 2 * H] + past[H : 2 * H])
    q = past[2 * H :] + b_n
    n = np.tanh(drive[2 * H :] + r * q)
    return z * h + (1 - z) * n, r, z, q, n

# %% tags=["define"] part="step_backward"
def gru_step_backward(dh, h, W_h, r, z, q, n):
    """Back through `gru_step` from state `h`; `dh` arrives at the new state.

    Returns da (3H, B) at `drive`, dg (3H, B), which goes to W_h and, its last
    block, to b_n, and the gradient at `h`.
    """
    da_n = dh * (1 - z) * (1 - n * n)
    dq = da_n * r
    da_r = da_n * q * r * (1 - r)
    da_z = dh * (h - n) * z * (1 - z)
    dg = np.concatenate([da_r, da_z, dq])
    return np.concatenate([da_r, da_z, da_n]), dg, z * dh + W_h.T @ dg

# %% tags=["define", "hide-input"] part="run" jupyter={"source_hidden": true} cellView="form"
#@title For speed alone: a GRU over all steps, as in lesson 6, with padding skipped
def gru_run(drive, h0, W_h, b_n, mask=None):
    """A GRU over `drive` (T, 3H, B) from `h0` (H, B): h (T+1, H, B), gates (T, 3H, B), q (T, H, B).

    Where `mask` (T, B) is 0 the state stays as it is.
    """
    T, B, H = len(drive), h0.shape[1], len(h0)
    h, blocks = empty_steps(T + 1, H, B, W_h.dtype), row_blocks(W_h, B)
    gates, q = np.empty((T, 3 * H, B), W_h.dtype), np.empty((T, H, B), W_h.dtype)
    h[0] = h0
    for t in range(T):
        past, (r, z, n) = gates[t], gates[t].reshape(3, H, B)
        by_blocks(blocks, h[t], out=past)
        np.add(n, b_n, out=q[t])
        past[: 2 * H] += drive[t, : 2 * H]
        sigmoid(past[: 2 * H], out=past[: 2 * H])
        tanh(drive[t, 2 * H :] + r * q[t], out=n)
        new = z * h[t] + (1 - z) * n
        h[t + 1] = new if mask is None else np.where(mask[t] > 0, new, h[t])
    return h, gates, q


def gru_run_backward(dh, h, gates, q, W_h, mask=None):
    """Back through `gru_run`; `dh` (T, H, B) arrives at h[1:] from outside.

    Returns da (T, 3H, B) at `drive`, dg (T, 3H, B) for W_h and b_n, and the gradient at h0.
    """
    T, H, B = dh.shape
    da, dg = empty_steps(T, 3 * H, B, dh.dtype), empty_steps(T, 3 * H, B, dh.dtype)
    g, later = np.empty((3 * H, B), dh.dtype), np.zeros((H, B), dh.dtype)
    back, (g_r, g_z, g_q) = row_blocks(W_h.T.copy(), B), g.reshape(3, H, B)
    for t in reversed(range(T)):
        r, z, n = gates[t].reshape(3, H, B)
        whole = dh[t] + later
        here = whole if mask is None else whole * mask[t]
        np.multiply(here * (h[t] - n), z * (1 - z), out=g_z)
        da_n = here * (1 - z) * (1 - n * n)
        np.multiply(da_n, r, out=g_q)
        np.multiply(da_n * q[t], r * (1 - r), out=g_r)
        dg[t] = g
        da[t, : 2 * H], da[t, 2 * H :] = g[: 2 * H], da_n
        later = z * here + by_blocks(back, g)
        if mask is not None:
            later += whole * (1 - mask[t])
    return da, dg, later
