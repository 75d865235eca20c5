# %% tags=["define"] part="sigmoid"
def sigmoid(a, out=None):
    """The logistic function 1 / (1 + exp(-a)), written to `out` if given.

    Where exp overflows, 1 / inf = 0 is right.
    """
    out = np.empty_like(a) if out is None else out
    np.negative(a, out=out)
    with np.errstate(over="ignore"):
        np.exp(out, out=out)
    out += 1
    return np.divide(1, out, out=out)

# %% tags=["define", "hide-input"] part="fast" jupyter={"source_hidden": true} cellView="form"
#@title For speed alone: tanh from the sigmoid's exponential, steps side by side in memory, products in blocks
def tanh(a, out=None):
    """tanh(a) as 2 sigmoid(2 a) - 1: on many processors faster than np.tanh."""
    out = sigmoid(np.multiply(a, 2, out=out), out=out)
    out *= 2
    out -= 1
    return out


def empty_steps(T, M, B, dtype):
    """An empty array (T, M, B) with each row's steps side by side in memory.

    Products over all steps at once then need no copy of it.
    """
    return np.empty((M, T, B), dtype).swapaxes(0, 1)


def row_blocks(W, columns):
    """`W` (M, K) as a stack (P, M / P, K) of equal blocks of rows.

    P is the smallest number with which a block times `columns` columns is at most a million
    multiplications: up to that size the linear algebra of many processors works straight from
    memory, beyond it copies the matrix first.
    """
    M, K = W.shape
    most = max(1_000_000 // (K * columns), 1)                # rows of a block
    P = next(P for P in range(1, M + 1) if M % P == 0 and M // P <= most)
    return W.reshape(P, M // P, K)


def by_blocks(blocks, x, out=None):
    """The product of the matrix that was cut into `blocks` (P, M / P, K) with `x` (K, B): (M, B)."""
    P, rows, _ = blocks.shape
    out = np.empty((P * rows, x.shape[1]), x.dtype) if out is None else out
    np.matmul(blocks, x, out=out.reshape(P, rows, -1))
    return out
