"""What the book is made of: the lessons, and pages composed from what the repository holds.

`compose(folder)` fills a folder for Sphinx. Lessons and glossary are copies; start page, cheat
sheet, results and references are put together from the lessons, README.md and RESULTS.md, so that
nothing is written twice.
"""

import json
import re
import shutil
import sys
from collections import namedtuple
from pathlib import Path

import course_map

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))

from set_slug import current_slug as repository  # noqa: E402  (its folder is no package)

PARTS = {  # the folders of the lessons, in the order of the course
    "char_level_lm": "Models of characters",
    "word_level_lm": "Models of words",
    "seq_2_seq": "Translation",
}
LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\(([^()\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^()\s]+)\)")
BADGE = re.compile(r"\[!\[[^\]]*\]\([^()]*\)\]\([^()]*\)")
TAG = re.compile(r"\\tag\{([A-Z]\d+)\}")
NUMBER = re.compile(r"\b[A-Z]\d{1,2}\b")
DISPLAY = re.compile(r"\$\$(.*?)\$\$", re.DOTALL)
SECTION = re.compile(r"^## (\d+) (.+)$", re.MULTILINE)
CARD = "The whole lesson on one card"

Lesson = namedtuple("Lesson", "number stem title name cells")


def source_of(cell):
    """The source of `cell` as one string."""
    return "".join(cell["source"])


def lessons():
    """The lessons that there are, in order; `cells` are those of the notebook as stored."""
    found = []
    for folder in PARTS:
        for path in sorted((ROOT / folder).glob("*.ipynb")):
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            number = int(re.search(r"^\*Lesson (\d+) of", source_of(cells[1]), re.MULTILINE)[1])
            title = re.match(r"# (.+)", source_of(cells[0]))[1]
            name = path.stem.removesuffix("_NumPy").split("_", 1)[1]
            name = name.replace("Encoder_Decoder", "Encoder–decoder").replace("_", " ")
            found.append(Lesson(number, f"{folder}/{path.stem}", title, name, cells))
    return found


def equations(lesson):
    """{number: formula without its tag} of the numbered equations of `lesson`, in order."""
    found = {}
    for cell in lesson.cells:
        if cell["cell_type"] == "markdown":
            for formula in DISPLAY.findall(source_of(cell)):
                for number in TAG.findall(formula):
                    found[number] = TAG.sub("", formula).strip()
    return found


def code_of(lesson, number):
    """Code of `lesson` that names the equation `number` in a comment, or else in a docstring.

    That is the first such line that can stand alone; failing that, one with the lines that it
    continues; failing that, the name of the function that the docstring belongs to.
    """
    comment = re.compile(rf"^\s*([^\s#].*?)\s+#(?:(?!#).)*?\b{number}\b")
    continued, named = "", ""
    for cell in lesson.cells:
        lines = source_of(cell).splitlines() if cell["cell_type"] == "code" else []
        function = ""
        for place, line in enumerate(lines):
            if found := re.match(r"def (\w+)", line):
                function = found[1]
            if found := comment.match(line):
                if balanced(found[1]):
                    return found[1]
                continued = continued or with_lines_before(found[1], lines[:place])
            elif function and not named and re.search(rf"\b{number}\b", line.split("#")[0]):
                named = function
    return continued or named


def balanced(line):
    """Does `line` close each bracket that it opens, and no other?"""
    return all(line.count(one) == line.count(other) for one, other in ("()", "[]", "{}"))


def with_lines_before(line, before):
    """`line` after the few lines of `before` that it continues, comments left out, or nothing."""
    for earlier in reversed(before[-3:]):
        line = f"{earlier.split('  #')[0].strip()} {line}"
        if balanced(line):
            return line
    return ""


def readme():
    """README.md as it stands."""
    return (ROOT / "README.md").read_text(encoding="utf-8")


def part(text, name):
    """What stands in `text` between the comments `<!-- name -->` and `<!-- end name -->`."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end {name} -->", text, re.DOTALL)
    if not found:
        raise ValueError(f"README.md has no part <!-- {name} -->.")
    return found[1].strip()


def piece(text, pattern, what):
    """The first group of `pattern` in `text`; ValueError that names `what` if there is none."""
    found = re.search(pattern, text, re.DOTALL | re.MULTILINE)
    if not found:
        raise ValueError(f"README.md has no {what}: the start page is made of it.")
    return found[1].strip()


def outward(text, folder):
    """`text` with each link to a file that the book has not got leading to the repository."""

    def redirected(match):
        words, target = match.groups()
        path = target.split("#")[0]
        if "://" in target or not path or (folder / path).is_file():
            return match[0]
        kind = "tree" if path.endswith("/") else "blob"
        return f"[{words}](https://github.com/{repository()}/{kind}/main/{target})"

    return LINK.sub(redirected, text)


# The pages


def start_page(course):
    """The first page: README's first lines, picture and sample, and the map of the course."""
    text = BADGE.sub("", readme())
    intro = piece(text, r"\A# [^\n]+\n(.*?)\n!\[", "paragraph under its title")
    alt, picture = PICTURE.search(text).groups()
    lead = piece(text, r"!\[[^\n]*\n\n([^\n]+)\n\n<!-- sample -->", "line before the sample")
    learn = piece(text, r"^You learn\n(.*?)\n\n(?=\S)", 'list "You learn"')
    need = piece(text, r"^(You need [^\n]+)\n", 'line "You need"')
    names = {lesson.stem: f"{lesson.name}: {lesson.title}" for lesson in course}
    rows = []
    for line in part(text, "lessons").splitlines():
        if re.match(r"\| *\d", line):
            number, name, adds, builds_on, _ = split_row(line)
            name = LINK.sub(lambda m: f"[{names.get(m[1], m[1])}]({m[2]})", name)
            takes = f" Builds on {builds_on}." if builds_on else ""
            rows.append(f"{number}. {name}<br>Adds {adds}.{takes}")
    overview = "\n".join(rows)
    toctree = [contents("", ["Start <self>"])]
    for folder, caption in PARTS.items():
        entries = [
            f"{lesson.number} · {lesson.name} <{lesson.stem}>"
            for lesson in course
            if lesson.stem.startswith(folder + "/")
        ]
        toctree.append(contents(caption, entries))
    toctree.append(
        contents("To look things up", ["cheat_sheet", "GLOSSARY", "RESULTS", "references"])
    )
    first = course[0]
    return f"""# Recurrent networks in NumPy

{intro}

```{{image}} {picture}
:alt: {alt}
:width: 576px
```

{lead}

{part(text, "sample")}

[Begin with lesson {first.number}]({first.stem}.ipynb), or find your way by the map.

## What you learn

{learn}

{need}

## The map of the course

An arrow leads from a lesson to one that builds on it.

```{{raw}} html
{course_map.drawing(course)}
```

{overview}

## How to read the pages

- A number such as B3, in the text or in a comment of the code, is a link to its equation.
- A word that is explained for the first time leads to the [glossary](GLOSSARY.md).
- What is folded opens by a click on its title, or with the Enter key.
- All equations, each beside its line of code, stand on the [cheat sheet](cheat_sheet.md).

{"".join(toctree)}"""


def contents(caption, entries):
    """A hidden table of contents, which puts `entries` into the column on the left."""
    listed = "\n".join(entries)
    named = f":caption: {caption}\n" if caption else ""
    return f"```{{toctree}}\n:hidden:\n{named}\n{listed}\n```\n\n"


def rows_of_card(lesson):
    """The cells of each row of the table on the lesson's card, its heads first."""
    for cell in lesson.cells:
        text = re.sub(r"\s+", " ", source_of(cell))
        if cell["cell_type"] == "markdown" and (CARD in text or CARD.lower() in text.lower()):
            lines = [line for line in source_of(cell).splitlines() if line.startswith("|")]
            rows = [split_row(line) for line in lines]
            return [row for row in rows if not all(set(c) <= set("-: ") and c for c in row)]
    raise ValueError(f'{lesson.stem}.ipynb has no table after "{CARD}".')


def split_row(line):
    """The cells of a row of a Markdown table; a bar inside code or a formula is not escaped."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def two_columns(heads, rows):
    """A Markdown table of two columns, rows without an equation left out."""
    kept = [row for row in rows if row[0]]
    lines = [f"| {heads[0]} | {heads[1]} |", "|---|---|"]
    return "\n".join(lines + [f"| {left} | {right} |" for left, right in kept])


def cheat_sheet(course):
    """Every numbered equation of the lessons beside its code, from their cards and their text."""
    blocks = ["# Cheat sheet", "Each number leads to the equation in its lesson."]
    for lesson in course:
        heads, *rows = rows_of_card(lesson)
        formulas = [row[side] for row in rows for side in (0, 2) if "$" in row[side]]
        on_card = set(NUMBER.findall(" ".join(formulas)))
        blocks.append(f"## {lesson.number} {lesson.name}")
        blocks.append(f"[{lesson.title}]({lesson.stem}.ipynb)")
        for side in (0, 2):
            half = [row[side : side + 2] for row in rows]
            blocks.append(two_columns((heads[side], heads[side + 1].strip("`")), half))
        others = [
            (f"{number} $\\displaystyle {one_line(formula)}$", code(code_of(lesson, number)))
            for number, formula in equations(lesson).items()
            if number not in on_card
        ]
        if others:
            blocks.append(two_columns(("in the text", "code"), others))
    return "\n\n".join(blocks) + "\n"


def one_line(formula):
    """A displayed formula as it may stand in a cell of a table."""
    return re.sub(r"\s+", " ", formula).replace("|", r"\vert ").strip(" .,")


def code(line):
    """A line of code for a cell of a table, or nothing."""
    return f"`{line.replace('|', chr(92) + '|')}`" if line else ""


def term_id(term):
    """The name of the place in the glossary where `term` is explained."""
    plain = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\(.*?\)", "", term.lower())).strip("-")
    return f"term-{plain}"


def glossary_terms(text):
    """[(paragraph's beginning, [terms], lesson that explains them)] of GLOSSARY.md."""
    found = []
    for match in re.finditer(r"^\*\*(.+?)\.\*\* .*?\(\[(\d+)\]", text, re.MULTILINE):
        terms = [term.strip() for term in match[1].split(",")]
        found.append((f"**{match[1]}.** ", terms, int(match[2])))
    return found


def glossary(text):
    """GLOSSARY.md with a place to link to before each term."""
    for beginning, terms, _ in glossary_terms(text):
        places = "".join(f"({term_id(term)})=\n" for term in terms)
        text = text.replace(f"\n{beginning}", f"\n{places}{beginning}", 1)
    return text


def results(folder):
    """RESULTS.md if there is one, else the section on results of README.md."""
    page = ROOT / "RESULTS.md"
    if page.is_file():
        return outward(page.read_text(encoding="utf-8"), folder)
    section = piece(readme(), r"^## (Held-out results\n.*?)(?=^## )", "section on results")
    section = re.sub(r"^[^\n]*\]\(RESULTS\.md\)[^\n]*\n+", "", section, flags=re.MULTILINE)
    section = re.sub(r"<!--.*?-->\n*", "", section)
    return outward(f"# {section}\n", folder)


# References

Reference = namedtuple("Reference", "who year text")


def references_of(lesson):
    """The list of references that closes `lesson`."""
    cell = next(c for c in reversed(lesson.cells) if source_of(c).startswith("**References**"))
    found = []
    for line in source_of(cell).splitlines():
        if line.startswith("- "):
            text = re.sub(r" \((?:Section|That|Length|The def)[^()]*\)$", "", line[2:].strip())
            who = re.split(r",| \(| et al|\. `", text)[0]
            who = re.sub(r"^(?:[A-Z]\. ?)+", "", who)
            year = re.search(r"\((\d{4})\)", text)
            found.append(Reference(who, year[1] if year else "", text))
    return found


def citing_sections(lesson, reference):
    """Numbers of the sections of `lesson` that name the first author of `reference`."""
    found, section = [], 0
    name = re.compile(rf"(?<![\w/]){re.escape(reference.who)}(?![\w/])")
    for cell in lesson.cells:
        text = source_of(cell)
        if text.startswith("**References**"):
            break
        heading = SECTION.search(text) if cell["cell_type"] == "markdown" else None
        section = int(heading[1]) if heading else section
        if section and name.search(text) and section not in found:
            found.append(section)
    return found


def references(course):
    """All references of the lessons by first author, each with the sections that cite it."""
    listed = {}
    for lesson in course:
        for reference in references_of(lesson):
            title = re.sub(r"\W+", "", reference.text.split(")", 1)[-1].lower())[:25]
            listed.setdefault((reference.who.lower(), reference.year, title), []).append(
                (lesson, reference)
            )
    lines = []
    for _, entries in sorted(listed.items()):
        text = max((reference.text for _, reference in entries), key=len)
        text = re.sub(r"arXiv:(\d{4}\.\d{4,5})", r"[arXiv:\1](https://arxiv.org/abs/\1)", text)
        cited = []
        for lesson, reference in entries:
            sections = citing_sections(lesson, reference)
            links = ", ".join(f"[{n}](#{section_place(lesson.number, n)})" for n in sections)
            named = f"[Lesson {lesson.number}]({lesson.stem}.ipynb)"
            cited.append(f"{named}, section{'s' * (len(sections) > 1)} {links}" if links else named)
        lines.append(f"- {text}\n  <br>{'; '.join(cited)}.")
    head = "# References\n\nWhat the lessons cite, by first author, with the places that cite it."
    return head + "\n\n" + "\n".join(lines) + "\n"


def section_place(lesson, section):
    """The name of the place where a section of a lesson begins."""
    return f"lesson-{lesson}-section-{section}"


def compose(folder):
    """Fill `folder` with the sources of the book."""
    folder.mkdir(parents=True)
    course = lessons()
    for lesson in course:
        for copy in (folder, folder / "_extra" / "notebooks"):
            path = copy / f"{lesson.stem}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / f"{lesson.stem}.ipynb", path)
    (folder / ".github").mkdir()
    for picture in (ROOT / ".github").glob("*.png"):
        shutil.copy(picture, folder / ".github")

    def write(name, text):
        (folder / name).write_text(text, encoding="utf-8")

    for name in ("cheat_sheet.md", "GLOSSARY.md", "RESULTS.md"):
        write(name, "")  # so that links to them stay inside the book
    write("GLOSSARY.md", glossary(outward((ROOT / "GLOSSARY.md").read_text("utf-8"), folder)))
    write("RESULTS.md", results(folder))
    write("index.md", outward(start_page(course), folder))
    write("cheat_sheet.md", cheat_sheet(course))
    write("references.md", references(course))
