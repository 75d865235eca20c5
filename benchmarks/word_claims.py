"""The runs and tables of the lessons over words; claims_by_seed.py runs and writes them.

An arm is a run that differs from a lesson's main run in one or two things. Each arm is tried at
some learning rates with seed 0; while the best of them is the lowest or highest tried, the next
rate of the ladder is tried, too; then seeds 1 and 2 run at the best rate.
"""

from types import FunctionType

import numpy as np
from paper_gru import paper_form
from stored_runs import spread

RNN, LSTM, GRU = (f"word_level_lm/{name}_NumPy" for name in ("01_RNN", "02_LSTM", "03_GRU"))
NAMES = {RNN: "rnn", LSTM: "lstm", GRU: "gru"}
LADDER = (1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2, 3.2e-2, 6.4e-2)
ARMS = {  # kind: (lesson, learning rates at first, {arm: its options of run_main or run_forms})
    "starts": (
        LSTM,
        (4e-3, 8e-3, 1.6e-2),
        {
            "rows of size 1, bias 0": {"scale": 1.0, "counts": False},
            "rows of size 0.1, bias 0": {"counts": False},
            "rows of size 0.1, bias knows the shares": {},
        },
    ),
    "tying": (
        LSTM,
        (4e-3, 8e-3, 1.6e-2),
        {
            "tied, no dropout": {"dropout": False},
            "tied, dropout": {},
            "two tables, no dropout": {"tied": False, "dropout": False},
            "two tables, dropout": {"tied": False},
        },
    ),
    "adam": (RNN, (2e-3, 4e-3, 8e-3), {"sparse": {}, "dense": {"dense": True}}),
    "forms": (
        GRU,
        (4e-3, 8e-3, 1.6e-2, 3.2e-2),
        {"libraries: reset after": {"paper": False}, "paper: reset before": {"paper": True}},
    ),
}


def book(ns):
    """The texts (train, valid, test), the vocabulary, their tokens, and the streams."""
    texts = ns["split_text"](ns["load_text"](ns["corpus"]))
    vocab = ns["make_vocab"](ns["tokenize"](texts[0]))
    tokens = [ns["encode_fables"](text, vocab) for text in texts]
    return texts, vocab, tokens, ns["word_streams"](tokens[0], ns["batch_size"], ns["seq_len"])


def trained(ns, seed, learning_rate, counts=True, dropout=True, dense=False, **start):
    """Parameters after the lesson's main run, with these options; `start` goes to init_params.

    `counts`: b_y begins at the words' shares. `dense`: Adam moves all rows of W_emb.
    """
    _, vocab, tokens, streams = book(ns)
    V, shares = len(vocab), np.bincount(tokens[0], minlength=len(vocab))
    rng = np.random.default_rng(seed)
    params = ns["init_params"](
        vocab_size=V, embed_size=ns.get("embed_size"), hidden_size=ns["hidden_size"], rng=rng,
        dtype=ns["dtype"], counts=shares if counts else None, **start,
    )  # fmt: skip
    knobs = ("dropout", "weight_drop") if "weight_drop" in ns else ("dropout_in", "dropout_out")
    masked = ns["regularised"](*(ns[knob] if dropout else 0 for knob in knobs), rng)

    def all_rows(*window):
        loss, state, grads = masked(*window)
        return loss, state, {**grads, "W_emb": ns["to_dense"](grads["W_emb"], V)}

    # where no gradient is sparse, sparse_adam_step is adam_step
    ns["train"](
        params, streams, ns["steps"], learning_rate, ns["seq_len"], ns["clip_norm"],
        all_rows if dense else masked,
        update=ns["adam_step"] if dense else ns["sparse_adam_step"],
    )  # fmt: skip
    return params


def valid_scores(ns, params):
    """Log-probabilities of the validation fables' words, those of <bos> left out."""
    valid = book(ns)[2][1]
    return ns["of_words"](ns["evaluate"](params, valid), valid)


def tokens_read(ns):
    """How many tokens the main run reads; the last window of a pass may be shorter."""
    length, T = len(book(ns)[3][0]), ns["seq_len"]
    passes, windows = divmod(ns["steps"], -(-length // T))
    return (passes * length + windows * T) * ns["batch_size"]


def run_results(ns, seed, lesson):
    """Perplexities of the main run, and bits per character of the test fables as printed."""
    texts, vocab, (train, valid, test), _ = book(ns)
    params = trained(ns, seed, ns["learning_rate"])
    model, order, factor = ns["best_ngram"](train, valid, len(vocab))

    def both(tokens):
        scores = ns["evaluate"](params, tokens), ns["score_ngram"](model, tokens, factor)
        return [ns["of_words"](found, tokens) for found in scores]

    on_valid, (network, table) = both(valid), both(test)
    share = ns["best_share"](*on_valid)
    mixed = ns["mix"](network, table, share)
    per_character = 1 / np.log(2) / (len(texts[2]) - 1)
    in_words = [ns["tokenize"](text) for text in texts]
    spelling = float(per_character * ns["spelling_cost"](*in_words, vocab))
    capitals = float(per_character * ns["capitals_cost"](texts[0], texts[2]))
    row = {
        "valid": ns["perplexity"](on_valid[0]),
        "learning_rate": ns["learning_rate"],
        "order": order,
        "share": share,
        "parameters": int(sum(p.size for p in params.values())),
        "read": tokens_read(ns),
        "spelling": spelling,
        "capitals": capitals,
    }
    for name, scores in (("test", network), ("table", table), ("mixed", mixed)):
        of_scores = float(-scores.sum() * per_character)
        row[name] = ns["perplexity"](scores)
        row[f"{name} bits in all"] = of_scores + spelling + capitals
    return row


def finite_perplexity(ns, params):
    """Validation perplexity, or None where it is beyond all numbers."""
    with np.errstate(over="ignore", invalid="ignore"):
        value = ns["perplexity"](valid_scores(ns, params))
    return value if np.isfinite(value) else None


def run_main(ns, seed, learning_rate, **options):
    """Validation perplexity of the main run with these options; None if it did not stay finite."""
    try:
        params = trained(ns, seed, learning_rate, **options)
    except FloatingPointError:
        return {"valid": None}
    total = int(sum(p.size for p in params.values()))
    return {"valid": finite_perplexity(ns, params), "parameters": total}


def run_forms(ns, seed, learning_rate, paper, units=64, steps=400):
    """Validation perplexity of a small GRU of one of the two forms, without dropout."""
    _, vocab, tokens, streams = book(ns)
    counts, rng = np.bincount(tokens[0], minlength=len(vocab)), np.random.default_rng(seed)
    params = ns["init_params"](vocab_size=len(vocab), hidden_size=units, rng=rng, counts=counts)
    forward, backward = paper_form(ns) if paper else (ns["forward"], ns["backward"])

    def gradients(params, *window):
        loss, state, cache = forward(params, *window)
        return loss, state, backward(params, cache)

    steps = min(steps, ns["steps"])
    try:
        ns["train"](
            params, streams, steps, learning_rate, ns["seq_len"], ns["clip_norm"], gradients
        )
    except FloatingPointError:
        return {"valid": None}
    own = ns["evaluate"]  # it calls `forward`
    evaluate = FunctionType(own.__code__, {**ns, "forward": forward}, argdefs=own.__defaults__)
    return {"valid": finite_perplexity({**ns, "evaluate": evaluate}, params)}


RUN = {"main": run_main, "forms": run_forms}


def run_kind(kind):
    """The kind under which the runs of `kind` are stored: starts, tying and adam share runs."""
    return "forms" if kind == "forms" else "main"


def found(store, kind, options, rate, seed):
    """The stored row of this arm, rate and seed, or None; the main run may stand under results."""
    lesson = ARMS[kind][0]
    if run_kind(kind) == "main" and not options:
        row = store.get("results", lesson, {"lesson": lesson, "seed": seed})
        if row and row["learning_rate"] == rate:
            return row
    job = {**options, "learning_rate": rate, "seed": seed}
    return store.get(run_kind(kind), lesson, job)


def next_runs(kind, options, get):
    """Each (rate, seed) that this arm needs next; `get(rate, seed)` is the stored row."""
    rates = [rate for rate in ARMS[kind][1] if not get(rate, 0)]
    if not rates:
        best = best_rate(get)
        at = LADDER.index(best)
        rates = [rate for rate in LADDER[max(at - 1, 0) : at + 2] if not get(rate, 0)]
    if rates:
        return [(rate, 0) for rate in rates]
    return [(best, seed) for seed in (1, 2) if not get(best, seed)]


def best_rate(get):
    """The rate of the ladder with the lowest validation perplexity at seed 0."""
    tried = {rate: get(rate, 0) for rate in LADDER}
    values = {rate: value_of(row) for rate, row in tried.items() if row}
    return min(values, key=values.get)


def value_of(row):
    """A row's validation perplexity; infinite where the run did not stay finite."""
    return np.inf if row["valid"] is None else row["valid"]


def ready(kind, store):
    """Each (kind, lesson, job) that is missing of `kind` and can start."""
    lesson, _, arms = ARMS[kind]
    for options in arms.values():

        def get(rate, seed, options=options):
            return found(store, kind, options, rate, seed)

        for rate, seed in next_runs(kind, options, get):
            yield run_kind(kind), lesson, {**options, "learning_rate": rate, "seed": seed}


def arm_rows(store, kind):
    """{arm: (best rate, the rows of three seeds)}, or None while a run is missing."""
    made = {}
    for arm, options in ARMS[kind][2].items():

        def get(rate, seed, options=options):
            return found(store, kind, options, rate, seed)

        if next_runs(kind, options, get):
            return None
        rate = best_rate(get)
        made[arm] = rate, [get(rate, seed) for seed in range(3)]
    return made


def cell(rows):
    """Validation perplexity of the rows: mean (range)."""
    return spread([value_of(row) for row in rows], 1)


def arms_table(store, kind, head):
    """A line for each arm: its name, its best rate, validation perplexity."""
    made = arm_rows(store, kind)
    if made is None:
        return None
    lines = [
        f"| {head} | best rate | validation perplexity, mean of 3 seeds (range) |",
        "|---|---|---|",
    ]
    lines += [f"| {arm} | {rate:g} | {cell(rows)} |" for arm, (rate, rows) in made.items()]
    return "\n".join(lines)


def tying_table(store):
    """The 2 x 2: tied or two tables, without and with dropout."""
    made = arm_rows(store, "tying")
    if made is None:
        return None
    lines = ["| | parameters | no dropout | dropout |", "|---|---|---|---|"]
    for row in ("tied", "two tables"):
        pair = [made[f"{row}, {column}"] for column in ("no dropout", "dropout")]
        cells = " | ".join(f"{cell(rows)} [{rate:g}]" for rate, rows in pair)
        lines.append(f"| {row} | {pair[0][1][0]['parameters']:,} | {cells} |")
    lines += ["", "(Validation perplexity, mean of 3 seeds, its range, and the [best rate].)"]
    return "\n".join(lines)


def results_rows(store, lesson):
    """The rows of the main run, by seed; those that are missing are None."""
    return [store.get("results", lesson, {"lesson": lesson, "seed": seed}) for seed in range(3)]


def results_table(store, lesson):
    rows = results_rows(store, lesson)
    if not all(rows):
        return None
    name, table = NAMES[lesson].upper(), f"{rows[0]['order']}-gram"
    valid, test, mixed, in_bits = (
        [row[field] for row in rows] for field in ("valid", "test", "mixed", "test bits in all")
    )
    return "\n".join([
        "| perplexity | validation | test |",
        "|---|---|---|",
        f"| {name}, mean of 3 seeds (range) | {spread(valid, 1)} | {spread(test, 1)} |",
        f"| {table} | | {rows[0]['table']:.1f} |",
        f"| {name} and {table} mixed | | {spread(mixed, 1)} |",
        "",
        f"({rows[0]['parameters']:,} parameters, {rows[0]['read']:,} words read; "
        f"{spread(in_bits)} bits per character of the test fables in all.)",
    ])  # fmt: skip


def phase_table(store, of_characters):
    """All six language models beside each other; `of_characters` {name: rows} are the first three.

    None while a run is missing.
    """
    of_words = {name.upper(): results_rows(store, lesson) for lesson, name in NAMES.items()}
    if not all(all(rows) for rows in (*of_characters.values(), *of_words.values())):
        return None
    letters, words = of_characters["RNN"][0], of_words["RNN"][0]
    lines = [
        "| model | tokens read | parameters | test perplexity | test bits per character |",
        "|---|---|---|---|---|",
        f"| {letters['order']}-gram of characters | | | | {letters['table']:.3f} |",
    ]
    for name, rows in of_characters.items():
        lines.append(
            f"| {name} of characters | {rows[0]['read']:,} | {rows[0]['parameters']:,} | "
            f"| {spread([row['test'] for row in rows])} |"
        )
    lines.append(
        f"| {words['order']}-gram of words | | | {words['table']:.1f} "
        f"| {words['table bits in all']:.3f} |"
    )
    for name, rows in of_words.items():
        lines.append(
            f"| {name} of words | {rows[0]['read']:,} | {rows[0]['parameters']:,} "
            f"| {spread([row['test'] for row in rows], 1)} "
            f"| {spread([row['test bits in all'] for row in rows])} |"
        )
    lines += ["", "(Of words, spelling and capitals are in the bits. Perplexity is over words.)"]
    return "\n".join(lines)


def tables(store, of_characters):
    """{file name: text or None} of the tables over words."""
    made = {f"results_word_{name}.md": results_table(store, lesson)
            for lesson, name in NAMES.items()}  # fmt: skip
    made["starts_word_lstm.md"] = arms_table(store, "starts", "start")
    made["tying_word_lstm.md"] = tying_table(store)
    made["forms_word_gru.md"] = arms_table(store, "forms", "form")
    made["adam_word_rnn.md"] = arms_table(store, "adam", "Adam for the embeddings")
    made["phase_word.md"] = phase_table(store, of_characters)
    return made
