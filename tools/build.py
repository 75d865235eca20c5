"""Build the lessons: compose a source, run it in a cold kernel, write the notebook.

    python tools/build.py                     build every lesson
    python tools/build.py char_level_lm/01    build the lessons whose path begins so
    python tools/build.py --force             execute even where only prose has changed
    python tools/build.py --check             say which notebooks are older than their source
    python tools/build.py --run               run the committed notebooks as they are, write nothing
    python tools/build.py --choosing          run the sources, test fables unread, write nothing

`--run` needs what requirements.txt installs; building needs requirements-test.txt as well.
"""

import argparse
import base64
import io
import os
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src"
FOLDERS = ("char_level_lm", "word_level_lm", "seq_2_seq")
TABLES = ROOT / "benchmarks" / "tables"
INCLUDE = re.compile(r"^# include: (\S+)(?: (\w+))?$")
FOLDED = re.compile(r"^# folded: (.+)$")
TABLE = re.compile(r"^\{\{table (\w+)\}\}$", re.MULTILINE)
KEPT_METADATA = ("tags", "jupyter", "cellView", "mystnb")
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def lesson_stems(beginnings=(), suffix=".py", base=SOURCES):
    """Stems such as `char_level_lm/01_RNN_NumPy` that begin with one of `beginnings`."""
    paths = [path for folder in FOLDERS for path in sorted((base / folder).glob(f"*{suffix}"))]
    stems = [path.relative_to(base).with_suffix("").as_posix() for path in paths]
    wanted = tuple(b.removesuffix(".ipynb").removesuffix(".py") for b in beginnings)
    return [stem for stem in stems if not wanted or stem.startswith(wanted)]


def shared_cells(name, part=None):
    """Cells of `src/shared/NAME`; only those marked `part="PART"` when a part is named."""
    import jupytext

    cells = jupytext.read(SOURCES / "shared" / name).cells
    cells = [cell for cell in cells if part in (None, cell.metadata.get("part"))]
    if not cells:
        raise ValueError(f"src/shared/{name} has no cell with part={part!r}.")
    return cells


def fold(title, lines):
    """One collapsed code cell under `title`: the code of all cells that `lines` include."""
    included = []
    for line in lines:
        found = list(expand([nbformat.v4.new_code_cell(line)]))
        included += [cell for cell in found if cell.cell_type == "code"]
    sources = [re.sub(r"^#@title .*\n", "", cell.source).strip() for cell in included]
    outside = [cell for cell in included if "define" not in cell.metadata.get("tags", [])]
    tags = ["hide-input"] if outside else ["define", "hide-input"]
    metadata = {"tags": tags, "jupyter": {"source_hidden": True}, "cellView": "form"}
    return nbformat.v4.new_code_cell(
        f"#@title {title}\n" + "\n\n\n".join(sources), metadata=metadata
    )


def expand(cells):
    """The cells with each `# include: FILE [PART]` replaced by the cells it names.

    A cell that begins with `# folded: TITLE` becomes one collapsed cell of all that it includes,
    prose left out: what an earlier lesson has explained.
    """
    for cell in cells:
        lines = cell.source.strip().split("\n") if cell.cell_type == "code" else [""]
        directive, folded = INCLUDE.match(lines[0]), FOLDED.match(lines[0])
        if folded:
            yield fold(folded[1], lines[1:])
        elif directive and len(lines) == 1:  # an included file may include others
            yield from expand(shared_cells(*directive.groups()))
        else:
            yield cell


def stored_table(name):
    """The table `benchmarks/tables/NAME.md`, which claims_by_seed.py writes."""
    path = TABLES / f"{name}.md"
    if not path.exists():
        raise ValueError(f"There is no {name}.md: benchmarks/claims_by_seed.py writes it.")
    return path.read_text(encoding="utf-8").strip()


def compose(stem):
    """The lesson `stem` as a notebook without outputs: includes expanded, ids and metadata set."""
    import jupytext

    notebook = nbformat.v4.new_notebook(metadata=NOTEBOOK_METADATA)
    for number, cell in enumerate(expand(jupytext.read(SOURCES / f"{stem}.py").cells)):
        make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
        kept = {key: cell.metadata[key] for key in KEPT_METADATA if key in cell.metadata}
        source = cell.source
        if cell.cell_type == "markdown":
            source = TABLE.sub(lambda match: stored_table(match[1]), source)
        notebook.cells.append(make[cell.cell_type](source, metadata=kept, id=f"cell-{number:03d}"))
    return notebook


def repacked(png):
    """The picture `png` (base64) with a palette of 256 colours: a third of the size, as sharp."""
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    small = io.BytesIO()
    picture.quantize(256, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode("ascii") + "\n"


class EchoingClient(NotebookClient):
    """Runs a notebook and shows each heading, and what the cells print, as it comes."""

    def output(self, outs, msg, display_id, cell_index):
        if msg["msg_type"] == "stream":
            for line in msg["content"]["text"].rstrip("\n").split("\n"):
                print(f"    {line}", flush=True)
        return super().output(outs, msg, display_id, cell_index)

    async def async_execute_cell(self, cell, cell_index, *args, **kwargs):
        if cell.cell_type == "markdown":
            for heading in re.findall(r"^## (.+)$", cell.source, re.MULTILINE):
                print(f"  {heading}", flush=True)
        return await super().async_execute_cell(cell, cell_index, *args, **kwargs)


def execute(notebook, folder):
    """Run `notebook` in a cold kernel that starts in `folder`; its outputs are filled in."""
    os.environ.pop("MPLBACKEND", None)  # the kernel's inline backend draws the figures
    client = EchoingClient(
        notebook, timeout=None, kernel_name="python3", record_timing=False, coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute()
    except CellExecutionError:
        cell = next(
            c for c in notebook.cells
            if c.cell_type == "code" and any(o.output_type == "error" for o in c.outputs)
        )
        error = next(o for o in cell.outputs if o.output_type == "error")
        raise SystemExit(
            f"\nThis cell stopped the run (nothing was written):\n\n{cell.source}\n\n"
            f"{error.ename}: {error.evalue}"
        ) from None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            for output in cell.outputs:
                if "metadata" in output:  # of a figure, the size it is shown at stays
                    sizes = output.metadata.get("image/png")
                    output.metadata = {"image/png": sizes} if sizes else {}
                if "image/png" in output.get("data", {}):
                    output.data["image/png"] = repacked(output.data["image/png"])


def is_stale(stem):
    """What is wrong with the notebook of `stem` against its source, in a few words, or None."""
    path = ROOT / f"{stem}.ipynb"
    if not path.exists():
        return "is not built yet"
    built, composed = nbformat.read(path, as_version=4), compose(stem)

    def essence(cells):
        return [(c.id, c.cell_type, c.source, dict(c.metadata)) for c in cells]

    if essence(built.cells) != essence(composed.cells):
        return "differs from its source"
    counts = [c.execution_count for c in built.cells if c.cell_type == "code"]
    return None if counts == list(range(1, len(counts) + 1)) else "was not run from top to bottom"


def keep_outputs(notebook, path):
    """Fill in the stored outputs if the code cells are those that made them; say if they are."""
    if not path.exists():
        return False
    old, new = (
        [cell for cell in cells if cell.cell_type == "code"]
        for cells in (nbformat.read(path, as_version=4).cells, notebook.cells)
    )
    if [c.source for c in old] != [c.source for c in new]:
        return False
    if [c.execution_count for c in old] != list(range(1, len(old) + 1)):
        return False
    for before, after in zip(old, new):
        after.outputs, after.execution_count = before.outputs, before.execution_count
    return True


def build(stem, force=False):
    """Compose, execute and write one lesson; the old notebook stays if a cell raises.

    Where only prose has changed, the stored outputs are those of the same code: they are kept,
    unless `force` is set. `pytest` runs the notebook and compares them in any case.
    """
    path = ROOT / f"{stem}.ipynb"
    path.parent.mkdir(exist_ok=True)
    notebook = compose(stem)
    if not force and keep_outputs(notebook, path):
        print("  the code is as it was: outputs kept")
    else:
        execute(notebook, path.parent)
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)  # a kernel adds its version
    new = path.with_suffix(".new")
    nbformat.write(notebook, new)
    new.replace(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", help="beginnings of lesson paths (default: all)")
    parser.add_argument("--check", action="store_true", help="only say which are stale")
    parser.add_argument("--force", action="store_true", help="execute even if only prose changed")
    parser.add_argument("--run", action="store_true", help="run the notebooks, write nothing")
    parser.add_argument("--choosing", action="store_true",
                        help="run the sources with the test fables unread, write nothing")
    options = parser.parse_args()
    if options.run:
        stems = lesson_stems(options.lessons, ".ipynb", ROOT)
    else:
        stems = lesson_stems(options.lessons)
    if not stems:
        parser.error(f"no lesson begins with {' or '.join(options.lessons)}")
    if options.check:
        stale = [(stem, why) for stem in stems if (why := is_stale(stem))]
        for stem, why in stale:
            print(f"{stem}.ipynb {why}: run python tools/build.py {stem}")
        sys.exit(bool(stale))
    for number, stem in enumerate(stems, start=1):
        print(f"[{number}/{len(stems)}] {stem}", flush=True)
        began = time.monotonic()
        if options.choosing:
            os.environ["LESSON_CHOOSING"] = "1"
            execute(compose(stem), (ROOT / stem).parent)
        elif options.run:
            execute(nbformat.read(ROOT / f"{stem}.ipynb", as_version=4), (ROOT / stem).parent)
        else:
            build(stem, options.force)
        print(f"  {stem}: {time.monotonic() - began:.0f} s\n", flush=True)
    print(f"{len(stems)} {'lesson is' if len(stems) == 1 else 'lessons are'} done.")


if __name__ == "__main__":
    main()
