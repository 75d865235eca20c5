# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Train a character-level LSTM by hand
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your-organisation/recurrent-networks-in-numpy/blob/main/char_level_lm/02_LSTM_NumPy.ipynb)
#
# You build a network with a protected memory, derive every gradient of its four gates, and see
# on unseen fables, and on a test of pure memory, what the gates are for.

# %% [markdown]
# **What you'll do.** Write the forward pass of a long short-term memory, derive its backward
# pass along both roads into the state and both roads into the cell, check it, train it on a
# book of fables, and retell its history as an experiment.
#
# **What you'll learn.** Why adding to a memory keeps a gradient alive where multiplying kills
# it; what the forget gate's bias decides; how the network and a table of counts can be better
# together than either alone; what single cells of a trained network keep track of.
#
# **What you'll need.** The first lesson, or the chain rule and a quick hand with shapes.
# The page runs from top to bottom in two to three minutes on one core.

# %% [markdown]
# ## 1 Setup
#
# Every knob of the lesson is in the next cell. Change one, run all, and the page becomes your
# own experiment.

# %% tags=["parameters"]
corpus = "fables.txt"      # or the path of a UTF-8 text of yours
seed = 0
hidden_size = 160          # H
batch_size = 16            # B, streams read side by side
seq_len = 50               # T, characters between two updates
steps = 1950               # updates
learning_rate = 1.5e-2
beta2 = 0.99               # Adam's memory of squared gradients, about 1 / (1 - beta2) updates
clip_norm = 1.0
dropout = 0.15             # share of states hidden from the output layer in training
dtype = "float64"
log_to_wandb = False

# %% [markdown]
# NumPy does the work, Matplotlib the figures; the rest is the standard library. The matrices are
# too small to split among threads, so the linear algebra is told to use one.

# %%
# include: setup/imports.py

# %%
# include: setup/figures.py

# %%
network = "LSTM"  # its name in tables and figures
settings = dict(corpus=corpus, seed=seed, hidden_size=hidden_size, batch_size=batch_size,
                seq_len=seq_len, steps=steps, learning_rate=learning_rate, beta2=beta2,
                clip_norm=clip_norm, dropout=dropout, dtype=dtype)
SHIPPED = dict(corpus="fables.txt", seed=0, hidden_size=160, batch_size=16, seq_len=50,
               steps=1950, learning_rate=1.5e-2, beta2=0.99, clip_norm=1.0, dropout=0.15,
               dtype="float64")
as_shipped = settings == SHIPPED
print("settings:", "as shipped" if as_shipped else "your own")

# %% [markdown]
# ## 2 Data
#
# The corpus is a book of fables, Aesop's and their kin, retold for this project.

# %%
# include: data/text.py load

# %%
# include: data/char_corpus.py load

# %%
# include: data/text.py split

# %%
# include: data/char_corpus.py split

# %%
# include: data/text.py streams

# %%
# include: data/char_corpus.py streams

# %% [markdown]
# ## 3 Notation
#
# Columns are examples: a batch of states is a matrix whose $B$ columns are the $B$ streams.
# In the equations $x_t$ is a column with a single 1, at the character read; in the code it is
# that character's number, and $W_x x_t$ is a look-up of a column of $W_x$. Sizes: $T$ steps,
# $B$ streams, $V$ characters, $H$ hidden units.
#
# The three gates and the candidate, "the four gates" for short, are stacked in blocks of $H$ rows
# in PyTorch's order $i, f, g, o$, so that one product serves all four. A superscript picks a
# block: $a^f_t$ is rows $H$ to $2H$ of $a_t$, the column that enters the gates before $\sigma$ or
# tanh (F1).
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $x_t$ | `inputs` | `(T, B)` | characters read, as ids |
# | $y_t$ | `targets` | `(T, B)` | characters to predict, as ids |
# | $h_t$ | `h` | `(T+1, H, B)` | hidden states; `h[0]` is handed in, `h[t+1]` follows input `t` |
# | $c_t$ | `c` | `(T+1, H, B)` | cells, the protected memory; `c[0]` is handed in |
# | $\tanh(c_t)$ | `tanh_c` | `(T, H, B)` | what the output gate shows; kept for the backward pass |
# | $i_t, f_t, g_t, o_t$ | `gates` | `(T, 4H, B)` | input gate, forget gate, candidate, output gate |
# | $m_t$ | `mask` | `(T, H, B)` | dropout mask on the states, or None |
# | $\ell_t$ | `logits` | `(T, V, B)` | scores of the next character |
# | $W_x$ | `W_x` | `(4H, V)` | input to gates |
# | $W_h$ | `W_h` | `(4H, H)` | hidden to gates |
# | $b$ | `b` | `(4H, 1)` | gate biases |
# | $W_y$ | `W_y` | `(V, H)` | hidden to logits |
# | $b_y$ | `b_y` | `(V, 1)` | output bias |
# | $\partial L/\partial \ell_t$ | `dlogits` | `(T, V, B)` | gradient at the logits |
# | $\delta^h_t = \partial L/\partial h_t$ | `dh` | `(T, H, B)` | gradient at the states, by all roads |
# | $\delta^c_t = \partial L/\partial c_t$ | `dc` | `(T, H, B)` | gradient at the cells, by all roads |
# | $\alpha_t = \partial L/\partial a_t$ | `da` | `(T, 4H, B)` | gradient at what enters the gates |
#
# $\odot$ multiplies entry by entry; $\sigma(a) = 1/(1+e^{-a})$ and $\tanh$ act on each entry.

# %% [markdown]
# ## 4 Forward pass
#
# The simple network, $h_t = \tanh(W_x x_t + W_h h_{t-1} + b)$ (Elman, 1990, with a tanh), multiplies
# its whole memory by $W_h$ and squeezes it through a tanh at every step. The long short-term memory keeps a second state, the cell $c_t$, which is only
# ever scaled and added to:
#
# $$a_t = W_x x_t + W_h h_{t-1} + b \tag{F1}$$
# $$i_t = \sigma(a^i_t), \quad f_t = \sigma(a^f_t), \quad g_t = \tanh(a^g_t), \quad o_t = \sigma(a^o_t) \tag{F2}$$
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t \tag{F3}$$
# $$h_t = o_t \odot \tanh(c_t) \tag{F4}$$
# $$\ell_t = W_y (m_t \odot h_t) + b_y \tag{F5}$$
#
# The *input gate* $i$ decides what is written, the *forget gate* $f$ what is kept, the *output
# gate* $o$ what is shown; $g$ is the candidate to be written. The mask $m_t$ is all ones
# except in training with dropout.
#
# Hochreiter and Schmidhuber (1997) had no forget gate: $c_t = c_{t-1} + i_t \odot g_t$. Gers,
# Schmidhuber and Cummins (2000) added it. The full gradient, without the truncations of the 1997
# paper, came with Graves and Schmidhuber (2005). Leave out their *peepholes* (weights from the
# cell to the gates), and it is the network used today, in `torch.nn.LSTM` too. Section 10 replays
# this history on a test of memory.
#
# A forget gate whose bias starts at $b^f$ keeps a share of about $\sigma(b^f)$ a step. The
# default here is $b^f = 1$ (suggested by Gers et al., 2000; urged by Jozefowicz et al., 2015).
# *Chrono* (Tallec & Ollivier, 2018) starts from $T_{\max}$, the longest memory you expect to
# need: it draws $b^f$ as $\log u$, with $u$ uniform between 1 and $T_{\max}-1$, and sets
# $b^i = -b^f$, so that a cell that keeps much writes little and does not overflow. A gate with
# bias $\log u$ keeps $u/(1+u)$ a step: it forgets over about $u$ steps. So the cells start out
# with all time scales up to $T_{\max}$. Each gate's block of $W_h$ starts orthogonal, as in the
# first lesson.

# %%
# include: forward/orthogonal.py

# %% tags=["define"]
def init_params(*, vocab_size, hidden_size, rng, dtype=np.float64, forget_bias=1.0, chrono=None):
    """Parameters of an LSTM with V = `vocab_size` and H = `hidden_size`.

    `forget_bias` is where b^f starts; `chrono=T_max` (more than 2) draws it for time scales up
    to T_max instead, and sets b^i = -b^f (Tallec & Ollivier, 2018, section 3).
    """
    V, H = vocab_size, hidden_size
    params = {
        "W_x": rng.uniform(-1, 1, size=(4 * H, V)),
        "W_h": np.concatenate([orthogonal(H, rng) for _ in range(4)]), "b": np.zeros((4 * H, 1)), "W_y": rng.normal(size=(V, H)) / np.sqrt(H), "b_y": np.zeros((V, 1)),
    }
    params["b"][H : 2 * H] = forget_bias
    if chrono is not None:
        params["b"][H : 2 * H] = np.log(rng.uniform(1, chrono - 1, size=(H, 1)))
        params["b"][:H] = -params["b"][H : 2 * H]
    return {name: p.astype(dtype) for name, p in params.items()}


def zero_state(params, batch_size):
    """The state before the first character: (h, c), both zeros (H, B)."""
    zeros = np.zeros((params["W_h"].shape[1], batch_size), params["W_h"].dtype)
    return zeros, zeros.copy()

# %%
# include: forward/rows.py

# %% [markdown]
# What needs no past is computed for every time step at once: `drive`, which holds
# $W_x x_t + b$, and all of F5. In the loop, `a` is the slice of `gates` for one step; it is filled
# with $a_t$ first and then, block by block, with the gates, in place (`out=`). `i`, `f`, `g`, `o` are
# views of its rows. Count with care: pass `t` of the loop is the step that reads `h[t]`, its
# $h_{t-1}$, and writes `h[t + 1]`, its $h_t$; `inputs[t]`, `gates[t]`, `dh[t]` and `da[t]` belong to
# that same step.

# %% tags=["define"]
Cache = namedtuple("Cache", "inputs targets h c tanh_c gates mask logits dlogits")


def forward(params, inputs, targets, state, mask=None):
    """Run the network over `inputs` (T, B) from `state` (h, c), both (H, B).

    Returns the mean cross-entropy with `targets` (T, B) in nats a token, the last state, and
    the cache for `backward`. `mask` (T, H, B) multiplies the states the output layer sees.
    """
    (T, B), W_h, H = inputs.shape, params["W_h"], params["W_h"].shape[1]
    drive = params["W_x"][:, inputs]                   # (4H, T, B)
    drive += params["b"][:, :, None]
    drive = drive.swapaxes(0, 1)                       # (T, 4H, B)   F1 but for W_h h, all t at once
    h, c = empty_steps(T + 1, H, B, W_h.dtype), np.empty((T + 1, H, B), W_h.dtype)
    gates, tanh_c = np.empty((T, 4 * H, B), W_h.dtype), np.empty((T, H, B), W_h.dtype)
    h[0], c[0] = state
    for t in range(T):
        a = np.matmul(W_h, h[t], out=gates[t])
        a += drive[t]                                  # (4H, B)      F1
        i, f, g, o = a.reshape(4, H, B)
        sigmoid(a[: 2 * H], out=a[: 2 * H])            # i and f      F2
        tanh(g, out=g)                                 # (H, B)       F2
        sigmoid(o, out=o)                              # (H, B)       F2
        c[t + 1] = f * c[t] + i * g                    # (H, B)       F3
        tanh(c[t + 1], out=tanh_c[t])
        h[t + 1] = o * tanh_c[t]                       # (H, B)       F4
    shown = h[1:] if mask is None else mask * h[1:]
    logits = params["W_y"] @ shown + params["b_y"]     # (T, V, B)    F5, all t at once
    loss, dlogits = softmax_cross_entropy(logits, targets)
    return loss, (h[-1].copy(), c[-1].copy()), Cache(
        inputs, targets, h, c, tanh_c, gates, mask, logits, dlogits)

# %% tags=["define"]
def step(params, tokens, state):
    """One time step without targets: `tokens` (B,), `state` (h, c) -> logits (V, B), (h, c)."""
    h, c = state
    a = params["W_x"][:, tokens] + params["W_h"] @ h + params["b"]                # F1
    i, f, g, o = a.reshape(4, *h.shape)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)                                  # F2, F3
    h = sigmoid(o) * np.tanh(c)                                                   # F2, F4
    return params["W_y"] @ h + params["b_y"], (h, c)                              # F5

# %% [markdown]
# One time step. The cell runs along the top, touched only by a scaling and an addition. Solid
# arrows are the forward pass, dashed ones the roads the gradient takes back; the two roads into
# $h_t$, from $\ell_t$ and from $a_{t+1}$, and the road from $h_t$ to $a_t$ through the output gate
# are left out and follow in section 6.

# %% jupyter={"source_hidden": true} cellView="form"
#@title The cell: forward paths and backward roads
fig, ax = plt.subplots(figsize=(8.6, 4.2))
boxes = {"$c_{t-1}$": (0.6, 4), r"$\odot$": (3.0, 4), "$+$": (5.2, 4), "$c_t$": (7.6, 4), "$c_{t+1}$": (9.4, 4),
         "$f_t$": (3.0, 2.6), r"$i_t \odot g_t$": (5.2, 2.6), "tanh": (7.6, 3.1), r"$o_t\odot$": (7.6, 2.1),
         "$h_t$": (9.0, 2.1), "$a_t$": (4.1, 1.1), "$h_{t-1}$": (0.6, 1.1), "$x_t$": (4.1, 0.1), r"$\ell_t, L$": (9.0, 3.0)}
for name, (x, y) in boxes.items():
    ax.text(x, y, name, ha="center", va="center", fontsize=12,
            bbox=dict(boxstyle="round,pad=0.3", facecolor="white", edgecolor=GREY))
paths = [("$c_{t-1}$", r"$\odot$"), (r"$\odot$", "$+$"), ("$+$", "$c_t$"), ("$c_t$", "$c_{t+1}$"), ("$f_t$", r"$\odot$"),
         (r"$i_t \odot g_t$", "$+$"), ("$c_t$", "tanh"), ("tanh", r"$o_t\odot$"), (r"$o_t\odot$", "$h_t$"), ("$h_t$", r"$\ell_t, L$"),
         ("$h_{t-1}$", "$a_t$"), ("$x_t$", "$a_t$"), ("$a_t$", "$f_t$"), ("$a_t$", r"$i_t \odot g_t$"), ("$a_t$", r"$o_t\odot$")]
for start, end in paths:
    (x0, y0), (x1, y1) = boxes[start], boxes[end]
    near, far = 0.42 / np.hypot(x1 - x0, y1 - y0), 0.46 / np.hypot(x1 - x0, y1 - y0)
    ax.annotate("", (x1 - far * (x1 - x0), y1 - far * (y1 - y0)), (x0 + near * (x1 - x0), y0 + near * (y1 - y0)),
                arrowprops=dict(arrowstyle="-|>", color=BLUE, lw=1.5))
roads = [("$c_{t+1}$", "$c_t$", 0.45), ("$h_t$", "$c_t$", 0.25), ("$c_t$", "$c_{t-1}$", 0.16), ("$c_t$", "$a_t$", 0.12), ("$a_t$", "$h_{t-1}$", -0.25)]
for start, end, bend in roads:
    (x0, y0), (x1, y1) = boxes[start], boxes[end]
    sign = 1 if y1 == 4 and y0 == 4 else -1
    ax.annotate("", (x1 + 0.15, y1 + sign * 0.3), (x0 - 0.15, y0 + sign * 0.3), arrowprops=dict(
        arrowstyle="-|>", color=ORANGE, lw=1.5, linestyle="--", connectionstyle=f"arc3,rad={bend}"))
for x, y, label in [(8.5, 4.75, r"$f_{t+1}\odot\delta^c_{t+1}$"), (3.6, 5.0, r"$f_t\odot\delta^c_t$"), (2.2, 0.75, r"$W_h^\top\alpha_t$")]:
    ax.text(x, y, label, color=ORANGE, ha="center", va="center", fontsize=11, bbox=dict(facecolor="white", edgecolor="none", pad=1))
ax.set(xlim=(0, 10), ylim=(-0.1, 5.3), title="Along the cell the gradient is only scaled by $f$: no matrix, no tanh")
ax.axis("off")
plt.show()
print(len(paths), "forward paths,", len(roads), "backward roads")

# %% tags=["define"]
def tiny_example(rng, T=5, B=3, V=7, H=4):
    """A network and data for checks: all sizes differ, no bias or state is zero, inputs repeat."""
    params = init_params(vocab_size=V, hidden_size=H, rng=rng)
    for name in params:
        params[name] = params[name] + 0.3 * rng.normal(size=params[name].shape)
    inputs, targets = rng.integers(V, size=(2, T, B))
    inputs[1] = inputs[0]
    return params, inputs, targets, (0.5 * rng.normal(size=(H, B)), rng.normal(size=(H, B)))

# %% [markdown]
# ## 5 Loss

# %%
# include: loss/loss.py

# %% [markdown]
# Run a tiny network, all sizes different, and compare the shapes with the table.

# %%
params, inputs, targets, state = tiny_example(np.random.default_rng(seed))
tiny_mask = (np.random.default_rng(seed).random((5, 4, 3)) > 0.3) / 0.7
tiny_loss = lambda p: forward(p, inputs, targets, state, tiny_mask)[0]  # noqa: E731
_, _, cache = forward(params, inputs, targets, state, tiny_mask)
for name in ("h", "c", "tanh_c", "gates", "mask", "logits", "dlogits"):
    print(name, getattr(cache, name).shape)

# %%
# include: data/char_corpus.py baselines

# %% [markdown]
# ## 6 Backward pass
#
# Where a quantity reaches the loss by several roads, a small change of it changes the loss through
# each, and to first order these changes add. Write $\delta^h_t = \partial L/\partial h_t$, $\delta^c_t = \partial L/\partial c_t$ and
# $\alpha_t = \partial L/\partial a_t$, with blocks $\alpha^i, \alpha^f, \alpha^g, \alpha^o$.
#
# **Two roads into the state.** The loss hears of $h_t$ through the logits of the same step
# (F5, where the mask multiplies it) and through all four gates of the next (F1). Entry $k$ of
# $h_t$ moves logit $v$ at the rate $W_y[v,k]\,m_{t,k}$ and entry $j$ of $a_{t+1}$ at the rate
# $W_h[j,k]$. Sum over $v$ and over $j$, and add the roads:
#
# $$\delta^h_t = m_t \odot \Big(W_y^\top \frac{\partial L}{\partial \ell_t}\Big) + W_h^\top \alpha_{t+1}, \qquad \alpha_{T+1} = 0 \tag{B1}$$
#
# **Two roads into the cell.** $c_t$ reaches the loss through its own state,
# $h_t = o_t \odot \tanh(c_t)$, whose slope is $o_t \odot (1-\tanh^2 c_t)$; and through the next
# cell, $c_{t+1} = f_{t+1} \odot c_t + \dots$, whose slope is $f_{t+1}$:
#
# $$\delta^c_t = \delta^h_t \odot o_t \odot (1 - \tanh^2 c_t) + \delta^c_{t+1} \odot f_{t+1}, \qquad \delta^c_{T+1} = 0 \tag{B2}$$
#
# The second road is the point of the whole design: no matrix and no tanh on it. While $f$
# stays near 1, a gradient travels along it undiminished.
#
# **From the gates to what enters them.** Each gate is one factor of a product in F3 or F4; its
# gradient is $\delta$ times the other factor, and then the slope of its own squashing
# function: $\sigma' = \sigma(1-\sigma)$, $\tanh' = 1 - \tanh^2$.
#
# $$\alpha^i_t = \delta^c_t \odot g_t \odot i_t \odot (1 - i_t) \tag{B3}$$
# $$\alpha^f_t = \delta^c_t \odot c_{t-1} \odot f_t \odot (1 - f_t) \tag{B4}$$
# $$\alpha^g_t = \delta^c_t \odot i_t \odot (1 - g_t \odot g_t) \tag{B5}$$
# $$\alpha^o_t = \delta^h_t \odot \tanh(c_t) \odot o_t \odot (1 - o_t) \tag{B6}$$
#
# Note $c_{t-1}$ in B4, and $\delta^h$ in B6 where the others have $\delta^c$: the output gate
# acts after the cell.

# %% tags=["define"]
def state_gradients(params, cache):
    """Gradients at states, cells and gate inputs: `dh`, `dc` (T, H, B) and `da` (T, 4H, B)."""
    W_h_T, c = params["W_h"].T.copy(), cache.c
    dh = params["W_y"].T @ cache.dlogits               # (T, H, B)    B1, first road, all t at once
    if cache.mask is not None:
        dh *= cache.mask                               # (T, H, B)    B1, the mask
    (T, H, B), dc = dh.shape, np.empty_like(dh)
    da, alpha = empty_steps(T, 4 * H, B, dh.dtype), np.empty((4 * H, B), dh.dtype)
    a_i, a_f, a_g, a_o = alpha.reshape(4, H, B)        # of step t; until B3, of step t+1
    for t in reversed(range(T)):
        i, f, g, o = cache.gates[t].reshape(4, H, B)
        tanh_c = cache.tanh_c[t]
        if t + 1 < T:
            dh[t] += W_h_T @ alpha                     # (H, B)       B1, second road
        dc[t] = dh[t] * o * (1 - tanh_c * tanh_c)      # (H, B)       B2, first road
        if t + 1 < T:
            f_next = cache.gates[t + 1, H : 2 * H]
            dc[t] += dc[t + 1] * f_next                # (H, B)       B2, second road
        np.multiply(dc[t] * g, i * (1 - i), out=a_i)   # (H, B)       B3
        np.multiply(dc[t] * c[t], f * (1 - f), out=a_f)  # (H, B)     B4: c_{t-1}
        np.multiply(dc[t] * i, 1 - g * g, out=a_g)     # (H, B)       B5
        np.multiply(dh[t] * tanh_c, o * (1 - o), out=a_o)  # (H, B)   B6
        da[t] = alpha
    return dh, dc, da

# %% [markdown]
# **The parameters.** All four gates read the same $x_t$ and $h_{t-1}$ (F1), so the stacked
# matrices get their gradients in one product each. Entry $W_h[j,k]$ moves only $a_{t,j}$, at
# the rate $h_{t-1,k}$, at every step: the $T$ roads add. Likewise $W_x[j,v]$ moves $a_{t,j}$ at the
# rate $x_{t,v}$ and $b_j$ at the rate 1; $W_y[v,k]$ moves $\ell_{t,v}$ at the rate $m_{t,k}\,h_{t,k}$
# and $b_{y,v}$ at the rate 1.
#
# $$\frac{\partial L}{\partial W_h} = \sum_{t=1}^{T} \alpha_t\, h_{t-1}^\top \tag{B7}$$
# $$\frac{\partial L}{\partial W_x} = \sum_{t=1}^{T} \alpha_t\, x_t^\top \tag{B8}$$
# $$\frac{\partial L}{\partial b} = \sum_{t=1}^{T} \alpha_t \mathbf 1 \tag{B9}$$
# $$\frac{\partial L}{\partial W_y} = \sum_{t=1}^{T} \frac{\partial L}{\partial \ell_t}\, (m_t \odot h_t)^\top \tag{B10}$$
# $$\frac{\partial L}{\partial b_y} = \sum_{t=1}^{T} \frac{\partial L}{\partial \ell_t} \mathbf 1 \tag{B11}$$
#
# With a batch, the products also sum over the columns, and $\mathbf 1$ is a column of $B$ ones.

# %%
# include: backward/outer_sum.py

# %% tags=["define"]
def weight_gradients(params, cache, da):
    """Gradients of all parameters, given `da` (T, 4H, B): same keys and shapes as `params`."""
    dlogits, h = cache.dlogits, cache.h
    x = np.eye(len(params["W_y"]), dtype=da.dtype)[cache.inputs].swapaxes(1, 2)    # (T, V, B)
    shown = h[1:] if cache.mask is None else cache.mask * h[1:]
    return {
        "W_x": outer_sum(da, x),                       # (4H, V)      B8
        "W_h": outer_sum(da, h[:-1]),                  # (4H, H)      B7: h_{t-1}
        "b": da.sum(axis=(0, 2))[:, None],             # (4H, 1)      B9
        "W_y": outer_sum(dlogits, shown),              # (V, H)       B10: h_t
        "b_y": dlogits.sum(axis=(0, 2))[:, None],      # (V, 1)       B11
    }


def backward(params, cache):
    """Gradients of the loss of `forward` for every parameter: same keys and shapes."""
    return weight_gradients(params, cache, state_gradients(params, cache)[-1])

# %%
for name, g in backward(params, cache).items():
    print(f"{name:4s} {str(g.shape):8s} as the parameter: {g.shape == params[name].shape}")

# %% [markdown]
# ## 7 Gradient check

# %%
# include: check/gradient_check.py

# %%
gradient_is_right = verdict(check_gradients(tiny_loss, params, backward(params, cache)))

# %% [markdown]
# **Break it.** Four mistakes that are easy to make in LSTM code. Each corrupts $\alpha_t$ in
# one way; the check names the parameters that it spoils.

# %%
dh, dc, da = state_gradients(params, cache)
i, f, g, o = cache.gates.reshape(5, 4, 4, 3).swapaxes(0, 1)    # each (T, H, B)
rows = {name: slice(4 * k, 4 * k + 4) for k, name in enumerate("ifgo")}    # H = 4
mistakes = {
    "forget gate without its slope": ("f", dc * cache.c[:-1]),
    "c_t for c_{t-1} at the forget gate": ("f", dc * cache.c[1:] * f * (1 - f)),
    "the candidate's slope at the input gate": ("i", dc * g * (1 - g * g)),
    "output gate fed from the cell": ("o", dc * cache.tanh_c * o * (1 - o)),
}
mistakes_are_caught = True
for name, (block, wrong_block) in mistakes.items():
    wrong_da = da.copy()
    wrong_da[:, rows[block]] = wrong_block
    errors = check_gradients(tiny_loss, params, weight_gradients(params, cache, wrong_da))
    spoiled = [p for p, error in errors.items() if error > 1e-6]
    mistakes_are_caught &= spoiled == ["W_x", "W_h", "b"]
    print(f"{name}: wrong {', '.join(spoiled)}")

# %% [markdown]
# ## 8 Training

# %%
# include: training/optimiser.py clip

# %%
# include: training/optimiser.py adam

# %%
# include: training/training.py train

# %%
# include: training/dropout.py

# %%
# include: training/gated.py crow

# %%
# include: training/training.py evaluate

# %%
# include: setup/tracking.py

# %%
# include: training/gated.py book

# %%
# include: data/char_corpus.py norm_curve

# %% [markdown]
# ## 9 Held-out results

# %%
# include: training/gated.py results

# %% [markdown]
# Two models with nearly the same score are clearly better together. That suggests that they are
# right at different places. Where? Split the test characters by how many letters stand right
# before them. (A blank that ends a word counts with that word; a mark after a blank counts as
# *first*, and so does a blank or a line's
# end after a mark.)

# %%
place = np.zeros(len(test_tokens), dtype=int)          # letters since the last non-letter
for n in range(1, len(test_tokens)):
    place[n] = place[n - 1] + 1 if vocab[test_tokens[n - 1]].isalpha() else 0
groups = {"first of a word": place == 0, "second": place == 1, "third or fourth": (place == 2) | (place == 3),
          "later": place > 3}
groups = {name: chosen for name, chosen in groups.items() if chosen[1:].any()}
advantage = {}
for name, chosen in groups.items():
    lstm_bits, ngram_bits = (bits(scores[chosen[1:]]) for scores in test_scores)
    advantage[name] = ngram_bits - lstm_bits
    print(f"{name:16s} LSTM {lstm_bits:.2f}   n-gram {ngram_bits:.2f}")

# %% [markdown]
# The network is ahead where a word begins and the table from the third letter on. A likely
# reason: at the beginning one must know what kind of word may come, while inside, the table can
# complete what it has seen before. They know different things, so their mixture knows more.

# %%
# include: results/learning_curve.py

# %% [markdown]
# The textbook picture is a table that leads early and a network that gains faster and overtakes
# it. That is not what this experiment shows. With 240 updates of a small network, more text buys
# the network little: it has no time to read the longer text often enough. The table, which reads
# everything once and forgets nothing, gains most. What limits the network here is its size and
# its training, not the text: the network of section 8, with more units and more updates on the
# same text, is far below (the star). Which of the two matters more, this figure does not say. To
# see the crossing you would have to train at every size until it stops helping.

# %% [markdown]
# ## 10 Look inside
#
# ### How far back the gradient reaches: cell and state
#
# Take the loss $L_T$ of the *last* character of windows of 50 from the validation fables, and
# measure $\partial L_T/\partial h_t$ and $\partial L_T/\partial c_t$ by the lag $T-t$.

# %%
# include: look_inside/lag.py

# %%
windows = make_streams(valid_tokens, 64, min(50, (len(valid_tokens) - 1) // 64))
lag_inputs, lag_targets = (side[:50] for side in windows)
lag_norms = {}
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.2), sharey=True)
for ax, (name, p) in zip(axes, (("before training", untrained), ("after training", params))):
    for symbol, gradient in zip("hc", last_loss_gradients(p, lag_inputs, lag_targets)):
        lag_norms[name, symbol] = np.linalg.norm(gradient, axis=1).mean(axis=1)[::-1]
        ax.semilogy(lag_norms[name, symbol], label=rf"$\partial L_T/\partial {symbol}_t$")
    ax.set(xlabel="lag $T-t$ (characters)", title=name)
axes[0].set_ylabel("mean norm")
axes[1].legend()
plt.show()
lag_ratio = {key: series[min(40, len(series) - 1)] / series[min(10, len(series) - 1)]
             for key, series in lag_norms.items()}
for (name, symbol), ratio in lag_ratio.items():
    print(f"{name}: from lag 10 to lag 40, {ratio:.2g} of the gradient at {symbol} is left")

# %% [markdown]
# The steep first drop at $h$ is its direct road
# through the logits, which exists at lag 0 only. Beyond it, before training, the two curves fall
# side by side, because by B1 and B3 to B6 $\delta^h_t$ is made from $\delta^c_{t+1}$. In the first
# lesson, training shortened the reach of the gradient. In this run it lengthens it, and most at
# the cell. (In trials not shown here, other learning rates left it shorter than it began.) The
# heat map shows the share of the *entries* of $\partial L_T/\partial c_t$ at each magnitude, one
# column a lag.

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.2), sharey=True)
edges = np.arange(-9, 0.5, 0.5)
for ax, (name, p) in zip(axes, (("before training", untrained), ("after training", params))):
    magnitude = np.log10(np.abs(last_loss_gradients(p, lag_inputs, lag_targets)[1]) + 1e-300)[::-1]
    heat = np.array([np.histogram(np.clip(m, -9, 0), edges)[0] / m.size for m in magnitude])
    drawn = ax.pcolormesh(np.arange(len(heat) + 1), edges, heat.T, cmap="Blues")
    ax.set(title=name, xlabel="lag $T-t$ (characters)")
    print(f"{name}: median entry at the last lag is 10^{np.median(magnitude[-1]):.1f}, "
          f"top percent above 10^{np.quantile(magnitude[-1], 0.99):.1f}")
axes[0].set_ylabel("log10 of an entry's size")
fig.colorbar(drawn, ax=axes, label="share of entries")
plt.show()

# %% [markdown]
# After training the columns are wide: at the same lag, entries differ by many powers of ten. The
# bottom row collects everything smaller. Are those cells shut off? B2 starts from
# $1 - \tanh^2 c_t$, which vanishes where a cell is large:

# %%
_, _, lag_cache = forward(params, lag_inputs, lag_targets, zero_state(params, lag_inputs.shape[1]))
smallest = np.abs(last_loss_gradients(params, lag_inputs, lag_targets)[1]) < 1e-9
large = np.abs(lag_cache.c[1:]) > 9                    # 1 - tanh^2 is below 1e-7 there
for name, chosen in (("below 10^-9", smallest), ("of the others", ~smallest)):
    print(f"entries {name}: {chosen.mean():.0%}, of which at large cells {large[chosen].sum() / max(chosen.sum(), 1):.0%}")

# %% [markdown]
# ### What was it looking at?
#
# *Connectivity* (Madsen, 2019) asks how strongly each earlier character moved one prediction:
# the length of the gradient of the last loss with respect to $x_t$, which by F1 is
# $W_x^\top\alpha_t$. The darker a character, the more it counted; each row is scaled to its
# own largest.

# %%
# include: data/char_corpus.py connectivity

# %% [markdown]
# ### Which gates are open?
#
# Run the trained network over some training text and call a gate open when it is above 0.9 and
# closed when below 0.1. Each dot is one unit (after the saturation plots of Karpathy et al.,
# 2015).

# %% tags=["define"]
def follow(params, tokens):
    """Gates (N, 4H) and cells (N, H) while reading `tokens` (N,) from the zero state."""
    inputs = tokens[:, None]
    _, _, cache = forward(params, inputs, inputs, zero_state(params, 1))
    return cache.gates[..., 0], cache.c[1:, :, 0]

# %%
seen_gates, seen_cells = follow(params, train_tokens[:8000])
H = hidden_size
fig, axes = plt.subplots(1, 3, figsize=(8.6, 3), sharey=True)
for ax, (name, k) in zip(axes, (("input gate", 0), ("forget gate", 1), ("output gate", 3))):
    gate = seen_gates[:, k * H : (k + 1) * H]
    closed, opened = (gate < 0.1).mean(axis=0), (gate > 0.9).mean(axis=0)
    ax.plot(closed, opened, "o", markersize=3, alpha=0.6)
    ax.set(title=name, xlabel="share of time closed", xlim=(-0.05, 1.05), ylim=(-0.05, 1.05))
    print(f"{name}: closed {closed.mean():.0%} and open {opened.mean():.0%} of the time; "
          f"units open more than half the time: {(opened > 0.5).mean():.0%}")
axes[0].set_ylabel("share of time open")
plt.show()

# %% [markdown]
# Read it by corner: top left is a gate that is nearly always open, bottom right one nearly always
# closed. A few forget gates are open nearly all the time: those cells can hold a value for long. Many
# output gates are closed most of the time: those cells keep to themselves.
#
# ### A cell with a meaning
#
# Do single cells keep track of something we have a name for? Do not go hunting by eye: with
# that many cells something will always look meaningful. State the properties first, find the
# best cell for each on *training* text, and measure its correlation again on *validation*
# text.

# %% tags=["define"]
def text_properties(text):
    """Named properties of each character of `text`: {name: (N,)}."""
    inside, in_line, in_word, in_sentence = (np.zeros(len(text)) for _ in range(4))
    for n, character in enumerate(text):
        first = n == 0 or text[n - 1] == "\n"
        quote = 0 if first else inside[n - 1]
        inside[n] = 1 - quote if character == '"' else quote
        in_line[n] = 0 if first else in_line[n - 1] + 1
        in_word[n] = (in_word[n - 1] + 1 if n else 1) if character.isalpha() else 0
        in_sentence[n] = 0 if first or text[n - 1] in ".!?" else in_sentence[n - 1] + 1
    return {"inside quotation marks": inside, "place in the line": np.log1p(in_line),
            "place in the word": in_word, "place in the sentence": np.log1p(in_sentence)}


def correlations(cells, wanted):
    """Correlation of each column of `cells` (N, H) with `wanted` (N,): (H,); 0 where constant."""
    centred, target = cells - cells.mean(axis=0), wanted - wanted.mean()
    scale = np.linalg.norm(centred, axis=0) * np.linalg.norm(target)
    return centred.T @ target / np.where(scale > 0, scale, 1)

# %%
valid_cells = follow(params, valid_tokens[:8000])[1]
valid_properties, named = text_properties(valid_text[:8000]), {}
for name, wanted in text_properties(train_text[:8000]).items():
    found = correlations(np.tanh(seen_cells), wanted)
    unit = int(np.argmax(np.abs(found)))
    again = correlations(np.tanh(valid_cells), valid_properties[name])[unit]
    named[name] = (unit, found[unit], again)
    print(f"{name:22s} unit {unit:3d}: correlation {found[unit]:+.2f} in training text, {again:+.2f} in validation text")

# %%
clearest = max(named, key=lambda name: abs(named[name][1]))
unit, before, again = named[clearest]
start = max(range(0, max(len(valid_cells) - 432, 1), 72), key=lambda n: valid_text[n : n + 432].count('"'))
activity = np.tanh(valid_cells[start : start + 432, unit]) * np.sign(again)
fig, ax = plt.subplots(figsize=(8.6, 1.9))
colour_text(ax, valid_text[start : start + 432], (activity + 1) / 2)
ax.set_title(f"Unit {unit} over validation text follows: {clearest}")
plt.show()
print(f"drawn: {len(activity)} characters, mean shade {np.mean((activity + 1) / 2):.2f}")

# %% [markdown]
# The property with the clearest cell is the one drawn, and the match holds on text the cell was
# not chosen on. (Correlated and drawn is $\tanh c_t$, what the output gate shows of the cell.) It
# darkens at an opening mark and lightens at the closing one, with many characters between that
# have nothing to do with it: roughly, a memory of one bit. Karpathy et al. (2015) found such a cell
# in a far larger network. It also fades inside long quotations and darkens in other places: it is
# not a rule. Another seed or learning rate may give this property to several cells, or to none so
# clear.

# %% [markdown]
# ### Twenty years of forget gates in one experiment

# %%
# include: look_inside/recall.py

# %% [markdown]
# Four ways to start, everything else equal. *No forget gate* is the cell of 1997, trained with
# today's full gradient: we fix $f=1$ by a bias so large that $\sigma$ is exactly 1 and its slope
# exactly 0. Then bias 0, bias 1, and chrono with $T_{\max}$ equal to the number of steps. Each has
# at most 400 updates and one seed. *Solved* means at least 95 % right on new sequences, *chance*
# below 25 %. A start that is at chance at one $k$ is not tried at longer ones.

# %% tags=["train"]
recall_lags = (10, 20, 50, 100)
starts = {"no forget gate": dict(forget_bias=1e3), "bias 0": dict(forget_bias=0.0),
          "bias 1": dict(forget_bias=1.0), "chrono": "chrono"}
recall = {}
for name, start in starts.items():
    recall[name] = []
    for k in recall_lags:
        if recall[name] and grade(recall[name][-1]) == "chance":
            break  # what fails at one k is not tried at a longer one
        rng = np.random.default_rng(seed + 1)
        options = {"chrono": k + 1} if start == "chrono" else start
        p = init_params(vocab_size=8, hidden_size=48, rng=rng, **options)
        recall[name].append(train_recall(p, k, steps=400, learning_rate=9e-3, rng=rng))
    print(f"{name:14s}", "  ".join(f"k={k}: {grade(a)}" for k, a in zip(recall_lags, recall[name])))

# %%
fig, ax = plt.subplots()
for (name, accuracy), marker in zip(recall.items(), "os^D"):
    ax.plot(recall_lags[: len(accuracy)], accuracy, marker=marker, label=name)
baseline(ax, 1 / 8, "guessing")
ax.set(xscale="log", xticks=recall_lags, xticklabels=recall_lags, xlabel="k, steps to remember over",
       ylabel="accuracy on new sequences", title="The forget gate's bias decides what can be remembered")
ax.legend()
plt.show()
reach = {name: max([k for k, a in zip(recall_lags, acc) if grade(a) == "solved"], default=0) for name, acc in recall.items()}
print("longest k solved:", ", ".join(f"{name} {k}" for name, k in reach.items()))

# %% [markdown]
# The explanation is a time constant. A forget gate at $f$ keeps $f^k$ of a memory after $k$
# steps, and $f^k = e^{-1}$ at $k = -1/\ln f$. Along the cell's own road, the second in B2, the
# gradient shrinks by the same factor. The third line is the middle of what chrono draws for
# $k = 100$:

# %%
for b_f in (0.0, 1.0, np.log(50)):
    f = sigmoid(np.array(b_f))
    print(f"bias {b_f:.1f}: keeps {f:.2f} a step, time constant {-1 / np.log(f):.1f} steps, "
          f"after 100 steps 10^{100 * np.log10(f):.0f} is left")

# %% [markdown]
# At bias 0 and 1 the time constants are a few steps. The roads through the gates bring back some
# more, but that falls exponentially too: at 20 steps with bias 0, and at 50 with bias 1, nothing is
# learned in the updates given. Chrono starts some cells with the time constant the task needs.
#
# The network without a forget gate keeps everything, and for this task, short sequences that begin
# from zero, that does as well here. (In trials not shown, with other seeds and learning rates, it
# did not always solve $k = 100$ in time.) It was an endless stream that called for the gate: a
# cell that is only ever added to grows without bound, and nothing in it can be cleared (Gers et
# al., 2000).

# %% [markdown]
# ## 11 Generate

# %%
# include: generate/sampling.py ways

# %% [markdown]
# ## 12 On your own
#
# **Exercise 1 (easy).** Write down the number of parameters of an LSTM with sizes $V$ and $H$,
# and compare with the network above. Which part is largest?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 1: counting parameters
counted = 4 * H * V + 4 * H * H + 4 * H + V * H + V
assert counted == sum(p.size for p in params.values())
print(f"{counted:,}, of which W_h {params['W_h'].size / counted:.0%}")

# %% [markdown]
# **Exercise 2 (easy).** Which forget bias has a time constant of 1,000 steps? Use
# $-1/\ln\sigma(b^f)$, and compare with chrono's $\log u$.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 2: a bias for a thousand steps
# f = exp(-1/1000), and b = log(f / (1 - f)). For large u, 1 - f is close to 1/u: b is near log u.
f = np.exp(-1 / 1000)
b_f = np.log(f / (1 - f))
print(f"b_f = {b_f:.3f}, log 1000 = {np.log(1000):.3f}")
assert abs(-1 / np.log(sigmoid(np.array(b_f))) - 1000) < 1e-6

# %% [markdown]
# **Exercise 3 (medium).** Prove by experiment that B2's second road matters: drop
# $\delta^c_{t+1} \odot f_{t+1}$, and see which parameters the check complains about. Predict
# first: will $W_y$ be wrong?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 3: one road only
# W_y and b_y stay right: they hang on the logits alone. The gates' parameters go wrong.
params_3, inputs_3, targets_3, state_3 = tiny_example(np.random.default_rng(seed))
_, _, cache_3 = forward(params_3, inputs_3, targets_3, state_3)
da_3 = np.zeros_like(cache_3.gates)
dh_next = 0
for t in reversed(range(5)):
    i, f, g, o = cache_3.gates[t].reshape(4, 4, 3)
    dh_t = params_3["W_y"].T @ cache_3.dlogits[t] + dh_next
    tanh_c = np.tanh(cache_3.c[t + 1])
    dc_t = dh_t * o * (1 - tanh_c**2)                          # the first road of B2 alone
    da_3[t] = np.concatenate([dc_t * g * i * (1 - i), dc_t * cache_3.c[t] * f * (1 - f),
                              dc_t * i * (1 - g**2), dh_t * tanh_c * o * (1 - o)])
    dh_next = params_3["W_h"].T @ da_3[t]
one_road = check_gradients(lambda p: forward(p, inputs_3, targets_3, state_3)[0], params_3,
                           weight_gradients(params_3, cache_3, da_3))
one_road_is_caught = not verdict(one_road)
assert one_road_is_caught and one_road["W_y"] < 1e-6

# %% [markdown]
# **Exercise 4 (medium).** Does the mixture of section 9 gain because the two models are
# different, or because mixing any two models helps? Mix the LSTM with itself from an earlier
# stage of training, or the 8-gram with the 5-gram, and compare.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 4: mixing two of a kind
# Two tables know nearly the same things, and their best mixture gains hardly anything; two kinds
# of model gain much. Both shares are chosen on the validation fables.
shorter = fit_ngram(train_tokens, max(ngram_order - 3, 1), V)
pairs = [(score_ngram(ngram, part, ngram_factor), score_ngram(shorter, part)) for part in (valid_tokens, test_tokens)]
gain_alike = min(bits(s) for s in pairs[1]) - bits(mix(*pairs[1], best_share(*pairs[0])))
gain_unlike = min(bits(s) for s in test_scores) - bits(mix(*test_scores, share))
print(f"two n-grams: {gain_alike:+.3f} bits, n-gram and LSTM: {gain_unlike:+.3f} bits")
assert gain_unlike > gain_alike or not as_shipped

# %% [markdown]
# **Exercise 5 (hard).** Couple the gates: $f_t = 1 - i_t$ (Greff et al., 2017). Derive the new
# $\alpha^i_t$, now that $i_t$ reaches the cell by two roads, and check it.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 5: coupled gates
# c_t = (1 - i) c_{t-1} + i g, so dc_t/di = g - c_{t-1}, and alpha^i = dc (g - c_{t-1}) i (1 - i).
# One step is enough to check it; the forget block gets no gradient.
def coupled_loss(p):
    """Loss of one step of an LSTM with f = 1 - i, on the data of `tiny_example`."""
    h, c = state_3
    i, _, g, o = (p["W_x"][:, inputs_3[0]] + p["W_h"] @ h + p["b"]).reshape(4, 4, 3)
    i, g, o = sigmoid(i), np.tanh(g), sigmoid(o)
    new_c = (1 - i) * c + i * g
    logits = p["W_y"] @ (o * np.tanh(new_c)) + p["b_y"]
    return *softmax_cross_entropy(logits[None], targets_3[:1]), i, g, o, new_c


_, dlogits, i, g, o, new_c = coupled_loss(params_3)
dh_t = params_3["W_y"].T @ dlogits[0]
dc_t = dh_t * o * (1 - np.tanh(new_c) ** 2)
da_t = np.concatenate([dc_t * (g - state_3[1]) * i * (1 - i), np.zeros_like(i),
                       dc_t * i * (1 - g**2), dh_t * np.tanh(new_c) * o * (1 - o)])
coupled = check_gradients(lambda p: coupled_loss({**params_3, **p})[0],
                          {name: params_3[name] for name in ("W_h", "b")},
                          {"W_h": da_t @ state_3[0].T, "b": da_t.sum(axis=1, keepdims=True)})
assert verdict(coupled)

# %% [markdown]
# ## 13 Summary and references
#
# An LSTM protects its memory by adding to it instead of multiplying it, and gives gates the
# say over what is added, kept and shown. Its backward pass has two roads into the state and
# two into the cell, and the cell's second road is the one that lets it learn over long times,
# if the forget gate starts open. This page showed:

# %%
claims = {
    "every entry of every gradient agrees with central differences": gradient_is_right,
    "the check catches five mistakes people make": mistakes_are_caught and one_road_is_caught,
    "the crow is told word for word": crow_is_word_for_word,
    "the LSTM comes within 0.05 bit of the best n-gram, or passes it": results["LSTM"] < results[f"{ngram_order}-gram"] + 0.05,
    "the mixture is better than both by more than 0.05 bit": min(results["LSTM"], results[f"{ngram_order}-gram"])
        - min(results.values()) > 0.05,
    "at 240 updates more text helps the n-gram more than the network; a larger network trained longer gains":
        gain["n-gram"] > gain["network"] and valid_curve[-1][1] < curve_bits["network"][-1] - 0.2,
    "in this run training lengthens the gradient's reach, at the state and at the cell": all(
        lag_ratio["after training", s] > lag_ratio["before training", s] for s in "hc"),
    "after training the gradient reaches further at the cell than at the state":
        lag_ratio["after training", "c"] > lag_ratio["after training", "h"],
    "a cell found by a stated search on training text keeps its meaning in validation text":
        named[clearest][2] * np.sign(named[clearest][1]) > 0.5,
    "the network is ahead of the n-gram at the first letter of a word, and behind later in the word":
        advantage.get("first of a word", 0) > 0 > advantage.get("later", 0),
    "chrono solves recall over 100 steps, bias 0 and bias 1 are at chance at 50 or before":
        reach["chrono"] == 100 and all(grade(recall[b][-1]) == "chance" for b in ("bias 0", "bias 1")),
}
for claim, holds in claims.items():
    print("shown:" if holds else "NOT shown:", claim)
assert all(claims.values()) or not as_shipped

# %% [markdown]
# **References**
#
# - S. Chen, J. Goodman (1999). An empirical study of smoothing techniques for language modeling. *Computer Speech & Language* 13.
# - J. Elman (1990). Finding structure in time. *Cognitive Science* 14.
# - F. Gers, J. Schmidhuber, F. Cummins (2000). Learning to forget: continual prediction with LSTM. *Neural Computation* 12.
# - A. Graves, J. Schmidhuber (2005). Framewise phoneme classification with bidirectional LSTM and other neural network architectures. *Neural Networks* 18.
# - K. Greff et al. (2017). LSTM: a search space odyssey. arXiv:1503.04069.
# - S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. *Neural Computation* 9.
# - A. Holtzman et al. (2020). The curious case of neural text degeneration. arXiv:1904.09751.
# - R. Jozefowicz, W. Zaremba, I. Sutskever (2015). An empirical exploration of recurrent network architectures. *ICML*.
# - A. Karpathy, J. Johnson, L. Fei-Fei (2015). Visualizing and understanding recurrent networks. arXiv:1506.02078.
# - D. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. arXiv:1412.6980.
# - R. Kneser, H. Ney (1995). Improved backing-off for m-gram language modeling. *ICASSP*.
# - A. Madsen (2019). Visualizing memorization in RNNs. *Distill*.
# - T. Mikolov et al. (2010). Recurrent neural network based language model. *Interspeech*.
# - R. Pascanu, T. Mikolov, Y. Bengio (2013). On the difficulty of training recurrent neural networks. arXiv:1211.5063.
# - A. Saxe, J. McClelland, S. Ganguli (2014). Exact solutions to the nonlinear dynamics of learning in deep linear neural networks. arXiv:1312.6120.
# - C. Tallec, Y. Ollivier (2018). Can recurrent neural networks warp time? arXiv:1804.11188.
# - R. Williams, J. Peng (1990). An efficient gradient-based algorithm for on-line training of recurrent network trajectories. *Neural Computation* 2.
# - W. Zaremba, I. Sutskever, O. Vinyals (2014). Recurrent neural network regularization. arXiv:1409.2329.
