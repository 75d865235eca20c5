# %% [markdown]
# A derivation can be wrong and still train, only worse. So compare every entry of every
# gradient with a **central difference**: move one number of one parameter a little up and a
# little down, and see how the loss moves,
#
# $$\frac{\partial L}{\partial \theta_i} \approx \frac{L(\theta_i + \epsilon) - L(\theta_i - \epsilon)}{2\epsilon}. \tag{G1}$$
#
# The error reported for a parameter is its largest difference, relative to its largest
# gradient entry. A right gradient in float64 stays far below $10^{-6}$, a wrong one is
# nowhere near it.

# %% tags=["define"]
def check_gradients(loss, params, grads, epsilon=1e-5):
    """Compare `grads` with central differences (G1) of `loss(params)`, every entry of each.

    Returns {name: largest error relative to the largest entry}; a wrong shape or a
    non-finite number counts as infinite. `params` is left as it was.
    """
    errors = {}
    for name, p in params.items():
        numeric = np.empty_like(p)
        for i in np.ndindex(p.shape):
            kept = p[i]
            p[i] = kept + epsilon
            above = loss(params)
            p[i] = kept - epsilon
            numeric[i] = (above - loss(params)) / (2 * epsilon)       # G1
            p[i] = kept
        g = grads[name]
        fair = np.shape(g) == p.shape and np.isfinite(g).all() and np.isfinite(numeric).all()
        size = max(np.abs(g).max(), np.abs(numeric).max(), 1e-12)
        errors[name] = float(np.abs(g - numeric).max() / size) if fair else float("inf")
    return errors


def verdict(errors, tolerance=1e-6):
    """Print one line for each parameter; return True when all errors are within `tolerance`."""
    for name, error in errors.items():
        print(f"{name:5s} {'agrees' if error < tolerance else 'WRONG'}")
    return all(error < tolerance for error in errors.values())
