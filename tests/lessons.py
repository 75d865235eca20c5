"""Find the lessons, and run chosen cells of their notebooks inside the test process.

The tests take the code from the committed notebooks, as a learner has it, not from `src/`.
Cells are run with `exec`: they are this repository's own code, which the notebook kernel
would run in the same way, and a test can then call the functions and swap one for another.
"""

import ast
import functools
import inspect
import os
import re
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import matplotlib
import nbformat
import numpy as np

matplotlib.use("Agg")

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
FIXTURES = Path(__file__).resolve().parent / "fixtures"
FOLDERS = ("char_level_lm", "word_level_lm", "seq_2_seq")
NOTEBOOKS = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb"))]
CHARACTER_LESSONS = [path for path in NOTEBOOKS if path.parent.name == "char_level_lm"]
WORD_LESSONS = [path for path in NOTEBOOKS if path.parent.name == "word_level_lm"]
LANGUAGE_LESSONS = CHARACTER_LESSONS + WORD_LESSONS
PAIR_LESSONS = [path for path in NOTEBOOKS if path.parent.name == "seq_2_seq"]
COMMON_PARAMETERS = (
    "corpus", "seed", "hidden_size", "batch_size", "steps", "learning_rate", "dtype",
    "log_to_wandb",
)  # fmt: skip
# Functions that train, with the arguments that `run_cells(quick=True)` caps, and at what.
TRAINERS = {
    "train": {"steps": 3}, "train_recall": {"steps": 2, "k": 5}, "train_stream": {"updates": 2},
    "train_pairs": {"steps": 3},
    "continue_by_counts": {"length": 5},
}  # fmt: skip
# A loop of a lesson's opening that `quick` cuts short, too.
OPENING = "for reading in range(1, 121):", "for reading in range(1, 3):"


def stem(path):
    """`char_level_lm/01_RNN_NumPy`: how a test names a lesson."""
    return f"{Path(path).parent.name}/{Path(path).stem}"


def notebook_of(name):
    """The notebooks whose `stem` is `name`: one, or none if that lesson is not written yet."""
    return [path for path in NOTEBOOKS if stem(path) == name]


def lesson(number):
    """The notebook of lesson `number` of the nine, or None while it is not written."""
    folder = FOLDERS[(number - 1) // 3]
    found = list((ROOT / folder).glob(f"{(number - 1) % 3 + 1:02d}_*.ipynb"))
    return found[0] if found else None


@functools.cache
def read(path):
    """The notebook at `path`, parsed. Callers leave it as it is."""
    return nbformat.read(path, as_version=4)


class Cell(NamedTuple):
    number: int
    source: str
    tags: tuple
    section: int  # the number of its heading; 0 before the first
    folded: bool

    def run(self, namespace):
        """Execute the cell in `namespace`."""
        exec(compile(self.source, f"<cell {self.number}>", "exec"), namespace)


@functools.cache
def code_cells(path):
    """All code cells of the notebook, in order."""
    found, section = [], 0
    for number, cell in enumerate(read(path).cells):
        if cell.cell_type == "code":
            tags = tuple(cell.metadata.get("tags", ()))
            hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
            found.append(Cell(number, cell.source, tags, section, hidden))
        else:
            headings = re.findall(r"^## (\d+) ", cell.source, re.MULTILINE)
            section = int(headings[-1]) if headings else section
    return found


def markdown(path):
    """All prose of the notebook as one string."""
    return "\n\n".join(c.source for c in read(path).cells if c.cell_type == "markdown")


def is_define(cell):
    return bool({"define", "parameters"} & set(cell.tags))


def define_cells(path):
    """The cells tagged `define` or `parameters`: all functions, nothing that takes time."""
    return [cell for cell in code_cells(path) if is_define(cell)]


def fresh_namespace(path, edit=lambda cell: cell):
    """A new namespace with the lesson's parameters and functions; `edit` may change a cell.

    Under the name `__cells__` it holds all code cells, edited, for checks that run some.
    """
    cells = [edit(cell) for cell in code_cells(path)]
    found = {"__name__": "lesson", "__cells__": cells}
    for cell in filter(is_define, cells):
        cell.run(found)
    return found


@functools.cache
def namespace(path):
    """`fresh_namespace`, made once for each lesson. Callers leave it as it is."""
    return fresh_namespace(path)


@contextmanager
def borrowed(ns, **changes):
    """Change names of `ns`, or run cells in it, and have all names as before afterwards."""
    before = dict(ns)
    ns.update(changes)
    try:
        yield ns
    finally:
        ns.clear()
        ns.update(before)


def page_cell(ns, marker):
    """The last cell of the page, no solution, that holds the text `marker`."""
    found = [cell for cell in ns["__cells__"] if marker in cell.source and not is_solution(cell)]
    assert found, f"no cell holds {marker!r}"
    return found[-1]


def sources(path):
    """{name: source text} of every function that a `define` cell defines at its top level."""
    return {
        node.name: ast.get_source_segment(cell.source, node)
        for cell in define_cells(path)
        for node in ast.parse(cell.source).body
        if isinstance(node, ast.FunctionDef)
    }


def returned_names(function_source):
    """The names in the last `return a, b` of a function."""
    last = [n for n in ast.walk(ast.parse(function_source)) if isinstance(n, ast.Return)][-1]
    values = last.value.elts if isinstance(last.value, ast.Tuple) else [last.value]
    return [value.id for value in values if isinstance(value, ast.Name)]


@contextmanager
def working_in(folder):
    """Make `folder` the current directory, and come back."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def is_solution(cell):
    return "solution" in cell.tags


def is_training(cell):
    """A slow cell, the lesson's opening apart, which takes a few seconds."""
    return "train" in cell.tags and cell.section > 1


def is_main_training(cell):
    """The cell that trains on the corpus: the one that can log."""
    return "train" in cell.tags and "start_tracking(" in cell.source


def shortened(function, limits):
    """`function`, with none of its arguments above those of `limits`."""

    @functools.wraps(function)
    def short(*args, **kwargs):
        bound = inspect.signature(function).bind(*args, **kwargs)
        for argument, limit in limits.items():
            if argument in bound.arguments:
                bound.arguments[argument] = min(bound.arguments[argument], limit)
        return function(*bound.args, **bound.kwargs)

    short.is_short = True
    return short


def shorten(namespace):
    """Cap the length of every training in `namespace` (TRAINERS)."""
    for name, limits in TRAINERS.items():
        if name in namespace and not hasattr(namespace[name], "is_short"):
            namespace[name] = shortened(namespace[name], limits)


def run_cells(path, folder, parameters=None, stop=None, quick=False, times=1):
    """Run the lesson's code cells in order, in the directory `folder`; return the namespace.

    `parameters` replace those of the `parameters` cell right after it, as papermill does it.
    `stop(cell)` ends the run before the first cell it is true for. `quick` caps the length
    of every training (TRAINERS); `times` runs each cell so many times in succession.
    """
    import matplotlib.pyplot as plt

    found = {"__name__": "lesson"}
    with working_in(folder), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*non-interactive")
        warnings.filterwarnings("error", category=RuntimeWarning)  # a learner would see it
        try:
            for cell in code_cells(path):
                if stop and stop(cell):
                    break
                if quick:
                    cell = cell._replace(source=cell.source.replace(*OPENING))
                for _ in range(times):
                    cell.run(found)
                    if "parameters" in cell.tags:
                        found.update(parameters or {})
                    if quick:
                        shorten(found)
                    plt.close("all")
        finally:
            plt.close("all")
    return found


def in_state(change, *states):
    """`change` applied to the array, or to each array of the tuple, that a state is."""
    if isinstance(states[0], tuple):
        return tuple(change(*parts) for parts in zip(*states))
    return change(*states)


def state_parts(state):
    """A state as a list of arrays."""
    return list(state) if isinstance(state, tuple) else [state]


class Problem(NamedTuple):
    params: dict
    inputs: np.ndarray
    targets: np.ndarray
    state: object


def is_tied(ns):
    """Whether the lesson's network can read and predict with one matrix, and does so by default."""
    return "tied" in inspect.signature(ns["init_params"]).parameters


def start(ns, rng, V, H, E=None, **options):
    """`init_params` of any lesson. E, where words have embeddings, is H if tied, else H + 1."""
    if "embed_size" in inspect.signature(ns["init_params"]).parameters:
        options["embed_size"] = E or H + (not options.get("tied", is_tied(ns)))
    return ns["init_params"](vocab_size=V, hidden_size=H, rng=rng, **options)


def random_problem(ns, rng, T, B, V, H, **options):
    """A network with no zero in it, data that repeats, and a state that is not zero."""
    params = start(ns, rng, V, H, **options)
    params = {name: p + 0.4 * rng.normal(size=p.shape) for name, p in params.items()}
    inputs, targets = rng.integers(V, size=(2, T, B))
    state = in_state(lambda s: 0.5 * rng.normal(size=s.shape), ns["zero_state"](params, B))
    return Problem(params, inputs, targets, state)


def with_mask(ns, rng, params, T, B):
    """{name: a random dropout mask} for each that `forward` takes, over states or embeddings."""
    takes = inspect.signature(ns["forward"]).parameters
    rows = {"mask": params["W_h"].shape[1], "mask_h": params["W_h"].shape[1]}
    if "W_emb" in params:
        rows["mask_x"] = params["W_emb"].shape[1]
    return {name: (rng.random((T, size, B)) < 0.7) / 0.7
            for name, size in rows.items() if name in takes}  # fmt: skip


def is_sparse(gradient):
    """Whether a gradient is one of some rows alone."""
    return hasattr(gradient, "indices")


def dense(grads, params):
    """`grads` with each gradient of some rows written out, its zeros included."""
    found = dict(grads)
    for name, g in grads.items():
        if is_sparse(g):
            found[name] = np.zeros(params[name].shape, g.values.dtype)
            np.add.at(found[name], g.indices, g.values)
    return found


def gradients(ns, params, cache):
    """What `backward` returns, dense."""
    return dense(ns["backward"](params, cache), params)


def checksums(text):
    """{file name: SHA-256} of the lines of `text` that hold both."""
    found = re.findall(r"([\w-]+\.(?:txt|tsv))\b.*\b([0-9a-f]{64})\b", text)
    return dict(found)
