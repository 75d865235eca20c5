"""tools/planted_errors.py: its table, its status, and a sort for every check."""

import subprocess
import sys

import pytest

import checks
import lessons
import planted_errors
import test_mutations

RNN = test_mutations.RNN
STEP = "h = np.tanh(a) # F2"
COMMAND = [sys.executable, str(lessons.ROOT / "tools" / "planted_errors.py")]


def test_the_command_prints_what_caught_each_and_how_many():
    done = subprocess.run([*COMMAND, "--lesson", "01_rnn", "--kind", "claims that"],
                          capture_output=True, text=True, timeout=300)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    first, second, closing = done.stdout.strip().split("\n\n")
    rows = [line.strip("| ").split(" | ") for line in first.splitlines()[2:]]
    assert len(rows) == 4 and all(row[3:5] == ["claims_are_asserted", "property"] for row in rows)
    assert rows[0][:2] == [f"{RNN} (shared)", "claims that nobody minds"]
    assert rows[0][2].startswith("`assert all(") and "→ `assert any(" in rows[0][2]
    assert all(float(row[5]) >= 0 for row in rows)
    total = [cell.strip() for cell in second.splitlines()[-1].strip("|").split("|")]
    assert total[:-1] == ["all", "4", "", "", "", "4", "", ""]
    assert closing.startswith("4 mistakes planted, 4 caught, 0 not, in ")


@pytest.mark.parametrize("new, said", [
    ("h = 1 * np.tanh(a)", "SURVIVED"),  # no mistake
    ("h = np.than(a)", "broken: AttributeError"),  # no code
])  # fmt: skip
def test_a_mistake_that_is_not_caught_is_told(monkeypatch, capsys, new, said):
    rows = [(RNN, STEP, new, checks.step), (RNN, STEP, "h = a", checks.step)]
    monkeypatch.setattr(test_mutations, "KINDS", {"made up": rows})
    assert planted_errors.main([]) == 1
    out = capsys.readouterr().out
    assert f"**{said}" in out and "not by step" in out and "2 mistakes planted, 1 caught" in out


def test_a_mistake_that_cannot_be_planted_is_told(monkeypatch, capsys):
    monkeypatch.setattr(test_mutations, "KINDS", {"made up": [(RNN, "no | such", "", checks.step)]})
    assert planted_errors.main([]) == 1
    assert r"**not planted: AssertionError: 'no \| such' is in no cell" in capsys.readouterr().out


def test_what_is_asked_for_must_exist(capsys):
    with pytest.raises(SystemExit) as ended:
        planted_errors.main(["--lesson", "no such lesson"])
    assert ended.value.code == 2 and "No mistake is like that." in capsys.readouterr().err


def test_every_check_that_has_a_sort_exists():
    every = [check for module in test_mutations.MODULES for check in checks.of_module(module)]
    known = {(check.__module__, check.__name__) for check in every}
    named = [(module, name) for modules in planted_errors.SORTS.values()
             for module, names in modules.items() for name in names.split()]  # fmt: skip
    assert set(named) <= known and len(named) == len(set(named))
    used = {planted_errors.sort_of(row.check) for row in planted_errors.all_rows()}
    assert used == set(planted_errors.SORTS)


def test_two_processes_say_what_one_says(capsys):
    chosen = ["--kind", "the ends of a mixture"]
    assert planted_errors.main(chosen) == 0
    done = subprocess.run([*COMMAND, *chosen, "--jobs", "2"], capture_output=True, text=True,
                          timeout=300)  # fmt: skip
    assert done.returncode == 0
    tables = [out.split("\n\n")[0].splitlines() for out in (capsys.readouterr().out, done.stdout)]
    one, two = ([line.rsplit("|", 2)[0] for line in lines] for lines in tables)  # no seconds
    assert one == two and len(one) == 4
