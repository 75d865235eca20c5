"""Set the repository slug, OWNER/NAME, everywhere it stands.

    python tools/set_slug.py OWNER/NAME    replace the slug in every file that git tracks
    python tools/set_slug.py --check       say which badge, download or book is of another slug

The current slug is the constant REPOSITORY in src/shared/data/text.py. Each occurrence is replaced,
byte for byte, in sources, notebooks, README.md, CITATION.cff and wherever else it stands, and so is
the address at which GitHub Pages shows the book; nothing else in a file changes. No printed output
contains the slug, so the notebooks stay as executed and need not be built again.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTANT = re.compile(r'^REPOSITORY = "([^"]+)"$', re.MULTILINE)
SLUG = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}/[A-Za-z0-9._-]{1,100}"
ADDRESS = re.compile(
    rb"(?:colab\.research\.google\.com/github|raw\.githubusercontent\.com)"
    rb"/([A-Za-z0-9._-]+/[A-Za-z0-9._-]+)/"
)
BOOK = re.compile(rb"https://[A-Za-z0-9-]+\.github\.io/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)?")


def current_slug():
    """The slug in src/shared/data/text.py."""
    return CONSTANT.search((ROOT / "src/shared/data/text.py").read_text(encoding="utf-8"))[1]


def book_address(slug):
    """Where GitHub Pages shows the book of the repository."""
    owner, name = slug.split("/")
    root = f"https://{owner.lower()}.github.io/"
    return root if root == f"https://{name.lower()}/" else f"{root}{name}/"


def tracked_texts():
    """(path, bytes) of every file that git tracks and that is not binary."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True
    ).stdout.decode("utf-8")
    for path in (ROOT / name for name in names.split("\0") if name):
        if path.is_file() and b"\0" not in (raw := path.read_bytes()):
            yield path, raw


def foreign_addresses(slug):
    """(path, address) of each badge, download or book that is not of the repository `slug`."""
    own, found = book_address(slug), set()
    for path, raw in tracked_texts():
        found |= {(path, m.decode()) for m in ADDRESS.findall(raw) if m.decode() != slug}
        found |= {(path, m.decode()) for m in BOOK.findall(raw) if m.decode() != own}
    return sorted(found)


def replace_slug(old, new):
    """Replace `old` by `new` in the tracked files; return the paths of those that changed."""
    # not inside a longer name: "owner/name" does not stand in "owner/name-2" or "my-owner/name"
    pattern = re.compile(rb"(?<![\w.-])" + re.escape(old.encode()) + rb"(?![\w-]|\.\w+/)")
    changed = []
    for path, raw in tracked_texts():
        replaced = pattern.sub(new.encode(), raw)
        replaced = replaced.replace(book_address(old).encode(), book_address(new).encode())
        if replaced != raw:
            path.write_bytes(replaced)
            changed.append(path)
    return changed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("slug", nargs="?", metavar="OWNER/NAME", help="the new slug")
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args()
    old = current_slug()
    if options.check == bool(options.slug):
        parser.error("give either OWNER/NAME or --check")
    if options.slug:
        if not re.fullmatch(SLUG, options.slug) or options.slug.endswith((".git", "/.", "/..")):
            parser.error(f"{options.slug!r} is not of the form OWNER/NAME")
        for path in replace_slug(old, options.slug):
            print(f"changed {path.relative_to(ROOT).as_posix()}")
        print(f"the slug was {old} and is {current_slug()}")
    foreign = foreign_addresses(current_slug())
    for path, other in foreign:
        print(f"{path.relative_to(ROOT).as_posix()} has an address of another repository: {other}")
    sys.exit(bool(foreign))


if __name__ == "__main__":
    main()
