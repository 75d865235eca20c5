"""Time one training step of each lesson beside PyTorch: same tokens, sizes, float64, one thread.

    python benchmarks/training_step.py                     every lesson there is
    python benchmarks/training_step.py char_level_lm/01    the lessons whose path begins so

    --save             keep the numbers in tables/speed.json, for tools/results_page.py
    --machine AVX2     play an AVX2 machine, as tools/matrix.py does; or AVX-512

A step is forward pass, backward pass, clipping by the global norm and Adam. The NumPy side is
the notebook's own code: its `define` and `parameters` cells are run, and nothing else. The
PyTorch side is nn.RNN, nn.LSTM or nn.GRU with the output layer, cross_entropy, clip_grad_norm_
and Adam. Over characters its one-hot input is made before the clock starts. Over words both sides
look up embeddings and draw new dropout masks in every step; where the lesson's gradient of the
embeddings is sparse, so is PyTorch's (nn.Embedding(sparse=True) and SparseAdam), and where the
output layer is tied to them, one dense matrix does both on both sides. In translation one batch of
training pairs is read in every step, and matrices fade after it: nn.GRU over packed sequences, a
loop of nn.GRUCell where the decoder looks back (nn.GRU where it does not), attention by the
lesson's equations under autograd, AdamW.

PyTorch is an optional extra: where it is not installed, NumPy's side is measured alone.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

from lesson_step import (
    ROOT,
    clock,
    first_network,
    first_params,
    namespace_of,
    numpy_stepper,
    pair_flops,
    pair_stepper,
    product_flops,
    product_rate,
    typical_batch,
    windows,
)
from pair_claims import main_options
from stored_runs import TABLES

import numpy as np  # isort: skip  (after lesson_step has set one thread)

sys.path.append(str(ROOT / "tools"))
import matrix

try:
    import torch_step
except ModuleNotFoundError as missing:
    if missing.name != "torch":
        raise
    torch_step = None

FOLDERS = ("char_level_lm", "word_level_lm", "seq_2_seq")
SPEED = TABLES / "speed.json"
# What OpenBLAS calls its kernels, and the instructions that they use.
INSTRUCTIONS = {coretype: name for name, coretype, _ in matrix.MACHINES}
INSTRUCTIONS |= {"COOPERLAKE": "AVX-512", "SAPPHIRERAPIDS": "AVX-512", "ZEN": "AVX2"}
# Settings that keep PyTorch to the instructions of a machine. Its MKL heeds the second on Intel's
# processors; on others it uses AVX2 at most.
KEPT_TO = {
    "AVX-512": {},
    "AVX2": {"ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
}
COLUMNS = (
    "lesson", "sizes", "NumPy ms", "PyTorch ms", "PyTorch / NumPy", "5 % to 95 %", "first loss",
    "tokens a second", "product GFLOP/s", "NumPy share", "PyTorch share",
)  # fmt: skip
OF_TORCH = ("PyTorch ms", "PyTorch / NumPy", "5 % to 95 %", "first loss", "PyTorch share")
# What `--save` writes in a row beside lesson, sizes and kernels.
MEASURED = ("numpy", "torch", "ratio_median", "ratio_low", "ratio_high", "tokens_per_second",
            "share_of_matmul")  # fmt: skip
ALONE = "PyTorch is not installed here: NumPy's side is measured alone."
RATIOS = """
PyTorch / NumPy: the median over pairs of alternating steps, and the 5th and 95th percentile of the
pairs' ratios; above 1 the NumPy step is faster."""
EXPLANATION = """
Times are seconds computed by the process, where the machine has a fine clock for that.
Tokens a second: characters, words, or in translation words of both languages without padding, that
NumPy's steps read.
Product: the rate of a 1000 x 1000 float64 matrix product. Share: operations in matrix products
(those with one-hot inputs not counted) per second of the whole step, over that rate."""
OF_CHARACTERS = """\
Over characters, PyTorch's one-hot input is made outside the timed part."""
OF_WORDS = """\
Over words, both sides look up embeddings and draw new masks of dropout in every step; the losses
are compared with the masks left out. PyTorch has no weight drop: W_h is multiplied by a mask and
handed to the layer with torch.func.functional_call. Its clip_grad_norm_ takes no sparse gradients:
they are coalesced and their norm is taken by hand."""
OF_PAIRS = """\
In translation, both sides read one batch of training pairs of middle size, look up embeddings, draw
new masks of dropout in every step, update the rows that were read, and let all matrices fade; the
losses are compared with the masks left out, to 1e-9. PyTorch's encoder skips padding by packed
sequences. The NumPy step also rounds its parameters."""
DIFFERENT_EXPLANATION = """\
The GRU over characters resets the state before the matrix product, PyTorch after it. The two
losses differ by definition and are not compared."""


def lessons(beginnings):
    """Paths of the lessons to time."""
    wanted = tuple(b.removesuffix(".ipynb") for b in beginnings)
    paths = [p for folder in FOLDERS for p in sorted((ROOT / folder).glob("*.ipynb"))]
    return [p for p in paths if not wanted or stem_of(p).startswith(wanted)]


def stem_of(path):
    """`char_level_lm/01_RNN_NumPy` of a lesson's path."""
    return path.relative_to(ROOT).with_suffix("").as_posix()


def timed(sides, pairs):
    """Median seconds over `pairs` alternating steps of `sides`, (name, step, batches): a dict.

    Of two sides also the median, the 5th and the 95th percentile of torch over numpy in a pair.
    """
    times = []
    for n in range(pairs + 5):
        seconds = {}
        for name, step, batches in sides[:: 1 if n % 2 else -1]:
            began = clock()
            step(*batches[n % len(batches)])
            seconds[name] = clock() - began
        if n >= 5:  # the first five warm caches and memory
            times.append(seconds)
    found = {name: statistics.median(t[name] for t in times) for name, _, _ in sides}
    if "torch" in found:
        ratios = [t["torch"] / t["numpy"] for t in times]
        found["ratio_median"] = statistics.median(ratios)
        found["ratio_low"], found["ratio_high"] = map(float, np.percentile(ratios, (5, 95)))
    return found


def check_losses(path, numpy_loss, torch_loss, tolerance):
    difference = abs(numpy_loss - torch_loss)
    if not difference < tolerance:
        sys.exit(f"{path.name}: first losses differ by {difference:.1e}: not the same network.")
    return f"equal to {tolerance:.0e}".replace("e-0", "e-")


def compare_pairs(path, pairs):
    """As `compare`, of a lesson on translation."""
    space = namespace_of(path)
    batch, vocab_sizes = typical_batch(space)
    params = first_network(space, vocab_sizes, main_options(stem_of(path)))
    sides, loss = [("numpy", pair_stepper(space, params), [(batch,)])], None
    if torch_step:
        step, batches, torch_loss = torch_step.pair_side(space, params, batch)
        loss = check_losses(path, space["forward"](params, batch)[0], torch_loss, 1e-9)
        sides.append(("torch", step, batches))
    sizes = {"H": space["hidden_size"], "B": space["batch_size"], "S": len(batch.src)}
    sizes |= {
        "T": len(batch.tgt_in),
        "E": space["embed_size"],
        "V": "/".join(map(str, vocab_sizes)),
    }
    return {
        **timed(sides, pairs),
        "flops": pair_flops(params, batch),
        "tokens": int(batch.src_mask.sum() + batch.tgt_mask.sum()),
        "sizes": " ".join(f"{letter}={size}" for letter, size in sizes.items()),
        "loss": loss,
    }


def compare(path, kind, hidden_size, pairs):
    """Time `pairs` alternating steps. Returns a dict of medians and what the first losses did."""
    space = namespace_of(path)
    space["hidden_size"] = hidden_size or space["hidden_size"]
    data, counts = windows(space, 20)
    params, of_words = first_params(space, counts), "word_streams" in space
    sides, loss = [("numpy", numpy_stepper(space, params), data)], None
    if torch_step:
        step, torch_data, torch_loss = torch_step.language_side(space, kind, params, data)
        sides.append(("torch", step, torch_data))
        # The paper's GRU resets the state before the matrix product, PyTorch's after it: they do
        # the same amount of work and compute different functions.
        loss = "not compared"
        if kind != "GRU" or of_words:
            state = space["zero_state"](params, space["batch_size"])
            numpy_loss = space["forward"](params, *data[0], state)[0]
            loss = check_losses(path, numpy_loss, torch_loss, 1e-10)
    sizes = {"H": space["hidden_size"], "B": space["batch_size"], "T": space["seq_len"]}
    if of_words:
        sizes["E"] = params["W_emb"].shape[1]
    sizes["V"] = len(counts)
    return {
        **timed(sides, pairs),
        "flops": product_flops(params, space["seq_len"], space["batch_size"]),
        "tokens": space["seq_len"] * space["batch_size"],
        "sizes": " ".join(f"{letter}={size}" for letter, size in sizes.items()),
        "loss": loss,
    }


def used_here():
    """(instructions of the matrix products or None, what NumPy and OpenBLAS use in one line)."""
    found = matrix.probe(sys.executable, dict(os.environ))
    kernel = found["kernel"]
    return kernel and INSTRUCTIONS.get(kernel.upper(), kernel), matrix.described(found)


def stored_row(stem, hidden_size, kernels, r, rate):
    """What of the measurement `r` goes into speed.json, in the shape that results_page.py tells."""
    row = {"lesson": stem, "sizes": hidden_size and f"H={hidden_size}", "kernels": kernels}
    row |= {"numpy": round(1e3 * r["numpy"], 3)}
    if "torch" in r:
        row |= {"torch": round(1e3 * r["torch"], 3)}
        row |= {key: round(r[key], 3) for key in ("ratio_median", "ratio_low", "ratio_high")}
    row |= {"tokens_per_second": round(r["tokens"] / r["numpy"])}
    row |= {"share_of_matmul": round(r["flops"] / r["numpy"] / rate, 3)}
    return {key: value for key, value in row.items() if value is not None}


def merged(rows, new):
    """`rows` with the row `new` in place of what was measured of its lesson, sizes and kernels.

    What a row holds that this script does not measure stays. Rows stand in the lessons' order.
    """

    def key(row):
        folder, _, name = row["lesson"].partition("/")
        place = FOLDERS.index(folder) if folder in FOLDERS else len(FOLDERS)
        return place, name, row.get("sizes") or "", row.get("kernels") or ""

    by_key = {key(row): row for row in rows}
    old = by_key.get(key(new), {})
    by_key[key(new)] = {**{k: v for k, v in old.items() if k not in MEASURED}, **new}
    return [by_key[k] for k in sorted(by_key)]


def save(row):
    """Merge a row into speed.json."""
    rows = json.loads(SPEED.read_text(encoding="utf-8")) if SPEED.exists() else []
    text = json.dumps(merged(rows, row), indent=1, ensure_ascii=False)
    new = SPEED.with_suffix(".new")
    new.write_text(text + "\n", encoding="utf-8", newline="\n")
    new.replace(SPEED)


def cells_of(stem, r, rate):
    """{column: text}"""
    cells = {
        "lesson": stem,
        "sizes": r["sizes"],
        "NumPy ms": f"{1e3 * r['numpy']:.2f}",
        "tokens a second": f"{r['tokens'] / r['numpy']:,.0f}",
        "product GFLOP/s": f"{rate / 1e9:.1f}",
        "NumPy share": f"{r['flops'] / r['numpy'] / rate:.2f}",
    }
    if "torch" in r:
        cells |= {
            "PyTorch ms": f"{1e3 * r['torch']:.2f}",
            "PyTorch / NumPy": f"{r['ratio_median']:.2f}",
            "5 % to 95 %": f"{r['ratio_low']:.2f}–{r['ratio_high']:.2f}",
            "first loss": r["loss"],
            "PyTorch share": f"{r['flops'] / r['torch'] / rate:.2f}",
        }
    return cells


def play(machine, arguments):
    """Run this script as one of tools/matrix.py's machines, and exit with its code."""
    column = next(column for column in matrix.machines() if column.name == machine)
    if column.skipped or column.broken:
        sys.exit(f"{machine}: {column.skipped or column.broken}.")
    command = [sys.executable, __file__, *arguments]
    sys.exit(subprocess.run(command, env={**column.env, **KEPT_TO[machine]}).returncode)


def print_notes(folders, not_compared):
    """What the columns mean, and what is special about the lessons in these folders."""
    print((RATIOS if torch_step else "") + EXPLANATION)
    if "char_level_lm" in folders and torch_step:
        print(OF_CHARACTERS)
    if "word_level_lm" in folders and torch_step:
        print(OF_WORDS)
    if "seq_2_seq" in folders and torch_step:
        print(OF_PAIRS)
    if not_compared:
        print(DIFFERENT_EXPLANATION)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", help="beginnings of lesson paths (default: all)")
    parser.add_argument("--pairs", type=int, default=60, help="timed pairs of steps (default 60)")
    parser.add_argument("--save", action="store_true", help=f"merge rows into {SPEED.name}")
    parser.add_argument("--machine", choices=KEPT_TO, help="play one of tools/matrix.py's machines")
    options = parser.parse_args()
    paths = lessons(options.lessons)
    if not paths:
        parser.error("no lesson there begins so")
    if options.pairs < 1:
        parser.error("--pairs must be at least 1")
    if options.machine:
        again = ["--pairs", str(options.pairs), *["--save"] * options.save, *options.lessons]
        play(options.machine, again)
    kernels, described = used_here()
    print(f"{described}; matrix products on {kernels or 'unknown'} kernels")
    print(torch_step.described() if torch_step else ALONE)
    print("float64, one thread\n")
    columns = [column for column in COLUMNS if torch_step or column not in OF_TORCH]
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    ratios, not_compared = [], False
    for path in paths:
        kind, stem = path.stem.split("_")[1], stem_of(path)
        for hidden_size in (None, 256) if kind in ("LSTM", "GRU") else (None,):
            before = product_rate()
            if path.parent.name == "seq_2_seq":
                r = compare_pairs(path, options.pairs)
            else:
                r = compare(path, kind, hidden_size, options.pairs)
            rate = max(before, product_rate())  # the better of two: others may use the machine
            cells = cells_of(stem, r, rate)
            print("| " + " | ".join(cells[column] for column in columns) + " |", flush=True)
            if options.save:
                save(stored_row(stem, hidden_size, kernels, r, rate))
            not_compared |= r["loss"] == "not compared"
            if "torch" in r and not hidden_size:
                ratios.append(r["ratio_median"])
    if ratios:
        mean = statistics.geometric_mean(ratios)
        print(
            f"\nGeometric mean of PyTorch / NumPy, lessons at own sizes: {mean:.2f} ({len(ratios)})"
        )
    print_notes({path.parent.name for path in paths}, not_compared)


if __name__ == "__main__":
    main()
