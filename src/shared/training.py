# %% [markdown] part="evaluate"
# Held-out text is read once, in order, with the state carried all the way. `evaluate`
# returns the log-probability of every character, so that models can be compared, and mixed,
# character by character. Dividing nats by $\ln 2$ gives bits.

# %% tags=["define"] part="evaluate"
def evaluate(params, tokens, window=200):
    """Log-probability (nats) of each next token of `tokens` (N,), read in order: (N - 1,)."""
    state, scores = zero_state(params, 1), []
    for start in range(0, len(tokens) - 1, window):
        piece = tokens[start : start + window + 1, None]
        _, state, cache = forward(params, piece[:-1], piece[1:], state)
        log_p = log_softmax(cache.logits)
        scores.append(np.take_along_axis(log_p, piece[1:, None], axis=1).ravel())
    return np.concatenate(scores)

# %% [markdown] part="train"
# One loop serves every experiment of this lesson. The learning rate falls along a half
# cosine to zero. A loss that is not a number stops training at once, and interrupting the
# cell (the stop button) leaves parameters you can use.

# %% tags=["define"] part="train"
def train(params, streams, steps, learning_rate, seq_len, clip_norm=1.0, run=forward,
          update=adam_step, after=None):
    """Train `params` in place on `streams` (inputs, targets), each (L, B), for `steps` updates.

    `run` is the forward pass, `update` the optimiser, `after` is called after each update.
    Returns the history {"loss": nats a token, "norm": global norm before clipping, and the
    norm of each parameter's gradient}. Raises FloatingPointError on a non-finite loss.
    """
    inputs, targets = streams
    memory, start, history = adam_init(params), 0, {"loss": [], "norm": []}
    try:
        for n in range(1, steps + 1):
            if start == 0:
                state = zero_state(params, inputs.shape[1])  # a new pass over the text
            window = slice(start, start + seq_len)
            loss, state, cache = run(params, inputs[window], targets[window], state)
            if not np.isfinite(loss):
                raise FloatingPointError(
                    f"The loss is {loss} at update {n}: try a lower learning_rate or clip_norm."
                )
            grads = backward(params, cache)
            clipped, norm = clip_by_global_norm(grads, clip_norm)
            update(params, clipped, memory, learning_rate * (1 + np.cos(np.pi * n / steps)) / 2)
            sizes = {name: float(np.linalg.norm(g)) for name, g in grads.items()}
            for name, value in {"loss": loss, "norm": norm, **sizes}.items():
                history.setdefault(name, []).append(value)
            if after:
                after(n, history, grads)
            start = window.stop if window.stop < len(inputs) else 0
    except KeyboardInterrupt:
        print(f"Interrupted after {len(history['loss'])} updates: the parameters are usable.")
    return history
