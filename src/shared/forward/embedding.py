# %% tags=["define"] part="rows"
from typing import NamedTuple


class SparseRows(NamedTuple):
    """The rows `indices` (K,) of a gradient, `values` (K, E); the rest is 0.

    As an array, and for its length, it is `values`.
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
