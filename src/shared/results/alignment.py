# %% tags=["define"]
def alignment_scores(params, pairs, ids, size=250):
    """How well attention finds the gold links, the reference being fed.

    Each target word is linked to the source word with its largest weight;
    `<eos>` counts on neither side (Luong et al., 2015, section 5.4; Och & Ney,
    2003). Returns {"AER", "precision", "recall", "mass"}; mass is the share
    of attention on gold links, of words that have one.
    """
    right = in_sure = guessed = sure = 0
    mass = []
    for begin in range(0, len(pairs), size):
        batch = make_batch(ids[begin : begin + size])
        _, cache = forward(params, batch)
        for b, pair in enumerate(pairs[begin : begin + size]):
            weights = cache.alignment[: len(pair.target), : len(pair.source), b]
            links = {(int(j), t) for t, j in enumerate(weights.argmax(axis=1))}
            gold = pair.sure | pair.possible
            right, in_sure = right + len(links & gold), in_sure + len(links & pair.sure)
            guessed, sure = guessed + len(links), sure + len(pair.sure)
            mass += [sum(weights[t, j] for j, k in gold if k == t)
                     for t in {k for _, k in gold}]
    return {"AER": 1 - (in_sure + right) / (guessed + sure),
            "precision": right / guessed, "recall": in_sure / sure,
            "mass": float(np.mean(mass))}
