# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title The error rate by shift, and whose partner is looked at
def shifted_error_rate(params, pairs, ids, shift, size=50):
    """AER when row t of the weights is taken as the links of target word t + `shift`."""
    right = in_sure = guessed = sure = 0
    for begin in range(0, len(pairs), size):
        _, cache = forward(params, make_batch(ids[begin : begin + size]))
        for b, pair in enumerate(pairs[begin : begin + size]):
            places = cache.alignment[:, : len(pair.source), b].argmax(axis=1)
            links = {(int(places[t - shift]), t) for t in range(len(pair.target))
                     if 0 <= t - shift <= len(pair.target)}
            right += len(links & (pair.sure | pair.possible))
            in_sure += len(links & pair.sure)
            guessed, sure = guessed + len(links), sure + len(pair.sure)
    return 1 - (in_sure + right) / (guessed + sure)


def whose_partner(params, pairs, ids, size=50):
    """Whose gold partner each target word's largest weight is on, of words that have one.

    Returns ({"its own", "the next word's", "the word before's", "neither": share}, and
    {target word: [looked at its own partner?]}).
    """
    shares, by_word = Counter(), defaultdict(list)
    names = {0: "its own", 1: "the next word's", -1: "the word before's"}
    for begin in range(0, len(pairs), size):
        _, cache = forward(params, make_batch(ids[begin : begin + size]))
        for b, pair in enumerate(pairs[begin : begin + size]):
            gold = pair.sure | pair.possible
            places = cache.alignment[:, : len(pair.source), b].argmax(axis=1)
            for t in {t for _, t in gold}:
                own = [k for k in names if (int(places[t]), t + k) in gold]
                shares[names[own[0]] if own else "neither"] += 1
                by_word[pair.target[t]].append(own[:1] == [0])
    count = max(sum(shares.values()), 1)
    return {name: shares[name] / count for name in (*names.values(), "neither")}, by_word
