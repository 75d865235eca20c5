"""What may be said: random sentences of one to six clauses that make sense together.

A sentence opens with a pattern of `scenes.txt` and goes on with clauses that the same file lets
follow it, so that each takes up someone or something of the clause before. The storyteller fills
in who and what, within the limits of the lexicon, and decides how to name them: a noun phrase the
first time; then a pronoun where only one noun can be meant, or else the bare noun again; nothing
at all for the subject after "and" and "then". Where nothing fits, `Blocked` is raised and another
way is tried.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

from grammar import (
    Clause,
    Gap,
    Missing,
    Named,
    Part,
    Phrase,
    Pronoun,
    changed,
    clause_text,
)
from scenes import ANY_PLACE, Pattern

BEINGS = ("being",)
DECORATED, DESCRIBED_TWICE, RELATIVE, PLACED = 0.42, 0.25, 0.34, 0.2
OWNED = (0.9, 0.45, 0.35, 0.65)  # by the number of clauses, the last for 4 and more
RICHNESS = (2.3, 0.45, 0.27, 0.6)  # the same for relative clauses
OWNED_DECORATED, OWNER_DECORATED = 0.75, 0.85  # of the girl 's jug: the jug, the girl
COLOURED = ("small", "big", "beautiful", "old", "young")  # these go with a colour
AGED = ("old", "young")  # these go with a mood or a mind: the wise old owl
RARE = {"mood": 1, "beauty": 1}  # 3 for the other groups
CONSTRUCTIONS = ("negated relative", "owner in relative")  # held out for *novel*
ALONE = {"sun": "moon", "moon": "sun", "water": "milk", "milk": "water"}  # one in a sentence
SAME_CLAUSE, SEEN_SHARE = 2, 0.25  # how often a clause may come up; how likely it is to do so again
TRIES = 6  # random picks before all that fits is listed
LAST = ("for", "when")  # nothing follows a clause that one of these begins
MOVED = ("lose", "seek", "hide", "carry", "throw", "give")  # where it was is no news
FOR_WHOLE_THINGS = ("hide", "throw", "fall", "carry", "give")  # not for what has been broken
STILL = ("sleep", "wait")  # who does this does nothing else
MOODS = ("happy", "sad", "thirsty", "hungry", "tired")
PLAIN_AFTER = ("drink", "love", "sleep")
NOT_ONES_OWN = ("take", "break", "find", "see", "want", "eat", "throw")
OWN_IN_RELATIVE = ("lose", "seek", "love")  # not "the crow that ate its egg"
DONE = ("avoir", "être")  # the tenses of what happens, against what lasts
HOPED_FOR = ("want", "seek")  # "some" after these is not there yet: he does not find any


class Blocked(Exception):  # noqa: N818
    """Nothing fits here; the caller tries something else."""


class Chance:
    """Random choices built on `random.Random.random` alone, the same on every Python."""

    def __init__(self, seed):
        """Start the stream of an integer seed."""
        self._draw = random.Random(seed).random

    def happens(self, probability):
        """True with this probability."""
        return self._draw() < probability

    def pick(self, options):
        """One of the options, all equally likely. Raises Blocked if there is none."""
        options = list(options)
        if not options:
            raise Blocked
        return options[int(self._draw() * len(options))]

    def weighted(self, options):
        """One key of {option: weight}, in proportion to the weights."""
        point = self._draw() * sum(options.values())
        for option, weight in options.items():
            point -= weight
            if point < 0:
                return option
        return option

    def shuffled(self, items):
        """A shuffled copy of a list."""
        items = list(items)
        for n in range(len(items) - 1, 0, -1):
            other = int(self._draw() * (n + 1))
            items[n], items[other] = items[other], items[n]
        return items


@dataclass
class Event:
    """One clause with its nouns: {letter of the pattern: Named} and the pattern itself."""

    pattern: Pattern
    subject: Named
    object: Named | None = None
    owners: dict = field(default_factory=dict)  # "subject", "object" or "place" -> Named
    fear: Named | None = None
    place: Named | None = None
    preposition: str = ""


@dataclass
class Scene:
    """What has been said so far in one sentence."""

    past: bool = False
    said: list = field(default_factory=list)  # (conjunction or None, Clause)
    mentioned: dict = field(default_factory=dict)  # noun name -> Named, in order
    described: set = field(default_factory=set)  # (noun name, adjective group)
    verbs: dict = field(default_factory=dict)  # verb name -> negative, of the latest use
    gone: set = field(default_factory=set)  # noun names: eaten, drunk, broken
    still: set = field(default_factory=set)  # noun names: asleep or waiting
    hoped: set = field(default_factory=set)  # noun names introduced as "some" after "want"
    denied: set = field(default_factory=set)  # noun names introduced as "any"
    owners: set = field(default_factory=set)  # noun names that were mentioned as owners only
    placed: set = field(default_factory=set)  # noun names: where they are has been said
    adjectives: set = field(default_factory=set)  # names of those used
    repeated: set = field(default_factory=set)  # noun names said once more, without a pronoun
    empty: bool = False  # an empty thing has been mentioned inside a phrase

    def copy(self):
        """A scene that can be changed without changing this one."""
        return changed(
            self, said=list(self.said), mentioned=dict(self.mentioned), verbs=dict(self.verbs),
            described=set(self.described), gone=set(self.gone), still=set(self.still),
            hoped=set(self.hoped), placed=set(self.placed), adjectives=set(self.adjectives),
            denied=set(self.denied), owners=set(self.owners), repeated=set(self.repeated),
        )

    def free(self, noun):
        """Whether a noun has not been named; there is one light in the sky, and one drink."""
        return noun.name not in self.mentioned and ALONE.get(noun.name) not in self.mentioned

    def count(self, conjunction):
        """How often a conjunction has been used."""
        return sum(1 for link, _ in self.said if link and link.name == conjunction)


def weight(noun, plural):
    """How often a noun is tried: the scarcer a gender or number among its like, the more."""
    if plural and "being" in noun.kinds:
        return 12 if noun.gender == "f" else 3
    return plural + (2 if (noun.gender == "f") == ("being" in noun.kinds) else 1)


def many(named):
    """Whether there can be some of it."""
    return named.plural or "mass" in named.noun.kinds


def bare(named):
    """The noun and number of a phrase or pronoun alone, as a Named."""
    return Named(named.noun, named.plural)


class Storyteller:
    """Makes random sentences from a lexicon, scenes and a seed."""

    def __init__(self, lexicon, scenes, seed):
        """All draws come from one stream, so the order of the calls matters."""
        self.lexicon, self.scenes = lexicon, scenes
        self.chance = Chance(seed)
        self.scene = Scene()
        self.event = None
        self.limits = {}
        self.richness = 1.0  # how freely relative clauses are added
        self.owned = 1.0  # and owners
        self.barred = set()  # word pairs that may not come up; see `Clause.pairs`
        self.worn = Counter()  # how often a clause has come up, by its English
        self.allowed = set()  # the CONSTRUCTIONS that may
        self.after = {}  # what may follow, by verb, negation and quality
        for head, follow in scenes.scenes:
            key = head.verb, head.negative, head.quality
            self.after.setdefault(key, []).append((head, follow))

    # ------------------------------------------------------------------ sentences

    def sentence(self, clauses):
        """A sentence of this many clauses: a list of (conjunction or None, Clause)."""
        more = 2 if clauses > 3 else 1
        self.richness = RICHNESS[min(clauses, 4) - 1]
        self.owned = OWNED[min(clauses, 4) - 1]
        self.limits = {"for": 1, "when": 1, "but": 1, "so": more, "then": more, "and": more}
        while True:
            try:
                self.scene = Scene(past=self.chance.happens(0.6))
                self.add(None, self.chance.weighted(self.scenes.openings), {})
                for left in range(clauses - 2, -1, -1):
                    self.follow_up(left)
                return self.scene.said
            except (Blocked, Missing):
                continue

    def follow_up(self, left):
        """Add one clause, with `left` more to come, by the first of a few ways that works."""
        said = self.event.pattern
        key = said.verb, said.negative, said.quality
        options = [
            (conjunction, pattern, binding)
            for head, follow in self.after.get(key, ())
            for binding in [self.match(head)] if binding is not None
            for conjunction, pattern in follow if self.may_join(conjunction, left)
        ]
        for option in self.chance.shuffled(options)[:12]:
            scene, event = self.scene.copy(), self.event
            try:
                self.add(*option)
                return
            except (Blocked, Missing):
                self.scene, self.event = scene, event
        raise Blocked

    def may_join(self, conjunction, left):
        """No conjunction too often or twice running; for and when come last."""
        last = self.scene.said[-1][0]
        if conjunction in LAST and left:
            return False
        if last and (last.name == conjunction or (last.name == "so" and conjunction in LAST)):
            return False
        if conjunction in ("and", "when") and ends_in_relative(self.scene.said[-1][1]):
            return False
        return self.scene.count(conjunction) < self.limits[conjunction]

    def match(self, head):
        """{letter: Named} when the latest event fits a pattern, else None."""
        event = self.event
        if head.verb == "" and not head.quality and head.preposition != ANY_PLACE:
            if head.preposition != event.preposition:
                return None
        binding = {}
        for slot, named, owner in (
            (head.subject, event.subject, event.owners.get("subject")),
            (head.object, event.object, event.owners.get("object")),
            (head.fear, event.fear, None), (head.place, event.place, None),
        ):
            if slot is None:
                continue
            if named is None or (slot.names and named.noun.name not in slot.names):
                return None
            if not self.scenes.related(slot, named.noun, binding):
                return None
            binding[slot.letter] = named
            if slot.owner:
                if owner is None or owner.noun == event.subject.noun:
                    return None
                binding[slot.owner] = owner
        return binding

    # ------------------------------------------------------------------ one clause

    def add(self, conjunction, pattern, binding):
        """Fill in a pattern and say it. Raises Blocked."""
        binding = dict(binding)
        event = self.cast(pattern, binding)
        self.check_sense(conjunction, event)
        clause = self.word(conjunction, event)
        if not self.barred.isdisjoint(clause.pairs()):
            raise Blocked
        before = self.worn[clause_text(clause)] if self.worn else 0
        if before >= SAME_CLAUSE or (before and not self.chance.happens(SEEN_SHARE)):
            raise Blocked
        link = self.lexicon.conjunctions[conjunction] if conjunction else None
        self.scene.said.append((link, clause))
        self.remember(event, clause)
        self.event = event

    def cast(self, pattern, binding):
        """Choose who and what: an Event. Raises Blocked."""
        verb = self.lexicon.verbs.get(pattern.verb)
        thing = binding.get(pattern.object.letter) if pattern.object else None
        subject = binding.get(pattern.subject.letter) or self.some(
            pattern.subject, lambda n, p: self.can_be_subject(pattern, verb, thing, n, p)
            and self.scenes.related(pattern.subject, n, binding)
        )
        if not self.can_be_subject(pattern, verb, thing, subject.noun, subject.plural):
            raise Blocked
        event = Event(pattern, subject)
        binding[pattern.subject.letter] = subject
        taken = {subject.noun.name} | {named.noun.name for named in binding.values()}
        if pattern.object:
            event.object, owner = self.cast_object(pattern, verb, subject, binding, taken)
            event.owners |= {"object": owner} if owner else {}
            taken.add(event.object.noun.name)
        if pattern.fear:
            feared = self.scenes.fears.get(subject.noun.name, ())
            event.fear = binding.get(pattern.fear.letter) or self.some(
                pattern.fear, lambda n, p: n.name in feared and n.name not in taken
            )
            if event.fear.noun.name not in feared:
                raise Blocked
        if pattern.preposition:
            self.cast_place(event, pattern, binding, taken)
        return event

    def can_be_subject(self, pattern, verb, thing, noun, plural):
        """Whether a noun may do or be what the pattern says (to this thing)."""
        if verb is None:
            if pattern.quality == "afraid" and noun.name not in self.scenes.fears:
                return False
            return not pattern.quality or bool(
                self.lexicon.quality(pattern.quality, noun, plural)
            )
        if noun.name not in verb.doing or (plural and not verb.french_plural):
            return False
        return thing is None or thing.noun.name in verb.doing[noun.name]

    def cast_object(self, pattern, verb, subject, binding, taken):
        """(object, owner or None)."""
        slot = pattern.object
        done = verb.doing[subject.noun.name]
        thing = binding.get(slot.letter)
        if thing:
            if thing.noun.name not in done or thing.noun == subject.noun:
                raise Blocked
            return thing, None
        belongings = self.lexicon.belongings
        owner = binding.get(slot.owner)
        thing = self.some(slot, lambda n, p: (
            n.name in done and n.name not in taken
            and (not slot.owner or n.name in belongings)
            and (not owner or owner.noun.name in belongings[n.name])
        ))
        if slot.owner and not owner:
            names = [n for n in belongings[thing.noun.name] if n not in taken]
            owner = self.one_owner(n for n in names if self.scene.free(self.lexicon.nouns[n]))
        binding[slot.letter] = thing
        if slot.owner:
            binding[slot.owner] = owner
        return thing, owner

    def cast_place(self, event, pattern, binding, taken):
        """Choose the preposition and the place, or whom something is given to."""
        slot = pattern.place
        place = binding.get(slot.letter)
        if pattern.verb == "give":
            event.preposition = "to"
            event.place = place or self.some(
                slot, lambda n, p: "being" in n.kinds and n.name not in taken
            )
            return
        who = event.object or event.subject
        names = (
            ("near", "in", "on", "under") if pattern.preposition == ANY_PLACE
            else (pattern.preposition,)
        )
        options = [
            (name, where) for (name, where), there in self.lexicon.places.items()
            if name in names and who.noun.name in there
            and (where == place.noun.name if place else where not in taken)
            and (place or self.scene.free(self.lexicon.nouns[where]))
            and (not slot.names or where in slot.names)
        ]
        event.preposition, where = self.chance.pick(options)
        event.place = place or Named(self.lexicon.nouns[where])

    def some(self, slot, allowed):
        """A new Named for a slot that is allowed. Raises Blocked.

        Feminine creatures and masculine things are twice as likely, for the lexicon has half as
        many of them as of the others.
        """
        entries = self.entries(slot.names)
        for _ in range(TRIES):
            noun, plural = self.chance.pick(entries)
            if self.scene.free(noun) and allowed(noun, plural):
                return Named(noun, plural)
        return Named(*self.chance.pick(
            (noun, plural) for noun, plural in entries
            if self.scene.free(noun) and allowed(noun, plural)
        ))

    @cache  # noqa: B019
    def entries(self, names):
        """All (noun, plural) of some nouns, the scarce ones more than once."""
        nouns = [self.lexicon.nouns[name] for name in names or self.lexicon.nouns]
        return [
            (noun, plural) for noun in nouns for plural in noun.numbers
            for _ in range(weight(noun, plural))
        ]

    def check_sense(self, conjunction, event):
        """Nothing twice, nothing after it is gone, nobody busy while asleep. Raises Blocked."""
        pattern, scene = event.pattern, self.scene
        if pattern.verb:
            opposite = (
                scene.verbs.get(pattern.verb) is (not pattern.negative)
                and self.event.pattern.verb == pattern.verb and conjunction in ("but", "so")
            )
            if pattern.verb in scene.verbs and not opposite:
                raise Blocked
        if self.event and not (self.goes_for_it(conjunction, event) and self.follows(
                conjunction, event) and self.needed(event)):
            raise Blocked
        if pattern.verb == "give" and not self.welcome(event):
            raise Blocked
        if pattern.verb == "carry" and event.place and event.place.noun.name == "nest" and (
                "flyer" not in event.subject.noun.kinds):
            raise Blocked
        names = [part.noun.name for part in (event.subject, event.object) if part]
        if not pattern.verb and event.place and names[0] in scene.placed:
            raise Blocked
        if not pattern.quality and scene.gone & set(names):
            raise Blocked
        passive = pattern.negative and pattern.verb in ("see", "hear", "find")
        verb = self.lexicon.verbs.get(pattern.verb)
        if conjunction in ("and", "then", "so") and scene.past and verb:
            follows = conjunction != "and" or self.event.pattern.verb
            if verb.tense == "imparfait" and follows:
                raise Blocked  # what comes next is told by what happened: puis il a, not il voulait
        if event.subject.noun.name in scene.still and not passive and conjunction not in LAST:
            raise Blocked
        if pattern.quality:
            self.describe(event.subject.noun, self.lexicon.quality(
                pattern.quality, event.subject.noun, event.subject.plural))

    def goes_for_it(self, conjunction, event):
        """Whether someone who goes somewhere can have what it wants there, and then does so."""
        verb, last, said = event.pattern.verb, self.event, self.scene.said
        if verb == "go":
            busy = last.place and last.pattern.verb in ("seek", "want", "sing", "sleep", "wait")
            return not busy and not (conjunction == "so" and "object" in last.owners)
        purposeful = len(said) > 1 and said[-1][0].name == "so"
        if last.pattern.verb != "go" or not purposeful or conjunction not in ("and", "then"):
            return True
        before = said[-2][1]
        tired = bool(before.quality) and before.quality.name == "tired"
        loved = bool(before.verb) and before.verb.name == "love"
        if verb == "find" and before.verb and before.verb.name in HOPED_FOR:
            return False  # it is looking for something else
        return verb != "take" and tired == (verb == "sleep") and (verb != "sing" or loved)

    def follows(self, conjunction, event):
        """Whether a cause or an effect is one, and the only one."""
        pattern, scene, last = event.pattern, self.scene, self.event
        later = len(scene.said) > 1
        new = event.subject.noun.name not in scene.mentioned
        if conjunction in LAST and pattern.verb == "sing" and last.pattern.verb == "hear" and later:
            return not scene.said[-2][1].place  # else it was heard somewhere else
        if conjunction == "for" and pattern.quality == "empty" and "object" in last.owners:
            return False  # it was not in there
        if conjunction in LAST and last.pattern.verb == "lose" and last.place:
            return False  # where it was lost has been said
        if conjunction == "for" and last.pattern.negative and last.pattern.verb in ("see", "hear"):
            return not later  # else what came before is reason enough
        if conjunction == "so" and pattern.verb == "find" and pattern.negative and new and later:
            return False  # nobody has looked for it
        thing = not last.pattern.verb and "being" not in last.subject.noun.kinds
        if thing and new and conjunction in ("so", "and"):  # else someone has to do with it
            return all("being" not in named.noun.kinds for named in scene.mentioned.values())
        if pattern.quality == "tired" and last.pattern.verb == "carry":
            return (last.object.noun.name, "weight") in scene.described
        return True

    def needed(self, event):
        """Whether what is found, drunk or taken is what was missing."""
        pattern, scene, thing = event.pattern, self.scene, event.object
        if pattern.verb == "find" and "hungry" in scene.adjectives and "food" in thing.noun.kinds:
            return self.eats(event.subject, thing)
        if pattern.verb == "drink" and not pattern.negative and "empty" in scene.adjectives:
            return thing.noun.name != "water" or "water" in scene.mentioned
        if pattern.verb == "take" and self.event.pattern.verb == "find":
            return not {"seek", "lose", "want"} & set(scene.verbs)  # else that goes without saying
        return True

    def welcome(self, event):
        """Whether someone would be glad of what is given: food, a drink, what they may own."""
        thing, name = event.object.noun, event.place.noun.name
        if "food" in thing.kinds:
            return self.eats(event.place, event.object)
        return "liquid" in thing.kinds or name in self.lexicon.belongings.get(thing.name, ())

    def eats(self, someone, food):
        """Whether someone eats that; both are Named."""
        return food.noun.name in self.lexicon.verbs["eat"].doing.get(someone.noun.name, ())

    def remember(self, event, clause):
        """Note what the clause changes."""
        scene, pattern = self.scene, event.pattern
        phrases = clause.phrases()
        owners = {phrase.owner.noun.name for phrase in phrases if isinstance(phrase.owner, Phrase)}
        parts = (event.subject, event.object, event.fear, event.place)
        scene.owners = (scene.owners | owners) - {part.noun.name for part in parts if part}
        for phrase in phrases:
            scene.mentioned.setdefault(phrase.noun.name, bare(phrase))
        for inner in clause.and_relatives(phrases):
            if inner.verb:
                scene.verbs[inner.verb.name] = inner.negative
            if isinstance(inner.object, Gap) and inner.verb.name in ("eat", "drink", "break"):
                scene.gone.add(inner.object.noun.name)
            if inner.place:
                scene.placed |= {p.noun.name for p in (inner.subject, inner.object) if p}
        if pattern.verb:
            scene.verbs[pattern.verb] = pattern.negative
        if pattern.verb in ("eat", "drink", "break") and not pattern.negative:
            if pattern.verb != "break" or event.object.noun.name in ("jug", "cup"):
                scene.gone.add(event.object.noun.name)
        if pattern.verb in STILL and not pattern.negative:
            scene.still.add(event.subject.noun.name)
        if pattern.there:
            scene.placed.add(event.subject.noun.name)
        thing = clause.object
        if isinstance(thing, Phrase) and not thing.owner:
            if pattern.verb in HOPED_FOR and thing.determiner == "some":
                scene.hoped.add(thing.noun.name)
            if thing.determiner == "any":
                scene.denied.add(thing.noun.name)

    # ------------------------------------------------------------------ wording

    def word(self, conjunction, event):
        """The Clause of an event. Raises Blocked."""
        pattern = event.pattern
        verb = self.lexicon.verbs.get(pattern.verb)
        past = self.scene.past or (conjunction == "for" and happened(verb))
        clause = Clause(
            self.word_subject(conjunction, event), verb, pattern.negative, past,
            quality=pattern.quality and self.lexicon.quality(
                pattern.quality, *event.subject.entity()) or None,
        )
        if event.object:
            clause = clause.change(object=self.word_object(conjunction, event, clause))
            clause = self.told_apart(clause)
        if event.fear:
            clause = clause.change(fear=self.name(event.fear, event))
        if pattern.there:
            last = self.event
            beloved = last.object and "place" in last.object.noun.kinds
            if last.preposition != "to" and not beloved:
                raise Blocked
            clause = clause.change(there=True)
        elif event.place:
            clause = self.located(clause, event, event.preposition, event.place)
        elif verb and not pattern.negative and self.chance.happens(PLACED):
            if not self.event or verb.name == "shine":
                clause = self.somewhere(clause, event, verb, plain=bool(self.event))
        burden = conjunction == "for" and self.event.pattern.quality == "tired"
        if burden and pattern.verb == "carry" and (
                (event.object.noun.name, "weight") not in self.scene.described):
            raise Blocked
        self.check_emptiness()
        return clause

    def word_subject(self, conjunction, event):
        """Nothing, a pronoun or a phrase."""
        subject = event.subject
        if subject.noun.name not in self.scene.mentioned:
            return self.phrase(subject, event, role="subject")
        last = self.scene.said[-1][1]
        if subject.noun.name in self.scene.hoped | self.scene.denied:
            raise Blocked  # there may be none
        if conjunction in ("and", "then"):
            if last.subject.noun != subject.noun or ends_in_relative(last):
                raise Blocked
            return Gap(*subject.entity())
        able = conceivable_subjects(self.lexicon, event.pattern.verb, event.pattern.quality)
        if subject.noun.name not in self.scene.owners and not self.rivals(subject, able, ()):
            return Pronoun(*subject.entity())
        if last.subject.noun == subject.noun:
            raise Blocked
        return self.again(subject)

    def told_apart(self, clause):
        """Not "it took it": one of two like pronouns gives way. Raises Blocked."""
        subject, thing = clause.subject, clause.object
        alike = isinstance(subject, Pronoun) and isinstance(thing, Pronoun)
        if not alike or subject.english() != thing.english():
            return clause
        if self.scene.said[-1][1].subject.noun == subject.noun:
            raise Blocked
        return clause.change(subject=self.again(subject))

    def word_object(self, conjunction, event, clause):
        """A pronoun, some or any, or a phrase."""
        thing, verb = event.object, clause.verb
        name = thing.noun.name
        if name not in self.scene.mentioned:
            owner = event.owners["object"] if event.pattern.object.owner else None
            return self.phrase(thing, event, role="object", owner=owner)
        if name in self.scene.hoped | self.scene.denied:
            if verb.name not in ("find", "see", "drink", "eat"):
                raise Blocked
            if name in self.scene.denied and (conjunction != "but" or clause.negative):
                raise Blocked  # there may be none
            wished = self.event.pattern.verb in HOPED_FOR
            if wished and event.subject.noun != self.event.subject.noun:
                raise Blocked
            if any(many(other) and other.noun.name in verb.able and other.noun.name != name
                   for other in self.scene.mentioned.values()):
                raise Blocked  # some of what?
            self.scene.hoped.discard(name)
            self.scene.denied.discard(name)
            if clause.negative:
                self.scene.denied.add(name)
            elif not thing.plural:
                self.scene.gone.add(name)  # not "found some and drank it"
            return Part(*thing.entity())
        rivals = self.rivals(thing, verb.able, (event.subject.noun.name,))
        if name not in self.scene.owners and not rivals:
            return Pronoun(*thing.entity())
        if isinstance(clause.subject, Gap):
            raise Blocked
        return self.again(thing)

    def again(self, named):
        """The bare noun again; of a thing not right after it was named. Raises Blocked."""
        if not self.scene.said:
            raise Blocked
        last = self.scene.said[-1][1]
        just = any(phrase.noun == named.noun for phrase in last.phrases())
        if just and "being" not in named.noun.kinds or named.noun.name in self.scene.repeated:
            raise Blocked
        self.scene.repeated.add(named.noun.name)
        return Phrase(*named.entity())

    def name(self, named, event):
        """A phrase for someone after a preposition: new, or the bare noun again."""
        if named.noun.name in self.scene.mentioned:
            if named.noun.name in self.scene.hoped | self.scene.denied:
                raise Blocked
            return self.again(named)
        return self.phrase(named, event, role="place")

    def rivals(self, named, able, excluded):
        """Other nouns mentioned that the same pronoun, in either language, could mean."""
        return [
            other for name, other in self.scene.mentioned.items()
            if other.noun != named.noun and name in able and name not in excluded
            and (other.english() == named.english() or other.french() == named.french())
        ]

    # ------------------------------------------------------------------ phrases

    def describe(self, noun, adjective):
        """Note that an adjective is said of a noun. Raises Blocked if its group was used."""
        fact = (noun.name, "mood" if adjective.group in ("need", "fear") else adjective.group)
        if fact in self.scene.described:
            raise Blocked
        if adjective.name in self.scene.adjectives:
            raise Blocked
        self.scene.described.add(fact)
        self.scene.adjectives.add(adjective.name)

    def phrase(self, named, event, role, owner=None):
        """A noun phrase for someone or something new, decorated at random."""
        noun, plural = named.entity()
        if not self.scene.free(noun):
            raise Blocked
        self.scene.mentioned[noun.name] = bare(named)
        determiner = self.determiner(named, event, role)
        phrase = Phrase(noun, plural, determiner)
        if role != "subject" or event.pattern.verb or not self.event:
            owner = owner or self.some_owner(named, event, determiner)
        if owner:
            event.owners.setdefault(role, owner)
            phrase = changed(phrase, determiner="", owner=self.word_owner(owner, event, noun))
        full = noun.name == "well" or (owner and role == "place")
        phrase = self.decorate(phrase, OWNED_DECORATED if owner else DECORATED, full)
        followed = role == "object" and event.place or event.pattern.verb == "give"
        if followed or owner:
            return phrase  # what follows could belong to a relative clause
        if determiner == "the" and not self.event and self.chance.happens(0.3):
            content = self.content(named, event)
            if content:
                return changed(phrase, of=content)
        relative = determiner != "any" and "sky" not in noun.kinds
        if self.event and role == "subject" and event.pattern.quality in MOODS:
            relative = False
        if relative and self.chance.happens(RELATIVE * self.richness):
            relative = self.relative(named, event, role)
            if relative:
                return changed(phrase, relative=relative)
        return phrase

    def determiner(self, named, event, role):
        """the, a, some or any."""
        noun, plural = named.entity()
        pattern = event.pattern
        several = many(named)
        if {"place", "sky"} & set(noun.kinds) or pattern.verb in PLAIN_AFTER and not several:
            indefinite = "place" in noun.kinds and noun.name in ("tree", "house", "nest")
            return "a" if indefinite and self.chance.happens(0.3) else "the"
        if role == "object" and pattern.negative:
            hidden = pattern.verb in ("find", "see", "drink", "eat", "want")
            return "any" if several and hidden and self.chance.happens(0.75) else "the"
        drained = self.event and self.event.pattern.quality == "empty"
        if role == "object" and several and pattern.verb != "love" and not drained:
            often = 0.75 if pattern.verb in HOPED_FOR else 0.4
            return "some" if self.chance.happens(often) else "the"
        if role == "place" and noun.name in ("jug", "stone", "basket", "cup", "hill"):
            return "a" if self.chance.happens(0.4) else "the"
        countable = not several and pattern.verb not in ("love", *HOPED_FOR)
        able = role == "object" or (role == "subject" and not self.event and pattern.verb
                                    and not pattern.negative)
        return "a" if countable and able and self.chance.happens(0.2) else "the"

    def some_owner(self, named, event, determiner):
        """Someone whom a new thing may belong to, or None."""
        owners = self.lexicon.belongings.get(named.noun.name, ())
        if determiner != "the" or not owners or not self.chance.happens(self.owned):
            return None
        subject = event.subject
        other = event.place if event.place and event.place.noun == named.noun else None
        if subject.noun.name in owners and subject.noun != named.noun:
            own = other or event.pattern.verb not in NOT_ONES_OWN
            if self.rivals(subject, owners, ()):
                own = False  # whose?
            if own and self.chance.happens(0.9 if subject.plural else 0.6):
                return subject
        parts = (event.subject, event.object, event.place, event.fear, *event.owners.values())
        busy = {part.noun.name for part in parts if part}
        names = [n for n in owners if n not in busy and self.scene.free(self.lexicon.nouns[n])]
        return self.one_owner(names) if names else None

    def one_owner(self, names):
        """A Named that can stand before 's: the crow 's, the children 's, not the crows '."""
        nouns = [self.lexicon.nouns[name] for name in names]
        return Named(*self.chance.pick(
            (noun, plural) for noun in nouns for plural in noun.numbers
            if not (plural and noun.english_plural.endswith("s"))
        ))

    def word_owner(self, owner, event, thing):
        """its, or the owner as a phrase. Raises Blocked when "its" could be someone else's."""
        if owner.noun.name not in self.scene.mentioned:
            self.scene.mentioned[owner.noun.name] = bare(owner)
            return self.decorate(Phrase(*owner.entity()), OWNER_DECORATED)
        if owner.noun != event.subject.noun:
            if owner.noun.name in self.scene.owners:
                return Phrase(*owner.entity())
            beings = self.lexicon.members("being")
            if self.rivals(owner, beings, ()):
                raise Blocked
        elif self.rivals(owner, self.lexicon.belongings.get(thing.name, ()), ()):
            raise Blocked
        return Pronoun(*owner.entity())

    def decorate(self, phrase, chance=DECORATED, full=False):
        """The phrase with none, one or two adjectives; `full`: not "empty"."""
        if not self.chance.happens(chance):
            return phrase
        noun, plural = phrase.entity()
        fitting = [a for a in self.fitting(noun, plural) if self.fresh(noun, a)
                   and not (full and a.name == "empty")]
        if phrase.determiner == "some" and "mass" in noun.kinds:
            fitting = [a for a in fitting if a.place == "after"]
        if not fitting:
            return phrase
        first = self.chance.pick([a for a in fitting for _ in range(RARE.get(a.group, 3))])
        chosen = [first]
        if self.chance.happens(DESCRIBED_TWICE):
            partners = [a for a in fitting if a.place != first.place and go_together(first, a)]
            chosen += [self.chance.pick(partners)] if partners else []
        for adjective in chosen:
            self.describe(noun, adjective)
            self.scene.empty = self.scene.empty or adjective.name == "empty"
        places = {adjective.place: adjective for adjective in chosen}
        return changed(phrase, before=places.get("before"), after=places.get("after"))

    @cache  # noqa: B019
    def fitting(self, noun, plural):
        """The adjectives that may stand with a noun."""
        adjectives = [a for a in self.lexicon.adjectives if a.place != "state"]
        return [a for a in adjectives if a.fits(noun, plural)]

    def fresh(self, noun, adjective):
        """Whether nothing of this sort has been said of the noun, nor this of another."""
        said = (noun.name, adjective.group) in self.scene.described
        return not said and adjective.name not in self.scene.adjectives

    def content(self, named, event):
        """What it is "of" (the water of the well), or None."""
        names = self.lexicon.contents.get(named.noun.name, ())
        names = [n for n in names if self.scene.free(self.lexicon.nouns[n])]
        if not names or event.place and event.place.noun != named.noun:
            return None
        noun = self.lexicon.nouns[self.chance.pick(names)]
        self.scene.mentioned[noun.name] = Named(noun)
        return self.decorate(Phrase(noun), 0.3)

    def check_emptiness(self):
        """No liquid in the sentence beside an empty thing that is not the news. Raises Blocked."""
        scene = self.scene
        if scene.empty and {"water", "milk", "egg", "pebbles", "basket"} & set(scene.mentioned):
            raise Blocked

    # ------------------------------------------------------------------ places

    def located(self, clause, event, preposition, place):
        """The clause with a place, or with the one that something is given to."""
        link = self.lexicon.prepositions[preposition]
        return clause.change(preposition=link, place=self.name(place, event))

    def somewhere(self, clause, event, verb, plain):
        """The clause with a place that suits it, if there is one; `plain`: nothing said of it."""
        if isinstance(clause.object, Part) or event.place:
            return clause
        who = event.subject if verb.name in ("sing", "sleep", "wait", "drink", "eat") else (
            event.object or event.subject)
        options = [
            (name, where) for (name, where), there in self.lexicon.places.items()
            if name in verb.where and who.noun.name in there
            and self.scene.free(self.lexicon.nouns[where])
            and not (event.object and where == event.object.noun.name)
        ]
        if not options or (isinstance(clause.object, Phrase) and clause.object.relative):
            return clause
        if {event.subject.noun.name, who.noun.name} & self.scene.placed:
            return clause
        preposition, where = self.chance.pick(options)
        event.preposition, event.place = preposition, Named(self.lexicon.nouns[where])
        if plain:
            self.scene.mentioned[where] = event.place
            link = self.lexicon.prepositions[preposition]
            return clause.change(preposition=link, place=Phrase(event.place.noun))
        return self.located(clause, event, preposition, event.place)

    # ------------------------------------------------------------------ relative clauses

    def relative(self, named, event, role):
        """A relative clause about someone or something, or None."""
        kinds = set(named.noun.kinds)
        section = "someone" if "being" in kinds else "somewhere" if "place" in kinds else None
        if section is None:
            told = event.pattern.quality in ("small", "beautiful", "old", "heavy")
            lasting = told and role == "subject"
            section = "broken" if lasting and self.chance.happens(0.5) else "something"
        pattern = self.chance.pick(self.scenes.relatives[section])
        if pattern.negative and "negated relative" not in self.allowed:
            return None
        scene = self.scene.copy()
        try:
            return self.say_relative(pattern, named, event, role)
        except Blocked:
            self.scene = scene
            return None

    def say_relative(self, pattern, named, event, role):
        """The relative clause of a pattern, with a Gap for the one that is meant."""
        verb = self.lexicon.verbs.get(pattern.verb)
        if pattern.verb and pattern.verb in (*self.scene.verbs, event.pattern.verb):
            raise Blocked
        if pattern.quality and event.pattern.quality:
            raise Blocked
        if pattern.negative and role == "subject" and event.pattern.verb:
            raise Blocked
        if pattern.preposition and (event.place or event.pattern.verb in MOVED):
            raise Blocked
        if role == "place" and verb and verb.tense in DONE:
            raise Blocked  # not "fell into the jug that the boy lost"
        if event.pattern.quality == "empty" and pattern.verb in ("break", "fall", "throw"):
            raise Blocked
        if pattern.verb == "break" and (role == "place" or event.pattern.verb in FOR_WHOLE_THINGS):
            raise Blocked
        if role == "subject" and pattern.subject.letter != "*" and event.pattern.verb:
            raise Blocked  # not "the goose that the crow heard saw a mouse"
        if pattern.verb == "sleep" and role == "subject" and event.pattern.verb:
            raise Blocked
        parts = (event.subject, event.object, event.place, event.fear, *event.owners.values())
        busy = {part.noun.name: part for part in parts if part and part.noun != named.noun}
        inner = self.cast(pattern, {"*": named})
        new = [inner.subject, inner.object, inner.fear, inner.place, *inner.owners.values()]
        if any(part and part.noun.name in busy for part in new):
            raise Blocked
        past = self.scene.past or happened(verb)
        clause = Clause(Gap(*named.entity()), verb, pattern.negative, past)
        if pattern.quality:
            clause = clause.change(quality=self.lexicon.quality(pattern.quality, *named.entity()))
            self.describe(named.noun, clause.quality)
        if inner.subject is not named:
            clause = clause.change(subject=self.simple(inner.subject, inner, busy))
        if inner.object:
            own = inner.object is named
            clause = clause.change(
                object=Gap(*named.entity()) if own else self.simple(inner.object, inner, busy)
            )
        if inner.fear:
            clause = clause.change(fear=self.simple(inner.fear, inner, busy))
        if inner.place:
            if inner.place is named:
                raise Blocked
            link = self.lexicon.prepositions[inner.preposition]
            clause = clause.change(preposition=link, place=self.simple(inner.place, inner, busy))
        return clause

    def simple(self, named, inner, busy):
        """A phrase inside a relative clause, with an adjective or an owner at most, not `busy`."""
        self.scene.mentioned[named.noun.name] = bare(named)
        noun, plural = named.entity()
        phrase = Phrase(noun, plural)
        owners = self.lexicon.belongings.get(noun.name, ())
        subject = inner.subject
        if owners and subject.noun != noun and self.chance.happens(0.5):
            names = [n for n in owners if n not in busy
                     and self.scene.free(self.lexicon.nouns[n])]
            own = inner.pattern.verb in OWN_IN_RELATIVE or named is not inner.object
            own = own and subject.noun.name in owners and not self.rivals(subject, owners, ())
            if own and self.chance.happens(0.5):
                return changed(phrase, determiner="", owner=Pronoun(*subject.entity()))
            if names and "owner in relative" in self.allowed:
                owner = self.one_owner(names)
                self.scene.mentioned[owner.noun.name] = owner
                return changed(phrase, determiner="", owner=Phrase(*owner.entity()))
        return self.decorate(phrase, 0.3)


def happened(verb):
    """Whether a verb tells what happened, not what lasts: past in any case after "for" and "that".
    """
    return bool(verb) and verb.tense in DONE and not verb.lasting


def ends_in_relative(clause):
    """Whether the last phrase of a clause has a relative clause."""
    parts = [clause.place, clause.fear, clause.object]
    last = next((part for part in parts if part), None)
    return isinstance(last, Phrase) and last.relative is not None


def go_together(first, second):
    """Whether two adjectives may share a noun: "small black", "wise old"."""
    before, after = (first, second) if first.place == "before" else (second, first)
    if after.group == "colour":
        return before.name in COLOURED
    return after.group in ("mood", "mind") and before.name in AGED


def conceivable_subjects(lexicon, verb, quality):
    """Names of the nouns that a listener could imagine as a subject; "" for no verb or quality."""
    if verb == "fall":
        return lexicon.members("thing being")
    if verb in ("rise", "shine"):
        return lexicon.members("liquid river sky ring")
    if verb:
        return lexicon.members("being")
    if quality in ("small", "big", "beautiful", "old"):
        return tuple(lexicon.nouns)
    if quality == "heavy":
        return lexicon.members("thing")
    if quality == "cold":
        return lexicon.members("liquid river stone")
    if quality == "empty":
        return lexicon.members("place jug cup basket")
    return lexicon.members("being" if quality else "being thing liquid")
