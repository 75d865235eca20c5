# %% tags=["define"] part="encoder_step"
def encoder_step(params, tokens, h):
    """Read one source word: `tokens` (B,), `h` (H, B) -> the new h (H, B)."""
    x = params["W_src"][tokens].T                              # F1
    drive = params["enc_W_x"] @ x + params["enc_b"]
    return gru_step(drive, h, params["enc_W_h"], params["enc_b_n"])[0]   # F2

# %% tags=["define"] part="decoder_step"
Memory = namedtuple("Memory", "u last")


def start_state(params, memory):
    """The decoder's first state, s_0 (H, B): the bridge."""
    return np.tanh(params["W_s"] @ memory.u + params["b_s"])            # F4

# %% tags=["define"] part="decoder_step"
def decoder_step(params, tokens, s, memory):
    """Say one word: `tokens` (B,), the words before, and `s` (H, B).

    Returns logits (V, B), the new s, and which places of the source it looked
    at (S, B), its attention: here the last one alone, where the context is.
    """
    y_emb = params["W_tgt"][tokens].T                          # F5
    drive = params["dec_W_x"] @ y_emb + params["dec_b"]
    if "dec_W_u" in params:                                    # at every step
        drive = drive + params["dec_W_u"] @ memory.u
    s = gru_step(drive, s, params["dec_W_h"], params["dec_b_n"])[0]     # F6
    return params["W_y"] @ s + params["b_y"], s, memory.last   # F7

# %% tags=["define"] part="start"
def init_params(*, src_vocab_size, tgt_vocab_size, embed_size, hidden_size,
                rng, dtype=np.float64, context="every"):
    """Parameters; `context` is read at "every" decoder step, or "once".

    Once: it is handed over in s_0 alone (Sutskever et al., 2014).
    """
    E, H = embed_size, hidden_size
    params = {"W_src": 0.1 * rng.normal(size=(src_vocab_size, E)),
              "W_tgt": 0.1 * rng.normal(size=(tgt_vocab_size, E))}
    for side in ("enc", "dec"):
        params |= {
            f"{side}_W_x": rng.normal(size=(3 * H, E)) / np.sqrt(E),
            f"{side}_W_h": np.concatenate(
                [orthogonal(H, rng) for _ in range(3)]),
            f"{side}_b": np.zeros((3 * H, 1)),
            f"{side}_b_n": np.zeros((H, 1)),
        }
    if context == "every":
        params["dec_W_u"] = rng.normal(size=(3 * H, H)) / np.sqrt(H)
    params |= {"W_s": orthogonal(H, rng), "b_s": np.zeros((H, 1)),
               "W_y": rng.normal(size=(tgt_vocab_size, H)) / np.sqrt(H),
               "b_y": np.zeros((tgt_vocab_size, 1))}
    return {name: p.astype(dtype) for name, p in params.items()}

# %% tags=["define"] part="forward"
Encoded = namedtuple("Encoded", "x h gates q")


def run_encoder(params, src, src_mask, hide=None):
    """Read `src` (S, B), padding skipped: x (S, E, B), h (S+1, H, B), …

    `hide` (S, E, B) multiplies the embeddings.
    """
    S, (H, B) = len(src), (params["enc_W_h"].shape[1], src.shape[1])
    x = steps_of(params["W_src"][src.ravel()].T, S)            # F1, all j
    x = x if hide is None else hide * x                        # D1
    drive = params["enc_W_x"] @ columns(x) + params["enc_b"]
    h0 = np.zeros((H, B), params["enc_W_h"].dtype)
    return Encoded(x, *gru_run(steps_of(drive, S), h0, params["enc_W_h"],
                               params["enc_b_n"], src_mask))   # F2, all j

# %% tags=["define"] part="forward"
def encode(params, src, src_mask):
    """What the decoder gets of `src` (S, B): u (H, B), and the last place."""
    u = run_encoder(params, src, src_mask).h[-1]               # F3
    ends = src_mask.sum(axis=0).astype(int) - 1                # <eos>
    last = (np.arange(len(src))[:, None] == ends).astype(u.dtype)
    return Memory(u, last)

# %% tags=["define"] part="forward"
Masks = namedtuple("Masks", "x y s", defaults=(None, None, None))
NO_MASKS = Masks()
Cache = namedtuple("Cache", "batch encoded u y_emb s gates q logits dlogits "
                            "alignment masks")

# %% tags=["define"] part="forward"
def forward(params, batch, masks=NO_MASKS):
    """Loss (nats a target word) of a batch, the true words fed; the cache."""
    T = len(batch.tgt_in)
    encoded = run_encoder(params, batch.src, batch.src_mask, masks.x)
    u = encoded.h[-1]                                          # F3
    y_emb = steps_of(params["W_tgt"][batch.tgt_in.ravel()].T, T)   # F5
    y_emb = y_emb if masks.y is None else masks.y * y_emb      # D1
    drive = params["dec_W_x"] @ columns(y_emb) + params["dec_b"]
    drive = steps_of(drive, T)
    if "dec_W_u" in params:
        drive = drive + params["dec_W_u"] @ u
    s_0 = np.tanh(params["W_s"] @ u + params["b_s"])           # F4
    s, gates, q = gru_run(                                     # F6, all t
        drive, s_0, params["dec_W_h"], params["dec_b_n"])
    shown = s[1:] if masks.s is None else masks.s * s[1:]      # D2
    scores = params["W_y"] @ columns(shown) + params["b_y"]    # F7, all t
    logits = steps_of(scores, T)
    loss, dlogits = cross_entropy(logits, batch.tgt_out)
    ends = batch.src_mask.sum(axis=0).astype(int) - 1
    last = np.arange(len(batch.src))[:, None] == ends
    alignment = np.broadcast_to(last, (T, *last.shape)).astype(u.dtype)
    return loss, Cache(batch, encoded, u, y_emb, s, gates, q, logits, dlogits,
                       alignment, masks)
