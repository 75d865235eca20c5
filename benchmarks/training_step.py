"""Time one training step of each lesson beside PyTorch: same tokens, sizes, float64, one thread.

    python benchmarks/training_step.py                     every lesson there is
    python benchmarks/training_step.py char_level_lm/01    the lessons whose path begins so

A step is forward pass, backward pass, clipping by the global norm and Adam. The NumPy side is
the notebook's own code: its `define` and `parameters` cells are run, and nothing else. The
PyTorch side is nn.RNN, nn.LSTM or nn.GRU with nn.Linear, cross_entropy, clip_grad_norm_ and
Adam. Its one-hot input is made before the clock starts.
"""

import argparse
import statistics
import sys
import time

from lesson_step import ROOT, namespace_of, numpy_stepper, windows

import numpy as np  # isort: skip  (after lesson_step has set one thread)

try:
    import torch
except ImportError:
    sys.exit("This comparison needs PyTorch: install its CPU build in this environment.")

LAYERS = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}
# Cho et al. reset the state before the matrix product, PyTorch after it: the two networks do
# the same amount of work and compute different functions.
DIFFERENT_FUNCTION = {"GRU"}
COLUMNS = (
    "lesson", "sizes", "NumPy ms", "PyTorch ms", "PyTorch / NumPy", "first loss",
    "product GFLOP/s", "NumPy share", "PyTorch share",
)  # fmt: skip
EXPLANATION = """
PyTorch / NumPy: the median over pairs of alternating steps; above 1 the NumPy step is faster.
Product: the rate of a 1000 x 1000 float64 matrix product. Share: operations in matrix products
(those with one-hot inputs not counted) per second of the whole step, over that rate.
PyTorch's one-hot input is made outside the timed part."""
DIFFERENT_EXPLANATION = """\
The GRU lesson resets the state before the matrix product, PyTorch after it. The two losses
differ by definition and are not compared."""


def lessons(beginnings):
    """Paths of the lessons to time, and those this script cannot time yet."""
    wanted = tuple(b.removesuffix(".ipynb") for b in beginnings)
    folders = ("char_level_lm", "word_level_lm", "seq_2_seq")
    paths = [p for folder in folders for p in sorted((ROOT / folder).glob("*.ipynb"))]
    paths = [p for p in paths if not wanted or p.relative_to(ROOT).as_posix().startswith(wanted)]
    known = [p for p in paths if p.parent.name == "char_level_lm"]
    return known, [p for p in paths if p not in known]


def torch_stepper(kind, space, params, same_function):
    """As `numpy_stepper`, in PyTorch, starting from the same parameters where that makes sense."""
    V, H = params["W_y"].shape
    layer = LAYERS[kind](V, H).double()
    linear = torch.nn.Linear(H, V).double()
    if same_function:
        with torch.no_grad():
            layer.weight_ih_l0.copy_(torch.from_numpy(params["W_x"]))
            layer.weight_hh_l0.copy_(torch.from_numpy(params["W_h"]))
            layer.bias_ih_l0.copy_(torch.from_numpy(params["b"][:, 0]))
            layer.bias_hh_l0.zero_()
            linear.weight.copy_(torch.from_numpy(params["W_y"]))
            linear.bias.copy_(torch.from_numpy(params["b_y"][:, 0]))
    weights = [*layer.parameters(), *linear.parameters()]
    adam = torch.optim.Adam(weights, lr=space["learning_rate"])
    state = None

    def step(one_hot, targets):
        nonlocal state
        adam.zero_grad(set_to_none=True)
        out, state = layer(one_hot, state)
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        loss = torch.nn.functional.cross_entropy(linear(out).view(-1, V), targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, space["clip_norm"])
        adam.step()
        return loss.item()

    return step


def product_rate(size=1000, repeats=8):
    """Floating-point operations a second of a `size` x `size` float64 product, one thread."""
    a, b = np.random.default_rng(0).normal(size=(2, size, size))
    a @ b
    best = np.inf
    for _ in range(repeats):
        began = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


def product_flops(params, seq_len, batch_size):
    """Operations in the matrix products of one step: three for each matrix that meets a state.

    Forward, gradient at the state, gradient of the matrix. W_x meets one-hot columns, which is
    a look-up: whatever a side spends on it counts as time and not as work.
    """
    matrices = sum(p.size for name, p in params.items() if min(p.shape) > 1 and name != "W_x")
    return 3 * 2 * matrices * seq_len * batch_size


def compare(path, kind, hidden_size, pairs):
    """Time `pairs` alternating steps. Returns a dict of medians and the largest loss difference."""
    space = namespace_of(path)
    space["hidden_size"] = hidden_size or space["hidden_size"]
    data, V = windows(space, 20)
    rng = np.random.default_rng(space["seed"])
    params = space["init_params"](vocab_size=V, hidden_size=space["hidden_size"], rng=rng)
    same_function = kind not in DIFFERENT_FUNCTION
    torch_step = torch_stepper(kind, space, params, same_function)
    numpy_step = numpy_stepper(space, params)
    eye = torch.eye(V, dtype=torch.float64)
    torch_data = [
        (eye[torch.from_numpy(inputs)], torch.from_numpy(targets).reshape(-1))
        for inputs, targets in data
    ]
    times, difference = [], 0.0
    for n in range(pairs + 5):
        seconds, loss = {}, {}
        sides = [("numpy", numpy_step, data), ("torch", torch_step, torch_data)]
        for name, step, batches in sides[:: 1 if n % 2 else -1]:
            began = time.perf_counter()
            loss[name] = step(*batches[n % len(batches)])
            seconds[name] = time.perf_counter() - began
        if n == 0:
            difference = abs(loss["numpy"] - loss["torch"])
        if n >= 5:  # the first five warm caches and memory
            times.append(seconds)
    if same_function and not difference < 1e-10:
        sys.exit(f"{path.name}: the first losses differ by {difference:.1e}: not the same network.")
    return {
        "numpy": statistics.median(t["numpy"] for t in times),
        "torch": statistics.median(t["torch"] for t in times),
        "ratio": statistics.median(t["torch"] / t["numpy"] for t in times),
        "flops": product_flops(params, space["seq_len"], space["batch_size"]),
        "sizes": f"H={space['hidden_size']} B={space['batch_size']} T={space['seq_len']} V={V}",
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
    if not_compared:
        print(DIFFERENT_EXPLANATION)
    for path in unknown:
        print(f"{path.relative_to(ROOT)}: not timed (only the character-level lessons are).")


if __name__ == "__main__":
    main()
