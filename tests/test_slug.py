"""The repository's name in the files: one command changes it everywhere and back. Runs nothing.

No address stands here in one piece: the tool under test would find it.
"""

import shutil
import subprocess
import sys

import pytest

import set_slug

WEB = "https:/"


def changed_to(clone, *words):
    """The tool in the clone: its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "tools/set_slug.py", *words], cwd=clone, capture_output=True, text=True
    )
    return done.returncode, done.stdout


@pytest.fixture
def clone(tmp_path):
    """The files in which the name stands, in a repository of their own."""
    slug = set_slug.current_slug().encode()
    texts = {path: raw for path, raw in set_slug.tracked_texts()
             if slug in raw or path.name in ("set_slug.py", "CITATION.cff")}  # fmt: skip
    for path in texts:
        copy = tmp_path / path.relative_to(set_slug.ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    for command in ("init", "add ."):
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


def contents(clone):
    return {path: path.read_bytes() for path in clone.rglob("*")
            if path.is_file() and ".git" not in path.relative_to(clone).parts[:1]}  # fmt: skip


def test_a_name_goes_and_comes_back(clone):
    before, slug = contents(clone), set_slug.current_slug()
    assert changed_to(clone, "--check") == (0, "")
    assert changed_to(clone, "Some-One/rnn.py")[0] == 0
    for path, raw in contents(clone).items():
        assert slug.encode() not in raw, path
        assert set_slug.book_address(slug).encode() not in raw, path
    told = (clone / "CITATION.cff").read_text(encoding="utf-8")
    assert f"{WEB}/some-one.github.io/rnn.py/" in told
    assert f"{WEB}/github.com/Some-One/rnn.py" in told
    assert changed_to(clone, slug)[0] == 0
    assert contents(clone) == before


@pytest.mark.parametrize("address", [
    f"{WEB}/somebody.github.io/recurrent-networks-in-numpy/",
    f"{WEB}/raw.github" "usercontent.com/somebody/else/main/data/fables.txt",
])  # fmt: skip
def test_an_address_of_another_repository_is_named(clone, address):
    with open(clone / "CITATION.cff", "a", encoding="utf-8") as file:
        file.write(f"# {address}\n")
    code, said = changed_to(clone, "--check")
    assert code == 1 and "CITATION.cff" in said and "somebody" in said


def test_a_site_of_the_owner_has_no_folder():
    assert set_slug.book_address("Ann/ann.github.io") == f"{WEB}/ann.github.io/"
    assert set_slug.book_address("Ann/notes") == f"{WEB}/ann.github.io/notes/"
