# %% tags=["define"]
def orthogonal(n, rng):
    """A random orthogonal matrix (n, n), uniform over all of them (Saxe et al., 2014)."""
    q, r = np.linalg.qr(rng.normal(size=(n, n)))
    return q * np.sign(np.diag(r))
