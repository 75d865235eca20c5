"""The store of runs that the tables are made of, and how a table shows several seeds."""

import json
import statistics

from lesson_step import ROOT

TABLES = ROOT / "benchmarks" / "tables"


class Store:
    """The rows of runs.json: {"kind lesson {job}": result}."""

    def __init__(self, path=TABLES / "runs.json"):
        self.path = path
        self.rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    @staticmethod
    def key(kind, lesson, job):
        return f"{kind} {lesson} {json.dumps(job, sort_keys=True)}"

    def get(self, kind, lesson, job):
        return self.rows.get(self.key(kind, lesson, job))

    def put(self, kind, lesson, job, result):
        """Add a row; another process may have added rows of its own in the meantime."""
        if self.path.exists():
            self.rows.update(json.loads(self.path.read_text(encoding="utf-8")))
        self.rows[self.key(kind, lesson, job)] = result
        text = json.dumps(self.rows, indent=0, sort_keys=True)
        new = self.path.with_suffix(".new")
        new.write_text(text + "\n", encoding="utf-8", newline="\n")
        new.replace(self.path)


def spread(values, digits=3):
    """`mean (low-high)`, or the one value."""
    mean = f"{statistics.mean(values):.{digits}f}"
    low, high = min(values), max(values)
    return f"{mean} ({low:.{digits}f}–{high:.{digits}f})" if len(values) > 1 else mean
