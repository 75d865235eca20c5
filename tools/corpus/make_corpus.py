"""Write data/crow_en_fr.tsv, an English-French corpus with gold word alignments.

    python tools/corpus/make_corpus.py              write the corpus and refresh the READMEs
    python tools/corpus/make_corpus.py --check      say whether the files are what it would write
    python tools/corpus/make_corpus.py --check --first 600   the same for its first lines, quickly
    python tools/corpus/make_corpus.py --statistics print counts
    python tools/corpus/make_corpus.py --say "the crow saw a big jug , but it was empty"

The output is a function of the lexicon, the scenes, the story, the seed and this code, and of
nothing else.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from drawing import examples, picture
from grammar import Missing, Phrase, write
from lexicon import Lexicon
from measure import Neighbours, clauses, read_lines
from reader import read
from report import summary, tables
from scenes import Scenes
from storyteller import CONSTRUCTIONS, Chance, Storyteller

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CORPUS = ROOT / "data" / "crow_en_fr.tsv"
SEED = 2003
COLUMNS = ("id", "split", "en", "fr", "alignment")
SHORT = (1, 2, 3, 2, 1, 3, 2, 3, 1, 2)  # clauses of the sentences of most splits, by turns
LONG = (4, 5, 6)
SPLITS = {"train": 6000, "valid": 500, "test": 1000, "long": 500, "novel": 500}
MIN_WORDS, MAX_WORDS, MAX_WORDS_LONG = 4, 30, 60
SHORT_LINES, SHORT_SHARE = 11, 0.1  # of the lines with fewer words, only this share is kept
RICH = set("'s that who any it he she they him her them its his their there".split())
PLAIN_SHARE = 0.01  # of the lines without any of the words above, only this share is kept
OWNERLESS_SHARE = {1: 0.2, 2: 0.75, 3: 1.0}  # by clauses, of the lines without 's
PRONOUNS = set("it he she they him them".split())
WITHOUT_PRONOUN_SHARE = 0.7  # of the lines of two and three clauses without any of these
FEW = 62 / 7500  # a line with a word that comes up less often is kept in any case
SPAN, SEEN_SPANS, SEEN_SPANS_SHARE = 5, 0.12, 0.05  # see Collector.fits
HELD_OUT_OF = 4  # one pair of so many is held out
BLOCKS = {  # text between <!-- name --> and <!-- end name --> is written by this command
    "corpus examples": HERE / "README.md",
    "corpus counts": ROOT / "data" / "README.md",
    "corpus baselines": ROOT / "data" / "README.md",
}


def word_pairs(sentence):
    """The word pairs of a sentence that may be held out, a set; see `Clause.pairs`."""
    return {pair for _, clause in sentence for pair in clause.pairs()}


def spans(words):
    """The runs of SPAN words of a sentence."""
    return [tuple(words[n : n + SPAN]) for n in range(len(words) - SPAN + 1)]


def constructions(sentence):
    """Which of CONSTRUCTIONS a sentence has, a set."""
    found = set()
    for _, clause in sentence:
        for relative in (phrase.relative for phrase in clause.phrases() if phrase.relative):
            if relative.negative:
                found.add("negated relative")
            if any(isinstance(inner.owner, Phrase) for inner in relative.phrases()):
                found.add("owner in relative")
    return found


class Collector:
    """Draws sentences, none of them twice in either language."""

    def __init__(self, teller, taken):
        """`taken` are Pairs that must not come up."""
        self.teller = teller
        teller.worn = self.clauses = Counter()
        self.english = {tuple(pair.english) for pair in taken}
        self.french = {tuple(pair.french) for pair in taken}
        self.spans, self.lines = set(), 0
        self.pairs = set()  # the word pairs of train
        self.words = Counter()

    def draw(self, count, longest):
        """A new Pair of this many clauses."""
        return self.draw_both(count, longest, lambda sentence: True)[1]

    def draw_both(self, count, longest, accept):
        """A new sentence of this many clauses that passes `accept`, and its Pair."""
        while True:
            sentence = self.teller.sentence(count)
            if not accept(sentence):
                continue
            try:
                pair = write(sentence)
            except Missing:
                continue
            if self.fits(pair, count, longest):
                self.keep(pair)
                return sentence, pair

    def fits(self, pair, count, longest):
        """Whether the lengths are right and nothing is there too often."""
        lengths = len(pair.english), len(pair.french)
        if min(lengths) < MIN_WORDS or max(lengths) > longest:
            return False
        if tuple(pair.english) in self.english or tuple(pair.french) in self.french:
            return False
        if count > 3:
            return True
        happens = self.teller.chance.happens
        if lengths[0] < SHORT_LINES and not happens(SHORT_SHARE):
            return False
        if "'s" not in pair.english and not happens(OWNERLESS_SHARE[count]):
            return False
        if count > 1 and PRONOUNS.isdisjoint(pair.english) and not happens(WITHOUT_PRONOUN_SHARE):
            return False
        wanted = self.lines * FEW
        if any(self.words[word] < wanted for word in (*pair.english, *pair.french)):
            return True
        known = sum(span in self.spans for span in spans(pair.english))
        if known > SEEN_SPANS * lengths[0] and not happens(SEEN_SPANS_SHARE):
            return False
        return not RICH.isdisjoint(pair.english) or happens(PLAIN_SHARE)

    def keep(self, pair):
        """Count a line."""
        self.english.add(tuple(pair.english))
        self.french.add(tuple(pair.french))
        self.lines += 1
        self.clauses.update(clauses(pair.english))
        self.spans.update(spans(pair.english))
        self.words.update([*pair.english, *pair.french])

    def drop(self, pair):
        """Forget what `keep` has counted; the line may not come up again."""
        self.lines -= 1
        self.clauses.subtract(clauses(pair.english))
        self.words.subtract([*pair.english, *pair.french])


class Reserve:
    """Lines kept apart from training, and what training must not show of them."""

    def __init__(self, pairs):
        """Start with the lines of the story."""
        self.english, self.french, self.single = Neighbours(), Neighbours(), set()
        for pair in pairs:
            self.add(pair)

    def add(self, pair):
        """Put a line aside."""
        self.english.add(tuple(pair.english))
        self.french.add(tuple(pair.french))
        found = clauses(pair.english)
        self.single.update(found if len(found) == 1 else ())

    def betrayed_by(self, pair):
        """Whether a training line would be one word away, or hold the whole of a line."""
        return (
            self.english.near(tuple(pair.english)) or self.french.near(tuple(pair.french))
            or any(clause in self.single for clause in clauses(pair.english))
        )


def hold_out(lexicon, chance, protected):
    """Word pairs kept for the *novel* split: {pair: 0 or 1}, the half of the split it is for.

    A quarter of the pairs of each adjective and verb; pairs in `protected` stay, and no noun loses
    more than a third of its pairs. An adjective keeps two nouns for each of its forms, if it can.
    """
    table, forms, left = {}, {}, Counter()
    for a in lexicon.adjectives:
        if a.place != "state":
            table.setdefault(("adjective", a.name), []).extend(a.describes)
            for noun in map(lexicon.nouns.get, a.describes):
                found = {a.forms[noun.gender, plural] for plural in noun.numbers} - {""}
                forms["adjective", a.name, noun.name] = found
                left.update(found)
    for verb in lexicon.verbs.values():
        things = dict.fromkeys(thing for group in verb.doing.values() for thing in group)
        table["object", verb.name] = list(things)
        table["subject", verb.name] = list(verb.doing)
    total = Counter((kind, noun) for (kind, _), nouns in table.items() for noun in nouns)
    held, lost, half = {}, Counter(), 0
    for (kind, word), nouns in table.items():
        wanted = len(nouns) // (HELD_OUT_OF if kind != "subject" else HELD_OUT_OF + 2)
        for noun in chance.shuffled(nouns):
            pair = (kind, word, noun)
            bearable = 3 * (lost[kind, noun] + 1) <= total[kind, noun]
            spare = all(left[form] > 2 for form in forms.get(pair, ()))
            if wanted and bearable and spare and pair not in protected:
                left.subtract(forms.get(pair, ()))
                held[pair] = half
                half = 1 - half
                lost[kind, noun] += 1
                wanted -= 1
    return held


def read_story(lexicon):
    """The sentences of story.txt, each a list of (conjunction or None, Clause)."""
    lines = (HERE / "story.txt").read_text(encoding="utf-8").splitlines()
    return [read(lexicon, line) for line in lines if line and not line.startswith("#")]


def build(first=None):
    """The corpus as rows (id, split, Pair). Raises ValueError if a word is unseen in training.

    With `first`, only so many lines of train are drawn, and nothing else.
    """
    lexicon = Lexicon()
    story = read_story(lexicon)
    held = hold_out(lexicon, Chance(SEED), {pair for s in story for pair in word_pairs(s)})
    told = [write(sentence) for sentence in story]
    teller = Storyteller(lexicon, Scenes(lexicon), SEED)
    teller.barred = set(held)
    collector = Collector(teller, told)
    reserve = Reserve(told)

    splits = {name: [] for name in SPLITS}
    draw_alike(collector, reserve, splits, first)
    if first:
        return [(str(number), "train", pair) for number, pair in enumerate(splits["train"], 1)]
    train = Reserve(splits["train"])
    splits["long"] = draw_long(collector, train)
    splits["novel"] = draw_novel(collector, train, held)
    splits["story"] = told
    rows = [(name, pair) for name, pairs in splits.items() for pair in pairs]
    rows = [(str(number), name, pair) for number, (name, pair) in enumerate(rows, 1)]
    check_words(rows)
    return rows


def draw_alike(collector, reserve, splits, first=None):
    """Fill train, valid and test from one stream: of five lines the last is put aside."""
    aside, train = [], Reserve(())
    apart = SPLITS["valid"] + SPLITS["test"]
    turns = {"train": 0, "aside": 0}
    while sum(turns.values()) < SPLITS["train"] + apart and turns["train"] != first:
        kind = "aside" if sum(turns.values()) % 5 == 4 else "train"
        sentence, pair = collector.draw_both(
            SHORT[turns[kind] % len(SHORT)], MAX_WORDS, lambda sentence: True
        )
        if (train if kind == "aside" else reserve).betrayed_by(pair):
            collector.drop(pair)
            continue
        if kind == "aside" and shows_single(train, pair, collector):
            collector.drop(pair)
            continue
        turns[kind] += 1
        if kind == "aside":
            aside.append(pair)
            reserve.add(pair)
        else:
            splits["train"].append(pair)
            collector.pairs |= word_pairs(sentence)
            train.add(pair)
    aside = Chance(SEED).shuffled(aside)
    cut = SPLITS["valid"]
    splits["valid"], splits["test"] = aside[:cut], aside[cut:]


def shows_single(train, pair, collector):
    """Whether a one-clause line has come up before, as a clause of some line."""
    found = clauses(pair.english)
    return len(found) == 1 and collector.clauses[found[0]] > 1


def draw_long(collector, train):
    """Lines of four clauses and more, none of them one word away from a training line."""
    found = []
    while len(found) < SPLITS["long"]:
        pair = collector.draw(LONG[len(found) % len(LONG)], MAX_WORDS_LONG)
        if not train.betrayed_by(pair):
            found.append(pair)
    return found


def draw_novel(collector, train, held):
    """Odd and even lines alternate; each half has its own pairs and its own construction."""
    found, used, tries = [], Counter(), 0
    while len(found) < SPLITS["novel"]:
        half, turn = len(found) % 2, len(found) // 2
        by_construction = turn % 5 >= 3
        teller = collector.teller
        teller.barred = {pair for pair, own in held.items() if own != half}
        teller.allowed = {CONSTRUCTIONS[half]} if by_construction else set()

        def accept(sentence, by_construction=by_construction, half=half):
            nonlocal tries
            pairs = word_pairs(sentence)
            if not all(pair in collector.pairs or held.get(pair) == half for pair in pairs):
                return False  # new by chance only
            if by_construction:
                return bool(constructions(sentence))
            tries += 1
            few = 1 + tries // 3000  # rises slowly, so that rare pairs get their turn
            new = [used[pair] for pair in pairs if pair in held]
            return bool(new) and min(new) < few

        sentence, pair = collector.draw_both(SHORT[turn % len(SHORT)], MAX_WORDS, accept)
        if not train.betrayed_by(pair):
            used.update(p for p in word_pairs(sentence) if p in held)
            found.append(pair)
    return found


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


# ---------------------------------------------------------------------------- files


def with_block(text, name, content):
    """`text` with the block `name` replaced, or None when it has no such block."""
    start, end = f"<!-- {name} -->\n", f"<!-- end {name} -->"
    if start not in text or end not in text:
        return None
    before, rest = text.split(start, 1)
    return before + start + "\n" + content + "\n" + end + rest.split(end, 1)[1]


def outputs(text):
    """What every generated file should contain: {path: text}; a README without blocks is left.

    All of them are made from `text`, the corpus.
    """
    made = {CORPUS: text}
    contents = {
        "corpus examples": examples(read_lines(text)),
        "corpus counts": summary(text),
        "corpus baselines": tables(text),
    }
    for name, path in BLOCKS.items():
        old = made.get(path) or (path.read_bytes().decode("utf-8") if path.exists() else "")
        new = with_block(old, name, contents[name])
        if new is not None:
            made[path] = new
    return made


def check_first(number):
    """Report whether the first lines of train and the READMEs are up to date; the exit status."""
    text = CORPUS.read_text(encoding="utf-8")
    same = text.startswith(as_text(build(number)))
    print("ok     " if same else "DIFFERS", CORPUS.relative_to(ROOT), f"(first {number} lines)")
    return max(check(outputs(text)), not same)


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
    parser.add_argument("--first", type=int, metavar="N",
                        help="with --check: regenerate only the first N lines, a tenth of the time")
    parser.add_argument("--statistics", action="store_true", help="print counts, write nothing")
    parser.add_argument("--say", metavar="SENTENCE", help="put an English sentence into French")
    options = parser.parse_args(arguments)
    if options.say:
        try:
            say(options.say)
        except ValueError as error:
            parser.error(str(error))
        return 0
    if options.check and options.first:
        return check_first(options.first)
    rows = build()
    if options.statistics:
        print(summary(as_text(rows)))
        return 0
    made = outputs(as_text(rows))
    if options.check:
        return check(made)
    for path, text in made.items():
        path.write_bytes(text.encode("utf-8"))
        print("wrote", path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
