"""Sphinx extension: turns a stored notebook into a page that a reader can follow.

Before a lesson is parsed: its badge becomes three links (Colab, Binder, download), a folded cell
shows its title, a figure its size, a section gets a place to link to. After that: numbered
equations become targets, and their numbers in prose and in code become links; a word that is set
off leads to the glossary if it is explained there.
"""

import json
import posixpath
import re

import pages
from docutils import nodes

TITLE = re.compile(r"\A#@title (.+)\n?")
COMMENT = re.compile(r'(<span class="(?:c1|sd)">)(.*?)(</span>)', re.DOTALL)
NAMELESS = '<summary aria-label="Toggle hidden content">'  # which would hide the fold's own title
EVERYDAY = {"batch", "beam", "bit", "candidate", "cell", "context", "decoder", "encoder", "lag",
            "link", "mask of a batch", "mixture", "road", "state", "stream", "token"}  # fmt: skip
PLAIN = (nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.math)


class Course:
    """What the pages need to know of each other."""

    def __init__(self):
        self.lessons = {lesson.stem: lesson for lesson in pages.lessons()}
        self.numbers = {stem: set(pages.equations(x)) for stem, x in self.lessons.items()}
        text = (pages.ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
        self.terms, self.explained = {}, {}  # {term: its place}, {term: lesson that explains it}
        for _, terms, lesson in pages.glossary_terms(text):
            self.terms.update({plain(term): pages.term_id(term) for term in terms})
            self.explained.update({plain(term): lesson for term in terms})

    def lesson_with(self, number, stem):
        """The lesson that equation `number`, named in `stem`, is of: this one or one before."""
        for candidate in reversed(list(self.lessons)[: list(self.lessons).index(stem) + 1]):
            if number in self.numbers[candidate]:
                return candidate
        return None


def plain(term):
    """`term` as it is compared: small letters, singular, without what stands in brackets."""
    term = re.sub(r"\(.*?\)", "", term).strip().lower()
    return term[:-1] if term.endswith("s") and not term.endswith("ss") else term


def open_links(docname):
    """The line that stands for a lesson's badge."""
    slug, file = pages.repository(), f"{docname}.ipynb"
    up = "../" * docname.count("/")
    colab = f"https://colab.research.google.com/github/{slug}/blob/main/{file}"
    binder = f"https://mybinder.org/v2/gh/{slug}/main?labpath={file.replace('/', '%2F')}"
    download = f'<a href="{up}notebooks/{file}" download>Download the notebook</a>'
    return f"[Open in Colab]({colab}) · [Open in Binder]({binder}) · {download}"


def read_lesson(app, docname, source):
    """Prepare the text of a notebook; `source` holds it as its only item."""
    lesson = app.course.lessons.get(docname)
    if lesson is None:
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        text = pages.source_of(cell)
        if cell["cell_type"] == "markdown":
            text = pages.BADGE.sub(lambda _: open_links(docname), text)
            text = pages.SECTION.sub(
                lambda m: f"({pages.section_place(lesson.number, m[1])})=\n{m[0]}", text
            )
        else:
            prepare_code(cell)
            if title := TITLE.match(text):
                text = text[title.end() :]
        cell["source"] = text
    source[0] = json.dumps(notebook)


def prepare_code(cell):
    """Metadata for myst-nb: what a fold is called, how large a figure is."""
    settings = cell["metadata"].setdefault("mystnb", {})
    title = TITLE.match(pages.source_of(cell))
    if title and "hide-input" in cell["metadata"].get("tags", []):
        settings["code_prompt_show"] = settings["code_prompt_hide"] = title[1]
    for output in cell["outputs"]:
        size = output.get("metadata", {}).get("image/png", {})
        if "width" in size:
            settings.setdefault("image", {})["width"] = f"{size['width']}px"


def link_page(app, doctree):
    """Targets for equations, links for their numbers and for words of the glossary."""
    docname, course = app.env.docname, app.course
    for block in doctree.findall(nodes.math_block):
        formula = block.astext()
        block["no-wrap"] = block["nowrap"] = True
        block.clear()
        block += nodes.Text(f"\\[{formula}\\]")
        if docname in course.lessons:
            block["ids"] += [f"eq-{number}" for number in pages.TAG.findall(formula)]
    if docname in course.lessons:
        link_numbers(course, docname, doctree, docname)
        link_terms(course, docname, doctree)
    elif docname == "cheat_sheet":
        for section in doctree.findall(nodes.section):
            stem = lesson_of_section(course, section)
            if stem:
                link_numbers(course, docname, section, stem)


def lesson_of_section(course, section):
    """The lesson that a section of the cheat sheet is about."""
    number = re.match(r"(\d+) ", section.next_node(nodes.title).astext())
    stems = [stem for stem, x in course.lessons.items() if number and x.number == int(number[1])]
    return stems[0] if stems else None


def href(page, docname, place):
    """The address of `place` on the page `docname`, as seen from `page`."""
    if page == docname:
        return f"#{place}"
    return f"{posixpath.relpath(docname, posixpath.dirname(page) or '.')}.html#{place}"


def link_numbers(course, page, branch, stem):
    """Each number of an equation in the prose under `branch` becomes a link."""
    for text in list(branch.findall(nodes.Text)):
        if any(isinstance(above, PLAIN + (nodes.math_block, nodes.raw)) for above in parents(text)):
            continue
        pieces, end, words = [], 0, text.astext()
        for match in pages.NUMBER.finditer(words):
            target = course.lesson_with(match[0], stem)
            if target:
                uri = href(page, target, f"eq-{match[0]}")
                link = nodes.reference("", match[0], refuri=uri, internal=True, classes=["eq"])
                pieces += [nodes.Text(words[end : match.start()]), link]
                end = match.end()
        if pieces:
            text.parent.replace(text, [*pieces, nodes.Text(words[end:])])


def link_terms(course, page, doctree):
    """The words of the glossary, once each on a page, become links to it.

    That is where the word is set off, because it is explained there; otherwise, if it cannot be
    taken for a word of every day, where it first stands.
    """
    number = course.lessons[page].number
    left = {  # "context" is a word of every day up to the lesson that gives it another meaning
        term: place
        for term, place in course.terms.items()
        if term not in EVERYDAY or course.explained[term] <= number
    }

    def link(term):
        uri = href(page, "GLOSSARY", left.pop(term))
        return nodes.reference("", "", refuri=uri, internal=True, classes=["term"])

    for emphasis in list(doctree.findall(nodes.emphasis)):
        term = plain(emphasis.astext())
        if term in left and not any(isinstance(above, PLAIN) for above in parents(emphasis)):
            reference = link(term)
            emphasis.replace_self(reference)
            reference += emphasis
    for paragraph in list(doctree.findall(nodes.paragraph)):
        for text in list(paragraph.findall(nodes.Text)):
            if any(isinstance(above, PLAIN) for above in parents(text)):
                continue
            wanted = sorted((t for t in left if t not in EVERYDAY), key=len, reverse=True)
            pattern = "|".join(map(re.escape, wanted))
            found = pattern and re.search(rf"(?<![\w-])({pattern})s?(?![\w-])", text, re.IGNORECASE)
            if found:
                reference = link(found[1].lower())
                reference += nodes.Text(found[0])
                before, after = text[: found.start()], text[found.end() :]
                text.parent.replace(text, [nodes.Text(before), reference, nodes.Text(after)])


def parents(node):
    """The nodes above `node`, the nearest first."""
    while node.parent is not None:
        node = node.parent
        yield node


def link_code(app, pagename, templatename, context, doctree):
    """Link the numbers of equations in the code; call a fold by its own title."""
    course = app.course
    if pagename not in course.lessons or "body" not in context:
        return

    def linked(number):
        target = course.lesson_with(number[0], pagename)
        if not target:
            return number[0]
        return f'<a class="eq" href="{href(pagename, target, f"eq-{number[0]}")}">{number[0]}</a>'

    body = COMMENT.sub(lambda m: m[1] + pages.NUMBER.sub(linked, m[2]) + m[3], context["body"])
    context["body"] = body.replace(NAMELESS, "<summary>")


def begin(app):
    app.course = Course()


def setup(app):
    app.connect("builder-inited", begin)
    app.connect("source-read", read_lesson)
    app.connect("doctree-read", link_page)
    app.connect("html-page-context", link_code)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
