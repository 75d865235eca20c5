# %% tags=["define"] part="rows"
from typing import NamedTuple


class SparseRows(NamedTuple):
    """The rows `indices` (K,) of a gradient, `values` (K, E); the rest is 0.

    Where NumPy wants an array, as for its norm, it is `values`.
    """

    indices: np.ndarray
    values: np.ndarray

    def __mul__(self, factor):
        return SparseRows(self.indices, self.values * factor)

    def __array__(self, dtype=None, copy=None):
        return self.values


def sum_rows(ids, values):
    """`SparseRows` of `values` (N, E) at `ids` (N,), repeated ids summed."""
    order = np.argsort(ids, kind="stable")            # equal ids together
    indices, first = np.unique(ids[order], return_index=True)
    return SparseRows(indices, np.add.reduceat(values[order], first))

# %% tags=["define"] part="dense"
def to_dense(rows, vocab_size):
    """The gradient (V, E) that `rows` stand for, with all its zeros."""
    dense = np.zeros((vocab_size, rows.values.shape[1]), rows.values.dtype)
    dense[rows.indices] = rows.values
    return dense

# %% tags=["define"] part="columns"
def columns(a):
    """(T, M, B) -> (M, T B): the columns of all steps side by side."""
    return a.swapaxes(0, 1).reshape(a.shape[1], -1)


def steps_of(a, T):
    """(M, T B) -> (T, M, B): what `columns` did, undone."""
    return a.reshape(len(a), T, -1).swapaxes(0, 1)

# %% tags=["define", "hide-input"] part="columns" jupyter={"source_hidden": true} cellView="form"
#@title For speed alone: products with a large vocabulary in portions that the processor likes
def affine(W, x, b, rows=512):
    """W @ x + b, in blocks of rows that stay in the processor's cache."""
    out = np.empty((len(W), x.shape[1]), x.dtype)
    for start in range(0, len(W), rows):
        at = slice(start, start + rows)
        np.matmul(W[at], x, out=out[at])
        out[at] += b[at]
    return out


def outer(a, b):
    """a @ b.T for a tall `a` (V, N) and a small `b` (H, N): the other way round is faster."""
    return np.ascontiguousarray((b @ a.T).T)
