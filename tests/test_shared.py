"""What the lessons share: loss, clipping, data, n-gram, sampling, the memory test."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lessons

seeds = st.integers(0, 2**32 - 1)
WITH_ORTHOGONAL = [p for p in lessons.CHARACTER_LESSONS if "orthogonal" in lessons.sources(p)]


# Loss


@given(seed=seeds, scale=st.sampled_from([1e-3, 1.0, 1e3, 1e6, 1e300]))
def test_log_softmax_sums_to_one_however_large(lesson, seed, scale):
    ns = lessons.namespace(lesson)
    logits = scale * np.random.default_rng(seed).normal(size=(3, 5, 2))
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        log_p = ns["log_softmax"](logits)
    assert log_p.shape == logits.shape and np.all(log_p <= 0)
    np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1)
    np.testing.assert_array_equal(log_p.argmax(axis=1), logits.argmax(axis=1))
    shifted = ns["log_softmax"](logits / scale + 17)
    np.testing.assert_allclose(shifted, ns["log_softmax"](logits / scale), rtol=1e-9, atol=1e-9)


@given(seed=seeds, ignored=st.floats(0, 0.9))
def test_cross_entropy_and_its_gradient(lesson, seed, ignored):
    ns, rng = lessons.namespace(lesson), np.random.default_rng(seed)
    logits, targets = 3 * rng.normal(size=(3, 4, 2)), rng.integers(4, size=(3, 2))
    targets[rng.random(targets.shape) < ignored] = -1
    targets[0, 0] = 2
    loss, dlogits = ns["softmax_cross_entropy"](logits, targets)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    counted = [(t, b) for t in range(3) for b in range(2) if targets[t, b] >= 0]
    assert math.isclose(loss, -np.mean([np.log(p[t, targets[t, b], b]) for t, b in counted]))
    for i in np.ndindex(logits.shape):
        moved = np.repeat(logits[None], 2, axis=0)
        moved[(0, *i)] += 1e-5
        moved[(1, *i)] -= 1e-5
        above, below = (ns["softmax_cross_entropy"](m, targets)[0] for m in moved)
        assert abs((above - below) / 2e-5 - dlogits[i]) < 1e-8
    assert not dlogits[np.nonzero(targets < 0)[0], :, np.nonzero(targets < 0)[1]].any()
    logits[np.nonzero(targets < 0)[0], :, np.nonzero(targets < 0)[1]] = 99.0
    np.testing.assert_allclose(ns["softmax_cross_entropy"](logits, targets)[0], loss)


def test_a_loss_of_nothing_is_zero(ns):
    loss, dlogits = ns["softmax_cross_entropy"](np.ones((2, 3, 2)), np.full((2, 2), -1))
    assert loss == 0 and not dlogits.any()


# Clipping, Adam


@given(seed=seeds, limit=st.floats(1e-6, 1e6), scale=st.floats(1e-6, 1e6))
def test_clipping(lesson, seed, limit, scale):
    ns, rng = lessons.namespace(lesson), np.random.default_rng(seed)
    grads = {"W": scale * rng.normal(size=(3, 4)), "b": scale * rng.normal(size=(3, 1))}
    clipped, norm = ns["clip_by_global_norm"](grads, limit)
    flat, flat_clipped = (np.concatenate([g.ravel() for g in d.values()]) for d in (grads, clipped))
    length = np.linalg.norm(flat_clipped)
    assert math.isclose(norm, np.linalg.norm(flat), rel_tol=1e-12)
    assert math.isclose(length, min(norm, limit), rel_tol=1e-9)
    np.testing.assert_allclose(flat_clipped / length, flat / norm, rtol=1e-9)


def test_clipping_copes_with_zero_gradients(ns):
    clipped, norm = ns["clip_by_global_norm"]({"W": np.zeros((2, 2))}, 1.0)
    assert norm == 0 and not clipped["W"].any()


def test_adam_updates_in_place_and_only_what_has_a_gradient(ns):
    params = {"W": np.ones((2, 2)), "b": np.ones((2, 1))}
    W, b = params["W"], params["b"]
    memory = ns["adam_init"](params)
    ns["adam_step"](params, {"W": np.full((2, 2), -3.0)}, memory, 0.1)
    assert params["W"] is W and memory["n"] == 1
    np.testing.assert_allclose(W, 1.1)  # the first step is as long as the rate, whatever g is
    np.testing.assert_array_equal(b, 1)
    assert memory["m"]["W"] is not memory["v"]["W"]


# Data


@given(st.integers(2, 300), st.integers(1, 20), st.integers(1, 30))
def test_streams_cover_the_text_or_say_why_not(lesson, size, batch_size, seq_len):
    ns = lessons.namespace(lesson)
    if size - 1 < batch_size * seq_len:
        with pytest.raises(ValueError, match="smaller batch_size"):
            ns["make_streams"](np.arange(size), batch_size, seq_len)
        return
    inputs, targets = ns["make_streams"](np.arange(size), batch_size, seq_len)
    pairs = set(zip(inputs.ravel().tolist(), targets.ravel().tolist()))
    assert pairs == {(i, i + 1) for i in range(size - 1)}
    assert len(inputs) >= seq_len and inputs.size < size - 1 + batch_size
    np.testing.assert_array_equal(inputs[1:], targets[:-1])  # each stream is read on


def test_a_pass_of_training_reads_every_pair(lesson):
    """The last, shorter window of a pass is trained on too, and then it starts anew."""
    ns = lessons.fresh_namespace(lesson)
    params = ns["init_params"](vocab_size=50, hidden_size=2, rng=np.random.default_rng(12))
    inputs, targets = ns["make_streams"](np.arange(50), 3, 5)
    forward, seen = ns["forward"], []

    def watching(params, inputs, targets, state):
        seen.append((inputs.copy(), targets.copy(), lessons.in_state(np.copy, state)))
        return forward(params, inputs, targets, state)

    ns["forward"] = watching
    windows = -(-len(inputs) // 5)
    ns["train"](params, (inputs, targets), windows + 1, 1e-3, 5)
    np.testing.assert_array_equal(np.concatenate([i for i, _, _ in seen[:windows]]), inputs)
    np.testing.assert_array_equal(np.concatenate([t for _, t, _ in seen[:windows]]), targets)
    np.testing.assert_array_equal(seen[windows][0], seen[0][0])
    for number, (_, _, state) in enumerate(seen):  # carried over inside a pass only
        carried = any(part.any() for part in lessons.state_parts(state))
        assert carried == (number not in (0, windows))


@given(st.text(alphabet="ab \n", min_size=20, max_size=200))
def test_a_short_text_is_cut_by_position(lesson, text):
    ns = lessons.namespace(lesson)
    parts = ns["split_text"](text)
    assert "".join(parts) == text
    assert len(parts[0]) == int(0.8 * len(text))


@pytest.mark.parametrize("count", [19, 20, 57])
def test_whole_blocks_are_held_out(ns, count):
    blocks = [f"Title {n}\nLine one of {n}.\nLine two of {n}." for n in range(1, count + 1)]
    parts = ns["split_text"]("\n" + "\n\n\n".join(blocks) + "\n")
    if count < 20:
        assert "".join(parts).count("Title") == count
        return
    homes = [2 if n > count - count // 10 else int(n % 10 == 5) for n in range(1, count + 1)]
    for home, part in enumerate(parts):
        expected = [block for block, own in zip(blocks, homes) if own == home]
        assert part == "\n\n".join(expected) + "\n"


def test_encode(ns):
    vocab = sorted(set("hello, wörld 🙂"))
    tokens = ns["encode"]("wörld 🙂", vocab)
    assert "".join(vocab[i] for i in tokens) == "wörld 🙂"
    assert tokens.dtype.kind == "i"
    with pytest.raises(ValueError, match="no character 'X'"):
        ns["encode"]("heX", vocab)


# n-gram


@given(seed=seeds, factor=st.sampled_from([0.8, 1.0, 1.2]), skew=st.floats(0, 3))
def test_ngram_probabilities_sum_to_one(lesson, seed, factor, skew):
    ns, rng = lessons.namespace(lesson), np.random.default_rng(seed)
    V = 6
    p = (1 + np.arange(V)) ** -skew
    tokens = rng.choice(V - 1, size=150, p=p[:-1] / p[:-1].sum())  # the last one never occurs
    for order in (1, 2, 3, 5):
        model = ns["fit_ngram"](tokens, order, V)
        for _ in range(3):
            context = rng.integers(V, size=order + 1)
            scores = [
                ns["score_ngram"](model, np.array([*context, w]), factor)[-1] for w in range(V)
            ]
            assert np.all(np.isfinite(scores))
            assert math.isclose(np.exp(scores).sum(), 1, rel_tol=1e-9)


def test_ngram_of_order_one_is_close_to_the_frequencies(ns):
    tokens = np.array([0] * 500 + [1] * 300 + [2] * 200)
    model = ns["fit_ngram"](tokens, 1, 3)
    for w, frequency in enumerate((0.5, 0.3, 0.2)):
        score = ns["score_ngram"](model, np.array([0, w]))[-1]
        assert math.isclose(np.exp(score), frequency, rel_tol=0.01)


def test_ngram_learns_a_pattern_and_the_best_is_chosen(ns):
    tokens = np.array([0, 1, 2, 0, 2, 1] * 60)  # what follows depends on the last two
    model, order, factor = ns["best_ngram"](tokens[:-60], tokens[-60:], 3)
    best = ns["bits"](ns["score_ngram"](model, tokens[-60:], factor))
    assert order >= 3 and best < 0.2
    for other in (1, 2):
        fitted = ns["fit_ngram"](tokens[:-60], other, 3)
        assert ns["bits"](ns["score_ngram"](fitted, tokens[-60:])) > best + 0.5


def test_ngram_scores_depend_on_the_past_only(ns):
    rng = np.random.default_rng(13)
    model = ns["fit_ngram"](rng.integers(4, size=200), 4, 4)
    one, two = rng.integers(4, size=(2, 30))
    two[:20] = one[:20]
    np.testing.assert_array_equal(
        ns["score_ngram"](model, one)[:19], ns["score_ngram"](model, two)[:19]
    )


# Sampling


@given(seed=seeds, temperature=st.floats(0.05, 5), size=st.integers(1, 12))
def test_temperature(lesson, seed, temperature, size):
    ns = lessons.namespace(lesson)
    logits = 5 * np.random.default_rng(seed).normal(size=size)
    p = ns["next_token_probabilities"](logits, temperature)
    expected = np.exp(logits / temperature - (logits / temperature).max())
    np.testing.assert_allclose(p, expected / expected.sum(), atol=1e-15)


@given(seed=seeds, k=st.integers(1, 15))
def test_top_k_keeps_the_k_likeliest(lesson, seed, k):
    ns = lessons.namespace(lesson)
    logits = np.random.default_rng(seed).normal(size=9)
    before = logits.copy()
    p, full = (ns["next_token_probabilities"](logits, top_k=n) for n in (k, None))
    kept = np.argsort(logits)[::-1][:k]
    assert np.count_nonzero(p) == min(k, 9) and set(np.nonzero(p)[0]) == set(kept)
    np.testing.assert_allclose(p[kept], full[kept] / full[kept].sum())
    np.testing.assert_array_equal(logits, before)


@given(seed=seeds, mass=st.floats(0.01, 1.0), temperature=st.sampled_from([0.5, 1.0]))
def test_nucleus_is_the_smallest_set(lesson, seed, mass, temperature):
    ns = lessons.namespace(lesson)
    logits = 2 * np.random.default_rng(seed).normal(size=9)
    full = ns["next_token_probabilities"](logits, temperature)
    p = ns["next_token_probabilities"](logits, temperature, top_p=mass)
    kept = np.nonzero(p)[0]
    assert full[kept].min() >= np.delete(full, kept).max(initial=0)  # the likeliest
    assert full[kept].sum() >= mass - 1e-12  # enough of them
    assert full[kept].sum() - full[kept].min() < mass + 1e-12  # and none too many
    np.testing.assert_allclose(p.sum(), 1)


def test_ties_do_not_widen_the_choice(ns):
    assert np.count_nonzero(ns["next_token_probabilities"](np.zeros(6), top_k=2)) == 2


@pytest.mark.parametrize("choice", [
    {"temperature": 0}, {"temperature": -1}, {"top_k": 0}, {"top_p": -0.1}, {"top_p": 1.5},
    {"top_p": 0},
], ids=str)  # fmt: skip
def test_choices_out_of_range_are_refused(ns, choice):
    with pytest.raises(ValueError, match="temperature > 0"):
        ns["next_token_probabilities"](np.zeros(3), **choice)


def test_generate(ns):
    vocab, rng = list("abcd"), np.random.default_rng(15)
    params, *_ = lessons.random_problem(ns, rng, 2, 2, 4, 3)
    greedy = ns["generate"](params, "ab", 20, vocab)
    assert greedy == ns["generate"](params, "ab", 20, vocab) and len(greedy) == 22
    assert greedy.startswith("ab")
    tokens = ns["encode"](greedy, vocab)[:, None]  # forward agrees with each greedy choice
    _, _, cache = ns["forward"](params, tokens, tokens, ns["zero_state"](params, 1))
    np.testing.assert_array_equal(cache.logits[1:-1, :, 0].argmax(axis=1), tokens[2:, 0])
    drawn = [
        ns["generate"](params, "a", 30, vocab,
                       ns["sampler"](np.random.default_rng(seed), temperature=2.0))
        for seed in (0, 0, 1)
    ]  # fmt: skip
    assert drawn[0] == drawn[1] != drawn[2]
    with pytest.raises(ValueError, match="at least one character"):
        ns["generate"](params, "", 5, vocab)
    with pytest.raises(ValueError, match="no character"):
        ns["generate"](params, "z", 5, vocab)


# The memory test and the linear algebra


@given(seed=seeds, k=st.integers(0, 30), symbols=st.integers(2, 9), batch_size=st.integers(1, 8))
def test_recall_batch(lesson, seed, k, symbols, batch_size):
    ns = lessons.namespace(lesson)
    inputs, targets = ns["recall_batch"](k, symbols, batch_size, np.random.default_rng(seed))
    assert inputs.shape == targets.shape == (k + 1, batch_size)
    assert inputs.min() >= 0 and inputs.max() < symbols
    np.testing.assert_array_equal(targets[-1], inputs[0])
    assert np.all(targets[:-1] < 0)


def test_recall_is_learned_where_it_is_easy_and_scored_on_new_sequences(ns):
    params = ns["init_params"](vocab_size=4, hidden_size=12, rng=np.random.default_rng(16))
    score = ns["train_recall"](params, 1, 250, 1e-2, np.random.default_rng(17))
    assert score > 0.95
    fresh = ns["init_params"](vocab_size=4, hidden_size=12, rng=np.random.default_rng(16))
    assert ns["train_recall"](fresh, 3, 0, 1e-2, np.random.default_rng(17)) < 0.6


@pytest.mark.parametrize("path", WITH_ORTHOGONAL, ids=lessons.stem)
@given(seed=seeds, n=st.integers(1, 12))
def test_orthogonal(path, seed, n):
    ns = lessons.namespace(path)
    q = ns["orthogonal"](n, np.random.default_rng(seed))
    np.testing.assert_allclose(q.T @ q, np.eye(n), atol=1e-12)


def test_outer_sum(ns):
    rng = np.random.default_rng(18)
    a, b = rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 5, 2))
    np.testing.assert_allclose(ns["outer_sum"](a, b), np.einsum("tmb,tnb->mn", a, b))


GATED = [path for path in lessons.CHARACTER_LESSONS if "sigmoid" in lessons.namespace(path)]


@pytest.mark.parametrize("path", GATED, ids=lessons.stem)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sigmoid_and_tanh(path, dtype):
    ns, eps = lessons.namespace(path), np.finfo(dtype).eps
    a = np.linspace(-30, 30, 600).reshape(20, 30).astype(dtype)
    for function, exact in (("sigmoid", 1 / (1 + np.exp(-a.astype(float)))), ("tanh", np.tanh(a))):
        found = ns[function](a)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, exact, rtol=4 * eps, atol=2 * eps)
        steps = np.empty((3, 30, 20), dtype).swapaxes(1, 2)  # not one block of memory
        view = steps[1]
        assert ns[function](a, out=view) is view
        np.testing.assert_array_equal(steps[1], found)
        own = a.copy()
        assert ns[function](own, out=own) is own
        np.testing.assert_array_equal(own, found)


@pytest.mark.parametrize("path", GATED, ids=lessons.stem)
def test_sigmoid_and_tanh_far_out_give_no_warning(path):
    ns = lessons.namespace(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        far = np.array([-1e4, -800.0, 800.0, 1e4])
        np.testing.assert_array_equal(ns["sigmoid"](far), [0, 0, 1, 1])
        np.testing.assert_array_equal(ns["tanh"](far), [-1, -1, 1, 1])
        assert ns["sigmoid"](np.array(0.0)) == 0.5 and ns["tanh"](np.array(0.0)) == 0.0


def test_there_are_gated_lessons():
    assert len(GATED) == 2
