# %% tags=["define"]
def loss_and_gradients(params, inputs, targets, state):
    """One window: loss (nats a token), last state, and the gradients."""
    loss, state, cache = forward(params, inputs, targets, state)
    return loss, state, backward(params, cache)


# %% tags=["define"] part="record"
def record(history, loss, norm, grads):
    """Append to `history` "loss", the global "norm", each gradient's own."""
    sizes = {name: float(np.linalg.norm(g)) for name, g in grads.items()}
    for name, value in {"loss": loss, "norm": norm, **sizes}.items():
        history.setdefault(name, []).append(value)


# %% tags=["define"]
def train(params, streams, steps, learning_rate, seq_len, clip_norm=1.0,
          gradients=loss_and_gradients, update=adam_step, after=None,
          **options):
    """Train `params` in place on `streams` (inputs, targets), each (L, B).

    `update` is the optimiser, to which `options` go; `after` is called after
    each of the `steps` updates. Returns the history of `record`: nats a token,
    norms before clipping. FloatingPointError on a loss that is not a number.
    """
    (inputs, targets), start = streams, 0
    memory, history = adam_init(params), {}
    try:
        for n in range(1, steps + 1):
            if start == 0:                         # a new pass over the text
                state = zero_state(params, inputs.shape[1])
            window = slice(start, start + seq_len)
            loss, state, grads = gradients(
                params, inputs[window], targets[window], state)
            if not np.isfinite(loss):
                raise FloatingPointError(f"The loss is {loss} at update {n}: "
                    "try a lower learning_rate or clip_norm.")
            clipped, norm = clip_by_global_norm(grads, clip_norm)
            rate = learning_rate * (1 + np.cos(np.pi * n / steps)) / 2
            update(params, clipped, memory, rate, **options)
            record(history, loss, norm, grads)
            if after:
                after(n, history, grads)
            start = window.stop if window.stop < len(inputs) else 0
    except KeyboardInterrupt:
        print(f"Interrupted before update {n}: the parameters are usable.")
    return history
