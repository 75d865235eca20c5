"""A notebook on its own, as Colab opens it, and on other texts than the shipped one."""

import functools
import hashlib
import inspect
import json
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
import warnings

import matplotlib.pyplot as plt
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
def alone(lesson, tmp_path):
    """The notebook copied into a folder where there is nothing else."""
    folder = tmp_path / "content"
    folder.mkdir()
    return shutil.copy(lesson, folder / lesson.name)


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
        lessons.run_cells(alone, alone.parent, stop=lessons.is_training, quick=True)
    one_sentence(error, ".txt", "127.0.0.1", "network")


def test_file_not_on_the_server(alone, served, monkeypatch):
    monkeypatch.setenv("LESSON_DATA_URL", served[1])
    with pytest.raises(OSError) as error:
        lessons.run_cells(alone, alone.parent, stop=lessons.is_training, quick=True)
    one_sentence(error, ".txt", "404")


@pytest.mark.parametrize("where", ["server", "data", "../data", "."])
def test_tampered_file(alone, served, monkeypatch, where):
    """One letter changed is found out, wherever the file came from."""
    shutil.copy(lessons.DATA / "thirsty_crow.txt", served[0])
    folder = served[0] if where == "server" else alone.parent / where
    folder.mkdir(exist_ok=True)
    raw = (lessons.DATA / "fables.txt").read_bytes()
    (folder / "fables.txt").write_bytes(raw.replace(b"fox", b"fix", 1))
    monkeypatch.setenv("LESSON_DATA_URL", served[1])
    with pytest.raises(ValueError) as error:
        lessons.run_cells(alone, alone.parent, stop=lessons.is_training, quick=True)
    one_sentence(error, "fables.txt", "SHA-256")


@pytest.fixture
def slow():
    """The address of a server that sends what it is told, one byte every tenth of a second."""
    closing = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(answer):
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            for byte in answer:
                if closing.wait(0.1):
                    return
                try:
                    connection.send(bytes([byte]))
                except OSError:
                    return
            closing.wait(20)

    def start(answer):
        threading.Thread(target=serve, args=(answer,), daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    closing.set()
    listener.close()


@pytest.mark.parametrize("answer", [
    b"", b"HTTP/1.0 200 OK\r\n" + b"X-Wait: a little\r\n" * 99,
    b"HTTP/1.0 200 OK\r\n\r\n" + b"a" * 999,
], ids=["nothing", "headers", "text"])  # fmt: skip
def test_slow_server_is_given_up(alone, slow, monkeypatch, answer):
    """However it is slow, the whole download has one bound: about a minute."""
    ns = lessons.fresh_namespace(alone)
    assert 30 <= inspect.signature(ns["download"]).parameters["seconds"].default <= 90
    ns["download"] = functools.partial(ns["download"], seconds=0.5)
    monkeypatch.setenv("LESSON_DATA_URL", slow(answer))
    began = time.monotonic()
    with lessons.working_in(alone.parent), pytest.raises(OSError) as error:
        ns["load_text"]("fables.txt")
    assert time.monotonic() - began < 5
    one_sentence(error, "fables.txt", "127.0.0.1", "network")


@pytest.mark.parametrize("address", ["", "here", "raw.githubusercontent.com/x", "ftp://x/data/",
                                     "C:\\texts", "/home/me/data/", "https:/x"])  # fmt: skip
def test_address_that_is_none(alone, monkeypatch, address):
    monkeypatch.setenv("LESSON_DATA_URL", address)
    with pytest.raises(ValueError) as error:
        lessons.run_cells(alone, alone.parent, stop=lessons.is_training, quick=True)
    one_sentence(error, "LESSON_DATA_URL", repr(address))


@pytest.mark.parametrize("address", ["http://[", "http://a b/", "http://127.0.0.1:x/",
                                     "file:///no/such/folder"])  # fmt: skip
def test_address_that_leads_nowhere(alone, monkeypatch, address):
    monkeypatch.setenv("LESSON_DATA_URL", address)
    with pytest.raises(OSError) as error:
        lessons.run_cells(alone, alone.parent, stop=lessons.is_training, quick=True)
    one_sentence(error, address, ".txt")


def test_address_of_a_folder(alone, monkeypatch):
    monkeypatch.setenv("LESSON_DATA_URL", lessons.DATA.as_uri())
    with lessons.working_in(alone.parent):
        text = lessons.namespace(alone)["load_text"]("fables.txt")
    assert text.encode() == (lessons.DATA / "fables.txt").read_bytes()


def test_address_of_the_download(notebook):
    ns = lessons.namespace(notebook)
    base = f"https://raw.githubusercontent.com/{ns['REPOSITORY']}/{ns['DATA_TAG']}/data/"
    assert ns["DATA_URL"] == base
    for name in ("REPOSITORY", "DATA_TAG"):
        assert len({lessons.namespace(path)[name] for path in lessons.NOTEBOOKS}) == 1


def test_tagged_data_are_those_of_the_lessons(notebook):
    """A text that has changed needs a tag of its own, or saved copies of a lesson break."""
    ns = lessons.namespace(notebook)
    git = functools.partial(subprocess.run, cwd=lessons.ROOT, capture_output=True)
    if git(["git", "rev-parse", "--verify", f"refs/tags/{ns['DATA_TAG']}"]).returncode:
        return  # the tag is set when the change lands; a shallow clone has none
    for name, digest in ns["SHA256"].items():
        tagged = git(["git", "show", f"{ns['DATA_TAG']}:data/{name}"]).stdout
        assert hashlib.sha256(tagged).hexdigest() == digest, (
            f"data/{name} is not the one tagged {ns['DATA_TAG']}: give DATA_TAG a new name"
        )


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


def test_figures_draw_any_character(ns):
    """What the font lacks is drawn as a box, without a word on stderr."""
    text = "ab \n\t\0\x1b\u4e2d\u6587\U0001f426\u0301\u2028\ufeff\u05d0$\\%" * 3
    fig, ax = plt.subplots()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ns["colour_text"](ax, text, [0.5] * len(text), columns=20)
        fig.canvas.draw()
    shown = [written.get_text() for written in ax.texts]
    assert len(shown) == len(text) and "\u4e2d" not in shown and "a" in shown
    plt.close(fig)


# Other texts, for the lessons over words


def text_of_words(words, length, seed=0):
    """`length` of the `words` at random, a full stop after every ninth."""
    drawn = random.Random(seed).choices(words, k=length)
    return " ".join(word + "." * (n % 9 == 8) for n, word in enumerate(drawn)) + "\n"


SMALL_WORDS = {"steps": 5, "hidden_size": 8, "batch_size": 4, "seq_len": 10, "seed": 3}
GREEK = "\u03b1\u03bb\u03b5\u03c0\u03bf\u03cd \u03ba\u03b1\u03b9 \u03bd\u03b5\u03c1\u03cc"
CHINESE = "\u72d0\u72f8 \u8461\u8404 \u4e4c\u9e26 \u6c34 \u77f3\u5934"
FOREIGN = {
    "emoji, CRLF and blocks": "\r\n\r\n".join(
        f"Block {n}\r\n" + own_text(500, n).replace(". ", " \U0001f426 ").replace("\n", "\r\n")
        for n in range(24)
    ),
    "Greek, without a line end": text_of_words((GREEK + " \u03b7 \u03c4\u03bf").split(), 900)[:-1],
    "Chinese in float32": text_of_words(CHINESE.split(), 900).replace(".", "\u3002"),
    "few words, none of them often": text_of_words(WORDS, 220),
    "one word": "fox " * 900,
    "two words in one line": text_of_words(["fox", "crow"], 900),
    "a very long word, and marks": text_of_words(["x" * 80, "$", "a_b", "%", "\\frac", "{"], 900),
}


def draw_all():
    """All open figures, drawn as a page would draw them."""
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()


# The second and third lesson share most of the first one's cells: two texts each are enough.
@pytest.mark.parametrize("path, what", [
    (path, what) for n, path in enumerate(lessons.WORD_LESSONS) for m, what in enumerate(FOREIGN)
    if n == 0 or m in (0, 4)
], ids=lambda value: value if isinstance(value, str) else lessons.stem(value))  # fmt: skip
def test_words_of_another_text(path, what, tmp_path, monkeypatch, capsys):
    """The page runs to its end, warns of nothing, and says what it has not shown."""
    (tmp_path / "data").mkdir()
    shutil.copy(lessons.DATA / "thirsty_crow.txt", tmp_path / "data")
    (tmp_path / "mine.txt").write_bytes(FOREIGN[what].encode())
    parameters = {"corpus": "mine.txt", **SMALL_WORDS}
    if "float32" in what:
        parameters["dtype"] = "float32"
    monkeypatch.setattr(plt, "show", draw_all)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph")  # a page would show it
        ns = lessons.run_cells(path, tmp_path, parameters, quick=True)
    assert not ns["as_shipped"] and not all(ns["claims"].values())
    said = capsys.readouterr().out
    assert "settings: your own" in said and "\nNOT shown: " in said
    assert "\nshown: every entry of every gradient agrees" in said
    assert ns["vocab"][:3] == ["<bos>", "<eos>", "<unk>"] and ns["V"] == len(ns["vocab"])
    assert {p.dtype.name for p in ns["params"].values()} == {parameters.get("dtype", "float64")}


BAD_WORDS = {
    "every word is rare": " ".join(f"w{n}" for n in range(3000)),
    "nothing but blanks": " \t" * 3000,
    "shorter than one batch": "fox crow fox. " * 9,
    "one word of two letters": "ab",
}


@pytest.mark.parametrize("what", BAD_WORDS)
@pytest.mark.parametrize("path", lessons.WORD_LESSONS, ids=lessons.stem)
def test_a_text_without_words_enough_stops_the_lesson(path, what, tmp_path):
    """One sentence, before anything is trained."""
    (tmp_path / "bad.txt").write_text(BAD_WORDS[what], encoding="utf-8")
    with pytest.raises(ValueError) as error:
        lessons.run_cells(path, tmp_path, {"corpus": "bad.txt", **SMALL_WORDS, "batch_size": 8},
                          stop=lessons.is_training, quick=True)  # fmt: skip
    one_sentence(error, "longer")


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
        lessons.run_cells(beside_crow, beside_crow.parent, parameters, stop=lessons.is_training,
                          quick=True)  # fmt: skip
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
