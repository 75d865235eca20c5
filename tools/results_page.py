"""Write RESULTS.md, and its picture, from what the notebooks and the stored runs hold.

    python tools/results_page.py            write them
    python tools/results_page.py --check    only say which is out of date

No number is typed in: baselines and shipped seeds are what section 9 of a notebook printed, what
goes over seeds is in benchmarks/tables. Nothing is executed. While a run is missing, nothing is
written, and the command that makes it is named. The picture `.github/by_length.png` is lesson 8's.

Speed is shown if there is a `benchmarks/tables/speed.json`: a list of rows, each with any of

    lesson             "char_level_lm/01_RNN_NumPy"
    sizes              "H=256", where they are not the notebook's own
    kernels            the instructions that the matrix products ran on: "AVX-512", "AVX2"
    numpy, torch       milliseconds of a training step, median
    ratio_median       PyTorch's time over NumPy's, median of paired steps
    ratio_low, ratio_high    its 5th and 95th percentiles
    tokens_per_second  that a training step of the lesson reads
    share_of_matmul    operations a second over those of one large matrix product
    seconds_of_page    to run the whole notebook

What a row has not got stays blank, a column that no row has is left out.
"""

import argparse
import csv
import json
import re
import statistics
import sys

from readme_table import (
    ARMS,
    BAHDANAU,
    ENCODER,
    LESSONS,
    LUONG,
    REPORTED,
    ROOT,
    TRANSLATORS,
    Store,
    character_lessons,
    keep,
    linked,
    notebook,
    of_arm,
    over_seeds,
    section_outputs,
    shipped_results,
    spread,
    stored_picture,
    stored_table,
    translation_table,
    without_network,
)

from claims_by_seed import RATES, UNITS  # isort: skip  (readme_table has put its folder on the path)
from pair_claims import arms_table  # isort: skip

COMMAND = "python tools/results_page.py"
SPEED = ROOT / "benchmarks/tables/speed.json"
PICTURE = ".github/by_length.png"
MARK = "Drawing: exact match by length, with attention and with it frozen"  # its cell of lesson 8
SPLITS = [split.split()[0] for split in REPORTED]
WORD_LESSONS = [stem for stem in LESSONS if stem.startswith("word")]
PERPLEXITY = re.compile(r"^(\S.*?) +perplexity +([\d.]+) on test fables$", re.MULTILINE)
BY_LENGTH = re.compile(r"^(\S.*?) +((?:\d+(?:-\d+|\+): \d+% *)+)$", re.MULTILINE)
OPENING = """\
# Results

What the nine lessons reach on text that they have not been trained on, in one place. `{command}` makes this page from the notebooks' stored outputs and from `benchmarks/tables`; it runs nothing, and no number here is typed in. Under each table stands the command that repeats its runs.

How to read it:

- *Mean (lowest–highest)* is over three trainings that differ in their seed alone. Three seeds show how much luck there is in a number; they are no confidence interval.
- Sizes, learning rates and numbers of updates were chosen on validation text. Test text was kept for reporting.
- The corpora are small, and written or generated for this course. The numbers compare models on them. They do not tell you how a model does on other text, or how the same model does with more of it.
- `claims_by_seed.py` runs what has no stored result yet; with `--again` it repeats what has.
"""  # noqa: E501


def table(heads, rows):
    """Markdown of a table; `rows` are lists of cells as text."""
    lines = ["|" + "".join(f" {cell} |" if cell else " |" for cell in cells)
             for cells in (heads, *rows)]  # fmt: skip
    return "\n".join([lines[0], "|" + "---|" * len(heads), *lines[1:]])


def section(heading, before, shown, after):
    """A heading, what the table shows, the table, and what it does not show or how it is made."""
    return f"## {heading}\n\n{before}\n\n{shown}\n\n{after}\n"


def name_of(stem):
    """`RNN` of `char_level_lm/01_RNN_NumPy`."""
    return stem.split("_")[-2]


def main_runs(stem):
    """The stored rows of the main run of a language model, seeds 0 to 2."""
    rows = over_seeds(stem)
    if len(rows) != 3:
        raise ValueError(
            f"{stem} has {len(rows)} of 3 stored seeds: "
            f"run python benchmarks/claims_by_seed.py results {stem}"
        )
    return rows


def language_models(stems, printed_by, digits):
    """Lines of a table: baselines as printed, then the models over seeds; and who beats whom.

    `printed_by(stem)`: {model: value as printed}. The sentence names the models that each seed
    brought below every baseline.
    """
    baselines, models, ahead = {}, [], []
    for stem in stems:
        printed, rows, name = printed_by(stem), main_runs(stem), name_of(stem)
        own = {model: value for model, value in printed.items() if name not in model.split()}
        baselines.update(own)
        valid, test, mixed = ([row[key] for row in rows] for key in ("valid", "test", "mixed"))
        cells = [f"[{name}]({stem}.ipynb)", spread(valid, digits), printed[name]]
        cells += [spread(test, digits), spread(mixed, digits)]
        models.append([*cells, f"{rows[0]['parameters']:,}", f"{rows[0]['read']:,}"])
        if max(test) < min(map(float, own.values())):
            ahead.append(name)
    lines = [[model, "", value, "", "", "", ""] for model, value in baselines.items()]
    said = " and ".join(filter(None, [", ".join(ahead[:-1]), *ahead[-1:]])) or "none"
    return lines + models, f"Below every baseline with each of the three seeds: {said}."


def characters():
    lines, ahead = language_models(character_lessons(), shipped_results, 3)
    heads = ["bits per character", "validation", "test, shipped seed", "test, mean (range)",
             "mixed with the n-gram, mean (range)", "parameters", "characters read"]  # fmt: skip
    return section(
        "Language models over characters",
        f"How many bits a model needs for a character of fables that it has not read; fewer are better. The baselines are counts: *uniform* knows the alphabet, an n-gram the characters before. {ahead} *Mixed* averages the probabilities of network and best n-gram.",  # noqa: E501
        table(heads, lines),
        "The networks differ in parameters and in what they have read, each as its lesson trains it in a few minutes; the table does not show which of them is best with equal means. `python benchmarks/claims_by_seed.py results char_level_lm` makes the runs.",  # noqa: E501
    )


def perplexities(stem):
    """{model: test perplexity as printed} of section 9 of a lesson over words."""
    return dict(PERPLEXITY.findall(section_outputs(notebook(stem), 9)))


def words():
    lines, ahead = language_models(WORD_LESSONS, perplexities, 1)
    heads = ["perplexity", "validation", "test, shipped seed", "test, mean (range)",
             "mixed with the n-gram, mean (range)", "parameters", "words read"]  # fmt: skip
    return section(
        "Language models over words",
        f"Perplexity of held-out fables: among how many words, equally likely, a model might as well be guessing. Lower is better. {ahead}",  # noqa: E501
        table(heads, lines),
        "Perplexity depends on the vocabulary: words that are rare in training count as one unknown word here, so do not compare these numbers with those of another tokenizer. `python benchmarks/claims_by_seed.py results word_level_lm` makes the runs.",  # noqa: E501
    )


def coding():
    return section(
        "Words beside characters",
        "All language models in one unit. A model over words pays for spelling the words it does not know, and for capitals, so that each codes the same pages.",  # noqa: E501
        stored_table("phase_word"),
        "It does not show what words would gain on a larger book: there are fewer unknown words to spell there, and n-grams of characters get better as well. `python benchmarks/claims_by_seed.py results` makes the runs.",  # noqa: E501
    )


def recall():
    rows = []
    for stem in character_lessons():
        lines = stored_table(f"recall_char_{name_of(stem).lower()}").splitlines()
        heads, _, *cut = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        rows += [{"stem": stem, "network": f"[{name_of(stem)}]({stem}.ipynb)",
                  **dict(zip(heads, cells))} for cells in cut]  # fmt: skip
    lags = {head for row in rows for head in row if head.startswith("k =")}
    heads = ["network", "start", "best rate", *sorted(lags, key=lambda head: int(head[3:]))]
    units = ", ".join(f"{name_of(stem)} {UNITS[stem]}" for stem in character_lessons())
    edges = {stem: (min(RATES[stem]), max(RATES[stem])) for stem in character_lessons()}
    at_edge = ", ".join(f"{name_of(row['stem'])} with {row['start']}" for row in rows
                        if float(row["best rate"]) in edges[row["stem"]])  # fmt: skip
    return section(
        "How long they remember",
        "Each network reads k + 1 random symbols and is asked for the first. A cell says with how many of five seeds at least 95 % of the answers are right. A start that was at chance with every seed is not tried at a larger k and counts as 0.",  # noqa: E501
        table(heads, [[row.get(head, "") for head in heads] for row in rows]),
        f"Blank: not tried. The networks were trained for the task itself, with as many updates each, but not with equal units ({units}). It does not show what a network trained on text holds in mind. The rate shown is the one that solved most with these same seeds, which flatters every line. Where it is the lowest or highest tried, a rate beyond may do better: {at_edge or 'nowhere'}. `python benchmarks/claims_by_seed.py recall` makes the runs.",  # noqa: E501
    )


def translation():
    return section(
        "Translation: sentences that come out exactly right",
        "The share of sentences whose French equals the reference word for word, by greedy decoding. *Test*: sentences like those of training. *Novel*: each has two words in company, or a construction, that training never shows. *Long*: more clauses than any training sentence. Of *novel* and *long* these are the lines with even ids; the odd ones were for choosing. AER is explained below.",  # noqa: E501
        translation_table(),
        "The models have had different numbers of updates; the arms further down have had the same. Exact match takes no second good translation, and French made by a grammar has fewer of them than people's. `python benchmarks/claims_by_seed.py pairs` makes the runs; the two baselines are printed by lesson 7.",  # noqa: E501
    )


def scores_of_words():
    heads = ["BLEU", *SPLITS]
    lines = [[name, *(scores[split][1] for split in REPORTED)]
             for name, scores in without_network().items()]  # fmt: skip
    for name, lesson_and_arm in TRANSLATORS.items():
        rows = of_arm(*lesson_and_arm)
        lines.append([linked(name), *(spread([row[f"{split} BLEU"] for row in rows], 1)
                                      for split in REPORTED)])  # fmt: skip
    return section(
        "Translation: BLEU",
        "The same translations by a score that forgives: the shares of runs of one to four words that the reference has, too (100 is a perfect match).",  # noqa: E501
        table(heads, lines),
        "A phrase table can do well here and still get few sentences right. BLEU on this corpus does not compare with BLEU on any other. The same command makes the runs.",  # noqa: E501
    )


def sentence_lengths(split):
    """How many English words the lines of a split have: the data's own column."""
    name, _, half = split.partition(" ")
    with open(ROOT / "data/crow_en_fr.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [len(row["en"].split()) for row in rows if row["split"] == name
            and (not half or int(row["id"]) % 2 == (half == "odd"))]  # fmt: skip


def length_lines(split, models):
    """Heads and lines of a table by number of source words: how many sentences, then models."""
    rows_of = {name: of_arm(*lesson_and_arm) for name, lesson_and_arm in models.items()}
    heads = list(next(iter(rows_of.values()))[0][f"{split} by length"])
    counts, lengths = [], sentence_lengths(split)
    for head in heads:
        low, _, high = head.rstrip("+").partition("-")
        counts.append(sum(int(low) <= n <= int(high or n) for n in lengths))
    lines = [["sentences", *map(str, counts)]]
    for name, rows in rows_of.items():
        cells = ([row[f"{split} by length"][head] for row in rows] for head in heads)
        shown = linked(name) if name in TRANSLATORS else name
        lines.append([shown, *(spread([100 * share for share in cell], 0) for cell in cells)])
    return heads, lines


def printed_by_length(stem):
    """{model: {length: per cent as printed}} of section 9; the first line of a model counts."""
    found = {}
    for name, shares in BY_LENGTH.findall(section_outputs(notebook(stem), 9)):
        found.setdefault(name, dict(re.findall(r"(\S+): (\d+)%", shares)))
    return found


def by_length():
    frozen = {"Bahdanau, attention frozen": (BAHDANAU, "frozen")}
    heads, lines = length_lines("test", {**TRANSLATORS, **frozen})
    printed = printed_by_length(LUONG)
    baselines = [[name, *(printed.get(name, {}).get(head, "") for head in heads)]
                 for name in without_network()]  # fmt: skip
    alt = stored_picture(BAHDANAU, MARK)[1]
    looking = {name: where for name, where in TRANSLATORS.items() if where[0] != ENCODER}
    long_heads, long_lines = length_lines("long even", looking)
    return section(
        "Translation by length",
        "Exactly right, in per cent, by the number of English words. One vector has to hold the whole sentence in the encoder–decoder and where attention is frozen to the last place; looking back spares it that. First *test*:",  # noqa: E501
        table(["words", *heads], [lines[0], *baselines, *lines[1:]]),
        f"![{alt}]({PICTURE})\n\n(The same as a picture, for one seed: the one that lesson 8 ships, looking back and frozen.)\n\nThen *long*, even ids, for those that look back:\n\n{table(['words', *long_heads], long_lines)}\n\nWhere a group has few sentences, a few of them move its number a lot. Long sentences have more words to get wrong, so that falling shares do not show by themselves that a model loses its place: lessons 8 and 9 look at that. `python benchmarks/claims_by_seed.py pairs` makes the runs; the baselines are printed by lesson 9.",  # noqa: E501
    )


def what_did_it():
    store = Store()
    parts = []
    for number, stem in enumerate(ARMS, start=7):
        parts.append(f"[Lesson {number}]({stem}.ipynb):\n\n{arms_table(stem, store)}")
    return section(
        "Translation: one change at a time",
        "Each arm differs from the main one of its lesson (the first line; in lesson 9 the second, which has had as many updates, and of the last two lines the concat score's) in one thing. *Rate* is the learning rate, for each arm the best of at least three.",  # noqa: E501
        "\n\n".join(parts),
        "An arm that is weak here may need other sizes or more updates; the tables do not show how well it could do. `python benchmarks/claims_by_seed.py pairs` makes the runs.",  # noqa: E501
    )


def alignment():
    heads = ["AER", *SPLITS, "weight on links, test"]
    lines = []
    for number, stem in enumerate(ARMS, start=7):
        for arm in ARMS[stem]:
            rows = of_arm(stem, arm)
            if "test AER" in rows[0]:
                keys = [f"{split} AER" for split in REPORTED] + ["test mass"]
                cells = [spread([row[key] for row in rows]) for key in keys]
                lines.append([f"lesson {number}: {arm}", *cells])
    return section(
        "Does attention look where the word comes from?",
        "Alignment error rate against the corpus's own word links, by split: each French word is linked to the English word with the largest weight, the reference being fed. 0 means that all links agree. No model was trained on a link.",  # noqa: E501
        table(heads, lines),
        "A low rate does not make a good translator, nor a high one a bad one: compare with the tables above. An encoder that reads both ways has told each place of its neighbours, so the largest weight need not lie on the word that was used; lesson 8 looks at that. `python benchmarks/claims_by_seed.py pairs` makes the runs.",  # noqa: E501
    )


def shown_speed(rows, columns):
    """A table of those `columns`, {key: (head, format)}, that a row has."""
    said = {key for row in rows for key, value in row.items() if value is not None}
    there = {key: column for key, column in columns.items() if key in said}
    cells = [[form.format(row[key]) if row.get(key) is not None else ""
              for key, (_, form) in there.items()] for row in rows]  # fmt: skip
    return table([head for head, _ in there.values()], cells)


def speed():
    """The section on speed, or None where nothing is stored; the shape is told above."""
    if not SPEED.exists():
        return None
    rows = json.loads(SPEED.read_text(encoding="utf-8"))
    name = {"lesson": ("lesson", "{}"), "sizes": ("sizes", "{}"), "kernels": ("kernels", "{}")}
    step = {
        "numpy": ("NumPy, ms", "{:.2f}"), "torch": ("PyTorch, ms", "{:.2f}"),
        "ratio_median": ("PyTorch / NumPy", "{:.2f}"), "ratio_low": ("5 %", "{:.2f}"),
        "ratio_high": ("95 %", "{:.2f}"), "tokens_per_second": ("tokens a second", "{:,.0f}"),
        "share_of_matmul": ("share of the product rate", "{:.2f}"),
    }  # fmt: skip
    page = {"seconds_of_page": ("seconds of the page", "{:.0f}")}
    parts, timed, run = [], [], []
    for row in rows:
        said = {key for key, value in row.items() if value is not None}
        timed += [row] if said & set(step) else []
        run += [row] if said & set(page) else []
    if timed:
        parts.append(shown_speed(timed, {**name, **step}))
    of_kernels = {}
    for row in timed:
        if row.get("ratio_median") and not row.get("sizes"):
            of_kernels.setdefault(row.get("kernels", "not said"), []).append(row["ratio_median"])
    for kernels, ratios in of_kernels.items():
        parts.append(f"Geometric mean of {len(ratios)} lessons (kernels: {kernels}): "
                     f"{statistics.geometric_mean(ratios):.2f}.")  # fmt: skip
    if run:
        parts += ["A whole notebook, from its first cell to its last:"]
        parts += [shown_speed(run, {**name, **page})]
    return section(
        "Speed",
        "A training step (forward, backward, clipping, Adam) beside the same step in PyTorch: same sizes, float64, one thread, by turns. Above 1 the NumPy step is faster; the 5th and 95th percentiles of the pairs stand beside the median. Where a lesson has the GRU of Cho et al. (2014), PyTorch's does as much work and is a different function.",  # noqa: E501
        "\n\n".join(parts),
        "It does not show what PyTorch does in float32, on several cores or on a GPU, where it is made to be fast; and timings differ between machines and runs. `python benchmarks/training_step.py` measures the steps.",  # noqa: E501
    )


SECTIONS = (characters, words, coding, recall, translation, scores_of_words, by_length,
            what_did_it, alignment, speed)  # fmt: skip


def missing_runs():
    """A sentence for each model and arm whose three seeds are not all stored."""
    wanted = [(main_runs, (stem,)) for stem in (*character_lessons(), *WORD_LESSONS)]
    wanted += [(of_arm, (stem, arm)) for stem, arms in ARMS.items() for arm in arms]
    sentences = []
    for rows_of, which in wanted:
        try:
            rows_of(*which)
        except ValueError as problem:
            sentences.append(str(problem))
    return sentences


def made():
    """{path: text or bytes} of what this script keeps; ValueError where a run is missing."""
    if sentences := missing_runs():
        raise ValueError("\n".join(["RESULTS.md cannot be made yet.", *sentences]))
    parts = [OPENING.format(command=COMMAND), *filter(None, (make() for make in SECTIONS))]
    return {
        ROOT / "RESULTS.md": "\n".join(parts),
        ROOT / PICTURE: stored_picture(BAHDANAU, MARK)[0],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if out of date")
    options = parser.parse_args()
    try:
        wanted = made()
    except ValueError as problem:
        sys.exit(str(problem))
    left = [keep(path, content, options.check, COMMAND) for path, content in wanted.items()]
    sys.exit(any(left))


if __name__ == "__main__":
    main()
