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
# You build the gated recurrent unit of Cho et al. (2014) as the paper writes it, derive the four
# roads by which its state reaches the next, and find out which units remember.

# %% [markdown]
# **What you'll do.** Write the forward pass of a gated recurrent unit with the reset before the
# matrix product, derive its backward pass road by road, check it with each road taken away in
# turn, train it on a book of fables, and read its time scales off the update gate.
#
# **What you'll learn.** How one state and two gates do the work of the LSTM's two states and
# three gates; which of the conventions in papers and libraries are only names and which are
# different functions; what the update gate's bias decides.
#
# **What you'll need.** The first lesson, or the chain rule and a quick hand with shapes.
# The page runs from top to bottom in about two minutes on one core.

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
steps = 2400               # updates
learning_rate = 1.4e-2
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
network = "GRU"  # its name in tables and figures
settings = dict(corpus=corpus, seed=seed, hidden_size=hidden_size, batch_size=batch_size,
                seq_len=seq_len, steps=steps, learning_rate=learning_rate, beta2=beta2,
                clip_norm=clip_norm, dropout=dropout, dtype=dtype)
SHIPPED = dict(corpus="fables.txt", seed=0, hidden_size=160, batch_size=16, seq_len=50,
               steps=2400, learning_rate=1.4e-2, beta2=0.99, clip_norm=1.0, dropout=0.15,
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
# The reset gate $r$, the update gate $z$ and the candidate $n$ are stacked in blocks of $H$ rows
# in PyTorch's order $r, z, n$. A superscript picks a block: $W_x^z$ is rows $H$ to $2H$ of $W_x$.
# $a_t$ is the column that enters the gates, before $\sigma$ or tanh (F1 to F3). Cho et al. write
# $W$ for our $W_x$, $U$ for our $W_h$ and $\tilde h_t$ for our $n_t$; they write no biases, and
# we add them.
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $x_t$ | `inputs` | `(T, B)` | characters read, as ids |
# | $y_t$ | `targets` | `(T, B)` | characters to predict, as ids |
# | $h_t$ | `h` | `(T+1, H, B)` | hidden states; `h[0]` is handed in, `h[t+1]` follows input `t` |
# | $r_t, z_t, n_t$ | `gates` | `(T, 3H, B)` | reset gate, update gate, candidate |
# | $r_t \odot h_{t-1}$ | `reset_h` | `(T, H, B)` | what the candidate sees of the past |
# | $m_t$ | `mask` | `(T, H, B)` | dropout mask on the states, or None |
# | $\ell_t$ | `logits` | `(T, V, B)` | scores of the next character |
# | $W_x$ | `W_x` | `(3H, V)` | input to gates |
# | $W_h$ | `W_h` | `(3H, H)` | hidden to gates |
# | $b$ | `b` | `(3H, 1)` | gate biases |
# | $W_y$ | `W_y` | `(V, H)` | hidden to logits |
# | $b_y$ | `b_y` | `(V, 1)` | output bias |
# | $\partial L/\partial \ell_t$ | `dlogits` | `(T, V, B)` | gradient at the logits |
# | $\delta_t = \partial L/\partial h_t$ | `dh` | `(T, H, B)` | gradient at the states, by all roads |
# | $\alpha_t = \partial L/\partial a_t$ | `da` | `(T, 3H, B)` | gradient at what enters the gates |
#
# $\odot$ multiplies entry by entry; $\sigma(a) = 1/(1+e^{-a})$ and $\tanh$ act on each entry.

# %% [markdown]
# ## 4 Forward pass
#
# The gated recurrent unit has one state. The *reset gate* decides how much of the past the
# candidate may see; the *update gate* decides how much of the old state is kept, and how much is
# replaced by the candidate:
#
# $$r_t = \sigma(a^r_t), \qquad a^r_t = W_x^r x_t + W_h^r h_{t-1} + b^r \tag{F1}$$
# $$z_t = \sigma(a^z_t), \qquad a^z_t = W_x^z x_t + W_h^z h_{t-1} + b^z \tag{F2}$$
# $$n_t = \tanh(a^n_t), \qquad a^n_t = W_x^n x_t + W_h^n (r_t \odot h_{t-1}) + b^n \tag{F3}$$
# $$h_t = z_t \odot h_{t-1} + (1 - z_t) \odot n_t \tag{F4}$$
# $$\ell_t = W_y (m_t \odot h_t) + b_y \tag{F5}$$
#
# This is the text of Cho et al. (2014) in its published version, section 2.3: the reset comes
# *before* the matrix product in F3, and $z$ keeps the *old* state. The mask $m_t$ is all ones
# except in training with dropout.
#
# The update gate plays the part of the forget gate in the LSTM, the network of the second lesson. With a bias $b^z$ it keeps about
# $\sigma(b^z)$ a step; *chrono* initialisation (Tallec & Ollivier, 2018) starts from $T_{\max}$,
# the longest memory you expect to need, and draws $b^z = \log u$, $u$ uniform between 1 and
# $T_{\max} - 1$. A gate with bias $\log u$ keeps $u/(1+u)$ a step: it forgets over about $u$ steps, so
# the units start out with all time scales up to $T_{\max}$. Each gate's block of $W_h$ starts
# orthogonal.

# %%
# include: forward/orthogonal.py

# %% tags=["define"]
def init_params(*, vocab_size, hidden_size, rng, dtype=np.float64, update_bias=0.0, chrono=None):
    """Parameters of Cho's GRU with V = `vocab_size` and H = `hidden_size`.

    `update_bias` is where b^z starts; `chrono=T_max` (more than 2) draws it for time scales up
    to T_max instead (Tallec & Ollivier, 2018, section 3).
    """
    V, H = vocab_size, hidden_size
    params = {
        "W_x": rng.uniform(-1, 1, size=(3 * H, V)),
        "W_h": np.concatenate([orthogonal(H, rng) for _ in range(3)]), "b": np.zeros((3 * H, 1)),
        "W_y": rng.normal(size=(V, H)) / np.sqrt(H), "b_y": np.zeros((V, 1)),
    }
    params["b"][H : 2 * H] = update_bias
    if chrono is not None:
        params["b"][H : 2 * H] = np.log(rng.uniform(1, chrono - 1, size=(H, 1)))
    return {name: p.astype(dtype) for name, p in params.items()}


def zero_state(params, batch_size):
    """The state before the first character: zeros (H, B)."""
    return np.zeros((params["W_h"].shape[1], batch_size), params["W_h"].dtype)

# %%
# include: forward/rows.py

# %% [markdown]
# What needs no past is computed for every time step at once: `drive`, which holds
# $W_x x_t + b$, and all of F5. In the loop, `r`, `z`, `n` are views of the rows of `gates` for one
# step, filled in place (`out=`) with what enters the gates first and then with the gates. The reset
# gate must be ready before the candidate's product: two products a step, one after the other,
# where the LSTM has one. Count with care: pass `t` of the loop is the step that reads `h[t]`, its
# $h_{t-1}$, and writes `h[t + 1]`, its $h_t$; `inputs[t]`, `gates[t]`, `dh[t]` and `da[t]` belong to
# that same step.

# %% tags=["define"]
Cache = namedtuple("Cache", "inputs targets h gates reset_h mask logits dlogits")


def forward(params, inputs, targets, state, mask=None):
    """Run the network over `inputs` (T, B) from `state` (H, B).

    Returns the mean cross-entropy with `targets` (T, B) in nats a token, the last state, and
    the cache for `backward`. `mask` (T, H, B) multiplies the states the output layer sees.
    """
    (T, B), W_h, H = inputs.shape, params["W_h"], params["W_h"].shape[1]
    drive = params["W_x"][:, inputs]                   # (3H, T, B)
    drive += params["b"][:, :, None]
    drive = drive.swapaxes(0, 1)                       # (T, 3H, B)   W_x x + b of F1 to F3, all t at once
    h, reset_h = empty_steps(T + 1, H, B, W_h.dtype), empty_steps(T, H, B, W_h.dtype)
    gates = np.empty((T, 3 * H, B), W_h.dtype)
    h[0] = state
    for t in range(T):
        (r, z, n), rz = gates[t].reshape(3, H, B), gates[t, : 2 * H]
        np.matmul(W_h[: 2 * H], h[t], out=rz)
        rz += drive[t, : 2 * H]
        sigmoid(rz, out=rz)                            # (2H, B)      F1, F2
        reset_h[t] = r * h[t]
        np.matmul(W_h[2 * H :], reset_h[t], out=n)
        n += drive[t, 2 * H :]
        tanh(n, out=n)                                 # (H, B)       F3
        h[t + 1] = z * h[t] + (1 - z) * n              # (H, B)       F4
    shown = h[1:] if mask is None else mask * h[1:]
    logits = params["W_y"] @ shown + params["b_y"]     # (T, V, B)    F5, all t at once
    loss, dlogits = softmax_cross_entropy(logits, targets)
    return loss, h[-1].copy(), Cache(inputs, targets, h, gates, reset_h, mask, logits, dlogits)

# %% tags=["define"]
def step(params, tokens, state):
    """One time step without targets: `tokens` (B,), `state` (H, B) -> logits (V, B), state."""
    H, W_h = len(state), params["W_h"]
    a = params["W_x"][:, tokens] + params["b"]
    r, z = sigmoid(a[: 2 * H] + W_h[: 2 * H] @ state).reshape(2, *state.shape)    # F1, F2
    n = np.tanh(a[2 * H :] + W_h[2 * H :] @ (r * state))                          # F3
    state = z * state + (1 - z) * n                                               # F4
    return params["W_y"] @ state + params["b_y"], state                           # F5

# %% [markdown]
# One time step. Solid arrows are the forward pass, dashed ones the four roads by which the
# gradient gets from $h_t$ back to $h_{t-1}$. The two gates read $x_t$ and $h_{t-1}$ (box below
# left), the candidate reads $x_t$ and the reset state. Section 6 derives the roads and says what
# $\delta_t$, $\rho_t$ and $\alpha_t$ are.

# %% jupyter={"source_hidden": true} cellView="form"
#@title The cell: forward paths and backward roads
fig, ax = plt.subplots(figsize=(8.2, 4.4))
boxes = {r"$h_{t-1}$": (0.6, 3.6), r"$z_t\odot$": (6.3, 3.6), r"$+$": (8.0, 3.6), r"$h_t$": (9.5, 3.6),
         r"$r_t\odot$": (2.9, 2.1), r"$W_h^n$": (4.3, 2.1), r"$n_t$": (5.6, 2.1), r"$(1-z_t)\odot$": (8.0, 2.1),
         r"$r_t$": (2.9, 0.8), r"$z_t$": (7.0, 0.8), r"$x_t$": (5.6, 1.0), r"$x_t,\, h_{t-1}$": (0.1, 0.0)}
for name, (x, y) in boxes.items():
    ax.text(x, y, name, ha="center", va="center", fontsize=12,
            bbox=dict(boxstyle="round,pad=0.3", facecolor="white", edgecolor=GREY), zorder=3)
paths = [(r"$h_{t-1}$", r"$z_t\odot$"), (r"$z_t\odot$", r"$+$"), (r"$+$", r"$h_t$"), (r"$h_{t-1}$", r"$r_t\odot$"),
         (r"$r_t\odot$", r"$W_h^n$"), (r"$W_h^n$", r"$n_t$"), (r"$n_t$", r"$(1-z_t)\odot$"), (r"$(1-z_t)\odot$", r"$+$"),
         (r"$r_t$", r"$r_t\odot$"), (r"$z_t$", r"$(1-z_t)\odot$"), (r"$z_t$", r"$z_t\odot$"),
         (r"$x_t,\, h_{t-1}$", r"$r_t$"), (r"$x_t,\, h_{t-1}$", r"$z_t$"), (r"$x_t$", r"$n_t$")]
for start, end in paths:
    (x0, y0), (x1, y1) = boxes[start], boxes[end]
    near = 0.5 / np.hypot(x1 - x0, y1 - y0)
    far = near * (1.5 if x1 - x0 > 2 and y0 == y1 == 2.1 else 1)     # before the widest box
    ax.annotate("", (x1 - far * (x1 - x0), y1 - far * (y1 - y0)), (x0 + near * (x1 - x0), y0 + near * (y1 - y0)),
                arrowprops=dict(arrowstyle="-|>", color=BLUE, lw=1.5))
roads = [((9.3, 3.95), (0.7, 3.95), 0.12, (4.9, 4.75), r"1 copy: $\delta_t\odot z_t$"),
         ((5.4, 2.45), (1.0, 3.3), 0.16, (3.6, 3.1), r"2 candidate: $r_t\odot\rho_t$"),
         ((6.8, 0.4), (0.3, 3.25), -0.62, (3.9, -0.95), r"3 update gate: $W_h^{z\top}\alpha^z_t$"),
         ((2.6, 0.95), (0.55, 3.2), -0.25, (1.35, 1.75), "4 reset gate:\n" + r"$W_h^{r\top}\alpha^r_t$")]
for start, end, bend, place, label in roads:
    ax.annotate("", end, start, arrowprops=dict(arrowstyle="-|>", color=ORANGE, lw=1.5, linestyle="--",
                                                connectionstyle=f"arc3,rad={bend}"))
    ax.text(*place, label, color=ORANGE, ha="center", va="center", fontsize=10.5, zorder=4,
            bbox=dict(facecolor="white", edgecolor="none", pad=1))
ax.set(xlim=(-0.9, 9.9), ylim=(-1.4, 5.0), title="Four roads lead from $h_t$ back to $h_{t-1}$")
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
    return params, inputs, targets, 0.5 * rng.normal(size=(H, B))

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
for name in ("h", "gates", "reset_h", "mask", "logits", "dlogits"):
    print(name, getattr(cache, name).shape)

# %% [markdown]
# **Which GRU?** Papers and libraries differ in two ways. One is only a name. Chung et al. (2014)
# and Bahdanau et al. (2015) write $h_t = (1-z_t)\odot h_{t-1} + z_t \odot n_t$. Since
# $1 - \sigma(a) = \sigma(-a)$, that is the same network with the signs of $W_x^z$, $W_h^z$ and
# $b^z$ turned round. The other is a different function. PyTorch and cuDNN reset *after* the
# product, $r_t \odot (W_h^n h_{t-1} + b')$ with a second bias $b'$, in place of
# $W_h^n (r_t \odot h_{t-1})$; the first version of Cho's preprint had the reset after the product
# too. Even with $b' = 0$, as in the cell below, the two agree for every $r_t$ and $h_{t-1}$ only
# if $W_h^n$ is diagonal: each hidden unit feeds itself alone.

# %% tags=["define"]
def one_step(params, tokens, h, swap_z=False, reset_after=False):
    """The next state (H, B) from `h` (H, B), in either convention for z and for the reset."""
    H, W_h = len(h), params["W_h"]
    a = params["W_x"][:, tokens] + params["b"]
    r, z = sigmoid(a[: 2 * H] + W_h[: 2 * H] @ h).reshape(2, *h.shape)
    past = r * (W_h[2 * H :] @ h) if reset_after else W_h[2 * H :] @ (r * h)
    n = np.tanh(a[2 * H :] + past)
    return (1 - z) * h + z * n if swap_z else z * h + (1 - z) * n

# %%
ours = one_step(params, inputs[0], state)
flipped = {name: p.copy() for name, p in params.items()}
for name in ("W_x", "W_h", "b"):
    flipped[name][4:8] *= -1                                   # the z block, H = 4
diagonal = {**params, "W_h": params["W_h"].copy()}
diagonal["W_h"][8:] *= np.eye(4)                               # the n block
swap_is_a_name = np.allclose(ours, one_step(flipped, inputs[0], state, swap_z=True), atol=1e-12)
after_differs = not np.allclose(ours, one_step(params, inputs[0], state, reset_after=True), atol=1e-3)
diagonal_agrees = np.allclose(one_step(diagonal, inputs[0], state),
                              one_step(diagonal, inputs[0], state, reset_after=True), atol=1e-12)
print("z swapped, signs turned: same state:", swap_is_a_name)
print("reset after the product: another state:", after_differs)
print("reset after, diagonal matrix: same state:", diagonal_agrees)

# %%
# include: data/char_corpus.py baselines

# %% [markdown]
# ## 6 Backward pass
#
# Write $\delta_t = \partial L/\partial h_t$ and $\alpha_t = \partial L/\partial a_t$, with blocks
# $\alpha^r, \alpha^z, \alpha^n$. Suppose $\delta_t$ is known.
#
# **Into the gates.** In F4, $n_t$ stands with the factor $1 - z_t$, and $z_t$ with $h_{t-1}$ and,
# with a minus sign, $n_t$. Multiply by the slopes of $\tanh$ and $\sigma$:
#
# $$\alpha^n_t = \delta_t \odot (1 - z_t) \odot (1 - n_t \odot n_t) \tag{B1}$$
# $$\alpha^z_t = \delta_t \odot (h_{t-1} - n_t) \odot z_t \odot (1 - z_t) \tag{B2}$$
#
# The reset gate acts one product further in. Let $\rho_t$ be the gradient at $r_t \odot h_{t-1}$.
# By F3, entry $k$ of that moves $a^n_{t,j}$ at the rate $W^n_h[j,k]$; sum over $j$. Then $r_t$
# stands beside $h_{t-1}$:
#
# $$\rho_t = W_h^{n\top} \alpha^n_t \tag{B3}$$
# $$\alpha^r_t = \rho_t \odot h_{t-1} \odot r_t \odot (1 - r_t) \tag{B4}$$
#
# **Four roads back.** Where a quantity reaches the loss by several roads, a small change of it
# changes the loss through each, and to first order these changes add. $h_{t-1}$ stands at four places: copied by $z$ in F4; inside the candidate,
# as $r_t \odot h_{t-1}$, in F3; and under $W_h^z$ in F2 and $W_h^r$ in F1. A fifth road leads to
# its own logits (F5). For $t = 2, \dots, T$:
#
# $$\delta_{t-1} = m_{t-1} \odot \Big(W_y^\top \frac{\partial L}{\partial \ell_{t-1}}\Big) +  \delta_t \odot z_t + \rho_t \odot r_t + W_h^{z\top} \alpha^z_t + W_h^{r\top} \alpha^r_t \tag{B5}$$
#
# At the last step of the window only the first term is there. The second, the copy, has no
# matrix and no squashing: where $z$ is near 1 the gradient passes unchanged, as it does along
# the LSTM's cell. In the code $r$ and $z$ share one product; `without` names a road to leave
# out, for the experiment in section 7.

# %% tags=["define"]
def state_gradients(params, cache, without=()):
    """Gradients at the states `dh` (T, H, B) and at what enters the gates `da` (T, 3H, B).

    `without` may name roads of B5 to leave out: "copy", "candidate", "update", "reset".
    """
    dh = params["W_y"].T @ cache.dlogits               # (T, H, B)    B5, first term, all t at once
    if cache.mask is not None:
        dh *= cache.mask                               # (T, H, B)    B5, the mask
    T, H, B = dh.shape
    back_rz, back_n = params["W_h"][: 2 * H].T.copy(), params["W_h"][2 * H :].T.copy()
    back_rz[:, :H] *= "reset" not in without
    back_rz[:, H:] *= "update" not in without
    da, alpha = empty_steps(T, 3 * H, B, dh.dtype), np.empty((3 * H, B), dh.dtype)
    a_r, a_z, a_n = alpha.reshape(3, H, B)
    for t in reversed(range(T)):
        (r, z, n), h = cache.gates[t].reshape(3, H, B), cache.h[t]  # h is h_{t-1}
        np.multiply(dh[t] * (1 - z), 1 - n * n, out=a_n)           # (H, B)   B1
        np.multiply(dh[t] * (h - n), z * (1 - z), out=a_z)         # (H, B)   B2
        rho = back_n @ a_n                                         # (H, B)   B3
        np.multiply(rho * h, r * (1 - r), out=a_r)                 # (H, B)   B4
        da[t] = alpha
        if t > 0:
            dh[t - 1] += back_rz @ alpha[: 2 * H]                  # (H, B)   B5, update and reset
            if "copy" not in without:
                dh[t - 1] += dh[t] * z                             # (H, B)   B5, copy
            if "candidate" not in without:
                dh[t - 1] += rho * r                               # (H, B)   B5, candidate
    return dh, da

# %% [markdown]
# **The parameters.** At every step, entry $W_h^r[j,k]$ moves only $a^r_{t,j}$, at the rate
# $h_{t-1,k}$, and likewise for $W_h^z$; but $W_h^n$ multiplies $r_t \odot h_{t-1}$, so its entry moves
# $a^n_{t,j}$ at the rate $r_{t,k}\,h_{t-1,k}$. $W_x[j,v]$ moves $a_{t,j}$ at the rate $x_{t,v}$ and $b_j$
# at the rate 1; $W_y[v,k]$ moves $\ell_{t,v}$ at the rate $m_{t,k}\,h_{t,k}$ and $b_{y,v}$ at the rate 1:
#
# $$\frac{\partial L}{\partial W_h^{r}} = \sum_{t=1}^{T} \alpha^{r}_t\, h_{t-1}^\top, \qquad
#   \frac{\partial L}{\partial W_h^{z}} = \sum_{t=1}^{T} \alpha^{z}_t\, h_{t-1}^\top \tag{B6}$$
# $$\frac{\partial L}{\partial W_h^{n}} = \sum_{t=1}^{T} \alpha^{n}_t\, (r_t \odot h_{t-1})^\top \tag{B7}$$
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
    """Gradients of all parameters, given `da` (T, 3H, B): same keys and shapes as `params`."""
    dlogits, h, H = cache.dlogits, cache.h, params["W_h"].shape[1]
    x = np.eye(len(params["W_y"]), dtype=da.dtype)[cache.inputs].swapaxes(1, 2)    # (T, V, B)
    shown = h[1:] if cache.mask is None else cache.mask * h[1:]
    dW_h = [outer_sum(da[:, : 2 * H], h[:-1]),         # (2H, H)      B6: h_{t-1}
            outer_sum(da[:, 2 * H :], cache.reset_h)]  # (H, H)       B7
    return {
        "W_x": outer_sum(da, x),                       # (3H, V)      B8
        "W_h": np.concatenate(dW_h),                   # (3H, H)
        "b": da.sum(axis=(0, 2))[:, None],             # (3H, 1)      B9
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
# **Break it, road by road.** Leave out one of the four roads of B5 at a time. Each is needed: the
# gates' parameters go wrong, while the output layer, which hangs on the logits alone, stays
# right.

# %%
roads_are_needed = True
for road in ("copy", "candidate", "update", "reset"):
    lame = weight_gradients(params, cache, state_gradients(params, cache, without=road)[-1])
    errors = check_gradients(tiny_loss, params, lame)
    spoiled = [name for name, error in errors.items() if error > 1e-6]
    roads_are_needed &= spoiled == ["W_x", "W_h", "b"]
    print(f"without {road}: wrong {', '.join(spoiled)}")

# %% [markdown]
# Two more that are easy to make: $h_{t-1}$ for $r_t \odot h_{t-1}$ in B7, the reset forgotten; and
# $n_t - h_{t-1}$ in B2, as if $z$ had the other convention.

# %%
after = weight_gradients(params, cache._replace(reset_h=cache.h[:-1]), state_gradients(params, cache)[-1])
errors_after = check_gradients(tiny_loss, params, after)
turned = state_gradients(params, cache)[-1].copy()
turned[:, 4:8] *= -1
errors_turned = check_gradients(tiny_loss, params, weight_gradients(params, cache, turned))
mistakes_are_caught = errors_after["W_h"] > 1e-6 and errors_turned["W_h"] > 1e-6
print("reset forgotten in B7 is caught:", errors_after["W_h"] > 1e-6)
print("z turned round is caught:", errors_turned["W_h"] > 1e-6)

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
# Two models with close scores are clearly better together. The LSTM lesson looks into where such
# a pair differs. The table of results in the README puts the three networks side by side.
#
# **The price.** An LSTM of equal size has four blocks of rows where the GRU has three. Which GRU
# has as many parameters as an LSTM of this size? (How long an update of each takes is for the
# scripts in `benchmarks/` to say, because a time is never the same twice.)

# %% tags=["define"]
def parameter_count(blocks, V, H):
    """Number of parameters of a gated network with `blocks` blocks of H rows."""
    return blocks * H * (V + H + 1) + V * (H + 1)

# %%
as_lstm = parameter_count(4, V, hidden_size)
equal_size = next(H for H in range(hidden_size, 2 * hidden_size) if parameter_count(3, V, H) >= as_lstm)
print(f"GRU of {hidden_size} units: {parameter_count(3, V, hidden_size):,} parameters")
print(f"LSTM of {hidden_size} units: {as_lstm:,} parameters, as many as a GRU of {equal_size} units")

# %%
# include: results/learning_curve.py

# %% [markdown]
# At 240 updates of a small network, more text buys the table more than the network, which has no
# time to read the longer text often enough. What limits the network at this point is its size and
# its training, not the text: the network of section 8, with more units and more updates on the
# same text, is far below (the star).

# %% [markdown]
# ## 10 Look inside
#
# ### How far back does the gradient reach?
#
# Take the loss $L_T$ of the *last* character of windows of 50 from the validation fables, and measure
# $\partial L_T/\partial h_t$ by the lag $T-t$, before and after training.

# %%
# include: look_inside/lag.py

# %%
windows = make_streams(valid_tokens, 64, min(50, (len(valid_tokens) - 1) // 64))
lag_inputs, lag_targets = (side[:50] for side in windows)
lag_norms = {}
fig, ax = plt.subplots()
for name, p in (("before training", untrained), ("after training", params)):
    dh = last_loss_gradients(p, lag_inputs, lag_targets)[0]
    lag_norms[name] = np.linalg.norm(dh, axis=1).mean(axis=1)[::-1]
    ax.semilogy(lag_norms[name], label=name)
ax.set(xlabel="lag $T-t$ (characters)", ylabel=r"mean norm of $\partial L_T/\partial h_t$",
       title="Training lengthens the gradient's reach")
ax.legend()
plt.show()
lag_ratio = {name: series[min(30, len(series) - 1)] / series[0] for name, series in lag_norms.items()}
for name, ratio in lag_ratio.items():
    print(f"{name}: at lag 30, {ratio:.2g} of the gradient is left")

# %% [markdown]
# The heat map shows the share of the *entries* of $\partial L_T/\partial h_t$ at each magnitude,
# one column a lag. After training the band falls
# more slowly and is wider. That alone does not say why: the next experiments show that nearly all
# units are fast, and a fast unit's gradient can still live long if it feeds a slow one.

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.2), sharey=True)
edges = np.arange(-9, 0.5, 0.5)
for ax, (name, p) in zip(axes, (("before training", untrained), ("after training", params))):
    magnitude = np.log10(np.abs(last_loss_gradients(p, lag_inputs, lag_targets)[0]) + 1e-300)[::-1]
    heat = np.array([np.histogram(np.clip(m, -9, 0), edges)[0] / m.size for m in magnitude])
    drawn = ax.pcolormesh(np.arange(len(heat) + 1), edges, heat.T, cmap="Blues")
    ax.set(title=name, xlabel="lag $T-t$ (characters)")
    print(f"{name}: median entry at the last lag is 10^{np.median(magnitude[-1]):.1f}, "
          f"top percent above 10^{np.quantile(magnitude[-1], 0.99):.1f}")
axes[0].set_ylabel("log10 of an entry's size")
fig.colorbar(drawn, ax=axes, label="share of entries")
plt.show()

# %% [markdown]
# ### What was it looking at?
#
# *Connectivity* (Madsen, 2019): the length of the gradient of one prediction's loss with respect
# to each earlier character, $W_x^\top\alpha_t$. The darker a character, the more it counted; each
# row is scaled to its own largest.

# %%
# include: data/char_corpus.py connectivity

# %% [markdown]
# ### Which units remember?
#
# The update gate can be read as a clock. A unit that keeps $z$ a step forgets over about
# $-1/\ln z$ steps. Take each unit's mean of $\ln z$ over some training text: the time constant
# of its memory along the copy road.

# %% tags=["define"]
def time_constants(params, tokens):
    """Time constant of each unit (H,), in steps, from the mean of ln z while reading `tokens` (N,)."""
    _, _, cache = forward(params, tokens[:, None], tokens[:, None], zero_state(params, 1))
    H = params["W_h"].shape[1]
    return -1 / np.log(np.maximum(cache.gates[:, H : 2 * H, 0], 1e-12)).mean(axis=0)

# %%
clocks = {name: time_constants(p, train_tokens[:8000])
          for name, p in (("before training", untrained), ("after training", params))}
fig, ax = plt.subplots()
edges = np.geomspace(0.1, 1000, 41)
for (name, constants), (colour, style) in zip(clocks.items(), STYLES):
    ax.hist(np.clip(constants, 0.1, 1000), edges, histtype="step", color=colour, linestyle=style, linewidth=1.6, label=name)
ax.set(xscale="log", xlabel="time constant of a unit (characters)", ylabel="units",
       title="Training makes most units faster and a few far slower")
ax.legend()
plt.show()
for name, constants in clocks.items():
    print(f"{name}: median {np.median(constants):.2g} characters, slowest {constants.max():.2g}, "
          f"units above 3: {(constants > 3).sum()}")

# %% [markdown]
# Most units have become *faster* than they started: they replace most of what they hold at every
# character. A handful have become slow. Is a slow unit really a memory? Measure it on unseen text:
# how well does each unit's state now predict its own state two, five and twenty characters later?

# %%
_, _, seen = forward(params, valid_tokens[:8000, None], valid_tokens[:8000, None], zero_state(params, 1))
states = seen.h[1:, :, 0] - seen.h[1:, :, 0].mean(axis=0)
by_clock, persistence, few = np.argsort(clocks["after training"]), {}, max(hidden_size // 20, 1)
fig, axes = plt.subplots(1, 3, figsize=(8.6, 2.8), sharey=True)
for ax, ahead in zip(axes, (2, 5, 20)):
    persistence[ahead] = (states[:-ahead] * states[ahead:]).sum(axis=0) / (states**2).sum(axis=0)
    ax.semilogx(np.clip(clocks["after training"], 0.1, 1000), persistence[ahead], "o", markersize=3, alpha=0.6)
    ax.set(xlabel="time constant from z", title=f"{ahead} characters later")
    slow, rest = persistence[ahead][by_clock[-few:]].mean(), persistence[ahead][by_clock[:-few]].mean()
    print(f"{ahead} characters later: the {few} slowest units {slow:.2f}, the others {rest:.2f}")
axes[0].set_ylabel("correlation with itself")
plt.show()

# %% [markdown]
# The clock tells the truth: the slowest units still resemble themselves after five characters, a
# whole word, where the others do not; after twenty, two of them still do. This shows
# that a handful of units hold something over a word; it does not show what, or that a prediction
# uses it.

# %%
slowest = int(np.argmax(clocks["after training"]))
start = min(4000, max(len(seen.h) - 433, 0))
shade = seen.h[1 + start : 433 + start, slowest, 0]
low, high = seen.h[1:, slowest, 0].min(), seen.h[1:, slowest, 0].max()
shade = (shade - low) / (high - low + 1e-12)
fig, ax = plt.subplots(figsize=(8.6, 1.9))
colour_text(ax, valid_text[start : start + 432], shade)
ax.set_title(f"The slowest unit ({slowest}) jumps at quotation marks and drifts between them")
plt.show()
print(f"drawn: {len(shade)} characters, mean shade {shade.mean():.2f}")

# %% [markdown]
# Between quotation marks the shade drifts over many words; at a mark it jumps. So this unit seems
# to follow quoted speech. One stretch of text is a hint, no more. The LSTM lesson shows how to
# test it: state the property, choose the unit on training text, measure on validation text.
#
# ### How long can it remember at all?

# %%
# include: look_inside/recall.py

# %% [markdown]
# Three ways to start the update gate, everything else equal: bias 0, the default; bias 1; and
# chrono with $T_{\max}$ equal to the number of steps. Each has at most 400 updates and one seed.
# *Solved* means at least 95 % right on new sequences, *chance* below 25 %. A start that is at
# chance at one $k$ is not tried at longer ones.

# %% tags=["train"]
recall_lags = (10, 20, 50, 100)
starts = {"bias 0": dict(update_bias=0.0), "bias 1": dict(update_bias=1.0), "chrono": "chrono"}
recall = {}
for name, start in starts.items():
    recall[name] = []
    for k in recall_lags:
        if recall[name] and grade(recall[name][-1]) == "chance":
            break  # what fails at one k is not tried at a longer one
        rng = np.random.default_rng(seed)
        options = {"chrono": k + 1} if start == "chrono" else start
        p = init_params(vocab_size=8, hidden_size=48, rng=rng, **options)
        recall[name].append(train_recall(p, k, steps=400, learning_rate=1e-2, rng=rng))
    print(f"{name:14s}", "  ".join(f"k={k}: {grade(a)}" for k, a in zip(recall_lags, recall[name])))

# %%
fig, ax = plt.subplots()
for (name, accuracy), marker in zip(recall.items(), "os^D"):
    ax.plot(recall_lags[: len(accuracy)], accuracy, marker=marker, label=name)
baseline(ax, 1 / 8, "guessing")
ax.set(xscale="log", xticks=recall_lags, xticklabels=recall_lags, xlabel="k, steps to remember over",
       ylabel="accuracy on new sequences", title="The update gate's bias decides what can be remembered")
ax.legend()
plt.show()
reach = {name: max([k for k, a in zip(recall_lags, acc) if grade(a) == "solved"], default=0) for name, acc in recall.items()}
print("longest k solved:", ", ".join(f"{name} {k}" for name, k in reach.items()))

# %% [markdown]
# At bias 0 a unit keeps half of itself a step, at bias 1 about three quarters. Along the copy road
# that is what is left of the gradient, too. The other roads add something that also falls
# exponentially. At 20 steps with bias 0, and at 50 with bias 1, nothing is learned in the updates
# given. With chrono some units start with the time constant the task needs, and the rest is easy.

# %% [markdown]
# ## 11 Generate

# %%
# include: generate/sampling.py ways

# %% [markdown]
# ## 12 On your own
#
# **Exercise 1 (easy).** What does the GRU become when $z_t = 0$ and $r_t = 1$ at every step? Verify
# it with biases that force the gates.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 1: the simple network inside
params_tiny, inputs_tiny, targets_tiny, state_tiny = tiny_example(np.random.default_rng(seed))
tokens_tiny = inputs_tiny[0]
# h = n = tanh(W_x x + W_h h + b): Elman's network with a tanh.
forced = {name: p.copy() for name, p in params_tiny.items()}
forced["b"][:4], forced["b"][4:8] = 1e3, -1e3                  # r = 1, z = 0
simple = np.tanh(forced["W_x"][8:, tokens_tiny] + forced["W_h"][8:] @ state_tiny + forced["b"][8:])
assert np.allclose(one_step(forced, tokens_tiny, state_tiny), simple)
print("the same state as the simple network's")

# %% [markdown]
# **Exercise 2 (easy).** Which bias $b^z$ gives a unit that hears nothing else a time constant
# $-1/\ln \sigma(b^z)$ of 100 steps? Compare it with $\log 100$.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 2: a clock of a hundred steps
# z = exp(-1/100), and b = log(z / (1 - z)).
kept = np.exp(-1 / 100)
b_z = np.log(kept / (1 - kept))
print(f"b_z = {b_z:.3f}, log 100 = {np.log(100):.3f}")
assert abs(b_z - np.log(100)) < 0.01

# %% [markdown]
# **Exercise 3 (medium).** Which of the four roads carries most of the gradient in the trained
# network? Leave each out in turn and compare the length of $\partial L_T/\partial h_t$ at lag 10
# with the full one's. Guess first.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 3: the busiest road
last_only = np.full_like(lag_targets, -1)
last_only[-1] = lag_targets[-1]
_, _, lag_cache = forward(params, lag_inputs, last_only, zero_state(params, lag_inputs.shape[1]))
lag = min(10, len(lag_inputs) - 1)
full = np.linalg.norm(state_gradients(params, lag_cache)[0][-1 - lag])
left = {road: np.linalg.norm(state_gradients(params, lag_cache, without=road)[0][-1 - lag]) / full
        for road in ("copy", "candidate", "update", "reset")}
for road, ratio in left.items():
    print(f"without {road}: {ratio:.2g} of the gradient's length at lag {lag}")
assert min(left, key=left.get) == "copy" or not as_shipped

# %% [markdown]
# **Exercise 4 (medium).** Show that with $T=1$ and $h_0=0$, Cho's GRU and one that resets after the
# product give the same state, whatever the weights (in PyTorch's, if its second bias is 0). Why can a test that starts from a zero state and runs one step not
# tell them apart?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 4: a test that cannot fail
# With h = 0 both r * (W h) and W (r * h) are zero. A parity test must start from a state that is
# not zero, or run two steps. With PyTorch's second bias b', one step from zero is enough: r * b'.
zero = np.zeros_like(state_tiny)
same = one_step(params_tiny, tokens_tiny, zero), one_step(params_tiny, tokens_tiny, zero, reset_after=True)
assert np.array_equal(*same)
print("equal from the zero state")

# %% [markdown]
# **Exercise 5 (hard).** Derive the backward pass of one step with the reset *after* the product,
# $n = \tanh(W_x^n x + b^n + r \odot (W_h^n h))$: the new $\alpha^r$ and the gradient of $W_h^n$.
# Check both.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 5: reset after the product
# q = W_h^n h. alpha^r = alpha^n * q * r (1 - r), and dW_h^n = (alpha^n * r) h^T.
def after_loss(p):
    """Loss of one step with the reset after the product, and what its gradient needs."""
    h = one_step(p, tokens_tiny, state_tiny, reset_after=True)
    return softmax_cross_entropy((p["W_y"] @ h + p["b_y"])[None], targets_tiny[:1])


p, h = params_tiny, state_tiny
a = p["W_x"][:, tokens_tiny] + p["b"]
r, z = sigmoid(a[:8] + p["W_h"][:8] @ h).reshape(2, 4, 3)
q = p["W_h"][8:] @ h
n = np.tanh(a[8:] + r * q)
dh = p["W_y"].T @ after_loss(p)[1][0]
a_n, a_z = dh * (1 - z) * (1 - n * n), dh * (h - n) * z * (1 - z)
a_r = a_n * q * r * (1 - r)
after_grads = {"W_h": np.concatenate([a_r @ h.T, a_z @ h.T, (a_n * r) @ h.T]),
               "b": np.concatenate([a_r, a_z, a_n]).sum(axis=1, keepdims=True)}
errors = check_gradients(lambda q: after_loss({**p, **q})[0], {k: p[k] for k in after_grads}, after_grads)
assert verdict(errors)

# %% [markdown]
# ## 13 Summary and references
#
# A GRU keeps one state and lets one gate decide, unit by unit, between keeping and replacing. Its
# state reaches the next along four roads; one of them is a plain copy, and that road is what
# lets it learn over long times, if $z$ starts near enough to 1. This page showed:

# %%
claims = {
    "every entry of every gradient agrees with central differences": gradient_is_right,
    "each of the four roads back is needed": roads_are_needed,
    "the check catches a reset forgotten in B7, and z turned round": mistakes_are_caught,
    "swapping z is a change of signs, moving the reset is another function": swap_is_a_name and after_differs and diagonal_agrees,
    "the crow is told word for word": crow_is_word_for_word,
    "the GRU comes within 0.05 bit of the best n-gram, or passes it": results["GRU"] < results[f"{ngram_order}-gram"] + 0.05,
    "the mixture is better than both by more than 0.05 bit": min(results["GRU"], results[f"{ngram_order}-gram"])
        - min(results.values()) > 0.05,
    "at 240 updates more text helps the n-gram more than the network": gain["n-gram"] > gain["network"],
    "training lengthens the gradient's reach": lag_ratio["after training"] > lag_ratio["before training"],
    "the slowest units hold their value over 5 characters of unseen text, the others do not":
        persistence[5][by_clock[-few:]].mean() > 0.25 > 0.1 > persistence[5][by_clock[:-few]].mean(),
    "chrono solves recall over 100 steps, bias 0 and bias 1 are at chance at 50 or before":
        reach["chrono"] == 100 and all(grade(recall[b][-1]) == "chance" for b in ("bias 0", "bias 1")),
}
for claim, holds in claims.items():
    print("shown:" if holds else "NOT shown:", claim)
assert all(claims.values()) or not as_shipped

# %% [markdown]
# **References**
#
# - D. Bahdanau, K. Cho, Y. Bengio (2015). Neural machine translation by jointly learning to align and translate. arXiv:1409.0473.
# - S. Chen, J. Goodman (1999). An empirical study of smoothing techniques for language modeling. *Computer Speech & Language* 13.
# - K. Cho et al. (2014). Learning phrase representations using RNN encoder-decoder for statistical machine translation. arXiv:1406.1078, version 3.
# - J. Chung et al. (2014). Empirical evaluation of gated recurrent neural networks on sequence modeling. arXiv:1412.3555.
# - A. Holtzman et al. (2020). The curious case of neural text degeneration. arXiv:1904.09751.
# - D. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. arXiv:1412.6980.
# - R. Kneser, H. Ney (1995). Improved backing-off for m-gram language modeling. *ICASSP*.
# - A. Madsen (2019). Visualizing memorization in RNNs. *Distill*.
# - T. Mikolov et al. (2010). Recurrent neural network based language model. *Interspeech*.
# - R. Pascanu, T. Mikolov, Y. Bengio (2013). On the difficulty of training recurrent neural networks. arXiv:1211.5063.
# - A. Saxe, J. McClelland, S. Ganguli (2014). Exact solutions to the nonlinear dynamics of learning in deep linear neural networks. arXiv:1312.6120.
# - C. Tallec, Y. Ollivier (2018). Can recurrent neural networks warp time? arXiv:1804.11188.
# - R. Williams, J. Peng (1990). An efficient gradient-based algorithm for on-line training of recurrent network trajectories. *Neural Computation* 2.
# - W. Zaremba, I. Sutskever, O. Vinyals (2014). Recurrent neural network regularization. arXiv:1409.2329.
