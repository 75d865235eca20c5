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
# You build a network with a protected memory, derive every gradient of its gates, and see on unseen
# fables, and on a test of pure memory, what the gates are for.

# %% [markdown]
# **What you'll do.** Write the forward pass of a long short-term memory, derive its backward pass along
# both roads into the state and both roads into the cell, check it, keep it from learning the book by
# heart, and retell the history of its gates as an experiment.
#
# **What you'll learn.** Why adding to a memory keeps a gradient alive where multiplying kills it; what
# the forget gate and its bias decide; how a network that has learned its text by heart is made to learn
# the language instead; what single cells of a trained network keep track of.
#
# **What you'll need.** [Lesson 1](01_RNN_NumPy.ipynb): the simple network, backpropagation through time,
# Adam, bits per character. The page runs in about three minutes on one core.
#
# *Lesson 2 of 9. What changes from the RNN: beside the state there is a cell, which is only scaled and
# added to. Next comes the [GRU](03_GRU_NumPy.ipynb). Terms are collected in the
# [glossary](../GLOSSARY.md).*

# %% [markdown]
# ## 1 Setup

# %% tags=["parameters"]
corpus = "fables.txt"      # or the path of a UTF-8 text of yours
seed = 0
hidden_size = 224          # H
batch_size = 16            # B
seq_len = 25               # T
steps = 6000               # updates
learning_rate = 1e-2
beta2 = 0.99               # Adam's mean of squares: over 1 / (1 - beta2) steps
clip_norm = 1.0
dropout = 0.0              # share of states hidden from the output in training
weight_drop = 0.2          # share of W_h left out of each window in training
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
               steps=6000, learning_rate=1e-2, beta2=0.99, clip_norm=1.0, dropout=0.0,
               weight_drop=0.2, dtype="float64", log_to_wandb=False)
settings = {name: globals()[name] for name in assigned}
as_shipped = check_knobs(settings, SHIPPED)
network = "LSTM"
text = load_text(corpus)  # a text that cannot be had is noticed here
print("settings:", "as shipped" if as_shipped else "your own")

# %% [markdown]
# ### What the simple network cannot hold
#
# Section 10 of lesson 1 had a test of memory: the network sees $k+1$ random symbols, one a step, and is asked
# after the last which came *first*. Here is the simple network with its best start, the orthogonal one,
# for $k = 100$. **Guess first:** how many of twelve new sequences will it get right, if guessing gets
# one in eight?

# %%
# folded: As in lesson 1: the simple network, loss, gradients, clipping, Adam, the memory test
# include: forward/orthogonal.py
# include: forward/rnn.py
# include: loss/loss.py code
# include: backward/outer_sum.py
# include: backward/rnn.py
# include: training/optimiser.py clip
# include: training/optimiser.py adam
# include: look_inside/recall.py

# %% tags=["train"]
rng = np.random.default_rng(seed)
simple = init_params(vocab_size=8, hidden_size=64, rng=rng)
simple_accuracy = train_recall(simple, 100, min(steps, 400), 1e-3, rng)
inputs, targets = recall_batch(100, 8, 12, rng)
_, _, cache = forward(simple, inputs, targets, zero_state(simple, 12))
print("came first:  ", *inputs[0])
print("network says:", *cache.logits[-1].argmax(axis=0))
print("on 500 new sequences:", grade(simple_accuracy))

# %% [markdown]
# One of twelve: it guesses. (At higher rates it gets some right; with none does it solve the task, as lesson 1's table
# says.) On the way from the first step to the last, what it knew was multiplied by $W_h$ and
# squeezed through a tanh a hundred times, and its gradient likewise on the way back. The network of this
# page will solve this task, and section 10 shows what it needs for that.

# %% [markdown]
# ## 2 Data
#
# The book, the split into training, validation and test fables, and the streams are those of lesson 1. If you
# know them, go on at section 3.

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
# Letters that lesson 1 introduced keep their meaning: $x_t$ and $y_t$ for what is read and what is to be
# predicted, $h_t$ for the state, $\ell_t$ for the logits, $\odot$ for the product entry by entry; one
# column for one text. New are the *cell* $c_t$, the protected memory, and four blocks of numbers in place
# of one: three *gates*, $i$, $f$ and $o$, whose entries lie between 0 and 1, and the *candidate* $g$,
# between −1 and 1. Gates come from the logistic function $\sigma(a) = 1/(1+e^{-a})$, whose slope is
# $\sigma(1-\sigma)$.
#
# The four blocks of $H$ rows are stacked in PyTorch's order $i, f, g, o$, so that one product serves all
# four. What enters the gates at step $t$ is $a_t$, a column of
# $4H$ numbers (in the code the gates are written over it). A superscript picks a block: $a^f_t$ is rows $H$ to
# $2H$ of $a_t$.
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $x_t$ | `inputs` | `(T, B)` | characters read, as ids |
# | $y_t$ | `targets` | `(T, B)` | characters to predict, as ids |
# | $h_t$ | `h` | `(T+1, H, B)` | states; `h[0]` is the one we start from |
# | $c_t$ | `c` | `(T+1, H, B)` | cells; `c[0]` likewise |
# | $\tanh(c_t)$ | `tanh_c` | `(T, H, B)` | what the output gate can show |
# | $i_t, f_t, g_t, o_t$ | `gates` | `(T, 4H, B)` | input gate, forget gate, candidate, output gate |
# | $\ell_t$ | `logits` | `(T, V, B)` | scores of the next character |
# | $W_x$ | `W_x` | `(4H, V)` | input to gates |
# | $W_h$ | `W_h` | `(4H, H)` | hidden to gates |
# | $b$ | `b` | `(4H, 1)` | gate biases |
# | $W_y$ | `W_y` | `(V, H)` | hidden to logits |
# | $b_y$ | `b_y` | `(V, 1)` | output bias |

# %% [markdown]
# ## 4 Forward pass
#
# ### Add, do not multiply; then add a gate at a time
#
# The simple network overwrites its whole memory at every step: $h_t = \tanh(W_x x_t + W_h h_{t-1} + b)$.
# The long short-term memory keeps a second state, the cell, and begins with the simplest thing that keeps:
# a sum, $c_t = c_{t-1} + g_t$.

# %%
# include: draw/network.py

# %%
# include: draw/lstm_stages.py

# %% [markdown]
# 1. A cell that adds everything soon holds a jumble. (In these first three panels the state shows the
#    whole cell, as $\tanh(c_t)$.)
# 2. The *input gate* $i_t$ decides what is written. At 0 the candidate is ignored.
# 3. The *forget gate* $f_t$ decides what is kept. With $f = 1$ and $i = 0$ a cell keeps its value exactly,
#    for as long as you like; with $f = 0$ it is cleared.
# 4. The *output gate* $o_t$ decides what is shown. Near 0, a cell gathers in silence. (The tanh brings what is shown
#    back within ±1: a sum can grow.)
#
# All of them are computed from the character read and from the state before:
#
# $$a_t = W_x x_t + W_h h_{t-1} + b \tag{F1}$$
# $$
# \begin{aligned}
# i_t &= \sigma(a^i_t), & f_t &= \sigma(a^f_t), \\
# g_t &= \tanh(a^g_t), & o_t &= \sigma(a^o_t)
# \end{aligned}
# \tag{F2}
# $$
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t \tag{F3}$$
# $$h_t = o_t \odot \tanh(c_t) \tag{F4}$$
# $$\ell_t = W_y h_t + b_y \tag{F5}$$
#
# Hochreiter and Schmidhuber (1997) had no forget gate: $c_t = c_{t-1} + i_t \odot g_t$. Gers,
# Schmidhuber and Cummins (2000) added it. The full gradient, without the truncations of the 1997 paper,
# came with Graves and Schmidhuber (2005). Leave out their *peepholes* (weights from the cell to the gates),
# and it is the network used today, in `torch.nn.LSTM` too.
#
# One time step as code:

# %%
# include: forward/rows.py sigmoid

# %% tags=["define"]
def read_gates(params, tokens, h):
    """Gates i, f, g, o (H, B) from `tokens` (B,) and the state `h` (H, B)."""
    a = params["W_x"][:, tokens] + params["W_h"] @ h + params["b"]       # F1
    a_i, a_f, a_g, a_o = a.reshape(4, *h.shape)
    return sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)        # F2

# %% tags=["define"]
def step(params, tokens, state):
    """One time step: `tokens` (B,), `state` (h, c) -> logits (V, B), (h, c)."""
    h, c = state
    i, f, g, o = read_gates(params, tokens, h)
    c = f * c + i * g                                    # F3
    h = o * np.tanh(c)                                   # F4
    logits = params["W_y"] @ h + params["b_y"]           # F5
    return logits, (h, c)

# %% [markdown]
# ### Two steps by hand
#
# Three characters, `c`, `o`, `r` (ids 0, 1, 2), and two units. The first is built to *hold* a `c` until an
# `r` comes: its input gate opens at `c`, its forget gate is open always, its output gate opens at `r`. The
# second has nothing special. They read `c`, then `r`. **Guess first:** what will the first unit's state $h$ be
# after `c`, and after `r`?

# %%
hand = {
    "W_x": np.array([[6, 0, 0], [0, 0, 0],               # i: unit 1, unit 2
                     [0, 0, 0], [0, 0, 0],               # f
                     [2, 0, 0], [1, -1, 0.5],            # g
                     [0, 0, 6], [0, 0, 0]], float),      # o
    "W_h": np.array([[0, 0], [0.5, -0.5]] * 4),
    "b": np.array([[-3, 0, 3, 0, 0, 0, -3, 0]], float).T,
    "W_y": np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]]),
    "b_y": np.zeros((3, 1)),
}

# %%
hand_inputs = np.array([[0], [2]])                       # c, r: T = 2, B = 1
state = np.zeros((2, 1)), np.zeros((2, 1))
for t in range(2):
    gates = read_gates(hand, hand_inputs[t], state[0])
    logits, state = step(hand, hand_inputs[t], state)
    for name, value in zip("ifgoch", (*gates, state[1], state[0])):
        print(f"t = {t + 1}: {name} = {value.ravel().round(3)}")

# %% [markdown]
# Check the first unit at `c` with pen and paper: its input gate is $\sigma(6-3) = 0.953$, its candidate
# $\tanh 2 = 0.964$, so the cell becomes $0.953 \cdot 0.964 = 0.918$. It shows next to nothing of that, 0.034. At `r` it has lost five per cent
# ($f = 0.953$), and now it shows: 0.67.
#
# ### How the parameters start
#
# A forget gate whose bias starts at $b^f$ keeps a share of about $\sigma(b^f)$ a step. The default here is
# $b^f = 1$ (suggested by Gers et al., 2000; urged by Jozefowicz et al., 2015). *Chrono* initialisation
# (Tallec & Ollivier, 2018) starts from $T_{\max}$, the longest time you expect to have to remember: it
# draws $b^f = \ln k$ with $k$ uniform between 1 and $T_{\max}-1$, and sets $b^i = -b^f$. Such a gate keeps
# $k/(1+k)$ a step, so that after $k$ steps about $1/e$ is left ($(1+1/k)^{-k}$ tends to it): the cells start with all time scales up to
# $T_{\max}$. And a cell that keeps much writes little, so that it does not pile up.
#
# Each gate's block of $W_h$ starts orthogonal. $W_x$ is uniform on ±1: in lesson 1 loud inputs ruined the
# memory, because they drove the one tanh flat. Here the memory is scaled by the forget gate but never itself
# squashed: loud inputs drive gates open or shut, and gates that follow the character read are what we want.

# %% tags=["define"]
def init_params(*, vocab_size, hidden_size, rng, dtype=np.float64,
                forget_bias=1.0, chrono=None, input_bias=True):
    """Parameters of an LSTM with V = `vocab_size` and H = `hidden_size`.

    `forget_bias` is where b^f starts; `chrono=T_max` (more than 2) draws it
    for time scales up to T_max instead, and sets b^i = -b^f unless
    `input_bias` is False (Tallec & Ollivier, 2018, section 3).
    """
    V, H = vocab_size, hidden_size
    params = {
        "W_x": rng.uniform(-1, 1, size=(4 * H, V)),
        "W_h": np.concatenate([orthogonal(H, rng) for _ in range(4)]),
        "b": np.zeros((4 * H, 1)),
        "W_y": rng.normal(size=(V, H)) / np.sqrt(H),
        "b_y": np.zeros((V, 1)),
    }
    b_i, b_f = params["b"][:H], params["b"][H : 2 * H]
    b_f[:] = forget_bias
    if chrono is not None:
        b_f[:] = np.log(rng.uniform(1, chrono - 1, size=(H, 1)))
        b_i[:] = -b_f if input_bias else 0
    return {name: p.astype(dtype) for name, p in params.items()}

# %% tags=["define"]
def zero_state(params, batch_size):
    """The state before the first character: (h, c), both zeros (H, B)."""
    zeros = np.zeros((params["W_h"].shape[1], batch_size), params["W_h"].dtype)
    return zeros, zeros.copy()

# %% [markdown]
# ### All steps at once
#
# What follows is `step` for all $t$ at once, made fast. (If you trust the check below it, go on at section 5.) As in
# lesson 1, what needs no past is done for all steps at once: all of F5. In the loop, `gates[t]` is
# filled first with $a_t$ and then, block by block and in place (`out=`), with the gates. `reshape` copies nothing:
# `i`, `f`, `g`, `o` are views of `a`, and change when it is squashed. $W_x x_t + b$ is a look-up in a table made
# before the loop. `empty_steps` is `np.empty` with a faster layout. The products go by blocks of rows (`by_blocks`), because many
# processors multiply a matrix of this size faster in four pieces than in one; the numbers are the same.
# The mask is for section 8; until then it is `None`.

# %%
# include: forward/rows.py fast

# %% tags=["define"]
def unroll(params, inputs, state, mask=None):
    """Read `inputs` (T, B) from `state` (h, c).

    Returns h, c, tanh_c, gates, logits as in the table. `mask` (T, H, B)
    multiplies the states that the output layer sees.
    """
    (T, B), W_h, H = inputs.shape, params["W_h"], params["W_h"].shape[1]
    table, blocks = params["W_x"] + params["b"], row_blocks(W_h, B)
    h = empty_steps(T + 1, H, B, W_h.dtype)
    c = np.empty((T + 1, H, B), W_h.dtype)
    gates = np.empty((T, 4 * H, B), W_h.dtype)
    tanh_c = np.empty((T, H, B), W_h.dtype)
    h[0], c[0] = state
    for t in range(T):
        a = by_blocks(blocks, h[t], out=gates[t])
        a += table.take(inputs[t], axis=1)               # F1
        i, f, g, o = a.reshape(4, H, B)
        sigmoid(a[: 2 * H], out=a[: 2 * H])              # F2: i and f
        tanh(g, out=g)                                   # F2
        sigmoid(o, out=o)                                # F2
        c[t + 1] = f * c[t] + i * g                      # F3
        tanh(c[t + 1], out=tanh_c[t])
        h[t + 1] = o * tanh_c[t]                         # F4
    shown = h[1:] if mask is None else mask * h[1:]
    logits = params["W_y"] @ shown + params["b_y"]       # F5, all t
    return h, c, tanh_c, gates, logits

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title A small network for checks, as in lesson 1 but for its state: (h, c)
def tiny_example(rng, T=5, B=3, V=7, H=4):
    """A small network and data for checks: params, inputs, targets, state."""
    params = init_params(vocab_size=V, hidden_size=H, rng=rng)
    for name in params:
        params[name] = params[name] + 0.3 * rng.normal(size=params[name].shape)
    inputs, targets = rng.integers(V, size=(2, T, B))
    inputs[1] = inputs[0]
    state = 0.5 * rng.normal(size=(H, B)), rng.normal(size=(H, B))
    return params, inputs, targets, state

# %%
params, inputs, targets, state = tiny_example(np.random.default_rng(seed))
h, c, tanh_c, gates, all_logits = unroll(params, inputs, state)
print("h", h.shape, " c", c.shape,
      " gates", gates.shape, " logits", all_logits.shape)
same = []
for t in range(5):
    logits, state = step(params, inputs[t], state)
    same.append(np.allclose(logits, all_logits[t], atol=1e-12))
print("the same logits as step by step:", *same)

# %% [markdown]
# ## 5 Loss
#
# The loss is lesson 1's: the mean of $-\log p$ over the characters that came, in nats, where $p$ is the
# softmax of the logits; its gradient at the logits is $\bar\ell_t = \frac1T(p_t - \mathrm{onehot}(y_t))$.

# %% tags=["define"]
Cache = namedtuple(
    "Cache", "inputs targets h c tanh_c gates mask logits dlogits")


def forward(params, inputs, targets, state, mask=None):
    """Run the network over `inputs` (T, B) from `state` (h, c), both (H, B).

    Returns the mean cross-entropy with `targets` (T, B) in nats a token, the
    last state, and the cache for `backward`. `mask` (T, H, B) multiplies the
    states the output layer sees.
    """
    h, c, tanh_c, gates, logits = unroll(params, inputs, state, mask)
    loss, dlogits = softmax_cross_entropy(logits, targets)
    cache = Cache(inputs, targets, h, c, tanh_c, gates, mask, logits, dlogits)
    return loss, (h[-1].copy(), c[-1].copy()), cache

# %% [markdown]
# ## 6 Backward pass
#
# A bar is again the gradient of the loss with respect to what stands under it:
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $\bar\ell_t = \partial L/\partial \ell_t$ | `dlogits` | `(T, V, B)` | gradient at the logits |
# | $\bar h_t = \partial L/\partial h_t$ | `dh` | `(T, H, B)` | gradient at the states, by all roads |
# | $\bar c_t = \partial L/\partial c_t$ | `dc` | `(T, H, B)` | gradient at the cells, by all roads |
# | $\bar a_t = \partial L/\partial a_t$ | `da` | `(T, 4H, B)` | gradient at what enters the gates |

# %%
# include: draw/lstm_roads.py

# %% [markdown]
# ### Two roads into the state
#
# As in the simple network, the loss hears of $h_t$ through the logits of the same step (F5) and through
# what enters the gates of the next (F1), now all four of them. Contributions along all paths add:
#
# $$\bar h_t = W_y^\top \bar\ell_t + W_h^\top \bar a_{t+1} \tag{B1}$$
#
# ### Two roads into the cell
#
# $c_t$ reaches the loss through its own state, $h_t = o_t \odot \tanh(c_t)$, with slope
# $o_t \odot (1-\tanh^2 c_t)$; and through the next cell, $c_{t+1} = f_{t+1} \odot c_t + \dots$, with slope
# $f_{t+1}$:
#
# $$
# \begin{aligned}
# \bar c_t &= \bar h_t \odot o_t \odot (1 - \tanh^2 c_t) \\
# &\quad + \bar c_{t+1} \odot f_{t+1}
# \end{aligned}
# \tag{B2}
# $$
#
# (At the end of a window both second roads are missing: $\bar a_{T+1} = 0$, $\bar c_{T+1} = 0$.) The second road
# here is the point of the whole design: there is no matrix and no tanh on it. While $f$ stays
# near 1, a gradient travels along it almost undiminished.
#
# ### Into the gates
#
# Each gate is one factor of a product in F3 or F4. Its gradient is that of the product times the other
# factor; then comes the slope of its own squashing function, $\sigma' = \sigma(1-\sigma)$ or
# $\tanh' = 1-\tanh^2$:
#
# $$\bar a^i_t = \bar c_t \odot g_t \odot i_t \odot (1 - i_t) \tag{B3}$$
# $$\bar a^f_t = \bar c_t \odot c_{t-1} \odot f_t \odot (1 - f_t) \tag{B4}$$
# $$\bar a^g_t = \bar c_t \odot i_t \odot (1 - g_t \odot g_t) \tag{B5}$$
# $$
# \begin{aligned}
# \bar a^o_t = \bar h_t &\odot \tanh(c_t) \\
# &\odot o_t \odot (1 - o_t)
# \end{aligned}
# \tag{B6}
# $$
#
# Mind $c_{t-1}$ in B4, and $\bar h_t$ in B6 where the others have $\bar c_t$: the output gate acts after
# the cell.
#
# ### Into the parameters
#
# All four gates read the same $x_t$ and $h_{t-1}$, so the stacked matrices get their gradients in one
# product each, as in lesson 1: what arrives, times what the parameter multiplied, summed over the steps.
#
# $$\bar W_h = \sum_{t=1}^{T} \bar a_t\, h_{t-1}^\top \tag{B7}$$
# $$\bar W_x = \sum_{t=1}^{T} \bar a_t\, x_t^\top \tag{B8}$$
# $$\bar b = \sum_{t=1}^{T} \bar a_t \tag{B9}$$
# $$\bar W_y = \sum_{t=1}^{T} \bar\ell_t\, h_t^\top \tag{B10}$$
# $$\bar b_y = \sum_{t=1}^{T} \bar\ell_t \tag{B11}$$
#
# ### One step back as code
#
# `dstate` brings the second roads of B1 and B2 from the step after, and the function returns those for the
# step before.

# %% tags=["define"]
def step_backward(params, tokens, state, dlogits, dstate):
    """One step back: shares of the gradients, and `dstate` one step earlier.

    `tokens` (B,) and `state` (h, c) are those that `step` was given, `dlogits`
    (V, B) is the gradient at its logits, `dstate` (dh, dc) is from the step
    after.
    """
    (h_before, c_before), (dh_later, dc_later) = state, dstate
    i, f, g, o = read_gates(params, tokens, h_before)
    _, (h, c) = step(params, tokens, state)
    dh = params["W_y"].T @ dlogits + dh_later            # B1
    dc = dh * o * (1 - np.tanh(c) ** 2) + dc_later       # B2
    da = np.concatenate([
        dc * g * i * (1 - i),                            # B3
        dc * c_before * f * (1 - f),                     # B4: c_{t-1}
        dc * i * (1 - g * g),                            # B5
        dh * np.tanh(c) * o * (1 - o),                   # B6: dh
    ])
    x = one_hot(tokens[None], len(params["W_y"]))[0]     # (V, B)
    grads = {
        "W_x": da @ x.T,                                 # B8
        "W_h": da @ h_before.T,                          # B7: h_{t-1}
        "b": da.sum(axis=1, keepdims=True),              # B9
        "W_y": dlogits @ h.T,                            # B10: h_t
        "b_y": dlogits.sum(axis=1, keepdims=True),       # B11
    }
    return grads, (params["W_h"].T @ da, dc * f)         # second roads: B1, B2

# %% [markdown]
# Back through the two steps by hand: after `c` came `r`, after `r` came `o`. **Guess first:** how much of the
# gradient at the first unit's cell survives the step from $t = 2$ back to $t = 1$?

# %%
hand_start = np.zeros((2, 1)), np.zeros((2, 1))
_, _, _, _, hand_logits = unroll(hand, hand_inputs, hand_start)
_, hand_dlogits = softmax_cross_entropy(hand_logits, np.array([[2], [1]]))
hand_states = [hand_start, step(hand, hand_inputs[0], hand_start)[1]]

# %%
dstate = np.zeros((2, 1)), np.zeros((2, 1))
for t in (1, 0):
    share, dstate = step_backward(
        hand, hand_inputs[t], hand_states[t], hand_dlogits[t], dstate)
    print(f"t = {t + 1}: sends back dh = {dstate[0].ravel().round(4)}, "
          f"dc = {dstate[1].ravel().round(4)}")

# %% [markdown]
# All of it but five per cent: at $t = 2$ the gradient at the first unit's cell is 0.0863, and $0.953 \cdot 0.0863 = 0.0822$ is sent
# back. (At $t = 1$ more is sent on, because there the state's own roads have joined.)
#
# ### All steps at once
#
# The same for a window. The first road of B1 is one product for all steps, and so are B7 to B11; the loop
# keeps what must wait.

# %% tags=["define"]
def state_gradients(params, cache):
    """Gradients `dh`, `dc` (T, H, B), and `da` (T, 4H, B) at gate inputs."""
    c = cache.c
    dh = params["W_y"].T @ cache.dlogits                 # B1, first road, all t
    if cache.mask is not None:
        dh *= cache.mask                                  # D2
    (T, H, B), dc = dh.shape, np.empty_like(dh)
    da, a = empty_steps(T, 4 * H, B, dh.dtype), np.empty((4 * H, B), dh.dtype)
    W_h_T = params["W_h"].T.copy()
    back, (a_i, a_f, a_g, a_o) = row_blocks(W_h_T, B), a.reshape(4, H, B)
    for t in reversed(range(T)):
        i, f, g, o = cache.gates[t].reshape(4, H, B)
        tanh_c = cache.tanh_c[t]
        if t + 1 < T:
            dh[t] += by_blocks(back, a)                  # B1, second road
        dc[t] = dh[t] * o * (1 - tanh_c * tanh_c)        # B2, first road
        if t + 1 < T:
            f_next = cache.gates[t + 1, H : 2 * H]
            dc[t] += dc[t + 1] * f_next                  # B2, second road
        np.multiply(dc[t] * g, i * (1 - i), out=a_i)     # B3
        np.multiply(dc[t] * c[t], f * (1 - f), out=a_f)  # B4: c_{t-1}
        np.multiply(dc[t] * i, 1 - g * g, out=a_g)       # B5
        np.multiply(dh[t] * tanh_c, o * (1 - o), out=a_o)  # B6
        da[t] = a
    return dh, dc, da

# %% tags=["define"]
def weight_gradients(params, cache, da):
    """All gradients, given `da` (T, 4H, B): keys and shapes of `params`."""
    dlogits, h = cache.dlogits, cache.h
    x = one_hot(cache.inputs, len(params["W_y"]), da.dtype)     # (T, V, B)
    shown = h[1:] if cache.mask is None else cache.mask * h[1:]
    return {
        "W_x": outer_sum(da, x),                         # B8
        "W_h": outer_sum(da, h[:-1]),                    # B7: h_{t-1}
        "b": da.sum(axis=(0, 2))[:, None],               # B9
        "W_y": outer_sum(dlogits, shown),                # B10: h_t
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
#
# Every entry of every parameter against a central difference, as in lesson 1:

# %%
params, inputs, targets, state = tiny


def tiny_loss(p):
    """Loss of the tiny example with the parameters `p`."""
    return forward(p, inputs, targets, state)[0]


gradient_is_right = verdict(
    check_gradients(tiny_loss, params, backward(params, cache)))

# %% [markdown]
# ### Break it
#
# Four mistakes that are easy to make in LSTM code, each in one block of $\bar a_t$. **Guess first:** which
# parameters will each one spoil?

# %%
dh, dc, da = state_gradients(params, cache)
i, f, g, o = (cache.gates[:, 4 * n : 4 * n + 4] for n in range(4))    # H = 4
rows = dict(i=slice(0, 4), f=slice(4, 8), g=slice(8, 12), o=slice(12, 16))
mistakes = {
    "forget gate without its slope": ("f", dc * cache.c[:-1]),
    "c_t for c_{t-1} at the forget gate": ("f", dc * cache.c[1:] * f * (1 - f)),
    "the candidate's slope at the input gate": ("i", dc * g * (1 - g * g)),
    "output gate fed from the cell": ("o", dc * cache.tanh_c * o * (1 - o)),
}

# %%
mistakes_are_caught = True
for name, (block, wrong_block) in mistakes.items():
    wrong_da = da.copy()
    wrong_da[:, rows[block]] = wrong_block
    wrong = weight_gradients(params, cache, wrong_da)
    errors = check_gradients(tiny_loss, params, wrong)
    spoiled = [p for p, error in errors.items() if error > 1e-6]
    mistakes_are_caught &= spoiled == ["W_x", "W_h", "b"]
    print(f"{name}: wrong {', '.join(spoiled)}")

# %% [markdown]
# The three that feed the gates, each time; the output layer hangs on the logits alone.

# %% [markdown]
# ## 8 Training
#
# Clipping, Adam, the loop and the sampling of text are lesson 1's.

# %%
# folded: As in lesson 1: training loop, generating text, bits, held-out scores, logging
# include: training/loop.py
# include: generate/sampling.py generate
# include: loss/bits.py
# include: training/evaluate.py
# include: setup/tracking.py
# include: training/reporter.py
# include: results/ngram.py code

# %% [markdown]
# First the crow, the story that a correct network must be able to learn by heart:

# %%
# folded: As in lesson 1: the crow, learned by heart
# include: training/crow.py

# %% [markdown]
# And the lines to compare with, the table of counts (modified Kneser–Ney) the best of them:

# %%
# folded: As in lesson 1: the baselines on the validation fables
# include: results/ngram.py baselines

# %% [markdown]
# ### By heart is not enough
#
# That a network can learn by heart is a danger, too. Here is a small one, with only an eighth of the
# book, which it reads some twenty times. **Guess first:** where will its loss on the validation fables end,
# if on the training text it comes below two bits?

# %% tags=["define"]
def small_streams(tokens, seq_len=25):
    """`tokens` as 16 streams, or as many as there are tokens for."""
    enough_for = (len(tokens) - 1) // seq_len
    return make_streams(tokens, max(1, min(16, enough_for)), seq_len)

# %% tags=["define"]
def small_run(tokens, run_of, updates, units=96):
    """Train a small network on `tokens`; its last bits, and on validation.

    `run_of(rng)` makes the `gradients` function that `train` is to use.
    """
    rng = np.random.default_rng(seed)
    small = init_params(vocab_size=V, hidden_size=units, rng=rng)
    losses = train(small, small_streams(tokens), updates, 1e-2, 25,
                   gradients=run_of(rng), beta2=0.99)["loss"]
    valid = bits(evaluate(small, valid_tokens))
    return float(np.mean(losses[-200:]) / np.log(2)), valid

# %% tags=["train"]
size = max(len(train_tokens) // 8, min(len(train_tokens), 401))
eighth = train_tokens[:size]
small_updates, by_heart = min(steps, 1500), {}
by_heart["nothing"] = small_run(
    eighth, lambda rng: loss_and_gradients, small_updates)
print("training {:.2f}, validation {:.2f} bits".format(*by_heart["nothing"]))

# %% [markdown]
# Seven tenths of a bit apart: what it says of its own text it cannot say of the next. (It has more than two weights
# for every character of its text.) Two remedies follow. Both hide something at
# random, so that no weight can rely on one particular other being there. (Such remedies are called
# *regularisation*.)
#
# ### Remedy one: hide states from the output
#
# *Dropout* (on the connections that do not lead through time: Zaremba et al., 2014). At every step of a
# training window a random share of the states is hidden from the output layer, and the rest is scaled up
# so that the mean stays. With a mask $d_t$ whose entries are 0 with probability `dropout`, and
# $1/(1-\text{dropout})$ otherwise, F5 becomes
#
# $$\ell_t = W_y (d_t \odot h_t) + b_y. \tag{D1}$$
#
# Each state reaches the logits at $d_t$ times the old rate, so on that road the gradient is multiplied by
# the same mask, and in B10 $d_t \odot h_t$ stands for $h_t$:
#
# $$\bar h_t = d_t \odot (W_y^\top \bar\ell_t) + W_h^\top \bar a_{t+1}. \tag{D2}$$
#
# `unroll`, `state_gradients` and `weight_gradients` have had the mask all along.
#
# ### Remedy two: leave out connections through time
#
# Much of a text can be learned by heart through $W_h$, from state to state, and D1 never touches that road. Hiding
# *states* there, anew at every step, would destroy the memory along with the memorising. *Weight drop*
# (Merity et al., 2018; the idea of leaving out weights is Wan et al.'s, 2013) leaves out *weights*: draw
# one mask $M$ of the shape of $W_h$, with entries 0 or $1/(1-\text{weight\_drop})$, use it for every step
# of the window, and a new one for the next window. In F1 and in B1 stands
#
# $$\tilde W_h = M \odot W_h. \tag{D3}$$
#
# Within a window it is one network like any other, so `step` and `step_backward` need not know of it:
# they take the matrix that they are given. Their B7 yields the gradient at $\tilde W_h$. Entry $[j,k]$ of
# $W_h$ moves the same entry of $\tilde W_h$ at the rate $M[j,k]$:
#
# $$\bar W_h = M \odot \bar{\tilde W}_h. \tag{D4}$$
#
# When the model is used, nothing is hidden: all ones for $d_t$, the full $W_h$.

# %%
# include: training/regularise.py

# %% [markdown]
# Is it right? Check it with both masks held fixed, and break it: the gradient not masked; another mask
# on the way back; the scale forgotten on the way back.

# %%
rng = np.random.default_rng(seed)
hide = drop_mask((5, 4, 3), 0.3, rng)            # T, H, B of the tiny example
keep = drop_mask((16, 4), 0.3, rng)              # 4H, H


def masked(p):
    """Loss and cache under both masks, and the parameters it ran with."""
    dropped = {**p, "W_h": keep * p["W_h"]}
    loss, _, cache = forward(dropped, inputs, targets, state, hide)
    return loss, cache, dropped

# %%
_, masked_cache, dropped = masked(params)
masked_grads = backward(dropped, masked_cache)
for_W_h = {
    "D4": keep * masked_grads["W_h"],
    "not masked": masked_grads["W_h"],
    "another mask": drop_mask((16, 4), 0.3, rng) * masked_grads["W_h"],
    "scale forgotten": (keep > 0) * masked_grads["W_h"],
}
drop_errors = {}
for name, g in for_W_h.items():
    grads = {**masked_grads, "W_h": g}
    errors = check_gradients(lambda p: masked(p)[0], params, grads)
    drop_errors[name] = max(errors.values())
    print(f"{name:16s} {'agrees' if drop_errors[name] < 1e-6 else 'WRONG'}")
agrees = [error < 1e-6 for error in drop_errors.values()]
masks_are_right = agrees == [True, False, False, False]

# %% [markdown]
# **Guess first:** the small network again, with one remedy and with the other. Which helps more on validation text?

# %% tags=["train"]
by_heart["dropout"] = small_run(
    eighth, lambda rng: regularised(0.2, 0, rng), small_updates)
by_heart["weight drop"] = small_run(
    eighth, lambda rng: regularised(0, 0.2, rng), small_updates)
small_table, small_order, small_factor = best_ngram(eighth, valid_tokens, V)
small_table_bits = bits(score_ngram(small_table, valid_tokens, small_factor))
for name, (trained, valid) in by_heart.items():
    print(f"{name:12s} training {trained:.2f}, validation {valid:.2f} bits")
print("the table of counts of this eighth:",
      f"{small_table_bits:.2f} bits on validation")

# %% [markdown]
# Weight drop does more than dropout for what counts, the loss on text not seen. (The training losses are measured
# with the masks on, which by itself brings the two columns closer.) The table of counts is still ahead of all
# three: from so little text, counting was the better way. What about the whole book?
#
# ### Now the book
#
# Weight drop alone this time (section 9 says why). Each line shows the loss of the current window (with its
# mask), the loss on the validation fables (without), both in bits per character, and the length of the gradient
# before clipping.

# %%
# include: training/book_gated.py

# %%
# include: training/loss_curve.py

# %% [markdown]
# The training loss is drawn as it is, window by window, with weights left out, which raises it.

# %%
# include: training/norm_curve.py

# %% [markdown]
# ## 9 Held-out results
#
# The test fables have played no part so far. *Mixed* gives each character a weighted mean of two
# probabilities, the share chosen on the validation fables. In lesson 1 the simple network stayed more than a
# quarter of a bit *above* the table of counts. **Guess first:** on which side of it is the LSTM?

# %%
# folded: As in lesson 1: mixing two models, and the best share
# include: results/mixture.py

# %%
# include: results/score.py

# %%
# include: results/dots.py

# %% [markdown]
# It passes the table, alone, by several times what mixing two tables gains. With the table's help it gets better still:
# they know different things. Other seeds, settings unchanged
# (`python benchmarks/claims_by_seed.py results char_level_lm/02`):
#
# {{table results_char_lstm}}
#
# ### Which remedy did it?
#
# Four runs that differ in the masks alone, the same 6,000 updates, each at its best of at least three
# learning rates; bits on the *validation* fables (`python benchmarks/claims_by_seed.py masks`):
#
# {{table masks_char_lstm}}
#
# Without masks the network ends above the table of counts. Dropout alone helps; weight drop alone helps more; and added to weight drop, dropout gains nothing (the one run of dropout alone is an observation). So the run of this page uses weight drop alone. What
# this does not show: that it is so with other sizes, or after fewer updates, where hiding anything costs more
# than it saves.
#
# ### Where is the network ahead?
#
# Split the test characters by how many letters stand right before them in the same word. (`test_scores` holds the
# log-probabilities by network and by table; the first character is not predicted.)

# %%
before = np.zeros(len(test_tokens), dtype=int)     # letters right before it
for n in range(1, len(test_tokens)):
    before[n] = before[n - 1] + 1 if vocab[test_tokens[n - 1]].isalpha() else 0
groups = {"none": before == 0, "one": before == 1,
          "two or three": (before == 2) | (before == 3), "more": before > 3}

# %%
ahead = {}
for name, chosen in groups.items():
    if chosen[1:].any():
        by_network = bits(test_scores[0][chosen[1:]])
        by_table = bits(test_scores[1][chosen[1:]])
        ahead[name] = by_table - by_network
        print(f"{name:13s} {network} {by_network:.2f}   "
              f"table {by_table:.2f} bits")

# %% [markdown]
# (A blank or a mark that follows a word counts with the word's length.) The network is ahead most where a word begins,
# perhaps because there one must know what kind of word may come. Deep inside a word the two are close: the table can
# complete what it has seen before.

# %% [markdown]
# ## 10 Look inside
#
# ### How far back the gradient reaches: cell and state
#
# As in lesson 1: the loss $L_T$ of the *last* character of 64 windows of the validation fables, and the
# length of its gradient by the lag $T-t$, now at the state and at the cell. (To see as far as lesson 1, the
# windows are 50 characters long.)

# %%
# folded: As in lesson 1: the gradient of the last loss, by lag
# include: look_inside/lag.py

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Length of the gradient of the last loss at the state and at the cell by lag, before and after training: medians and quartiles."}}
#@title The gradients by lag, and their drawing
windows = make_streams(valid_tokens, 64, min(50, (len(valid_tokens) - 1) // 64))
lag_inputs, lag_targets = (side[:50] for side in windows)
by_lag = {name: last_loss_gradients(p, lag_inputs, lag_targets)
          for name, p in (("before training", untrained), ("after training", params))}
fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.6), sharey=True)
left = {}
for ax, (name, gradients) in zip(axes, by_lag.items()):
    for symbol, gradient, (colour, style) in zip("hc", gradients, STYLES):
        low, middle, high = quartiles_by_lag(gradient)
        ax.semilogy(middle, style, color=colour, label=rf"$\partial L_T/\partial {symbol}_t$")
        ax.fill_between(np.arange(len(low)), low, high, color=colour, alpha=0.2)
        far, near = min(40, len(middle) - 1), min(10, len(middle) - 1)
        left[name, symbol] = middle[far] / middle[near]
    ax.set(title=name, xlabel="lag $T-t$ (characters)")
axes[0].set_ylabel("length")
axes[0].legend()
plt.show()
for (name, symbol), ratio in left.items():
    print(f"{name}: from lag 10 to lag 40, {ratio:.2g} is left at {symbol} (median)")

# %% [markdown]
# At lag 0 the state has its direct road through the logits, which is why its curve begins with a steep drop. Beyond
# it, before training, the two fall side by side, because the gradient at $h_t$ is made from that at $c_{t+1}$, by way
# of the gates. (At bias 1 a forget gate keeps 0.73 a step: by the cell's road alone one part in ten thousand would be
# left after thirty steps. The roads through the gates must carry the rest.) After training the cell's gradient falls more
# slowly from lag 10 to lag 40 than the state's; it starts lower, and the bands overlap. How are its entries spread?

# %%
lag_gradients = {
    name: gradients[1] for name, gradients in by_lag.items()}    # at the cell

# %%
# include: look_inside/heat_map.py

# %% [markdown]
# In the simple network the entries stayed in one band. Here, after training, the columns are wide: at
# the same lag the entries differ by many powers of ten (the bottom row collects all below $10^{-9}$). The columns mix
# cells and windows, so this does not yet say that some *cells* remember; the next figures look at cells.

# %% [markdown]
# ### What was it looking at?
#
# *Connectivity*, as in lesson 1: how much each earlier character moved one prediction, the length of
# $\partial L_T/\partial x_t = W_x^\top \bar a_t$, on the same four pieces of text. **Guess first:** does this network look
# further back?

# %%
# folded: As in lesson 1: how much each character moved one prediction
# include: look_inside/connectivity.py function

# %%
# include: look_inside/connectivity.py drawing

# %% [markdown]
# No: on these four it leans on the last ten characters as much as the simple network did. That it *can* hold
# longer the memory test below shows; why it does not here, four predictions cannot say.
#
# ### A state, read aloud
#
# In lesson 1 most units of the state changed sign with every few characters. The same forty rows, of this
# network's *cells* as $\tanh(c_t)$. **Guess first:** will you see rows that hold?

# %%
# include: look_inside/follow_cells.py

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Forty cells, one row each, coloured by their value while the network reads a piece of text written along the bottom."}}
#@title Drawing: the cells while it reads
strip = valid_text[:56]
_, seen_cells = follow(params, valid_tokens[:56])
rows_drawn = np.tanh(seen_cells[:, :40]).T
fig, ax = plt.subplots(figsize=(7.4, 3.6))
drawn = ax.imshow(rows_drawn, cmap="RdBu", vmin=-1, vmax=1, aspect="auto")
ax.set(xticks=range(len(strip)), yticks=[], ylabel="cells",
       xticklabels=[visible(c) for c in strip], title="The cells while it reads")
ax.tick_params(length=0)
plt.setp(ax.get_xticklabels(), family="monospace")
ax.grid(False)
fig.colorbar(drawn, ax=ax, label=r"$\tanh(c_t)$")
plt.show()
turns = np.mean(np.sign(rows_drawn[:, 1:]) != np.sign(rows_drawn[:, :-1]))
print(f"a cell changes its sign at {turns:.0%} of the characters")

# %% [markdown]
# A few rows hold for a word or more, and all in all there are fewer changes of sign than in lesson 1.
#
# ### Which gates are open?
#
# Call a gate open when it is above 0.9 and closed when below 0.1, over some training text. Each dot is
# one unit (after the saturation plots of Karpathy et al., 2015).

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Three scatter plots, input, forget and output gate: share of time open against share of time closed, one dot a unit."}}
#@title Counting open and closed gates, and the drawing
seen_gates, seen_cells = follow(params, train_tokens[:8000])
H = hidden_size
fig, axes = plt.subplots(1, 3, figsize=(7.4, 3), sharey=True)
for ax, (name, k) in zip(axes, (("input", 0), ("forget", 1), ("output", 3))):
    gate = seen_gates[:, k * H : (k + 1) * H]
    closed, opened = (gate < 0.1).mean(axis=0), (gate > 0.9).mean(axis=0)
    ax.plot(closed, opened, "o", markersize=3, alpha=0.6)
    ax.set(title=f"{name} gate", xlabel="share closed", xlim=(-0.05, 1.05), ylim=(-0.05, 1.05))
    print(f"{name} gate: closed {closed.mean():.0%}, open {opened.mean():.0%} of the time; "
          f"open more than half the time: {(opened > 0.5).sum()} of {H} units")
axes[0].set_ylabel("share open")
plt.show()

# %% [markdown]
# Read it by corner: top left is a gate that is nearly always open, bottom right one nearly always closed.
# Bottom left is a gate that is mostly in between, and many are. A few forget gates are open most of the time: those
# cells can hold a value. No input gate is: most units write a fraction at most steps. And many output gates are closed
# much of the time: those cells keep to themselves.
#
# ### A cell with a meaning?
#
# Do single cells keep track of something we have a name for? Do not go hunting by eye: among so many cells
# something will always look meaningful. State the properties first; find the best cell for each on
# *training* text; measure it again on *validation* text; and do the same with the *untrained* network, as
# a control: whatever the untrained network's best cell reaches is due to the search.

# %%
# include: look_inside/properties.py

# %%
found = {}
train_properties = text_properties(train_text[:8000])
valid_properties = text_properties(valid_text[:8000])
for name, p in (("untrained", untrained), ("trained", params)):
    cells, valid_cells = (np.tanh(follow(p, tokens[:8000])[1])
                          for tokens in (train_tokens, valid_tokens))
    for prop in train_properties:
        by_unit = correlations(cells, train_properties[prop])
        unit = int(np.argmax(np.abs(by_unit)))
        again = correlations(valid_cells, valid_properties[prop])[unit]
        found[name, prop] = unit, by_unit[unit], again

# %%
print("correlation of the best cell, "
      "in training text and again in validation text")
for prop in train_properties:
    control, trained = found["untrained", prop], found["trained", prop]
    print(f"{prop:22s} untrained {control[1]:+.2f} {control[2]:+.2f}   "
          f"trained {trained[1]:+.2f} {trained[2]:+.2f}  (unit {trained[0]})")

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Validation text shaded by the activity of the cell that follows quotation marks best in training text."}}
#@title Drawing: the cell that follows quotation marks best
unit, _, again = found["trained", "inside quotation marks"]
spots = range(0, max(len(valid_cells) - 280, 1), 56)
begin = max(spots, key=lambda n: valid_text[n : n + 280].count('"'))
sign = "-" if again < 0 else ""
activity = valid_cells[begin : begin + 280, unit] * (-1 if sign else 1)
fig, ax = plt.subplots(figsize=(7.4, 1.9))
colour_text(ax, valid_text[begin : begin + 280], (activity + 1) / 2)
follows = "follows" if abs(again) > 0.5 else "hardly follows"
ax.set_title(f"Unit {unit} {follows} quotations in text it was not chosen on")
shade_key(fig, rf"${sign}\tanh(c_t) = -1$", rf"${sign}\tanh(c_t) = 1$")
plt.show()
print(f"drawn: {len(activity)} characters, {valid_text[begin : begin + 280].count(chr(34))} marks")

# %% [markdown]
# For quotation marks the untrained network has nothing, and the trained one a cell that darkens at an opening mark and
# lightens after the closing one, with many characters between that have nothing to do with it. (Karpathy et al., 2015,
# found such a cell in a far larger network.) It is not a clean switch: the same unit also goes with the place in the
# sentence, and it darkens in a title. For the place in the word the *untrained* network's best cell is nearly as good:
# among so many cells that rise or fall while letters come, one will fit, and training need not have made it. Other
# seeds, correlation of the best cell for quotation marks in validation text:
#
# {{table meaning_char_lstm}}
#
# ### Twenty years of forget gates in one experiment
#
# Back to the test of memory that the simple network failed. Four starts: *no forget gate* is the cell of
# 1997, trained with today's full gradient ($f$ is held at 1 by a bias so large that $\sigma$ is exactly 1 and
# its slope exactly 0); bias 0; bias 1; and *chrono* with $T_{\max}$ equal to the number of steps ($b^f = \ln k$, $k$ uniform up to $T_{\max}-1$). Chrono
# differs in two more ways: it is told how long to remember, and it sets $b^i = -b^f$. Each start at a
# learning rate that suits it, 400 updates at most, one seed; what is at chance (below 25 % right) at one $k$ is not tried
# at longer ones. **Guess first:** which will solve $k = 100$?

# %%
recall_lags = (10, 20, 50, 100)
starts = {  # how it starts, and its learning rate
    "no forget gate": (lambda k: dict(forget_bias=1e3), 1e-2),
    "bias 0": (lambda k: dict(forget_bias=0.0), 1e-2),
    "bias 1": (lambda k: dict(forget_bias=1.0), 5e-3),
    "chrono": (lambda k: dict(chrono=k + 1), 1e-2),
}

# %% tags=["train"]
recall = {}
for name, (options, rate) in starts.items():
    recall[name] = {}
    for k in recall_lags:
        rng = np.random.default_rng(seed)
        p = init_params(vocab_size=8, hidden_size=48, rng=rng, **options(k))
        accuracy = train_recall(p, k, min(steps, 400), rate, rng)
        recall[name][k] = grade(accuracy)
        if recall[name][k] == "chance":
            break
    words = recall[name].items()
    print(f"{name:14s}", *(f"k={k}: {word}  " for k, word in words))

# %% [markdown]
# Over five seeds: solved of 5 at the best of five rates
# (`python benchmarks/claims_by_seed.py recall char_level_lm/02`):
#
# {{table recall_char_lstm}}
#
# The explanation is a time constant. A forget gate at $f$ keeps $f^k$ of a memory after $k$ steps, and
# $f^k = e^{-1}$ at $k = -1/\ln f$. Along the cell's own road, the second in B2, the gradient shrinks by the
# same factor. The third line is the middle of what chrono draws for $k = 100$:

# %%
for b_f in (0.0, 1.0, np.log(50)):
    f = sigmoid(np.array(b_f))
    print(f"bias {b_f:.1f}: keeps {f:.2f} a step, "
          f"time constant {-1 / np.log(f):.1f} steps, "
          f"after 100 steps 10^{100 * np.log10(f):.0f} is left")

# %% [markdown]
# At bias 0 and 1 the time constants are a few steps, and nothing is learned at 20 steps (bias 0) and at 50 (bias 1) in
# the updates given. Lesson 1's simple network with its orthogonal start went further, to 50 with some seeds (64 units there, 48 here): an orthogonal
# matrix loses nothing by itself, a gate at $\sigma(1) = 0.73$ loses a quarter at every step. Gates do not help a
# memory by being there. They have to start open, and chrono makes some of them start with the time
# constant that the task needs.
#
# And the network without a forget gate? It keeps everything, and on this task that does better than bias 0 and
# bias 1. Why, then, was the gate invented?
#
# ### What the forget gate is for
#
# The sequences above begin with an empty cell. Real text does not: one sentence follows another, and the
# cell is never cleared. Gers et al. (2000) put such tasks one after another in a stream without end. Ours:
# one of eight symbols, ten distracting ones, then a sign that asks for the first; then the next task, and
# so on, the state always carried along. **Guess first:** which of the two, no gate or bias 1, learns it?

# %% tags=["define"]
def task_stream(tasks, k, batch_size, rng):
    """`tasks` in a row: a symbol (0-7), k others (8-15), the question (16)."""
    shape = tasks, 1, batch_size
    first = rng.integers(8, size=shape)
    noise = rng.integers(8, 16, size=(tasks, k, batch_size))
    inputs = np.concatenate([first, noise, np.full(shape, 16)], axis=1)
    targets = np.full_like(inputs, -1)
    targets[:, -1] = first[:, 0]             # asked at the last step of a task
    return inputs.reshape(-1, batch_size), targets.reshape(-1, batch_size)

# %% tags=["define"]
def train_stream(params, updates, learning_rate, rng, k=10, batch_size=16):
    """Train `params` in place on the stream.

    Returns the share right over the last 20 updates, and the largest entry of
    the cell.
    """
    memory, state, right = adam_init(params), zero_state(params, batch_size), []
    for _ in range(updates):
        inputs, targets = task_stream(5, k, batch_size, rng)
        _, state, cache = forward(params, inputs, targets, state)
        grads, _ = clip_by_global_norm(backward(params, cache), 1.0)
        adam_step(params, grads, memory, learning_rate)
        said, asked = cache.logits.argmax(axis=1), targets >= 0
        right.append(np.mean(said[asked] == targets[asked]))
    return float(np.mean(right[-20:])), float(np.abs(state[1]).max())

# %% tags=["train"]
stream_right = {}
for name, forget_bias in (("no forget gate", 1e3), ("bias 1", 1.0)):
    rng = np.random.default_rng(seed)
    p = init_params(vocab_size=17, hidden_size=32, rng=rng,
                    forget_bias=forget_bias)
    stream_right[name], largest = train_stream(p, min(steps, 400), 5e-3, rng)
    print(f"{name:14s} {grade(stream_right[name])}, largest cell "
          f"{'above 200' if largest > 200 else 'below 200'}")

# %% [markdown]
# The cell that can only be added to holds the sum of all it ever wrote. At such sizes the tanh that shows it is flat.
# The forget gate *can* clear the cell between tasks, and the cell's size says that it does. Over
# three seeds and three rates (`python benchmarks/claims_by_seed.py stream`), mean share right at the end (range);
# with a gate, too, not every run finds it in 400 updates:
#
# {{table stream_char_lstm}}

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
# Set these beside lesson 1's: at temperature 1 more of the words are real. Sentences still lose their thread. Type
# your own beginning:

# %%
# include: generate/prompt.py

# %% [markdown]
# ## 12 On your own
#
# **Exercise 1 (easy).** Write down the number of parameters of an LSTM with sizes $V$ and $H$, and compare
# with the network of section 8. Which part is largest?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 1: counting parameters
counted = 4 * H * V + 4 * H * H + 4 * H + V * H + V
assert counted == sum(p.size for p in params.values())
print(f"{counted:,}, of which W_h {params['W_h'].size / counted:.0%}")

# %% [markdown]
# **Exercise 2 (easy).** Which forget bias has a time constant of 1,000 steps? Use $-1/\ln\sigma(b^f)$, and
# compare with chrono's $\ln k$.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 2: a bias for a thousand steps
# f = exp(-1/1000), and b = log(f / (1 - f)). For a large k, 1 - f is close to 1/k: b is near
# log k.
f = np.exp(-1 / 1000)
b_f = np.log(f / (1 - f))
print(f"b_f = {b_f:.3f}, log 1000 = {np.log(1000):.3f}")
assert abs(-1 / np.log(sigmoid(np.array(b_f))) - 1000) < 1e-6

# %% [markdown]
# **Exercise 3 (medium).** Prove by experiment that B2's second road matters: drop
# $\bar c_{t+1} \odot f_{t+1}$, and see which parameters the check complains about. Predict first: will $W_y$
# be wrong? (Hint: `step_backward` and `by_steps`.)

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 3: one road only
# W_y and b_y stay right: they hang on the logits alone. The gates' parameters go wrong.
params_3, inputs_3, targets_3, state_3 = tiny_example(np.random.default_rng(seed))
whole_step_backward = step_backward


def step_backward(params, tokens, state, dlogits, dstate):
    """As before, but nothing arrives at the cell from the step after."""
    return whole_step_backward(params, tokens, state, dlogits, (dstate[0], 0 * dstate[1]))


_, lame = by_steps(params_3, inputs_3, targets_3, state_3)
step_backward = whole_step_backward
one_road = check_gradients(
    lambda p: forward(p, inputs_3, targets_3, state_3)[0], params_3, lame)
one_road_is_caught = not verdict(one_road)
assert one_road_is_caught and one_road["W_y"] < 1e-6

# %% [markdown]
# **Exercise 4 (medium).** What happens if the weight drop's mask stays on when the model is used? Predict
# first, then score the first 4,000 characters of the validation fables with one mask, and with the average of the probabilities under
# eight masks.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 4: the mask left on
# One mask costs bits: a fifth of the connections are missing. Averaging over masks wins most of
# them back, at eight times the work; the full matrix is a cheap stand-in for that average.
rng = np.random.default_rng(seed)
under_masks = []
for _ in range(8):
    keep_4 = drop_mask(params["W_h"].shape, weight_drop, rng, params["W_h"].dtype)
    under_masks.append(evaluate({**params, "W_h": keep_4 * params["W_h"]}, valid_tokens[:4000]))
one_mask = bits(under_masks[0])
average = bits(np.log(np.mean(np.exp(under_masks), axis=0)))
full = bits(evaluate(params, valid_tokens[:4000]))
print(f"one mask {one_mask:.2f}, average of eight {average:.2f}, full matrix {full:.2f} bits")
assert one_mask > full or not as_shipped

# %% [markdown]
# **Exercise 5 (hard).** Couple the gates: $f_t = 1 - i_t$ (Greff et al., 2017). Derive the new $\bar a^i_t$, now
# that $i_t$ reaches the cell by two roads, and check it.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 5: coupled gates
# c_t = (1 - i) c_{t-1} + i g, so dc_t/di = g - c_{t-1}, and da^i = dc (g - c_{t-1}) i (1 - i).
# One step is enough to check it; the forget block gets no gradient.
def coupled_loss(p):
    """Loss of one step of an LSTM with f = 1 - i, on the data of solution 3."""
    h, c = state_3
    i, _, g, o = read_gates(p, inputs_3[0], h)
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
# An LSTM protects its memory: it is scaled entry by entry and added to, with no matrix and no tanh on the way, and gates
# have the say over what is added, kept and shown. Its backward pass has two roads into the state and two into the cell, and the
# cell's second road is the one that lets it learn over long times, if the forget gate starts open. The whole
# lesson on one card (`i, f, g, o` are what `read_gates` returns):
#
# | forward | `step` | backward | `step_backward` |
# |---|---|---|---|
# | F1 $a_t = W_x x_t + W_h h_{t-1} + b$ | `W_x[:, tokens] + W_h @ h + b` | B1 $\bar h_t = W_y^\top\bar\ell_t + W_h^\top\bar a_{t+1}$ | `W_y.T @ dlogits + dh_later` |
# | F2 $i, f, o = \sigma$; $g = \tanh$ | `sigmoid(a_i)`, … | B2 $\bar c_t = \bar h_t \odot o_t \odot (1-\tanh^2 c_t) + \bar c_{t+1}\odot f_{t+1}$ | `dh * o * (1 - np.tanh(c) ** 2) + dc_later` |
# | F3 $c_t = f_t\odot c_{t-1} + i_t\odot g_t$ | `c = f * c + i * g` | B3 $\bar a^i_t = \bar c_t\odot g_t\odot i_t\odot(1-i_t)$ | `dc * g * i * (1 - i)` |
# | F4 $h_t = o_t\odot\tanh(c_t)$ | `h = o * np.tanh(c)` | B4 $\bar a^f_t = \bar c_t\odot c_{t-1}\odot f_t\odot(1-f_t)$ | `dc * c_before * f * (1 - f)` |
# | F5 $\ell_t = W_y h_t + b_y$ | `W_y @ h + b_y` | B5 $\bar a^g_t = \bar c_t\odot i_t\odot(1-g_t^2)$ | `dc * i * (1 - g * g)` |
# | D1 $\ell_t = W_y(d_t\odot h_t) + b_y$ | `mask * h` | B6 $\bar a^o_t = \bar h_t\odot\tanh(c_t)\odot o_t\odot(1-o_t)$ | `dh * np.tanh(c) * o * (1 - o)` |
# | D3 $\tilde W_h = M\odot W_h$ | `keep * W_h` | B7 $\bar W_h = \sum_t\bar a_t h_{t-1}^\top$; D4 times $M$ | `da @ h_before.T` |
# | | | B8 $\bar W_x = \sum_t \bar a_t x_t^\top$ | `da @ x.T` |
# | | | B9 $\bar b = \sum_t \bar a_t$ | `da.sum(axis=1)` |
# | | | B10 $\bar W_y = \sum_t \bar\ell_t h_t^\top$ | `dlogits @ h.T` |
# | | | B11 $\bar b_y = \sum_t \bar\ell_t$ | `dlogits.sum(axis=1)` |
#
# What this page showed:

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title What this page showed, checked
claims = {
    "every entry of every gradient agrees with central differences": gradient_is_right,
    "the check catches four mistakes people make, and exercise 3's a fifth": mistakes_are_caught and one_road_is_caught,
    "weight drop's gradient is right, and three ways to get it wrong are caught": masks_are_right,
    "the crow is told word for word": crow_is_word_for_word,
    "on an eighth of the book weight drop helps more than dropout, and dropout more than nothing":
        by_heart["weight drop"][1] < by_heart["dropout"][1] < by_heart["nothing"][1],
    "the LSTM alone codes test fables in fewer bits than the best table of counts":
        results["LSTM"] < results[table],
    "and in fewer than the best mixture of two tables": results["LSTM"] < results["mixed tables"],
    "the mixture of LSTM and table is better than both": results["mixed"] < results["LSTM"],
    "after training the cell's gradient falls more slowly than the state's, lag 10 to 40":
        left["after training", "c"] > left["after training", "h"],
    "chrono solves recall over 100 steps, bias 1 is at chance at 50":
        recall["chrono"].get(100) == "solved" and recall["bias 1"].get(50) == "chance",
    "on an endless stream the cell without a forget gate learns nothing, bias 1 does":
        grade(stream_right["no forget gate"]) == "chance" and stream_right["bias 1"] > 0.9,
}
for claim, holds in claims.items():
    print("shown:" if holds else "NOT shown:", claim)
assert all(claims.values()) or not as_shipped

# %% [markdown]
# **References**
#
# - F. Gers, J. Schmidhuber, F. Cummins (2000). Learning to forget: continual prediction with LSTM. *Neural Computation* 12.
# - A. Graves, J. Schmidhuber (2005). Framewise phoneme classification with bidirectional LSTM and other neural network architectures. *Neural Networks* 18.
# - K. Greff et al. (2017). LSTM: a search space odyssey. arXiv:1503.04069.
# - S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. *Neural Computation* 9.
# - R. Jozefowicz, W. Zaremba, I. Sutskever (2015). An empirical exploration of recurrent network architectures. *ICML*.
# - A. Karpathy, J. Johnson, L. Fei-Fei (2015). Visualizing and understanding recurrent networks. arXiv:1506.02078.
# - S. Merity, N. Keskar, R. Socher (2018). Regularizing and optimizing LSTM language models. arXiv:1708.02182.
# - C. Tallec, Y. Ollivier (2018). Can recurrent neural networks warp time? arXiv:1804.11188.
# - L. Wan et al. (2013). Regularization of neural networks using DropConnect. *ICML*.
# - W. Zaremba, I. Sutskever, O. Vinyals (2014). Recurrent neural network regularization. arXiv:1409.2329.
#
# Sources of what lesson 1 explained (Adam, Kneser–Ney, mixtures, connectivity, sampling) are listed there.
