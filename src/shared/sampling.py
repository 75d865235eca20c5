# %% tags=["define"] part="define"
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

# %% [markdown] part="ways"
# Greedy choice falls into a loop; drawing from the model's distribution does not. *Temperature*
# below 1 sharpens it, *top-k* keeps the $k$ likeliest characters, *nucleus* the smallest set
# that holds a share $p$ of the mass.

# %% part="ways"
prompt = "The fox " if set("The fox ") <= set(vocab) else text[:8]
ways = {"greedy": None, "temperature 1": {}, "temperature 0.6": {"temperature": 0.6},
        "top-k, k = 5": {"top_k": 5}, "nucleus, p = 0.8": {"top_p": 0.8}}
for name, choice in ways.items():
    rng = None if choice is None else np.random.default_rng(seed)
    sample = generate(params, prompt, 200, vocab, rng, **(choice or {}))
    print(f"[{name}]\n{sample}\n")

# %% part="ways"
known_words, real = set(train_text.split()), {}
for name, choice in list(ways.items())[1:]:
    words = generate(params, prompt, 1500, vocab, np.random.default_rng(seed), **choice).split()[1:-1]
    real[name] = np.mean([word in known_words for word in words]) if words else 0.0
    print(f"{name:18s} {real[name]:.0%} of the words occur in the training fables")

# %% [markdown] part="ways"
# Sharpening the distribution or cutting its tail makes the words safer. What it costs is variety,
# which this count does not measure. Which cut is best depends on what you want; how good the
# *model* is, only the held-out loss says.
