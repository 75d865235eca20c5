"""The runs and tables of the lessons on translation; claims_by_seed.py runs and writes them.

An arm is a run that differs from a lesson's main run in one thing. Each arm is tried at three
learning rates with seed 0; then seeds 1 and 2 run at the best. What is compared is the share of
validation sentences translated exactly; the main arm's best runs are scored on the reported splits.
"""

import numpy as np
from stored_runs import spread

ENCODER = "seq_2_seq/01_Encoder_Decoder_NumPy"
NAMES = {ENCODER: "encoder"}
RATES = (5e-3, 1e-2, 2e-2)
ARMS = {  # lesson: {arm: its options of trained}
    ENCODER: {
        "context at every step": {},
        "context handed over once": {"context": "once"},
        "every step, source read backwards": {"backwards": True},
    },
}
REPORTED = ("test", "novel even", "long even")


def corpus(ns):
    """The pairs, both vocabularies, and the training pairs as ids."""
    pairs = ns["load_pairs"](ns["corpus"])
    seen = ns["in_split"](pairs, "train")
    src = ns["make_vocab"]([word for pair in seen for word in pair.source])
    tgt = ns["make_vocab"]([word for pair in seen for word in pair.target])
    return pairs, src, tgt, ns["pair_ids"](seen, src, tgt)


def turned(ids, backwards):
    """The pairs with their sources from the end, or as they are."""
    return [(source[::-1], target) for source, target in ids] if backwards else ids


def run_arm(ns, seed, learning_rate, backwards=False, **start):
    """Train as the page does, with these options; `start` goes to init_params."""
    pairs, src, tgt, ids = corpus(ns)
    rng = np.random.default_rng(seed)
    params = ns["init_params"](
        src_vocab_size=len(src), tgt_vocab_size=len(tgt), embed_size=ns["embed_size"],
        hidden_size=ns["hidden_size"], rng=rng, **start,
    )  # fmt: skip
    ns["train_pairs"](
        params, turned(ids, backwards), ns["steps"], learning_rate, ns["batch_size"], rng,
        ns["clip_norm"], ns["regularised"](ns["dropout"], rng),
    )  # fmt: skip
    row = {"parameters": int(sum(p.size for p in params.values()))}
    for name in ("valid", *(REPORTED if not start and not backwards else ())):
        some = ns["in_split"](pairs, name)
        some_ids = turned(ns["pair_ids"](some, src, tgt), backwards)
        said = ns["translate_all"](params, some_ids, tgt)
        row[name] = ns["exact_match"](said, some)
        row[f"{name} BLEU"] = ns["bleu"](said, some)
        row[f"{name} by length"] = ns["by_length"](said, some)
    return row


def jobs_of(lesson, get):
    """The runs that are missing: three rates with seed 0, then seeds 1 and 2 at the best."""
    for options in ARMS[lesson].values():
        for rate in RATES:
            job = {**options, "learning_rate": rate, "seed": 0}
            if not get(job):
                yield job
    for options in ARMS[lesson].values():
        rate = best_rate(options, get)
        for seed in (1, 2):
            job = {**options, "learning_rate": rate, "seed": seed}
            if not get(job):
                yield job


def best_rate(options, get):
    """The rate with which seed 0 translates the largest share of validation sentences exactly."""
    rows = {rate: get({**options, "learning_rate": rate, "seed": 0}) for rate in RATES}
    rows = {rate: row["valid"] for rate, row in rows.items() if row}
    return max(rows, key=rows.get) if len(rows) == len(RATES) else None


def run_all(lesson, store, again, run):
    """Run what is missing of a lesson; `run(kind, lesson, job)` does one run and stores it."""
    done = set()

    def get(job):
        key = tuple(sorted(job.items()))
        return None if again and key not in done else store.get("pairs", lesson, job)

    for job in jobs_of(lesson, get):
        run("pairs", lesson, job)
        done.add(tuple(sorted(job.items())))


def rows_of(lesson, options, store):
    """(best rate, the rows of three seeds), or None while one is missing."""

    def get(job):
        return store.get("pairs", lesson, job)

    rate = best_rate(options, get)
    rows = [get({**options, "learning_rate": rate, "seed": seed}) for seed in range(3)]
    return (rate, rows) if rate and all(rows) else None


def percent(values):
    """`mean (low-high)` of shares, in per cent."""
    return spread([100 * value for value in values], 1)


def arms_table(lesson, store):
    """A line for each arm: best rate, exact match on validation sentences."""
    found = {arm: rows_of(lesson, options, store) for arm, options in ARMS[lesson].items()}
    if not all(found.values()):
        return None
    lines = [
        "| arm | best rate | exactly right, % of validation sentences, mean of 3 seeds (range) |",
        "|---|---|---|",
    ]
    for arm, (rate, rows) in found.items():
        lines.append(f"| {arm} | {rate:g} | {percent([row['valid'] for row in rows])} |")
    return "\n".join(lines)


def results_table(lesson, store):
    """The main arm by split: exact match and BLEU."""
    found = rows_of(lesson, {}, store)
    if not found:
        return None
    lines = ["| mean of 3 seeds (range) | exactly right, % | BLEU |", "|---|---|---|"]
    for name in ("valid", *REPORTED):
        lines.append(
            f"| {name} | {percent([row[name] for row in found[1]])} "
            f"| {spread([row[f'{name} BLEU'] for row in found[1]], 1)} |"
        )
    lines += ["", f"({found[1][0]['parameters']:,} parameters, learning rate {found[0]:g}.)"]
    return "\n".join(lines)


def tables(store):
    """{file name: text} of the tables on translation whose runs are all stored."""
    made = {}
    for lesson, name in NAMES.items():
        made[f"arms_seq_{name}.md"] = arms_table(lesson, store)
        made[f"results_seq_{name}.md"] = results_table(lesson, store)
    return made
