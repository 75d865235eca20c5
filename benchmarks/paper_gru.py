"""The paper's GRU over words as windows: what lesson 6 has step by step, as lesson 3 does it.

`forward` and `backward` take and give what those of the lesson do; the cache's `q` is the reset
state r * h_{t-1} here. b_n has no part in it, its gradient is zero.
"""

import numpy as np


def paper_form(ns):
    """(forward, backward) of the paper's form, made of what the namespace `ns` of lesson 6 has."""
    columns, steps_of, empty_steps = ns["columns"], ns["steps_of"], ns["empty_steps"]
    row_blocks, by_blocks, output_matrix = ns["row_blocks"], ns["by_blocks"], ns["output_matrix"]
    sigmoid, tanh = ns["sigmoid"], ns["tanh"]

    def forward(params, inputs, targets, state, mask_x=None, mask_h=None):
        (T, B), W_h, H = inputs.shape, params["W_h"], params["W_h"].shape[1]
        x = steps_of(params["W_emb"][inputs.ravel()].T, T)
        if mask_x is not None:
            x = x * mask_x
        drive = steps_of(params["W_x"] @ columns(x) + params["b"], T)
        to_rz, to_n = row_blocks(W_h[: 2 * H], B), row_blocks(W_h[2 * H :], B)
        h, q = empty_steps(T + 1, H, B, W_h.dtype), empty_steps(T, H, B, W_h.dtype)
        gates = np.empty((T, 3 * H, B), W_h.dtype)
        h[0] = state
        for t in range(T):
            rz, (r, z, n) = gates[t, : 2 * H], gates[t].reshape(3, H, B)
            by_blocks(to_rz, h[t], out=rz)  # the first product
            rz += drive[t, : 2 * H]
            sigmoid(rz, out=rz)
            q[t] = r * h[t]
            by_blocks(to_n, q[t], out=n)  # the second
            n += drive[t, 2 * H :]
            tanh(n, out=n)
            h[t + 1] = z * h[t] + (1 - z) * n
        shown = h[1:] if mask_h is None else mask_h * h[1:]
        scores = output_matrix(params) @ columns(shown) + params["b_y"]
        logits = steps_of(scores, T)
        loss, dlogits = ns["cross_entropy"](logits, targets)
        cache = ns["Cache"](inputs, targets, x, h, gates, q, mask_x, mask_h, logits, dlogits)
        return loss, h[-1].copy(), cache

    def state_gradients(params, cache):
        """Gradients at what enters gates and candidate, (T, 3H, B)."""
        (T, B), W_h, H = cache.inputs.shape, params["W_h"], params["W_h"].shape[1]
        dh = steps_of(output_matrix(params).T @ columns(cache.dlogits), T)
        if cache.mask_h is not None:
            dh = dh * cache.mask_h
        from_rz, from_n = row_blocks(W_h[: 2 * H].T.copy(), B), row_blocks(W_h[2 * H :].T.copy(), B)
        da, dq = empty_steps(T, 3 * H, B, dh.dtype), np.empty((H, B), dh.dtype)
        a = np.empty((3 * H, B), dh.dtype)
        a_r, a_z, a_n = a.reshape(3, H, B)
        for t in reversed(range(T)):
            (r, z, n), h = cache.gates[t].reshape(3, H, B), cache.h[t]  # h_{t-1}
            np.multiply(dh[t] * (1 - z), 1 - n * n, out=a_n)
            np.multiply(dh[t] * (h - n), z * (1 - z), out=a_z)
            by_blocks(from_n, a_n, out=dq)  # must come first
            np.multiply(dq * h, r * (1 - r), out=a_r)
            da[t] = a
            if t > 0:
                dh[t - 1] += by_blocks(from_rz, a[: 2 * H])  # a second product
                dh[t - 1] += dh[t] * z
                dh[t - 1] += dq * r
        return da

    def backward(params, cache):
        da, h, dlogits = columns(state_gradients(params, cache)), cache.h, columns(cache.dlogits)
        shown, H = h[1:] if cache.mask_h is None else cache.mask_h * h[1:], h.shape[1]
        dx = params["W_x"].T @ da
        if cache.mask_x is not None:
            dx = dx * columns(cache.mask_x)
        dW_h = [da[: 2 * H] @ columns(h[:-1]).T, da[2 * H :] @ columns(cache.q).T]
        return {
            **ns["vocabulary_gradients"](params, cache.inputs, dx, dlogits, columns(shown)),
            "W_x": da @ columns(cache.x).T,
            "W_h": np.concatenate(dW_h),
            "b": da.sum(axis=1, keepdims=True),
            "b_n": np.zeros_like(params["b_n"]),
            "b_y": dlogits.sum(axis=1, keepdims=True),
        }

    return forward, backward
