# %% [markdown]
# Let $\ell_t$ be the column of logits and $y_t$ the target at step $t$. The model's
# distribution $p_t$ is the softmax of the logits, and the loss is the mean negative
# log-probability of the targets over all $N$ counted positions, in nats a token:
#
# $$\log p_t = \ell_t - \log\textstyle\sum_v e^{\ell_{t,v}} \tag{L1}$$
# $$L = -\frac1N \sum_t \log p_{t,\,y_t} \tag{L2}$$
#
# Computed as written, $e^{\ell}$ overflows for large logits. Subtracting the largest logit first
# changes nothing in L1 and keeps every exponent at or below zero; no $\varepsilon$ inside a
# logarithm is needed. The sum also runs over the streams; a position with a negative target is
# not counted, and its gradient is zero.
#
# The gradient with respect to the logits follows from L1 and L2. The logit $\ell_{t,v}$ reaches
# $L$ by two roads: directly, when $v = y_t$, with slope $-1/N$; and through the
# log-sum-exp, whose derivative is $e^{\ell_{t,v}}/\sum_u e^{\ell_{t,u}} = p_{t,v}$, with slope
# $p_{t,v}/N$. Roads add. With $\mathbf 1_{y_t}$ for the column that is 1 at the target and 0
# elsewhere,
#
# $$\frac{\partial L}{\partial \ell_t} = \frac1N\,\big(p_t - \mathbf 1_{y_t}\big) \tag{L3}$$

# %% tags=["define"]
def log_softmax(logits):
    """Log-probabilities (nats) of `logits` (T, V, B) over the V axis, by log-sum-exp (L1)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

# %% tags=["define"]
def softmax_cross_entropy(logits, targets):
    """Mean cross-entropy (nats a token) of `logits` (T, V, B) and its gradient (T, V, B).

    `targets` (T, B) holds token ids; a negative target is not counted.
    """
    log_p = log_softmax(logits)
    t, b = np.nonzero(targets >= 0)
    target, total = targets[t, b], max(len(t), 1)
    loss = -log_p[t, target, b].sum() / total                         # L2
    dlogits = np.exp(log_p)
    dlogits[t, target, b] -= 1                                        # L3
    dlogits *= (targets >= 0)[:, None, :] / total
    return float(loss), dlogits.astype(logits.dtype, copy=False)
