# %% tags=["define"] part="generate"
def generate(params, prompt, length, vocab, choose=np.argmax):
    """Continue the string `prompt` by `length` characters.

    `choose` picks a token id from logits (V,): the likeliest unless told
    otherwise. Raises ValueError for an empty prompt or a character the model
    has not got.
    """
    if not prompt:
        raise ValueError("Give a prompt of at least one character.")
    state, text = zero_state(params, 1), prompt
    for token in encode(prompt, vocab):                    # read the prompt
        logits, state = step(params, np.array([token]), state)
    for _ in range(length):                                # then its own words
        token = int(choose(logits[:, 0]))
        text += vocab[token]
        logits, state = step(params, np.array([token]), state)
    return text

# %% tags=["define"] part="sample"
def next_token_probabilities(logits, temperature=1.0, top_k=None, top_p=None):
    """Turn `logits` (V,) into probabilities (V,) to draw from.

    `temperature` divides the logits; `top_k` keeps the k likeliest tokens;
    `top_p` the smallest set whose mass reaches p (nucleus: Holtzman et al.,
    2020). What is kept is scaled to sum to 1. Raises ValueError for a
    temperature, k or p out of range.
    """
    top_k = len(logits) if top_k is None else top_k
    top_p = 1.0 if top_p is None else top_p
    if temperature <= 0 or top_k < 1 or not 0 < top_p <= 1:
        raise ValueError(
            "Choose temperature > 0, top_k >= 1 and 0 < top_p <= 1.")
    p = np.exp((logits - logits.max()) / temperature)
    p /= p.sum()
    order = np.argsort(-p, kind="stable")              # likeliest first
    before = np.cumsum(p[order]) - p[order]            # mass of those before
    nucleus = np.count_nonzero(before < top_p) if top_p < 1 else len(p)
    p[order[min(top_k, nucleus):]] = 0
    return p / p.sum()

# %% tags=["define"] part="sample"
def sampler(rng, **choice):
    """A `choose` for `generate`: draws with `rng`, as `choice` shapes it."""
    def choose(logits):
        return rng.choice(
            len(logits), p=next_token_probabilities(logits, **choice))

    return choose
