# %% tags=["define"]
def mix(first, second, share):
    """Log-probabilities (nats) of `share` * first + (1 - share) * second."""
    if share in (0, 1):
        return first if share else second
    return np.logaddexp(np.log(share) + first, np.log(1 - share) + second)


def best_share(first, second):
    """The first model's share, in steps of 0.05, that takes fewest bits."""
    def cost(share):
        return bits(mix(first, second, share))

    return float(min(np.arange(21) / 20, key=cost))
