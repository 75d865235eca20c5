"""Run the notebooks through strict nbval along one axis, and print a table.

    python tools/matrix.py --axis machines     AVX-512, AVX2 and SSE, played by this machine
    python tools/matrix.py --axis numpy        the oldest and the newest NumPy
    python tools/matrix.py --axis python       each of Python 3.10 to 3.14 that is on PATH

    --lessons char_level_lm/01     only the lessons whose path begins so
    --probe                        only show what each column would use
    -- tests/test_notation.py      what pytest is to run in place of the lessons

A notebook is committed only after its stored outputs repeat on all three machines. An x86-64
machine plays them in turn, in this environment: OPENBLAS_CORETYPE chooses the kernels of the
matrix products, and NPY_DISABLE_CPU_FEATURES switches off NumPy's own vector code. A probe asks
NumPy and OpenBLAS what they really use. A column of the other two axes gets a fresh virtual
environment in a temporary folder, which needs the network.

What is not there to be run, such as a Python, is skipped and named. Exits with 1 if a test
failed or did not run, and with 2 if a column could not be set up as asked, or none was there.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from build import ROOT, lesson_stems

# Where NumPy and OpenBLAS are asked what they use. Importing pyplot builds Matplotlib's font
# cache if there is none: built inside a notebook, it would print to stderr.
PROBE = """
import ctypes, json, pathlib, platform
import matplotlib.pyplot, numpy
try:
    from numpy._core import _multiarray_umath as core
except ImportError:
    from numpy.core import _multiarray_umath as core
kernel, package = None, pathlib.Path(numpy.__file__).parent
for library in [*package.parent.glob("numpy.libs/*openblas*"), *package.glob(".libs/*openblas*")]:
    for prefix in ("scipy_openblas", "openblas"):
        for suffix in ("64_", ""):
            try:
                name = getattr(ctypes.CDLL(str(library)), f"{prefix}_get_corename{suffix}")
            except (AttributeError, OSError):
                continue
            name.restype = ctypes.c_char_p
            kernel = name().decode()
used = [feature for feature in core.__cpu_dispatch__ if core.__cpu_features__[feature]]
print(json.dumps({"python": platform.python_version(), "numpy": numpy.__version__,
                  "used": used, "kernel": kernel}))
"""
AVX2_NAMES = {"AVX", "F16C", "FMA3", "FMA4", "XOP", "AVX2", "X86_V3"}
# name, OPENBLAS_CORETYPE, highest level of vector code that NumPy may use. The first is set too:
# an OpenBLAS older than the processor does not know it and falls back to something slow.
MACHINES = [("AVX-512", "SKYLAKEX", 3), ("AVX2", "HASWELL", 2), ("SSE", "NEHALEM", 1)]
MINORS = range(10, 15)  # Python 3.10 to 3.14
OLDEST = ("numpy==1.26.*", range(10, 13))  # as in requirements.txt, and the Pythons it supports
# What would make a run depend on more than its column.
DROPPED = ("MPLBACKEND", "PYTEST_ADDOPTS", "PYTHONHOME", "PYTHONPATH")


@dataclass
class Column:
    """One run: what starts it, or why there is none."""

    name: str
    python: str = sys.executable
    env: dict = field(default_factory=dict)
    fresh: tuple = None  # None: `python` as it is; else what pip installs beside the requirements
    uses: str = ""
    skipped: str = ""  # not there to be run
    broken: str = ""  # could not be set up as asked


def level(feature):
    """3 for a name of NumPy's that needs AVX-512, 2 for AVX or AVX2, 1 for less."""
    if feature.startswith("AVX512") or feature == "X86_V4":
        return 3
    return 2 if feature in AVX2_NAMES else 1


def highest_level(features):
    """The highest level among `features`; 1 when there are none."""
    return max((level(feature) for feature in features), default=1)


def environment():
    """This process's environment with one BLAS thread and without what is DROPPED."""
    env = {key: value for key, value in os.environ.items() if key not in DROPPED}
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    return env | {name: "1" for name in names}


def machine_environment(coretype=None, disabled=()):
    """`environment()` with these settings of OpenBLAS and NumPy, and no others of theirs."""
    env = {key: value for key, value in environment().items() if not key.startswith("NPY_")}
    env.pop("OPENBLAS_CORETYPE", None)
    if coretype:
        env["OPENBLAS_CORETYPE"] = coretype
    if disabled:
        env["NPY_DISABLE_CPU_FEATURES"] = " ".join(disabled)
    return env


def run(command, env=None):
    """Run `command` in the repository. Returns its exit code and what it printed."""
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")  # fmt: skip
    return done.returncode, done.stdout


def probe(python, env):
    """What `python` with `env` uses: {"python", "numpy", "used", "kernel"}."""
    done = subprocess.run([python, "-c", PROBE], env=env, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"NumPy and Matplotlib do not start:\n{done.stderr}")
    return json.loads(done.stdout)


def described(found):
    """A probe's answer in one line."""
    vectors = " ".join(found["used"]) or "baseline"
    kernel = found["kernel"] or "kernel unknown"
    return f"Python {found['python']}, NumPy {found['numpy']} ({vectors}), OpenBLAS {kernel}"


def machines():
    """A column for each of the three machines."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        why = f"the three machines are x86-64, and this is {platform.machine()}"
        return [Column(name, skipped=why) for name, _, _ in MACHINES]
    try:
        here = probe(sys.executable, machine_environment())["used"]
    except RuntimeError as error:
        return [Column(name, broken=str(error)) for name, _, _ in MACHINES]
    columns = []
    for name, coretype, wanted in MACHINES:
        if wanted > highest_level(here):
            why = f"this machine, or this NumPy, has no {name}"
            columns.append(Column(name, skipped=why))
            continue
        env = machine_environment(coretype, [f for f in here if level(f) > wanted])
        try:
            found = probe(sys.executable, env)
        except RuntimeError as error:
            columns.append(Column(name, broken=str(error)))
            continue
        kernel_is_right = found["kernel"] is None or found["kernel"].upper() == coretype
        if highest_level(found["used"]) == wanted and kernel_is_right:
            columns.append(Column(name, env=env, uses=described(found)))
        else:
            columns.append(Column(name, broken=f"the settings give {described(found)}"))
    return columns


def find_python(minor):
    """The path of a Python 3.`minor` that starts, or None."""
    commands = [[f"python3.{minor}"]]
    if sys.version_info[:2] == (3, minor):
        commands.insert(0, [sys.executable])
    if os.name == "nt":
        commands.append(["py", f"-3.{minor}"])
    ask = "import sys; print(sys.executable, *sys.version_info[:2], sep='\\n')"
    for command in commands:
        if shutil.which(command[0]):
            done = subprocess.run([*command, "-c", ask], env=environment(), capture_output=True,
                                  text=True)  # fmt: skip
            if done.returncode == 0 and done.stdout.split("\n")[1:3] == ["3", str(minor)]:
                return done.stdout.split("\n")[0]
    return None


def numpys():
    """A column for the oldest NumPy on the oldest Python there is, one for the newest on the
    newest."""
    spec, supported = OLDEST
    oldest = next(filter(None, map(find_python, supported)), None)
    newest = next(filter(None, map(find_python, reversed(MINORS))), None)
    columns = []
    for name, python, wanted in (("oldest", oldest, spec), ("newest", newest, "numpy")):
        if python:
            # No building from source: a NumPy without a wheel for this Python is not meant.
            fresh = ("--only-binary", "numpy", wanted)
            columns.append(Column(f"{name} NumPy", python, environment(), fresh))
        else:
            columns.append(Column(f"{name} NumPy", skipped=f"no Python for {wanted} on PATH"))
    return columns


def pythons():
    """A column for each Python."""
    columns = []
    for minor in MINORS:
        python, name = find_python(minor), f"Python 3.{minor}"
        if python:
            columns.append(Column(name, python, environment(), ()))
        else:
            columns.append(Column(name, skipped=f"no python3.{minor} that starts on PATH"))
    return columns


def install(column, folder):
    """Make the virtual environment of `column` in `folder`. Returns what went wrong, or None."""
    code, output = run([column.python, "-m", "venv", str(folder)], column.env)
    if code:
        return output
    scripts = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    column.python = str(folder / scripts)
    command = [column.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
               "-r", "requirements.txt", "-r", "requirements-test.txt", *column.fresh]  # fmt: skip
    code, output = run(command, column.env)
    if code:
        return output
    try:
        found = probe(column.python, column.env)
    except RuntimeError as error:
        return str(error)
    column.uses = described(found)
    if column.name.endswith("NumPy"):
        column.name += f" {found['numpy']}"
    return None


def read_report(path, expected):
    """Row -> (number of tests that passed, that failed, seconds), from pytest's JUnit report.

    A row is a file, a notebook without its suffix. The rows of `expected` are always there.
    """
    rows = {row: (0, 0, 0.0) for row in expected}
    cases = ElementTree.parse(path).iter("testcase") if path.exists() else ()
    for case in cases:
        file = (case.get("file") or case.get("classname")).replace("\\", "/")
        row = file.removesuffix(".ipynb")
        passed, failed, seconds = rows.get(row, (0, 0, 0.0))
        outcomes = {child.tag for child in case} & {"failure", "error", "skipped"}
        bad = bool(outcomes & {"failure", "error"})
        rows[row] = (passed + (not outcomes), failed + bad, seconds + float(case.get("time")))
    return rows


def entry(passed, failed, seconds):
    """What the table says of a file."""
    if failed:
        return f"FAILED ({failed} of {passed + failed}) {seconds:.0f} s"
    return f"passed {seconds:.0f} s" if passed else "not run"


def print_table(columns):
    """Print {heading: {row: entry}}, a line for each row that stands in one of the columns."""
    rows = list(dict.fromkeys(row for entries in columns.values() for row in entries))
    lines = [["", *columns]]
    lines += [[row, *(entries.get(row, "not run") for entries in columns.values())] for row in rows]
    widths = [max(map(len, words)) for words in zip(*lines)]
    for first, *others in lines:
        cells = [word.rjust(width) for word, width in zip(others, widths[1:])]
        print("  ".join([first.ljust(widths[0]), *cells]).rstrip())


def main():
    sys.stdout.reconfigure(errors="replace")  # a console may lack a letter that pytest printed
    own, given = sys.argv[1:], []
    if "--" in own:
        own, given = own[: own.index("--")], own[own.index("--") + 1 :]
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0],
        usage="%(prog)s [-h] --axis AXIS [--lessons BEGINNING ...] [--probe] [-- PYTEST ...]",
    )
    axes = {"machines": machines, "numpy": numpys, "python": pythons}
    parser.add_argument("--axis", required=True, choices=axes)
    parser.add_argument("--lessons", nargs="+", default=[], metavar="BEGINNING",
                        help="beginnings of lesson paths (default: all)")  # fmt: skip
    parser.add_argument("--probe", action="store_true", help="only show what each column uses")
    options = parser.parse_args(own)
    if given and options.lessons:
        parser.error("give either --lessons or, after --, what pytest is to run")
    stems = [] if given else lesson_stems(options.lessons, ".ipynb", ROOT)
    if not given and not stems:
        parser.error(f"no lesson begins with {' or '.join(options.lessons)}")
    arguments = given or ["--nbval", "--nbval-current-env", *(f"{stem}.ipynb" for stem in stems)]

    table, failed, broken = {}, False, False
    for column in axes[options.axis]():
        with tempfile.TemporaryDirectory(prefix="matrix-", ignore_cleanup_errors=True) as folder:
            if options.probe or column.skipped or column.broken:
                pass
            elif column.fresh is not None:
                print(f"{column.name}: installing on {column.python}", flush=True)
                column.broken = install(column, Path(folder) / "environment") or ""
            if column.skipped or column.broken:
                word = "skipped" if column.skipped else "NOT SET UP"
                print(f"{column.name}: {word}: {column.skipped or column.broken}", flush=True)
                broken |= bool(column.broken)
                continue
            print(f"{column.name}: {column.uses or column.python}", flush=True)
            if options.probe:
                table[column.name] = {}
                continue
            report = Path(folder) / "report.xml"
            command = [column.python, "-m", "pytest", *arguments, f"--junitxml={report}"]
            began = time.monotonic()
            code, output = run([*command, "-o", "junit_family=xunit1"], column.env)
            seconds = time.monotonic() - began
            rows = read_report(report, stems)
        if code or any(bad or not passed for passed, bad, _ in map(rows.get, stems)):
            failed, verdict = True, "FAILED"
            print(output, flush=True)
        else:
            verdict = "passed"
        closing = re.findall(r"\d+ (?:passed|failed)[^=\n]*", output)
        counts = re.sub(r" in .*", "", closing[-1]).strip() if closing else "no test was run"
        print(f"{column.name}: {verdict} in {seconds:.0f} s: {counts}", flush=True)
        table[column.name] = {row: entry(*found) for row, found in rows.items()}
        table[column.name]["together, by the clock"] = f"{verdict} {seconds:.0f} s"
    if table and not options.probe:
        print()
        print_table(table)
    sys.exit(1 if failed else 2 if broken or not table else 0)


if __name__ == "__main__":
    main()
