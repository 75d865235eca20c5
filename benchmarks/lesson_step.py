"""One training step of a lesson, from the notebook's own cells: what the timing scripts share."""

import json
import os
import time
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before a script imports NumPy
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np  # noqa: E402  (after the number of threads is set)

ROOT = Path(__file__).resolve().parent.parent
# Seconds that this process has computed: with one thread the time that passes on a quiet machine,
# and less disturbed by others on a busy one. Where this clock is coarse, the time that passes.
fine = time.get_clock_info("process_time").resolution < 1e-5
clock = time.process_time if fine else time.perf_counter


def namespace_of(path):
    """What the `define` and `parameters` cells of the notebook at `path` define."""
    space = {"__name__": "lesson"}
    os.chdir(path.parent)  # the data cell looks beside the notebook
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if {"define", "parameters"} & set(cell["metadata"].get("tags", [])):
            exec(compile("".join(cell["source"]), path.name, "exec"), space)
    return space


def windows(space, count):
    """The first `count` windows (inputs, targets) of the notebook's own training text.

    With them how often each token of the vocabulary occurs in it: (V,).
    """
    text, B, T = space["load_text"](space["corpus"]), space["batch_size"], space["seq_len"]
    train_text = space["split_text"](text)[0]
    if "word_streams" in space:
        vocab = space["make_vocab"](space["tokenize"](train_text))
        tokens = space["encode_fables"](train_text, vocab)
        inputs, targets = space["word_streams"](tokens, B, T)
    else:
        vocab = sorted(set(text))
        tokens = space["encode"](train_text, vocab)
        inputs, targets = space["make_streams"](tokens, B, T)
    cuts = [slice(i, i + T) for i in range(0, len(inputs) - T + 1, T)][:count]
    batches = [(inputs[cut].copy(), targets[cut].copy()) for cut in cuts]
    return batches, np.bincount(tokens, minlength=len(vocab))


def first_params(space, counts):
    """The parameters that the notebook starts from; `counts` (V,) as `windows` gives them."""
    sizes = {"vocab_size": len(counts), "hidden_size": space["hidden_size"]}
    if "word_streams" in space:
        sizes |= {"embed_size": space.get("embed_size"), "counts": counts}
    return space["init_params"](**sizes, rng=np.random.default_rng(space["seed"]))


def dropout_rates(space):
    """The rates of dropout on embeddings, on states shown to the output, and on W_h."""
    if "dropout_in" in space:
        return space["dropout_in"], space["dropout_out"], 0
    return 0, space["dropout"], space["weight_drop"]


def gradients_of(space):
    """Over characters the plain gradients; over words those of the main run, with its masks."""
    if "word_streams" not in space:
        return space["loss_and_gradients"]
    of_inputs, of_outputs, of_weights = dropout_rates(space)
    rates = (of_outputs, of_weights) if "dropout" in space else (of_inputs, of_outputs)
    return space["regularised"](*rates, np.random.default_rng(space["seed"]))


def numpy_stepper(space, params):
    """A function that does one training step on a window (inputs, targets) and returns the loss."""
    memory, state = space["adam_init"](params), space["zero_state"](params, space["batch_size"])
    gradients, update = gradients_of(space), space.get("sparse_adam_step", space["adam_step"])

    def step(inputs, targets):
        nonlocal state
        loss, state, grads = gradients(params, inputs, targets, state)
        grads, _ = space["clip_by_global_norm"](grads, space["clip_norm"])
        update(params, grads, memory, space["learning_rate"])
        return loss

    return step


def typical_batch(space):
    """A batch of the notebook's own training pairs: of a pass, the one of middle size.

    With it the sizes of both vocabularies.
    """
    seen = space["in_split"](space["load_pairs"](space["corpus"]), "train")
    vocabs = [
        space["make_vocab"]([word for pair in seen for word in getattr(pair, side)])
        for side in ("source", "target")
    ]
    ids = space["pair_ids"](seen, *vocabs)
    rng, B = np.random.default_rng(space["seed"]), space["batch_size"]
    batches = [b for b in space["batches_of"](ids, B, rng) if b.src.shape[1] == B]
    batches.sort(key=lambda batch: batch.src.size + batch.tgt_in.size)
    return batches[len(batches) // 2], [len(vocab) for vocab in vocabs]


def first_network(space, vocab_sizes, options):
    """The parameters that a lesson on translation starts from; `options` go to init_params."""
    sizes = dict(zip(("src_vocab_size", "tgt_vocab_size"), vocab_sizes))
    sizes |= {"embed_size": space["embed_size"], "hidden_size": space["hidden_size"]}
    return space["init_params"](**sizes, rng=np.random.default_rng(space["seed"]), **options)


def pair_stepper(space, params):
    """A function that does one training step on a batch of pairs and returns the loss."""
    memory, rng = space["adam_init"](params), np.random.default_rng(space["seed"])
    gradients = space["regularised"](space["dropout"], rng)
    kept = 1 - space["learning_rate"] * space["weight_decay"]

    def step(batch):
        loss, grads = gradients(params, batch)
        grads, _ = space["clip_by_global_norm"](grads, space["clip_norm"])
        space["sparse_adam_step"](params, grads, memory, space["learning_rate"])
        for p in params.values():  # as train_pairs
            if min(p.shape) > 1:
                p *= kept
            np.round(p, 5, out=p)
        return loss

    return step


def product_rate(size=1000, repeats=8):
    """Floating-point operations a second of a `size` x `size` float64 product, one thread."""
    a, b = np.random.default_rng(0).normal(size=(2, size, size))
    a @ b
    best = np.inf
    for _ in range(repeats):
        began = clock()
        a @ b
        best = min(best, clock() - began)
    return 2 * size**3 / best


def product_flops(params, seq_len, batch_size):
    """Operations in the matrix products of one step: three for each matrix that meets a state.

    Forward, gradient at the state, gradient of the matrix. What meets one-hot columns (W_x over
    characters, W_emb unless it is the output layer, too) is a look-up: whatever a side spends on
    it counts as time and not as work.
    """
    look_up = "W_x" if "W_emb" not in params else "W_emb" if "W_y" in params else None
    matrices = sum(p.size for name, p in params.items() if min(p.shape) > 1 and name != look_up)
    return 3 * 2 * matrices * seq_len * batch_size


def pair_flops(params, batch):
    """As `product_flops`, of a batch of pairs: encoder, decoder, and the mixing of places."""
    (S, B), T = batch.src.shape, len(batch.tgt_in)
    H, looks_back = params["W_y"].shape[1], "U_a" in params or "W_c" in params
    times = {"W_src": 0, "W_tgt": 0, "W_s": 1, "U_a": S}
    if not looks_back:
        times["dec_W_u"] = 1  # the same context at every step
    matrices = {name: p.size for name, p in params.items() if min(p.shape) > 1}
    counts = (
        size * times.get(name, S if name.startswith("enc_") else T)
        for name, size in matrices.items()
    )
    mixed = 2 * H * S * T if looks_back else 0
    scored = H * S * T if looks_back and "U_a" not in params else 0  # the dot score's products
    return 3 * 2 * B * (sum(counts) + mixed + scored)
