# %% [markdown]
# **The baseline to beat** is not chance. *Interpolated Kneser–Ney* (Kneser & Ney, 1995), in the
# modified form of Chen & Goodman (1999), looks up how often the context $u$, the last $m-1$
# characters, was followed by each character $w$. It takes a discount $D$ off every count, and
# hands all it took to the next shorter context $u'$ ($u$ without its first character). The
# letters of this box are its own:
#
# $$p_m(w \mid u) = \frac{c(uw) - D_{c(uw)} + \sum_v D_{c(uv)}\; p_{m-1}(w \mid u')}{\sum_v c(uv)},\qquad p_0 = \frac1V \tag{K1}$$
#
# Where the context was never seen, $p_m = p_{m-1}$. At the longest context $c$ counts
# occurrences. At every shorter one it counts *how many different characters* were seen in front
# of $uw$: a sequence that always follows the same character tells us nothing new once the longer
# context has failed. The discount depends on the count: with $n_i$ the number of sequences whose
# count is $i$ and $Y = n_1/(n_1 + 2 n_2)$,
#
# $$D_0 = 0,\qquad D_c = c - (c+1)\,Y\,\frac{n_{c+1}}{n_c} \;\text{ for } c = 1, 2,\qquad D_{c \ge 3} = 3 - 4\,Y\,\frac{n_4}{n_3}. \tag{K2}$$
#
# The order and a common factor on all discounts are chosen on the validation fables.

# %% tags=["define"]
def ngram_codes(tokens, m, vocab_size):
    """One integer for each run of `m` consecutive ids of `tokens` (N,): (N - m + 1,)."""
    codes = np.zeros(len(tokens) - m + 1, dtype=np.int64)
    for j in range(m):
        codes = codes * vocab_size + tokens[j : len(tokens) - m + 1 + j]
    return codes


def kneser_ney_discounts(counts):
    """Discounts (4,) for counts 0, 1, 2 and 3 or more (K2); 0.75 each where a number is missing."""
    n = [np.count_nonzero(counts == i) for i in range(5)]
    if min(n[1:]) == 0:
        return np.array([0, 0.75, 0.75, 0.75])
    y = n[1] / (n[1] + 2 * n[2])
    discounts = [c - (c + 1) * y * n[c + 1] / n[c] for c in (1, 2, 3)]
    return np.clip([0, *discounts], [0, 0.1, 0.1, 0.1], [0, 1, 2, 3])


# %% tags=["define"]
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


# %% tags=["define"]
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
    longest = min(max_order, int(62 / np.log2(vocab_size)), len(train_tokens), len(valid_tokens))
    models = {order: fit_ngram(train_tokens, order, vocab_size) for order in range(1, longest + 1)}
    tried = {
        (order, factor): bits(score_ngram(model, valid_tokens, factor))
        for order, model in models.items() for factor in (0.8, 0.9, 1.0, 1.1, 1.2)
    }
    order, factor = min(tried, key=tried.get)
    return models[order], order, factor
