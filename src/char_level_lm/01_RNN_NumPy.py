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
# # Train a character-level recurrent network by hand
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your-organisation/recurrent-networks-in-numpy/blob/main/char_level_lm/01_RNN_NumPy.ipynb)
#
# You build a recurrent network that reads fables one character at a time and predicts the
# next, with every gradient derived on paper, coded in NumPy, and checked.

# %% [markdown]
# **What you'll do.** Write the forward pass of an Elman network, derive backpropagation
# through time, check it against numbers, train on a book of fables, and look inside to see
# why such a network forgets.
#
# **What you'll learn.** Where each term of the gradient comes from; what truncation and
# clipping do; why gradients vanish or explode, and how the initial matrix decides it; how to
# tell a good language model from a bad one on text it has not seen.
#
# **What you'll need.** The chain rule, matrix products, and NumPy's indexing. No framework.
# The page runs from top to bottom in about two minutes on one core.

# %% [markdown]
# ## 1 Setup
#
# Every knob of the lesson is in the next cell. Change one, run all, and the page becomes your
# own experiment.

# %% tags=["parameters"]
corpus = "fables.txt"      # or the path of a UTF-8 text of yours
seed = 0
hidden_size = 128          # H
batch_size = 32            # B, streams read side by side
seq_len = 50               # T, characters between two updates
steps = 2400               # updates
learning_rate = 5e-3
clip_norm = 1.0
dtype = "float64"
log_to_wandb = False

# %% [markdown]
# NumPy does the work, Matplotlib the figures; the rest is the standard library. The matrices are
# too small to split among threads, so the linear algebra is told to use one.

# %%
# include: setup.py

# %%
# include: figures.py

# %%
settings = dict(corpus=corpus, seed=seed, hidden_size=hidden_size, batch_size=batch_size,
                seq_len=seq_len, steps=steps, learning_rate=learning_rate,
                clip_norm=clip_norm, dtype=dtype)
SHIPPED = dict(corpus="fables.txt", seed=0, hidden_size=128, batch_size=32, seq_len=50,
               steps=2400, learning_rate=5e-3, clip_norm=1.0, dtype="float64")
as_shipped = settings == SHIPPED
print("settings:", "as shipped" if as_shipped else "your own")

# %% [markdown]
# ## 2 Data
#
# The corpus is a book of fables, Aesop's and their kin, retold for this project.

# %%
# include: data.py load

# %%
# include: char_corpus.py load

# %%
# include: data.py split

# %%
# include: char_corpus.py split

# %%
# include: data.py streams

# %%
# include: char_corpus.py streams

# %% [markdown]
# ## 3 Notation
#
# Columns are examples, as in the papers: a batch of states is a matrix whose $B$ columns are
# the $B$ streams. In the equations $x_t$ is a column with a single 1, at the character read;
# in the code it is that character's number, and the product $W_x x_t$ is a look-up of a
# column of $W_x$. Sizes: $T$ steps, $B$ streams, $V$ characters, $H$ hidden units.
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $x_t$ | `inputs` | `(T, B)` | characters read, as ids |
# | $y_t$ | `targets` | `(T, B)` | characters to predict, as ids |
# | $h_t$ | `h` | `(T+1, H, B)` | hidden states; `h[0]` is the state handed in, `h[t+1]` follows input `t` |
# | $a_t$ | `a` | `(T, H, B)` | what enters the tanh |
# | $\ell_t$ | `logits` | `(T, V, B)` | scores of the next character |
# | $W_x$ | `W_x` | `(H, V)` | input to hidden |
# | $W_h$ | `W_h` | `(H, H)` | hidden to hidden |
# | $b$ | `b` | `(H, 1)` | hidden bias |
# | $W_y$ | `W_y` | `(V, H)` | hidden to logits |
# | $b_y$ | `b_y` | `(V, 1)` | output bias |
# | $\partial L/\partial \ell_t$ | `dlogits` | `(T, V, B)` | gradient at the logits |
# | $\delta_t = \partial L/\partial h_t$ | `dh` | `(T, H, B)` | gradient at the states, by all roads |
# | $\alpha_t = \partial L/\partial a_t$ | `da` | `(T, H, B)` | gradient at what enters the tanh |
#
# $\odot$ multiplies entry by entry; $\tanh$ acts on each entry.

# %% [markdown]
# ## 4 Forward pass
#
# The state takes in the new character and what is left of the old state; the logits are read
# off the state:
#
# $$a_t = W_x x_t + W_h h_{t-1} + b \tag{F1}$$
# $$h_t = \tanh(a_t) \tag{F2}$$
# $$\ell_t = W_y h_t + b_y \tag{F3}$$
#
# This is Elman's network (1990), with two later habits: Elman used the logistic function
# where we use tanh, and did not send gradients back through time.
#
# The initial $W_h$ is a random *orthogonal* matrix: it turns a vector and keeps its length. The
# initial $W_x$ is small, so that the tanh starts out in its straight part. Section 10 compares
# this $W_h$ with two other starts; exercise 4 shows what a large $W_x$ does.

# %%
# include: orthogonal.py

# %% tags=["define"]
def init_params(*, vocab_size, hidden_size, rng, dtype=np.float64, recurrent="orthogonal"):
    """Parameters of an Elman network with V = `vocab_size` and H = `hidden_size`.

    `recurrent` names how W_h starts: "orthogonal"; "gaussian", variance 1/H; or "uniform" on
    +-1/sqrt(H), PyTorch's default. ValueError for another name.
    """
    V, H = vocab_size, hidden_size
    starts = {
        "orthogonal": lambda: orthogonal(H, rng),
        "gaussian": lambda: rng.normal(size=(H, H)) / np.sqrt(H),
        "uniform": lambda: rng.uniform(-1, 1, size=(H, H)) / np.sqrt(H),
    }
    if recurrent not in starts:
        raise ValueError(f"recurrent is {recurrent!r}: choose one of {', '.join(starts)}.")
    params = {
        "W_x": 0.1 * rng.normal(size=(H, V)), "W_h": starts[recurrent](), "b": np.zeros((H, 1)),
        "W_y": rng.normal(size=(V, H)) / np.sqrt(H), "b_y": np.zeros((V, 1)),
    }
    return {name: p.astype(dtype) for name, p in params.items()}


def zero_state(params, batch_size):
    """The state before the first character: zeros (H, B)."""
    return np.zeros((len(params["W_h"]), batch_size), params["W_h"].dtype)

# %% [markdown]
# Only $W_h h_{t-1}$ has to wait for the step before. The input's part of F1 and all of F3 are
# computed for every time step at once; the loop keeps what it must.

# %% tags=["define"]
Cache = namedtuple("Cache", "inputs targets a h logits dlogits")


def forward(params, inputs, targets, state):
    """Run the network over `inputs` (T, B) from `state` (H, B).

    Returns the mean cross-entropy with `targets` (T, B) in nats a token, the last state
    (H, B), and the cache for `backward`.
    """
    W_x, W_h, b = params["W_x"], params["W_h"], params["b"]
    a = W_x[:, inputs].swapaxes(0, 1) + b              # (T, H, B)    F1 but for W_h h, all t at once
    h = np.empty((len(inputs) + 1, *state.shape), state.dtype)
    h[0] = state
    for t in range(len(inputs)):
        a[t] += W_h @ h[t]                             # (H, B)       F1
        np.tanh(a[t], out=h[t + 1])                    # (H, B)       F2
    logits = params["W_y"] @ h[1:] + params["b_y"]     # (T, V, B)    F3, all t at once
    loss, dlogits = softmax_cross_entropy(logits, targets)
    return loss, h[-1].copy(), Cache(inputs, targets, a, h, logits, dlogits)


def step(params, tokens, state):
    """One time step without targets: `tokens` (B,), `state` (H, B) -> logits (V, B), state."""
    a = params["W_x"][:, tokens] + params["W_h"] @ state + params["b"]            # F1
    state = np.tanh(a)                                                            # F2
    return params["W_y"] @ state + params["b_y"], state                           # F3

# %% [markdown]
# Here is one time step. Follow the solid arrows for the forward pass. The dashed arrows are
# the roads the gradient takes back, the subject of section 6.

# %% jupyter={"source_hidden": true} cellView="form"
#@title The cell: forward paths and backward roads
fig, ax = plt.subplots(figsize=(7.4, 3.6))
boxes = {"$h_{t-1}$": (0.6, 2), "$W_h$": (2.1, 2), "$+$": (3.4, 2), "tanh": (4.7, 2), "$h_t$": (6, 2),
         "$x_t$": (0.6, 0.6), "$W_x$": (2.1, 0.6), "$W_y$": (6, 3.2), r"$\ell_t$": (7.3, 3.2), "$L$": (8.6, 3.2),
         "$h_{t+1}$": (8.6, 2)}
for name, (x, y) in boxes.items():
    ax.text(x, y, name, ha="center", va="center", fontsize=13,
            bbox=dict(boxstyle="round,pad=0.35", facecolor="white", edgecolor=GREY))
forward_paths = ["$h_{t-1}$ $W_h$", "$W_h$ $+$", "$x_t$ $W_x$", "$W_x$ $+$", "$+$ tanh", "tanh $h_t$",
                 "$h_t$ $W_y$", r"$W_y$ $\ell_t$", r"$\ell_t$ $L$", "$h_t$ $h_{t+1}$"]
for path in forward_paths:
    (x0, y0), (x1, y1) = (boxes[name] for name in path.split())
    reach = 0.42 / np.hypot(x1 - x0, y1 - y0)
    ax.annotate("", (x1 - reach * (x1 - x0), y1 - reach * (y1 - y0)),
                (x0 + reach * (x1 - x0), y0 + reach * (y1 - y0)),
                arrowprops=dict(arrowstyle="-|>", color=BLUE, lw=1.6))
roads = [("$h_{t+1}$", "$h_t$", -0.35, r"$W_h^\top\alpha_{t+1}$"), (r"$\ell_t$", "$h_t$", 0.25, r"$W_y^\top\,\partial L/\partial \ell_t$"),
         ("$h_t$", "$+$", -0.42, r"$\alpha_t=\delta_t\odot(1-h_t^2)$"), ("$+$", "$h_{t-1}$", -0.35, r"$W_h^\top\alpha_t$")]
for start, end, bend, _ in roads:
    (x0, y0), (x1, y1) = boxes[start], boxes[end]
    ax.annotate("", (x1 + 0.2, y1 - 0.33), (x0 - 0.2, y0 - 0.33), arrowprops=dict(
        arrowstyle="-|>", color=ORANGE, lw=1.6, linestyle="--", connectionstyle=f"arc3,rad={bend}"))
for x, y, label in [(7.35, 1.0, roads[0][3]), (8.35, 2.6, roads[1][3]), (4.75, 0.92, roads[2][3]), (1.35, 1.02, roads[3][3])]:
    ax.text(x, y, label, color=ORANGE, ha="center", fontsize=11)
ax.set(xlim=(0, 9.3), ylim=(0.1, 3.7), title="The state is reached by two roads: they add up to $\\delta_t$")
ax.axis("off")
plt.show()
print(len(forward_paths), "forward paths,", len(roads), "backward roads")

# %% [markdown]
# For checks we need a tiny network, all sizes different. Section 5 runs it: compare the shapes it
# prints with the table.

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
# include: loss.py

# %%
tiny = tiny_example(np.random.default_rng(seed))
loss, state, cache = forward(*tiny)
for name in ("a", "h", "logits", "dlogits"):
    print(name, getattr(cache, name).shape)
huge = softmax_cross_entropy(np.array([[[1e4], [0.0]]]), np.array([[1]]))[0]
print(f"loss of a logit 10,000 too low: {huge:.0f} nats, and no overflow")

# %%
# include: char_corpus.py baselines

# %% [markdown]
# ## 6 Backward pass
#
# We go from the loss back to each parameter, through time. Start at the logits with L3 and
# write $\delta_t = \partial L/\partial h_t$ and $\alpha_t = \partial L/\partial a_t$.
#
# **The state.** The loss hears of $h_t$ by two roads: through the logits $\ell_t$ of the same
# step (F3), and through $a_{t+1}$ of the next (F1). By F3, entry $i$ of $h_t$ moves logit $v$ at
# the rate $W_y[v,i]$; summing over $v$ gives $\sum_v W_y[v,i]\,\partial L/\partial \ell_{t,v}$,
# which is row $i$ of $W_y^\top\,\partial L/\partial \ell_t$. By F1, entry $i$ of $h_t$ moves
# entry $j$ of $a_{t+1}$ at the rate $W_h[j,i]$; the same sum gives $W_h^\top\alpha_{t+1}$. A
# small change of $h_t$ changes the loss along both roads at once, so the two add:
#
# $$\delta_t = W_y^\top \frac{\partial L}{\partial \ell_t} + W_h^\top \alpha_{t+1}, \qquad \alpha_{T+1} = 0 \tag{B1}$$
#
# The last step of a window has no later step inside it: that is where truncation cuts.
#
# **Through the tanh.** Each entry of $h_t$ depends on the same entry of $a_t$ alone, with
# slope $\tanh'(a) = 1 - \tanh^2(a) = 1 - h^2$:
#
# $$\alpha_t = \delta_t \odot (1 - h_t \odot h_t) \tag{B2}$$

# %% tags=["define"]
def state_gradients(params, cache):
    """Gradients at the states and at what enters the tanh: `dh`, `da`, both (T, H, B)."""
    W_h_T = params["W_h"].T
    dh = params["W_y"].T @ cache.dlogits               # (T, H, B)    B1, first road, all t at once
    slope = 1 - cache.h[1:] ** 2                       # (T, H, B)    B2
    da = np.empty_like(dh)
    da[-1] = dh[-1] * slope[-1]                        # (H, B)       B2, no later step
    for t in reversed(range(len(dh) - 1)):
        dh[t] += W_h_T @ da[t + 1]                     # (H, B)       B1, second road
        np.multiply(dh[t], slope[t], out=da[t])        # (H, B)       B2
    return dh, da

# %% [markdown]
# **The parameters.** Take $W_h$. It stands in F1 at every step, so it reaches the loss by
# $T$ roads, one a step, and they add. Within a step, entry $W_h[j,i]$ moves only $a_{t,j}$,
# at the rate $h_{t-1,i}$: the gradient is $\alpha_{t,j}\,h_{t-1,i}$, an outer product. The
# others follow the same pattern, each with what it multiplies in F1 or F3:
#
# $$\frac{\partial L}{\partial W_h} = \sum_{t=1}^{T} \alpha_t\, h_{t-1}^\top \tag{B3}$$
# $$\frac{\partial L}{\partial W_x} = \sum_{t=1}^{T} \alpha_t\, x_t^\top \tag{B4}$$
# $$\frac{\partial L}{\partial b} = \sum_{t=1}^{T} \alpha_t \mathbf 1 \tag{B5}$$
# $$\frac{\partial L}{\partial W_y} = \sum_{t=1}^{T} \frac{\partial L}{\partial \ell_t}\, h_t^\top \tag{B6}$$
# $$\frac{\partial L}{\partial b_y} = \sum_{t=1}^{T} \frac{\partial L}{\partial \ell_t} \mathbf 1 \tag{B7}$$
#
# With a batch, the columns are examples: the products sum over them too, and $\mathbf 1$ (a
# column of $B$ ones) sums a bias's gradient. Note $h_{t-1}$ in B3 but $h_t$ in B6. None of
# these sums needs the loop: each is one matrix product over all steps and streams.

# %%
# include: outer_sum.py

# %% tags=["define"]
def backward(params, cache):
    """Gradients of the loss of `forward` for every parameter: same keys and shapes."""
    dlogits, h = cache.dlogits, cache.h
    dh, da = state_gradients(params, cache)
    x = np.eye(len(params["W_y"]), dtype=da.dtype)[cache.inputs].swapaxes(1, 2)    # (T, V, B)
    return {
        "W_x": outer_sum(da, x),                       # (H, V)       B4
        "W_h": outer_sum(da, h[:-1]),                  # (H, H)       B3: h_{t-1}
        "b": da.sum(axis=(0, 2))[:, None],             # (H, 1)       B5
        "W_y": outer_sum(dlogits, h[1:]),              # (V, H)       B6: h_t
        "b_y": dlogits.sum(axis=(0, 2))[:, None],      # (V, 1)       B7
    }

# %%
for name, g in backward(tiny[0], cache).items():
    print(f"{name:4s} {str(g.shape):8s} as the parameter: {g.shape == tiny[0][name].shape}")

# %% [markdown]
# ## 7 Gradient check

# %%
# include: gradient_check.py

# %%
params, inputs, targets, state = tiny
tiny_loss = lambda p: forward(p, inputs, targets, state)[0]  # noqa: E731
errors = check_gradients(tiny_loss, params, backward(params, cache))
gradient_is_right = verdict(errors)

# %% [markdown]
# **Break it.** Two mistakes that people really make. First, $h_t$ in place of $h_{t-1}$ in
# B3: an index off by one, and everything still has the right shape.

# %%
wrong = backward(params, cache)
wrong["W_h"] = outer_sum(state_gradients(params, cache)[1], cache.h[1:])   # h_t for h_{t-1}
off_by_one_is_caught = not verdict(check_gradients(tiny_loss, params, wrong))

# %% [markdown]
# Only the parameter with the wrong line fails. Second, forget the slope of the tanh (B2): now
# $\alpha_t$ is wrong, and with it everything that is built from it.

# %%
straight = cache._replace(h=np.zeros_like(cache.h))                        # slope 1 - 0 = 1
wrong_da = state_gradients(params, straight)[1]
x = np.eye(7)[inputs].swapaxes(1, 2)                                       # V = 7
wrong = {**backward(params, cache), "W_x": outer_sum(wrong_da, x), "W_h": outer_sum(wrong_da, cache.h[:-1]),
         "b": wrong_da.sum(axis=(0, 2))[:, None]}
no_slope_is_caught = not verdict(check_gradients(tiny_loss, params, wrong))

# %% [markdown]
# ## 8 Training

# %%
# include: optimiser.py clip

# %%
# include: optimiser.py adam

# %%
# include: training.py train

# %% [markdown]
# **First, a text it must learn by heart.** A correct network, loss and optimiser can drive the
# loss on one short text to nearly zero. If it cannot, something is broken, and no amount of
# data will help. The text is Aesop's thirsty crow.

# %% tags=["train"]
crow = load_text("thirsty_crow.txt")
crow_vocab = sorted(set(crow))
crow_params = init_params(vocab_size=len(crow_vocab), hidden_size=128,
                          rng=np.random.default_rng(seed))
crow_streams = make_streams(encode(crow, crow_vocab), batch_size=1, seq_len=100)
crow_history = train(crow_params, crow_streams, steps=800, learning_rate=3e-3, seq_len=100)
print("crow: loss below 0.05 nats:", crow_history["loss"][-1] < 0.05)

# %%
# include: sampling.py define

# %% [markdown]
# Given the first letter, the network tells the rest, always taking the likeliest character:

# %%
# include: char_corpus.py told

# %%
# include: training.py evaluate

# %%
# include: tracking.py

# %% [markdown]
# **Now the book.** Eight times during the run a line appears: the loss of the current window, the
# loss on the validation fables, both in bits per character, and the length of the gradient before
# clipping.

# %%
# include: char_corpus.py reporter

# %% tags=["train"]
rng = np.random.default_rng(seed)
untrained = init_params(vocab_size=V, hidden_size=hidden_size, rng=rng, dtype=dtype)
params = {name: p.copy() for name, p in untrained.items()}
run = start_tracking(log_to_wandb, settings)
report, valid_curve = reporter(params, valid_tokens, vocab, max(steps // 8, 1), run)
history = train(params, streams, steps, learning_rate, seq_len, clip_norm, after=report)
finish_tracking(run)

# %%
# include: char_corpus.py loss_curve

# %% [markdown]
# The loss as it is, not smoothed: neighbouring windows differ because fables do. Next, the
# length of the gradient, all parameters together and one by one.

# %%
# include: char_corpus.py norm_curve

# %% [markdown]
# **Does clipping matter?** Adam divides by the gradient's own size, so it hides cliffs. Plain
# gradient descent does not: there the length of the step *is* the length of the gradient. Six
# small networks, three learning rates, with clipping and without:

# %% tags=["define"]
def sgd_step(params, grads, memory, learning_rate):
    """One step of plain gradient descent on `params`, in place; `memory` is not used."""
    for name, g in grads.items():
        params[name] -= learning_rate * g

# %% tags=["train"]
clip_runs = {}
for rate in (0.3, 1.0, 3.0):
    for limit in (0.25, None):
        small = init_params(vocab_size=V, hidden_size=64, rng=np.random.default_rng(seed))
        run_history = train(small, make_streams(train_tokens, 16, seq_len), 400, rate, seq_len,
                            clip_norm=limit, update=sgd_step)
        clip_runs[rate, limit] = np.array(run_history["loss"]) / np.log(2)
clip_ends = {key: losses[-50:].mean() for key, losses in clip_runs.items()}
for rate in (0.3, 1.0, 3.0):
    print(f"learning rate {rate}: clipped ends at {clip_ends[rate, 0.25]:.2f} bits; without clipping",
          "worse by more than a quarter bit" if clip_ends[rate, None] > clip_ends[rate, 0.25] + 0.25
          else "within a quarter bit or better")

# %%
fig, axes = plt.subplots(1, 3, figsize=(9, 3), sharey=True)
for ax, rate in zip(axes, (0.3, 1.0, 3.0)):
    for (limit, name), (colour, style) in zip({0.25: "clipped at 0.25", None: "not clipped"}.items(), STYLES):
        ax.plot(clip_runs[rate, limit], style, color=colour, linewidth=0.9, label=name)
    ax.set(xlabel="update", ylim=(2.5, 8), title=f"learning rate {rate}")
axes[0].set_ylabel("training loss, bits per character")
axes[0].legend()
fig.suptitle("Clipping lets plain gradient descent use a rate that is otherwise ruinous",
             x=0.01, ha="left", fontweight="bold", fontsize=11)
fig.tight_layout()
plt.show()
best_clipped = min(clip_ends[rate, 0.25] for rate in (0.3, 1.0, 3.0))
best_unclipped = min(clip_ends[rate, None] for rate in (0.3, 1.0, 3.0))
print("best of three, clipped better by a quarter bit:", best_clipped < best_unclipped - 0.25)

# %% [markdown]
# At the low rate clipping is no help: it only makes the steps shorter, and the clipped network
# learns a little more slowly. As the rate grows, single steps throw the unclipped network far
# off, while the clipped one learns fastest of all. Each is given its best rate before they are
# compared, so that clipping does not win only because the rate was chosen for it.

# %% [markdown]
# ## 9 Held-out results
#
# The test fables have played no part so far. All models read the same characters; *mixture*
# gives each character the probability $\lambda\,p_\text{RNN} + (1-\lambda)\,p_\text{n-gram}$,
# with $\lambda$ chosen on the validation fables (Mikolov et al., 2010, mixed the two likewise).

# %%
# include: mixture.py

# %%
valid_scores = evaluate(params, valid_tokens), score_ngram(ngram, valid_tokens, ngram_factor)
test_scores = evaluate(params, test_tokens), score_ngram(ngram, test_tokens, ngram_factor)
share = best_share(*valid_scores)
results = {
    "uniform": float(np.log2(V)), "unigram": bits(score_ngram(unigram, test_tokens)), "RNN": bits(test_scores[0]),
    f"{ngram_order}-gram": bits(test_scores[1]), f"mixture, {share:.2f} RNN": bits(mix(*test_scores, share)),
}
for name, value in results.items():
    print(f"{name:18s} {value:.3f} bits per character on test fables")

# %%
fig, ax = plt.subplots(figsize=(7, 2.6))
bars = ax.barh(list(results), list(results.values()), color=[GREY, GREY, BLUE, ORANGE, GREEN])
ax.bar_label(bars, fmt="%.2f", padding=3)
ax.invert_yaxis()
ax.grid(axis="y", visible=False)
ax.set(xlabel="bits per character on test fables (shorter is better)", xlim=(0, 6.6),
       title="The n-gram beats the RNN, and the mixture beats both")
plt.show()
print("best:", min(results, key=results.get))

# %% [markdown]
# The n-gram wins: on a book this small, a look-up of the last few characters is hard to beat.
# But the mixture is better than either, so the network has learned something the table does
# not hold. Where does it fall short? The next section looks.

# %% [markdown]
# ## 10 Look inside
#
# ### Why gradients vanish and explode
#
# Put B1 and B2 together, without the road through the logits: one step back multiplies by
# $W_h^\top\,\mathrm{diag}(1-h_k^2)$, where diag puts a vector on the diagonal of a matrix and the
# square is entry by entry. That is the transpose of the Jacobian
# $\partial h_k/\partial h_{k-1} = \mathrm{diag}(1-h_k^2)\,W_h$. By the chain rule these multiply,
# the *latest* on the left ($k$ runs down from $T$ to $t+1$):
#
# $$\frac{\partial h_T}{\partial h_t} = \prod_{k=T}^{t+1} \mathrm{diag}(1-h_k^2)\, W_h, \qquad
# \Big\lVert \frac{\partial h_T}{\partial h_t} \Big\rVert \le \sigma_{\max}(W_h)^{\,T-t}. \tag{J1}$$
#
# The bound holds because the norm of a product is at most the product of the norms, a diagonal
# factor is at most 1, and $\lVert W_h\rVert = \sigma_{\max}$, the largest singular value (Pascanu
# et al., 2013, section 2.1). If $\sigma_{\max} < 1$ the gradient *must* vanish. If it is larger,
# it *may* explode. What happens on average over many steps is ruled by the *spectral radius*
# $\rho$, the largest absolute eigenvalue. Clipping, in section 8, shortens a gradient that
# explodes. It cannot bring back one that has vanished: in a rescaled sum the far steps are lost
# already.

# %% tags=["define"]
def jacobian_norms(W_h, h):
    """Largest singular value of the Jacobian of the last state with respect to each state of
    `h` (T + 1, H), by lag 0 .. T (J1)."""
    product, norms = np.eye(len(W_h)), [1.0]
    for k in reversed(range(1, len(h))):
        product = product @ ((1 - h[k] ** 2)[:, None] * W_h)      # J1: one factor further back
        norms.append(np.linalg.norm(product, 2))
    return np.array(norms)

# %%
fig, axes = plt.subplots(1, 3, figsize=(9, 3.1), sharey=True)
lags, jacobian_ok = np.arange(41), True
for ax, radius in zip(axes, (0.7, 1.0, 1.4)):
    rng = np.random.default_rng(seed)
    small = init_params(vocab_size=V, hidden_size=64, rng=rng, recurrent="gaussian")
    small["W_h"] *= radius / np.abs(np.linalg.eigvals(small["W_h"])).max()
    _, _, seen = forward(small, train_tokens[:40, None], train_tokens[:40, None], zero_state(small, 1))
    measured, bound = jacobian_norms(small["W_h"], seen.h[..., 0]), np.linalg.norm(small["W_h"], 2) ** lags
    jacobian_ok &= bool(np.all(measured <= bound * (1 + 1e-9)))
    for series, name in ((measured, "measured"), (bound, r"bound $\sigma_{\max}^{T-t}$"), (radius**lags, r"$\rho^{\,T-t}$")):
        ax.semilogy(lags, series, label=name)
    ax.set(title=rf"$\rho$ = {radius}", xlabel="lag $T-t$", ylim=(1e-8, 1e16))
    print(f"radius {radius}: measured at lag 40 is 10^{np.log10(measured[-1]):.0f}, bound 10^{np.log10(bound[-1]):.0f}")
axes[0].set_ylabel(r"norm of $\partial h_T/\partial h_t$")
axes[0].legend(fontsize=8, loc="upper left")
plt.show()

# %% [markdown]
# The bound holds everywhere and is far from tight: the measured norm follows $\rho$, not
# $\sigma_{\max}$, once the first steps are over. At $\rho = 1.4$ it grows more slowly than
# $\rho^{T-t}$, because the states are large by then and the tanh is flat there.
#
# ### How far back does this network's gradient reach?
#
# Take the loss of the *last* character only, of windows of 50 from the validation fables, and
# measure the length of $\partial L_T/\partial h_t$ by the lag $T-t$, before and after training.
# The same `forward` and `state_gradients` do it: negative targets are not counted.

# %%
# include: lag.py

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
       title="Training shortens the gradient's reach")
ax.legend()
plt.show()
lag_ratio = {name: series[min(30, len(series) - 1)] / series[0] for name, series in lag_norms.items()}
for name, ratio in lag_ratio.items():
    print(f"{name}: at lag 30, {ratio:.2g} of the gradient is left")

# %% [markdown]
# From the orthogonal start the gradient shrinks slowly: the matrix keeps its length, and only the
# slope of the tanh takes a little away at each step. After training it shrinks much faster.
# Training is free to move $W_h$ away from orthogonal and to push units into the flat part of the
# tanh; the figure does not tell the two apart.
#
# Is that average typical of the entries? The heat map shows the share of the *entries* of
# $\partial L_T/\partial h_t$ at each magnitude, one column a lag. They stay in a band that moves
# down as one: no unit has a much longer memory than the rest. Compare it with the gated networks
# of the next lessons.

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.2), sharey=True)
edges = np.arange(-9, 0.5, 0.5)
for ax, (name, p) in zip(axes, (("before training", untrained), ("after training", params))):
    magnitude = np.log10(np.abs(last_loss_gradients(p, lag_inputs, lag_targets)[0]) + 1e-300)[::-1]
    heat = np.array([np.histogram(np.clip(m, -9, 0), edges)[0] / m.size for m in magnitude])
    drawn = ax.pcolormesh(np.arange(len(heat) + 1), edges, heat.T, cmap="Blues")
    ax.set(title=name, xlabel="lag $T-t$ (characters)")
    print(f"{name}: median entry at the last lag is 10^{np.median(magnitude[-1]):.1f}")
axes[0].set_ylabel("log10 of an entry's size")
fig.colorbar(drawn, ax=axes, label="share of entries")
plt.show()

# %% [markdown]
# ### What was it looking at?
#
# *Connectivity* (Madsen, 2019) asks how strongly each earlier character moved one prediction:
# the length of the gradient of the last loss with respect to $x_t$. By F1 and the chain rule
# that is $W_x^\top\alpha_t$. The darker a character, the more it counted for predicting the
# one after the text; each row is scaled to its own largest.

# %%
# include: char_corpus.py connectivity

# %% [markdown]
# ### How long can it remember at all?

# %%
# include: recall.py

# %% [markdown]
# Three starts for $W_h$, everything else equal: *orthogonal*; *Gaussian* with variance $1/H$,
# whose spectral radius is also close to 1 but whose singular values are spread from 0 to
# 2; and the *uniform* start PyTorch uses, with a third of that variance and a radius of about
# 0.58. Two fresh networks for each $k$ (two seeds), at most 400 updates each; the mean is drawn.
# *Solved* means at least 95 % right on new sequences, *chance* below 25 %. (Between the two, far out,
# training is so sensitive that the last digits of the arithmetic decide, and they differ from
# processor to processor: those accuracies are drawn, not printed.)

# %% tags=["train"]
recall_lags = (5, 10, 20, 50, 100)
recall = {}
for start in ("orthogonal", "gaussian", "uniform"):
    recall[start] = []
    for k in recall_lags:
        accuracies, rngs = [], [np.random.default_rng(seed + n) for n in range(2)]
        for rng in rngs:
            p = init_params(vocab_size=8, hidden_size=64, rng=rng, recurrent=start)
            accuracies.append(train_recall(p, k, steps=400, learning_rate=2e-3, rng=rng))
        recall[start].append(np.mean(accuracies))
    solved = ["solved" if grade(a) == "solved" else "not solved" for a in recall[start]]
    print(f"{start:10s}", "  ".join(f"k={k}: {word}" for k, word in zip(recall_lags, solved)))
print("uniform at k=20:", grade(recall["uniform"][2]))

# %%
fig, ax = plt.subplots()
for (start, accuracy), marker in zip(recall.items(), "os^"):
    ax.plot(recall_lags, accuracy, marker=marker, label=start)
baseline(ax, 1 / 8, "guessing")
ax.set(xscale="log", xticks=recall_lags, xticklabels=recall_lags, xlabel="k, steps to remember over",
       ylabel="accuracy on new sequences", title="How the recurrent matrix starts decides what can be learned")
ax.legend()
plt.show()
reach = {start: max([k for k, a in zip(recall_lags, acc) if grade(a) == "solved"], default=0)
         for start, acc in recall.items()}
print("longest k solved:", *(f"{start} {k}" for start, k in reach.items()))

# %% [markdown]
# A radius of 0.58 leaves about $0.58^{20}$ of the gradient after twenty steps, two
# hundred-thousandths, and within these updates that start does not get beyond chance there. The
# two starts with a radius near 1 get much further. Which of *them* is better, two seeds cannot
# say. Still, nothing *protects* a memory here: each step multiplies it by $W_h$ and squeezes it
# through the tanh. The next lesson, the LSTM, is built to change that.

# %% [markdown]
# ## 11 Generate
#
# Greedy choice falls into a loop. Drawing from the model's own distribution does not, but a
# single unlucky draw can derail a sentence. The usual remedies cut the tail: *temperature* below
# 1 sharpens the distribution, *top-k* keeps the $k$ likeliest characters, *nucleus* keeps the
# smallest set that holds a share $p$ of the mass.

# %%
prompt = "The fox " if set("The fox ") <= set(vocab) else text[:8]
ways = {"greedy": None, "temperature 1": {}, "temperature 0.6": {"temperature": 0.6},
        "top-k, k = 5": {"top_k": 5}, "nucleus, p = 0.8": {"top_p": 0.8}}
for name, choice in ways.items():
    rng = None if choice is None else np.random.default_rng(seed)
    sample = generate(params, prompt, 160, vocab, rng, **(choice or {}))
    print(f"[{name}]\n{sample}\n")

# %% [markdown]
# Words are mostly real and sentences mostly are not: the network has learned common words and
# much of spelling, and loses the thread within a clause, as section 10 leads one to expect. How
# many words are real?

# %%
known_words = set(train_text.split())
real = {}
for name, choice in list(ways.items())[1:]:
    words = generate(params, prompt, 1500, vocab, np.random.default_rng(seed), **choice).split()[1:-1]
    real[name] = np.mean([word in known_words for word in words]) if words else 0.0
    print(f"{name:18s} {real[name]:.0%} of the words occur in the training fables")

# %% [markdown]
# Every cut makes the words safer. What it costs is variety, which this count does not measure.
# Which one is best depends on what you want from it; the loss on held-out text, which no sampling
# changes, says how good the model is.

# %% [markdown]
# ## 12 On your own
#
# **Exercise 1 (easy).** Before training, the loss should be close to $\ln V$ nats. Why? Check
# it. What would a loss of twice that say?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 1: the loss before training
# Small weights give nearly equal logits, so nearly uniform probabilities: -log(1/V) = log V.
# Twice that would mean confident wrong guesses: weights that start too large.
first_loss = forward(untrained, streams[0][:seq_len], streams[1][:seq_len],
                     zero_state(untrained, streams[0].shape[1]))[0]
print(f"{first_loss / np.log(V):.2f} of log V")
assert abs(first_loss / np.log(V) - 1) < 0.25 or not as_shipped

# %% [markdown]
# **Exercise 2 (easy).** Show that greedy choice is the limit of sampling as the temperature
# goes to zero, and that top-k with $k=1$ is greedy too.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 2: greedy as a limit
example_logits = np.array([0.3, 2.0, -1.0, 1.9])
for temperature in (1.0, 0.1, 0.01, 0.001):
    print(temperature, np.round(next_token_probabilities(example_logits, temperature), 3))
assert next_token_probabilities(example_logits, 0.001)[1] > 0.999
assert next_token_probabilities(example_logits, top_k=1)[1] == 1

# %% [markdown]
# **Exercise 3 (medium).** Truncation cuts the gradient at each window's edge. Compute the
# gradient of $W_h$ from the losses of the last 10 characters of a 50-character window, once
# with all 50 steps to go back through and once with only those 10, starting from the same
# state. How different are the directions?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 3: what truncation loses
def gradient_of_last(p, inputs, targets, losses=10):
    """Gradient of W_h from the last `losses` targets, by the whole window and by its end."""
    ends = targets.copy()
    ends[:-losses] = -1
    _, _, whole = forward(p, inputs, ends, zero_state(p, inputs.shape[1]))
    _, _, short = forward(p, inputs[-losses:], targets[-losses:], whole.h[-losses - 1])
    return backward(p, whole)["W_h"], backward(p, short)["W_h"]


cosines = {}
for name, p in (("before training", untrained), ("after training", params)):
    full, cut = gradient_of_last(p, lag_inputs, lag_targets, min(10, len(lag_inputs) - 1))
    cosines[name] = np.vdot(full, cut) / np.linalg.norm(full) / np.linalg.norm(cut)
    print(f"{name}: cosine {cosines[name]:.3f}")
assert all(-1 <= cosine <= 1.000001 for cosine in cosines.values()) or not as_shipped

# %% [markdown]
# **Exercise 4 (medium).** `init_params` makes $W_x$ small. Multiply it by ten and repeat the
# recall test at $k=20$ with the orthogonal start. Explain what you see with B2.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 4: loud inputs
# Large inputs push the tanh into its flat part; then 1 - h^2 in B2 is far below 1 at every
# step, and the orthogonal matrix no longer keeps the gradient's length.
loud_recall = {}
for factor in (1, 10):
    rng = np.random.default_rng(seed)
    p = init_params(vocab_size=8, hidden_size=64, rng=rng)
    p["W_x"] *= factor
    loud_recall[factor] = train_recall(p, 20, 400, 2e-3, rng)
    print(f"W_x times {factor}: accuracy {loud_recall[factor]:.2f} at k = 20")
assert loud_recall[1] > 0.9 > 0.5 > loud_recall[10] or not as_shipped

# %% [markdown]
# **Exercise 5 (hard).** Elman's own network has the logistic function $\sigma(a) = 1/(1+e^{-a})$
# in F2. Derive B2 for it, change `forward` and `state_gradients`, and check the gradient. How
# fast must its gradient vanish, whatever the data, if $W_h$ is orthogonal?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution"]
#@title Solution 5: Elman's logistic units
# s = sigma(a) has slope s (1 - s), so B2 becomes alpha = delta * h * (1 - h). That slope is at
# most 1/4: with an orthogonal W_h, J1's bound becomes (1/4)^(T - t).
def logistic_forward(p, inputs, targets, state):
    """As `forward`, with the logistic function in F2; returns the loss, states and dlogits."""
    h = [state]
    for t in range(len(inputs)):
        h.append(1 / (1 + np.exp(-(p["W_x"][:, inputs[t]] + p["W_h"] @ h[t] + p["b"]))))
    h = np.array(h)
    loss, dlogits = softmax_cross_entropy(p["W_y"] @ h[1:] + p["b_y"], targets)
    return loss, h, dlogits


def logistic_W_h_gradient(p, h, dlogits):
    """Gradient of W_h for `logistic_forward`."""
    dh = p["W_y"].T @ dlogits
    da = np.zeros_like(dh)
    for t in reversed(range(len(dh))):
        dh[t] += p["W_h"].T @ da[t + 1] if t + 1 < len(dh) else 0
        da[t] = dh[t] * h[t + 1] * (1 - h[t + 1])
    return outer_sum(da, h[:-1])


p, inputs, targets, state = tiny_example(np.random.default_rng(seed))
_, h, dlogits = logistic_forward(p, inputs, targets, state)
error = check_gradients(lambda q: logistic_forward({**p, **q}, inputs, targets, state)[0],
                        {"W_h": p["W_h"]}, {"W_h": logistic_W_h_gradient(p, h, dlogits)})
assert verdict(error)

# %% [markdown]
# ## 13 Summary and references
#
# A recurrent network is one small function applied again and again. Its gradient is the same
# function's transpose applied again and again, backwards, and everything about what it can
# learn follows from how that product behaves. This page showed, on data the network had not
# seen where it matters:

# %%
claims = {
    "every entry of every gradient agrees with central differences": gradient_is_right,
    "the check catches h_t for h_{t-1}, and a missing tanh slope": off_by_one_is_caught and no_slope_is_caught,
    "the crow is told word for word": crow_is_word_for_word,
    "the RNN codes test fables in fewer bits than a unigram model": results["RNN"] < results["unigram"],
    "the n-gram is better, and the mixture is better than both": min(results, key=results.get).startswith("mixture")
        and results[f"{ngram_order}-gram"] < results["RNN"],
    "clipped gradient descent beats unclipped, each at its best rate": best_clipped < best_unclipped - 0.25,
    "the Jacobian's norm never passes its bound": jacobian_ok,
    "training shortens the gradient's reach": lag_ratio["after training"] < lag_ratio["before training"],
    "recall reaches further from the orthogonal start than from the uniform one": reach["orthogonal"] > reach["uniform"],
}
for claim, holds in claims.items():
    print("shown:" if holds else "NOT shown:", claim)
assert all(claims.values()) or not as_shipped

# %% [markdown]
# **References**
#
# - Y. Bengio, P. Simard, P. Frasconi (1994). Learning long-term dependencies with gradient descent is difficult. *IEEE Transactions on Neural Networks* 5.
# - S. Chen, J. Goodman (1999). An empirical study of smoothing techniques for language modeling. *Computer Speech & Language* 13.
# - J. Elman (1990). Finding structure in time. *Cognitive Science* 14.
# - A. Holtzman et al. (2020). The curious case of neural text degeneration. arXiv:1904.09751.
# - D. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. arXiv:1412.6980.
# - R. Kneser, H. Ney (1995). Improved backing-off for m-gram language modeling. *ICASSP*.
# - A. Madsen (2019). Visualizing memorization in RNNs. *Distill*.
# - T. Mikolov et al. (2010). Recurrent neural network based language model. *Interspeech*.
# - R. Pascanu, T. Mikolov, Y. Bengio (2013). On the difficulty of training recurrent neural networks. arXiv:1211.5063.
# - D. Rumelhart, G. Hinton, R. Williams (1986). Learning representations by back-propagating errors. *Nature* 323.
# - A. Saxe, J. McClelland, S. Ganguli (2014). Exact solutions to the nonlinear dynamics of learning in deep linear neural networks. arXiv:1312.6120.
# - P. Werbos (1990). Backpropagation through time: what it does and how to do it. *Proceedings of the IEEE* 78.
# - R. Williams, J. Peng (1990). An efficient gradient-based algorithm for on-line training of recurrent network trajectories. *Neural Computation* 2.
