# %% [markdown] part="explain"
# ### From scores to probabilities
#
# The logits $\ell_t$ are one score a character, any real numbers. The *softmax* makes them
# probabilities: raise $e$ to each score, so that all are positive, and divide by their sum. We write
# it as a logarithm, because that is what the loss needs ($w$ runs over the characters):
#
# $$\log p_t = \ell_t - \log\textstyle\sum_w e^{\ell_{t,w}} \tag{L1}$$
#
# ### One number for how wrong it was
#
# The *cross-entropy* charges the model $-\log p$ for each character that came, where $p$ is the
# probability it had given to it: nothing for a certainty, much for a surprise. The loss is the mean
# over the $T$ steps of the window (with $B$ streams, over all $T \cdot B$ places):
#
# $$L = -\frac1T \sum_t \log p_{t,\,y_t} \tag{L2}$$
#
# With the natural logarithm the unit is the *nat*. With base 2 it is the *bit*, and easier to picture:
# a probability of $1/2$ costs one bit, of $1/4$ two, of $1/8$ three, as if the model had to ask so many
# yes-or-no questions before it knew. One nat is $1/\ln 2 = 1.44$ bits.

# %% part="explain"
for p in (1 / 2, 1 / 4, 1 / len(vocab)):           # the last: an even guess
    print(f"p = {p:.3f}: {-np.log(p):.3f} nats = {-np.log2(p):.3f} bits")

# %% [markdown] part="explain"
# ### Its gradient at the logits
#
# Where does $\ell_{t,w}$ enter $L$? By two roads: directly in L1, if $w$ is the target, with slope
# $-\frac1T$; and inside the logarithm of the sum, whose slope is
# $e^{\ell_{t,w}}/\sum_{w'} e^{\ell_{t,w'}} = p_{t,w}$, times $\frac1T$. A small change of the logit changes
# the loss along both, and the changes add (the multivariate chain rule: contributions along all paths
# add):
#
# $$\frac{\partial L}{\partial \ell_t} = \frac1T\,\big(p_t - \mathrm{onehot}(y_t)\big) \tag{L3}$$
#
# where $\mathrm{onehot}(y_t)$ is a column with 1 at the target and 0 elsewhere. For example, four
# characters, one step:
#
# | character | c | o | r | w |
# |---|---|---|---|---|
# | $p$ | 0.1 | 0.2 | 0.6 | 0.1 |
# | gradient, if **r** came | 0.1 | 0.2 | −0.4 | 0.1 |
#
# Going downhill raises the score of what came and lowers the others, each by how much it was believed.
#
# In code there are two cares. $e^{\ell}$ overflows for large scores; subtracting the largest score
# first changes nothing in L1 and keeps every exponent at or below zero. And some experiments ask
# about a few steps only: where the target is negative, nothing was asked, and the step is not counted.

# %% tags=["define"] part="code"
def log_softmax(logits):
    """Log-probabilities (nats) of `logits` (T, V, B) over the V axis (L1)."""
    shifted = logits - logits.max(axis=1, keepdims=True)   # no overflow
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))  # L1

# %% tags=["define"] part="code"
def softmax_cross_entropy(logits, targets):
    """Mean cross-entropy (nats a token) of `logits` and its gradient at them.

    Both have shape (T, V, B). `targets` (T, B) holds token ids; a negative
    target is not counted. L2 and L3 take the mean over the counted places.
    """
    log_p = log_softmax(logits)
    t, column = np.nonzero(targets >= 0)                 # the places that count
    target, count = targets[t, column], max(len(t), 1)
    loss = -log_p[t, target, column].sum() / count       # L2
    dlogits = np.exp(log_p)                              # p
    dlogits[t, target, column] -= 1                      # L3: minus onehot
    dlogits *= (targets >= 0)[:, None, :] / count
    return float(loss), dlogits.astype(logits.dtype, copy=False)
