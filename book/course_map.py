"""The map of the course as a drawing: a box for a lesson, an arrow to what builds on it."""

import re
from html import escape

IDEAS = {  # two short lines in each box
    1: ("backpropagation", "through time"),
    2: ("gates and a", "protected cell"),
    3: ("one state, many", "time scales"),
    4: ("embeddings, a", "sparse gradient"),
    5: ("dropout, one", "matrix for two"),
    6: ("two networks", "of one name"),
    7: ("a sentence in", "one vector"),
    8: ("a look back at", "every word"),
    9: ("first the state,", "then the look"),
}
COLUMNS = ("characters", "words", "translation")
WIDTH, HEIGHT, ACROSS, DOWN, TOP = 142, 84, 30, 34, 34


def needs(course):
    """{number: numbers of the lessons that it asks for}, from each page's "What you'll need"."""
    numbers = {lesson.stem: lesson.number for lesson in course}
    found = {}
    for lesson in course:
        text = "".join(lesson.cells[1]["source"])
        text = text.split("**What you'll need.**")[1].split("\n\n")[0]
        folder = lesson.stem.split("/")[0]
        stems = []
        for target in re.findall(r"\]\(([^()]+)\.ipynb\)", text):
            stems.append(target[3:] if target.startswith("../") else f"{folder}/{target}")
        found[lesson.number] = {numbers[stem] for stem in stems if stem in numbers}
    return found


def arrows(course):
    """Pairs (earlier, later), those left out that a chain of others says already."""
    asked = needs(course)
    everything = {}
    for number in sorted(asked):
        everything[number] = set(asked[number]).union(*(everything[n] for n in asked[number]))
    return [
        (before, number)
        for number in sorted(asked)
        for before in sorted(asked[number])
        if not any(before in everything[other] for other in asked[number])
    ]


def corner(number):
    """The left upper corner of a lesson's box."""
    column, row = divmod(number - 1, 3)
    return 1 + column * (WIDTH + ACROSS), TOP + row * (HEIGHT + DOWN)


def road(before, after):
    """The path of an arrow: straight down a column, or through the gap between two columns."""
    (x1, y1), (x2, y2) = corner(before), corner(after)
    if x1 == x2:
        return f"M{x1 + WIDTH / 2} {y1 + HEIGHT} V{y2 - 3}"
    middle = x2 - ACROSS / 2
    return f"M{x1 + WIDTH} {y1 + HEIGHT / 2} H{middle} V{y2 + HEIGHT / 2} H{x2 - 3}"


def drawing(course):
    """The map as SVG; each box is a link, colours are those of the page."""
    width, height = 3 * WIDTH + 2 * ACROSS + 2, TOP + 3 * HEIGHT + 2 * DOWN + 2
    lines = [
        f'<svg class="course-map" viewBox="0 0 {width} {height}" role="group" '
        'aria-label="Map of the course: nine lessons in three columns, and what builds on what">',
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z"/></marker></defs>',
    ]
    for column, name in enumerate(COLUMNS):
        x = 1 + column * (WIDTH + ACROSS) + WIDTH / 2
        lines.append(f'<text class="column" x="{x}" y="20">{name}</text>')
    for before, after in arrows(course):
        path = road(before, after)
        lines.append(f'<path class="arrow" d="{path}" marker-end="url(#head)"/>')
    for lesson in course:
        x, y = corner(lesson.number)
        centre = x + WIDTH / 2
        name = f"{lesson.number} {lesson.name.removesuffix(' Attention')}"
        kind = "name" if len(name) < 14 else "name long"
        texts = [f'<text class="{kind}" x="{centre}" y="{y + 28}">{name}</text>']
        for line, words in enumerate(IDEAS.get(lesson.number, ())):
            texts.append(f'<text x="{centre}" y="{y + 50 + 18 * line}">{escape(words)}</text>')
        lines.append(
            f'<a href="{lesson.stem}.html"><rect x="{x}" y="{y}" width="{WIDTH}" '
            f'height="{HEIGHT}" rx="6"/>{"".join(texts)}</a>'
        )
    return "\n".join([*lines, "</svg>"])
