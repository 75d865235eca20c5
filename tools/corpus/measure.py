"""Measure data/crow_en_fr.tsv: how far it can be translated without understanding it.

Everything here reads the file alone, links included, and knows nothing of the grammar.
`python tools/corpus/report.py` prints all the measures, with the held-out pairs besides.
"""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass

HELD = ("test", "novel", "long")
LONGEST_SPAN = 7
FAR = 3  # words that a long crossing jumps over, at least


@dataclass(frozen=True)
class Line:
    """One line of the corpus: words of both sides, sure links and all links."""

    number: int
    split: str
    english: tuple
    french: tuple
    sure: tuple
    links: tuple


def read_lines(text):
    """The Lines of the file's text, header left out."""
    lines = []
    for row in text.splitlines()[1:]:
        number, split, english, french, alignment = row.split("\t")
        links = [(item, item.replace("?", "-").split("-")) for item in alignment.split()]
        pairs = [("-" in item, (int(i), int(j))) for item, (i, j) in links]
        lines.append(Line(
            int(number), split, tuple(english.split()), tuple(french.split()),
            tuple(pair for sure, pair in pairs if sure), tuple(pair for _, pair in pairs),
        ))
    return lines


def by_split(lines):
    """{split: its lines}, in the order of the file."""
    splits = {}
    for line in lines:
        splits.setdefault(line.split, []).append(line)
    return splits


# ---------------------------------------------------------------------------- word order


def near_diagonal(lines):
    """Share of the sure links i-j with |i - j| at most 1."""
    links = [abs(i - j) for line in lines for i, j in line.sure]
    return sum(distance <= 1 for distance in links) / len(links)


def has_long_crossing(line):
    """Whether two sure links cross that lie at least FAR words apart on one of the sides."""
    links = sorted(line.sure)
    return any(
        j > other_j and max(other_i - i, j - other_j) >= FAR
        for n, (i, j) in enumerate(links) for other_i, other_j in links[n + 1 :]
    )


def long_crossings(lines):
    """Share of the lines with a long crossing."""
    return sum(map(has_long_crossing, lines)) / len(lines)


# ---------------------------------------------------------------------------- baselines


def most_common(counts):
    """The most frequent key; among equals the first in alphabetical order."""
    return min(counts, key=lambda key: (-counts[key], key))


class WordByWord:
    """Each English word by the French words that its links most often lead to."""

    def __init__(self, train):
        """Count the sure and possible French words of each English word, in French order."""
        found = defaultdict(Counter)
        for line in train:
            for i, word in enumerate(line.english):
                found[word][tuple(line.french[j] for k, j in line.sure if k == i)] += 1
        self.table = {word: most_common(counts) for word, counts in found.items()}

    def translate(self, english):
        """A tuple of French words."""
        return tuple(word for source in english for word in self.table[source])


class NearestLine:
    """The French of the training line that shares most words (Jaccard), the first of equals."""

    def __init__(self, train):
        """Turn each line into a set of words, written as the bits of an integer."""
        self.bit = {}
        for line in train:
            for word in line.english:
                self.bit.setdefault(word, 1 << len(self.bit))
        self.french = {}
        for line in train:
            self.french.setdefault(self.bits(line.english), line.french)
        self.sets = [(bits, bits.bit_count()) for bits in self.french]

    def bits(self, words):
        """The set of words as an integer."""
        total = 0
        for word in words:
            total |= self.bit.get(word, 0)
        return total

    def translate(self, english):
        """A tuple of French words."""
        own = self.bits(english)
        size = own.bit_count()
        best, found = -1.0, 0
        for bits, count in self.sets:
            common = (own & bits).bit_count()
            score = common / (size + count - common)
            if score > best:
                best, found = score, bits
        return self.french[found]


class PhraseTable:
    """Longest match from the left: spans of training lines whose links form a block.

    A span of up to seven English words and a span of French words form a block when no link, sure
    or possible, leads out of it. Each English span keeps its most frequent French; French words
    without a link may stand inside a block but not at its edge.
    """

    def __init__(self, train):
        """Collect all blocks."""
        found = defaultdict(Counter)
        for line in train:
            reach = defaultdict(list)
            back = defaultdict(list)
            for i, j in line.links:
                reach[i].append(j)
                back[j].append(i)
            for start in range(len(line.english)):
                low, high = len(line.french), -1
                for end in range(start, min(start + LONGEST_SPAN, len(line.english))):
                    for j in reach[end]:
                        low, high = min(low, j), max(high, j)
                    inside = range(low, high + 1)
                    if high >= 0 and all(start <= i <= end for j in inside for i in back[j]):
                        found[line.english[start : end + 1]][line.french[low : high + 1]] += 1
        self.table = {span: most_common(counts) for span, counts in found.items()}

    def translate(self, english):
        """A tuple of French words; a word that no block covers is left out."""
        out, at = [], 0
        while at < len(english):
            for length in range(min(LONGEST_SPAN, len(english) - at), 0, -1):
                french = self.table.get(english[at : at + length])
                if french is not None:
                    out += french
                    break
            at += max(length, 1)
        return tuple(out)


def bleu(guesses, truths):
    """Corpus BLEU of up to four words, in per cent, without smoothing (Papineni et al., 2002)."""
    score, lengths = 0.0, [0, 0]
    for guess, truth in zip(guesses, truths):
        lengths = [lengths[0] + len(guess), lengths[1] + len(truth)]
    for n in range(1, 5):
        hits = total = 0
        for guess, truth in zip(guesses, truths):
            ours = Counter(guess[k : k + n] for k in range(len(guess) - n + 1))
            theirs = Counter(truth[k : k + n] for k in range(len(truth) - n + 1))
            hits += sum((ours & theirs).values())
            total += sum(ours.values())
        if not hits:
            return 0.0
        score += math.log(hits / total) / 4
    return 100 * math.exp(score + min(0.0, 1 - lengths[1] / max(lengths[0], 1)))


def score(translator, lines):
    """(exact match in per cent, BLEU) on some lines."""
    guesses = [translator.translate(line.english) for line in lines]
    truths = [line.french for line in lines]
    exact = sum(guess == truth for guess, truth in zip(guesses, truths))
    return 100 * exact / len(lines), bleu(guesses, truths)


# ---------------------------------------------------------------------------- what train gives away


def clauses(english):
    """The clauses of an English line, as strings, conjunctions and commas left out."""
    found, current = [], []
    for n, word in enumerate(english):
        if word in (",", "and", "when"):
            found.append(current)
            current = []
        elif not (n and english[n - 1] == ","):
            current.append(word)
    return [" ".join(clause) for clause in [*found, current]]


class Neighbours:
    """Sentences that can be asked whether another is one word away from one of them."""

    def __init__(self, sentences=()):
        """Start with some sentences, tuples of words."""
        self.whole, self.changed, self.shorter = set(), set(), set()
        for sentence in sentences:
            self.add(sentence)

    def add(self, sentence):
        """Remember a sentence."""
        self.whole.add(sentence)
        self.changed.update(one_changed(sentence))
        self.shorter.update(one_less(sentence))

    def near(self, sentence):
        """Whether a remembered sentence differs by one word (replaced, added, left out) or none."""
        return (
            sentence in self.whole or sentence in self.shorter
            or any(key in self.changed for key in one_changed(sentence))
            or any(key in self.whole for key in one_less(sentence))
        )


def one_changed(words):
    """The sentence with each word in turn replaced by a blank."""
    return [(*words[:n], "", *words[n + 1 :]) for n in range(len(words))]


def one_less(words):
    """The sentence with each word in turn left out."""
    return [words[:n] + words[n + 1 :] for n in range(len(words))]


def clauses_in_train(lines, train):
    """(one-clause lines, share of the other clauses) of some lines whose clause is in train."""
    known = {clause for line in train for clause in clauses(line.english)}
    parts = [clauses(line.english) for line in lines]
    single = sum(found[0] in known for found in parts if len(found) == 1)
    others = [clause in known for found in parts if len(found) > 1 for clause in found]
    return single, sum(others) / len(others)


def one_edit(lines, train):
    """How many lines are one word away from a training line: (in English, in French)."""
    english = Neighbours(line.english for line in train)
    french = Neighbours(line.french for line in train)
    return (
        sum(english.near(line.english) for line in lines),
        sum(french.near(line.french) for line in lines),
    )


def one_french_form(lines):
    """(English types with one French form, English types), by the sure links of all lines."""
    forms = defaultdict(set)
    for line in lines:
        for i, j in line.sure:
            forms[line.english[i]].add(line.french[j])
    types = {word for line in lines for word in line.english}
    return sum(len(forms[word]) <= 1 for word in types), len(types)
