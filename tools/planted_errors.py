"""Plant every listed mistake in the lessons, one at a time, and say what caught it.

    python tools/planted_errors.py                          all of them: takes minutes
    python tools/planted_errors.py --lesson 03_GRU          in lessons whose name holds this
    python tools/planted_errors.py --kind beam --jobs 2     whose kind, text or check holds this

The mistakes are the rows of tests/test_mutations.py and of the lists that it joins. Each is put
into the code of a committed notebook, and the check that its row names must see it; the same check
must pass on the lesson as it is. No notebook is executed, and nothing is written.

Prints a table in Markdown, a row a mistake, with the seconds that planting and checking took, and
then how many mistakes of each kind which sort of check caught:

- gradient check: slopes by small steps to either side
- parity: PyTorch's stored runs, or the lesson's own other form of the same
- oracle: code that shares nothing with the lessons; for most, differentiated by autograd
- property: what holds for any right code, or for a case made by hand
- page check: cells of the page itself, run on small texts

What the lessons share is the same in all, to the letter: it is planted in the first that has it.
The status is 1 if a mistake survives or cannot be planted.
"""

import argparse
import contextlib
import io
import multiprocessing
import os
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import NamedTuple

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy comes in: the networks are small
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

import numpy as np  # noqa: E402

import lessons  # noqa: E402  (its folder is no package)
import test_mutations  # noqa: E402

SORTS = {
    "gradient check": {
        "checks": "gradients masks_in_training jacobian last_loss_gradients connectivity",
        "shared_checks": "loss_by_definition",
        "word_checks": "masks_of_words connectivity_of_words",
        "pair_attention_checks": "attending_backward copies_at_a_mouth",
        "pair_luong_checks": "looking_backward one_mouth_copied",
    },
    "parity": {
        "checks": "step steps_backward adam choosing time_constants",
        "shared_checks": "in_pieces following",
        "word_checks": "loss_of_words sparse_adam sparse_adam_of_all_rows whole_network_is_used "
                       "writing_by_counts",
        "pair_checks": "padding what_is_remembered steps the_encoder_by_steps gru_units "
                       "greedy_decoding many_sentences translating right_words",
        "pair_attention_checks": "a_step_back_of_many reading_both_ways",
        "pair_luong_checks": "a_step_back_of_three no_overflow read_by_words places_expected",
    },
    "oracle": {
        "checks": "ngram ngram_choice sampling",
        "word_checks": "tokens_of_text networks cho wide_products",
        "pair_checks": "networks steps_backward masks_of_pairs held_out lines_of_progress "
                       "a_beam_as_wide_as_all beams",
        "pair_attention_checks": "attending roads_cut",
        "pair_luong_checks": "looking mixtures places_held one_road_cut masks_while_held",
    },
    "property": {},  # all others, but those of pages
    "page check": {},
}  # fmt: skip
LONGEST = 60  # characters of a text in the table


class Row(NamedTuple):
    kind: str
    shared: bool
    path: Path
    old: str
    new: str
    check: object


class Outcome(NamedTuple):
    caught: bool
    said: str  # what went wrong, if not
    seconds: float


def sort_of(check):
    """What sort of check it is: a key of SORTS."""
    if check.__module__.endswith("page_checks"):
        return "page check"
    for sort, modules in SORTS.items():
        if check.__name__ in modules.get(check.__module__, "").split():
            return sort
    return "property"


def all_rows(lesson="", kind=""):
    """The rows about lessons and of kinds that hold these texts, lesson by lesson."""
    found = []
    for name, about, *rest in test_mutations.planted():
        row = Row(name, about is None, *rest)
        texts = row.kind, row.old, row.new, row.check.__name__
        if lesson.lower() in lessons.stem(row.path).lower():
            if any(kind.lower() in text.lower() for text in texts):
                found.append(row)
    return sorted(found, key=lambda row: lessons.NOTEBOOKS.index(row.path))


def outcome(row):
    """Plant the mistake of `row` and run its check."""
    began = time.perf_counter()

    def ended(caught, said=""):
        return Outcome(caught, said, time.perf_counter() - began)

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            test_mutations.passes(row.check, row.path)
            began = time.perf_counter()
            wrong = test_mutations.mutant(row.path, row.old, row.new)
        except Exception as error:
            return ended(False, f"not planted: {type(error).__name__}: {error}")
        try:
            with np.errstate(all="ignore"):
                row.check(wrong)
        except test_mutations.SEEN:
            return ended(True)
        except Exception as error:  # the mistake as it is written breaks the code
            return ended(False, f"broken: {type(error).__name__}: {error}")
    return ended(False, "SURVIVED")


def numbered_outcome(number):
    """`outcome` of a row by its number: what another process is told."""
    return outcome(numbered_outcome.rows[number])


def begin(filters):
    """Make the list of rows in another process, too."""
    numbered_outcome.rows = all_rows(*filters)


def outcomes(rows, filters, jobs):
    """The outcome of each of `rows`, in order, by `jobs` processes."""
    if jobs == 1:
        yield from map(outcome, rows)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, initializer=begin, initargs=(filters,)) as pool:
        yield from pool.imap(numbered_outcome, range(len(rows)), chunksize=8)


def in_cell(text):
    """`text` as a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", r"\|")


def name_of(row):
    """The mistake's name: its text and what replaces it, long ones from where they differ."""
    old, new = (" ".join(text.split()) for text in (row.old, row.new))
    same = len(os.path.commonprefix([old, new]))
    start = max(same - 12, 0) if max(len(old), len(new)) > LONGEST else 0
    shown = []
    for text in (old, new):
        end = "…" if len(text) > start + LONGEST else ""
        cut = ("…" if start else "") + text[start : start + LONGEST] + end
        shown.append(f"``{cut}``" if "`" in cut else f"`{cut}`")
    return in_cell(" → ".join(shown))


def table(titles, rows):
    """Lines of a Markdown table, one at a time; all columns but the first of numbers or texts."""
    yield "| " + " | ".join(titles) + " |"
    yield "|" + "---|" * len(titles)
    for row in rows:
        yield "| " + " | ".join(map(str, row)) + " |"


def report(rows, found):
    """Lines of the table of all mistakes; `found` gets their outcomes."""

    def cells():
        for row, result in zip(rows, found):
            where = lessons.stem(row.path) + (" (shared)" if row.shared else "")
            caught = row.check.__name__ if result.caught else f"**{in_cell(result.said)[:100]}**"
            sort = sort_of(row.check) if result.caught else f"not by {row.check.__name__}"
            yield where, in_cell(row.kind), name_of(row), caught, sort, f"{result.seconds:.2f}"

    return table(("lesson", "kind", "mistake", "caught by", "sort", "seconds"), cells())


def summary(rows, results):
    """Lines of the table of kinds: how many which sort of check caught."""
    counts, seconds, kinds = Counter(), Counter(), dict.fromkeys(row.kind for row in rows)
    for row, result in zip(rows, results):
        for kind in (row.kind, "all"):
            counts[kind, sort_of(row.check) if result.caught else "not caught"] += 1
            seconds[kind] += result.seconds
    columns = *SORTS, "not caught"
    return table(
        ("kind", "planted", *columns, "seconds"),
        ((in_cell(kind), sum(counts[kind, c] for c in columns),
          *(counts[kind, c] or "" for c in columns), f"{seconds[kind]:.1f}")
         for kind in (*kinds, "all")),
    )  # fmt: skip


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lesson", default="", help="a part of the lesson's name")
    parser.add_argument("--kind", default="", help="a part of the kind, the text or the check")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    options = parser.parse_args(arguments)
    filters = options.lesson, options.kind
    rows, results, began = all_rows(*filters), [], time.perf_counter()
    if not rows or options.jobs < 1:
        parser.error("No mistake is like that." if not rows else "At least one process, please.")

    def kept():
        for result in outcomes(rows, filters, options.jobs):
            results.append(result)
            yield result

    for line in report(rows, kept()):
        print(line, flush=True)
    print()
    for line in summary(rows, results):
        print(line)
    left = sum(not result.caught for result in results)
    print(f"\n{len(rows)} mistakes planted, {len(rows) - left} caught, {left} not, "
          f"in {time.perf_counter() - began:.0f} seconds.")  # fmt: skip
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
