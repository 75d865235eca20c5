# %% [markdown] part="explain"
# A derivation can be wrong and the network still learn, only worse. So we check every entry of every
# gradient against its definition, a **central difference**: move one number $\theta$ of one
# parameter up and down by a small $\Delta$ (here $10^{-5}$: with a larger one the loss's curvature disturbs, with a
# much smaller one the rounding of the computer), and see how the loss moves,
#
# $$\frac{\partial L}{\partial \theta} \approx \frac{L(\theta + \Delta) - L(\theta - \Delta)}{2\Delta}. \tag{G1}$$
#
# The error reported for a parameter is its largest difference, divided by its largest gradient entry.
# We call a gradient right if that is below $10^{-6}$; a mistake gives an error many orders of magnitude larger.

# %% tags=["define"] part="code"
def check_gradients(loss, params, grads, delta=1e-5):
    """Compare all entries of `grads` with central differences (G1) of `loss`.

    Returns {name: largest error relative to the largest entry}; a wrong
    shape or a non-finite number counts as infinite. `params` stays as it was.
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
            numeric[place] = (above - below) / (2 * delta)     # G1
        g, errors[name] = grads[name], float("inf")
        fair = np.isfinite(g).all() and np.isfinite(numeric).all()
        if fair and np.shape(g) == p.shape:
            size = max(np.abs(g).max(), np.abs(numeric).max(), 1e-12)
            errors[name] = float(np.abs(g - numeric).max() / size)
    return errors


# %% tags=["define"] part="code"
def verdict(errors, tolerance=1e-6):
    """Print a line a parameter; True when all errors are below `tolerance`."""
    for name, error in errors.items():
        print(f"{name:5s} {'agrees' if error < tolerance else 'WRONG'}")
    return all(error < tolerance for error in errors.values())
