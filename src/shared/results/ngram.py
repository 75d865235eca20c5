# %% [markdown] part="explain"
# The third is a **table of counts**, and a strong opponent. An *n-gram* model of order $m$ looks at the
# last $m-1$ characters, the *context* $u$, and at how often each character $w$ followed it in the
# training text. Say the context `th` was followed by `e` 5 times, by `a` 2 times and by `i` once. The
# plain shares 5/8, 2/8, 1/8 leave nothing for `o`, though *those* may come any moment. So *Kneser–Ney
# smoothing* takes a discount $D$ off each count, say 0.8: 4.2/8, 1.2/8, 0.2/8. The 2.4/8 that this
# frees are dealt out by the next shorter context $u'$, here `h`, and so on down to equal shares. **You can go on at the
# next heading**: the formulas only state this exactly, and nothing later needs them.
#
# $$
# \begin{aligned}
# p_m(w \mid u) &= \frac{c(uw) - D_{c(uw)} + F\, p_{m-1}(w \mid u')}{\sum_{w'} c(uw')}, \\
# F &= \sum_{w'} D_{c(uw')}, \qquad p_0 = \frac1V
# \end{aligned}
# \tag{K1}
# $$
#
# Where a context was never seen, $p_m = p_{m-1}$. At the longest context, $c$ counts occurrences. At
# every shorter one it counts *how many different characters* stood in front of $uw$: if `q` has stood
# before `u` hundreds of times, and nothing else ever has, that says little about `u` after an unknown
# letter. The discount depends on the count. For each order by itself, with $N_c$ the number of sequences $uw$ of that length
# that have count $c$, and $Y = N_1/(N_1 + 2 N_2)$,
#
# $$
# \begin{aligned}
# D_0 &= 0, \\
# D_c &= c - (c+1)\,Y\,\frac{N_{c+1}}{N_c} \;\text{ for } c = 1, 2, \\
# D_{c \ge 3} &= 3 - 4\,Y\,\frac{N_4}{N_3}.
# \end{aligned}
# \tag{K2}
# $$
#
# K2 is an estimate from rare counts, and characters have few of those in short contexts: a $D_c$ that comes
# out below 0.1 or above $c$ is set to 0.1 or $c$, and where one of $N_1$ to $N_4$ is zero all
# discounts are 0.75. This is Chen and Goodman's interpolated, modified form (1999) of the method of
# Kneser and Ney (1995). The order, and one factor on all discounts, are chosen on the validation fables.

# %% tags=["define", "hide-input"] part="code" jupyter={"source_hidden": true} cellView="form"
#@title The table of counts (K1, K2) in code: not needed to follow the lesson
def ngram_codes(tokens, m, vocab_size):
    """One integer for each run of `m` consecutive ids of `tokens` (N,): (N - m + 1,).

    A run is read as a number with the digits `tokens` in base V.
    """
    codes = np.zeros(len(tokens) - m + 1, dtype=np.int64)
    for j in range(m):
        codes = codes * vocab_size + tokens[j : len(tokens) - m + 1 + j]
    return codes


def kneser_ney_discounts(counts):
    """Discounts (4,) for counts 0, 1, 2 and 3 or more (K2); 0.75 each where a number is missing."""
    n = [np.count_nonzero(counts == c) for c in range(5)]
    if min(n[1:]) == 0:
        return np.array([0, 0.75, 0.75, 0.75])
    y = n[1] / (n[1] + 2 * n[2])
    discounts = [c - (c + 1) * y * n[c + 1] / n[c] for c in (1, 2, 3)]  # K2
    return np.clip([0, *discounts], [0, 0.1, 0.1, 0.1], [0, 1, 2, 3])


def fit_ngram(tokens, order, vocab_size):
    """Tables of a Kneser-Ney model, m = 1 .. `order`: codes, counts, discounts, contexts, first.

    `contexts` are the codes without their last token; `first` says where each one's codes start.
    """
    tables, counts = [], None
    for m in range(order, 0, -1):
        if counts is None:
            codes, counts = np.unique(ngram_codes(tokens, m, vocab_size), return_counts=True)
        else:  # how many different characters stand in front of each shorter sequence
            codes, counts = np.unique(codes % vocab_size**m, return_counts=True)
        contexts, first = np.unique(codes // vocab_size, return_index=True)
        tables.insert(0, (codes, counts, kneser_ney_discounts(counts), contexts, first))
    return {"tables": tables, "vocab_size": vocab_size}


def look_up(keys, values, wanted):
    """`values` at `wanted` codes, 0 where `keys` (sorted) has no such code."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)


def score_ngram(model, tokens, factor=1.0):
    """Log-probability (nats) of each next token of `tokens` (N,), read in order: (N - 1,).

    All discounts are multiplied by `factor` (and stay at or below the count).
    """
    V = model["vocab_size"]
    p = np.full(len(tokens), 1 / V)
    for m, (codes, counts, discounts, contexts, first) in enumerate(model["tables"], start=1):
        D = np.minimum(factor * discounts, [0, 1, 2, 3])
        wanted = ngram_codes(tokens, m, V)
        count = look_up(codes, counts, wanted)
        total = look_up(contexts, np.add.reduceat(counts, first), wanted // V)
        taken = look_up(contexts, np.add.reduceat(D[np.minimum(counts, 3)], first), wanted // V)
        p_m = (count - D[np.minimum(count, 3)] + taken * p[m - 1 :]) / np.maximum(total, 1)  # K1
        p[m - 1 :] = np.where(total > 0, p_m, p[m - 1 :])
    return np.log(p[1:])


def best_ngram(train_tokens, valid_tokens, vocab_size, max_order=9):
    """The (model, order, factor) that code `valid_tokens` in the fewest bits."""
    room = int(62 / np.log2(vocab_size))  # a code of more digits would not fit 64 bits
    longest = min(max_order, room, len(train_tokens), len(valid_tokens))
    models = {order: fit_ngram(train_tokens, order, vocab_size) for order in range(1, longest + 1)}
    tried = {
        (order, factor): bits(score_ngram(model, valid_tokens, factor))
        for order, model in models.items() for factor in (0.8, 0.9, 1.0, 1.1, 1.2)
    }
    order, factor = min(tried, key=tried.get)
    return models[order], order, factor

# %% part="baselines"
V = len(vocab)
unigram = fit_ngram(train_tokens, 1, V)
ngram, ngram_order, ngram_factor = best_ngram(train_tokens, valid_tokens, V)
table = f"{ngram_order}-gram"
baselines = {
    "uniform": np.log2(V),
    "unigram": bits(score_ngram(unigram, valid_tokens)),
    table: bits(score_ngram(ngram, valid_tokens, ngram_factor)),
}
for name, value in baselines.items():
    print(f"{name:8s} {value:.3f} bits per character on validation fables")
