# %% tags=["define"]
def last_loss_gradients(params, inputs, targets):
    """Gradient of the mean loss of the last step's targets at each state: (T, H, B)."""
    last_only = np.full_like(targets, -1)
    last_only[-1] = targets[-1]
    _, _, cache = forward(params, inputs, last_only, zero_state(params, inputs.shape[1]))
    return state_gradients(params, cache)[0] * inputs.shape[1]
