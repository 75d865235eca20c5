"""Time a training step while one of its sizes grows, and fit time = constant x size ^ exponent.

    python benchmarks/scaling.py                          everything
    python benchmarks/scaling.py units length             some of units, batch, length, vocabulary
    python benchmarks/scaling.py --figure scaling.png     draw it, too

The step is that of training_step.py, NumPy's side alone: forward, backward, clipping, Adam, by the
functions of the built notebooks. All sizes but the one that grows are the notebook's own. The
tokens are random, frequent and rare ones by Zipf's law, and no sentence is padded. The sizes of a
line are timed by turns; times are medians.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

from embedding_gradient import zipf_ids
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
    typical_batch,
    windows,
)
from pair_claims import LUONG, main_options

import matplotlib.pyplot as plt  # isort: skip  (after lesson_step has set one thread)
import numpy as np  # isort: skip
from matplotlib.ticker import LogLocator, NullLocator  # isort: skip

LSTM, GRU = "char_level_lm/02_LSTM_NumPy", "char_level_lm/03_GRU_NumPy"
WORDS = "word_level_lm/02_LSTM_NumPy"
NAMES = {LSTM: "LSTM, characters", GRU: "GRU, characters", WORDS: "LSTM, words",
         LUONG: "attention, translation"}  # fmt: skip
UNITS, STREAMS, STEPS = (
    (32, 64, 128, 256, 512, 1024),
    (4, 8, 16, 32, 64, 128),
    (10, 20, 40, 80, 160),
)
# panel: (label of its axis, [(lesson, letters of what grows, its values)])
PANELS = {
    "units": ("hidden size H (units)", [
        (LSTM, "H", UNITS), (GRU, "H", UNITS), (WORDS, "H", UNITS), (LUONG, "H", UNITS[:-2]),
    ]),
    "batch": ("batch size B (streams or sentences)", [
        (LSTM, "B", STREAMS), (GRU, "B", STREAMS), (WORDS, "B", STREAMS), (LUONG, "B", STREAMS),
    ]),
    "length": ("length (characters or words)", [
        (LSTM, "T", STEPS), (GRU, "T", STEPS), (WORDS, "T", STEPS),
        (LUONG, "S", STEPS), (LUONG, "ST", STEPS[:-1]),
    ]),
    "vocabulary": ("vocabulary V (words)", [
        (WORDS, "V", (500, 1000, 2000, 4000, 8000, 16000)),
        (LUONG, "V", (125, 250, 500, 1000, 2000, 4000)),
    ]),
}  # fmt: skip
GROWS = {"H": "hidden size", "B": "batch", "T": "sequence length", "S": "source length",
         "ST": "source and target length", "V": "vocabulary"}  # fmt: skip
NOTES = """
Exponent: the slope of log time over log size; the 5th and 95th percentile of the rounds' slopes;
the slope over the largest three sizes. Operations: the same slope of the operations counted in
matrix products. Time has a smaller slope than these where what does not grow still weighs: calls
that cost as much for small arrays, and products that small arrays make less well. It has a larger
one where work grows that is no product, such as a tanh for each place at each step."""
# Dashes, marker and colour of a lesson's line: lines differ without colour, too.
STYLES = {
    LSTM: ("-", "o", "tab:blue"), GRU: ("--", "s", "tab:orange"), WORDS: ("-.", "^", "tab:green"),
    LUONG: (":", "D", "tab:red"), "ST": ((0, (6, 1, 1, 1, 1, 1)), "v", "tab:purple"),
}  # fmt: skip


class Line(NamedTuple):
    """One lesson and what grows: seconds has shape (rounds, sizes), operations (sizes,)."""

    lesson: str
    letters: str
    values: tuple
    seconds: np.ndarray
    operations: np.ndarray


def exponent(sizes, costs):
    """The slope of log cost over log size by least squares; of `costs` (n,) or each of (k, n)."""
    slopes = np.polyfit(np.log(sizes), np.log(costs).T, 1)[0]
    return float(slopes) if np.ndim(costs) == 1 else slopes


def own_sizes(space):
    """What the sizes of a lesson are: {letter: size}."""
    sizes = {"H": space["hidden_size"], "B": space["batch_size"]}
    if "batches_of" in space:
        batch, vocab_sizes = typical_batch(space)
        return {**sizes, "S": len(batch.src), "T": len(batch.tgt_in), "V": vocab_sizes}
    return {**sizes, "T": space["seq_len"], "V": len(windows(space, 1)[1])}


def language_step(space, sizes, rng):
    """A function that does one training step of a language model, and its operations."""
    B, T, V = sizes["B"], sizes["T"], sizes["V"]
    space = {**space, "hidden_size": sizes["H"], "batch_size": B, "seq_len": T}
    inputs, targets = zipf_ids(V, 2 * T * B, rng).reshape(2, T, B)
    params = first_params(space, counts=1 + V // np.arange(1, V + 1))
    step = numpy_stepper(space, params)
    return lambda: step(inputs, targets), product_flops(params, T, B)


def pair_step(space, sizes, options, rng):
    """As `language_step`, of a lesson on translation; `sizes["V"]` holds both vocabularies."""
    space = {**space, "hidden_size": sizes["H"], "batch_size": sizes["B"]}
    ids = (
        zipf_ids(V, (sizes["B"], length - 1), rng)  # one place is the mark of the end
        for V, length in zip(sizes["V"], (sizes["S"], sizes["T"]))
    )
    batch = space["make_batch"](list(zip(*ids)))
    params = first_network(space, sizes["V"], options)
    step = pair_stepper(space, params)
    return lambda: step(batch), pair_flops(params, batch)


def measured(lesson, letters, values, rounds):
    """A `Line`: `rounds` steps at each of `values`, by turns, after one that warms up."""
    space = namespace_of(ROOT / f"{lesson}.ipynb")
    own, of_pairs = own_sizes(space), "batches_of" in space
    found = []
    for value in values:
        sizes = own | {letter: value for letter in letters}
        rng = np.random.default_rng(space["seed"])
        if of_pairs:
            sizes["V"] = [value, value] if letters == "V" else own["V"]
            found.append(pair_step(space, sizes, main_options(lesson), rng))
        else:
            found.append(language_step(space, sizes, rng))
    steps, operations = zip(*found)
    seconds = np.empty((rounds + 1, len(values)))
    for n in range(rounds + 1):
        for i in np.roll(np.arange(len(values)), n):
            began = clock()
            steps[i]()
            seconds[n, i] = clock() - began
    return Line(lesson, letters, values, seconds[1:], np.array(operations))


def table(lines):
    """Markdown of what has been measured, with the exponents."""
    heads = ("lesson", "grows", "sizes", "ms a step", "exponent", "5 % to 95 %", "largest three",
             "operations")  # fmt: skip
    text = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for line in lines:
        medians = np.median(line.seconds, axis=0)
        low, high = np.percentile(exponent(line.values, line.seconds), (5, 95))
        cells = [line.lesson, f"{GROWS[line.letters]} ({', '.join(line.letters)})"]
        cells += [", ".join(f"{value:,}" if value >= 10_000 else str(value)
                            for value in line.values)]  # fmt: skip
        cells += [", ".join(f"{1e3 * t:.3g}" for t in medians)]
        cells += [f"{exponent(line.values, medians):.2f}", f"{low:.2f}–{high:.2f}"]
        cells += [f"{exponent(line.values[-3:], medians[-3:]):.2f}"]
        cells += [f"{exponent(line.values, line.operations):.2f}"]
        text.append("| " + " | ".join(cells) + " |")
    return "\n".join(text)


def draw(panels, path):
    """Save a log-log figure of {panel: lines} at `path`."""
    columns = min(len(panels), 2)
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(5.4 * columns, 5 * rows), squeeze=False, facecolor="white",
        layout="constrained",
    )  # fmt: skip
    for spare in axes.ravel()[len(panels) :]:
        spare.remove()
    for (name, lines), ax in zip(panels.items(), axes.ravel()):
        factors = []
        for line in lines:
            medians = 1e3 * np.median(line.seconds, axis=0)
            slope = exponent(line.values, medians)
            factors.append(2**slope)
            dashes, marker, colour = STYLES.get(line.letters, STYLES[line.lesson])
            said = NAMES[line.lesson] + {"S": ", source", "ST": ", both sides"}.get(
                line.letters, ""
            )
            ax.plot(line.values, medians, linestyle=dashes, marker=marker, color=colour,
                    label=f"{said}: exponent {slope:.2f}")  # fmt: skip
        # a baseline: what grows in proportion, through the last point of the first line
        sizes, at = np.array(lines[0].values), 1e3 * np.median(lines[0].seconds[:, -1])
        ax.plot(sizes, at * sizes / sizes[-1], color="grey", linewidth=0.8, label="in proportion")
        low, high = (f"{factor:.1f}" for factor in (min(factors), max(factors)))
        times = low if low == high else f"{low} to {high}"
        ax.set_title(f"Twice the {name}, {times} times the time")
        ax.set(xscale="log", yscale="log", xlabel=PANELS[name][0],
               ylabel="milliseconds a training step", facecolor="white")  # fmt: skip
        ax.set_xticks(sorted({value for line in lines for value in line.values}))
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter("{x:g}")
            axis.set_minor_locator(NullLocator())
        ax.tick_params(axis="x", labelsize="small")
        ax.grid(alpha=0.3)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), fontsize="small", frameon=False)
    figure.savefig(path, dpi=150, facecolor="white")
    plt.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("panels", nargs="*", help=f"of {', '.join(PANELS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=15, help="timed steps a size (default 15)")
    parser.add_argument("--figure", type=Path, metavar="PATH", help="save a log-log figure there")
    options = parser.parse_args()
    if unknown := set(options.panels) - set(PANELS):
        parser.error(f"{', '.join(sorted(unknown))}: choose of {', '.join(PANELS)}")
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    path = options.figure and options.figure.resolve()  # running a notebook's cells changes folder
    panels = {}
    print(f"NumPy {np.__version__}, float64, one thread\n", flush=True)
    for name in options.panels or PANELS:
        panels[name] = [measured(*what, options.rounds) for what in PANELS[name][1]]
    print(table([line for lines in panels.values() for line in lines]))
    print(NOTES)
    if path:
        draw(panels, path)
        print(f"\nThe figure is in {options.figure}.")


if __name__ == "__main__":
    main()
