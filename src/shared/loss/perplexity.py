# %% tags=["define"]
def perplexity(log_probabilities):
    """exp of the mean -log p (nats): how many equally likely words it is like."""
    return float(np.exp(-np.mean(log_probabilities)))
