# %% [markdown] part="clip"
# **Clipping.** One step over a cliff of the loss surface can undo an hour of training. Let
# $g$ be all gradients taken together as one long vector. If it is longer than $\tau$,
# shorten it and keep its direction (Pascanu et al., 2013, algorithm 1):
#
# $$g \leftarrow g\,\min\!\Big(1, \frac{\tau}{\lVert g\rVert}\Big) \tag{C1}$$

# %% tags=["define"] part="clip"
def clip_by_global_norm(grads, max_norm):
    """Scale all `grads` by one factor so that their joint norm is at most `max_norm` (C1).

    Returns (grads, norm before clipping). `max_norm=None` leaves them as they are.
    """
    norm = float(np.sqrt(sum(np.vdot(g, g) for g in grads.values())))
    if max_norm is None or norm <= max_norm:
        return grads, norm
    return {name: g * (max_norm / norm) for name, g in grads.items()}, norm


# %% [markdown] part="adam"
# **Adam** (Kingma & Ba, 2015, algorithm 1) keeps a running mean $m$ of each gradient entry and a
# running mean $v$ of its square. Both start at zero, so early on both are too small; dividing by
# $1-\beta^t$ at update number $t$ corrects that. $\eta$ is the learning rate, $\theta$ any
# parameter, and $\beta_1, \beta_2$ (0.9 and 0.999 unless given) say how slowly each mean forgets.
# The letters $g$, $m$, $v$, $t$ are the papers', for these lines and C1 only: no gate, mask,
# character or time step is meant.
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\, g \tag{A1}$$
# $$v \leftarrow \beta_2 v + (1-\beta_2)\, g \odot g \tag{A2}$$
# $$\theta \leftarrow \theta - \eta\, \frac{m/(1-\beta_1^t)}{\sqrt{v/(1-\beta_2^t)} + \varepsilon} \tag{A3}$$

# %% tags=["define"] part="adam"
def adam_init(params):
    """Adam's memory for `params`: update count 0 and zero moments of the same shapes."""
    zeros = {name: np.zeros_like(p) for name, p in params.items()}
    return {"t": 0, "m": zeros, "v": {name: z.copy() for name, z in zeros.items()}}


def adam_step(params, grads, adam, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
    """One Adam update of `params` and of the memory `adam`, both in place (A1 to A3)."""
    adam["t"] += 1
    scale = np.sqrt(1 - beta2 ** adam["t"])
    rate = learning_rate / (1 - beta1 ** adam["t"])
    for name, g in grads.items():
        m, v = adam["m"][name], adam["v"][name]
        m *= beta1
        m += (1 - beta1) * g                                          # A1
        v *= beta2
        v += (1 - beta2) * g * g                                      # A2
        params[name] -= rate * m / (np.sqrt(v) / scale + eps)         # A3
