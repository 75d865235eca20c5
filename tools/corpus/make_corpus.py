"""Write data/crow_en_fr.tsv, an English-French corpus with gold word alignments.

    python tools/corpus/make_corpus.py              write the corpus and refresh the READMEs
    python tools/corpus/make_corpus.py --check      say whether the files are what it would write
    python tools/corpus/make_corpus.py --statistics print counts
    python tools/corpus/make_corpus.py --say "the crow sees a big jug , but it is empty"

The output is a function of the lexicon, the story, the seed and this code, and of nothing else.
"""

import argparse
import hashlib
import sys
from collections import Counter
from pathlib import Path

from drawing import examples, picture
from grammar import write
from lexicon import Lexicon
from reader import read
from storyteller import Chance, Storyteller

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CORPUS = ROOT / "data" / "crow_en_fr.tsv"
SEED = 2003
COLUMNS = ("id", "split", "en", "fr", "alignment")
SHORT = (1, 2, 3, 2, 1, 3, 2, 3, 1, 2)  # clauses of the sentences of most splits, by turns
LONG = (4, 5, 6)
SPLITS = {"train": 6000, "valid": 500, "test": 1000, "long": 500, "novel": 500}
MIN_WORDS, MAX_WORDS, MAX_WORDS_LONG = 4, 30, 60
BLOCKS = {  # text between <!-- name --> and <!-- end name --> is written by this command
    "corpus examples": HERE / "README.md",
    "corpus counts": ROOT / "data" / "README.md",
}


class Collector:
    """Draws sentences, none of them twice in either language."""

    def __init__(self, teller, taken):
        """`taken` are Pairs that must not come up."""
        self.teller = teller
        self.english = {" ".join(pair.english) for pair in taken}
        self.french = {" ".join(pair.french) for pair in taken}

    def draw(self, clauses, longest, accept):
        """A new Pair of this many clauses whose word pairs pass `accept`."""
        while True:
            sentence = self.teller.sentence(clauses)
            if not accept(word_pairs(sentence)):
                continue
            pair = write(sentence)
            english, french = " ".join(pair.english), " ".join(pair.french)
            lengths = len(pair.english), len(pair.french)
            fits = MIN_WORDS <= min(lengths) and max(lengths) <= longest
            if fits and english not in self.english and french not in self.french:
                self.english.add(english)
                self.french.add(french)
                return pair


def word_pairs(sentence):
    """The adjective-noun and verb-object pairs of a sentence, a set."""
    return {pair for _, clause in sentence for pair in clause.pairs()}


def hold_out(lexicon, chance, protected):
    """A seventh of the pairs of each adjective and verb, kept for the *novel* split.

    Pairs in `protected` stay, and no noun loses more than a quarter of its pairs.
    """
    table = {("adjective", a.name): a.describes for a in lexicon.adjectives.values()}
    table.update({("object", v.name): v.objects for v in lexicon.verbs.values() if v.objects})
    total = Counter((kind, noun) for (kind, _), nouns in table.items() for noun in nouns)
    held, lost = set(), Counter()
    for (kind, word), nouns in table.items():
        wanted = len(nouns) // 7 or int(len(nouns) > 3)
        for noun in chance.shuffled(nouns):
            pair = (kind, word, noun)
            bearable = 4 * (lost[kind, noun] + 1) <= total[kind, noun]
            if wanted and bearable and pair not in protected:
                held.add(pair)
                lost[kind, noun] += 1
                wanted -= 1
    return held


def read_story(lexicon):
    """The sentences of story.txt, each a list of (conjunction or None, Clause)."""
    lines = (HERE / "story.txt").read_text(encoding="utf-8").splitlines()
    return [read(lexicon, line) for line in lines if line and not line.startswith("#")]


def build():
    """The corpus as rows (id, split, Pair). Raises ValueError if a word is unseen in training."""
    lexicon = Lexicon()
    story = read_story(lexicon)
    held = hold_out(lexicon, Chance(SEED), {pair for s in story for pair in word_pairs(s)})
    told = [write(sentence) for sentence in story]
    collector = Collector(Storyteller(lexicon, SEED), told)

    def seen(pairs):
        return not pairs & held

    def unseen(pairs):
        return bool(pairs & held)

    names = ("train", "valid", "test")
    size = sum(SPLITS[name] for name in names)
    pool = [collector.draw(SHORT[n % len(SHORT)], MAX_WORDS, seen) for n in range(size)]
    pool = iter(Chance(SEED).shuffled(pool))
    splits = {name: [next(pool) for _ in range(SPLITS[name])] for name in names}
    splits["long"] = [
        collector.draw(LONG[n % len(LONG)], MAX_WORDS_LONG, seen) for n in range(SPLITS["long"])
    ]
    splits["novel"] = [
        collector.draw(SHORT[n % len(SHORT)], MAX_WORDS, unseen) for n in range(SPLITS["novel"])
    ]
    splits["story"] = told
    rows = [(name, pair) for name, pairs in splits.items() for pair in pairs]
    rows = [(str(number), name, pair) for number, (name, pair) in enumerate(rows, 1)]
    check_words(rows)
    return rows


def check_words(rows):
    """Raise ValueError when a word occurs outside training only."""
    for side in ("english", "french"):
        known = {w for _, split, pair in rows if split == "train" for w in getattr(pair, side)}
        strange = {w for _, _, pair in rows for w in getattr(pair, side)} - known
        if strange:
            raise ValueError(f"not in the training split: {sorted(strange)}")


def as_text(rows):
    """The whole file, header first, as one string."""
    lines = ["\t".join(COLUMNS)]
    for number, split, pair in rows:
        words = " ".join(pair.english), " ".join(pair.french)
        lines.append("\t".join((number, split, *words, pair.pharaoh())))
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------------------- counts


def clauses(pair):
    """The number of clauses of a sentence: they are joined by *et*, *quand* or a comma."""
    return 1 + sum(word in ("et", "quand", ",") for word in pair.french)


def order(pair):
    """French indices of the sure links, by English index; no word has two sure links."""
    return [j for _, j, is_sure in pair.links if is_sure]


def crosses(pair):
    """Whether two sure links cross: one starts further left and ends further right."""
    places = order(pair)
    return places != sorted(places)


def crossing_links(pair):
    """How many sure links cross at least one other."""
    places = order(pair)
    return sum(
        max(places[:n], default=j) > j or min(places[n:]) < j for n, j in enumerate(places)
    )


def count_table(rows):
    """Lines, clauses, words and crossings by split, as a Markdown table."""
    head = "| split | lines | 1 | 2 | 3 | 4 | 5 | 6 clauses | words en | words fr | crossing |"
    lines = [head, "|" + "---|" * 11]
    for name in [*SPLITS, "story"]:
        pairs = [pair for _, split, pair in rows if split == name]
        by_clauses = Counter(map(clauses, pairs))
        cells = [name, len(pairs)] + [by_clauses[n] for n in range(1, 7)]
        for side in ("english", "french"):
            sizes = [len(getattr(pair, side)) for pair in pairs]
            cells.append(f"{min(sizes)}–{max(sizes)}, mean {sum(sizes) / len(sizes):.1f}")
        cells.append(f"{100 * sum(map(crosses, pairs)) / len(pairs):.0f} %")
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def length_table(rows):
    """Lines by English length, as a Markdown table."""
    bins = [(4, 8), (9, 12), (13, 16), (17, 20), (21, 25), (26, 30), (31, 40), (41, 60)]
    lines = ["| English words | " + " | ".join(f"{a}–{b}" for a, b in bins) + " |"]
    lines.append("|" + "---|" * (len(bins) + 1))
    for name in [*SPLITS, "story"]:
        sizes = [len(pair.english) for _, split, pair in rows if split == name]
        counts = [sum(a <= size <= b for size in sizes) for a, b in bins]
        lines.append(f"| {name} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines)


def summary(rows):
    """Sizes, SHA-256 and tables, as Markdown."""
    content = as_text(rows).encode("utf-8")
    pairs = [pair for _, _, pair in rows]
    words = [len({w for p in pairs for w in getattr(p, side)}) for side in ("english", "french")]
    sure = [sum(is_sure for *_, is_sure in pair.links) for pair in pairs]
    crossed = sum(map(crosses, pairs))
    crossing = sum(map(crossing_links, pairs))
    return f"""\
- {len(rows):,} sentence pairs, {len(content):,} bytes
- SHA-256 `{hashlib.sha256(content).hexdigest()}`
- {words[0]} English and {words[1]} French word types, all of them in the training split
- {sum(sure):,} sure links, {sum(len(p.links) for p in pairs) - sum(sure):,} possible ones
- non-monotone: {100 * crossed / len(pairs):.1f} % of the lines have two sure links that cross,
  and {100 * crossing / sum(sure):.1f} % of the sure links cross another

{count_table(rows)}

{length_table(rows)}
"""


# ---------------------------------------------------------------------------- files


def with_block(text, name, content):
    """`text` with the block `name` replaced, or None when it has no such block."""
    start, end = f"<!-- {name} -->\n", f"<!-- end {name} -->"
    if start not in text or end not in text:
        return None
    before, rest = text.split(start, 1)
    return before + start + "\n" + content + "\n" + end + rest.split(end, 1)[1]


def outputs(rows):
    """What every generated file should contain: {path: text}; a README without blocks is left."""
    made = {CORPUS: as_text(rows)}
    contents = {"corpus examples": examples(rows), "corpus counts": summary(rows)}
    for name, path in BLOCKS.items():
        old = path.read_bytes().decode("utf-8") if path.exists() else ""
        new = with_block(old, name, contents[name])
        if new is not None:
            made[path] = new
    return made


def check(made):
    """Report the files that differ; returns the exit status, 0 when all agree."""
    stale = [p for p, text in made.items() if not p.exists() or p.read_bytes() != text.encode()]
    for path in made:
        print("DIFFERS" if path in stale else "ok     ", path.relative_to(ROOT))
    return 1 if stale else 0


def say(text):
    """Translate one sentence of the grammar and draw its alignment."""
    pair = write(read(Lexicon(), text))
    print(" ".join(pair.french), pair.pharaoh(), sep="\n", end="\n\n")
    print(picture(pair.english, pair.french, pair.links), end="")


def main(arguments=None):
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--statistics", action="store_true", help="print counts, write nothing")
    parser.add_argument("--say", metavar="SENTENCE", help="put an English sentence into French")
    options = parser.parse_args(arguments)
    if options.say:
        try:
            say(options.say)
        except ValueError as error:
            parser.error(str(error))
        return 0
    rows = build()
    if options.statistics:
        print(summary(rows))
        return 0
    made = outputs(rows)
    if options.check:
        return check(made)
    for path, text in made.items():
        path.write_bytes(text.encode("utf-8"))
        print("wrote", path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
