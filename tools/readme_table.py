"""Keep the tables of README.md and data/README.md equal to what the repository holds.

    python tools/readme_table.py            write the tables
    python tools/readme_table.py --check    only say which is out of date

A table stands between two comments, such as `<!-- lessons -->` and `<!-- end lessons -->`:

- lessons, in README.md: the nine lessons; those that exist have a link and a badge
- results, in README.md: the held-out results, read from what section 9 of each notebook printed,
  from lines such as `RNN   2.345 bits per character on test fables`
- texts, in data/README.md: sizes and SHA-256 of each text

A lesson that does not exist yet, or prints no such line, has no results. Nothing is executed.
"""

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LESSONS = {
    "char_level_lm/01_RNN_NumPy": "Elman's network; why gradients vanish or explode",
    "char_level_lm/02_LSTM_NumPy": "gates and a protected cell; the forget bias",
    "char_level_lm/03_GRU_NumPy": "Cho's gated unit; the time scales of its units",
    "word_level_lm/01_RNN_NumPy": "tokenizer, embeddings and their sparse gradient",
    "word_level_lm/02_LSTM_NumPy": "dropout; one matrix for input and output embeddings",
    "word_level_lm/03_GRU_NumPy": "two definitions of the GRU, before and after the product",
    "seq_2_seq/01_Encoder_Decoder_NumPy": "translation through one vector; beam search",
    "seq_2_seq/02_Bahdanau_Attention_NumPy": "additive attention; alignments against gold",
    "seq_2_seq/03_Luong_Attention_NumPy": "dot, general and concat scores; input feeding",
}
RESULT = re.compile(r"^(?P<model>\S.*?)\s+(?P<value>\d+\.\d+) (?P<unit>[a-z ]+ on test [a-z]+)$")


def repository():
    """The repository slug, from src/shared/data/text.py."""
    source = (ROOT / "src/shared/data/text.py").read_text(encoding="utf-8")
    return re.search(r'^REPOSITORY = "(.+)"$', source, re.MULTILINE)[1]


def lessons_table():
    """The nine lessons as Markdown: link and badge where there is a notebook, else "planned"."""
    lines = ["| lesson | what it adds | |", "|---|---|---|"]
    for stem, content in LESSONS.items():
        there = (ROOT / f"{stem}.ipynb").exists()
        page = f"https://colab.research.google.com/github/{repository()}/blob/main/{stem}.ipynb"
        badge = "https://colab.research.google.com/assets/colab-badge.svg"
        last = f"[![Open in Colab]({badge})]({page})" if there else "planned"
        lines.append(f"| {f'[{stem}]({stem}.ipynb)' if there else stem} | {content} | {last} |")
    return "\n".join(lines)


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


def results():
    """{unit: {(model, value as printed): [lesson path, ...]}} over all notebooks there are."""
    found = {}
    for path in (p for stem in LESSONS if (p := ROOT / f"{stem}.ipynb").exists()):
        printed = section_outputs(json.loads(path.read_text(encoding="utf-8")), 9)
        for line in printed.splitlines():
            if match := RESULT.match(line):
                rows = found.setdefault(match["unit"], {})
                rows.setdefault((match["model"], match["value"]), []).append(path)
    return found


def results_table():
    """The results as Markdown: one table a unit, worst model first, equal rows joined."""
    tables = []
    for unit, rows in results().items():
        lines = [f"| model | {unit} | lesson |", "|---|---|---|"]
        for (model, value), paths in sorted(rows.items(), key=lambda row: -float(row[0][1])):
            links = ", ".join(
                f"[{p.parent.name}/{p.stem.split('_')[0]}]({p.relative_to(ROOT).as_posix()})"
                for p in paths
            )
            lines.append(f"| {model} | {value} | {links} |")
        tables.append("\n".join(lines))
    return "\n\n".join(tables) or "No lesson has stored results yet."


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
        "README.md": {"lessons": lessons_table, "results": results_table},
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
    sys.exit(stale)


if __name__ == "__main__":
    main()
