"""Read `lexicon.txt`: the words, and who may do what to whom."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

VOWELS = "aâeéèêiîoôuûyœh"
FORMS = (("m", False), ("f", False), ("m", True), ("f", True))


@dataclass(frozen=True, eq=False)
class Noun:
    """One noun in both languages; a missing form is the empty string."""

    name: str
    english: str
    english_plural: str
    french: str
    french_plural: str
    gender: str  # "m" or "f"
    aspirated: bool  # le hibou, not l'hibou
    pronoun: str  # it, he, she, they
    kinds: tuple
    numbers: tuple  # of booleans, plural or not: (False,), (True,) or (False, True)


@dataclass(frozen=True, eq=False)
class Adjective:
    """One adjective: its French forms, its place and the nouns it may describe."""

    name: str  # the English word
    forms: dict  # (gender, plural) -> French form, "" when the form is not used
    before_vowel: str  # masculine singular before a vowel: bel, vieil
    place: str  # before, after, or state: a noun that French has (avoir soif)
    group: str
    describes: tuple

    def fits(self, noun, plural):
        """Whether the adjective may describe this noun in this number."""
        form = self.place == "state" or self.forms[noun.gender, plural]
        return noun.name in self.describes and bool(form)

    def key(self):
        """A name that differs between the two rows of "big"."""
        return self.forms["m", False]


@dataclass(frozen=True, eq=False)
class Verb:
    """One verb: third-person forms, its past, what it takes and where it happens."""

    name: str
    english: str  # "looks for"
    english_base: str  # "look for"
    english_past: str
    french: str
    french_plural: str
    tense: str  # how French tells the past: avoir, être or imparfait
    past: dict  # (gender, plural) -> participle; imparfait: the gender does not matter
    lasting: str  # the imparfait beside something else, "" when it is told like all else
    where: tuple
    able: tuple  # names of the nouns that a listener could take for its object
    doing: dict  # subject name -> set of object names, empty when it takes none

    def takes_object(self):
        """Whether the verb is transitive."""
        return any(self.doing.values())


@dataclass(frozen=True)
class Link:
    """A preposition or a conjunction: its words in the two languages."""

    name: str
    english: str
    french: str


def read_sections(path):
    """Split the file into {section: [[column, ...], ...]}; "-" becomes ""."""
    sections, rows = {}, None
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if line.startswith("["):
            rows = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            columns = [column.strip() for column in line.split("|")]
            rows.append(["" if column == "-" else column for column in columns])
    return sections


class Lexicon:
    """All words by name, and the tables that say which of them go together."""

    def __init__(self, path=None):
        """Read the file at `path`, by default `lexicon.txt` beside this module."""
        sections = read_sections(Path(path or Path(__file__).with_name("lexicon.txt")))
        self.nouns = {noun.name: noun for noun in map(self._noun, sections["nouns"])}
        self.adjectives = [self._adjective(row) for row in sections["adjectives"]]
        self.verbs = {row[0]: self._verb(row) for row in sections["verbs"]}
        self.prepositions = {row[0]: Link(*row) for row in sections["prepositions"]}
        self.conjunctions = {row[0]: Link(*row) for row in sections["conjunctions"]}
        self.places = {(prep, place): self.members(who) for prep, place, who in sections["places"]}
        self.belongings = {thing: self.members(who) for thing, who in sections["belongings"]}
        self.contents = {thing: self.members(what) for thing, what in sections["contents"]}

    @cache  # noqa: B019
    def members(self, names):
        """Nouns named in a list; a kind stands for all its nouns. Raises KeyError if unknown."""
        found = []
        for name in names.replace("/", " ").split():
            kin = [noun.name for noun in self.nouns.values() if name in noun.kinds]
            found += kin or [self.nouns[name].name]
        return tuple(dict.fromkeys(found))

    @cache  # noqa: B019
    def quality(self, name, noun, plural):
        """The adjective of this English name that fits a noun, or None."""
        fits = [a for a in self.adjectives if a.name == name and a.fits(noun, plural)]
        return fits[0] if fits else None

    @staticmethod
    def _noun(row):
        singular, plural, french, french_plural, gender, pronoun, kinds = row
        aspirated = french.startswith("*")
        numbers = (False,) * bool(singular) + (True,) * bool(plural)
        return Noun(
            singular or plural, singular, plural, french.lstrip("*"), french_plural,
            gender, aspirated, pronoun, tuple(kinds.split()), numbers,
        )

    def _adjective(self, row):
        name, m, vowel, f, m_pl, f_pl, place, group, describes = row
        forms = dict(zip(FORMS, (m, f, m_pl, f_pl)))
        return Adjective(name, forms, vowel, place, group, self.members(describes))

    def _verb(self, row):
        name, *words, tense, past, where, able, doing = row
        past = ["" if form == "-" else form for form in past.split()]
        lasting = past.pop() if len(past) > len(FORMS) else ""
        if tense == "imparfait":
            past = [past[0], past[0], past[1], past[1]]
        groups = {}
        for group in doing.split(";"):
            subjects, objects = group.split(":")
            for subject in self.members(subjects):
                objects_of = groups.setdefault(subject, {})
                objects_of.update(dict.fromkeys(self.members(objects.replace("-", ""))))
        return Verb(
            name, *words, tense, dict(zip(FORMS, past)), lasting, tuple(where.split()),
            self.members(able), {subject: tuple(found) for subject, found in groups.items()},
        )
