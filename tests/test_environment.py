"""What the tests stand on: the kernel is this Python, and nbval compares every output."""

import os
import re
import sys

from jupyter_client.kernelspec import KernelSpecManager

import lessons


def test_the_kernel_is_this_interpreter():
    assert KernelSpecManager().get_kernel_spec("python3").argv[0] == sys.executable


def test_the_environment_draws_figures_inline():
    assert "MPLBACKEND" not in os.environ
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"


def test_nbval_is_strict_and_looks_at_all_outputs():
    settings = (lessons.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    options, folders = (
        re.findall(r'"(.+?)"', re.search(rf"^{key} = \[(.*?)\]", settings, re.M | re.S)[1])
        for key in ("addopts", "testpaths")
    )
    assert {"--nbval", "--nbval-current-env"} <= set(options)
    for weaker in ("lax", "sanitize", "ignore", "deselect"):
        assert not any(weaker in option for option in options)
    assert {"tests", *lessons.FOLDERS} <= set(folders)
