# %% tags=["define", "hide-input"] part="load" jupyter={"source_hidden": true} cellView="form"
#@title Loader: reads sentence pairs and their word links; nothing in it is needed to follow the lesson
from collections import Counter, defaultdict

SHA256["crow_en_fr.tsv"] = "e5ea76cbdff058e9f4e8b12ae64b59b86a1a274ad83274bc9688ada4d37f9780"
Pair = namedtuple("Pair", "number split source target sure possible")


def read_links(text, mark):
    """The links `i-j` (or `i?j`, by `mark`) of a line: a set of (source place, target place)."""
    return {tuple(map(int, link.split(mark))) for link in text.split() if mark in link}


def load_pairs(name):
    """The sentence pairs of `name`, a shipped file or the path of one with two columns: a list.

    Words stand between blanks, the two sides between tabs. A file of your own has no links, and
    is split by place: the last tenth for test, every tenth line for validation. Raises ValueError
    for a line without two sides, an empty side, or fewer than 20 lines.
    """
    lines = load_text(name).strip("\n").split("\n")
    if lines[0].split("\t") == ["id", "split", "en", "fr", "alignment"]:
        found = []
        for line in lines[1:]:
            number, split, source, target, links = line.split("\t")
            found.append(Pair(int(number), split, source.split(), target.split(),
                              read_links(links, "-"), read_links(links, "?")))
        return found
    if len(lines) < 20:
        raise ValueError(f"{name} has {len(lines)} lines: at least 20 sentence pairs are needed.")
    found, last = [], len(lines) - len(lines) // 10
    for number, line in enumerate(lines, start=1):
        sides = [side.split() for side in line.split("\t")]
        if len(sides) != 2:
            raise ValueError(f"Line {number} of {name} has {len(sides)} columns: put a sentence, "
                             "a tab and its translation.")
        if not all(sides):
            raise ValueError(f"Line {number} of {name} has an empty side: fill it or drop the line.")
        split = "test" if number > last else "valid" if number % 10 == 5 else "train"
        found.append(Pair(number, split, *sides, set(), set()))
    return found


def in_split(pairs, *names):
    """The pairs of a split; "novel odd" and the like keep one half of it (choosing, reporting)."""
    found = []
    for name in names:
        split, _, half = name.partition(" ")
        found += [pair for pair in pairs if pair.split == split
                  and (not half or pair.number % 2 == (half == "odd"))]
    return found

# %% tags=["define", "hide-input"] part="ids" jupyter={"source_hidden": true} cellView="form"
#@title Pairs as ids; nothing in it is needed to follow the lesson
def pair_ids(pairs, src_vocab, tgt_vocab):
    """[(source ids, target ids)] of `pairs`."""
    return [(encode_words(pair.source, src_vocab), encode_words(pair.target, tgt_vocab))
            for pair in pairs]

# %% tags=["define"] part="batch"
Batch = namedtuple("Batch", "src tgt_in tgt_out src_mask tgt_mask")


def make_batch(pairs):
    """Lay [(source ids, target ids)] side by side, shorter ones padded.

    src (S, B) and tgt_out (T, B) end in `<eos>`, tgt_in (T, B) begins with
    `<bos>`; the masks are 1 at words and 0 at padding, where tgt_out is -1.
    """
    S, T = (1 + max(len(pair[side]) for pair in pairs) for side in (0, 1))
    src = np.full((S, len(pairs)), EOS)
    tgt_in, tgt_out = np.full((2, T, len(pairs)), EOS)
    src_mask, tgt_mask = np.zeros((S, len(pairs))), np.zeros((T, len(pairs)))
    tgt_out[:] = -1
    for b, (source, target) in enumerate(pairs):
        src[: len(source), b], src_mask[: len(source) + 1, b] = source, 1
        tgt_in[: len(target) + 1, b] = [BOS, *target]
        tgt_out[: len(target) + 1, b] = [*target, EOS]
        tgt_mask[: len(target) + 1, b] = 1
    return Batch(src, tgt_in, tgt_out, src_mask, tgt_mask)

# %% tags=["define", "hide-input"] part="batches" jupyter={"source_hidden": true} cellView="form"
#@title One pass over the pairs in batches of similar length; nothing in it is needed to follow the lesson
def batches_of(pairs, batch_size, rng):
    """Batches of all `pairs`, each of sentences of similar length, in random order."""
    order = rng.permutation(len(pairs))
    lengths = np.array([len(source) + len(target) for source, target in pairs])
    batches = []
    for start in range(0, len(order), 20 * batch_size):   # sort within a stretch only
        stretch = order[start : start + 20 * batch_size]
        stretch = stretch[np.argsort(lengths[stretch], kind="stable")]
        batches += [stretch[i : i + batch_size] for i in range(0, len(stretch), batch_size)]
    for k in rng.permutation(len(batches)):
        yield make_batch([pairs[i] for i in batches[k]])
