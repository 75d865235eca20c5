"""Run every lesson as a stranger would: other texts, a short class, no network. Prints a table.

    python tools/robustness.py                         the nine lessons, each case
    python tools/robustness.py --lessons seq_2_seq     lessons whose path begins so
    python tools/robustness.py --cases short line      only these cases

Each run is papermill's with `-p steps 50`, in a folder of its own. A cell of the table has seconds
and the largest process's memory, or the exception's name. No cell may raise, or write to stderr
unless logging does, and what needs the shipped text must report, not assert. Exits with 1 if a run
fails. It needs Linux or macOS.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from build import ROOT, lesson_stems

GREEK = "η αλεπού και το νερό του κόρακα που ήταν πολύ σοφός".split()
OFFLINE = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
CASES = {
    "short": "the shipped text, 50 updates",
    "script": "another script",
    "code": "source code",
    "line": "one very long line",
    "megabyte": "a megabyte of text, or of pairs",
    "logged": "logging on, and no network",
}


def sentences(words, count, seed=0):
    """`count` sentences of four to nine of the `words`."""
    draw = random.Random(seed)
    return [" ".join(draw.choices(words, k=draw.randint(4, 9))) for _ in range(count)]


def fables():
    """The shipped book as one string."""
    return (ROOT / "data/fables.txt").read_text(encoding="utf-8")


def text_of(case):
    """The text of a language model's run, or None for the shipped one."""
    if case == "script":
        return "\n".join(". ".join(sentences(GREEK, 5, n)) + "." for n in range(400))
    if case == "code":
        return "".join(p.read_text(encoding="utf-8") for p in sorted(ROOT.glob("tools/*.py")))
    if case == "line":
        return " ".join(fables().split())[:200_000]
    if case == "megabyte":
        return (fables() * 5)[:1_000_000]
    return None


def pairs_of(case):
    """The corpus of a translation run, sentence, tab and translation, or None for the shipped."""
    english = "the crow sees a fox and some water near an old house".split()
    if case == "script":
        left, right = sentences(english, 400), sentences(GREEK, 400)
    elif case == "code":
        lines = [line.split() for line in text_of("code").splitlines()]
        left = [" ".join(words) for words in lines if 2 < len(words) < 12][:400]
        right = [" ".join(reversed(line.split())) for line in left]
    elif case == "line":
        left, right = sentences(english, 400), sentences(GREEK, 400)
        left[7], right[7] = " ".join(left[:40]), " ".join(right[:40])  # among its like
    elif case == "megabyte":
        left = sentences(english, 14_000)
        right = [line.replace("the", "le") for line in left]
    else:
        return None
    return "".join(f"{one}\t{other}\n" for one, other in zip(left, right))


def run(stem, case):
    """One run: (what the table says, whether it was right)."""
    pairs = stem.startswith("seq_2_seq")
    made, name = (pairs_of if pairs else text_of)(case), "mine.tsv" if pairs else "mine.txt"
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "data", Path(folder, "data"))
        place = Path(folder, Path(stem).parent)
        place.mkdir()
        shutil.copy(ROOT / f"{stem}.ipynb", place)
        command = [sys.executable, "-m", "papermill", f"{Path(stem).name}.ipynb", "out.ipynb",
                   "--no-progress-bar", "-k", "python3", "-p", "steps", "50"]  # fmt: skip
        if made is not None:
            (place / name).write_text(made, encoding="utf-8")
            command += ["-p", "corpus", name]
        if case == "logged":
            command += ["-p", "log_to_wandb", "True"]
        env = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB", "LESSON"))}
        env |= {"OPENBLAS_NUM_THREADS": "1"} | (OFFLINE if case == "logged" else {})
        began = time.monotonic()
        with open(Path(folder, "said"), "w") as said:
            child = subprocess.Popen(command, cwd=place, env=env, stdout=said, stderr=said)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        told = f"{time.monotonic() - began:.0f} s, {used.ru_maxrss / 1024:.0f} MB"
        if not (place / "out.ipynb").exists():
            return Path(folder, "said").read_text().strip().splitlines()[-1], False
        cells = json.loads((place / "out.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    for output in outputs:
        if output["output_type"] == "error":
            return output["ename"], False
    if case != "logged" and any(output.get("name") == "stderr" for output in outputs):
        return "writes to stderr", False
    return told, child.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lessons", nargs="*", default=[""], metavar="PATH", help="begin so")
    parser.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES))
    options = parser.parse_args()
    stems = [stem for stem in lesson_stems() if stem.startswith(tuple(options.lessons))]
    for case in options.cases:
        print(f"{case}: {CASES[case]}")
    print("\n| lesson |", " | ".join(options.cases), "|\n|---" + "|---" * len(options.cases) + "|")
    failed = 0
    for stem in stems:
        told = [run(stem, case) for case in options.cases]
        failed += sum(not right for _, right in told)
        print(f"| {stem} |", " | ".join(text for text, _ in told), "|", flush=True)
    print(f"\n{len(stems) * len(options.cases)} runs, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
