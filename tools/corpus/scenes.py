"""Read `scenes.txt`: what may be told, and what may follow it."""

from dataclasses import dataclass
from pathlib import Path

ANY_PLACE = "any"
RELATIONS = ("fears", "scares")


@dataclass(frozen=True)
class Slot:
    """A letter of a pattern: whom or what it stands for."""

    letter: str
    names: tuple = ()  # names of the nouns it may stand for; empty: all
    # W, X, Y and Z are living things unless the pattern says otherwise
    owner: str = ""  # the letter of its owner
    relation: tuple = ()  # ("fears", "X"): someone who is afraid of X; "scares": the other way


@dataclass(frozen=True)
class Pattern:
    """A clause with slots in place of nouns."""

    subject: Slot
    negative: bool
    verb: str  # "" for "is"
    quality: str = ""
    object: Slot | None = None
    fear: Slot | None = None
    preposition: str = ""
    place: Slot | None = None
    there: bool = False


class Scenes:
    """The tables of `scenes.txt`."""

    def __init__(self, lexicon, path=None):
        """Read the file at `path`, by default `scenes.txt` beside this module."""
        self.lexicon = lexicon
        self.qualities = {adjective.name for adjective in lexicon.adjectives}
        self.openings, self.scenes, self.fears = {}, [], {}
        self.relatives = {"someone": [], "something": [], "broken": [], "somewhere": []}
        section = ""
        text = Path(path or Path(__file__).with_name("scenes.txt")).read_text(encoding="utf-8")
        for line in text.splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif line.strip() and not line.startswith("#"):
                self._read_line(section, line)

    def _read_line(self, section, line):
        """File one line under its section."""
        if section == "openings":
            weight, pattern = line.split("|")
            self.openings[self.pattern(pattern)] = int(weight)
        elif section == "fears":
            who, whom = line.split("|")
            self.fears[who.strip()] = tuple(whom.split())
        elif section in self.relatives:
            weight, pattern = line.split("|")
            self.relatives[section] += [self.pattern(pattern)] * int(weight)
        elif line.startswith(" "):
            conjunction, pattern = line.split(None, 1)
            self.scenes[-1][1].append((conjunction, self.pattern(pattern)))
        else:
            self.scenes.append((self.pattern(line), []))

    def pattern(self, text):
        """A Pattern from its line. Raises ValueError when it cannot be read."""
        subject, *words = text.split()
        negative = words[0] == "not"
        words = words[negative:]
        head, *rest = words
        parts = {"verb": head}
        if head in self.qualities:
            parts = {"verb": "", "quality": head}
        elif head == "is":
            parts = {"verb": "", "preposition": ANY_PLACE}
        elif head not in self.lexicon.verbs:
            raise ValueError(f"unknown verb {head!r} in {text!r}")
        for word in rest:
            if word == "there":
                parts["there"] = True
            elif word in self.lexicon.prepositions:
                parts["preposition"] = word
            elif "preposition" in parts or head == "go":
                parts["place"] = self.slot(word)
                parts.setdefault("preposition", "to")
            elif head == "afraid":
                parts["fear"] = self.slot(word)
            else:
                parts["object"] = self.slot(word)
        return Pattern(self.slot(subject), negative, **parts)

    def slot(self, text):
        """W'O:food as a Slot."""
        letter, _, names = text.partition(":")
        owner, _, own = letter.rpartition("'")
        relation, _, other = names.partition("-")
        if relation in RELATIONS:
            return Slot(own, self.lexicon.members("being"), owner, (relation, other))
        names = names or ("being" if own in "WXYZ" else "")
        return Slot(own, self.lexicon.members(names), owner)

    def related(self, slot, noun, binding):
        """Whether a noun stands in the relation that a slot asks for; binding: {letter: Named}."""
        if not slot.relation:
            return True
        relation, letter = slot.relation
        other = binding[letter].noun.name
        who, whom = (noun.name, other) if relation == "fears" else (other, noun.name)
        return whom in self.fears.get(who, ())
