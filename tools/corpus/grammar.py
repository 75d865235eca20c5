"""From a meaning to an English sentence, a French sentence and the links between their words.

A meaning is a list of clauses made of phrases. Both languages are written from it, each in its
own order. Every English word carries a label of its own; every French word names the labels it
translates, `sure` or `possible`. The alignment is read off the labels, so it is right by
construction whatever the order of the words.
"""

from dataclasses import dataclass, field

from lexicon import VOWELS, Adjective, Link, Noun, Verb

FRENCH_PRONOUNS = {
    ("m", False): "il", ("f", False): "elle", ("m", True): "ils", ("f", True): "elles",
}
ENGLISH_OBJECTS = {"it": "it", "he": "him", "she": "her", "they": "them"}
ENGLISH_OWNERS = {"it": "its", "he": "his", "she": "her", "they": "their"}
BE = {  # (past, plural)
    (False, False): ("is", "est"), (False, True): ("are", "sont"),
    (True, False): ("was", "était"), (True, True): ("were", "étaient"),
}
HAVE = {(False, False): "a", (False, True): "ont", (True, False): "avait", (True, True): "avaient"}
ELIDED = {"le": "l'", "la": "l'", "ne": "n'", "de": "d'", "que": "qu'"}
BESIDE = ("for", "when")  # what these begin goes on beside the main clause: car elle chantait
CONTRACTED = {("de", "le"): "du", ("de", "les"): "des", ("à", "le"): "au", ("à", "les"): "aux"}


class Missing(ValueError):  # noqa: N818
    """The lexicon lacks a form that this sentence would need."""


def need(form, what):
    """The form itself. Raises Missing when it is the empty string."""
    if not form:
        raise Missing(f"a form of {what!r} expected, and the lexicon has none")
    return form


def changed(thing, **parts):
    """A copy of a dataclass with some parts replaced: faster than `dataclasses.replace`."""
    other = object.__new__(type(thing))
    other.__dict__.update(thing.__dict__, **parts)
    return other


@dataclass(frozen=True)
class Named:
    """Anything that stands for a noun: what agreement has to know."""

    noun: Noun
    plural: bool = False

    def mark(self):
        """(gender, plural)."""
        return self.noun.gender, self.plural

    def english(self):
        """The English subject pronoun."""
        return "they" if self.plural else self.noun.pronoun

    def french(self):
        """The French subject pronoun."""
        return FRENCH_PRONOUNS[self.mark()]

    def entity(self):
        """(noun, plural)."""
        return self.noun, self.plural


@dataclass(frozen=True)
class Pronoun(Named):
    """It, he, she or they for a noun named earlier; as an owner: its, his, her, their."""


@dataclass(frozen=True)
class Gap(Named):
    """A place left open: the subject after "and", the noun of a relative clause inside it."""


@dataclass(frozen=True)
class Part(Named):
    """Some or any, without a noun: French *en*."""


@dataclass(frozen=True)
class Phrase(Named):
    """A noun with all that goes with it: "the girl 's heavy jug", "a nut that the crow lost"."""

    determiner: str = "the"  # the, a, some, any, or "" with an owner
    before: Adjective | None = None  # the adjective that French puts before the noun
    after: Adjective | None = None  # the adjective that French puts after the noun
    owner: "Phrase | Pronoun | None" = None  # the girl 's, or its
    of: "Phrase | None" = None
    relative: "Clause | None" = None  # one of its parts is a Gap

    def adjectives(self):
        """The adjectives of this phrase, in English order."""
        if not self.before or not self.after:
            return [self.before or self.after] if self.before or self.after else []
        pair = [self.before, self.after]
        return pair[::-1] if self.after.group in ("mood", "mind") else pair

    def inside(self):
        """This phrase and the phrases in it, in English order of their nouns."""
        if not (self.owner or self.of or self.relative):
            return [self]
        found = self.owner.inside() if isinstance(self.owner, Phrase) else []
        found = [*found, self]
        found += self.of.inside() if self.of else []
        return found + (self.relative.phrases() if self.relative else [])


@dataclass(frozen=True)
class Clause:
    """Subject and predicate: a verb, or "is" when `verb` is None."""

    subject: Named
    verb: Verb | None = None
    negative: bool = False
    past: bool = False
    object: Named | None = None
    quality: Adjective | None = None  # after "is"
    fear: Phrase | None = None  # afraid of
    preposition: Link | None = None
    place: Phrase | None = None
    there: bool = False

    def change(self, **parts):
        """The same clause with some parts replaced."""
        return changed(self, **parts)

    def phrases(self):
        """The noun phrases in it, all levels, in English order."""
        parts = (self.subject, self.object, self.fear, self.place)
        return [inner for part in parts if isinstance(part, Phrase) for inner in part.inside()]

    def all_clauses(self):
        """This clause and the relative clauses in it."""
        return self.and_relatives(self.phrases())

    def and_relatives(self, phrases):
        """This clause and the relative clauses of its phrases."""
        return [self] + [phrase.relative for phrase in phrases if phrase.relative]

    def pairs(self):
        """Adjective-noun, verb-object and subject-verb pairs, pronouns counted as their nouns."""
        phrases = self.phrases()
        found = [("adjective", a.name, p.noun.name) for p in phrases for a in p.adjectives()]
        for clause in self.and_relatives(phrases):
            subject = clause.subject.noun.name
            if clause.quality:
                found.append(("adjective", clause.quality.name, subject))
            if clause.verb:
                found.append(("subject", clause.verb.name, subject))
            if clause.object:
                found.append(("object", clause.verb.name, clause.object.noun.name))
        return found


@dataclass(frozen=True)
class French:
    """A French word and the labels of the English words it translates."""

    word: str
    sure: tuple = ()
    possible: tuple = ()
    aspirated: bool = False

    def starts_with_vowel(self):
        """Whether words before this one lose their vowel."""
        return (self.word[0] in VOWELS or self.word == "y") and not self.aspirated


@dataclass(frozen=True)
class Pair:
    """One line of the corpus: words of both languages and (English, French, sure) links."""

    english: list = field(default_factory=list)
    french: list = field(default_factory=list)
    links: list = field(default_factory=list)

    def pharaoh(self):
        """The links as text: sure `i-j`, possible `i?j`."""
        return " ".join(f"{i}{'-' if sure else '?'}{j}" for i, j, sure in self.links)


def write(sentence):
    """Write a sentence, a list of (conjunction or None, Clause), in both languages."""
    english, french = [], []
    for number, (conjunction, clause) in enumerate(sentence):
        if conjunction:
            english += label_words(conjunction.english, f"{number} link")
            french += french_words(conjunction.french, f"{number} link")
        english += english_clause(clause, str(number))
        beside = bool(conjunction) and conjunction.name in BESIDE
        french += french_clause(clause, str(number), beside)
    french = contract(elide(french))
    place = {label: i for i, (_, label) in enumerate(english)}
    links = {}
    for j, token in enumerate(french):
        links |= {(place[label], j): False for label in token.possible if label in place}
        links |= {(place[label], j): True for label in token.sure if label in place}
    words = choose_a_or_an([word for word, _ in english])
    return Pair(
        words, [token.word for token in french], [(i, j, links[i, j]) for i, j in sorted(links)]
    )


def clause_text(clause):
    """The English of one clause as a string."""
    return " ".join(choose_a_or_an([word for word, _ in english_clause(clause, "")]))


def label_words(words, label):
    """English words as (word, label); from the second on, the label is numbered."""
    return [(word, f"{label} {n}" if n else label) for n, word in enumerate(words.split())]


def french_words(words, label):
    """French words that translate the English ones of `label_words` one by one."""
    return [French(word, (own,)) for word, own in label_words(words, label)]


# ---------------------------------------------------------------------------- English


def english_clause(clause, key):
    """The English words of a clause as (word, label) pairs."""
    words = english_subject(clause.subject, f"{key} subject") + english_verb(clause, key)
    words += english_object(clause.object, f"{key} object")
    if clause.quality:
        words.append((clause.quality.name, f"{key} quality"))
    if clause.fear:
        words += [("of", f"{key} of")] + english_phrase(clause.fear, f"{key} fear")
    if clause.there:
        words.append(("there", f"{key} there"))
    if clause.place:
        words += label_words(clause.preposition.english, f"{key} preposition")
        words += english_phrase(clause.place, f"{key} place")
    return words


def english_subject(subject, key):
    """A subject: one pronoun, a noun phrase, or nothing."""
    if isinstance(subject, Gap):
        return []
    if isinstance(subject, Pronoun):
        return [(subject.english(), f"{key} noun")]
    return english_phrase(subject, key)


def english_object(thing, key):
    """An object: a pronoun, some or any, a noun phrase, or nothing."""
    if isinstance(thing, Pronoun):
        return [(ENGLISH_OBJECTS[thing.english()], f"{key} noun")]
    if isinstance(thing, Part):
        return [("some or any", f"{key} noun")]
    return english_phrase(thing, key) if isinstance(thing, Phrase) else []


def english_verb(clause, key):
    """sings / sang / does not sing / did not sing / is not / was not."""
    plural, past = clause.subject.plural, clause.past
    negation = [("not", f"{key} not")] if clause.negative else []
    if clause.verb is None:
        return [(BE[past, plural][0], f"{key} verb")] + negation
    if clause.negative:
        auxiliary = "did" if past else "do" if plural else "does"
        base = label_words(clause.verb.english_base, f"{key} verb")
        return [(auxiliary, f"{key} do")] + negation + base
    present = clause.verb.english_base if plural else clause.verb.english
    return label_words(clause.verb.english_past if past else present, f"{key} verb")


def english_phrase(phrase, key):
    """article or owner, adjectives, noun, of + phrase, relative clause."""
    if isinstance(phrase.owner, Pronoun):
        words = [(ENGLISH_OWNERS[phrase.owner.english()], f"{key} article")]
    elif phrase.owner:
        words = english_phrase(phrase.owner, f"{key} owner") + [("'s", f"{key} 's")]
    else:
        words = [(phrase.determiner, f"{key} article")]
    words += [(adjective.name, f"{key} {adjective.name}") for adjective in phrase.adjectives()]
    noun = phrase.noun.english_plural if phrase.plural else phrase.noun.english
    words.append((need(noun, phrase.noun.name), f"{key} noun"))
    if phrase.of:
        words += [("of", f"{key} of")] + english_phrase(phrase.of, f"{key} of")
    if phrase.relative:
        words.append((english_relative(phrase), f"{key} that"))
        words += english_clause(phrase.relative, f"{key} relative")
    return words


def english_relative(phrase):
    """Who for people who do something, that for all else."""
    person = "person" in phrase.noun.kinds and isinstance(phrase.relative.subject, Gap)
    return "who" if person else "that"


def choose_a_or_an(words):
    """Turn "a" into "an" before a vowel, and "some or any" into the one that fits."""
    out = []
    for n, word in enumerate(words):
        if word == "a" and words[n + 1][0] in "aeiou":
            word = "an"
        if word == "some or any":
            word = "any" if "not" in words[max(0, n - 3) : n] else "some"
        out.append(word)
    return out


# ---------------------------------------------------------------------------- French


def french_clause(clause, key, beside=False):
    """The French words of a clause: subject, ne, pronoun, verb, pas, participle, the rest.

    `beside`: it says what goes on beside another clause, so its past may be an imparfait.
    """
    words = french_subject(clause.subject, f"{key} subject") + french_verb(clause, key, beside)
    if isinstance(clause.object, Phrase):
        words += french_phrase(clause.object, f"{key} object")
    if clause.quality:
        forms, mark = clause.quality.forms, clause.subject.mark()
        form = forms["m", False] if clause.quality.place == "state" else forms[mark]
        words.append(French(need(form, clause.quality.name), (f"{key} quality",)))
    if clause.fear:
        words += [French("de", (f"{key} of",))] + french_phrase(clause.fear, f"{key} fear")
    if clause.place:
        words += french_preposition(clause.preposition, clause.place, f"{key} preposition")
        words += french_phrase(clause.place, f"{key} place")
    return words


def french_subject(subject, key):
    """A subject: il, elle, ils, elles, a noun phrase, or nothing."""
    if isinstance(subject, Gap):
        return []
    if isinstance(subject, Pronoun):
        return [French(subject.french(), (f"{key} noun",))]
    return french_phrase(subject, key)


def french_verb(clause, key, beside):
    """ne, a pronoun, the verb or its auxiliary, pas, the participle."""
    ne = [French("ne", possible=(f"{key} do", f"{key} not"))] if clause.negative else []
    pas = [French("pas", (f"{key} not",))] if clause.negative else []
    first, *rest = french_forms(clause, key, beside)
    return ne + french_clitic(clause, key) + [first] + pas + rest


def french_forms(clause, key, beside):
    """One word or, for a past with avoir or être, two; "did" is a possible link of all."""
    plural, verb, label = clause.subject.plural, clause.verb, f"{key} verb"
    loose = (f"{key} do", f"{label} 1")
    if verb is None:
        state = clause.quality and clause.quality.place == "state"
        form = HAVE[clause.past, plural] if state else BE[clause.past, plural][1]
        return [French(form, (label,))]
    if not clause.past:
        return [French(need(verb.french_plural if plural else verb.french, verb.name), (label,),
                       loose)]
    if verb.lasting and beside:
        form = need("" if plural else verb.lasting, verb.name)
        return [French(form, (label,), loose)]
    form = need(verb.past[agreement(clause)], verb.name)
    if verb.tense == "imparfait":
        return [French(form, (label,), loose)]
    auxiliary = BE[False, plural][1] if verb.tense == "être" else HAVE[False, plural]
    helped = f"{key} do" if clause.negative else label
    return [French(auxiliary, possible=(helped,)), French(form, (label,))]


def agreement(clause):
    """(gender, plural) of the past form: by the subject, or by an object that stands before."""
    if clause.verb.tense != "avoir":
        return clause.subject.mark()
    before = isinstance(clause.object, Pronoun | Gap)
    return clause.object.mark() if before else ("m", False)


def french_clitic(clause, key):
    """le, la, les, en or y, which French puts before the verb."""
    if clause.there:
        return [French("y", (f"{key} there",))]
    if isinstance(clause.object, Pronoun):
        word = french_article(clause.object.noun, clause.object.plural)
        return [French(word, (f"{key} object noun",))]
    return [French("en", (f"{key} object noun",))] if isinstance(clause.object, Part) else []


def french_preposition(preposition, place, key):
    """The preposition; the "de" of "près de" is a possible link to the same English word."""
    first, *rest = ["dans"] if goes_inside(preposition, place) else preposition.french.split()
    return [French(first, (key,))] + [French(word, possible=(key,)) for word in rest]


def goes_inside(preposition, place):
    """Whether "to" is dans: dans la forêt, dans son jardin, dans une maison, but au jardin."""
    if preposition.name != "to":
        return False
    definite = place.determiner == "the" and not place.owner
    return place.noun.name == "forest" or (place.noun.name in ("house", "garden") and not definite)


def french_article(noun, plural):
    """le, la or les."""
    return "les" if plural else {"m": "le", "f": "la"}[noun.gender]


def french_determiner(phrase, key):
    """The words before the adjectives: an article, de and an article, or a possessive."""
    noun, plural, label = phrase.noun, phrase.plural, (f"{key} article",)
    article = french_article(noun, plural)
    if isinstance(phrase.owner, Pronoun):
        ones = ("leur", "leur", "leurs") if phrase.owner.plural else ("son", "sa", "ses")
        return [French(ones[2 if plural else "mf".index(noun.gender)], label)]
    if phrase.owner:
        return [French(article, possible=(f"{key} 's",))]
    if phrase.determiner == "the":
        return [French(article, label)]
    if phrase.determiner == "a":
        return [French({"m": "un", "f": "une"}[noun.gender], label)]
    if phrase.determiner == "some" and not plural:
        return [French("de", label), French(article, possible=label)]
    loose = phrase.determiner == "any" or phrase.before
    return [French("de" if loose else "des", label)]


def french_phrase(phrase, key):
    """article, adjective, noun, adjective, de + owner or content, relative clause."""
    noun, plural = phrase.noun, phrase.plural
    form = need(noun.french_plural if plural else noun.french, noun.name)
    head = French(form, (f"{key} noun",), aspirated=noun.aspirated)
    words = french_determiner(phrase, key)
    if phrase.before:
        label = (f"{key} {phrase.before.name}",)
        words.append(French(adjective_before(phrase.before, head, noun, plural), label))
    words.append(head)
    if phrase.after:
        form = need(phrase.after.forms[phrase.mark()], phrase.after.name)
        words.append(French(form, (f"{key} {phrase.after.name}",)))
    if isinstance(phrase.owner, Phrase):
        words += [French("de", (f"{key} 's",))] + french_phrase(phrase.owner, f"{key} owner")
    if phrase.of:
        words += [French("de", (f"{key} of",))] + french_phrase(phrase.of, f"{key} of")
    if phrase.relative:
        subject = isinstance(phrase.relative.subject, Gap)
        words.append(French("qui" if subject else "que", (f"{key} that",)))
        words += french_clause(phrase.relative, f"{key} relative", beside=True)
    return words


def adjective_before(adjective, head, noun, plural):
    """The form of an adjective before its noun: bel and vieil before a vowel."""
    if noun.gender == "m" and not plural and head.starts_with_vowel():
        return adjective.before_vowel
    return need(adjective.forms[noun.gender, plural], adjective.name)


def elide(words):
    """le, la, ne, de, que -> l', n', d', qu' before a vowel or a mute h; sa becomes son."""
    out = []
    for n, token in enumerate(words):
        following = words[n + 1] if n + 1 < len(words) else None
        if following and following.starts_with_vowel():
            word = "son" if token.word == "sa" else ELIDED.get(token.word, token.word)
            token = French(word, token.sure, token.possible, token.aspirated)
        out.append(token)
    return out


def contract(words):
    """de + le -> du, à + les -> aux; the article becomes a possible link of the new word."""
    out = []
    for token in words:
        merged = CONTRACTED.get((out[-1].word, token.word)) if out else None
        if merged:
            first = out.pop()
            token = French(merged, first.sure, first.possible + token.possible + token.sure)
        out.append(token)
    return out
