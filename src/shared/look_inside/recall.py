# %% tags=["define"]
def recall_batch(k, symbols, batch_size, rng):
    """Random inputs and targets, (k + 1, B): the first symbol, asked last."""
    inputs = rng.integers(symbols, size=(k + 1, batch_size))
    targets = np.full_like(inputs, -1)                 # -1: nothing is asked
    targets[-1] = inputs[0]
    return inputs, targets

# %% tags=["define"]
def train_recall(params, k, steps, learning_rate, rng, batch_size=32,
                 clip_norm=1.0):
    """Train `params` in place to recall over `k` steps.

    Stops early once a batch is recalled with a loss below 0.01 nats. Returns
    the accuracy on 500 new sequences.
    """
    symbols, memory = len(params["b_y"]), adam_init(params)
    for _ in range(steps):
        inputs, targets = recall_batch(k, symbols, batch_size, rng)
        state = zero_state(params, batch_size)
        loss, _, cache = forward(params, inputs, targets, state)
        if loss < 0.01:
            break
        grads, _ = clip_by_global_norm(backward(params, cache), clip_norm)
        adam_step(params, grads, memory, learning_rate)
    inputs, targets = recall_batch(k, symbols, 500, rng)
    _, _, cache = forward(params, inputs, targets, zero_state(params, 500))
    return float(np.mean(cache.logits[-1].argmax(axis=0) == targets[-1]))

# %% tags=["define"]
def grade(accuracy):
    """"solved" from an accuracy of 0.95, "chance" below 0.25, else "partly"."""
    if accuracy >= 0.95:
        return "solved"
    return "chance" if accuracy < 0.25 else "partly"
