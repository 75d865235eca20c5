# %% tags=["define"] part="tokenize"
import re
from collections import Counter

WORD = r"[^\W_]+(?:['\u2019][^\W_]+)*"       # letters and digits, an ' inside


def tokenize(text, lower=True):
    """Split `text` into words, marks and line ends: a list of strings."""
    text = text.lower() if lower else text
    return re.findall(WORD + r"|\n|[^\w\s]|_", text)

# %% tags=["define"] part="vocabulary"
BOS, EOS, UNK = 0, 1, 2                      # the ids of the three signs


def make_vocab(words, least=2):
    """`<bos>`, `<eos>`, `<unk>`, then what occurs `least` times in `words`.

    Frequent words come first, equally frequent ones in alphabetical order.
    ValueError when not a single word is frequent enough.
    """
    counts = Counter(words)
    kept = [word for word in counts if counts[word] >= least]
    if not kept:
        raise ValueError("No word of the training text occurs twice: use a "
                         "longer text.")
    kept.sort(key=lambda word: (-counts[word], word))
    return ["<bos>", "<eos>", "<unk>", *kept]

# %% tags=["define", "hide-input"] part="ids" jupyter={"source_hidden": true} cellView="form"
#@title Words as ids
def encode_words(words, vocab):
    """Ids (N,) of a list of words; a word not in `vocab` becomes `<unk>`."""
    index = {word: i for i, word in enumerate(vocab)}
    return np.array([index.get(word, UNK) for word in words], dtype=np.int64)

# %% tags=["define", "hide-input"] part="encode" jupyter={"source_hidden": true} cellView="form"
#@title A fable as ids, between `<bos>` and `<eos>`
def encode_fables(text, vocab):
    """Ids (N,) of `text`, each of its fables between `<bos>` and `<eos>`."""
    ids = []
    for fable in text.split("\n\n"):
        if fable.strip():
            words = encode_words(tokenize(fable.strip("\n")), vocab)
            ids += [BOS, *words, EOS]
    return np.array(ids, dtype=np.int64)

# %% tags=["define", "hide-input"] part="detokenize" jupyter={"source_hidden": true} cellView="form"
#@title From tokens back to prose: spaces, capitals, quotation marks; not needed to follow the lesson
def detokenize(words):
    """Prose of a list of tokens; `<bos>` and `<eos>` are left out."""
    text, capital, inside, glued = "", True, False, True
    for word in words:
        if word in ("<bos>", "<eos>"):
            continue
        if word == "\n":
            text, capital, inside, glued = text + word, True, False, True
            continue
        closing = word == '"' and inside
        tight = glued or closing or word in list(".,;:!?')]}-\u2013\u2014")
        of_me = word == "i" or word[:2] in ("i'", "i\u2019")
        shown = word[:1].upper() + word[1:] if capital or of_me else word
        text += shown if tight else " " + shown
        inside ^= word == '"'
        glued = (word == '"' and inside) or word in list("([{-")
        if word in list(".!?"):
            capital = True
        elif word != '"' or inside and text[:-1].rstrip()[-1:] in ("", ",", ":"):
            capital = word == '"'
    return text

# %% tags=["define"] part="streams"
def word_streams(tokens, batch_size, seq_len):
    """As `make_streams`; a target `<bos>` becomes -1, which is not counted."""
    inputs, targets = make_streams(tokens, batch_size, seq_len)
    return inputs, np.where(targets == BOS, -1, targets)
