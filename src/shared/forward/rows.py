# %% tags=["define"]
def empty_steps(T, M, B, dtype):
    """An empty array (T, M, B) with each row's steps side by side in memory.

    Products over all steps at once then need no copy of it.
    """
    return np.empty((M, T, B), dtype).swapaxes(0, 1)


def sigmoid(a, out=None):
    """The logistic function 1 / (1 + exp(-a)) of `a`, written to `out` if given.

    Where exp overflows, 1 / inf = 0 is right.
    """
    out = np.empty_like(a) if out is None else out
    np.negative(a, out=out)
    with np.errstate(over="ignore"):
        np.exp(out, out=out)
    out += 1
    return np.reciprocal(out, out=out)


def tanh(a, out=None):
    """tanh(a) as 2 sigmoid(2 a) - 1: on many processors faster than np.tanh."""
    out = sigmoid(np.multiply(a, 2, out=out), out=out)
    out *= 2
    out -= 1
    return out
