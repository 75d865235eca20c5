"""Every check of the modules of checks on every lesson that it is about."""

import pytest

import checks
import lessons
import test_mutations

ALL = [check for module in test_mutations.MODULES for check in checks.of_module(module)]


def cases():
    for check in ALL:
        for path in lessons.NOTEBOOKS:
            if checks.applies(check, lessons.namespace(path)):
                yield pytest.param(path, check, id=f"{lessons.stem(path)}-{check.__name__}")


@pytest.mark.parametrize("path, check", list(cases()))
def test_lesson_passes(path, check):
    check(lessons.namespace(path))


def test_every_check_is_about_a_lesson():
    """Those apart whose planted mistakes are all in lessons that are not written yet."""
    rows = [row for rows in test_mutations.KINDS.values() for row in rows]
    lessons_of = {check: {row[0] for row in rows if row[-1] is check} for check in ALL}
    waiting = {check for check, names in lessons_of.items()
               if not any(name is None or lessons.notebook_of(name) for name in names)}  # fmt: skip
    about = {case.values[1] for case in cases()}
    assert about == set(ALL) - waiting
