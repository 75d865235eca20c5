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
SPLITS = ("train", "valid", "test", "long", "novel", "story")

# ------------------------------------------------------------------ words, by hand

NOUNS = {  # gender and number: English-French
    "ms": "crow-corbeau fox-renard bird-oiseau bear-ours owl-hibou donkey-âne dog-chien "
    "farmer-fermier cheese-fromage egg-œuf ring-anneau milk-lait well-puits tree-arbre "
    "garden-jardin nest-nid sun-soleil",
    "fs": "mouse-souris goose-oie frog-grenouille tortoise-tortue ant-fourmi girl-fille jug-cruche "
    "stone-pierre apple-pomme nut-noix water-eau grass-herbe house-maison river-rivière "
    "forest-forêt moon-lune",
    "mp": "crows-corbeaux birds-oiseaux bears-ours children-enfants pebbles-cailloux",
    "fp": "mice-souris nuts-noix",
}
NOUNS = {tuple(p.split("-")): form for form, pairs in NOUNS.items() for p in pairs.split()}
SINGULAR = {"crows": "crow", "birds": "bird", "bears": "bear", "mice": "mouse", "nuts": "nut"}
ASPIRATED = {"hibou"}
ADJECTIVES = {  # the French forms and what each agrees with
    "small": "petit:ms petite:fs petits:mp petites:fp",
    "big": "grand:ms grande:fs",
    "beautiful": "beau:ms bel:ms belle:fs beaux:mp belles:fp",
    "old": "vieux:ms,mp vieil:ms vieille:fs",
    "new": "nouveau:ms nouvel:ms nouvelle:fs",
    "young": "jeune:ms,fs jeunes:mp,fp",
    "black": "noir:ms noire:fs noirs:mp",
    "grey": "gris:ms,mp grise:fs",
    "red": "rouge:ms,fs",
    "heavy": "lourd:ms lourde:fs lourds:mp",
    "cold": "froid:ms froide:fs",
    "empty": "vide:ms,fs",
    "fragile": "fragile:ms,fs",
    "sad": "triste:ms,fs",
    "happy": "heureux:ms,mp heureuse:fs",
    "wise": "sage:ms,fs",
    "swift": "rapide:ms,fs",
    "shy": "timide:ms,fs",
}
AGREES = {
    form: (english, set(marks.split(",")))
    for english, forms in ADJECTIVES.items()
    for form, marks in (entry.split(":") for entry in forms.split())
}
GO_BEFORE = {"small", "big", "beautiful", "old", "new", "young"}
BEFORE_VOWEL = {"beau": "bel", "vieux": "vieil", "nouveau": "nouvel"}
VERBS = {  # third person, base: French singular and plural
    "sees see": "voit voient", "hears hear": "entend -", "loves love": "aime aiment",
    "looks look": "cherche cherchent", "finds find": "trouve -", "follows follow": "suit -",
    "carries carry": "porte -", "breaks break": "casse -", "throws throw": "jette -",
    "hides hide": "cache -", "drinks drink": "boit boivent", "eats eat": "mange mangent",
    "sings sing": "chante chantent", "sleeps sleep": "dort dorment", "flies fly": "vole volent",
    "waits wait": "attend -", "falls fall": "tombe tombent", "shines shine": "brille -",
    "is be": "est sont",
}
ENGLISH_VERBS = {third: base for third, base in map(str.split, VERBS)}
FRENCH_VERBS = {
    form: (names.split()[1], number)
    for names, forms in VERBS.items()
    for form, number in zip(forms.split(), "sp", strict=True)
    if form != "-"
}
INTRANSITIVE = {"sing", "sleep", "fly", "wait", "fall", "shine"}
MAY_TAKE_OBJECT = {"drink", "eat"}
PREPOSITIONS = {"in": "dans", "into": "dans", "on": "sur", "under": "sous", "near": "près"}
LINKS = {"and": "et", "but": "mais", "then": "puis", "for": "car", "when": "quand"}
SUBJECT_PRONOUNS = {"il": "ms", "elle": "fs", "ils": "mp", "elles": "fp"}
ENGLISH_PRONOUNS = {"it": "s", "he": "s", "she": "s", "they": "p"}
OBJECT_PRONOUNS = {"it": "it", "him": "he", "her": "she", "them": "they"}
CLITICS = {"le": {"ms"}, "la": {"fs"}, "l'": {"ms", "fs"}, "les": {"mp", "fp"}}

# Who can do, suffer or be what: wider than the generator's lists, so that a pronoun that passes
# here can mean one noun only.
BEINGS = set("crow fox bird mouse bear owl donkey goose frog tortoise dog ant farmer girl".split())
BEINGS |= {"children"}
WINGED = {"crow", "bird", "owl", "goose"}
SINGERS = {"crow", "bird", "frog", "farmer", "girl", "children"}
THINGS = {"jug", "stone", "pebbles", "cheese", "apple", "nut", "egg", "ring"}
FOOD = {"cheese", "apple", "nut", "egg", "grass"}
LIQUIDS = {"water", "milk"}
SKY = {"sun", "moon"}
PLACES = {"well", "tree", "house", "garden", "river", "forest", "nest", "grass"}
EVERYTHING = BEINGS | THINGS | LIQUIDS | SKY | PLACES
DOES = {verb: BEINGS for verb in ENGLISH_VERBS.values()} | {
    "fly": WINGED, "sing": BEINGS, "break": BEINGS | {"stone"}, "fall": BEINGS | THINGS,
    "shine": SKY | LIQUIDS | {"river", "ring"},
}
SUFFERS = {verb: EVERYTHING for verb in ENGLISH_VERBS.values()} | {
    "drink": LIQUIDS, "eat": FOOD | {"goose"} | BEINGS, "break": THINGS | {"nest"},
    "throw": THINGS, "hide": THINGS, "carry": THINGS | LIQUIDS | BEINGS,
    "follow": BEINGS | {"river"}, "hear": BEINGS | {"river"},
}
BODILY = {"heavy": THINGS, "fragile": THINGS | {"nest"}, "cold": THINGS | LIQUIDS | PLACES}
IS = {adjective: EVERYTHING for adjective in ADJECTIVES} | BODILY | {
    "empty": {"jug"} | PLACES, "sad": BEINGS, "happy": BEINGS, "wise": BEINGS, "shy": BEINGS,
    "swift": BEINGS | {"river"},
}


class Wrong(Exception):  # noqa: N818
    """What a check finds wrong with a line."""


def need(condition, complaint):
    """Raise Wrong(complaint) unless the condition holds."""
    if not condition:
        raise Wrong(complaint)


def vowel(word):
    """Whether a French word makes the word before it lose its vowel."""
    return word[:1] in set("aeiouâéêèœh") and word not in ASPIRATED


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
        clauses, link = [], []
        while True:
            clauses.append(self.clause() | {"link": link})
            if not self.next():
                return clauses
            link = self.link()

    def link(self):
        """Indices of ", but", ",", "and": a comma, a conjunction or both."""
        comma = self.take(",")
        inside = self.CONJUNCTIONS if comma is None else self.CONJUNCTIONS - self.NO_COMMA
        word = self.take(*inside)
        need(comma is not None or word is not None, f"conjunction expected: {self.next()}")
        need(comma is not None or self.words[word] in self.NO_COMMA, "no comma before conjunction")
        return [i for i in (comma, word) if i is not None]


class French(Parser):
    """French clauses, with agreement, elision, contraction and placement checked on the way."""

    CONJUNCTIONS = set(LINKS.values())
    NO_COMMA = {"et", "quand"}

    def clause(self):
        """Subject, negation, pronoun, verb, object or adjective, place."""
        found = {"subject": self.subject()}
        mark = found["subject"]["mark"]
        ne = self.take("ne", "n'")
        found["clitic"] = None
        if self.next() in CLITICS:
            found["clitic"] = self.take()
            self.elision(found["clitic"], "le", "la")
        if ne is not None:
            self.elision(ne, "ne")
        verb = self.take(*FRENCH_VERBS)
        need(verb is not None, f"verb expected: {self.next()}")
        found["base"], number = FRENCH_VERBS[self.words[verb]]
        need(number == mark[1], f"number of verb: {self.words[verb]}")
        pas = self.take("pas")
        need((ne is None) == (pas is None), "negation: ne without pas, or pas without ne")
        found |= {"ne": ne, "pas": pas, "verb": verb}
        return found | self.rest(found, mark, negative=pas is not None)

    def rest(self, found, mark, negative):
        """What follows the verb."""
        rest = {"object": None, "adjective": None, "place": None}
        base, clitic = found["base"], found["clitic"]
        if base == "be":
            need(clitic is None, "est with an object")
            if self.next() in AGREES:
                rest["adjective"] = self.take()
                name, marks = AGREES[self.words[rest["adjective"]]]
                need(mark in marks, f"agreement: {self.words[rest['adjective']]}")
                need(self.words[rest["adjective"]] not in BEFORE_VOWEL.values(), "bel after est")
                need(name != "new", "nouveau after est")
                return rest
        elif self.next() in ("le", "la", "l'", "les", "un", "une"):
            need(clitic is None, "two objects")
            rest["object"] = self.phrase()
            indefinite = self.words[rest["object"]["article"]] in ("un", "une")
            need(not (negative and indefinite), "un after a negation")
        has_object = clitic is not None or rest["object"] is not None
        need(not (base in INTRANSITIVE and has_object), f"object of {base}")
        needs = base not in INTRANSITIVE | MAY_TAKE_OBJECT | {"be"}
        need(has_object or not needs, f"no object: {base}")
        rest["place"] = self.place()
        need(rest["place"] or base != "be", "est without attribute")
        return rest

    def subject(self):
        """A pronoun or a phrase; "mark" is its gender and number."""
        if self.next() in SUBJECT_PRONOUNS:
            return {"pronoun": self.take(), "mark": SUBJECT_PRONOUNS[self.words[self.at - 1]]}
        return self.phrase()

    def place(self):
        """dans, sur, sous and a phrase, or près and de with a phrase."""
        preposition = self.take("dans", "sur", "sous", "près")
        if preposition is None:
            return None
        near = self.words[preposition] == "près"
        return {"preposition": preposition, "phrase": self.phrase(after_de=near)}

    def elision(self, index, *full):
        """An article or particle is elided before a vowel and only there."""
        word, following = self.words[index], self.words[index + 1 : index + 2]
        need(following, f"nothing after {word}")
        need(word.endswith("'") or not (word in full and vowel(following[0])), f"elision: {word}")
        need(not word.endswith("'") or vowel(following[0]), f"elided before a consonant: {word}")

    def article(self, after_de):
        """(index of de or None, index of the article, numbers and genders that it allows)."""
        de = None
        if after_de:
            article = self.take("du", "des")
            if article is not None:
                need(self.words[article] == "des" or not vowel(self.next()), "du before a vowel")
                return None, article, {"du": {"ms"}, "des": {"mp", "fp"}}[self.words[article]]
            de = self.take("de")
            need(de is not None, f"de expected: {self.next()}")
            need(self.next() in ("la", "l'"), f"contraction: de {self.next()}")
        article = self.take("le", "la", "l'", "les", *(() if after_de else ("un", "une")))
        need(article is not None, f"article expected: {self.next()}")
        self.elision(article, "le", "la")
        return de, article, (CLITICS | {"un": {"ms"}, "une": {"fs"}})[self.words[article]]

    def phrase(self, after_de=False):
        """Article, adjective, noun, adjective, and the owner after de."""
        de, article, allowed = self.article(after_de)
        adjectives = []
        if self.next() in AGREES:
            adjectives.append(self.take())
            need(AGREES[self.words[adjectives[0]]][0] in GO_BEFORE, "placement: before the noun")
        noun = self.take()
        marks = {mark for (_, form), mark in NOUNS.items() if noun is not None
                 and form == self.words[noun]} & allowed
        need(len(marks) == 1, f"article or noun: {' '.join(self.words[article : self.at])}")
        mark = marks.pop()
        if adjectives:
            self.vowel_form(adjectives[0], mark, self.words[noun])
        if self.next() in AGREES:
            adjectives.append(self.take())
            name = AGREES[self.words[adjectives[-1]]][0]
            need(name not in GO_BEFORE, "placement: after the noun")
        for index in adjectives:
            need(mark in AGREES[self.words[index]][1], f"agreement: {self.words[index]}")
        owner = self.phrase(after_de=True) if self.next() in ("de", "du", "des") else None
        return {"de": de, "article": article, "adjectives": adjectives, "noun": noun, "mark": mark,
                "owner": owner}

    def vowel_form(self, index, mark, noun):
        """beau, vieux, nouveau against bel, vieil, nouvel."""
        word = self.words[index]
        special = mark == "ms" and vowel(noun)
        need(not (special and word in BEFORE_VOWEL), f"form before a vowel: {word} {noun}")
        plain = word not in BEFORE_VOWEL.values()
        need(special or plain, f"form before a consonant: {word} {noun}")


class English(Parser):
    """English clauses: person of the verb, does not, a and an."""

    CONJUNCTIONS = set(LINKS)
    NO_COMMA = {"and", "when"}
    NOUNS = {english: mark for (english, _), mark in NOUNS.items()}

    def clause(self):
        """Subject, verb with its negation, object or adjective, place."""
        pronoun = self.take(*ENGLISH_PRONOUNS)
        subject = {"pronoun": pronoun} if pronoun is not None else self.phrase()
        number = subject.get("mark") or ENGLISH_PRONOUNS[self.words[pronoun]]
        number = number[-1]
        found = {"subject": subject, "do": None, "not": None, "clitic": None, "object": None,
                 "adjective": None, "place": None, "particle": None}
        found["verb"] = self.take("is" if number == "s" else "are")
        if found["verb"] is not None:
            found |= {"base": "be", "not": self.take("not"), "adjective": self.take(*ADJECTIVES)}
        else:
            found |= self.full_verb(number)
        preposition = self.take(*PREPOSITIONS)
        if preposition is not None:
            found["place"] = {"preposition": preposition, "phrase": self.phrase()}
        return found

    def full_verb(self, number):
        """A verb other than be, and its object."""
        found = {"do": self.take("does" if number == "s" else "do"), "clitic": None, "object": None}
        found["not"] = self.take("not")
        need((found["do"] is None) == (found["not"] is None), "does without not")
        bare = number == "p" or found["do"] is not None
        forms = {(base if bare else third): base for third, base in ENGLISH_VERBS.items()}
        found["verb"] = self.take(*forms)
        need(found["verb"] is not None, f"English verb: {self.next()}")
        found["base"] = forms[self.words[found["verb"]]]
        found["particle"] = self.take("for") if found["base"] == "look" else None
        need(found["base"] != "look" or found["particle"] is not None, "look without for")
        found["clitic"] = self.take(*OBJECT_PRONOUNS)
        if found["clitic"] is None and self.next() in ("the", "a", "an"):
            found["object"] = self.phrase()
        return found

    def phrase(self):
        """Article, adjectives, noun, and the owner after of."""
        article = self.take("the", "a", "an")
        need(article is not None, f"English article: {self.next()}")
        if self.words[article] != "the":
            good = "an" if self.next()[:1] in set("aeiou") else "a"
            need(self.words[article] == good, f"a or an: {self.words[article]} {self.next()}")
        adjectives = []
        while self.next() in ADJECTIVES:
            adjectives.append(self.take())
        noun = self.take(*self.NOUNS)
        need(noun is not None, f"English noun: {self.next()}")
        of = self.take("of")
        owner = self.phrase() | {"of": of} if of is not None else None
        return {"article": article, "adjectives": adjectives, "noun": noun, "owner": owner,
                "mark": self.NOUNS[self.words[noun]]}


# ------------------------------------------------------------------ two parses, one meaning


class Comparison:
    """Walks through both parses of a line: the same meaning, and the links it calls for.

    After `run`, `clauses` is their number, `sure` and `possible` are sets of (i, j), `pairs` the
    adjective-noun and verb-object pairs of the line with pronouns resolved.
    """

    def __init__(self, english, french):
        """Take the words of both sides, two lists of strings."""
        self.en, self.fr = english, french
        self.sure, self.possible, self.pairs = set(), set(), set()
        self.clauses = 0
        self.nouns = []  # (English singular, gender and number), in order

    def run(self):
        """Compare all clauses; returns this object."""
        english, french = English(self.en).sentence(), French(self.fr).sentence()
        need(len(english) == len(french), "number of clauses")
        self.clauses = len(french)
        for ours, theirs in zip(english, french, strict=True):
            self.conjunction(ours["link"], theirs["link"])
            self.clause(ours, theirs)
        return self

    def conjunction(self, ours, theirs):
        """Word by word."""
        need([LINKS.get(self.en[i], self.en[i]) for i in ours] == [self.fr[j] for j in theirs],
             "conjunction")
        self.sure |= set(zip(ours, theirs, strict=True))

    def clause(self, ours, theirs):
        """One clause against the other."""
        base = ours["base"]
        need(base == theirs["base"], f"verb: {base}, {theirs['base']}")
        need((ours["not"] is None) == (theirs["ne"] is None), "one side is negated")
        self.verb(ours, theirs)
        new = []
        subject = self.subject(ours, theirs, new)
        need(subject in DOES[base] or base == "be", f"{subject} {base}")
        for part in ("clitic", "object", "adjective", "place"):
            need((ours[part] is None) == (theirs[part] is None), f"{part} on one side only")
        if ours["adjective"] is not None:
            self.adjective(ours["adjective"], theirs["adjective"], subject)
        if ours["clitic"] is not None:
            thing = self.object_pronoun(ours, theirs, subject)
        elif ours["object"]:
            thing = self.phrase(ours["object"], theirs["object"], new)
        if ours["clitic"] is not None or ours["object"]:
            need(thing in SUFFERS[base], f"{base} {thing}")
            self.pairs.add((base, thing))
        if ours["place"]:
            self.place(ours["place"], theirs["place"], new)
        self.nouns += new
        names = [name for name, _ in self.nouns]
        need(len(names) == len(set(names)), "a noun named twice")

    def verb(self, ours, theirs):
        """Links of the verb, its auxiliary, its particle and its negation."""
        verb, ne = theirs["verb"], theirs["ne"]
        self.sure.add((ours["verb"], verb))
        if ours["particle"] is not None:
            self.possible.add((ours["particle"], verb))
        if ne is not None:
            self.sure.add((ours["not"], theirs["pas"]))
            self.possible.add((ours["not"], ne))
            if ours["do"] is not None:
                self.possible |= {(ours["do"], ne), (ours["do"], verb)}

    def subject(self, ours, theirs, new):
        """The English noun that is, or is meant by, the subject."""
        ours_too, theirs_too = ours["subject"], theirs["subject"]
        need(("pronoun" in ours_too) == ("pronoun" in theirs_too), "pronoun on one side only")
        if "pronoun" not in ours_too:
            return self.phrase(ours_too, theirs_too, new)
        able = DOES[ours["base"]] if ours["base"] != "be" else EVERYTHING
        if ours["adjective"] is not None:
            able = IS[self.en[ours["adjective"]]]
        self.sure.add((ours_too["pronoun"], theirs_too["pronoun"]))
        return self.antecedent(self.en[ours_too["pronoun"]], able, {theirs_too["mark"]})

    def object_pronoun(self, ours, theirs, subject):
        """The English noun that is meant by it, him, her or them."""
        self.sure.add((ours["clitic"], theirs["clitic"]))
        word = OBJECT_PRONOUNS[self.en[ours["clitic"]]]
        marks = CLITICS[self.fr[theirs["clitic"]]]
        return self.antecedent(word, SUFFERS[ours["base"]] - {subject}, marks)

    def antecedent(self, word, able, marks):
        """The one earlier noun that English `word` can mean; French must agree with it."""
        fits = [(name, mark) for name, mark in self.nouns
                if name in able and pronoun_for(name, mark) == word]
        need(len(fits) == 1, f"{len(fits)} antecedents of {word}")
        name, mark = fits[0]
        need(mark in marks, f"gender or number of the pronoun for {name}")
        return name

    def adjective(self, i, j, noun):
        """A pair of adjectives said of a noun."""
        name = AGREES[self.fr[j]][0]
        need(self.en[i] == name, f"adjective: {self.en[i]}, {self.fr[j]}")
        need(noun in IS[name], f"{name} {noun}")
        self.sure.add((i, j))
        self.pairs.add((name, noun))

    def phrase(self, ours, theirs, new, near=None):
        """Compare two phrases; returns the English noun. `near` is the index of "near"."""
        words = self.en[ours["noun"]], self.fr[theirs["noun"]]
        need(NOUNS.get(words) == theirs["mark"], f"noun: {words}")
        noun = SINGULAR.get(words[0], words[0])
        new.append((noun, theirs["mark"]))
        definite = self.fr[theirs["article"]] not in ("un", "une")
        need((self.en[ours["article"]] == "the") == definite, "definite on one side only")
        self.sure.add((ours["noun"], theirs["noun"]))
        self.articles(ours, theirs, near)
        by_name = {AGREES[self.fr[j]][0]: j for j in theirs["adjectives"]}
        need(sorted(by_name) == sorted(self.en[i] for i in ours["adjectives"]), "adjectives")
        for i in ours["adjectives"]:
            self.adjective(i, by_name[self.en[i]], noun)
        need((ours["owner"] is None) == (theirs["owner"] is None), "owner on one side only")
        if ours["owner"]:
            self.phrase(ours["owner"], theirs["owner"], new)
        return noun

    def articles(self, ours, theirs, near):
        """Links of the article and of the preposition that may have swallowed it."""
        article, de = theirs["article"], theirs["de"]
        contracted = self.fr[article] in ("du", "des")
        (self.possible if contracted else self.sure).add((ours["article"], article))
        host = article if contracted else de
        if near is not None and host is not None:
            self.possible.add((near, host))
        elif host is not None:
            self.sure.add((ours["of"], host))

    def place(self, ours, theirs, new):
        """Preposition and phrase."""
        i, j = ours["preposition"], theirs["preposition"]
        need(PREPOSITIONS[self.en[i]] == self.fr[j], "preposition")
        self.sure.add((i, j))
        near = i if self.en[i] == "near" else None
        self.phrase(ours["phrase"], theirs["phrase"], new, near)


def pronoun_for(noun, mark):
    """The English subject pronoun of a noun."""
    return "they" if mark[1] == "p" else {"farmer": "he", "girl": "she"}.get(noun, "it")


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


def in_split(rows, *names):
    """The lines of some splits."""
    return [row for row in rows if row[1] in names]


def test_file_format(rows):
    """Bytes, encoding, columns, identifiers."""
    raw = CORPUS.read_bytes()
    assert len(raw) < 2_000_000
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
    assert 12 <= sizes["story"] <= 20
    for number, split, english, french, _ in rows:
        count = parsed[number].clauses
        lengths = len(english.split()), len(french.split())
        if split == "long":
            assert 4 <= count <= 6
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
    """60 to 130 word types, each seen often enough in training to be learnt."""
    counts = Counter(word for row in in_split(rows, "train") for word in row[column].split())
    assert 60 <= len(counts) <= 130
    assert {word for row in rows for word in row[column].split()} == set(counts)
    assert min(counts.values()) >= 20


def test_novel_pairs_are_absent_from_training(rows, parsed):
    """Each novel line pairs, in a new way, words that training knows."""
    known = set().union(*(parsed[row[0]].pairs for row in in_split(rows, "train")))
    words = {word for pair in known for word in pair}
    fresh = Counter()
    for row in in_split(rows, "novel"):
        new = parsed[row[0]].pairs - known
        assert new, f"nothing new in {row}"
        assert all(set(pair) <= words for pair in new)
        fresh.update(new)
    elsewhere = in_split(rows, "valid", "test", "long", "story")
    assert not any(parsed[row[0]].pairs & set(fresh) for row in elsewhere)
    adjectives = {pair for pair in fresh if pair[0] in ADJECTIVES}
    assert len(adjectives) >= 15 and len(set(fresh) - adjectives) >= 15


PHENOMENA = {  # a pattern in the French of a line: at least this many lines of training
    "elided article": (r"\bl' ", 1000),
    "aspirated h": (r"(le|du|petit|vieux) hibou", 100),
    "mute h": (r"l' herbe", 50),
    "bel": (r"\bbel ", 50),
    "vieil": (r"\bvieil ", 50),
    "nouvel": (r"\bnouvel ", 50),
    "adjective before": (r"(petite?|grande?) [a-zœâ]+ ", 500),
    "adjective after": (r"[a-zœâ]+ (noire?|grise?|rouge|lourde?) ", 300),
    "one on each side": (r"(petite?|vieux|jeune) [a-zœâ]+ (noire?|grise?|sage|rouge)", 50),
    "negation": (r"\bne .*\bpas\b", 500),
    "elided negation": (r"\bn' .*\bpas\b", 300),
    "du": (r"\bdu ", 300),
    "des": (r"\bdes ", 50),
    "de la": (r"\bde la ", 300),
    "de l'": (r"\bde l' ", 50),
    "près du": (r"près du ", 100),
    "elle": (r"\belle ", 200),
    "elles": (r"\belles ", 30),
    "ils": (r"\bils ", 50),
    "object pronoun": (r"\b(il|elle|ne) (le|la|les) (voit|mange|porte|trouve|suit)", 100),
    "elided object pronoun": (r"\bl' (aime|entend)\b", 30),
    "mais": (r", mais ", 500),
    "car": (r", car ", 100),
    "puis": (r", puis ", 100),
    "quand": (r" quand ", 50),
}


@pytest.mark.parametrize("name", PHENOMENA)
def test_phenomenon_is_frequent(rows, name):
    """What the lessons show must be there to be learnt."""
    pattern, least = PHENOMENA[name]
    assert sum(bool(re.search(pattern, row[3])) for row in in_split(rows, "train")) >= least


def test_who_does_what(rows):
    """A few limits of sense, looked up in the text itself."""
    nonsense = re.compile(r"(?<!of )the (stone|jug|pebbles|well|tree) (drink|sing|sleep)s?\b")
    for _, _, english, *_ in rows:
        assert not nonsense.search(english)
        singer = re.search(r"(?<!of )\bthe (\w+) sings\b", english)
        assert not singer or singer[1] in SINGERS


def test_readme_has_the_checksum(rows):
    """The data README gives the SHA-256 and the number of lines."""
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(CORPUS.read_bytes()).hexdigest() in text
    assert f"{len(rows):,} sentence pairs" in text


def test_generator_writes_the_same_bytes():
    """Corpus and READMEs are what the generator makes, whatever the order of sets and hashes."""
    command = [sys.executable, str(GENERATOR), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "crow_en_fr.tsv" in done.stdout


def test_readme_shows_a_dozen_alignments():
    """One picture for each phenomenon; --check, above, says that they are up to date."""
    text = (GENERATOR.parent / "README.md").read_text(encoding="utf-8")
    shown = text.split("<!-- corpus examples -->")[1].split("<!-- end corpus examples -->")[0]
    assert shown.count("```text") >= 12 and shown.count("●") > 60 and shown.count("○") > 10


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
    for name in ("make_corpus", "drawing", "grammar", "lexicon", "reader", "storyteller"):
        sys.modules.pop(name, None)


def test_say_translates_and_refuses():
    """--say puts a sentence of the grammar into French, and explains when it cannot."""
    command = [sys.executable, str(GENERATOR), "--say"]
    good = "the jug is old , but the crow loves it"
    options = {"capture_output": True, "encoding": "utf-8"}
    options["env"] = os.environ | {"PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([*command, good], **options)
    assert done.stdout.startswith("la cruche est vieille , mais le corbeau l' aime\n")
    bad = {
        "the fox sees the crow and it sleeps": "one antecedent for 'it' expected",
        "the mice are sad": "a noun that 'sad' has a form for expected",
        "the fox sees": "the right number of objects",
        "the fox sings a song": "expected after 'the fox sings a'",
    }
    for sentence, complaint in bad.items():
        done = subprocess.run([*command, sentence], **options)
        assert done.returncode == 2 and complaint in done.stderr, done.stderr


# ------------------------------------------------------------------ the checks can fail

GOOD = {
    "jug": (
        "the jug is heavy , but it does not fall",
        "la cruche est lourde , mais elle ne tombe pas",
        "0-0 1-1 2-2 3-3 4-4 5-5 6-6 7?7 7?8 8?7 8-9 9-8",
    ),
    "bird": (
        "the old bird does not love the small grey mouse",
        "le vieil oiseau n' aime pas la petite souris grise",
        "0-0 1-1 2-2 3?3 3?4 4?3 4-5 5-4 6-6 7-7 8-9 9-8",
    ),
    "well": (
        "the crow drinks the water of the well near the house",
        "le corbeau boit l' eau du puits près de la maison",
        "0-0 1-1 2-2 3-3 4-4 5-5 6?5 7-6 8-7 8?8 9-9 10-10",
    ),
    "girl": (
        "the girl looks for an apple near the children and the owl sees her",
        "la fille cherche une pomme près des enfants et le hibou la voit",
        "0-0 1-1 2-2 3?2 4-3 5-4 6-5 6?6 7?6 8-7 9-8 10-9 11-10 12-12 13-11",
    ),
    "crows": (
        "the beautiful crows see the black pebbles",
        "les beaux corbeaux voient les cailloux noirs",
        "0-0 1-1 2-2 3-3 4-4 5-6 6-5",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_lines_pass(name):
    """The lines that the mutations below start from."""
    check(*GOOD[name])


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("jug", "la cruche", "le cruche", "article or noun"),
        ("jug", "lourde", "lourd", "agreement"),
        ("jug", "elle", "il", "gender or number of the pronoun"),
        ("jug", "tombe", "tombent", "number of verb"),
        ("jug", " ne", "", "negation"),
        ("jug", " pas", "", "negation"),
        ("jug", "ne tombe", "n' tombe", "elided before a consonant"),
        ("jug", "mais", "car", "conjunction"),
        ("jug", " , mais", " mais", "comma"),
        ("jug", "est lourde", "est nouvelle", "nouveau after est"),
        ("bird", "vieil", "vieux", "form before a vowel"),
        ("bird", "le vieil", "l' vieil", "elided before a consonant"),
        ("bird", "n' aime", "ne aime", "elision"),
        ("bird", "petite souris grise", "grise souris petite", "placement"),
        ("bird", "petite souris", "souris petite", "placement"),
        ("bird", "souris grise", "souris gris", "agreement"),
        ("bird", "la petite", "une petite", "un after a negation"),
        ("bird", "grise", "noire", "adjectives"),
        ("well", "l' eau", "la eau", "elision"),
        ("well", "du puits", "de le puits", "contraction"),
        ("well", "du puits", "des puits", "noun"),
        ("well", "de la maison", "du maison", "article or noun"),
        ("well", "l' eau", "le lait", "noun"),
        ("well", "boit", "brille", "object of shine"),
        ("girl", "le hibou", "l' hibou", "elided before a consonant"),
        ("girl", "des enfants", "de les enfants", "contraction"),
        ("girl", "une pomme", "un pomme", "article or noun"),
        ("girl", "une pomme", "la pomme", "definite on one side"),
        ("girl", "la voit", "le voit", "gender or number of the pronoun"),
        ("girl", "la voit", "voit", "no object"),
        ("crows", "beaux", "beau", "agreement"),
        ("crows", "beaux", "belles", "agreement"),
        ("crows", "voient", "voit", "number of verb"),
        ("crows", "noirs", "noir", "agreement"),
        ("crows", "les cailloux", "le cailloux", "article or noun"),
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
        ("girl", "an apple", "a apple", "a or an"),
        ("jug", "does not fall", "does not falls", "English verb"),
        ("jug", "does not fall", "does yet fall", "does without not"),
        ("jug", "it does", "they do", "antecedents"),
        ("crows", "see", "sees", "English verb"),
        ("crows", "the beautiful crows", "the beautiful crow", "English verb"),
        ("bird", "not love", "not follow", "verb"),
        ("well", "near", "under", "preposition"),
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
        ("jug", "1-1", "1-0", "sure links"),
        ("jug", "3-3 ", "", "no link"),
        ("jug", "8-9", "8?9", "sure links"),
        ("jug", "7?7", "7-7", "sure links"),
        ("jug", "7?8 ", "", "possible links"),
        ("jug", "9-8", "9-12", "out of range"),
        ("jug", "9-8", "9:8", "form"),
        ("jug", "0-0", "0-0 0-0", "twice"),
        ("bird", "8-9 9-8", "8-8 9-9", "sure links"),
        ("well", "5-5 6?5", "5?5 6-5", "sure links"),
        ("girl", "12-12 13-11", "12-11 13-12", "sure links"),
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
        ("the fox sees an ant and it eats", "le renard voit une fourmi et il mange", "antecedents"),
        ("the stone drinks the milk", "la pierre boit le lait", "stone drink"),
        ("the crow eats the garden", "le corbeau mange le jardin", "eat garden"),
        ("the crow loves the old crow", "le corbeau aime le vieux corbeau", "twice"),
        ("the milk is sad", "le lait est triste", "sad milk"),
    ],
)
def test_bad_sense_is_flagged(english, french, complaint):
    """Good grammar, but no sense or two."""
    links = " ".join(f"{n}-{n}" for n in range(len(english.split())))
    with pytest.raises(Wrong, match=complaint):
        check(english, french, links)


def test_every_line_notices_a_wrong_article(rows):
    """Swap le and la throughout a sample of lines: none of them passes."""
    swap = {"le": "la", "la": "le", "un": "une", "une": "un"}
    for _, _, english, french, alignment in rows[::50]:
        changed = [swap.get(word, word) for word in french.split()]
        if changed != french.split():
            with pytest.raises(Wrong):
                check(english, " ".join(changed), alignment)
