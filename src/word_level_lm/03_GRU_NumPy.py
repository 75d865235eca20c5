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
# # Train a word-level GRU by hand, as PyTorch defines it
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your-organisation/recurrent-networks-in-numpy/blob/main/word_level_lm/03_GRU_NumPy.ipynb)
#
# You derive the GRU that the libraries compute beside the one that the paper wrote, see which terms differ and
# which products have to wait, train it over words, and carry its parameters over into a framework.

# %% [markdown]
# **What you'll do.** Move the reset gate to after the matrix product, derive both gradients side by side, check both, count
# products, train the network over words, and write down the lines that put its parameters into `torch.nn.GRU`.
#
# **What you'll learn.** That "GRU" names two networks; where a second bias comes from; what one product a step in
# place of two is
# worth, and where; what to use when you outgrow NumPy.
#
# **What you'll need.** [Lesson 3](../char_level_lm/03_GRU_NumPy.ipynb): the GRU of Cho et al.
# [Lesson 4](01_RNN_NumPy.ipynb) and
# [lesson 5](02_LSTM_NumPy.ipynb): words, embeddings, dropout on the way in and out, tied matrices. The page runs in
# about three
# minutes on one core.
#
# *Lesson 6 of 9. What changes from lesson 5: the GRU in place of the LSTM, in the form that PyTorch uses. With it the
# language
# models end; next comes [translation](../seq_2_seq/01_Encoder_Decoder_NumPy.ipynb). Terms are collected in the
# [glossary](../GLOSSARY.md).*

# %% [markdown]
# ## 1 Setup

# %% tags=["parameters"]
corpus = "fables.txt"      # or the path of a UTF-8 text of yours
seed = 0
hidden_size = 128          # H, and the size of an embedding, E
batch_size = 16            # B
seq_len = 25               # T, in words
steps = 1800               # updates
learning_rate = 5e-3
clip_norm = 1.0
dropout_in = 0.4           # share of the embeddings' numbers hidden in training
dropout_out = 0.6          # share of states hidden from the output in training
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
SHIPPED = dict(corpus="fables.txt", seed=0, hidden_size=128, batch_size=16, seq_len=25,
               steps=1800, learning_rate=5e-3, clip_norm=1.0, dropout_in=0.4, dropout_out=0.6,
               dtype="float64", log_to_wandb=False)
settings = {name: globals()[name] for name in assigned}
as_shipped = check_knobs(settings, SHIPPED)
network = "GRU"
text = load_text(corpus)  # a text that cannot be had is noticed here
print("settings:", "as shipped" if as_shipped else "your own")

# %% [markdown]
# ### One name, two networks
#
# Lesson 3 ended with a warning: the paper resets the state *before* the matrix product, $W_h^n (r_t \odot h_{t-1})$, the
# libraries reset *after* it, $r_t \odot (W_h^n h_{t-1} + b')$. Here are both, with the same random weights and
# $b' = 0$, reading the
# same fifty inputs. **Guess first:** does the difference fade, stay, or grow?

# %%
rng, units = np.random.default_rng(seed), 64
W, U = rng.normal(size=(2, 3, units, units)) / np.sqrt(units)
before, after, apart = np.zeros(units), np.zeros(units), []
for x in rng.normal(size=(50, units)):
    (r, z), h = 1 / (1 + np.exp(-(W[:2] @ x + U[:2] @ before))), before
    n = np.tanh(W[2] @ x + U[2] @ (r * h))           # the paper
    before = z * h + (1 - z) * n
    (r, z), h = 1 / (1 + np.exp(-(W[:2] @ x + U[:2] @ after))), after
    n = np.tanh(W[2] @ x + r * (U[2] @ h))           # the libraries
    after = z * h + (1 - z) * n
    apart.append(np.linalg.norm(before - after) / np.linalg.norm(after))

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Distance between the states of the two networks, as a share of the state's length, over fifty steps: it rises within a few steps and stays."}}
#@title Drawing: the distance between the two states
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(np.arange(1, 51), apart)
ax.set(xlabel="step", ylabel="distance / length", ylim=(0, None),
       title="The same weights make two different networks")
plt.show()
print(f"after 1 step {apart[0]:.2f}, after 10 {apart[9]:.2f}, after 50 {apart[49]:.2f} of the length")

# %% [markdown]
# It stays: two different networks. (At the first step there is no past to reset.) Which of the two is better? Neither
# is known to be. But one has fewer products that wait for each other, and this page shows why.

# %% [markdown]
# ## 2 Data
#
# Words, vocabulary, the three signs and the streams are those of lesson 4. If you know them, go on at section 3.

# %%
# folded: As in lessons 1 and 4: words, vocabulary, streams
# include: data/text.py split
# include: data/text.py streams
# include: data/words.py

# %%
# folded: As in lesson 4: the book as words, and its streams
# include: data/word_book.py

# %% [markdown]
# ## 3 Notation
#
# As in lesson 3, $r$ and $z$ are the reset and the update gate and $n$ the candidate, stacked in this order. As in
# lesson 5,
# $W_{emb}$ reads words and predicts them, $E = H$, and $d^x$, $d^h$ are dropout's masks. New are the second bias
# $b'$, of the candidate
# alone; and $q_t$ is now $W_h^n h_{t-1} + b'$, what the candidate is offered of the past, *before* the reset gate
# acts on it.
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $w_t$ | `inputs` | `(T, B)` | words read, as ids |
# | $y_t$ | `targets` | `(T, B)` | words to predict, as ids; −1: not counted |
# | $x_t$ | `x` | `(T, E, B)` | embeddings of the words read, masked |
# | $h_t$ | `h` | `(T+1, H, B)` | states; `h[0]` is the one we start from |
# | $r_t, z_t, n_t$ | `gates` | `(T, 3H, B)` | reset gate, update gate, candidate |
# | $q_t$ | `q` | `(T, H, B)` | what the candidate is offered of the past |
# | $d^x_t$, $d^h_t$ | `mask_x`, `mask_h` | `(T, E, B)`, `(T, H, B)` | masks of dropout, in and out |
# | $\ell_t$ | `logits` | `(T, V, B)` | scores of the next word |
# | $W_{emb}$ | `W_emb` | `(V, E)` | embeddings, and the output layer |
# | $W_x$ | `W_x` | `(3H, E)` | input to gates |
# | $W_h$ | `W_h` | `(3H, H)` | hidden to gates |
# | $b$ | `b` | `(3H, 1)` | gate biases |
# | $b'$ | `b_n` | `(H, 1)` | the candidate's second bias |
# | $b_y$ | `b_y` | `(V, 1)` | output bias |

# %% [markdown]
# ## 4 Forward pass
#
# ### Reset before, reset after
#
# The embedding and the gates are the same in both:
#
# $$x_t = W_{emb}^\top\,\mathrm{onehot}(w_t) \tag{F1}$$
# $$
# \begin{aligned}
# r_t &= \sigma(W_x^r x_t + W_h^r h_{t-1} + b^r) \\
# z_t &= \sigma(W_x^z x_t + W_h^z h_{t-1} + b^z)
# \end{aligned}
# \tag{F2}
# $$
#
# The candidate differs:
#
# | | the gate acts on | candidate |
# |---|---|---|
# | Cho et al. (2014) | $h_{t-1}$ | $n_t = \tanh(W_x^n x_t + W_h^n (r_t \odot h_{t-1}) + b^n)$ |
# | PyTorch, and cuDNN (NVIDIA's library of network layers, which PyTorch calls) | $q_t = W_h^n h_{t-1} + b'$ | $n_t = \tanh(W_x^n x_t + b^n + r_t \odot q_t)$ |
#
# $$q_t = W_h^n h_{t-1} + b' \tag{F3}$$
# $$n_t = \tanh(W_x^n x_t + b^n + r_t \odot q_t) \tag{F4}$$
# $$h_t = z_t \odot h_{t-1} + (1 - z_t) \odot n_t \tag{F5}$$
# $$\ell_t = W_{emb} h_t + b_y \tag{F6}$$
#
# In the paper's form the gate picks *units of the state*: which old numbers may take part in the mixing. In the
# libraries' form it
# picks *results of the mixing*: how much of what the past adds up to may enter each candidate. The second bias is
# there because
# PyTorch keeps one bias with each matrix. For $r$ and $z$ the two would only add up, and one is enough; for the
# candidate $b^n$ stands
# outside the reset and $b'$ inside, and they are two different things.

# %%
# include: draw/network.py

# %%
# include: draw/two_grus.py

# %%
# folded: As in lessons 2, 4 and 5: sigmoid, memory layout, embeddings, the tied matrix
# include: forward/rows.py
# include: forward/embedding.py
# include: forward/tied.py

# %% tags=["define"]
def read_gates(params, tokens, h):
    """r, z, q, n, each (H, B), from `tokens` (B,) and the state `h` (H, B)."""
    x, H = params["W_emb"][tokens].T, len(h)                     # F1
    drive = params["W_x"] @ x + params["b"]                      # (3H, B)
    past = params["W_h"] @ h                                     # one product
    r = sigmoid(drive[:H] + past[:H])                            # F2
    z = sigmoid(drive[H : 2 * H] + past[H : 2 * H])              # F2
    q = past[2 * H :] + params["b_n"]                            # F3
    n = np.tanh(drive[2 * H :] + r * q)                          # F4
    return r, z, q, n

# %% tags=["define"]
def step(params, tokens, state):
    """One step: `tokens` (B,), `state` (H, B) -> logits (V, B), h (H, B)."""
    _, z, _, n = read_gates(params, tokens, state)
    h = z * state + (1 - z) * n                                  # F5
    logits = output_matrix(params) @ h + params["b_y"]           # F6
    return logits, h

# %% [markdown]
# And the paper's, for comparison:

# %% tags=["define"]
def cho_step(params, tokens, state):
    """As `step`, but the reset comes before the product, and without b'."""
    x, H, W_h = params["W_emb"][tokens].T, len(state), params["W_h"]
    drive = params["W_x"] @ x + params["b"]
    rz = sigmoid(drive[: 2 * H] + W_h[: 2 * H] @ state)          # product 1
    r, z = rz[:H], rz[H:]
    n = np.tanh(drive[2 * H :] + W_h[2 * H :] @ (r * state))     # product 2
    h = z * state + (1 - z) * n
    return output_matrix(params) @ h + params["b_y"], h

# %% [markdown]
# ### One product or two
#
# Look at what needs what. In `cho_step` the second product needs $r_t$, and $r_t$ needs the first. In `step` nothing stands
# between: all three blocks of $W_h$ multiply the same $h_{t-1}$, and one product of $3H$ rows does it. The number of
# multiplications is equal. But a product is fast when it is large, and over a sequence these wait for each other:

# %%
for T in (25, 100):
    H = hidden_size
    print(f"T = {T:3d}: libraries {T} products of {3 * H} x {H}; paper {T} of "
          f"{2 * H} x {H} and {T} of {H} x {H}, one after the other")

# %% [markdown]
# What is that worth? On one core of a processor nothing: the products alone go some per cent faster, and the second
# bias and the second gradient that it takes eat that up
# (`python benchmarks/gru_two_forms.py`: the paper's form takes 0.98 to 1.01 of the libraries' time). It pays where
# starting a product costs more than doing it, as on a graphics card.
#
# ### Two steps by hand
#
# Three words, `the`, `fox`, `ran`, two numbers each, tied. All recurrent weights are 0 and $b' = (1, 0)$, so that only the
# second bias comes through the reset gate. The first word shuts the first unit's reset gate, the second
# opens it. **Guess first:** at which step does $b'$ reach the first unit?

# %%
hand = {
    "W_emb": np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]]),
    "W_x": np.array([[4.0, -4.0], [0, 0],                 # r
                     [0, 0], [0, 0],                      # z
                     [0, 0], [0, 0.5]]),                  # n
    "W_h": np.zeros((6, 2)),
    "b": np.zeros((6, 1)),
    "b_n": np.array([[1.0], [0.0]]),
    "b_y": np.zeros((3, 1)),
}
hand_inputs = np.array([[0], [1]])                        # the, fox

# %%
h = np.zeros((2, 1))
for t in range(2):
    gates = read_gates(hand, hand_inputs[t], h)
    logits, h = step(hand, hand_inputs[t], h)
    for name, value in zip("rzqnh", (*gates, h)):
        print(f"t = {t + 1}: {name} = {value.ravel().round(3)}")

# %% [markdown]
# At the second. At `the` the gate is $\sigma(-4) = 0.018$, and of the offer 1 next to nothing passes; at `fox` it is
# $\sigma(4) = 0.982$. With
# $z = 0.5$ half of the candidate goes into the state.
#
# ### How the parameters start
#
# As in lesson 5: small rows, a bias that knows the words' shares. $b'$ starts at 0.

# %%
# folded: As in lesson 1: an orthogonal matrix
# include: forward/orthogonal.py

# %% tags=["define"]
def init_params(*, vocab_size, hidden_size, rng, embed_size=None,
                dtype=np.float64, counts=None, tied=True):
    """Parameters of PyTorch's GRU over words; E = `embed_size`, or H.

    b_y starts at the logarithm of the words' shares in `counts` (V,), or
    at 0. ValueError for a tied E that is not H.
    """
    V, H, E = vocab_size, hidden_size, embed_size or hidden_size
    if tied and E != H:
        raise ValueError(f"Tied, the sizes of embedding and state must be "
                         f"equal, not {E} and {H}.")
    params = {
        "W_emb": 0.1 * rng.normal(size=(V, E)),
        "W_x": rng.normal(size=(3 * H, E)) / np.sqrt(E),
        "W_h": np.concatenate([orthogonal(H, rng) for _ in range(3)]),
        "b": np.zeros((3 * H, 1)),
        "b_n": np.zeros((H, 1)),
        "b_y": np.zeros((V, 1)),
    }
    if not tied:
        params["W_y"] = 0.1 * rng.normal(size=(V, H))
    if counts is not None:
        params["b_y"][:, 0] = np.log((counts + 1) / (counts.sum() + V))
    return {name: p.astype(dtype) for name, p in params.items()}

# %% tags=["define"]
def zero_state(params, batch_size):
    """The state before the first word: zeros (H, B)."""
    return np.zeros((params["W_h"].shape[1], batch_size), params["W_h"].dtype)

# %% [markdown]
# ### All steps at once
#
# `unroll` does `step` for all $t$, with one product in the loop where lesson 3 had two. (If you trust the check below
# it, leave it folded.)
# It has dropout's two masks, as in lesson 5: $d^x_t \odot x_t$ stands for $x_t$ (D1 of lesson 5), $d^h_t \odot h_t$
# for $h_t$ in F6 (D2 of lesson 5). Until section 8 they are `None`.

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title For speed alone: `step` for all t, one product with W_h in the loop
def unroll(params, inputs, state, mask_x=None, mask_h=None):
    """Read `inputs` (T, B) from `state` (H, B).

    Returns x, h, gates, q, logits as in the table.
    """
    (T, B), W_h, H = inputs.shape, params["W_h"], params["W_h"].shape[1]
    x = steps_of(params["W_emb"][inputs.ravel()].T, T)       # F1, all t
    if mask_x is not None:
        x = x * mask_x                                       # D1
    drive = steps_of(params["W_x"] @ columns(x) + params["b"], T)
    h, blocks = empty_steps(T + 1, H, B, W_h.dtype), row_blocks(W_h, B)
    gates = np.empty((T, 3 * H, B), W_h.dtype)
    q = np.empty((T, H, B), W_h.dtype)
    h[0] = state
    for t in range(T):
        past, (r, z, n) = gates[t], gates[t].reshape(3, H, B)
        by_blocks(blocks, h[t], out=past)
        np.add(n, params["b_n"], out=q[t])                   # F3
        past[: 2 * H] += drive[t, : 2 * H]
        sigmoid(past[: 2 * H], out=past[: 2 * H])            # F2
        tanh(drive[t, 2 * H :] + r * q[t], out=n)            # F4
        h[t + 1] = z * h[t] + (1 - z) * n                    # F5
    shown = h[1:] if mask_h is None else mask_h * h[1:]      # D2
    scores = affine(output_matrix(params), columns(shown), params["b_y"])
    return x, h, gates, q, steps_of(scores, T)               # F6, all t

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title A small network for checks, as in lesson 4 but for its sizes
def tiny_example(rng, T=5, B=3, V=7, E=None, H=4, tied=True):
    """A small network and data for checks: params, inputs, targets, state."""
    params = init_params(vocab_size=V, embed_size=E, hidden_size=H, rng=rng, tied=tied)
    for name in params:
        params[name] = params[name] + 0.3 * rng.normal(size=params[name].shape)
    inputs, targets = rng.integers(V, size=(2, T, B))
    inputs[1], targets[2, 1] = inputs[0], -1
    return params, inputs, targets, 0.5 * rng.normal(size=(H, B))

# %%
params, inputs, targets, state = tiny_example(np.random.default_rng(seed))
x, h, gates, q, all_logits = unroll(params, inputs, state)
print("x", x.shape, " h", h.shape, " gates", gates.shape,
      " q", q.shape, " logits", all_logits.shape)
same = []
for t in range(5):
    logits, state = step(params, inputs[t], state)
    same.append(np.allclose(logits, all_logits[t], atol=1e-12))
print("the same logits as step by step:", *same)

# %% [markdown]
# ## 5 Loss
#
# As in lesson 4: the mean of $-\log p_{t,y_t}$ over the words that count, and perplexity.

# %%
# folded: As in lessons 1 and 4: cross-entropy and perplexity
# include: loss/loss.py code
# include: loss/many_words.py
# include: loss/perplexity.py
# include: loss/bits.py

# %% tags=["define"]
Cache = namedtuple(
    "Cache", "inputs targets x h gates q mask_x mask_h logits dlogits")

# %% tags=["define"]
def forward(params, inputs, targets, state, mask_x=None, mask_h=None):
    """Run the network over `inputs` (T, B) from `state` (H, B).

    Returns the mean cross-entropy with `targets` (T, B) in nats a word, the
    last state (H, B), and the cache for `backward`. `mask_x` (T, E, B)
    multiplies the embeddings, `mask_h` (T, H, B) the states the output sees.
    """
    x, h, gates, q, logits = unroll(params, inputs, state, mask_x, mask_h)
    loss, dlogits = cross_entropy(logits, targets)
    cache = Cache(inputs, targets, x, h, gates, q, mask_x, mask_h,
                  logits, dlogits)
    return loss, h[-1].copy(), cache

# %% [markdown]
# ## 6 Backward pass
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $\bar\ell_t = \partial L/\partial \ell_t$ | `dlogits` | `(T, V, B)` | gradient at the logits |
# | $\bar h_t = \partial L/\partial h_t$ | `dh` | `(T, H, B)` | gradient at the states, by all roads |
# | $\bar a_t = \partial L/\partial a_t$ | `da` | `(T, 3H, B)` | gradient at what enters the gates and the candidate |
# | $\bar q_t = \partial L/\partial q_t$ | `dq` | `(T, H, B)` | gradient at the offer |
# | $\bar g_t = \partial L/\partial (W_h h_{t-1})$ | `dg` | `(T, 3H, B)` | the same as $\bar a_t$, but $\bar q_t$ in the candidate's block |
# | $\bar x_t = \partial L/\partial x_t$ | `dx` | `(T, E, B)` | gradient at the embeddings read |
#
# ### Up to the candidate both are the same
#
# $h_t$ reaches the loss through its logits and through the next step. F5 hands $\bar h_t$ on, each factor times the
# other, and
# then comes the slope of the squashing function:
#
# $$\bar a^z_t = \bar h_t \odot (h_{t-1} - n_t) \odot z_t \odot (1-z_t) \tag{B1}$$
# $$\bar a^n_t = \bar h_t \odot (1 - z_t) \odot (1 - n_t^2) \tag{B2}$$
#
# ### Where they part
#
# What enters the candidate's tanh is $W_x^n x_t + b^n$ plus what the past gives, and $\bar a^n_t$ arrives at that sum.
#
# *The libraries:* the past gives $r_t \odot q_t$ with $q_t = W_h^n h_{t-1} + b'$. $\odot$ hands on to each factor
# what arrives, times the
# other factor:
#
# $$\bar q_t = \bar a^n_t \odot r_t \tag{B3}$$
# $$\bar a^r_t = \bar a^n_t \odot q_t \odot r_t \odot (1 - r_t) \tag{B4}$$
#
# and $q_t$ hands on to $h_{t-1}$ the amount $W_h^{n\top} \bar q_t$, to $W_h^n$ the product $\bar q_t\, h_{t-1}^\top$,
# to $b'$ itself.
#
# *The paper:* the past gives $W_h^n (r_t \odot h_{t-1})$. First the matrix, then the gate. With
# $\bar v_t = W_h^{n\top} \bar a^n_t$, what arrives
# at $r_t \odot h_{t-1}$:
#
# | goes to | libraries | paper |
# |---|---|---|
# | $\bar a^r_t$ | $\bar a^n_t \odot q_t \odot r_t \odot (1-r_t)$ | $\bar v_t \odot h_{t-1} \odot r_t \odot (1-r_t)$ |
# | $\bar h_{t-1}$, this road | $W_h^{n\top} (\bar a^n_t \odot r_t)$ | $\bar v_t \odot r_t = (W_h^{n\top} \bar a^n_t) \odot r_t$ |
# | $\bar W_h^n$ | $(\bar a^n_t \odot r_t)\, h_{t-1}^\top$ | $\bar a^n_t\, (r_t \odot h_{t-1})^\top$ |
# | $\bar b'$ | $\bar a^n_t \odot r_t$ | |
#
# The same letters in another order: the reset gate stands on one side of the matrix or on the other. And the
# products: the libraries'
# $\bar a^r_t$ needs no matrix, so that $\bar a^r$, $\bar a^z$ and $\bar q$ are all at hand, and *one* product with
# $W_h^\top$ brings the
# three of them to $h_{t-1}$. The paper's $\bar a^r_t$ has to wait for $\bar v_t$.

# %%
# include: draw/two_grus_roads.py

# %% [markdown]
# ### All roads into a state
#
# Four lead to $h_t$: from its logits (with the tied matrix), by the copy in the next step, by the gates of the next
# step, and by its offer. Stack
# $\bar a^r_{t+1}$, $\bar a^z_{t+1}$ and $\bar q_{t+1}$ into a column $\bar g_{t+1}$ of $3H$ numbers:
#
# $$\bar h_t = W_{emb}^\top \bar\ell_t + z_{t+1} \odot \bar h_{t+1} + W_h^\top \bar g_{t+1} \tag{B5}$$
#
# The parameters get what arrives times what they multiplied, summed over the steps; the tied matrix along two roads
# (lesson 5):
#
# $$
# \begin{aligned}
# \bar W_h &= \sum_t \bar g_t h_{t-1}^\top, & \bar b' &= \sum_t \bar q_t, \\
# \bar W_x &= \sum_t \bar a_t x_t^\top, & \bar b &= \sum_t \bar a_t, \\
# \bar W_{emb} &= \sum_t \bar\ell_t h_t^\top + \big[\text{rows } w_t:\; \bar x_t^\top\big], & \bar b_y &= \sum_t \bar\ell_t
# \end{aligned}
# \tag{B6}
# $$
#
# with $\bar x_t = W_x^\top \bar a_t$. Mind that $W_x$ and $b$ get $\bar a^n$, but $W_h$ and $b'$ get $\bar q$: what
# the reset gate let pass.
#
# ### One step back as code

# %% tags=["define"]
def step_backward(params, tokens, state, dlogits, dstate):
    """One step back: shares of the gradients, and `dstate` one step earlier.

    `tokens` (B,) and `state` (H, B) are those that `step` was given, `dlogits`
    (V, B) is the gradient at its logits, `dstate` (H, B) from the step after.
    For a tied matrix.
    """
    r, z, q, n = read_gates(params, tokens, state)
    _, h = step(params, tokens, state)
    dh = params["W_emb"].T @ dlogits + dstate            # B5
    da_z = dh * (state - n) * z * (1 - z)                # B1
    da_n = dh * (1 - z) * (1 - n * n)                    # B2
    dq = da_n * r                                        # B3
    da_r = da_n * q * r * (1 - r)                        # B4
    da = np.concatenate([da_r, da_z, da_n])              # to W_x and b
    dg = np.concatenate([da_r, da_z, dq])                # to W_h
    dW_emb, dx = dlogits @ h.T, params["W_x"].T @ da
    for column, word in enumerate(tokens):
        dW_emb[word] += dx[:, column]                    # B6: both roads
    grads = {
        "W_emb": dW_emb,                                 # B6
        "W_x": da @ params["W_emb"][tokens],             # B6: x_t
        "W_h": dg @ state.T,                             # B6: h_{t-1}
        "b": da.sum(axis=1, keepdims=True),              # B6
        "b_n": dq.sum(axis=1, keepdims=True),            # B6
        "b_y": dlogits.sum(axis=1, keepdims=True),       # B6
    }
    return grads, z * dh + params["W_h"].T @ dg          # B5

# %% [markdown]
# The paper's form, for its own check. What differs: $\bar v_t = W_h^{n\top}\bar a^n_t$ comes first, then
# $\bar a^r_t = \bar v_t \odot h_{t-1} \odot r_t \odot (1-r_t)$, and
# $\bar v_t \odot r_t$ goes to $h_{t-1}$.

# %% tags=["define"]
def cho_step_backward(params, tokens, state, dlogits, dstate):
    """As `step_backward`, for `cho_step`; b' has no part in it."""
    H, W_h, x = len(state), params["W_h"], params["W_emb"][tokens].T
    drive = params["W_x"] @ x + params["b"]
    rz = sigmoid(drive[: 2 * H] + W_h[: 2 * H] @ state)
    r, z = rz[:H], rz[H:]
    n = np.tanh(drive[2 * H :] + W_h[2 * H :] @ (r * state))
    h = z * state + (1 - z) * n
    dh = params["W_emb"].T @ dlogits + dstate
    da_z = dh * (state - n) * z * (1 - z)                # B1
    da_n = dh * (1 - z) * (1 - n * n)                    # B2
    dv = W_h[2 * H :].T @ da_n                           # must come first
    da_r = dv * state * r * (1 - r)
    da, da_rz = np.concatenate([da_r, da_z, da_n]), [da_r, da_z]
    back = W_h[: 2 * H].T @ np.concatenate(da_rz)        # a second product
    dW_emb, dx = dlogits @ h.T, params["W_x"].T @ da
    for column, word in enumerate(tokens):
        dW_emb[word] += dx[:, column]
    dW_h = np.concatenate(
        [da_r @ state.T, da_z @ state.T, da_n @ (r * state).T])
    grads = {"W_emb": dW_emb, "W_x": da @ x.T, "W_h": dW_h,
             "b": da.sum(axis=1, keepdims=True),
             "b_n": np.zeros_like(params["b_n"]),
             "b_y": dlogits.sum(axis=1, keepdims=True)}
    return grads, z * dh + dv * r + back

# %% [markdown]
# Back through the two steps by hand: after `the` came `fox`, after `fox` came `ran`. **Guess first:** at which step
# does $b'$ get the larger
# gradient?

# %%
*_, hand_logits = unroll(hand, hand_inputs, np.zeros((2, 1)))
_, hand_dlogits = softmax_cross_entropy(hand_logits, np.array([[1], [2]]))
hand_states = [np.zeros((2, 1)),
               step(hand, hand_inputs[0], np.zeros((2, 1)))[1]]

# %%
dstate = np.zeros((2, 1))
for t in (1, 0):
    share, dstate = step_backward(
        hand, hand_inputs[t], hand_states[t], hand_dlogits[t], dstate)
    print(f"t = {t + 1}: gradient of b' {share['b_n'].ravel().round(4)}, "
          f"sends back dh = {dstate.ravel().round(4)}")

# %% [markdown]
# For the first unit at $t = 2$: at $t = 1$ its reset gate is shut, and $\bar q = \bar a^n \odot r$ with it. For the
# second, whose gate is half open at both steps, at $t = 1$:
# there is more to correct. The second number of `fox`, which was to come, is 0, where an even guess expects 0.5; that
# of `ran`, at $t = 2$, is 0.5, what an even guess expects.
#
# ### All steps at once
#
# On the way back the same masks stand at the same places (D3 and D4 of lesson 5).

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title For speed alone: B1 to B5 for all t, one product with W_h in the loop
def state_gradients(params, cache):
    """Gradients `dh` (T, H, B); `da`, and `dg` with dq for da^n, (T, 3H, B)."""
    (T, B), W_h, h = cache.inputs.shape, params["W_h"], cache.h
    H = W_h.shape[1]
    dh = steps_of(output_matrix(params).T @ columns(cache.dlogits), T)   # B5
    if cache.mask_h is not None:
        dh = dh * cache.mask_h                           # D4
    da = empty_steps(T, 3 * H, B, dh.dtype)
    dg, g = empty_steps(T, 3 * H, B, dh.dtype), np.empty((3 * H, B), dh.dtype)
    back, (g_r, g_z, g_q) = row_blocks(W_h.T.copy(), B), g.reshape(3, H, B)
    for t in reversed(range(T)):
        r, z, n = cache.gates[t].reshape(3, H, B)
        if t + 1 < T:
            z_next = cache.gates[t + 1, H : 2 * H]
            dh[t] += z_next * dh[t + 1]                  # B5: the copy
            dh[t] += by_blocks(back, g)                  # B5: one product
        np.multiply(dh[t] * (h[t] - n), z * (1 - z), out=g_z)        # B1
        da_n = dh[t] * (1 - z) * (1 - n * n)             # B2
        np.multiply(da_n, r, out=g_q)                    # B3
        np.multiply(da_n * cache.q[t], r * (1 - r), out=g_r)         # B4
        dg[t] = g
        da[t, : 2 * H], da[t, 2 * H :] = g[: 2 * H], da_n
    return dh, dg, da

# %% tags=["define"]
def weight_gradients(params, cache, da, dg):
    """All gradients, given `da` and `dg` (T, 3H, B); keys as `params`."""
    h, dlogits = cache.h, columns(cache.dlogits)
    da, dg, H = columns(da), columns(dg), h.shape[1]
    shown = h[1:] if cache.mask_h is None else cache.mask_h * h[1:]
    dx = params["W_x"].T @ da
    if cache.mask_x is not None:
        dx = dx * columns(cache.mask_x)                  # D3
    return {
        **vocabulary_gradients(                          # B6: both roads
            params, cache.inputs, dx, dlogits, columns(shown)),
        "W_x": da @ columns(cache.x).T,                  # B6
        "W_h": dg @ columns(h[:-1]).T,                   # B6: h_{t-1}
        "b": da.sum(axis=1, keepdims=True),              # B6
        "b_n": dg[2 * H :].sum(axis=1, keepdims=True),   # B6
        "b_y": dlogits.sum(axis=1, keepdims=True),       # B6
    }

# %% tags=["define"]
def backward(params, cache):
    """Gradients of the loss of `forward`: keys as `params`."""
    _, dg, da = state_gradients(params, cache)
    return weight_gradients(params, cache, da, dg)

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
    print(f"{name:5s} {str(g.shape):7s} "
          f"the window's gradient is the steps' sum: {same}")

# %% [markdown]
# ## 7 Gradient check

# %%
params, inputs, targets, state = tiny


def tiny_loss(p):
    """Loss of the tiny example with the parameters `p`."""
    return forward(p, inputs, targets, state)[0]


grads = backward(params, cache)
gradient_is_right = verdict(check_gradients(tiny_loss, params, grads))

# %% [markdown]
# The paper's form, by the same `by_steps` with the other two functions in their places. ($b'$ has no part in it: its
# gradient is 0 there.)

# %%
library = step, step_backward
step, step_backward = cho_step, cho_step_backward
loss_cho, grads_cho = by_steps(*tiny)
errors = check_gradients(
    lambda p: by_steps(p, *tiny[1:])[0], params, grads_cho)
step, step_backward = library
cho_is_right = verdict(errors)

# %% [markdown]
# ### Break it
#
# The mistake that the two forms invite: the forward pass from a library, the backward pass from the paper. And two
# smaller ones, put into the libraries' own: the reset
# gate forgotten in B3, and $h_{t-1}$ for $q_t$ in B4. **Guess first:** which parameters will still be right?

# %%
def with_mistake(mistake):
    """Gradients of the tiny example, `step_backward` replaced."""
    global step_backward
    right, step_backward = step_backward, mistake
    wrong = by_steps(*tiny)[1]
    step_backward = right
    return wrong

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title The two smaller mistakes, each one line of `step_backward`
def mistaken_step_backward(params, tokens, state, dlogits, dstate, forget_r=False, use_h=False):
    """`step_backward` with B3 without the reset gate, or B4 with h_{t-1} for q_t."""
    r, z, q, n = read_gates(params, tokens, state)
    _, h = step(params, tokens, state)
    dh = params["W_emb"].T @ dlogits + dstate
    da_z, da_n = dh * (state - n) * z * (1 - z), dh * (1 - z) * (1 - n * n)
    dq = da_n * (1 if forget_r else r)                    # B3
    da_r = da_n * (state if use_h else q) * r * (1 - r)   # B4
    da, dg = np.concatenate([da_r, da_z, da_n]), np.concatenate([da_r, da_z, dq])
    dW_emb, dx = dlogits @ h.T, params["W_x"].T @ da
    for column, word in enumerate(tokens):
        dW_emb[word] += dx[:, column]
    grads = {"W_emb": dW_emb, "W_x": da @ params["W_emb"][tokens], "W_h": dg @ state.T,
             "b": da.sum(axis=1, keepdims=True), "b_n": dq.sum(axis=1, keepdims=True),
             "b_y": dlogits.sum(axis=1, keepdims=True)}
    return grads, z * dh + params["W_h"].T @ dg

# %%
mistakes = {
    "the paper's backward pass": cho_step_backward,
    "reset gate forgotten in B3": lambda *given:
        mistaken_step_backward(*given, forget_r=True),
    "h_{t-1} for q_t in B4": lambda *given:
        mistaken_step_backward(*given, use_h=True),
}

# %%
mistakes_are_caught = True
for name, mistake in mistakes.items():
    errors = check_gradients(tiny_loss, params, with_mistake(mistake))
    spoiled = [p for p, error in errors.items() if error > 1e-6]
    mistakes_are_caught &= len(spoiled) == 5
    print(f"{name}: wrong {', '.join(spoiled)}, "
          f"error {max(errors.values()):.1f}")

# %% [markdown]
# Only $b_y$, which hangs on the logits alone. A mistake at one gate travels with the state's gradient to every step
# before it, and so into all the rest.
#
# ## 8 Training

# %%
# folded: As in lessons 1, 4 and 5: clipping, Adam, loop, dropout, held-out scores, generating, logging, counts
# include: training/optimiser.py clip
# include: training/optimiser.py adam
# include: training/sparse_adam.py
# include: training/loop.py
# include: training/regularise.py mask
# include: training/word_regularise.py
# include: training/evaluate.py
# include: generate/sampling.py sample
# include: generate/words.py
# include: setup/tracking.py
# include: training/word_reporter.py
# include: results/ngram.py code

# %%
# folded: As in lesson 4: the crow, learned by heart
# include: training/word_crow.py

# %%
# folded: As in lesson 4: the baselines on the validation fables
# include: results/word_baselines.py

# %% [markdown]
# ### Now the book
#
# Tied, with dropout on the way in and out, from the start that lesson 5 found best. The same sizes and the same
# number of updates as there.
# **Guess first:** you saw where the LSTM ended on the validation fables (54). With three quarters of its recurrent
# parameters, will the GRU
# be better or worse?

# %% tags=["train"]
counts = np.bincount(train_tokens, minlength=V)
rng = np.random.default_rng(seed)
untrained = init_params(vocab_size=V, hidden_size=hidden_size, rng=rng,
                        dtype=dtype, counts=counts)
params = {name: p.copy() for name, p in untrained.items()}
run = start_tracking(log_to_wandb, settings)
report, valid_curve = reporter(
    params, valid_tokens, vocab, max(steps // 6, 1), run)
history = train(params, streams, steps, learning_rate, seq_len, clip_norm,
                regularised(dropout_in, dropout_out, rng), after=report)
finish_tracking(run)

# %%
# include: training/word_loss_curve.py

# %% [markdown]
# A little worse, one run each. (The training line is measured with the masks on.)

# %%
# include: training/norm_curve.py

# %% [markdown]
# (The spikes are the last windows of the passes over the text, which have fewer words.)
#
# ### Does the place of the reset matter?
#
# Both forms, trained alike: 64 units, 400 updates without dropout, each at the best of four learning rates;
# perplexity on the
# validation fables (`python benchmarks/claims_by_seed.py forms`). **Guess first:** which one wins?
#
# {{table forms_word_gru}}
#
# Neither, clearly: the paper's form is ahead by less than the seeds differ.

# %% [markdown]
# ## 9 Held-out results
#
# The test fables have played no part so far.

# %%
# folded: As in lesson 1: mixing two models, and the best share
# include: results/mixture.py

# %%
# include: results/word_score.py

# %%
# include: results/word_dots.py

# %% [markdown]
# Close behind the LSTM of lesson 5 (one run each), with three quarters of its recurrent weights, and far ahead of the
# table of counts. With other seeds (`python benchmarks/claims_by_seed.py results word_level_lm/03`):
#
# {{table results_word_gru}}
#
# ### In bits per character
#
# Spelling unknown words and putting back capitals included, as in lesson 4:

# %%
# folded: As in lesson 4: what a word model leaves open
# include: results/in_characters.py code

# %%
# include: results/in_characters.py show

# %% [markdown]
# ### Six language models
#
# All networks of these six lessons, over the same test fables, in bits per character of the page as it is printed, mean of
# three seeds (range). **Guess first:** characters or words?
#
# {{table phase_word}}
#
# Words. Even the simple network over words needs fewer bits than the gated ones over characters; and the table of
# counts gains less by going from characters
# to words than the networks do, perhaps because it cannot share between words what it learns. (The networks differ in
# size and in the number of tokens that they have read, so this compares
# models as they were trained here, not characters and words as such.)
#

# %% [markdown]
# ## 10 Look inside
#
# ### Are the gates used?
#
# While the network reads validation text: how often is each gate nearly shut (below 0.1) or nearly open (above 0.9),
# and what is each unit's
# time constant, the number of words over which it forgets ($-1$ over the mean of $\ln z$, as in lesson 3)? **Guess first:** will training make the units
# slower?

# %% tags=["define"]
def follow(params, tokens):
    """Gates (N, 3H) while `tokens` (N,) are read from the zero state."""
    inputs = tokens[:, None]
    return unroll(params, inputs, zero_state(params, 1))[2][..., 0]

# %%
for name, p in (("untrained", untrained), ("trained", params)):
    H = hidden_size
    r, z, _ = np.split(follow(p, valid_tokens[:1500]), 3, axis=1)
    constants = -1 / np.log(z).mean(axis=0)
    print(f"{name}: r shut {np.mean(r < 0.1):.0%}, open {np.mean(r > 0.9):.0%};"
          f" z shut {np.mean(z < 0.1):.0%}, open {np.mean(z > 0.9):.0%}")
    print("   time constants, in words: median "
          f"{np.median(constants):.1f}, longest {constants.max():.0f}")

# %% [markdown]
# Faster, on the whole. Before training every gate stands half open. After it the reset gate is shut at a good part of
# the words, so it moves; whether it helps is exercise 4. And
# nearly all units forget within two or three words, though their update gates are nearly open now and then.
#
# ### How far back the gradient reaches
#
# The gradient of the last word's loss, by lag, as in lessons 4 and 5. In both, training shortened the reach. **Guess first:** and here?

# %%
# folded: As in lesson 1: the gradient of the last loss, by lag
# include: look_inside/lag.py

# %%
# include: look_inside/word_lag_curve.py

# %%
# include: look_inside/heat_map.py

# %% [markdown]
# Here training *lengthens* it. It began with far less: gates that all stand half open let little through, where
# lesson 4's orthogonal matrix kept a third over twenty words. After training $z$ is
# near 1 at some words, and along such stretches the state is copied. It is the same picture from two sides: all three
# networks end with a small share at twenty words.
#
# ### What was it looking at?

# %%
# folded: As in lesson 1: how much each token moved one prediction
# include: look_inside/connectivity.py function

# %%
# include: look_inside/word_connectivity.py

# %% [markdown]
# In three of the four pieces the last three words have most of the influence; in the fourth they have less than half.

# %% [markdown]
# ## 11 Generate

# %%
# include: generate/word_ways.py

# %%
# include: generate/word_prompt.py

# %% [markdown]
# ### When you outgrow NumPy
#
# These pages run on one core. For larger networks take a framework: it runs on graphics cards, and it derives the
# gradients that you now know how to check. The parameters of this page fit `torch.nn.GRU` as they are; these lines
# carry them over
# (they are text here: the page does not need PyTorch):
#
# ```python
# import torch
#
# E = H = hidden_size
# gru = torch.nn.GRU(E, H).double()
# with torch.no_grad():
#     gru.weight_ih_l0.copy_(torch.from_numpy(params["W_x"]))
#     gru.weight_hh_l0.copy_(torch.from_numpy(params["W_h"]))
#     gru.bias_ih_l0.copy_(torch.from_numpy(params["b"][:, 0]))
#     gru.bias_hh_l0.zero_()
#     gru.bias_hh_l0[2 * H :] = torch.from_numpy(params["b_n"][:, 0])
# emb = torch.from_numpy(params["W_emb"])
# out, h = gru(emb[torch.from_numpy(inputs)])         # inputs (T, B)
# logits = out @ emb.T + torch.from_numpy(params["b_y"][:, 0])
# ```
#
# (`inputs` are ids, for example `streams[0][:seq_len]`. A stored example in the tests holds both to twelve digits.)
# For many runs with other sizes and rates, use papermill,
# which runs a notebook with other knobs (`papermill 03_GRU_NumPy.ipynb out.ipynb -p hidden_size 256`), and set
# `log_to_wandb` to compare them.

# %% [markdown]
# ## 12 On your own
#
# **Exercise 1 (easy).** PyTorch has two biases for $r$ and $z$, too. Why does it not matter how they are split? Show
# on the tiny network that moving the candidate's $b'$ into $b^n$ does
# matter.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 1: biases that add up, and one that does not
# Inside one sum two biases are one; b' is multiplied by r before it meets b^n.
moved = {name: p.copy() for name, p in tiny[0].items()}
moved["b"][8:] += moved["b_n"]                     # rows of n; H = 4
moved["b_n"][:] = 0
print("loss", round(tiny_loss(tiny[0]), 4), "with b' moved into b^n", round(tiny_loss(moved), 4))
assert abs(tiny_loss(moved) - tiny_loss(tiny[0])) > 1e-4

# %% [markdown]
# **Exercise 2 (easy).** When do the two forms compute the same? Find a value of $r_t$ for which they do, whatever the
# weights, if $b' = 0$, and
# show it.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 2: an open reset gate
# With r = 1 both are W h; with r = 0 both are 0. In between a matrix does not commute with a gate,
# unless all its entries are equal.
open_gate = {name: p.copy() for name, p in tiny[0].items()}
open_gate["b"][:4], open_gate["b_n"][:] = 50, 0
logits_2, _ = step(open_gate, tiny[1][0], tiny[3])
cho_logits_2, _ = cho_step(open_gate, tiny[1][0], tiny[3])
print("r = 1, the same logits:", np.allclose(logits_2, cho_logits_2, atol=1e-12))
assert np.allclose(logits_2, cho_logits_2, atol=1e-12)

# %% [markdown]
# **Exercise 3 (medium).** Count the multiplications with $W_h$ in one step, forward and backward, for both forms.
# Predict first: which has
# more?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 3: the same work, in other portions
# Forward 3 H H per column in both, back to the state 3 H H, to the gradient of W_h 3 H H. The
# portions differ: one product of 3H rows, or one of 2H and one of H.
H = hidden_size
libraries, paper = 3 * H * H, 2 * H * H + H * H
print(f"{libraries:,} a column forward, as many back to the state, as many for the gradient: both")
assert libraries == paper

# %% [markdown]
# **Exercise 4 (medium).** Without its reset gate the GRU is a smaller network (Ravanelli et al., 2018, use it for
# speech). Hold $r$ at 1 through a bias, train a small network with and
# without, and compare on the validation fables.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 4: a GRU without a reset gate
# The gate earns little here; with other data it may earn more.
def small_gru(without_reset, seed):
    """Validation perplexity of a small GRU, its reset gate held open or not."""
    rng = np.random.default_rng(seed)
    small = init_params(vocab_size=V, hidden_size=32, rng=rng, counts=counts)
    if without_reset:
        small["b"][:32], small["W_x"][:32], small["W_h"][:32] = 50, 0, 0

    train(small, streams, min(steps, 300), 1e-2, seq_len)
    return perplexity(of_words(evaluate(small, valid_tokens), valid_tokens))


by_reset = {name: [small_gru(without, seed + n) for n in range(3)]
            for name, without in (("with", False), ("without", True))}
for name, values in by_reset.items():
    print(f"{name:8s} reset gate: {min(values):.3g} to {max(values):.3g}")
assert max(by_reset["without"]) < baselines["unigram"] or not as_shipped

# %% [markdown]
# **Exercise 5 (hard).** There is a third place for the reset gate: on the new word,
# $n_t = \tanh(r_t \odot (W_x^n x_t) + W_h^n h_{t-1} + b^n)$. Derive $\bar a^r_t$ for it, and
# check the gradient of $W_h^r$ over one step.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 5: a gate on the word
# r multiplies W_x^n x, so da_r = da_n * (W_x^n x) * r (1 - r), and W_h^r gets da_r h^T.
p_5, h_5, x_5 = tiny[0], tiny[3], tiny[0]["W_emb"][tiny[1][0]].T


def third_form(W_hr):
    """Loss of one step with the reset gate on the word, and what the backward pass needs."""
    W_x, W_h, b = p_5["W_x"], p_5["W_h"], p_5["b"]
    r = sigmoid(W_x[:4] @ x_5 + W_hr @ h_5 + b[:4])
    z = sigmoid(W_x[4:8] @ x_5 + W_h[4:8] @ h_5 + b[4:8])
    n = np.tanh(r * (W_x[8:] @ x_5) + W_h[8:] @ h_5 + b[8:])
    logits = p_5["W_emb"] @ (z * h_5 + (1 - z) * n) + p_5["b_y"]
    return *softmax_cross_entropy(logits[None], tiny[2][:1]), r, z, n


_, dlogits_5, r, z, n = third_form(p_5["W_h"][:4])
da_n_5 = (p_5["W_emb"].T @ dlogits_5[0]) * (1 - z) * (1 - n * n)
da_r_5 = da_n_5 * (p_5["W_x"][8:] @ x_5) * r * (1 - r)
errors_5 = check_gradients(lambda p: third_form(p["W_h^r"])[0], {"W_h^r": p_5["W_h"][:4].copy()},
                           {"W_h^r": da_r_5 @ h_5.T})
assert verdict(errors_5)

# %% [markdown]
# ## 13 Summary and references
#
# "GRU" names two networks: the paper's gate picks from the state, the libraries' gate from what the state adds up to.
# Their gradients are made of the same
# letters in another order, and the libraries' needs one product a step where the paper's needs two that wait for each
# other. The whole lesson
# on one card:
#
# | forward | `step` | backward | `step_backward` |
# |---|---|---|---|
# | F1 $x_t = W_{emb}^\top\mathrm{onehot}(w_t)$ | `W_emb[tokens].T` | B1 $\bar a^z_t = \bar h_t\odot(h_{t-1}-n_t)\odot z_t\odot(1-z_t)$ | `dh * (state - n) * z * (1 - z)` |
# | F2 $r_t, z_t = \sigma(W_x x_t + W_h h_{t-1} + b)$ | `sigmoid(drive + past)` | B2 $\bar a^n_t = \bar h_t\odot(1-z_t)\odot(1-n_t^2)$ | `dh * (1 - z) * (1 - n * n)` |
# | F3 $q_t = W_h^n h_{t-1} + b'$ | `past + b_n` | B3 $\bar q_t = \bar a^n_t\odot r_t$ | `da_n * r` |
# | F4 $n_t = \tanh(W_x^n x_t + b^n + r_t\odot q_t)$ | `np.tanh(drive + r * q)` | B4 $\bar a^r_t = \bar a^n_t\odot q_t\odot r_t\odot(1-r_t)$ | `da_n * q * r * (1 - r)` |
# | F5 $h_t = z_t\odot h_{t-1} + (1-z_t)\odot n_t$ | `z * state + (1 - z) * n` | B5 $\bar h_t = W_{emb}^\top\bar\ell_t + z_{t+1}\odot\bar h_{t+1} + W_h^\top\bar g_{t+1}$ | `W_emb.T @ dlogits + dstate` |
# | F6 $\ell_t = W_{emb} h_t + b_y$ | `W_emb @ h + b_y` | B6 $\bar W_h = \sum_t\bar g_t h_{t-1}^\top$, $\bar W_x = \sum_t\bar a_t x_t^\top$, … | `dg @ state.T`, `da @ x.T`, … |
#
# What this page showed:

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title What this page showed, checked
claims = {
    "every entry of every gradient agrees with central differences": gradient_is_right,
    "so does every entry in the paper's form": cho_is_right,
    "the check catches a backward pass of the other form, and two smaller mistakes": mistakes_are_caught,
    "with the same weights the two forms are different networks": min(apart[9:]) > 0.05,
    "the crow is told word for word": crow_is_word_for_word,
    "the GRU has a lower perplexity on test fables than the best table of counts":
        results["GRU"] < results[table],
    "the mixture of both is better than either": results["mixed"] < results["GRU"],
    "with capitals and spelling paid for, it needs fewer bits than the table of characters":
        in_bits[f"{network} of words in all"] < in_bits["the table of characters"],
}
for claim, holds in claims.items():
    print("shown:" if holds else "NOT shown:", claim)
assert all(claims.values()) or not as_shipped

# %% [markdown]
# **References**
#
# - K. Cho et al. (2014). Learning phrase representations using RNN encoder–decoder for statistical machine translation. *EMNLP*, arXiv:1406.1078.
# - PyTorch. `torch.nn.GRU`. pytorch.org/docs. (The definition of section 4.)
# - M. Ravanelli et al. (2018). Light gated recurrent units for speech recognition. *IEEE Transactions on Emerging Topics in Computational Intelligence* 2.
#
# Sources of what lessons 1 to 5 explained are listed there.
