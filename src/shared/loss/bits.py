# %% tags=["define"]
def bits(log_probabilities):
    """Mean code length, in bits a token, of `log_probabilities` in nats."""
    return float(-np.mean(log_probabilities) / np.log(2))
