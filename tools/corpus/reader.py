"""Read an English sentence of the grammar back into its meaning, so that it can be written in
French: how `story.txt` is translated, and how a maintainer tries a sentence."""

from dataclasses import replace

from grammar import BE, ENGLISH_OBJECTS, ENGLISH_OWNERS, Clause, Gap, Named, Part, Phrase, Pronoun
from storyteller import conceivable_subjects

SUBJECT_PRONOUNS = ("it", "he", "she", "they")
DETERMINERS = ("the", "a", "an", "some", "any")
OWNERS = {word: pronoun for pronoun, word in ENGLISH_OWNERS.items()}
OBJECTS = {word: pronoun for pronoun, word in ENGLISH_OBJECTS.items()}
AUXILIARIES = {"does": (False, False), "do": (False, True), "did": (True, None)}


def read(lexicon, text):
    """The meaning of an English sentence, words separated by spaces.

    Returns a list of (conjunction or None, Clause). Raises ValueError, with the word that did
    not fit, when the sentence is not in the grammar or a pronoun has no single antecedent.
    """
    return Reader(lexicon, text).sentence()


class Reader:
    """A recursive-descent parser: each method reads the words it stands for and moves on."""

    def __init__(self, lexicon, text):
        """Start before the first word."""
        self.lexicon = lexicon
        self.words = text.split()
        self.at = 0
        self.mentioned = {}  # noun name -> Named
        self.subject = None  # of the clause that is being read
        nouns = lexicon.nouns.values()
        self.nouns = {n.english: Named(n, False) for n in nouns if n.english}
        self.nouns |= {n.english_plural: Named(n, True) for n in nouns if n.english_plural}
        self.verbs = {}
        for verb in lexicon.verbs.values():
            self.verbs[verb.english] = verb, False, False
            self.verbs[verb.english_base] = verb, False, True
            self.verbs[verb.english_past] = verb, True, None

    def fail(self, wanted):
        """Raise ValueError, saying where."""
        read = " ".join(self.words[: self.at])
        raise ValueError(f"{wanted} expected after {read!r} in {' '.join(self.words)!r}")

    def next(self, ahead=0):
        """The word at the place, or an empty string."""
        return self.words[self.at + ahead] if self.at + ahead < len(self.words) else ""

    def accept(self, phrase):
        """Whether these words come next; if so, move past them."""
        words = phrase.split()
        found = self.words[self.at : self.at + len(words)] == words
        self.at += len(words) if found else 0
        return found

    def first(self, options, wanted):
        """The value of the first accepted key of {words: value}. Raises ValueError."""
        for words, value in options.items():
            if self.accept(words):
                return value
        return self.fail(wanted)

    # ------------------------------------------------------------------ clauses

    def sentence(self):
        """clause (conjunction clause)*"""
        said = [(None, self.clause(None))]
        links = {link.english: link for link in self.lexicon.conjunctions.values()}
        while self.at < len(self.words):
            conjunction = self.first(links, "a conjunction")
            said.append((conjunction, self.clause(said[-1][1].subject)))
        return said

    def clause(self, last):
        """Subject, verb, and what the verb takes; `last` is the subject of the clause before."""
        if self.next() in SUBJECT_PRONOUNS:
            word = self.next()
            self.at += 1
            start = self.at
            shape = self.verb_group(word == "they")
            self.at = start
            able = conceivable_subjects(
                self.lexicon, shape.verb.name if shape.verb else "",
                shape.quality.name if shape.quality else "",
            )
            subject = Pronoun(*self.antecedent(word, able).entity())
        elif last and self.next() not in (*DETERMINERS, *OWNERS):
            subject = Gap(*last.entity())
        else:
            subject = self.phrase()
        return self.predicate(subject)

    def verb_group(self, plural):
        """The verb alone, with its tense and negation: a Clause whose subject is a stand-in."""
        stand_in = Gap(next(iter(self.lexicon.nouns.values())), plural)
        for (past, number), (word, _) in BE.items():
            if number == plural and self.accept(word):
                clause = Clause(stand_in, None, self.accept("not"), past)
                names = {a.name: a for a in self.lexicon.adjectives}
                found = names.get(self.next())
                self.at += bool(found)
                return clause.change(quality=found)
        if self.next() in AUXILIARIES:
            past, number = AUXILIARIES[self.next()]
            if number not in (None, plural):
                self.fail("another form of 'do'")
            self.at += 1
            if not self.accept("not"):
                self.fail("'not'")
            bases = {v.english_base: v for v in self.lexicon.verbs.values()}
            return Clause(stand_in, self.first(bases, "a verb"), True, past)
        verb, past, number = self.first(self.verbs, "a verb")
        if number not in (None, plural):
            self.fail(f"another form of {verb.name!r}")
        return Clause(stand_in, verb, False, past)

    def predicate(self, subject, gap=None):
        """The rest of a clause; `gap` is the object that a relative clause leaves out."""
        outer, self.subject = self.subject, subject
        clause = self.verb_group(subject.plural).change(subject=subject)
        if clause.quality:
            fit = self.lexicon.quality(clause.quality.name, *subject.entity())
            clause = clause.change(quality=fit or self.fail(f"a noun for {clause.quality.name!r}"))
            if self.accept("of"):
                clause = clause.change(fear=self.phrase())
        elif clause.verb and clause.verb.takes_object():
            clause = clause.change(object=gap or self.object(clause))
        if self.accept("there"):
            clause = clause.change(there=True)
        clause = self.place(clause)
        if not (clause.verb or clause.quality or clause.place):
            self.fail("a place or a quality")
        self.subject = outer
        return clause

    def object(self, clause):
        """A pronoun, some or any, or a phrase."""
        word, after = self.next(), self.next(1)
        noun_follows = after in self.nouns or any(a.name == after for a in self.lexicon.adjectives)
        if word in OBJECTS and not (word in OWNERS and noun_follows):
            self.at += 1
            able = set(clause.verb.able) - {clause.subject.noun.name}
            return Pronoun(*self.antecedent(OBJECTS[word], able).entity())
        if word in ("some", "any") and not noun_follows:
            self.at += 1
            known = [n for n in self.mentioned.values() if n.noun.name in clause.verb.able]
            many = [n for n in known if n.plural or "mass" in n.noun.kinds]
            return Part(*(many[-1] if many else self.fail("something to have some of")).entity())
        if word in DETERMINERS or word in OWNERS:
            return self.phrase()
        return self.fail(f"an object of {clause.verb.name!r}")

    def antecedent(self, word, able):
        """The one noun mentioned earlier that the pronoun `word` can mean."""
        fits = [n for n in self.mentioned.values() if n.noun.name in able and n.english() == word]
        return fits[0] if len(fits) == 1 else self.fail(f"one antecedent for {word!r}")

    def place(self, clause):
        """A preposition and a phrase, if they come next."""
        into = ("throw", "fall")
        for name, preposition in self.lexicon.prepositions.items():
            if name == "into" and (not clause.verb or clause.verb.name not in into):
                continue
            if self.accept(preposition.english):
                return clause.change(preposition=preposition, place=self.phrase())
        return clause

    # ------------------------------------------------------------------ phrases

    def phrase(self):
        """Article or owner, adjectives, noun, 's and what is owned, of, a relative clause."""
        word = self.next()
        if word in OWNERS:
            self.at += 1
            phrase = self.noun("", self.owner(OWNERS[word]))
        else:
            article = self.first(dict(zip(DETERMINERS, ("the", "a", "a", "some", "any"))),
                                 "an article")
            phrase = self.noun(article, None)
        while self.accept("'s"):
            phrase = self.noun("", phrase)
        if self.accept("of"):
            phrase = replace(phrase, of=self.phrase())
        if self.accept("who") or self.accept("that"):
            phrase = replace(phrase, relative=self.relative(phrase))
        return phrase

    def owner(self, word):
        """Whom its, his, her or their means: the subject, or the one noun that fits."""
        if self.subject and self.subject.english() == word:
            return Pronoun(*self.subject.entity())
        beings = self.lexicon.members("being")
        return Pronoun(*self.antecedent(word, beings).entity())

    def noun(self, determiner, owner):
        """Adjectives and a noun."""
        names, chosen = [], {}
        while any(a.name == self.next() for a in self.lexicon.adjectives):
            names.append(self.next())
            self.at += 1
        named = self.nouns.get(self.next()) or self.fail("a noun")
        self.at += 1
        for name in names:
            adjective = self.lexicon.quality(name, *named.entity())
            if adjective is None or adjective.place == "state":
                self.fail(f"a noun for {name!r}")
            chosen[adjective.place] = adjective
        self.mentioned.setdefault(named.noun.name, named)
        return Phrase(*named.entity(), determiner, owner=owner, **chosen)

    def relative(self, phrase):
        """The clause after who or that, with a Gap for the phrase."""
        gap = Gap(*phrase.entity())
        if self.next() in (*DETERMINERS, *OWNERS):
            return self.predicate(self.phrase(), gap)
        return self.predicate(gap)
