"""RESULTS.md and the README's tables: up to date, and clear about what is missing. Runs nothing."""

import json
import os
import re

import pytest

import readme_table
import results_page

os.environ.pop("MPLBACKEND", None)  # a timing script wants Agg, the notebooks' kernels do not


class Without(readme_table.Store):
    """The store without seed 1."""

    def __init__(self):
        super().__init__()
        self.rows = {key: row for key, row in self.rows.items() if '"seed": 1' not in key}


def test_the_results_page_is_up_to_date():
    """What the generator makes now is what is stored, the picture to the byte."""
    for path, made in results_page.made().items():
        stored = path.read_bytes() if path.exists() else b""
        made = made if isinstance(made, bytes) else made.encode("utf-8")
        assert stored == made, f"{path.name} is out of date: run {results_page.COMMAND}"


def test_every_missing_run_is_named_with_its_command(monkeypatch):
    monkeypatch.setattr(readme_table, "Store", Without)
    with pytest.raises(ValueError) as caught:
        results_page.made()
    said = str(caught.value)
    for stem, arms in readme_table.ARMS.items():
        for arm in arms:
            assert f'claims_by_seed.py pairs {stem} --arms "{arm}"' in said
    for stem in (*readme_table.character_lessons(), *results_page.WORD_LESSONS):
        assert f"{stem} has 2 of 3 stored seeds" in said


def test_a_missing_run_leaves_the_stored_page_alone(monkeypatch):
    def write(*_):
        raise AssertionError("it writes")

    monkeypatch.setattr(readme_table, "Store", Without)
    monkeypatch.setattr(results_page, "keep", write)
    monkeypatch.setattr("sys.argv", ["results_page.py"])
    with pytest.raises(SystemExit) as caught:
        results_page.main()
    assert "RESULTS.md cannot be made yet" in str(caught.value)


@pytest.mark.parametrize("text", ["", "<!-- translation -->\n", 2 * (
    "<!-- translation -->\n<!-- end translation -->\n")])  # fmt: skip
def test_missing_or_doubled_markers_are_told_in_a_sentence(text):
    with pytest.raises(ValueError, match="<!-- translation -->.*<!-- end translation -->"):
        readme_table.replace_between(text, "translation", "| a |")


def test_readme_table_says_which_page_lacks_its_markers(monkeypatch, tmp_path, capsys):
    """One part fails with its sentence, the others of the page are made all the same."""
    (tmp_path / "data").mkdir()
    pages = {"README.md": "<!-- words -->\n<!-- end words -->\n", "data/README.md": ""}
    for name, text in pages.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / ".github").mkdir()
    for name in ("lessons_table", "sample", "results_table", "words_table", "translation_table",
                 "texts_table"):  # fmt: skip
        monkeypatch.setattr(readme_table, name, lambda name=name: f"| {name} |")
    monkeypatch.setattr(readme_table, "picture", lambda: b"")
    monkeypatch.setattr(readme_table, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["readme_table.py"])
    with pytest.raises(SystemExit) as caught:
        readme_table.main()
    assert caught.value.code
    said = capsys.readouterr().out
    assert "README.md, part translation: there is not exactly one part between" in said
    assert "data/README.md, part texts:" in said and "README.md, part words" not in said
    assert "| words_table |" in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_keep_checks_without_writing(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(readme_table, "ROOT", tmp_path)
    path = tmp_path / "page.md"
    assert readme_table.keep(path, "new\n", True, "the command") and not path.exists()
    assert capsys.readouterr().out == "page.md is out of date: run the command\n"
    assert not readme_table.keep(path, "new\n", False, "the command")
    assert path.read_bytes() == b"new\n"
    assert not readme_table.keep(path, "new\n", True, "the command")
    assert readme_table.keep(path, b"newer", True, "the command")


def test_the_baselines_are_those_of_both_lessons():
    """Lessons 7 and 9 score the same two baselines: they print the same numbers."""
    printed = readme_table.section_outputs(readme_table.notebook(readme_table.LUONG), 9)
    for name, label in (("word by word", "words"), ("phrase table", "phrases")):
        for split, numbers in readme_table.without_network()[name].items():
            line = rf"^{label} +{split} +exactly right +(\S+)%, BLEU (\S+)$"
            assert re.findall(line, printed, re.MULTILINE) == [numbers]


def test_every_sentence_has_a_length():
    """The groups by length are those of the stored runs: together they hold the whole split."""
    _, lines = results_page.length_lines("test", {"Bahdanau": (readme_table.BAHDANAU, None)})
    assert sum(map(int, lines[0][1:])) == len(results_page.sentence_lengths("test")) > 0
    rows = readme_table.of_arm(readme_table.BAHDANAU)
    shares = list(rows[0]["test by length"].values())
    right = sum(int(count) * share for count, share in zip(lines[0][1:], shares))
    assert right == pytest.approx(rows[0]["test"] * len(results_page.sentence_lengths("test")))


def test_speed_is_left_out_where_nothing_is_stored(monkeypatch, tmp_path):
    monkeypatch.setattr(results_page, "SPEED", tmp_path / "speed.json")
    assert results_page.speed() is None


def test_speed_takes_rows_with_gaps(monkeypatch, tmp_path):
    """A column that no row has is left out, other gaps stay blank; other sizes are in no mean."""
    stored = [
        {"lesson": "a", "kernels": "AVX2", "ratio_median": 1.0, "seconds_of_page": 91},
        {"lesson": "b", "kernels": "AVX2", "ratio_median": 4.0, "torch": None},
        {"lesson": "b", "kernels": "AVX2", "ratio_median": 9.0, "sizes": "H=256"},
        {"lesson": "c", "seconds_of_page": 61.7},
    ]
    monkeypatch.setattr(results_page, "SPEED", tmp_path / "speed.json")
    results_page.SPEED.write_text(json.dumps(stored), encoding="utf-8")
    said = results_page.speed()
    assert "| lesson | sizes | kernels | PyTorch / NumPy |" in said
    assert "| a | | AVX2 | 1.00 |" in said and "| b | H=256 | AVX2 | 9.00 |" in said
    assert "Geometric mean of 2 lessons (kernels: AVX2): 2.00." in said
    assert "| a | AVX2 | 91 |\n| c | | 62 |" in said
