"""The forward and backward pass of each lesson, on networks and data of many shapes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import checks
import lessons

pytestmark = pytest.mark.words_too
sizes = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(2, 5), st.integers(1, 5))
seeds = st.integers(0, 2**32 - 1)


def test_the_lessons_own_check_agrees(ns):
    checks.gradients(ns)


def test_step_agrees_with_forward(ns):
    checks.step(ns)


@given(size=sizes, seed=seeds)
def test_steps_there_and_back_make_a_window(lesson, size, seed):
    ns = lessons.namespace(lesson)
    checks.steps_backward(ns, seed, size)
    checks.steps_backward(ns, seed, size, np.float32, 1e-3)


@given(size=sizes, seed=seeds, ignored=st.floats(0, 0.6))
def test_every_gradient_on_random_shapes(lesson, size, seed, ignored):
    ns, rng = lessons.namespace(lesson), np.random.default_rng(seed)
    T, B, V, H = size
    params, inputs, targets, state = lessons.random_problem(ns, rng, T, B, V, H)
    targets[rng.random(targets.shape) < ignored] = -1
    targets[-1, -1] = 0  # at least one counts
    mask = lessons.with_mask(ns, rng, params, T, B)
    _, _, cache = ns["forward"](params, inputs, targets, state, **mask)
    grads = lessons.gradients(ns, params, cache)
    assert {name: g.shape for name, g in grads.items()} == {n: p.shape for n, p in params.items()}
    errors = ns["check_gradients"](
        lambda p: ns["forward"](p, inputs, targets, state, **mask)[0], params, grads
    )
    assert max(errors.values()) < 1e-6, errors


def test_a_network_reads_its_streams_apart(ns):
    """Streams in another order: the same loss and gradients, the states in that order."""
    rng = np.random.default_rng(4)
    params, inputs, targets, state = lessons.random_problem(ns, rng, 6, 4, 5, 3)
    order = np.array([2, 0, 3, 1])
    loss, last, cache = ns["forward"](params, inputs, targets, state)
    moved = lessons.in_state(lambda s: s[:, order], state)
    loss_2, last_2, cache_2 = ns["forward"](params, inputs[:, order], targets[:, order], moved)
    np.testing.assert_allclose(loss_2, loss, rtol=1e-12)
    for one, two in zip(lessons.state_parts(last), lessons.state_parts(last_2)):
        np.testing.assert_allclose(two, one[:, order], rtol=1e-12)
    grads, grads_2 = (lessons.gradients(ns, params, each) for each in (cache, cache_2))
    for name in grads:
        np.testing.assert_allclose(grads_2[name], grads[name], rtol=1e-9, atol=1e-12)


def test_two_windows_are_one_text(ns):
    """The state handed on from one window to the next carries everything."""
    rng = np.random.default_rng(5)
    params, inputs, targets, state = lessons.random_problem(ns, rng, 7, 3, 5, 4)
    loss, last, cache = ns["forward"](params, inputs, targets, state)
    first, middle, cache_1 = ns["forward"](params, inputs[:3], targets[:3], state)
    second, end, cache_2 = ns["forward"](params, inputs[3:], targets[3:], middle)
    np.testing.assert_allclose((3 * first + 4 * second) / 7, loss, rtol=1e-12)
    np.testing.assert_allclose(
        np.concatenate([cache_1.logits, cache_2.logits]), cache.logits, rtol=1e-10
    )
    for one, two in zip(lessons.state_parts(last), lessons.state_parts(end)):
        np.testing.assert_allclose(two, one, rtol=1e-12)


def test_forward_and_backward_change_nothing_they_are_given(ns):
    rng = np.random.default_rng(6)
    problem = lessons.random_problem(ns, rng, 4, 3, 5, 2)
    kept = [p.copy() for p in problem.params.values()]
    kept += [s.copy() for s in lessons.state_parts(problem.state)]
    kept += [problem.inputs.copy(), problem.targets.copy()]
    _, last, cache = ns["forward"](*problem)
    once, twice = (lessons.gradients(ns, problem.params, cache) for _ in range(2))
    for name in once:
        np.testing.assert_array_equal(once[name], twice[name])
    for part in lessons.state_parts(last):
        part += 1  # the state handed out is not a window into the cache
    again = ns["backward"](problem.params, cache)
    np.testing.assert_array_equal(again["W_h"], once["W_h"])
    now = [*problem.params.values(), *lessons.state_parts(problem.state), problem.inputs,
           problem.targets]  # fmt: skip
    for before, after in zip(kept, now):
        np.testing.assert_array_equal(before, after)


def test_float32_stays_float32(ns):
    rng = np.random.default_rng(7)
    params, inputs, targets, _ = lessons.random_problem(ns, rng, 4, 3, 5, 2)
    params = {name: p.astype(np.float32) for name, p in params.items()}
    _, last, cache = ns["forward"](params, inputs, targets, ns["zero_state"](params, 3))
    for g in lessons.gradients(ns, params, cache).values():
        assert g.dtype == np.float32
    for part in lessons.state_parts(last):
        assert part.dtype == np.float32


def in_order(ns, params, tokens):
    """What `evaluate` should return, from one pass over `tokens` with the state carried along."""
    _, _, cache = ns["forward"](
        params, tokens[:-1, None], tokens[1:, None], ns["zero_state"](params, 1)
    )
    log_p = ns["log_softmax"](cache.logits)[:, :, 0]
    return log_p[np.arange(len(log_p)), tokens[1:]]


def test_windows_of_evaluate_do_not_show(ns):
    rng = np.random.default_rng(8)
    params, *_ = lessons.random_problem(ns, rng, 2, 2, 6, 5)
    tokens = rng.integers(6, size=48)
    whole = in_order(ns, params, tokens)
    assert whole.shape == (47,) and np.all(whole < 0)
    for window in (1, 5, 46, 47, 48, 1000):
        found = ns["evaluate"](params, tokens, pieces=1, window=window)
        np.testing.assert_allclose(found, whole, rtol=1e-10)


@pytest.mark.parametrize("length", [2, 3, 17, 200, 201, 202, 217, 1000, 1003])
def test_pieces_of_evaluate_do_not_show(ns, length):
    rng = np.random.default_rng(length)
    params = lessons.start(ns, rng, 6, 5)
    tokens = rng.integers(6, size=length)
    whole = in_order(ns, params, tokens)
    for pieces in (1, 2, 7, 16):
        found = ns["evaluate"](params, tokens, pieces=pieces)
        assert found.shape == whole.shape
        # up to `lead` everything is read in order; later a state has had 200 steps to settle
        np.testing.assert_allclose(found[:200], whole[:200], rtol=1e-10)
        np.testing.assert_allclose(found, whole, atol=1e-3)
    assert np.any(ns["evaluate"](params, tokens, pieces=7, lead=1)[1:] != whole[1:]) or length < 9


def test_evaluate_is_summed_over_every_token_once(ns):
    """A model that gives each token its own, fixed probability: any slip in the order shows."""
    params = lessons.start(ns, np.random.default_rng(1), 6, 5)
    for name, p in params.items():
        params[name] = np.zeros_like(p)
    params["b_y"] = np.arange(6.0)[:, None]
    tokens = np.random.default_rng(2).integers(6, size=701)
    wanted = ns["log_softmax"](np.arange(6.0).reshape(1, 6, 1))[0, :, 0][tokens[1:]]
    for pieces, lead in ((16, 200), (3, 10), (5, 0)):
        np.testing.assert_allclose(ns["evaluate"](params, tokens, pieces, lead), wanted)


class TestTheCheckItself:
    """`check_gradients` on functions whose gradient is known."""

    @pytest.fixture
    def known(self):
        rng = np.random.default_rng(10)
        params = {"u": rng.normal(size=(3, 2)), "v": rng.normal(size=(2, 1))}
        grads = {"u": 2 * params["u"], "v": 3 * params["v"] ** 2}
        return (lambda p: (p["u"] ** 2).sum() + (p["v"] ** 3).sum()), params, grads

    def test_agrees_and_leaves_the_parameters(self, ns, known):
        loss, params, grads = known
        before = {name: p.copy() for name, p in params.items()}
        errors = ns["check_gradients"](loss, params, grads)
        assert set(errors) == set(params) and max(errors.values()) < 1e-8
        for name in params:
            np.testing.assert_array_equal(params[name], before[name])

    @pytest.mark.parametrize("entry", [(0, 0), (2, 1)])
    def test_sees_a_single_wrong_entry(self, ns, known, entry, capsys):
        loss, params, grads = known
        grads["u"][entry] *= 1.001
        errors = ns["check_gradients"](loss, params, grads)
        assert errors["u"] > 1e-5 > errors["v"]
        assert not ns["verdict"](errors)
        assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
            ["u", "WRONG"], ["v", "agrees"]
        ]  # fmt: skip

    def test_sees_a_wrong_shape_and_a_number_that_is_none(self, ns, known):
        loss, params, grads = known
        grads["v"] = grads["v"].T
        grads["u"] = np.full_like(grads["u"], np.nan)
        assert set(ns["check_gradients"](loss, params, grads).values()) == {float("inf")}

    def test_zero_gradients_are_not_taken_for_right(self, ns, known):
        loss, params, grads = known
        wrong = {name: np.zeros_like(g) for name, g in grads.items()}
        assert min(ns["check_gradients"](loss, params, wrong).values()) > 0.5
