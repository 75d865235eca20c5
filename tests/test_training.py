"""Training that is interrupted, that diverges, and that is run again."""

import numpy as np
import pytest

import lessons


@pytest.fixture
def small(ns):
    """A tiny network and text: (train, params, streams)."""
    rng = np.random.default_rng(22)
    params = ns["init_params"](vocab_size=6, hidden_size=4, rng=rng)
    return ns["train"], params, ns["make_streams"](rng.integers(6, size=300), 4, 10)


def stop_at(update, number):
    """`update`, but with the stop button pressed at its call `number`."""
    calls = []

    def interrupted(*args, **kwargs):
        calls.append(1)
        if len(calls) == number:
            raise KeyboardInterrupt
        return update(*args, **kwargs)

    return interrupted


def test_training_lowers_the_loss_and_keeps_its_records(small):
    train, params, streams = small
    seen = []
    history = train(params, streams, 60, 1e-2, 10, after=lambda n, h, g: seen.append((n, g)))
    assert [n for n, _ in seen] == list(range(1, 61))
    assert set(history) == {"loss", "norm", *params}
    assert all(len(series) == 60 for series in history.values())
    np.testing.assert_allclose(  # the norm of all together, before clipping
        np.square(history["norm"]), sum(np.square(history[name]) for name in params)
    )
    for name, g in seen[-1][1].items():
        np.testing.assert_allclose(np.linalg.norm(g), history[name][-1])
    # Random text: the best there is to learn is how frequent the six tokens are.
    assert np.mean(history["loss"][-10:]) < np.mean(history["loss"][:3])


def test_learning_rate_falls_along_a_half_cosine_to_zero(small):
    train, params, streams = small
    rates = []
    train(params, streams, 8, 0.5, 10, update=lambda p, g, memory, rate: rates.append(rate))
    np.testing.assert_allclose(rates, 0.25 * (1 + np.cos(np.pi * np.arange(1, 9) / 8)), atol=1e-15)


def test_options_reach_the_optimiser(ns, small):
    train, params, streams = small
    seen = []

    def update(params, grads, memory, learning_rate, **options):
        seen.append(options)

    train(params, streams, 2, 0.1, 10, update=update, beta2=0.9)
    assert seen == [{"beta2": 0.9}] * 2
    ends = []
    for options in ({}, {"beta2": 0.999}, {"beta2": 0.9}):  # 0.999 is Adam's usual value
        own = {name: p.copy() for name, p in params.items()}
        train(own, streams, 5, 0.1, 10, **options)
        ends.append(own["W_h"])
    np.testing.assert_array_equal(ends[0], ends[1])
    assert np.abs(ends[0] - ends[2]).max() > 1e-6


def test_interrupted_training_returns_usable_parameters(ns, small, capsys):
    train, params, streams = small
    start = {name: p.copy() for name, p in params.items()}
    history = train(params, streams, 20, 1e-2, 10, update=stop_at(ns["adam_step"], 5))
    assert len(history["loss"]) == 4
    assert "Interrupted before update 5" in capsys.readouterr().out
    assert all(np.isfinite(p).all() for p in params.values())
    assert any((params[name] != start[name]).any() for name in params)
    assert len(ns["generate"](params, "a", 10, list("abcdef"))) == 11
    assert len(train(params, streams, 6, 1e-2, 10)["loss"]) == 6


@pytest.mark.words_too
def test_the_training_cell_interrupted_and_run_again(lesson, tmp_path, capsys):
    (tmp_path / "data").mkdir()
    for name in ("fables.txt", "thirsty_crow.txt"):
        (tmp_path / "data" / name).write_bytes((lessons.DATA / name).read_bytes())
    text = (lessons.DATA / "fables.txt").read_text(encoding="utf-8")[:4000]
    (tmp_path / "some.txt").write_text(text, encoding="utf-8")
    parameters = {"corpus": "some.txt", "steps": 10, "hidden_size": 6}
    ns = lessons.run_cells(
        lesson, tmp_path, parameters, stop=lessons.is_main_training, quick=True
    )
    cell = next(c for c in lessons.code_cells(lesson) if lessons.is_main_training(c))
    whole = ns["train"].__wrapped__
    ns["train"] = lambda *args, update=ns["adam_step"], **kwargs: whole(
        *args, **{**kwargs, "update": stop_at(update, 5)}
    )
    capsys.readouterr()
    cell.run(ns)
    assert "Interrupted before update 5" in capsys.readouterr().out
    assert all(np.isfinite(p).all() for p in ns["params"].values())
    assert len(ns["evaluate"](ns["params"], ns["valid_tokens"])) == len(ns["valid_tokens"]) - 1
    ns["train"] = whole
    losses = []
    for _ in range(2):  # again, and again: each time from the same start
        cell.run(ns)
        losses.append(list(ns["history"]["loss"]))
    assert len(losses[0]) == 10 and losses[0] == losses[1]
    assert "Interrupted" not in capsys.readouterr().out


def test_a_loss_that_is_no_number_stops_at_once(ns, small):
    train, params, streams = small

    def spoil(params, grads, memory, learning_rate):
        memory["n"] += 1
        if memory["n"] == 3:
            params["W_y"][0, 0] = np.nan

    with pytest.raises(FloatingPointError, match=r"update 4: .*learning_rate"):
        train(params, streams, 20, 1e-2, 10, update=spoil)


def test_training_repeats(ns, small):
    _, params, streams = small
    runs = []
    for _ in range(2):
        own = {name: p.copy() for name, p in params.items()}
        runs.append((ns["train"](own, streams, 12, 1e-2, 10)["loss"], own))
    assert runs[0][0] == runs[1][0]
    for name in params:
        np.testing.assert_array_equal(runs[0][1][name], runs[1][1][name])


def test_training_without_clipping(ns, small):
    _, params, streams = small
    history = ns["train"](params, streams, 5, 1e-3, 10, clip_norm=None)
    assert len(history["loss"]) == 5


def test_definitions_can_be_run_twice_in_a_row(notebook):
    ns = {"__name__": "lesson"}
    for _ in range(2):
        for cell in lessons.define_cells(notebook):
            cell.run(ns)
    assert "forward" in ns
