# %% tags=["define"] part="score"
def match_of(params, s, before, memory):
    """How each place matches the question `s` (H, B): mu (S, H, B)."""
    a_e = memory.keys + params["W_a"] @ s                      # keys: U_a h_j
    if "F" in params:
        a_e = a_e + params["U_f"] @ features(params, before)   # F10
    return np.tanh(a_e)

# %% tags=["define"] part="attend"
def attend(params, s, before, memory):
    """Where to look, asked by `s` (H, B): weights (S, B) and context (2H, B).

    `before` (S, B) are the weights of the step before.
    """
    alignment = memory.last                                    # frozen
    if "v_a" in params:
        match = match_of(params, s, before, memory)            # F6
        scores = (params["v_a"] * match).sum(axis=1)           # F7
        if "shift" in params:
            scores = scores - window(params, before)           # F11
        alignment = softmax_over_places(scores, memory.mask)   # F8
    return alignment, (alignment[:, None] * memory.h).sum(axis=0)   # F9

# %% tags=["define"] part="softmax"
def softmax_over_places(scores, mask):
    """Weights (S, B) of `scores` (S, B) that sum to 1 over the real places."""
    scores = np.where(mask > 0, scores, -np.inf)
    p = np.exp(scores - scores.max(axis=0))
    return p / p.sum(axis=0)

# %% tags=["define"] part="location"
def neighbours(before, width):
    """The weights around each place: `before` (S, B) -> (S, width, B)."""
    S, reach = len(before), width // 2
    padded = np.pad(before, ((reach, reach), (0, 0)))
    return np.stack([padded[k : k + S] for k in range(width)], axis=1)


def features(params, before):
    """Each place's features of the weights before (S, K, B)."""
    return params["F"] @ neighbours(before, params["F"].shape[1])

# %% tags=["define"] part="window"
def off_window(params, before):
    """How far each place is from the window's middle, (S, B)."""
    j = np.arange(1, len(before) + 1)[:, None]
    place = (j * before).sum(axis=0)                           # pi_{t-1}
    return j - place - params["shift"]


def window(params, before):
    """What the window takes off each score (S, B)."""
    return np.exp(params["log_kappa"]) * off_window(params, before) ** 2
