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
# # Train a word-level recurrent network by hand
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your-organisation/recurrent-networks-in-numpy/blob/main/word_level_lm/01_RNN_NumPy.ipynb)
#
# You build a network that reads fables word by word, give every word a row of numbers that it learns,
# derive the gradient that reaches only the rows that were read, and leave the table of counts behind.

# %% [markdown]
# **What you'll do.** Cut a book into words, decide which of them to know, put an embedding in front of the
# network of lesson 1, derive and check its sparse gradient, train it, and look at what the rows have learned.
#
# **What you'll learn.** What changes when the tokens are words: the vocabulary and its long tail, words nobody
# has seen, why adding into repeated rows goes wrong, what a large vocabulary costs, and how to compare a model
# of words with a model of characters.
#
# **What you'll need.** [Lesson 1](../char_level_lm/01_RNN_NumPy.ipynb): the recurrent network,
# backpropagation through time, Adam, the table of counts. From [lesson 2](../char_level_lm/02_LSTM_NumPy.ipynb)
# dropout and weight drop. For one figure it helps to know singular vectors. The page runs in about two minutes on one core.
#
# *Lesson 4 of 9. What changes from the lessons before: the network reads words, through a table of embeddings.
# Next comes the [LSTM over words](02_LSTM_NumPy.ipynb). Terms are collected in the [glossary](../GLOSSARY.md).*

# %% [markdown]
# ## 1 Setup

# %% tags=["parameters"]
corpus = "fables.txt"      # or the path of a UTF-8 text of yours
seed = 0
embed_size = 96            # E: numbers a word
hidden_size = 128          # H
batch_size = 16            # B
seq_len = 25               # T, in words
steps = 1800               # updates
learning_rate = 4e-3
clip_norm = 1.0
dropout = 0.5              # share of states hidden from the output in training
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
SHIPPED = dict(corpus="fables.txt", seed=0, embed_size=96, hidden_size=128, batch_size=16,
               seq_len=25, steps=1800, learning_rate=4e-3, clip_norm=1.0, dropout=0.5,
               weight_drop=0.2, dtype="float64", log_to_wandb=False)
settings = {name: globals()[name] for name in assigned}
as_shipped = check_knobs(settings, SHIPPED)
network = "RNN"
text = load_text(corpus)  # a text that cannot be had is noticed here
print("settings:", "as shipped" if as_shipped else "your own")

# %% [markdown]
# ### What a model of characters gets wrong
#
# The best table of counts of lesson 1, over characters, continues `The fox `, each character drawn from its
# probabilities. Words that do not occur in the training fables stand in brackets. **Guess first:** what share of
# the words will be no words?

# %%
# folded: As in lesson 1: the split, the table of counts, bits
# include: data/text.py split
# include: data/text.py streams
# include: loss/bits.py
# include: results/ngram.py code

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Writing with a table of counts: not needed to follow the lesson
def continue_by_counts(model, tokens, length, rng):
    """Continue the list of ids `tokens` by `length` more, each drawn from its probability."""
    order, V = len(model["tables"]), model["vocab_size"]
    tokens = list(tokens)
    for _ in range(length):
        context = tokens[-(order - 1):]
        tried = np.column_stack([np.tile(context, (V, 1)), np.arange(V)])   # each id after it
        p = np.exp(score_ngram(model, tried.ravel())[len(context) - 1 :: len(context) + 1])
        tokens.append(int(rng.choice(V, p=p / p.sum())))
    return tokens

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title The table of counts of lesson 1, and what it writes: `said`
if not text.strip():
    raise ValueError("The text holds nothing but blanks: use a longer one.")
train_text, valid_text, test_text = split_text(text)
letters = sorted(set(text))
train_letters, valid_letters = (encode(part, letters) for part in (train_text, valid_text))
by_letters, order, _ = best_ngram(train_letters, valid_letters, len(letters))
start = "The fox " if set("The fox ") <= set(letters) else text[:8]
said = continue_by_counts(by_letters, encode(start, letters), 260, np.random.default_rng(seed))
said = "".join(letters[i] for i in said)
print(f"n-gram of order {order}, fitted on {len(train_letters):,} characters")

# %%
known = {word.strip('.,;:!?"') for word in train_text.split()}
marked = [word if word.strip('.,;:!?"') in known else f"[{word}]"
          for word in said.split()]
print(*marked)
print(f"{np.mean([word[0] == '[' for word in marked]):.0%} are no words")

# %% [markdown]
# Spelling is most of its work, and it still slips. A model of *words* cannot misspell: it chooses among whole words.
# It has other worries. There are thousands of words where there were sixty characters; most of them are rare; and
# on a new page there will be some that it has never seen.

# %% [markdown]
# ## 2 Data
#
# ### What is a word?
#
# A *tokenizer* decides. Ours takes letters with apostrophes between them as one token (`don't`), each mark as a
# token of its own, and the end of a line as one, too. Capitals are dropped: `The` and `the` become one word.
# (The folded cell below turns tokens back into prose, with blanks, capitals after a full stop, and quotation
# marks.)

# %%
# include: data/words.py tokenize

# %%
# include: data/words.py detokenize

# %%
print(tokenize('"I don\'t know," said the fox.\nThe crow flew.'))
blocks = [block.strip("\n") for block in train_text.split("\n\n")]
again = [detokenize(tokenize(block)).lower() for block in blocks]
back = sum(a == block.lower() for a, block in zip(again, blocks))
print(f"{back} of {len(blocks)} fables come back but for capitals")

# %% [markdown]
# What is lost are capitals in titles and names. What did dropping them gain?

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Counting words, with their capitals and without
for lower in (False, True):
    words = tokenize(train_text, lower)
    counts = Counter(words)
    once = np.mean([n == 1 for n in counts.values()])
    held = tokenize(valid_text, lower)
    new = np.mean([word not in counts for word in held])
    print(f"{'lower case' if lower else 'as it is':10s} {len(counts):,} different words, "
          f"{once:.0%} of them once; {new:.1%} of the validation text is new")

# %% [markdown]
# A tenth fewer words, each seen more often. (What it costs to put the capitals back is counted in section 9.)
#
# ### A few words do most of the work
#
# Sort the words by how often they occur. **Guess first:** how much of the text do the hundred most
# frequent cover?

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Left, the frequency of a word against its rank on logarithmic axes, nearly a straight line; right, the share of the text that the most frequent words cover."}}
#@title Drawing: frequency by rank, and how much of the text the most frequent words cover
by_rank = np.array(sorted(Counter(tokenize(train_text)).values(), reverse=True))
ranks, covered = np.arange(1, len(by_rank) + 1), np.cumsum(by_rank) / by_rank.sum()
middle = slice(min(9, len(ranks) - 2), min(1000, len(ranks)))
slope = np.polyfit(np.log(ranks[middle]), np.log(by_rank[middle]), 1)[0] if len(ranks) > 1 else 0.0
fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.4))
axes[0].loglog(ranks, by_rank, ".", markersize=3)
axes[0].loglog(ranks, by_rank[0] / ranks, color=GREY, linewidth=1)
axes[0].set(xlabel="rank of the word", ylabel="times it occurs",
            title="Zipf's law" if -1.3 < slope < -0.7 else "Frequency by rank")
axes[1].semilogx(ranks, covered)
axes[1].set(xlabel="most frequent words", ylim=(0, 1), title="Share of the text")
plt.show()
for n in (10, 100, 1000):
    print(f"the {n:4d} most frequent words cover {covered[min(n, len(covered)) - 1]:.0%}")
print(f"slope from rank 10 to 1,000: {slope:.1f}; seen once: {np.mean(by_rank == 1):.0%} of the words")

# %% [markdown]
# The grey line falls like one over the rank. *Zipf's law* says that words in natural text roughly do: a few are
# everywhere, and four in ten are seen just once. About a word seen once there is little to learn, and the next text
# will have others. So the vocabulary keeps the words that occur at least twice in the training fables. All others
# become one word, `<unk>` (unknown), in training, too, so that the network learns what unknown words are like.
# Two more signs stand around every fable: `<bos>` (beginning of sequence) and `<eos>` (end of sequence).

# %%
# include: data/words.py vocabulary

# %%
# include: data/words.py ids

# %%
# include: data/words.py encode

# %%
vocab = make_vocab(tokenize(train_text))
V = len(vocab)
train_tokens, valid_tokens, test_tokens = (
    encode_fables(part, vocab) for part in (train_text, valid_text, test_text))
print(f"{V:,} words, first {vocab[:8]}")
print([vocab[i] for i in train_tokens[:9]], train_tokens[:9])
for name, part in (("training", train_tokens), ("validation", valid_tokens)):
    print(f"{name}: {len(part):,} tokens, {np.mean(part == UNK):.1%} unknown")

# %% [markdown]
# On new text twice as many words are unknown as in training. Most of those would be new even if we had dropped
# nothing, as the
# count above shows: the words dropped cost little.
#
# ### What is predicted
#
# After `<eos>` comes `<bos>`, always: to predict it is no merit. So a target `<bos>` becomes −1, which the loss does
# not count, and no score on this page counts it either. `<eos>` and `<unk>` are predicted like any word.

# %%
# include: data/words.py streams

# %%
streams = word_streams(train_tokens, batch_size, seq_len)
print("inputs", streams[0].shape, "targets", streams[1].shape)
print("targets that do not count:", int((streams[1] < 0).sum()))

# %% [markdown]
# ## 3 Notation
#
# In lesson 1 the input was a column with a single 1, and $W_x$ had a column a character. With thousands of words that
# would be $H$ numbers for every word (and for each gate of the next lessons as many again). Instead every word has
# $E$ numbers of its
# own, its *embedding*, a row of the matrix $W_{emb}$, for all that read it; and $W_x$, which is small, reads those.
# $w_t$ is the word read, $x_t$ its
# embedding, written as a column.
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $w_t$ | `inputs` | `(T, B)` | words read, as ids |
# | $y_t$ | `targets` | `(T, B)` | words to predict, as ids; −1: not counted |
# | $x_t$ | `x` | `(T, E, B)` | embeddings of the words read |
# | $h_t$ | `h` | `(T+1, H, B)` | states; `h[0]` is the one we start from |
# | $\ell_t$ | `logits` | `(T, V, B)` | scores of the next word |
# | $W_{emb}$ | `W_emb` | `(V, E)` | embeddings, a row a word |
# | $W_x$ | `W_x` | `(H, E)` | input to hidden |
# | $W_h$ | `W_h` | `(H, H)` | hidden to hidden |
# | $b$ | `b` | `(H, 1)` | hidden bias |
# | $W_y$ | `W_y` | `(V, H)` | hidden to logits |
# | $b_y$ | `b_y` | `(V, 1)` | output bias |
#
# $a_t$ is again what enters the tanh. One column for one text; $B$ texts are read side by side.

# %% [markdown]
# ## 4 Forward pass
#
# ### One look-up more
#
# $$x_t = W_{emb}^\top\,\mathrm{onehot}(w_t) \tag{F1}$$
# $$a_t = W_x x_t + W_h h_{t-1} + b \tag{F2}$$
# $$h_t = \tanh(a_t) \tag{F3}$$
# $$\ell_t = W_y h_t + b_y \tag{F4}$$
#
# F1 as an equation is a product; as code it is a look-up, row $w_t$ of $W_{emb}$. The rest is lesson 1.
# (Bengio et al., 2003, gave words such rows, in a network without a state; Mikolov et al., 2010, used Elman's.)

# %%
# include: draw/network.py

# %%
# include: draw/word_unrolled.py

# %%
# include: forward/word_rnn.py step

# %% [markdown]
# ### Two steps by hand
#
# A vocabulary of three words, `the`, `fox`, `ran` (ids 0, 1, 2), two numbers a word and two in the state. It reads
# `fox`, then `ran`. **Guess first:** which numbers of $W_{emb}$ will the two steps look at?

# %%
hand = {
    "W_emb": np.array([[0.0, 0.1], [1.0, 0.0], [0.5, -1.0]]),
    "W_x": np.array([[0.5, 0.0], [0.0, 1.0]]),
    "W_h": np.array([[0.0, 1.0], [-1.0, 0.0]]),
    "b": np.array([[0.0], [0.1]]),
    "W_y": np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]]),
    "b_y": np.zeros((3, 1)),
}
hand_inputs = np.array([[1], [2]])                   # fox, ran: T = 2, B = 1
h = np.zeros((2, 1))
for t in range(2):
    logits, h = step(hand, hand_inputs[t], h)
    print(f"t = {t + 1}: x = {hand['W_emb'][hand_inputs[t, 0]]}, "
          f"h = {h.ravel().round(3)}, logits = {logits.ravel().round(3)}")

# %% [markdown]
# Rows 1 and 2, and never row 0. At $t = 1$ the row of `fox` is (1, 0); $W_x$ makes it (0.5, 0), and with $b$ the tanh
# sees (0.5, 0.1). It is the state that lesson 1's network had after `c`.
#
# ### How the parameters start
#
# The rows start small, and so does $W_y$; $W_x$ keeps the rows' size; $W_h$ starts orthogonal. One start is new:
# $b_y$ can be given the logarithm
# of each word's share of the training text. With the rest of the logits near zero, the network then begins close to
# the unigram model,
# and is spared learning from scratch that `the` is frequent. (Every count is raised by 1, so that no logarithm is
# infinite. The next lesson measures what this is worth.)

# %%
# folded: As in lesson 1: an orthogonal matrix
# include: forward/orthogonal.py

# %%
# include: forward/word_rnn.py start

# %%
# include: forward/word_rnn.py zero

# %% [markdown]
# ### All steps at once
#
# As in lesson 1, only $W_h h_{t-1}$ has to wait. With a vocabulary of thousands nearly all the work is F4, so it pays
# to make it one large product: `columns` puts the columns of all steps side by side, `(T, H, B)` → `(H, T B)`, and
# `steps_of` undoes that. `affine(W, x, b)` is $Wx + b$ and `outer(a, b)` is $a b^\top$, in portions that go faster.
# `empty_steps` (lesson 2) lays the states out in memory so that neither copies anything. The
# mask $d_t$ is dropout's, from lesson 2: it hides states from the output layer, which then sees $d_t \odot h_t$, and
# in B1 it multiplies the first
# road. (Lesson 2 derived and checked it, and weight drop, which leaves out entries of $W_h$ for a window.)

# %%
# folded: As in lesson 2, for speed alone: tanh and the memory layout
# include: forward/rows.py

# %%
# include: forward/embedding.py columns

# %%
# include: forward/word_rnn.py unroll

# %%
# include: forward/word_rnn.py tiny

# %%
params, inputs, targets, state = tiny_example(np.random.default_rng(seed))
x, h, all_logits = unroll(params, inputs, state)
print("x", x.shape, " h", h.shape, " logits", all_logits.shape)
same = []
for t in range(5):
    logits, state = step(params, inputs[t], state)
    same.append(np.allclose(logits, all_logits[t], atol=1e-12))
print("the same logits as step by step:", *same)

# %% [markdown]
# ## 5 Loss
#
# The loss is lesson 1's, the mean of $-\log p$ over the words that count, with its gradient at the logits
# $\bar\ell_t = \frac1n\,(p_t - \mathrm{onehot}(y_t))$, where $n$ is the number of targets that count (L1 to L3 there):

# %%
# folded: As in lesson 1: softmax and cross-entropy
# include: loss/loss.py code

# %% [markdown]
# For a model of words one quotes its **perplexity**, $e^L$ with $L$ in nats. It is the number of equally likely words
# among which the model might as well be choosing: 1 for certainty, $V$ for an even guess. (Bits and perplexity say the
# same: perplexity is 2 to the power of the bits a word.)

# %%
# include: loss/perplexity.py

# %%
for p in (1 / 2, 1 / 50, 1 / V):
    print(f"p = {p:.5f} each time: {-np.log(p):.2f} nats, "
          f"perplexity {perplexity(np.log([p, p])):.0f}")

# %% [markdown]
# A window has $T B$ columns of $V$ logits, close to a million numbers, so the softmax is worth some care. This version
# computes one exponential for each where the other needs two, and writes over its own numbers. (Here $e^{\ell}$ is divided
# by its sum at the end; lesson 1 took the logarithm first.)

# %%
# include: loss/many_words.py

# %%
loss, dlogits = softmax_cross_entropy(all_logits, targets)
loss_again, dlogits_again = cross_entropy(all_logits, targets)
print("the same loss and gradient:", np.isclose(loss, loss_again),
      np.allclose(dlogits, dlogits_again, atol=1e-12))

# %%
# include: forward/word_rnn.py forward

# %% [markdown]
# ## 6 Backward pass
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $\bar\ell_t = \partial L/\partial \ell_t$ | `dlogits` | `(T, V, B)` | gradient at the logits |
# | $\bar h_t = \partial L/\partial h_t$ | `dh` | `(T, H, B)` | gradient at the states, by both roads |
# | $\bar a_t = \partial L/\partial a_t$ | `da` | `(T, H, B)` | gradient at what enters the tanh |
# | $\bar x_t = \partial L/\partial x_t$ | `dx` | `(T, E, B)` | gradient at the embeddings read |
#
# ### What stays as it was
#
# Two roads lead from the loss to a state, through the logits of its step and through the next step, and
# contributions along all paths add; then comes the slope of the tanh; and each matrix gets what arrives times
# what it multiplied, summed over the steps:
#
# $$\bar h_t = W_y^\top \bar\ell_t + W_h^\top \bar a_{t+1} \tag{B1}$$
# $$\bar a_t = \bar h_t \odot (1 - h_t^2) \tag{B2}$$
# $$
# \begin{aligned}
# \bar W_h &= \sum_t \bar a_t h_{t-1}^\top, & \bar W_x &= \sum_t \bar a_t x_t^\top, & \bar b &= \sum_t \bar a_t, \\
# \bar W_y &= \sum_t \bar\ell_t h_t^\top, & \bar b_y &= \sum_t \bar\ell_t
# \end{aligned}
# \tag{B3}
# $$
#
# ### One step further back: into a row
#
# $x_t$ enters F2 as $W_x x_t$, and nothing else. So
#
# $$\bar x_t = W_x^\top \bar a_t. \tag{B4}$$
#
# And $x_t$ *is* row $w_t$ of $W_{emb}$. What arrives there is the gradient of that row, at that place. The same
# row may have been read at other places of the window, or by other streams: then the row reaches the loss by several
# paths, and their contributions add. Rows that were not read get none:
#
# $$\bar W_{emb}[w] = \sum_{t \,:\, w_t = w} \bar x_t^\top \tag{B5}$$
#
# (with several streams, summed over the streams, too).

# %%
# include: draw/word_roads.py

# %% [markdown]
# ### One step back as code

# %%
# include: backward/word_rnn.py step

# %% [markdown]
# Back through the two steps by hand: after `fox` came `ran`, after `ran` came `the`. **Guess first:** which rows of
# the gradient of $W_{emb}$ will be zero after the first step back, and which after both?

# %%
_, _, hand_logits = unroll(hand, hand_inputs, np.zeros((2, 1)))
_, hand_dlogits = softmax_cross_entropy(hand_logits, np.array([[2], [0]]))
hand_states = [np.zeros((2, 1)),
               step(hand, hand_inputs[0], np.zeros((2, 1)))[1]]
dstate, summed = np.zeros((2, 1)), 0
for t in (1, 0):
    share, dstate = step_backward(
        hand, hand_inputs[t], hand_states[t], hand_dlogits[t], dstate)
    summed = summed + share["W_emb"]
    print(f"t = {t + 1}: gradient of W_emb so far", *summed.round(3))

# %% [markdown]
# The row of `the` stays zero. Of the three rows of this vocabulary that is one; of our thousands it will be nearly all.
#
# ### A gradient that is nearly all zeros
#
# A window of the book reads a few hundred words. Do not write a gradient of $V$ rows to say so, keep the rows that
# were read. `sum_rows` sorts the ids, so that equal ones stand together, and `np.add.reduceat` adds up each group,
# from its `first` row to the next. (NumPy
# calls `__array__` when it is handed a `SparseRows` where it wants an array: so the functions of lesson 1 that ask
# for a gradient's norm need not know.)

# %%
# include: forward/embedding.py rows

# %% [markdown]
# Why not simply `dW_emb[ids] += values`? **Guess first:** a word that was read three times, each time with a gradient
# of 1; what does it
# get?

# %%
ids, ones = np.array([2, 0, 2, 2]), np.ones((4, 1))
lost, kept = np.zeros((3, 1)), np.zeros((3, 1))
lost[ids] += ones
np.add.at(kept, ids, ones)
print("dW[ids] += g:", lost.ravel(), " np.add.at:", kept.ravel())
summed = sum_rows(ids, ones)
print("sum_rows: rows", summed.indices, "values", summed.values.ravel())

# %% [markdown]
# NumPy reads all rows, adds, and writes them back: of three additions to one row the last one stays. No error is raised,
# and a network so trained still learns, a little worse. `np.add.at` adds one at a time; `sum_rows` does the same with
# one sort and one sum. How their times compare is measured in `benchmarks/embedding_gradient.py`. What does not depend
# on the machine is how much there is to do. A window of the shipped size, words drawn by Zipf's law from larger and larger
# vocabularies; and how many numbers an optimiser has to move that moves all, or only the rows that were read (section 8):

# %%
rng, E = np.random.default_rng(seed), embed_size
for size in (1_000, 10_000, 100_000):
    p = 1 / np.arange(1, size + 1)
    read = rng.choice(size, size=seq_len * batch_size, p=p / p.sum())
    rows = len(np.unique(read))
    print(f"V = {size:7,}: {rows} rows read; gradient {rows * E * 8 / 1e6:.1f} "
          f"MB, dense {size * E * 8 / 1e6:.1f} MB;\n             numbers "
          f"to move: {rows * E:,}, dense {size * E:,}")

# %% [markdown]
# A hundred times the vocabulary, and not half as many rows again. (With one-hot columns the gradient would also be a
# product of
# $2\,V E\,T B$ operations.) But note what is *not* sparse: $\bar\ell_t$ has an entry for every word that did not come, so
# $W_y$ and its product stay as large as the vocabulary. That is the price of words.
#
# ### All steps at once

# %%
# include: backward/word_rnn.py states

# %%
# include: backward/word_rnn.py weights

# %%
# folded: As in lesson 1: the gradients of a window, one step at a time; the gradient check
# include: check/by_steps.py
# include: check/gradient_check.py code

# %%
# include: forward/embedding.py dense

# %%
tiny = tiny_example(np.random.default_rng(seed))
loss, _, cache = forward(*tiny)
loss_by_steps, grads_by_steps = by_steps(*tiny)
grads = backward(tiny[0], cache)
print("W_emb:", len(grads["W_emb"].indices), "of", 7, "rows have a gradient")
grads["W_emb"] = to_dense(grads["W_emb"], 7)
print("same loss:", np.isclose(loss, loss_by_steps, atol=1e-12))
for name, g in grads.items():
    same = np.allclose(g, grads_by_steps[name], atol=1e-12)
    print(f"{name:5s} {str(g.shape):7s} "
          f"the window's gradient is the steps' sum: {same}")

# %% [markdown]
# ## 7 Gradient check
#
# Every entry of every parameter against a central difference, as in lesson 1. The example has words that are read
# more than once, a word that is never read, and a target that does not count.

# %%
params, inputs, targets, state = tiny


def tiny_loss(p):
    """Loss of the tiny example with the parameters `p`."""
    return forward(p, inputs, targets, state)[0]


gradient_is_right = verdict(check_gradients(tiny_loss, params, grads))

# %% [markdown]
# ### Break it
#
# Three mistakes that people make with embeddings, put into $\bar W_{emb}$ alone. **Guess first:** of the size of the
# gradient, how large will the errors
# be: a per cent, a tenth, all of it?

# %%
dh, da = state_gradients(params, cache)
values = (params["W_x"].T @ columns(da)).T                        # B4
repeats_lost = np.zeros_like(params["W_emb"])
repeats_lost[inputs.ravel()] += values
before = np.concatenate([inputs[:1], inputs[:-1]])                # w_{t-1}
mistakes = {
    "repeated words lost": {"W_emb": repeats_lost},
    "the row of the word before": {
        "W_emb": to_dense(sum_rows(before.ravel(), values), 7)},
    "the states' gradient, not the tanh's": {
        "W_emb": to_dense(weight_gradients(params, cache, dh)["W_emb"], 7)},
}

# %%
mistakes_are_caught = True
for name, wrong in mistakes.items():
    errors = check_gradients(tiny_loss, params, {**grads, **wrong})
    spoiled = [p for p, error in errors.items() if error > 1e-6]
    mistakes_are_caught &= spoiled == ["W_emb"]
    print(f"{name}: wrong {', '.join(spoiled)}, "
          f"error {errors['W_emb']:.1f}")

# %% [markdown]
# Of the order of the gradient itself.

# %% [markdown]
# ## 8 Training

# %%
# folded: As in lessons 1 and 2: clipping, Adam, training loop, masks, held-out scores, sampling, logging
# include: training/optimiser.py clip
# include: training/optimiser.py adam
# include: training/loop.py
# include: training/regularise.py
# include: training/evaluate.py
# include: generate/sampling.py sample
# include: setup/tracking.py

# %% [markdown]
# ### Adam for rows
#
# Clipping asks only for the gradient's length, and that is the length of its rows. Adam keeps two running means for
# every number (A1,
# A2 in lesson 1). For $W_{emb}$ we move, at each update, only the rows that were read, and their means with them:

# %%
# include: training/sparse_adam.py

# %% [markdown]
# It is not the same as Adam with a gradient full of zeros. There the means of a row that was *not* read decay, and the row
# goes on moving by what is left of its old gradients; here it rests. (`torch.optim.SparseAdam` does as we do, but for
# the place of $\varepsilon$.) To see it, update three
# words, the first of which is read in the first update only. **Guess first:** how far does each Adam move that row
# afterwards?

# %%
for name, update in (("sparse", sparse_adam_step), ("dense", adam_step)):
    p = {"W_emb": np.zeros((3, 2))}
    memory, path = adam_init(p), []
    for n in range(20):
        read = np.array([0, 1]) if n == 0 else np.array([1, 2])
        g = SparseRows(read, np.ones((2, 2)))
        g = g if name == "sparse" else to_dense(g, 3)
        update(p, {"W_emb": g}, memory, 0.01)
        path.append(-p["W_emb"][0, 0])
    print(f"{name:6s} row 0 after update 1: {path[0]:.3f}, "
          f"after update 20: {path[-1]:.3f}")

# %% [markdown]
# Dense Adam carries the row five times as far on the memory of one gradient. Whether that matters on the book is
# measured below. First the crow, which any network with right gradients must be able to learn by heart:

# %%
# include: generate/words.py

# %%
# include: training/word_crow.py

# %% [markdown]
# ### What is a good perplexity?
#
# *Uniform*, *unigram* and the *table of counts* as in lesson 1 (modified Kneser–Ney), now over words, with `<unk>` as
# one of them. The order is chosen on the validation fables. (`of_words`, in the folded cell, leaves out the scores of
# `<bos>`.)

# %%
# include: training/word_reporter.py

# %%
# include: results/word_baselines.py

# %% [markdown]
# ### Now the book
#
# Dropout on the states and weight drop on $W_h$, both as in lesson 2. (The network reads the book nearly thirteen
# times, and would soon know it by heart. Their rates were
# chosen on the validation fables.) While it trains we also
# note, for each row, how much gradient it receives. Before training it continues a sentence like this:

# %%
counts = np.bincount(train_tokens, minlength=V)
params = init_params(vocab_size=V, embed_size=embed_size, counts=counts,
                     hidden_size=hidden_size, dtype=dtype,
                     rng=np.random.default_rng(seed))
choose = sampler(np.random.default_rng(seed), top_p=0.8)
print(generate(params, "The fox", 25, vocab, choose))

# %% [markdown]
# **Guess first:** after how many of the eight lines will it have passed the table of counts?

# %% tags=["train"]
rng = np.random.default_rng(seed)
untrained = init_params(vocab_size=V, embed_size=embed_size, counts=counts,
                        hidden_size=hidden_size, rng=rng, dtype=dtype)
params = {name: p.copy() for name, p in untrained.items()}
received = np.zeros(V)                      # length of all gradients of a row
run = start_tracking(log_to_wandb, settings)
report, valid_curve = (
    reporter(params, valid_tokens, vocab, max(steps // 8, 1), run))


def after(n, history, grads):
    """Report, and add up what each row received."""
    report(n, history, grads)
    at, values = grads["W_emb"]             # all rows in `at` are different
    received[at] += np.linalg.norm(values, axis=1)


history = train(params, streams, steps, learning_rate, seq_len, clip_norm,
                regularised(dropout, weight_drop, rng),
                update=sparse_adam_step, after=after)
finish_tracking(run)

# %%
choose = sampler(np.random.default_rng(seed), top_p=0.8)
print(generate(params, "The fox", 25, vocab, choose))

# %%
# include: training/word_loss_curve.py

# %% [markdown]
# By the second of the eight lines. The training line is noisy because in each stream a window is a piece of one
# fable, and the masks raise it. (Its
# dips are the last windows of the passes over the text: a few words only.)

# %%
# include: training/norm_curve.py

# %% [markdown]
# Clipping acts in the first updates, and then at those short windows, whose gradient is a mean over few words: the spikes.
#
# ### Sparse or dense Adam?
#
# Small networks, with three starts each. **Guess first:** which is better on the validation fables, and by how
# much?

# %% tags=["train"]
def small_run(update, seed):
    """Validation perplexity of a small network trained with `update`."""
    rng = np.random.default_rng(seed)
    small = init_params(vocab_size=V, embed_size=32, hidden_size=32, rng=rng,
                        counts=counts)

    def gradients(*window):
        loss, state, grads = loss_and_gradients(*window)
        if update is adam_step:
            grads["W_emb"] = to_dense(grads["W_emb"], V)
        return loss, state, grads

    train(small, streams, min(steps, 300), 1e-2, seq_len,
          gradients=gradients, update=update)
    return perplexity(of_words(evaluate(small, valid_tokens), valid_tokens))


adams = {"sparse": sparse_adam_step, "dense": adam_step}
by_adam = {name: [small_run(update, seed + n) for n in range(3)]
           for name, update in adams.items()}
for name, values in by_adam.items():
    print(f"{name:6s} {min(values):.3g} to {max(values):.3g}")

# %% [markdown]
# Dense Adam is a little ahead, with each of the three starts, perhaps because a rare word's row is carried on by its
# old gradients. What the sparse form
# saves is the work of section 6: the larger the vocabulary, the more, at $W_{emb}$. (At $W_y$ it saves nothing.)

# %% [markdown]
# ## 9 Held-out results
#
# The test fables have played no part so far. Perplexities of all models over the same tokens, and of mixtures, the
# share chosen on the validation fables. In lesson 1 the network of characters was far behind the table of counts.
# **Guess first:** by how many per cent is the perplexity of the network of words lower than the table's?

# %%
# folded: As in lesson 1: mixing two models, and the best share
# include: results/mixture.py

# %%
# include: results/word_score.py

# %%
# include: results/word_dots.py

# %% [markdown]
# By a fifth. The same kind of network, the same book, and the order is turned round. How much of a new fable has a
# table of counts seen before?

# %%
for n in (2, 3, 4):
    seen, new = (list(zip(*(part[k:].tolist() for k in range(n))))
                 for part in (train_tokens, test_tokens))
    seen = set(seen)
    print(f"of the runs of {n} tokens in the test fables "
          f"{np.mean([run in seen for run in new]):.0%} occur in training")

# %% [markdown]
# And it knows nothing of two words being alike. The two models still know different things: their mixture is better
# than either. With other seeds
# (`python benchmarks/claims_by_seed.py results word_level_lm/01`):
#
# {{table results_word_rnn}}
#
# ### A lower perplexity that means nothing
#
# Perplexities may be compared only over the same vocabulary. Here is the unigram model with words kept that occur
# twice, five times, fifty times. **Guess first:** which has the lowest perplexity?

# %%
for least in [n for n in (2, 5, 50) if n <= counts[3:].max()]:
    smaller = make_vocab(tokenize(train_text), least)
    seen, new = (encode_fables(part, smaller)
                 for part in (train_text, valid_text))
    scores = score_ngram(fit_ngram(seen, 1, len(smaller)), new)
    print(f"at least {least:2d} times: {len(smaller):5,} words, perplexity "
          f"{perplexity(of_words(scores, new)):3.0f}, "
          f"unknown {np.mean(new == UNK):.0%}")

# %% [markdown]
# The model that knows least. It says `<unk>` where the others have to name the word. To compare fairly, a model has to pay
# for everything on the page.
#
# ### Words or characters: which codes the page in fewer bits?
#
# So add what the word model leaves open. Each unknown word has to be spelled: by a table of counts of characters, made
# of the training words that occur once. And the capitals have to be put back: by counting how often each word has one,
# at the beginning of a sentence and elsewhere. (Blanks follow from the marks, as section 2 showed on the training
# fables, and cost nothing here.) Divide by
# the number of characters, and lay it beside lesson 1's table. **Guess first:** who wins?

# %%
# include: results/in_characters.py code

# %%
# include: results/in_characters.py show

# %% [markdown]
# The words are ahead of the table of characters, though they pay for everything: about a sixth of their bits go into
# spelling words that the model does not know. (The
# three networks of characters, and the next two of words, stand beside each other at the end of
# [lesson 6](03_GRU_NumPy.ipynb).)

# %% [markdown]
# ## 10 Look inside
#
# ### What is near a word?
#
# The rows began at random. For five words, the three words whose rows have the largest cosine with theirs (the cosine of
# the angle between them: 1 for the same direction). **Guess first:** what will be near `fox`?

# %%
# include: look_inside/word_groups.py code

# %%
some = [w for w in ("fox", "said", "he", "under", "old") if w in vocab]
some = some or vocab[3:8]
for name, p in (("before", untrained), ("after", params)):
    for word, near in neighbours(p["W_emb"], some, vocab).items():
        print(f"{name:6s} {word:6s} {', '.join(near[:3])}")

# %% [markdown]
# Before training the neighbours are an accident. After it some are words that stand in the same places: nobody told
# the network
# that `he` and `she` are of one kind; the same words follow them, so their rows had to do the same work. Others make
# no sense: a word
# that occurs a few times has been moved by a few contexts only. Five words that one has picked prove little. So take
# forty frequent words of four kinds,
# written down before training, and ask of each whether the nearest of the forty is of its own kind. The
# untrained rows are the control. The map shows the two directions in which the rows differ most (the first two
# singular vectors; labels that would overlap are moved apart).

# %%
# include: look_inside/word_groups.py map

# %% [markdown]
# From about what chance would give (nine of the other thirty-nine are of its kind: one in four) to most of the forty.
# On the map *him*, *her* and *them* lie with the animals: they stand where
# nouns stand.
#
# ### Who gets the gradient?
#
# Add up the lengths of all the gradients that a row received in training, and lay them against how often its word
# occurs. **Guess first:** will a word that is ten times as frequent receive ten times as much? At ten occurrences,
# and at a thousand?

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Sum of gradient lengths of each embedding row against the number of times its word occurs in the training fables, on logarithmic axes: in proportion up to about a hundred occurrences, less beyond."}}
#@title Drawing: gradient received by each row, against the frequency of its word
words_read = np.flatnonzero((received > 0) & (counts > 0))
often, got = np.log(counts[words_read]), np.log(received[words_read])
slopes = {}
for name, chosen in (("below 100", often < np.log(100)), ("above 100", often >= np.log(100))):
    slopes[name] = np.polyfit(often[chosen], got[chosen], 1)[0] if chosen.sum() > 5 else 0.0
fig, ax = plt.subplots(figsize=(7, 3.8))
ax.loglog(counts[words_read], received[words_read], ".", markersize=4, alpha=0.5)
ends = np.array([2.0, counts.max()])
start = np.exp(np.median(got - often)) if len(got) else 1.0
ax.loglog(ends, start * ends, "--", color=GREY, linewidth=1)
ax.text(ends[1], start * ends[1], "in proportion ", ha="right", va="bottom", color=GREY, fontsize=11)
for word in [w for w in ("the", "fox", "<bos>", "<unk>") if w in vocab]:
    at = vocab.index(word)
    ax.annotate(word, (counts[at], max(received[at], 1e-9)), fontsize=11, xytext=(4, -22),
                textcoords="offset points", arrowprops=dict(arrowstyle="-", color=GREY, lw=0.8))
saturates = slopes["above 100"] < 0.8 * slopes["below 100"]
ax.set(xlabel="times the word occurs in the training fables", ylabel="sum of gradient lengths",
       title="In proportion at first; very frequent words receive less each time" if saturates
       else "Frequent words receive more")
plt.show()
print(f"rows that received a gradient: {len(words_read):,} of {V:,}; slope of the logarithms",
      *(f"{name} occurrences {slope:.1f} " for name, slope in slopes.items()))

# %% [markdown]
# At ten yes, at a thousand no. A word that stands in every window has its repeats summed before the length is taken,
# and perhaps there is less left to correct. The range is
# wide, from some twenty-five gradients for a word that occurs twice to one in nearly every update: which suits Adam,
# since it gives each number a step of its own.
#
# What happens to a row that is not read? In the first updates many are not yet:

# %%
short = {name: p.copy() for name, p in untrained.items()}
few = min(steps, 21)
_ = train(short, streams, few, learning_rate, seq_len,
          update=sparse_adam_step)
read = np.unique(streams[0][: (few - 1) * seq_len])    # the last rate is 0
stay = (short["W_emb"] == untrained["W_emb"]).all(axis=1)
print(f"after {few - 1} updates {len(read):,} of {V:,} words have been read;",
      f"{stay.sum():,} rows are exactly at their start")
rest_is_unread = bool(stay.sum() == V - len(read))
print("these are the words not read:", rest_is_unread)

# %% [markdown]
# ### What it knows of the three signs
#
# On the validation fables: the mean probability that it gives to `<eos>` and to `<unk>` where they come, and everywhere
# else.

# %%
log_p, state = [], zero_state(params, 1)
for token in valid_tokens[:-1]:
    logits, state = step(params, np.array([token]), state)
    log_p.append(log_softmax(logits[None])[0, :, 0])
log_p, came = np.array(log_p), valid_tokens[1:]
for sign in (EOS, UNK):
    if not (came == sign).any():
        continue
    p = np.exp(log_p[:, sign])
    there, elsewhere = p[came == sign].mean(), p[came != sign].mean()
    print(f"{vocab[sign]}: {there:.2g} where it comes, "
          f"{elsewhere:.2g} elsewhere")
firsts = np.argsort(-log_p[np.flatnonzero(valid_tokens[:-1] == BOS)[0]])[:5]
print("after <bos> it expects:", *(vocab[i] for i in firsts))

# %% [markdown]
# At the end of a fable it gives `<eos>` many times its usual chance, and still only a few per cent: it could come at
# the end of any line. An unknown word is hard to foresee,
# too; any noun may be one. After `<bos>` it expects frequent words, `the` and `a` before all, with which many titles begin.
#
# ### How far back the gradient reaches
#
# As in lesson 1: the loss of the last word of 64 windows alone, and the length of its gradient at the states
# before (the line is the median, the band the middle half of the windows). **Guess first:** will it reach as many
# words as lesson 1's reached characters?

# %%
# folded: As in lesson 1: the gradient of the last loss, by lag
# include: look_inside/lag.py

# %%
# include: look_inside/word_lag_curve.py

# %%
# include: look_inside/heat_map.py

# %% [markdown]
# Before training the orthogonal matrix lets it shrink slowly. After it next to nothing is left at twenty words; in
# lesson 1 it took thirty characters to come down as far. So it reaches over
# fewer *steps*; but a step is now a word, and a few of them span a clause. (The heat map, as in lesson 1, shows the
# single entries; its lowest row collects all below $10^{-9}$.)
#
# ### What was it looking at?
#
# *Connectivity*, as in lesson 1: the length of $\bar x_t$ for the loss of one word, that is, how strongly each word read
# moved one prediction.

# %%
# folded: As in lesson 1: how much each token moved one prediction
# include: look_inside/connectivity.py function

# %%
# include: look_inside/word_connectivity.py

# %% [markdown]
# Most of the influence comes from the last three words; the table of counts looks at four. So a longer memory is
# probably not what puts this network ahead
# of the table. Exercise 4 tests another explanation, the rows that let one word stand for another: held at their
# start, they cost the network its lead.

# %% [markdown]
# ## 11 Generate
#
# Temperature, top-k and nucleus as in lesson 1. `<bos>` starts the text and `<eos>` ends it; `<unk>` is never chosen,
# since nobody
# could read it.

# %%
# include: generate/word_ways.py

# %% [markdown]
# Every word is a word, and most neighbours go together. The sentences have a fable's tone and no sense: within a few
# words the
# subject is forgotten. (Some samples are short: `<eos>` was drawn.) Type your own beginning; a word that is not in
# the vocabulary is read as `<unk>`:

# %%
# include: generate/word_prompt.py

# %% [markdown]
# ## 12 On your own
#
# **Exercise 1 (easy).** How many of the network's parameters belong to the vocabulary, and how many to the recurrence?
# What would 100,000 words make of that?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 1: where the parameters are
# A word costs E numbers in W_emb, H in W_y and one in b_y; the rest does not depend on V.
size = {name: p.size for name, p in params.items()}
of_vocabulary = size["W_emb"] + size["W_y"] + size["b_y"]
rest = sum(size.values()) - of_vocabulary
assert of_vocabulary == V * (embed_size + hidden_size + 1)
large = 100_000 * (embed_size + hidden_size + 1)
print(f"vocabulary {of_vocabulary:,}, the rest {rest:,}; with 100,000 words {large:,}")

# %% [markdown]
# **Exercise 2 (easy).** $W_y$ has a row for every word, too: how it is predicted, not how it is read. Are its
# neighbours of the same kind? Use `share_of_own_kind`.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 2: the rows of the output
# They are: words of a kind are predicted in the same places. (The next lesson uses one matrix
# for both jobs.)
by_matrix = {name: share_of_own_kind(params[name], groups, vocab) for name in ("W_emb", "W_y")}
print(*(f"{name} {value:.0%}" for name, value in by_matrix.items()))
assert by_matrix["W_y"] > apart["before training"] or not as_shipped

# %% [markdown]
# **Exercise 3 (medium).** Train the small network of section 8 with the mistake that loses repeated words. Predict
# first: will it fail to learn?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 3: a wrong gradient that still learns
# It learns: the rows it loses are mostly those of frequent words, which get enough gradient
# anyway. That is why nobody notices, and why one checks.
right_sum_rows = sum_rows


def sum_rows(ids, values):
    """As before, but of repeated ids only the last counts."""
    indices, last = np.unique(ids[::-1], return_index=True)
    return SparseRows(indices, values[::-1][last])


without_repeats = small_run(sparse_adam_step, seed)
sum_rows = right_sum_rows
print(f"repeats lost {without_repeats:.3g}, right {by_adam['sparse'][0]:.3g}, "
      f"unigram {baselines['unigram']:.3g}")
assert without_repeats < baselines["unigram"] or not as_shipped

# %% [markdown]
# **Exercise 4 (medium).** How much do *learned* rows matter? Train the small network with the rows held at their random
# start. Predict first.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 4: rows that do not learn
# Random rows tell words apart but say nothing about which are alike; W_x and W_y have to make
# up for it.
def frozen_step(params, grads, adam, learning_rate, **options):
    """As `sparse_adam_step`, but the embeddings stay as they are."""
    others = {name: g for name, g in grads.items() if name != "W_emb"}
    adam_step(params, others, adam, learning_rate, **options)


frozen = [small_run(frozen_step, seed + n) for n in range(3)]
print(f"rows fixed {min(frozen):.3g} to {max(frozen):.3g}, "
      f"learned {min(by_adam['sparse']):.3g} to {max(by_adam['sparse']):.3g}")
assert min(frozen) > max(by_adam["sparse"]) or not as_shipped

# %% [markdown]
# **Exercise 5 (hard).** `walked` and `talked` share an ending. Give every ending of two letters a row of its own, in a
# second matrix $W_{end}$ `(U, E)`, and add it to the word's: $x_t = W_{emb}[w_t]^\top + W_{end}[u(w_t)]^\top$. Derive the
# gradient of $W_{end}$ and check it.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 5: a row for the ending
# x_t has two terms, so the same dx_t goes to both rows: W_end's gradient is the sum of dx_t over
# all places whose word has that ending. (If row w of the table is W_emb[w] + W_end[u(w)], the
# network of this lesson can read the table.)
p, inputs, targets, state = tiny_example(np.random.default_rng(seed))
ending = np.array([0, 1, 0, 2, 1, 1, 0])               # of the seven words
p["W_end"] = np.random.default_rng(seed).normal(size=(3, 2))


def with_endings(p):
    """Loss and cache when each word's row is joined by its ending's."""
    joined = {**p, "W_emb": p["W_emb"] + p["W_end"][ending]}
    loss, _, cache = forward(joined, inputs, targets, state)
    return loss, cache, joined


_, cache_5, joined = with_endings(p)
words_5 = backward(joined, cache_5)["W_emb"]
endings = sum_rows(ending[words_5.indices], words_5.values)
errors_5 = check_gradients(lambda q: with_endings({**p, **q})[0], {"W_end": p["W_end"]},
                           {"W_end": to_dense(endings, 3)})
assert verdict(errors_5)

# %% [markdown]
# ## 13 Summary and references
#
# A word is a row of a table. Reading it is a look-up, and its gradient is what arrives at the places where it was read,
# summed: a few rows of thousands. The rest of the network is lesson 1's. Over words it leaves the table of counts behind;
# with rows that cannot become alike it does not (exercise 4). The whole lesson on one card:
#
# | forward | `step` | backward | `step_backward` |
# |---|---|---|---|
# | F1 $x_t = W_{emb}^\top\mathrm{onehot}(w_t)$ | `W_emb[tokens].T` | B1 $\bar h_t = W_y^\top\bar\ell_t + W_h^\top\bar a_{t+1}$ | `W_y.T @ dlogits + dstate` |
# | F2 $a_t = W_x x_t + W_h h_{t-1} + b$ | `W_x @ x + W_h @ state + b` | B2 $\bar a_t = \bar h_t \odot (1-h_t^2)$ | `dh * (1 - h * h)` |
# | F3 $h_t = \tanh a_t$ | `np.tanh(a)` | B3 $\bar W_h = \sum_t \bar a_t h_{t-1}^\top$, $\bar W_x = \sum_t \bar a_t x_t^\top$, … | `da @ state.T`, `da @ x.T`, … |
# | F4 $\ell_t = W_y h_t + b_y$ | `W_y @ h + b_y` | B4 $\bar x_t = W_x^\top \bar a_t$ | `W_x.T @ da` |
# | loss $L = -\frac1n\sum_t \log p_{t,y_t}$ | `cross_entropy` | B5 $\bar W_{emb}[w] = \sum_{t: w_t = w} \bar x_t^\top$ | `dW_emb[word] += dx[:, column]` |
#
# What this page showed:

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title What this page showed, checked
claims = {
    "every entry of every gradient agrees with central differences": gradient_is_right,
    "the check catches repeated words lost, a wrong row, a gradient taken too early": mistakes_are_caught,
    "the crow is told word for word": crow_is_word_for_word,
    "the RNN has a lower perplexity on test fables than the best table of counts":
        results["RNN"] < results[table],
    "the mixture of both is better than either": results["mixed"] < results["RNN"],
    "after training the nearest word is more often of the same kind": apart["after training"] > apart["before training"] + 0.2,
    "rows that are not read stay exactly at their start": rest_is_unread,
    "gradient received grows with frequency in proportion, and beyond 100 occurrences less": saturates,
    "with repeated words lost a network still learns": without_repeats < baselines["unigram"],
    "rows that learn beat rows that do not, with each of three seeds": min(frozen) > max(by_adam["sparse"]),
}
for claim, holds in claims.items():
    print("shown:" if holds else "NOT shown:", claim)
assert all(claims.values()) or not as_shipped

# %% [markdown]
# **References**
#
# - Y. Bengio, R. Ducharme, P. Vincent, C. Jauvin (2003). A neural probabilistic language model. *JMLR* 3.
# - J. Elman (1990). Finding structure in time. *Cognitive Science* 14.
# - T. Mikolov et al. (2010). Recurrent neural network based language model. *Interspeech*.
# - G. Zipf (1949). *Human behavior and the principle of least effort*. Addison-Wesley.
#
# Sources of what lessons 1 and 2 explained (tables of counts, mixtures, Adam, dropout, connectivity, sampling) are
# listed there.
