# %% tags=["define"]
def all_entries(params, grads):
    """`grads` with each `SparseRows` as the matrix it stands for."""
    return {name: to_dense(g, len(params[name]))
            if isinstance(g, SparseRows) else g for name, g in grads.items()}
