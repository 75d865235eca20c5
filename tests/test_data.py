"""The texts: clean, as large as promised, no fable twice, and the very ones the lessons name."""

import hashlib
import re
import unicodedata
from collections import defaultdict

import pytest

import lessons

TEXTS = ("fables.txt", "thirsty_crow.txt")


def raw(name):
    return (lessons.DATA / name).read_bytes()


def text(name):
    return raw(name).decode("utf-8")


def fables():
    """The fables, each a list of lines, title first."""
    return [block.split("\n") for block in text("fables.txt").strip("\n").split("\n\n")]


@pytest.mark.parametrize("name", TEXTS)
class TestForm:
    def test_encoding_and_line_ends(self, name):
        assert not raw(name).startswith(b"\xef\xbb\xbf"), "byte order mark"
        assert b"\r" not in raw(name)
        assert text(name) == unicodedata.normalize("NFC", text(name))

    def test_spaces(self, name):
        for number, line in enumerate(text(name).split("\n"), start=1):
            where = f"{name}, line {number}"
            assert "\t" not in line and "\u00a0" not in line, where
            assert line == line.strip(" "), f"{where} begins or ends with a space"
            assert "  " not in line, f"{where} has two spaces"
        assert text(name).endswith("\n") and not text(name).endswith("\n\n")
        assert "\n\n\n" not in text(name), "two blank lines in a row"

    def test_characters(self, name):
        strange = {c for c in text(name) if c != "\n" and unicodedata.category(c)[0] == "C"}
        assert not strange, f"control characters {strange}"

    def test_checksum_in_the_lessons(self, name):
        digest = hashlib.sha256(raw(name)).hexdigest()
        advice = (
            f"data/{name} has SHA-256 {digest}: write it into SHA256 in src/shared/data/text.py, "
            "give DATA_TAG a new name, run python tools/readme_table.py and python tools/build.py"
        )
        source = lessons.ROOT / "src" / "shared" / "data" / "text.py"
        for path in (source, lessons.DATA / "README.md"):
            written = lessons.checksums(path.read_text(encoding="utf-8"))
            assert written.get(name) == digest, f"{path.name}: {advice}"
        for path in lessons.CHARACTER_LESSONS:
            assert lessons.namespace(path)["SHA256"][name] == digest, f"{path.name}: {advice}"


def test_size_of_the_book():
    assert len(fables()) >= 140
    assert len(re.findall(r"[\w'’-]+", text("fables.txt"))) >= 35_000


def test_size_of_the_crow():
    assert 600 <= len(text("thirsty_crow.txt")) <= 850


def test_titles():
    titles = [fable[0] for fable in fables()]
    for number, title in enumerate(titles, start=1):
        assert 3 <= len(title) <= 80 and title[0].isupper(), f"fable {number}: {title!r}"
        assert title[-1] not in ".,;:", f"fable {number} begins with a sentence: {title!r}"
    plain = [re.sub(r"\W+|\b(?:the|a|an|and|who)\b", " ", t.lower()).split() for t in titles]
    twice = {tuple(sorted(t)) for t in plain if plain.count(t) > 1}
    assert not twice, f"two fables have the title {twice}"


def test_every_fable_has_a_story():
    for fable in fables():
        words = " ".join(fable[1:]).split()
        assert 80 <= len(words) <= 1500, f"{fable[0]!r} has {len(words)} words"


def test_no_line_stands_twice():
    seen = {}
    for fable in fables():
        for line in fable:
            key = re.sub(r"\W+", " ", line.lower()).strip()
            if len(key) >= 30:
                assert key not in seen, f"in {seen[key]!r} and {fable[0]!r}: {line!r}"
                seen[key] = fable[0]


def test_no_fable_is_another_one_with_other_names():
    """Two fables share at most a twentieth of their runs of five words."""
    runs, holders = [], defaultdict(list)
    for number, fable in enumerate(fables()):
        words = re.findall(r"\w+", " ".join(fable[1:]).lower())
        runs.append({tuple(words[i : i + 5]) for i in range(len(words) - 4)})
        for run in runs[-1]:
            holders[run].append(number)
    shared = defaultdict(int)
    for numbers in holders.values():
        for i, one in enumerate(numbers):
            for two in numbers[i + 1 :]:
                shared[one, two] += 1
    titles = [fable[0] for fable in fables()]
    for (one, two), count in shared.items():
        assert count <= 0.05 * min(len(runs[one]), len(runs[two])), (titles[one], titles[two])


def test_the_crow_is_not_in_the_book():
    """It is learned by heart; the book is for what was not."""
    book = text("fables.txt")
    for sentence in re.split(r"(?<=[.!?])\s+", text("thirsty_crow.txt")):
        assert len(sentence) < 30 or sentence not in book


def test_openings_vary():
    """No template: no first three words begin more than a handful of the stories."""
    openings = [" ".join(fable[1].split()[:3]).lower() for fable in fables()]
    most = max(openings, key=openings.count)
    assert openings.count(most) <= 6, f"{openings.count(most)} stories begin {most!r}"
