"""Run the notebooks through strict nbval on three machines: AVX-512, AVX2 and SSE.

    python tools/three_machines.py                     every lesson
    python tools/three_machines.py char_level_lm/01    the lessons whose path begins so

A notebook is committed only after its stored outputs repeat on all three. This x86-64 machine
plays them in turn: OPENBLAS_CORETYPE chooses the kernels of the matrix products, and
NPY_DISABLE_CPU_FEATURES switches off NumPy's own vector code. Before each run a probe asks NumPy
and OpenBLAS what they really use, and a machine that cannot be played is skipped and named.
Exits with 1 if a notebook fails, and with 2 if a machine could not be played as asked.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time

from build import ROOT, lesson_stems

# Where NumPy and OpenBLAS are asked what they use. Importing pyplot builds Matplotlib's font
# cache if there is none: built inside a notebook, it would print to stderr.
PROBE = """
import ctypes, json, pathlib
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
print(json.dumps({"numpy": numpy.__version__, "used": used, "kernel": kernel}))
"""
AVX2_NAMES = {"AVX", "F16C", "FMA3", "FMA4", "XOP", "AVX2", "X86_V3"}
# name, OPENBLAS_CORETYPE, highest level of vector code that NumPy may use. The first is set too:
# an OpenBLAS older than the processor does not know it and falls back to something slow.
MACHINES = [("AVX-512", "SKYLAKEX", 3), ("AVX2", "HASWELL", 2), ("SSE", "NEHALEM", 1)]


def level(feature):
    """3 for a name of NumPy's that needs AVX-512, 2 for AVX or AVX2, 1 for less."""
    if feature.startswith("AVX512") or feature == "X86_V4":
        return 3
    return 2 if feature in AVX2_NAMES else 1


def highest_level(features):
    """The highest level among `features`; 1 when there are none."""
    return max((level(feature) for feature in features), default=1)


def environment(coretype=None, disabled=()):
    """This process's environment with one BLAS thread and the given settings, and no others."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("NPY_")}
    for name in ("OPENBLAS_CORETYPE", "MPLBACKEND"):
        env.pop(name, None)
    env |= {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    if coretype:
        env["OPENBLAS_CORETYPE"] = coretype
    if disabled:
        env["NPY_DISABLE_CPU_FEATURES"] = " ".join(disabled)
    return env


def probe(env):
    """What NumPy and OpenBLAS use under `env`: {"numpy", "used", "kernel"}."""
    done = subprocess.run([sys.executable, "-c", PROBE], env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"NumPy does not start with these settings:\n{done.stderr}")
    return json.loads(done.stdout)


def run_notebooks(paths, env):
    """Run pytest on `paths` under `env`. Returns its exit code, its output and the seconds."""
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", *paths]
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr, time.monotonic() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", help="beginnings of lesson paths (default: all)")
    parser.add_argument("--probe", action="store_true", help="only show what each machine uses")
    options = parser.parse_args()
    stems = lesson_stems(options.lessons, ".ipynb", ROOT)
    if not stems:
        parser.error(f"no lesson begins with {' or '.join(options.lessons)}")
    if platform.machine().lower() not in ("x86_64", "amd64"):
        sys.exit(f"The three machines are x86-64; this is {platform.machine()}: nothing was run.")
    here = probe(environment())
    highest = highest_level(here["used"])
    print(f"NumPy {here['numpy']}, Python {platform.python_version()}, {len(stems)} notebooks")
    failed = unplayed = False
    for name, coretype, wanted in MACHINES:
        if wanted > highest:
            print(f"{name:8s} skipped: this machine, or this NumPy, has no {name}", flush=True)
            continue
        env = environment(coretype, [f for f in here["used"] if level(f) > wanted])
        found = probe(env)
        kernel = found["kernel"] or "kernel unknown"
        uses = f"NumPy {' '.join(found['used']) or 'baseline'}, OpenBLAS {kernel}"
        kernel_is_right = found["kernel"] is None or kernel.upper() == coretype
        if highest_level(found["used"]) != wanted or not kernel_is_right:
            print(f"{name:8s} NOT PLAYED: the settings give {uses}", flush=True)
            unplayed = True
            continue
        if options.probe:
            print(f"{name:8s} {uses}", flush=True)
            continue
        code, output, seconds = run_notebooks([f"{stem}.ipynb" for stem in stems], env)
        closing = re.findall(r"\d+ (?:passed|failed)[^=\n]*", output)
        verdict = "passed" if code == 0 else "FAILED"
        counts = re.sub(r" in .*", "", closing[-1]).strip() if closing else "no test was run"
        print(f"{name:8s} {verdict} in {seconds:.0f} s: {counts} ({uses})", flush=True)
        if code:
            failed = True
            print(output, flush=True)
    sys.exit(1 if failed else 2 if unplayed else 0)


if __name__ == "__main__":
    main()
