"""Time an update of the GRU beside the LSTM's: equal units, and equal number of parameters.

    python benchmarks/gru_beside_lstm.py

Runs the two notebooks' own `define` cells, by turns, in one process: NumPy, one thread, the GRU
lesson's batch size and window. Prints the medians and their ratios to the LSTM. How well the two
predict stands in the README, in the table that readme_table.py writes.
"""

import argparse
import statistics

from lesson_step import ROOT, clock, namespace_of, numpy_stepper, windows

import numpy as np  # isort: skip  (after lesson_step has set one thread)


def contestants():
    """[(name, number of parameters, step)] and the windows to step on."""
    lstm = namespace_of(ROOT / "char_level_lm" / "02_LSTM_NumPy.ipynb")
    gru = namespace_of(ROOT / "char_level_lm" / "03_GRU_NumPy.ipynb")
    batches, counts = windows(gru, 8)
    V = len(counts)
    lstm["batch_size"] = gru["batch_size"]
    H, count = gru["hidden_size"], gru["parameter_count"]
    wider = next(n for n in range(H, 2 * H) if count(3, V, n) >= count(4, V, H))
    found = []
    for name, space, size in (("LSTM", lstm, H), ("GRU", gru, H), ("GRU", gru, wider)):
        rng = np.random.default_rng(0)
        params = space["init_params"](vocab_size=V, hidden_size=size, rng=rng)
        total = sum(p.size for p in params.values())
        found.append((f"{name}, {size} units", total, numpy_stepper(space, params)))
    return found, batches


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=60, help="timed steps of each (default 60)")
    options = parser.parse_args()
    networks, batches = contestants()
    times = {name: [] for name, _, _ in networks}
    for n in range(options.rounds + 5):
        for name, _, step in networks:
            began = clock()
            step(*batches[n % len(batches)])
            if n >= 5:  # the first steps warm up
                times[name].append(clock() - began)
    reference = times[networks[0][0]]
    print(f"{'network':16s} {'parameters':>10s} {'ms an update':>12s} {'to the LSTM':>11s}")
    for name, total, _ in networks:
        ratio = statistics.median(a / b for a, b in zip(times[name], reference))
        ms = 1e3 * statistics.median(times[name])
        print(f"{name:16s} {total:10,d} {ms:12.1f} {ratio:11.2f}")


if __name__ == "__main__":
    main()
