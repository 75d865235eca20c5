"""Checks of what the lessons share and few look at: texts, knobs, the loop, reading in pieces.

As in checks.py, each takes a lesson's namespace and raises when something is wrong.
"""

import ast
import contextlib
import os
import sys
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np

import lessons
from checks import copied, fixture, length, log_probabilities, needs, printed_by, words_too


@contextlib.contextmanager
def refuses(error, *words):
    """Within, `error` must be raised, in one line that holds all `words`."""
    try:
        yield
    except error as raised:
        message = str(raised)
        assert "\n" not in message and all(word in message for word in words), message
    except Exception as other:
        raise AssertionError(f"{type(other).__name__} about {words}") from other
    else:
        raise AssertionError(f"no {error.__name__} about {words}")


# Texts


@contextlib.contextmanager
def alone():
    """An empty folder, made the current one, and the address of downloads."""
    with tempfile.TemporaryDirectory() as folder, lessons.working_in(folder):
        with mock.patch.dict(os.environ, LESSON_DATA_URL=Path(folder).as_uri()):
            yield Path(folder)


@words_too
def texts(ns):
    """A text of one's own as it is read, a shipped one to the byte, and where they are sought."""
    crow = (lessons.DATA / "thirsty_crow.txt").read_bytes()
    with alone() as folder:
        for raw, text in (
            (b"\xef\xbb\xbfa\r\nb\rc\n", "a\nb\nc\n"),  # a mark, line ends of three kinds
            ("cafe\u0301 \ufb01n\n".encode(), "caf\u00e9 \ufb01n\n"),  # NFC, and no more than that
        ):
            (folder / "mine.txt").write_bytes(raw)
            assert ns["load_text"]("mine.txt") == text
        for raw, words in ((b"caf\xe9 au lait", ("UTF-8", "position 3")), (b"", ("no character",)),
                           (b"aaaa", ("one character",))):  # fmt: skip
            (folder / "mine.txt").write_bytes(raw)
            with refuses(ValueError, "mine.txt", *words):
                ns["load_text"]("mine.txt")
        with refuses(FileNotFoundError, "'other.txt'", "corpus"):
            ns["load_text"]("other.txt")
        shipped = folder / "thirsty_crow.txt"
        shipped.write_bytes(crow)
        assert ns["load_text"](shipped.name) == crow.decode()
        for other in (crow.replace(b"crow", b"cow", 1), (lessons.DATA / "fables.txt").read_bytes()):
            shipped.write_bytes(other)
            with refuses(ValueError, shipped.name, "SHA-256"):
                ns["load_text"](shipped.name)
        (folder / "data").mkdir()
        (folder / "data" / shipped.name).write_bytes(crow)  # before what lies beside the page
        assert ns["load_text"](shipped.name) == crow.decode()
        shipped.unlink()
        (folder / "data" / shipped.name).unlink()
        for address in (lessons.DATA.as_uri(), lessons.DATA.as_uri() + "/"):
            os.environ["LESSON_DATA_URL"] = address
            assert ns["load_text"](shipped.name) == crow.decode()
        for address in ("here", "ftp://127.0.0.1/"):
            os.environ["LESSON_DATA_URL"] = address
            with refuses(ValueError, "LESSON_DATA_URL", repr(address)):
                ns["load_text"](shipped.name)
        os.environ["LESSON_DATA_URL"] = folder.as_uri()
        with refuses(OSError, shipped.name, "network"):
            ns["load_text"](shipped.name)


def refusals(ns):
    """What cannot be answered is refused in a sentence, not with whatever happens then."""
    rng = np.random.default_rng(170)
    params, *_ = lessons.random_problem(ns, rng, 2, 2, 3, 4)
    np.testing.assert_array_equal(ns["encode"]("cb", list("abc")), [2, 1])
    assert ns["encode"]("", list("abc")).dtype == np.int64
    with refuses(ValueError, "'x'"):
        ns["encode"]("abx", list("abc"))
    with refuses(ValueError, "prompt"):
        ns["generate"](params, "", 3, list("abc"))
    for choice in ({"temperature": 0}, {"temperature": -1}, {"top_k": 0}, {"top_p": 0},
                   {"top_p": -0.1}, {"top_p": 1.5}):  # fmt: skip
        with refuses(ValueError, "temperature > 0"):
            ns["next_token_probabilities"](np.zeros(3), **choice)
    with refuses(ValueError, "3 characters"):
        ns["split_text"]("abc")


# Knobs

SHIPPED = {"corpus": "fables.txt", "seed": 0, "hidden_size": 8, "dropout": 0.5, "clip_norm": 1.0,
           "learning_rate": 1e-3, "dtype": "float64", "log_to_wandb": False}  # fmt: skip


@words_too
def knobs(ns):
    """Whether the knobs are as shipped; what no lesson can work with is named."""

    def checked(**changes):
        return ns["check_knobs"]({**SHIPPED, **changes}, SHIPPED)

    assert checked() is True and checked(log_to_wandb=True) is True
    for name, value in (("corpus", "mine.txt"), ("seed", 7), ("hidden_size", np.int64(9)),
                        ("dropout", 0), ("dropout", 0.99), ("clip_norm", None),
                        ("learning_rate", 1), ("dtype", "float32")):  # fmt: skip
        assert checked(**{name: value}) is False, name
    for name, bad in {
        "corpus": ["", " ", None], "seed": [-1, 1.0, True], "hidden_size": [0, -1, 8.0, "8", True],
        "dropout": [1, -0.5, np.nan, True], "clip_norm": [0, -1, np.nan, "1"],
        "learning_rate": [0, -1e-3, np.inf, np.nan, None], "dtype": ["float16", None],
        "log_to_wandb": [1, "yes"],
    }.items():  # fmt: skip
        for value in bad:
            with refuses(ValueError, name, repr(value)):
                checked(**{name: value})
    with refuses(ValueError, "hiden_size", "hidden_size"):
        checked(hiden_size=8)
    with refuses(ValueError, "dropout"):
        ns["check_knobs"]({k: v for k, v in SHIPPED.items() if k != "dropout"}, SHIPPED)


# Loss


@words_too
def loss_by_definition(ns):
    """-log of the share of e to the score, meaned over what counts; its slopes; no overflow."""
    rng = np.random.default_rng(171)
    logits, targets = 3 * rng.normal(size=(4, 5, 3)), rng.integers(5, size=(4, 3))
    targets[0, 1] = targets[3] = -1
    places = [(t, b) for t in range(4) for b in range(3) if targets[t, b] >= 0]

    def loss(scores):
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return -np.mean([np.log(p[t, targets[t, b], b]) for t, b in places])

    found, dlogits = ns["softmax_cross_entropy"](logits, targets)
    np.testing.assert_allclose(found, loss(logits), rtol=1e-12)
    for place in np.ndindex(logits.shape):
        ends = []
        for move in (1e-5, -1e-5):
            moved = logits.copy()
            moved[place] += move
            ends.append(loss(moved))
        np.testing.assert_allclose((ends[0] - ends[1]) / 2e-5, dlogits[place], atol=1e-9)
    with np.errstate(all="raise", under="ignore"):  # an overflow would raise
        wide = ns["log_softmax"](np.array([1e4, 0.0, 1e4]).reshape(1, 3, 1))[0, :, 0]
        apart = ns["log_softmax"](np.array([[1e4, 1e4], [-1e4, -1e4]])[..., None])[..., 0]
    np.testing.assert_allclose(wide, [-np.log(2), -1e4 - np.log(2), -np.log(2)])
    np.testing.assert_allclose(apart, -np.log(2))
    nothing, dnothing = ns["softmax_cross_entropy"](logits, np.full((4, 3), -1))
    assert nothing == 0 and not dnothing.any()


# The loop


class Recorder:
    """A `gradients` for `train` without a network: what it was given, and what it gave."""

    def __init__(self, spoiled=None):
        self.windows, self.states, self.norms, self.spoiled = [], [], [], spoiled

    def __call__(self, params, inputs, targets, state):
        self.windows.append((inputs.copy(), targets.copy()))
        self.states.append(copied(state))
        number = len(self.windows)
        grads = {name: np.full_like(p, 0.1 * number) for name, p in params.items()}
        self.norms.append(length(grads))
        loss = np.nan if number == self.spoiled else float(number)
        return loss, lessons.in_state(lambda s: s + number, state), grads


@words_too
def the_loop(ns):
    """Windows in order, the state handed on, a rate on a half cosine, what is kept and reported."""
    rng = np.random.default_rng(172)
    params = lessons.start(ns, rng, 9, 4)
    streams = tuple(np.arange(n, n + 22).reshape(11, 2) % 9 for n in (0, 2))
    steps, seen, updates, reports = 7, Recorder(), [], []

    def update(params, grads, memory, learning_rate, **options):
        updates.append((learning_rate, length(grads), options))
        assert set(memory) == {"n", "m", "v"}

    def after(n, history, grads):
        reports.append((n, len(history["loss"]), length(grads)))

    history = ns["train"](params, streams, steps, 0.5, 4, 0.3, seen, update, after, beta2=0.9)
    for part, wanted in zip(zip(*seen.windows), streams):  # 4 + 4 + 3 rows, then from the start
        np.testing.assert_array_equal(np.concatenate(part[:3]), wanted)
        np.testing.assert_array_equal(np.concatenate(part[3:6]), wanted)
    assert [len(window) for window, _ in seen.windows] == [4, 4, 3, 4, 4, 3, 4]
    for n, state in enumerate(seen.states):  # the sum of what this pass has added so far
        carried = sum(range(n // 3 * 3 + 1, n + 1))
        assert all((part == carried).all() for part in lessons.state_parts(state)), n
    rates, sizes, options = zip(*updates)
    wanted = 0.25 * (1 + np.cos(np.pi * np.arange(1, steps + 1) / steps))
    np.testing.assert_allclose(rates, wanted, atol=1e-15)
    np.testing.assert_allclose(sizes, np.minimum(seen.norms, 0.3))
    assert options == ({"beta2": 0.9},) * steps
    assert list(history["loss"]) == list(range(1, steps + 1))
    assert set(history) == {"loss", "norm", *params}
    np.testing.assert_allclose(history["norm"], seen.norms)  # before clipping
    squares = sum(np.square(history[name]) for name in params)
    np.testing.assert_allclose(squares, np.square(seen.norms))
    assert [report[:2] for report in reports] == [(n, n) for n in range(1, steps + 1)]
    np.testing.assert_allclose([size for *_, size in reports], seen.norms)
    free = []
    ns["train"](params, streams, 2, 0.5, 4, None, Recorder(),
                lambda params, grads, *_: free.append(length(grads)))  # fmt: skip
    np.testing.assert_allclose(free, seen.norms[:2])


@words_too
def the_loop_ends(ns):
    """At a loss that is no number, or far too high; where it is stopped, with what there is."""
    rng = np.random.default_rng(173)
    params, streams = lessons.start(ns, rng, 9, 4), (np.zeros((8, 2), int), np.ones((8, 2), int))
    updates = []

    def update(params, grads, memory, learning_rate):
        updates.append(learning_rate)
        if len(updates) == 5:
            raise KeyboardInterrupt

    with refuses(FloatingPointError, "update 3", "learning_rate"):
        ns["train"](params, streams, 6, 0.1, 4, gradients=Recorder(spoiled=3), update=update)
    assert len(updates) == 2, "an update with a loss that is no number"
    said, history = printed_by(
        lambda: ns["train"](params, streams, 6, 0.1, 4, gradients=Recorder(), update=update)
    )
    assert "before update 3" in said and list(history["loss"]) == [1.0, 2.0]
    vocab = ["<bos>", "<eos>", "<unk>", *"abcdef"]
    tokens = rng.integers(3, 9, size=40)
    after, curve = ns["reporter"](params, tokens, vocab, 5)
    after(1, {"loss": [99 * np.log(9)], "norm": [1.0]}, {})
    with refuses(FloatingPointError, "update 2", "learning_rate"):
        after(2, {"loss": [101 * np.log(9)], "norm": [1.0]}, {})
    assert not curve


# Adam, in place


@words_too
def in_place(ns):
    """`adam_step` and the loop change the arrays that they are given, and no others."""
    stored = fixture("torch_adam")
    params = {name: stored[f"start_{name}"].copy() for name in ("W", "b")}
    arrays, memory = dict(params), ns["adam_init"](params)
    ns["adam_step"](params, {"W": stored["grad_W_1"].copy()}, memory, 0.1)
    assert all(params[name] is array for name, array in arrays.items())
    np.testing.assert_array_equal(params["b"], stored["start_b"])
    assert (params["W"] != stored["start_W"]).all()
    kept = {id(a) for kind in "mv" for a in memory[kind].values()}
    assert len(kept) == 4, "two means share their memory"


# Passes over a window that leave all as it was


@words_too
def nothing_is_changed(ns):
    """Neither pass touches what it is given; the state handed out is one's own; float32 stays."""
    rng = np.random.default_rng(174)
    problem = params, inputs, targets, state = lessons.random_problem(ns, rng, 4, 3, 7, 5)
    masks = lessons.with_mask(ns, rng, params, 4, 3)
    before = copied(params), inputs.copy(), targets.copy(), copied(state), copied(masks)
    for extra in ({}, masks):
        _, last, cache = ns["forward"](*problem, **extra)
        once = lessons.gradients(ns, params, cache)
        for part in lessons.state_parts(last):
            part += 1  # not a window into the cache
        twice = lessons.gradients(ns, params, cache)
        for name, g in once.items():
            np.testing.assert_array_equal(twice[name], g, err_msg=name)
    same = (params, inputs, targets, state, masks)
    for old, new in zip(map(flat, before), map(flat, same)):
        for one, two in zip(old, new, strict=True):
            np.testing.assert_array_equal(one, two)
    single = {name: p.astype(np.float32) for name, p in params.items()}
    masks = {name: mask.astype(np.float32) for name, mask in masks.items()}
    state = lessons.in_state(lambda s: s.astype(np.float32), state)
    _, last, cache = ns["forward"](single, inputs, targets, state, **masks)
    grads = lessons.gradients(ns, single, cache)
    arrays = {**grads, "logits": cache.logits, "state": lessons.state_parts(last)[0]}
    assert {name: a.dtype.name for name, a in arrays.items()} == dict.fromkeys(arrays, "float32")


def flat(value):
    """The arrays of a dictionary or a state, in order; one array as a list."""
    return list(value.values()) if isinstance(value, dict) else lessons.state_parts(value)


# Held-out text


@words_too
def in_pieces(ns):
    """Pieces side by side give what one pass gives: up to the lead exactly, then but for little."""
    rng = np.random.default_rng(175)
    params = lessons.start(ns, rng, 9, 5)
    params = {name: p + 0.2 * rng.normal(size=p.shape) for name, p in params.items()}
    for size, pieces, lead, window in ((611, 4, 120, 50), (600, 7, 120, 600), (130, 3, 120, 40),
                                       (90, 16, 120, 7)):  # fmt: skip
        tokens = rng.integers(9, size=size)
        wanted = log_probabilities(ns, params, tokens)
        found = ns["evaluate"](params, tokens, pieces, lead, window)
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found[:lead], wanted[:lead], rtol=1e-10)
        np.testing.assert_allclose(found, wanted, rtol=1e-4)
    blind = {name: np.zeros_like(p) for name, p in params.items()}
    blind["b_y"] = np.arange(9.0)[:, None]  # each token has its own score: a slip would show
    log_p = np.arange(9.0) - np.log(np.exp(np.arange(9.0)).sum())
    np.testing.assert_allclose(ns["evaluate"](blind, tokens, 5, 0, 8), log_p[tokens[1:]])


# Products in blocks


@needs("def row_blocks(")
@words_too
def blocks_of_rows(ns):
    """As few equal blocks as may be, none with over a million products; and their product."""
    rng = np.random.default_rng(176)
    for M, K, columns, number in ((24, 100, 1000, 3), (24, 100, 10, 1), (21, 10, 20_000, 7),
                                  (5, 1000, 1100, 5), (12, 100, 5000, 6)):  # fmt: skip
        W = rng.normal(size=(M, K))
        blocks = ns["row_blocks"](W, columns)
        assert blocks.shape == (number, M // number, K)
        x = rng.normal(size=(K, 3))
        np.testing.assert_allclose(ns["by_blocks"](blocks, x), W @ x)
        out = np.empty((M, 3))
        assert ns["by_blocks"](blocks, x, out=out) is out
        np.testing.assert_allclose(out, W @ x)


# What few pages have


@needs("def text_properties(")
def properties_of_text(ns):
    """By hand: quotes that end with the line, places in line, word and sentence from 0 on."""
    found = ns["text_properties"]('Hi. "Ab c\nde" f!x')
    assert set(found) == {"inside quotation marks", "place in the line", "place in the word",
                          "place in the sentence"}  # fmt: skip
    #                 H  i  .     "  A  b     c  \n d  e  "     f  !  x
    quoted, in_word = [[0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1],
                       [1, 2, 0, 0, 0, 1, 2, 0, 1, 0, 1, 2, 0, 0, 1, 0, 1]]  # fmt: skip
    in_line = [*range(10), *range(7)]
    in_sentence = [0, 1, 2, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 0]
    for name, wanted in (("inside quotation marks", quoted), ("place in the word", in_word),
                         ("place in the line", np.log1p(in_line)),
                         ("place in the sentence", np.log1p(in_sentence))):  # fmt: skip
        np.testing.assert_allclose(found[name], wanted, err_msg=name)


@needs("def follow(")
@words_too
def following(ns):
    """Gates, and cells or states, as `read_gates` and `step` have them, one token after another."""
    rng = np.random.default_rng(177)
    params, inputs, *_ = lessons.random_problem(ns, rng, 9, 1, 7, 4)
    tokens, state = inputs[:, 0], ns["zero_state"](params, 1)
    found = ns["follow"](params, tokens)
    gates, states = found if isinstance(found, tuple) else (found, None)
    for n, token in enumerate(tokens):
        own = ns["read_gates"](params, np.array([token]), lessons.state_parts(state)[0])
        _, state = ns["step"](params, np.array([token]), state)
        own = [own[0], own[1], own[3]] if len(gates[0]) == 12 else own  # the GRU's q is no gate
        np.testing.assert_allclose(gates[n], np.concatenate(own)[:, 0], rtol=1e-9)
        if states is not None:
            np.testing.assert_allclose(states[n], lessons.state_parts(state)[-1][:, 0], rtol=1e-9)


@needs("def sgd_step(")
def plain_descent(ns):
    """Each number against its gradient, by the rate times it, in place."""
    rng = np.random.default_rng(178)
    params = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=(3, 1))}
    grads, before = {name: rng.normal(size=p.shape) for name, p in params.items()}, copied(params)
    arrays = dict(params)
    ns["sgd_step"](params, grads, ns["adam_init"](params), 0.25)
    for name, g in grads.items():
        assert params[name] is arrays[name]
        np.testing.assert_allclose(params[name], before[name] - 0.25 * g)


@needs("def parameter_count(")
def parameters_counted(ns):
    """As many as `init_params` makes, and an LSTM's with a block more."""
    for V, H in ((9, 40), (5, 3)):
        params = ns["init_params"](vocab_size=V, hidden_size=H, rng=np.random.default_rng(0))
        count = sum(p.size for p in params.values())
        assert ns["parameter_count"](3, V, H) == count
        assert ns["parameter_count"](4, V, H) == count + H * (V + H + 1)


@needs("def one_step(")
def two_conventions(ns):
    """Of z and of the reset: each of the four as its equations read."""
    rng = np.random.default_rng(179)
    params, inputs, _, h = lessons.random_problem(ns, rng, 2, 3, 7, 4)
    r, z, _, n = ns["read_gates"](params, inputs[0], h)
    drive = params["W_x"][8:, inputs[0]] + params["b"][8:]
    after = np.tanh(drive + r * (params["W_h"][8:] @ h))
    for options, wanted in (
        ({}, z * h + (1 - z) * n), ({"swap_z": True}, (1 - z) * h + z * n),
        ({"reset_after": True}, z * h + (1 - z) * after),
        ({"swap_z": True, "reset_after": True}, (1 - z) * h + z * after),
    ):  # fmt: skip
        np.testing.assert_allclose(ns["one_step"](params, inputs[0], h, **options), wanted)


# Logging, claims


class Service:
    """Stands in for the logging service: what it was told, and errors where they are wanted."""

    def __init__(self, failing=False):
        self.told, self.failing = [], failing
        self.Histogram, self.Table = self.made("histogram"), self.made("table")

    def made(self, kind):
        return lambda *args, **kwargs: (kind, args, kwargs)

    def log(self, values, step=None):
        if self.failing:
            raise OSError("no room")
        self.told.append((step, values))

    def finish(self):
        self.log({}, "end")


@words_too
def logging(ns):
    """Off unless asked for; numbers, histograms and samples at their update; no error gets out."""
    assert ns["start_tracking"](False, {}) is None
    service = Service()
    with mock.patch.dict(sys.modules, wandb=service):
        values = {"loss": 1.5}
        ns["track"](None, values, step=1)
        assert ns["track"](service, values, {"W": np.eye(2)}, ["text"], step=7) is None
        ns["track"](service, values, step=8)
    assert values == {"loss": 1.5} and [step for step, _ in service.told] == [7, 8]
    logged = service.told[0][1]
    assert set(logged) == {"loss", "W", "samples"} and set(service.told[1][1]) == {"loss"}
    assert logged["W"][0] == "histogram" and logged["W"][1][0].tolist() == [1, 0, 0, 1]
    assert logged["samples"][2] == {"columns": ["sample"], "data": [["text"]]}
    for run in (service, None):
        assert printed_by(ns["finish_tracking"], run) == ("", None)
    assert service.told[-1] == ("end", {})
    with mock.patch.dict(sys.modules, wandb=None):  # importing it fails
        said, run = printed_by(ns["start_tracking"], True, {})
        assert run is None and "without logging" in said
    broken = Service(failing=True)
    with mock.patch.dict(sys.modules, wandb=broken):
        said, _ = printed_by(ns["track"], broken, {"loss": 1.0})
        assert "no room" in said
    said, _ = printed_by(ns["finish_tracking"], broken)
    assert "no room" in said


def claims_of(ns, **shown):
    """What the last cell prints of the claims `shown`; they are put in the place of its own."""
    tree = ast.parse(ns["__cells__"][-1].source)
    assert ast.unparse(tree.body[-3].targets[0]) == "claims"
    tree.body = tree.body[-2:]  # the lines, and the assertion
    return printed_by(exec, compile(tree, "<claims>", "exec"), {**ns, "claims": shown})[0]


@words_too
def claims_are_asserted(ns):
    """One claim that fails stops the shipped page, is called by its name, and no other page."""
    with lessons.borrowed(ns, as_shipped=True):
        assert claims_of(ns, one=True, two=True) == "shown: one\nshown: two\n"
        try:
            claims_of(ns, one=True, two=False, three=True)
        except AssertionError:
            pass
        else:
            raise AssertionError("a claim fails, and nobody minds")
    with lessons.borrowed(ns, as_shipped=False):
        assert claims_of(ns, one=True, two=False) == "shown: one\nNOT shown: two\n"
