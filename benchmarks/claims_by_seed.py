"""Run the lessons' claims under several seeds and keep the tables that the pages show.

    python benchmarks/claims_by_seed.py                 everything that has no stored result yet
    python benchmarks/claims_by_seed.py recall          one kind: results, masks, recall, stream,
                                                        over words starts, tying, adam, forms,
                                                        and of translation pairs
    python benchmarks/claims_by_seed.py recall char_level_lm/03     for lessons that begin so
    python benchmarks/claims_by_seed.py results --again run stored ones, too
    python benchmarks/claims_by_seed.py pairs --rates 5e-3 --seeds 0 --arms plain window
                                                        of translation, only these runs
    python benchmarks/claims_by_seed.py --tables        run nothing, write the tables anew
    python benchmarks/claims_by_seed.py --jobs 4        four runs at a time (engines.py)
    python benchmarks/claims_by_seed.py --scheduler tcp://HOST:8786     on a Dask cluster

Each run is a row of `benchmarks/tables/runs.json`; the tables beside it (`NAME.md`) are made of the
rows, and the build sets them into the pages. The code is the notebooks' own: their `define` and
`parameters` cells. The lessons over characters take more than an hour on one core, those over words
(word_claims.py) several.
"""

import argparse
import copy
import functools
import statistics
import sys

import engines
from lesson_step import ROOT, namespace_of
from stored_runs import TABLES, Store, spread

import numpy as np  # isort: skip  (after lesson_step has set one thread)
import pair_claims  # isort: skip
import word_claims  # isort: skip

RNN, LSTM, GRU = (f"char_level_lm/{name}_NumPy" for name in ("01_RNN", "02_LSTM", "03_GRU"))
NAMES = {RNN: "rnn", LSTM: "lstm", GRU: "gru"}  # over characters
LESSONS = (*NAMES, *word_claims.NAMES, *pair_claims.NAMES)
RATES = {
    RNN: (1e-3, 2e-3, 5e-3, 1e-2, 2e-2),
    LSTM: (2.5e-3, 5e-3, 1e-2, 2e-2, 4e-2),
    GRU: (5e-3, 1e-2, 2e-2, 4e-2, 8e-2),
}
# How each network can start, in the memory test: options of init_params for k steps.
STARTS = {
    RNN: {name: {"recurrent": name} for name in ("orthogonal", "gaussian", "uniform")},
    LSTM: {
        "no forget gate": {"forget_bias": 1e3},
        "bias 0": {"forget_bias": 0.0},
        "bias 1": {"forget_bias": 1.0},
        "chrono": {"chrono": "k + 1"},
        "chrono, b_i = 0": {"chrono": "k + 1", "input_bias": False},
    },
    GRU: {
        "bias 0": {"update_bias": 0.0},
        "bias 1": {"update_bias": 1.0},
        "chrono": {"chrono": "k + 1"},
    },
}
LAGS = {RNN: (5, 10, 20, 50, 100), LSTM: (10, 20, 50, 100), GRU: (10, 20, 50, 100)}
UNITS = {RNN: 64, LSTM: 48, GRU: 48}
MASKS = {  # lesson: {arm: (dropout, weight_drop)}
    LSTM: {
        "nothing": (0.0, 0.0),
        "dropout": (0.2, 0.0),
        "weight drop": (0.0, 0.2),
        "both": (0.2, 0.2),
    },
}
MASK_RATES = (2.5e-3, 5e-3, 7e-3, 1e-2, 2e-2, 4e-2)


@functools.cache
def loaded(lesson):
    """The functions and parameters of a lesson."""
    return namespace_of(ROOT / f"{lesson}.ipynb")


def book(ns):
    """Vocabulary, the three token arrays, and the streams of the lesson's corpus."""
    text = ns["load_text"](ns["corpus"])
    vocab = sorted(set(text))
    parts = [ns["encode"](part, vocab) for part in ns["split_text"](text)]
    return vocab, *parts, ns["make_streams"](parts[0], ns["batch_size"], ns["seq_len"])


def trained(ns, seed, **knobs):
    """(untrained, trained) parameters of the lesson's main run with this seed and these knobs."""
    ns.update(knobs)
    vocab, _, _, _, streams = book(ns)
    rng = np.random.default_rng(seed)
    untrained = ns["init_params"](vocab_size=len(vocab), hidden_size=ns["hidden_size"], rng=rng)
    params = {name: p.copy() for name, p in untrained.items()}
    options = {}
    if "regularised" in ns:
        options = {
            "gradients": ns["regularised"](ns["dropout"], ns["weight_drop"], rng),
            "beta2": ns["beta2"],
        }
    ns["train"](
        params, streams, ns["steps"], ns["learning_rate"], ns["seq_len"], ns["clip_norm"], **options
    )
    return untrained, params


def text_bits(ns, params, with_test):
    """Bits per character on validation fables and, at the end, on test fables, alone and mixed."""
    vocab, train, valid, test, _ = book(ns)
    bits, evaluate, score = ns["bits"], ns["evaluate"], ns["score_ngram"]
    row = {
        "valid": bits(evaluate(params, valid)),
        "read": ns["steps"] * ns["batch_size"] * ns["seq_len"],
        "parameters": int(sum(p.size for p in params.values())),
    }
    if with_test:
        model, order, factor = ns["best_ngram"](train, valid, len(vocab))
        share = ns["best_share"](evaluate(params, valid), score(model, valid, factor))
        network, table = evaluate(params, test), score(model, test, factor)
        row.update(
            test=bits(network),
            mixed=bits(ns["mix"](network, table, share)),
            share=share,
            table=bits(table),
            order=order,
        )
    return row


def run_results(ns, seed, lesson):
    """Bits of the main run, and what the networks hold of quotation marks."""
    untrained, params = trained(ns, seed)
    row = text_bits(ns, params, with_test=True)
    if lesson != RNN:
        row.update(meaning(ns, lesson, untrained, params))
    return row


def run_masks(ns, seed, dropout, weight_drop, learning_rate):
    params = trained(
        ns, seed, dropout=dropout, weight_drop=weight_drop, learning_rate=learning_rate
    )[1]
    return {"valid": text_bits(ns, params, with_test=False)["valid"]}


def run_recall(ns, seed, lesson, start, k, learning_rate):
    options = {
        name: k + 1 if value == "k + 1" else value for name, value in STARTS[lesson][start].items()
    }
    rng = np.random.default_rng(seed)
    params = ns["init_params"](vocab_size=8, hidden_size=UNITS[lesson], rng=rng, **options)
    return {"accuracy": ns["train_recall"](params, k, 400, learning_rate, rng)}


def run_stream(ns, seed, forget_bias, learning_rate):
    rng = np.random.default_rng(seed)
    params = ns["init_params"](vocab_size=17, hidden_size=32, rng=rng, forget_bias=forget_bias)
    return {"right": ns["train_stream"](params, 400, learning_rate, rng)[0]}


def meaning(ns, lesson, untrained, params):
    """How well single units follow quotation marks in validation text, chosen on training text."""
    _, train, valid, _, _ = book(ns)
    texts = ns["split_text"](ns["load_text"](ns["corpus"]))
    wanted = [ns["text_properties"](text[:8000])["inside quotation marks"] for text in texts[:2]]
    row = {}
    for name, p in (("untrained", untrained), ("trained", params)):
        seen = [ns["follow"](p, tokens[:8000])[1] for tokens in (train, valid)]
        if lesson == LSTM:
            seen = [np.tanh(cells) for cells in seen]
        first, again = (ns["correlations"](s, w) for s, w in zip(seen, wanted))
        best = int(np.argmax(np.abs(first)))
        row[name] = float(again[best] * np.sign(first[best]))
    if lesson == GRU:
        slowest = int(np.argmax(ns["time_constants"](params, train[:8000])))
        row.update(slowest=float(abs(again[slowest])), slowest_is_best=slowest == best)
    return row


def jobs(kind, lesson):
    """Every run of this kind and lesson, as keyword dictionaries; seeds innermost."""
    if kind == "results":
        return [{"lesson": lesson, "seed": seed} for seed in range(3)]
    if kind == "masks" and lesson in MASKS:
        return [
            {"dropout": d, "weight_drop": w, "learning_rate": rate, "seed": 0}
            for d, w in MASKS[lesson].values()
            for rate in MASK_RATES
        ]
    if kind == "recall" and lesson in STARTS:
        return [
            {"lesson": lesson, "start": start, "learning_rate": rate, "k": k, "seed": seed}
            for start in STARTS[lesson]
            for rate in RATES[lesson]
            for k in LAGS[lesson]
            for seed in range(5)
        ]
    if kind == "stream" and lesson == LSTM:
        return [
            {"forget_bias": bias, "learning_rate": rate, "seed": seed}
            for bias in (1e3, 1.0)
            for rate in (5e-3, 1e-2, 2e-2)
            for seed in range(3)
        ]
    return []


RUN = {"results": run_results, "masks": run_masks, "recall": run_recall, "stream": run_stream}
KINDS = (*RUN, *word_claims.ARMS, "pairs")


def run_for(kind, lesson):
    """The function that does a run of this kind of this lesson."""
    if kind == "pairs":
        return pair_claims.run_arm
    if lesson not in word_claims.NAMES:
        return RUN[kind]
    return {"results": word_claims.run_results, **word_claims.RUN}[kind]


def run_one(kind, lesson, job):
    """The row of one run."""
    return run_for(kind, lesson)(dict(loaded(lesson)), **job)


def at_chance_before(store, lesson, job):
    """Whether the same start and rate was at chance, with every seed, at a shorter k."""
    for k in (k for k in LAGS[lesson] if k < job["k"]):
        found = [store.get("recall", lesson, {**job, "k": k, "seed": seed}) for seed in range(5)]
        if all(found) and max(row["accuracy"] for row in found) < 0.25:
            return True
    return False


def best_rate(store, lesson, mask):
    """The learning rate of MASK_RATES with which seed 0 did best under this mask, or None."""
    rows = {
        rate: store.get(
            "masks",
            lesson,
            {"dropout": mask[0], "weight_drop": mask[1], "learning_rate": rate, "seed": 0},
        )
        for rate in MASK_RATES
    }
    rows = {rate: row["valid"] for rate, row in rows.items() if row}
    best = min(rows, key=rows.get) if len(rows) >= 3 else None
    return None if best in (min(rows, default=0), max(rows, default=0)) else best


def is_next(store, lesson, job):
    """Whether all runs at shorter k are there, and the network had not come down to chance."""
    shorter = (
        store.get("recall", lesson, {**job, "k": k, "seed": seed})
        for k in LAGS[lesson]
        for seed in range(5)
        if k < job["k"]
    )
    return all(shorter) and not at_chance_before(store, lesson, job)


def more_seeds(kind, lesson, store):
    """Two more seeds for each mask at its best rate, once it has been run at all rates."""
    for mask in MASKS.get(lesson, {}).values() if kind == "masks" else ():
        job = {"dropout": mask[0], "weight_drop": mask[1]}
        tried = [{**job, "learning_rate": rate, "seed": 0} for rate in MASK_RATES]
        rate = best_rate(store, lesson, mask)
        if rate and all(store.get(kind, lesson, one) for one in tried):
            yield from ({**job, "learning_rate": rate, "seed": seed} for seed in (1, 2))


def ready(kinds, lessons, store, **limits):
    """Each (kind, lesson, job) that is missing and can start; `limits`: pair_claims.jobs_of's."""
    for kind in kinds:
        for lesson in lessons:
            if kind in word_claims.ARMS:
                # an arm without options may be the main run, whose rows are the results
                waits = "results" in kinds and not all(results_rows(store, lesson))
                if word_claims.ARMS[kind][0] == lesson and not waits:
                    yield from word_claims.ready(kind, store)
            elif kind == "pairs":
                if lesson in pair_claims.NAMES:
                    yield from pair_claims.ready(lesson, store, **limits)
            elif lesson not in pair_claims.NAMES:
                for job in (*jobs(kind, lesson), *more_seeds(kind, lesson, store)):
                    if store.get(kind, lesson, job):
                        continue
                    if kind != "recall" or is_next(store, lesson, job):
                        yield kind, lesson, job


def run_all(kinds, lessons, again, engine, **limits):
    """Run what is missing on this engine; the runs that were left out."""
    store = Store()
    known = copy.copy(store)  # with `again`, only the rows of today
    known.rows = {} if again else store.rows

    def keep(run, row, seconds):
        store.put(*run, row)
        known.rows[store.key(*run)] = row
        shown = pair_claims.while_choosing(row) if run[0] == "pairs" else row
        return " ".join(map(str, (*run, shown, f"{seconds:.0f} s")))

    return engines.run_all(lambda: ready(kinds, lessons, known, **limits), engine, keep)


def results_rows(store, lesson):
    """The rows of the main run, by seed; those that are missing are None."""
    return [store.get("results", lesson, job) for job in jobs("results", lesson)]


def results_table(store, lesson):
    rows = results_rows(store, lesson)
    if not all(rows):
        return None
    name = NAMES[lesson].upper()
    table = f"{rows[0]['order']}-gram"
    lines = ["| bits per character | validation | test |", "|---|---|---|"]
    lines.append(
        f"| {name}, mean of 3 seeds (range) | {spread([r['valid'] for r in rows])} | "
        f"{spread([r['test'] for r in rows])} |"
    )
    lines.append(f"| {table} | | {rows[0]['table']:.3f} |")
    lines.append(f"| {name} and {table} mixed | | {spread([r['mixed'] for r in rows])} |")
    lines.append("")
    lines.append(f"({rows[0]['parameters']:,} parameters, {rows[0]['read']:,} characters read.)")
    return "\n".join(lines)


def masks_table(store, lesson):
    if lesson not in MASKS:
        return None
    lines = [
        "| masks in training | best rate | seeds | validation bits, mean (range) |",
        "|---|---|---|---|",
    ]
    for arm, mask in MASKS[lesson].items():
        rate = best_rate(store, lesson, mask)
        job = {"dropout": mask[0], "weight_drop": mask[1], "learning_rate": rate}
        rows = [store.get("masks", lesson, {**job, "seed": seed}) for seed in range(3)]
        rows = [row["valid"] for row in rows if row]
        if rate is None or not rows:
            return None
        lines.append(f"| {arm} | {rate:g} | {len(rows)} | {spread(rows)} |")
    return "\n".join(lines)


def recall_table(store, lesson):
    lags = LAGS[lesson]
    lines = [
        "| start | best rate | " + " | ".join(f"k = {k}" for k in lags) + " |",
        "|---|---|" + "---|" * len(lags),
    ]
    for start in STARTS[lesson]:
        by_rate = {}
        for rate in RATES[lesson]:
            solved, accuracy = [], 0.0
            for k in lags:
                job = {"lesson": lesson, "start": start, "learning_rate": rate, "k": k}
                rows = [store.get("recall", lesson, {**job, "seed": seed}) for seed in range(5)]
                if all(rows):
                    solved.append(sum(row["accuracy"] >= 0.95 for row in rows))
                    accuracy += statistics.mean(row["accuracy"] for row in rows)
                elif at_chance_before(store, lesson, job):
                    solved.append(0)
                else:
                    break
            else:
                by_rate[rate] = sum(solved), accuracy, solved
        rate = max(by_rate, key=lambda rate: by_rate[rate][:2])
        cells = " | ".join(f"{n} of 5" for n in by_rate[rate][2])
        lines.append(f"| {start} | {rate:g} | {cells} |")
    return "\n".join(lines)


def stream_table(store, lesson):
    if lesson != LSTM:
        return None
    lines = ["| start | rate 0.005 | 0.01 | 0.02 |", "|---|---|---|---|"]
    for name, bias in (("no forget gate", 1e3), ("bias 1", 1.0)):
        cells = []
        for rate in (5e-3, 1e-2, 2e-2):
            rows = [
                store.get(
                    "stream", lesson, {"forget_bias": bias, "learning_rate": rate, "seed": seed}
                )
                for seed in range(3)
            ]
            if not all(rows):
                return None
            cells.append(spread([row["right"] for row in rows], 2))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def meaning_table(store, lesson):
    rows = results_rows(store, lesson)
    if not all(rows) or "trained" not in rows[0]:
        return None
    lines = ["| seed | " + " | ".join("012") + " |", "|---|---|---|---|"]
    named = {
        "untrained": "best of the untrained network",
        "trained": "best after training",
        "slowest": "the slowest unit after training",
    }
    for field, name in named.items():
        if field in rows[0]:
            lines.append(f"| {name} | " + " | ".join(f"{row[field]:.2f}" for row in rows) + " |")
    return "\n".join(lines)


def phase_table(store):
    """All networks over characters beside each other."""
    rows = {name.upper(): results_rows(store, one) for one, name in NAMES.items()}
    if not all(all(found) for found in rows.values()):
        return None
    table = rows["GRU"][0]
    lines = [
        "| model | parameters | characters read | test bits, mean of 3 seeds (range) | mixed |",
        "|---|---|---|---|---|",
        f"| {table['order']}-gram | | | {table['table']:.3f} | |",
    ]
    for name, found in rows.items():
        lines.append(
            f"| {name} | {found[0]['parameters']:,} | {found[0]['read']:,} "
            f"| {spread([r['test'] for r in found])} | {spread([r['mixed'] for r in found])} |"
        )
    lines += ["", "(*Mixed*: with the table of counts.)"]
    return "\n".join(lines)


TABLE = {
    "results": results_table,
    "masks": masks_table,
    "recall": recall_table,
    "stream": stream_table,
    "meaning": meaning_table,
}


def tables(store):
    """{file name: text} of every table whose runs are all stored."""
    made = {"phase_char.md": phase_table(store)}
    for kind, make in TABLE.items():
        made |= {f"{kind}_char_{name}.md": make(store, lesson) for lesson, name in NAMES.items()}
    of_characters = {name.upper(): results_rows(store, lesson) for lesson, name in NAMES.items()}
    made.update(word_claims.tables(store, of_characters))
    made.update(pair_claims.tables(store))
    return {name: text + "\n" for name, text in made.items() if text}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kind", nargs="?", choices=KINDS, help="one kind (default: all)")
    parser.add_argument("lessons", nargs="*", help="beginnings of lesson paths (default: all)")
    parser.add_argument("--again", action="store_true", help="run stored rows again, too")
    parser.add_argument("--tables", action="store_true", help="only write the tables anew")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=int, metavar="N", help="N runs at a time; 0: one a core")
    where.add_argument("--scheduler", metavar="ADDRESS", help="run on this Dask cluster")
    of_pairs = parser.add_argument_group("of translation, only runs of these")
    of_pairs.add_argument("--rates", nargs="+", type=float, help="learning rates")
    of_pairs.add_argument("--seeds", nargs="+", type=int, choices=(0, 1, 2), help="seeds")
    of_pairs.add_argument("--arms", nargs="+", help="arms, by their names in pair_claims.py")
    options = parser.parse_args()
    limits = {name: getattr(options, name) for name in ("rates", "seeds", "arms")}
    if any(limits.values()) and options.kind != "pairs":
        parser.error("--rates, --seeds and --arms are for the kind pairs")
    if (options.jobs or 0) < 0:
        parser.error("--jobs is a number of processes, or 0")
    lessons = [
        lesson
        for lesson in LESSONS
        if not options.lessons or lesson.startswith(tuple(options.lessons))
    ]
    TABLES.mkdir(exist_ok=True)
    left_out = []
    if not options.tables:
        kinds = [options.kind] if options.kind else KINDS
        engine = engines.chosen(options.jobs, options.scheduler, run_one)
        left_out = run_all(kinds, lessons, options.again, engine, **limits)
    for name, text in tables(Store()).items():
        (TABLES / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"wrote {(TABLES / name).relative_to(ROOT)}")
    sys.exit(1 if left_out else 0)


if __name__ == "__main__":
    main()
