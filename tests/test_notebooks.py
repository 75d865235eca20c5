"""Every committed notebook: up to date, run from top to bottom, and built as DESIGN promises."""

import ast
import base64
import builtins
import io
import re
import statistics
import struct
import sys
import tokenize
import warnings

import numpy as np
import pytest

import build
import lessons

HEADINGS = [
    "1 Setup", "2 Data", "3 Notation", "4 Forward pass", "5 Loss", "6 Backward pass",
    "7 Gradient check", "8 Training", "9 Held-out results", "10 Look inside", "11 Generate",
    "12 On your own", "13 Summary and references",
]  # fmt: skip
CELL_METADATA = {"tags", "jupyter", "cellView", "mystnb"}
TAGS = {"parameters", "define", "train", "solution", "hide-input"}
# Functions that DESIGN wants in all lessons, the same in each.
EVERYWHERE = {
    "softmax_cross_entropy", "clip_by_global_norm", "adam_init", "adam_step", "check_gradients",
    "load_text",
}  # fmt: skip
# What every network has of its own, under the same names.
OWN = {
    "step", "init_params", "zero_state", "unroll", "tiny_example", "forward", "step_backward",
    "state_gradients", "weight_gradients", "backward", "follow", "by_steps", "encoder_step",
    "encoder_step_backward", "start_state", "decoder_step", "decoder_step_backward", "encode",
    "shares", "rows_of",
}  # fmt: skip
GUESSES, OPEN_LINES_BEFORE_F1 = 5, 60


def code(notebook):
    return [cell for cell in lessons.read(notebook).cells if cell.cell_type == "code"]


def printed(notebook):
    """Each text that a cell of the notebook put out, with the cell's id."""
    for cell in code(notebook):
        for output in cell.outputs:
            yield cell.id, output.get("text") or output.get("data", {}).get("text/plain", "")


def test_lessons_are_found():
    assert lessons.NOTEBOOKS, "no notebook in " + ", ".join(lessons.FOLDERS)


@pytest.mark.parametrize("stem", build.lesson_stems() or ["no source was found"])
def test_notebook_is_not_stale(stem):
    assert build.is_stale(stem) is None, f"run: python tools/build.py {stem}"


def test_every_notebook_has_a_source(notebook):
    assert (lessons.ROOT / "src" / f"{lessons.stem(notebook)}.py").is_file()


def test_cells_were_run_in_order(notebook):
    counts = [cell.execution_count for cell in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_outputs_are_compared_and_stable(notebook):
    for cell in lessons.read(notebook).cells:
        assert set(cell.metadata) <= CELL_METADATA, f"{cell.id}: {dict(cell.metadata)}"
        assert set(cell.metadata.get("tags", ())) <= TAGS, f"{cell.id}: {cell.metadata.tags}"
        assert not re.search(r"^\s*#.*\bNBVAL_", cell.source, re.MULTILINE), cell.id
    for cell in code(notebook):
        for output in cell.outputs:
            assert output.output_type in ("stream", "display_data", "execute_result"), cell.id
            assert output.get("name") != "stderr", f"{cell.id} wrote to stderr: {output.text}"
            assert set(output.get("metadata", {})) <= {"image/png"}, f"{cell.id}: {output.metadata}"


def test_neighbouring_prints_are_one_output(notebook):
    """How a kernel cuts a stream into messages is chance: two builds would differ by it."""
    for cell in code(notebook):
        names = [output.get("name", output.output_type) for output in cell.outputs]
        assert ("stdout", "stdout") not in zip(names, names[1:]), cell.id


@pytest.mark.parametrize("what, pattern", [
    ("a path of one machine", r"(?<![\w.:/])/(?:[\w.+-]+/)+[\w.+-]*|\b[A-Z]:\\|site-packages"),
    ("a memory address", r"\b0x[0-9a-fA-F]{5,}"),
    ("a time", r"\b\d+(?:\.\d+)? ?(?:s|ms|us|µs|sec|secs|seconds?|minutes?|it/s)\b"),
    ("a date", r"\b20\d\d-\d\d-\d\d"),
])  # fmt: skip
def test_outputs_hold_nothing_of_one_machine(notebook, what, pattern):
    for cell_id, text in printed(notebook):
        found = re.search(pattern, text)
        assert not found, f"{cell_id} printed {what}: {found}"


def test_every_figure_is_stored_and_summed_up(notebook):
    """nbval never looks at pixels, so a cell that draws also prints numbers."""
    drawn = 0
    for cell in code(notebook):
        kinds = [output.output_type for output in cell.outputs]
        assert ("plt.show()" in cell.source) == ("display_data" in kinds), cell.id
        if "display_data" in kinds:
            drawn += 1
            assert "stream" in kinds, f"{cell.id} draws and prints nothing"
            assert all("image/png" in o.data for o in cell.outputs if "data" in o), cell.id
    assert drawn >= 4


def pictures(notebook):
    """(cell, output) of each figure."""
    for cell in code(notebook):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                yield cell, output


def test_figures_are_sharp_and_small(notebook):
    """A palette PNG of 850 pixels or more, shown at half its size or less."""
    for cell, output in pictures(notebook):
        raw = base64.b64decode(output.data["image/png"])
        width, height, _, colours = struct.unpack(">IIBB", raw[16:26])
        assert width >= 850, f"{cell.id}: a figure of {width} x {height} pixels"
        assert colours == 3, f"{cell.id}: not a palette PNG"
        shown = output.metadata.get("image/png", {})
        assert set(shown) == {"width", "height"}, f"{cell.id} does not say how large it is shown"
        for stored, size in ((width, shown["width"]), (height, shown["height"])):
            assert 0 < size <= (stored + 1) // 2, f"{cell.id}: {stored} pixels shown as {size}"


def test_every_figure_has_an_alternative_text(notebook):
    drawing = {cell.id: cell for cell in code(notebook) if "plt.show()" in cell.source}
    drawing.update({cell.id: cell for cell, _ in pictures(notebook)})
    for name, cell in drawing.items():
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        assert 30 <= len(alt) <= 250, f"{name} has no alternative text: {cell.source[:60]!r}"
        assert alt[0].isupper() and alt.endswith(".") and ". " not in alt, f"{name}: {alt!r}"
    for cell in code(notebook):
        assert "mystnb" not in cell.metadata or cell.id in drawing, f"{cell.id} draws nothing"


def test_pictures_leave_the_names_of_the_page_alone(notebook):
    """A picture's loop variable called `text` would take the book away from the cells after it."""
    kept = {"text", "vocab", "streams", "V", *lessons.namespace(notebook)}
    kept |= {f"{part}_{kind}" for part in ("train", "valid", "test") for kind in ("text", "tokens")}
    for cell in lessons.code_cells(notebook):
        if cell.source.startswith("#@title Picture"):
            names = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Name)]
            stored = {n.id for n in names if isinstance(n.ctx, ast.Store)}
            assert not stored & kept, f"{cell.source.splitlines()[0]}: {sorted(stored & kept)}"


def test_size(notebook):
    assert notebook.stat().st_size < 1_000_000


def test_thirteen_headings_in_order(notebook):
    found = re.findall(r"^## (.+?)\s*$", lessons.markdown(notebook), re.MULTILINE)
    wanted = [*HEADINGS]
    if notebook.parent.name == "seq_2_seq":
        wanted[10] = "11 Translate"
    assert found == wanted
    titles = re.findall(r"^# (.+)$", lessons.markdown(notebook), re.MULTILINE)
    assert len(titles) == 1


def test_first_page(notebook):
    title, promise = (cell.source for cell in lessons.read(notebook).cells[:2])
    repository = lessons.namespace(notebook)["REPOSITORY"]
    link = f"https://colab.research.google.com/github/{repository}/blob/main/"
    assert title.startswith("# ")
    assert f"({link}{lessons.stem(notebook)}.ipynb)" in title
    for phrase in ("What you'll do", "What you'll learn", "What you'll need"):
        assert phrase in promise
    place = 3 * lessons.FOLDERS.index(notebook.parent.name) + int(notebook.name[:2])
    assert f"Lesson {place} of 9." in promise


def test_links_lead_somewhere(notebook):
    prose = lessons.markdown(notebook)
    assert "](../GLOSSARY.md)" in prose
    for target in re.findall(r"\]\((?!\w+:|#)([^)\s#]+)[^)]*\)", prose):
        assert (notebook.parent / target).exists(), f"there is no {target}"


def test_the_reader_is_asked_to_guess(notebook):
    asked = " ".join(lessons.markdown(notebook).split()).count("**Guess first:**")
    assert asked >= GUESSES


def test_nothing_interrupts_the_derivation(notebook):
    """From the loss to the check there is no talk of tables of counts."""
    prose = lessons.markdown(notebook)
    derivation = prose.split("\n## 5 Loss")[1].split("\n## 8 ")[0]
    assert r"\tag{B1}" in derivation and r"\tag{K" not in derivation


def test_define_cells_define(notebook):
    """Only imports, constants and functions: nothing is printed, nothing takes data."""
    numbers = [cell.number for cell in lessons.define_cells(notebook)]
    cells = [lessons.read(notebook).cells[number] for number in numbers]
    assert len(cells) > 5
    for cell in cells:
        assert not cell.outputs, f"{cell.id} is tagged as a definition and prints"
        for node in ast.parse(cell.source).body:
            assert not isinstance(node, (ast.While, ast.With, ast.Assert)), cell.id
    lessons.fresh_namespace(notebook)  # alone and in order, they run


def test_define_cells_hold_every_function(notebook):
    """A function that stands on its own is there for the tests too.

    What works with the page's data, what only a figure or a solution needs, is not.
    """
    known = {*lessons.namespace(notebook), *dir(builtins)}
    for cell in lessons.code_cells(notebook):
        if lessons.is_define(cell) or lessons.is_solution(cell) or "plt.show()" in cell.source:
            continue
        for function in ast.parse(cell.source).body:
            if isinstance(function, ast.FunctionDef):
                names = [n for n in ast.walk(function) if isinstance(n, ast.Name)]
                own = {n.id for n in names if isinstance(n.ctx, ast.Store)}
                own |= {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
                assert {n.id for n in names} - own - known, (
                    f"cell {cell.number} defines {function.name}: tag it `define`"
                )


def open_cells(notebook):
    return [cell for cell in lessons.code_cells(notebook) if not cell.folded]


def lines_of(cell):
    return [line for line in cell.source.split("\n") if line.strip()]


def test_open_cells_are_short(notebook):
    sizes = {cell.number: len(lines_of(cell)) for cell in open_cells(notebook)}
    assert statistics.median(sizes.values()) <= 8
    long = {number: size for number, size in sizes.items() if size > 30}
    assert not long, f"{{cell: lines}} above 30: {long}"


def test_open_lines_are_short(notebook):
    """A rendered page shows some 80 characters beside its sidebars."""
    long = [f"cell {cell.number}: {line.strip()}" for cell in open_cells(notebook)
            for line in cell.source.split("\n") if len(line) > 80]  # fmt: skip
    assert not long, "\n".join(long)


def test_the_first_equation_comes_soon(notebook):
    first = next(number for number, cell in enumerate(lessons.read(notebook).cells)
                 if r"\tag{F1}" in cell.source and cell.cell_type == "markdown")  # fmt: skip
    before = [cell for cell in open_cells(notebook) if cell.number < first]
    assert sum(len(lines_of(cell)) for cell in before) < OPEN_LINES_BEFORE_F1


def test_folded_cells_are_folded_everywhere(notebook):
    """Jupyter, Colab and Jupyter Book each have a mark of their own."""
    for cell in code(notebook):
        marks = {
            "a #@title line": cell.source.startswith("#@title "),
            "source_hidden": cell.metadata.get("jupyter", {}).get("source_hidden") is True,
            "cellView": cell.metadata.get("cellView") == "form",
            "hide-input": "hide-input" in cell.metadata.get("tags", ()),
        }
        assert len(set(marks.values())) == 1, f"{cell.id}: {marks}"
        titles = re.findall(r"^#@title .*", cell.source, re.MULTILINE)
        assert len(titles) <= 1, f"{cell.id} has several titles: {titles}"


def test_folded_titles_say_that_they_can_be_passed_by(notebook):
    for cell in lessons.code_cells(notebook):
        title = cell.source.split("\n")[0]
        assert not cell.folded or 15 < len(title) <= 130, f"cell {cell.number}: {title}"


def test_includes_are_folded_where_the_source_says_so(notebook):
    """Each `# folded:` of the source is one collapsed cell under that title."""
    source = (lessons.ROOT / "src" / f"{lessons.stem(notebook)}.py").read_text(encoding="utf-8")
    titles = re.findall(r"^# folded: (.+)$", source, re.MULTILINE)
    found = [cell.source.split("\n")[0] for cell in lessons.code_cells(notebook) if cell.folded]
    for title in titles:
        assert found.count(f"#@title {title}") == 1


def test_solutions_are_folded_and_assert(notebook):
    solutions = [c for c in code(notebook) if "solution" in c.metadata.get("tags", ())]
    exercises = re.findall(r"^\*\*Exercise (\d+)", lessons.markdown(notebook), re.MULTILINE)
    assert len(solutions) >= 4
    assert [int(number) for number in exercises] == list(range(1, len(solutions) + 1))
    for number, cell in enumerate(solutions, start=1):
        assert cell.source.startswith(f"#@title Solution {number}"), cell.id
        assert any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source)))


def test_parameters(notebook):
    cells = [cell for cell in lessons.code_cells(notebook) if "parameters" in cell.tags]
    assert len(cells) == 1
    namespace = {}
    cells[0].run(namespace)
    assert set(lessons.COMMON_PARAMETERS) <= set(namespace)
    assert namespace["log_to_wandb"] is False
    assert namespace["dtype"] == "float64"
    # papermill puts its own values in a cell right after; nothing may read them before.
    before = [c.number for c in lessons.code_cells(notebook) if c.number < cells[0].number]
    assert not before


def test_cells_compile_without_a_warning(notebook):
    """`"\\ell"` without an r in front is a warning on stderr from Python 3.12 on."""
    for cell in lessons.code_cells(notebook):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compile(cell.source, f"<cell {cell.number}>", "exec")


def test_nothing_to_install(notebook):
    for cell in lessons.read(notebook).cells:
        assert not re.search(r"pip3? install|conda install|^\s*[!%]", cell.source, re.MULTILINE), (
            f"{cell.id} holds a shell or notebook command"
        )


def test_imports_are_numpy_matplotlib_and_the_standard_library(notebook):
    allowed = {"numpy", "matplotlib", *sys.stdlib_module_names}
    for cell in lessons.code_cells(notebook):
        tree = ast.parse(cell.source)
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            for name in (name.split(".")[0] for name in names):
                assert name in allowed or (name == "wandb" and node not in tree.body), (
                    f"cell {cell.number} imports {name}"
                )


def comments(source):
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def docstrings(source):
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    return [ast.get_docstring(function) or "" for function in functions]


EQUATION = r"[ABCDFGJKL]"


def equation_numbers(text):
    """Numbers of equations, such as B3, in `text`; `B3 to B5` counts as B3, B4 and B5."""
    found = set(re.findall(rf"\b{EQUATION}\d+[a-z]?\b", text))
    for kind, first, last in re.findall(rf"\b({EQUATION})(\d+)(?:-|–| to )\1(\d+)\b", text):
        found |= {f"{kind}{number}" for number in range(int(first), int(last) + 1)}
    return found


def tags(notebook):
    """The numbers of the equations of a page, in order."""
    return re.findall(r"\\tag\{([A-Z]\d+[a-z]?)\}", lessons.markdown(notebook))


NUMBERS = r"\b[Ll]essons? (\d(?:(?:, and |, | and | to )\d)*)\b"


def lessons_named(text):
    """The lessons, as far as they are written, that `text` names: lesson 1; lessons 1, 2 and 4."""
    digits = sorted(set(re.findall(r"\d", " ".join(re.findall(NUMBERS, text)))))
    return [path for path in map(lessons.lesson, map(int, digits)) if path]


def repeated_from(cell):
    """The earlier lessons that a folded cell `As in lessons 1, 2 and 4: ...` repeats."""
    title = re.match(r"#@title As in lessons? [^:]*", cell.source)
    return lessons_named(title[0]) if title else []


def spoken_of(notebook, number):
    """The lessons that the prose right before cell `number` names."""
    before = [c for c in lessons.read(notebook).cells[:number] if c.cell_type == "markdown"]
    return lessons_named(before[-1].source if before else "")


# Numbered equations that no line of the page's own code cites yet: {lesson: {number: why}}.
NOT_CITED = {}
# Equations of an earlier lesson that code of the page's own cites: {lesson: {number: why}}.
OF_AN_EARLIER_LESSON = {
    "char_level_lm/03_GRU_NumPy": dict.fromkeys(
        ("D3", "D4"), "lesson 2's; the prose before names it, writes D3 out, says D4 in words"),
    "word_level_lm/01_RNN_NumPy": dict.fromkeys(
        ("L1", "L2", "L3"), "lesson 1's loss in faster code; the prose before names lesson 1"),
    "word_level_lm/03_GRU_NumPy": dict.fromkeys(
        ("D1", "D2", "D3", "D4"), "lesson 5's masks; the prose before names it and the numbers"),
}  # fmt: skip
# Lines that another page has too, where the number is another quantity's: {lesson: {number: why}}.
OF_ANOTHER_QUANTITY = {}


def cited(cell):
    """(line, number) for each equation that a comment of the cell cites, titles apart."""
    tokens = tokenize.generate_tokens(io.StringIO(cell.source).readline)
    return [(" ".join(token.line.split()), number) for token in tokens
            if token.type == tokenize.COMMENT and not token.string.startswith("#@title")
            for number in sorted(equation_numbers(token.string))]  # fmt: skip


def test_equations_and_code_name_each_other(notebook):
    tagged, coded = tags(notebook), set()
    for cell in lessons.code_cells(notebook):
        homes = repeated_from(cell) or [notebook, *spoken_of(notebook, cell.number)]
        known = set(tagged).union(*map(tags, homes))
        for number in set().union(*map(equation_numbers, [*comments(cell.source),
                                                          *docstrings(cell.source)])):
            assert number in known, f"cell {cell.number} names {number}, which is no equation"
        if repeated := repeated_from(cell):
            strange = {number for _, number in cited(cell)}.difference(*map(tags, repeated))
            assert not strange, f"cell {cell.number}: {sorted(strange)} of no lesson of its title"
        elif not lessons.is_solution(cell):  # that may talk of an equation: it is not its code
            coded.update(number for _, number in cited(cell))
    assert len(tagged) == len(set(tagged)), "an equation number is used twice"
    assert {"F", "B"} <= {number[0] for number in tagged}
    for what, found, excused in (("in no comment", set(tagged) - coded, NOT_CITED),
                                 ("not on the page", coded - set(tagged), OF_AN_EARLIER_LESSON)):
        excused = set(excused.get(lessons.stem(notebook), ()))
        assert found <= excused, f"{what}: {sorted(found - excused)}"
        assert excused <= found, f"mended, take it off the list: {sorted(excused - found)}"
    for kind in {number[0] for number in tagged}:  # numbered 1, 2, 3 … in the order of the page
        numbers = [int(re.sub(r"\D", "", number)) for number in tagged if number[0] == kind]
        assert numbers == list(range(1, max(numbers) + 1)), f"{kind}: {numbers}"


def quantities(notebook, number):
    """What stands to the left of `=`, of an arrow or of `+=` in the equation of that number."""
    displayed = re.findall(r"\$\$(.+?)\$\$", lessons.markdown(notebook), re.DOTALL)
    found = set()
    for equation in displayed:
        if rf"\tag{{{number}}}" in equation:
            pieces = re.split(r"\\\\|,|\\qquad|\\begin\{aligned\}", equation.replace("&", " "))
            for piece in pieces:
                sides = re.split(r"=|\\leftarrow|\\mathrel", piece, maxsplit=1)
                found |= {re.sub(r"\s|\\;", "", sides[0])} if len(sides) == 2 else set()
    return found


def test_the_reader_of_quantities():
    notebook = lessons.lesson(1)
    assert quantities(notebook, "B3") == {r"\barW_h"}
    assert quantities(notebook, "A1") == {"m"} and quantities(notebook, "Z1") == set()
    assert len(quantities(lessons.lesson(4), "B3")) == 5


def test_a_line_on_several_pages_cites_an_equation_for_the_same():
    """An included cell brings its numbers along: they have to be right where it stands, too."""
    first, found = {}, {}
    for notebook in lessons.NOTEBOOKS:
        for cell in lessons.code_cells(notebook):
            homes = repeated_from(cell) or [notebook]
            for line, number in [] if lessons.is_solution(cell) else cited(cell):
                meant = set().union(*(quantities(home, number) for home in homes))
                if meant and not meant & first.setdefault((line, number), meant):
                    found.setdefault(lessons.stem(notebook), set()).add(number)
    expected = {stem: set(numbers) for stem, numbers in OF_ANOTHER_QUANTITY.items()}
    assert found == expected, "what is mended comes off the list, what is new is to be mended"


def test_every_equation_number_in_the_prose_exists(notebook):
    """On the page, or, where a sentence speaks of another lesson, in that one."""
    prose = re.sub(r"\\tag\{\w+\}|\[.*?\]\(.*?\)", "", lessons.markdown(notebook))
    for paragraph in prose.split("\n\n"):
        known = set(tags(notebook))
        known.update(*map(tags, lessons_named(paragraph)))
        wrong = equation_numbers(paragraph) - known
        assert not wrong, f"no such equation: {sorted(wrong)} in {paragraph[:200]!r}"


def test_the_reader_of_lesson_numbers():
    def numbers(text):
        return [lessons.FOLDERS.index(path.parent.name) * 3 + int(path.name[:2])
                for path in lessons_named(text)]  # fmt: skip

    for text, named in (
        ("As in lesson 1: A1, A2", [1]), ("lessons 1 and 2", [1, 2]),
        ("lessons 1, 2 and 3.", [1, 2, 3]), ("Lessons 1 to 3", [1, 3]),
        ("A1 in lesson 2, B3 in lesson 1", [1, 2]), ("lesson 10", []),
        ("a lesson in 3 parts", []),
    ):  # fmt: skip
        assert numbers(text) == named, text
    cell = lessons.Cell(0, "#@title As in lessons 1 and 3: three lines\npass", (), 0, True)
    assert repeated_from(cell) == lessons_named("lessons 1 and 3")


def shared_sources():
    """{function name: source} of everything in src/shared/."""
    import jupytext

    found = {}
    for path in sorted((lessons.ROOT / "src" / "shared").rglob("*.py")):
        for cell in jupytext.read(path).cells:
            if cell.cell_type == "code":
                for node in ast.parse(cell.source).body:
                    if isinstance(node, ast.FunctionDef):
                        source = ast.get_source_segment(cell.source, node)
                        found.setdefault(node.name, set()).add(source)
    return found


def test_shared_definitions_are_the_same_to_the_letter(notebook):
    shared, own = shared_sources(), lessons.sources(notebook)
    assert EVERYWHERE <= set(own), f"missing: {sorted(EVERYWHERE - set(own))}"
    for name in EVERYWHERE | ((set(own) & set(shared)) - OWN):
        assert own[name] in shared[name], f"{name} differs from the one in src/shared/"


def test_what_is_folded_as_in_an_earlier_lesson_stands_there(notebook):
    for cell in lessons.code_cells(notebook):
        earlier = repeated_from(cell)
        there = "\n".join(other.source for path in earlier for other in lessons.code_cells(path))
        order = lessons.NOTEBOOKS.index
        assert all(order(path) < order(notebook) for path in earlier)
        for node in ast.parse(cell.source).body if earlier else ():
            if isinstance(node, ast.FunctionDef):
                assert ast.get_source_segment(cell.source, node) in there, (
                    f"cell {cell.number}: {node.name} does not stand like that in {earlier}"
                )


def test_every_file_of_shared_cells_is_used():
    folder = lessons.ROOT / "src"
    used = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    files = [path.relative_to(folder / "shared").as_posix()
             for path in (folder / "shared").rglob("*.py")]  # fmt: skip
    unused = [name for name in files if f"# include: {name}" not in used]
    assert files and not unused, f"no lesson includes {sorted(unused)}"


@pytest.mark.parametrize("name", sorted(EVERYWHERE))
def test_shared_definitions_agree_between_notebooks(name):
    found = {path: lessons.sources(path).get(name) for path in lessons.NOTEBOOKS}
    assert len(set(found.values())) == 1, f"{name} is not the same in all notebooks"


def test_functions_say_what_they_do(notebook):
    for name, source in lessons.sources(notebook).items():
        assert ast.get_docstring(ast.parse(source).body[0]), f"{name} has no docstring"


def test_claims_come_last_and_hold(notebook):
    last = code(notebook)[-1]
    said = "".join(output.text for output in last.outputs).splitlines()
    assert "assert" in last.source and "as_shipped" in last.source
    assert len(said) >= 4 and all(line.startswith("shown: ") for line in said), said


def test_random_numbers_come_from_a_seeded_generator(notebook):
    for cell in lessons.code_cells(notebook):
        names = set(re.findall(r"np\.random\.(\w+)", cell.source))
        assert names <= {"default_rng", "Generator"}, f"cell {cell.number}: {names}"
        assert "default_rng()" not in cell.source, f"cell {cell.number} draws without a seed"
        assert not re.search(r"\blog\([^()]*\+\s*(?:eps|1e-)", cell.source), (
            f"cell {cell.number} adds an epsilon inside a logarithm"
        )


def test_parameters_are_named_as_in_the_code(lesson, ns):
    params = ns["init_params"](vocab_size=7, hidden_size=4, rng=np.random.default_rng(0))
    assert {"W_x", "W_h", "b", "W_y", "b_y"} <= set(params)
    assert all(p.dtype == np.float64 and p.ndim == 2 for p in params.values())
    small = ns["init_params"](
        vocab_size=7, hidden_size=4, rng=np.random.default_rng(0), dtype="float32"
    )
    assert all(p.dtype == np.float32 for p in small.values())
