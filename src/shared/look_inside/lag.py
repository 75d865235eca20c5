# %% tags=["define"]
def last_loss_gradients(params, inputs, targets):
    """What `state_gradients` returns, for each stream's last target alone.

    The mean over streams is undone: each has the gradient of its own loss.
    """
    last_only = np.full_like(targets, -1)              # -1: not counted
    last_only[-1] = targets[-1]
    streams = inputs.shape[1]
    state = zero_state(params, streams)
    _, _, cache = forward(params, inputs, last_only, state)
    return [streams * gradient for gradient in state_gradients(params, cache)]

# %% tags=["define"]
def quartiles_by_lag(gradient):
    """Quartiles of the streams' lengths of `gradient` (T, H, B): (3, T).

    Lag 0 comes first.
    """
    lengths = np.linalg.norm(gradient, axis=1)[::-1]   # (T, B)
    return np.quantile(lengths, (0.25, 0.5, 0.75), axis=1)
