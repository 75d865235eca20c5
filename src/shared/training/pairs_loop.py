# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Lesson 1's loop, over batches of pairs
def train_pairs(params, pairs, steps, learning_rate, batch_size, rng,
                clip_norm=1.0, gradients=None, after=None, weight_decay=0.0,
                **options):
    """Train `params` in place on [(source ids, target ids)].

    `gradients(params, batch)` returns loss and gradients; `after` is called
    after each of the `steps` updates. Returns the history of `record`: nats a
    target word, norms before clipping. The parameters are kept to five
    decimals; matrices fade by `weight_decay` (AdamW: Loshchilov and Hutter,
    2019, algorithm 2). FloatingPointError on a loss that is not a number.
    """
    gradients = gradients or loss_and_gradients
    memory, history, batches = adam_init(params), {}, iter(())
    try:
        for n in range(1, steps + 1):
            batch = next(batches, None)
            if batch is None:                          # a new pass
                batches = batches_of(pairs, batch_size, rng)
                batch = next(batches)
            loss, grads = gradients(params, batch)
            if not np.isfinite(loss):
                raise FloatingPointError(f"The loss is {loss} at update {n}: "
                    "try a lower learning_rate or clip_norm.")
            clipped, norm = clip_by_global_norm(grads, clip_norm)
            rate = learning_rate * (1 + np.cos(np.pi * n / steps)) / 2
            sparse_adam_step(params, clipped, memory, rate, **options)
            for p in params.values():
                if min(p.shape) > 1:
                    p *= 1 - rate * weight_decay       # D5
                np.round(p, 5, out=p)                  # rounding errors end here
            record(history, loss, norm, grads)
            if after:
                after(n, history, grads)
    except KeyboardInterrupt:
        print(f"Interrupted before update {n}: the parameters are usable.")
    return history


# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title One batch: loss and gradients
def loss_and_gradients(params, batch):
    """One batch: loss (nats a target word) and the gradients."""
    loss, cache = forward(params, batch)
    return loss, backward(params, cache)
