"""A notebook on its own, as Colab opens it, and on other texts than the shipped one."""

import json
import random
import shutil
import socket
import subprocess
import sys

import pytest

import lessons

SMALL = {"steps": 3, "hidden_size": 8, "batch_size": 32, "seq_len": 50}
WORDS = (
    "river stone lantern sailor quiet morning bread window garden carries finds loses keeps "
    "under over beside the a small old bright"
).split()


def own_text(length, seed=0):
    """`length` characters of sentences that mean nothing."""
    rng, text = random.Random(seed), ""
    while len(text) < length:
        words = rng.choices(WORDS, k=rng.randint(4, 9))
        text += " ".join(words).capitalize() + rng.choice([". ", ".\n", "! "])
    return text[: length - 1] + "\n"


def one_sentence(error, *names):
    """The message is short, on one line, ends like a sentence, and names what it is about."""
    message = str(error.value)
    assert "\n" not in message and 30 < len(message) < 300 and message.endswith("."), message
    for name in names:
        assert name in message


@pytest.fixture
def alone(character_lesson, tmp_path):
    """The notebook copied into a folder where there is nothing else."""
    folder = tmp_path / "content"
    folder.mkdir()
    return shutil.copy(character_lesson, folder / character_lesson.name)


@pytest.fixture
def beside_crow(alone):
    """As `alone`, with the short story in reach: only the corpus is the learner's own."""
    (alone.parent / "data").mkdir()
    shutil.copy(lessons.DATA / "thirsty_crow.txt", alone.parent / "data")
    return alone


# The shipped texts, downloaded


def test_data_are_downloaded_when_there_are_none(alone, served, monkeypatch):
    folder, address = served
    for name in ("fables.txt", "thirsty_crow.txt"):
        shutil.copy(lessons.DATA / name, folder)
    monkeypatch.setenv("LESSON_DATA_URL", address)
    ns = lessons.run_cells(alone, alone.parent, stop=lessons.is_training, quick=True)
    assert ns["text"].encode() == (lessons.DATA / "fables.txt").read_bytes()
    assert ns["load_text"]("thirsty_crow.txt").startswith("The Thirsty Crow\n")
    monkeypatch.setenv("LESSON_DATA_URL", address.rstrip("/"))
    assert ns["load_text"]("fables.txt") == ns["text"]


def test_server_down(alone, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("LESSON_DATA_URL", f"http://127.0.0.1:{unused.getsockname()[1]}/")
    with pytest.raises(OSError) as error:
        lessons.run_cells(alone, alone.parent, stop=lessons.is_training)
    one_sentence(error, "fables.txt", "127.0.0.1", "network")


def test_file_not_on_the_server(alone, served, monkeypatch):
    monkeypatch.setenv("LESSON_DATA_URL", served[1])
    with pytest.raises(OSError) as error:
        lessons.run_cells(alone, alone.parent, stop=lessons.is_training)
    one_sentence(error, "fables.txt", "404")


@pytest.mark.parametrize("where", ["server", "data", "../data", "."])
def test_tampered_file(alone, served, monkeypatch, where):
    """One letter changed is found out, wherever the file came from."""
    folder = served[0] if where == "server" else alone.parent / where
    folder.mkdir(exist_ok=True)
    raw = (lessons.DATA / "fables.txt").read_bytes()
    (folder / "fables.txt").write_bytes(raw.replace(b"fox", b"fix", 1))
    monkeypatch.setenv("LESSON_DATA_URL", served[1])
    with pytest.raises(ValueError) as error:
        lessons.run_cells(alone, alone.parent, stop=lessons.is_training)
    one_sentence(error, "fables.txt", "SHA-256")


def test_address_of_the_download(notebook):
    ns = lessons.namespace(notebook)
    assert ns["DATA_URL"] == f"https://raw.githubusercontent.com/{ns['REPOSITORY']}/main/data/"
    assert len({lessons.namespace(path)["REPOSITORY"] for path in lessons.NOTEBOOKS}) == 1


# Other texts


def test_a_text_with_emoji_and_crlf_just_long_enough_with_every_cell_run_twice(beside_crow):
    text = own_text(2002).replace(".", " \U0001f426").replace("\n", "\u2028\n")[:2002]
    raw = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
    (beside_crow.parent / "mine.txt").write_bytes(raw)
    ns = lessons.run_cells(
        beside_crow, beside_crow.parent, {"corpus": "mine.txt", **SMALL}, quick=True, times=2
    )
    assert ns["text"] == text and "\r" not in ns["vocab"] and "\U0001f426" in ns["vocab"]
    assert ns["streams"][0].shape == (50, 32)
    assert not all(ns["claims"].values()) and not ns["as_shipped"]


def test_a_text_of_blocks_with_two_letters_in_float32_elsewhere(beside_crow, tmp_path):
    """Hardly any text, a path to another folder, decomposed accents."""
    rng = random.Random(1)
    blocks = ["".join(rng.choices("ae\u0301", k=150)) for _ in range(30)]
    path = tmp_path / "blocks.txt"
    path.write_text("\n\n".join(blocks), encoding="utf-8")
    parameters = {"corpus": str(path), "dtype": "float32", "seed": 3, **SMALL}
    ns = lessons.run_cells(beside_crow, beside_crow.parent, parameters, quick=True)
    assert "\u00e9" in ns["vocab"] and ns["text"].count("\n\n") == 29
    assert ns["valid_text"].count("\n\n") == 2
    assert {p.dtype.name for p in ns["params"].values()} == {"float32"}


def test_a_text_with_a_letter_that_is_hardly_there_and_no_clipping(beside_crow):
    """Two kinds of character, one of them met once: no cell insists on what a book would show."""
    (beside_crow.parent / "mine.txt").write_text("b" + "a" * 2999, encoding="utf-8")
    parameters = {"corpus": "mine.txt", "clip_norm": None, **SMALL}
    ns = lessons.run_cells(beside_crow, beside_crow.parent, parameters, quick=True)
    assert ns["vocab"] == ["a", "b"]


BAD = {
    "missing": (None, {}, FileNotFoundError, "bad.txt"),
    "empty": (b"", {}, ValueError, "bad.txt"),
    "byte order mark only": (b"\xef\xbb\xbf", {}, ValueError, "bad.txt"),
    "one character repeated": (b"a" * 5000, {}, ValueError, "bad.txt"),
    "nothing but line ends": (b"\r\n" * 3000, {}, ValueError, "bad.txt"),
    "shorter than one batch": (own_text(2001).encode(), {}, ValueError, "smaller batch_size"),
    "two characters": (b"ab", {}, ValueError, "longer"),
    "latin-1": ("caf\u00e9 ".encode("latin-1") * 1000, {}, ValueError, "not UTF-8"),
    "utf-16": (own_text(5000).encode("utf-16"), {}, ValueError, "not UTF-8"),
    "binary": (bytes(range(256)) * 20, {}, ValueError, "not UTF-8"),
    "nothing left to hold out": (b"abcdefghijkl", {"batch_size": 1, "seq_len": 5}, ValueError,
                                 "longer"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_text_stops_the_lesson_before_training(beside_crow, what):
    raw, sizes, kind, phrase = BAD[what]
    if raw is not None:
        (beside_crow.parent / "bad.txt").write_bytes(raw)
    parameters = {"corpus": "bad.txt", **SMALL, **sizes}
    with pytest.raises(kind) as error:
        lessons.run_cells(beside_crow, beside_crow.parent, parameters, stop=lessons.is_training)
    one_sentence(error, phrase)


# A full run keeps the sizes of the lesson's experiments and takes a minute: one lesson has it.
@pytest.mark.parametrize("path", lessons.CHARACTER_LESSONS[:1], ids=lessons.stem)
def test_papermill_runs_the_lesson_on_its_own_and_to_the_end(path, tmp_path, served, monkeypatch):
    """The command a learner would type, in a folder of one notebook and one text."""
    monkeypatch.setenv("LESSON_DATA_URL", served[1])
    shutil.copy(lessons.DATA / "thirsty_crow.txt", served[0])
    folder = tmp_path / "content"
    folder.mkdir()
    shutil.copy(path, folder)
    (folder / "mytext.txt").write_text(own_text(6000), encoding="utf-8")
    command = [sys.executable, "-m", "papermill", path.name, "out.ipynb", "--no-progress-bar",
               "-k", "python3", "-p", "corpus", "mytext.txt", "-p", "hidden_size", "8",
               "-p", "steps", "20"]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    cells = json.loads((folder / "out.ipynb").read_text(encoding="utf-8"))["cells"]
    ran = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in ran)
    for output in (output for cell in ran for output in cell["outputs"]):
        assert output["output_type"] != "error" and output.get("name") != "stderr", output
    said = "".join("".join(output["text"]) for output in ran[-1]["outputs"]).splitlines()
    assert any(line.startswith("shown: ") for line in said)  # the gradients are right, still
    assert any(line.startswith("NOT shown: ") for line in said)  # and this is not the book
    first = "".join("".join(o.get("text", "")) for cell in ran[:12] for o in cell["outputs"])
    assert "settings: your own" in first
    assert {file.name for file in folder.iterdir()} == {path.name, "out.ipynb", "mytext.txt"}
