"""Logging to Weights & Biases: off, offline and read back, and failing."""

import json
import os
import subprocess
import sys

import pytest

import lessons

# Each script gets the notebook's path, and runs in a process of its own: what it imports and
# what it writes to stderr is then the lesson's doing alone.
PRELUDE = """
import sys
from pathlib import Path
import lessons
import numpy as np
ns = lessons.fresh_namespace(Path(sys.argv[1]))
def small(run, steps=4):
    if "load_pairs" in ns:
        return small_pairs(run, steps)
    rng, words = np.random.default_rng(0), "tokenize" in ns
    vocab, tokens = list("abcdef"), rng.integers(6, size=200)
    if words:
        vocab[:3] = ["<bos>", "<eos>", "<unk>"]
    params = lessons.start(ns, rng, 6, 5)
    report, curve = ns["reporter"](params, tokens[:40], vocab, 2, run)
    streams = ns["make_streams"](tokens, 3, 8)
    update = ns["sparse_adam_step" if words and "W_y" in params else "adam_step"]
    history = ns["train"](params, streams, steps, 1e-2, 8, after=report, update=update)
    assert len(history["loss"]) == steps and len(curve) == steps // 2
    return history, params
def small_pairs(run, steps):
    import pair_checks
    rng = np.random.default_rng(0)
    params, ids = pair_checks.start(ns, rng), pair_checks.ids_of(rng, [(3, 2), (1, 4), (4, 3)] * 3)
    pairs = [pair_checks.Pair([], ["a"], set(), set())] * len(ids)
    vocab = ["<bos>", "<eos>", "<unk>", *"abcdef"]
    report, curve = ns["pairs_reporter"](params, pairs, ids, vocab, 2, run)
    history = ns["train_pairs"](params, ids, steps, 1e-2, 4, rng, after=report)
    assert len(history["loss"]) == steps and len(curve) == steps // 2
    return history, params
"""


@pytest.fixture
def run_script(lesson, tmp_path):
    def run(script, **environment):
        folders = {f"WANDB_{kind}_DIR": str(tmp_path / kind.lower())
                   for kind in ("CACHE", "CONFIG", "DATA", "ARTIFACT")}  # fmt: skip
        env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("WANDB_")},
            "PYTHONPATH": str(lessons.ROOT / "tests"), "WANDB_DIR": str(tmp_path),
            "NETRC": str(tmp_path / "no-netrc"), **folders, **environment,
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", PRELUDE + script, str(lesson)],
            cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return run


def read_back(file):
    """The lines that `wandb leet inspect` prints for a run file, as dictionaries."""
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def offline_run(run_script, tmp_path, key, length=None):
    """Log four updates, and read the run back: `key` is what each report says besides."""
    done = run_script(
        """
run = ns["start_tracking"](True, {"corpus": "fables.txt", "hidden_size": 5})
assert run is not None
history, params = small(run)
ns["finish_tracking"](run)
import json
print("REPORT" + json.dumps([history, list(params)]))
""",
        WANDB_MODE="offline",
    )
    assert done.stderr == ""
    history, names = json.loads(done.stdout.split("REPORT")[1])
    assert "wandb" not in done.stdout.split("REPORT")[0].lower()
    (file,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    lines = read_back(file)
    (started,) = [line["run"] for line in lines if line["type"] == "run"]
    config = started["config"]["update"]
    assert config["corpus"] == "fables.txt" and config["hidden_size"] == 5
    logged = [line["history"]["item"] for line in lines if line["type"] == "history"]
    assert [item["_step"] for item in logged] == [1, 2, 3, 4]
    for item, loss, norm in zip(logged, history["loss"], history["norm"]):
        assert item["loss"] == pytest.approx(loss) and item["norm"] == pytest.approx(norm)
        for name in names:
            assert item[name] == pytest.approx(history[name][item["_step"] - 1])
    for item in logged[1::2]:  # the reports: every second update
        assert item[key] > 0
        for kind in ("parameter", "gradient"):
            for name in names:
                assert item[f"{kind}/{name}._type"] == "histogram"
        assert item["samples._type"] == "table-file"
        table = json.loads((file.parent / "files" / item["samples.path"]).read_text())
        assert table["columns"] == ["sample"]
        assert length is None or len(table["data"][0][0]) == length
    assert not any("valid_" in key for item in logged[::2] for key in item)
    assert any(line["type"] == "exit" and line["exit"]["exit_code"] == 0 for line in lines)


@pytest.mark.words_too
def test_offline_run_can_be_read_back(run_script, tmp_path, ns):
    words = "tokenize" in ns
    key = "valid_perplexity" if words else "valid_bits"
    offline_run(run_script, tmp_path, key, None if words else 201)


@pytest.mark.pairs_only
def test_offline_run_of_translations_can_be_read_back(run_script, tmp_path):
    offline_run(run_script, tmp_path, "valid_loss")


def test_off_means_not_even_imported(run_script, tmp_path):
    done = run_script(
        """
run = ns["start_tracking"](False, {})
assert run is None
small(run)
ns["finish_tracking"](run)
assert "wandb" not in sys.modules
"""
    )
    assert done.stderr == "" and not (tmp_path / "wandb").exists()


@pytest.mark.once
def test_missing_package_does_not_stop_training(run_script):
    done = run_script(
        """
sys.modules["wandb"] = None  # importing it fails
run = ns["start_tracking"](True, {})
assert run is None
small(run)
ns["finish_tracking"](run)
"""
    )
    assert done.stderr == ""
    assert "Training goes on without logging" in done.stdout


@pytest.mark.once
def test_a_run_that_fails_does_not_stop_training(run_script):
    done = run_script(
        """
class Broken:
    def log(self, values, step=None):
        raise RuntimeError("disk full")
    def finish(self, *args, **kwargs):
        raise RuntimeError("still full")
small(Broken())
ns["finish_tracking"](Broken())
""",
        WANDB_MODE="offline",
    )
    assert done.stderr == ""
    assert "disk full" in done.stdout and "still full" in done.stdout


@pytest.mark.once
def test_no_login_no_network_no_question(run_script, tmp_path):
    """Without WANDB_MODE and without a key the run is offline, and nobody is asked."""
    run_script(
        """
sys.stdin = None
run = ns["start_tracking"](True, {})
assert run is not None and run.settings.mode == "offline", run
ns["finish_tracking"](run)
""",
        WANDB_BASE_URL="http://127.0.0.1:9",
    )
    assert list(tmp_path.glob("wandb/offline-run-*"))


@pytest.mark.once
def test_a_key_without_network_goes_offline(run_script, tmp_path):
    run_script(
        """
run = ns["start_tracking"](True, {})
assert run is not None and run.settings.mode == "offline", run
ns["finish_tracking"](run)
""",
        WANDB_BASE_URL="http://127.0.0.1:9",
        WANDB_API_KEY="0" * 40,
    )
    assert list(tmp_path.glob("wandb/offline-run-*"))
