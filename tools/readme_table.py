"""Keep the generated parts of README.md and data/README.md equal to what the repository holds.

    python tools/readme_table.py            write them
    python tools/readme_table.py --check    only say which is out of date

A part stands between two comments, such as `<!-- lessons -->` and `<!-- end lessons -->`:

- lessons, in README.md: the nine lessons; those that exist have links and a badge
- sample, in README.md: what the last character lesson wrote, from its stored output
- results, in README.md: held-out results, from what section 9 of each notebook printed and from
  the runs that benchmarks/claims_by_seed.py has stored
- words, in README.md: all language models beside each other, from the stored runs
- translation, in README.md: the translation models beside each other, from the stored runs, and
  the two baselines as lesson 7 printed them
- texts, in data/README.md: sizes and SHA-256 of each text

The picture `.github/unrolled.png` is the first lesson's. Nothing is executed.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "benchmarks"))

from pair_claims import (  # noqa: E402  (its folder is no package)
    ARMS,
    BAHDANAU,
    ENCODER,
    LUONG,
    REPORTED,
    main_options,
    percent,
    rows_of,
)
from stored_runs import Store, spread  # noqa: E402

from set_slug import book_address, current_slug  # noqa: E402

LESSONS = {  # what it adds, and what it takes from the lesson before
    "char_level_lm/01_RNN_NumPy": ("Elman's network; backpropagation through time", ""),
    "char_level_lm/02_LSTM_NumPy": (
        "gates and a protected cell; weight drop", "the simple network, Adam, bits per character"),
    "char_level_lm/03_GRU_NumPy": (
        "one state, three blocks; the time scales of its units", "gates, weight drop"),
    "word_level_lm/01_RNN_NumPy": (
        "tokenizer, embeddings and their sparse gradient", "lesson 1's network, by words"),
    "word_level_lm/02_LSTM_NumPy": (
        "dropout; one matrix for input and output embeddings", "the LSTM, embeddings"),
    "word_level_lm/03_GRU_NumPy": (
        "two definitions of the GRU, before and after the product", "the GRU, embeddings"),
    "seq_2_seq/01_Encoder_Decoder_NumPy": (
        "translation through one vector; beam search", "the GRU, embeddings"),
    "seq_2_seq/02_Bahdanau_Attention_NumPy": (
        "additive attention; alignments against gold", "encoder and decoder"),
    "seq_2_seq/03_Luong_Attention_NumPy": (
        "dot, general and concat scores; input feeding", "attention"),
}
TRANSLATORS = {  # a line of the table: its lesson and, where it is not the main one, its arm
    "Encoder–decoder": (ENCODER, None),
    "Bahdanau": (BAHDANAU, None),
    "Bahdanau with a window": (BAHDANAU, "window"),
    "Closing model of lesson 9": (LUONG, None),
}
RESULT = re.compile(r"^(?P<model>\S.*?)\s+(?P<value>\d+\.\d+) (?P<unit>[a-z ]+ on test [a-z]+)$")
SCORED = re.compile(
    rf"^(?P<split>{'|'.join(REPORTED)}) +(?P<model>word by word|phrase table) +"
    r"exactly right +(?P<right>[\d.]+)%, BLEU (?P<bleu>[\d.]+)$", re.MULTILINE,
)  # fmt: skip


def notebook(stem):
    """The notebook `stem` as it is stored."""
    return json.loads((ROOT / f"{stem}.ipynb").read_text(encoding="utf-8"))


def lessons_table():
    """The nine lessons as Markdown: links and badge where there is a notebook, else "planned"."""
    there = {stem for stem in LESSONS if (ROOT / f"{stem}.ipynb").exists()}
    lines = [f"{len(there)} of the {len(LESSONS)} lessons are here.", ""]
    lines += ["| | lesson | what it adds | what it builds on | |", "|---|---|---|---|---|"]
    slug, badge = current_slug(), "https://colab.research.google.com/assets/colab-badge.svg"
    for number, (stem, (adds, takes)) in enumerate(LESSONS.items(), start=1):
        colab = f"https://colab.research.google.com/github/{slug}/blob/main/{stem}.ipynb"
        last = f"[read]({book_address(slug)}{stem}.html) [![Open in Colab]({badge})]({colab})"
        last = last if stem in there else "planned"
        name = f"[{stem}]({stem}.ipynb)" if stem in there else stem
        lines.append(f"| {number} | {name} | {adds} | {takes} | {last} |")
    return "\n".join(lines)


def character_lessons():
    """Stems of the character lessons that there are."""
    return [s for s in LESSONS if s.startswith("char") and (ROOT / f"{s}.ipynb").exists()]


def sample():
    """What the last character lesson there is wrote at temperature 0.6, as a quotation."""
    stem = character_lessons()[-1]
    printed = section_outputs(notebook(stem), 11)
    text = printed.split("[temperature 0.6]\n")[1].split("\n\n")[0]
    quoted = "\n".join(f"> {line}" for line in text.splitlines())
    return f"{quoted}\n\n([{stem}]({stem}.ipynb), section 11, one draw.)"


def stored_picture(stem, mark):
    """The picture of the notebook's cell whose code has `mark`: PNG bytes, alternative text."""
    for cell in notebook(stem)["cells"]:
        if cell["cell_type"] == "code" and mark in "".join(cell["source"]):
            for output in cell["outputs"]:
                if "image/png" in output.get("data", {}):
                    about = cell["metadata"].get("mystnb", {}).get("image", {})
                    return base64.b64decode(output["data"]["image/png"]), about.get("alt", "")
    raise ValueError(f"{stem}.ipynb has no picture from a cell with {mark!r}.")


def picture():
    """The first lesson's drawing of the unrolled network, as PNG bytes."""
    return stored_picture(next(iter(LESSONS)), "used again at every step")[0]


def section_outputs(page, number):
    """The text that the cells of section `number` of the notebook `page` printed, as stored."""
    inside, printed = False, []
    for cell in page["cells"]:
        if cell["cell_type"] == "markdown":
            for heading in re.findall(r"^## (\d*)", "".join(cell["source"]), re.MULTILINE):
                inside = heading == str(number)
        elif inside and cell["cell_type"] == "code":
            streams = (o for o in cell["outputs"] if o["output_type"] == "stream")
            printed += ["".join(o["text"]) for o in streams if o["name"] == "stdout"]
    return "".join(printed)


def shipped_results(stem):
    """{model: value as printed} of section 9 of the notebook `stem`."""
    printed = section_outputs(notebook(stem), 9)
    found = (RESULT.match(line) for line in printed.splitlines())
    return {match["model"]: match["value"] for match in found if match}


def over_seeds(stem):
    """The rows that claims_by_seed.py has stored of the main run of `stem`, by seed."""
    runs = sorted(Store().rows.items())
    return [row for key, row in runs if key.startswith(f"results {stem} ")]


def results_table():
    """Held-out results of the character lessons as Markdown: shipped seed, and over seeds."""
    lines = [
        "| model | test bits, shipped seed | mean over seeds (range) "
        "| mixed with the table, mean (range) | parameters | characters read |",
        "|---|---|---|---|---|---|",
    ]
    seen = {}
    for stem in character_lessons():
        values, rows = shipped_results(stem), over_seeds(stem)
        name = stem.split("_")[-2]
        table = next(model for model in values if re.fullmatch(r"\d+-gram", model))
        for model in ("uniform", "unigram", table):
            seen[model] = f"| {model} | {values[model]} | | | | |"
        if rows:
            test, mixed = ([row[field] for row in rows] for field in ("test", "mixed"))
            seen[name] = (
                f"| [{name}]({stem}.ipynb) | {values[name]} | {spread(test)} | {spread(mixed)} "
                f"| {rows[0]['parameters']:,} | {rows[0]['read']:,} |"
            )
    return "\n".join(lines + list(seen.values()))


def stored_table(name):
    """The Markdown of `benchmarks/tables/NAME.md`."""
    path = ROOT / f"benchmarks/tables/{name}.md"
    if not path.exists():
        raise ValueError(
            f"benchmarks/tables/{name}.md is not there: run python benchmarks/claims_by_seed.py "
            "--tables; if it stays away, a run of it is missing."
        )
    return path.read_text(encoding="utf-8").strip()


def words_table():
    """All language models beside each other: the table that lesson 6 shows."""
    return stored_table("phase_word")


def of_arm(stem, arm=None):
    """The stored rows of `arm` of a lesson on translation, seeds 0 to 2 at its best rate.

    `arm` is a name of pair_claims.ARMS, None the main one.
    """
    options = ARMS[stem][arm] if arm else main_options(stem)
    found = rows_of(stem, options, Store())
    if not found:
        arm = arm or next(iter(ARMS[stem]))
        raise ValueError(
            f'"{arm}" of {stem} has not been run with three seeds at its best rate: '
            f'run python benchmarks/claims_by_seed.py pairs {stem} --arms "{arm}"'
        )
    return found[1]


def without_network():
    """{baseline: {split: (per cent exactly right, BLEU)}} as section 9 of lesson 7 printed them."""
    scores = {}
    for line in SCORED.finditer(section_outputs(notebook(ENCODER), 9)):
        scores.setdefault(line["model"], {})[line["split"]] = line["right"], line["bleu"]
    if [set(found) for found in scores.values()] != 2 * [set(REPORTED)]:
        raise ValueError(f"Section 9 of {ENCODER}.ipynb does not print both baselines by split.")
    return scores


def linked(name):
    """The name of a line of TRANSLATORS as a link to its lesson."""
    return f"[{name}]({TRANSLATORS[name][0]}.ipynb)"


def translation_table():
    """Exact match by split and AER of the translation models as Markdown, over seeds."""
    heads = ", % | ".join(split.split()[0] for split in REPORTED)
    lines = [
        f"| model | {heads}, % | AER on test | parameters | updates × pairs |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, scores in without_network().items():
        cells = " | ".join(scores[split][0] for split in REPORTED)
        lines.append(f"| {name[0].upper()}{name[1:]} | {cells} | | | |")
    for name, lesson_and_arm in TRANSLATORS.items():
        rows = of_arm(*lesson_and_arm)
        cells = [percent([row[split] for row in rows]) for split in REPORTED]
        cells.append(spread([row["test AER"] for row in rows]) if "test AER" in rows[0] else "")
        cells.append(f"{rows[0]['parameters']:,}")
        sizes = rows[0].get("sizes")  # early runs were stored without
        cells.append(f"{sizes['steps']:,} × {sizes['batch_size']}" if sizes else "")
        lines.append(f"| {linked(name)} | {' | '.join(cells)} |".replace("|  |", "| |"))
    return "\n".join(lines)


def texts_table():
    """Sizes and checksum of each `data/*.txt` as Markdown; a block is a fable."""
    lines = [
        "| file | fables | words | characters | bytes | SHA-256 |",
        "|---|---|---|---|---|---|",
    ]
    for path in sorted((ROOT / "data").glob("*.txt")):
        raw = path.read_bytes()
        text = raw.decode("utf-8")
        fables = len([block for block in text.split("\n\n") if block.strip()])
        counts = " | ".join(f"{n:,}" for n in (fables, len(text.split()), len(text), len(raw)))
        lines.append(f"| `{path.name}` | {counts} | `{hashlib.sha256(raw).hexdigest()}` |")
    return "\n".join(lines)


def replace_between(text, name, table):
    """`text` with the lines between its markers `<!-- name -->` replaced by `table`."""
    pattern = rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)"
    new, count = re.subn(pattern, lambda m: f"{m[1]}\n{table}\n\n{m[2]}", text, flags=re.DOTALL)
    if count != 1:
        raise ValueError(
            f"there is not exactly one part between the lines <!-- {name} --> and "
            f"<!-- end {name} -->: put both lines where the part is to stand."
        )
    return new


def keep(path, made, check, command):
    """Write `made`, text or bytes, to `path` unless it stands there; True if that is left to do.

    With `check` nothing is written, and what is out of date is said with the `command` to run.
    """
    raw = made if isinstance(made, bytes) else made.encode("utf-8")
    if path.exists() and path.read_bytes() == raw:
        return False
    name = path.relative_to(ROOT).as_posix()
    if check:
        print(f"{name} is out of date: run {command}")
    else:
        path.write_bytes(raw)
        print(f"wrote {name}")
    return check


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if out of date")
    options = parser.parse_args()
    stale = False
    pages = {
        "README.md": {
            "lessons": lessons_table, "sample": sample, "results": results_table,
            "words": words_table, "translation": translation_table,
        },
        "data/README.md": {"texts": texts_table},
    }
    for page, tables in pages.items():
        text = (ROOT / page).read_text(encoding="utf-8")
        for name, make_table in tables.items():
            try:
                text = replace_between(text, name, make_table())
            except ValueError as problem:  # the other parts are made all the same
                print(f"{page}, part {name}: {problem}")
                stale = True
        stale |= keep(ROOT / page, text, options.check, "python tools/readme_table.py")
    image = ROOT / ".github/unrolled.png"
    stale |= keep(image, picture(), options.check, "python tools/readme_table.py")
    sys.exit(stale)


if __name__ == "__main__":
    main()
