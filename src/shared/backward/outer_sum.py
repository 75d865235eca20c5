# %% tags=["define"]
def outer_sum(a, b):
    """Sum of a_t b_t^T over all steps t and all streams (columns).

    (T, M, B) and (T, N, B) -> (M, N). One product: `axes` names the axes that
    are summed over, T (0) and B (2) of both.
    """
    return np.tensordot(a, b, axes=([0, 2], [0, 2]))


def one_hot(tokens, vocab_size, dtype=np.float64):
    """Columns with a single 1: ids `tokens` (T, B) -> (T, V, B)."""
    characters = np.arange(vocab_size)[:, None]                # (V, 1)
    return (tokens[:, None, :] == characters).astype(dtype)    # (T, V, B)
