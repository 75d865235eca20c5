"""Read an English sentence of the grammar back into its meaning, so that it can be written in
French: how `story.txt` is translated, and how a maintainer tries a sentence."""

from grammar import ENGLISH_OBJECTS, Clause, Phrase, Pronoun, conceivable

SUBJECT_PRONOUNS = ("it", "he", "she", "they")


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
        self.mentioned = []

    def fail(self, wanted):
        """Raise ValueError, saying where."""
        read = " ".join(self.words[: self.at])
        raise ValueError(f"{wanted} expected after {read!r} in {' '.join(self.words)!r}")

    def accept(self, phrase):
        """Whether these words come next; if so, move past them."""
        words = phrase.split()
        found = self.words[self.at : self.at + len(words)] == words
        self.at += len(words) if found else 0
        return found

    def first(self, options, wanted):
        """The value of the first accepted key of {words: value}. Raises ValueError."""
        for words, value in options.items():
            if words and self.accept(words):
                return value
        return self.fail(wanted)

    def sentence(self):
        """clause (conjunction clause)*"""
        said = [(None, self.clause())]
        links = {link.english: link for link in self.lexicon.conjunctions.values()}
        while self.at < len(self.words):
            conjunction = self.first(links, "a conjunction")
            said.append((conjunction, self.clause()))
        return said

    def clause(self):
        """Subject, verb, and what the verb takes."""
        word = next((w for w in SUBJECT_PRONOUNS if self.accept(w)), None)
        subject = None if word else self.phrase()
        clause = self.predicate(Clause(subject), word == "they" if word else subject.plural)
        if word:
            clause = clause.change(subject=self.antecedent(clause, word, "subject"))
        if isinstance(clause.object, str):
            clause = clause.change(object=self.antecedent(clause, clause.object, "object"))
        self.check_forms(clause)
        self.mentioned += clause.nouns()
        return clause

    def check_forms(self, clause):
        """Raise ValueError when the lexicon lacks a form or the verb lacks its object."""
        said = [(a, p) for p in clause.phrases() for a in p.adjectives()]
        said += [(clause.adjective, clause.subject)] if clause.adjective else []
        for adjective, phrase in said:
            if not adjective.forms[phrase.noun.gender, phrase.plural]:
                self.fail(f"a noun that {adjective.name!r} has a form for")
        if clause.adjective and not clause.adjective.predicate:
            self.fail(f"no {clause.adjective.name!r} after 'is'")
        if clause.verb and clause.subject.plural and not clause.verb.french_plural:
            self.fail(f"a singular subject of {clause.verb.name!r}")
        if clause.verb and (clause.object is None) == (clause.verb.needs == "must"):
            if clause.verb.needs != "may":
                self.fail(f"the right number of objects of {clause.verb.name!r}")
        if isinstance(clause.object, Phrase) and clause.negative and not clause.object.definite:
            self.fail("'the' after a negation")

    def antecedent(self, clause, word, role):
        """The pronoun `word`, with the one noun mentioned earlier that it can mean."""
        able = conceivable(self.lexicon, clause, role)
        fits = [Pronoun(*entry) for entry in self.mentioned if entry[0].name in able]
        fits = [pronoun for pronoun in fits if pronoun.english() == word]
        return fits[0] if len(fits) == 1 else self.fail(f"one antecedent for {word!r}")

    def predicate(self, clause, plural):
        """is (not) ... / verb ... / does not verb ...; an object pronoun stays a word for now."""
        if self.accept("are" if plural else "is"):
            clause = clause.change(negative=self.accept("not"))
            adjectives = {a.name: a for a in self.lexicon.adjectives.values()}
            found = next((a for name, a in adjectives.items() if self.accept(name)), None)
            return clause.change(adjective=found) if found else self.place(clause, required=True)
        negative = self.accept("do not" if plural else "does not")
        base = negative or plural
        verbs = {v.english_base if base else v.english: v for v in self.lexicon.verbs.values()}
        clause = clause.change(verb=self.first(verbs, "a verb"), negative=negative)
        pronoun = next((key for key, w in ENGLISH_OBJECTS.items() if self.accept(w)), None)
        if pronoun:
            clause = clause.change(object=pronoun)
        elif self.words[self.at : self.at + 1] in (["the"], ["a"], ["an"]):
            clause = clause.change(object=self.phrase())
        return self.place(clause)

    def place(self, clause, required=False):
        """A preposition and a phrase, if they come next."""
        for name, preposition in self.lexicon.prepositions.items():
            allowed = clause.verb.where if clause.verb else ("near", "in", "on", "under")
            if name in allowed and self.accept(preposition.english):
                return clause.change(preposition=preposition, place=self.phrase())
        return self.fail("a place or a quality") if required else clause

    def phrase(self):
        """Article, adjectives, noun, and "of" with its owner."""
        definite = self.first({"the": True, "an": False, "a": False}, "an article")
        adjectives = {a.name: a for a in self.lexicon.adjectives.values()}
        chosen = {}
        while self.at < len(self.words) and self.words[self.at] in adjectives:
            adjective = adjectives[self.words[self.at]]
            chosen["before" if adjective.before else "after"] = adjective
            self.at += 1
        nouns = {n.english: (n, False) for n in self.lexicon.nouns.values()}
        nouns.update({n.english_plural: (n, True) for n in self.lexicon.nouns.values()})
        noun, plural = self.first(nouns, "a noun")
        owner = self.phrase() if self.accept("of") else None
        return Phrase(noun, plural, definite, owner=owner, **chosen)
