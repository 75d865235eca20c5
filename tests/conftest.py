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
    config.addinivalue_line("markers", "once: of code that all lessons share: one lesson is enough")


def pytest_generate_tests(metafunc):
    """`notebook` runs a test for each lesson, `ns` for each character-level one."""
    last = 1 if metafunc.definition.get_closest_marker("once") else None
    if "notebook" in metafunc.fixturenames:
        metafunc.parametrize("notebook", lessons.NOTEBOOKS[:last], ids=lessons.stem)
    if "character_lesson" in metafunc.fixturenames:
        paths = lessons.CHARACTER_LESSONS[:last]
        metafunc.parametrize("character_lesson", paths, ids=lessons.stem)


@pytest.fixture
def ns(character_lesson):
    """The functions of a character-level lesson."""
    return lessons.namespace(character_lesson)


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
