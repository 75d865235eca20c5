"""What may be said: random sentences of one to six clauses that make sense together.

A sentence grows clause by clause. Each new clause follows from the one before it by one of the
*moves* below (the same one goes on, another does the opposite, a reason is given, ...). A move
that finds nothing to say raises `Blocked`, and another is tried. Three rules hold everywhere:

* who does what is limited by the lexicon (stones do not drink);
* a noun is named once in a sentence; later clauses use a pronoun or another noun;
* a pronoun is allowed only when just one earlier noun can be meant.
"""

import random
from dataclasses import dataclass, field
from functools import cache

from grammar import Clause, Phrase, Pronoun, conceivable

CONTRASTS = {  # "small , but swift": what a listener would not expect of the first
    "small": ("swift", "wise", "beautiful", "heavy", "happy"),
    "old": ("swift", "beautiful", "happy"),
    "young": ("wise", "sad"),
    "big": ("shy", "sad", "swift", "fragile", "empty"),
    "beautiful": ("shy", "sad", "cold", "empty", "fragile", "heavy", "old"),
    "shy": ("swift", "happy", "beautiful", "big"),
    "wise": ("sad", "shy"),
    "heavy": ("fragile", "beautiful"),
}
COLOURED = ("small", "big", "beautiful", "old", "new", "young")  # these go with a colour
AGED = ("old", "young")  # these go with a mood or a mind: the wise old owl
NEVER_FOLLOWED_BY_AND = "when"


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
class Scene:
    """What has been said so far in one sentence."""

    said: list = field(default_factory=list)  # (conjunction or None, Clause)
    mentioned: list = field(default_factory=list)  # (noun, plural), in order
    described: set = field(default_factory=set)  # (noun name, adjective group)
    placed: set = field(default_factory=set)  # names of nouns whose place is told
    verbs: list = field(default_factory=list)  # names of the verbs used

    def copy(self):
        """A scene that can be changed without changing this one."""
        return Scene(
            list(self.said), list(self.mentioned), set(self.described), set(self.placed),
            list(self.verbs),
        )

    def used(self):
        """Names of the nouns that the sentence may not name (again); one light in the sky."""
        names = {noun.name for noun, _ in self.mentioned}
        return names | {"sun", "moon"} if names & {"sun", "moon"} else names

    def last(self):
        """The latest clause."""
        return self.said[-1][1]

    def count(self, conjunction):
        """How often a conjunction has been used."""
        return sum(1 for link, _ in self.said if link and link.name == conjunction)


class Storyteller:
    """Makes random sentences from a lexicon and a seed."""

    def __init__(self, lexicon, seed):
        """All draws come from one stream, so the order of the calls matters."""
        self.lexicon = lexicon
        self.chance = Chance(seed)
        self.scene = Scene()
        self.moves = {
            self.same_one_goes_on: 8,
            self.another_joins: 5,
            self.same_one_acts_on_it: 6,
            self.another_acts_on_it: 6,
            self.opposite_of_same_one: 6,
            self.in_vain: 2,
            self.another_does_not: 3,
            self.unexpected_quality: 3,
            self.then_same_one: 3,
            self.then_another: 2,
            self.mood_and_its_cause: 5,
            self.reason: 8,
            self.whenever: 5,
        }

    # ------------------------------------------------------------------ sentences

    def sentence(self, clauses):
        """A sentence of this many clauses: a list of (conjunction or None, Clause)."""
        while True:
            try:
                self.scene = Scene()
                self.say(None, self.opening())
                for _ in range(clauses - 1):
                    self.follow_up()
                return self.with_commas()
            except Blocked:
                continue

    def with_commas(self):
        """The sentence of the scene, with "A and B and C" turned into "A , B and C"."""
        said = self.scene.said
        names = [link.name if link else None for link, _ in said] + [None]
        comma = self.lexicon.conjunctions["comma"]
        return [
            (comma if names[n] == names[n + 1] == "and" else link, clause)
            for n, (link, clause) in enumerate(said)
        ]

    def follow_up(self):
        """Add one clause by the first of a few random moves that works."""
        for _ in range(12):
            before = self.scene.copy()
            try:
                self.say(*self.chance.weighted(self.moves)())
                return
            except Blocked:
                self.scene = before
        raise Blocked

    def say(self, conjunction, clause):
        """Check that the clause may follow, and add it to the scene. Raises Blocked."""
        link = self.lexicon.conjunctions[conjunction] if conjunction else None
        self.check_conjunction(conjunction)
        self.check_pronouns(clause)
        self.scene.mentioned += clause.nouns()
        if clause.adjective:
            self.describe(clause.subject.noun, clause.adjective)
        if clause.verb:
            self.scene.verbs.append(clause.verb.name)
        self.scene.said.append((link, clause))

    def check_conjunction(self, conjunction):
        """No conjunction too often, and no "and" that could belong under a "when"."""
        limit = {"for": 1, "when": 1, "then": 2, "but": 2, "and": 3}.get(conjunction)
        if limit is not None and self.scene.count(conjunction) >= limit:
            raise Blocked
        last = self.scene.said[-1][0] if self.scene.said else None
        if last and last.name == conjunction != "and":
            raise Blocked
        if last and last.name == NEVER_FOLLOWED_BY_AND and conjunction == "and":
            raise Blocked

    # ------------------------------------------------------------------ pronouns

    def check_pronouns(self, clause):
        """Every pronoun must have one possible antecedent, in English and in French."""
        for role in ("subject", "object"):
            pronoun = getattr(clause, role)
            if isinstance(pronoun, Pronoun):
                able = conceivable(self.lexicon, clause, role)
                others = [Pronoun(*entry) for entry in self.scene.mentioned]
                fits = [
                    other for other in others if other.noun.name in able
                    and (other.english() == pronoun.english() or other.french() == pronoun.french())
                ]
                if fits != [pronoun]:
                    raise Blocked

    # ------------------------------------------------------------------ phrases

    def describe(self, noun, adjective):
        """Note that an adjective is said of a noun. Raises Blocked if its group was used."""
        fact = (noun.name, adjective.group)
        if fact in self.scene.described:
            raise Blocked
        self.scene.described.add(fact)

    def phrase(self, noun, plural, definite=True, plain=False):
        """A noun phrase, decorated at random unless `plain`. Raises Blocked if named already."""
        if noun.name in self.scene.used():
            raise Blocked
        self.scene.mentioned.append((noun, plural))
        before, after = self.decoration(noun, plural)
        for adjective in (before, after):
            if adjective:
                self.describe(noun, adjective)
        owner = None
        if definite and not plain and self.chance.happens(0.16):
            owner = self.owner(noun)
        self.scene.mentioned.remove((noun, plural))
        return Phrase(noun, plural, definite, before, after, owner)

    def decoration(self, noun, plural):
        """None, one or two adjectives: (before the French noun, after it)."""
        if not self.chance.happens(0.41):
            return None, None
        fitting = self.fitting(noun.name, plural)
        if not fitting:
            return None, None
        first = self.chance.pick(fitting)
        if not self.chance.happens(0.25):
            return (first, None) if first.before else (None, first)
        partners = [a for a in fitting if a.before != first.before and go_together(first, a)]
        if not partners:
            return (first, None) if first.before else (None, first)
        second = self.chance.pick(partners)
        return (first, second) if first.before else (second, first)

    def owner(self, noun):
        """The phrase after "of", or None."""
        used = self.scene.used()
        names = [name for name in self.lexicon.belongings.get(noun.name, ()) if name not in used]
        if not names:
            return None
        other = self.lexicon.nouns[self.chance.pick(names)]
        return self.phrase(other, self.chance.pick(other.numbers), plain=True)

    def some_noun(self, names, allowed=None):
        """A (noun, plural) among the names, not yet used, that is allowed. Raises Blocked."""
        used = self.scene.used()
        return self.chance.pick(
            (noun, plural) for noun, plural in self.entries(tuple(names))
            if noun.name not in used and (allowed is None or allowed(noun, plural))
        )

    @cache  # noqa: B019
    def entries(self, names):
        """All (noun, plural) of the names, people twice, or "him" and "her" would be rare words."""
        nouns = [self.lexicon.nouns[name] for name in names]
        return [
            (noun, plural) for noun in nouns for plural in noun.numbers
            for _ in range(2 if "person" in noun.kinds else 1)
        ]

    @cache  # noqa: B019
    def fitting(self, noun_name, plural):
        """The adjectives that may describe a noun in this number."""
        noun = self.lexicon.nouns[noun_name]
        return [a for a in self.lexicon.adjectives.values() if a.fits(noun, plural)]

    def subject(self, names, allowed=None, indefinite=False):
        """A new subject phrase."""
        noun, plural = self.some_noun(names, allowed)
        indefinite = indefinite and "landmark" not in noun.kinds
        return self.phrase(noun, plural, self.article(noun, plural, indefinite))

    def article(self, noun, plural, indefinite):
        """Whether the phrase is definite: always, if plural, uncountable or unique."""
        countable = not plural and not set(noun.kinds) & {"liquid", "meadow", "sky"}
        return not (indefinite and countable and self.chance.happens(0.3))

    # ------------------------------------------------------------------ clauses

    def opening(self):
        """The first clause of a sentence."""
        kind = self.chance.weighted({"quality": 25, "whereabouts": 10, "action": 65})
        negative = self.chance.happens(0.25)
        if kind == "quality":
            return self.quality(negative=negative)
        if kind == "whereabouts":
            return self.whereabouts(negative=negative)
        return self.action(negative=negative)

    def quality(self, subject=None, adjective=None, negative=False):
        """The jug is (not) heavy."""
        if subject:
            options = [
                a for a in self.lexicon.adjectives.values()
                if a.predicate and a.fits(subject.noun, subject.plural)
                and adjective in (None, a.name)
            ]
            return Clause(subject, None, negative, adjective=self.chance.pick(options))
        options = [a for a in self.lexicon.adjectives.values() if a.predicate]
        chosen = self.chance.pick(options)
        return Clause(self.subject(chosen.describes, chosen.fits), None, negative, adjective=chosen)

    def whereabouts(self, subject=None, negative=False):
        """The jug is (not) near the well."""
        names = ("near", "in", "on", "under")
        if subject is None:
            name, place = self.chance.pick([key for key in self.lexicon.places if key[0] in names])
            who = self.lexicon.places[name, place]
            subject = self.subject([noun for noun in who if noun != place])
            names = (name,)
        clause = Clause(subject, None, negative)
        return self.located(clause, names, subject, certain=True)

    def located(self, clause, names, whose, certain=False):
        """Add a place to a clause, where the lexicon lets `whose` noun be. Raises Blocked."""
        if not certain and not self.chance.happens(0.38):
            return clause
        taken = self.scene.used() | {noun.name for noun, _ in clause.nouns()}
        options = [
            (name, place) for (name, place), who in self.lexicon.places.items()
            if name in names and whose.noun.name in who and place not in taken
        ]
        if not options or whose.noun.name in self.scene.placed:
            if certain:
                raise Blocked
            return clause
        if not clause.negative:
            self.scene.placed.add(whose.noun.name)
        name, place = self.chance.pick(options)
        noun = self.lexicon.nouns[place]
        mentioned = list(self.scene.mentioned)
        self.scene.mentioned += clause.nouns()
        phrase = self.phrase(noun, self.chance.pick(noun.numbers))
        self.scene.mentioned = mentioned
        return clause.change(preposition=self.lexicon.prepositions[name], place=phrase)

    def action(self, subject=None, verb=None, negative=False, thing=None, place=True):
        """The crow drinks / does not drink (the water) (near the well).

        `subject` and `thing` (the object) may be given as pronouns, `verb` as a Verb.
        """
        if verb is None:
            verb = self.some_verb(subject)
        if subject is None:
            subject = self.subject(verb.subjects, verb.takes, indefinite=not negative)
        self.check_verb(verb, subject, negative)
        clause = Clause(subject, verb, negative)
        if thing is not None:
            clause = clause.change(object=thing)
        elif verb.needs == "must" or (verb.needs == "may" and self.chance.happens(0.6)):
            clause = clause.change(object=self.object(clause))
        self.check_strength(clause)
        whose = clause.object if verb.of == "object" and clause.object else clause.subject
        if place and not isinstance(clause.object, Pronoun):
            clause = self.located(clause, verb.where, whose, certain=verb.name == "throw")
        return clause

    def some_verb(self, subject):
        """A verb not used yet in the sentence that the subject, if given, can take."""
        return self.chance.pick(
            verb for verb in self.lexicon.verbs.values()
            if verb.name not in self.scene.verbs
            and (subject is None or verb.takes(subject.noun, subject.plural))
        )

    def check_verb(self, verb, subject, negative):
        """Subject and verb must go together; nobody sleeps and does something else."""
        if not verb.takes(subject.noun, subject.plural):
            raise Blocked
        if negative:
            being = {"animal", "person"} & set(subject.noun.kinds)
            if verb.name == "fall" and being and "fall" not in self.scene.verbs:
                raise Blocked  # that an animal does not fall is no news
            return
        for _, clause in self.scene.said:
            same = clause.subject.noun.name == subject.noun.name and not clause.negative
            if same and clause.verb and "sleep" in (verb.name, clause.verb.name):
                raise Blocked

    def object(self, clause):
        """A new object phrase; after a negation it is definite."""
        own = [noun.name for noun, _ in clause.nouns()]
        names = [name for name in clause.verb.objects if name not in own]
        if clause.verb.name == "eat" and not clause.negative:
            names = [n for n in names if n != "grass" or "grazer" in clause.subject.noun.kinds]
        mentioned = list(self.scene.mentioned)
        self.scene.mentioned += clause.nouns()
        noun, plural = self.some_noun(names)
        free = not clause.negative and clause.verb.name not in ("love", "drink")
        phrase = self.phrase(noun, plural, self.article(noun, plural, free))
        self.scene.mentioned = mentioned
        return phrase

    def check_strength(self, clause):
        """The ant does not carry the jug, and no frog throws a stone."""
        strains = clause.verb.name in ("carry", "throw", "hide", "break")
        if strains and not clause.negative and clause.object:
            if {"little", "climber"} & set(clause.subject.noun.kinds):
                if "bulky" in clause.object.noun.kinds:
                    raise Blocked

    # ------------------------------------------------------------------ moves

    def again(self):
        """A pronoun for the subject of the latest clause."""
        subject = self.scene.last().subject
        return Pronoun(subject.noun, subject.plural)

    def it(self):
        """A pronoun for the object named in the latest clause. Raises Blocked if there is none."""
        thing = self.scene.last().object
        if thing is None:
            raise Blocked
        return Pronoun(thing.noun, thing.plural)

    def predicate(self, subject, negative):
        """Any clause about the subject of the latest one; a deed is followed by a mood at most."""
        kind = self.chance.weighted({"quality": 30, "whereabouts": 8, "action": 62})
        if kind == "action":
            return self.action(subject, negative=negative)
        if self.scene.last().verb:
            mood = self.chance.pick(("happy", "sad"))
            return self.quality(subject, mood, negative)
        if kind == "whereabouts":
            return self.whereabouts(subject, negative=negative)
        return self.quality(subject, negative=negative)

    def same_one_goes_on(self):
        """The crow sees the fox and it waits."""
        negative = self.scene.last().negative and self.chance.happens(0.6)
        return "and", self.predicate(self.again(), negative)

    def another_joins(self):
        """The moon shines and the owl flies near the river."""
        last = self.scene.last()
        if last.verb is None and self.chance.happens(0.6):
            clause = self.quality(negative=last.negative)
        else:
            clause = self.action(negative=last.negative and self.chance.happens(0.5))
        return "and", clause

    def same_one_acts_on_it(self):
        """The crow finds the cheese , then it eats it."""
        last = self.scene.last()
        if last.verb is None or last.negative:
            raise Blocked
        options = self.lexicon.sequels.get(last.verb.name, ())
        verb = self.lexicon.verbs[self.chance.pick(options)]
        thing = self.it()
        if thing.noun.name not in verb.objects or verb.name in self.scene.verbs:
            raise Blocked
        conjunction = "and" if self.chance.happens(0.5) else "then"
        return conjunction, self.action(self.again(), verb, thing=thing)

    def another_acts_on_it(self):
        """The jug is heavy , but the farmer carries it."""
        last = self.scene.last()
        thing = self.it() if last.object and self.chance.happens(0.5) else self.again()
        verb = self.chance.pick(
            v for v in self.lexicon.verbs.values()
            if thing.noun.name in v.objects and v.name not in self.scene.verbs
        )
        negative = self.chance.happens(0.5) and not (last.negative and last.verb is None)
        conjunction = "and" if negative == last.negative else "but"
        return conjunction, self.action(verb=verb, negative=negative, thing=thing)

    def opposite_of_same_one(self):
        """The dog is old , but it does not sleep."""
        last = self.scene.last()
        if last.negative and last.verb:
            return "but", self.action(self.again())
        if last.negative and last.adjective and self.chance.happens(0.6):
            return "but", self.quality(self.again())
        if last.negative and not last.adjective:
            return "but", self.whereabouts(self.again())
        return "but", self.predicate(self.again(), not self.scene.last().negative)

    def in_vain(self):
        """The crow looks for the water , but it does not find it."""
        last = self.scene.last()
        if last.verb is None or last.negative or last.verb.name not in ("seek", "hear"):
            raise Blocked
        thing = self.it()
        verb = self.lexicon.verbs[{"seek": "find", "hear": "see"}[last.verb.name]]
        if thing.noun.name not in verb.objects:
            raise Blocked
        return "but", self.action(self.again(), verb, negative=True, thing=thing)

    def another_does_not(self):
        """The crow sings , but the owl does not sing."""
        last = self.scene.last()
        if last.verb is None or (last.verb.needs == "may" and last.object is None):
            raise Blocked
        thing = self.it() if last.object else None
        if isinstance(last.object, Phrase) and not last.object.definite:
            raise Blocked  # "a fox" seen by one is not the fox missed by the other
        clause = self.action(verb=last.verb, negative=not last.negative, thing=thing, place=False)
        return "but", clause

    def unexpected_quality(self):
        """The mouse is small , but it is swift."""
        last = self.scene.last()
        if last.adjective is None or last.negative:
            raise Blocked
        name = self.chance.pick(CONTRASTS.get(last.adjective.name, ()))
        return "but", self.quality(self.again(), name)

    def then_same_one(self):
        """The fox hides the egg , then it waits."""
        self.require_deed()
        return "then", self.action(self.again(), self.deed(self.again()))

    def then_another(self):
        """The stone falls , then the bird flies."""
        self.require_deed()
        return "then", self.action(verb=self.deed(None))

    def require_deed(self):
        """Raise Blocked unless the latest clause tells something that happens."""
        last = self.scene.last()
        if last.verb is None or last.negative or last.verb.name in ("love", "shine"):
            raise Blocked

    def deed(self, subject):
        """A verb of something that happens."""
        verb = self.some_verb(subject)
        if verb.name in ("love", "shine"):
            raise Blocked
        return verb

    def mood_and_its_cause(self):
        """The crow is happy , for it drinks the water."""
        last = self.scene.last()
        if last.adjective is None or last.adjective.group != "mood":
            raise Blocked
        glad = (last.adjective.name == "happy") != last.negative
        if glad and self.chance.happens(0.35):
            return "for", self.happening(("shine", "sing"))
        names = ("find", "drink", "eat") + (() if glad else ("sleep", "sing", "fly"))
        return "for", self.action(self.again(), self.fresh(names), negative=not glad)

    def fresh(self, names):
        """One of the named verbs, not used yet in the sentence."""
        return self.lexicon.verbs[self.chance.pick(n for n in names if n not in self.scene.verbs)]

    def happening(self, names):
        """A clause with a new subject and one of the named verbs; what shines is the sky."""
        verb = self.fresh(names)
        subject = self.subject(("sun", "moon"), verb.takes) if verb.name == "shine" else None
        return self.action(subject, verb, place=verb.name != "shine")

    def reason(self):
        """The girl does not carry the jug , for it is heavy."""
        last = self.scene.last()
        if last.verb is None:
            raise Blocked
        said = ("not " if last.negative else "") + last.verb.name
        options = [
            (whose, name) for key, whose, names in self.lexicon.reasons if key == said
            for name in names if whose == "subject" or last.object
        ]
        whose, name = self.chance.pick(options)
        return "for", self.quality(self.it() if whose == "object" else self.again(), name)

    def whenever(self):
        """The children sing when the sun shines."""
        last = self.scene.last()
        happy = last.adjective and last.adjective.name == "happy" and not last.negative
        quiet = last.verb and last.verb.name in ("sing", "sleep", "wait", "fly")
        if quiet and last.verb.name == "wait" and last.negative:
            raise Blocked
        if not happy and not quiet:
            raise Blocked
        if self.chance.happens(0.45):
            names = ("drink", "eat", "sing") if happy else ("see", "hear", "eat")
            return "when", self.action(self.again(), self.fresh(names))
        return "when", self.happening(("shine", "sing", "sleep", "shine", "fall"))


def go_together(first, second):
    """Whether two adjectives may share a noun: "small black", "wise old"."""
    before, after = (first, second) if first.before else (second, first)
    if after.group == "colour":
        return before.name in COLOURED
    return after.group in ("mood", "mind") and before.name in AGED
