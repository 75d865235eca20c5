"""The book in a real browser: every page at two widths, in the light and in the dark.

It needs book/requirements.txt, book/requirements-test.txt, npm, and a Chromium of the system.
"""

import functools
import http.server
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDTHS = (1200, 400)
PATIENCE = 180_000  # milliseconds: on a machine that is busy a page of formulas takes its time
LESSONS = [
    path.relative_to(ROOT).with_suffix("").as_posix()
    for folder in ("char_level_lm", "word_level_lm", "seq_2_seq")
    for path in sorted((ROOT / folder).glob("*.ipynb"))
]
HIDDEN = """[...document.querySelectorAll("div.math")].filter(box => {
  const left = box.getBoundingClientRect().left - box.scrollLeft;
  const drawn = [...box.querySelectorAll("mjx-container svg use")];
  const ends = drawn.map(glyph => glyph.getBoundingClientRect());
  return Math.min(...ends.map(end => end.left)) < left - 1
    || Math.max(...ends.map(end => end.right)) > left + box.scrollWidth + 1;
}).map(box => box.id)"""
OTHERS = ["index", "cheat_sheet", "GLOSSARY", "RESULTS", "references", "search"]


def missing():
    """What the test lacks, in a few words, or None."""
    for name in ("myst_nb", "sphinx_book_theme", "playwright"):
        if importlib.util.find_spec(name) is None:
            return f"{name} is not installed (book/requirements.txt, book/requirements-test.txt)"
    if not any(map(shutil.which, BROWSERS)):
        return "there is no Chromium"
    return None if shutil.which("npm") else "there is no npm"


if lacking := missing():
    pytest.skip(f"The book is not tested: {lacking}.", allow_module_level=True)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The folder that book/build.py fills."""
    out = tmp_path_factory.mktemp("book")
    built = subprocess.run(
        [sys.executable, ROOT / "book/build.py", "--out", out], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "warning" not in built.stderr.lower()
    return out


@pytest.fixture(scope="module")
def address(book):
    """Where a server on this machine shows the book."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Handler, directory=book / "html")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)))
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium's sandbox refuses root
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path,
            args=["--disable-dev-shm-usage", *(["--no-sandbox"] if root else [])],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, address):
    """Open a page and wait for its formulas; at the end nobody else may have been asked."""
    contexts, troubles = [], []

    def opened(name, width=1200, theme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"{name}: {error}"))
        page.on("console", lambda said: said.type in ("error", "warning")
                and troubles.append(f"{name}: {said.text}"))  # fmt: skip
        page.on("request", lambda asked: asked.url.startswith((address, "data:", "blob:"))
                or troubles.append(f"{name} asks for {asked.url}"))  # fmt: skip
        page.on("response", lambda got: got.status >= 400
                and troubles.append(f"{name}: {got.status} {got.url}"))  # fmt: skip
        page.goto(address + name)
        page.wait_for_load_state("networkidle")
        if page.locator(".math").count():
            page.wait_for_selector("html[data-formulas=drawn]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not troubles, "\n".join(troubles)


class Addresses(HTMLParser):
    """Ids, links and what is loaded, of one page."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loaded = set(), [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids.add(attributes.get("id"))
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag == "link" and attributes.get("rel") not in ("canonical", "next", "prev"):
            self.loaded.append(attributes.get("href", ""))
        elif attributes.get("src"):
            self.loaded.append(attributes["src"])


def test_links_lead_somewhere_and_nothing_remote_is_loaded(book):
    pages = {
        path.relative_to(book / "html").as_posix(): Addresses(path)
        for path in (book / "html").rglob("*.html")
        if "_static" not in path.parts
    }
    lost = []
    for name, page in pages.items():
        lost += [f"{name} loads {url}" for url in page.loaded if "//" in url]
        for link in page.links:
            parts = urlsplit(urljoin(name, link))
            if parts.scheme or parts.netloc:
                continue
            target = unquote(parts.path)
            if not (book / "html" / target).is_file():
                lost.append(f"{name} leads to {link}")
            elif parts.fragment and target in pages:
                if unquote(parts.fragment) not in pages[target].ids:
                    lost.append(f"{name} leads to {link}, which is no place there")
    assert not lost, "\n".join(lost)


def test_cheat_sheet_has_every_equation(book):
    links = set(Addresses(book / "html/cheat_sheet.html").links)
    for stem in LESSONS:
        ids = Addresses(book / "html" / f"{stem}.html").ids
        equations = {f"{stem}.html#{place}" for place in ids if str(place).startswith("eq-")}
        assert equations and equations <= links


@pytest.mark.parametrize("stem", LESSONS)
def test_download_is_the_notebook_as_committed(book, stem):
    offered = book / "html" / "notebooks" / f"{stem}.ipynb"
    assert offered.read_bytes() == (ROOT / f"{stem}.ipynb").read_bytes()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [*OTHERS, *LESSONS])
def test_page(visit, name, width):
    page = visit(f"{name}.html", width)
    assert page.locator("[data-mml-node=merror]").count() == 0
    assert page.locator("mjx-container").count() == page.locator(".math").count()
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1], "the page scrolls sideways"
    assert not page.evaluate(HIDDEN), "part of a formula cannot be scrolled into sight"
    text = page.locator("article" if page.locator("article").count() else "main")
    levels = text.locator("h1, h2, h3, h4").evaluate_all("all => all.map(h => +h.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:]))
    pictures = page.evaluate(
        "[...document.images].map(i => "
        "[i.src, i.alt, i.naturalWidth, i.naturalHeight, i.clientWidth, i.clientHeight])"
    )
    assert all(picture[1].strip() for picture in pictures)
    blurred = [src for src, _, natural, _, shown, _ in pictures if natural < 1.5 * shown]
    assert not blurred
    squeezed = [src for src, _, wide, high, width, height in pictures
                if abs(width * high - height * wide) > 2 * (wide + high)]  # fmt: skip
    assert not squeezed


@pytest.mark.parametrize("theme, width", [("light", 1200), ("dark", 1200), ("light", 400)])
@pytest.mark.parametrize("name", [*OTHERS, *LESSONS])
def test_accessible(visit, book, name, theme, width):
    page = visit(f"{name}.html", width, theme)
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    page.add_script_tag(path=book / "npm/node_modules/axe-core/axe.min.js")
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    serious = [
        f"{rule['id']}: {rule['help']}, {len(rule['nodes'])} times, as in {node['html'][:200]} "
        f"{node['failureSummary'][:400]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"][:2]
    ]
    assert not serious, "\n".join(serious)


@pytest.mark.parametrize("stem", LESSONS)
def test_folds_open_and_close_by_keyboard(visit, stem):
    """Every fold of the page; the last one is in the order of the Tab key."""
    page = visit(f"{stem}.html")
    folds = page.locator("details.hide")
    assert folds.count() > 10
    titles = folds.locator("> summary").all_inner_texts()
    assert not any("code cell" in title for title in titles)
    for n in range(folds.count()):
        fold = folds.nth(n)
        fold.locator("> summary").focus()
        for key, opened in (("Enter", True), ("Space", False)):
            page.keyboard.press(key)
            assert fold.evaluate("fold => fold.open") == opened
    page.keyboard.press("Shift+Tab")  # the last one is left by the keyboard, and found again
    last = "[...document.querySelectorAll('details.hide > summary')].at(-1)"
    at_fold = f"document.activeElement === {last}"
    assert not page.evaluate(at_fold)
    page.keyboard.press("Tab")
    assert page.evaluate(at_fold)


def test_search_finds_a_word(visit):
    page = visit("search.html?q=Kneser")
    page.wait_for_selector("#search-results li a")
    found = page.locator("#search-results li a").evaluate_all("all => all.map(a => a.pathname)")
    assert f"/{LESSONS[0]}.html" in found
    assert "/GLOSSARY.html" in found


def test_number_in_code_leads_to_its_equation(visit):
    page = visit(f"{LESSONS[0]}.html")
    page.locator("pre a.eq", has_text="B1").first.click()
    equation = page.locator("#eq-B1")
    assert page.url.endswith("#eq-B1")
    assert equation.evaluate("e => e.getBoundingClientRect().top") >= 0
    assert equation.locator("mjx-container").count() == 1


def test_start_page_leads_through_the_course(visit):
    page = visit("index.html")
    assert page.locator(".course-map a").count() == len(LESSONS)
    page.locator(".course-map a", has_text="through time").click()
    for _ in LESSONS[1:]:
        page.locator("a.right-next").first.click()
        page.wait_for_load_state("networkidle")
    assert page.url.endswith(f"{LESSONS[-1]}.html")
    assert page.locator("a.left-prev").count() == 1
