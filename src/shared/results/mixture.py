# %% tags=["define"]
def mix(first, second, share):
    """Log-probabilities of the mixture `share` * first + (1 - share) * second, all in nats."""
    if share in (0, 1):
        return first if share else second
    return np.logaddexp(np.log(share) + first, np.log(1 - share) + second)


def best_share(first, second):
    """The share of the first model, in steps of 0.05, with which the mixture takes fewest bits."""
    return float(min(np.arange(21) / 20, key=lambda share: bits(mix(first, second, share))))
