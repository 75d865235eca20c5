"""Check data/crow_en_fr.tsv line by line, with tables and parsers that owe the generator nothing.

Both sides of every line are parsed by the rules below. The two parses must say the same thing, and
the links are worked out from them anew. Then the same checks are shown bad lines, to see them fail.
"""

import hashlib
import importlib
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "data" / "crow_en_fr.tsv"
GENERATOR = ROOT / "tools" / "corpus" / "make_corpus.py"
MODULES = ("make_corpus", "drawing", "grammar", "lexicon", "measure", "reader", "report", "scenes",
           "storyteller")
SPLITS = ("train", "valid", "test", "long", "novel", "story")

# ------------------------------------------------------------------ words, by hand

NOUNS = {  # gender and number: English-French
    "ms": "crow-corbeau fox-renard bird-oiseau owl-hibou dog-chien cat-chat farmer-fermier "
    "boy-garçon basket-panier cheese-fromage egg-œuf ring-anneau milk-lait well-puits tree-arbre "
    "garden-jardin nest-nid sun-soleil",
    "fs": "mouse-souris goose-oie frog-grenouille tortoise-tortue girl-fille jug-cruche cup-tasse "
    "flower-fleur stone-pierre pear-poire apple-pomme nut-noix key-clé water-eau house-maison "
    "hill-colline river-rivière forest-forêt moon-lune",
    "mp": "crows-corbeaux birds-oiseaux children-enfants pebbles-cailloux eggs-œufs",
    "fp": "mice-souris nuts-noix apples-pommes stones-pierres flowers-fleurs",
}
NOUNS = {tuple(p.split("-")): form for form, pairs in NOUNS.items() for p in pairs.split()}
SINGULAR = {"mice": "mouse", "children": "children", "pebbles": "pebbles"}
ASPIRATED = {"hibou"}
ADJECTIVES = {  # the French forms and what each agrees with
    "small": "petit:ms petite:fs petits:mp petites:fp",
    "big": "grand:ms grande:fs gros:ms,mp grosse:fs grosses:fp",
    "beautiful": "beau:ms bel:ms belle:fs beaux:mp belles:fp",
    "old": "vieux:ms vieil:ms vieille:fs",
    "young": "jeune:ms,fs jeunes:mp,fp",
    "heavy": "lourd:ms lourde:fs lourds:mp",
    "black": "noir:ms noire:fs noirs:mp noires:fp",
    "grey": "gris:ms,mp grise:fs grises:fp",
    "red": "rouge:ms,fs rouges:mp,fp",
    "cold": "froid:ms froide:fs",
    "empty": "vide:ms,fs",
    "sad": "triste:ms,fs tristes:mp,fp",
    "happy": "heureux:ms,mp heureuse:fs",
    "tired": "fatigué:ms fatiguée:fs fatigués:mp",
    "wise": "sage:ms,fs sages:mp,fp",
    "shy": "timide:ms,fs timides:mp,fp",
}
AGREES = {
    form: (english, set(marks.split(",")))
    for english, forms in ADJECTIVES.items()
    for form, marks in (entry.split(":") for entry in forms.split())
}
GROS = {"dog", "goose", "mouse", "tortoise", "stone", "pebbles", "cheese", "apple", "nut", "egg",
        "key", "cat", "frog", "pear", "flower"}  # big ones are gros, all others grands
GO_BEFORE = {"small", "big", "beautiful", "old", "young"}
BEFORE_VOWEL = {"beau": "bel", "vieux": "vieil"}
STATES = {"thirsty": "soif", "hungry": "faim", "afraid": "peur"}
VERBS = {  # third person, base, past: French singular and plural, past
    "sees see saw": "voit voient avoir vu:ms vue:fs",
    "finds find found": "trouve trouvent avoir trouvé:ms trouvée:fs",
    "drinks drink drank": "boit boivent avoir bu:ms bue:fs",
    "eats eat ate": "mange mangent avoir mangé:ms mangée:fs",
    "takes take took": "prend prennent avoir pris:ms,mp prise:fs",
    "breaks break broke": "casse - avoir cassé:ms cassée:fs",
    "hides hide hid": "cache cachent avoir caché:ms cachée:fs",
    "loses lose lost": "perd perdent avoir perdu:ms perdue:fs",
    "gives give gave": "donne - avoir donné:ms",
    "throws throw threw": "jette - avoir jeté:ms",
    "carries carry carried": "porte - avoir porté:ms portée:fs",
    "follows follow followed": "suit - imparfait suivait -",
    "hears hear heard": "entend - avoir entendu:ms",
    "sings sing sang": "chante chantent avoir chanté:ms",
    "goes go went": "va vont être allé:ms allée:fs allés:mp",
    "falls fall fell": "tombe tombent être tombé:ms tombée:fs tombés:mp tombées:fp",
    "rises rise rose": "monte - être montée:fs",
    "wants want wanted": "veut veulent imparfait voulait voulaient",
    "loves love loved": "aime aiment imparfait aimait aimaient",
    "looks look looked": "cherche cherchent imparfait cherchait cherchaient",
    "sleeps sleep slept": "dort dorment imparfait dormait dormaient",
    "waits wait waited": "attend - imparfait attendait -",
    "shines shine shone": "brille - imparfait brillait -",
}
ENGLISH_VERBS = {}  # form: (base, number or None, past)
FRENCH_VERBS = {"est": ("be", "s", False), "sont": ("be", "p", False),  # form: (base, number, past)
                "était": ("be", "s", True), "étaient": ("be", "p", True)}
PARTICIPLES = {}  # form: (base, auxiliary, gender and number it agrees with)
for names, words in VERBS.items():
    third, base, past = names.split()
    present, plural, tense, *forms = words.split()
    ENGLISH_VERBS |= {third: (base, "s", False), past: (base, None, True)}
    ENGLISH_VERBS[base] = (base, "p", False)
    FRENCH_VERBS |= {present: (base, "s", False), plural: (base, "p", False)}
    if tense == "imparfait":
        FRENCH_VERBS |= {forms[0]: (base, "s", True), forms[1]: (base, "p", True)}
    else:
        for form, marks in (entry.split(":") for entry in forms):
            PARTICIPLES[form] = (base, tense, set(marks.split(",")))
del FRENCH_VERBS["-"]
FRENCH_VERBS["chantait"] = ("sing", "s", True)  # after car, quand, qui; elsewhere a chanté
BE = {"is": ("s", False), "are": ("p", False), "was": ("s", True), "were": ("p", True)}
HAVE = {"a": ("s", False), "ont": ("p", False), "avait": ("s", True), "avaient": ("p", True)}
INTRANSITIVE = {"sing", "go", "fall", "rise", "sleep", "wait", "shine", "be"}
PREPOSITIONS = {"in": "dans", "into": "dans", "on": "sur", "under": "sous", "near": "près",
                "to": "à"}
LINKS = {"and": "et", "but": "mais", "then": "puis", "so": "alors", "for": "car", "when": "quand"}
SUBJECT_PRONOUNS = {"il": "ms", "elle": "fs", "ils": "mp", "elles": "fp"}
ENGLISH_PRONOUNS = {"it": "s", "he": "s", "she": "s", "they": "p"}
OBJECT_PRONOUNS = {"it": "it", "him": "he", "her": "she", "them": "they"}
OWNERS = {"its": "it", "his": "he", "her": "she", "their": "they"}
CLITICS = {"le": {"ms"}, "la": {"fs"}, "l'": {"ms", "fs"}, "les": {"mp", "fp"}}
POSSESSIVES = {"son": {"ms", "fs"}, "sa": {"fs"}, "ses": {"mp", "fp"}, "leur": {"ms", "fs"},
               "leurs": {"mp", "fp"}}
MERGED = {"de": {"du": {"ms"}, "des": {"mp", "fp"}}, "à": {"au": {"ms"}, "aux": {"mp", "fp"}}}
MASS = {"water", "milk", "cheese"}

# Who can do, suffer or be what, for a listener who looks for what a pronoun means.
PEOPLE = {"farmer": "he", "boy": "he", "girl": "she"}
BEINGS = set("crow fox bird mouse owl dog cat goose frog tortoise children".split()) | set(PEOPLE)
PETS = {"dog", "cat", "goose"}
FOOD = {"cheese", "apple", "nut", "egg", "pear"}
THINGS = {"jug", "cup", "basket", "flower", "stone", "pebbles", "ring", "key"} | FOOD
LIQUIDS = {"water", "milk"}
SKY = {"sun", "moon"}
PLACES = {"well", "tree", "house", "garden", "hill", "river", "forest", "nest"}
EVERYTHING = BEINGS | THINGS | LIQUIDS | SKY | PLACES
DOES = {base: BEINGS for base, *_ in ENGLISH_VERBS.values()} | {
    "be": EVERYTHING, "fall": BEINGS | THINGS, "rise": LIQUIDS | {"river"}, "shine": SKY | {"ring"},
}
SUFFERS = {base: BEINGS | THINGS | LIQUIDS for base in DOES} | {
    "drink": LIQUIDS, "eat": FOOD | {"flower"}, "break": THINGS, "throw": THINGS, "hide": THINGS,
    "carry": THINGS | LIQUIDS, "take": THINGS | LIQUIDS, "give": THINGS | LIQUIDS,
    "lose": THINGS | PETS, "follow": BEINGS, "hear": BEINGS,
    "love": BEINGS | THINGS | LIQUIDS | PLACES,
}
IS = {adjective: EVERYTHING for adjective in ADJECTIVES} | {
    "heavy": THINGS, "cold": LIQUIDS | {"river", "stone"},
    "empty": {"jug", "cup", "basket"} | PLACES,
} | {name: BEINGS for name in ("sad", "happy", "tired", "wise", "shy", "young", *STATES)}


class Wrong(Exception):  # noqa: N818
    """What a check finds wrong with a line."""


def need(condition, complaint):
    """Raise Wrong(complaint) unless the condition holds."""
    if not condition:
        raise Wrong(complaint)


def vowel(word):
    """Whether a French word makes the word before it lose its vowel."""
    return word == "y" or word[:1] in set("aeiouâéêèœh") and word not in ASPIRATED


# ------------------------------------------------------------------ parsing


class Parser:
    """The words of one sentence and a place in it; subclasses know a language."""

    def __init__(self, words):
        """Start before the first word."""
        self.words, self.at = words, 0

    def next(self, ahead=0):
        """The word at the place, or an empty string."""
        return self.words[self.at + ahead] if self.at + ahead < len(self.words) else ""

    def take(self, *allowed):
        """The index of the next word if it is allowed (any word if nothing is named), or None."""
        if self.next() and (not allowed or self.next() in allowed):
            self.at += 1
            return self.at - 1
        return None

    def sentence(self):
        """A list of clauses, dicts; "link" holds the indices of the conjunction."""
        clauses, link, last = [], [], None
        while True:
            joined = self.words[link[-1]] if link else ""
            last = self.clause(last if joined in self.SHARED else None) | {"link": link}
            clauses.append(last)
            if not self.next():
                return clauses
            link = self.link()

    def link(self):
        """Indices of ", but", "and": a conjunction, with a comma or without."""
        comma = self.take(",")
        inside = self.NO_COMMA if comma is None else self.CONJUNCTIONS - self.NO_COMMA
        word = self.take(*inside)
        need(word is not None, f"conjunction expected: {self.next()}")
        return [i for i in (comma, word) if i is not None]


class French(Parser):
    """French clauses, with agreement, elision, contraction and placement checked on the way."""

    CONJUNCTIONS = set(LINKS.values())
    NO_COMMA = {"et", "quand"}
    SHARED = {"et", "puis"}  # a clause after these may go without a subject

    def clause(self, last):
        """Subject and predicate; `last` is the clause whose subject may be shared."""
        if last and self.next() not in (*SUBJECT_PRONOUNS, *self.STARTS) or self.shares(last):
            subject = {"gap": True, "mark": last["subject"]["mark"]}
        else:
            subject = self.subject()
        return {"subject": subject} | self.predicate(subject["mark"])

    STARTS = ("le", "la", "l'", "les", "un", "une", "des", "de", "d'", "du", *POSSESSIVES)

    def shares(self, last):
        """Whether a clause starts with le, la, l', les and a verb: a pronoun, not an article."""
        return bool(last) and self.next() in CLITICS and self.verbal(self.next(1))

    @staticmethod
    def verbal(word):
        """Whether a word is a verb form; of the words that are both, none follows an article."""
        return word in FRENCH_VERBS or word in HAVE

    def subject(self):
        """A pronoun or a phrase; "mark" is its gender and number."""
        if self.next() in SUBJECT_PRONOUNS:
            return {"pronoun": self.take(), "mark": SUBJECT_PRONOUNS[self.words[self.at - 1]]}
        return self.phrase()

    def predicate(self, mark, gap=None):
        """Negation, pronoun, verb, object or attribute, place; `gap` is the mark of *que*."""
        ne = self.take("ne", "n'")
        clitic = self.take(*CLITICS, "en", "y")
        if clitic is not None and self.words[clitic] in CLITICS:
            self.elision(clitic, "le", "la")
        if ne is not None:
            self.elision(ne, "ne")
        word = self.words[clitic] if clitic is not None else ""
        found = {"ne": ne, "clitic": clitic if word in CLITICS else None,
                 "en": clitic if word == "en" else None, "y": clitic if word == "y" else None,
                 "aux": None, "state": None, "adjective": None, "object": None, "fear": None,
                 "place": None}
        verb = self.take()
        need(verb is not None and self.verbal(self.words[verb]), f"verb expected: {word}")
        pas = self.take("pas")
        need((ne is None) == (pas is None), "negation: ne without pas, or pas without ne")
        found |= {"pas": pas, "verb": verb}
        self.verb_form(found, mark, gap)
        self.attribute(found, mark, gap)
        return found

    def verb_form(self, found, mark, gap):
        """Number of the verb, agreement of the participle."""
        word = self.words[found["verb"]]
        helped = PARTICIPLES.get(self.next())
        if word in ("a", "ont", "est", "sont") and helped:
            need(("p" if word in ("ont", "sont") else "s") == mark[1], f"number of verb: {word}")
            base, auxiliary, marks = helped
            need(auxiliary == ("avoir" if word in HAVE else "être"), f"auxiliary: {word} {base}")
            found |= {"aux": found["verb"], "verb": self.take(), "base": base, "past": True}
            if auxiliary == "être":
                need(mark in marks, f"agreement with the subject: {self.words[found['verb']]}")
            elif found["clitic"] is not None:
                allowed = CLITICS[self.words[found["clitic"]]]
                need(allowed & marks, f"agreement with the object: {self.words[found['verb']]}")
                found["participle"] = marks
            else:
                need((gap or "ms") in marks, f"agreement with the object: {self.next(-1)}")
        elif word in HAVE:
            number, found["past"] = HAVE[word]
            need(number == mark[1], f"number of verb: {word}")
            found |= {"state": self.take(*STATES.values()), "base": "be"}
            need(found["state"] is not None, f"soif, faim or peur expected: {self.next()}")
        else:
            found["base"], number, found["past"] = FRENCH_VERBS[word]
            need(number == mark[1], f"number of verb: {word}")

    def attribute(self, found, mark, gap):
        """What follows the verb."""
        base, negative = found["base"], found["pas"] is not None
        has_pronoun = found["clitic"] is not None or found["en"] is not None or gap is not None
        if found["state"] is not None:
            if self.words[found["state"]] == "peur" and self.next() in ("de", "du", "des"):
                found["fear"] = self.phrase("de")
        elif base == "be" and self.next() in AGREES:
            found["adjective"] = self.take()
            word = self.words[found["adjective"]]
            need(mark in AGREES[word][1], f"agreement: {word}")
            need(word not in BEFORE_VOWEL.values(), "bel after est")
        elif base not in INTRANSITIVE and self.next() in self.STARTS:
            need(not has_pronoun, "two objects")
            found["object"] = self.phrase()
            kind = found["object"]["kind"]
            need(not (negative and kind in ("a", "some")), "un or des after a negation")
            need(negative or kind != "any", "de without a negation")
        has_object = has_pronoun or found["object"] is not None
        need(not (base in INTRANSITIVE and has_object), f"object of {base}")
        need(has_object or base in INTRANSITIVE, f"no object: {base}")
        preposition = self.take(*PREPOSITIONS.values())
        if preposition is not None:
            name = self.words[preposition]
            if name == "à":
                self.at -= 1
            phrase = self.phrase({"près": "de", "à": "à"}.get(name))
            found["place"] = {"preposition": preposition, "phrase": phrase}
        elif self.next() in MERGED["à"]:
            found["place"] = {"preposition": self.at, "phrase": self.phrase("à")}
        said = found["place"] or found["adjective"] is not None or found["state"] is not None
        need(said or base != "be", "est without attribute")

    def elision(self, index, *full):
        """A word of `full` is elided before a vowel and only there."""
        word, following = self.words[index], self.words[index + 1 : index + 2]
        need(following, f"nothing after {word}")
        need(word.endswith("'") or not (word in full and vowel(following[0])), f"elision: {word}")
        need(not word.endswith("'") or vowel(following[0]), f"elided before a consonant: {word}")

    def determiner(self, host):
        """The words before the noun: indices and the genders and numbers that they allow.

        `host` is the preposition before them, de or à, whose word may have swallowed the article.
        """
        found = {"host": None, "article": None, "merged": None, "inner": None, "kind": "the"}
        if host and self.next() in MERGED[host]:
            found["merged"] = self.take()
            need(self.words[found["merged"]] in ("des", "aux") or not vowel(self.next()),
                 f"{self.words[found['merged']]} before a vowel")
            return found, MERGED[host][self.words[found["merged"]]]
        if host:
            found["host"] = self.take(host, "d'" if host == "de" else host)
            need(found["host"] is not None, f"{host} expected: {self.next()}")
            self.elision(found["host"], "de")
            need(self.next() not in ("le", "les"), f"contraction: {host} {self.next()}")
        elif self.next() in ("de", "d'", "du", "des"):
            return self.indefinite(found)
        article = found["article"] = self.take("le", "la", "l'", "les", "un", "une", *POSSESSIVES)
        need(article is not None, f"article expected: {self.next()}")
        word = self.words[article]
        self.elision(article, "le", "la", "sa")
        if word in POSSESSIVES:
            found["kind"] = "own"
            allowed = POSSESSIVES[word]
            return found, allowed if word != "son" or vowel(self.next()) else {"ms"}
        found["kind"] = "a" if word in ("un", "une") else "the"
        return found, (CLITICS | {"un": {"ms"}, "une": {"fs"}})[word]

    def indefinite(self, found):
        """du, de la, de l'; des, or de before an adjective; de alone after a negation."""
        index = found["article"] = self.take()
        word = self.words[index]
        self.elision(index, "de")
        found["kind"] = "some"
        if word == "du":
            need(not vowel(self.next()), "du before a vowel")
            return found, {"ms"}
        if word == "des":
            need(self.next() not in AGREES, "des before an adjective")
            return found, {"mp", "fp"}
        if self.next() in ("la", "l'", "le"):
            need(self.next() != "le", "contraction: de le")
            found["inner"] = self.take()
            self.elision(found["inner"], "la")
            return found, CLITICS[self.words[found["inner"]]]
        negative = "pas" in self.words[max(0, index - 2) : index]
        need(negative or self.next() in AGREES, "de without an adjective")
        found["kind"] = "any" if negative else "some"
        return found, {"ms", "fs", "mp", "fp"} if negative else {"mp", "fp"}

    def phrase(self, host=None):
        """Determiner, adjective, noun, adjective, de with a phrase, relative clause."""
        found, allowed = self.determiner(host)
        start = self.at
        adjectives = []
        if self.next() in AGREES:
            adjectives.append(self.take())
            need(AGREES[self.words[adjectives[0]]][0] in GO_BEFORE, "placement: before the noun")
        noun = self.take()
        entries = [(name, mark) for (name, form), mark in NOUNS.items()
                   if noun is not None and form == self.words[noun] and mark in allowed]
        need(entries, f"article or noun: {' '.join(self.words[start - 1 : self.at])}")
        if len(entries) > 1:  # souris, noix after a word that has no number: an adjective tells
            marks = set.intersection(*(AGREES[self.words[i]][1] for i in adjectives or [])) if (
                adjectives) else {"fp"}
            entries = [entry for entry in entries if entry[1] in marks]
        need(len(entries) == 1, f"number of the noun: {self.words[noun]}")
        mark = entries[0][1]
        if adjectives:
            self.vowel_form(adjectives[0], mark, self.words[noun])
        if self.next() in AGREES:
            adjectives.append(self.take())
            name = AGREES[self.words[adjectives[-1]]][0]
            need(name not in GO_BEFORE, "placement: after the noun")
        for index in adjectives:
            need(mark in AGREES[self.words[index]][1], f"agreement: {self.words[index]}")
        if found["kind"] in ("some", "any") and found["inner"] is None:
            many = mark[1] == "p" or entries[0][0] in MASS
            need(many, f"some of one: {self.words[noun]}")
        found |= {"adjectives": adjectives, "noun": noun, "mark": mark}
        found |= {"de": None, "relative": None}
        if self.next() in ("de", "d'", "du", "des"):
            found["de"] = self.phrase("de")
        if self.next() in ("qui", "que", "qu'"):
            found["relative"] = self.relative(mark)
        return found

    def relative(self, mark):
        """qui and a predicate, or que with a subject and a predicate."""
        pronoun = self.take()
        self.elision(pronoun, "que")
        if self.words[pronoun] == "qui":
            return {"pronoun": pronoun, "subject": {"gap": True, "mark": mark}} | self.predicate(
                mark)
        subject = self.subject()
        return {"pronoun": pronoun, "subject": subject} | self.predicate(subject["mark"], mark)

    def vowel_form(self, index, mark, noun):
        """beau, vieux against bel, vieil."""
        word = self.words[index]
        special = mark == "ms" and vowel(noun)
        need(not (special and word in BEFORE_VOWEL), f"form before a vowel: {word} {noun}")
        plain = word not in BEFORE_VOWEL.values()
        need(special or plain, f"form before a consonant: {word} {noun}")


class English(Parser):
    """English clauses: person of the verb, does not, a and an."""

    CONJUNCTIONS = set(LINKS)
    NO_COMMA = {"and", "when"}
    SHARED = {"and", "then"}
    NOUNS = {english: mark for (english, _), mark in NOUNS.items()}
    STARTS = ("the", "a", "an", "some", "any", *OWNERS)

    def clause(self, last):
        """Subject and predicate; `last` is the clause whose subject may be shared."""
        if last and self.next() not in (*ENGLISH_PRONOUNS, *self.STARTS):
            subject = {"gap": True, "number": last["subject"]["number"]}
        else:
            subject = self.subject()
        return {"subject": subject} | self.predicate(subject["number"])

    def subject(self):
        """A pronoun or a phrase."""
        pronoun = self.take(*ENGLISH_PRONOUNS)
        if pronoun is None:
            return self.phrase()
        return {"pronoun": pronoun, "number": ENGLISH_PRONOUNS[self.words[pronoun]]}

    def predicate(self, number, gap=False):
        """Verb with its negation, object or adjective, place; `gap`: the object stands before."""
        found = {"do": None, "not": None, "clitic": None, "object": None, "adjective": None,
                 "state": None, "of": None, "fear": None, "place": None, "particle": None,
                 "part": None, "there": None}
        if self.next() in BE:
            need(BE[self.next()][0] == number, f"English verb: {self.next()}")
            found |= {"past": BE[self.next()][1], "verb": self.take(), "base": "be",
                      "not": self.take("not"), "adjective": self.take(*ADJECTIVES)}
            found["state"] = self.take(*STATES)
            found["of"] = self.take("of") if self.words[self.at - 1] == "afraid" else None
            found["fear"] = self.phrase() if found["of"] is not None else None
        else:
            found |= self.full_verb(number)
            self.object(found, gap)
        found["there"] = self.take("there")
        preposition = self.take(*PREPOSITIONS)
        if preposition is not None:
            found["place"] = {"preposition": preposition, "phrase": self.phrase()}
        return found

    def full_verb(self, number):
        """A verb other than be."""
        found = {"do": self.take("did", "does" if number == "s" else "do")}
        found["not"] = self.take("not")
        need((found["do"] is None) == (found["not"] is None), "does without not")
        found["verb"] = self.take(*ENGLISH_VERBS)
        need(found["verb"] is not None, f"English verb: {self.next()}")
        word = self.words[found["verb"]]
        found["base"], person, found["past"] = ENGLISH_VERBS[word]
        if found["do"] is not None:
            need(person == "p", f"English verb: not {word}")
            found["past"] = self.words[found["do"]] == "did"
        else:
            need(person in (None, number), f"English verb: {word}")
        found["particle"] = self.take("for") if found["base"] == "look" else None
        need(found["base"] != "look" or found["particle"] is not None, "look without for")
        return found

    def object(self, found, gap):
        """it, them, some, or a phrase, unless it stands before."""
        phrase_follows = self.next(1) in self.NOUNS or self.next(1) in ADJECTIVES
        if self.next() in OBJECT_PRONOUNS and not (self.next() == "her" and phrase_follows):
            found["clitic"] = self.take()
        elif self.next() in ("some", "any") and not phrase_follows:
            found["part"] = self.take()
        elif self.next() in self.STARTS:
            found["object"] = self.phrase()
        had = sum(found[part] is not None for part in ("clitic", "part", "object")) + gap
        need(had == (found["base"] not in INTRANSITIVE), f"objects of {found['base']}")
        for part in (found["part"], found["object"] and found["object"]["article"]):
            if part is not None and self.words[part] in ("some", "any"):
                need((self.words[part] == "any") == (found["not"] is not None), "some or any")

    def phrase(self):
        """Article, adjectives, noun, 's and what is owned, of and a phrase, relative clause."""
        article = self.take(*self.STARTS)
        need(article is not None, f"English article: {self.next()}")
        if self.words[article] in ("a", "an"):
            good = "an" if self.next()[:1] in set("aeiou") else "a"
            need(self.words[article] == good, f"a or an: {self.words[article]} {self.next()}")
        found = {"article": article, "owner": None, "of": None, "relative": None} | self.noun()
        while self.next() == "'s":
            need(not self.words[found["noun"]].endswith("s"), "'s after a plural")
            mark = self.take()
            found = {"article": None, "'s": mark, "owner": found, "of": None,
                     "relative": None} | self.noun()
        of = self.take("of")
        if of is not None:
            found["of"] = {"word": of, "phrase": self.phrase()}
            need(self.words[found["of"]["phrase"]["noun"]] in PLACES, "of someone")
        pronoun = self.take("that", "who")
        if pronoun is not None:
            found["relative"] = {"pronoun": pronoun} | self.relative(found)
        return found

    def noun(self):
        """Adjectives and a noun."""
        adjectives = []
        while self.next() in ADJECTIVES:
            adjectives.append(self.take())
        noun = self.take(*self.NOUNS)
        need(noun is not None, f"English noun: {self.next()}")
        mark = self.NOUNS[self.words[noun]]
        return {"adjectives": adjectives, "noun": noun, "mark": mark, "number": mark[1]}

    def relative(self, phrase):
        """A predicate, or a subject and a predicate without its object."""
        who = self.words[self.at - 1] == "who"
        if self.next() in self.STARTS:
            need(not who, "who for whom")
            subject = self.subject()
            return {"subject": subject} | self.predicate(subject["number"], gap=True)
        person = self.words[phrase["noun"]] in {*PEOPLE, "children"}
        need(who == person, "who for people, that for all else")
        return {"subject": {"gap": True, "number": phrase["number"]}} | self.predicate(
            phrase["number"])


# ------------------------------------------------------------------ two parses, one meaning


class Comparison:
    """Walks through both parses of a line: the same meaning, and the links it calls for.

    After `run`, `clauses` is their number, `sure` and `possible` are sets of (i, j), `pairs` the
    adjective-noun, verb-object and subject-verb pairs of the line with pronouns resolved, and
    `constructions` what relative clauses hold.
    """

    def __init__(self, english, french):
        """Take the words of both sides, two lists of strings."""
        self.en, self.fr = english, french
        self.sure, self.possible = set(), set()
        self.pairs, self.constructions = set(), set()
        self.clauses = 0
        self.nouns = {}  # English singular: gender and number, in order
        self.denied = set()  # those of which there may be none: not any

    def run(self):
        """Compare all clauses; returns this object."""
        english, french = English(self.en).sentence(), French(self.fr).sentence()
        need(len(english) == len(french), "number of clauses")
        self.clauses = len(french)
        self.conjunctions([self.en[c["link"][-1]] for c in english if c["link"]])
        last = None
        for ours, theirs in zip(english, french, strict=True):
            need([LINKS.get(self.en[i], self.en[i]) for i in ours["link"]]
                 == [self.fr[j] for j in theirs["link"]], "conjunction")
            self.sure |= set(zip(ours["link"], theirs["link"], strict=True))
            before = self.en[ours["link"][-1]] if ours["link"] else ""
            last = self.clause(ours, theirs, last, before)
        return self

    @staticmethod
    def conjunctions(words):
        """One *but*, one *for* or *when*, and that at the end."""
        need(words.count("but") <= 1, "but twice")
        need(not {"for", "when"} & set(words[:-1]), "a clause after for or when")

    def clause(self, ours, theirs, last=None, before="", gap=None, inside=False):
        """One clause against the other; returns its subject.

        `last` is the subject of the clause before, for one that is left out; `gap` the object of
        a relative clause, which is `inside` another.
        """
        base = ours["base"]
        need(base == theirs["base"], f"verb: {base}, {theirs['base']}")
        need(ours["past"] == theirs["past"], "tense")
        need((ours["not"] is None) == (theirs["ne"] is None), "one side is negated")
        if "pronoun" in ours["subject"] and ours["clitic"] is not None:
            words = self.en[ours["subject"]["pronoun"]], OBJECT_PRONOUNS[self.en[ours["clitic"]]]
            need(words[0] != words[1], "two like pronouns")
        if base == "sing" and ours["past"]:
            beside = inside or before in ("for", "when")
            need(beside == (theirs["aux"] is None), "imparfait of sing")
        self.verb(ours, theirs)
        subject = self.subject(ours, theirs, last, before)
        need(subject in DOES[base], f"{subject} {base}")
        matches = {"clitic": "clitic", "object": "object", "adjective": "adjective",
                   "place": "place", "part": "en", "there": "y", "state": "state", "fear": "fear"}
        for part, other in matches.items():
            need((ours[part] is None) == (theirs[other] is None), f"{part} on one side only")
        if ours["adjective"] is not None:
            self.adjective(ours["adjective"], theirs["adjective"], subject)
        if ours["state"] is not None:
            self.state(ours, theirs, subject)
        thing = gap or self.thing(ours, theirs, subject)
        if thing:
            seen = (base, thing) == ("see", "moon")  # but never "it"
            need(thing in SUFFERS[base] or seen, f"{base} {thing}")
            self.pairs.add((base, thing))
        if base != "be":
            self.pairs.add((subject, base))
        if ours["fear"]:
            self.phrase(ours["fear"], theirs["fear"], subject, host=ours["of"])
        if ours["there"] is not None:
            self.sure.add((ours["there"], theirs["y"]))
        if ours["place"]:
            self.place(ours["place"], theirs["place"], subject)
        return subject

    def verb(self, ours, theirs):
        """Links of the verb, its auxiliaries, its particle and its negation."""
        verb, ne, aux = theirs["verb"], theirs["ne"], theirs["aux"]
        self.sure.add((ours["verb"], verb))
        if ours["particle"] is not None:
            simple = verb if aux is None else None
            self.possible |= {(ours["particle"], simple)} - {(ours["particle"], None)}
        if aux is not None:
            self.possible.add((ours["do"] if ours["do"] is not None else ours["verb"], aux))
        if ne is not None:
            self.sure.add((ours["not"], theirs["pas"]))
            self.possible.add((ours["not"], ne))
            if ours["do"] is not None:
                self.possible |= {(ours["do"], ne)}
                if aux is None:
                    self.possible |= {(ours["do"], verb)}

    def state(self, ours, theirs, subject):
        """thirsty and soif; of and de."""
        need(STATES[self.en[ours["state"]]] == self.fr[theirs["state"]], "state")
        need(subject in BEINGS, f"{self.en[ours['state']]} {subject}")
        self.sure.add((ours["state"], theirs["state"]))

    def subject(self, ours, theirs, last, before):
        """The English noun that is, or is meant by, the subject."""
        ours_too, theirs_too = ours["subject"], theirs["subject"]
        for kind in ("pronoun", "gap"):
            need((kind in ours_too) == (kind in theirs_too), f"{kind} on one side only")
        if "gap" in ours_too:
            return last
        if "pronoun" not in ours_too:
            noun = self.phrase(ours_too, theirs_too, None)
            need(not (before in ("and", "then") and noun == last), "the subject is repeated")
            return noun
        able = DOES[ours["base"]] if ours["base"] != "be" else BEINGS | THINGS | LIQUIDS
        for part in ("adjective", "state"):
            able = IS[self.en[ours[part]]] if ours[part] is not None else able
        self.sure.add((ours_too["pronoun"], theirs_too["pronoun"]))
        noun = self.antecedent(self.en[ours_too["pronoun"]], able, {theirs_too["mark"]})
        need(not (before in ("and", "then") and noun == last), "the subject is repeated")
        return noun

    def thing(self, ours, theirs, subject):
        """The English noun of the object, or None."""
        if ours["object"]:
            return self.phrase(ours["object"], theirs["object"], subject)
        able = SUFFERS[ours["base"]] - {subject}
        if ours["part"] is not None:
            self.sure.add((ours["part"], theirs["en"]))
            many = [n for n, mark in self.nouns.items()
                    if n in able and (mark[1] == "p" or n in MASS)]
            need(many, "some of what")
            self.denied.discard(many[-1])
            return many[-1]
        if ours["clitic"] is None:
            return None
        self.sure.add((ours["clitic"], theirs["clitic"]))
        word = OBJECT_PRONOUNS[self.en[ours["clitic"]]]
        noun = self.antecedent(word, able, CLITICS[self.fr[theirs["clitic"]]])
        if "participle" in theirs:
            need(self.nouns[noun] in theirs["participle"], f"agreement with the object: {noun}")
        return noun

    def antecedent(self, word, able, marks=None):
        """The one earlier noun that English `word` can mean; French must agree with it."""
        fits = [name for name, mark in self.nouns.items()
                if name in able and pronoun_for(name, mark) == word]
        need(len(fits) == 1, f"{len(fits)} antecedents of {word}")
        need(fits[0] not in self.denied, f"{word} for none")
        need(marks is None or self.nouns[fits[0]] in marks,
             f"gender or number of the pronoun for {fits[0]}")
        return fits[0]

    def adjective(self, i, j, noun):
        """A pair of adjectives said of a noun."""
        name = AGREES[self.fr[j]][0]
        need(self.en[i] == name, f"adjective: {self.en[i]}, {self.fr[j]}")
        need(noun in IS[name], f"{name} {noun}")
        if name == "big":
            need(self.fr[j].startswith("gros") == (noun in GROS), f"grand or gros {noun}")
        self.sure.add((i, j))
        self.pairs.add((name, noun))

    def phrase(self, ours, theirs, subject, host=None, near=False):
        """Compare two phrases; returns the English noun.

        `subject` is that of the clause, for *its*; `host` the index of the English preposition
        that de or à translates, `near` whether it does so in a possible link only.
        """
        owner = ours["owner"]
        if owner:  # before the noun in English, so mentioned first
            need(theirs["de"] is not None, "owner on one side only")
            self.phrase(owner, theirs["de"], subject, host=ours["'s"])
        words = self.en[ours["noun"]], self.fr[theirs["noun"]]
        need(NOUNS.get(words) == theirs["mark"], f"noun: {words}")
        noun = SINGULAR.get(words[0]) or (
            words[0][:-1] if theirs["mark"][1] == "p" else words[0])
        if owner:
            need(self.en[owner["noun"]] not in PLACES, "owner without life")
        plain = (not ours["adjectives"] and not owner and not ours["of"] and not ours["relative"]
                 and self.en[ours["article"]] == "the")
        need(noun not in self.nouns or plain, "a noun introduced twice")
        self.nouns.setdefault(noun, theirs["mark"])
        if ours["article"] is not None and self.en[ours["article"]] == "any":
            self.denied.add(noun)
        self.sure.add((ours["noun"], theirs["noun"]))
        self.determiner(ours, theirs, subject, host, near)
        by_name = {AGREES[self.fr[j]][0]: j for j in theirs["adjectives"]}
        need(sorted(by_name) == sorted(self.en[i] for i in ours["adjectives"]), "adjectives")
        for i in ours["adjectives"]:
            self.adjective(i, by_name[self.en[i]], noun)
        need((owner is None and ours["of"] is None) == (theirs["de"] is None),
             "owner on one side only")
        if ours["of"]:
            self.phrase(ours["of"]["phrase"], theirs["de"], subject, host=ours["of"]["word"])
        need((ours["relative"] is None) == (theirs["relative"] is None), "relative clause")
        if ours["relative"]:
            self.relative(ours["relative"], theirs["relative"], noun)
        return noun

    def relative(self, ours, theirs, noun):
        """that or who against qui or que."""
        self.sure.add((ours["pronoun"], theirs["pronoun"]))
        object_left_out = "gap" not in ours["subject"]
        need(object_left_out == (self.fr[theirs["pronoun"]] != "qui"), "qui or que")
        if ours["not"] is not None:
            self.constructions.add("negated relative")
        parts = [ours["subject"], ours["object"], ours["fear"],
                 ours["place"] and ours["place"]["phrase"]]
        if any(part and part.get("owner") for part in parts):
            self.constructions.add("owner in relative")
        self.clause(ours, theirs, last=noun, gap=noun if object_left_out else None, inside=True)

    def determiner(self, ours, theirs, subject, host, near):
        """Kind and links of the article, and of the preposition that may have swallowed it."""
        kind, merged, article = theirs["kind"], theirs["merged"], theirs["article"]
        if host is not None:
            word = theirs["host"] if merged is None else merged
            (self.possible if near else self.sure).add((host, word))
        else:
            need(theirs["host"] is None and merged is None, "de without a word for it")
        if ours["owner"]:
            need(kind == "the", "the article of what is owned")
            self.possible.add((ours["'s"], article if merged is None else merged))
            return
        own = ours["article"]
        word = self.en[own]
        names = {"a": "a", "an": "a"} | dict.fromkeys(OWNERS, "own")
        need(names.get(word, word) == kind, f"determiner: {word}, {kind}")
        if word in OWNERS:
            self.own(word, self.fr[article], subject)
        if merged is not None:
            self.possible.add((own, merged))
            return
        self.sure.add((own, article))
        if theirs["inner"] is not None:
            self.possible.add((own, theirs["inner"]))

    def own(self, word, french, subject):
        """its, his, her, their: someone's, and the French word has the owner's number."""
        plural = word == "their"
        need(plural == french.startswith("leur"), f"possessive: {word}, {french}")
        if subject and pronoun_for(subject, self.nouns.get(subject, "ms")) == OWNERS[word]:
            return
        self.antecedent(OWNERS[word], BEINGS)

    def place(self, ours, theirs, subject):
        """Preposition and phrase."""
        i, j = ours["preposition"], theirs["preposition"]
        name = self.en[i]
        french = {"au": "à", "aux": "à"}.get(self.fr[j], self.fr[j])
        inside = name == "to" and self.goes_inside(ours["phrase"])
        need(("dans" if inside else PREPOSITIONS[name]) == french, "preposition")
        self.sure.add((i, j))
        host = i if name in ("near", "to") and not inside else None
        self.phrase(ours["phrase"], theirs["phrase"], subject, host, near=name == "near")


    def goes_inside(self, phrase):
        """Dans la forêt, dans son jardin, dans une maison, dans le jardin de la fille."""
        noun = self.en[phrase["noun"]]
        plain = phrase["article"] is not None and self.en[phrase["article"]] == "the"
        return noun == "forest" or noun in ("house", "garden") and not plain


def pronoun_for(noun, mark):
    """The English subject pronoun of a noun."""
    return "they" if mark[1] == "p" else PEOPLE.get(noun, "it")


def read_links(text):
    """Sure and possible links of the alignment column, two sets. Raises Wrong on bad form."""
    sets = {"-": set(), "?": set()}
    for item in text.split(" "):
        match = re.fullmatch(r"(\d+)([-?])(\d+)", item)
        need(match, f"form of the link {item!r}")
        i, kind, j = match.groups()
        need((int(i), int(j)) not in sets["-"] | sets["?"], f"link {item} given twice")
        sets[kind].add((int(i), int(j)))
    return sets["-"], sets["?"]


def check(english, french, alignment):
    """Check one line; returns the Comparison. Raises Wrong."""
    english, french = english.split(" "), french.split(" ")
    sure, possible = read_links(alignment)
    for i, j in sure | possible:
        need(i < len(english) and j < len(french), f"link out of range: {i}, {j}")
    for i, word in enumerate(english):
        content = word in English.NOUNS or word in ADJECTIVES
        need(not content or any(i == left for left, _ in sure), f"{word} has no link")
    found = Comparison(english, french).run()
    need(sure == found.sure, f"sure links: {sorted(sure ^ found.sure)}")
    need(possible == found.possible, f"possible links: {sorted(possible ^ found.possible)}")
    need({i for i, _ in sure | possible} == set(range(len(english))), "an English word unlinked")
    need({j for _, j in sure | possible} == set(range(len(french))), "a French word unlinked")
    return found


# ------------------------------------------------------------------ the file


@pytest.fixture(scope="module")
def rows():
    """All lines below the header, as lists of five strings."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines[1:]]


@pytest.fixture(scope="module")
def parsed(rows):
    """Every line checked: {id: Comparison}. All complaints are shown together."""
    found, complaints = {}, []
    for number, _, english, french, alignment in rows:
        try:
            found[number] = check(english, french, alignment)
        except Wrong as wrong:
            complaints.append(f"{number}: {wrong}: {english} | {french} | {alignment}")
    assert not complaints, "\n".join(complaints[:20])
    return found


@pytest.fixture(scope="module")
def measure():
    """The module tools/corpus/measure.py."""
    sys.path.insert(0, str(GENERATOR.parent))
    try:
        yield importlib.import_module("measure")
    finally:
        sys.path.remove(str(GENERATOR.parent))
        for name in MODULES:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def splits(measure):
    """The lines of the file as measure.py reads them, by split."""
    return measure.by_split(measure.read_lines(CORPUS.read_text(encoding="utf-8")))


def in_split(rows, *names):
    """The lines of some splits."""
    return [row for row in rows if row[1] in names]


def test_file_format(rows):
    """Bytes, encoding, columns, identifiers."""
    raw = CORPUS.read_bytes()
    assert len(raw) < 3_000_000
    assert b"\r" not in raw and raw.endswith(b"\n") and not raw.endswith(b"\n\n")
    text = raw.decode("utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert text.splitlines()[0] == "id\tsplit\ten\tfr\talignment"
    assert all(len(row) == 5 for row in rows)
    assert [row[0] for row in rows] == [str(n) for n in range(1, len(rows) + 1)]
    for row in rows:
        assert all(cell == " ".join(cell.split()) and cell for cell in row), row
        assert row[2] == row[2].lower() and row[3] == row[3].lower()


def test_every_line_is_right(parsed, rows):
    """Agreement, elision, contraction, negation, placement, pronouns and links, on all lines."""
    assert len(parsed) == len(rows)


def test_split_sizes_and_lengths(rows, parsed):
    """Lines by split, clauses and words a side."""
    sizes = Counter(row[1] for row in rows)
    assert list(dict.fromkeys(row[1] for row in rows)) == list(SPLITS)
    assert 5500 <= sizes["train"] <= 6500
    assert [sizes[name] for name in SPLITS[1:5]] == [500, 1000, 500, 500]
    assert sizes["story"] >= 20
    for number, split, english, french, _ in rows:
        count = parsed[number].clauses
        lengths = len(english.split()), len(french.split())
        if split == "long":
            assert 4 <= count <= 6 and max(lengths) <= 60
        else:
            assert 1 <= count <= 3 and min(lengths) >= 4 and max(lengths) <= 30
    for name in ("train", "valid", "test", "novel"):
        shares = Counter(parsed[row[0]].clauses for row in in_split(rows, name))
        assert min(shares[n] for n in (1, 2, 3)) >= 0.2 * sizes[name]


def test_no_sentence_twice(rows):
    """Splits share no sentence, and English decides French."""
    for column in (2, 3):
        assert max(Counter(row[column] for row in rows).values()) == 1


@pytest.mark.parametrize("column", [2, 3], ids=["English", "French"])
def test_vocabulary(rows, column):
    """At most 220 word types, each seen often enough in training to be learnt."""
    counts = Counter(word for row in in_split(rows, "train") for word in row[column].split())
    assert 100 <= len(counts) <= 220
    assert {word for row in rows for word in row[column].split()} == set(counts)
    assert min(counts.values()) >= 40


def test_novel_pairs_are_absent_from_training(rows, parsed):
    """Each novel line pairs known words in a new way, or has a construction that is new."""
    known = set().union(*(parsed[row[0]].pairs for row in in_split(rows, "train")))
    words = {word for pair in known for word in pair}
    fresh = [Counter(), Counter()]  # even ids, odd ids
    built = [Counter(), Counter()]
    for row in in_split(rows, "novel"):
        line, half = parsed[row[0]], int(row[0]) % 2
        new = line.pairs - known
        assert new or line.constructions, f"nothing new in {row}"
        assert all(set(pair) <= words for pair in new)
        fresh[half].update(new)
        built[half].update(line.constructions)
    for half in range(2):
        lines = [row for row in in_split(rows, "novel") if int(row[0]) % 2 == half]
        assert [bool(parsed[row[0]].constructions) for row in lines] == [
            n % 5 >= 3 for n in range(len(lines))
        ]
    assert not set(fresh[0]) & set(fresh[1])
    assert min(len(half) for half in fresh) >= 50
    assert len(fresh[0]) + len(fresh[1]) >= 100
    assert [set(half) for half in built] == [{"owner in relative"}, {"negated relative"}]
    assert min(half.total() for half in built) >= 80
    for row in in_split(rows, "train", "valid", "test", "long", "story"):
        line = parsed[row[0]]
        assert not line.constructions
        assert not any(pair in half for pair in line.pairs for half in fresh)


PHENOMENA = {  # patterns for English and French: at least this many lines of training
    "possession": (r" 's ", r"\b(de|du|des|d')\b", 1500),
    "its": (r"\b(its|his|her|their) ", r"\b(son|sa|ses|leurs?)\b", 300),
    "son before a vowel": ("", r"\bson (oie|eau)\b", 5),
    "qui": (r"\b(that|who)\b", r"\bqui\b", 400),
    "que": (r"\bthat\b", r"\bque\b", 400),
    "qu'": (r"\bthat\b", r"\bqu'", 0),
    "avoir": ("", r"\b(a|ont) (pas )?(vu|pris|bu|mangé|cassé|trouvé|perdu|caché)", 1000),
    "être": ("", r"\b(est|sont) (pas )?(allé|tombé|monté)", 400),
    "participle and its object": ("", r"\bl' a (pas )?[a-zé]+e\b", 100),
    "did not": (r"\bdid not\b", r"\bn' (l' |les |en |y )?(a|ont|est|sont) pas\b", 400),
    "imparfait": ("", r"\b(voulait|dormait|attendait|était|avait|cherchait)\b", 800),
    "soif": ("", r"\b(soif|faim|peur)\b", 300),
    "pas de": (r"\bany\b", r"\bpas (de|d')|\b(bu|vu|trouvé|mangé) (de|d') ", 100),
    "des": (r"\bsome\b", r"\bdes\b", 100),
    "de before an adjective": (r"\bsome\b", r"\bde (gros|grosses|petits|petites) ", 60),
    "partitive": (r"\bsome\b", r"\b(du|de l'|de la)\b", 100),
    "en": (r"\b(some|any)\b", r"\ben\b", 60),
    "y": (r"\bthere\b", r"\by\b", 80),
    "au": (r"\bto\b", r"\bau\b", 200),
    "aux": (r"\bto\b", r"\baux\b", 40),
    "du": ("", r"\bdu\b", 500),
    "bel": ("", r"\bbel\b", 40),
    "vieil": ("", r"\bvieil\b", 40),
    "gros and grand": (r"\bbig\b", r"\b(gros|grosses?)\b", 200),
    "adjective after": ("", r"[a-zœâ]+ (noire?s?|grise?s?|rouges?) ", 500),
    "elle": ("", r"\belle\b", 200),
    "elles": ("", r"\belles\b", 80),
    "object pronoun": (r"\b(it|them)\b", r"\b(le|la|les|l') [a-z]+", 500),
    "no subject": (r"\b(and|then) [a-z]+", r"\b(et|puis) (l' |les |y )?(a|ont|est|sont)\b", 200),
}


@pytest.mark.parametrize("name", PHENOMENA)
def test_phenomenon_is_frequent(rows, name):
    """What the lessons show must be there to be learnt."""
    ours, theirs, least = PHENOMENA[name]
    found = [row for row in in_split(rows, "train") if re.search(ours, row[2])]
    assert sum(bool(re.search(theirs, row[3])) for row in found) >= least


# ------------------------------------------------------------------ what the edition promises


def test_word_order_needs_attention(measure, splits):
    """Few links near the diagonal, long crossings in every split."""
    lines = [line for split in splits.values() for line in split]
    assert measure.near_diagonal(lines) <= 0.85
    for name, split in splits.items():
        assert measure.near_diagonal(split) <= 0.85, name
        assert measure.long_crossings(split) >= 0.2, name


def test_nothing_can_be_passed_by_heart(measure, splits):
    """No clause of a one-clause line, few others, and no neighbour stands in train."""
    train = splits["train"]
    single, others = measure.clauses_in_train(splits["test"], train)
    assert single == 0 and others <= 0.20
    for name in ("valid", "test", "long", "novel"):
        assert measure.one_edit(splits[name], train) == (0, 0), name


def test_words_have_many_forms(measure, splits):
    """At most 60 % of the English words have one French form only."""
    single, types = measure.one_french_form([line for split in splits.values() for line in split])
    assert single <= 0.60 * types


def test_a_phrase_table_does_not_pass(measure, splits):
    """Longest match without a network, exact: test, novel, long."""
    translator = measure.PhraseTable(splits["train"])
    for name, most in (("test", 15), ("novel", 8), ("long", 2)):
        assert measure.score(translator, splits[name])[0] <= most, name


def line_of(measure, english, french, links):
    """A Line for the tests below; a link with "?" is possible."""
    text = f"id\tsplit\ten\tfr\talignment\n1\ttrain\t{english}\t{french}\t{links}\n"
    return measure.read_lines(text)[0]


def test_baselines_by_hand(measure):
    """What each baseline makes of three lines."""
    train = [
        line_of(measure, "the jug fell", "la cruche est tombée", "0-0 1-1 2?2 2-3"),
        line_of(measure, "the jug slept", "la cruche dormait", "0-0 1-1 2-2"),
        line_of(measure, "the black crow slept", "le corbeau noir dormait", "0-0 1-2 2-1 3-3"),
    ]
    words = measure.WordByWord(train)
    assert words.translate(("the", "black", "jug", "fell")) == ("la", "noir", "cruche", "tombée")
    nearest = measure.NearestLine(train)
    assert nearest.translate(("the", "crow", "slept")) == ("le", "corbeau", "noir", "dormait")
    phrases = measure.PhraseTable(train)
    assert phrases.translate(("the", "black", "crow", "fell")) == (
        "le", "corbeau", "noir", "est", "tombée")
    assert ("black",) in phrases.table and ("the", "black") not in phrases.table
    assert phrases.translate(("owl", "slept")) == ("dormait",)
    exact, points = measure.score(phrases, train)
    assert exact == 100 and points == pytest.approx(100)


def test_bleu_by_hand(measure):
    """Precisions 4/5, 3/4, 2/3 and 1/2, no brevity penalty; then a short guess."""
    guess, truth = [tuple("abcde")], [tuple("abcdf")]
    expected = 100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert measure.bleu(guess, truth) == pytest.approx(expected)
    short = measure.bleu([tuple("abcd")], [tuple("abcde")])
    assert short == pytest.approx(100 * 2.718281828459045 ** (1 - 5 / 4))
    assert measure.bleu([tuple("ab")], truth) == 0


def test_measures_by_hand(measure):
    """Crossings, clauses and neighbours on small lines."""
    turned = line_of(measure, "a b 's c d", "c d de a b", "0-3 1-4 2-2 3-0 4-1")
    assert measure.has_long_crossing(turned)
    assert measure.near_diagonal([turned]) == 1 / 5
    swapped = line_of(measure, "a b c", "a c b", "0-0 1-2 2-1")
    assert not measure.has_long_crossing(swapped)
    found = measure.clauses("the crow saw it , so it fell and slept when it rose".split())
    assert found == ["the crow saw it", "it fell", "slept", "it rose"]
    near = measure.Neighbours([tuple("abc")])
    assert all(near.near(tuple(s)) for s in ("abc", "abd", "xbc", "ab", "bc", "abcd", "xabc"))
    assert not any(near.near(tuple(s)) for s in ("acb", "abde", "a", "axd", "bcd"))


# ------------------------------------------------------------------ the generator


def test_readme_has_the_checksum(rows):
    """The data README gives the SHA-256 and the number of lines."""
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(CORPUS.read_bytes()).hexdigest() in text
    assert f"{len(rows):,} sentence pairs" in text


def test_generator_writes_the_same_bytes():
    """The first lines and the READMEs are what the generator makes, whatever the order of sets.

    `make_corpus.py --check` without `--first` compares the whole file, in a few minutes.
    """
    command = [sys.executable, str(GENERATOR), "--check", "--first", "600"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "crow_en_fr.tsv (first 600 lines)" in done.stdout


def test_readme_shows_the_alignments():
    """One picture for each phenomenon; --check, above, says that they are up to date."""
    text = (GENERATOR.parent / "README.md").read_text(encoding="utf-8")
    shown = text.split("<!-- corpus examples -->")[1].split("<!-- end corpus examples -->")[0]
    assert shown.count("```text") >= 20 and shown.count("●") > 100 and shown.count("○") > 20


def test_generator_needs_only_the_standard_library():
    """Every import is from the standard library or from the folder itself."""
    folder = GENERATOR.parent
    own = {path.stem for path in folder.glob("*.py")}
    for path in folder.glob("*.py"):
        for name in re.findall(r"^(?:from|import) (\w+)", path.read_text("utf-8"), re.MULTILINE):
            assert name in own or name in sys.stdlib_module_names, (path.name, name)


def test_check_notices_a_change(tmp_path, monkeypatch, capsys):
    """The generator's --check says which file is stale."""
    monkeypatch.syspath_prepend(str(GENERATOR.parent))
    generator = importlib.import_module("make_corpus")
    monkeypatch.setattr(generator, "ROOT", tmp_path)
    (tmp_path / "same").write_text("é\n", encoding="utf-8", newline="\n")
    assert generator.check({tmp_path / "same": "é\n"}) == 0
    assert generator.check({tmp_path / "same": "e\n", tmp_path / "missing": ""}) == 1
    assert capsys.readouterr().out.count("DIFFERS") == 2
    for name in MODULES:
        sys.modules.pop(name, None)


def test_say_translates_and_refuses():
    """--say puts a sentence of the grammar into French, and explains when it cannot."""
    command = [sys.executable, str(GENERATOR), "--say"]
    good = "the girl 's old jug fell , but the crow did not break it"
    options = {"capture_output": True, "encoding": "utf-8"}
    options["env"] = os.environ | {"PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([*command, good], **options)
    assert done.stdout.startswith(
        "la vieille cruche de la fille est tombée , mais le corbeau ne l' a pas cassée\n")
    bad = {
        "the fox saw the crow , so it slept": "one antecedent for 'it' expected",
        "the old mice slept": "a noun for 'old' expected",
        "the fox saw": "an object of 'see' expected",
        "the fox sang a song": "a conjunction expected after 'the fox sang'",
        "the girls slept": "a noun expected after 'the'",
    }
    for sentence, complaint in bad.items():
        done = subprocess.run([*command, sentence], **options)
        assert done.returncode == 2 and complaint in done.stderr, done.stderr


# ------------------------------------------------------------------ the checks can fail

GOOD = {
    "jug": (
        "the girl 's heavy jug fell , so she was sad",
        "la cruche lourde de la fille est tombée , alors elle était triste",
        "0-4 1-5 2?0 2-3 3-2 4-1 5?6 5-7 6-8 7-9 8-10 9-11 10-12",
    ),
    "bird": (
        "the old bird does not love the small grey mouse",
        "le vieil oiseau n' aime pas la petite souris grise",
        "0-0 1-1 2-2 3?3 3?4 4?3 4-5 5-4 6-6 7-7 8-9 9-8",
    ),
    "crow": (
        "the crow that the owl saw was afraid of the dog that broke the egg",
        "le corbeau que le hibou a vu avait peur du chien qui a cassé l' œuf",
        "0-0 1-1 2-2 3-3 4-4 5?5 5-6 6-7 7-8 8-9 9?9 10-10 11-11 12?12 12-13 13-14 14-15",
    ),
    "nuts": (
        "the boy wanted some big nuts , but he did not find any",
        "le garçon voulait de grosses noix , mais il n' en a pas trouvé",
        "0-0 1-1 2-2 3-3 4-4 5-5 6-6 7-7 8-8 9?9 9?11 10?9 10-12 11-13 12-10",
    ),
    "key": (
        "the mouse saw the key that the dog lost and hid it near its house",
        "la souris a vu la clé que le chien a perdue et l' a cachée près de sa maison",
        "0-0 1-1 2?2 2-3 3-4 4-5 5-6 6-7 7-8 8?9 8-10 9-11 10?13 10-14 11-12 12-15 12?16 13-17 "
        "14-18",
    ),
    "geese": (
        "the farmer 's goose did not drink any cold water , so it went to the well",
        "l' oie du fermier n' a pas bu d' eau froide , alors elle est allée au puits",
        "0?2 1-3 2?0 2-2 3-1 4?4 4?5 5?4 5-6 6-7 7-8 8-10 9-9 10-11 11-12 12-13 13?14 13-15 14-16 "
        "15?16 16-17",
    ),
    "girl": (
        "the girl lost her goose , but the children saw it near an old tree",
        "la fille a perdu son oie , mais les enfants l' ont vue près d' un vieil arbre",
        "0-0 1-1 2?2 2-3 3-4 4-5 5-6 6-7 7-8 8-9 9?11 9-12 10-10 11-13 11?14 12-15 13-16 14-17",
    ),
    "stones": (
        "the apples fell into the river , but the shy tortoise did not go there",
        "les pommes sont tombées dans la rivière , mais la tortue timide n' y est pas allée",
        "0-0 1-1 2?2 2-3 3-4 4-5 5-6 6-7 7-8 8-9 9-11 10-10 11?12 11?14 12?12 12-15 13-16 14-13",
    ),
    "milk": (
        "the farmer gave some milk to the children , then went to the garden",
        "le fermier a donné du lait aux enfants , puis est allé au jardin",
        "0-0 1-1 2?2 2-3 3-4 4-5 5-6 6?6 7-7 8-8 9-9 10?10 10-11 11-12 12?12 13-13",
    ),
    "forest": (
        "the fox did not go to the forest , but the crow went to its garden when the bird sang",
        "le renard n' est pas allé dans la forêt , mais le corbeau est allé dans son jardin quand "
        "l' oiseau chantait",
        "0-0 1-1 2?2 2?3 3?2 3-4 4-5 5-6 6-7 7-8 8-9 9-10 10-11 11-12 12?13 12-14 13-15 14-16 "
        "15-17 16-18 17-19 18-20 19-21",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_lines_pass(name):
    """The lines that the mutations below start from."""
    check(*GOOD[name])


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        # articles, adjectives, verbs
        ("jug", "la cruche", "le cruche", "article or noun"),
        ("jug", "cruche lourde", "cruche lourd", "agreement: lourd"),
        ("jug", "cruche lourde", "lourde cruche", "placement"),
        ("jug", "triste", "tristes", "agreement: tristes"),
        ("bird", "vieil", "vieux", "form before a vowel"),
        ("bird", "le vieil", "l' vieil", "elided before a consonant"),
        ("bird", "petite souris grise", "grise souris petite", "placement"),
        ("bird", "souris grise", "souris gris", "agreement: gris"),
        ("bird", "la petite", "une petite", "un or des after a negation"),
        ("bird", "aime", "aiment", "number of verb"),
        ("bird", "grise", "noire", "adjectives"),
        ("nuts", "grosses", "gros", "agreement: gros"),
        ("nuts", "grosses noix", "grands noix", "article|agreement|adjective"),
        ("girl", "vieil arbre", "vieux arbre", "form before a vowel"),
        # negation, elision, contraction
        ("bird", " n'", "", "negation"),
        ("bird", " pas", "", "negation"),
        ("bird", "n' aime", "ne aime", "elision"),
        ("crow", "le hibou", "l' hibou", "elided before a consonant"),
        ("crow", "du chien", "de le chien", "contraction"),
        ("crow", "l' œuf", "le œuf", "elision"),
        ("geese", "du fermier", "de le fermier", "contraction"),
        ("geese", "au puits", "à le puits", "contraction"),
        ("geese", "au puits", "à la puits", "article or noun"),
        ("geese", "d' eau", "de eau", "elision"),
        ("girl", "près d' un", "près de un", "elision"),
        ("milk", "aux enfants", "à les enfants", "contraction"),
        ("forest", "dans la forêt", "à la forêt", "preposition"),
        ("forest", "dans son jardin", "à son jardin", "preposition"),
        # possession
        ("jug", "de la fille", "du fille", "article or noun"),
        ("girl", "son oie", "sa oie", "elision: sa"),
        ("girl", "son oie", "leur oie", "possessive"),
        ("key", "sa maison", "son maison", "article or noun"),
        ("key", "sa maison", "ses maison", "article or noun"),
        # relative clauses
        ("crow", "que le", "qui le", "verb|negation|conjunction|relative|subject|qui"),
        ("crow", "qui a", "que a", "elision: que"),
        ("crow", "que le hibou", "qu' le hibou", "elided before a consonant"),
        # participles
        ("jug", "tombée", "tombé", "agreement with the subject"),
        ("jug", "est tombée", "a tombée", "auxiliary"),
        ("geese", "allée", "allé", "agreement with the subject"),
        ("stones", "tombées", "tombée", "agreement with the subject"),
        ("stones", "sont", "est", "number of verb"),
        ("milk", "allé au", "allée au", "agreement with the subject"),
        ("milk", "a donné", "est donné", "auxiliary"),
        ("key", "perdue", "perdu", "agreement with the object"),
        ("key", "cachée", "caché", "agreement with the object"),
        ("girl", "vue", "vu", "agreement with the object"),
        ("crow", "cassé", "cassée", "agreement with the object"),
        ("nuts", "en a pas trouvé", "en a pas trouvée", "agreement with the object"),
        # some, any, en, y
        ("nuts", "de grosses", "des grosses", "des before an adjective"),
        ("nuts", "en a", "a", "no object|en on one side|part on one side"),
        ("nuts", "en a", "les a", "elided before a consonant"),
        ("milk", "du lait", "de lait", "de without an adjective"),
        ("milk", "du lait", "de le lait", "contraction"),
        ("milk", "du lait", "le lait", "determiner"),
        ("geese", "d' eau", "de l' eau", "un or des after a negation"),
        ("stones", "n' y est", "n' est", "out of range"),
        # pronouns, tense, states
        ("jug", "elle", "il", "gender or number of the pronoun"),
        ("geese", "elle est", "ils est", "number of verb"),
        ("jug", "était", "est", "tense"),
        ("forest", "chantait", "a chanté", "imparfait"),
        ("crow", "avait", "était", "est without attribute|conjunction"),
        ("nuts", "voulait", "veut", "tense"),
        ("jug", ", alors", ", car", "conjunction"),
        ("jug", " , alors", " alors", "conjunction"),
    ],
)
def test_bad_french_is_flagged(name, old, new, complaint):
    """One French mistake each."""
    english, french, alignment = GOOD[name]
    assert old in french
    with pytest.raises(Wrong, match=complaint):
        French(french.replace(old, new, 1).split()).sentence()
        check(english, french.replace(old, new, 1), alignment)


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("girl", "an old", "a old", "a or an"),
        ("bird", "does not love", "does not loves", "English verb"),
        ("bird", "does not love", "does yet love", "does without not"),
        ("geese", "did not drink", "did not drank", "English verb"),
        ("stones", "the apples", "the apple", "noun"),
        ("jug", "she was", "they were", "antecedents"),
        ("jug", "she was", "she were", "English verb"),
        ("nuts", "any", "some", "some or any"),
        ("crow", "that broke", "who broke", "who for people"),
        ("girl", "her goose", "his goose", "antecedents"),
        ("stones", "into", "under", "preposition"),
        ("forest", "to the forest", "near the forest", "preposition"),
    ],
)
def test_bad_english_is_flagged(name, old, new, complaint):
    """One English mistake each."""
    english, french, alignment = GOOD[name]
    assert old in english
    with pytest.raises(Wrong, match=complaint):
        check(english.replace(old, new, 1), french, alignment)


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("jug", "1-5", "1-4", "sure links"),
        ("jug", "3-2 ", "", "no link"),
        ("jug", "2?0", "2-0", "sure links"),
        ("jug", "5?6 ", "", "possible links"),
        ("jug", "10-12", "10-13", "out of range"),
        ("jug", "10-12", "10:12", "form"),
        ("jug", "0-4", "0-4 0-4", "twice"),
        ("bird", "8-9 9-8", "8-8 9-9", "sure links"),
        ("geese", "0?2", "0-2", "sure links"),
        ("nuts", "12-10", "12-12", "sure links"),
        ("stones", "14-13", "14?13", "sure links"),
        ("key", "12?16 ", "", "possible links"),
    ],
)
def test_bad_links_are_flagged(name, old, new, complaint):
    """One broken link each."""
    english, french, alignment = GOOD[name]
    assert old in alignment
    with pytest.raises(Wrong, match=complaint):
        check(english, french, alignment.replace(old, new, 1))


@pytest.mark.parametrize(
    ("english", "french", "complaint"),
    [
        ("the fox saw a crow , so it slept", "le renard a vu un corbeau , alors il dormait",
         "antecedents"),
        ("the fox saw the egg , but it took it", "le renard a vu l' œuf , mais il l' a pris",
         "two like pronouns"),
        ("the fox does not find any eggs , so it wants them",
         "le renard ne trouve pas d' œufs , alors il les veut", "for none"),
        ("the stone drinks the milk", "la pierre boit le lait", "stone drink"),
        ("the crow eats the garden", "le corbeau mange le jardin", "eat garden"),
        ("the crow loves the old crow", "le corbeau aime le vieux corbeau", "twice"),
        ("the milk is sad", "le lait est triste", "sad milk"),
        ("the cat sleeps and it falls", "le chat dort et il tombe", "subject is repeated"),
        ("the owl slept , but the cat sang , but the dog slept",
         "le hibou dormait , mais le chat a chanté , mais le chien dormait", "but twice"),
        ("the owl slept when the cat sang and the dog slept",
         "le hibou dormait quand le chat a chanté et le chien dormait", "a clause after"),
        ("the house of the girl is old", "la maison de la fille est vieille", "of someone"),
    ],
)
def test_bad_sense_is_flagged(english, french, complaint):
    """Good grammar, but no sense or two."""
    links = " ".join(f"{n}-{n}" for n in range(len(english.split())))
    with pytest.raises(Wrong, match=complaint):
        check(english, french, links)


SWAPS = {  # a mistake of each kind, made wherever it can be made
    "article": {"le": "la", "la": "le", "un": "une", "une": "un"},
    "contraction": {"du": "de la", "au": "à la", "des": "de les", "aux": "à les"},
    "possessive": {"son": "sa", "sa": "son", "leur": "leurs", "leurs": "leur"},
    "relative pronoun": {"qui": "que", "que": "qui"},
    "participle": {"allé": "allée", "allée": "allé", "tombée": "tombé", "tombé": "tombée",
                   "tombés": "tombées", "tombées": "tombés", "perdue": "perdu", "cassée": "cassé",
                   "prise": "pris", "vue": "vu", "mangée": "mangé"},
    "auxiliary": {"est": "a", "sont": "ont", "ont": "sont"},
    "pronoun": {"il": "elle", "elle": "il", "ils": "elles", "elles": "ils"},
    "adjective": {"petit": "petite", "petite": "petit", "vieux": "vieil", "vieil": "vieux",
                  "noir": "noire", "grise": "gris", "heureux": "heureuse", "heureuse": "heureux"},
    "negation": {"pas": ""},
    "elision": {"l'": "le", "n'": "ne", "d'": "de"},
}


@pytest.mark.parametrize("kind", SWAPS)
def test_planted_errors_are_found(rows, kind):
    """Plant mistakes of one kind in a sample of lines: none of them passes."""
    swap, planted = SWAPS[kind], 0
    for _, _, english, french, alignment in rows[::20]:
        words = french.split()
        for place in [n for n, word in enumerate(words) if word in swap][:1]:
            changed = [*words[:place], *swap[words[place]].split(), *words[place + 1 :]]
            planted += 1
            with pytest.raises(Wrong):
                check(english, " ".join(changed), alignment)
    assert planted >= 20
