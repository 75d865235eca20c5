"""The lessons against code that shares nothing with them: stored PyTorch runs, and autograd."""

import ast
import inspect
import re

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


# Lessons over words: the stored runs, with other weights for reading and predicting, and tied.
TORCH_WORDS = {
    "word_level_lm/01_RNN_NumPy": ["torch_word_rnn"],
    "word_level_lm/02_LSTM_NumPy": ["torch_word_lstm", "torch_word_lstm_tied"],
    "word_level_lm/03_GRU_NumPy": ["torch_word_gru", "torch_word_gru_tied"],
}
WORD_RUNS = [(p, name) for key, names in TORCH_WORDS.items()
             for p in lessons.notebook_of(key) for name in names]  # fmt: skip


def words_from_torch(stored, kind):
    """PyTorch's arrays under the names of the lessons over words.

    Where the GRU has two biases that do not add up, `b_n` is the second one's last block.
    """
    ours = {
        "W_emb": stored[f"{kind}_embedding_weight"], "W_x": stored[f"{kind}_weight_ih_l0"],
        "W_h": stored[f"{kind}_weight_hh_l0"], "b_y": stored[f"{kind}_linear_bias"][:, None],
    }  # fmt: skip
    if f"{kind}_linear_weight" in stored:
        ours["W_y"] = stored[f"{kind}_linear_weight"]
    first, second = (stored[f"{kind}_bias_{part}_l0"][:, None] for part in ("ih", "hh"))
    H = ours["W_h"].shape[1]
    is_gru = len(first) == 3 * H
    if is_gru:
        ours["b_n"] = second[2 * H :]
    if kind.endswith("grad"):
        np.testing.assert_allclose(first[: 2 * H], second[: 2 * H])
        return {**ours, "b": first}
    return {**ours, "b": first + np.where(np.arange(len(first)) < 2 * H, second.T, 0).T
            if is_gru else first + second}  # fmt: skip


@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
@pytest.mark.parametrize("path, name", WORD_RUNS, ids=lambda value: str(value)[-20:])
def test_words_agree_with_torch(path, name, masked):
    """Loss, states, logits and every gradient; that of the rows as rows, none of them twice."""
    ns, stored = lessons.namespace(path), checks.fixture(name)
    params, prefix = words_from_torch(stored, "param"), "masked_" if masked else ""
    options = {"tied": "W_y" not in params} if lessons.is_tied(ns) else {}
    expected = lessons.start(ns, np.random.default_rng(0), 7, 5, E=params["W_emb"].shape[1],
                             **options)  # fmt: skip
    assert {n: p.shape for n, p in expected.items()} == {n: p.shape for n, p in params.items()}
    state, last_state = stored["h0"].T, (stored[prefix + "h_last"].T,)
    if "c0" in stored:
        state, last_state = (state, stored["c0"].T), (*last_state, stored[prefix + "c_last"].T)
    masks = {"mask": "mask_h", "mask_h": "mask_h", "mask_x": "mask_x"}
    masks = {ours: stored[theirs].swapaxes(1, 2) for ours, theirs in masks.items()
             if masked and ours in inspect.signature(ns["forward"]).parameters}  # fmt: skip
    loss, last, cache = ns["forward"](
        params, stored["inputs"], stored["targets"], state, **masks
    )
    close = dict(rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(loss, stored[prefix + "loss"], **close)
    np.testing.assert_allclose(cache.logits, stored[prefix + "logits"].swapaxes(1, 2), **close)
    for ours, theirs in zip(lessons.state_parts(last), last_state, strict=True):
        np.testing.assert_allclose(ours, theirs, **close)
    grads, theirs = ns["backward"](params, cache), words_from_torch(stored, prefix + "grad")
    assert set(grads) == set(theirs)
    assert lessons.is_sparse(grads["W_emb"]) == ("W_y" in params)
    if lessons.is_sparse(grads["W_emb"]):
        indices, grads["W_emb"] = grads["W_emb"]
        np.testing.assert_array_equal(indices, stored[prefix + "rows_embedding_weight"])
        assert 0 < len(indices) < 7, "a row without a gradient is wanted"
    for parameter, g in grads.items():
        np.testing.assert_allclose(g, theirs[parameter], **close, err_msg=parameter)


@pytest.mark.parametrize("path", lessons.notebook_of("word_level_lm/03_GRU_NumPy"),
                         ids=lessons.stem)  # fmt: skip
def test_the_lines_that_carry_the_parameters_over(path):
    """What `torch.nn.GRU` gave when it was filled by the lines that the page shows."""
    ns, stored = lessons.namespace(path), checks.fixture("torch_outgrown")
    (lines,) = re.findall(r"```python\n(.+?)```", lessons.markdown(path), re.DOTALL)
    assert ast.dump(ast.parse(str(stored["lines"]))) == ast.dump(ast.parse(lines)), (
        "the page shows other lines: run python tests/fixtures/make_fixtures.py"
    )
    params = {name[6:]: p for name, p in stored.items() if name.startswith("param_")}
    expected = ns["init_params"](vocab_size=7, hidden_size=5, rng=np.random.default_rng(0))
    assert {n: p.shape for n, p in expected.items()} == {n: p.shape for n, p in params.items()}
    inputs = stored["inputs"]
    _, last, cache = ns["forward"](params, inputs, inputs, ns["zero_state"](params, 3))
    twelve_digits = dict(rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(cache.h[1:], stored["out"].swapaxes(1, 2), **twelve_digits)
    np.testing.assert_allclose(last, stored["h"][0].T, **twelve_digits)
    np.testing.assert_allclose(cache.logits, stored["logits"].swapaxes(1, 2), **twelve_digits)


@pytest.mark.parametrize("name", ["torch_rnn", "torch_lstm", "torch_gru",
                                  *sum(TORCH_WORDS.values(), [])])  # fmt: skip
def test_stored_runs_are_float64_and_whole(name):
    stored = checks.fixture(name)
    whole_numbers = "inputs", "targets", "rows_embedding_weight", "masked_rows_embedding_weight"
    for key, array in stored.items():
        assert array.dtype == (np.int64 if key in whole_numbers else np.float64), key
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


def test_every_lesson_over_words_has_a_stored_run():
    assert {path for path, _ in WORD_RUNS} == set(lessons.WORD_LESSONS)


def test_adam_agrees_with_torch(notebook):
    checks.adam(lessons.namespace(notebook))
