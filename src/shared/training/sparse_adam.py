# %% tags=["define"]
def sparse_adam_step(params, grads, adam, learning_rate,
                     beta1=0.9, beta2=0.999, eps=1e-8):
    """As `adam_step`, but of a `SparseRows` gradient only its rows move."""
    dense = {name: g for name, g in grads.items()
             if not isinstance(g, SparseRows)}
    adam_step(params, dense, adam, learning_rate, beta1, beta2, eps)
    for name in grads.keys() - dense.keys():
        at, g = grads[name]
        rows = {name: params[name][at]}               # copies of the rows
        part = {"n": adam["n"] - 1,                   # it counts one more
                "m": {name: adam["m"][name][at]},
                "v": {name: adam["v"][name][at]}}
        adam_step(rows, {name: g}, part, learning_rate, beta1, beta2, eps)
        params[name][at] = rows[name]
        adam["m"][name][at] = part["m"][name]
        adam["v"][name][at] = part["v"][name]
