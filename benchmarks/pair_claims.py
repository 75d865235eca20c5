"""The runs and tables of the lessons on translation; claims_by_seed.py runs and writes them.

An arm is a run that differs from a lesson's main run in one thing. Each arm is tried at the
lesson's RATES with seed 0, and further out while the best stands at an end; then seeds 1 and 2 run
at the best, which is the one with which most validation sentences come out exactly right (where
two are equal and the lesson looks back: most of the odd halves of *novel* and *long*). In lesson 7
only the main arm is scored on the reported splits, in the others each is.
"""

import functools
import inspect
import statistics

import numpy as np
from lesson_step import ROOT
from stored_runs import spread

ENCODER = "seq_2_seq/01_Encoder_Decoder_NumPy"
BAHDANAU = "seq_2_seq/02_Bahdanau_Attention_NumPy"
LUONG = "seq_2_seq/03_Luong_Attention_NumPy"
NAMES = {ENCODER: "encoder", BAHDANAU: "bahdanau", LUONG: "luong"}
RATES = {
    ENCODER: (5e-3, 1e-2, 2e-2, 4e-2),
    BAHDANAU: (6e-3, 1.2e-2, 2.4e-2, 4.8e-2),
    LUONG: (1.2e-2, 2.4e-2, 4.8e-2),
}
CLOSING = {"score": "dot", "place": "window"}  # lesson 9's main model
FEWER = {"steps": 1200}  # as many updates as lesson 8's
CONCAT = {**CLOSING, **FEWER, "score": "concat"}  # the only score by which the state before can ask
# lesson: {arm: its options of run_arm}, the main arm first. An option `steps` is the number of
# updates; without it they are the page's. An arm has the name that its page gives it.
ARMS = {
    ENCODER: {
        "context at every step": {},
        "context handed over once": {"context": "once"},
        "every step, source read backwards": {"backwards": True},
    },
    BAHDANAU: {
        "plain": {},
        "frozen": {"attention": "frozen"},
        "location": {"attention": "location"},
        "window": {"attention": "window"},
    },
    LUONG: {
        "closing model": CLOSING,
        "the same, fewer updates": {**CLOSING, **FEWER},
        "window's road followed": {**CLOSING, **FEWER, "follow": True},
        "general score": {**CLOSING, **FEWER, "score": "general"},
        "input feeding": {**CLOSING, **FEWER, "feeding": True},
        "read one way": {**CLOSING, **FEWER, "encoder": "one way"},
        "place predicted": {**CLOSING, **FEWER, "place": "local"},
        "no place": {**CLOSING, **FEWER, "place": "none"},
        "concat score": CONCAT,
        "concat, window's road followed": {**CONCAT, "follow": True},
        "concat, the state before asks": {**CONCAT, "asks": "before"},
    },
}
CHOOSING = ("valid", "novel odd", "long odd")
REPORTED = ("test", "novel even", "long even")
LONG = ((1, 29), (30, 34), (35, 39), (40, 44), (45, 999))  # source words of *long*
SIZES = ("embed_size", "hidden_size", "batch_size", "steps", "clip_norm", "dropout", "weight_decay")


def main_options(lesson):
    """The options of the lesson's main arm."""
    return next(iter(ARMS[lesson].values()))


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


def by_long_length(ns, said, pairs):
    """As the lesson's `by_length`, for long sentences."""
    shares = {}
    for low, high in LONG:
        some = [n for n, pair in enumerate(pairs) if low <= len(pair.source) <= high]
        own = [said[n] for n in some], [pairs[n] for n in some]
        shares[f"{low}+" if high == 999 else f"{low}-{high}"] = (
            ns["exact_match"](*own) if some else None
        )
    return shares


def by_what_is_new(said, pairs):
    """The shares of a half of *novel* that come out right: {"new pair": …, "new construction": …}.

    Of each five lines of a half the last two have its new construction (data/README.md).
    """
    right = np.array([words == pair.target for words, pair in zip(said, pairs)])
    builds = np.arange(len(right)) % 5 >= 3
    return {
        "new pair": float(right[~builds].mean()),
        "new construction": float(right[builds].mean()),
    }


def run_arm(ns, seed, learning_rate, backwards=False, steps=None, follow=False, **start):
    """Train as the page does, with these options; `start` goes to init_params.

    Where the page holds the window's place in the backward pass, `follow` does not.

    The row: exact match and BLEU by split, exact match by length, scores of attention against the
    word links, where there is some, and the sizes of the run.
    """
    pairs, src, tgt, ids = corpus(ns)
    rng, sizes = np.random.default_rng(seed), {name: ns[name] for name in SIZES}
    sizes["steps"] = steps or sizes["steps"]
    params = ns["init_params"](
        src_vocab_size=len(src), tgt_vocab_size=len(tgt), embed_size=ns["embed_size"],
        hidden_size=ns["hidden_size"], rng=rng, **start,
    )  # fmt: skip
    held = {"held": not follow} if "held" in inspect.signature(ns["backward"]).parameters else {}
    ns["train_pairs"](
        params, turned(ids, backwards), sizes["steps"], learning_rate, ns["batch_size"], rng,
        ns["clip_norm"], ns["regularised"](ns["dropout"], rng, **held),
        weight_decay=ns["weight_decay"],
    )  # fmt: skip
    row = {"parameters": int(sum(p.size for p in params.values())), "sizes": sizes}
    row |= {name: params[name].item() for name in ("shift", "log_kappa") if name in params}
    looks_back = "alignment_scores" in ns
    if looks_back:
        splits = (*CHOOSING, *REPORTED)
    else:
        splits = ("valid", *(REPORTED if not start and not backwards else ()))
    for name in splits:
        some = ns["in_split"](pairs, name)
        some_ids = turned(ns["pair_ids"](some, src, tgt), backwards)
        said = ns["translate_all"](params, some_ids, tgt)
        row[name] = ns["exact_match"](said, some)
        row[f"{name} BLEU"] = ns["bleu"](said, some)
        row[f"{name} by length"] = ns["by_length"](said, some)
        if name.startswith("long") and looks_back:
            row[f"{name} by length"] = by_long_length(ns, said, some)
        if name.startswith("novel"):
            row |= {f"{name}, {what}": share for what, share in by_what_is_new(said, some).items()}
        if looks_back and start.get("attention") != "frozen":
            links = ns["alignment_scores"](params, some, some_ids, size=50)
            row |= {f"{name} {what}": float(value) for what, value in links.items()}
    return row


def jobs_of(lesson, get, rates=None, seeds=None, arms=None):
    """The runs that are missing and can start: the arm's rates with seed 0, then seeds 1 and 2 at
    the best, as soon as the rates have all been run.

    `rates`, `seeds` and `arms` keep to some; the best rate is then the best of these `rates`.
    """
    seeds = seeds or (0, 1, 2)
    chosen = [options for arm, options in ARMS[lesson].items() if not arms or arm in arms]
    grids = [rates or rates_of(lesson, options, get) for options in chosen]
    for options, grid in zip(chosen, grids):
        for rate in grid if 0 in seeds else ():
            job = {**options, "learning_rate": rate, "seed": 0}
            if not get(job):
                yield job
    for options, grid in zip(chosen, grids):
        waits = 0 in seeds and len(tried(options, get, grid)) < len(set(grid))
        rate = None if waits else best_rate(options, get, grid)
        for seed in (1, 2) if rate else ():
            job = {**options, "learning_rate": rate, "seed": seed}
            if seed in seeds and not get(job):
                yield job


def rates_of(lesson, options, get):
    """The lesson's RATES, and half or twice as much as long as the best of all stands at an end.

    Four more at most.
    """
    rates = sorted(RATES[lesson])
    while len(tried(options, get, rates)) == len(rates) < len(RATES[lesson]) + 4:
        best = best_rate(options, get, rates)
        if best == rates[0]:
            rates.insert(0, best / 2)
        elif best == rates[-1]:
            rates.append(2 * best)
        else:
            break
    return rates


def value_of(row):
    """What rates are chosen by: (share of validation sentences that come out exactly right, mean
    share of the odd halves), the second where the first are equal; 0 if the row has no odd halves.
    """
    odd = [row[name] for name in CHOOSING if name in row and name != "valid"]
    return row["valid"], statistics.mean(odd) if odd else 0.0


def while_choosing(row):
    """What of a row may be looked at while one chooses: exact match where nothing is reported."""
    return {name: row[name] for name in CHOOSING if name in row}


def tried(options, get, rates):
    """{rate: value_of} of those `rates` that have been run with seed 0."""
    rows = {rate: get({**options, "learning_rate": rate, "seed": 0}) for rate in rates}
    return {rate: value_of(row) for rate, row in rows.items() if row}


def best_rate(options, get, rates):
    """The best of `rates` with seed 0, of those that have been run; None if none has."""
    values = tried(options, get, rates)
    return max(values, key=values.get) if values else None


def is_written(lesson):
    """Whether the notebook is there."""
    return (ROOT / f"{lesson}.ipynb").exists()


def ready(lesson, store, **limits):
    """Each (kind, lesson, job) that is missing and can start; `limits` are those of `jobs_of`."""
    if is_written(lesson):
        for job in jobs_of(lesson, rows_by_job(lesson, store), **limits):
            yield "pairs", lesson, job


def rows_by_job(lesson, store):
    """The function that gives the stored row of a job, or None: `get` of the others here."""
    return functools.partial(store.get, "pairs", lesson)


def rows_of(lesson, options, store):
    """(best rate, the rows of three seeds), or None while one is missing."""
    get = rows_by_job(lesson, store)
    rate = best_rate(options, get, rates_of(lesson, options, get))
    rows = [get({**options, "learning_rate": rate, "seed": seed}) for seed in range(3)]
    return (rate, rows) if rate and all(rows) else None


def percent(values):
    """`mean (low-high)` of shares, in per cent."""
    return spread([100 * value for value in values], 1)


def arms_table(lesson, store):
    """A line for each arm: best rate, exact match on validation sentences or as reported."""
    found = {arm: rows_of(lesson, options, store) for arm, options in ARMS[lesson].items()}
    if not all(found.values()):
        return None
    if lesson != ENCODER:
        return reported_table(lesson, found, store)
    lines = [
        "| arm | rate | exactly right, % of validation sentences, mean of 3 seeds (range) |",
        "|---|---|---|",
    ]
    for arm, (rate, rows) in found.items():
        lines.append(f"| {arm} | {rate:g} | {percent([row['valid'] for row in rows])} |")
    lines += ["", f"(*Rate*: {how_rates(lesson, found, store)}.)"]
    return "\n".join(lines)


def how_rates(lesson, found, store):
    """How the rates of the arms `found` were chosen, in a few words."""
    get, rates = rows_by_job(lesson, store), set()
    for options in map(ARMS[lesson].get, found):
        rates |= set(tried(options, get, rates_of(lesson, options, get)))
    grid = ", ".join(f"{rate:g}" for rate in sorted(rates))
    return f"the best, by validation sentences and with seed 0, of {grid}"


def reported_table(lesson, found, store):
    """A line for each arm of `found`, {arm: (best rate, rows)}: exact match by split, AER."""
    heads = " | ".join(name.split()[0] for name in REPORTED)
    lines = [f"| arm | rate | exactly right, %: {heads} | AER, test |", "|---" * 6 + "|"]
    for arm, (rate, rows) in found.items():
        cells = [percent([row[name] for row in rows]) for name in REPORTED]
        links = [row["test AER"] for row in rows if "test AER" in row]
        cells.append(spread(links) if links else "")
        lines.append(f"| {arm} | {rate:g} | {' | '.join(cells)} |")
    steps = sorted({row["sizes"]["steps"] for _, rows in found.values() for row in rows})
    text = f"Mean of 3 seeds (range); {' or '.join(map(str, steps))} updates"
    text += f"; rate: {how_rates(lesson, found, store)}"
    lines += ["", f"({text}; of novel and long the even halves.)"]
    return "\n".join(lines)


def results_table(lesson, store):
    """The main arm by split: exact match and BLEU."""
    found = rows_of(lesson, main_options(lesson), store)
    if not found:
        return None
    lines = ["| mean of 3 seeds (range) | exactly right, % | BLEU |", "|---|---|---|"]
    for name in ("valid", *REPORTED):
        lines.append(
            f"| {name} | {percent([row[name] for row in found[1]])} "
            f"| {spread([row[f'{name} BLEU'] for row in found[1]], 1)} |"
        )
    for name in (f"novel even, new {what}" for what in ("pair", "construction")):
        lines.append(f"| {name} | {percent([row[name] for row in found[1]])} | |")
    lines += ["", f"({found[1][0]['parameters']:,} parameters, learning rate {found[0]:g}.)"]
    return "\n".join(lines)


def tables(store):
    """{file name: text} of the tables on translation whose runs are all stored."""
    made = {}
    for lesson, name in NAMES.items():
        made[f"arms_seq_{name}.md"] = arms_table(lesson, store)
        made[f"results_seq_{name}.md"] = results_table(lesson, store)
    return made
