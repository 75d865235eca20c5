"""What every test process, and every kernel it starts, finds in its environment."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy comes in: results repeat, and workers don't fight
os.environ.pop("MPLBACKEND", None)  # the kernels' own inline backend draws the figures
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
for variable in ("LESSON_DATA_URL", "WANDB_MODE", "WANDB_DIR", "WANDB_API_KEY"):
    os.environ.pop(variable, None)  # tests set their own


def pytest_configure(config):
    """In the first process: point `python3` at this interpreter and fill the font cache."""
    if hasattr(config, "workerinput"):
        return  # an xdist worker inherits both
    # A kernel of that name in the user's own folder would otherwise win over this environment.
    config.kernel_folder = Path(tempfile.mkdtemp(prefix="lesson-kernels-"))
    python3 = config.kernel_folder / "kernels" / "python3"
    python3.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (python3 / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    known = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [str(config.kernel_folder), known]))
    # Built for the first time, Matplotlib's font cache would report itself on a cell's stderr.
    import matplotlib.font_manager  # noqa: F401


def pytest_unconfigure(config):
    """Remove the folder that `pytest_configure` made."""
    if hasattr(config, "kernel_folder"):
        shutil.rmtree(config.kernel_folder, ignore_errors=True)
