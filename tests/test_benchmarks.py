"""The timing scripts run and write what they say; no time that they measure is looked at."""

import importlib
import json
import os
import re
import sys

import matplotlib.image
import numpy as np
import pytest

import lessons
import results_page

sys.path.insert(0, str(lessons.ROOT / "benchmarks"))

import scaling  # noqa: E402  (its folder is no package)

os.environ.pop("MPLBACKEND", None)  # a timing script wants Agg, the notebooks' kernels do not

# Every field that the docstring of results_page.py tells of.
FIELDS = set(re.findall(r"\w+", " ".join(
    re.findall(r"^    (\w+(?:, \w+)*) {2,}\S", results_page.__doc__, re.MULTILINE))))  # fmt: skip
TINY = {"hidden_size": 6, "batch_size": 4, "seq_len": 5, "embed_size": 3}
MEASURED = {"numpy": 2e-3, "tokens": 300, "flops": 4e6}
BESIDE = {"torch": 3e-3, "ratio_median": 1.5, "ratio_low": 1.25, "ratio_high": 1.75}

PROBED = {"python": "3", "numpy": "2", "used": [], "kernel": "Haswell"}


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """training_step.py as it is without PyTorch; it stores in a folder of its own."""
    monkeypatch.chdir(tmp_path)  # and back afterwards: the script moves to its notebooks
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "torch_step", raising=False)
    monkeypatch.delitem(sys.modules, "training_step", raising=False)
    module = importlib.import_module("training_step")
    del sys.modules["training_step"]  # for others it may have PyTorch
    monkeypatch.setattr(module, "SPEED", tmp_path / "speed.json")
    monkeypatch.setattr(module, "product_rate", lambda: 1e9)
    monkeypatch.setattr(module.matrix, "probe", lambda python, env: PROBED)
    return module


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A function that makes the sizes of a script's lessons small, where they have such a size."""
    monkeypatch.chdir(tmp_path)

    def shrink(module):
        whole = module.namespace_of

        def namespace_of(path):
            space = whole(path)
            return space | {key: size for key, size in TINY.items() if key in space}

        monkeypatch.setattr(module, "namespace_of", namespace_of)

    return shrink


def test_the_exponent_of_exact_powers():
    sizes = np.array([3, 10, 40, 70])
    for power in (-1, 0, 0.5, 2):
        costs = 7e-3 * sizes ** float(power)
        assert scaling.exponent(sizes, costs) == pytest.approx(power, abs=1e-12)
    both = scaling.exponent(sizes, np.stack([sizes**1.5, 4.0 * sizes]))
    np.testing.assert_allclose(both, [1.5, 1])


def test_scaling_steps_every_lesson_it_names(small, monkeypatch):
    """Each kind of line takes a step of the sizes asked for, and counts its operations."""
    small(scaling)
    whole, known = scaling.own_sizes, {}

    def own_sizes(space):
        kind = "batches_of" in space, "word_streams" in space
        return known.get(kind) or known.setdefault(kind, whole(space))

    monkeypatch.setattr(scaling, "own_sizes", own_sizes)
    kinds = {what[:2] for _, lines in scaling.PANELS.values() for what in lines}
    assert {letters for _, letters in kinds} == set(scaling.GROWS)
    for lesson, letters in sorted(kinds):
        line = scaling.measured(lesson, letters, (4, 8), 1)
        assert line.seconds.shape == (1, 2) and (line.seconds >= 0).all()
        power = scaling.exponent(line.values, line.operations)
        assert power == pytest.approx(1) if letters in ("B", "T") else 0 < power < 2


def made_line(lesson, letters, power):
    """A line whose times are an exact power, the second round twice as slow."""
    values = (2, 4, 8, 16)
    times = 1e-3 * np.array(values) ** power
    return scaling.Line(lesson, letters, values, np.stack([times, 2 * times]), times)


def test_scaling_tells_and_draws_the_exponents(tmp_path):
    lines = {"length": [made_line(scaling.LSTM, "T", 1), made_line(scaling.LUONG, "ST", 1.5)]}
    said = scaling.table(lines["length"]).splitlines()
    assert "| sequence length (T) | 2, 4, 8, 16 | 3, 6, 12, 24 | 1.00 | 1.00–1.00 |" in said[2]
    assert said[3].endswith("| 1.50 | 1.50–1.50 | 1.50 | 1.50 |")
    scaling.draw(lines, tmp_path / "figure.png")
    picture = matplotlib.image.imread(tmp_path / "figure.png")
    assert (picture[0, 0, :3] == 1).all()


@pytest.mark.parametrize("beginning, shown", [
    ("char_level_lm/03", "H=6 B=4 T=5"), ("word_level_lm/01", "H=6 B=4 T=5 E=3"),
    ("seq_2_seq/02", "H=6 B=4")])  # fmt: skip
def test_training_step_without_pytorch(alone, small, monkeypatch, capsys, beginning, shown):
    """It says so in one line, measures NumPy's side, and stores rows as documented."""
    small(alone)
    monkeypatch.setattr("sys.argv", ["training_step.py", beginning, "--pairs", "1", "--save"])
    alone.main()
    said = capsys.readouterr().out
    assert said.splitlines().count(alone.ALONE) == 1
    assert said.count("PyTorch") == alone.ALONE.count("PyTorch"), "and no more of it"
    assert f"| {shown}" in said
    rows = json.loads(alone.SPEED.read_text(encoding="utf-8"))
    assert [row.get("sizes") for row in rows] == [None, "H=256"][: 1 + beginning.startswith("char")]
    for row in rows:
        assert row["lesson"].startswith(beginning) and row["kernels"] == "AVX2"
        assert set(row) - {"sizes"} == {"lesson", "kernels", "numpy", "tokens_per_second",
                                        "share_of_matmul"}  # fmt: skip


def test_a_row_has_the_documented_shape(alone, monkeypatch):
    """Milliseconds and shares, as results_page.py reads them: it makes its table of them."""
    plain = alone.stored_row("a/b", None, "AVX2", {**MEASURED, **BESIDE}, 1e10)
    assert plain == {
        "lesson": "a/b", "kernels": "AVX2", "numpy": 2.0, "torch": 3.0, "ratio_median": 1.5,
        "ratio_low": 1.25, "ratio_high": 1.75, "tokens_per_second": 150_000,
        "share_of_matmul": 0.2}  # fmt: skip
    wide = alone.stored_row("a/b", 256, None, MEASURED, 1e10)
    assert wide["sizes"] == "H=256" and "kernels" not in wide and "torch" not in wide
    assert set(plain) | set(wide) <= FIELDS and set(alone.MEASURED) <= FIELDS
    for row in (plain, wide):
        alone.save(row)
    monkeypatch.setattr(results_page, "SPEED", alone.SPEED)
    said = results_page.speed()
    assert "| a/b | | AVX2 | 2.00 | 3.00 | 1.50 | 1.25 | 1.75 | 150,000 | 0.20 |" in said


def test_saving_replaces_what_was_measured_and_no_more(alone):
    """A row is its lesson, sizes and kernels; what the script does not measure stays."""
    stored = [
        {"lesson": "word_level_lm/01", "kernels": "AVX2", "numpy": 1.0},
        {"lesson": "char_level_lm/02", "sizes": "H=256", "kernels": "AVX2", "numpy": 2.0},
        {"lesson": "char_level_lm/02", "kernels": "AVX2", "numpy": 3.0, "ratio_median": 9.0,
         "seconds_of_page": 61},
        {"lesson": "char_level_lm/02", "kernels": "AVX-512", "numpy": 4.0},
    ]  # fmt: skip
    new = alone.stored_row("char_level_lm/02", None, "AVX2", MEASURED, 1e10)
    rows = alone.merged(stored, new)
    assert rows == [stored[3], {**new, "seconds_of_page": 61}, stored[1], stored[0]]
    assert alone.merged(rows, new) == rows


def test_the_spread_is_of_pairs(alone, monkeypatch):
    """Ratios are taken in pairs: a machine that slows down for both sides does not change them."""
    now, steps = [0.0], {"numpy": 0, "torch": 0}

    def side(name, seconds):
        def step(_):
            now[0] += seconds(steps[name]) * 2 ** steps[name]
            steps[name] += 1

        return name, step, [("window",)]

    monkeypatch.setattr(alone, "clock", lambda: now[0])
    numpy_side = side("numpy", lambda n: 1.0)
    found = alone.timed([numpy_side, side("torch", lambda n: 3.0)], 9)
    assert [found[f"ratio_{end}"] for end in ("low", "median", "high")] == [3, 3, 3]
    steps.update(numpy=0, torch=0)
    found = alone.timed([numpy_side, side("torch", lambda n: n - 4.0)], 21)  # 1 to 21, warm
    assert [found[f"ratio_{end}"] for end in ("low", "median", "high")] == [2, 11, 20]
    assert set(alone.timed([numpy_side], 1)) == {"numpy"}


def test_different_first_losses_stop_the_script(alone):
    path = lessons.NOTEBOOKS[0]
    assert alone.check_losses(path, 1.0, 1.0 + 1e-12, 1e-10) == "equal to 1e-10"
    for other in (1.0 + 1e-9, float("nan")):
        with pytest.raises(SystemExit, match="not the same network"):
            alone.check_losses(path, 1.0, other, 1e-10)


@pytest.mark.parametrize("kernel, name", [
    ("SkylakeX", "AVX-512"), ("Zen", "AVX2"), ("Haswell", "AVX2"), ("NeoverseN1", "NeoverseN1"),
    (None, None)])  # fmt: skip
def test_kernels_are_named_by_their_instructions(alone, monkeypatch, kernel, name):
    monkeypatch.setitem(PROBED, "kernel", kernel)
    assert alone.used_here()[0] == name
