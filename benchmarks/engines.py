"""Where claims_by_seed.py does its runs: here, in several processes, or on a Dask cluster.

A run is (kind, lesson, job). `run_all` asks a plan which runs can start, sends them to an engine,
and asks again each time a row has been stored, so that a run whose rate hangs on others starts as
soon as theirs are there. Only the process that called it stores rows. Except here, each run has a
new process: it finds the code as it is now, and one that is killed takes no other run with it.

    python benchmarks/engines.py FILE FUNCTION      such a process; it is started by the engines
"""

import contextlib
import importlib
import inspect
import itertools
import json
import os
import platform
import queue
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

TRIES = 3  # how often a run is sent whose process dies


def text_of(run):
    """One line that names the run."""
    kind, lesson, job = run
    return f"{kind} {lesson} {json.dumps(job, sort_keys=True)}"


def say_now(text):
    print(text, flush=True)


def run_all(plan, engine, keep, say=say_now):
    """Do the runs of `plan` and those that come of them; the runs that were left out.

    `plan()` gives the runs that are missing and can start, the first to be done first; `keep(run,
    row, seconds)` stores a row and returns what to say of it. A run is left out when it raises, and
    when its process has died TRIES times; what hangs on it is then never in the plan.
    """
    sent, stored, said, left_out = set(), 0, "", []
    with contextlib.closing(engine):
        while True:
            ready = {text_of(run): run for run in plan()}
            ready = {name: run for name, run in ready.items() if name not in sent}
            waiting = len(ready)
            for name, run in itertools.islice(ready.items(), engine.room()):
                engine.send(run)
                sent.add(name)
                waiting -= 1
            if said is not None:
                say(f"{said}[{stored} stored, {len(engine.under_way) + waiting} to go]")
            if not engine.under_way:
                break
            run, answer = engine.wait()
            if answer is None:
                said = None
            elif "row" in answer:
                said = keep(run, answer["row"], answer["seconds"]) + " "
                stored += 1
            else:
                left_out.append(run)
                said = f"left out: {text_of(run)}: {answer['error'].rstrip()}\n"
    for run in left_out:
        say(f"left out, and whatever hangs on it: {text_of(run)}")
    return left_out


class Here:
    """One run after the other in this process; what a run raises ends all."""

    def __init__(self, work):
        self.work, self.under_way = work, []

    def room(self):
        return 1 - len(self.under_way)

    def send(self, run):
        self.under_way.append(run)

    def wait(self):
        run, began = self.under_way.pop(), time.monotonic()
        row = self.work(*run)
        return run, {"row": row, "seconds": time.monotonic() - began}

    def close(self):
        pass


class Elsewhere:
    """What the engines below share; each has a `start(run)` that leads to `answered(run, answer)`.

    An answer is a dictionary: `row` and `seconds`, or `error`, a text, or `died`, an exit status.
    After `patience` seconds without one, it is None: there may be room by now for more runs.
    """

    patience = None

    def __init__(self, work, say=say_now):
        place = str(Path(inspect.getfile(work)).resolve()), work.__name__
        self.do = in_own_process(str(Path(__file__).resolve()), *place)
        self.say, self.under_way, self.answers = say, {}, queue.SimpleQueue()

    def send(self, run):
        self.under_way[text_of(run)] = 1  # how often it has been sent
        self.start(run)

    def answered(self, run, answer):
        """May be called in any thread."""
        self.answers.put((run, answer))

    def wait(self):
        while True:
            try:
                run, answer = self.answers.get(timeout=self.patience)
            except queue.Empty:
                return None, None
            name = text_of(run)
            times = self.under_way.pop(name)
            if "died" not in answer:
                return run, answer
            died = f"its process died, exit status {answer['died']}"
            if times == TRIES:
                return run, {"error": f"{died}; sent {TRIES} times"}
            self.say(f"sent again: {name}: {died}")
            self.under_way[name] = times + 1
            self.start(run)

    def close(self):
        pass


class Processes(Elsewhere):
    """At most `count` processes on this machine; 0 is one for each core."""

    def __init__(self, count, work, **options):
        super().__init__(work, **options)
        self.count = count or cores()

    def room(self):
        return self.count - len(self.under_way)

    def start(self, run):
        # When this process ends, by whatever, so do its threads, and the processes they wait for.
        threading.Thread(target=lambda: self.answered(run, self.do(run)), daemon=True).start()


class Cluster(Elsewhere):
    """The workers of the Dask scheduler at `address`, those that come later included.

    They need this folder under the same path, and an environment such as this one. A run whose
    worker dies is sent again by the scheduler, as often as its `allowed-failures` says. It counts
    the runs that wait for that worker, too; so none do: no more are sent than there are threads.
    """

    patience = 5.0

    def __init__(self, address, work, **options):
        super().__init__(work, **options)
        try:
            import distributed
        except ImportError:
            raise SystemExit(
                "--scheduler needs the package distributed: python -m pip install distributed"
            ) from None
        try:
            self.client = distributed.Client(address, timeout="10s", set_as_default=False)
        except (OSError, ValueError):
            raise SystemExit(f"No Dask scheduler answers at {address}.") from None
        self.futures = {}
        seen = self.client.run(os.path.exists, str(Path(__file__).resolve()))
        blind = [worker for worker, sees in seen.items() if not sees]
        if blind:
            self.close()
            raise SystemExit(f"{Path(__file__).resolve()} is not there for {', '.join(blind)}.")
        self.say(f"{len(seen)} workers at {address}")

    def room(self):
        threads = sum(self.client.nthreads().values())
        return max(0, max(1, threads) - len(self.under_way))

    def start(self, run):
        future = self.client.submit(self.do, run, pure=False)
        self.futures[text_of(run)] = future  # the scheduler forgets what nobody holds
        future.add_done_callback(lambda future: self.answered(run, self.answer_of(future)))

    @staticmethod
    def answer_of(future):
        if future.status == "finished":
            return future.result()
        if future.status == "error":
            error = future.exception()  # of Dask: its worker died each time, or could not hear us
            return {"error": f"{type(error).__name__}: {error}"}
        return {"lost": future.status}

    def wait(self):
        run, answer = super().wait()
        if answer is None:
            return run, answer
        self.futures.pop(text_of(run))
        if "lost" in answer:
            raise SystemExit("The scheduler is gone. What was done is stored; start again.")
        return run, answer

    def close(self):
        self.client.close()


def chosen(jobs, scheduler, work):
    """The engine that the options --jobs and --scheduler ask for; here if neither is given."""
    if scheduler:
        return Cluster(scheduler, work)
    return Here(work) if jobs is None else Processes(jobs, work)


def cores():
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_own_process(script, path, function):
    """do(run): the answer of `function` of the file `path`, called in a new process.

    `do` holds all it needs, so that it can be sent to a machine that has not imported this file.
    """

    def do(run):
        if not os.path.exists(script):
            return {"error": f"{script} is not there on {platform.node()}"}
        command = [sys.executable, script, path, function]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            with child:  # its standard input stays open: when that ends, so does the child
                child.stdin.write(json.dumps(run).encode() + b"\n")
                child.stdin.flush()
                answer = child.stdout.read()
            return json.loads(answer)
        except (OSError, ValueError):  # it died before it had heard, or before it had answered
            return {"died": child.wait()}

    return do


def child(path, function):
    """Read a run from standard input and write the answer to standard output, both as JSON."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the one who started it
    out = os.dup(1)
    os.dup2(2, 1)  # whatever the run prints is no part of the answer
    run = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        sys.path.insert(0, os.path.dirname(path))
        work = getattr(importlib.import_module(Path(path).stem), function)
        began = time.monotonic()
        answer = json.dumps({"row": work(*run), "seconds": time.monotonic() - began})
    except (Exception, SystemExit):
        answer = json.dumps({"error": traceback.format_exc()})
    with open(out, "w", encoding="utf-8") as file:
        file.write(answer)


def end_with_parent():
    """Wait until standard input ends, then end this process."""
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    child(*sys.argv[1:])
