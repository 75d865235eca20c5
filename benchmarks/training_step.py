"""Time one training step of each lesson beside PyTorch: same tokens, sizes, float64, one thread.

    python benchmarks/training_step.py                     every lesson there is
    python benchmarks/training_step.py char_level_lm/01    the lessons whose path begins so

A step is forward pass, backward pass, clipping by the global norm and Adam. The NumPy side is
the notebook's own code: its `define` and `parameters` cells are run, and nothing else. The
PyTorch side is nn.RNN, nn.LSTM or nn.GRU with the output layer, cross_entropy, clip_grad_norm_
and Adam. Over characters its one-hot input is made before the clock starts. Over words both sides
look up embeddings and draw new dropout masks in every step; where the lesson's gradient of the
embeddings is sparse, so is PyTorch's (nn.Embedding(sparse=True) and SparseAdam), and where the
output layer is tied to them, one dense matrix does both on both sides.
"""

import argparse
import statistics
import sys

from lesson_step import (
    ROOT,
    clock,
    dropout_rates,
    first_params,
    namespace_of,
    numpy_stepper,
    windows,
)

import numpy as np  # isort: skip  (after lesson_step has set one thread)

try:
    import torch
except ImportError:
    sys.exit("This comparison needs PyTorch: install its CPU build in this environment.")

F = torch.nn.functional
LAYERS = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}
COLUMNS = (
    "lesson", "sizes", "NumPy ms", "PyTorch ms", "PyTorch / NumPy", "first loss",
    "product GFLOP/s", "NumPy share", "PyTorch share",
)  # fmt: skip
EXPLANATION = """
PyTorch / NumPy: the median over pairs of alternating steps; above 1 the NumPy step is faster.
Times are seconds computed by the process, where the machine has a fine clock for that.
Product: the rate of a 1000 x 1000 float64 matrix product. Share: operations in matrix products
(those with one-hot inputs not counted) per second of the whole step, over that rate."""
OF_CHARACTERS = """\
Over characters, PyTorch's one-hot input is made outside the timed part."""
OF_WORDS = """\
Over words, both sides look up embeddings and draw new masks of dropout in every step; the losses
are compared with the masks left out. PyTorch has no weight drop: W_h is multiplied by a mask and
handed to the layer with torch.func.functional_call. Its clip_grad_norm_ takes no sparse gradients:
they are coalesced and their norm is taken by hand."""
DIFFERENT_EXPLANATION = """\
The GRU over characters resets the state before the matrix product, PyTorch after it. The two
losses differ by definition and are not compared."""


def lessons(beginnings):
    """Paths of the lessons to time, and those this script cannot time yet."""
    wanted = tuple(b.removesuffix(".ipynb") for b in beginnings)
    folders = ("char_level_lm", "word_level_lm", "seq_2_seq")
    paths = [p for folder in folders for p in sorted((ROOT / folder).glob("*.ipynb"))]
    paths = [p for p in paths if not wanted or p.relative_to(ROOT).as_posix().startswith(wanted)]
    known = [p for p in paths if p.parent.name != "seq_2_seq"]
    return known, [p for p in paths if p not in known]


def copy_of(array):
    """A trainable tensor with the numbers of `array`."""
    return torch.nn.Parameter(torch.tensor(array))


def recurrent_layer(kind, params):
    """PyTorch's layer with the lesson's numbers, its second bias 0 but for the candidate's b_n."""
    H = params["W_h"].shape[1]
    layer = LAYERS[kind](params["W_x"].shape[1], H).double()
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.from_numpy(params["W_x"]))
        layer.weight_hh_l0.copy_(torch.from_numpy(params["W_h"]))
        layer.bias_ih_l0.copy_(torch.from_numpy(params["b"][:, 0]))
        layer.bias_hh_l0.zero_()
        if "b_n" in params:
            layer.bias_hh_l0[2 * H :] = torch.from_numpy(params["b_n"][:, 0])
    return layer


def over_characters(kind, params):
    """A function that gives loss and state, its dense weights and its sparse ones."""
    layer = recurrent_layer(kind, params)
    W_y, b_y = copy_of(params["W_y"]), copy_of(params["b_y"][:, 0])

    def loss_of(one_hot, targets, state):
        out, state = layer(one_hot, state)
        logits = F.linear(out, W_y, b_y)
        return F.cross_entropy(logits.view(-1, len(b_y)), targets), state

    return loss_of, [*layer.parameters(), W_y, b_y], []


def over_words(kind, params, rates):
    """As `over_characters`, with dropout by `rates` (inputs, outputs, W_h) unless `masks=False`.

    Without a W_y one matrix is embedding and output, and its gradient is dense.
    """
    layer, tied = recurrent_layer(kind, params), "W_y" not in params
    V, E = params["W_emb"].shape
    embedding = torch.nn.Embedding(V, E, sparse=not tied, _weight=torch.tensor(params["W_emb"]))
    b_y = copy_of(params["b_y"][:, 0])
    W_y = embedding.weight if tied else copy_of(params["W_y"])

    def loss_of(inputs, targets, state, masks=True):
        of_inputs, of_outputs, of_weights = rates if masks else (0, 0, 0)
        x, changed = embedding(inputs), {}
        if of_inputs:
            x = F.dropout(x, of_inputs)
        if of_weights:
            changed = {"weight_hh_l0": F.dropout(layer.weight_hh_l0, of_weights)}
        given = (x,) if state is None else (x, state)
        out, state = torch.func.functional_call(layer, changed, given) if changed else layer(*given)
        if of_outputs:
            out = F.dropout(out, of_outputs)
        logits = F.linear(out, W_y, b_y)
        return F.cross_entropy(logits.view(-1, V), targets, ignore_index=-1), state

    dense = [*layer.parameters(), W_y, b_y]
    return loss_of, dense, [] if tied else [embedding.weight]


def clip(weights, max_norm):
    """clip_grad_norm_, by hand where a gradient is sparse: on its rows, equal ones summed."""
    if not any(w.grad.is_sparse for w in weights):
        torch.nn.utils.clip_grad_norm_(weights, max_norm)
        return
    for w in weights:
        if w.grad.is_sparse:
            w.grad = w.grad.coalesce()
    parts = [w.grad.values() if w.grad.is_sparse else w.grad for w in weights]
    norm = torch.nn.utils.get_total_norm(parts)
    torch._foreach_mul_(parts, torch.clamp(max_norm / (norm + 1e-6), max=1))


def torch_stepper(space, loss_of, dense, sparse):
    """As `numpy_stepper`, in PyTorch."""
    rate, state = space["learning_rate"], None
    optimisers = [torch.optim.Adam(dense, lr=rate)]
    optimisers += [torch.optim.SparseAdam(sparse, lr=rate)] if sparse else []

    def step(inputs, targets):
        nonlocal state
        for optimiser in optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss, state = loss_of(inputs, targets, state)
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        loss.backward()
        clip(dense + sparse, space["clip_norm"])
        for optimiser in optimisers:
            optimiser.step()
        return loss.item()

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


def compare(path, kind, hidden_size, pairs):
    """Time `pairs` alternating steps. Returns a dict of medians and what the first losses did."""
    space = namespace_of(path)
    space["hidden_size"] = hidden_size or space["hidden_size"]
    data, counts = windows(space, 20)
    params, of_words = first_params(space, counts), "word_streams" in space
    if of_words:
        network = over_words(kind, params, dropout_rates(space))
        torch_inputs = [torch.from_numpy(inputs) for inputs, _ in data]
    else:
        network = over_characters(kind, params)
        eye = torch.eye(len(counts), dtype=torch.float64)
        torch_inputs = [eye[torch.from_numpy(inputs)] for inputs, _ in data]
    torch_targets = [torch.from_numpy(targets).reshape(-1) for _, targets in data]
    torch_data = list(zip(torch_inputs, torch_targets))
    # The paper's GRU resets the state before the matrix product, PyTorch's after it: they do the
    # same amount of work and compute different functions.
    same_function = kind != "GRU" or of_words
    if same_function:
        state = space["zero_state"](params, space["batch_size"])
        plain = {"masks": False} if of_words else {}
        with torch.no_grad():
            torch_loss = network[0](*torch_data[0], None, **plain)[0].item()
        difference = abs(space["forward"](params, *data[0], state)[0] - torch_loss)
        if not difference < 1e-10:
            sys.exit(f"{path.name}: first losses differ by {difference:.1e}: not the same network.")
    sides = [
        ("numpy", numpy_stepper(space, params), data),
        ("torch", torch_stepper(space, *network), torch_data),
    ]
    times = []
    for n in range(pairs + 5):
        seconds = {}
        for name, step, batches in sides[:: 1 if n % 2 else -1]:
            began = clock()
            step(*batches[n % len(batches)])
            seconds[name] = clock() - began
        if n >= 5:  # the first five warm caches and memory
            times.append(seconds)
    sizes = {"H": space["hidden_size"], "B": space["batch_size"], "T": space["seq_len"]}
    if of_words:
        sizes["E"] = params["W_emb"].shape[1]
    sizes["V"] = len(counts)
    return {
        "numpy": statistics.median(t["numpy"] for t in times),
        "torch": statistics.median(t["torch"] for t in times),
        "ratio": statistics.median(t["torch"] / t["numpy"] for t in times),
        "flops": product_flops(params, space["seq_len"], space["batch_size"]),
        "sizes": " ".join(f"{letter}={size}" for letter, size in sizes.items()),
        "loss": "equal to 1e-10" if same_function else "not compared",
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", help="beginnings of lesson paths (default: all)")
    parser.add_argument("--pairs", type=int, default=60, help="timed pairs of steps (default 60)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    known, unknown = lessons(options.lessons)
    if not known and not unknown:
        parser.error("no lesson there begins so")
    print(f"NumPy {np.__version__}, PyTorch {torch.__version__}, float64, one thread\n")
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    not_compared = False
    for path in known:
        kind = path.stem.split("_")[1]
        for hidden_size in (None, 256) if kind in ("LSTM", "GRU") else (None,):
            before = product_rate()
            r = compare(path, kind, hidden_size, options.pairs)
            rate = max(before, product_rate())  # the better of two: others may use the machine
            cells = [path.relative_to(ROOT).with_suffix("").as_posix(), r["sizes"]]
            cells += [f"{1e3 * r['numpy']:.2f}", f"{1e3 * r['torch']:.2f}", f"{r['ratio']:.2f}"]
            cells += [r["loss"], f"{rate / 1e9:.1f}"]
            cells += [f"{r['flops'] / r[side] / rate:.2f}" for side in ("numpy", "torch")]
            print("| " + " | ".join(cells) + " |", flush=True)
            not_compared |= r["loss"] == "not compared"
    print(EXPLANATION)
    folders = {path.parent.name for path in known}
    if "char_level_lm" in folders:
        print(OF_CHARACTERS)
    if "word_level_lm" in folders:
        print(OF_WORDS)
    if not_compared:
        print(DIFFERENT_EXPLANATION)
    for path in unknown:
        print(f"{path.relative_to(ROOT)}: not timed (only the language models are).")


if __name__ == "__main__":
    main()
