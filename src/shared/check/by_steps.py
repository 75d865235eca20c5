# %% tags=["define"]
def by_steps(params, inputs, targets, state, **options):
    """Loss and gradients of a window, by `step` and `step_backward`.

    `options` go to `step_backward`.
    """
    states, logits = [state], []
    for tokens in inputs:                                  # t = 1 .. T
        scores, state = step(params, tokens, state)
        states.append(state)
        logits.append(scores)
    loss, dlogits = softmax_cross_entropy(np.array(logits), targets)
    grads = {name: np.zeros_like(p) for name, p in params.items()}
    dstate = zero_state(params, inputs.shape[1])           # no step after T
    for t in reversed(range(len(inputs))):                 # t = T .. 1
        share, dstate = step_backward(
            params, inputs[t], states[t], dlogits[t], dstate, **options)
        for name in grads:
            grads[name] += share[name]
    return loss, grads
