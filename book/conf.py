"""Settings of the book. Start it with build.py, which composes the source folder first."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import pages  # noqa: E402  (its folder is no package)

from set_slug import book_address  # noqa: E402  (tools/, which pages has found)

project = "Recurrent networks in NumPy"
author = "the contributors"
copyright = "the contributors; code under the MIT licence, texts dedicated to the public domain"
language = "en"
html_last_updated_fmt = None

extensions = ["myst_nb", "sphinx.ext.mathjax", "book_extension"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
root_doc = "index"
exclude_patterns = ["_static", "_extra"]

nb_execution_mode = "off"  # the outputs are those that are committed
nb_merge_streams = True
myst_enable_extensions = ["dollarmath"]
myst_dmath_allow_labels = False  # "(…)" after a formula is prose
myst_heading_anchors = 3
myst_update_mathjax = False  # static/mathjax-settings.js says it all

mathjax_path = "mathjax/tex-svg.js"
html_theme = "sphinx_book_theme"
html_title = project
html_baseurl = book_address(pages.repository())
html_css_files = ["book.css"]
html_js_files = [("mathjax-settings.js", {"priority": 100}), ("book.js", {"defer": "defer"})]
html_copy_source = False  # each lesson links to its notebook
html_show_sphinx = False
html_favicon = "static/icon.svg"
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system says
html_theme_options = {
    "repository_url": f"https://github.com/{pages.repository()}",
    "repository_branch": "main",
    "use_repository_button": True,
    "use_source_button": False,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "home_page_in_toc": False,  # it stands there as "Start"
    "navbar_persistent": [],  # one search field is enough: the column on the left has it
    "show_navbar_depth": 2,
    "show_toc_level": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def setup(app):
    """Static files are composed, too: they lie in the source folder, not beside this file."""
    app.config.html_static_path = [str(app.srcdir / "_static")]
    app.config.html_extra_path = [str(app.srcdir / "_extra")]
