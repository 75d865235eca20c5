# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Reading held-out text: `evaluate` returns the log-probability of each of its characters
def evaluate(params, tokens, pieces=16, lead=200, window=200):
    """Log-probability (nats) of each next token of `tokens` (N,): (N - 1,).

    To save time the text is cut into `pieces` that are read side by side. Each but the first
    starts `lead` tokens early, so that its state has settled (a network of this kind has by then
    forgotten that it began from zero); what it scores there is dropped.
    """
    window = max(1, min(window, 250_000 // len(params["b_y"])))  # bounds the memory
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
