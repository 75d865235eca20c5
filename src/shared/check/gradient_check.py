# %% [markdown] part="explain"
# A derivation can be wrong and the network still learn, only worse. So we check every entry of every
# gradient against its definition, a **central difference**: move one number $\theta$ of one
# parameter a little up and a little down, and see how the loss moves,
#
# $$\frac{\partial L}{\partial \theta} \approx \frac{L(\theta + \Delta) - L(\theta - \Delta)}{2\Delta}. \tag{G1}$$
#
# The error reported for a parameter is its largest difference, divided by its largest gradient entry.
# A right gradient stays far below $10^{-6}$, a wrong one is nowhere near it.

# %% tags=["define"] part="code"
def check_gradients(loss, params, grads, delta=1e-5):
    """Compare `grads` with central differences (G1) of `loss(params)`, every entry of each.

    Returns {name: largest error relative to the largest entry}; a wrong shape or a
    non-finite number counts as infinite. `params` is left as it was.
    """
    errors = {}
    for name, p in params.items():
        numeric = np.empty_like(p)
        for place in np.ndindex(p.shape):
            kept = p[place]
            p[place] = kept + delta
            above = loss(params)
            p[place] = kept - delta
            below = loss(params)
            p[place] = kept
            numeric[place] = (above - below) / (2 * delta)           # G1
        g = grads[name]
        fair = np.shape(g) == p.shape and np.isfinite(g).all() and np.isfinite(numeric).all()
        size = max(np.abs(g).max(), np.abs(numeric).max(), 1e-12)
        errors[name] = float(np.abs(g - numeric).max() / size) if fair else float("inf")
    return errors


# %% tags=["define"] part="code"
def verdict(errors, tolerance=1e-6):
    """Print one line for each parameter; return True when all errors are within `tolerance`."""
    for name, error in errors.items():
        print(f"{name:5s} {'agrees' if error < tolerance else 'WRONG'}")
    return all(error < tolerance for error in errors.values())
