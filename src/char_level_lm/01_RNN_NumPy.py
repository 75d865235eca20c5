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
# You build a network that reads fables one character at a time and predicts the next, with every
# gradient derived on paper, coded in NumPy, and checked.

# %% [markdown]
# **What you'll do.** Watch forty lines of code learn a story by heart. Then take them apart: write
# the forward pass, derive backpropagation through time, check it against numbers, train on a book,
# and look inside to see why such a network forgets.
#
# **What you'll learn.** Where each term of the gradient comes from; what truncation and clipping do;
# why gradients vanish or explode; how to tell a good language model from a bad one on text it has
# not seen.
#
# **What you'll need.** The chain rule, matrix products, NumPy's indexing and broadcasting; for part
# of section 10, eigenvalues. No framework. The page runs in about two minutes on one core.
#
# *Lesson 1 of 9. Next comes the [LSTM](02_LSTM_NumPy.ipynb), which remembers longer. Terms are
# collected in the [glossary](../GLOSSARY.md).*

# %% [markdown]
# ## 1 Setup
#
# Every knob of the lesson is in the next cell; what each one means is said where it is used. Change
# one, run all, and the page becomes your own experiment. Cells that are folded away, or whose title
# says so, hold machinery: nothing in them is needed to follow the lesson.

# %% tags=["parameters"]
corpus = "fables.txt"      # or the path of a UTF-8 text of yours
seed = 0                   # where the random numbers start
hidden_size = 128          # numbers in the network's memory
batch_size = 32            # pieces of text read side by side
seq_len = 50               # characters between two updates
steps = 2400               # updates
learning_rate = 5e-3       # how far one update goes
clip_norm = 1.0            # the longest gradient that is used as it is
dtype = "float64"          # precision of the numbers
log_to_wandb = False       # record the run with Weights & Biases

# %%
# include: setup/imports.py

# %%
# include: setup/figures.py

# %%
# include: setup/knobs.py

# %%
# include: data/text.py load

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Are the knobs as shipped?
SHIPPED = dict(corpus="fables.txt", seed=0, hidden_size=128, batch_size=32, seq_len=50,
               steps=2400, learning_rate=5e-3, clip_norm=1.0, dtype="float64", log_to_wandb=False)
settings = {name: globals()[name] for name in assigned}
as_shipped = check_knobs(settings, SHIPPED)
network = "RNN"
text = load_text(corpus)  # a text that cannot be had is noticed here
print("settings:", "as shipped" if as_shipped else "your own")

# %% [markdown]
# ### Forty lines that learn a story by heart
#
# Here is the whole subject of this page in one piece: a network that reads Aesop's thirsty crow
# character by character, guesses each next one, and corrects itself. You are not meant to understand
# it yet. Run it, and see what it tells.

# %%
story = load_text("thirsty_crow.txt")
letters = sorted(set(story))
ids = [letters.index(character) for character in story]
V, H, rng = len(letters), 100, np.random.default_rng(seed)
W_x = 0.1 * rng.normal(size=(H, V))                  # character to memory
W_h = np.linalg.qr(rng.normal(size=(H, H)))[0]       # memory to memory
W_y = 0.1 * rng.normal(size=(V, H))                  # memory to guess
b, b_y = np.zeros(H), np.zeros(V)
weights = [W_x, W_h, b, W_y, b_y]
squares = [np.zeros_like(w) for w in weights]

# %%
def tell(length):
    """The first letter of the story, and what the network says after it."""
    h, told = np.zeros(H), story[0]
    while len(told) < length:
        h = np.tanh(W_x[:, letters.index(told[-1])] + W_h @ h + b)
        told += letters[np.argmax(W_y @ h + b_y)]
    return told

# %% tags=["train"]
for reading in range(1, 121):
    h, rate = np.zeros(H), 2e-3 * (1 - reading / 121)
    for start in range(0, len(ids) - 1, 30):
        window = range(start, min(start + 30, len(ids) - 1))
        states, errors = {start - 1: h}, {}
        for t in window:                                     # forward
            h = np.tanh(W_x[:, ids[t]] + W_h @ h + b)
            p = np.exp(W_y @ h + b_y)
            p /= p.sum()
            p[ids[t + 1]] -= 1
            states[t], errors[t] = h, p
        grads, later = [np.zeros_like(w) for w in weights], np.zeros(H)
        for t in reversed(window):                           # backward
            da = (W_y.T @ errors[t] + later) * (1 - states[t] ** 2)
            grads[0][:, ids[t]] += da
            grads[1] += np.outer(da, states[t - 1])
            grads[2] += da
            grads[3] += np.outer(errors[t], states[t])
            grads[4] += errors[t]
            later = W_h.T @ da
        for w, s, g in zip(weights, squares, grads):         # update
            s += 0.1 * (g * g - s)
            w -= rate * g / (np.sqrt(s) + 1e-8)
    if reading in (1, 5, 10, 20, 120):
        print(f"after {reading:3d} readings: {tell(60)!r}")

# %%
print(tell(len(story)))
print("word for word:", tell(len(story)) == story)

# %% [markdown]
# From the first letter on, always taking its own best guess as the next input, it tells the whole
# story. (It has learned one text by heart. Whether such a network can learn *English* is another
# question, and sections 8 and 9 put it to a book.) The rest of the page explains these lines: `h = …` and
# `W_y @ h + b_y` in section 4, the three lines with `p` in section 5, the backward loop in section 6, the
# update in section 8. Then it does all steps at once.

# %% [markdown]
# ## 2 Data
#
# The book is a collection of fables, Aesop's and their kin, retold for this course. To the network it
# is one long line of characters, the line end and the blank among them. Each character of the
# vocabulary gets a number, its *id*; a character and its id are both called a *token*.

# %%
text = load_text(corpus)
vocab = sorted(set(text))
print(f"{len(text):,} characters, {len(vocab)} different: "
      f"{''.join(vocab[:100])!r}")
print(text[:230])

# %% [markdown]
# A model that knows its text by heart is worth nothing on a new one. So whole fables are held out.
# The last tenth of the book is for the **test**: it is read once, at the end of the page, to report
# how good the model is. Of the others, every fable whose number ends in 5 is for **validation**: with
# these we choose, for example the learning rate. The rest is for **training**. (A text of yours
# without at least twenty blocks is cut by position, 80, 10 and 10 per cent.)

# %%
# include: data/text.py split

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title The split: how long each part is, how it begins, and twelve characters as ids
train_text, valid_text, test_text = split_text(text)
parts = {"train": train_text, "valid": valid_text, "test": test_text}
for name, part in parts.items():
    print(f"{name}: {len(part):,} characters, begins {part.splitlines()[0][:40]!r}")
train_tokens, valid_tokens, test_tokens = (encode(p, vocab) for p in parts.values())
print(repr(train_text[:12]), "as ids:", train_tokens[:12])

# %% [markdown]
# ## 3 Notation
#
# The network reads a character $x_t$ at each *time step* $t$. It keeps a *state* $h_t$: $H$ numbers,
# all that it remembers of what it has read. They are called *hidden* because they are neither given
# nor asked for. From the state it computes one score for each of the $V$ characters that could come
# next, the *logits* $\ell_t$; the right answer, the *target* $y_t$, is the next character.
#
# The text is read in *windows* of $T$ characters, with one update of the weights after each. We write one
# column for one text. $B$ texts read side by side, called *streams*, stand as the $B$ columns of a matrix.
# In the equations $x_t$ is a column with a single 1, at the character read. In the code it is that
# character's id, and the product $W_x x_t$ is a look-up: it picks one column of $W_x$.
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $x_t$ | `inputs` | `(T, B)` | characters read, as ids, in $T$ steps |
# | $y_t$ | `targets` | `(T, B)` | characters to predict, as ids |
# | $h_t$ | `h` | `(T+1, H, B)` | states; `h[0]` is the one we start from |
# | $a_t$ | `a` | `(T, H, B)` | what enters the tanh |
# | $\ell_t$ | `logits` | `(T, V, B)` | scores of the next character |
# | $W_x$ | `W_x` | `(H, V)` | input to hidden |
# | $W_h$ | `W_h` | `(H, H)` | hidden to hidden |
# | $b$ | `b` | `(H, 1)` | hidden bias |
# | $W_y$ | `W_y` | `(V, H)` | hidden to logits |
# | $b_y$ | `b_y` | `(V, 1)` | output bias |
#
# $\odot$ multiplies entry by entry; $\tanh$ acts on each entry. Equations count $t = 1, \dots, T$ and
# start from $h_0$. Python counts from 0: pass `t` of a loop reads `inputs[t]` and `h[t]`, and makes
# `h[t + 1]`.

# %% [markdown]
# ## 4 Forward pass
#
# ### One added term
#
# Start with a network that has no memory. It mixes the input, squashes the result between −1 and 1,
# and reads scores off it: $h_t = \tanh(W_x x_t + b)$, $\ell_t = W_y h_t + b_y$. It can learn that `u`
# follows `q`, and nothing about what stood before `q`. Now add one term, so that the state hears of
# the state before:
#
# $$a_t = W_x x_t + \underbrace{W_h h_{t-1}}_{\text{new}} + b \tag{F1}$$
# $$h_t = \tanh(a_t) \tag{F2}$$
# $$\ell_t = W_y h_t + b_y \tag{F3}$$
#
# Since $h_{t-1}$ heard of $h_{t-2}$, and so on, $h_t$ can depend on everything read so far. The tanh
# keeps the state within ±1, however long the text is; near 0 it is almost straight, so that small
# values pass nearly unchanged. This is Elman's network (1990), with two later habits: he used the
# logistic function where we use tanh, and did not send gradients back through time.
#
# ### The same small network at every step
#
# Draw one copy of it for each character, side by side, and you have *unrolled* it in time:

# %%
# include: draw/network.py

# %%
# include: draw/rnn_unrolled.py

# %% [markdown]
# Take the last column. The network reads `o`, and is to predict `w`. What it knows of `c` and `r` has
# reached it through $W_h$ alone. All columns share one $W_x$, one $W_h$ and one $W_y$. One of them from close by:

# %%
# include: draw/rnn_cell.py

# %% [markdown]
# The same as code reads like F1 to F3:

# %%
# include: forward/rnn.py step

# %% [markdown]
# ### Two steps by hand
#
# The smallest network worth looking at has two hidden numbers and three characters, `c`, `o`, `r`
# (ids 0, 1, 2). It reads `c`, then `r`, from $h_0 = 0$. We will meet it again in sections 5 and 6.
# Check one line with pen and paper:

# %%
hand = {
    "W_x": np.array([[0.5, -0.5, 0.0], [0.0, 0.5, -1.0]]),
    "W_h": np.array([[0.0, 1.0], [-1.0, 0.0]]),
    "b": np.array([[0.0], [0.1]]),
    "W_y": np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]]),
    "b_y": np.zeros((3, 1)),
}
hand_inputs = np.array([[0], [2]])                   # c, r: T = 2, B = 1
h = np.zeros((2, 1))
for t in range(2):
    logits, h = step(hand, hand_inputs[t], h)
    print(f"t = {t + 1}: h = {h.ravel().round(3)}, "
          f"logits = {logits.ravel().round(3)}")

# %% [markdown]
# At $t = 1$, $a_1$ is the column of `c` plus $b$: (0.5, 0.1); the tanh makes it (0.462, 0.1). At
# $t = 2$ the column of `r` is (0, −1), and $W_h h_1$ turns $h_1$ by a right angle into (0.1, −0.462).
# Add $b = (0, 0.1)$: $a_2 = (0.1, -1.362)$.
#
# ### How the parameters start
#
# The initial $W_h$ is a random *orthogonal* matrix, like the one above: it turns a vector and keeps
# its length, so that by the matrix itself nothing is lost or blown up. (`np.linalg.qr` splits a random
# matrix into an orthogonal and a triangular one; we keep the first.) The initial $W_x$ is small, so that
# the tanh begins in its straight part. $W_y$ is divided by $\sqrt H$ because a logit adds up $H$
# products: like that the scores start at about the same size whatever $H$ is. Section 10 compares this
# $W_h$ with two other starts; exercise 4 shows what a large $W_x$ does.

# %%
# include: forward/orthogonal.py

# %%
# include: forward/rnn.py start

# %%
# include: forward/rnn.py zero

# %% [markdown]
# ### All steps at once
#
# Calling `step` $T$ times does things one step at a time that need not be. Only $W_h h_{t-1}$ has to wait for
# the step before. The input's part of F1, and all of F3, can be done for every step of a window at
# once, as one large operation, and large operations are what NumPy is fast at. (If `h` is a stack of
# matrices, `W @ h` multiplies `W` with each of them.)

# %%
# include: forward/rnn.py unroll

# %% [markdown]
# Does it compute the same? To find out we need a network with all sizes different, so that no mix-up
# of axes can pass, no zeros that could hide a term, and inputs that repeat. (Section 7 checks gradients with the same
# example: a character that is read twice uses its column of $W_x$ twice, and both uses must count.)

# %%
# include: forward/rnn.py tiny

# %%
params, inputs, targets, state = tiny_example(np.random.default_rng(seed))
a, h, all_logits = unroll(params, inputs, state)
print("a", a.shape, " h", h.shape, " logits", all_logits.shape)
for t in range(5):
    logits, state = step(params, inputs[t], state)
    same = np.allclose(logits, all_logits[t], atol=1e-12)
    print(f"t = {t + 1}: same logits:", same)

# %% [markdown]
# ## 5 Loss

# %%
# include: loss/loss.py explain

# %%
# include: loss/loss.py code

# %%
_, _, hand_logits = unroll(hand, hand_inputs, np.zeros((2, 1)))
hand_targets = np.array([[2], [1]])          # after c comes r, after r comes o
hand_loss, hand_dlogits = softmax_cross_entropy(hand_logits, hand_targets)
print(f"loss {hand_loss:.3f} nats")
for t in range(2):
    print(f"t = {t + 1}: gradient at the logits",
          hand_dlogits[t].ravel().round(3))

# %% [markdown]
# Each row sums to zero, and only the target's entry is negative. Now the forward pass is complete. It
# returns the loss, the last state, and a *cache* of what the backward pass will need; the gradient at
# the logits goes into it, because it is at hand here.

# %%
# include: forward/rnn.py forward

# %% [markdown]
# ## 6 Backward pass
#
# Which way should each parameter move? We go from the loss back to each of them, through time. A bar
# over a letter means *the gradient of the loss with respect to it*; the code puts a `d` in front:
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $\bar\ell_t = \partial L/\partial \ell_t$ | `dlogits` | `(T, V, B)` | gradient at the logits: L3 |
# | $\bar h_t = \partial L/\partial h_t$ | `dh` | `(T, H, B)` | gradient at the states, by all roads |
# | $\bar a_t = \partial L/\partial a_t$ | `da` | `(T, H, B)` | gradient at what enters the tanh |
#
# ### Two roads lead from the loss to a state
#
# The loss hears of $h_t$ by two roads: through the logits $\ell_t = W_y h_t + b_y$ of the same step,
# and through $a_{t+1} = W_x x_{t+1} + W_h h_t + b$ of the next.

# %%
# include: draw/rnn_roads.py

# %% [markdown]
# First road: entry $j$ of $h_t$ moves logit $w$ at the rate $W_y[w,j]$. Summed over the logits, that
# is $\sum_w W_y[w,j]\,\bar\ell_{t,w}$, entry $j$ of $W_y^\top \bar\ell_t$. Second road: it moves entry $k$
# of $a_{t+1}$ at the rate $W_h[k,j]$; the same sum gives $W_h^\top \bar a_{t+1}$. Contributions along all
# paths add:
#
# $$\bar h_t = W_y^\top \bar\ell_t + W_h^\top \bar a_{t+1} \tag{B1}$$
#
# The last step of a window has no later step inside it: there the second road is missing ($\bar a_{T+1} = 0$). For the
# loss of this window that is exact; what the text after it would say is left out (section 8 comes back to that).
#
# ### Through the tanh
#
# Each entry of $h_t$ depends on the same entry of $a_t$ alone, with slope $\tanh'(a) = 1 - \tanh^2(a)$,
# and $\tanh(a_t)$ is $h_t$:
#
# $$\bar a_t = \bar h_t \odot (1 - h_t \odot h_t) \tag{B2}$$
#
# ### Backpropagation through time
#
# B1 needs $\bar a_{t+1}$, which B2 makes from $\bar h_{t+1}$. So we start at $t = T$ and go backwards. That is
# *backpropagation*: the chain rule from the loss back, each gradient computed once and used for everything that lies
# before it. And it goes *through time* (BPTT; Rumelhart, Hinton & Williams, 1986; Werbos, 1990): along the unrolled
# steps, which all have the same parameters.
#
# Take $W_h$. It stands in F1 at every step. Think of each step as having a copy of its own, all copies equal. The
# copy of step $t$ enters $a_t$ alone: its entry $[j,k]$ moves $a_{t,j}$ at the rate $h_{t-1,k}$, so its gradient is
# $\bar a_{t,j}\,h_{t-1,k}$, an outer product. ($h_{t-1}$ depends on $W_h$, too; but that is the business of the earlier
# copies, and nothing is counted twice.) In truth the copies are one matrix: who moves it moves all of them, and
# their gradients add. The others follow the same pattern, each with what it multiplies in F1 or F3; a bias
# multiplies 1:
#
# $$\bar W_h = \sum_{t=1}^{T} \bar a_t\, h_{t-1}^\top \tag{B3}$$
# $$\bar W_x = \sum_{t=1}^{T} \bar a_t\, x_t^\top \tag{B4}$$
# $$\bar b = \sum_{t=1}^{T} \bar a_t \tag{B5}$$
# $$\bar W_y = \sum_{t=1}^{T} \bar\ell_t\, h_t^\top \tag{B6}$$
# $$\bar b_y = \sum_{t=1}^{T} \bar\ell_t \tag{B7}$$
#
# Mind $h_{t-1}$ in B3 and $h_t$ in B6. With $B$ texts side by side there is one road for each of them,
# too: the matrix products sum over the columns by themselves, and for the biases we do it.

# %%
# include: backward/outer_sum.py

# %% [markdown]
# ### One step back as code
#
# It is given what `step` was given, the gradient at its logits, and `dstate`, what the second road of
# B1 brings from the step after. It returns this step's share of every sum, and what it sends to the
# step before.

# %%
# include: backward/rnn.py step

# %% [markdown]
# Back through the two steps by hand, both roads of B1 printed. **Guess first:** one of the two shares of $W_h$ is zero.
# Which, and why?

# %%
h_0 = np.zeros((2, 1))
hand_states = [h_0, step(hand, hand_inputs[0], h_0)[1]]
hand_grads = {name: np.zeros(p.shape) for name, p in hand.items()}
dstate = np.zeros((2, 1))
for t in (1, 0):
    first_road, second_road = hand["W_y"].T @ hand_dlogits[t], dstate
    share, dstate = step_backward(
        hand, hand_inputs[t], hand_states[t], hand_dlogits[t], second_road)
    for name in hand:
        hand_grads[name] += share[name]
    print(f"t = {t + 1}: roads {first_road.ravel().round(3)} "
          f"+ {second_road.ravel().round(3)}")
    print("       share of b  ", share["b"].ravel().round(3).tolist())
    print("       share of W_h", share["W_h"].round(3).tolist())
print("sum: b  ", hand_grads["b"].ravel().round(3).tolist())

# %% [markdown]
# Nothing comes from beyond the window, so at $t = 2$ the second road is zero. At $t = 1$ the roads add to
# (0.699, −0.044); times the slopes $1 - h_1^2$, which are (0.786, 0.99), that is $\bar a_1$, and with one text $b$'s share is just
# that. The share of $W_h$ is zero there, because $h_0$ is.
#
# Summing the shares over a window gives the gradients. (`options` is for lesson 3; nothing is handed on here.)

# %%
# include: check/by_steps.py

# %% [markdown]
# ### All steps back at once
#
# Only the second road of B1 has to wait for the step after. The first road is one product for all
# steps, and so are the sums B3 to B7, once all $\bar a_t$ are known.

# %%
# include: backward/rnn.py states

# %%
# include: backward/rnn.py weights

# %%
tiny = tiny_example(np.random.default_rng(seed))
loss, _, cache = forward(*tiny)
loss_by_steps, grads_by_steps = by_steps(*tiny)
print("same loss:", np.isclose(loss, loss_by_steps, atol=1e-12))
for name, g in backward(tiny[0], cache).items():
    same = np.allclose(g, grads_by_steps[name], atol=1e-12)
    print(f"{name:4s} {str(g.shape):7s} "
          f"the window's gradient is the steps' sum: {same}")

# %% [markdown]
# ## 7 Gradient check

# %%
# include: check/gradient_check.py explain

# %% [markdown]
# First the four entries of $W_h$ in the network of two steps: what section 6 derived by hand, and what the loss does.

# %%
def hand_loss_of(p):
    """Loss of the two steps by hand with the parameters `p`."""
    logits = unroll(p, hand_inputs, h_0)[2]
    return softmax_cross_entropy(logits, hand_targets)[0]


W, delta = hand["W_h"], 1e-5
for place in np.ndindex(W.shape):
    kept = W[place]
    W[place] = kept + delta
    above = hand_loss_of(hand)
    W[place] = kept - delta
    below = hand_loss_of(hand)
    W[place] = kept
    print(f"W_h{list(place)}: derived {hand_grads['W_h'][place]:+.7f}, "
          f"measured {(above - below) / (2 * delta):+.7f}")

# %% [markdown]
# The same for every entry of every parameter, as a function:

# %%
# include: check/gradient_check.py code

# %% [markdown]
# And now the example in which all sizes differ:

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
# A check that never fails proves nothing. Here are three mistakes that people really make. First,
# $h_t$ in place of $h_{t-1}$ in B3: an index off by one, and everything still has the right shape.
# **Guess first:** which of the five parameters will the check complain about?

# %%
dh, da = state_gradients(params, cache)
wrong = backward(params, cache)
wrong["W_h"] = outer_sum(da, cache.h[1:])            # h_t for h_{t-1}
off_by_one_is_caught = not verdict(check_gradients(tiny_loss, params, wrong))

# %% [markdown]
# Only the one with the wrong line. Second, the slope of the tanh (B2) is forgotten in the sums B3 to B5, so that
# $\bar h_t$ goes where $\bar a_t$ should:

# %%
wrong = weight_gradients(params, cache, dh)          # dh for da
no_slope_is_caught = not verdict(check_gradients(tiny_loss, params, wrong))

# %% [markdown]
# The output layer stays right: it does not lie behind a tanh. Third, the second road of B1 is left
# out, and no gradient travels through time. The network would still train, but only on what its state
# happens to keep: no loss ever asks an earlier step to store something.

# %%
first_road = params["W_y"].T @ cache.dlogits
no_later = first_road * (1 - cache.h[1:] ** 2)
wrong = weight_gradients(params, cache, no_later)
errors = check_gradients(tiny_loss, params, wrong)
no_time_is_caught = not verdict(errors)
print("W_h is off by more than a tenth of its largest entry:",
      errors["W_h"] > 0.1)

# %% [markdown]
# ## 8 Training

# %%
# include: training/optimiser.py explain

# %%
# include: training/optimiser.py clip

# %%
# include: training/optimiser.py explain_adam

# %%
# include: training/optimiser.py adam

# %% [markdown]
# (`squares` in the forty lines at the top is A2, with 0.1 for $1-\beta_2$, without A1 and without the corrections:
# RMSprop, Tieleman & Hinton, 2012. They also sum over the window instead of taking the mean, which the division
# by $\sqrt v$ makes good; their rate falls in a straight line; and they do not clip.)
#
# ### Many streams, window by window
#
# The book is too long to unroll as a whole. We read it in *windows* of `seq_len` characters: forward,
# backward, one update, next window. The state is carried over from window to window, so that the
# network does not forget where it is. The gradient is not: it stops at the window's edge. This is
# *truncated* backpropagation through time (Williams & Peng, 1990), and exercise 3 measures what it
# loses. To use NumPy well, the text is cut into `batch_size` *streams* that are read side by side, as
# the columns of a batch.

# %%
# include: draw/lm_window.py

# %%
# include: data/text.py streams

# %%
streams = make_streams(train_tokens, batch_size, seq_len)
print("inputs", streams[0].shape, "targets", streams[1].shape)
for name, ids_of_stream in zip(("inputs ", "targets"), streams):
    print(name, repr("".join(vocab[i] for i in ids_of_stream[:40, 0])))

# %% [markdown]
# ### The loop
#
# One loop serves every experiment on text: take a window, compute its gradients, clip, update, go on. A new pass
# over the text begins from the zero state. The learning rate falls along half a cosine to zero (Loshchilov &
# Hutter, 2017): large steps while there is far to go, small ones to settle. `update` is the *optimiser*, the rule that
# makes an update of gradients, here Adam; `after` is a function that prints the progress.

# %%
# include: training/loop.py

# %% [markdown]
# ### First the crow again
#
# If gradients, clipping and Adam are right, they must be able to learn one short text by heart. If they cannot,
# something is broken, and no amount of data will help. One stream, windows of 100:

# %%
# include: generate/sampling.py generate

# %%
# include: training/crow.py

# %% [markdown]
# ### What is a good loss?
#
# From here on we quote losses in bits per character. Know what simple models reach before any
# training. *Uniform* gives every character the same chance, *unigram* knows how frequent each is.

# %%
# include: loss/bits.py

# %%
# include: results/ngram.py explain

# %%
# include: results/ngram.py code

# %%
# include: results/ngram.py baselines

# %% [markdown]
# ### Now the book
#
# Eight times during the run a line appears: the loss of the current window and the loss on the
# validation fables, in bits per character, and the length of the gradient before clipping. **Guess
# first:** which of the three baselines will the network pass?

# %%
# include: training/evaluate.py

# %%
# include: setup/tracking.py

# %%
# include: training/reporter.py

# %% tags=["train"]
untrained = init_params(vocab_size=V, hidden_size=hidden_size,
                        rng=np.random.default_rng(seed), dtype=dtype)
params = {name: p.copy() for name, p in untrained.items()}
run = start_tracking(log_to_wandb, settings)
report, valid_curve = (
    reporter(params, valid_tokens, vocab, max(steps // 8, 1), run))
history = train(params, streams, steps, learning_rate,
                seq_len, clip_norm, after=report)
finish_tracking(run)

# %%
# include: training/loss_curve.py

# %% [markdown]
# The unigram's line is passed within the first few dozen updates (the axis is logarithmic), the table's is not. The training
# loss is drawn as it is, not smoothed: neighbouring windows differ because fables do. Towards the end it lies below the
# validation loss: a sign that the network begins to know its own text better than a new one. Lesson 2 meets that in earnest.

# %%
# include: training/norm_curve.py

# %% [markdown]
# (Each parameter's line is a running mean.) Where the grey line passes `clip_norm` the update was clipped.

# %% [markdown]
# ### Does clipping matter?
#
# Adam divides by the gradient's own size, so that a single long gradient does less harm. Plain gradient
# descent does not: there the length of the step is the rate times the length of the gradient. Small networks, six
# learning rates, clipped at 0.25 and not clipped; the mean training loss of the last 50 of 300 updates. **Guess first:** at which rates will clipping help?

# %% tags=["define"]
def sgd_step(params, grads, memory, learning_rate):
    """One step of plain gradient descent, in place; `memory` is not used."""
    for name, g in grads.items():
        params[name] -= learning_rate * g

# %% tags=["train"]
sgd_rates, sgd_steps = (0.3, 0.7, 1.5, 3.0, 6.0, 12.0), min(steps, 300)
sgd_streams = make_streams(train_tokens, min(batch_size, 16), seq_len)
clip_ends = {0.25: [], None: []}
for limit, ends in clip_ends.items():
    for rate in sgd_rates:
        rng = np.random.default_rng(seed)
        small = init_params(vocab_size=V, hidden_size=64, rng=rng)
        losses = train(small, sgd_streams, sgd_steps,
                       rate, seq_len, limit, update=sgd_step)
        ends.append(np.mean(losses["loss"][-50:]) / np.log(2))

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Final training loss against the learning rate of plain gradient descent, with clipping and without."}}
#@title Drawing: the loss after training, by learning rate
fig, ax = plt.subplots()
for ends, name, marker in zip(clip_ends.values(), ("clipped at 0.25", "not clipped"), "os"):
    ax.plot(sgd_rates, ends, marker=marker, label=name)
best_clipped, best_unclipped = (min(ends) for ends in clip_ends.values())
clipping_helps = best_clipped < best_unclipped - 0.1
ax.set(xscale="log", xticks=sgd_rates, xticklabels=sgd_rates, ylim=(2.5, 6.5),
       xlabel="learning rate", ylabel="bits per character after training",
       title="Clipping lets gradient descent use a larger rate" if clipping_helps
       else "Here clipping makes no difference")
ax.minorticks_off()
ax.legend()
plt.show()
for name, ends in zip(("clipped", "not clipped"), clip_ends.values()):
    print(f"{name}: best at rate {sgd_rates[int(np.argmin(ends))]}, {min(ends):.1f} bits")

# %% [markdown]
# At low rates clipping is no help: it only makes the updates smaller. As the rate grows, the unclipped network gets
# worse, at the largest rates worse than an even guess, and the clipped one learns best of all. Each is judged at its own best rate, so
# that clipping does not win merely because the rate was chosen for it.

# %% [markdown]
# ## 9 Held-out results
#
# The test fables have played no part so far: every choice on this page was made with the validation
# fables. All models now read the same unseen characters.
#
# Two models can also be *mixed*: give each character the probability
# $\lambda\,p_\text{RNN} + (1-\lambda)\,p_\text{table}$, with the share $\lambda$ chosen on the validation
# fables (Mikolov et al., 2010, do likewise). **Guess first:** can a mixture be better than the better of
# its two parts?

# %%
# include: results/mixture.py

# %%
# include: results/score.py

# %%
# include: results/dots.py

# %% [markdown]
# The table is ahead: on this book, counting what followed the last few characters is hard to
# beat. And the mixture is better than both. Does the network add something that counts do not hold,
# or does mixing any two models help? The control is the mixture of the table with its own shorter
# brother (share chosen on the validation fables, too). The two mixtures are close: what this network knows
# beyond the table is small.
#
# One run is one throw of dice. The same page with other seeds, the settings unchanged
# (`python benchmarks/claims_by_seed.py results char_level_lm/01`):
#
# {{table results_char_rnn}}

# %% [markdown]
# ## 10 Look inside
#
# ### Why gradients vanish and explode: first without the tanh
#
# Take the tanh away for a moment. One step back multiplies the gradient by $W_h^\top$, and $k$ steps
# back multiply it by the $k$-th power. If $H$ were 1, that would be a number to the power $k$:
# $0.9^{50} = 0.005$, $1.1^{50} = 117$. It vanishes or explodes; only at exactly 1 it stays. With a
# matrix, the eigenvalues take the number's place: along an eigenvector each step multiplies by its
# eigenvalue. The largest of their absolute values is the *spectral radius* $\rho$, and for many steps
# the power grows or shrinks like $\rho^k$.
#
# ### Then with it
#
# Leave out the logits' road. Then B1 says $\bar h_{t-1} = W_h^\top \bar a_t$ and B2 says
# $\bar a_t = (1-h_t^2) \odot \bar h_t$: one step back multiplies by $W_h^\top\,\mathrm{diag}(1-h_t^2)$, where
# diag puts a vector on the diagonal of a matrix. That is the transpose of the *Jacobian*
# $\partial h_t/\partial h_{t-1} = \mathrm{diag}(1-h_t^2)\,W_h$, the matrix whose entry $j,k$ says how fast entry
# $k$ of $h_{t-1}$ moves entry $j$ of $h_t$. By the chain rule the Jacobians multiply, the *latest* on the left. Over
# $T-t$ steps, the *lag*:
#
# $$
# \begin{aligned}
# \frac{\partial h_T}{\partial h_t} = \mathrm{diag}(1-h_T^2)\, W_h \;&\cdots\; \mathrm{diag}(1-h_{t+1}^2)\, W_h, \\
# \Big\lVert \frac{\partial h_T}{\partial h_t} \Big\rVert &\le \lVert W_h\rVert^{\,T-t}.
# \end{aligned}
# \tag{J1}
# $$
#
# $\lVert W\rVert$ is the *norm* of a matrix: the most by which it can lengthen a vector (its largest
# singular value). The norm of a product is at most the product of the norms, and a slope $1-h^2$ is
# at most 1: hence the bound (Pascanu et al., 2013). If $\lVert W_h\rVert < 1$ the gradient *must*
# vanish; if it is larger, it *may* explode. **Guess first:** three random matrices, scaled so that $\rho$ is
# 0.7, 1 and 1.4 (their norms are about twice as large). Without the tanh, which explodes? And with it?

# %% tags=["define"]
def jacobian_norms(W_h, slopes):
    """Norm of d h_T / d h_t by lag 0 .. T, for the tanh's `slopes` (T, H)."""
    product, norms = np.eye(len(W_h)), [1.0]
    for slope in slopes[::-1]:
        product = product @ (slope[:, None] * W_h)     # J1: one further back
        norms.append(np.linalg.norm(product, 2))
    return np.array(norms)

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Norm of the Jacobian over 40 steps for three spectral radii, without and with the tanh, and the bound."}}
#@title The norms by J1, and their drawing
fig, axes = plt.subplots(1, 3, figsize=(7.4, 3.6), sharey=True)
lags, bound_holds, at_40 = np.arange(41), True, {}
start = init_params(vocab_size=V, hidden_size=64, rng=np.random.default_rng(seed),
                    recurrent="gaussian")
start_radius = np.abs(np.linalg.eigvals(start["W_h"])).max()
for ax, radius in zip(axes, (0.7, 1.0, 1.4)):
    W_h = start["W_h"] * radius / start_radius
    _, h, _ = unroll({**start, "W_h": W_h}, train_tokens[:40, None], zero_state(start, 1))
    linear = jacobian_norms(W_h, np.ones((40, 64)))
    squashed = jacobian_norms(W_h, 1 - h[1:, :, 0] ** 2)
    bound = np.linalg.norm(W_h, 2) ** lags
    bound_holds &= bool(np.all(squashed <= bound * (1 + 1e-9)))
    for series, name in ((linear, "no tanh"), (squashed, "tanh"), (bound, "bound")):
        ax.semilogy(lags, series, label=name)
    at_40[radius] = linear[-1], squashed[-1]
    ax.set(title=rf"$\rho$ = {radius}", xlabel="lag $T-t$", ylim=(1e-9, 1e15))
axes[0].set_ylabel(r"norm of $\partial h_T/\partial h_t$")
axes[0].legend()
fig.suptitle("The tanh holds the gradient down; the bound is far away",
             x=0.01, ha="left", fontweight="bold", fontsize=13)
plt.show()
for radius, (linear, squashed) in at_40.items():
    print(f"radius {radius}, lag 40: no tanh 10^{np.log10(linear):.1f}, "
          f"tanh 10^{np.log10(squashed):.1f}")

# %% [markdown]
# Without the tanh the gradient does what the eigenvalues say: it shrinks at 0.7, holds at 1, and
# explodes at 1.4. With the tanh (the networks read the first forty characters of the book), at 1.4 the states are large, the tanh is flat there, and its slopes take away
# most of what the matrix adds: it still grows, but slowly. The bound holds everywhere and is far from tight.
#
# Clipping shortens a gradient that explodes. It cannot bring back one that has vanished: in the sums
# B3 to B5, the shares of the far steps are lost among those of the near ones, and a common factor
# does not change that.
#
# So what decides is the matrix *and* the slopes. What has training made of both?

# %%
def radius_and_slope(p):
    """Spectral radius of W_h; mean slope of the tanh over validation text."""
    _, h, _ = unroll(p, valid_tokens[:2000, None], zero_state(p, 1))
    return np.abs(np.linalg.eigvals(p["W_h"])).max(), np.mean(1 - h[1:] ** 2)


for name, p in (("before training", untrained), ("after training", params)):
    radius, slope = radius_and_slope(p)
    print(f"{name}: spectral radius {radius:.2f}, mean slope {slope:.2f}")

# %% [markdown]
# The spectral radius is several times what it was, and the mean slope a fraction: many *units* (entries of the
# state) now sit near ±1, where the tanh is flat. They are *saturated*. Which of the two wins over thirty steps, these
# two numbers cannot say. So we measure it.
#
# ### How far back the gradient reaches
#
# Take the loss $L_T$ of the *last* character only, in 64 windows of the validation fables, and measure
# the length of $\partial L_T/\partial h_t$ by the lag $T-t$. The same `forward` and `state_gradients` do
# it: all targets but the last are set to −1, which is not counted (section 5).

# %%
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
shorter = left["after training"] < left["before training"]
ax.set(xlabel="lag $T-t$ (characters)", ylabel=r"length of $\partial L_T/\partial h_t$",
       title=f"Training {'shortens' if shorter else 'lengthens'} the gradient's reach")
ax.legend()
plt.show()
for name, ratio in left.items():
    print(f"{name}: at lag 30, {ratio:.2g} of the gradient is left (median)")

# %% [markdown]
# The line is the median over the 64 windows, the band the middle half of them. From the orthogonal
# start the gradient shrinks slowly: the matrix keeps its length, and only the slopes take a little
# away. After training it loses most of its length within ten characters: the slopes have won.
#
# Is the length typical of the single entries? The heat map shows how the *entries* of
# $\partial L_T/\partial h_t$ are spread over the magnitudes, one column a lag.

# %%
# include: look_inside/heat_map.py

# %% [markdown]
# The whole band moves down, and widens a little; no share of the entries stays behind at the top. Keep the
# picture in mind for the networks of the next two lessons.
#
# ### What was it looking at?
#
# *Connectivity* asks how strongly each earlier character moved one prediction. A character is a 1 in
# the column $x_t$; imagine it a little larger or smaller than 1, or another entry a little above 0,
# and see how the loss $L_T$ of the character after the text would change. Since $a_t = W_x x_t + \dots$, that is
# the length of $W_x^\top \bar a_t$, with $\bar a_t$ the gradient of $L_T$ at $a_t$. Madsen (2019), from whom the idea
# comes, differentiates the score of the predicted character instead of the loss.

# %%
# include: look_inside/connectivity.py

# %% [markdown]
# ### A state, read aloud
#
# More than four fifths of the influence comes from the last ten characters, about two words. What does the state look like
# meanwhile? Here are the first characters of the validation fables, and above each of them the first forty numbers
# of the state after it was read.

# %%
# include: look_inside/state_strip.py

# %% [markdown]
# A few rows stay near −1 or +1 throughout; most are rewritten all the time. That is what a network without a
# protected memory looks like.
#
# ### How long can it remember at all?
#
# A pure test of memory. Show the network $k+1$ random symbols, one a step, and ask it after the last
# which came *first*. Nothing in between helps: it has to carry one symbol through $k$ steps of noise.
# There are eight symbols, so guessing is right one time in eight.

# %%
# include: look_inside/recall.py

# %% [markdown]
# Three starts for $W_h$, everything else equal: *orthogonal*; *Gaussian*, entries with variance $1/H$,
# which has a spectral radius close to 1 too, but stretches some directions to twice their length and
# flattens others to nothing; and the *uniform* start that PyTorch uses, a third of that variance. The radius of
# such a random matrix is about $\sqrt{H \cdot \text{variance}}$, whatever the shape of the distribution, and so here
# $\sqrt{1/3} = 0.58$. Each at a learning rate that suits it, 400 updates at most. *Solved*
# means at least 95 % right on new sequences, *chance* below 25 %. **Guess first:** which of the three
# forgets first, and at which $k$?

# %% tags=["train"]
recall_lags = (10, 20, 50)
recall_rates = {"orthogonal": 2e-3, "gaussian": 2e-3, "uniform": 5e-3}
recall = {}
for start, rate in recall_rates.items():
    recall[start] = []
    for k in recall_lags:
        rng = np.random.default_rng(seed)
        p = init_params(vocab_size=8, hidden_size=64, rng=rng, recurrent=start)
        accuracy = train_recall(p, k, min(steps, 400), rate, rng)
        recall[start].append(grade(accuracy))
    words = zip(recall_lags, recall[start])
    print(f"{start:10s}", *(f"k={k}: {word}  " for k, word in words))

# %% [markdown]
# That is one seed. Over five, solved of 5 at the best rate of four, in 400 updates
# (`python benchmarks/claims_by_seed.py recall char_level_lm/01`):
#
# {{table recall_char_rnn}}
#
# How the matrix starts decides how far a memory can be learned in these updates. A radius of 0.58 leaves
# about $0.58^{20} = 0.00002$ of the gradient after twenty steps, and at 50 nothing is learned
# from there. (At 20 it is learned with most seeds at a high rate, probably because training then soon
# changes the matrix: the start is a handicap, not a fate.) The two starts with a radius near 1 get further, the orthogonal
# one furthest. Still, nothing *protects* a memory here: each step multiplies it by $W_h$ and squeezes it through
# the tanh. The next lesson, the LSTM, is built to change that.

# %% [markdown]
# ## 11 Generate
#
# On a text it does not know by heart, taking the likeliest character each time falls into a loop. Drawing from the model's own probabilities
# does not, but one unlucky draw can derail a sentence. The usual remedies thin the unlikely tail or cut it off:
# *temperature* below 1 divides the logits by it, which sharpens the probabilities; *top-k* keeps the
# $k$ likeliest characters; *nucleus* keeps the fewest that together hold a share $p$.

# %%
# include: generate/sampling.py sample

# %%
# include: generate/ways.py

# %% [markdown]
# Words are mostly real and sentences mostly are not: the network has learned common words and much of
# spelling, and loses the thread within a clause, as section 10 leads one to expect. How many words, with
# their punctuation, are real?

# %%
# include: generate/real_words.py

# %% [markdown]
# Every remedy makes the words safer. What it costs is variety, which this count does not measure. Which
# is best depends on what you want from it; how good the *model* is, only the loss on unseen text says.
#
# ### Type your own beginning

# %%
# include: generate/prompt.py

# %% [markdown]
# ## 12 On your own
#
# **Exercise 1 (easy).** Before training, the loss should be close to $\ln V$ nats. Why? Check it. What
# would a loss of twice that say?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 1: the loss before training
# Small weights give nearly equal logits, so nearly uniform probabilities: -log(1/V) = log V.
# Twice that would mean confident wrong guesses: weights that start too large.
first_loss = forward(untrained, streams[0][:seq_len], streams[1][:seq_len],
                     zero_state(untrained, streams[0].shape[1]))[0]
print(f"{first_loss / np.log(V):.2f} of log V")
assert abs(first_loss / np.log(V) - 1) < 0.25 or not as_shipped

# %% [markdown]
# **Exercise 2 (easy).** Show that taking the likeliest is the limit of sampling as the temperature goes
# to zero, and that top-k with $k=1$ is the same.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 2: the likeliest as a limit
example_logits = np.array([0.3, 2.0, -1.0, 1.9])
for temperature in (1.0, 0.1, 0.01, 0.001):
    print(temperature, np.round(next_token_probabilities(example_logits, temperature), 3))
assert next_token_probabilities(example_logits, 0.001)[1] > 0.999
assert next_token_probabilities(example_logits, top_k=1)[1] == 1

# %% [markdown]
# **Exercise 3 (medium).** Truncation cuts the gradient at each window's edge. Compute the gradient of
# $W_h$ from the losses of the last 10 characters of a 50-character window, once with all 50 steps to
# go back through and once with only those 10, starting from the same state. How different are the
# directions?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 3: what truncation loses
# The cosine between the two gradients: 1 would mean the same direction, 0 nothing in common.
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
    cosines[name] = np.vdot(full, cut) / max(
        np.linalg.norm(full) * np.linalg.norm(cut), 1e-30)
    print(f"{name}: cosine {cosines[name]:.3f}")
assert all(-1 <= cosine <= 1.000001 for cosine in cosines.values()) or not as_shipped

# %% [markdown]
# **Exercise 4 (medium).** `init_params` makes $W_x$ small. Multiply it by ten and repeat the recall test
# at $k=20$ with the orthogonal start. Explain what you see with B2.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 4: loud inputs
# Large inputs push the tanh into its flat part; then 1 - h^2 in B2 is far below 1 at every
# step, and the orthogonal matrix no longer keeps the gradient's length.
loud_recall = {}
for factor in (1, 10):
    rng = np.random.default_rng(seed)
    p = init_params(vocab_size=8, hidden_size=64, rng=rng)
    p["W_x"] *= factor
    loud_recall[factor] = grade(train_recall(p, 20, min(steps, 400), 2e-3, rng))
    print(f"W_x times {factor}: {loud_recall[factor]} at k = 20")
assert loud_recall == {1: "solved", 10: "chance"} or not as_shipped

# %% [markdown]
# **Exercise 5 (hard).** Elman's own network has the logistic function $\sigma(a) = 1/(1+e^{-a})$ in F2.
# Derive B2 for it, change `step` and `step_backward`, and check the gradient. How fast must its
# gradient vanish, whatever the data, if $W_h$ is orthogonal?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 5: Elman's logistic units
# s = sigma(a) has slope s (1 - s), so B2 becomes da = dh * h * (1 - h). That slope is at most
# 1/4: with an orthogonal W_h, J1's bound becomes (1/4)^(T - t).
def logistic_loss(p, inputs, targets, state):
    """Loss of an Elman network with logistic units, and its states (T + 1, H, B) and dlogits."""
    h = [state]
    for tokens in inputs:
        h.append(1 / (1 + np.exp(-(p["W_x"][:, tokens] + p["W_h"] @ h[-1] + p["b"]))))
    h = np.array(h)
    loss, dlogits = softmax_cross_entropy(p["W_y"] @ h[1:] + p["b_y"], targets)
    return loss, h, dlogits


p, inputs, targets, state = tiny_example(np.random.default_rng(seed))
_, h, dlogits = logistic_loss(p, inputs, targets, state)
dW_h, dstate = np.zeros_like(p["W_h"]), np.zeros_like(state)
for t in reversed(range(len(inputs))):
    dh = p["W_y"].T @ dlogits[t] + dstate
    da = dh * h[t + 1] * (1 - h[t + 1])
    dW_h += da @ h[t].T
    dstate = p["W_h"].T @ da
error = check_gradients(lambda q: logistic_loss({**p, **q}, inputs, targets, state)[0],
                        {"W_h": p["W_h"]}, {"W_h": dW_h})
assert verdict(error)

# %% [markdown]
# ## 13 Summary and references
#
# A recurrent network is one small function applied again and again. Its gradient is the transpose of that
# function's Jacobian applied again and again, backwards, and how far back it can learn depends on how that product
# behaves. The whole lesson on one card:
#
# | forward | `step` | backward | `step_backward` |
# |---|---|---|---|
# | F1 $a_t = W_x x_t + W_h h_{t-1} + b$ | `a = W_x[:, tokens] + W_h @ state + b` | B1 $\bar h_t = W_y^\top\bar\ell_t + W_h^\top\bar a_{t+1}$ | `dh = W_y.T @ dlogits + dstate` |
# | F2 $h_t = \tanh a_t$ | `h = np.tanh(a)` | B2 $\bar a_t = \bar h_t \odot (1-h_t^2)$ | `da = dh * (1 - h * h)` |
# | F3 $\ell_t = W_y h_t + b_y$ | `logits = W_y @ h + b_y` | B3 $\bar W_h = \sum_t \bar a_t h_{t-1}^\top$ | `da @ state.T` |
# | L1 $\log p_t = \ell_t - \log\sum_w e^{\ell_{t,w}}$ | `log_softmax` | B4 $\bar W_x = \sum_t \bar a_t x_t^\top$ | `da @ x.T` |
# | L2 $L = -\frac1T\sum_t \log p_{t,y_t}$ | `softmax_cross_entropy` | B5 $\bar b = \sum_t \bar a_t$ | `da.sum(axis=1)` |
# | | | B6 $\bar W_y = \sum_t \bar\ell_t h_t^\top$ | `dlogits @ h.T` |
# | L3 $\bar\ell_t = \frac1T(p_t - \mathrm{onehot}(y_t))$ | `softmax_cross_entropy` | B7 $\bar b_y = \sum_t \bar\ell_t$ | `dlogits.sum(axis=1)` |
#
# Go back to the forty lines at the top: `da = (W_y.T @ errors[t] + later) * (1 - states[t] ** 2)` is B1
# and B2, and the five lines after it are B4, B3, B5, B6 and B7.
#
# What this page showed:

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title What this page showed, checked
claims = {
    "every entry of every gradient agrees with central differences": gradient_is_right,
    "the check catches h_t for h_{t-1}, a missing slope, and a missing road through time":
        off_by_one_is_caught and no_slope_is_caught and no_time_is_caught,
    "the crow is told word for word": crow_is_word_for_word,
    "the RNN codes test fables in fewer bits than a unigram model": results["RNN"] < results["unigram"],
    "the table of counts is ahead of the RNN, and the mixture ahead of both":
        results["mixed"] < results[table] < results["RNN"],
    "clipped gradient descent beats unclipped, each at its best rate": clipping_helps,
    "the Jacobian's norm never passes its bound": bound_holds,
    "training shortens the gradient's reach (median)": shorter,
    "recall over 20 steps is learned from the orthogonal start": recall["orthogonal"][1] == "solved",
}
for claim, holds in claims.items():
    print("shown:" if holds else "NOT shown:", claim)
assert all(claims.values()) or not as_shipped

# %% [markdown]
# **References**
#
# - Y. Bengio, P. Simard, P. Frasconi (1994). Learning long-term dependencies with gradient descent is difficult. *IEEE Transactions on Neural Networks* 5. (That gradients vanish or explode.)
# - S. Chen, J. Goodman (1999). An empirical study of smoothing techniques for language modeling. *Computer Speech & Language* 13.
# - J. Elman (1990). Finding structure in time. *Cognitive Science* 14.
# - A. Holtzman et al. (2020). The curious case of neural text degeneration. arXiv:1904.09751.
# - D. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. arXiv:1412.6980.
# - R. Kneser, H. Ney (1995). Improved backing-off for m-gram language modeling. *ICASSP*.
# - I. Loshchilov, F. Hutter (2017). SGDR: stochastic gradient descent with warm restarts. arXiv:1608.03983.
# - A. Madsen (2019). Visualizing memorization in RNNs. *Distill*.
# - T. Mikolov et al. (2010). Recurrent neural network based language model. *Interspeech*.
# - R. Pascanu, T. Mikolov, Y. Bengio (2013). On the difficulty of training recurrent neural networks. arXiv:1211.5063.
# - D. Rumelhart, G. Hinton, R. Williams (1986). Learning representations by back-propagating errors. *Nature* 323.
# - A. Saxe, J. McClelland, S. Ganguli (2014). Exact solutions to the nonlinear dynamics of learning in deep linear neural networks. arXiv:1312.6120.
# - T. Tieleman, G. Hinton (2012). RMSprop. *Coursera: Neural networks for machine learning*, lecture 6.5.
# - P. Werbos (1990). Backpropagation through time: what it does and how to do it. *Proceedings of the IEEE* 78.
# - R. Williams, J. Peng (1990). An efficient gradient-based algorithm for on-line training of recurrent network trajectories. *Neural Computation* 2.
