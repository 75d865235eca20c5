"""Every committed notebook: up to date, run from top to bottom, and built as DESIGN promises."""

import ast
import io
import re
import statistics
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
CELL_METADATA = {"tags", "jupyter", "cellView"}
TAGS = {"parameters", "define", "train", "solution"}
# Functions that DESIGN wants in all lessons, the same in each.
EVERYWHERE = {
    "softmax_cross_entropy", "clip_by_global_norm", "adam_init", "adam_step", "check_gradients",
    "load_text",
}  # fmt: skip


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
            assert not output.get("metadata"), f"{cell.id}: {output.metadata}"


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


def test_size(notebook):
    assert notebook.stat().st_size < 600_000


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
    """A function that later cells call is there for the tests too (solutions keep their own)."""
    for cell in lessons.code_cells(notebook):
        if not {"define", "parameters", "solution"} & set(cell.tags):
            defined = [n.name for n in ast.parse(cell.source).body if hasattr(n, "decorator_list")]
            assert not defined, f"cell {cell.number} defines {defined}: tag it `define`"


def test_code_cells_are_short(notebook):
    sizes = {c.id: sum(bool(line.strip()) for line in c.source.split("\n")) for c in code(notebook)}
    assert statistics.median(sizes.values()) <= 10
    assert max(sizes.values()) <= 40, max(sizes, key=sizes.get)


def test_solutions_are_folded_and_assert(notebook):
    solutions = [c for c in code(notebook) if "solution" in c.metadata.get("tags", ())]
    exercises = re.findall(r"^\*\*Exercise (\d+)", lessons.markdown(notebook), re.MULTILINE)
    assert len(solutions) >= 4
    assert [int(number) for number in exercises] == list(range(1, len(solutions) + 1))
    for number, cell in enumerate(solutions, start=1):
        assert cell.source.startswith(f"#@title Solution {number}"), cell.id
        assert cell.metadata.get("jupyter", {}).get("source_hidden") is True, cell.id
        assert cell.metadata.get("cellView") == "form", cell.id
        assert any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source)))
    for cell in code(notebook):  # hidden in one place means hidden in the other
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        assert hidden == (cell.metadata.get("cellView") == "form") == ("#@title" in cell.source)


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
    allowed = {
        "collections", "hashlib", "itertools", "math", "os", "pathlib", "re", "string",
        "textwrap", "time", "unicodedata", "urllib", "http", "matplotlib", "numpy", "functools",
    }  # fmt: skip
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


def equation_numbers(text):
    """F and B numbers in a comment; `B3 to B5` counts as B3, B4 and B5."""
    found = set(re.findall(r"\b[FB]\d+[a-z]?\b", text))
    for kind, first, last in re.findall(r"\b([FB])(\d+)(?:-|–| to )\1(\d+)\b", text):
        found |= {f"{kind}{number}" for number in range(int(first), int(last) + 1)}
    return found


def test_equations_and_code_name_each_other(notebook):
    tagged = re.findall(r"\\tag\{([FB]\d+[a-z]?)\}", lessons.markdown(notebook))
    coded, named = set(), set()  # a solution may talk of an equation, but it does not carry it out
    for cell in lessons.code_cells(notebook):
        for comment in comments(cell.source):
            (named if "solution" in cell.tags else coded).update(equation_numbers(comment))
    assert len(tagged) == len(set(tagged)), "an equation number is used twice"
    assert tagged and set(tagged) <= coded, f"in no comment: {sorted(set(tagged) - coded)}"
    wrong = (coded | named) - set(tagged)
    assert not wrong, f"comments name equations that do not exist: {sorted(wrong)}"
    for kind in "FB":  # numbered 1, 2, 3 … in the order of the page
        numbers = [int(re.sub(r"\D", "", number)) for number in tagged if number[0] == kind]
        assert sorted(set(numbers)) == list(range(1, max(numbers) + 1))


def test_every_equation_number_in_the_prose_exists(notebook):
    prose = lessons.markdown(notebook)
    tagged = set(re.findall(r"\\tag\{([A-Z]\d+[a-z]?)\}", prose))
    named = equation_numbers(re.sub(r"\\tag\{\w+\}|\[.*?\]\(.*?\)", "", prose))
    assert named <= tagged, f"no such equation: {sorted(named - tagged)}"


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
    for name in EVERYWHERE | (set(own) & set(shared)):
        assert own[name] in shared[name], f"{name} differs from the one in src/shared/"


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


def test_parameters_are_named_as_in_the_code(character_lesson, ns):
    params = ns["init_params"](vocab_size=7, hidden_size=4, rng=np.random.default_rng(0))
    assert {"W_x", "W_h", "b", "W_y", "b_y"} <= set(params)
    assert all(p.dtype == np.float64 and p.ndim == 2 for p in params.values())
    small = ns["init_params"](
        vocab_size=7, hidden_size=4, rng=np.random.default_rng(0), dtype="float32"
    )
    assert all(p.dtype == np.float32 for p in small.values())
