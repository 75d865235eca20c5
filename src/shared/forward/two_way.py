# %% tags=["define"] part="step"
def encoder_step(params, tokens, h, way):
    """Read one source word: `tokens` (B,), `h` (H, B) -> the new h (H, B).

    `way` is "fw", from the first word on, or "bw", from the last one back."""
    side = f"enc_{way}"
    x = params["W_src"][tokens].T                              # F1
    drive = params[f"{side}_W_x"] @ x + params[f"{side}_b"]
    return gru_step(drive, h, params[f"{side}_W_h"],
                    params[f"{side}_b_n"])[0]                  # F2

# %% tags=["define", "hide-input"] part="run" jupyter={"source_hidden": true} cellView="form"
#@title For speed: both ways over all places, padding skipped
Encoded = namedtuple("Encoded", "x fw bw h")
WAYS = (("fw", slice(None)), ("bw", slice(None, None, -1)))   # a way, and the order it reads in


def run_two_ways(params, src, src_mask, hide=None):
    """Read `src` (S, B): x (S, E, B), what `gru_run` gives of each way, and h (S, 2H, B).

    A sentence's way back begins at its own `<eos>`: over the padding the state stays 0. `hide`
    (S, E, B) multiplies the embeddings.
    """
    S, B = src.shape
    x = steps_of(params["W_src"][src.ravel()].T, S)
    x = x if hide is None else hide * x
    H, runs = params["enc_fw_W_h"].shape[1], []
    for way, order in WAYS:
        drive = params[f"enc_{way}_W_x"] @ columns(x) + params[f"enc_{way}_b"]
        runs.append(gru_run(steps_of(drive, S)[order], np.zeros((H, B), x.dtype),
                            params[f"enc_{way}_W_h"], params[f"enc_{way}_b_n"], src_mask[order]))
    h = empty_steps(S, 2 * H, B, x.dtype)
    h[:, :H], h[:, H:] = runs[0][0][1:], runs[1][0][:0:-1]
    return Encoded(x, *runs, h)
