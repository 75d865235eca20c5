# %% tags=["define", "hide-input"] part="load" jupyter={"source_hidden": true} cellView="form"
#@title Loader: finds or downloads a text; nothing in it is needed to follow the lesson
import threading

REPOSITORY = "your-organisation/recurrent-networks-in-numpy"
DATA_TAG = "data-3"
DATA_URL = f"https://raw.githubusercontent.com/{REPOSITORY}/{DATA_TAG}/data/"
SHA256 = {
    "fables.txt": "60fd5811dc906726eed288d6419ff61206d23f7b2b433276ef0e244520e37eec",
    "thirsty_crow.txt": "da54d3fb9033de4a620aa1e342b770e4e4b3926bd267d40a005103e1f51ac9ef",
}


def download(url, seconds=60):
    """Bytes at `url`; OSError when they cannot be had within `seconds`, however slow the server."""
    result = [TimeoutError(f"not complete after {seconds} seconds")]

    def fetch():
        try:
            with urllib.request.urlopen(url, timeout=seconds) as answer:
                result.append(answer.read())
        except Exception as error:
            result.append(error)

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(seconds)
    if isinstance(result[-1], Exception):
        raise OSError(f"The download of {url} failed ({result[-1]}): check the network, or put "
                      "the file beside this notebook.")
    return result[-1]


# %% tags=["define", "hide-input"] part="load" jupyter={"source_hidden": true} cellView="form"
#@title Loader: reads and checks a text; nothing in it is needed to follow the lesson
def read_bytes(name):
    """Bytes of a text: from `../data/`, `data/`, the path itself, or (shipped files) a download."""
    for path in (Path("../data") / name, Path("data") / name, Path(name)):
        if path.is_file():
            return path.read_bytes()
    if name not in SHA256:
        raise FileNotFoundError(f"There is no text file {name!r}: set `corpus` to the path of one.")
    base = os.environ.get("LESSON_DATA_URL", DATA_URL)
    if not base.lower().startswith(("http://", "https://", "file:")):
        raise ValueError(f"LESSON_DATA_URL is {base!r}: let it begin with https://, http:// or file://.")
    return download(base.rstrip("/") + "/" + name)


def load_text(name):
    """Read the text `name` (a shipped file or a path) as NFC with \\n line ends.

    Raises FileNotFoundError or OSError when it cannot be had, and ValueError when a shipped
    file has another SHA-256, or the text is not UTF-8 or holds fewer than two characters.
    """
    raw = read_bytes(str(name))
    if name in SHA256 and hashlib.sha256(raw).hexdigest() != SHA256[name]:
        raise ValueError(f"{name} is not the text of this lesson (its SHA-256 differs): get it anew.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not UTF-8 (byte {raw[error.start]:#04x} at position "
                         f"{error.start}): save it as UTF-8 and try again.") from None
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(set(text)) < 2:
        kinds = "no character" if not text else "one character over and over"
        raise ValueError(f"{name} holds {kinds}: a language model needs a text with at least two.")
    return text

# %% tags=["define", "hide-input"] part="split" jupyter={"source_hidden": true} cellView="form"
#@title Loader: splits a text and numbers its characters; nothing in it is needed to follow the lesson
def split_text(text):
    """Split `text` into (train, valid, test) strings, by whole blocks where there are enough.

    Raises ValueError when a part would have fewer than two characters.
    """
    blocks = [block.strip("\n") for block in text.split("\n\n") if block.strip()]
    if len(blocks) < 20:
        first, second = int(0.8 * len(text)), int(0.9 * len(text))
        parts = text[:first], text[first:second], text[second:]
    else:
        held, last = ([], [], []), len(blocks) - len(blocks) // 10
        for number, block in enumerate(blocks, start=1):
            held[2 if number > last else 1 if number % 10 == 5 else 0].append(block)
        parts = tuple("\n\n".join(part) + "\n" for part in held)
    if min(map(len, parts)) < 2:
        raise ValueError(f"A text of {len(text)} characters cannot be split: use a longer one.")
    return parts


def encode(text, vocab):
    """Token ids (N,) of `text`; `vocab` is the sorted list of characters. ValueError if one is new."""
    index = {character: i for i, character in enumerate(vocab)}
    unknown = sorted(set(text) - set(vocab))
    if unknown:
        raise ValueError(f"The model has no character {unknown[0]!r}: use those of its text only.")
    return np.array([index[character] for character in text], dtype=np.int64)


# %% tags=["define", "hide-input"] part="streams" jupyter={"source_hidden": true} cellView="form"
#@title Loader: lays the streams side by side; nothing in it is needed to follow the lesson
def make_streams(tokens, batch_size, seq_len):
    """Lay `tokens` (N,) out as inputs (L, B) and targets (L, B), targets one character ahead.

    Raises ValueError when the text cannot fill `batch_size` streams of `seq_len` characters.
    """
    pairs = len(tokens) - 1
    if pairs < batch_size * seq_len:
        raise ValueError(
            f"The training text has {len(tokens)} characters, but {batch_size} streams of "
            f"{seq_len} need {batch_size * seq_len + 1}: use a longer text or a smaller batch_size."
        )
    length = -(-pairs // batch_size)  # rounded up, so that no character is left out
    starts = np.minimum(np.arange(batch_size) * length, pairs - length)
    position = np.arange(length)[:, None] + starts
    return tokens[position], tokens[position + 1]
