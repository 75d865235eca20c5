# %% tags=["define"]
def last_loss_gradients(params, inputs, targets):
    """What `state_gradients` returns, for the loss of each stream's last target alone.

    The mean over streams is undone: each stream has the gradient of its own loss.
    """
    last_only = np.full_like(targets, -1)              # -1: not counted
    last_only[-1] = targets[-1]
    streams = inputs.shape[1]
    _, _, cache = forward(params, inputs, last_only, zero_state(params, streams))
    return [streams * gradient for gradient in state_gradients(params, cache)]


def quartiles_by_lag(gradient):
    """Quartiles over streams of the length of `gradient` (T, H, B), lag 0 first: (3, T)."""
    lengths = np.linalg.norm(gradient, axis=1)[::-1]   # (T, B)
    return np.quantile(lengths, (0.25, 0.5, 0.75), axis=1)
