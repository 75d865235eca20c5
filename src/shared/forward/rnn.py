# %% tags=["define"] part="step"
def step(params, tokens, state):
    """One step: `tokens` (B,), `state` (H, B) -> logits (V, B), h (H, B)."""
    W_x, W_h, b = params["W_x"], params["W_h"], params["b"]
    a = W_x[:, tokens] + W_h @ state + b             # F1
    h = np.tanh(a)                                   # F2
    logits = params["W_y"] @ h + params["b_y"]       # F3
    return logits, h

# %% tags=["define"] part="start"
def init_params(
    *, vocab_size, hidden_size, rng, dtype=np.float64, recurrent="orthogonal"
):
    """Parameters of an Elman network, V = `vocab_size`, H = `hidden_size`.

    `recurrent` names how W_h starts: "orthogonal"; "gaussian", variance 1/H;
    or "uniform" on +-1/sqrt(H), PyTorch's default. ValueError for another.
    """
    V, H = vocab_size, hidden_size
    starts = {
        "orthogonal": lambda: orthogonal(H, rng),
        "gaussian": lambda: rng.normal(size=(H, H)) / np.sqrt(H),
        "uniform": lambda: rng.uniform(-1, 1, size=(H, H)) / np.sqrt(H),
    }
    if recurrent not in starts:
        names = ", ".join(starts)
        raise ValueError(
            f"recurrent is {recurrent!r}: choose one of {names}.")
    params = {
        "W_x": 0.1 * rng.normal(size=(H, V)),
        "W_h": starts[recurrent](),
        "b": np.zeros((H, 1)),
        "W_y": rng.normal(size=(V, H)) / np.sqrt(H),
        "b_y": np.zeros((V, 1)),
    }
    return {name: p.astype(dtype) for name, p in params.items()}

# %% tags=["define"] part="zero"
def zero_state(params, batch_size):
    """The state before the first character: zeros (H, B)."""
    return np.zeros((len(params["W_h"]), batch_size), params["W_h"].dtype)

# %% tags=["define"] part="unroll"
def unroll(params, inputs, state):
    """Read `inputs` (T, B) from `state` (H, B).

    Returns a (T, H, B), h (T+1, H, B), logits (T, V, B).
    """
    W_x, W_h, b = params["W_x"], params["W_h"], params["b"]
    a = W_x[:, inputs].transpose(1, 0, 2) + b        # F1 but for W_h h, all t
    h = np.empty((len(inputs) + 1, *state.shape), state.dtype)
    h[0] = state
    for t in range(len(inputs)):
        a[t] += W_h @ h[t]                           # F1
        np.tanh(a[t], out=h[t + 1])                  # F2
    logits = params["W_y"] @ h[1:] + params["b_y"]   # F3, all t
    return a, h, logits

# %% tags=["define"] part="tiny"
def tiny_example(rng, T=5, B=3, V=7, H=4):
    """A small network and data for checks: params, inputs, targets, state."""
    params = init_params(vocab_size=V, hidden_size=H, rng=rng)
    for name in params:
        params[name] = params[name] + 0.3 * rng.normal(size=params[name].shape)
    inputs, targets = rng.integers(V, size=(2, T, B))
    inputs[1] = inputs[0]
    return params, inputs, targets, 0.5 * rng.normal(size=(H, B))

# %% tags=["define"] part="forward"
Cache = namedtuple("Cache", "inputs targets a h logits dlogits")


def forward(params, inputs, targets, state):
    """Run the network over `inputs` (T, B) from `state` (H, B).

    Returns the mean cross-entropy with `targets` (T, B) in nats a token, the
    last state (H, B), and the cache for `backward`.
    """
    a, h, logits = unroll(params, inputs, state)
    loss, dlogits = softmax_cross_entropy(logits, targets)
    return loss, h[-1].copy(), Cache(inputs, targets, a, h, logits, dlogits)
