"""Read `lexicon.txt`: the words, and who may do what to whom."""

from dataclasses import dataclass
from pathlib import Path

VOWELS = "aâeéèêiîoôuûyœh"
FAMILIES = (("animal", "person"), ("thing", "meadow"), ("liquid",), ("landmark", "home"), ("sky",))
SAID_OF_ALL = ("size", "beauty", "age", "colour")
DONE_TO_ALL = ("see", "love", "seek", "find")


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Adjective:
    """One adjective: its French forms, its place and the nouns it may describe."""

    name: str
    forms: dict  # (gender, plural) -> French form, "" when the form is not used
    before_vowel: str  # masculine singular before a vowel: bel, vieil, nouvel
    before: bool
    group: str
    predicate: bool  # may stand after "is"
    describes: tuple

    def fits(self, noun, plural):
        """Whether the adjective may describe this noun in this number."""
        return noun.name in self.describes and bool(self.forms[noun.gender, plural])


@dataclass(frozen=True)
class Verb:
    """One verb: third-person forms, what it takes and where it happens."""

    name: str
    english: str  # "looks for"
    english_base: str  # "look for"
    french: str
    french_plural: str
    needs: str  # must, may, none: an object
    subjects: tuple
    objects: tuple
    where: tuple
    of: str  # whose place: subject or object

    def takes(self, noun, plural):
        """Whether this noun, in this number, may be the subject."""
        return noun.name in self.subjects and bool(self.french_plural or not plural)


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
        self.kin = {name: self._family(noun) for name, noun in self.nouns.items()}
        self.adjectives = {row[0]: self._adjective(row) for row in sections["adjectives"]}
        self.verbs = {row[0]: self._verb(row) for row in sections["verbs"]}
        self.prepositions = {row[0]: Link(*row) for row in sections["prepositions"]}
        self.conjunctions = {row[0]: Link(*row) for row in sections["conjunctions"]}
        self.places = {(prep, place): self.members(who) for prep, place, who in sections["places"]}
        self.belongings = {thing: owners.split() for thing, owners in sections["belongings"]}
        self.sequels = {first: tuple(then.split()) for first, then in sections["sequels"]}
        self.reasons = [(said, whose, why.split()) for said, whose, why in sections["reasons"]]

    def members(self, names):
        """Nouns named in a list; a kind stands for all its nouns. Raises KeyError if unknown."""
        found = []
        for name in names.split():
            kin = [noun.name for noun in self.nouns.values() if name in noun.kinds]
            found += kin or [self.nouns[name].name]
        return tuple(dict.fromkeys(found))

    def _family(self, noun):
        """Names of all nouns that are, broadly, of the same sort: beings, things, landmarks, ..."""
        family = next(set(group) for group in FAMILIES if set(group) & set(noun.kinds))
        return {other.name for other in self.nouns.values() if family & set(other.kinds)}

    def families(self, names):
        """The families of all these nouns together, a set of names."""
        return set().union(*(self.kin[name] for name in names))

    def conceivable_subjects(self, verb):
        """Nouns that a listener could take as the subject of a verb: more than the tables allow."""
        return set(verb.subjects) if verb.name == "fly" else self.families(verb.subjects)

    def conceivable_objects(self, verb):
        """Nouns that a listener could take as its object; a goose may be eaten or carried."""
        if verb.name in DONE_TO_ALL:
            return set(self.nouns)
        beings = ["goose"] if verb.name in ("eat", "carry") else []
        return self.families([*verb.objects, *beings])

    def conceivable_qualities(self, adjective):
        """Nouns that a listener could take an adjective to describe."""
        if adjective.group in SAID_OF_ALL:
            return set(self.nouns)
        return self.families(adjective.describes)

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
        name, m, vowel, f, m_pl, f_pl, place, group, use, describes = row
        forms = {("m", False): m, ("f", False): f, ("m", True): m_pl, ("f", True): f_pl}
        return Adjective(
            name, forms, vowel, place == "before", group, use == "any", self.members(describes)
        )

    def _verb(self, row):
        name, *forms, needs, subjects, objects, where, of = row
        return Verb(
            name, *forms, needs, self.members(subjects), self.members(objects),
            tuple(where.split()), of,
        )
