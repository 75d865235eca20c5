"""The generated tables of data/README.md: counts, phenomena by split, measures and baselines.

    python tools/corpus/report.py          print them for the file as it is, and the held-out pairs
"""

import hashlib
import re
from collections import Counter
from pathlib import Path

from lexicon import Lexicon
from measure import (
    FAR,
    HELD,
    NearestLine,
    PhraseTable,
    WordByWord,
    by_split,
    clauses,
    clauses_in_train,
    long_crossings,
    near_diagonal,
    one_edit,
    one_french_form,
    read_lines,
    score,
)
from reader import read

CORPUS = Path(__file__).resolve().parents[2] / "data" / "crow_en_fr.tsv"

PARTICIPLES = r"[a-zé]+(é|és|ée|ées|u|us|ue|is|ise)\b"
STATES = r"(soif|faim|peur)\b"
AFTER = "heavy|black|red|grey|cold|empty|sad|happy|tired|wise|shy"
BEFORE = "small|big|beautiful|old|young"
PATTERNS = {  # what is counted: a pattern for the English side and one for the French side
    "possession, *the girl 's jug* – *la cruche de la fille*": (r" 's ", ""),
    "possessive by the thing owned, *son, sa, ses, leur, leurs*": ("", r"\b(son|sa|ses|leurs?)\b"),
    "relative clause with *qui*": ("", r"\bqui\b"),
    "relative clause with *que, qu'*": ("", r"\bque\b|\bqu'"),
    "*that* that is *qui*": (r"\bthat\b", r"\bqui\b"),
    "passé composé with *avoir*": ("", rf"\b(a|ont) (pas )?(?!{STATES}){PARTICIPLES}"),
    "passé composé with *être*": ("", r"\b(est|sont) (pas )?(allé|tombé|monté)"),
    "participle after its object, *l' a cassée*": (
        "", rf"(\bl'|\bles|\bque?'? .*) (a|ont) (pas )?(?!{STATES}){PARTICIPLES}"),
    "*did not* – *n' a pas …*": (r"\bdid not\b", rf"\bn' .*\b(a|ont|est|sont) pas {PARTICIPLES}"),
    "imparfait": ("", r"\b[a-z]+(ait|aient)\b"),
    "*avoir soif, faim, peur*": ("", rf"\b{STATES}"),
    "*ne … pas* around one word": ("", r"\b(ne|n') ([a-z']+ )?[a-zé]+ pas (?!.*(é|ée)s?\b)"),
    "*ne … pas de*": (r"\bany [a-z]", r"\bpas ([a-zé]+ )?(de|d')"),
    "*some* – *des*, or *de* before an adjective": (r"\bsome\b", r"\b(des|de)\b"),
    "*some* – *du, de la, de l'*": (r"\bsome (\w+ )?(water|milk|cheese)", ""),
    "*en*": ("", r"\ben\b"),
    "*y*": (r"\bthere\b", r"\by\b"),
    "*à, au, aux*": ("", r"\b(au|aux)\b|(?<!\w)à\b"),
    "*du, des* for *de le, de les*": (r" 's |\bof\b|\bnear\b", r"\b(du|des)\b"),
    "adjective before its noun": (rf"\b({BEFORE}) (\w+ )?\w+", ""),
    "adjective after its noun": (rf"\b(the|a|an|some|any|'s|its|his|her|their|{BEFORE}) ({AFTER}) ",
                                 ""),
    "*bel, vieil*": ("", r"\b(bel|vieil)\b"),
    "*big* that is *grand* – *gros*": (r"\bbig\b", ""),
    "subject pronoun, *il, elle, ils, elles*": ("", r"\b(ils?|elles?)\b"),
    "object pronoun before the verb": (
        r"\b(it|him|her|them)( ,| and\b| near\b| in\b| under\b| on\b| to\b| when\b|$)", ""),
    "elision of *le, la, ne, de, que*": ("", r"\b(l|n|d|qu)'"),
    "no subject after *and, then*": (r"(\band|, then) (?!the\b|a\b|an\b|its|his|her|their|it\b)",
                                     ""),
}


def shows(name, english, french):
    """Whether a line, two strings, shows a phenomenon of PATTERNS."""
    ours, theirs = PATTERNS[name]
    return bool(re.search(ours, english) and re.search(theirs, french))


def phenomena(lines):
    """{name: how many of the lines show it}."""
    sides = [(" ".join(line.english), " ".join(line.french)) for line in lines]
    return {name: sum(shows(name, *side) for side in sides) for name in PATTERNS}


def table(head, rows):
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def count_table(splits):
    """Lines, clauses and words by split."""
    rows = []
    for name, lines in splits.items():
        by_clauses = Counter(len(clauses(line.english)) for line in lines)
        row = [name, len(lines)] + [by_clauses[n] for n in range(1, 7)]
        for side in ("english", "french"):
            sizes = [len(getattr(line, side)) for line in lines]
            row.append(f"{min(sizes)}–{max(sizes)}, mean {sum(sizes) / len(sizes):.1f}")
        rows.append(row)
    return table(("split", "lines", "1", "2", "3", "4", "5", "6 clauses", "words en", "words fr"),
                 rows)


def length_table(splits):
    """Lines by English length."""
    bins = [(4, 8), (9, 12), (13, 16), (17, 20), (21, 25), (26, 30), (31, 40), (41, 60)]
    rows = []
    for name, lines in splits.items():
        sizes = [len(line.english) for line in lines]
        rows.append([name] + [sum(a <= size <= b for size in sizes) for a, b in bins])
    return table(("English words", *(f"{a}–{b}" for a, b in bins)), rows)


def summary(text):
    """Sizes, SHA-256 and counts of the file's text, as Markdown."""
    lines = read_lines(text)
    splits = by_split(lines)
    content = text.encode("utf-8")
    words = [len({w for line in lines for w in getattr(line, side)})
             for side in ("english", "french")]
    rarest = min(
        count for side in ("english", "french")
        for count in Counter(w for line in splits["train"] for w in getattr(line, side)).values()
    )
    sure = sum(len(line.sure) for line in lines)
    counted = {name: phenomena(lines) for name, lines in splits.items()}
    rows = [[name] + [counted[split][name] for split in splits] for name in PATTERNS]
    return f"""\
- {len(lines):,} sentence pairs, {len(content):,} bytes
- SHA-256 `{hashlib.sha256(content).hexdigest()}`
- {words[0]} English and {words[1]} French word types, each at least {rarest} times in *train*
- {sure:,} sure links, {sum(len(line.links) for line in lines) - sure:,} possible ones

{count_table(splits)}

{length_table(splits)}

How many lines of each split show a phenomenon:

{table(("phenomenon", *splits), rows)}
"""


def tables(text):
    """What the word order is like, what *train* gives away, and the baselines, as Markdown."""
    lines = read_lines(text)
    splits = by_split(lines)
    train = splits["train"]
    order = [
        [name, f"{100 * near_diagonal(found):.1f} %", f"{100 * long_crossings(found):.1f} %"]
        for name, found in splits.items()
    ]
    order.append(["all", f"{100 * near_diagonal(lines):.1f} %",
                  f"{100 * long_crossings(lines):.1f} %"])
    shown = []
    for name in HELD:
        single, others = clauses_in_train(splits[name], train)
        english, french = one_edit(splits[name], train)
        shown.append([name, single, f"{100 * others:.1f} %", english, french])
    single_form, types = one_french_form(lines)
    baselines = {
        "word by word": WordByWord(train),
        "nearest training line": NearestLine(train),
        "longest match": PhraseTable(train),
    }
    rows = []
    for name, translator in baselines.items():
        found = [score(translator, splits[split]) for split in HELD]
        rows.append([name] + [f"{exact:.1f} ({points:.1f})" for exact, points in found])
    return f"""\
Word order: the share of sure links *i–j* with |*i* − *j*| ≤ 1, and the share of lines in which two
sure links cross that are {FAR} words apart or more.

{table(("split", "near the diagonal", "lines with a long crossing"), order)}

What *train* gives away: one-clause lines whose clause stands in *train*, the share of the other
lines' clauses that do, and lines that differ from a training line by one word (replaced, added or
left out). {single_form} of the {types} English words ({100 * single_form / types:.0f} %) have one
French form only.

{table(("split", "one-clause lines", "other clauses", "one word away (en)", "(fr)"), shown)}

Translating without a network: lines that come out right, in per cent (BLEU).

{table(("baseline", *HELD), rows)}
"""


def held_out(splits):
    """Word pairs of *novel* that no other split has: (those of even ids, those of odd ids)."""
    lexicon = Lexicon()
    pairs = {
        line.number: {
            pair for _, clause in read(lexicon, " ".join(line.english)) for pair in clause.pairs()
        }
        for lines in splits.values() for line in lines
    }
    known = set().union(*(
        pairs[line.number] for name, lines in splits.items() if name != "novel" for line in lines
    ))
    halves = set(), set()
    for line in splits["novel"]:
        halves[line.number % 2].update(pairs[line.number] - known)
    return halves


if __name__ == "__main__":
    content = CORPUS.read_text(encoding="utf-8")
    even, odd = held_out(by_split(read_lines(content)))
    print(summary(content))
    print(tables(content))
    print(f"Pairs that only novel has: {len(odd)} in odd lines, {len(even)} in even lines.")
