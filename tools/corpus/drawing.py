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
        r"^the (black|grey|red) \w+ (?!is)\w+", r"(noir|gris|rouge)",
    ),
    Example(
        "One on each side",
        "Of two adjectives one may stay and the other go behind the noun.",
        r"^the wise old \w+ (?!is)\w+", r"vie",
    ),
    Example(
        "Agreement in number",
        "Article, adjective, noun and verb are all plural; English marks only the last two.",
        r"^the small mice ", r"^les petites souris \w+ent ",
    ),
    Example(
        "bel, vieil",
        "Two adjectives change before a masculine noun that starts with a vowel.",
        r"\b(beautiful|old) (bird|tree|egg|ring)\b", r"\b(bel|vieil) ",
    ),
    Example(
        "Big is grand or gros",
        "A house is *grande*, a stone *grosse*: the noun decides which word translates *big*.",
        r"\bbig .*\bbig\b|\bbig (stone|apple|nut|dog|mouse)\b", r"gros",
    ),
    Example(
        "Negation around the verb",
        "*not* is *pas*, a sure link. *ne* has no word of its own in English: it is possible with "
        "both *does* and *not*, and *does*, which carries the person, also with the verb.",
        r"does not (break|eat|take) ", r"\bne \w+ pas l",
    ),
    Example(
        "Three words from one",
        "*drank* is *a bu*, *did not drink* is *n' a pas bu*: the participle is the sure link, the "
        "auxiliary a possible one, and *ne … pas* goes around it.",
        r"\bdid not (drink|eat|find|take) ", r"n' a pas \w+ l",
    ),
    Example(
        "Passé composé with être",
        "*est tombé, tombée, tombés, tombées*: the participle agrees with the subject, wherever "
        "that stands.",
        r"\bfell\b", r"\b(est|sont) tombée",
    ),
    Example(
        "A participle that agrees with its object",
        "With *avoir* the participle agrees with an object that stands before it, here a pronoun.",
        r"\b(ate|broke|found|lost|took|hid) it\b", r"l' a \w+ée?\b",
    ),
    Example(
        "Possession turns round",
        "*'s* is *de*, sure. The article of what is owned has no word of its own in English: it is "
        "possible with *'s*.",
        r"^the (girl|goose|mouse) 's (big|small|old|heavy|beautiful) \w+ \w+", r"^l[ae] ",
    ),
    Example(
        "Possession with adjectives",
        "The whole phrase turns round, and each noun keeps its adjectives on the sides where "
        "French has them.",
        r"\bthe (old|young) \w+ 's (small|big|beautiful|old) (red|black|grey) \w+\b",
        r"\b(du|de)\b",
    ),
    Example(
        "son, sa by the thing owned",
        "*its, his* and *her* say whose; *son* and *sa* say what. *sa* becomes *son* before a "
        "vowel.",
        r"\bher (egg|ring|apple|cat|dog|jug|key|cup)\b", r"\b(son|sa)\b",
    ),
    Example(
        "that is qui",
        "*that* is *qui* when it is the subject of its clause.",
        r"^the (crow|fox|mouse|dog) that (lost|took|found|broke) ", r"\bqui a\b",
    ),
    Example(
        "that is que",
        "*that* is *que* when it is the object: what follows decides. The participle agrees with "
        "what *que* stands for.",
        r"\bthat the \w+ (broke|lost|hid|found|took|carried)\b", r"que l\S+ (\w+ )?a \w+ée?\b",
    ),
    Example(
        "some is des, and de before an adjective",
        "*some* is a sure link, whatever its form.",
        r"\bsome (big|small|beautiful) ", r"\bde (gros|petit|be)",
    ),
    Example(
        "some is du, de la, de l'",
        "With what cannot be counted, the article is inside (*du*) or a possible link.",
        r"\bsome (milk|water|cheese)\b", r"\bdu |\bde l",
    ),
    Example(
        "ne … pas de",
        "*any* is *de* or *d'*, without an article.",
        r"not \w+ any (water|milk|cheese|nuts|eggs|apples)", r"pas (\w+ )?(de|d') ",
    ),
    Example(
        "en before the verb",
        "*some* and *any* without a noun are *en*, which moves before the verb.",
        r"\bdid not find any\b( ,|$)|\bsome$", r"\ben (a|ont)\b",
    ),
    Example(
        "y before the verb",
        "*there* is *y*, which moves before the verb.",
        r"\bwent there$|did not go there$", r"\by (est|sont)\b",
    ),
    Example(
        "A pronoun with the gender of an earlier noun",
        "*it* is *elle* because of a noun in the clause before.",
        r"^the (jug|mouse|goose|cup) .* , but it (is|was|did|does) ", r" mais elle ",
    ),
    Example(
        "A pronoun before the verb",
        "As an object, *it* moves in front of the verb, inside the negation.",
        r"does not (break|drink|eat|take|find|see) it$", r" ne l[ae] ",
    ),
    Example(
        "du and au",
        "*du* is *de le*, *au* is *à le*: the preposition is the sure link, the article inside a "
        "possible one.",
        r"\bto the (well|garden|farmer|dog|fox)\b", r"\bau\b.*|\bdu\b",
    ),
    Example(
        "près de",
        "*near* is *près*, sure; *de* belongs to it, possible.",
        r" near the \w+$", r" près (du|de la|de l') ",
    ),
    Example(
        "A verb of two words",
        "*looks for* is *cherche*: the verb is a sure link, its particle a possible one.",
        r"\blooks for ", r"\bcherche\b",
    ),
    Example(
        "A noun for an adjective",
        "French *has* thirst, hunger and fear: *is* is *a*, *of* is *de*.",
        r"\bis afraid of the ", r"\ba peur d",
    ),
    Example(
        "Nothing twice",
        "After *and* and *then* the subject is left out in both languages, but French says its "
        "pronoun again.",
        r"\b(and|then) (ate|drank|took|hid) it\b", r"\b(et|puis) l' a ",
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


def examples(lines):
    """The shortest line for each phenomenon, as Markdown.

    `lines` are the Lines of `measure.py`. Raises LookupError when nothing shows a phenomenon.
    """
    parts = []
    for number, example in enumerate(EXAMPLES, 1):
        fitting = [line for line in lines if shows(example, line)]
        if not fitting:
            raise LookupError(f"no line of the corpus shows: {example.title}")
        line = min(fitting, key=lambda line: (len(line.french), line.number))
        links = [(i, j, (i, j) in line.sure) for i, j in line.links]
        drawn = picture(line.english, line.french, links)
        text = f"**{number}. {example.title}.** {example.text} (Line {line.number}, {line.split}.)"
        parts.append(f"{textwrap.fill(text, 100)}\n\n```text\n{drawn}```\n")
    return "\n".join(parts)


def shows(example, line):
    """Whether both sides of a line match the patterns."""
    english, french = " ".join(line.english), " ".join(line.french)
    return bool(re.search(example.english, english) and re.search(example.french, french))
