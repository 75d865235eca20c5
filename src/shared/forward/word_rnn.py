# %% tags=["define"] part="step"
def step(params, tokens, state):
    """One step: `tokens` (B,), `state` (H, B) -> logits (V, B), h (H, B)."""
    x = params["W_emb"][tokens].T                                # F1: (E, B)
    a = params["W_x"] @ x + params["W_h"] @ state + params["b"]  # F2
    h = np.tanh(a)                                               # F3
    logits = params["W_y"] @ h + params["b_y"]                   # F4
    return logits, h

# %% tags=["define"] part="start"
def init_params(*, vocab_size, embed_size, hidden_size, rng,
                dtype=np.float64, counts=None):
    """Parameters, V = `vocab_size`, E = `embed_size`, H = `hidden_size`.

    With `counts` (V,), how often each word occurs, b_y starts at the
    logarithm of the words' shares, else at 0.
    """
    V, E, H = vocab_size, embed_size, hidden_size
    params = {
        "W_emb": 0.1 * rng.normal(size=(V, E)),
        "W_x": rng.normal(size=(H, E)) / np.sqrt(E),
        "W_h": orthogonal(H, rng),
        "b": np.zeros((H, 1)),
        "W_y": 0.1 * rng.normal(size=(V, H)),
        "b_y": np.zeros((V, 1)),
    }
    if counts is not None:
        params["b_y"][:, 0] = np.log((counts + 1) / (counts.sum() + V))
    return {name: p.astype(dtype) for name, p in params.items()}

# %% tags=["define"] part="zero"
def zero_state(params, batch_size):
    """The state before the first word: zeros (H, B)."""
    return np.zeros((len(params["W_h"]), batch_size), params["W_h"].dtype)

# %% tags=["define"] part="unroll"
def unroll(params, inputs, state, mask=None):
    """Read `inputs` (T, B) from `state` (H, B).

    Returns x (T, E, B), h (T+1, H, B), logits (T, V, B). `mask` (T, H, B)
    multiplies the states that the output layer sees.
    """
    T, W_h = len(inputs), params["W_h"]
    x = steps_of(params["W_emb"][inputs.ravel()].T, T)            # F1, all t
    drive = steps_of(params["W_x"] @ columns(x) + params["b"], T)
    h = empty_steps(T + 1, *state.shape, state.dtype)
    h[0] = state
    for t in range(T):
        tanh(W_h @ h[t] + drive[t], out=h[t + 1])                 # F2, F3
    shown = h[1:] if mask is None else mask * h[1:]
    scores = affine(params["W_y"], columns(shown), params["b_y"])  # F4, all t
    return x, h, steps_of(scores, T)

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form" part="tiny"
#@title A small network for checks, like that of lesson 1, with a target that does not count
def tiny_example(rng, T=5, B=3, V=7, E=2, H=4):
    """A small network and data for checks: params, inputs, targets, state."""
    params = init_params(vocab_size=V, embed_size=E, hidden_size=H, rng=rng)
    for name in params:
        params[name] = params[name] + 0.3 * rng.normal(size=params[name].shape)
    inputs, targets = rng.integers(V, size=(2, T, B))
    inputs[1], targets[2, 1] = inputs[0], -1
    return params, inputs, targets, 0.5 * rng.normal(size=(H, B))

# %% tags=["define"] part="forward"
Cache = namedtuple("Cache", "inputs targets x h mask logits dlogits")


def forward(params, inputs, targets, state, mask=None):
    """Run the network over `inputs` (T, B) from `state` (H, B).

    Returns the mean cross-entropy with `targets` (T, B) in nats a word, the
    last state (H, B), and the cache for `backward`. `mask` (T, H, B)
    multiplies the states that the output layer sees.
    """
    x, h, logits = unroll(params, inputs, state, mask)
    loss, dlogits = cross_entropy(logits, targets)
    cache = Cache(inputs, targets, x, h, mask, logits, dlogits)
    return loss, h[-1].copy(), cache
