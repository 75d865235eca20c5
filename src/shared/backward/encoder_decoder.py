# %% tags=["define"] part="decoder"
def decoder_gradients(params, cache):
    """Gradients in the decoder: da, dg (T, 3H, B), da_s and du (H, B)."""
    ds = steps_of(params["W_y"].T @ columns(cache.dlogits), len(cache.y_emb))
    ds = ds if cache.masks.s is None else cache.masks.s * ds   # D4
    da, dg, ds_0 = gru_run_backward(
        ds, cache.s, cache.gates, cache.q, params["dec_W_h"])   # B1, B2
    da_s = ds_0 * (1 - cache.s[0] ** 2)                        # B3
    du = params["W_s"].T @ da_s                                # B4: the bridge
    if "dec_W_u" in params:
        du = du + params["dec_W_u"].T @ da.sum(axis=0)         # B4: every step
    return da, dg, da_s, du

# %% tags=["define"] part="all"
def backward(params, cache):
    """Gradients of the loss of `forward`; embeddings' as `SparseRows`."""
    batch, enc, dlogits = cache.batch, cache.encoded, columns(cache.dlogits)
    masks, shown = cache.masks, cache.s[1:]
    shown = shown if masks.s is None else masks.s * shown
    da, dg, da_s, du = decoder_gradients(params, cache)
    grads, dy = gru_gradients(
        "dec", da, dg, cache.y_emb, cache.s, params["dec_W_x"])
    if "dec_W_u" in params:
        grads["dec_W_u"] = da.sum(axis=0) @ cache.u.T
    grads |= {"W_s": da_s @ cache.u.T,
              "b_s": da_s.sum(axis=1, keepdims=True),
              "W_y": dlogits @ columns(shown).T,
              "b_y": dlogits.sum(axis=1, keepdims=True),
              "W_tgt": sum_rows(batch.tgt_in.ravel(), hidden(dy, masks.y).T)}
    dh = np.zeros_like(enc.h[1:])
    dh[-1] = du                                                # B5
    da, dg, _ = gru_run_backward(dh, enc.h, enc.gates, enc.q,
                                 params["enc_W_h"], batch.src_mask)
    more, dx = gru_gradients("enc", da, dg, enc.x, enc.h, params["enc_W_x"])
    dx = hidden(dx, masks.x)                                   # D3
    return grads | more | {"W_src": sum_rows(batch.src.ravel(), dx.T)}
