"""Build the book: the lessons as they are committed, as pages for a browser.

    python book/build.py                  write book/_build/html
    python book/build.py --out FOLDER     write everything into FOLDER instead

It needs what book/requirements.txt installs, and npm, which fetches MathJax so that the book can
serve it itself. No notebook is run; a warning of Sphinx is an error.
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def packages(folder):
    """The folder `node_modules` of the packages in package-lock.json, fetched if need be."""
    lock = HERE / "package-lock.json"
    kept = folder / "package-lock.json"
    modules = folder / "node_modules"
    if modules.is_dir() and kept.is_file() and kept.read_bytes() == lock.read_bytes():
        return modules
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("The book needs npm (Node.js 18 or newer) to fetch MathJax.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(HERE / "package.json", folder)
    shutil.copy(lock, folder)
    subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True
    )
    return modules


def build(out):
    """Compose the sources in OUT/source and let Sphinx write OUT/html."""
    import pages  # beside this file

    modules = packages(out / "npm")
    source, html = out / "source", out / "html"
    for folder in (source, html, out / "doctrees"):
        shutil.rmtree(folder, ignore_errors=True)
    pages.compose(source)
    static = source / "_static"
    shutil.copytree(HERE / "static", static)
    (static / "mathjax").mkdir()
    for name in ("LICENSE", "es5/tex-svg.js"):
        shutil.copy(modules / "mathjax" / name, static / "mathjax")
    from sphinx.cmd.build import main as sphinx

    options = ["-b", "html", "-W", "--keep-going", "-q", "-c", str(HERE)]
    return sphinx([*options, "-d", str(out / "doctrees"), str(source), str(html)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=HERE / "_build", help="default: book/_build")
    out = parser.parse_args().out.resolve()
    try:
        import myst_nb  # noqa: F401
        import sphinx_book_theme  # noqa: F401
    except ImportError as missing:
        raise SystemExit(
            f"{missing.name} is not installed: python -m pip install -r book/requirements.txt"
        ) from None
    began = time.monotonic()
    if build(out):
        raise SystemExit("The book was not built; what Sphinx said stands above.")
    files = [path for path in (out / "html").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    count = sum(path.suffix == ".html" for path in files)
    took = time.monotonic() - began
    print(f"{count} pages, {size:.1f} MB, {took:.0f} s: open {out / 'html' / 'index.html'}")


if __name__ == "__main__":
    sys.exit(main())
