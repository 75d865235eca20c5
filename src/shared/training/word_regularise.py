# %% tags=["define"]
def regularised(dropout_in, dropout_out, rng):
    """As `loss_and_gradients`, but with fresh masks for each window."""

    def gradients(params, inputs, targets, state):
        (T, B), dtype = inputs.shape, params["W_h"].dtype
        E, H = params["W_emb"].shape[1], params["W_h"].shape[1]
        mask_x = drop_mask((T, E, B), dropout_in, rng, dtype)        # D1
        mask_h = drop_mask((T, H, B), dropout_out, rng, dtype)       # D2
        loss, state, cache = forward(
            params, inputs, targets, state, mask_x, mask_h)
        return loss, state, backward(params, cache)

    return gradients
