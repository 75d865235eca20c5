"""The lessons against code that shares nothing with them: stored PyTorch runs, and autograd."""

import numpy as np
import pytest

import checks
import lessons
import oracles

# Lesson -> the stored run of torch.nn that computes the same function. (The GRU lesson is
# Cho's, which PyTorch has not got: it is held against autograd only.)
TORCH = {"char_level_lm/01_RNN_NumPy": "torch_rnn", "char_level_lm/02_LSTM_NumPy": "torch_lstm"}
SAME_AS_TORCH = [(p, fixture) for name, fixture in TORCH.items() for p in lessons.notebook_of(name)]
WITH_ORACLE = [path for path in lessons.CHARACTER_LESSONS if path.stem in oracles.CELLS]


def from_torch(stored, kind):
    """PyTorch's arrays under the lessons' names; its two biases act as their sum."""
    ours = {
        "W_x": stored[f"{kind}_weight_ih_l0"], "W_h": stored[f"{kind}_weight_hh_l0"],
        "W_y": stored[f"{kind}_linear_weight"], "b_y": stored[f"{kind}_linear_bias"][:, None],
    }  # fmt: skip
    biases = [stored[f"{kind}_bias_{part}_l0"][:, None] for part in ("ih", "hh")]
    if kind == "grad":  # each of the two gets the gradient that the sum gets
        np.testing.assert_allclose(*biases)
        return {**ours, "b": biases[0]}
    return {**ours, "b": sum(biases)}


@pytest.mark.parametrize("path, name", SAME_AS_TORCH, ids=lambda value: str(value)[-20:])
def test_agrees_with_torch(path, name):
    ns, stored = lessons.namespace(path), checks.fixture(name)
    params = from_torch(stored, "param")
    state, last_state = stored["h0"].T, (stored["h_last"].T,)
    if "c0" in stored:
        state, last_state = (state, stored["c0"].T), (*last_state, stored["c_last"].T)
    expected = ns["init_params"](vocab_size=7, hidden_size=5, rng=np.random.default_rng(0))
    assert {n: p.shape for n, p in expected.items()} == {n: p.shape for n, p in params.items()}
    loss, last, cache = ns["forward"](params, stored["inputs"], stored["targets"], state)
    close = dict(rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(loss, stored["loss"], **close)
    np.testing.assert_allclose(cache.logits, stored["logits"].swapaxes(1, 2), **close)
    for ours, theirs in zip(lessons.state_parts(last), last_state, strict=True):
        np.testing.assert_allclose(ours, theirs, **close)
    grads, theirs = ns["backward"](params, cache), from_torch(stored, "grad")
    assert set(grads) == set(theirs)
    for parameter, g in grads.items():
        np.testing.assert_allclose(g, theirs[parameter], **close, err_msg=parameter)


@pytest.mark.parametrize("name", ["torch_rnn", "torch_lstm", "torch_gru"])
def test_stored_runs_are_float64_and_whole(name):
    stored = checks.fixture(name)
    for key, array in stored.items():
        assert array.dtype == (np.int64 if key in ("inputs", "targets") else np.float64), key
        assert np.isfinite(array).all() and array.any(), key


@pytest.mark.parametrize("name, cell", [("torch_rnn", oracles.rnn_cell),
                                        ("torch_lstm", oracles.lstm_cell),
                                        ("torch_gru", oracles.torch_gru_cell)])  # fmt: skip
def test_the_oracle_agrees_with_torch(name, cell):
    stored = checks.fixture(name)
    params, theirs = from_torch(stored, "param"), {}
    state = (stored["h0"].T, stored["c0"].T) if "c0" in stored else stored["h0"].T
    if name == "torch_gru":
        for kind, found in (("param", params), ("grad", theirs)):
            found["b"] = stored[f"{kind}_bias_ih_l0"][:, None]
            found["b_h"] = stored[f"{kind}_bias_hh_l0"][:, None]
        theirs["W_x"], theirs["W_h"] = stored["grad_weight_ih_l0"], stored["grad_weight_hh_l0"]
    else:
        theirs = from_torch(stored, "grad")
    loss, grads = oracles.loss_and_gradients(
        cell, params, stored["inputs"], stored["targets"], state
    )
    np.testing.assert_allclose(loss, stored["loss"], rtol=1e-12)
    for parameter in theirs:
        np.testing.assert_allclose(grads[parameter], theirs[parameter], rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("path", WITH_ORACLE, ids=lessons.stem)
@pytest.mark.parametrize("size", [(4, 3, 5, 2), (1, 1, 2, 1), (6, 2, 3, 5)], ids=str)
def test_agrees_with_autograd(path, size):
    ns = lessons.namespace(path)
    params, inputs, targets, state = lessons.random_problem(ns, np.random.default_rng(11), *size)
    targets[0, 0] = -1 if targets.size > 1 else targets[0, 0]
    cell = oracles.CELLS[path.stem]
    expected_loss, expected = oracles.loss_and_gradients(cell, params, inputs, targets, state)
    loss, _, cache = ns["forward"](params, inputs, targets, state)
    grads = ns["backward"](params, cache)
    np.testing.assert_allclose(loss, expected_loss, rtol=1e-12)
    assert set(grads) == set(expected)
    for name, g in grads.items():
        np.testing.assert_allclose(g, expected[name], rtol=1e-9, atol=1e-13, err_msg=name)


def test_every_character_lesson_has_an_oracle():
    assert WITH_ORACLE == lessons.CHARACTER_LESSONS and WITH_ORACLE
    assert len(SAME_AS_TORCH) == sum(lessons.stem(p) in TORCH for p in lessons.NOTEBOOKS)


def test_adam_agrees_with_torch(notebook):
    checks.adam(lessons.namespace(notebook))
