"""The lessons over words: tokens, rows, loss and costs on whatever text or index there may be."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import checks
import lessons
import word_checks

pytestmark = pytest.mark.words_only
seeds = st.integers(0, 2**32 - 1)
BOS, EOS, UNK = 0, 1, 2
LETTERS = st.sampled_from(
    list("abcxyz ABC\n\n\t'\"\u2019.,;:!?-()_09\u00e9\u03b1\u03a9\u4e2d")
    + list("\u0433\U0001f426\u05d0\u0301\u200b")
)
TEXTS = st.text(LETTERS, max_size=60)
WORDS_OF_PROSE = st.sampled_from("the fox crow don't it's a half-hour said ran i'm i".split())
INSIDE = st.lists(WORDS_OF_PROSE, min_size=1, max_size=6).map(" ".join)
ENDS = st.sampled_from(list(".!?"))
SENTENCES = st.one_of(
    st.builds("{}{}".format, INSIDE, ENDS),
    st.builds("{}, {}{}".format, INSIDE, INSIDE, ENDS),
    st.builds('"{}," {} {}'.format, INSIDE, INSIDE, st.just("said.")),
    st.builds('"{}."'.format, INSIDE),
    st.builds("{} ({}); {}{}".format, INSIDE, INSIDE, INSIDE, ENDS),
)
PROSE = st.lists(st.lists(SENTENCES, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=4)


# Tokens


@given(text=TEXTS)
def test_every_text_is_cut_and_only_blanks_are_lost(lesson, text):
    ns = lessons.namespace(lesson)
    tokens = ns["tokenize"](text)
    shown = "".join(c for c in text.lower() if c == "\n" or not c.isspace())
    assert "".join(tokens) == shown
    assert all(token == "\n" or token and not any(c.isspace() for c in token) for token in tokens)
    assert ns["tokenize"](" ".join(tokens)) == tokens


@given(text=TEXTS)
def test_going_back_keeps_every_token(lesson, text):
    """Whatever the text, its detokenised form holds the same tokens in the same order."""
    ns = lessons.namespace(lesson)
    again = ns["detokenize"](ns["tokenize"](text))
    squeezed = ["".join(t.lower().replace("\n", "\u21b5").split()) for t in (text, again)]
    assert squeezed[0] == squeezed[1]


@given(lines=PROSE)
def test_prose_comes_back_but_for_capitals(lesson, lines):
    ns = lessons.namespace(lesson)
    text = "\n".join(lines)
    assert ns["detokenize"](ns["tokenize"](text)).lower() == text.lower()


@given(text=TEXTS, least=st.integers(1, 3))
def test_ids_are_those_of_the_vocabulary(lesson, text, least):
    ns = lessons.namespace(lesson)
    words = ns["tokenize"](text)
    often = {word for word in words if words.count(word) >= least}
    if not often:
        with pytest.raises(ValueError, match="twice"):
            ns["make_vocab"](words, least)
        return
    vocab = ns["make_vocab"](words, least)
    assert set(vocab[3:]) == often and len(vocab) == len(often) + 3
    counts = [words.count(word) for word in vocab[3:]]
    assert counts == sorted(counts, reverse=True)
    ids = ns["encode_fables"](text, vocab)
    fables = [fable for fable in text.split("\n\n") if fable.strip()]
    assert (ids == BOS).sum() == (ids == EOS).sum() == len(fables)
    parts = np.split(ids, np.flatnonzero(ids == BOS))[1:]
    for fable, part in zip(fables, parts, strict=True):
        words = ns["tokenize"](fable.strip("\n"))
        assert part[0] == BOS and part[-1] == EOS and len(part) == len(words) + 2
        assert [vocab[i] for i in part[1:-1]] == [w if w in often else "<unk>" for w in words]


@given(seed=seeds, size=st.integers(2, 200), batch_size=st.integers(1, 5))
def test_streams_of_words_count_everything_but_bos(lesson, seed, size, batch_size):
    ns = lessons.namespace(lesson)
    tokens = np.random.default_rng(seed).integers(5, size=size)
    if size - 1 < 3 * batch_size:
        with pytest.raises(ValueError, match="smaller batch_size"):
            ns["word_streams"](tokens, batch_size, 3)
        return
    inputs, targets = ns["word_streams"](tokens, batch_size, 3)
    _, plain = ns["make_streams"](tokens, batch_size, 3)
    assert {-1} | {1, 2, 3, 4} >= set(targets.ravel().tolist())
    np.testing.assert_array_equal(targets[plain != BOS], plain[plain != BOS])
    assert np.all(targets[plain == BOS] == -1)


# Rows and columns


@given(seed=seeds, ids=st.lists(st.integers(0, 9), min_size=1, max_size=40),
       width=st.integers(1, 4))  # fmt: skip
def test_summed_rows_are_the_dense_gradient(lesson, seed, ids, width):
    ns, rng = lessons.namespace(lesson), np.random.default_rng(seed)
    ids, values = np.array(ids), rng.normal(size=(len(ids), width))
    rows, dense = ns["sum_rows"](ids, values), np.zeros((10, width))
    np.add.at(dense, ids, values)
    np.testing.assert_array_equal(rows.indices, sorted(set(ids.tolist())))
    assert rows.values.shape == (len(rows.indices), width)
    np.testing.assert_allclose(lessons.dense({"W": rows}, {"W": dense})["W"], dense, atol=1e-12)
    np.testing.assert_allclose(ns["to_dense"](rows, 10), dense, atol=1e-12)
    np.testing.assert_allclose(np.vdot(rows, rows), (dense**2).sum())
    single = ns["sum_rows"](ids, values.astype(np.float32))
    assert single.values.dtype == np.float32 == (single * 0.5).values.dtype


@given(seed=seeds, pattern=st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=9), min_size=1,
                                    max_size=5))  # fmt: skip
def test_sparse_adam_moves_each_row_as_adam_of_its_own_updates_would(lesson, seed, pattern):
    """A row that rests is left alone; when it comes back its means are those it had."""
    ns, rng = lessons.namespace(lesson), np.random.default_rng(seed)
    start = rng.normal(size=(6, 2))
    params, memory = {"W": start.copy()}, ns["adam_init"]({"W": start})
    m, v, theta = np.zeros((6, 2)), np.zeros((6, 2)), start.copy()
    for n, ids in enumerate(pattern, start=1):
        values = rng.normal(size=(len(ids), 2))
        ns["sparse_adam_step"](params, {"W": ns["sum_rows"](np.array(ids), values)}, memory, 0.1)
        for row in set(ids):
            g = sum(value for i, value in zip(ids, values) if i == row)
            m[row] = 0.9 * m[row] + 0.1 * g
            v[row] = 0.999 * v[row] + 0.001 * g * g
            root = np.sqrt(v[row] / (1 - 0.999**n)) + 1e-8
            theta[row] -= 0.1 * m[row] / (1 - 0.9**n) / root
        np.testing.assert_allclose(params["W"], theta, rtol=1e-9, atol=1e-12)


@given(seed=seeds, T=st.integers(1, 5), M=st.integers(1, 5), B=st.integers(1, 4))
def test_columns_and_steps_undo_each_other(lesson, seed, T, M, B):
    ns = lessons.namespace(lesson)
    a = np.random.default_rng(seed).normal(size=(T, M, B))
    np.testing.assert_array_equal(ns["steps_of"](ns["columns"](a), T), a)
    flat = a.reshape(M, T * B)
    np.testing.assert_array_equal(ns["columns"](ns["steps_of"](flat, T)), flat)


# Loss


@given(seed=seeds, ignored=st.floats(0, 1), scale=st.sampled_from([1e-3, 1.0, 30.0, 1e4, 1e200]))
def test_cross_entropy_of_words(lesson, seed, ignored, scale):
    ns, rng = lessons.namespace(lesson), np.random.default_rng(seed)
    logits, targets = scale * rng.normal(size=(3, 5, 2)), rng.integers(5, size=(3, 2))
    targets[rng.random(targets.shape) < ignored] = -1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss, dlogits = ns["cross_entropy"](logits, targets)
    expected, dexpected = ns["softmax_cross_entropy"](logits, targets)
    np.testing.assert_allclose(loss, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(dlogits, dexpected, rtol=1e-9, atol=1e-12)
    laid_out = np.asarray(ns["steps_of"](np.ascontiguousarray(ns["columns"](logits)), 3))
    again, _ = ns["cross_entropy"](laid_out, targets)  # however it lies in memory
    assert again == loss


@given(nats=st.lists(st.floats(-20, 0), min_size=1, max_size=30))
def test_perplexity_is_e_to_the_mean_nats(lesson, nats):
    ns = lessons.namespace(lesson)
    np.testing.assert_allclose(ns["perplexity"](nats), np.exp(-sum(nats) / len(nats)))


# In characters


@given(training=TEXTS, before=TEXTS, word=st.sampled_from(["fox", "the", "zq", "a", "don't"]))
def test_probabilities_of_capitals_sum_to_one(lesson, training, before, word):
    ns = lessons.namespace(lesson)
    before += " "
    whole = ns["capitals_cost"](training, before)
    shapes = {word, word.capitalize(), word.upper()}
    assert whole >= 0
    if len(shapes) == 3:
        costs = [ns["capitals_cost"](training, before + shape) - whole for shape in shapes]
        np.testing.assert_allclose(np.exp(-np.array(costs)).sum(), 1)
        assert min(costs) > 0


@given(words=st.lists(st.sampled_from("ab ba abba bab aab fox".split()), max_size=8))
def test_spelling_costs_something_for_each_new_word_and_nothing_else(lesson, words):
    ns = lessons.namespace(lesson)
    train, valid = "abab baba aabb bbaa ba fox fox".split(), ["abab", "fox", "bb"]
    vocab = ["<bos>", "<eos>", "<unk>", "fox"]
    cost = ns["spelling_cost"](train, valid, words, vocab)
    new = [word for word in words if word != "fox"]
    assert cost == ns["spelling_cost"](train, valid, new, vocab)
    assert cost > 0 if new else cost == 0


# Generating


PROMPTS = st.lists(st.sampled_from("the fox owl \n . zebra".split(" ")), max_size=6)


@given(seed=seeds, prompt=PROMPTS, length=st.integers(0, 30))
def test_generated_text_holds_no_sign(lesson, seed, prompt, length):
    ns, rng = lessons.namespace(lesson), np.random.default_rng(seed)
    vocab = ["<bos>", "<eos>", "<unk>", "\n", ".", "the", "fox", "owl"]
    params, *_ = lessons.random_problem(ns, rng, 1, 1, len(vocab), 3)
    choose = ns["sampler"](rng, temperature=3.0)
    picked = []

    def watch(logits):
        picked.append(choose(logits))
        return picked[-1]

    said, text = checks.printed_by(
        ns["generate"], params, " ".join(prompt), length, vocab, watch
    )
    assert ("zebra" in said) == ("zebra" in prompt) and len(said.splitlines()) <= 1
    assert not {BOS, UNK} & set(picked) and EOS not in picked[:-1]
    own = [vocab[i] for i in picked if i != EOS]
    assert ns["tokenize"](text) == [*ns["tokenize"](" ".join(prompt)), *own]
    assert len(picked) == length or picked[-1] == EOS


def test_what_happens_before_training_does_not_depend_on_the_draw(ns):
    """Neither reading held-out text nor generating by the likeliest word draws anything."""
    params, *_ = lessons.random_problem(ns, np.random.default_rng(90), 2, 2, 9, 5)
    tokens = np.random.default_rng(91).integers(9, size=70)
    vocab = ["<bos>", "<eos>", "<unk>", *"abcdef"]
    scores = [ns["evaluate"](params, tokens, pieces=4) for _ in range(2)]
    np.testing.assert_array_equal(*scores)
    texts = [ns["generate"](params, "a b", 20, vocab) for _ in range(2)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("text", word_checks.ODD, ids=range(len(word_checks.ODD)))
def test_an_odd_text_has_a_vocabulary_or_says_that_it_has_none(ns, text):
    words = ns["tokenize"](text)
    if not any(words.count(word) > 1 for word in set(words)):
        with pytest.raises(ValueError) as error:
            ns["make_vocab"](words)
        message = str(error.value)
        assert message.endswith(".") and "\n" not in message and 30 < len(message) < 200
    else:
        vocab = ns["make_vocab"](words)
        assert len(ns["encode_fables"](text, vocab)) == len(
            [word for fable in text.split("\n\n") for word in ns["tokenize"](fable.strip("\n"))]
        ) + 2 * sum(bool(fable.strip()) for fable in text.split("\n\n"))
