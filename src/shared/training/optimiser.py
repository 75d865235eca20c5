# %% [markdown] part="explain"
# ### Clipping: a bound on the update
#
# An update moves each parameter against its gradient, $\theta \leftarrow \theta - \eta\,\bar\theta$, with $\eta$ the
# *learning rate*: a long gradient makes a large update. And a recurrent network applies the same matrix again and again, so its gradient can suddenly become much longer than
# it was a moment ago (section 10 shows why). One such update can undo many. A lower learning rate would help, and make
# all other updates slow. *Clipping*
# shortens only the long ones: take all gradients together as one vector $\bar\theta$; if it is longer than
# $\tau$ (`clip_norm`), scale it to that length and keep its direction (Pascanu et al., 2013, algorithm 1):
#
# $$\bar\theta \leftarrow \bar\theta\,\min\!\Big(1, \frac{\tau}{\lVert \bar\theta\rVert}\Big) \tag{C1}$$

# %% tags=["define"] part="clip"
def clip_by_global_norm(grads, max_norm):
    """Scale `grads` by one factor to a joint norm of at most `max_norm` (C1).

    Returns (grads, norm before clipping). `max_norm=None` leaves them alone.
    """
    norm = float(np.sqrt(sum(np.vdot(g, g) for g in grads.values())))
    if max_norm is None or norm <= max_norm:
        return grads, norm
    # C1, where they are too long
    return {name: g * (max_norm / norm) for name, g in grads.items()}, norm

# %% [markdown] part="explain_adam"
# ### Adam: a rate of its own for each number
#
# Plain gradient descent moves every number by the same rate times its gradient. But a rare
# character's weights get small, seldom gradients, and the bias of the blank large ones at every step.
# *Adam* (Kingma & Ba, 2015, algorithm 1) keeps for each number a running mean $m$ of its gradient and
# a running mean $v$ of its square, and moves it by $\eta\, m/\sqrt v$: about the learning rate
# $\eta$ itself, or less where the gradient keeps changing its sign, however large or small the gradients are. (So a long
# gradient makes no large update; but it stays in both means for a while, which is why we clip first.)
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\, \bar\theta \tag{A1}$$
# $$v \leftarrow \beta_2 v + (1-\beta_2)\, \bar\theta \odot \bar\theta \tag{A2}$$
# $$\theta \leftarrow \theta - \eta\, \frac{m/(1-\beta_1^N)}{\sqrt{v/(1-\beta_2^N)} + \varepsilon} \tag{A3}$$
#
# Both means start at zero and are too small at first; the divisions by $1-\beta^N$ at update number
# $N$ correct that. $\beta_1 = 0.9$ averages over about ten updates, $\beta_2 = 0.999$ over about a
# thousand. $\varepsilon = 10^{-8}$ keeps a number that never had a gradient from dividing by zero.

# %% tags=["define"] part="adam"
def adam_init(params):
    """Adam's memory: update count 0, and zero means shaped like `params`."""
    m = {name: np.zeros_like(p) for name, p in params.items()}
    v = {name: np.zeros_like(p) for name, p in params.items()}
    return {"n": 0, "m": m, "v": v}

# %% tags=["define"] part="adam"
def adam_step(params, grads, adam, learning_rate,
              beta1=0.9, beta2=0.999, eps=1e-8):
    """One update of `params` and the memory `adam`, in place (A1 to A3)."""
    adam["n"] += 1
    mean_of, square_of = 1 - beta1 ** adam["n"], 1 - beta2 ** adam["n"]
    for name, g in grads.items():
        m, v = adam["m"][name], adam["v"][name]
        m *= beta1
        m += (1 - beta1) * g                                          # A1
        v *= beta2
        v += (1 - beta2) * g * g                                      # A2
        root = np.sqrt(v / square_of) + eps
        params[name] -= learning_rate / mean_of * m / root            # A3
