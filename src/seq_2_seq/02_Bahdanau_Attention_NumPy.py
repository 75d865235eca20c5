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
# # Train attention by hand, as Bahdanau's paper has it
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your-organisation/recurrent-networks-in-numpy/blob/main/seq_2_seq/02_Bahdanau_Attention_NumPy.ipynb)
#
# You let the decoder look back at every word of the source, derive the gradient along each road that this opens, score
# where it looks against the true word links, and mend it where it loses its place.

# %% [markdown]
# **What you'll do.** Read a sentence both ways, ask all its places at each step, derive and check the gradient
# through weights, scores and
# context, train, translate, and compare the weights with the links that the corpus knows.
#
# **What you'll learn.** Why looking back opens the bottleneck of lesson 7; which roads lead into a place's state and
# into the state that asks; why attention
# that translates well need not be alignment; why it gets lost in long sentences, and what two numbers do about it.
#
# **What you'll need.** [Lesson 7](01_Encoder_Decoder_NumPy.ipynb): encoder, decoder, padding, teacher forcing, exact
# match. [Lesson 6](../word_level_lm/03_GRU_NumPy.ipynb): the
# GRU. The page runs in about four minutes on one core.
#
# *Lesson 8 of 9. What changes from lesson 7: in the place of one vector for a sentence, one vector for each of its
# words, and weights that mix
# them anew at every step. Next comes [another way to ask](03_Luong_Attention_NumPy.ipynb) (Luong et al., 2015). Terms are collected in the
# [glossary](../GLOSSARY.md).*

# %% [markdown]
# ## 1 Setup

# %% tags=["parameters"]
corpus = "crow_en_fr.tsv"  # or a file of yours: sentence, tab, translation
seed = 0
embed_size = 32            # E: numbers a word
hidden_size = 64           # H
batch_size = 64            # B: sentences side by side
steps = 1200               # updates
learning_rate = 2.4e-2
clip_norm = 1.0
dropout = 0.05             # share of embeddings and readout hidden in training
weight_decay = 0.1         # how fast matrices fade
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
SHIPPED = dict(corpus="crow_en_fr.tsv", seed=0, embed_size=32, hidden_size=64, batch_size=64,
               steps=1200, learning_rate=2.4e-2, clip_norm=1.0, dropout=0.05, weight_decay=0.1,
               dtype="float64", log_to_wandb=False)
settings = {name: globals()[name] for name in assigned}
as_shipped = check_knobs(settings, SHIPPED)
pairs = load_pairs(corpus)  # a corpus that cannot be had is noticed here
linked = any(pair.sure for pair in pairs)
print("settings:", "as shipped" if as_shipped else "your own")

# %% [markdown]
# ### What one vector loses
#
# Lesson 7 puts a whole sentence into one vector, and few translations of fifteen words or more come out right. Is
# that the training's fault? Take the training away. Below, 200 words
# are random vectors of 64 numbers. A sentence is stored by turning each word according to its place (here: a random
# pattern of signs) and adding all up. To read place $j$, turn the sum back and take the word that is most like it.
#
# Beside it, the other plan: keep *one vector a word*, and ask for place $j$ by comparing a question with every
# place's mark. **Guess first:** from how many words
# on does the single vector make mistakes?

# %%
rng = np.random.default_rng(seed)
words_200 = rng.normal(size=(200, 64)) / 8            # of length about 1
marks = rng.choice([-1.0, 1.0], size=(64, 64))        # one row a place

# %% tags=["define"]
def from_one_vector(told, marks):
    """Words read back, one a place, from the sum of all turned words."""
    whole = (marks * told).sum(axis=0)                # the sentence
    return marks * whole                              # turned back, each place


def looked_up(told, marks):
    """Words read back by asking every place with every mark."""
    weights = np.exp(marks @ marks.T - 64)            # question x place
    return weights / weights.sum(axis=1, keepdims=True) @ told

# %%
recalled = {from_one_vector: [], looked_up: []}
for S in (4, 8, 16, 32, 64):
    for read in recalled:
        right = []
        for _ in range(50):
            told = rng.integers(200, size=S)
            guess = read(words_200[told], marks[:S]) @ words_200.T
            right.append(np.mean(guess.argmax(axis=1) == told))
        recalled[read].append(np.mean(right))
    print(f"{S:2d} words, right from one vector "
          f"{recalled[from_one_vector][-1]:4.0%}, "
          f"looked up {recalled[looked_up][-1]:4.0%}")

# %% [markdown]
# A sum of many words is noise to each of them: with every word the single vector has more to hold and no more room. A
# trained encoder writes better than this one, but it bends the same way. Where every word has a
# vector of its own, a long sentence is as easy as a short one; all that is needed is a *question* that is like one
# mark and unlike the others. Here the marks were given. This page has them learned: **attention**.

# %% [markdown]
# ## 2 Data
#
# The sentence pairs, vocabularies and batches of lesson 7. If you know them, go on at *Word links*.

# %%
# folded: As in lessons 4 and 7: words as ids, batches with padding and masks
# include: data/words.py vocabulary
# include: data/words.py ids
# include: data/pairs.py ids
# include: data/pairs.py batch
# include: data/pairs.py batches

# %%
seen_pairs, valid_pairs = in_split(pairs, "train"), in_split(pairs, "valid")
src_vocab = make_vocab([w for pair in seen_pairs for w in pair.source])
tgt_vocab = make_vocab([w for pair in seen_pairs for w in pair.target])
seen_ids, valid_ids = (pair_ids(some, src_vocab, tgt_vocab)
                       for some in (seen_pairs, valid_pairs))
print(len(seen_pairs), "pairs to learn from,", len(src_vocab),
      "source words,", len(tgt_vocab), "target words")

# %% [markdown]
# ### Word links
#
# The grammar that made the corpus knows which French word comes from which English one: its *gold links*. A link is *sure*, or *possible*, where people who link words by hand
# would disagree. The network never sees them. They are for scoring, in sections 9 and 10: does it look where the word
# comes from?

# %%
shortest = min(valid_pairs, key=lambda pair: len(pair.target))
for t, word in enumerate(shortest.target):
    partners = {name: [shortest.source[j] for j, k in sorted(links) if k == t]
                for name, links in (("sure", shortest.sure),
                                    ("possible", shortest.possible))}
    print(f"{word:10s}", *(f"{name}: {', '.join(found)}   "
                           for name, found in partners.items() if found))

# %% [markdown]
# ## 3 Notation
#
# $j$ counts places of the source from 1 to $S$, $t$ words of the target from 1 to $T$. An arrow over a letter says
# which way the encoder read. New against lesson 7: everything with two indices, $tj$: a step of the decoder and
# a place of the source.
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $w_j$ | `src` | `(S, B)` | words of the source, as ids |
# | $y_t$ | `tgt_out` | `(T, B)` | words to say, as ids; −1: padding |
# | $x_j$ | `x` | `(S, E, B)` | embeddings of the source words |
# | $h_j$ | `h` | `(S, 2H, B)` | both states of place $j$, one on top of the other |
# | $\tilde y_{t-1}$ | `y_emb` | `(T, E, B)` | embeddings of the words before |
# | $s_t$ | `s` | `(T+1, H, B)` | states of the decoder |
# | $\mu_{tj}$ | `match` | `(T, S, H, B)` | how place $j$ matches the question of step $t$ |
# | $\alpha_{tj}$ | `alignment` | `(T, S, B)` | weights; over the places they sum to 1 |
# | $u_t$ | `u` | `(T, 2H, B)` | context: what has been looked up |
# | $a^o_t$ | `a_o` | `(T, 2H, B)` | what enters the maxout of the readout |
# | $\hat s_t$ | `shown` | `(T, H, B)` | what comes out of it |
# | $\ell_t$ | `logits` | `(T, V, B)` | scores of the next target word |
# | $W_{src}$, $W_{tgt}$ | `W_src`, `W_tgt` | `(V, E)` | embeddings, each of its vocabulary |
# | $\overrightarrow W_x$, $\overleftarrow W_x$, $W_x$ | `enc_fw_W_x`, `enc_bw_W_x`, `dec_W_x` | `(3H, E)` | input to gates: encoder's two, decoder |
# | $\overrightarrow W_h$, $\overleftarrow W_h$, $W_h$ | `enc_fw_W_h`, `enc_bw_W_h`, `dec_W_h` | `(3H, H)` | state to gates |
# | $\overrightarrow b$, $\overleftarrow b$, $b$ | `enc_fw_b`, `enc_bw_b`, `dec_b` | `(3H, 1)` | gate biases |
# | $\overrightarrow b'$, $\overleftarrow b'$, $b'$ | `enc_fw_b_n`, `enc_bw_b_n`, `dec_b_n` | `(H, 1)` | the candidates' second biases |
# | $W_s$, $b_s$ | `W_s`, `b_s` | `(H, H)`, `(H, 1)` | the bridge |
# | $W_a$, $U_a$, $v_a$ | `W_a`, `U_a`, `v_a` | `(H, H)`, `(H, 2H)`, `(H, 1)` | question, place and their sum to a score |
# | $W_u$ | `dec_W_u` | `(3H, 2H)` | context to gates |
# | $U_o$, $V_o$, $C_o$, $b_o$ | `U_o`, `V_o`, `C_o`, `b_o` | `(2H, H)`, `(2H, E)`, `(2H, 2H)`, `(2H, 1)` | the readout: state, word, context, bias |
# | $W_y$, $b_y$ | `W_y`, `b_y` | `(V, H)`, `(V, 1)` | to logits |

# %% [markdown]
# ## 4 Forward pass
#
# ### Read both ways
#
# A place's vector should say which word stands there *and* what is around it: the gender of the noun to come, the
# subject that has been. So two GRUs read, one from the first word on, one from `<eos>` back
# (Schuster & Paliwal, 1997), and a place's vector is both states, one on top of the other:
#
# $$x_j = W_{src}^\top\,\mathrm{onehot}(w_j) \tag{F1}$$
# $$\overrightarrow h_j = \mathrm{GRU}(\overrightarrow W_x x_j + \overrightarrow b,\; \overrightarrow h_{j-1}), \qquad \overleftarrow h_j = \mathrm{GRU}(\overleftarrow W_x x_j + \overleftarrow b,\; \overleftarrow h_{j+1}) \tag{F2}$$
# $$h_j = \begin{bmatrix}\overrightarrow h_j \\ \overleftarrow h_j\end{bmatrix} \tag{F3}$$
#
# $\mathrm{GRU}(a, h)$ is the step of lesson 6, as PyTorch has it: $r, z = \sigma(a^{r,z} + W_h^{r,z}h)$,
# $q = W_h^n h + b'$, $n = \tanh(a^n + r\odot q)$, and the new state is $z\odot h + (1-z)\odot n$.
# (The paper's resets *before* the product, and has $z$ and $1-z$ the other way round.)

# %%
# folded: As in lessons 1, 4, 6 and 7: memory layout, embeddings, a GRU's step, cross-entropy
# include: forward/rows.py
# include: forward/embedding.py
# include: forward/orthogonal.py
# include: loss/loss.py code
# include: loss/many_words.py
# include: forward/gru_cell.py step
# include: forward/gru_cell.py run

# %%
# include: forward/two_way.py step

# %% [markdown]
# The way back has read the whole sentence when it arrives at place 1. From there the bridge leads to the decoder's
# first state, and the decoder reads its own words as before:
#
# $$s_0 = \tanh(W_s \overleftarrow h_1 + b_s) \tag{F4}$$
# $$\tilde y_{t-1} = W_{tgt}^\top\,\mathrm{onehot}(y_{t-1}) \tag{F5}$$
#
# ### Ask, weigh, mix
#
# Before it says word $t$, the decoder asks. The question is its state $s_{t-1}$; each place answers with a *score*. A
# small network with one hidden layer makes it, the same for all places (Bahdanau et al., 2015, appendix A.1.2):
#
# $$\mu_{tj} = \tanh(W_a s_{t-1} + U_a h_j) \tag{F6}$$
# $$e_{tj} = v_a^\top \mu_{tj} \tag{F7}$$
#
# A softmax over the *places* (lesson 1's was over characters) makes weights of the scores, and the weights mix the
# places' vectors:
#
# $$\alpha_{tj} = \frac{e^{e_{tj}}}{\sum_k e^{e_{tk}}} \tag{F8}$$
# $$u_t = \sum_j \alpha_{tj} h_j \tag{F9}$$
#
# Nobody says where to look. The mix is smooth, so the gradient can say that a little more of one place and less of
# another would have been better.

# %%
# include: draw/network.py

# %%
# include: draw/bahdanau.py

# %% [markdown]
# ### Where did I look a moment ago?
#
# The question $s_{t-1}$ has no direct knowledge of where the decoder looked at step $t-1$. Section 10 shows what
# comes of that. Two additions to the score tell it; they stand here so that the derivation can
# take them along. Either reads the weights of the step before, $\alpha_{t-1}$ (before the first step they are all 0).
#
# **Location** (Chorowski et al., 2015): slide $K$ small filters $F$ over the weights, and let the features
# $\phi_{tj}$, $K$ numbers a place, join in F6 with a matrix $U_f$:
#
# $$\phi_{tj} = \sum_{k=-3}^{3} F_{k}\, \alpha_{t-1,\,j+k}, \qquad \mu_{tj} = \tanh(W_a s_{t-1} + U_a h_j + U_f\, \phi_{tj}) \tag{F10}$$
#
# **Window**: the place where it looked is $\pi_{t-1}$, the mean of the places by weight. The score loses the more,
# the further $j$ is from a step $\delta$ beyond it:
#
# $$\pi_{t-1} = \sum_j j\,\alpha_{t-1,j}, \qquad e_{tj} = v_a^\top\mu_{tj} - \kappa\,(j - \pi_{t-1} - \delta)^2, \qquad \kappa > 0 \tag{F11}$$
#
# Only two numbers are learned, $\delta$ (`shift`) and $\log\kappa$ (`log_kappa`; the logarithm, so that $\kappa$
# stays positive whatever is learned). Places count from 1 and $\alpha_0 = 0$, so that $\pi_0 = 0$: with $\delta = 1$
# the first window stands at the first word. As a factor on the weights this is a Gaussian whose width is
# $1/\sqrt{2\kappa}$: Yang et al. (2018) add one to the scores, at a place that
# their network predicts; Graves (2013, section 5) has a window that moves on from where it was. Ours takes the form
# of the one and the place of the other.

# %%
# include: forward/additive.py location

# %%
# include: forward/additive.py window

# %% [markdown]
# Now F6 to F9 as code. `memory` is all that the decoder is given of a sentence: its places' vectors `h`, which of them
# are words (`mask`), and two things computed beforehand. `keys` are the products $U_a h_j$, which no step of the decoder changes: computed
# once a sentence. (`last` is for a comparison: the same network
# with its attention *frozen*, all weight on the last place, at every step.)

# %%
# include: forward/additive.py score

# %%
# include: forward/additive.py softmax

# %%
# include: forward/additive.py attend

# %% [markdown]
# The mask comes *before* the softmax: padding gets the score $-\infty$ and so the weight 0, and the other weights sum to 1.
#
# ### Say a word, then move on
#
# The context enters the decoder's next state and, beside the state and the word before, the *readout*. Its hidden
# layer is a *maxout* (Goodfellow et al., 2013): of each pair of numbers the larger goes on.
#
# $$s_t = \mathrm{GRU}(W_x \tilde y_{t-1} + W_u u_t + b,\; s_{t-1}) \tag{F12}$$
# $$a^o_t = U_o s_{t-1} + V_o \tilde y_{t-1} + C_o u_t + b_o, \qquad \hat s_{t,k} = \max(a^o_{t,k},\, a^o_{t,H+k}) \tag{F13}$$
# $$\ell_t = W_y \hat s_t + b_y \tag{F14}$$
#
# So word $t$ is said from the state *before* the step, $s_{t-1}$, and from what that state has looked up. (The paper
# pairs neighbours, $2k-1$ and $2k$, and has half as many units in the readout as in the state; it writes no biases
# $b_o$, $b_y$.)

# %% tags=["define"]
Memory = namedtuple("Memory", "h keys mask last")


def start_state(params, memory):
    """s_0 (H, B), over the bridge, and the weights before step 1: all 0."""
    first = memory.h[0, len(params["W_s"]) :]                  # the way back
    s = np.tanh(params["W_s"] @ first + params["b_s"])         # F4
    return s, np.zeros_like(memory.mask)

# %% tags=["define"]
def readout(params, s, y_emb, u):
    """Logits (V, B) from the state before, the word before, the context."""
    a_o = (params["U_o"] @ s + params["V_o"] @ y_emb
           + params["C_o"] @ u + params["b_o"])
    shown = np.maximum(*np.split(a_o, 2))                      # F13
    return params["W_y"] @ shown + params["b_y"]               # F14

# %% tags=["define"]
def decoder_step(params, tokens, state, memory):
    """Say one word: `tokens` (B,), the words before, and the state.

    `state` is s (H, B) and the weights of the step before (S, B). Returns
    logits (V, B), the new state, and the weights (S, B).
    """
    s, before = state
    y_emb = params["W_tgt"][tokens].T                          # F5
    alignment, u = attend(params, s, before, memory)           # F6 to F9
    logits = readout(params, s, y_emb, u)                      # F13, F14
    drive = (params["dec_W_x"] @ y_emb + params["dec_W_u"] @ u
             + params["dec_b"])
    s = gru_step(drive, s, params["dec_W_h"], params["dec_b_n"])[0]   # F12
    return logits, (s, alignment), alignment

# %% [markdown]
# Parameters: matrices at random, so that each unit's input has a variance of about 1, also where the readout adds
# three of them (hence the halves); recurrent ones orthogonal (lesson 2). $W_a$ and $U_a$ begin smaller, so that at
# first no place has much more weight than another (the paper's begin smaller still); the rows of the embeddings are
# larger than lesson 7's. All this makes the training steadier. The window begins wide, $\log\kappa = -2$, one step ahead, $\delta = 1$.

# %% tags=["define"]
def init_params(*, src_vocab_size, tgt_vocab_size, embed_size, hidden_size,
                rng, dtype=np.float64, attention="plain", filters=8, width=7):
    """Parameters; `attention`: "plain", "frozen", "location" or "window"."""
    E, H = embed_size, hidden_size

    def normal(rows, columns):
        return rng.normal(size=(rows, columns)) / np.sqrt(columns)

    params = {"W_src": 0.5 * rng.normal(size=(src_vocab_size, E)),
              "W_tgt": 0.5 * rng.normal(size=(tgt_vocab_size, E))}
    for side in ("enc_fw", "enc_bw", "dec"):
        params |= start_gru(side, E, H, rng)
    params |= {"dec_W_u": normal(3 * H, 2 * H),
               "W_s": orthogonal(H, rng), "b_s": np.zeros((H, 1)),
               "U_o": normal(2 * H, H) / 2, "V_o": normal(2 * H, E) / 2,
               "C_o": normal(2 * H, 2 * H) / 2,
               "b_o": np.zeros((2 * H, 1)),
               "W_y": normal(tgt_vocab_size, H),
               "b_y": np.zeros((tgt_vocab_size, 1))}
    if attention != "frozen":
        params |= {"W_a": 0.3 * normal(H, H), "U_a": 0.3 * normal(H, 2 * H),
                   "v_a": normal(1, H).T}
    if attention == "location":
        params |= {"F": normal(filters, width), "U_f": normal(H, filters)}
    if attention == "window":
        params |= {"log_kappa": np.full((1, 1), -2.0),
                   "shift": np.ones((1, 1))}
    return {name: p.astype(dtype) for name, p in params.items()}

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title A GRU's parameters at the start
def start_gru(side, E, H, rng):
    """A GRU's parameters, their names beginning with `side`."""
    turns = np.concatenate([orthogonal(H, rng) for _ in range(3)])
    return {f"{side}_W_x": rng.normal(size=(3 * H, E)) / np.sqrt(E),
            f"{side}_W_h": turns, f"{side}_b": np.zeros((3 * H, 1)),
            f"{side}_b_n": np.zeros((H, 1))}

# %% [markdown]
# ### A sentence of three words by hand
#
# Two units, the gates half open as in lesson 7, and `the`, `crow`, `<eos>` once more. $U_a$ is such that the first
# unit of $\mu$ sees how much of `the` is at a place, the second how much of `crow`. The decoder's state is the
# question: it adds the same numbers at every place. **Guess first:** how can
# adding the same to all places favour one of them?

# %%
hand = init_params(src_vocab_size=5, tgt_vocab_size=5, embed_size=2,
                   hidden_size=2, rng=np.random.default_rng(0))
for name in hand:
    hand[name] = np.zeros_like(hand[name])
hand["W_src"][3:] = np.eye(2)                      # the, crow: ids 3, 4
for name in ("enc_fw_W_x", "enc_bw_W_x", "dec_W_x"):
    hand[name][4:] = np.eye(2)                     # candidate: the word
hand["U_a"] = 3 * np.array([[1.0, 0, 1, 0], [0, 1, 0, 1]])
hand["W_a"], hand["v_a"] = 3 * np.eye(2), np.full((2, 1), 4.0)
hand["W_s"] = np.array([[-1.0, 0], [0, 10]])       # s_0 asks for `the`
hand["W_tgt"][0] = [3, -3]                         # <bos> turns the question
hand["C_o"][:2] = hand["U_a"] / 3
hand["W_y"][3:] = np.eye(2)                        # le, corbeau: ids 3, 4

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Reading both ways, word by word, without padding
def read_both_ways(params, src):
    """h (S, 2H, B) of `src` (S, B) without padding, word by word."""
    S, H, rows = len(src), params["W_s"].shape[0], {}
    for way, order in (("fw", range(S)), ("bw", reversed(range(S)))):
        h = np.zeros((H, src.shape[1]))
        for j in order:
            h = encoder_step(params, src[j], h, way)           # F2
            rows[way, j] = h
    return np.array([np.concatenate([rows["fw", j], rows["bw", j]])
                     for j in range(S)])                       # F3

# %% tags=["define"]
def remember(params, h, mask):
    """The memory of places `h` (S, 2H, B); `mask` (S, B): which are words."""
    ends = mask.sum(axis=0).astype(int) - 1
    last = (np.arange(len(h))[:, None] == ends).astype(h.dtype)
    keys = None
    if "U_a" in params:                                        # once a sentence
        keys = steps_of(params["U_a"] @ columns(h), len(h))
    return Memory(h, keys, mask, last)

# %%
hand_h = read_both_ways(hand, np.array([[3], [4], [1]]))
for word, h in zip(("the", "crow", "<eos>"), hand_h):
    print(f"{word:5s} both ways: {h.ravel().round(2)}")
hand_memory = remember(hand, hand_h, np.ones((3, 1)))
state, said = start_state(hand, hand_memory), np.array([0])
for t in (1, 2):
    added = (hand["W_a"] @ state[0]).ravel()
    print(f"\nstep {t}: the question adds {added.round(2)}")
    match = match_of(hand, *state, hand_memory)
    logits, state, weights = decoder_step(hand, said, state, hand_memory)
    for word, m, weight in zip(("the", "crow", "<eos>"), match, weights):
        print(f"{word:5s} mu {m.ravel().round(2)}  weight {weight[0]:.2f}")
    print("logits of le, corbeau:", logits[3:].ravel().round(2))
    said = np.array([3])

# %% [markdown]
# By *silencing* a unit. A tanh that is pushed far up is 1 wherever it looks, and then it tells no place from another.
# At step 1 the question pushes the second unit up, so only `the`'s unit has a say; at step 2 the word read has turned
# the question round. That is how an additive score asks.
#
# ### All steps at once
#
# Only what needs $s_{t-1}$ stays in the loop: the question, the weights, the context, the gates. Keys, embeddings and
# their way into the gates come before it, readout and logits of all steps after it; $W_a s$ and $W_h s$ are one
# product.

# %%
# include: forward/two_way.py run

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title For speed: the forward pass of a batch
Masks = namedtuple("Masks", "x y shown")
NO_MASKS = Masks(None, None, None)
Cache = namedtuple("Cache", "batch encoded memory y_emb s gates q match alignment u a_o shown "
                            "logits dlogits masks")


def encode(params, src, src_mask):
    """What the decoder is given of `src` (S, B)."""
    return remember(params, run_two_ways(params, src, src_mask).h, src_mask)


def weights_of(params, query, before, memory, around, match):
    """The weights (S, B) for W_a s = `query`; fills `match` (S, H, B). `around` is U_f F or None."""
    np.add(memory.keys, query, out=match)
    if around is not None:
        match += around @ neighbours(before, around.shape[1])
    tanh(match, out=match)
    scores = (params["v_a"].T @ columns(match)).reshape(before.shape)
    if "shift" in params:
        scores -= window(params, before)
    return softmax_over_places(scores, memory.mask)


def forward(params, batch, masks=NO_MASKS):
    """Loss (nats a target word) of a batch, the true words fed; the cache.

    `masks` are dropout's, on the embeddings of both sides and on what the output reads.
    """
    (S, B), T, H = batch.src.shape, len(batch.tgt_in), len(params["W_s"])
    encoded = run_two_ways(params, batch.src, batch.src_mask, masks.x)
    memory, kind = remember(params, encoded.h, batch.src_mask), encoded.h.dtype
    places = np.ascontiguousarray(encoded.h.transpose(2, 0, 1))          # (B, S, 2H)
    y_emb = steps_of(params["W_tgt"][batch.tgt_in.ravel()].T, T)         # F5
    y_emb = y_emb if masks.y is None else masks.y * y_emb
    drive = steps_of(params["dec_W_x"] @ columns(y_emb) + params["dec_b"], T)
    attends, both, around = "v_a" in params, params["dec_W_h"], None
    if attends:
        both = np.concatenate([both, params["W_a"]])
        around = params["U_f"] @ params["F"] if "F" in params else None
    s, u = empty_steps(T + 1, H, B, kind), empty_steps(T, 2 * H, B, kind)
    gates, q = np.empty((T, 3 * H, B), kind), np.empty((T, H, B), kind)
    match = np.empty((T, H, S if attends else 0, B), kind).swapaxes(1, 2)
    alignment = np.empty((T, S, B), kind)
    s[0], weights = start_state(params, memory)
    for t in range(T):
        past, (r, z, n) = both @ s[t], gates[t].reshape(3, H, B)
        weights = alignment[t] = memory.last if not attends else weights_of(
            params, past[3 * H :], weights, memory, around, match[t])    # F6 to F8
        u[t] = np.matmul(weights.T[:, None], places)[:, 0].T             # F9
        fresh = drive[t] + params["dec_W_u"] @ u[t]
        np.add(past[2 * H : 3 * H], params["dec_b_n"], out=q[t])
        sigmoid(past[: 2 * H] + fresh[: 2 * H], out=gates[t, : 2 * H])
        tanh(fresh[2 * H :] + r * q[t], out=n)
        s[t + 1] = z * s[t] + (1 - z) * n                                # F12
    a_o = (params["U_o"] @ columns(s[:-1]) + params["V_o"] @ columns(y_emb)
           + params["C_o"] @ columns(u) + params["b_o"])
    shown = np.maximum(a_o[:H], a_o[H:])                                 # F13
    shown = shown if masks.shown is None else shown * columns(masks.shown)
    logits = steps_of(params["W_y"] @ shown + params["b_y"], T)          # F14
    loss, dlogits = cross_entropy(logits, batch.tgt_out)
    return loss, Cache(batch, encoded, memory, y_emb, s, gates, q, match, alignment, u,
                       steps_of(a_o, T), steps_of(shown, T), logits, dlogits, masks)

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title A small network and a batch of three sentences, for checks
VARIANTS = ("plain", "frozen", "location", "window")


def tiny_example(rng, attention="plain", E=2, H=3):
    """Parameters, and three sentence pairs of different lengths as ids."""
    params = init_params(src_vocab_size=8, tgt_vocab_size=9, embed_size=E, hidden_size=H, rng=rng,
                         attention=attention, filters=2, width=3)
    for name in params:
        params[name] = params[name] + 0.3 * rng.normal(size=params[name].shape)
    some = [(rng.integers(3, 8, size=n), rng.integers(3, 9, size=m))
            for n, m in ((3, 2), (1, 4), (4, 3))]
    some[2][0][1], some[2][1][1] = some[2][0][0], some[2][1][0]      # words that come twice
    return params, some

# %%
for variant in VARIANTS:
    params, some = tiny_example(np.random.default_rng(seed), variant)
    batch = make_batch(some)
    loss, cache = forward(params, batch)
    memory, same = encode(params, batch.src, batch.src_mask), []
    state = start_state(params, memory)
    for t in range(len(batch.tgt_in)):
        logits, state, weights = decoder_step(
            params, batch.tgt_in[t], state, memory)
        same.append(np.allclose(logits, cache.logits[t], atol=1e-12)
                    and np.allclose(weights, cache.alignment[t]))
    print(f"{variant:8s} as step by step, logits and weights:", all(same))

# %% [markdown]
# ## 5 Loss
#
# As in lesson 7: the mean of $-\log p$ over the target's words, `<eos>` among them and padding not, the true words
# being fed. Does padding change anything, now that a softmax runs over places? The batch against its
# sentences one by one, weighted by their lengths:

# %%
words = [len(target) + 1 for _, target in some]
for variant in VARIANTS:
    params, _ = tiny_example(np.random.default_rng(seed), variant)
    alone = [forward(params, make_batch([pair]))[0] for pair in some]
    mean = np.dot(words, alone) / sum(words)
    same = np.isclose(forward(params, batch)[0], mean, atol=1e-12)
    print(f"{variant:8s} the batch's loss is that of its sentences:",
          same)

# %% [markdown]
# ## 6 Backward pass
#
# | Symbol | Code | Shape | Meaning |
# |---|---|---|---|
# | $\bar\ell_t = \partial L/\partial \ell_t$ | `dlogits` | `(T, V, B)` | gradient at the logits |
# | $\bar a^o_t = \partial L/\partial a^o_t$ | `da_o` | `(T, 2H, B)` | gradient at what enters the maxout |
# | $\bar a_t = \partial L/\partial a_t$ | `da` | `(T, 3H, B)` | gradient at what drives the decoder's gates |
# | $\bar g_t$ | `dg` | `(T, 3H, B)` | the same, but $\bar q_t$ in the candidate's block |
# | $\bar u_t = \partial L/\partial u_t$ | `du` | `(T, 2H, B)` | gradient at the context |
# | $\bar\alpha_t = \partial L/\partial \alpha_t$ | `dalignment` | `(T, S, B)` | gradient at the weights |
# | $\bar e_t = \partial L/\partial e_t$ | `dscores` | `(T, S, B)` | gradient at the scores |
# | $\bar a^e_{tj}$ | `da_e` | `(T, S, H, B)` | gradient at what enters the tanh of F6 |
# | $\bar s_t = \partial L/\partial s_t$ | `ds` | `(T, H, B)` | gradient at the decoder's states |
# | $\bar h_j = \partial L/\partial h_j$ | `dh` | `(S, 2H, B)` | gradient at the places |
#
# Back through a GRU it goes as in lesson 6: what arrives at the new state, $\bar h'$, gives $\bar a$, $\bar g$, and
# what goes back to the old one.
#
# $$
# \begin{aligned}
# \bar a^n &= \bar h' \odot (1-z) \odot (1-n^2), & \bar q &= \bar a^n \odot r, \\
# \bar a^r &= \bar a^n \odot q \odot r \odot (1-r), & \bar a^z &= \bar h' \odot (h - n) \odot z \odot (1-z), \\
# \bar h &= z \odot \bar h' + W_h^\top \bar g, & \bar g &= (\bar a^r, \bar a^z, \bar q)
# \end{aligned}
# \tag{B1}
# $$
#
# ### From the logits to the context
#
# The word is said from $\hat s_t$. A maxout sends the gradient to whichever of the two was larger; the other had no
# part in it. With $k = 1 \dots H$:
#
# $$\bar{\hat s}_t = W_y^\top \bar\ell_t, \qquad \bar a^o_{t,k} = \bar{\hat s}_{t,k}\ \text{if}\ a^o_{t,k} \ge a^o_{t,H+k}\ \text{else}\ 0, \qquad \bar a^o_{t,H+k} = \bar{\hat s}_{t,k} - \bar a^o_{t,k} \tag{B2}$$
#
# The context stands in F12 and in F13. Two roads, and they add:
#
# $$\bar u_t = W_u^\top \bar a_t + C_o^\top \bar a^o_t \tag{B3}$$
#
# ### Through the weights to the scores
#
# $u_t = \sum_j \alpha_{tj} h_j$. A little more weight on place $j$ moves the context by $h_j$, so what it is worth is
# the product of $h_j$ with what the context is worth:
#
# $$\bar\alpha_{tj} = h_j^\top \bar u_t + \big(\text{what step } t+1 \text{ sends back: B11, B12}\big) \tag{B4}$$
#
# The softmax couples all places: a higher score raises its own weight and lowers all others.
# $\partial\alpha_{tk}/\partial e_{tj} = \alpha_{tk}\,([k = j] - \alpha_{tj})$, and summed over $k$:
#
# $$\bar e_{tj} = \sum_k \bar\alpha_{tk}\,\alpha_{tk}\,\big([k=j] - \alpha_{tj}\big) = \alpha_{tj}\Big(\bar\alpha_{tj} - \sum_k \alpha_{tk}\bar\alpha_{tk}\Big) \tag{B5}$$
#
# In words: if more weight on a place would raise the loss by more than on the *average* place, its score should fall;
# if by less, rise. And a place with hardly any weight hardly learns, whatever it is worth: attention has to look a
# little everywhere before it can settle.
#
# ### Through the score
#
# $e_{tj} = v_a^\top \tanh(\cdot)$ with slope $1-\mu^2$:
#
# $$\bar a^e_{tj} = v_a\, \bar e_{tj} \odot (1 - \mu_{tj}^2) \tag{B6}$$
#
# ### Three roads into the state that asks
#
# $s_{t-1}$ is what the GRU of step $t$ starts from; it asked *all* places; and it was read out:
#
# $$\bar s_{t-1} = \underbrace{z_t \odot \bar s_t + W_h^\top \bar g_t}_{\text{recurrence (B1)}} + \underbrace{W_a^\top \sum_j \bar a^e_{tj}}_{\text{score}} + \underbrace{U_o^\top \bar a^o_t}_{\text{readout}} \tag{B7}$$
#
# ### Four roads into a place
#
# $h_j$ was mixed into the context of *every* step, and was scored at every step; its upper half is the state before
# its right neighbour's, its lower half the state before its left neighbour's:
#
# $$\bar h_j = \underbrace{\sum_t \alpha_{tj}\bar u_t}_{\text{context}} + \underbrace{U_a^\top \sum_t \bar a^e_{tj}}_{\text{score}} + \begin{bmatrix} \text{what B1 sends back from } \overrightarrow h_{j+1} \\ \text{what B1 sends back from } \overleftarrow h_{j-1} \end{bmatrix} \tag{B8}$$
#
# and $\overleftarrow h_1$ has one more, the bridge, with $\bar a^s = \bar s_0 \odot (1 - s_0^2)$:
#
# $$\overline{\overleftarrow h}_1 \mathrel{+}= W_s^\top \bar a^s, \qquad \bar W_s = \bar a^s\, \overleftarrow h_1^\top, \qquad \bar b_s = \bar a^s \tag{B9}$$
#
# The sums over $t$ are why every word of the source hears at once from every word of the target, over a road of
# length one. In lesson 7 all had to go through the last state.

# %%
# include: draw/bahdanau_roads.py

# %% [markdown]
# ### What arrives, times what was multiplied
#
# $$
# \begin{aligned}
# \bar U_o &= \sum_t \bar a^o_t s_{t-1}^\top, & \bar V_o &= \sum_t \bar a^o_t \tilde y_{t-1}^\top, & \bar C_o &= \sum_t \bar a^o_t u_t^\top, \\
# \bar v_a &= \sum_{t,j} \bar e_{tj}\,\mu_{tj}, & \bar W_a &= \sum_{t,j} \bar a^e_{tj} s_{t-1}^\top, & \bar U_a &= \sum_{t,j} \bar a^e_{tj} h_j^\top, \\
# \bar W_y &= \sum_t \bar\ell_t \hat s_t^\top, & \bar b_y &= \sum_t \bar\ell_t, & \bar W_u &= \sum_t \bar a_t u_t^\top, \\
# \bar b_o &= \sum_t \bar a^o_t, & \bar{\tilde y}_{t-1} &= W_x^\top \bar a_t + V_o^\top \bar a^o_t & &
# \end{aligned}
# \tag{B10}
# $$
#
# The GRUs' own and the embeddings' as in lesson 7. ($U_a h_j$ is computed once and read at every step: so its
# gradient is summed over the steps first, and multiplied once.)
#
# ### A road to the step before
#
# With location features or the window, $\alpha_{t-1}$ stands in the scores of step $t$, and the loss has a road from
# $e_t$ to $\alpha_{t-1}$. Through the features (F10), each filter's number at distance $k$ read the weight $k$ places
# on:
#
# $$
# \begin{aligned}
# \bar\phi_{tj} &= U_f^\top \bar a^e_{tj}, & \bar\alpha_{t-1,j} &\mathrel{+}= \sum_k F_k^\top \bar\phi_{t,\,j-k}, \\
# \bar U_f &= \sum_{t,j}\bar a^e_{tj}\phi_{tj}^\top, & \bar F_k &= \sum_{t,j} \bar\phi_{tj}\,\alpha_{t-1,\,j+k}
# \end{aligned}
# \tag{B11}
# $$
#
# Through the window (F11), let $\omega_{tj} = j - \pi_{t-1} - \delta$. The score has slope $2\kappa\, \omega_{tj}$ in
# $\pi_{t-1}$ and in $\delta$ alike, $-\omega_{tj}^2$ in $\kappa$ (so $-\kappa\,\omega_{tj}^2$ in $\log\kappa$), and
# $\pi_{t-1}$ has slope $j$ in $\alpha_{t-1,j}$:
#
# $$
# \begin{aligned}
# \bar\pi_{t-1} &= 2\kappa \sum_j \bar e_{tj}\,\omega_{tj}, & \bar\alpha_{t-1,j} &\mathrel{+}= j\,\bar\pi_{t-1}, \\
# \bar\delta &= \sum_t \bar\pi_{t-1}, & \overline{\log\kappa} &= -\kappa\sum_{t,j}\bar e_{tj}\,\omega_{tj}^2
# \end{aligned}
# \tag{B12}
# $$
#
# ### One step back as code
#
# `attend_backward` goes from the context to everything that asked or was asked. It returns the roads into $h$ one by
# one, so that we can cut each of them below.

# %%
# include: backward/additive.py attend

# %%
# include: backward/additive.py place

# %%
# folded: As in lesson 7: back through a GRU's step, one step's shares of the gradients
# include: forward/gru_cell.py step_backward
# include: backward/shares.py

# %% tags=["define"]
def readout_backward(params, s, y_emb, u, dlogits):
    """Back through `readout`: shares, and da_o (2H, B)."""
    a_o = (params["U_o"] @ s + params["V_o"] @ y_emb
           + params["C_o"] @ u + params["b_o"])
    one, two = np.split(a_o, 2)
    dshown = params["W_y"].T @ dlogits
    da_o = np.concatenate([dshown * (one >= two), dshown * (one < two)])  # B2
    grads = {"W_y": dlogits @ np.maximum(one, two).T,          # B10
             "b_y": dlogits.sum(axis=1, keepdims=True),
             "U_o": da_o @ s.T, "V_o": da_o @ y_emb.T, "C_o": da_o @ u.T,
             "b_o": da_o.sum(axis=1, keepdims=True)}
    return grads, da_o

# %% tags=["define"]
def decoder_step_backward(params, tokens, state, memory, dlogits, later):
    """One step of the decoder back: shares, roads to s and to h, dbefore.

    `tokens` (B,) and `state` are those that `decoder_step` was given;
    `dlogits` (V, B) and `later`, (ds, dalignment), arrive at what it made.
    """
    (s, before), (ds, dalignment) = state, later
    y_emb = params["W_tgt"][tokens].T
    _, u = attend(params, s, before, memory)
    drive = (params["dec_W_x"] @ y_emb + params["dec_W_u"] @ u
             + params["dec_b"])
    W_h = params["dec_W_h"]
    _, *gates = gru_step(drive, s, W_h, params["dec_b_n"])
    da, dg, ds_gru = gru_step_backward(ds, s, W_h, *gates)     # B1
    grads, da_o = readout_backward(params, s, y_emb, u, dlogits)
    du = params["dec_W_u"].T @ da + params["C_o"].T @ da_o     # B3
    more, ds_score, dbefore, to_h = attend_backward(
        params, s, before, memory, du, dalignment)
    to_s = {"recurrence": ds_gru, "asking": ds_score,
            "readout": params["U_o"].T @ da_o}                 # B7
    dy = params["dec_W_x"].T @ da + params["V_o"].T @ da_o     # B10
    grads |= more | shares("dec", da, dg, y_emb, s)
    grads |= {"dec_W_u": da @ u.T,
              "W_tgt": rows_of(params, "W_tgt", tokens, dy)}
    return grads, to_s, to_h, dbefore

# %%
# include: backward/two_way.py step

# %% [markdown]
# The first step of the sentence by hand: `le` was to be said. **Guess first:** `the` got nearly all the weight. Which
# place gets the largest gradient by the road of the context, and which by the road of the score?

# %%
start = start_state(hand, hand_memory)
logits, _, _ = decoder_step(hand, np.array([0]), start, hand_memory)
_, dlogits = softmax_cross_entropy(logits[None], np.array([[3]]))
nothing_later = np.zeros((2, 1)), np.zeros((3, 1))
_, to_s, to_h, _ = decoder_step_backward(
    hand, np.array([0]), start, hand_memory, dlogits[0], nothing_later)
for road, dh in to_h.items():
    for word, column in zip(("the", "crow", "<eos>"), dh):
        print(f"into h by the {road:7s} {word:5s} {column.ravel().round(4)}")
for road, ds in to_s.items():
    print(f"into s_0 by the {road:10s} {ds.ravel().round(4)}")

# %% [markdown]
# By the context, whatever has the weight: `the`. By the score hardly anything arrives: where one weight is nearly 1,
# B5 leaves next to nothing to learn; most of that little goes to `crow`, which would have to get less. And nothing
# comes by the recurrence, since no later step has been said.
#
# ### All steps at once

# %%
# folded: As in lesson 7: gradients of a GRU's parameters
# include: backward/gru_gradients.py

# %%
# include: backward/two_way.py run

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title For speed: the backward pass of a batch
def attention_gradients(params, cache):
    """The loop of `backward`: (da (T, 3H, B), dg, du (T, 2H, B), ds at s_0, da_o, the score's)."""
    s, T = cache.s, len(cache.y_emb)
    (_, H, B), kind = s.shape, s.dtype
    dshown = params["W_y"].T @ columns(cache.dlogits)
    if cache.masks.shown is not None:
        dshown = dshown * columns(cache.masks.shown)
    first = columns(cache.a_o[:, :H] >= cache.a_o[:, H:])
    da_o = np.concatenate([dshown * first, dshown * ~first])             # B2
    ds_read, du_read = (steps_of(params[name].T @ da_o, T) for name in ("U_o", "C_o"))
    attends = "v_a" in params
    back, W_u_T = params["dec_W_h"], params["dec_W_u"].T.copy()
    if attends:          # v_a joins at the end: in the loop, da_e is without it
        v, places = params["v_a"], np.ascontiguousarray(cache.memory.h.transpose(2, 0, 1))
        back = np.concatenate([back, v * params["W_a"]])
    back = back.T.copy()
    dg, da = empty_steps(T, len(back.T), B, kind), empty_steps(T, 3 * H, B, kind)
    du, ds = empty_steps(T, 2 * H, B, kind), np.zeros((H, B), kind)
    score = ScoreGradients(params, cache) if attends else None
    g, dweights = np.empty((len(back.T), B), kind), 0.0
    g_r, g_z, g_q = g[: 3 * H].reshape(3, H, B)
    for t in reversed(range(T)):
        r, z, n = cache.gates[t].reshape(3, H, B)
        np.multiply(ds * (s[t] - n), z * (1 - z), out=g_z)
        da_n = ds * (1 - z) * (1 - n * n)
        np.multiply(da_n, r, out=g_q)
        np.multiply(da_n * cache.q[t], r * (1 - r), out=g_r)
        da[t, : 2 * H], da[t, 2 * H :] = g[: 2 * H], da_n
        du[t] = du_read[t] + W_u_T @ da[t]                               # B3
        if attends:
            dweights = dweights + np.matmul(places, du[t].T[:, :, None])[..., 0].T   # B4
            g[3 * H :], dweights = score.step(t, dweights)
        dg[t] = g
        ds = z * ds + back @ g + ds_read[t]                              # B7
    return da, dg, du, ds, da_o, score


class ScoreGradients:
    """What the steps send into the score's parameters, gathered from the last step to the first."""

    def __init__(self, params, cache):
        self.params, self.cache, S = params, cache, len(cache.batch.src)
        self.dkeys, self.slope = (np.zeros_like(cache.match[0]) for _ in range(2))
        self.dscores = np.zeros_like(cache.alignment)
        self.around = params["U_f"] @ params["F"] if "F" in params else None
        self.daround = self.dshift = self.dgrow = 0.0
        self.none, self.j = np.zeros_like(cache.alignment[0]), np.arange(1, S + 1)[:, None]

    def step(self, t, dweights):
        """`dweights` (S, B) at step t: the sum of da_e / v_a over the places, and dbefore."""
        params, weights = self.params, self.cache.alignment[t]
        before = self.cache.alignment[t - 1] if t else self.none
        self.dscores[t] = de = weights * (dweights - (weights * dweights).sum(axis=0))   # B5
        slope = np.multiply(self.cache.match[t], self.cache.match[t], out=self.slope)
        np.subtract(1, slope, out=slope)
        slope *= de[:, None]                                             # B6
        self.dkeys += slope
        dbefore = 0.0
        if self.around is not None:                                      # B11
            seen = neighbours(before, self.around.shape[1])
            self.daround = self.daround + columns(slope) @ columns(seen).T
            back = (self.around * params["v_a"]).T @ columns(slope)
            dbefore = neighbours_backward(steps_of(back, len(before)))
        if "shift" in params:                                            # B12
            off, kappa = off_window(params, before), np.exp(params["log_kappa"])
            dplace = 2 * kappa * (de * off).sum(axis=0)
            self.dshift += dplace.sum()
            self.dgrow -= kappa * (de * off * off).sum()
            dbefore = dbefore + self.j * dplace
        return slope.sum(axis=0), dbefore

    def gradients(self, asked, s, h):
        """Those of the score's parameters; the gradient at the keys (H, S B)."""
        params, match, v = self.params, self.cache.match, self.params["v_a"]
        dkeys = v * columns(self.dkeys)
        grads = {"U_a": dkeys @ columns(h).T, "W_a": v * (columns(asked) @ columns(s).T),
                 "v_a": sum(columns(m) @ de.reshape(-1, 1) for m, de in zip(match, self.dscores))}
        if self.around is not None:
            grads |= {"U_f": v * self.daround @ params["F"].T,
                      "F": params["U_f"].T @ (v * self.daround)}
        if "shift" in params:
            grads |= {"shift": np.full_like(params["shift"], self.dshift),
                      "log_kappa": np.full_like(params["log_kappa"], self.dgrow)}
        return grads, dkeys


def backward(params, cache):
    """Gradients of the loss of `forward`; embeddings' as `SparseRows`."""
    batch, s, u, masks, H = cache.batch, cache.s, cache.u, cache.masks, len(params["W_s"])
    da, dg, du, ds, da_o, score = attention_gradients(params, cache)
    dlogits, h, before = columns(cache.dlogits), cache.memory.h, columns(s[:-1])
    grads, dy = gru_gradients("dec", da, dg[:, : 3 * H], cache.y_emb, s, params["dec_W_x"])
    dy += params["V_o"].T @ da_o
    ds_0 = ds * (1 - s[0] ** 2)                                          # B9
    grads |= {"dec_W_u": columns(da) @ columns(u).T,
              "W_y": dlogits @ columns(cache.shown).T, "b_y": dlogits.sum(axis=1, keepdims=True),
              "U_o": da_o @ before.T, "V_o": da_o @ columns(cache.y_emb).T,
              "C_o": da_o @ columns(u).T, "b_o": da_o.sum(axis=1, keepdims=True),
              "W_s": ds_0 @ h[0, H:].T, "b_s": ds_0.sum(axis=1, keepdims=True),
              "W_tgt": sum_rows(batch.tgt_in.ravel(), hidden(dy, masks.y).T)}
    dh = np.matmul(cache.alignment.transpose(2, 1, 0), du.transpose(2, 0, 1))     # (B, S, 2H)
    dh = dh.transpose(1, 2, 0).copy()                                    # B8: context
    dh[0, H:] += params["W_s"].T @ ds_0
    if score:
        more, dkeys = score.gradients(dg[:, 3 * H :], s[:-1], h)
        grads |= more
        dh += steps_of(params["U_a"].T @ dkeys, len(dh))                 # B8: score
    return grads | two_ways_backward(params, dh, batch.src, batch.src_mask, cache.encoded, masks.x)

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title For the comparison: loss and gradients of one sentence, step by step, a road left out if wished
def walk(params, pair, road=None, photo=None):
    """One pair step by step: its loss, and all that the steps back need.

    At the mouth of `road` the value is read from `photo`, an earlier walk: a copy, which does not
    change with the parameters.
    """
    batch, H = make_batch([pair]), len(params["W_s"])
    runs = {}
    for way, order in WAYS:
        h = [np.zeros((H, 1))]
        for k, tokens in enumerate(batch.src[order]):
            old = photo["runs"][way][k] if road == f"neighbours {way}" else h[-1]
            h.append(encoder_step(params, tokens, old, way))
        runs[way] = h
    h = np.concatenate([np.array(runs["fw"][1:]), np.array(runs["bw"][:0:-1])], axis=1)
    memory = remember(params, h, batch.src_mask)
    bridge = memory._replace(h=photo["h"]) if road == "bridge" else memory
    states, logits = [start_state(params, bridge)], []
    if road == "score":
        memory = remember(params, photo["h"], batch.src_mask)._replace(h=h)
    if road == "context":
        memory = memory._replace(h=photo["h"])
    for t, tokens in enumerate(batch.tgt_in):
        s, before = states[-1]
        old, seen = photo["states"][t] if photo else (None, None)
        asks, reads, goes = (old if road == name else s
                             for name in ("asking", "readout", "recurrence"))
        y_emb = params["W_tgt"][tokens].T
        alignment, u = attend(params, asks, seen if road == "place" else before, memory)
        logits.append(readout(params, reads, y_emb, u))
        drive = params["dec_W_x"] @ y_emb + params["dec_W_u"] @ u + params["dec_b"]
        states.append((gru_step(drive, goes, params["dec_W_h"], params["dec_b_n"])[0], alignment))
    loss, dlogits = softmax_cross_entropy(np.array(logits), batch.tgt_out)
    return loss, dict(batch=batch, runs=runs, h=h, memory=memory, states=states, dlogits=dlogits)


def by_steps(params, pair, cut=None):
    """Loss and gradients of one pair by the step functions, the road `cut` left out."""
    loss, seen = walk(params, pair)
    batch, memory, states, H = seen["batch"], seen["memory"], seen["states"], len(params["W_s"])
    grads = {name: np.zeros_like(p) for name, p in params.items()}
    later, dh = (np.zeros((H, 1)), np.zeros_like(memory.mask)), np.zeros_like(memory.h)
    for t in reversed(range(len(batch.tgt_in))):
        more, to_s, to_h, dbefore = decoder_step_backward(
            params, batch.tgt_in[t], states[t], memory, seen["dlogits"][t], later)
        later = (sum(ds for road, ds in to_s.items() if road != cut),
                 dbefore * (cut != "place"))
        dh = dh + sum(d for road, d in to_h.items() if road != cut)
        for name in more:
            grads[name] += more[name]
    ds = later[0] * (1 - states[0][0] ** 2)                              # B9
    grads["W_s"], grads["b_s"] = ds @ memory.h[0, H:].T, ds
    dh[0, H:] += params["W_s"].T @ ds * (cut != "bridge")
    for (way, order), part in zip(WAYS, (slice(0, H), slice(H, None))):
        arrives, back = dh[order, part], 0.0
        for k in reversed(range(len(batch.src))):
            more, back = encoder_step_backward(params, batch.src[order][k], seen["runs"][way][k],
                                               arrives[k] + back, way)
            back = back * (cut != f"neighbours {way}")
            for name in more:
                grads[name] += more[name]
    return loss, grads

# %%
# folded: As in lessons 1 and 4: the gradient check, sparse rows as a matrix
# include: check/gradient_check.py code

# %%
# include: check/all_entries.py

# %%
steps_agree = True
for variant in VARIANTS:
    params, _ = tiny_example(np.random.default_rng(seed), variant)
    grads = all_entries(params, backward(params, forward(params, batch)[1]))
    by_sentence = {name: 0 for name in params}
    for pair, n in zip(some, words):
        for name, g in by_steps(params, pair)[1].items():
            by_sentence[name] = by_sentence[name] + g * n / sum(words)
    same = [np.allclose(grads[name], by_sentence[name], atol=1e-12)
            for name in params]
    steps_agree &= all(same)
    print(f"{variant:8s} {len(same)} gradients, the steps' sum: {all(same)}")

# %% [markdown]
# Sentence by sentence and step by step, without padding: the same gradients as the padded batch has, with every
# variant of the score.
#
# ## 7 Gradient check
#
# All four variants, every entry of every parameter.

# %%
gradient_is_right = True
for variant in VARIANTS:
    params, _ = tiny_example(np.random.default_rng(seed), variant)
    grads = all_entries(params, backward(params, forward(params, batch)[1]))
    errors = check_gradients(lambda p: forward(p, batch)[0], params, grads)
    agree = max(errors.values()) < 1e-6
    gradient_is_right &= agree
    print(f"{variant:8s} {len(errors)} parameters:", "all agree" if agree else
          f"WRONG {max(errors, key=errors.get)}")

# %% [markdown]
# ### Break it, one road at a time
#
# Leave out one road, and the check should fail. By *exactly* that road? Here is a way to say it: take a network in
# which the quantity at the mouth of that road is a **copy**, which no parameter moves. (In the code it comes from `photo`, what an earlier pass computed.) Its loss is
# the same number, but a change of a parameter no longer gets through there. The gradient without the road must be the
# right gradient of *that* network. **Guess first:** which parameters stay right when the road from the score into the
# places is cut: $U_a$, or those of the encoder?

# %%
roads = [(road, "plain") for road in (
    "context", "score", "neighbours fw", "neighbours bw", "bridge",
    "recurrence", "asking", "readout")]
roads += [("place", "window"), ("place", "location")]
cuts_are_exact, spoiled = True, {}
for road, variant in roads:
    params, (pair, *_) = tiny_example(np.random.default_rng(2), variant, 3, 2)
    _, photo = walk(params, pair)
    (_, right), (_, without) = (by_steps(params, pair, cut=cut)
                                for cut in (None, road))
    off = [np.abs(right[name] - without[name]).max() for name in right]
    spoiled[road] = [name for name, error in zip(right, off) if error > 1e-5]
    exact = max(check_gradients(
        lambda p: walk(p, pair, road, photo)[0], params, without).values())
    cuts_are_exact &= exact < 1e-6 and len(spoiled[road]) > 0
    print(f"{road:13s} ({variant}) cut: {len(spoiled[road])} of {len(right)} "
          f"wrong; right for a copy: {exact < 1e-6}")
print("score cut, wrong:", *spoiled["score"])

# %% [markdown]
# $U_a$ stays right: its own gradient does not pass through the places. The encoder's do, and are wrong, all of them,
# and a network with such a mistake may well still learn: the context's road is left. That is why it is easily
# overlooked.
#
# Two more mistakes that people make in attention. The softmax's coupling forgotten,
# $\bar e_{tj} = \alpha_{tj}\bar\alpha_{tj}$; and the mask applied *after* the softmax, so that padding takes weight
# from the words:

# %%
params, some = tiny_example(np.random.default_rng(seed))
rng = np.random.default_rng(seed)
scores = {"e": rng.normal(size=(5, 3))}
worth, mask = rng.normal(size=(5, 3)), make_batch(some).src_mask


def mixed(p):
    """A loss: what the weights of the scores `e` are worth together."""
    return float((worth * softmax_over_places(p["e"], mask)).sum())


weights = softmax_over_places(scores["e"], mask)
coupled = weights * (worth - (weights * worth).sum(axis=0))        # B5
for name, g in (("B5", coupled), ("without the coupling", weights * worth)):
    error = check_gradients(mixed, scores, {"e": g})["e"]
    print(f"{name}: {'agrees' if error < 1e-6 else 'WRONG'}")
late = softmax_over_places(scores["e"], np.ones((5, 3))) * mask
print("weights sum to one, mask before:", np.allclose(weights.sum(axis=0), 1),
      " mask after:", np.allclose(late.sum(axis=0), 1))

# %% [markdown]
# ## 8 Training

# %%
# folded: As in lessons 1, 2 and 4: clipping, Adam for rows, dropout's masks, logging
# include: training/optimiser.py clip
# include: training/optimiser.py adam
# include: training/sparse_adam.py
# include: training/loop.py record
# include: training/regularise.py mask
# include: setup/tracking.py

# %%
# folded: As in lesson 7: the loop, greedy and beam decoding, scores, progress lines
# include: training/pairs_loop.py
# include: training/pairs_regularise.py
# include: generate/decode.py greedy
# include: generate/decode.py many
# include: generate/decode.py beam
# include: generate/decode.py translate
# include: results/translation_scores.py exact
# include: results/translation_scores.py bleu
# include: results/translation_scores.py table
# include: training/pairs_reporter.py

# %% [markdown]
# Dropout (lesson 5) hides a share of the embeddings' numbers on both sides and of what the output reads, and matrices
# fade (lesson 7). Rates and number of updates were chosen on validation sentences.
#
# ### One sentence by heart

# %% tags=["train"]
sizes = dict(src_vocab_size=len(src_vocab), tgt_vocab_size=len(tgt_vocab),
             embed_size=embed_size, hidden_size=hidden_size, dtype=dtype)
lone = init_params(**sizes, rng=np.random.default_rng(seed))
lone_losses = train_pairs(lone, valid_ids[:1], 40, 1e-2, 1,
                          np.random.default_rng(seed))["loss"]
learned_one = lone_losses[-1] < 0.05
print(f"loss {lone_losses[0]:.2f} -> "
      f"{'below 0.05' if learned_one else lone_losses[-1]}")

# %% [markdown]
# ### The corpus, looking back
#
# **Guess first:** lesson 7's network, twice as wide, got three in five of the validation sentences word for word. This one?

# %% tags=["train"]
rng = np.random.default_rng(seed)
untrained = init_params(**sizes, rng=rng)
params = {name: p.copy() for name, p in untrained.items()}
run = start_tracking(log_to_wandb, settings)
report, valid_curve = pairs_reporter(params, valid_pairs, valid_ids,
                                     tgt_vocab, max(steps // 5, 1), run)
history = train_pairs(params, seen_ids, steps, learning_rate, batch_size,
                      rng, clip_norm, regularised(dropout, rng), report,
                      weight_decay=weight_decay)
finish_tracking(run)
plain = params

# %%
# include: training/pairs_loss_curve.py

# %%
# include: training/pairs_norm_curve.py

# %% [markdown]
# ### The same network, its eyes fixed
#
# Is it the looking, or the second GRU, the maxout, the training? The arm to compare with is the same network with its attention *frozen* on the last place, `<eos>`: the context is then one vector for the whole sentence, as in lesson 7. As many updates, batches of the same size, the same rate of dropout.

# %% tags=["define"]
def trained(attention):
    """A network of this page's size, trained as the one above was."""
    rng = np.random.default_rng(seed)
    p = init_params(**sizes, rng=rng, attention=attention)
    losses = train_pairs(p, seen_ids, steps, learning_rate, batch_size, rng,
                         clip_norm, regularised(dropout, rng),
                         weight_decay=weight_decay)["loss"]
    print(f"{attention}: training loss {np.mean(losses[-50:]):.2f} nats a word")
    return p

# %% tags=["train"]
frozen = trained("frozen")

# %% [markdown]
# ## 9 Held-out results
#
# ### By split
#
# The test sentences have played no part so far. *novel* pairs words that training never pairs; *long* has more
# clauses than any training sentence. **Guess first:** where will looking back help least: in new company, or
# in longer sentences?

# %%
# folded: Needed below, where it is explained: the alignment error rate
# include: results/alignment.py

# %%
# include: results/pairs_scored.py scored

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Both networks by split
results, translations = {}, {}
for label, p in (("plain", plain), ("frozen", frozen)):
    results[label], translations[label] = scored(p, label)

# %% [markdown]
# With its eyes fixed the network gets the short sentences and few others, and nothing of *long*; looking back, nearly
# all sentences of the training's kind. *novel* costs it little, though each line has a word in new company or a
# construction that was never seen: no place is missing there. At greater length it helps least: *long* stays poor, though every
# single clause of it is easy. Section 10 asks why. (One run of each: an observation, though a wide one.)
#
# ### By length
#
# The bottleneck of lesson 7 again. **Guess first:** will the curve of attention be flat?

# %%
# include: results/pairs_scored.py length

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Share of test sentences translated exactly by the number of source words: with attention it hardly falls, with the attention frozen it falls to nothing."}}
#@title Drawing: exact match by length, with attention and with it frozen
by_words = {label: by_length(said[reported[0]], held_out[reported[0]])
            for label, said in translations.items()}
ends = {label: [v for v in shares.values() if v is not None] for label, shares in by_words.items()}
gap = ends["plain"][-1] - ends["frozen"][-1]
draw_by_length({"looking back": by_words["plain"], "eyes fixed": by_words["frozen"]},
               "Looking back keeps long sentences" if gap > 0.3 else "Exact match by length")
plt.show()

# %% [markdown]
# Not quite flat: a long sentence has more words that can go wrong. But where the fixed eyes have nothing left,
# looking back still has most.
#
# ### Does it look where the word comes from?
#
# Now attention is scored, not admired. Feed the reference translation, link each word to the place with its largest
# weight, and compare these links $A$ with the gold ones, sure $G$ among possible $P$. The *alignment error rate* (Och
# & Ney, 2003) is 0 when every link is gold and no sure link is missed:
#
# $$\mathrm{AER} = 1 - \frac{|A \cap G| + |A \cap P|}{|A| + |G|}$$
#
# Beside it *precision*, the share of $A$ that is gold; *recall*, the share of sure links found; and *mass*, the share of the weight itself that lies on gold links, since the largest weight alone does not say how sure it was. **Guess first:** what will be the AER of a network that gets most sentences right, word for word?

# %%
# include: results/pairs_scored.py looks

# %%
aligned = {"plain": looks(plain, "plain")}

# %% [markdown]
# Far from 0: it translates well, and a good part of its largest weights are on no gold link. Before we call that a
# fault, let us look.
#
# ## 10 Look inside
#
# ### Six sentences
#
# One sentence for each of six things in which French differs from English. Shade: weight; a row is a French word, its weights sum to 1 over the English words. Framed: the gold links, dashed where they are possible only. **Guess first:** where does a French article, *le*, *la*, *l'* or *les*, look: at `the`?

# %%
# include: draw/alignment.py

# %%
# include: results/pairs_scored.py phenomena

# %%
# include: results/pairs_scored.py examples

# %%
# include: results/pairs_scored.py draw

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Six matrices of attention weights, French words by English words, with the gold links framed: adjective order, ne pas, object pronoun, possession, relative clause, gender by a later noun."}}
#@title Drawing: attention and gold links in six sentences, looking back
draw_examples(plain)
plt.show()

# %% [markdown]
# Nouns, verbs and adjectives look at their partners, and follow them when the order turns. Articles do not: they look
# at the *noun*. And they are right to. `the` says nothing about which of the four it has to be; the noun does, by its
# gender, number and first letter. The frame is where the word comes *from*; the shade is where the network looked,
# often at what one needs to *know* to say it.
#
# ### Attention is not alignment
#
# Two things keep the largest weight off the links. The first you have seen: what has to be known may stand elsewhere.
# The second is the order of the step: $s_{t-1}$ asks *before* word $t$ is chosen, and has not even read word $t-1$,
# which enters at the end of the step. It asks from what was
# likely, and one look has to serve the readout of word $t$ and the state that asks for word $t+1$. Is the whole diagonal shifted, then? Score each row of weights against the word one or two before or after its own. **Guess first:** which shift fits best?

# %%
# include: results/alignment_shift.py

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Alignment error rate when each weight row is scored against the word before, its own word, or the words after."}}
#@title Drawing: the error rate by shift
shifts, by_shift = (-2, -1, 0, 1, 2), {}
if linked:
    by_shift["plain"] = [shifted_error_rate(plain, held_out[reported[0]],
                                            held_out_ids[reported[0]], k) for k in shifts]
fig, ax = plt.subplots(figsize=(7, 3.2))
for rates, (colour, style) in zip(by_shift.values(), STYLES):
    ax.plot(shifts, rates, "o" + style, color=colour)
ax.set(xticks=shifts, xlabel="scored against the word this many places later", ylabel="AER",
       ylim=(0, 1), title="Attention's own word fits best, and not well"
       if linked and np.argmin(by_shift["plain"]) == 2 and min(by_shift["plain"]) > 0.1
       else "Alignment error rate by shift")
plt.show()
for name, rates in by_shift.items():
    print(name, *(f"{k:+d}: {rate:.2f}  " for k, rate in zip(shifts, rates)))

# %% [markdown]
# Its own word fits best: attention is not late. So where are the looks that miss?

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Whose partner does a word look at, and which words look elsewhere?
if linked:
    whose, by_word = whose_partner(plain, held_out[reported[0]], held_out_ids[reported[0]])
    print("on a partner of:", *(f"{name} {share:.0%}  " for name, share in whose.items()))
    missed = Counter({word: hits.count(False) for word, hits in by_word.items()})
    for word, count in missed.most_common(8):
        print(f"{word:8s} looks elsewhere {count:4d} times of {len(by_word[word])}")

# %% [markdown]
# Most of them are on the partner of the *next* word, and most of the words that do so are articles and their like,
# short words whose form hangs on the word to come. The network was asked to translate, never to align; where the two
# differ, it does what it was asked.
#
# ### Where attention loses its place
#
# On *long*, most sentences fail. Here is the shortest whose translation is more than three words too short or too
# long. Its weights, step by step, as it translates by itself: **guess first** what goes wrong before you look.

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Finding a sentence that it loses
lost_in = reported[2] if reported[2] in held_out else reported[0]
wrong = [(words, pair) for words, pair in zip(translations["plain"][lost_in], held_out[lost_in])
         if words != pair.target]
wrong = wrong or list(zip(translations["plain"][lost_in], held_out[lost_in]))
far = [(words, pair) for words, pair in wrong if abs(len(words) - len(pair.target)) > 3] or wrong
lost_said, lost = min(far, key=lambda found: (len(found[1].source), found[1].number))
print("english:  ", *lost.source)
print("reference:", *lost.target)
print("it says:  ", *lost_said)

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Weights of a long sentence as the network translates it, gold links framed as far as it is right; a line joins the largest weights."}}
#@title Drawing: the weights of the lost sentence
def draw_path(p, label):
    """The weights of `lost` under greedy translation by `p`; returns the steps' largest places."""
    words, weights = translate(p, lost.source, src_vocab, tgt_vocab)
    places = weights.argmax(axis=1)
    fig, ax = plt.subplots(figsize=(7.4, 6.4))
    agreed = next((t for t, (a, b) in enumerate(zip(words, lost.target)) if a != b), len(words))
    sure, possible = ({(j, t) for j, t in links if t < agreed}       # as far as it is right
                      for links in (lost.sure, lost.possible))
    alignment_panel(ax, weights, [*lost.source, "<eos>"], [*words, "<eos>"][: len(weights)],
                    sure, possible)
    ax.plot(places, np.arange(len(places)), "-", color="black", linewidth=1)
    ax.tick_params(labelsize=9)
    right = words == lost.target
    ax.set_title(f"{label}: {'word for word' if right else 'something is lost'}", fontsize=13)
    print(f"{label}: {len(words)} words of {len(lost.target)}; translated exactly: {right}")
    return places, words


lost_places, _ = draw_path(plain, "plain")
plt.show()

# %% [markdown]
# The line of the largest weights follows the sentence, and at one place it goes on from another clause: what lay
# between is left out. The question $s_{t-1}$ says what the next word should be like; where two clauses begin alike,
# two places answer alike, and nothing in the score knows which of them has been dealt with. In training, sentences
# were perhaps short enough for the state to keep count.
#
# ### Two ways to keep the place
#
# The score is told where it looked (section 4): by **location** features, or by the **window**. Here the window is
# trained, with as many updates as the plain network had; it adds two numbers to the network.
# **Guess first:** the step $\delta$ begins at 1 and $\log\kappa$ at −2, a window of about two words to either side.
# Which way will they go?

# %% tags=["train"]
windowed = trained("window")
kappa = np.exp(windowed["log_kappa"]).item()
step_learned, width = windowed["shift"].item(), 1 / np.sqrt(2 * kappa)
print(f"step {step_learned:.2f} places, width {width:.2f} places")

# %%
results["window"], translations["window"] = scored(windowed, "window")
aligned["window"] = looks(windowed, "window")

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Weights of the same long sentence by the network with the window, gold links framed: the line of the largest weights runs from beginning to end."}}
#@title Drawing: the same sentence, with the window
window_places, window_said = draw_path(windowed, "window")
plt.show()

# %% [markdown]
# The step has stayed just under one place a word (French needs a few words more than English), and the window has
# grown narrow: beyond two places hardly anything counts. With two more numbers, nearly all of the long sentences
# come out right, and the lost one is found.
#
# It has a price. The weights now keep to the diagonal, and where the order turns, at an adjective or an owner, they
# do not go there: AER is *higher* than before on *test* and *novel*. How can it translate what it does not look at?
# Because a place's vector knows its neighbours: both GRUs have told it. The network that translates long sentences
# best is the one whose attention, on *test*, is less of an alignment.
#
# (One run of each network. The same with three seeds;
# `python benchmarks/claims_by_seed.py pairs seq_2_seq/02` repeats it:)
#
# {{table arms_seq_bahdanau}}
#
# On *long* both ways to keep the place are far ahead of the plain score, and about as good as each other. On *novel*
# both are behind it. It depends on what is new: these lines have an owner inside a relative clause, where the order
# turns far; on the odd lines, which were for choosing and have another new construction, the window is ahead of the
# plain score by four points, and the location features are level with it.
#
# ### By length, once more

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Share of long sentences translated exactly by number of source words, for the plain score and the window: the plain falls to nothing, the window hardly falls."}}
#@title Drawing: exact match on the long sentences, by length
usual = LENGTHS
LENGTHS = ((1, 29), (30, 34), (35, 39), (40, 44), (45, 99))
long_curves = {label: by_length(translations[key][lost_in], held_out[lost_in])
               for label, key in (("plain", "plain"), ("window", "window"))}
LENGTHS, lengths_of_long = usual, LENGTHS
kept = results["window"].get(lost_in, 0) - results["plain"].get(lost_in, 0)
draw_by_length(long_curves, "The window keeps its place" if kept > 0.2 else
               "Exact match by length, sentences of four clauses and more")
plt.show()

# %% [markdown]
# The plain score begins to fail where the training sentences end, at about thirty words; the window goes on as if
# nothing had happened. On *novel* it changes far less: there the place is seldom the trouble.
#
# ## 11 Translate
#
# ### The crow and the jug, in French
#
# Told by the network with the window. In brackets: words that the reference does not have at that place; […]: words
# of the reference that are missing.

# %%
params = windowed

# %%
# include: generate/story.py

# %% [markdown]
# It leaves out no clause. What it gets wrong: a boy becomes a dog, and a *y* and a comma are left out. Type your own sentence (of words that the corpus has):

# %%
my_sentence = "the old crow drinks the cold water"   # change it, run again
words, weights = translate(windowed, my_sentence.split(), src_vocab, tgt_vocab)
for word, row in zip([*words, "<eos>"], weights):
    best = [*my_sentence.split(), "<eos>"][row.argmax()]
    print(f"{word:12s} looks at {best} ({row.max():.0%})")

# %% [markdown]
# ## 12 On your own
#
# **Exercise 1 (easy).** Set $W_a = 0$ in the trained plain network. What do all rows of weights have in common, and
# what is left of exact match?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 1: the same answer to every question
# Without W_a the score of a place does not depend on t: every step has the same weights.
deaf = {**plain, "W_a": np.zeros_like(plain["W_a"])}
_, cache_1 = forward(deaf, make_batch(valid_ids[:4]))
assert np.allclose(cache_1.alignment, cache_1.alignment[0])
left_1 = exact_match(translate_all(deaf, valid_ids[:100], tgt_vocab), valid_pairs[:100])
print(f"all rows equal; exactly right: {left_1:.0%}")

# %% [markdown]
# **Exercise 2 (easy).** How many of the network's numbers belong to the attention, and which share of them is the window's?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 2: a small part decides
whole = sum(p.size for p in windowed.values())
scoring = sum(windowed[name].size for name in ("W_a", "U_a", "v_a", "shift", "log_kappa"))
print(f"{scoring:,} of {whole:,} numbers score places; the window has 2 of them")
assert scoring == 3 * hidden_size**2 + hidden_size + 2

# %% [markdown]
# **Exercise 3 (medium).** The entropy $-\sum_j \alpha_{tj}\log\alpha_{tj}$ says how widely a row of weights is
# spread. Is it larger at the words that say nothing new in French, such as `ne`, than at nouns? Print the five most
# and the five least spread French words of the validation sentences.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 3: which words look widely
spread = defaultdict(list)
for begin in range(0, len(valid_ids), 100):
    batch_3 = make_batch(valid_ids[begin : begin + 100])
    rows = forward(plain, batch_3)[1].alignment
    logs = np.log(rows, where=rows > 0, out=np.zeros_like(rows))    # 0 log 0 = 0
    entropy = -(rows * logs).sum(axis=1)
    for token, value in zip(batch_3.tgt_out.ravel(), entropy.ravel()):
        if token >= 0:
            spread[tgt_vocab[token]].append(value)
means_3 = sorted((float(np.mean(v)), word) for word, v in spread.items() if len(v) >= 5)
print("least:", *(word for _, word in means_3[:5]))
print("most: ", *(word for _, word in means_3[-5:]))
order_3 = [word for _, word in means_3]
if "ne" in order_3:
    print(f"ne: more spread than {order_3.index('ne') / len(order_3):.0%} of the words")
assert all(-1e-6 < value < np.log(80) for value, _ in means_3)

# %% [markdown]
# **Exercise 4 (medium).** Cut the window's road to the step before on purpose: treat $\pi_{t-1}$ as a given number.
# Which equation changes, and how do you check such a gradient?

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 4: a window that is not blamed for where it stood
# B12 loses its second part. It is the right gradient of a network whose alpha_{t-1} is a copy.
params_4, some_4 = tiny_example(np.random.default_rng(2), "window", 2, 3)
_, photo_4 = walk(params_4, some_4[0])
_, cut_4 = by_steps(params_4, some_4[0], cut="place")
errors_4 = check_gradients(lambda p: walk(p, some_4[0], "place", photo_4)[0], params_4, cut_4)
assert max(errors_4.values()) < 1e-6
print("right for a copy:", max(errors_4.values()) < 1e-6)

# %% [markdown]
# **Exercise 5 (hard).** Dot-product attention scores $e_{tj} = (W_a s_{t-1})^\top (U_a h_j)$: no tanh, no $v_a$.
# Derive $\bar W_a$ and $\bar U_a$ from $\bar e_{tj}$ and check them for one step.

# %% jupyter={"source_hidden": true} cellView="form" tags=["solution", "hide-input"]
#@title Solution 5: a score without a tanh
# With question k = W_a s and key m_j = U_a h_j: dk = sum_j de_j m_j, dm_j = de_j k.
rng = np.random.default_rng(seed)
p_5 = {"W_a": rng.normal(size=(4, 3)), "U_a": rng.normal(size=(4, 6))}
s_5, h_5, worth_5 = rng.normal(size=(3, 2)), rng.normal(size=(5, 6, 2)), rng.normal(size=(5, 2))


def dot_loss(p):
    """A loss of the weights that dot products make, and the gradients."""
    ask, keys = p["W_a"] @ s_5, p["U_a"] @ h_5
    weights = softmax_over_places((keys * ask).sum(axis=1), np.ones((5, 2)))
    de = weights * (worth_5 - (weights * worth_5).sum(axis=0))
    return float((weights * worth_5).sum()), {
        "W_a": (de[:, None] * keys).sum(axis=0) @ s_5.T,
        "U_a": over_places(de[:, None] * ask, h_5)}


assert verdict(check_gradients(lambda p: dot_loss(p)[0], p_5, dot_loss(p_5)[1]))

# %% [markdown]
# ## 13 Summary and references
#
# One vector a word in the place of one a sentence; a question, a score, a softmax, a mix. The gradient reaches every
# place from every step along a road of length one. Long sentences are kept, as long as the question finds its place;
# in sentences longer than any it was trained on it does not, unless the score knows where it was. And what translates
# well need not look where the word comes from: often it looks at what it needs to know. The next lesson asks *after*
# the state has been brought up to date. The whole lesson on one card:
#
# | forward | code | backward | code |
# |---|---|---|---|
# | F2 $\overrightarrow h_j,\ \overleftarrow h_j$ | `encoder_step` | B1 back through a GRU | `gru_step_backward` |
# | F4 $s_0 = \tanh(W_s\overleftarrow h_1 + b_s)$ | `start_state` | B9 $\bar a^s = \bar s_0\odot(1-s_0^2)$ | `ds * (1 - s_0 ** 2)` |
# | F6 $\mu_{tj} = \tanh(W_a s_{t-1} + U_a h_j)$ | `match_of` | B6 $\bar a^e_{tj} = v_a\bar e_{tj}\odot(1-\mu_{tj}^2)$ | `v_a * dscores[:, None] * (1 - match**2)` |
# | F7 $e_{tj} = v_a^\top\mu_{tj}$ | `(v_a * match).sum(axis=1)` | B5 $\bar e_{tj} = \alpha_{tj}(\bar\alpha_{tj} - \sum_k\alpha_{tk}\bar\alpha_{tk})$ | `alignment * (dalignment - mean)` |
# | F8 $\alpha_t = \mathrm{softmax}(e_t)$ | `softmax_over_places` | B4 $\bar\alpha_{tj} = h_j^\top\bar u_t + \dots$ | `(h * du).sum(axis=1)` |
# | F9 $u_t = \sum_j\alpha_{tj}h_j$ | `(alignment[:, None] * h).sum(axis=0)` | B3 $\bar u_t = W_u^\top\bar a_t + C_o^\top\bar a^o_t$ | `dec_W_u.T @ da + C_o.T @ da_o` |
# | F12 $s_t = \mathrm{GRU}(\dots + W_u u_t, s_{t-1})$ | `decoder_step` | B7 recurrence, asking, readout | `to_s` |
# | F13, F14 readout | `readout` | B2 to the larger of two | `readout_backward` |
# | F10 features of $\alpha_{t-1}$ | `features` | B11 | `neighbours_backward` |
# | F11 $-\kappa(j - \pi_{t-1} - \delta)^2$ | `window` | B12 $\bar\alpha_{t-1,j} \mathrel{+}= j\,\bar\pi_{t-1}$ | `place_backward` |
# | F3 $h_j$: both states | `run_two_ways` | B8 context, score, neighbours | `to_h`, `two_ways_backward` |
#
# What this page showed:

# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title What this page showed, checked
at = reported[0]
claims = {
    "every entry of every gradient agrees with central differences, in all four variants":
        gradient_is_right and steps_agree,
    "a road left out spoils the gradient, by exactly that road": cuts_are_exact,
    "one sentence is learned by heart": learned_one,
    "attention beats the same network with its eyes fixed":
        results["plain"].get(at, 0) > results["frozen"].get(at, 0) + 0.2,
    "in the longest sentences by more": gap > 0.3,
    "attention is not alignment: it translates well and links badly":
        not linked or aligned["plain"][at]["AER"] > 0.1,
    "most looks that miss their own partner are on the next word's":
        not linked or whose["the next word's"] > (1 - whose["its own"]) / 2,
    "on long sentences the window keeps its place where the plain score loses it": kept > 0.2,
}
for claim, holds in claims.items():
    print("shown:" if holds else "NOT shown:", claim)
assert all(claims.values()) or not as_shipped

# %% [markdown]
# **References**
#
# - D. Bahdanau, K. Cho, Y. Bengio (2015). Neural machine translation by jointly learning to align and translate. *ICLR*, arXiv:1409.0473.
# - J. Chorowski et al. (2015). Attention-based models for speech recognition. *NeurIPS*, arXiv:1506.07503.
# - I. Goodfellow et al. (2013). Maxout networks. *ICML*, arXiv:1302.4389.
# - A. Graves (2013). Generating sequences with recurrent neural networks. arXiv:1308.0850. (Section 5: a window that moves on.)
# - I. Loshchilov, F. Hutter (2019). Decoupled weight decay regularization. *ICLR*, arXiv:1711.05101.
# - T. Luong, H. Pham, C. Manning (2015). Effective approaches to attention-based neural machine translation. *EMNLP*, arXiv:1508.04025. (Section 5.4: alignment error rate.)
# - F. Och, H. Ney (2003). A systematic comparison of various statistical alignment models. *Computational Linguistics* 29.
# - M. Schuster, K. Paliwal (1997). Bidirectional recurrent neural networks. *IEEE Transactions on Signal Processing* 45.
# - B. Yang et al. (2018). Modeling localness for self-attention networks. *EMNLP*, arXiv:1810.10182.
