"""From a meaning to an English sentence, a French sentence and the links between their words.

A meaning is a list of clauses made of phrases. Both languages are written from it, each in its
own order. Every English word carries a label of its own; every French word names the labels it
translates, `sure` or `possible`. The alignment is read off the labels, so it is right by
construction whatever the order of the words.
"""

from dataclasses import dataclass, field, replace

from lexicon import VOWELS, Adjective, Link, Noun, Verb

FRENCH_PRONOUNS = {
    ("m", False): "il", ("f", False): "elle", ("m", True): "ils", ("f", True): "elles",
}
ENGLISH_OBJECTS = {"it": "it", "he": "him", "she": "her", "they": "them"}
ELIDED = {"le": "l'", "la": "l'", "ne": "n'"}
CONTRACTED = {("de", "le"): "du", ("de", "les"): "des"}


@dataclass(frozen=True)
class Phrase:
    """A noun with its article, adjectives and owner: "the small crow of the forest"."""

    noun: Noun
    plural: bool = False
    definite: bool = True
    before: Adjective | None = None  # the adjective that French puts before the noun
    after: Adjective | None = None  # the adjective that French puts after the noun
    owner: "Phrase | None" = None

    def adjectives(self):
        """The adjectives of this phrase, in English order."""
        pair = [adjective for adjective in (self.before, self.after) if adjective]
        return pair[::-1] if len(pair) == 2 and self.after.group in ("mood", "mind") else pair

    def nouns(self):
        """The (noun, plural) pairs mentioned, this one first."""
        return [(self.noun, self.plural)] + (self.owner.nouns() if self.owner else [])


@dataclass(frozen=True)
class Pronoun:
    """It, he, she or they, standing for a noun of an earlier clause."""

    noun: Noun
    plural: bool = False

    def english(self):
        """The subject form in English."""
        return "they" if self.plural else self.noun.pronoun

    def french(self):
        """The subject form in French."""
        return FRENCH_PRONOUNS[self.noun.gender, self.plural]

    def nouns(self):
        """A pronoun mentions nothing new."""
        return []


@dataclass(frozen=True)
class Clause:
    """Subject and predicate: a verb, or "is" when `verb` is None."""

    subject: "Phrase | Pronoun | None"
    verb: Verb | None = None
    negative: bool = False
    object: Phrase | Pronoun | None = None
    adjective: Adjective | None = None  # after "is"
    preposition: Link | None = None
    place: Phrase | None = None

    def change(self, **parts):
        """The same clause with some parts replaced."""
        return replace(self, **parts)

    def nouns(self):
        """The (noun, plural) pairs mentioned as nouns, in order."""
        parts = (self.subject, self.object, self.place)
        return [noun for part in parts if part for noun in part.nouns()]

    def phrases(self):
        """The noun phrases, owners included."""
        parts = (self.subject, self.object, self.place)
        found = [part for part in parts if isinstance(part, Phrase)]
        return found + [phrase.owner for phrase in found if phrase.owner]

    def pairs(self):
        """Adjective-noun and verb-object pairs by name, pronouns counted as their nouns."""
        found = [("adjective", a.name, p.noun.name) for p in self.phrases() for a in p.adjectives()]
        if self.adjective:
            found.append(("adjective", self.adjective.name, self.subject.noun.name))
        if self.object:
            found.append(("object", self.verb.name, self.object.noun.name))
        return found


def conceivable(lexicon, clause, role):
    """Names of the nouns that a listener could imagine as subject or object of a clause."""
    if role == "object":
        return lexicon.conceivable_objects(clause.verb) - {clause.subject.noun.name}
    if clause.verb:
        return lexicon.conceivable_subjects(clause.verb)
    if clause.adjective:
        return lexicon.conceivable_qualities(clause.adjective)
    return set(lexicon.nouns)


@dataclass(frozen=True)
class French:
    """A French word and the labels of the English words it translates."""

    word: str
    sure: tuple = ()
    possible: tuple = ()
    aspirated: bool = False

    def starts_with_vowel(self):
        """Whether le, la and ne lose their vowel before this word."""
        return self.word[0] in VOWELS and not self.aspirated


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
        french += french_clause(clause, str(number))
    french = contract(elide(french))
    place = {label: i for i, (_, label) in enumerate(english)}
    links = []
    for j, token in enumerate(french):
        links += [(place[label], j, True) for label in token.sure if label in place]
        links += [(place[label], j, False) for label in token.possible if label in place]
    words = choose_a_or_an([word for word, _ in english])
    return Pair(words, [token.word for token in french], sorted(links))


def label_words(words, label):
    """English words as (word, label); from the second on, the label is numbered."""
    return [(word, f"{label} {n}" if n else label) for n, word in enumerate(words.split())]


def french_words(words, label):
    """French words that translate the English ones of `label_words` one by one."""
    named = label_words(words, label)
    return [French(word, (own,)) for word, own in named]


# ---------------------------------------------------------------------------- English


def english_clause(clause, key):
    """The English words of a clause as (word, label) pairs."""
    words = english_subject(clause.subject, f"{key} subject") + english_verb(clause, key)
    if isinstance(clause.object, Pronoun):
        words.append((ENGLISH_OBJECTS[clause.object.english()], f"{key} object noun"))
    elif clause.object:
        words += english_phrase(clause.object, f"{key} object")
    if clause.adjective:
        words.append((clause.adjective.name, f"{key} adjective"))
    if clause.place:
        words += label_words(clause.preposition.english, f"{key} preposition")
        words += english_phrase(clause.place, f"{key} place")
    return words


def english_subject(subject, key):
    """A subject: one pronoun or a noun phrase."""
    if isinstance(subject, Pronoun):
        return [(subject.english(), f"{key} noun")]
    return english_phrase(subject, key)


def english_verb(clause, key):
    """sings / does not sing / is not."""
    plural = clause.subject.plural
    negation = [("not", f"{key} not")] if clause.negative else []
    if clause.verb is None:
        return [("are" if plural else "is", f"{key} verb")] + negation
    if clause.negative:
        auxiliary = [("do" if plural else "does", f"{key} do")]
        return auxiliary + negation + label_words(clause.verb.english_base, f"{key} verb")
    form = clause.verb.english_base if plural else clause.verb.english
    return label_words(form, f"{key} verb")


def english_phrase(phrase, key):
    """article, adjectives, noun, of + owner."""
    words = [("the" if phrase.definite else "a", f"{key} article")]
    words += [(adjective.name, f"{key} {adjective.name}") for adjective in phrase.adjectives()]
    noun = phrase.noun.english_plural if phrase.plural else phrase.noun.english
    words.append((noun, f"{key} noun"))
    if phrase.owner:
        words += [("of", f"{key} of")] + english_phrase(phrase.owner, f"{key} owner")
    return words


def choose_a_or_an(words):
    """Turn "a" into "an" before a vowel."""
    before_vowel = [after[0] in "aeiou" for after in words[1:]] + [False]
    return ["an" if w == "a" and before_vowel[n] else w for n, w in enumerate(words)]


# ---------------------------------------------------------------------------- French


def french_clause(clause, key):
    """The French words of a clause: subject, ne, pronoun object, verb, pas, the rest."""
    words = french_subject(clause.subject, f"{key} subject")
    if clause.negative:
        words.append(French("ne", possible=(f"{key} do", f"{key} not")))
    if isinstance(clause.object, Pronoun):
        words.append(french_object_pronoun(clause.object, key))
    words.append(french_verb(clause, key))
    if clause.negative:
        words.append(French("pas", (f"{key} not",)))
    if isinstance(clause.object, Phrase):
        words += french_phrase(clause.object, f"{key} object")
    if clause.adjective:
        form = clause.adjective.forms[clause.subject.noun.gender, clause.subject.plural]
        words.append(French(form, (f"{key} adjective",)))
    if clause.place:
        words += french_preposition(clause.preposition, f"{key} preposition")
        words += french_phrase(clause.place, f"{key} place")
    return words


def french_subject(subject, key):
    """A subject: il, elle, ils, elles or a noun phrase."""
    if isinstance(subject, Pronoun):
        return [French(subject.french(), (f"{key} noun",))]
    return french_phrase(subject, key)


def french_object_pronoun(pronoun, key):
    """le, la or les, which French puts before the verb."""
    return French(french_article(pronoun.noun, pronoun.plural, True), (f"{key} object noun",))


def french_verb(clause, key):
    """The verb; the English auxiliary "does" and a particle ("look for") are possible links."""
    plural = clause.subject.plural
    if clause.verb is None:
        return French("sont" if plural else "est", (f"{key} verb",))
    form = clause.verb.french_plural if plural else clause.verb.french
    return French(form, (f"{key} verb",), (f"{key} do", f"{key} verb 1"))


def french_preposition(preposition, key):
    """The preposition; the "de" of "près de" is a possible link to the same English word."""
    first, *rest = preposition.french.split()
    return [French(first, (key,))] + [French(word, possible=(key,)) for word in rest]


def french_article(noun, plural, definite):
    """le, la, les, un or une; French plurals without "the" are not used."""
    if plural:
        return "les"
    return {("m", True): "le", ("f", True): "la", ("m", False): "un", ("f", False): "une"}[
        noun.gender, definite
    ]


def french_phrase(phrase, key):
    """article, adjective, noun, adjective, de + owner."""
    noun, plural = phrase.noun, phrase.plural
    form = noun.french_plural if plural else noun.french
    head = French(form, (f"{key} noun",), aspirated=noun.aspirated)
    words = [French(french_article(noun, plural, phrase.definite), (f"{key} article",))]
    if phrase.before:
        label = (f"{key} {phrase.before.name}",)
        words.append(French(adjective_before(phrase.before, head, noun, plural), label))
    words.append(head)
    if phrase.after:
        label = (f"{key} {phrase.after.name}",)
        words.append(French(phrase.after.forms[noun.gender, plural], label))
    if phrase.owner:
        words += [French("de", (f"{key} of",))] + french_phrase(phrase.owner, f"{key} owner")
    return words


def adjective_before(adjective, head, noun, plural):
    """The form of an adjective before its noun: bel, vieil and nouvel before a vowel."""
    if noun.gender == "m" and not plural and head.starts_with_vowel():
        return adjective.before_vowel
    return adjective.forms[noun.gender, plural]


def elide(words):
    """le, la, ne -> l', n' before a vowel or a mute h."""
    out = []
    for n, token in enumerate(words):
        following = words[n + 1] if n + 1 < len(words) else None
        if token.word in ELIDED and following and following.starts_with_vowel():
            token = French(ELIDED[token.word], token.sure, token.possible)
        out.append(token)
    return out


def contract(words):
    """de + le -> du, de + les -> des; the article becomes a possible link of the new word."""
    out = []
    for token in words:
        merged = CONTRACTED.get((out[-1].word, token.word)) if out else None
        if merged:
            de = out.pop()
            token = French(merged, de.sure, de.possible + token.sure)
        out.append(token)
    return out
