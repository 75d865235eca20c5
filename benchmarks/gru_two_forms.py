"""Time the two forms of the GRU: reset after the product, as libraries have it, and before it.

    python benchmarks/gru_two_forms.py

Forward and backward pass of the recurrent layer over a window of words, sizes 128 and 256, 25 and
100 steps, 16 streams, one thread, by turns in one process. The libraries' form is the lesson's
own, the paper's is `paper_gru.py`; the two share all cells but their loops. A vocabulary of eight
words keeps embeddings, output layer and loss next to nothing. The first product is also timed
alone: one of 3H rows, or one of 2H rows and one of H.
"""

import argparse
import statistics

from lesson_step import ROOT, clock, namespace_of
from paper_gru import paper_form

import numpy as np  # isort: skip  (after lesson_step has set one thread)

VOCAB_SIZE, BATCH_SIZE = 8, 16


def passes(space, forms, hidden_size, seq_len):
    """{name: a function that does forward and backward pass}."""
    rng = np.random.default_rng(0)
    params = space["init_params"](vocab_size=VOCAB_SIZE, hidden_size=hidden_size, rng=rng)
    inputs, targets = rng.integers(VOCAB_SIZE, size=(2, seq_len, BATCH_SIZE))
    state = space["zero_state"](params, BATCH_SIZE)

    def both(forward, backward):
        return lambda: backward(params, forward(params, inputs, targets, state)[2])

    return {name: both(*form) for name, form in forms.items()}


def loop_products(space, hidden_size, seq_len):
    """{name: a function that does the products with W_h of a forward pass, and nothing else}."""
    rng, H = np.random.default_rng(0), hidden_size
    W_h, h = rng.normal(size=(3 * H, H)), rng.normal(size=(H, BATCH_SIZE))
    by_blocks, row_blocks = space["by_blocks"], space["row_blocks"]

    def products(*matrices):
        blocks = [row_blocks(W, BATCH_SIZE) for W in matrices]
        outs = [np.empty((len(W), BATCH_SIZE)) for W in matrices]

        def run():
            for _ in range(seq_len):
                for block, out in zip(blocks, outs):
                    by_blocks(block, h, out=out)

        return run

    return {"libraries": products(W_h), "paper": products(W_h[: 2 * H], W_h[2 * H :])}


def medians(ways, repeats):
    """{name: median seconds} and the median of paper / libraries, the two by turns."""
    times = {name: [] for name in ways}
    for n in range(repeats + 3):
        for name in list(ways)[:: 1 if n % 2 else -1]:
            began = clock()
            ways[name]()
            if n >= 3:  # the first three warm caches and memory
                times[name].append(clock() - began)
    pairs = zip(times["paper"], times["libraries"])
    middle = {name: statistics.median(t) for name, t in times.items()}
    return middle, statistics.median(a / b for a, b in pairs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pairs", type=int, default=40, help="timed pairs (default 40)")
    options = parser.parse_args()
    space = namespace_of(ROOT / "word_level_lm" / "03_GRU_NumPy.ipynb")
    forms = {"libraries": (space["forward"], space["backward"]), "paper": paper_form(space)}
    print(f"NumPy {np.__version__}, float64, one thread, B = {BATCH_SIZE}\n")
    print("| H | T | libraries ms | paper ms | paper / libraries | of the loop's products alone |")
    print("|---" * 6 + "|")
    for H in (128, 256):
        for T in (25, 100):
            times, ratio = medians(passes(space, forms, H, T), options.pairs)
            _, of_products = medians(loop_products(space, H, T), options.pairs)
            cells = [H, T, *(f"{1e3 * times[name]:.2f}" for name in forms)]
            print(
                "| " + " | ".join(map(str, [*cells, f"{ratio:.2f}", f"{of_products:.2f}"])) + " |"
            )
    print(
        "\nThe ratios are medians over pairs; above 1 the libraries' form is faster. Last column:"
    )
    print("T products of 3H rows beside T of 2H rows and T of H rows.")


if __name__ == "__main__":
    main()
