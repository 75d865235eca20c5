"""The knobs: each bad value gets one sentence where it is set, before anything is computed."""

import math
import shutil
import subprocess
import sys

import numpy as np
import pytest

import lessons

SIZES = [0, -3, -1, 3.0, 3.5, "abc", "8", None, True, math.nan, [8]]
SHARES = [1, 1.5, -0.5, 1.0, math.nan, math.inf, "0.1", None, True]
BAD = {
    "corpus": ["", "  ", None, 5, True],
    "seed": [-1, None, 1.0, 0.5, "abc", True],
    "embed_size": SIZES,
    "hidden_size": SIZES,
    "batch_size": [*SIZES, 2.5],
    "seq_len": [*SIZES, -5],
    "steps": [*SIZES, -5, 1.5],
    "learning_rate": [0, -1e-3, math.nan, math.inf, "1e-3", None, True],
    "beta2": SHARES,
    "clip_norm": [0, -1, 0.0, math.nan, math.inf, "1", True],
    "dropout": SHARES,
    "weight_drop": SHARES,
    "weight_decay": [-0.1, 10, math.nan, math.inf, "0.1", None, True],
    "dropout_in": SHARES,
    "dropout_out": SHARES,
    "dtype": ["foo", "int32", "float16", "float", "", None, 64, np.float64],
    "log_to_wandb": [1, 0, "yes", "True", None],
}
GOOD = {
    "corpus": ["mine.txt"],
    "seed": [0, 1, 2**40, np.int64(3)],
    "embed_size": [1, 96, np.int64(5)],
    "hidden_size": [1, 7, np.int32(8), 5000],
    "batch_size": [1, np.int64(4)],
    "seq_len": [1, 200],
    "steps": [1, 10**6],
    "learning_rate": [1, 1e-9, 1e3, np.float64(0.1), np.float32(0.1)],
    "beta2": [0, 0.5, 0.9999],
    "clip_norm": [None, 1, 0.25, 1e9, np.float64(2)],
    "dropout": [0, 0.0, 0.99],
    "weight_drop": [0, 0.5],
    "weight_decay": [0, 0.1, 1],
    "dropout_in": [0, 0.25],
    "dropout_out": [0, 0.99],
    "dtype": ["float64", "float32"],
    "log_to_wandb": [True, False],
}
MISSPELT = {"hiden_size": "hidden_size", "Steps": "steps", "learningrate": "learning_rate",
            "drop_out": "dropout", "batchsize": "batch_size", "epochs": "", "H": ""}  # fmt: skip


def opening(notebook, folder, parameters=None, times=1):
    """The lesson run up to the check of its knobs: what a bad one must not get past.

    `folder` gets the texts first: the cell that checks the knobs also asks for the corpus.
    """
    (folder / "data").mkdir(exist_ok=True)
    for name in ("fables.txt", "crow_en_fr.tsv"):
        shutil.copy(lessons.DATA / name, folder / "data")
    (folder / "mine.txt").write_text("A text\tof mine.\n" * 20, encoding="utf-8")
    return lessons.run_cells(
        notebook, folder, parameters, stop=lambda cell: cell.number > check_of(notebook).number,
        times=times,
    )  # fmt: skip


def check_of(notebook):
    """The cell that checks the knobs."""
    return next(c for c in lessons.code_cells(notebook) if "as_shipped = check_knobs(" in c.source)


def knobs(notebook):
    """The knobs of the lesson, as its parameters cell sets them."""
    namespace = {}
    next(c for c in lessons.code_cells(notebook) if "parameters" in c.tags).run(namespace)
    return {name: value for name, value in namespace.items() if not name.startswith("_")}


def one_sentence(error, name):
    message = str(error.value)
    assert "\n" not in message and 20 < len(message) < 200, message
    assert message.endswith(".") and ". " not in message and name in message, message


def test_every_knob_has_cases(notebook):
    assert set(knobs(notebook)) <= set(BAD)


def test_knobs_are_checked_before_anything_is_computed(notebook):
    for cell in lessons.code_cells(notebook):
        if cell.number < check_of(notebook).number:
            assert lessons.is_define(cell), f"cell {cell.number} comes before the check"


def test_shipped_knobs_are_as_shipped(notebook, tmp_path):
    ns = opening(notebook, tmp_path, times=2)
    assert ns["as_shipped"] is True
    assert ns["SHIPPED"] == knobs(notebook)
    assert opening(notebook, tmp_path, {"log_to_wandb": True})["as_shipped"] is True


@pytest.mark.parametrize("name", BAD)
def test_bad_value(notebook, tmp_path, name):
    for value in BAD[name] if name in knobs(notebook) else ():
        with pytest.raises(ValueError) as error:
            opening(notebook, tmp_path, {name: value})
        one_sentence(error, name)
        assert str(error.value).startswith(f"{name} is {value!r}: set it to ")


@pytest.mark.parametrize("name", GOOD)
def test_good_value(notebook, tmp_path, name):
    shipped = knobs(notebook)
    for value in GOOD[name] if name in shipped else ():
        ns = opening(notebook, tmp_path, {name: value})
        assert ns["as_shipped"] == (value == shipped[name] or name == "log_to_wandb")


@pytest.mark.parametrize("wrong", MISSPELT)
def test_misspelt_knob(notebook, tmp_path, wrong):
    """A name that papermill, or a learner, sets beside the knobs."""
    with pytest.raises(ValueError) as error:
        opening(notebook, tmp_path, {wrong: 8})
    one_sentence(error, wrong)
    assert MISSPELT[wrong] in str(error.value) or MISSPELT[wrong] not in knobs(notebook)


def test_names_set_later_are_no_knobs(notebook, tmp_path):
    """The first cells can be run again after the page."""
    ns = opening(notebook, tmp_path)
    ns["losses"], ns["steps"] = 8, 20
    for cell in lessons.code_cells(notebook):
        if "parameters" not in cell.tags and cell.number <= check_of(notebook).number:
            cell.run(ns)
    assert ns["as_shipped"] is False


def test_knob_that_is_gone(notebook, tmp_path):
    ns = opening(notebook, tmp_path)
    rest = {name: value for name, value in ns["SHIPPED"].items() if name != "steps"}
    with pytest.raises(ValueError) as error:
        ns["check_knobs"](rest, ns["SHIPPED"])
    one_sentence(error, "steps")


@pytest.mark.parametrize("path", lessons.CHARACTER_LESSONS[:1], ids=lessons.stem)
def test_papermill_stops_at_a_misspelt_knob(path, tmp_path):
    shutil.copy(path, tmp_path)
    command = [sys.executable, "-m", "papermill", path.name, "out.ipynb", "--no-progress-bar",
               "-k", "python3", "-p", "hiden_size", "8"]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert "This lesson has no knob hiden_size: if you mean hidden_size" in done.stderr
