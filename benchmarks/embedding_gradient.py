"""Time the ways to make the gradient of the embeddings, and the two Adams, for three vocabularies.

    python benchmarks/embedding_gradient.py

A window of the word-level lessons, 16 x 25 ids drawn by Zipf's law, E = 128, one thread, by turns
in one process. `sum_rows`, `to_dense`, `adam_step` and `sparse_adam_step` are those of the lesson.
All ways must give the same gradient before they are timed.
"""

import argparse
import statistics

from lesson_step import ROOT, clock, namespace_of

import numpy as np  # isort: skip  (after lesson_step has set one thread)

WINDOW, EMBED_SIZE = (25, 16), 128
SIZES = (1_000, 10_000, 100_000)
MOST_BYTES = 100_000_000  # for a matrix of one-hot columns


def zipf_ids(vocab_size, count, rng):
    """`count` ids; the k-th most frequent of `vocab_size` words has a share as 1 / k."""
    shares = 1 / np.arange(1, vocab_size + 1)
    return rng.choice(vocab_size, size=count, p=shares / shares.sum())


def by_add_at(ids, values, vocab_size):
    dense = np.zeros((vocab_size, values.shape[1]))
    np.add.at(dense, ids, values)
    return dense


def by_bincount(ids, values, vocab_size):
    columns = [np.bincount(ids, column, minlength=vocab_size) for column in values.T]
    return np.stack(columns, axis=1)


def by_one_hot(ids, values, vocab_size):
    one_hot = np.zeros((vocab_size, len(ids)))
    one_hot[ids, np.arange(len(ids))] = 1
    return one_hot @ values


def gradients(space, ids, values, vocab_size):
    """{name: a function that makes the gradient}, that of `sum_rows` first."""
    ways = {
        "sum_rows, as rows": lambda: space["sum_rows"](ids, values),
        "sum_rows, then to_dense": lambda: space["to_dense"](
            space["sum_rows"](ids, values), vocab_size
        ),
        "np.add.at": lambda: by_add_at(ids, values, vocab_size),
        "np.bincount by column": lambda: by_bincount(ids, values, vocab_size),
    }
    if 8 * vocab_size * len(ids) <= MOST_BYTES:
        ways["product with one-hot columns"] = lambda: by_one_hot(ids, values, vocab_size)
    return ways


def optimisers(space, ids, values, vocab_size):
    """{name: a function that does one update}; each has its own parameters."""
    rows = space["sum_rows"](ids, values)

    def updating(step, gradient):
        params = {"W_emb": np.zeros((vocab_size, values.shape[1]))}
        memory = space["adam_init"](params)
        return lambda: step(params, {"W_emb": gradient}, memory, 1e-3)

    dense = space["to_dense"](rows, vocab_size)
    return {
        "sparse_adam_step": updating(space["sparse_adam_step"], rows),
        "adam_step, dense": updating(space["adam_step"], dense),
    }


def medians(ways, repeats):
    """{name: (median seconds, median of the ratio to the first way)}, the ways by turns."""
    times = {name: [] for name in ways}
    for n in range(repeats + 2):
        names = list(ways)
        for name in names[n % len(names) :] + names[: n % len(names)]:
            began = clock()
            ways[name]()
            if n >= 2:  # the first two warm caches and memory
                times[name].append(clock() - began)
    first = next(iter(times.values()))
    return {
        name: (statistics.median(t), statistics.median(a / b for a, b in zip(t, first)))
        for name, t in times.items()
    }


def check(space, ways, vocab_size):
    """Stop unless all ways give the gradient that `sum_rows` gives."""
    reference = None
    for name, way in ways.items():
        made = way()
        dense = space["to_dense"](made, vocab_size) if isinstance(made, tuple) else made
        reference = dense if reference is None else reference
        if not np.allclose(dense, reference, rtol=0, atol=1e-12):
            raise SystemExit(f"{name} gives another gradient than sum_rows.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=31, help="timed rounds (default 31)")
    options = parser.parse_args()
    space = namespace_of(ROOT / "word_level_lm" / "01_RNN_NumPy.ipynb")
    lines = {"rows touched, of 400 ids": []}
    for vocab_size in SIZES:
        rng = np.random.default_rng(0)
        ids = zipf_ids(vocab_size, WINDOW[0] * WINDOW[1], rng)
        values = rng.normal(size=(len(ids), EMBED_SIZE))
        lines["rows touched, of 400 ids"].append(f"{len(np.unique(ids))}")
        ways = gradients(space, ids, values, vocab_size)
        check(space, ways, vocab_size)
        for group in (ways, optimisers(space, ids, values, vocab_size)):
            for name, (seconds, ratio) in medians(group, options.repeats).items():
                lines.setdefault(name, []).append(f"{1e3 * seconds:.2f} ms ({ratio:.1f})")
    print(f"NumPy {np.__version__}, float64, one thread\n")
    print("| | " + " | ".join(f"V = {size:,}" for size in SIZES) + " |\n" + "|---" * 4 + "|")
    for name, cells in lines.items():
        cells += ["left out"] * (len(SIZES) - len(cells))
        print(f"| {name} | " + " | ".join(cells) + " |")
    print("\nMedians (and the median ratio to the first line of the group: sum_rows or")
    print("sparse_adam_step). Left out: the one-hot columns would need over 100 MB.")


if __name__ == "__main__":
    main()
