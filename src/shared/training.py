# %% [markdown] part="evaluate"
# Held-out text is read with the state carried along. To save time it is cut into pieces that are
# read side by side, and each piece starts a little early, so that its state has settled before
# anything counts. `evaluate` returns the log-probability of every character, so that models can
# be compared, and mixed, character by character. Dividing nats by $\ln 2$ gives bits.

# %% tags=["define"] part="evaluate"
def evaluate(params, tokens, pieces=16, lead=200, window=200):
    """Log-probability (nats) of each next token of `tokens` (N,): (N - 1,).

    The text is cut into `pieces` that are read side by side. Each but the first starts `lead`
    tokens early, so that its state has settled; what it scores there is dropped.
    """
    n = len(tokens) - 1
    lead = min(lead, n)
    length = -(-(n - lead) // pieces)  # rounded up: what runs over the end is dropped
    position = np.arange(lead + length)[:, None] + length * np.arange(pieces)
    inputs, targets = (tokens[np.minimum(position, n - 1) + ahead] for ahead in (0, 1))
    state, scores = zero_state(params, pieces), []
    for start in range(0, lead + length, window):
        part = slice(start, start + window)
        _, state, cache = forward(params, inputs[part], targets[part], state)
        log_p = log_softmax(cache.logits)
        scores.append(np.take_along_axis(log_p, targets[part][:, None], axis=1)[:, 0])
    scores = np.concatenate(scores)                    # (lead + length, pieces)
    return np.concatenate([scores[:lead, 0], scores[lead:].T.ravel()])[:n]

# %% [markdown] part="train"
# One loop serves every experiment on text. (The memory test of section 10 has a short one of its
# own, with a constant learning rate.) Here the learning rate falls along a half cosine to zero. A
# loss that is not a number stops training at once, and interrupting the cell (the stop button)
# leaves parameters you can use.

# %% tags=["define"] part="train"
def train(params, streams, steps, learning_rate, seq_len, clip_norm=1.0, run=forward,
          update=adam_step, after=None, **options):
    """Train `params` in place on `streams` (inputs, targets), each (L, B), for `steps` updates.

    `run` is the forward pass, `update` the optimiser, to which `options` go; `after` is called
    after each update.
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
            update(params, clipped, memory, learning_rate * (1 + np.cos(np.pi * n / steps)) / 2,
                   **options)
            sizes = {name: float(np.linalg.norm(g)) for name, g in grads.items()}
            for name, value in {"loss": loss, "norm": norm, **sizes}.items():
                history.setdefault(name, []).append(value)
            if after:
                after(n, history, grads)
            start = window.stop if window.stop < len(inputs) else 0
    except KeyboardInterrupt:
        print(f"Interrupted after {len(history['loss'])} updates: the parameters are usable.")
    return history
