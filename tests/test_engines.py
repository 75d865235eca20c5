"""Stored runs done in several processes, or on a Dask cluster: the rows are those done in turn."""

import os
import random
import re
import signal
import sys
import threading

import pytest

import lessons

sys.path.insert(0, str(lessons.ROOT / "benchmarks"))

import claims_by_seed as claims  # noqa: E402  (its folder is no package)
import engines  # noqa: E402
import pair_claims  # noqa: E402
import word_claims  # noqa: E402

os.environ.pop("MPLBACKEND", None)  # a timing script wants Agg, the notebooks' kernels do not

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
TOY = '''
import os
import random
import time
from pathlib import Path

HERE = Path(__file__).parent


def work(kind, lesson, job):
    """A row out of the air. Each start leaves a file; lessons of some names fare badly."""
    name = f"{kind} {Path(lesson).name} {job['seed']}"
    starts = len(list(HERE.glob(f"{name}.*")))
    (HERE / f"{name}.{starts}").touch()
    print("what a run prints is in nobody's way")
    if lesson == "raises":
        raise ValueError("not with this rate")
    if lesson == "dies" or (lesson == "dies once" and not starts):
        os.kill(os.getpid(), KILL)
    if lesson == "meets":  # another run that is done at the same time
        wait_for(f"{kind} {lesson} {1 - job['seed']}.0")
    if lesson == "is killed" and not starts:
        time.sleep(60)
    return {"valid": random.Random(f"{kind} {lesson} {sorted(job.items())}").random()}


def wait_for(name):
    until = time.monotonic() + 30
    while not (HERE / name).exists():
        assert time.monotonic() < until, name
        time.sleep(0.01)
'''.replace("KILL", str(int(KILL)))


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A module with a function `work`, in a folder of its own."""
    (tmp_path / "toy_runs.py").write_text(TOY, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "toy_runs", raising=False)
    import toy_runs

    return toy_runs


@pytest.fixture(scope="module")
def dask_cluster():
    """A Dask cluster of two local processes."""
    distributed = pytest.importorskip(
        "distributed", reason="Dask is not installed: python -m pip install distributed"
    )
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
        silence_logs=50,
    ) as cluster:  # fmt: skip
        yield cluster


@pytest.fixture(params=["processes", "cluster"])
def elsewhere(request):
    """A function that makes an engine of two processes for `work`."""
    if request.param == "processes":
        return lambda work, **options: engines.Processes(2, work, **options)
    address = request.getfixturevalue("dask_cluster").scheduler_address
    return lambda work, **options: engines.Cluster(address, work, **options)


class AnyOrder:
    """As many runs at once as there are, done in any order; `events` are what was sent and done."""

    def __init__(self, work, seed):
        self.work, self.under_way, self.events = work, [], []
        self.rng = random.Random(seed)

    def room(self):
        return 10_000

    def send(self, run):
        self.under_way.append(run)
        self.events.append(("sent", run))

    def wait(self):
        if self.rng.random() < 0.2:  # for a while, nothing is heard of any
            return None, None
        run = self.under_way.pop(self.rng.randrange(len(self.under_way)))
        self.events.append(("done", run))
        return run, {"row": self.work(*run), "seconds": 0.0}

    def close(self):
        pass


def quiet(text):
    pass


def done(engine, store, plan, say=quiet):
    """Do the runs of plan(store) and store their rows; those that were left out."""

    def keep(run, row, seconds):
        store.put(*run, row)
        return engines.text_of(run)

    return engines.run_all(lambda: plan(store), engine, keep, say)


def listed(*runs):
    """A plan of these runs, (lesson, seed), which hang on nothing."""
    made = [("toy", lesson, {"learning_rate": 0.1, "seed": seed}) for lesson, seed in runs]
    return lambda store: [run for run in made if not store.get(*run)]


def starts_of(toy, lesson):
    return len(list(toy.HERE.glob(f"toy {lesson} *")))


def some_claims(store):
    """Runs whose rates are to be found first, of words and of translations."""
    yield from claims.ready(("forms",), [word_claims.GRU], store)
    yield from claims.ready(("pairs",), [pair_claims.ENCODER], store, rates=(0.1, 0.2))


def test_rows_are_those_of_the_runs_done_in_turn(toy, elsewhere, tmp_path):
    turn, other = claims.Store(tmp_path / "turn.json"), claims.Store(tmp_path / "other.json")
    assert done(engines.Here(toy.work), turn, some_claims) == []
    assert done(elsewhere(toy.work), other, some_claims) == []
    assert turn.path.read_bytes() == other.path.read_bytes() and len(turn.rows) > 20


def test_two_runs_go_at_a_time_and_each_is_stored_before_it_is_told(toy, elsewhere, tmp_path):
    store, told = claims.Store(tmp_path / "runs.json"), []

    def say(text):
        if progress := re.search(r"\[(\d+) stored, (\d+) to go\]$", text):
            told.append((int(progress[1]), int(progress[2]), len(claims.Store(store.path).rows)))

    plan = listed(("meets", 0), ("meets", 1), ("quick", 0), ("quick", 1), ("quick", 2))
    assert done(elsewhere(toy.work), store, plan, say) == []
    assert told == [(n, 5 - n, n) for n in range(6)]


def test_a_process_that_is_killed_costs_nothing_but_its_run(toy, elsewhere, tmp_path):
    store, said = claims.Store(tmp_path / "runs.json"), []
    plan = listed(("quick", 0), ("dies once", 0), ("quick", 1), ("quick", 2), ("quick", 3))
    assert done(elsewhere(toy.work, say=said.append), store, plan) == []
    assert len(store.rows) == 5
    assert starts_of(toy, "quick") == 4 and starts_of(toy, "dies once") == 2
    assert sum(text.startswith("sent again: toy dies once ") for text in said) == 1


def test_a_run_that_dies_each_time_or_raises_is_named_and_left_out(toy, elsewhere, tmp_path):
    store, said = claims.Store(tmp_path / "runs.json"), []
    plan = listed(("dies", 0), ("quick", 0), ("raises", 0), ("quick", 1))
    left_out = done(elsewhere(toy.work), store, plan, said.append)
    assert {lesson for _, lesson, _ in left_out} == {"dies", "raises"} and len(store.rows) == 2
    assert starts_of(toy, "dies") == engines.TRIES and starts_of(toy, "raises") == 1
    assert any("ValueError: not with this rate" in text for text in said)
    assert {text.split('"')[0] for text in said[-2:]} == {
        f"left out, and whatever hangs on it: toy {lesson} {{" for lesson in ("dies", "raises")
    }


def test_a_worker_that_is_killed_costs_nothing_but_its_run(toy, dask_cluster, tmp_path):
    """Killed is the worker of the cluster that waits for the run's process; the run goes, too."""
    store = claims.Store(tmp_path / "runs.json")
    engine = engines.Cluster(dask_cluster.scheduler_address, toy.work, say=quiet)
    pids = engine.client.run(os.getpid)

    def kill():
        toy.wait_for("toy is killed 0.0")
        key = next(f.key for name, f in engine.futures.items() if "is killed" in name)
        workers = [worker for worker, keys in engine.client.processing().items() if key in keys]
        os.kill(pids[workers[0]], KILL)

    killer = threading.Thread(target=kill)
    killer.start()
    plan = listed(("is killed", 0), *(("quick", seed) for seed in range(4)))
    assert done(engine, store, plan) == []
    killer.join()
    assert len(store.rows) == 5
    assert starts_of(toy, "quick") == 4 and starts_of(toy, "is killed") == 2


class Rows(claims.Store):
    """A store that is no file."""

    def __init__(self):
        self.rows = {}

    def put(self, kind, lesson, job, row):
        self.rows[self.key(kind, lesson, job)] = row


def row_of(kind, lesson, job):
    """A row out of the air, for a run of any kind; in recall, high rates stay at chance."""
    value = random.Random(f"{kind} {lesson} {sorted(job.items())}").random()
    high = job.get("learning_rate", 0) > 0.015
    return {"valid": value, "learning_rate": 4e-3, "accuracy": 0.2 * value if high else value}


@pytest.fixture
def one_start(monkeypatch):
    """Recall for one start of one lesson, so that there are hundreds of runs, not a thousand."""
    monkeypatch.setattr(claims, "STARTS", {claims.GRU: {"bias 0": {}}})
    monkeypatch.setattr(claims, "LAGS", {claims.GRU: (10, 20)})


def every_claim(store):
    return claims.ready(claims.KINDS, claims.LESSONS, store)


def test_the_order_in_which_runs_are_done_changes_no_row(one_start):
    turn, other = Rows(), Rows()
    assert done(engines.Here(row_of), turn, every_claim) == []
    assert done(AnyOrder(row_of, seed=0), other, every_claim) == []
    assert turn.rows == other.rows and len(turn.rows) > 200


def test_seeds_start_as_soon_as_the_rates_of_their_arm_are_stored():
    engine, to_come, last = AnyOrder(row_of, seed=1), {}, None
    done(engine, Rows(), lambda store: claims.ready(("pairs",), [pair_claims.LUONG], store))
    for what, (_, _, job) in engine.events:
        arm = frozenset(item for item in job.items() if item[0] not in ("learning_rate", "seed"))
        if what == "done":
            last = arm
            to_come[arm] -= job["seed"] == 0
        elif job["seed"] == 0:
            to_come[arm] = to_come.get(arm, 0) + 1
        else:
            assert arm == last and to_come[arm] == 0
    assert len(to_come) == len(pair_claims.ARMS[pair_claims.LUONG])


def test_what_hangs_on_a_run_that_was_left_out_is_not_run():
    """Of one arm one rate raises: its seeds are not run, those of the other arms are."""
    arms, store = list(pair_claims.ARMS[pair_claims.ENCODER].values()), Rows()

    class Engine(AnyOrder):
        def wait(self):
            run, answer = super().wait()
            bad = run and run[2] == {**arms[1], "learning_rate": 0.2, "seed": 0}
            return run, {"error": "it raised"} if bad else answer

    def plan(store):
        return claims.ready(("pairs",), [pair_claims.ENCODER], store, rates=(0.1, 0.2))

    assert len(done(Engine(row_of, seed=0), store, plan)) == 1
    assert len(store.rows) == 4 + 1 + 4


@pytest.mark.parametrize("kind, status", [("adam", 0), ("stream", 1)])
def test_the_script_ends_with_1_when_a_run_was_left_out(monkeypatch, tmp_path, kind, status):
    class Engine(AnyOrder):
        def wait(self):
            run, answer = super().wait()
            return run, {"error": "it raised"} if run and run[0] == "stream" else answer

    asked = []
    monkeypatch.setattr(claims, "Store", Rows)
    monkeypatch.setattr(claims, "TABLES", tmp_path)
    monkeypatch.setattr(claims, "tables", lambda store: {})
    monkeypatch.setattr(
        engines, "chosen", lambda *options: asked.append(options) or Engine(row_of, seed=0)
    )
    monkeypatch.setattr(sys, "argv", ["claims_by_seed.py", kind, "--jobs", "2"])
    with pytest.raises(SystemExit) as ended:
        claims.main()
    assert ended.value.code == status
    assert asked == [(2, None, claims.run_one)]


def test_without_dask_the_option_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SystemExit, match="^--scheduler needs .* -m pip install distributed$"):
        engines.chosen(None, "tcp://127.0.0.1:8786", claims.run_one)
