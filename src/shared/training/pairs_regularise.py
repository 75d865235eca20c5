# %% tags=["define"]
def regularised(dropout, rng, **options):
    """As `loss_and_gradients`, with fresh masks of dropout for each batch.

    `options` go to `backward`.
    """

    def gradients(params, batch):
        (S, B), T = batch.src.shape, len(batch.tgt_in)
        (_, E), H = params["W_src"].shape, params["W_y"].shape[1]
        masks = Masks(*(drop_mask(shape, dropout, rng, params["W_y"].dtype)
                        for shape in ((S, E, B), (T, E, B), (T, H, B))))
        loss, cache = forward(params, batch, masks)
        return loss, backward(params, cache, **options)

    return gradients
