# %% tags=["define"]
def orthogonal(n, rng):
    """A random matrix (n, n) that turns vectors and keeps their lengths.

    Uniform over all such matrices (Saxe et al., 2014, start deep networks
    from them).
    """
    q, r = np.linalg.qr(rng.normal(size=(n, n)))  # q: orthogonal, r: triangular
    return q * np.sign(np.diag(r))                # undoes the signs qr chose
