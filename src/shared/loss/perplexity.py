# %% tags=["define"]
def perplexity(log_probabilities):
    """e to the mean of -log p (nats): among how many words it is choosing."""
    return float(np.exp(-np.mean(log_probabilities)))
