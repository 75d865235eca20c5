# %% tags=["define"]
def next_token_probabilities(logits, temperature=1.0, top_k=None, top_p=None):
    """Turn `logits` (V,) into probabilities (V,) to draw from.

    `temperature` divides the logits; `top_k` keeps the k likeliest tokens; `top_p` keeps the
    smallest set whose mass reaches p (nucleus: Holtzman et al., 2020). What is kept is
    scaled to sum to 1. Raises ValueError for a temperature, k or p out of range.
    """
    top_k = len(logits) if top_k is None else top_k
    top_p = 1.0 if top_p is None else top_p
    if temperature <= 0 or top_k < 1 or not 0 < top_p <= 1:
        raise ValueError("Choose temperature > 0, top_k >= 1 and 0 < top_p <= 1.")
    p = np.exp((logits - logits.max()) / temperature)
    p /= p.sum()
    order = np.argsort(-p, kind="stable")
    nucleus = int(np.searchsorted(np.cumsum(p[order]), top_p)) + 1 if top_p < 1 else len(p)
    keep = min(top_k, nucleus)
    p[order[keep:]] = 0
    return p / p.sum()


def generate(params, prompt, length, vocab, rng=None, **choice):
    """Continue the string `prompt` by `length` characters: greedily, or drawn with `rng`.

    `choice` goes to `next_token_probabilities`. Raises ValueError for an empty prompt or a
    character the model has not got.
    """
    if not prompt:
        raise ValueError("Give a prompt of at least one character.")
    state, text = zero_state(params, 1), prompt
    for token in encode(prompt, vocab):
        logits, state = step(params, np.array([token]), state)
    for _ in range(length):
        if rng is None:
            token = int(np.argmax(logits[:, 0]))
        else:
            token = rng.choice(len(vocab), p=next_token_probabilities(logits[:, 0], **choice))
        text += vocab[token]
        logits, state = step(params, np.array([token]), state)
    return text
