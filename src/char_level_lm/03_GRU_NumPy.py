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
# # Train a character-level GRU by hand
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your-organisation/recurrent-networks-in-numpy/blob/main/char_level_lm/03_GRU_NumPy.ipynb)
#
# You build a gated network with a single state, derive its four roads through time, and read from its
# gates how long each unit remembers.

# %% [markdown]
# **What you'll do.** Write the forward pass of Cho's gated recurrent unit, derive the four roads by which
# a gradient travels one step back, cut each of them to see that it is needed, train the network on the
# book, and look for its memory.
#
# **What you'll learn.** How one gate can do the work of two; why it matters on which side of the matrix
# product the reset gate stands; how to read time scales from a gate; which unit of a trained network
# remembers, and what.
#
# **What you'll need.** [Lesson 1](01_RNN_NumPy.ipynb) and [lesson 2](02_LSTM_NumPy.ipynb): backpropagation
# through time, gates, weight drop. The page runs in about three minutes on one core.
#
# *Lesson 3 of 9. What changes from the LSTM: one state in place of two, three blocks of weights in place of
# four. Next come words in place of characters. Terms are collected in the [glossary](../GLOSSARY.md).*

# %% [markdown]
# ## 1 Setup

# %% tags=["parameters"]
corpus = "fables.txt"      # or the path of a UTF-8 text of yours
seed = 0
hidden_size = 224          # H
batch_size = 16            # B
seq_len = 25               # T
steps = 6000               # updates
learning_rate = 7e-3
beta2 = 0.99               # Adam's mean of squares: over 1 / (1 - beta2) steps
clip_norm = 1.0
dropout = 0.0              # share of states hidden from the output in training
weight_drop = 0.1          # share of W_h left out of each window in training
dtype = "float64"
log_to_wandb = False

# %%
# folded: As in lesson 1: imports, figure style, check of the knobs, loader
# include: setup/imports.py
# include: setup/figures.py
# include: setup/knobs.py
# include: data/text.py load

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Are the knobs as shipped?
SHIPPED = dict(corpus="fables.txt", seed=0, hidden_size=224, batch_size=16, seq_len=25,
               steps=6000, learning_rate=7e-3, beta2=0.99, clip_norm=1.0, dropout=0.0,
               weight_drop=0.1, dtype="float64", log_to_wandb=False)
settings = {name: globals()[name] for name in assigned}
as_shipped = check_knobs(settings, SHIPPED)
network = "GRU"
text = load_text(corpus)  # a text that cannot be had is noticed here
print("settings:", "as shipped" if as_shipped else "your own")

# %% [markdown]
# ### Two gates, one job?
#
# The LSTM of lesson 2 decides twice about each number of its memory: how much of the old to keep ($f$), and
# how much of the new to write ($i$). Nothing makes the two agree. Here is one cell that keeps much *and*
# writes much, and beside it a unit whose one gate $z$ says what share of the old to keep, and gives the
# rest to the new. Both hear the same two hundred candidates. **Guess first:** how large does each get?

# %%
heard = np.tanh(np.random.default_rng(seed).normal(size=200) + 0.5)
c, h, lines = 0.0, 0.0, []
for candidate in heard:
    c = 0.97 * c + 0.9 * candidate             # LSTM: f = 0.97, i = 0.9
    h = 0.97 * h + (1 - 0.97) * candidate      # one gate: z = 0.97
    lines.append((c, h))
print("largest:", *(f"{name} {abs(np.array(line)).max():.1f}  "
                    for name, line in zip(("cell", "unit"), zip(*lines))))

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "The LSTM's cell climbs to about thirteen while the unit with one gate stays between minus one and one."}}
#@title Drawing: the two memories over two hundred steps
fig, ax = plt.subplots(figsize=(7, 3))
for name, line in zip(("LSTM's cell, two gates", "one gate"), zip(*lines)):
    ax.plot(line, label=name)
ax.axhspan(-1, 1, color=GREY, alpha=0.15)
ax.set(xlabel="step", ylabel="value", title="A weighted mean stays within 1 and -1")
ax.legend()
plt.show()
print(f"drawn: {len(lines)} steps; the band is from -1 to 1")

# %% [markdown]
# A weighted mean of numbers between −1 and 1 stays between −1 and 1. So the memory can be shown as it is: no
# tanh over it, no output gate in front of it, no second state. That is the idea of the *gated recurrent unit*,
# and this page asks what it costs.

# %% [markdown]
# ## 2 Data
#
# The book, the split and the streams are those of lesson 1. If you know them, go on at section 3.

# %%
# folded: As in lesson 1: whole fables held out, streams that are read side by side
# include: data/text.py split
# include: data/text.py streams

# %%
# folded: As in lesson 1: the book in three parts, as ids, and its streams
# include: data/book.py

# %% [markdown]
# ## 3 Notation
#
# $x_t$, $y_t$, $h_t$, $\ell_t$ and $\odot$ are as before. The two gates, the *update gate* $z$ and the *reset
# gate* $r$, lie between 0 and 1; the candidate is called $n$ here, as in PyTorch. Three blocks of $H$ rows
# are stacked in PyTorch's order $r, z, n$. A superscript picks a block: $W_h^z$ is rows $H$ to $2H$ of
# $W_h$. Cho et al. write $W$ for our $W_x$, $U$ for our $W_h$ and $\tilde h_t$ for our $n_t$; they write no
# biases, and we add them.
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $x_t$ | `inputs` | `(T, B)` | characters read, as ids |
# | $y_t$ | `targets` | `(T, B)` | characters to predict, as ids |
# | $h_t$ | `h` | `(T+1, H, B)` | states; `h[0]` is the one we start from |
# | $r_t, z_t, n_t$ | `gates` | `(T, 3H, B)` | reset gate, update gate, candidate |
# | $q_t$ | `q` | `(T, H, B)` | what the candidate is shown of the past |
# | $\ell_t$ | `logits` | `(T, V, B)` | scores of the next character |
# | $W_x$ | `W_x` | `(3H, V)` | input to gates |
# | $W_h$ | `W_h` | `(3H, H)` | hidden to gates |
# | $b$ | `b` | `(3H, 1)` | gate biases |
# | $W_y$ | `W_y` | `(V, H)` | hidden to logits |
# | $b_y$ | `b_y` | `(V, 1)` | output bias |

# %% [markdown]
# ## 4 Forward pass
#
# ### A candidate, then a gate at a time

# %%
# include: draw/network.py

# %%
# include: draw/gru_stages.py

# %% [markdown]
# 1. The simple network of lesson 1: the new state is the candidate.
# 2. The reset gate $r_t$ decides, number by number, how much of the past the candidate may see. At 0 the
#    unit starts afresh, as if the text began here.
# 3. The update gate $z_t$ decides how much of the old state is kept; the rest is replaced by the candidate.
#    With $z = 1$ the unit keeps its value exactly, with $z = 0$ it takes the new one.
#
# $$r_t = \sigma(W_x^r x_t + W_h^r h_{t-1} + b^r) \tag{F1}$$
# $$z_t = \sigma(W_x^z x_t + W_h^z h_{t-1} + b^z) \tag{F2}$$
# $$q_t = r_t \odot h_{t-1} \tag{F3}$$
# $$n_t = \tanh(W_x^n x_t + W_h^n q_t + b^n) \tag{F4}$$
# $$h_t = z_t \odot h_{t-1} + (1 - z_t) \odot n_t \tag{F5}$$
# $$\ell_t = W_y h_t + b_y \tag{F6}$$
#
# This is the text of Cho et al. (2014) in its published version, section 2.3: the reset comes *before* the
# matrix product, and $z$ keeps the *old* state. One time step as code:

# %%
# include: forward/rows.py sigmoid

# %% tags=["define"]
def read_gates(params, tokens, h):
    """r, z, q, n, each (H, B), from `tokens` (B,) and the state `h` (H, B)."""
    H, W_h = len(h), params["W_h"]
    drive = params["W_x"][:, tokens] + params["b"]       # (3H, B)
    r = sigmoid(drive[:H] + W_h[:H] @ h)                 # F1
    z = sigmoid(drive[H : 2 * H] + W_h[H : 2 * H] @ h)   # F2
    q = r * h                                            # F3
    n = np.tanh(drive[2 * H :] + W_h[2 * H :] @ q)       # F4
    return r, z, q, n

# %% tags=["define"]
def step(params, tokens, state):
    """One step: `tokens` (B,), `state` (H, B) -> logits (V, B), h (H, B)."""
    _, z, _, n = read_gates(params, tokens, state)
    h = z * state + (1 - z) * n                          # F5
    logits = params["W_y"] @ h + params["b_y"]           # F6
    return logits, h

# %% [markdown]
# ### Two steps by hand
#
# The two units of lesson 2, in the new form. They read `c`, then `r` (ids 0 and 2). The first is built to take
# in a `c` and to hold it: its update gate is 0.95, except at `c`. The second has nothing special. **Guess
# first:** in lesson 2 the first unit could hide what it held until an `r` came. Can this one?

# %%
hand = {
    "W_x": np.array([[0, 0, 0], [0, 0, 0],               # r: unit 1, unit 2
                     [-6, 0, 0], [0, 0, 0],              # z
                     [2, 0, 0], [1, -1, 0.5]], float),   # n
    "W_h": np.array([[0, 0], [0.5, -0.5]] * 3),
    "b": np.array([[0, 0, 3, 0, 0, 0]], float).T,
    "W_y": np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]]),
    "b_y": np.zeros((3, 1)),
}

# %%
hand_inputs = np.array([[0], [2]])                       # c, r: T = 2, B = 1
h = np.zeros((2, 1))
for t in range(2):
    gates = read_gates(hand, hand_inputs[t], h)
    logits, h = step(hand, hand_inputs[t], h)
    for name, value in zip("rzqnh", (*gates, h)):
        print(f"t = {t + 1}: {name} = {value.ravel().round(3)}")

# %% [markdown]
# It cannot: there is no output gate, what a unit holds is what it shows. At `c` it takes in 0.918, and after
# `r` it still has 95 per cent of it.
#
# ### How the parameters start
#
# The update gate plays the part of the LSTM's forget gate: with a bias $b^z$ a unit keeps about $\sigma(b^z)$ a
# step. The default is $b^z = 0$: half is kept. (On this book training makes most units faster still: section 10.) *Chrono* initialisation (Tallec & Ollivier, 2018) draws $b^z = \ln k$ with $k$ uniform between
# 1 and $T_{\max} - 1$: such a gate keeps $k/(1+k)$ a step and forgets over about $k$ steps. Since what is
# not kept is replaced, no second bias has to follow. Each gate's block of $W_h$ starts orthogonal.

# %%
# folded: As in lesson 1: an orthogonal matrix
# include: forward/orthogonal.py

# %% tags=["define"]
def init_params(*, vocab_size, hidden_size, rng, dtype=np.float64,
                update_bias=0.0, chrono=None):
    """Parameters of Cho's GRU with V = `vocab_size` and H = `hidden_size`.

    `update_bias` is where b^z starts; `chrono=T_max` (more than 2) draws it
    for time scales up to T_max instead (Tallec & Ollivier, 2018, section 3).
    """
    V, H = vocab_size, hidden_size
    params = {
        "W_x": rng.uniform(-1, 1, size=(3 * H, V)),
        "W_h": np.concatenate([orthogonal(H, rng) for _ in range(3)]),
        "b": np.zeros((3 * H, 1)),
        "W_y": rng.normal(size=(V, H)) / np.sqrt(H),
        "b_y": np.zeros((V, 1)),
    }
    b_z = params["b"][H : 2 * H]
    b_z[:] = update_bias
    if chrono is not None:
        b_z[:] = np.log(rng.uniform(1, chrono - 1, size=(H, 1)))
    return {name: p.astype(dtype) for name, p in params.items()}

# %% tags=["define"]
def zero_state(params, batch_size):
    """The state before the first character: zeros (H, B)."""
    return np.zeros((params["W_h"].shape[1], batch_size), params["W_h"].dtype)

# %% [markdown]
# ### All steps at once
#
# As for the LSTM: a table for $W_x x_t + b$, the gates filled in place, products by blocks of rows, F6 for all
# steps at once. The reset gate must be ready before the candidate's product can begin, so there are two
# products a step, one after the other, where the LSTM has one.

# %%
# folded: As in lesson 2, for speed alone: tanh, memory layout, products by blocks of rows
# include: forward/rows.py fast

# %% tags=["define"]
def unroll(params, inputs, state, mask=None):
    """Read `inputs` (T, B) from `state` (H, B).

    Returns h, gates, q, logits as in the table. `mask` (T, H, B) multiplies
    the states that the output layer sees.
    """
    (T, B), W_h, H = inputs.shape, params["W_h"], params["W_h"].shape[1]
    table = params["W_x"] + params["b"]
    to_rz, to_n = row_blocks(W_h[: 2 * H], B), row_blocks(W_h[2 * H :], B)
    h, q = empty_steps(T + 1, H, B, W_h.dtype), empty_steps(T, H, B, W_h.dtype)
    gates = np.empty((T, 3 * H, B), W_h.dtype)
    h[0] = state
    for t in range(T):
        rz, (r, z, n) = gates[t, : 2 * H], gates[t].reshape(3, H, B)
        drive = table.take(inputs[t], axis=1)            # (3H, B)
        by_blocks(to_rz, h[t], out=rz)
        rz += drive[: 2 * H]
        sigmoid(rz, out=rz)                              # F1, F2
        q[t] = r * h[t]                                  # F3
        by_blocks(to_n, q[t], out=n)
        n += drive[2 * H :]
        tanh(n, out=n)                                   # F4
        h[t + 1] = z * h[t] + (1 - z) * n                # F5
    shown = h[1:] if mask is None else mask * h[1:]
    logits = params["W_y"] @ shown + params["b_y"]       # F6, all t
    return h, gates, q, logits

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title As in lesson 1: a small network for checks
def tiny_example(rng, T=5, B=3, V=7, H=4):
    """A small network and data for checks: params, inputs, targets, state."""
    params = init_params(vocab_size=V, hidden_size=H, rng=rng)
    for name in params:
        params[name] = params[name] + 0.3 * rng.normal(size=params[name].shape)
    inputs, targets = rng.integers(V, size=(2, T, B))
    inputs[1] = inputs[0]
    return params, inputs, targets, 0.5 * rng.normal(size=(H, B))

# %%
params, inputs, targets, state = tiny_example(np.random.default_rng(seed))
h, gates, q, all_logits = unroll(params, inputs, state)
print("h", h.shape, " gates", gates.shape,
      " q", q.shape, " logits", all_logits.shape)
same = []
for t in range(5):
    logits, state = step(params, inputs[t], state)
    same.append(np.allclose(logits, all_logits[t], atol=1e-12))
print("the same logits as step by step:", *same)

# %% [markdown]
# ### Which GRU?
#
# Papers and libraries differ in two ways. One is only a name: Chung et al. (2014) and Bahdanau et al. (2015)
# write $h_t = (1-z_t)\odot h_{t-1} + z_t \odot n_t$. Since $1 - \sigma(a) = \sigma(-a)$, that is the same
# network with the signs of $W_x^z$, $W_h^z$ and $b^z$ turned round. The other looks like a detail:
# PyTorch and cuDNN reset *after* the product, $r_t \odot (W_h^n h_{t-1} + b')$ with a second bias $b'$, in place
# of $W_h^n (r_t \odot h_{t-1})$. (So did the first version of Cho's preprint.) **Guess first:** with $b' = 0$, do
# the two agree? And if $W_h^n$ is diagonal?

# %% tags=["define"]
def one_step(params, tokens, h, swap_z=False, reset_after=False):
    """The next state (H, B), in either convention for z and for the reset."""
    H = len(h)
    r, z, _, n = read_gates(params, tokens, h)
    if reset_after:
        drive = params["W_x"][2 * H :, tokens] + params["b"][2 * H :]
        n = np.tanh(drive + r * (params["W_h"][2 * H :] @ h))
    return (1 - z) * h + z * n if swap_z else z * h + (1 - z) * n

# %%
ours = one_step(params, inputs[0], state)
flipped = {name: p.copy() for name, p in params.items()}
for name in ("W_x", "W_h", "b"):
    flipped[name][4:8] *= -1                             # the z block, H = 4
diagonal = {**params, "W_h": params["W_h"].copy()}
diagonal["W_h"][8:] *= np.eye(4)                         # the n block
after = one_step(params, inputs[0], state, reset_after=True)

# %%
swap_is_a_name = np.allclose(
    ours, one_step(flipped, inputs[0], state, swap_z=True), atol=1e-12)
after_differs = not np.allclose(ours, after, atol=1e-3)
diagonal_agrees = np.allclose(
    one_step(diagonal, inputs[0], state),
    one_step(diagonal, inputs[0], state, reset_after=True), atol=1e-12)
print("z swapped, signs turned: same state:", swap_is_a_name)
print("reset after the product: another state:", after_differs)
print("reset after, diagonal matrix: same state:", diagonal_agrees)

# %% [markdown]
# Row $j$ of $W_h^n (r \odot h)$ is $\sum_k W[j,k]\, r_k h_k$, and of $r \odot (W_h^n h)$ it is
# $\sum_k W[j,k]\, r_j h_k$. They agree for every $r$ and $h$ only if every $W[j,k]$ with $j \ne k$ is zero. So
# weights trained in one form are wrong in the other, though every shape fits; exercise 4 shows how a test can miss it.

# %% [markdown]
# ## 5 Loss
#
# Lesson 1's: the mean of $-\log p$ in nats, with gradient $\bar\ell_t = \frac1T(p_t - \mathrm{onehot}(y_t))$ at
# the logits.

# %%
# folded: As in lesson 1: the loss and its gradient at the logits; sums of outer products
# include: loss/loss.py code
# include: backward/outer_sum.py

# %% tags=["define"]
Cache = namedtuple("Cache", "inputs targets h gates q mask logits dlogits")


def forward(params, inputs, targets, state, mask=None):
    """Run the network over `inputs` (T, B) from `state` (H, B).

    Returns the mean cross-entropy with `targets` (T, B) in nats a token, the
    last state, and the cache for `backward`. `mask` (T, H, B) multiplies the
    states the output layer sees.
    """
    h, gates, q, logits = unroll(params, inputs, state, mask)
    loss, dlogits = softmax_cross_entropy(logits, targets)
    cache = Cache(inputs, targets, h, gates, q, mask, logits, dlogits)
    return loss, h[-1].copy(), cache

# %% [markdown]
# ## 6 Backward pass
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $\bar\ell_t = \partial L/\partial \ell_t$ | `dlogits` | `(T, V, B)` | gradient at the logits |
# | $\bar h_t = \partial L/\partial h_t$ | `dh` | `(T, H, B)` | gradient at the states, by all roads |
# | $\bar q_t = \partial L/\partial q_t$ | `dq` | `(T, H, B)` | gradient at what the candidate is shown |
# | $\bar a_t = \partial L/\partial a_t$ | `da` | `(T, 3H, B)` | gradient at what enters $\sigma$ or tanh in F1, F2 and F4, with blocks $r$, $z$, $n$ |
#
# ### Four roads lead back from a state to the one before
#
# $h_{t-1}$ stands at four places in the equations of step $t$: copied by $z$ in F5; inside $q_t$, on its way to
# the candidate; and under $W_h^z$ and $W_h^r$.

# %%
# include: draw/gru_roads.py

# %% [markdown]
# Contributions along all paths add. Seen from $h_t$, the four lead to the *next* step, and a fifth to its own
# logits:
#
# $$
# \begin{aligned}
# \bar h_t = W_y^\top \bar\ell_t &+ \underbrace{\bar h_{t+1} \odot z_{t+1}}_{\text{copy}} \\
# &+ \underbrace{\bar q_{t+1} \odot r_{t+1}}_{\text{candidate}} \\
# &+ \underbrace{W_h^{z\top} \bar a^z_{t+1}}_{\text{update}} \\
# &+ \underbrace{W_h^{r\top} \bar a^r_{t+1}}_{\text{reset}}
# \end{aligned}
# \tag{B1}
# $$
#
# At $t = T$ only the first term is there. The copy has no matrix and no squashing on it: where $z$ is near 1 the
# gradient passes almost unchanged, as it does along the LSTM's cell.
#
# ### Into the gates
#
# In F5, $n_t$ stands with the factor $1 - z_t$, and $z_t$ with $h_{t-1}$ and, with a minus sign, $n_t$. Then come
# the slopes, $1-\tanh^2$ and $\sigma(1-\sigma)$:
#
# $$\bar a^n_t = \bar h_t \odot (1 - z_t) \odot (1 - n_t \odot n_t) \tag{B2}$$
# $$
# \begin{aligned}
# \bar a^z_t = \bar h_t &\odot (h_{t-1} - n_t) \\
# &\odot z_t \odot (1 - z_t)
# \end{aligned}
# \tag{B3}
# $$
#
# The reset gate acts one product further in. By F4, entry $k$ of $q_t$ moves $a^n_{t,j}$ at the rate
# $W^n_h[j,k]$; sum over $j$. In $q_t = r_t \odot h_{t-1}$ the gate stands beside $h_{t-1}$:
#
# $$\bar q_t = W_h^{n\top} \bar a^n_t \tag{B4}$$
# $$\bar a^r_t = \bar q_t \odot h_{t-1} \odot r_t \odot (1 - r_t) \tag{B5}$$
#
# ### Into the parameters
#
# What arrives, times what the parameter multiplied. For $W_h^n$ that is $q_t$, not $h_{t-1}$:
#
# $$
# \begin{aligned}
# \bar W_h^{r} &= \sum_{t=1}^{T} \bar a^{r}_t\, h_{t-1}^\top, \\
# \bar W_h^{z} &= \sum_{t=1}^{T} \bar a^{z}_t\, h_{t-1}^\top
# \end{aligned}
# \tag{B6}
# $$
# $$\bar W_h^{n} = \sum_{t=1}^{T} \bar a^{n}_t\, q_t^\top \tag{B7}$$
# $$\bar W_x = \sum_{t=1}^{T} \bar a_t\, x_t^\top \tag{B8}$$
# $$\bar b = \sum_{t=1}^{T} \bar a_t \tag{B9}$$
# $$\bar W_y = \sum_{t=1}^{T} \bar\ell_t\, h_t^\top \tag{B10}$$
# $$\bar b_y = \sum_{t=1}^{T} \bar\ell_t \tag{B11}$$
#
# ### One step back as code
#
# `dstate` brings the four roads from the step after, and the function returns those for the step before.
# (`without` may name some of them to leave out, for section 7.)

# %% tags=["define"]
def step_backward(params, tokens, state, dlogits, dstate, without=()):
    """One step back: shares of the gradients, and `dstate` one step earlier.

    `tokens` (B,) and `state` (H, B) are those that `step` was given, `dlogits`
    (V, B) is the gradient at its logits, `dstate` (H, B) from the step after.
    """
    (H, _), W_h = state.shape, params["W_h"]
    r, z, q, n = read_gates(params, tokens, state)
    _, h = step(params, tokens, state)
    dh = params["W_y"].T @ dlogits + dstate              # B1
    da_n = dh * (1 - z) * (1 - n * n)                    # B2
    da_z = dh * (state - n) * z * (1 - z)                # B3
    dq = W_h[2 * H :].T @ da_n                           # B4
    da_r = dq * state * r * (1 - r)                      # B5
    da = np.concatenate([da_r, da_z, da_n])
    x = one_hot(tokens[None], len(dlogits))[0]           # (V, B)
    dW_h = [da_r @ state.T, da_z @ state.T, da_n @ q.T]  # B6, B7
    grads = {
        "W_x": da @ x.T,                                 # B8
        "W_h": np.concatenate(dW_h),
        "b": da.sum(axis=1, keepdims=True),              # B9
        "W_y": dlogits @ h.T,                            # B10
        "b_y": dlogits.sum(axis=1, keepdims=True),       # B11
    }
    roads = {"copy": dh * z, "candidate": dq * r,        # B1, one step earlier
             "update": W_h[H : 2 * H].T @ da_z, "reset": W_h[:H].T @ da_r}
    taken = [road for name, road in roads.items() if name not in without]
    return grads, sum(taken)

# %% [markdown]
# Back through the two steps by hand: after `c` came `r`, after `r` came `o`. **Guess first:** what share of the
# gradient at the first unit comes back from $t = 2$ to $t = 1$ by the copy alone?

# %%
_, _, _, hand_logits = unroll(hand, hand_inputs, np.zeros((2, 1)))
_, hand_dlogits = softmax_cross_entropy(hand_logits, np.array([[2], [1]]))
hand_state = step(hand, hand_inputs[0], np.zeros((2, 1)))[1]
nothing = np.zeros((2, 1))
arrives = hand["W_y"].T @ hand_dlogits[1]                # at h_2
cuts = {"all four roads": (), "copy alone": ("candidate", "update", "reset")}

# %%
for name, cut in cuts.items():
    _, dstate = step_backward(
        hand, hand_inputs[1], hand_state, hand_dlogits[1], nothing, cut)
    print(f"{name:14s} {arrives.ravel().round(4)} "
          f"becomes {dstate.ravel().round(4)}")

# %% [markdown]
# 95 per cent of it, $z$ at the first unit. With the other three roads it is less: contributions add with their signs.
#
# ### All steps at once

# %% tags=["define"]
def state_gradients(params, cache):
    """Gradients `dh` and `dq`, both (T, H, B), and `da` (T, 3H, B)."""
    dh = params["W_y"].T @ cache.dlogits                 # B1, first term, all t
    if cache.mask is not None:
        dh *= cache.mask
    (T, H, B), W_h = dh.shape, params["W_h"]
    from_rz = row_blocks(W_h[: 2 * H].T.copy(), B)
    from_n = row_blocks(W_h[2 * H :].T.copy(), B)
    da, dq = empty_steps(T, 3 * H, B, dh.dtype), np.empty_like(dh)
    a = np.empty((3 * H, B), dh.dtype)
    a_r, a_z, a_n = a.reshape(3, H, B)
    for t in reversed(range(T)):
        (r, z, n), h = cache.gates[t].reshape(3, H, B), cache.h[t]    # h_{t-1}
        np.multiply(dh[t] * (1 - z), 1 - n * n, out=a_n)              # B2
        np.multiply(dh[t] * (h - n), z * (1 - z), out=a_z)            # B3
        by_blocks(from_n, a_n, out=dq[t])                             # B4
        np.multiply(dq[t] * h, r * (1 - r), out=a_r)                  # B5
        da[t] = a
        if t > 0:
            dh[t - 1] += by_blocks(from_rz, a[: 2 * H])  # B1: update, reset
            dh[t - 1] += dh[t] * z                       # B1: copy
            dh[t - 1] += dq[t] * r                       # B1: candidate
    return dh, dq, da

# %% tags=["define"]
def weight_gradients(params, cache, da):
    """All gradients, given `da` (T, 3H, B): keys and shapes of `params`."""
    dlogits, h, H = cache.dlogits, cache.h, params["W_h"].shape[1]
    x = one_hot(cache.inputs, len(params["W_y"]), da.dtype)     # (T, V, B)
    shown = h[1:] if cache.mask is None else cache.mask * h[1:]
    dW_h = [outer_sum(da[:, : 2 * H], h[:-1]),           # B6: h_{t-1}
            outer_sum(da[:, 2 * H :], cache.q)]          # B7: q_t
    return {
        "W_x": outer_sum(da, x),                         # B8
        "W_h": np.concatenate(dW_h),
        "b": da.sum(axis=(0, 2))[:, None],               # B9
        "W_y": outer_sum(dlogits, shown),                # B10
        "b_y": dlogits.sum(axis=(0, 2))[:, None],        # B11
    }

# %% tags=["define"]
def backward(params, cache):
    """Gradients of the loss of `forward`: keys and shapes of `params`."""
    return weight_gradients(params, cache, state_gradients(params, cache)[-1])

# %%
# folded: As in lesson 1: the gradients of a window, one step at a time; the gradient check
# include: check/by_steps.py
# include: check/gradient_check.py code

# %%
tiny = tiny_example(np.random.default_rng(seed))
loss, _, cache = forward(*tiny)
loss_by_steps, grads_by_steps = by_steps(*tiny)
print("same loss:", np.isclose(loss, loss_by_steps, atol=1e-12))
for name, g in backward(tiny[0], cache).items():
    same = np.allclose(g, grads_by_steps[name], atol=1e-12)
    print(f"{name:4s} {str(g.shape):8s} "
          f"the window's gradient is the steps' sum: {same}")

# %% [markdown]
# ## 7 Gradient check

# %%
params, inputs, targets, state = tiny


def tiny_loss(p):
    """Loss of the tiny example with the parameters `p`."""
    return forward(p, inputs, targets, state)[0]


gradient_is_right = verdict(
    check_gradients(tiny_loss, params, backward(params, cache)))

# %% [markdown]
# ### Break it, road by road
#
# Leave out one of the four roads at a time. **Guess first:** is there one without which the check still passes?

# %%
roads_are_needed = True
for road in ("copy", "candidate", "update", "reset"):
    _, lame = by_steps(*tiny, without=(road,))
    errors = check_gradients(tiny_loss, params, lame)
    spoiled = [name for name, error in errors.items() if error > 1e-6]
    roads_are_needed &= spoiled == ["W_x", "W_h", "b"]
    print(f"without {road}: wrong {', '.join(spoiled)}")

# %% [markdown]
# None: each time the gates' parameters go wrong, and the output layer, which hangs on the logits alone, stays
# right. Two more that are easy to make: $h_{t-1}$ for $q_t$ in B7, the reset forgotten; and $n_t - h_{t-1}$ in
# B3, as if $z$ had the other convention.

# %%
_, _, da = state_gradients(params, cache)
forgotten = backward(params, cache)
forgotten["W_h"] = outer_sum(da, cache.h[:-1])           # h_{t-1} for q_t
errors_forgotten = check_gradients(tiny_loss, params, forgotten)
turned = da.copy()
turned[:, 4:8] *= -1                                     # the z block, H = 4
wrong = weight_gradients(params, cache, turned)
errors_turned = check_gradients(tiny_loss, params, wrong)

# %%
mistakes_are_caught = (
    errors_forgotten["W_h"] > 1e-6 and errors_turned["W_h"] > 1e-6)
print("reset forgotten in B7 is caught:", errors_forgotten["W_h"] > 1e-6)
print("z turned round in B3 is caught:", errors_turned["W_h"] > 1e-6)

# %% [markdown]
# ## 8 Training

# %%
# folded: As in lessons 1 and 2: clipping, Adam, training loop, masks, generating text, scores, logging
# include: training/optimiser.py clip
# include: training/optimiser.py adam
# include: training/loop.py
# include: training/regularise.py
# include: generate/sampling.py generate
# include: loss/bits.py
# include: training/evaluate.py
# include: setup/tracking.py
# include: training/reporter.py
# include: results/ngram.py code

# %% [markdown]
# The crow first:

# %%
# folded: As in lesson 1: the crow, learned by heart, and the baselines on the validation fables
# include: training/crow.py
# include: results/ngram.py baselines

# %% [markdown]
# ### Weight drop on all three blocks
#
# Lesson 2 left out a random share of $W_h$ in each training window: one mask $M$ for all steps of the window,
# forward with $\tilde W_h = M \odot W_h$ (D3), and $M$ once more on the gradient (D4). In Cho's GRU the state
# meets its matrices in two ways: the gates' rows hear $h_{t-1}$, and the candidate's rows hear $q_t$, which
# the reset gate has thinned out already. Both lead from state to state, and both can learn by heart; so one mask
# covers all three blocks, and since `backward` yields the gradient of the matrix it was given, D4 holds as it
# stands. The check, with $M$ and the dropout mask $d_t$ (which this page's run does not use) held fixed:

# %%
rng = np.random.default_rng(seed)
hide = drop_mask((5, 4, 3), 0.3, rng)            # T, H, B of the tiny example
keep = drop_mask((12, 4), 0.3, rng)              # 3H, H


def masked(p):
    """Loss and cache under both masks, and the parameters it ran with."""
    dropped = {**p, "W_h": keep * p["W_h"]}              # D3
    loss, _, cache = forward(dropped, inputs, targets, state, hide)
    return loss, cache, dropped

# %%
_, masked_cache, dropped = masked(params)
masked_grads = backward(dropped, masked_cache)
masked_grads["W_h"] = keep * masked_grads["W_h"]         # D4
masks_are_right = verdict(
    check_gradients(lambda p: masked(p)[0], params, masked_grads))

# %% [markdown]
# ### Now the book
#
# In lesson 2, after as many updates of as many characters, the LSTM stood at 1.85 bits on the validation fables.
# (Each network has the learning rate and the weight drop that did best on those fables.)
# **Guess first:** where will a network with three quarters of its weights end?

# %%
# include: training/book_gated.py

# %%
# include: training/loss_curve.py

# %%
# include: training/norm_curve.py

# %% [markdown]
# ## 9 Held-out results
#
# The test fables have played no part so far.

# %%
# folded: As in lesson 1: mixing two models, and the best share
# include: results/mixture.py

# %%
# include: results/score.py

# %%
# include: results/dots.py

# %% [markdown]
# The GRU passes the table of counts, too, alone. Other seeds
# (`python benchmarks/claims_by_seed.py results char_level_lm/03`):
#
# {{table results_char_gru}}
#
# ### The three networks side by side
#
# Each with the settings of its lesson (`python benchmarks/claims_by_seed.py results`):
#
# {{table phase_char}}
#
# Both gated networks pass the table of counts with every seed, the simple one with none. The LSTM is ahead of the GRU
# by about two hundredths of a bit. It also has a third more parameters; a GRU with as many was not run here, so this does
# not say that the LSTM's design is the better one. What the two share, a road back without a matrix and weight drop on
# the recurrence, probably matters more; lesson 2 measured the second.
#
# ### The price
#
# An LSTM of equal size has four blocks of rows where the GRU has three. Which GRU has as many parameters as an
# LSTM of this size?

# %% tags=["define"]
def parameter_count(blocks, V, H):
    """Number of parameters of a gated network of `blocks` blocks of H rows."""
    return blocks * H * (V + H + 1) + V * (H + 1)

# %%
as_lstm = parameter_count(4, V, hidden_size)
sizes = range(hidden_size, 4 * hidden_size + 8)
equal_size = next(H for H in sizes if parameter_count(3, V, H) >= as_lstm)
print(f"GRU of {hidden_size} units: "
      f"{parameter_count(3, V, hidden_size):,} parameters")
print(f"LSTM of {hidden_size} units: {as_lstm:,}, "
      f"as many as a GRU of {equal_size} units")

# %% [markdown]
# ## 10 Look inside
#
# ### How far back does the gradient reach?
#
# As in lessons 1 and 2: the loss $L_T$ of the *last* character of 64 windows of the validation fables, and the
# length of $\partial L_T/\partial h_t$ by the lag $T-t$. In the simple network training shortened the reach.

# %%
# folded: As in lesson 1: the gradient of the last loss, by lag
# include: look_inside/lag.py

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Length of the gradient of the last loss by lag, before and after training: medians and quartiles over windows."}}
#@title The gradients by lag, and their drawing
windows = make_streams(valid_tokens, 64, min(50, (len(valid_tokens) - 1) // 64))
lag_inputs, lag_targets = (side[:50] for side in windows)
lag_gradients = {name: last_loss_gradients(p, lag_inputs, lag_targets)[0]
                 for name, p in (("before training", untrained), ("after training", params))}
fig, ax = plt.subplots()
left = {}
for (name, gradient), (colour, style) in zip(lag_gradients.items(), STYLES):
    low, middle, high = quartiles_by_lag(gradient)
    ax.semilogy(middle, style, color=colour, label=name)
    ax.fill_between(np.arange(len(low)), low, high, color=colour, alpha=0.2)
    left[name] = middle[min(30, len(middle) - 1)] / middle[0]
longer = left["after training"] > left["before training"]
ax.set(xlabel="lag $T-t$ (characters)", ylabel=r"length of $\partial L_T/\partial h_t$",
       title=f"Training {'lengthens' if longer else 'shortens'} the gradient's reach")
ax.legend()
plt.show()
for name, ratio in left.items():
    print(f"{name}: at lag 30, {ratio:.2g} of the gradient is left (median)")

# %%
# include: look_inside/heat_map.py

# %% [markdown]
# In lesson 1 training shortened the reach. Here it lengthens it by far. At the start every unit keeps about half of
# itself a step; by the copy road alone one part in a billion would be left after thirty steps, and the other roads
# do not help much. In the heat map (whose bottom row collects all below $10^{-9}$) the band falls more slowly after
# training, and is wider. Which road carries it? Exercise 3 cuts them one by one: the copy.

# %% [markdown]
# ### What was it looking at?
#
# *Connectivity*, as in lesson 1, on the same four pieces of text. **Guess first:** a longer look back than in lesson 2?

# %%
# folded: As in lesson 1: how much each character moved one prediction
# include: look_inside/connectivity.py function

# %%
# include: look_inside/connectivity.py drawing

# %% [markdown]
# A little longer, on these four pieces. With one seed that is an observation, no more.
#
# ### Which units remember?
#
# The update gate can be read as a clock. A unit that keeps $z$ a step forgets over about $-1/\ln z$ steps: along
# the copy road the $z$ of successive steps multiply, so their logarithms add, and the mean of $\ln z$ over some
# training text gives the time constant of each unit. Call a unit *slow* if it is above three characters, *fast*
# otherwise. At the start all are fast: half is kept a step. **Guess first:** will training make them slower?

# %% tags=["define"]
def follow(params, tokens):
    """Gates (N, 3H), states (N, H) while `tokens` (N,) are read from zero."""
    inputs = tokens[:, None]
    _, _, cache = forward(params, inputs, inputs, zero_state(params, 1))
    return cache.gates[..., 0], cache.h[1:, :, 0]

# %% tags=["define"]
def time_constants(params, tokens):
    """Time constant of each unit (H,), in steps: -1 over the mean of ln z."""
    H = params["W_h"].shape[1]
    z = follow(params, tokens)[0][:, H : 2 * H]
    return -1 / np.log(np.clip(z, 1e-12, 1 - 1e-7)).mean(axis=0)

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Histogram of the units' time constants before and after training, on a logarithmic axis."}}
#@title The time constants, and their drawing
clocks = {name: time_constants(p, train_tokens[:8000])
          for name, p in (("before training", untrained), ("after training", params))}
fig, ax = plt.subplots()
edges = np.geomspace(0.1, 100, 41)
for (name, constants), (colour, style) in zip(clocks.items(), STYLES):
    ax.hist(np.clip(constants, 0.1, 100), edges, histtype="step", color=colour,
            linestyle=style, linewidth=1.6, label=name)
medians = [np.median(constants) for constants in clocks.values()]
ax.set(xscale="log", xlabel="time constant of a unit (characters)", ylabel="units",
       title="Training makes most units faster and a few far slower"
       if medians[1] < medians[0] and clocks["after training"].max() > 10
       else "Time constants before and after training")
ax.legend()
plt.show()
for name, constants in clocks.items():
    print(f"{name}: median {np.median(constants):.2g} characters, slowest "
          f"{constants.max():.2g}, slow units: {(constants > 3).sum()}")

# %% [markdown]
# Most units have become *faster*: they replace most of what they hold at every character. A handful have become
# slow. Is a slow unit really a memory? Measure it on unseen text: how well does each unit's state now predict
# its own state two, five and twenty characters later? (On average over the slowest twentieth of the units, and over
# the rest.)

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Three scatter plots: correlation of each unit's state with itself two, five and twenty characters later, against its time constant."}}
#@title The states' correlations with themselves, and their drawing
states = follow(params, valid_tokens[:8000])[1]
states = states - states.mean(axis=0)
by_clock = np.argsort(clocks["after training"])
few, persistence = max(hidden_size // 20, 1), {}
fig, axes = plt.subplots(1, 3, figsize=(7.4, 3), sharey=True)
for ax, ahead in zip(axes, (2, 5, 20)):
    now, later = states[:-ahead], states[ahead:]
    size = np.maximum((states**2).sum(axis=0), 1e-30)
    persistence[ahead] = (now * later).sum(axis=0) / size
    ax.semilogx(np.clip(clocks["after training"], 0.1, 1000), persistence[ahead], "o",
                markersize=3, alpha=0.6)
    ax.set(xlabel="time constant", title=f"{ahead} characters later")
    slow, fast = persistence[ahead][by_clock[-few:]], persistence[ahead][by_clock[:-few]]
    fast = fast.mean() if len(fast) else 0.0
    print(f"{ahead} characters later: the {few} slowest units {slow.mean():.2f}, the others {fast:.2f}")
axes[0].set_ylabel("correlation with itself")
plt.show()

# %% [markdown]
# The clock tells the truth: after five characters, a whole word, the slowest units still resemble themselves,
# and the others do not. Do they hold something that we have a name for?
#
# ### What do the slow units hold?
#
# Lesson 2 searched all cells for the one that follows quotation marks best, on training text, and measured it again on
# validation text. The same search here. (`clocks` holds the time constants of all units, before and after training.) **Guess first:** will it find a fast unit or a slow one?

# %%
# folded: As in lesson 2: properties of a text, and correlations with them
# include: look_inside/properties.py

# %%
slowest = int(np.argmax(clocks["after training"]))
by_mark = {}
for name, part, tokens in (("training", train_text, train_tokens),
                           ("validation", valid_text, valid_tokens)):
    seen = follow(params, tokens[:8000])[1]
    quoted = text_properties(part[:8000])["inside quotation marks"]
    by_mark[name] = correlations(seen, quoted)
best = int(np.argmax(np.abs(by_mark["training"])))

# %%
slower = clocks["after training"] > clocks["after training"][best]
held = by_mark["validation"]
print(f"unit {best}: correlation {held[best]:+.2f} in validation text, "
      f"{slower.sum()} of {hidden_size} units are slower")
print(f"unit {slowest}, the slowest: correlation {held[slowest]:+.2f}")

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Validation text shaded by the state of the unit that follows quotation marks best in training text."}}
#@title Drawing: that unit over validation text
spots = range(0, max(len(states) - 280, 1), 56)
begin = max(spots, key=lambda n: valid_text[n : n + 280].count('"'))
shade = follow(params, valid_tokens[: begin + 280])[1][begin:, best]
sign = "-" if held[best] < 0 else ""
shade = -shade if sign else shade
fig, ax = plt.subplots(figsize=(7.4, 1.9))
colour_text(ax, valid_text[begin : begin + 280], (shade + 1) / 2)
follows = "follows" if abs(held[best]) > 0.5 else "hardly follows"
ax.set_title(f"Unit {best} {follows} quoted speech in text it was not chosen on")
shade_key(fig, f"${sign}h_t = -1$", f"${sign}h_t = 1$")
plt.show()
print(f"drawn: {len(shade)} characters, {valid_text[begin : begin + 280].count(chr(34))} marks")

# %% [markdown]
# One of the few slow units. The clock, which knows nothing of quotation marks, had put it near the top of its list: one
# slow unit, at least, holds something that we can name. (Where the correlation is negative the drawing turns the sign.) Other seeds (size of the correlation in validation text; the search
# chooses on training text):
#
# {{table meaning_char_gru}}
#
# ### How long can it remember at all?
#
# The memory test again: $k+1$ random symbols, and the first is asked for after the last. Three ways to start the
# update gate: bias 0, the default; bias 1; and chrono with $T_{\max}$ equal to the number of steps (it is thereby
# told how long to remember). Each at two learning rates, an ordinary one and eight times that; 400 updates at most, one
# seed; what is at chance at one $k$ is not tried at longer ones. In lesson 2, bias 1 failed at $k = 50$ and chrono
# solved 100. **Guess first:** what can a higher rate do that a better start does, too?

# %%
# folded: As in lesson 1: the memory test
# include: look_inside/recall.py

# %% tags=["train"]
recall_lags, recall_rates, recall = (10, 20, 50, 100), (0.01, 0.08), {}
starts = {
    "bias 0": lambda k: dict(update_bias=0.0),
    "bias 1": lambda k: dict(update_bias=1.0),
    "chrono": lambda k: dict(chrono=k + 1),
}
for name, options in starts.items():
    for rate in recall_rates:
        found = recall[name, rate] = {}
        for k in recall_lags:
            rng = np.random.default_rng(seed + 1)
            p = init_params(vocab_size=8, hidden_size=48, rng=rng, **options(k))
            right = train_recall(p, k, min(steps, 400), rate, rng)
            found[k] = grade(right)
            if found[k] == "chance":
                break
        print(f"{name} rate {rate} ",
              *(f"k={k}: {word}  " for k, word in found.items()))

# %% [markdown]
# At the ordinary rate the start decides, as in the LSTM: a gate that starts at a half or at three quarters loses the
# memory, and with it the gradient along the copy road, exponentially, and chrono starts some units with the time
# constant that the task needs. At eight times that rate the start hardly matters. A likely reason: Adam moves a number
# by about the learning rate an update. From bias 0 to $\ln 100 = 4.6$, a time constant of a hundred steps, that is 460
# updates at 0.01, more than there are, and 58 at 0.08. Training opens the gates itself, and soon enough.
#
# Over five seeds, solved of 5, each start at its best of five rates from 0.005 to 0.08
# (`python benchmarks/claims_by_seed.py recall char_level_lm/03`):
#
# {{table recall_char_gru}}
#
# For the LSTM of lesson 2 no rate up to 0.04 did that. Why the GRU thrives on rates that ruin the LSTM this page does
# not show. It does show how much hangs on the grid: up to 0.02, chrono is the only start that gets beyond 20 steps.

# %% [markdown]
# ## 11 Generate

# %%
# folded: As in lesson 1: temperature, top-k and nucleus sampling
# include: generate/sampling.py sample

# %%
# include: generate/ways.py

# %%
# folded: As in lesson 1: how many of the words are real
# include: generate/real_words.py

# %% [markdown]
# Type your own beginning:

# %%
# include: generate/prompt.py

# %% [markdown]
# ## 12 On your own
#
# **Exercise 1 (easy).** What does the GRU become when $z_t = 0$ and $r_t = 1$ at every step? Verify it with biases
# that force the gates.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 1: the simple network inside
# h = n = tanh(W_x x + W_h h + b): the network of lesson 1.
params_tiny, inputs_tiny, targets_tiny, state_tiny = tiny_example(np.random.default_rng(seed))
tokens_tiny = inputs_tiny[0]
forced = {name: p.copy() for name, p in params_tiny.items()}
forced["b"][:4], forced["b"][4:8] = 1e3, -1e3                  # r = 1, z = 0
simple = np.tanh(forced["W_x"][8:, tokens_tiny] + forced["W_h"][8:] @ state_tiny + forced["b"][8:])
assert np.allclose(one_step(forced, tokens_tiny, state_tiny), simple)
print("the same state as the simple network's")

# %% [markdown]
# **Exercise 2 (easy).** Which bias $b^z$ gives a unit that hears nothing else a time constant
# $-1/\ln \sigma(b^z)$ of 100 steps? Compare it with $\ln 100$.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 2: a clock of a hundred steps
# z = exp(-1/100), and b = log(z / (1 - z)).
kept = np.exp(-1 / 100)
b_z = np.log(kept / (1 - kept))
print(f"b_z = {b_z:.3f}, log 100 = {np.log(100):.3f}")
assert abs(b_z - np.log(100)) < 0.01

# %% [markdown]
# **Exercise 3 (medium).** Which of the four roads carries most of the gradient in the trained network? Leave
# each out in turn, and compare the length of $\partial L_T/\partial h_t$ at lag 10 with the full one's. (The shares
# need not add up to 1: most of the gradient changes roads on the way, and leaving out one road loses every path that
# uses it even once.) Guess first.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 3: the busiest road
def gradient_at_lag(p, inputs, targets, lag, without=()):
    """Length of the gradient of the last losses at the states `lag` steps before the last."""
    states, last = [zero_state(p, inputs.shape[1])], np.full_like(targets, -1)
    last[-1] = targets[-1]
    for tokens in inputs:
        logits, h = step(p, tokens, states[-1])
        states.append(h)
    _, dlogits = softmax_cross_entropy(logits[None], last[-1:])
    dstate = zero_state(p, inputs.shape[1])
    for back in range(lag):
        dlogits_here = dlogits[0] if back == 0 else 0 * dlogits[0]
        t = len(inputs) - 1 - back
        _, dstate = step_backward(p, inputs[t], states[t], dlogits_here, dstate, without)
    return np.linalg.norm(dstate)


lag = min(10, len(lag_inputs) - 1)
full = gradient_at_lag(params, lag_inputs, lag_targets, lag)
left_over = {road: gradient_at_lag(params, lag_inputs, lag_targets, lag, (road,)) / full
             for road in ("copy", "candidate", "update", "reset")}
for road, ratio in left_over.items():
    print(f"without {road}: {ratio:.2g} of the gradient's length at lag {lag}")
assert min(left_over, key=left_over.get) == "copy" or not as_shipped

# %% [markdown]
# **Exercise 4 (medium).** A *parity test* compares two implementations by their numbers. Show that with $T=1$ and
# $h_0=0$, Cho's GRU and one that resets after the product give the same state, whatever the weights (if
# PyTorch's second bias $b'$, inside the bracket that $r$ multiplies, is 0). Why can a parity test that starts from
# a zero state and runs one step not tell them apart?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 4: a test that cannot fail
# With h = 0 both r * (W h) and W (r * h) are zero. A parity test must start from a state that is
# not zero, or run two steps. With PyTorch's second bias b', one step from zero is enough: r * b'.
zero = np.zeros_like(state_tiny)
same = one_step(params_tiny, tokens_tiny, zero), one_step(params_tiny, tokens_tiny, zero, reset_after=True)
assert np.array_equal(*same)
print("equal from the zero state")

# %% [markdown]
# **Exercise 5 (hard).** Derive the backward pass of one step with the reset *after* the product,
# $n = \tanh(W_x^n x + b^n + r \odot (W_h^n h))$: the new $\bar a^r$ and the gradient of $W_h^n$. Check both.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 5: reset after the product
# With u = W_h^n h: da^r = da^n * u * r (1 - r), and the gradient of W_h^n is (da^n * r) h^T.
def after_loss(p):
    """Loss of one step with the reset after the product, and its gradient at the logits."""
    h = one_step(p, tokens_tiny, state_tiny, reset_after=True)
    return softmax_cross_entropy((p["W_y"] @ h + p["b_y"])[None], targets_tiny[:1])


p, h = params_tiny, state_tiny
r, z, _, _ = read_gates(p, tokens_tiny, h)
u = p["W_h"][8:] @ h
n = np.tanh(p["W_x"][8:, tokens_tiny] + p["b"][8:] + r * u)
dh = p["W_y"].T @ after_loss(p)[1][0]
da_n, da_z = dh * (1 - z) * (1 - n * n), dh * (h - n) * z * (1 - z)
da_r = da_n * u * r * (1 - r)
after_grads = {"W_h": np.concatenate([da_r @ h.T, da_z @ h.T, (da_n * r) @ h.T]),
               "b": np.concatenate([da_r, da_z, da_n]).sum(axis=1, keepdims=True)}
errors = check_gradients(lambda q: after_loss({**p, **q})[0], {k: p[k] for k in after_grads}, after_grads)
assert verdict(errors)

# %% [markdown]
# ## 13 Summary and references
#
# A GRU keeps one state and lets one gate decide, unit by unit, between keeping and replacing. Its state reaches
# the next along four roads; one of them is a plain copy, and that road is what lets it learn over long times, if
# $z$ starts near enough to 1 or training brings it there in time. The price: about two hundredths of a bit on the test fables, with three quarters of the
# LSTM's weights, and units that can no longer hide what they hold. The whole lesson on one card:
#
# | forward | `step` | backward | `step_backward` |
# |---|---|---|---|
# | F1 $r_t = \sigma(W_x^r x_t + W_h^r h_{t-1} + b^r)$ | `sigmoid(…)` | B1 $\bar h_t$: logits, copy, candidate, update, reset | `W_y.T @ dlogits + dstate`; `roads` |
# | F2 $z_t = \sigma(W_x^z x_t + W_h^z h_{t-1} + b^z)$ | `sigmoid(…)` | B2 $\bar a^n_t = \bar h_t\odot(1-z_t)\odot(1-n_t^2)$ | `dh * (1 - z) * (1 - n * n)` |
# | F3 $q_t = r_t \odot h_{t-1}$ | `q = r * h` | B3 $\bar a^z_t = \bar h_t\odot(h_{t-1}-n_t)\odot z_t\odot(1-z_t)$ | `dh * (state - n) * z * (1 - z)` |
# | F4 $n_t = \tanh(W_x^n x_t + W_h^n q_t + b^n)$ | `np.tanh(…)` | B4 $\bar q_t = W_h^{n\top}\bar a^n_t$ | `W_h[2 * H :].T @ da_n` |
# | F5 $h_t = z_t\odot h_{t-1} + (1-z_t)\odot n_t$ | `z * state + (1 - z) * n` | B5 $\bar a^r_t = \bar q_t\odot h_{t-1}\odot r_t\odot(1-r_t)$ | `dq * state * r * (1 - r)` |
# | F6 $\ell_t = W_y h_t + b_y$ | `W_y @ h + b_y` | B6 $\bar W_h^{r,z} = \sum_t\bar a^{r,z}_t h_{t-1}^\top$ | `da_r @ state.T`, `da_z @ state.T` |
# | | | B7 $\bar W_h^n = \sum_t\bar a^n_t q_t^\top$ | `da_n @ q.T` |
# | | | B8 $\bar W_x = \sum_t\bar a_t x_t^\top$, B9 $\bar b = \sum_t\bar a_t$ | `da @ x.T`, `da.sum(axis=1)` |
# | | | B10 $\bar W_y = \sum_t\bar\ell_t h_t^\top$, B11 $\bar b_y = \sum_t\bar\ell_t$ | `dlogits @ h.T`, `dlogits.sum(axis=1)` |
#
# What this page showed:

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title What this page showed, checked
claims = {
    "every entry of every gradient agrees with central differences": gradient_is_right,
    "each of the four roads back is needed": roads_are_needed,
    "the check catches a reset forgotten in B7, and z turned round": mistakes_are_caught,
    "swapping z is a change of signs, moving the reset is another function":
        swap_is_a_name and after_differs and diagonal_agrees,
    "with both masks the gradient is right": masks_are_right,
    "the crow is told word for word": crow_is_word_for_word,
    "the GRU alone codes test fables in fewer bits than the best table of counts":
        results["GRU"] < results[table],
    "the mixture of GRU and table is better than both": results["mixed"] < results["GRU"],
    "the slowest units resemble themselves after 5 characters of unseen text, the others do not":
        persistence[5][by_clock[-few:]].mean() > 2 * persistence[5][by_clock[:-few]].mean(),
    "the unit that follows quotation marks best is one of the slow ones":
        abs(held[best]) > 0.5 and slower.sum() < few,
    "at rate 0.01 chrono solves recall over 100 steps and bias 0 is at chance at 20; "
    "at 0.08 both solve 100":
        recall["chrono", 0.01].get(100) == recall["chrono", 0.08].get(100) == "solved"
        and recall["bias 0", 0.01].get(20) == "chance"
        and recall["bias 0", 0.08].get(100) == "solved",
}
for claim, holds in claims.items():
    print("shown:" if holds else "NOT shown:", claim)
assert all(claims.values()) or not as_shipped

# %% [markdown]
# **References**
#
# - D. Bahdanau, K. Cho, Y. Bengio (2015). Neural machine translation by jointly learning to align and translate. arXiv:1409.0473.
# - K. Cho et al. (2014). Learning phrase representations using RNN encoder-decoder for statistical machine translation. arXiv:1406.1078, version 3.
# - J. Chung et al. (2014). Empirical evaluation of gated recurrent neural networks on sequence modeling. arXiv:1412.3555.
# - C. Tallec, Y. Ollivier (2018). Can recurrent neural networks warp time? arXiv:1804.11188.
#
# Sources of what lessons 1 and 2 explained (Adam, Kneser–Ney, weight drop, connectivity, sampling) are listed there.
