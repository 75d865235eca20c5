"""Keep the generated parts of README.md and data/README.md equal to what the repository holds.

    python tools/readme_table.py            write them
    python tools/readme_table.py --check    only say which is out of date

A part stands between two comments, such as `<!-- lessons -->` and `<!-- end lessons -->`:

- lessons, in README.md: the nine lessons; those that exist have a link and a badge
- sample, in README.md: what the last character lesson wrote, from its stored output
- results, in README.md: held-out results, from what section 9 of each notebook printed and from
  the runs that benchmarks/claims_by_seed.py has stored
- words, in README.md: all language models beside each other, from the stored runs
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
RESULT = re.compile(r"^(?P<model>\S.*?)\s+(?P<value>\d+\.\d+) (?P<unit>[a-z ]+ on test [a-z]+)$")


def repository():
    """The repository slug, from src/shared/data/text.py."""
    source = (ROOT / "src/shared/data/text.py").read_text(encoding="utf-8")
    return re.search(r'^REPOSITORY = "(.+)"$', source, re.MULTILINE)[1]


def lessons_table():
    """The nine lessons as Markdown: link and badge where there is a notebook, else "planned"."""
    there = {stem for stem in LESSONS if (ROOT / f"{stem}.ipynb").exists()}
    lines = [f"{len(there)} of the {len(LESSONS)} lessons are here.", ""]
    lines += ["| | lesson | what it adds | what it builds on | |", "|---|---|---|---|---|"]
    for number, (stem, (adds, takes)) in enumerate(LESSONS.items(), start=1):
        page = f"https://colab.research.google.com/github/{repository()}/blob/main/{stem}.ipynb"
        badge = "https://colab.research.google.com/assets/colab-badge.svg"
        last = f"[![Open in Colab]({badge})]({page})" if stem in there else "planned"
        name = f"[{stem}]({stem}.ipynb)" if stem in there else stem
        lines.append(f"| {number} | {name} | {adds} | {takes} | {last} |")
    return "\n".join(lines)


def character_lessons():
    """Stems of the character lessons that there are."""
    return [s for s in LESSONS if s.startswith("char") and (ROOT / f"{s}.ipynb").exists()]


def sample():
    """What the last character lesson there is wrote at temperature 0.6, as a quotation."""
    stem = character_lessons()[-1]
    printed = section_outputs(json.loads((ROOT / f"{stem}.ipynb").read_text(encoding="utf-8")), 11)
    text = printed.split("[temperature 0.6]\n")[1].split("\n\n")[0]
    quoted = "\n".join(f"> {line}" for line in text.splitlines())
    return f"{quoted}\n\n([{stem}]({stem}.ipynb), section 11, one draw.)"


def picture():
    """The first lesson's drawing of the unrolled network, as PNG bytes."""
    notebook = json.loads((ROOT / f"{next(iter(LESSONS))}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and "used again at every step" in "".join(cell["source"]):
            for output in cell["outputs"]:
                if "image/png" in output.get("data", {}):
                    return base64.b64decode(output["data"]["image/png"])
    raise ValueError("The first lesson has no picture of the unrolled network.")


def section_outputs(notebook, number):
    """The text that the cells of section `number` printed, as it is stored in `notebook`."""
    inside, printed = False, []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            for heading in re.findall(r"^## (\d*)", "".join(cell["source"]), re.MULTILINE):
                inside = heading == str(number)
        elif inside and cell["cell_type"] == "code":
            streams = (o for o in cell["outputs"] if o["output_type"] == "stream")
            printed += ["".join(o["text"]) for o in streams if o["name"] == "stdout"]
    return "".join(printed)


def shipped_results(stem):
    """{model: value as printed} of section 9 of the notebook `stem`."""
    path = ROOT / f"{stem}.ipynb"
    printed = section_outputs(json.loads(path.read_text(encoding="utf-8")), 9)
    found = (RESULT.match(line) for line in printed.splitlines())
    return {match["model"]: match["value"] for match in found if match}


def over_seeds(stem):
    """The rows that claims_by_seed.py has stored of the main run of `stem`, by seed."""
    runs = json.loads((ROOT / "benchmarks/tables/runs.json").read_text(encoding="utf-8"))
    return [row for key, row in sorted(runs.items()) if key.startswith(f"results {stem} ")]


def spread(values):
    """`mean (lowest-highest)` with three digits."""
    return f"{sum(values) / len(values):.3f} ({min(values):.3f}–{max(values):.3f})"


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


def words_table():
    """All language models beside each other: the table that lesson 6 shows."""
    return (ROOT / "benchmarks/tables/phase_word.md").read_text(encoding="utf-8").strip()


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
        raise ValueError(f"The markers <!-- {name} --> and <!-- end {name} --> are not there once.")
    return new


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if out of date")
    options = parser.parse_args()
    stale = False
    pages = {
        "README.md": {
            "lessons": lessons_table, "sample": sample, "results": results_table,
            "words": words_table,
        },
        "data/README.md": {"texts": texts_table},
    }
    for page, tables in pages.items():
        old = new = (ROOT / page).read_text(encoding="utf-8")
        for name, make_table in tables.items():
            new = replace_between(new, name, make_table())
        if new == old:
            continue
        if options.check:
            print(f"A table in {page} is out of date: run python tools/readme_table.py")
            stale = True
        else:
            (ROOT / page).write_text(new, encoding="utf-8", newline="\n")
            print(f"wrote {page}")
    image = ROOT / ".github/unrolled.png"
    if not image.exists() or image.read_bytes() != picture():
        if options.check:
            print(f"{image.name} is out of date: run python tools/readme_table.py")
            stale = True
        else:
            image.write_bytes(picture())
            print("wrote .github/unrolled.png")
    sys.exit(stale)


if __name__ == "__main__":
    main()
