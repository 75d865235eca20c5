"""The letters of the lessons: what the Notation tables say of each, and which equations go beyond.

    python tools/maths/symbols.py            every symbol of the tables, with its meanings
    python tools/maths/symbols.py --outside  what stands in displayed equations and in no table of
                                             the page, and where else it is said what it is
    python tools/maths/symbols.py --letters  what CONTRIBUTING.md's table of letters leaves out
"""

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("char_level_lm", "word_level_lm", "seq_2_seq")
HEAD = "| Symbol | Code | Shape | Meaning |\n|---|---|---|---|\n"
LETTERS = "| letter | code | meaning |\n|---|---|---|\n"

DISPLAYED = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
INLINE = re.compile(r"(?<!\$)\$([^$]+)\$(?!\$)")
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\S")
ACCENTS = {"\\bar": "bar", "\\overline": "bar", "\\tilde": "\\tilde ", "\\hat": "\\hat ",
           "\\overrightarrow": "\\overrightarrow ", "\\overleftarrow": "\\overleftarrow "}
GREEK = {f"\\{name}" for name in """
    alpha beta gamma delta epsilon varepsilon zeta eta theta kappa lambda mu nu xi pi rho tau phi
    varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Phi Psi Omega ell""".split()}
WORDS = {"\\text", "\\mathrm", "\\operatorname", "\\begin", "\\end", "\\tag", "\\mathbf"}
NAMED = "WUVCbv"  # a subscript of these says which matrix or vector it is
NAMES = {"x", "h", "y", "a", "b", "c", "f", "o", "p", "s", "u", "emb", "src", "tgt"}
BLOCKS = {"i", "f", "g", "o", "r", "z", "n"}  # a superscript of W, b and a that picks a gate's rows
SIZES_AND_INDICES = {*"TSBVHEtjk"}
KINDS = {"s", "o", "e", "c", "x", "h", "y", "\\pi", "enc", "dec"}  # that says which one it is


def group(tokens, i):
    """The tokens of the group, or the one token, at `i`; and the place after it."""
    if i >= len(tokens) or tokens[i] != "{":
        return tokens[i : i + 1], i + 1
    depth, end = 1, i + 1
    while depth and end < len(tokens):
        depth += {"{": 1, "}": -1}.get(tokens[end], 0)
        end += 1
    return tokens[i + 1 : end - 1], end


def scripts(tokens, i):
    """Prime, subscript and superscript that follow at `i`; and the place after them."""
    prime, below, above = "", [], []
    while i < len(tokens) and tokens[i] in ("'", "_", "^"):
        if tokens[i] == "'":
            prime, i = prime + "'", i + 1
        elif tokens[i] == "_":
            below, i = group(tokens, i + 1)
        else:
            above, i = group(tokens, i + 1)
    return prime, below, above, i


def name_of(letter, accent, prime, below, above):
    """A symbol without its indices, `W_{x}^{enc}`, and the tokens that are indices or powers."""
    rest, name = [], accent + letter + prime
    sub = "".join(below)
    if letter in NAMED and sub in NAMES:
        name += f"_{{{sub}}}"
    else:
        rest += below
    plain = [token for token in above if token not in ("\\top", "'")]
    name += "'" * above.count("'")
    sup = "".join(plain)
    blocks = not set(sup.split(",")) - BLOCKS
    if letter == "a" and sup == "o" and not accent.startswith("\\"):
        name += "^{o}"  # a gate's block, or the readout's: the table of the page decides
    elif sup and blocks and letter in "Wba":
        pass
    elif sup in KINDS and letter in "Wbade":
        name += f"^{{{sup}}}"
    else:
        rest += plain
    return name, rest


def symbols(tex, accent=""):
    """The symbols of a formula, in order, without indices of time and place, bars left out."""
    return list(walk(TOKEN.findall(tex) if isinstance(tex, str) else tex, accent))


def walk(tokens, accent=""):
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token in WORDS:
            _, i = group(tokens, i + 1)
        elif token in ACCENTS:
            inner, i = group(tokens, i + 1)
            own = accent + ("" if ACCENTS[token] == "bar" else ACCENTS[token])
            prime, below, above, i = scripts(tokens, i)
            tail = ["'"] * len(prime)
            tail += ["_", "{", *below, "}"] if below else []
            tail += ["^", "{", *above, "}"] if above else []
            yield from walk([*inner, *tail], own)
        elif token in GREEK or re.fullmatch("[A-Za-z]", token):
            prime, below, above, i = scripts(tokens, i + 1)
            if token == "e" and above and not below:  # the exponential
                yield from walk(above)
                continue
            name, rest = name_of(token, accent, prime, below, above)
            yield name
            yield from walk(rest)
        else:
            i += 1


def notebooks():
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb"))]


def markdown(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def rows(prose):
    """(symbols, meaning) of each row of the Notation tables in `prose`."""
    for after in prose.split(HEAD)[1:]:
        for line in after.split("\n\n")[0].splitlines():
            symbol, _, _, meaning = (part.strip() for part in line.strip("| ").split(" | "))
            parts = [tex.split("=")[0] for tex in re.findall(r"\$(.+?)\$", symbol)]
            barred = any("\\bar" in part or "\\overline" in part for part in parts)
            names = [s for part in parts for s in symbols(part)]
            yield [s for s in names if s not in SIZES_AND_INDICES], meaning, barred


def tables():
    """{symbol: {meaning: [lessons]}} of all Notation tables; a barred one as `bar(symbol)`."""
    found = defaultdict(lambda: defaultdict(list))
    for number, path in enumerate(notebooks(), start=1):
        for names, meaning, barred in rows(markdown(path)):
            for name in dict.fromkeys(names):
                found[f"bar({name})" if barred else name][meaning].append(number)
    return found


def said(formula):
    """What a formula in a sentence is about: `a = b` is about a, `r, z, n` about all three."""
    pieces = re.split(r"=|\\in|\\leftarrow", formula)[0].split(",")
    return {name for piece in pieces for name in symbols(piece)[:1]}


def defined(equation):
    """What a displayed equation makes: each symbol that stands alone left of a `=`, unbarred."""
    found = set()
    for piece in re.split(r"\\\\|\\qquad|,\s*&|\\begin\{aligned\}", equation):
        left, equals, _ = piece.replace("&", " ").partition("=")
        if equals and "\\bar" not in left and "\\overline" not in left and "\\frac" not in left:
            found |= said(left)
    return found


def outside(path):
    """{symbol: (how it comes in, first formula)} of displayed equations, the tables' apart.

    It comes in by "section 3", "a sentence" of the page, "its equation", "the table, of either
    network" (enc, dec), or "nothing". A bar is the gradient at what stands under it: the symbol
    without it has to be there.
    """
    prose = markdown(path)
    tabled = {name for names, *_ in rows(prose) for name in names} | SIZES_AND_INDICES
    notation = prose.split("\n## 3 ")[1].split("\n## 4 ")[0]
    by = dict.fromkeys([name for tex in INLINE.findall(notation) for name in symbols(tex)],
                       "section 3")
    found = {}
    for cell in re.split(r"\n(?=#+ )", prose):  # a heading begins a stretch of the page
        for tex in INLINE.findall(DISPLAYED.sub(" ", cell)):
            by.update({name: "a sentence" for name in said(tex) if name not in by})
        for tex in DISPLAYED.findall(cell):
            by.update({name: "its equation" for name in defined(tex) if name not in by})
            for name in symbols(tex):
                if name not in tabled and not (name == "a^{o}" and "a" in tabled):
                    how = by.get(name) or by.get(name.rstrip("'"), "nothing")
                    if {f"{name}^{{enc}}", f"{name}^{{dec}}"} <= tabled:
                        how = "the table, of either network"
                    found.setdefault(name, (how, " ".join(tex.split())))
    return found


def letters():
    """The symbols of CONTRIBUTING.md's table of letters."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.split(LETTERS)[1].split("\n\n")[0]
    first = [line.strip("| ").split(" | ")[0] for line in table.splitlines()]
    return {s for cell in first for tex in INLINE.findall(cell) for s in symbols(tex)}


def beyond_letters():
    """{symbol: [lessons]} of the Notation tables that CONTRIBUTING.md's table leaves out.

    An arrow, enc and dec say whose it is: the letter without them has to be there.
    """
    known, found = letters(), {}
    for name, meanings in tables().items():
        plain = re.sub(r"\\over(right|left)arrow |\^\{(enc|dec)\}", "", name)
        if not name.startswith("bar(") and not {name, plain} & known:
            found[name] = sorted({number for where in meanings.values() for number in where})
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--outside", action="store_true")
    parser.add_argument("--letters", action="store_true")
    chosen = parser.parse_args()
    if chosen.outside:
        for number, path in enumerate(notebooks(), start=1):
            for name, (how, tex) in outside(path).items():
                print(f"lesson {number}: {name:20s} {how:30s} {tex[:70]}")
    elif chosen.letters:
        for name, where in beyond_letters().items():
            print(f"{name:8s} lesson {', '.join(map(str, where))}")
    else:
        for name, meanings in sorted(tables().items(), key=lambda item: item[0].lower()):
            print(name)
            for meaning, where in meanings.items():
                print(f"    {','.join(map(str, where)):20s} {meaning}")


if __name__ == "__main__":
    main()
