"""The tables of results over seeds: up to date, and in agreement with what the pages print."""

import json
import os
import re
import sys

import pytest

import lessons

sys.path.insert(0, str(lessons.ROOT / "benchmarks"))

import claims_by_seed as claims  # noqa: E402  (its folder is no package)

os.environ.pop("MPLBACKEND", None)  # a timing script wants Agg, the notebooks' kernels do not

import readme_table  # noqa: E402

STORE = claims.Store()
LESSONS = [p for p in lessons.CHARACTER_LESSONS if lessons.stem(p) in claims.NAMES]


def rows(stem):
    return [STORE.get("results", stem, job) for job in claims.jobs("results", stem)]


def test_tables_are_those_of_the_stored_runs():
    made = claims.tables(STORE)
    stored = {p.name: p.read_text(encoding="utf-8") for p in claims.TABLES.glob("*.md")}
    assert stored == made, "run: python benchmarks/claims_by_seed.py --tables"


def test_every_table_that_a_page_asks_for_is_there():
    asked = set()
    for path in (lessons.ROOT / "src").rglob("*.py"):
        asked |= set(re.findall(r"\{\{table (\w+)\}\}", path.read_text(encoding="utf-8")))
    assert asked and {f"{name}.md" for name in asked} <= set(claims.tables(STORE))


@pytest.mark.parametrize("path", LESSONS, ids=lessons.stem)
def test_the_page_agrees_with_its_stored_runs(path):
    """The page's run is seed 0's: its bits are those of the row, which lie in the table's range."""
    stem = lessons.stem(path)
    shipped, stored = readme_table.shipped_results(stem), rows(stem)
    name = claims.NAMES[stem].upper()
    assert len(stored) == 3 and all(stored)
    assert abs(float(shipped[name]) - stored[0]["test"]) < 0.002
    assert abs(float(shipped[f"{stored[0]['order']}-gram"]) - stored[0]["table"]) < 0.001


WORDS = [p for p in lessons.WORD_LESSONS if lessons.stem(p) in claims.word_claims.NAMES]


def numbers_of_section_9(path):
    """{what: the number as printed} of the lines of results in section 9."""
    cells = lessons.read(path).cells
    places = [cell.number for cell in lessons.code_cells(path) if cell.section == 9]
    text = "".join(o.get("text", "") for number in places for o in cells[number].outputs)
    lines = re.findall(r"^(.+?) +perplexity +([\d.]+) on test fables$", text, re.MULTILINE)
    lines += re.findall(r"^(.+?) +([\d.]+) bits per character$", text, re.MULTILINE)
    return dict(lines)


@pytest.mark.parametrize("path", WORDS, ids=lessons.stem)
def test_the_page_over_words_is_its_stored_run(path):
    """The page's run is seed 0's: to the printed digits, its numbers are those of the row."""
    stem, printed = lessons.stem(path), numbers_of_section_9(path)
    stored = claims.word_claims.results_rows(STORE, stem)
    assert len(stored) == 3 and all(stored)
    row, name = stored[0], claims.word_claims.NAMES[stem].upper()
    table = f"{row['order']}-gram"
    mixed = f"{name} and {table} mixed, {row['share']:.2g} to {1 - row['share']:.2g}"
    in_words = row["test bits in all"] - row["spelling"] - row["capitals"]
    wanted = {
        name: f"{row['test']:.4g}", table: f"{row['table']:.4g}", mixed: f"{row['mixed']:.4g}",
        "words": f"{in_words:.3f}", "spelling of new words": f"{row['spelling']:.3f}",
        "capitals": f"{row['capitals']:.3f}", f"{name} of words in all":
        f"{row['test bits in all']:.3f}",
    }  # fmt: skip
    assert {what: printed.get(what) for what in wanted} == wanted


@pytest.mark.parametrize("path", WORDS, ids=lessons.stem)
def test_every_network_of_words_passes_the_table_with_every_seed(path):
    for row in claims.word_claims.results_rows(STORE, lessons.stem(path)):
        assert row["mixed"] < row["test"] < row["table"]


def recall_lines(path):
    """(start, rate, seed, [(k, word), ...]) of each line that the page's memory test printed."""
    cell = next(
        cell for cell in lessons.read(path).cells
        if cell.cell_type == "code" and "recall_lags" in cell.source and cell.outputs
    )  # fmt: skip
    page = "\n".join(c.source for c in lessons.code_cells(path))
    seed = 1 if "default_rng(seed + 1)" in cell.source else 0
    for line in "".join(output.text for output in cell.outputs).splitlines():
        start = next(name for name in claims.STARTS[lessons.stem(path)] if line.startswith(name))
        said = re.search(r" rate (\S+) ", line)
        given = re.search(rf'"{re.escape(start)}": [^\n]*?(\d+e-\d+)[,)}}]', page)
        rate = float((said or given)[1])
        yield start, rate, seed, re.findall(r"k=(\d+): (\w+)", line)


@pytest.mark.parametrize("path", LESSONS, ids=lessons.stem)
def test_the_page_and_the_stored_runs_grade_recall_alike(path):
    """Where page and table ran the same start, k, rate and seed, they say the same word."""
    stem, grade, compared = lessons.stem(path), lessons.namespace(path)["grade"], 0
    for start, rate, seed, words in recall_lines(path):
        for k, word in words:
            job = {"lesson": stem, "start": start, "learning_rate": rate, "k": int(k)}
            row = STORE.get("recall", stem, {**job, "seed": seed})
            if row:
                assert grade(row["accuracy"]) == word, (start, k, row)
                compared += 1
    assert compared >= 4


def test_gated_networks_pass_the_table_with_every_seed():
    for stem in (claims.LSTM, claims.GRU):
        for row in rows(stem):
            assert row["mixed"] < row["test"] < row["table"]
    lstm = rows(claims.LSTM)
    assert sum(row["test"] for row in lstm) / 3 < lstm[0]["table"] - 0.03


def test_chrono_solves_a_hundred_steps_in_four_of_five_seeds():
    for stem in (claims.LSTM, claims.GRU):
        table = claims.recall_table(STORE, stem)
        solved = re.search(r"^\| chrono \|.* (\d) of 5 \|$", table, re.MULTILINE)
        assert int(solved[1]) >= 4


PAIRS = [stem for stem in claims.pair_claims.NAMES if lessons.notebook_of(stem)]


def pair_rows(stem):
    """{job: row} of the stored runs of a lesson on translation; the job as a dictionary's text."""
    return {job: row for key, row in STORE.rows.items()
            for kind, lesson, job in [key.split(" ", 2)] if (kind, lesson) == ("pairs", stem)
            }  # fmt: skip


@pytest.mark.parametrize("stem", PAIRS)
def test_the_page_of_translations_is_a_stored_run(stem):
    """The page's rate and seed are among the stored runs; what it prints by split is the same."""
    path = lessons.notebook_of(stem)[0]
    knobs, arms = lessons.namespace(path), claims.pair_claims.ARMS[stem]
    main = claims.pair_claims.main_options(stem)
    assert knobs["learning_rate"] in claims.pair_claims.RATES[stem]
    if not pair_rows(stem):
        pytest.skip("its runs are not stored yet")
    outputs = [output for cell in lessons.read(path).cells for output in cell.get("outputs", [])]
    printed = "".join(output.get("text", "") for output in outputs)
    job = {"learning_rate": knobs["learning_rate"], "seed": knobs["seed"]}
    names, compared = {"context at every step": "network", "closing model": "closing"}, 0
    for arm, options in arms.items():
        label = names.get(arm, re.escape(arm))
        row = STORE.get("pairs", stem, {**options, **job})
        for split in claims.pair_claims.REPORTED:
            line = rf"^(?:{split} +{label}|{label} +{split}) +"
            said = re.search(rf"{line}exactly right +(\S+)%, BLEU (\S+)$", printed, re.M)
            assert said or options is not main, split
            if said and row:
                wanted = f"{100 * row[split]:.1f}", f"{row[split + ' BLEU']:.1f}"
                assert said.groups() == wanted, (arm, split)
                compared += 1
            said = re.search(rf"{line}AER (\S+) ", printed, re.M)
            if said and row and f"{split} AER" in row:
                assert said[1] == f"{row[split + ' AER']:.2f}", (arm, split)
    assert compared >= 3
    parts = re.search(r"new pair of words (\S+)%, new construction (\S+)%", printed)
    assert bool(parts) == (stem == claims.pair_claims.LUONG)
    if parts:
        row = STORE.get("pairs", stem, {**main, **job})
        kinds = ("pair", "construction")
        assert parts.groups() == tuple(f"{100 * row[f'novel even, new {k}']:.1f}" for k in kinds)


@pytest.mark.parametrize("stem", PAIRS)
def test_stored_runs_of_translation_have_the_sizes_of_the_page(stem):
    knobs = lessons.namespace(lessons.notebook_of(stem)[0])
    for job, row in pair_rows(stem).items():
        own = {"steps": json.loads(job).get("steps", knobs["steps"])}
        for name, size in row.get("sizes", {}).items():
            wanted = own.get(name, knobs[name])
            assert size == wanted, f"{job} was run with {name} = {size}, the page has {wanted}"


@pytest.mark.parametrize("stem", PAIRS)
def test_the_best_rate_of_each_arm_lies_inside_those_that_were_tried(stem):
    get = claims.pair_claims.rows_by_job(stem, STORE)
    for arm, options in claims.pair_claims.ARMS[stem].items():
        rates = claims.pair_claims.rates_of(stem, options, get)
        assert set(claims.pair_claims.tried(options, get, rates)) == set(rates), arm
        assert len(rates) >= 3
        assert min(rates) < claims.pair_claims.best_rate(options, get, rates) < max(rates), arm


@pytest.mark.parametrize("best, tried", [
    (0.024, {0.012, 0.024, 0.048}), (0.003, {0.0015, 0.003, 0.006, 0.012, 0.024, 0.048}),
    (0.096, {0.012, 0.024, 0.048, 0.096, 0.192}), (9.0, {0.012 * 2**n for n in range(7)}),
])  # fmt: skip
def test_rates_go_on_while_the_best_stands_at_an_end(best, tried):
    """Each further rate is tried as soon as those before are stored; four more at most."""
    stem, stored = "seq_2_seq/03_Luong_Attention_NumPy", {}

    def get(job):
        return stored.get((job["learning_rate"], job["seed"]))

    while jobs := [(job["learning_rate"], job["seed"]) for job in claims.pair_claims.jobs_of(
            stem, get, arms=["no place"])]:  # fmt: skip
        for rate, seed in jobs:
            stored[rate, seed] = {"valid": -max(rate / best, best / rate)}
    assert {rate for rate, seed in stored if seed == 0} == tried
    assert {rate for rate, seed in stored if seed} == {min(tried, key=lambda r: abs(r - best))}


# What the pages say of the arms: {lesson: [(arm, arm, split, by how much the first is above)]};
# a pair of numbers says between what the difference lies.
SAID = {
    "seq_2_seq/01_Encoder_Decoder_NumPy": [
        ("context at every step", "context handed over once", "valid", 0.4),
        ("context at every step", "every step, source read backwards", "valid", (-0.03, 0.03)),
    ],
    "seq_2_seq/02_Bahdanau_Attention_NumPy": [
        ("window", "plain", "long even", 0.5), ("location", "plain", "long even", 0.5),
        ("window", "location", "long even", (-0.05, 0.05)),
        ("plain", "window", "novel even", 0.03), ("plain", "location", "novel even", 0.03),
        ("window", "plain", "novel odd", 0.03), ("location", "plain", "novel odd", (-0.03, 0.03)),
        ("window", "plain", "test AER", 0.05), ("plain", "frozen", "test", 0.5),
    ],
    "seq_2_seq/03_Luong_Attention_NumPy": [
        ("concat score", "the same, fewer updates", "test", (-0.01, 0.01)),
        ("the same, fewer updates", "general score", "test", 0.01),
        ("concat score", "the same, fewer updates", "test AER", 0.05),
        ("general score", "the same, fewer updates", "test AER", (-0.02, 0.02)),
        ("the same, fewer updates", "input feeding", "test", 0.01),
        ("the same, fewer updates", "input feeding", "long even", 0.03),
        *(("input feeding", other, "test AER", (-1, -0.01)) for other in (
            "closing model", "the same, fewer updates", "window's road followed", "general score",
            "read one way", "place predicted", "no place", "concat score")),
        ("the same, fewer updates", "read one way", "test", 0.05),
        ("the same, fewer updates", "read one way", "novel even", 0.05),
        ("the same, fewer updates", "read one way", "long even", 0.05),
        ("read one way", "the same, fewer updates", "test AER", 0.1),
        ("no place", "place predicted", "long even", 0.03),
        ("the same, fewer updates", "no place", "long even", 0.5),
        ("the same, fewer updates", "window's road followed", "test", 0.01),
        ("the same, fewer updates", "window's road followed", "long even", 0.03),
        ("window's road followed", "the same, fewer updates", "test AER", (-0.01, 0.01)),
        ("window's road followed", "the same, fewer updates", "novel even", 0.01),
        ("concat, window's road followed", "concat score", "test", (-0.01, 0.01)),
        ("concat, window's road followed", "concat score", "long even", (-0.02, 0.02)),
        ("concat, window's road followed", "concat score", "test AER", 0.08),
        ("concat, the state before asks", "concat score", "test", (-0.01, 0.01)),
        ("concat, the state before asks", "concat score", "test AER", 0.08),
        ("closing model", "the same, fewer updates", "novel even", 0.02),
    ],
}  # fmt: skip


@pytest.mark.parametrize("stem", PAIRS)
def test_what_the_pages_say_of_the_arms_holds_in_the_mean(stem):
    """A sentence about the stored arms changes with them, or this is red."""
    arms, means = claims.pair_claims.ARMS[stem], {}
    for arm, options in arms.items():
        rows = claims.pair_claims.rows_of(stem, options, STORE)[1]
        means[arm] = {name: sum(row[name] for row in rows) / 3
                      for name in rows[0] if isinstance(rows[0][name], float)}  # fmt: skip
    for one, other, what, least in SAID[stem]:
        above = means[one][what] - means[other][what]
        low, high = least if isinstance(least, tuple) else (least, 1)
        assert low < above < high, f"{one} above {other} in {what} by {above:.3f}"
