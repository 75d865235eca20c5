# %% tags=["define"]
def cross_entropy(logits, targets):
    """As `softmax_cross_entropy`, with one exponential and in place."""
    scores, targets = columns(logits), targets.ravel()    # (V, T B), (T B,)
    counted = np.flatnonzero(targets >= 0)
    share = 1 / max(len(counted), 1)
    wanted = targets[counted], counted
    highest = scores.max(axis=0)
    p = scores - highest
    np.exp(p, out=p)
    total = p.sum(axis=0)
    log_p = scores[wanted] - highest[counted] - np.log(total[counted])  # L1
    p *= np.where(targets >= 0, share / total, 0)         # L3: p
    p[wanted] -= share                                    # L3: minus onehot
    return float(-log_p.sum() * share), steps_of(p, len(logits))   # L2
