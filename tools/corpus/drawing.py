"""Alignments drawn as text, and one example of each phenomenon found in the corpus."""

import re
import textwrap
from dataclasses import dataclass

SURE, POSSIBLE, NONE = "●", "○", "·"


@dataclass(frozen=True)
class Example:
    """A phenomenon, what to see in its picture, and patterns for both sides of the line."""

    title: str
    text: str
    english: str
    french: str


EXAMPLES = (
    Example(
        "An adjective after its noun",
        "English puts every adjective before the noun, French only some: the links cross.",
        r"^the black \w+ (?!is)\w+", r"noir",
    ),
    Example(
        "An adjective before its noun",
        "These keep the English order, so the links run straight.",
        r"^the small \w+ (?!is|are)\w+", r"^l. petite?",
    ),
    Example(
        "One on each side",
        "Of two adjectives one may stay and the other go behind the noun.",
        r"^the wise old \w+ (?!is)\w+", r"vie",
    ),
    Example(
        "An article decided by a later word",
        "*the* is *le*, *la* or *l'* according to a noun still to come; *l'* stands before a "
        "vowel, but not before the aspirated *h* of *hibou*.",
        r"the (bird|goose|ant|bear|donkey) .*the owl", r"l' .*le hibou",
    ),
    Example(
        "bel, vieil, nouvel",
        "Three adjectives change before a masculine noun that starts with a vowel.",
        r"^the (old|new) \w+ (?!is)", r"^le (vieil|nouvel) ",
    ),
    Example(
        "Agreement in number",
        "Article, adjectives, noun and verb are all plural; English marks only the last two.",
        r"^the small mice ", r"^les petites souris \w+ent ",
    ),
    Example(
        "Negation around the verb",
        "*not* is *pas*, a sure link. *ne* has no word of its own in English: it is possible with "
        "both *does* and *not*, and *does*, which carries the person, also with the verb.",
        r"^the \w+ does not (?!look)", r"^l[ea] \w+ ne \w+ pas l",
    ),
    Example(
        "n' before a vowel",
        "With *is* there is no *does*: only *not* is left for *n'*.",
        r"^the \w+ \w+ is not ", r" n' est pas ",
    ),
    Example(
        "du: de and le in one word",
        "*du* translates *of* (sure) and hides the article (possible).",
        r"water of the well", r" du puits$",
    ),
    Example(
        "près de",
        "*near* is *près*, sure; *de* belongs to it, possible. In *des* the article is hidden too.",
        r" near the children$", r" près des ",
    ),
    Example(
        "A verb of two words",
        "*looks for* is *cherche*: the verb is a sure link, its particle a possible one.",
        r"^the \w+ looks for a ", r"cherche",
    ),
    Example(
        "A pronoun with the gender of an earlier noun",
        "*it* is *elle* because of *cruche*, in the clause before.",
        r"^the jug .* , but it (is not|does not)", r"^la cruche .* elle n",
    ),
    Example(
        "A pronoun before the verb",
        "As an object, *it* moves in front of the verb, inside the negation.",
        r"^the (jug|water|nut) .* does not (break|drink|eat) it$", r" ne la ",
    ),
    Example(
        "A reason",
        "The words *, for* are *, car*; *it* may mean the object of the clause before.",
        r"not carry .* , for it is heavy$", r"car elle est lourde$",
    ),
)


def picture(english, french, links):
    """A grid: a row for each French word, a column for each English one.

    `links` are (English index, French index, sure). Returns text with a trailing newline.
    """
    cells = {(i, j): SURE if sure else POSSIBLE for i, j, sure in links}
    margin = max(map(len, french))
    lines = [" " * margin + "  " + " ".join(english)]
    for j, word in enumerate(french):
        marks = [cells.get((i, j), NONE).center(len(name)) for i, name in enumerate(english)]
        lines.append(f"{word:>{margin}}  " + " ".join(marks).rstrip())
    return "\n".join(lines) + "\n"


def examples(rows):
    """The shortest line for each phenomenon, as Markdown.

    `rows` are (id, split, Pair). Raises LookupError when nothing shows a phenomenon.
    """
    parts = []
    for number, example in enumerate(EXAMPLES, 1):
        fitting = [row for row in rows if shows(example, row[2])]
        if not fitting:
            raise LookupError(f"no line of the corpus shows: {example.title}")
        line, split, pair = min(fitting, key=lambda row: (len(row[2].french), int(row[0])))
        drawn = picture(pair.english, pair.french, pair.links)
        text = f"**{number}. {example.title}.** {example.text} (Line {line}, {split}.)"
        parts.append(f"{textwrap.fill(text, 100)}\n\n```text\n{drawn}```\n")
    return "\n".join(parts)


def shows(example, pair):
    """Whether a pair of sentences matches both patterns."""
    english, french = " ".join(pair.english), " ".join(pair.french)
    return bool(re.search(example.english, english) and re.search(example.french, french))
