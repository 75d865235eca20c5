"""Fixtures and settings that several test modules share."""

import functools
import http.server
import threading

import pytest
from hypothesis import settings

import lessons

# The same examples in every run, on every machine; no example counts as too slow.
settings.register_profile("lessons", derandomize=True, deadline=None, max_examples=20,
                          database=None)
settings.load_profile("lessons")
pytest.register_assert_rewrite("checks")


def pytest_configure(config):
    for mark in ("once: of code that all lessons share: one lesson is enough",
                 "words_too: `lesson` and `ns` are the word-level lessons, too",
                 "words_only: `lesson` and `ns` are the word-level lessons",
                 "pairs_only: `lesson` and `ns` are the lessons on translation"):  # fmt: skip
        config.addinivalue_line("markers", mark)


def pytest_generate_tests(metafunc):
    """`notebook` runs a test for each lesson; `lesson`, and `ns`, for each of characters.

    The marks `words_too` and `words_only` say that it is for the lessons over words, `pairs_only`
    that it is for those on translation.
    """
    marked = metafunc.definition.get_closest_marker
    last = 1 if marked("once") else None
    if "notebook" in metafunc.fixturenames:
        metafunc.parametrize("notebook", lessons.NOTEBOOKS[:last], ids=lessons.stem)
    if "lesson" in metafunc.fixturenames:
        paths = lessons.LANGUAGE_LESSONS if marked("words_too") else lessons.CHARACTER_LESSONS
        paths = lessons.WORD_LESSONS if marked("words_only") else paths
        paths = lessons.PAIR_LESSONS if marked("pairs_only") else paths
        metafunc.parametrize("lesson", paths[:last], ids=lessons.stem)


@pytest.fixture
def ns(lesson):
    """The functions of a lesson."""
    return lessons.namespace(lesson)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def served(tmp_path_factory):
    """Serve a folder on loopback: (the folder, its address). Starts out empty."""
    folder = tmp_path_factory.mktemp("served")
    handler = functools.partial(QuietHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
