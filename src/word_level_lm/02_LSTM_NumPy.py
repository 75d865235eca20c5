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
# # Train a word-level LSTM by hand
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your-organisation/recurrent-networks-in-numpy/blob/main/word_level_lm/02_LSTM_NumPy.ipynb)
#
# You read words and predict words with one and the same matrix, derive the gradient that reaches it by two
# roads, keep the network from learning the book by heart, and find out that how it starts decides more than either.

# %% [markdown]
# **What you'll do.** Tie the embeddings to the output layer, hide numbers from the network on its way in and on its
# way out, check both gradients, compare three starts, and leave the best table of counts a third behind.
#
# **What you'll learn.** What one matrix in two places means for its gradient, half sparse and half dense; where dropout
# may stand and where not; why the size of the first logits matters; how to tell what helped from what did not.
#
# **What you'll need.** [Lesson 2](../char_level_lm/02_LSTM_NumPy.ipynb): the LSTM, its gates, dropout.
# [Lesson 4](01_RNN_NumPy.ipynb): words, embeddings, sparse rows, perplexity. The page runs in about three minutes on
# one core.
#
# *Lesson 5 of 9. What changes from lesson 4: the LSTM in place of the simple network, and one matrix for reading and
# predicting words. Next comes the [GRU over words](03_GRU_NumPy.ipynb). Terms are collected in the
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
learning_rate = 8e-3
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
               steps=1800, learning_rate=8e-3, clip_norm=1.0, dropout_in=0.4, dropout_out=0.6,
               dtype="float64", log_to_wandb=False)
settings = {name: globals()[name] for name in assigned}
as_shipped = check_knobs(settings, SHIPPED)
network = "LSTM"
text = load_text(corpus)  # a text that cannot be had is noticed here
print("settings:", "as shipped" if as_shipped else "your own")

# %% [markdown]
# ### Two tables that learn the same
#
# The network of lesson 4 has two rows of numbers for every word: one in $W_{emb}$, for when the word is read, and one
# in $W_y$, for when it is predicted. They start at random, independently. Here is a small one, trained for some
# seconds. **Guess first:** will `fox` have the same neighbours in both?

# %%
# folded: As in lessons 1 and 4: words, vocabulary, streams, the loss, optimisers
# include: data/text.py split
# include: data/text.py streams
# include: data/words.py
# include: loss/loss.py code
# include: loss/perplexity.py
# include: forward/rows.py
# include: forward/embedding.py
# include: loss/many_words.py
# include: training/optimiser.py clip
# include: training/optimiser.py adam
# include: training/sparse_adam.py
# include: training/loop.py
# include: look_inside/word_groups.py code

# %%
# folded: As in lesson 4: the simple network over words
# include: forward/orthogonal.py
# include: forward/word_rnn.py
# include: backward/word_rnn.py

# %%
# folded: As in lesson 4: the book as words, and its streams
# include: data/word_book.py

# %% tags=["train"]
counts, V = np.bincount(train_tokens, minlength=len(vocab)), len(vocab)
simple = init_params(vocab_size=V, embed_size=48, hidden_size=48,
                     counts=counts, rng=np.random.default_rng(seed))
_ = train(simple, streams, min(steps, 400), 1e-2, seq_len,
          update=sparse_adam_step)

# %%
groups, own_kind = groups_in(vocab), {}
for name in ("W_emb", "W_y"):
    own_kind[name] = share_of_own_kind(simple[name], groups, vocab)
    first = next(iter(groups.values()))[0]
    near = neighbours(simple[name], [first], vocab)[first][:4]
    print(f"{name:5s} near {first}: {', '.join(near)}; the nearest of forty "
          f"words is of its own kind for {own_kind[name]:.0%}")

# %% [markdown]
# Not the same neighbours, but the same *kinds*: in both tables most of the forty words have one of their own kind
# nearest, where chance would give
# one in four. Much of what it learned it has learned twice, from the same few words. Why not keep one table, and let
# reading and predicting teach it
# together?

# %% [markdown]
# ## 2 Data
#
# The words, the vocabulary and the three signs are those of lesson 4 and stand above. If you know them, go on. A target
# `<bos>` is −1 and does not count.

# %% [markdown]
# ## 3 Notation
#
# Letters keep their meaning: $w_t$ is the word read, $x_t$ its embedding, $h_t$ and $c_t$ the state and the cell, $i$, $f$,
# $g$, $o$ the gates and the candidate, stacked in this order. New is that $W_{emb}$ stands in two places, so that
# $E = H$; and that there are two masks of dropout, one for what comes in and one for what goes out.
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $w_t$ | `inputs` | `(T, B)` | words read, as ids |
# | $y_t$ | `targets` | `(T, B)` | words to predict, as ids; −1: not counted |
# | $x_t$ | `x` | `(T, E, B)` | embeddings of the words read, behind the mask |
# | $h_t$ | `h` | `(T+1, H, B)` | states; `h[0]` is the one we start from |
# | $c_t$ | `c` | `(T+1, H, B)` | cells; `c[0]` likewise |
# | $\tanh(c_t)$ | `tanh_c` | `(T, H, B)` | what the output gate can show |
# | $i_t, f_t, g_t, o_t$ | `gates` | `(T, 4H, B)` | input gate, forget gate, candidate, output gate |
# | $d^x_t$, $d^h_t$ | `mask_x`, `mask_h` | `(T, E, B)`, `(T, H, B)` | masks of dropout, in and out |
# | $\ell_t$ | `logits` | `(T, V, B)` | scores of the next word |
# | $W_{emb}$ | `W_emb` | `(V, E)` | embeddings, and the output layer |
# | $W_x$ | `W_x` | `(4H, E)` | input to gates |
# | $W_h$ | `W_h` | `(4H, H)` | hidden to gates |
# | $b$ | `b` | `(4H, 1)` | gate biases |
# | $b_y$ | `b_y` | `(V, 1)` | output bias |
#
# (A network that is not tied has $W_y$ as well; the code below can do both.)

# %% [markdown]
# ## 4 Forward pass
#
# ### One matrix in two places
#
# $$x_t = W_{emb}^\top\,\mathrm{onehot}(w_t) \tag{F1}$$
# $$a_t = W_x x_t + W_h h_{t-1} + b \tag{F2}$$
# $$
# \begin{aligned}
# i_t &= \sigma(a^i_t), & f_t &= \sigma(a^f_t), \\
# g_t &= \tanh(a^g_t), & o_t &= \sigma(a^o_t)
# \end{aligned}
# \tag{F3}
# $$
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t \tag{F4}$$
# $$h_t = o_t \odot \tanh(c_t) \tag{F5}$$
# $$\ell_t = W_{emb}\, h_t + b_y \tag{F6}$$
#
# F2 to F5 are lesson 2's LSTM. F6 is new: the score of a word is the product of the state with the word's own row (and a
# bias). To predict `fox`, the state has to turn to where the foxes are. (Press & Wolf, 2017; Inan et al., 2017. The
# latter give a reason, too: words with like rows then share what the loss teaches.)

# %%
# include: draw/network.py

# %%
# include: draw/tied.py

# %%
# include: forward/tied.py matrix

# %% tags=["define"]
def read_gates(params, tokens, h):
    """Gates i, f, g, o (H, B) from `tokens` (B,) and the state `h` (H, B)."""
    x = params["W_emb"][tokens].T                                # F1: (E, B)
    a = params["W_x"] @ x + params["W_h"] @ h + params["b"]      # F2
    a_i, a_f, a_g, a_o = a.reshape(4, *h.shape)
    return sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)    # F3

# %% tags=["define"]
def step(params, tokens, state):
    """One time step: `tokens` (B,), `state` (h, c) -> logits (V, B), (h, c)."""
    h, c = state
    i, f, g, o = read_gates(params, tokens, h)
    c = f * c + i * g                                            # F4
    h = o * np.tanh(c)                                           # F5
    logits = output_matrix(params) @ h + params["b_y"]           # F6
    return logits, (h, c)

# %% [markdown]
# ### Two steps by hand
#
# Three words, `the`, `fox`, `ran`, two numbers each. All gates are held half open here ($a = 0$ makes
# $\sigma(a) = 0.5$), and
# the candidate is the tanh of the embedding itself. It reads `the`, then `fox`. **Guess first:** which word
# gets the highest score after `fox`?

# %%
hand = {
    "W_emb": np.array([[0.0, 0.5], [2.0, 0.0], [1.0, 1.0]]),
    "W_x": np.concatenate([np.zeros((4, 2)), np.eye(2), np.zeros((2, 2))]),
    "W_h": np.zeros((8, 2)),
    "b": np.zeros((8, 1)),
    "b_y": np.zeros((3, 1)),
}
hand_inputs = np.array([[0], [1]])                       # the, fox

# %%
state = np.zeros((2, 1)), np.zeros((2, 1))
for t in range(2):
    logits, state = step(hand, hand_inputs[t], state)
    print(f"t = {t + 1}: c = {state[1].ravel().round(3)}, "
          f"h = {state[0].ravel().round(3)}, "
          f"logits = {logits.ravel().round(3)}")

# %% [markdown]
# `fox` itself: here $W_x$ hands the word on as it is, so that the state leans towards the word's own row, and that
# row is long. (After
# `the`, whose row is short, the longer row of `ran` scored higher.) A random $W_x$ has no such liking; but it has to
# turn what comes in
# away from its own row, if the network is not to repeat what it reads.
#
# ### How the parameters start
#
# Three things can be chosen: how large the rows are (`scale`), whether $b_y$ knows how frequent the words are
# (`counts`, as in lesson 4), and whether the matrix is tied. Sections 8 and 9 measure all three.

# %% tags=["define"]
def init_params(*, vocab_size, hidden_size, rng, embed_size=None,
                dtype=np.float64, scale=0.1, counts=None, tied=True):
    """Parameters of an LSTM over words; E = `embed_size`, or H.

    Embeddings start from N(0, `scale`^2); b_y at the logarithm of the words'
    shares in `counts` (V,), or at 0. ValueError for a tied E that is not H.
    """
    V, H, E = vocab_size, hidden_size, embed_size or hidden_size
    if tied and E != H:
        raise ValueError(f"Tied, the sizes of embedding and state must be "
                         f"equal, not {E} and {H}.")
    params = {
        "W_emb": scale * rng.normal(size=(V, E)),
        "W_x": rng.normal(size=(4 * H, E)) / np.sqrt(E),
        "W_h": np.concatenate([orthogonal(H, rng) for _ in range(4)]),
        "b": np.zeros((4 * H, 1)),
        "b_y": np.zeros((V, 1)),
    }
    params["b"][H : 2 * H] = 1.0                     # forget gates start open
    if not tied:
        params["W_y"] = 0.1 * rng.normal(size=(V, H))
    if counts is not None:
        params["b_y"][:, 0] = np.log((counts + 1) / (counts.sum() + V))
    return {name: p.astype(dtype) for name, p in params.items()}

# %% tags=["define"]
def zero_state(params, batch_size):
    """The state before the first word: (h, c), both zeros (H, B)."""
    zeros = np.zeros((params["W_h"].shape[1], batch_size), params["W_h"].dtype)
    return zeros, zeros.copy()

# %% [markdown]
# ### All steps at once
#
# `unroll` does `step` for all $t$: F1, the input's part of F2 and all of F6 are one product each; the loop is lesson
# 2's. (If
# you trust the check below it, leave it folded.) It has two masks, for section 8; until then they are `None`.

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title For speed alone: lesson 2's loop, with F1 and F6 for all steps at once
def unroll(params, inputs, state, mask_x=None, mask_h=None):
    """Read `inputs` (T, B) from `state` (h, c).

    Returns x, h, c, tanh_c, gates, logits as in the table.
    """
    (T, B), W_h, H = inputs.shape, params["W_h"], params["W_h"].shape[1]
    x = steps_of(params["W_emb"][inputs.ravel()].T, T)       # F1, all t
    if mask_x is not None:
        x = x * mask_x                                       # D1
    drive = steps_of(params["W_x"] @ columns(x) + params["b"], T)
    h, blocks = empty_steps(T + 1, H, B, W_h.dtype), row_blocks(W_h, B)
    c = np.empty((T + 1, H, B), W_h.dtype)
    gates = np.empty((T, 4 * H, B), W_h.dtype)
    tanh_c = np.empty((T, H, B), W_h.dtype)
    h[0], c[0] = state
    for t in range(T):
        a = by_blocks(blocks, h[t], out=gates[t])
        a += drive[t]                                        # F2
        i, f, g, o = a.reshape(4, H, B)
        sigmoid(a[: 2 * H], out=a[: 2 * H])                  # F3: i and f
        tanh(g, out=g)                                       # F3
        sigmoid(o, out=o)                                    # F3
        c[t + 1] = f * c[t] + i * g                          # F4
        tanh(c[t + 1], out=tanh_c[t])
        h[t + 1] = o * tanh_c[t]                             # F5
    shown = h[1:] if mask_h is None else mask_h * h[1:]      # D2
    scores = affine(output_matrix(params), columns(shown), params["b_y"])
    return x, h, c, tanh_c, gates, steps_of(scores, T)       # F6, all t

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title A small network for checks, as in lesson 4 but for its state: (h, c)
def tiny_example(rng, T=5, B=3, V=7, E=None, H=4, tied=True):
    """A small network and data for checks: params, inputs, targets, state."""
    params = init_params(vocab_size=V, embed_size=E, hidden_size=H, rng=rng, tied=tied)
    for name in params:
        params[name] = params[name] + 0.3 * rng.normal(size=params[name].shape)
    inputs, targets = rng.integers(V, size=(2, T, B))
    inputs[1], targets[2, 1] = inputs[0], -1
    state = 0.5 * rng.normal(size=(H, B)), rng.normal(size=(H, B))
    return params, inputs, targets, state

# %%
params, inputs, targets, state = tiny_example(np.random.default_rng(seed))
x, h, c, tanh_c, gates, all_logits = unroll(params, inputs, state)
print("x", x.shape, " h", h.shape, " c", c.shape,
      " gates", gates.shape, " logits", all_logits.shape)
same = []
for t in range(5):
    logits, state = step(params, inputs[t], state)
    same.append(np.allclose(logits, all_logits[t], atol=1e-12))
print("the same logits as step by step:", *same)

# %% [markdown]
# ## 5 Loss
#
# As in lesson 4: the mean of $-\log p$ over the $n$ words that count, with
# $\bar\ell_t = \frac1n(p_t - \mathrm{onehot}(y_t))$, and
# perplexity $e^L$.

# %% tags=["define"]
Cache = namedtuple("Cache", "inputs targets x h c tanh_c gates "
                            "mask_x mask_h logits dlogits")

# %% tags=["define"]
def forward(params, inputs, targets, state, mask_x=None, mask_h=None):
    """Run the network over `inputs` (T, B) from `state` (h, c), both (H, B).

    Returns the mean cross-entropy with `targets` (T, B) in nats a word, the
    last state, and the cache for `backward`. `mask_x` (T, E, B) multiplies
    the embeddings, `mask_h` (T, H, B) the states the output layer sees.
    """
    seen = unroll(params, inputs, state, mask_x, mask_h)
    x, h, c, tanh_c, gates, logits = seen
    loss, dlogits = cross_entropy(logits, targets)
    cache = Cache(inputs, targets, x, h, c, tanh_c, gates, mask_x, mask_h,
                  logits, dlogits)
    return loss, (h[-1].copy(), c[-1].copy()), cache

# %% [markdown]
# ## 6 Backward pass
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $\bar\ell_t = \partial L/\partial \ell_t$ | `dlogits` | `(T, V, B)` | gradient at the logits |
# | $\bar h_t = \partial L/\partial h_t$ | `dh` | `(T, H, B)` | gradient at the states, by all roads |
# | $\bar c_t = \partial L/\partial c_t$ | `dc` | `(T, H, B)` | gradient at the cells, by all roads |
# | $\bar a_t = \partial L/\partial a_t$ | `da` | `(T, 4H, B)` | gradient at what enters the gates |
# | $\bar x_t = \partial L/\partial x_t$ | `dx` | `(T, E, B)` | gradient at the embeddings read |
#
# ### Two roads into one matrix
#
# $W_{emb}$ stands in F1 and in F6. Imagine for a moment that these were two matrices which happen to be equal. By the
# look-up, lesson 4 found what arrives: with $\bar x_t = W_x^\top \bar a_t$,
#
# $$\text{look-up:}\quad \sum_{t\,:\,w_t = w} \bar x_t^\top \;\text{ in row } w. \tag{B1}$$
#
# By the output layer it is what it was for $W_y$, what arrives times what the matrix multiplied:
#
# $$\text{output:}\quad \sum_t \bar\ell_t\, h_t^\top. \tag{B2}$$
#
# Now they are one matrix. A small change of one entry changes the loss along both roads, and the contributions add:
#
# $$\bar W_{emb} = \sum_t \bar\ell_t\, h_t^\top + \big[\text{rows } w_t:\; \bar x_t^\top\big] \tag{B3}$$
#
# The first is dense: every word that did not come gets a little. The second touches only the rows that were read. The
# sum is dense, so
# a tied matrix gains nothing from sparse rows, except that half of its gradient is cheap to add.

# %%
# include: draw/tied_roads.py

# %% [markdown]
# ### The rest is lesson 2's
#
# With $W_{emb}$ in the place of $W_y$ on the first road:
#
# $$\bar h_t = W_{emb}^\top \bar\ell_t + W_h^\top \bar a_{t+1} \tag{B4}$$
# $$\bar c_t = \bar h_t \odot o_t \odot (1 - \tanh^2 c_t) + \bar c_{t+1} \odot f_{t+1} \tag{B5}$$
# $$
# \begin{aligned}
# \bar a^i_t &= \bar c_t \odot g_t \odot i_t \odot (1 - i_t) \\
# \bar a^f_t &= \bar c_t \odot c_{t-1} \odot f_t \odot (1 - f_t) \\
# \bar a^g_t &= \bar c_t \odot i_t \odot (1 - g_t \odot g_t) \\
# \bar a^o_t &= \bar h_t \odot \tanh(c_t) \odot o_t \odot (1 - o_t)
# \end{aligned}
# \tag{B6}
# $$
# $$
# \begin{aligned}
# \bar W_h &= \sum_t \bar a_t h_{t-1}^\top, & \bar W_x &= \sum_t \bar a_t x_t^\top, \\
# \bar b &= \sum_t \bar a_t, & \bar b_y &= \sum_t \bar\ell_t
# \end{aligned}
# \tag{B7}
# $$
#
# ### One step back as code

# %% tags=["define"]
def step_backward(params, tokens, state, dlogits, dstate):
    """One step back: shares of the gradients, and `dstate` one step earlier.

    `tokens` (B,) and `state` (h, c) are those that `step` was given, `dlogits`
    (V, B) is the gradient at its logits, `dstate` (dh, dc) is from the step
    after. For a tied matrix.
    """
    (h_before, c_before), (dh_later, dc_later) = state, dstate
    i, f, g, o = read_gates(params, tokens, h_before)
    _, (h, c) = step(params, tokens, state)
    dh = params["W_emb"].T @ dlogits + dh_later          # B4
    dc = dh * o * (1 - np.tanh(c) ** 2) + dc_later       # B5
    da = np.concatenate([
        dc * g * i * (1 - i),                            # B6: i
        dc * c_before * f * (1 - f),                     # B6: f, c_{t-1}
        dc * i * (1 - g * g),                            # B6: g
        dh * np.tanh(c) * o * (1 - o),                   # B6: o, dh
    ])
    dW_emb, dx = dlogits @ h.T, params["W_x"].T @ da     # B2
    for column, word in enumerate(tokens):
        dW_emb[word] += dx[:, column]                    # B1, added: B3
    grads = {
        "W_emb": dW_emb,
        "W_x": da @ params["W_emb"][tokens],             # B7: x_t
        "W_h": da @ h_before.T,                          # B7: h_{t-1}
        "b": da.sum(axis=1, keepdims=True),              # B7
        "b_y": dlogits.sum(axis=1, keepdims=True),       # B7
    }
    return grads, (params["W_h"].T @ da, dc * f)         # second roads

# %% [markdown]
# Back through the two steps by hand: after `the` came `fox`, after `fox` came `ran`. **Guess first:** will the row of
# `ran`, which
# is never read, get a gradient?

# %%
hand_start = np.zeros((2, 1)), np.zeros((2, 1))
*_, hand_logits = unroll(hand, hand_inputs, hand_start)
_, hand_dlogits = softmax_cross_entropy(hand_logits, np.array([[1], [2]]))
hand_states = [hand_start, step(hand, hand_inputs[0], hand_start)[1]]

# %%
dstate = np.zeros((2, 1)), np.zeros((2, 1))
for t in (1, 0):
    share, dstate = step_backward(
        hand, hand_inputs[t], hand_states[t], hand_dlogits[t], dstate)
    print(f"t = {t + 1}: gradient of W_emb", *share["W_emb"].round(3),
          " sends back dc =", dstate[1].ravel().round(3))

# %% [markdown]
# All three rows get one: `ran` by the output alone, `the` and `fox` by both roads.
#
# ### All steps at once

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title For speed alone: lesson 2's loop backwards, with the mask of D4
def state_gradients(params, cache):
    """Gradients `dh`, `dc` (T, H, B), and `da` (T, 4H, B) at gate inputs."""
    (T, B), W_h, c = cache.inputs.shape, params["W_h"], cache.c
    H = W_h.shape[1]
    dh = steps_of(output_matrix(params).T @ columns(cache.dlogits), T)   # B4
    if cache.mask_h is not None:
        dh = dh * cache.mask_h                           # D4
    da, a = empty_steps(T, 4 * H, B, dh.dtype), np.empty((4 * H, B), dh.dtype)
    dc, back = np.empty((T, H, B), dh.dtype), row_blocks(W_h.T.copy(), B)
    a_i, a_f, a_g, a_o = a.reshape(4, H, B)
    for t in reversed(range(T)):
        i, f, g, o = cache.gates[t].reshape(4, H, B)
        tanh_c = cache.tanh_c[t]
        if t + 1 < T:
            dh[t] += by_blocks(back, a)                  # B4, second road
        dc[t] = dh[t] * o * (1 - tanh_c * tanh_c)        # B5, first road
        if t + 1 < T:
            f_next = cache.gates[t + 1, H : 2 * H]
            dc[t] += dc[t + 1] * f_next                  # B5, second road
        np.multiply(dc[t] * g, i * (1 - i), out=a_i)     # B6: i
        np.multiply(dc[t] * c[t], f * (1 - f), out=a_f)  # B6: f, c_{t-1}
        np.multiply(dc[t] * i, 1 - g * g, out=a_g)       # B6: g
        np.multiply(dh[t] * tanh_c, o * (1 - o), out=a_o)  # B6: o
        da[t] = a
    return dh, dc, da

# %%
# include: forward/tied.py gradient

# %% tags=["define"]
def weight_gradients(params, cache, da):
    """All gradients, given `da` (T, 4H, B); keys as `params`."""
    h, dlogits, da = cache.h, columns(cache.dlogits), columns(da)
    shown = h[1:] if cache.mask_h is None else cache.mask_h * h[1:]
    dx = params["W_x"].T @ da
    if cache.mask_x is not None:
        dx = dx * columns(cache.mask_x)                  # D3
    return {
        **vocabulary_gradients(                          # B1, B2, B3
            params, cache.inputs, dx, dlogits, columns(shown)),
        "W_x": da @ columns(cache.x).T,                  # B7
        "W_h": da @ columns(h[:-1]).T,                   # B7: h_{t-1}
        "b": da.sum(axis=1, keepdims=True),              # B7
        "b_y": dlogits.sum(axis=1, keepdims=True),       # B7
    }

# %% tags=["define"]
def backward(params, cache):
    """Gradients of the loss of `forward`: keys as `params`."""
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
# ### Break it
#
# A matrix with two roads invites three mistakes: to leave out the one, or the other, or to average them. **Guess first:**
# which of the two roads, left out, makes the larger error?

# %%
_, _, da = state_gradients(params, cache)
twins = {**params, "W_y": params["W_emb"]}        # the same, not tied
roads = weight_gradients(twins, cache, da)
by_lookup = to_dense(roads["W_emb"], 7)
mistakes = {
    "the look-up's road alone": by_lookup,
    "the output's road alone": roads["W_y"],
    "the mean of both": (by_lookup + roads["W_y"]) / 2,
}

# %%
mistakes_are_caught = True
for name, wrong in mistakes.items():
    errors = check_gradients(tiny_loss, params, {**grads, "W_emb": wrong})
    spoiled = [p for p, error in errors.items() if error > 1e-6]
    mistakes_are_caught &= spoiled == ["W_emb"]
    print(f"{name}: wrong {', '.join(spoiled)}, "
          f"error {errors['W_emb']:.2f}")

# %% [markdown]
# The output's. But neither is small, and the mean is no way out: contributions along paths add.
#
# ## 8 Training

# %%
# folded: As in lessons 1 and 4: held-out scores, sampling, generating, logging, progress lines, tables of counts
# include: loss/bits.py
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
# ### Hide it on the way in, and on the way out
#
# Lesson 2 hid states from the output layer. Zaremba et al. (2014) hide on every connection that does not lead through
# time, and so on the way in, too. Two masks, drawn anew for every window, with entries 0 or $1/(1-\text{rate})$:
#
# $$x_t \leftarrow d^x_t \odot x_t \;\text{ after F1} \tag{D1}$$
# $$\ell_t = W_{emb}(d^h_t \odot h_t) + b_y \tag{D2}$$
#
# On the way back the same masks stand at the same places:
#
# $$\bar x_t = d^x_t \odot (W_x^\top \bar a_t) \;\text{ in B1} \tag{D3}$$
# $$\bar h_t = d^h_t \odot (W_{emb}^\top \bar\ell_t) + W_h^\top \bar a_{t+1} \tag{D4}$$
#
# and B2 becomes $\sum_t \bar\ell_t (d^h_t \odot h_t)^\top$, since that is what the output layer has seen. The road
# through time, $W_h h_{t-1}$, is never touched: there a
# mask that changes at every step would disturb the state anew each time. (Lesson 2's weight drop, Merity et al.,
# 2018, hides connections on that
# road. It is left out here, to see what dropout does alone.) When the model is used, nothing is hidden.

# %%
# folded: As in lesson 2: a random mask
# include: training/regularise.py mask

# %%
# include: training/word_regularise.py

# %% [markdown]
# Check it with both masks held fixed, and break it in three ways.

# %%
rng = np.random.default_rng(seed)
hide = drop_mask((5, 4, 3), 0.3, rng), drop_mask((5, 4, 3), 0.3, rng)
other = drop_mask((5, 4, 3), 0.3, rng)
_, _, masked = forward(params, inputs, targets, state, *hide)
right, da = backward(params, masked), state_gradients(params, masked)[-1]
masked_before = np.concatenate([masked.h[:1], (hide[1] * masked.h[1:])[:-1]])
mask_cases = {
    "D1 to D4": right,
    "another mask on the way in":
        backward(params, masked._replace(mask_x=other)),
    "no mask at B2 and D4": backward(params, masked._replace(mask_h=None)),
    "masked states for W_h, too":
        {**right, "W_h": columns(da) @ columns(masked_before).T},
}

# %%
mask_errors = {}
for name, case in mask_cases.items():
    errors = check_gradients(
        lambda p: forward(p, inputs, targets, state, *hide)[0], params, case)
    mask_errors[name] = max(errors.values())
    print(f"{name:28s} "
          f"{'agrees' if mask_errors[name] < 1e-6 else 'WRONG'}")
masks_are_right = ([e < 1e-6 for e in mask_errors.values()]
                   == [True, False, False, False])

# %% [markdown]
# ### Three starts
#
# Before the long run, a short one, of 64 units. The same network, tied and with dropout, three times:
#
# 1. rows from $N(0, 1)$, as PyTorch's `nn.Embedding` starts them, and $b_y = 0$;
# 2. rows from $N(0, 0.1^2)$, and $b_y = 0$;
# 3. the same, and $b_y$ the logarithm of the words' shares.
#
# **Guess first:** the perplexity before the first update, for each of the three? (An even guess has 2,354.)

# %%
start_options = {
    "rows of size 1": dict(scale=1.0),
    "rows of size 0.1": dict(scale=0.1),
    "0.1, bias from counts": dict(scale=0.1, counts=counts),
}

# %% tags=["train"]
start_curves, small_size = {}, min(hidden_size, 64)
for name, options in start_options.items():
    rng = np.random.default_rng(seed)
    p = init_params(vocab_size=V, hidden_size=small_size, rng=rng, **options)
    first = of_words(evaluate(p, valid_tokens[:2000]), valid_tokens[:2000])
    losses = train(p, streams, min(steps, 150), learning_rate, seq_len,
                   clip_norm, regularised(dropout_in, dropout_out, rng))
    last = of_words(evaluate(p, valid_tokens), valid_tokens)
    start_curves[name] = np.exp(losses["loss"]), perplexity(last)
    print(f"{name:21s} before {perplexity(first):8.3g}, "
          f"after {start_curves[name][1]:.3g}")

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Training perplexity over the first 150 updates for three starts on a logarithmic axis: large rows start far above the even guess, small rows at it, the informed bias near the unigram model."}}
#@title Drawing: the first updates from three starts
fig, ax = plt.subplots(figsize=(7, 4))
for (name, (curve, _)), (colour, style) in zip(start_curves.items(), STYLES):
    ax.semilogy(np.arange(1, len(curve) + 1), curve, style, color=colour, label=name)
for name in ("uniform", "unigram"):
    baseline(ax, baselines[name], name)
lasts = [last for _, last in start_curves.values()]
ax.set(xlabel="update", ylabel="training perplexity, masks on",
       title="How it starts decides the first hundred updates" if lasts == sorted(lasts)[::-1]
       else "Three starts")
ax.legend(loc="upper right")
plt.show()
print("updates drawn:", *(len(curve) for curve, _ in start_curves.values()))

# %% [markdown]
# Rows of size 1 begin far above an even guess. *Why:* tied, a logit is the product of a state with a row of $E$ numbers of
# size 1, so the first logits differ by something like $\lVert h_t \rVert$ (exercise 4), and the exponential of that
# is a confident, wrong
# opinion. (The curves are measured with the masks on, which lengthen what the output layer sees; hence they begin
# higher still than the
# figures above.) And Adam moves a number by about the learning rate an update, in a hundred updates by less than the
# size it started
# with: what a row says at random may stay in it. Small rows begin at the even guess; and where the bias knows the
# frequencies, the network begins at the
# unigram model and can spend its gradient on what depends on the context.
#
# And in the end, after a full run? Three seeds each, each at the best of at least three learning rates, perplexity
# on the validation fables (`python benchmarks/claims_by_seed.py starts`):
#
# {{table starts_word_lstm}}
#
# So it decides more than the first hundred updates. With rows of size 1 the network ends not far below the table of
# counts, though at a rate twice as high as the others want. The size of the
# rows alone is worth more than dropout (section 9), and the bias some more.
#
# ### Now the book

# %% tags=["train"]
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
# Two fifths of what comes in and three fifths of what goes out are hidden in training, and yet it learns; the
# training line is
# measured with the masks on. Does chance still play a part when the model is *used*? The same text twice:

# %%
twice = [evaluate(params, valid_tokens[:1000]) for _ in range(2)]
print("evaluation is the same each time:", np.array_equal(*twice))

# %%
# include: training/norm_curve.py

# %% [markdown]
# (Each parameter's line is a running mean. The spikes are the last windows of the passes over the text: they are
# shorter, so their gradient
# is a mean over fewer words.) The tied matrix has the longest gradient from the start, and clipping never acted.

# %% [markdown]
# ## 9 Held-out results
#
# The test fables have played no part so far. **Guess first:** in lesson 4 the simple network was a fifth below the
# table of counts. And the LSTM?

# %%
# folded: As in lesson 1: mixing two models, and the best share
# include: results/mixture.py

# %%
# include: results/word_score.py

# %%
# include: results/word_dots.py

# %% [markdown]
# A third below the table of counts, alone. The table still adds something to the mixture, though less than it did to
# the simple network. With other seeds (`python benchmarks/claims_by_seed.py results word_level_lm/02`):
#
# {{table results_word_lstm}}
#
# ### What did it: tying, or dropout?
#
# Four networks that differ in these two things, the same number of updates, each at the best of at least three
# learning rates. (Where there are two tables, $W_{emb}$ is moved by lesson 4's Adam for rows.) Perplexity
# on the *validation* fables (`python benchmarks/claims_by_seed.py tying`):
#
# {{table tying_word_lstm}}
#
# Dropout. It is worth ten, tied or not, and without it the best learning rate is a quarter of that with it,
# presumably because a faster network has learned the book by heart sooner. Tying is worth
# little here, and only with dropout; but it costs nothing and saves two fifths of the parameters.
#
# ### In bits per character
#
# Spelling unknown words and putting back capitals included, as in lesson 4. **Guess first:** the best model of
# characters, lesson 2's LSTM alone, needed 1.86 (mean of three seeds). And this?

# %%
# folded: As in lesson 4: what a word model leaves open
# include: results/in_characters.py code

# %%
# include: results/in_characters.py show

# %% [markdown]
# Fewer than the network of characters needs, with every new word spelled and every capital paid for. A sixth of its
# bits go into spelling.

# %% [markdown]
# ## 10 Look inside
#
# ### How far back the gradient reaches: cell and state
#
# As in lesson 2, the gradient of the last word's loss, by lag. **Guess first:** which of the two lines is higher at a
# lag of 20
# words, after training?

# %%
# folded: As in lesson 1: the gradient of the last loss, by lag
# include: look_inside/lag.py

# %%
# include: look_inside/word_lag_curve.py

# %%
# include: look_inside/heat_map.py

# %% [markdown]
# Beyond the first few words the two lines fall together, within each other's bands; the state starts higher, because
# at lag 0 it has its
# direct road through the logits. After training much less reaches back than before: it has learned to look nearby.
# The heat map shows the entries at the cell; as in lesson 2 they spread over many powers of ten.
#
# ### What was it looking at?

# %%
# folded: As in lesson 1: how much each token moved one prediction
# include: look_inside/connectivity.py function

# %%
# include: look_inside/word_connectivity.py

# %% [markdown]
# On these four predictions a smaller share comes from the last three words than in lesson 4's network. Four are no
# statistic; but that this
# network has room for a longer memory is what lesson 2 showed.
#
# ### One table, two jobs
#
# The forty words of four kinds again, in the one matrix that is left, before and after training.

# %%
# include: look_inside/word_groups.py map

# %% [markdown]
# From no better than chance to all or nearly all of them: more than lesson 4's $W_{emb}$ managed, which was taught by
# reading alone, and about as many as its $W_y$.

# %% [markdown]
# ## 11 Generate

# %%
# include: generate/word_ways.py

# %% [markdown]
# The longer samples seem to hold together better than lesson 4's, and quotation marks are opened and closed. What
# happens still has no reason to happen. Type your own beginning:

# %%
# include: generate/word_prompt.py

# %% [markdown]
# ## 12 On your own
#
# **Exercise 1 (easy).** How many parameters does tying save here, and what share of the whole?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 1: what tying saves
# One matrix of V x H of the two: more than everything else together.
saved, whole = V * hidden_size, sum(p.size for p in params.values())
print(f"{saved:,} saved, {saved / (saved + whole):.0%} of {saved + whole:,}; {whole:,} are left")
assert params["W_emb"].size == saved

# %% [markdown]
# **Exercise 2 (easy).** The hand-made network of section 4 repeated `fox`. Which $W_x$ for the candidate makes it say `ran`
# after `fox`? (Turn the embedding by an angle.)

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 2: turn what was read
# A turn by 45 degrees takes the direction of fox, (2, 0), to that of ran, (1, 1).
turned = {**hand, "W_x": hand["W_x"].copy()}
turned["W_x"][4:6] = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
state_2 = np.zeros((2, 1)), np.zeros((2, 1))
for tokens in hand_inputs:
    logits_2, state_2 = step(turned, tokens, state_2)
print("logits:", logits_2.ravel().round(3))
assert logits_2.argmax() == 2

# %% [markdown]
# **Exercise 3 (medium).** Leave dropout on when the model is used. Predict first: what happens to the perplexity of
# the first thousand validation words,
# with one draw of masks, and with the mean of the probabilities under eight?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 3: masks left on
# One draw is much worse. The mean over draws comes closer to the model without masks, which is a
# cheap stand-in for it.
some_tokens, rng = valid_tokens[:1001], np.random.default_rng(seed)
some_inputs, some_targets = some_tokens[:-1, None], some_tokens[1:, None]
drawn = []
for _ in range(8):
    hidden_3 = (drop_mask((1000, hidden_size, 1), dropout_in, rng, params["W_h"].dtype),
                drop_mask((1000, hidden_size, 1), dropout_out, rng, params["W_h"].dtype)
                ) if len(some_inputs) == 1000 else (None, None)
    _, _, cache_3 = forward(params, some_inputs, some_targets, zero_state(params, 1), *hidden_3)
    log_p_3 = log_softmax(cache_3.logits)
    drawn.append(np.take_along_axis(log_p_3, some_targets[:, None], axis=1)[:, 0, 0])
one = perplexity(of_words(drawn[0], some_tokens))
eight = perplexity(of_words(np.log(np.mean(np.exp(drawn), axis=0)), some_tokens))
free = perplexity(of_words(evaluate(params, some_tokens), some_tokens))
print(f"one draw {one:.0f}, mean of eight {eight:.0f}, no masks {free:.0f}")
assert one > eight > free or not as_shipped

# %% [markdown]
# **Exercise 4 (medium).** Section 8 says the first logits are as large as the state. Measure it: the standard
# deviation of the first logits for
# rows of size 1 and $H = 16, 64, 256$, beside the length of $h_1$.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 4: how large the first logits are
# A logit is a sum of H products of a state's number with a random number of size 1: its standard
# deviation over the words is the state's length, which grows like the root of H.
for H_4 in (16, 64, 256):
    p = init_params(vocab_size=V, hidden_size=H_4, rng=np.random.default_rng(seed), scale=1.0)
    logits_4, (h_4, _) = step(p, np.array([3]), zero_state(p, 1))
    length_4 = np.linalg.norm(h_4)
    print(f"H = {H_4:3d}: logits {logits_4.std():.1f}, length of the state {length_4:.1f}")
    assert 0.7 < logits_4.std() / length_4 < 1.4 or not as_shipped

# %% [markdown]
# **Exercise 5 (hard).** Untie the sizes, not the matrix: let $E \ne H$ and put a matrix $P$ `(E, H)` between,
# $\ell_t = W_{emb} P h_t + b_y$
# (as Press & Wolf, 2017, do). Derive $\bar P$ and the new $\bar h_t$ and $\bar W_{emb}$, and check them for one step.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 5: a matrix between
# P gets what arrives at P h, W_emb^T dlogits, times h^T; h gets P^T of it; W_emb's output road
# multiplies P h instead of h.
rng = np.random.default_rng(seed)
p_5 = {"W_emb": rng.normal(size=(7, 3)), "P": rng.normal(size=(3, 4)),
       "h": rng.normal(size=(4, 3)), "b_y": rng.normal(size=(7, 1))}


def between(p):
    """Loss and gradient at the logits of an output layer with P in between."""
    logits = p["W_emb"] @ p["P"] @ p["h"] + p["b_y"]
    return softmax_cross_entropy(logits[None], targets[:1])


dlogits_5 = between(p_5)[1][0]
arrives = p_5["W_emb"].T @ dlogits_5
errors_5 = check_gradients(lambda p: between(p)[0], p_5, {
    "W_emb": dlogits_5 @ (p_5["P"] @ p_5["h"]).T, "P": arrives @ p_5["h"].T,
    "h": p_5["P"].T @ arrives, "b_y": dlogits_5.sum(axis=1, keepdims=True)})
assert verdict(errors_5)

# %% [markdown]
# ## 13 Summary and references
#
# One matrix reads words and predicts them; the loss reaches it by the look-up and by the output, and both add. Dropout
# stands on the way in and on the way out, never on the road through time. And the start decides: small rows, and a
# bias that knows
# the frequencies. The whole lesson on one card (F2 to F5 and B5 to B7 are lesson 2's):
#
# | forward | `step` | backward | `step_backward` |
# |---|---|---|---|
# | F1 $x_t = W_{emb}^\top\mathrm{onehot}(w_t)$ | `W_emb[tokens].T` | B1 row $w_t$ gets $\bar x_t^\top$, $\bar x_t = W_x^\top\bar a_t$ | `dW_emb[word] += dx[:, column]` |
# | F2 $a_t = W_x x_t + W_h h_{t-1} + b$ | `read_gates` | B2 $\sum_t \bar\ell_t h_t^\top$ | `dlogits @ h.T` |
# | F3 $i, f, o = \sigma$; $g = \tanh$ | `read_gates` | B3 $\bar W_{emb}$ = B1 + B2 | |
# | F4 $c_t = f_t\odot c_{t-1} + i_t\odot g_t$ | `f * c + i * g` | B4 $\bar h_t = W_{emb}^\top\bar\ell_t + W_h^\top\bar a_{t+1}$ | `W_emb.T @ dlogits + dh_later` |
# | F5 $h_t = o_t\odot\tanh(c_t)$ | `o * np.tanh(c)` | B5 $\bar c_t$, B6 $\bar a_t$ | as in lesson 2 |
# | F6 $\ell_t = W_{emb} h_t + b_y$ | `W_emb @ h + b_y` | B7 $\bar W_h = \sum_t\bar a_t h_{t-1}^\top$, … | `da @ h_before.T`, … |
# | D1 $d^x_t\odot x_t$ | `x * mask_x` | D3 $d^x_t\odot(W_x^\top\bar a_t)$ | `dx * mask_x` |
# | D2 $W_{emb}(d^h_t\odot h_t)$ | `mask_h * h` | D4 $d^h_t\odot(W_{emb}^\top\bar\ell_t)$ | `mask_h * (W_emb.T @ dlogits)` |
#
# What this page showed:

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title What this page showed, checked
start_ends = [last for _, last in start_curves.values()]
claims = {
    "every entry of every gradient agrees with central differences": gradient_is_right,
    "the check catches a tied matrix that counts one road, or their mean": mistakes_are_caught,
    "dropout's gradient is right, and three ways to get it wrong are caught": masks_are_right,
    "the crow is told word for word": crow_is_word_for_word,
    "two tables that start apart learn the same kinds": min(own_kind.values()) > 0.5,
    "small rows start better than large ones, and with a bias that knows better still":
        start_ends[0] > start_ends[1] > start_ends[2],
    "the LSTM is at least 30 % below the best table of counts on test fables": results["LSTM"] < 0.7 * results[table],
    "the mixture of both is better than either": results["mixed"] < results["LSTM"],
    "with capitals and spelling paid for, it needs fewer bits than the table of characters":
        in_bits[f"{network} of words in all"] < in_bits["the table of characters"],
    "evaluation is the same each time": np.array_equal(*twice),
}
for claim, holds in claims.items():
    print("shown:" if holds else "NOT shown:", claim)
assert all(claims.values()) or not as_shipped

# %% [markdown]
# **References**
#
# - H. Inan, K. Khosravi, R. Socher (2017). Tying word vectors and word classifiers. arXiv:1611.01462.
# - S. Merity, N. Keskar, R. Socher (2018). Regularizing and optimizing LSTM language models. arXiv:1708.02182.
# - O. Press, L. Wolf (2017). Using the output embedding to improve language models. *EACL*, arXiv:1608.05859.
# - W. Zaremba, I. Sutskever, O. Vinyals (2014). Recurrent neural network regularization. arXiv:1409.2329.
#
# Sources of what lessons 1, 2 and 4 explained are listed there.
