# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title The alignment error rate, each weight row scored against a neighbouring word
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


def jumps(places):
    """How many of the steps from place to place (T,) lead further than 6 words."""
    return int((np.abs(np.diff(places)) > 6).sum())
