# %% tags=["define"]
def outer_sum(a, b):
    """Sum of a_t b_t^T over steps and streams: (T, M, B) and (T, N, B) -> (M, N), one product."""
    return np.tensordot(a, b, axes=([0, 2], [0, 2]))
