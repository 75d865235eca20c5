# %% [markdown]
# **Dropout.** A network of this size begins to learn a small book by heart. So during training, a
# random share of the states is hidden from the *output layer* (not from the next step:
# Zaremba et al., 2014), and the rest is scaled up so that the mean stays what it was. With
# $m_t$ a mask whose entries are $0$ with probability $q$ and $1/(1-q)$ otherwise, $h_t$
# becomes $m_t \odot h_t$ in the equation of the logits. Each state reaches the logits at the
# rate $m_t$ times what it was, so the gradient on that road is multiplied by the same mask.

# %% tags=["define"]
def with_dropout(rate, rng):
    """A forward pass for `train` that hides each state from the output with chance `rate`."""

    def run(params, inputs, targets, state):
        shape = len(inputs), params["W_h"].shape[1], inputs.shape[1]
        mask = (rng.random(shape) >= rate) / (1 - rate)
        return forward(params, inputs, targets, state, mask.astype(params["W_h"].dtype, copy=False))

    return run
