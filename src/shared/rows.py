# %% tags=["define"]
def empty_steps(T, M, B, dtype):
    """An empty array (T, M, B) with each row's steps side by side in memory.

    Products over all steps at once then need no copy of it.
    """
    return np.empty((M, T, B), dtype).swapaxes(0, 1)


def sigmoid(a, out=None):
    """The logistic function of `a`, as (1 + tanh(a / 2)) / 2: it cannot overflow."""
    out = np.tanh(0.5 * a, out=out)
    out *= 0.5
    out += 0.5
    return out
