"""One training step of a lesson, from the notebook's own cells: what the timing scripts share."""

import json
import os
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before a script imports NumPy
os.environ.setdefault("MPLBACKEND", "Agg")

ROOT = Path(__file__).resolve().parent.parent


def namespace_of(path):
    """What the `define` and `parameters` cells of the notebook at `path` define."""
    space = {"__name__": "lesson"}
    os.chdir(path.parent)  # the data cell looks beside the notebook
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if {"define", "parameters"} & set(cell["metadata"].get("tags", [])):
            exec(compile("".join(cell["source"]), path.name, "exec"), space)
    return space


def windows(space, count):
    """The first `count` windows of the notebook's own training text: (inputs, targets) and V."""
    text = space["load_text"](space["corpus"])
    vocab = sorted(set(text))
    tokens = space["encode"](space["split_text"](text)[0], vocab)
    T = space["seq_len"]
    inputs, targets = space["make_streams"](tokens, space["batch_size"], T)
    cuts = [slice(i, i + T) for i in range(0, len(inputs) - T + 1, T)][:count]
    return [(inputs[cut].copy(), targets[cut].copy()) for cut in cuts], len(vocab)


def numpy_stepper(space, params):
    """A function that does one training step on window `i` and returns the loss."""
    memory, state = space["adam_init"](params), space["zero_state"](params, space["batch_size"])

    def step(inputs, targets):
        nonlocal state
        loss, state, cache = space["forward"](params, inputs, targets, state)
        grads = space["backward"](params, cache)
        grads, _ = space["clip_by_global_norm"](grads, space["clip_norm"])
        space["adam_step"](params, grads, memory, space["learning_rate"])
        return loss

    return step
