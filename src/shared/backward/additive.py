# %% tags=["define"] part="attend"
def attend_backward(params, s, before, memory, du, dalignment):
    """Back through `attend`: shares, and roads to s, to `before` and to h.

    `du` (2H, B) arrives at the context, `dalignment` (S, B) is what the next
    step sends back to the weights.
    """
    alignment, _ = attend(params, s, before, memory)
    to_h = {"context": alignment[:, None] * du}                # B8
    if "v_a" not in params:
        return {}, np.zeros_like(s), np.zeros_like(before), to_h
    dalignment = (memory.h * du).sum(axis=1) + dalignment      # B4
    mean = (alignment * dalignment).sum(axis=0)
    dscores = alignment * (dalignment - mean)                  # B5
    match = match_of(params, s, before, memory)
    da_e = params["v_a"] * dscores[:, None] * (1 - match**2)   # B6
    asked = da_e.sum(axis=0)
    grads = {"W_a": asked @ s.T, "U_a": over_places(da_e, memory.h),
             "v_a": over_places(match, dscores[:, None])}      # B10
    more, dbefore = place_backward(params, before, da_e, dscores)
    to_h["score"] = params["U_a"].T @ da_e                     # B8
    return grads | more, params["W_a"].T @ asked, dbefore, to_h


def over_places(a, b):
    """Sum of a_j b_j^T over places and sentences: (S, M, B), (S, N, B)."""
    return np.tensordot(a, b, axes=([0, 2], [0, 2]))

# %% tags=["define"] part="place"
def place_backward(params, before, da_e, dscores):
    """Back to the weights of the step before: shares, and dbefore (S, B)."""
    grads, dbefore = {}, np.zeros_like(before)
    if "F" in params:
        width = params["F"].shape[1]
        dfeatures = params["U_f"].T @ da_e                     # B11
        dnear = params["F"].T @ dfeatures                      # (S, width, B)
        grads = {"U_f": over_places(da_e, features(params, before)),
                 "F": over_places(dfeatures, neighbours(before, width))}
        dbefore = dbefore + neighbours_backward(dnear)
    if "shift" in params:
        off, kappa = off_window(params, before), np.exp(params["log_kappa"])
        dplace = 2 * kappa * (dscores * off).sum(axis=0)       # B12
        grads = {"shift": dplace.sum().reshape(1, 1),
                 "log_kappa": -kappa * (dscores * off**2).sum()}
        j = np.arange(1, len(before) + 1)[:, None]
        dbefore = dbefore + j * dplace                         # B12
    return grads, dbefore


def neighbours_backward(dnear):
    """Back through `neighbours`: (S, width, B) -> (S, B)."""
    S, width, B = dnear.shape
    padded, reach = np.zeros((S + 2 * (width // 2), B)), width // 2
    for k in range(width):
        padded[k : k + S] += dnear[:, k]
    return padded[reach : reach + S]
