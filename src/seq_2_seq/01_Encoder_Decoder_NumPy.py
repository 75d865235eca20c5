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
# # Train an encoder–decoder by hand
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your-organisation/recurrent-networks-in-numpy/blob/main/seq_2_seq/01_Encoder_Decoder_NumPy.ipynb)
#
# You let one network read an English sentence into a single vector and another speak French from it, carry the
# gradient back across the bridge between them, and measure how much a single vector can hold.

# %% [markdown]
# **What you'll do.** Join two GRUs by a bridge, derive the gradient through it, train the pair to translate, write a
# greedy and a beam decoder, and score translations of sentences that no training has seen.
#
# **What you'll learn.** How a sentence becomes a vector; which two roads the gradient takes back into it; how sentences of
# different lengths share a batch; why being fed the true words in training is a mismatch; where one vector is too little.
#
# **What you'll need.** [Lesson 6](../word_level_lm/03_GRU_NumPy.ipynb): the GRU in PyTorch's form.
# [Lesson 4](../word_level_lm/01_RNN_NumPy.ipynb):
# embeddings and their sparse gradient. For one figure, singular values. The page runs in about two minutes on one core.
#
# *Lesson 7 of 9. What changes from the language models: a second network reads first, and what it has read is handed
# over. Next comes [attention](02_Bahdanau_Attention_NumPy.ipynb). Terms are collected in the [glossary](../GLOSSARY.md).*

# %% [markdown]
# ## 1 Setup

# %% tags=["parameters"]
corpus = "crow_en_fr.tsv"  # or a file of yours: sentence, tab, translation
seed = 0
embed_size = 64            # E: numbers a word
hidden_size = 128          # H
batch_size = 32            # B: sentences side by side
steps = 3000               # updates
learning_rate = 2e-2
clip_norm = 1.0
dropout = 0.1              # share of numbers hidden in training
weight_decay = 0.2         # how fast matrices fade
dtype = "float64"
log_to_wandb = False

# %%
# folded: As in lesson 1: imports, figure style, check of the knobs, loader
# include: setup/imports.py
# include: setup/figures.py
# include: setup/knobs.py
# include: data/text.py load

# %%
# include: data/pairs.py load

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Are the knobs as shipped?
SHIPPED = dict(corpus="crow_en_fr.tsv", seed=0, embed_size=64, hidden_size=128, batch_size=32,
               steps=3000, learning_rate=2e-2, clip_norm=1.0, dropout=0.1, weight_decay=0.2,
               dtype="float64", log_to_wandb=False)
settings = {name: globals()[name] for name in assigned}
as_shipped = check_knobs(settings, SHIPPED)
pairs = load_pairs(corpus)  # a corpus that cannot be had is noticed here
linked = any(pair.sure for pair in pairs)
print("settings:", "as shipped" if as_shipped else "your own")

# %% [markdown]
# ### What a dictionary makes of it
#
# The corpus tells which French word belongs to which English one. So the simplest translator is a dictionary: every
# word's most frequent
# translation, in the English order. **Guess first:** how many of the five hundred validation sentences will it get
# exactly right?

# %%
# include: results/translation_baselines.py words

# %%
# include: results/translation_scores.py exact

# %%
seen_pairs, valid_pairs = in_split(pairs, "train"), in_split(pairs, "valid")
dictionary = word_table(seen_pairs)
said = word_by_word(valid_pairs, dictionary)
for pair, words in zip(valid_pairs[:3], said):
    print("english: ", *pair.source)
    print("by words:", *words)
    print("french:  ", *pair.target, "\n")
print(f"exactly right: {exact_match(said, valid_pairs):.1%}")

# %% [markdown]
# Nearly none. French has words where English has none, two where it has one, and another order; and which form of a
# word is right depends on
# words elsewhere in the sentence. The network of this page reads the whole sentence before it says a word.

# %% [markdown]
# ## 2 Data
#
# ### Sentence pairs, and five ways to be tested
#
# Sentences about crows, jugs and their neighbours, made by a grammar, so that the French is right and every word's
# partner is known. The
# training sentences have one to three clauses. *valid* (for choosing) and *test* are drawn alike, and no sentence of
# theirs is in training.
# *novel* has pairs of words that training never puts together. *long* has four to six clauses. *story* tells the crow
# and the jug. (Of *novel* and *long*, the
# lines with odd numbers are for choosing, those with even numbers for reporting.)

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title How many pairs, and how long
for name in ("train", "valid", "test", "novel even", "long even", "story"):
    some = in_split(pairs, name)
    if some:
        lengths = [len(pair.source) for pair in some]
        print(f"{name:10s} {len(some):5,} pairs, {min(lengths)} to "
              f"{max(lengths)} words; {' '.join(some[0].source)[:40]}")

# %% [markdown]
# The vocabularies are made of the training sentences, each language its own, with the three signs of lesson 4.

# %%
# folded: As in lesson 4: the vocabulary, and words as ids
# include: data/words.py vocabulary
# include: data/words.py ids

# %%
# include: data/pairs.py ids

# %%
src_vocab = make_vocab(
    [word for pair in seen_pairs for word in pair.source])
tgt_vocab = make_vocab(
    [word for pair in seen_pairs for word in pair.target])
seen_ids, valid_ids = (pair_ids(some, src_vocab, tgt_vocab)
                       for some in (seen_pairs, valid_pairs))
print(len(src_vocab), "source words,", len(tgt_vocab), "target words")
print(*seen_pairs[0].target[:6], "as ids:", seen_ids[0][1][:6])

# %% [markdown]
# ### Sentences of different lengths in one batch
#
# A batch is a matrix, and sentences are not equally long. The shorter ones are *padded*, and a *mask* says which
# places are words (1) and which
# are padding (0). Each sentence ends in `<eos>`. The decoder reads the sentence one word behind what it is to say:
# `tgt_in` begins with `<bos>`.

# %%
# include: data/pairs.py batch

# %%
example = make_batch([(np.array([5, 7]), np.array([4, 8, 6])),
                      (np.array([9]), np.array([3]))])
for name, array in example._asdict().items():
    print(f"{name:8s}", *(column.astype(int) for column in array.T))

# %% [markdown]
# One column a sentence. Where there is padding, `tgt_out` is −1: no loss there. And the encoder has to skip it, so
# that a short sentence gives the same
# vector alone and beside a long one.

# %% [markdown]
# ## 3 Notation
#
# $j$ counts places of the source, 1 to $S$; $t$ counts words of the target, 1 to $T$. The encoder has states $h_j$,
# the decoder states $s_t$.
# What crosses from one to the other is the *context* $u$. Parameters of the two GRUs carry enc or dec.
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $w_j$ | `src` | `(S, B)` | words of the source, as ids |
# | $y_t$ | `tgt_out` | `(T, B)` | words to say, as ids; −1: padding |
# | $x_j$ | `x` | `(S, E, B)` | embeddings of the source words |
# | $h_j$ | `h` | `(S+1, H, B)` | states of the encoder; `h[0]` is 0 |
# | $u$ | `u` | `(H, B)` | context: the encoder's last state |
# | $\tilde y_{t-1}$ | `y_emb` | `(T, E, B)` | embeddings of the words before |
# | $s_t$ | `s` | `(T+1, H, B)` | states of the decoder; `s[0]` comes over the bridge |
# | $\ell_t$ | `logits` | `(T, V, B)` | scores of the next target word |
# | $W_{src}$ | `W_src` | `(V, E)` | source embeddings ($V$: of its vocabulary) |
# | $W_{tgt}$ | `W_tgt` | `(V, E)` | target embeddings |
# | $W_x^{enc}$, $W_x^{dec}$ | `enc_W_x`, `dec_W_x` | `(3H, E)`, `(3H, E)` | input to gates |
# | $W_h^{enc}$, $W_h^{dec}$ | `enc_W_h`, `dec_W_h` | `(3H, H)`, `(3H, H)` | state to gates |
# | $b^{enc}$, $b^{dec}$ | `enc_b`, `dec_b` | `(3H, 1)`, `(3H, 1)` | gate biases |
# | $b'^{enc}$, $b'^{dec}$ | `enc_b_n`, `dec_b_n` | `(H, 1)`, `(H, 1)` | the candidates' second biases |
# | $W_u$ | `dec_W_u` | `(3H, H)` | context to gates |
# | $W_s$, $b_s$ | `W_s`, `b_s` | `(H, H)`, `(H, 1)` | the bridge |
# | $W_y$, $b_y$ | `W_y`, `b_y` | `(V, H)`, `(V, 1)` | decoder's state to logits |

# %% [markdown]
# ## 4 Forward pass
#
# ### A GRU as a building block
#
# Both networks are the GRU of lesson 6. Split off what comes from the input, the *drive* $a$ (with the bias in it);
# then one step is
#
# $$
# \begin{aligned}
# r, z &= \sigma(a^{r,z} + W_h^{r,z} h), & q &= W_h^n h + b', \\
# n &= \tanh(a^n + r \odot q), & \mathrm{GRU}(a, h) &= z \odot h + (1-z) \odot n
# \end{aligned}
# $$

# %%
# folded: As in lessons 1, 4 and 6: memory layout, embeddings, an orthogonal matrix, cross-entropy
# include: forward/rows.py
# include: forward/embedding.py
# include: forward/orthogonal.py
# include: loss/loss.py code
# include: loss/many_words.py

# %%
# include: forward/gru_cell.py step

# %% [markdown]
# ### Read, cross, speak
#
# The encoder reads the source, a word a step, from a state of zeros. Its last state, after `<eos>`, is all that the
# decoder gets to know of the sentence:
#
# $$x_j = W_{src}^\top\,\mathrm{onehot}(w_j) \tag{F1}$$
# $$h_j = \mathrm{GRU}(W_x^{enc} x_j + b^{enc},\; h_{j-1}) \tag{F2}$$
# $$u = h_S \tag{F3}$$
#
# It crosses in two ways. It makes the decoder's first state, over the *bridge*; and it enters the gates of every step:
#
# $$s_0 = \tanh(W_s u + b_s) \tag{F4}$$
# $$\tilde y_{t-1} = W_{tgt}^\top\,\mathrm{onehot}(y_{t-1}) \tag{F5}$$
# $$s_t = \mathrm{GRU}(W_x^{dec} \tilde y_{t-1} + \underbrace{W_u u}_{\text{new}} + b^{dec},\; s_{t-1}) \tag{F6}$$
# $$\ell_t = W_y s_t + b_y \tag{F7}$$
#
# This is the plan of Cho et al. (2014). (Theirs has the reset gate before the product, a tanh layer between $h_S$ and
# $u$, and lets $\tilde y_{t-1}$ and $u$ into the
# output as well.) Sutskever et al. (2014) hand the state over once, as it is: no $W_u$, and no $W_s$. Section 9
# tries it without $W_u$.

# %%
# include: draw/network.py

# %%
# include: draw/encoder_decoder.py

# %%
# include: forward/encoder_decoder.py encoder_step

# %% [markdown]
# `decoder_step` also returns which places of the source it looked at, its *attention*, which the next lessons are
# about. Here it is always the last place.

# %%
# include: forward/encoder_decoder.py decoder_step

# %% [markdown]
# How the parameters start: the GRUs and the embeddings as in lesson 6, $W_y$ as in lesson 1, the bridge orthogonal.

# %%
# include: forward/encoder_decoder.py start

# %% [markdown]
# ### A sentence of three words by hand
#
# Two numbers everywhere, so that it can be followed. The encoder's gates are half open; its candidate is the word's
# embedding (through a tanh). It reads `the`, `crow`,
# `<eos>`, whose embeddings are (1, 0), (0, 1) and (0, 0). **Guess first:** which of the two words has left more in
# the context?

# %%
hand = init_params(src_vocab_size=5, tgt_vocab_size=5, embed_size=2,
                   hidden_size=2, rng=np.random.default_rng(0))
for name in hand:
    hand[name] = np.zeros_like(hand[name])
hand["W_src"] = np.array([[0, 0], [0, 0], [0, 0], [1, 0], [0, 1]], float)
hand["enc_W_x"][4:] = hand["dec_W_u"][4:] = hand["W_s"] = np.eye(2)
hand["W_y"][3:] = np.eye(2)                      # le, corbeau: ids 3, 4

# %%
h = np.zeros((2, 1))
for word, token in (("the", 3), ("crow", 4), ("<eos>", 1)):
    h = encoder_step(hand, np.array([token]), h)
    print(f"after {word:5s} h = {h.ravel().round(3)}")

# %%
memory = Memory(h, np.array([[0.0], [0.0], [1.0]]))
s = start_state(hand, memory)
logits, s, _ = decoder_step(hand, np.array([0]), s, memory)
print("s_0 =", start_state(hand, memory).ravel().round(3),
      " s_1 =", s.ravel().round(3), " logits =", logits[3:].ravel().round(3))

# %% [markdown]
# `crow`: each step keeps half of what was there. The first word is the faintest, and yet it is the first that the
# decoder has to say. (A trained encoder opens and
# shuts its gates so that more survives. $s_1$ equals $s_0$ here because half of $s_0 = \tanh u$ is kept, and the
# other half comes from $u$ by a tanh, too.)
#
# ### All steps at once
#
# Both GRUs over all steps, padding skipped: where the mask is 0 the state stays as it is, so that after the last
# column the state is that of each sentence's own `<eos>`. (`hide` and `Masks` are dropout's masks, as in lesson 6, and
# not the padding's; until section 8 they are `None`.)

# %%
# include: forward/gru_cell.py run

# %%
# include: forward/encoder_decoder.py forward

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title A small network and a batch of three sentences, for checks
def tiny_example(rng, context="every", E=3, H=4):
    """Parameters, and three sentence pairs of different lengths as ids."""
    params = init_params(src_vocab_size=8, tgt_vocab_size=9, embed_size=E, hidden_size=H,
                         rng=rng, context=context)
    for name in params:
        params[name] = params[name] + 0.3 * rng.normal(size=params[name].shape)
    some = [(rng.integers(3, 8, size=n), rng.integers(3, 9, size=m))
            for n, m in ((3, 2), (1, 4), (4, 3))]
    some[2][0][1], some[2][1][1] = some[2][0][0], some[2][1][0]      # words that come twice
    return params, some

# %%
params, some = tiny_example(np.random.default_rng(seed))
batch = make_batch(some)
loss, cache = forward(params, batch)
memory = encode(params, batch.src, batch.src_mask)
s, same = start_state(params, memory), []
for t in range(len(batch.tgt_in)):
    logits, s, _ = decoder_step(params, batch.tgt_in[t], s, memory)
    same.append(np.allclose(logits, cache.logits[t], atol=1e-12))
print("the same logits as step by step:", *same)

# %% [markdown]
# ## 5 Loss
#
# The mean of $-\log p$ over the words of the target, `<eos>` among them, padding not. (The mean is over *words*, so
# that long sentences count for more than short ones.) The
# decoder is fed the true words before, whatever it would have said itself: *teacher forcing* (Williams & Zipser, 1989). It makes training simple, and it is a mismatch: when it
# translates, it reads its own words, mistakes included. Section 9 comes back to it.
#
# Does padding change anything? The batch against its three sentences one by one, weighted by their lengths:

# %%
words, alone = [len(target) + 1 for _, target in some], []
for pair in some:
    alone.append(forward(params, make_batch([pair]))[0])
mean = np.dot(words, alone) / sum(words)
print("the batch's loss is that of its sentences:", np.isclose(loss, mean))

# %% [markdown]
# ## 6 Backward pass
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $\bar\ell_t = \partial L/\partial \ell_t$ | `dlogits` | `(T, V, B)` | gradient at the logits |
# | $\bar s_t = \partial L/\partial s_t$ | `ds` | `(T, H, B)` | gradient at the decoder's states |
# | $\bar a_t = \partial L/\partial a_t$ | `da` | `(T, 3H, B)` | gradient at the drive of a GRU |
# | $\bar g_t$ | `dg` | `(T, 3H, B)` | the same, but $\bar q_t$ in the candidate's block |
# | $\bar u = \partial L/\partial u$ | `du` | `(H, B)` | gradient at the context, by both roads |
# | $\bar h_j = \partial L/\partial h_j$ | `dh` | `(S, H, B)` | gradient at the encoder's states |
#
# ### Back through a GRU
#
# Lesson 6 derived it. What arrives at the new state, $\bar h'$, gives the gradient at the drive and at $W_h h$, and
# what goes back to the old state:
#
# $$
# \begin{aligned}
# \bar a^n &= \bar h' \odot (1-z) \odot (1-n^2), & \bar q &= \bar a^n \odot r, \\
# \bar a^r &= \bar a^n \odot q \odot r \odot (1-r), & \bar a^z &= \bar h' \odot (h - n) \odot z \odot (1-z), \\
# \bar h &= z \odot \bar h' + W_h^\top \bar g, & \bar g &= (\bar a^r, \bar a^z, \bar q)
# \end{aligned}
# \tag{B1}
# $$

# %%
# include: forward/gru_cell.py step_backward

# %% [markdown]
# ### Back through the decoder
#
# A decoder state reaches the loss through its logits and through the next state:
#
# $$\bar s_t = W_y^\top \bar\ell_t + \big(\text{what B1 sends back from step } t+1\big) \tag{B2}$$
#
# At the end of this chain stands $s_0$, which is no step of the decoder but the bridge's tanh:
#
# $$\bar a^s = \bar s_0 \odot (1 - s_0^2), \qquad \bar W_s = \bar a^s u^\top, \qquad \bar b_s = \bar a^s \tag{B3}$$
#
# with $a^s = W_s u + b_s$ for what enters that tanh, and $\bar s_0$ what step 1 sends back. (For one sentence; in a
# batch, summed over the columns.)
#
# ### Two roads into the context
#
# $u$ stands in F4 and, at every step, in F6. The loss hears of it over the bridge and through the drives of all $T$
# steps, and contributions along all paths add:
#
# $$\bar u = W_s^\top \bar a^s + W_u^\top \sum_{t=1}^{T} \bar a_t, \qquad \bar W_u = \sum_{t=1}^T \bar a_t u^\top \tag{B4}$$
#
# (Handed over once, the second road is missing: everything has to cross the bridge, through all the steps of the decoder.)

# %%
# include: draw/bridge_roads.py

# %% [markdown]
# ### Back through the encoder
#
# $u$ is $h_S$, so $\bar u$ arrives at the encoder's last state, and at no other from outside. From there it goes back
# by B1 alone, to the first word:
#
# $$\bar h_S = \bar u, \qquad \bar h_{j-1} = \big(\text{what B1 sends back from } h_j\big) \tag{B5}$$
#
# At padding, where the state was copied, the gradient is copied, too. The parameters of the GRUs get what arrives
# times what they multiplied, the embeddings the sum over the places where
# the word was read (lesson 4):
#
# $$
# \begin{aligned}
# \bar W_x &= \sum \bar a\, x^\top, & \bar W_h &= \sum \bar g\, h_{\text{before}}^\top, & \bar b &= \sum \bar a, \\
# \bar b' &= \sum \bar q, & \bar W_y &= \sum_t \bar\ell_t s_t^\top, & \bar b_y &= \sum_t \bar\ell_t, \\
# \bar x_j &= W_x^{enc\top} \bar a_j, & \bar W_{src}[w] &= \sum_{j: w_j = w} \bar x_j^\top & &
# \end{aligned}
# \tag{B6}
# $$
#
# and the same for $W_{tgt}$ and the words that the decoder read.
#
# ### One step back as code

# %%
# include: backward/shares.py

# %% tags=["define"]
def decoder_step_backward(params, tokens, s, memory, dlogits, ds_later):
    """One step of the decoder back: shares, the gradients at s and at u.

    `tokens` (B,) and `s` (H, B) are those that `decoder_step` was given,
    `dlogits` (V, B) is the gradient at its logits, `ds_later` (H, B) what the
    next step sends back.
    """
    y_emb = params["W_tgt"][tokens].T
    drive = params["dec_W_x"] @ y_emb + params["dec_b"]
    if "dec_W_u" in params:
        drive = drive + params["dec_W_u"] @ memory.u
    new, *gates = gru_step(drive, s, params["dec_W_h"], params["dec_b_n"])
    ds = params["W_y"].T @ dlogits + ds_later                  # B2
    da, dg, ds_before = gru_step_backward(ds, s, params["dec_W_h"], *gates)
    grads = shares("dec", da, dg, y_emb, s)                    # B6
    grads["W_y"] = dlogits @ new.T                             # B6
    grads["b_y"] = dlogits.sum(axis=1, keepdims=True)          # B6
    grads["W_tgt"] = rows_of(params, "W_tgt", tokens, params["dec_W_x"].T @ da)
    du = np.zeros_like(memory.u)
    if "dec_W_u" in params:
        grads["dec_W_u"] = da @ memory.u.T                     # B4
        du = params["dec_W_u"].T @ da                          # B4
    return grads, ds_before, du

# %% tags=["define"]
def encoder_step_backward(params, tokens, h, dh):
    """One step of the encoder back: shares, and the gradient at `h`.

    `tokens` (B,) and `h` (H, B) are those that `encoder_step` was given, `dh`
    (H, B) arrives at the state that it made.
    """
    x = params["W_src"][tokens].T
    drive = params["enc_W_x"] @ x + params["enc_b"]
    _, *gates = gru_step(drive, h, params["enc_W_h"], params["enc_b_n"])
    da, dg, dh_before = gru_step_backward(dh, h, params["enc_W_h"], *gates)
    grads = shares("enc", da, dg, x, h)                        # B6
    grads["W_src"] = rows_of(params, "W_src", tokens, params["enc_W_x"].T @ da)
    return grads, dh_before                                    # B5

# %% [markdown]
# Back through `the crow <eos>` and the network of section 4, in which $W_h = 0$, so that all gates are half open, and
# `dec_W_u` hands $u$ to the candidate: the decoder was to say `le`. **Guess first:** which of the three words that the
# encoder read gets the largest gradient?

# %%
hand_states = [np.zeros((2, 1))]
for token in (3, 4, 1):
    hand_states.append(
        encoder_step(hand, np.array([token]), hand_states[-1]))

# %%
memory = Memory(hand_states[-1], np.array([[0.0], [0.0], [1.0]]))
s_0 = start_state(hand, memory)
logits, _, _ = decoder_step(hand, np.array([0]), s_0, memory)
_, dlogits = softmax_cross_entropy(logits[None], np.array([[3]]))

# %%
_, ds, du = decoder_step_backward(
    hand, np.array([0]), s_0, memory, dlogits[0], np.zeros((2, 1)))
dh = du + hand["W_s"].T @ (ds * (1 - s_0**2))                  # B4, B5
print("at the context", dh.ravel().round(4))

# %%
for word, token, h in zip(("<eos>", "crow", "the"), (1, 4, 3),
                          hand_states[2::-1]):
    share, dh = encoder_step_backward(hand, np.array([token]), h, dh)
    print(f"at {word:5s} row {share['W_src'][token].round(4)}, "
          f"sent back {dh.ravel().round(4)}")

# %% [markdown]
# The last one: of what is sent back, half is left at each step (a word's own gradient is multiplied by the slope of
# its tanh as well). `the`, which becomes `le` or `la` by the noun after it, is three steps
# away; in a sentence of twenty words it is
# twenty-one.
#
# ### All steps at once
#
# `gru_run_backward` (lesson 6) is given what reaches each state from outside: in the decoder from the logits, in the
# encoder $\bar u$ at the last place alone. It adds what B1 sends back.

# %%
# include: backward/encoder_decoder.py decoder

# %%
# include: backward/gru_gradients.py

# %%
# include: backward/encoder_decoder.py all

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title For the comparison: loss and gradients of one sentence, step by step
def by_steps(params, pair):
    """Loss and gradients of one sentence pair, by the four step functions."""
    batch, memory_h = make_batch([pair]), [np.zeros((params["enc_W_h"].shape[1], 1))]
    for tokens in batch.src:
        memory_h.append(encoder_step(params, tokens, memory_h[-1]))
    memory = Memory(memory_h[-1], np.zeros((len(batch.src), 1)))
    states, logits = [start_state(params, memory)], []
    for tokens in batch.tgt_in:
        scores, s, _ = decoder_step(params, tokens, states[-1], memory)
        states.append(s)
        logits.append(scores)
    loss, dlogits = softmax_cross_entropy(np.array(logits), batch.tgt_out)
    grads = {name: np.zeros_like(p) for name, p in params.items()}
    ds, dh = np.zeros_like(states[0]), np.zeros_like(memory.u)
    for t in reversed(range(len(batch.tgt_in))):
        share, ds, du = decoder_step_backward(
            params, batch.tgt_in[t], states[t], memory, dlogits[t], ds)
        dh = dh + du
        for name in share:
            grads[name] += share[name]
    da_s = ds * (1 - states[0] ** 2)                           # B3
    grads["W_s"], grads["b_s"] = da_s @ memory.u.T, da_s
    dh = dh + params["W_s"].T @ da_s                           # B4
    for j in reversed(range(len(batch.src))):
        share, dh = encoder_step_backward(params, batch.src[j], memory_h[j], dh)
        for name in share:
            grads[name] += share[name]
    return loss, grads

# %%
# folded: As in lessons 1 and 4: the gradient check, sparse rows as a matrix
# include: check/gradient_check.py code

# %%
grads = {name: to_dense(g, len(params[name]))
         if isinstance(g, SparseRows) else g
         for name, g in backward(params, cache).items()}

# %%
by_sentence = {name: 0 for name in params}   # weighted by the target's words
for pair, n in zip(some, words):
    for name, g in by_steps(params, pair)[1].items():
        by_sentence[name] = by_sentence[name] + g * n / sum(words)
for name, g in grads.items():
    same = np.allclose(g, by_sentence[name], atol=1e-12)
    print(f"{name:8s} {str(g.shape):8s} the steps' sum: {same}")

# %% [markdown]
# Sentence by sentence, step by step, without any padding: the same gradients as the padded batch has.
#
# ## 7 Gradient check

# %%
def tiny_loss(p):
    """Loss of the three sentences with the parameters `p`."""
    return forward(p, batch)[0]


gradient_is_right = verdict(check_gradients(tiny_loss, params, grads))

# %% [markdown]
# ### Break it
#
# Three mistakes of encoder–decoders: the bridge's road forgotten; the context's road through the steps forgotten; on
# the way back, padding taken for words. **Guess first:** which of them leaves the
# decoder's own gradients right?

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Gradients with a mistake: a road left out, or padding read
def broken(bridge=True, every_step=True, mask=True):
    """The gradients with a road left out, or with padding read."""
    masks = cache.batch.src_mask if mask else np.ones_like(batch.src_mask)
    enc, wrong = cache.encoded, dict(grads)
    da, dg, da_s, _ = decoder_gradients(params, cache)
    du = params["W_s"].T @ da_s * bridge
    du = du + params["dec_W_u"].T @ da.sum(axis=0) * every_step
    dh = np.zeros_like(enc.h[1:])
    dh[-1] = du
    da, dg, _ = gru_run_backward(
        dh, enc.h, enc.gates, enc.q, params["enc_W_h"], masks)
    more, dx = gru_gradients("enc", da, dg, enc.x, enc.h, params["enc_W_x"])
    rows = to_dense(sum_rows(batch.src.ravel(), dx.T), 8)
    return {**wrong, **more, "W_src": rows}

# %%
mistakes = {"no road over the bridge": dict(bridge=False),
            "no road through the steps": dict(every_step=False),
            "padding taken for words": dict(mask=False)}
mistakes_are_caught = True
for name, options in mistakes.items():
    errors = check_gradients(tiny_loss, params, broken(**options))
    spoiled = [p for p, error in errors.items() if error > 1e-6]
    mistakes_are_caught &= len(spoiled) == 5
    print(f"{name}: wrong {', '.join(spoiled)}")

# %% [markdown]
# All of them: every mistake lies behind the context, so that the decoder's parameters never hear of it. A network
# with such a mistake would still lower its loss, with a badly taught encoder.
#
# ## 8 Training

# %%
# folded: As in lessons 1 and 4: clipping, Adam for rows, logging
# include: training/optimiser.py clip
# include: training/optimiser.py adam
# include: training/sparse_adam.py
# include: training/loop.py record
# include: setup/tracking.py

# %% [markdown]
# The loop is lesson 1's, with a batch of sentence pairs in the place of a window, and no state to carry over. After each
# update it rounds the parameters to five decimals. Until the rate is nearly 0 a step of Adam is far larger, so little is lost; and
# the last digits of a sum, which differ between machines, since each adds in an order of its own, cannot grow from update to update into another
# network. (What the line marked D5 does is told below; until then it does nothing.)

# %%
# include: data/pairs.py batches

# %%
# include: training/pairs_loop.py

# %% [markdown]
# ### One sentence by heart
#
# The smallest test: can it learn a single pair?

# %%
lone = [pair_ids(valid_pairs[:1], src_vocab, tgt_vocab)[0]]
small = init_params(src_vocab_size=len(src_vocab), hidden_size=48,
                    tgt_vocab_size=len(tgt_vocab), embed_size=16,
                    rng=np.random.default_rng(seed))

# %% tags=["train"]
lone_losses = train_pairs(small, lone, 100, 2e-2, 1,
                          np.random.default_rng(seed))["loss"]
learned_one = lone_losses[-1] < 0.05
print(f"loss {lone_losses[0]:.2f} at first; below 0.05 in the end:",
      learned_one)

# %% [markdown]
# ### Translating
#
# When it translates, the decoder is fed its own words: it says the likeliest, reads it, and goes on until `<eos>`.

# %%
# include: generate/decode.py greedy

# %%
# include: generate/decode.py many

# %%
# include: training/pairs_reporter.py

# %% [markdown]
# ### Hidden in training
#
# Six thousand sentences are soon known by heart. As in lesson 5, a random share of numbers is hidden in training, of
# the embeddings of both languages and of the
# decoder's states on their way to the logits, by masks $d^x_j$, $d^y_t$ and $d^s_t$ with entries 0 or $1/(1-\text{dropout})$:
#
# $$x_j \leftarrow d^x_j \odot x_j, \qquad \tilde y_{t-1} \leftarrow d^y_t \odot \tilde y_{t-1} \tag{D1}$$
# $$\ell_t = W_y (d^s_t \odot s_t) + b_y \tag{D2}$$
#
# On the way back the same masks stand at the same places (and B6 takes the masked $x_j$, $\tilde y_{t-1}$ and $s_t$):
#
# $$\bar x_j \leftarrow d^x_j \odot \bar x_j, \qquad \bar{\tilde y}_{t-1} \leftarrow d^y_t \odot \bar{\tilde y}_{t-1} \tag{D3}$$
# $$\bar s_t = d^s_t \odot (W_y^\top \bar\ell_t) + \dots \tag{D4}$$
#
# Checked with masks held fixed:

# %%
# folded: As in lessons 2 and 5: random masks
# include: training/regularise.py mask

# %%
# include: training/pairs_regularise.py

# %%
rng = np.random.default_rng(seed)
masks = Masks(*(drop_mask(shape, 0.3, rng)
                for shape in ((5, 3, 3), (5, 3, 3), (5, 4, 3))))
# of x (S, E, B), of y_emb (T, E, B), of s (T, H, B)

# %%
_, masked = forward(params, batch, masks)
masked_grads = {name: to_dense(g, len(params[name]))
                if isinstance(g, SparseRows) else g
                for name, g in backward(params, masked).items()}
errors = check_gradients(
    lambda p: forward(p, batch, masks)[0], params, masked_grads)
masks_are_right = max(errors.values()) < 1e-6
print("gradients under the masks agree:", masks_are_right)

# %% [markdown]
# ### Weights that fade
#
# To know single sentences by heart takes large weights for rare cases; a rule that serves them all gets by with smaller
# ones. So after each update every matrix $W$ is made a little smaller,
#
# $$W \leftarrow (1 - \eta\,\xi)\, W \tag{D5}$$
#
# where $\eta$ is the rate of this update and $\xi$ is `weight_decay`. What the loss does not ask for again and again
# fades. The gradients do not know of it: added to them, it would be divided by Adam's $\sqrt v$, and what has large
# gradients would hardly fade. (*Decoupled* weight decay: Loshchilov and Hutter, 2019. Biases and single vectors do not fade.)
#
# ### Now the corpus
#
# **Guess first:** what share of the first 200 validation sentences will it translate word for word?

# %%
rng = np.random.default_rng(seed)
untrained = init_params(src_vocab_size=len(src_vocab), rng=rng, dtype=dtype,
                        tgt_vocab_size=len(tgt_vocab), embed_size=embed_size,
                        hidden_size=hidden_size)
params = {name: p.copy() for name, p in untrained.items()}

# %% tags=["train"]
run = start_tracking(log_to_wandb, settings)
report, valid_curve = pairs_reporter(params, valid_pairs, valid_ids,
                                     tgt_vocab, max(steps // 5, 1), run)
history = train_pairs(params, seen_ids, steps, learning_rate, batch_size,
                      rng, clip_norm, regularised(dropout, rng), report,
                      weight_decay=weight_decay)
finish_tracking(run)

# %%
# include: training/pairs_loss_curve.py

# %% [markdown]
# The training loss falls well below the validation loss, dropout and fading or not: six thousand sentences are few.
# (The training line is measured with the masks on.)

# %%
# include: training/pairs_norm_curve.py

# %% [markdown]
# (The lines of encoder and decoder are running means. Clipping never acted.)

# %% [markdown]
# ## 9 Held-out results
#
# The test sentences have played no part so far. Beside the network: the dictionary of section 1, and a *phrase
# table*, which knows how
# every run of up to seven words was translated in training, takes the longest run it has, and goes on after it. (It
# was made of the corpus's own word links, its *gold* links.) Beside exact match stands *BLEU* (Papineni et al., 2002), from 0
# to 100: it counts runs of one to four words that the reference has, too, and forgives much, so that half-right
# sentences score well. **Guess first:** network or phrase table?

# %%
# include: results/translation_baselines.py phrases

# %%
# include: results/translation_scores.py bleu

# %%
# include: results/translation_scores.py tokens

# %%
# include: results/translation_scores.py table

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Scoring the network and the two tables, by split
if os.environ.get("LESSON_CHOOSING"):  # while one chooses, the test sentences stay unread
    reported = ("valid", "novel odd", "long odd")
else:
    reported = ("test", "novel even", "long even")
phrases = phrase_table(seen_pairs) if linked else {}
results, translations = {}, {}
for name in reported:
    some = in_split(pairs, name)
    if some:
        ids = pair_ids(some, src_vocab, tgt_vocab)
        translations[name] = translate_all(params, ids, tgt_vocab)
        models = {"network": translations[name]}
        if linked:
            models |= {"word by word": word_by_word(some, dictionary),
                       "phrase table": by_phrases(some, phrases)}
        results[name] = {model: exact_match(said, some) for model, said in models.items()}
        for model, said in models.items():
            print(f"{name:10s} {model:12s} exactly right {exact_match(said, some):6.1%}, "
                  f"BLEU {bleu(said, some):.1f}")
        print(f"{'':10s} words right, the true words before being fed: "
              f"{token_accuracy(params, ids):.1%}")

# %% [markdown]
# The network is far
# ahead of the phrase table on sentences of the training's kind, though the table was given the gold links. On the long
# sentences the table is ahead by BLEU: it is right piece by piece and wrong at the seams. On pairs of
# words that training never put together both lose much; of the long sentences the network gets none.
#
# ### Fed the truth, or its own words
#
# Of the first split, 95 words of a hundred are right as long as the decoder is fed the true words before. In a sentence
# of fifteen words that leaves little: if each word were right with a chance of 0.95, independently, $0.95^{15}$ of
# such sentences would come out whole, less than half. And once a wrong word has been said, the decoder reads it, and
# goes on from a sentence that training never showed it. (Exact match does not feel that: a translation without an
# error has read the true words either way.)
#
# ### The bottleneck
#
# Exact match on the first split above by the number of source words, and the share of words right, the true words
# before being fed. **Guess first:** how much of the former is left from 25 words on?

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Share of test sentences translated exactly by the number of source words, for the network and the phrase table: the network falls from short to long sentences."}}
#@title Drawing: exact match by length
some = in_split(pairs, reported[0])
shown = {"encoder–decoder": by_length(translations[reported[0]], some)}
if linked:
    shown["phrase table"] = by_length(by_phrases(some, phrases), some)
fig, ax = plt.subplots(figsize=(7, 3.4))
for (name, shares), (colour, style) in zip(shown.items(), STYLES):
    ax.plot([np.nan if v is None else v for v in shares.values()], "o" + style, color=colour,
            label=name)
    print(f"{name:16s}", *(f"{length}: {'none' if v is None else format(v, '.0%')}  "
                           for length, v in shares.items()))
fed = {}
for low, high in LENGTHS:
    of_length = [pair for pair in some if low <= len(pair.source) <= high]
    if of_length:
        fed[low] = token_accuracy(params, pair_ids(of_length, src_vocab, tgt_vocab))
print(f"{'words right, fed':16s}", *(f"from {low}: {v:.0%}  " for low, v in fed.items()))
curve = [v for v in shown["encoder–decoder"].values() if v is not None]
ax.set(xticks=range(len(LENGTHS)), xticklabels=list(shares), xlabel="words of the source",
       ylabel="exactly right", ylim=(0, 1),
       title="The longer the sentence, the fewer come out whole" if curve == sorted(curve)[::-1]
       else "Exact match by length")
ax.legend()
plt.show()

# %% [markdown]
# A longer sentence gives more occasions for an error, so exact match would fall even if every word were as likely to
# be right. But the words themselves get worse, too, even with the true words fed: what the decoder
# is given of a long sentence is worse. One vector of fixed size has to hold all of it. (Bahdanau et al., 2015, show
# such a curve for real text.)
#
# ### Every step, once, or backwards
#
# Three ways to hand the sentence over, the same number of updates, three seeds, on validation sentences
# (`python benchmarks/claims_by_seed.py pairs`). *Backwards*: the source is read from its end (Sutskever et al., 2014), so that the first words, which are said first, are
# read last.
#
# {{table arms_seq_encoder}}
#
# Handed over once, the context has to survive all the steps of the decoder, and in these updates hardly a sentence
# comes out right that way (Sutskever et al. had far larger networks, and far more sentences). Reading backwards,
# which helped
# theirs, changes little here, where the context is at hand at every step.
#
# The first arm, this page's own, on the reported splits:
#
# {{table results_seq_encoder}}
#
# ### A wider search
#
# Greedy decoding cannot take a word back. A *beam* keeps the best few beginnings and lets each grow (a translation's
# score is its log-probability divided by its length; without the division short
# ones are favoured: Wu et al., 2016).

# %%
# include: generate/decode.py beam

# %%
few = in_split(pairs, reported[0])[:40]
few_ids = pair_ids(few, src_vocab, tgt_vocab)

# %%
by_width, never_below = {}, True
for width in (1, 4):
    found = [beam(params, np.append(source, EOS)[:, None], width, 60)
             for source, _ in few_ids]
    said = [[tgt_vocab[i] for i in words if i != EOS] for words, *_ in found]
    by_width[width] = [score for _, score, _ in found]
    print(f"beam of {width}: exactly right {exact_match(said, few):.0%}, "
          f"mean score {np.mean(by_width[width]):.2f}")

# %%
never_below = all(wide >= narrow - 1e-12 for narrow, wide in
                  zip(by_width[1], by_width[4]))
print("the wider beam never scores below greedy:", never_below)

# %% [markdown]
# (The score is the log-probability a word, in nats. It cannot be below greedy's, because the greedy translation is
# among those compared.) It finds translations that the model itself finds likelier; whether they are better,
# forty sentences cannot say. What is not in the context, no search brings back.

# %% [markdown]
# ## 10 Look inside
#
# ### What crosses the bridge
#
# The gradient arrives at the context along two roads (B4). And from there, how much of it reaches the words? The
# length of $\bar x_j$ by how many steps before
# the end the word was read, over validation sentences of at least twelve words. **Guess first:** how much is left at
# the first words?

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Left, the lengths of the gradients of the bridge and of the context's matrix over training; right, the gradient at the source embeddings by distance from the end of the sentence, before and after training."}}
#@title The gradient along the two roads in training, and by place in the source
lengthy = [pair for pair in valid_ids if len(pair[0]) >= 12][:64] or valid_ids[:64]
fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.4))
for name, label, (colour, style) in zip(("W_s", "dec_W_u"), ("bridge", "every step"), STYLES):
    axes[0].plot(np.convolve(history[name], np.ones(20) / 20, "valid"), style, color=colour,
                 label=label)
axes[0].set(xlabel="update", ylabel="length", title="Gradient of the two roads", ylim=(0, None))
axes[0].legend()
left = {}
for (name, p), (colour, style) in zip((("before training", untrained), ("after", params)), STYLES):
    by_place = []
    for pair in lengthy:
        _, seen = forward(p, make_batch([pair]))
        du, enc = decoder_gradients(p, seen)[-1], seen.encoded
        dh = np.zeros_like(enc.h[1:])
        dh[-1] = du
        da = gru_run_backward(dh, enc.h, enc.gates, enc.q, p["enc_W_h"])[0]
        dx = np.linalg.norm(p["enc_W_x"].T @ columns(da), axis=0)[::-1]
        by_place.append(dx[:12] / max(dx[0], 1e-30))
    middle = np.median([row for row in by_place if len(row) == len(by_place[0])], axis=0)
    axes[1].semilogy(middle, style, color=colour, label=name)
    left[name] = middle[-1]
axes[1].set(xlabel="words before the end", ylabel="share of that at <eos>",
            xticks=range(0, 12, 2), title="Gradient at the words read")
axes[1].legend()
plt.show()
for name, ratio in left.items():
    print(f"{name}: {len(middle) - 1} words before the end {ratio:.2g} of the gradient at the end (median)")

# %% [markdown]
# On the left: the road through every step carries more than the bridge, all along. On the right (in units of what
# `<eos>` gets): before training next to nothing reaches the first of these words; after it they get
# more than the end does. The road back does not limit the trained network. What is hard is to keep all of a sentence in the same numbers, so
# that the decoder can read each word out of them when it is due. (Exercise 1 asks whether there is room enough.)
#
# ### A map of sentences
#
# The context is the sentence as the decoder gets to know it. Take six simple sentences, and each again with one
# change: plural, negated, with an adjective. The two directions in which the contexts differ
# most make a map. **Guess first:** will the same change be the same step on the map?

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "A map of the context vectors of 24 sentences: arrows lead from each simple sentence to its plural, its negation and the one with an adjective; arrows of one kind point in similar directions."}}
#@title Drawing: contexts of sentences that differ in one feature
base = [(one, many, drink) for one, many in (("crow", "crows"), ("mouse", "mice"), ("bird", "birds"))
        for drink in ("water", "milk")]
forms = {"simple": "the {0} drinks the {2}", "plural": "the {1} drink the {2}",
         "negated": "the {0} does not drink the {2}", "adjective": "the old {0} drinks the {2}"}
known = set(src_vocab) >= {w for f in forms.values() for w in f.split() if "{" not in w}
if not known:      # another corpus: its own sentences, no arrows
    forms = {"simple": "{0}"}
    base = [(" ".join(pair.source),) for pair in valid_pairs[:6]]
contexts = {}
for name, form in forms.items():
    for number, words in enumerate(base):
        source = np.append(encode_words(form.format(*words).split(), src_vocab), EOS)[:, None]
        contexts[name, number] = encode(params, source, np.ones(source.shape)).u[:, 0]
cloud = np.array(list(contexts.values()))
U, size, _ = np.linalg.svd(cloud - cloud.mean(axis=0), full_matrices=False)
places = dict(zip(contexts, U[:, :2] * size[:2]))
fig, ax = plt.subplots(figsize=(7, 4.6))
turns = {}
for (name, colour) in zip(list(forms)[1:], (BLUE, ORANGE, GREEN)):
    moves = np.array([contexts[name, k] - contexts["simple", k] for k in range(len(base))])
    unit = moves / np.linalg.norm(moves, axis=1, keepdims=True)
    turns[name] = float(np.mean((unit @ unit.T)[np.triu_indices(len(base), 1)]))
    for k in range(len(base)):
        ax.annotate("", places[name, k], places["simple", k],
                    arrowprops=dict(arrowstyle="-|>", color=colour, lw=1.5))
    ends = np.array([places[name, k] for k in range(len(base))])
    ax.plot(*ends.T, "o", color=colour, markersize=2)      # so that the arrows are inside
    ax.plot([], [], "-", color=colour, label=name)
for k, words in enumerate(base):
    ax.plot(*places["simple", k], "ko", markersize=4)
    ax.annotate(" ".join((words[0], words[-1]))[:16], places["simple", k], fontsize=10,
                xytext=(4, 4), textcoords="offset points")
ax.set(xticks=[], yticks=[], title="The same change, often the same step"
       if min(turns.values(), default=0) > 0.4 else "Contexts of simple sentences")
if turns:
    ax.legend()
plt.show()
for name, cosine in turns.items():
    print(f"{name}: mean cosine between the steps of two sentences {cosine:.2f}")

# %% [markdown]
# (A mean cosine of 1 would say: whatever the sentence, the same step.) A negation or an adjective moves different
# sentences in nearly the same direction, in all the numbers of the context; a plural, which changes noun and verb,
# less so. Nobody told the
# encoder what these are.

# %% [markdown]
# ## 11 Translate
#
# ### The crow and the jug, in French
#
# The *story* lines, none of which is in training, compared with their references (not shown). In brackets: words that
# the reference does not have at that place; […]: words of the reference that are missing.

# %%
# include: generate/decode.py translate

# %%
# include: generate/story.py

# %% [markdown]
# A few lines come out whole. Most keep the frame of the sentence and exchange what fills it, one adjective or animal
# for another; the long ones end by telling something else. Type your own sentence (of words that the corpus has):

# %%
my_sentence = "the old crow drinks the cold water"   # change it, run again
words, _ = translate(params, my_sentence.split(), src_vocab, tgt_vocab)
print(*words)

# %% [markdown]
# ## 12 On your own
#
# **Exercise 1 (easy).** How many numbers does the context hold, and how many bits would name one of the training
# sentences? Is the vector too small?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 1: room enough, in principle
# 128 numbers of 64 bits could name far more sentences than there are. What is hard is to write
# them so that the decoder can read them, with gradients that have come all this way.
bits_needed = np.log2(len(seen_pairs))
print(f"{hidden_size} numbers; {bits_needed:.0f} bits would name a training sentence")
assert hidden_size * 64 > bits_needed

# %% [markdown]
# **Exercise 2 (easy).** Show that a sentence's context does not depend on the batch it is in.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 2: the same context alone and in company
batch_2 = make_batch(valid_ids[:8])
together = encode(params, batch_2.src, batch_2.src_mask).u
alone_2 = [encode(params, np.append(source, EOS)[:, None], np.ones((len(source) + 1, 1))).u[:, 0]
           for source, _ in valid_ids[:8]]
same_2 = np.allclose(together, np.transpose(alone_2), atol=1e-12)
print("the same contexts:", same_2)
assert same_2

# %% [markdown]
# **Exercise 3 (medium).** Let the loss be the mean over *sentences* instead of words: each sentence's own mean first.
# Which targets gain weight? Write it with `softmax_cross_entropy`, and check the gradient
# at the logits for a tiny batch.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 3: sentences instead of words
# Words of short sentences gain: each weighs 1 / (B T_b) instead of 1 / sum T_b.
def sentence_loss(logits, targets):
    """Mean over sentences of their mean cross-entropy, and its gradient at the logits."""
    parts = [softmax_cross_entropy(logits[..., b : b + 1], targets[:, b : b + 1])
             for b in range(targets.shape[1])]
    return np.mean([loss for loss, _ in parts]), np.concatenate(
        [d for _, d in parts], axis=2) / targets.shape[1]


some_logits = {"logits": np.random.default_rng(seed).normal(size=(5, 9, 3))}
error_3 = check_gradients(lambda p: sentence_loss(p["logits"], batch.tgt_out)[0], some_logits,
                          {"logits": sentence_loss(some_logits["logits"], batch.tgt_out)[1]})
assert verdict(error_3)

# %% [markdown]
# **Exercise 4 (medium).** Without dividing by the length, which translations does a beam prefer? Try `power=0` on the
# ten long sentences for choosing, and compare lengths.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 4: a beam that likes short sentences
# Every word costs log-probability, so the sum favours the shorter of two.
long_4 = pair_ids((in_split(pairs, "long odd") or valid_pairs)[:10], src_vocab, tgt_vocab)
lengths_4 = {power: np.mean([len(beam(params, np.append(source, EOS)[:, None], 4, 90, power)[0])
                             for source, _ in long_4]) for power in (1.0, 0.0)}
print(*(f"power {power:.0f}: {length:.1f} words  " for power, length in lengths_4.items()))
assert lengths_4[0.0] < lengths_4[1.0] or not as_shipped

# %% [markdown]
# **Exercise 5 (hard).** Let the context into the output as well, as Cho et al. do: $\ell_t = W_y s_t + W_o u + b_y$.
# Which new road into $u$ does that make? Derive it and check it.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 5: a third road into the context
# u gets W_o^T times the logits' gradients, summed over the steps; W_o gets their sum times u^T.
rng = np.random.default_rng(seed)
p_5 = {"W_o": rng.normal(size=(9, 4)), "u": rng.normal(size=(4, 3))}
_, tiny_cache = forward(*[tiny_example(np.random.default_rng(seed))[0], batch])


def with_output_road(p):
    """Loss and gradient at the logits when W_o u is added to all of them."""
    return softmax_cross_entropy(tiny_cache.logits + p["W_o"] @ p["u"], batch.tgt_out)


summed_5 = with_output_road(p_5)[1].sum(axis=0)
errors_5 = check_gradients(lambda p: with_output_road(p)[0], p_5,
                           {"W_o": summed_5 @ p_5["u"].T, "u": p_5["W_o"].T @ summed_5})
assert verdict(errors_5)

# %% [markdown]
# ## 13 Summary and references
#
# A sentence is read into one vector, and another network speaks from it. The vector reaches the loss over the bridge
# and through every step of the decoder; its gradient enters
# the encoder at `<eos>` and has to go all the way back. Short sentences cross; of long ones too little does. The next
# lesson lets the decoder look back. The whole lesson on one card:
#
# | forward | code | backward | code |
# |---|---|---|---|
# | F1 $x_j = W_{src}^\top\mathrm{onehot}(w_j)$ | `W_src[tokens].T` | B1 back through a GRU | `gru_step_backward` |
# | F2 $h_j = \mathrm{GRU}(W_x^{enc}x_j + b^{enc}, h_{j-1})$ | `encoder_step` | B2 $\bar s_t = W_y^\top\bar\ell_t + \dots$ | `W_y.T @ dlogits + ds_later` |
# | F3 $u = h_S$ | `h[-1]` | B3 $\bar a^s = \bar s_0\odot(1-s_0^2)$ | `ds_0 * (1 - s[0] ** 2)` |
# | F4 $s_0 = \tanh(W_s u + b_s)$ | `start_state` | B4 $\bar u = W_s^\top\bar a^s + W_u^\top\sum_t\bar a_t$ | `W_s.T @ da_s + dec_W_u.T @ da.sum(axis=0)` |
# | F5 $\tilde y_{t-1} = W_{tgt}^\top\mathrm{onehot}(y_{t-1})$ | `W_tgt[tokens].T` | B5 $\bar h_S = \bar u$ | `dh[-1] = du` |
# | F6 $s_t = \mathrm{GRU}(W_x^{dec}\tilde y_{t-1} + W_u u + b^{dec}, s_{t-1})$ | `decoder_step` | B6 what arrives, times what was multiplied | `shares`, `rows_of` |
# | F7 $\ell_t = W_y s_t + b_y$ | `W_y @ s + b_y` | D3, D4 the masks of D1, D2 at the same places | `hidden` |
#
# What this page showed:

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title What this page showed, checked
tested = results.get(reported[0], {})
claims = {
    "every entry of every gradient agrees with central differences": gradient_is_right,
    "the check catches either road into the context forgotten, and padding read": mistakes_are_caught,
    "the gradients under dropout's masks are right": masks_are_right,
    "one sentence is learned by heart": learned_one,
    "a sentence's context is the same alone and in a batch": same_2,
    "the network beats the dictionary": tested.get("network", 0) > tested.get("word by word", 0),
    "of long sentences fewer come out whole, and fewer of their words are right":
        len(curve) > 2 and curve[0] > curve[-1] + 0.2 and fed.get(1, 0) > fed.get(25, 1),
}
for claim, holds in claims.items():
    print("shown:" if holds else "NOT shown:", claim)
assert all(claims.values()) or not as_shipped

# %% [markdown]
# **References**
#
# - D. Bahdanau, K. Cho, Y. Bengio (2015). Neural machine translation by jointly learning to align and translate. *ICLR*, arXiv:1409.0473.
# - K. Cho et al. (2014). Learning phrase representations using RNN encoder–decoder for statistical machine translation. *EMNLP*, arXiv:1406.1078.
# - I. Loshchilov, F. Hutter (2019). Decoupled weight decay regularization. *ICLR*, arXiv:1711.05101.
# - K. Papineni et al. (2002). BLEU: a method for automatic evaluation of machine translation. *ACL*.
# - I. Sutskever, O. Vinyals, Q. Le (2014). Sequence to sequence learning with neural networks. arXiv:1409.3215.
# - R. Williams, D. Zipser (1989). A learning algorithm for continually running fully recurrent neural networks. *Neural Computation* 1.
# - Y. Wu et al. (2016). Google's neural machine translation system. arXiv:1609.08144. (Length normalisation, section 7.)
