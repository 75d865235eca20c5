# %% tags=["define", "hide-input"] part="exact" jupyter={"source_hidden": true} cellView="form"
#@title Exact match: the share of translations that equal the reference
def exact_match(said, pairs):
    """Share of translations that equal the reference word for word."""
    return float(np.mean([words == pair.target
                          for words, pair in zip(said, pairs)]))

# %% tags=["define", "hide-input"] part="bleu" jupyter={"source_hidden": true} cellView="form"
#@title BLEU, a score that forgives: not needed to follow the lesson
def bleu(said, pairs):
    """Corpus BLEU in per cent (Papineni et al., 2002), one reference each.

    The geometric mean of the shares of runs of 1 to 4 words that occur in the
    reference, times a penalty for being too short. 0 where a share is 0.
    """
    right, whole = np.zeros(4), np.zeros(4)
    for words, pair in zip(said, pairs):
        for n in range(4):
            runs, wanted = (Counter(tuple(side[i : i + n + 1])
                            for i in range(len(side) - n))
                            for side in (words, pair.target))
            right[n] += sum((runs & wanted).values())
            whole[n] += sum(runs.values())
    if min(right) == 0:
        return 0.0
    length, wanted = (sum(map(len, side)) for side in
                      (said, [pair.target for pair in pairs]))
    short = min(1.0, np.exp(1 - wanted / length))
    return float(100 * short * np.exp(np.mean(np.log(right / whole))))

# %% tags=["define", "hide-input"] part="tokens" jupyter={"source_hidden": true} cellView="form"
#@title How many words are right, the true words before being fed
def token_accuracy(params, pairs, size=250):
    """Share of target words that are likeliest given the TRUE words before."""
    right = count = 0
    for begin in range(0, len(pairs), size):
        batch = make_batch(pairs[begin : begin + size])
        _, cache = forward(params, batch)
        said = cache.logits.argmax(axis=1)
        right += (said == batch.tgt_out)[batch.tgt_mask > 0].sum()
        count += batch.tgt_mask.sum()
    return float(right / max(count, 1))

# %% tags=["define", "hide-input"] part="table" jupyter={"source_hidden": true} cellView="form"
#@title Scores by split and by length: nothing in it is needed to follow the lesson
LENGTHS = ((1, 9), (10, 14), (15, 19), (20, 24), (25, 99))


def by_length(said, pairs):
    """Exact match by the number of source words: {"10-14": share or None where there is none}."""
    found = {}
    for low, high in LENGTHS:
        chosen = [(words, pair) for words, pair in zip(said, pairs)
                  if low <= len(pair.source) <= high]
        name = f"{low}-{high}" if high < 99 else f"{low}+"
        found[name] = exact_match(*zip(*chosen)) if chosen else None
    return found
