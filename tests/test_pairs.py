"""The lessons on translation: on batches of any lengths, on texts of all sorts, and scored anew."""

import random
import re
import shutil
import sys
import warnings

import numpy as np
import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st

import build
import lessons
import pair_checks
import test_notation
from pair_checks import EOS, Pair
from test_training import stop_at

pytestmark = pytest.mark.pairs_only
CORPUS = lessons.DATA / "crow_en_fr.tsv"
seeds = st.integers(0, 2**32 - 1)
LENGTHS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=4)
SENTENCES = st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=9), min_size=1,
                     max_size=5)  # fmt: skip


@pytest.fixture(scope="module")
def measure():
    """The module that measures the corpus; its folder is no package."""
    folder = str(lessons.ROOT / "tools" / "corpus")
    sys.path.insert(0, folder)
    try:
        import measure
    finally:
        sys.path.remove(folder)
    return measure


@pytest.fixture
def some_lines():
    """{split: some lines of the corpus}, and its first line."""
    head, *lines = CORPUS.read_text(encoding="utf-8").splitlines()
    chosen = {}
    for split in ("train", "valid", "test", "novel", "long", "story"):
        own = [line for line in lines if line.split("\t")[1] == split]
        chosen[split] = own[: 400 if split == "train" else 40]
    return head, chosen


def file_of(some_lines):
    head, chosen = some_lines
    return "\n".join([head, *(line for lines in chosen.values() for line in lines)]) + "\n"


def shared(name, edit=lambda text: text):
    """The functions of a file of shared cells, edited, on top of a lesson on translation."""
    found = dict(lessons.namespace(lessons.PAIR_LESSONS[0]))
    cells = [cell.source for cell in build.shared_cells(name) if cell.cell_type == "code"]
    found["__text__"] = "\n".join(cells)
    exec(compile(edit(found["__text__"]), name, "exec"), found)
    return found


# Batches of any lengths


@given(seed=seeds, lengths=LENGTHS)
def test_a_padded_batch_is_its_sentences_one_by_one(lesson, seed, lengths):
    ns = lessons.namespace(lesson)
    pair_checks.padding(ns, seed, lengths)
    pair_checks.what_is_remembered(ns, seed, lengths)
    pair_checks.attention_is_a_share(ns, seed, lengths)


@given(seed=seeds, lengths=LENGTHS)
def test_every_gradient_on_random_lengths(lesson, seed, lengths):
    pair_checks.networks(lessons.namespace(lesson), seed, lengths[:2])


@given(seed=seeds, lengths=LENGTHS)
def test_steps_there_and_back_make_a_sentence(lesson, seed, lengths):
    pair_checks.steps_backward(lessons.namespace(lesson), seed, lengths[:1])


@given(seed=seeds, sizes=st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(1, 4)),
       masked=st.booleans())  # fmt: skip
def test_a_gru_is_its_steps(lesson, seed, sizes, masked):
    pair_checks.gru_units(lessons.namespace(lesson), seed, sizes, masked)


@given(seed=seeds, lengths=LENGTHS)
def test_batches(lesson, seed, lengths):
    """Shapes, masks, the end on both sides, -1 at padding, one word behind."""
    ns, rng = lessons.namespace(lesson), np.random.default_rng(seed)
    pairs = pair_checks.ids_of(rng, lengths)
    batch = ns["make_batch"](pairs)
    S, T = (1 + max(lengths_) for lengths_ in zip(*lengths))
    assert batch.src.shape == batch.src_mask.shape == (S, len(pairs))
    assert batch.tgt_in.shape == batch.tgt_out.shape == batch.tgt_mask.shape == (T, len(pairs))
    for b, (source, target) in enumerate(pairs):
        n, m = len(source) + 1, len(target) + 1
        assert batch.src[:n, b].tolist() == [*source, EOS]
        assert batch.tgt_in[:m, b].tolist() == [0, *target]
        assert batch.tgt_out[:m, b].tolist() == [*target, EOS]
        assert batch.src_mask[:n, b].all() and not batch.src_mask[n:, b].any()
        assert batch.tgt_mask[:m, b].all() and not batch.tgt_mask[m:, b].any()
    np.testing.assert_array_equal(batch.tgt_out == -1, batch.tgt_mask == 0)
    shifted = batch.tgt_mask[1:] > 0
    np.testing.assert_array_equal(batch.tgt_in[1:][shifted], batch.tgt_out[:-1][shifted])


def test_the_lessons_own_check_agrees(ns, capsys):
    """Its tiny example, every variant, by central differences."""
    for params, some in pair_checks.tiny_examples(ns, np.random.default_rng(0)):
        assert len({len(source) for source, _ in some}) > 1
        batch = ns["make_batch"](some)
        _, grads = pair_checks.loss_and_gradients(ns, params, batch)
        errors = ns["check_gradients"](
            lambda p, batch=batch: ns["forward"](p, batch)[0], params, grads
        )
        assert ns["verdict"](errors), errors


# Scores


@given(said=SENTENCES, data=st.data())
def test_bleu_is_that_of_sacrebleu(lesson, said, data):
    ns = lessons.namespace(lesson)
    truths = data.draw(st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=9),
                                min_size=len(said), max_size=len(said)))  # fmt: skip
    for n in range(0, len(said), 2):  # long enough in common for a score
        truths[n] = [*said[n], *truths[n]]
    theirs = sacrebleu.corpus_bleu(
        [" ".join(words) for words in said], [[" ".join(words) for words in truths]],
        tokenize="none", force=True, smooth_method="none",
    )  # fmt: skip
    mine = ns["bleu"](said, [Pair([], words, set(), set()) for words in truths])
    np.testing.assert_allclose(mine, theirs.score, rtol=1e-9, atol=1e-9)


def test_bleu_of_real_sentences(ns, measure, some_lines):
    """The French of other lines, cut and mixed: three ways to the same number."""
    rng, truths = random.Random(3), [line.split("\t")[3].split() for line in some_lines[1]["test"]]
    said = []
    for words in truths:
        words = words[: rng.randint(4, len(words) + 3)]
        said.append([rng.choice(truths[0]) if rng.random() < 0.15 else w for w in words])
    mine = ns["bleu"](said, [Pair([], words, set(), set()) for words in truths])
    theirs = sacrebleu.corpus_bleu([" ".join(w) for w in said], [[" ".join(w) for w in truths]],
                                   tokenize="none", force=True)  # fmt: skip
    assert 20 < mine < 95
    np.testing.assert_allclose([mine, mine], [theirs.score, measure.bleu(
        list(map(tuple, said)), list(map(tuple, truths)))])  # fmt: skip


def test_baselines_are_those_that_measure_the_corpus(ns, measure, some_lines):
    """The phrase table to the word; the dictionary, where a word has one sure partner."""
    if "phrase_table" not in ns:
        pytest.skip("the page has no baselines of its own")
    text = file_of(some_lines)
    lines = measure.by_split(measure.read_lines(text))
    with lessons.borrowed(ns, load_text=lambda name: text):
        pairs = ns["load_pairs"]("crow_en_fr.tsv")
    training = ns["in_split"](pairs, "train")
    theirs = measure.PhraseTable(lines["train"])
    mine = ns["phrase_table"](training)
    assert mine == theirs.table
    for split in ("valid", "long", "story"):
        some = ns["in_split"](pairs, split)
        wanted = [list(theirs.translate(tuple(pair.source))) for pair in some]
        assert ns["by_phrases"](some, mine) == wanted
        exact, bleu = measure.score(theirs, lines[split])
        np.testing.assert_allclose(100 * ns["exact_match"](wanted, some), exact)
        np.testing.assert_allclose(ns["bleu"](wanted, some), bleu)
    words, own = measure.WordByWord(lines["train"]), ns["word_table"](training)
    alone = {word for word, french in words.table.items() if len(french) == 1}
    agreeing = {word for word in alone if own.get(word) == words.table[word][0]}
    assert len(alone) > 40 and len(agreeing) > 0.9 * len(alone)


@pytest.mark.once
def test_alignment_scores_on_cases_made_by_hand(lesson):
    pair_checks.alignments(shared("results/alignment.py"))


MISTAKES = [  # in alignment_scores
    (": len(pair.source), b]", ": len(pair.source) + 1, b]"),
    (": len(pair.target), : len", ": len(pair.target) + 1, : len"),
    ("gold = pair.sure | pair.possible", "gold = pair.sure"),
    ("links & pair.sure)", "links & gold)"),
    ("(int(j), t)", "(t, int(j))"),
    ("guessed + sure)", "guessed)"),
    ("weights.argmax(axis=1)", "weights.argmin(axis=1)"),
]


@pytest.mark.once
@pytest.mark.parametrize("old, new", MISTAKES)
def test_a_mistake_in_the_alignment_scores_is_caught(lesson, old, new):
    found = shared("results/alignment.py", edit=lambda text: text.replace(old, new))
    source = shared("results/alignment.py")["__text__"]
    assert source.count(old) == 1
    with pytest.raises((AssertionError, IndexError, KeyError)):
        pair_checks.alignments(found)


# Loading


def load(lesson, tmp_path, text, name="mine.tsv"):
    """`load_pairs` of a file with this text, in a folder where there is nothing else."""
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    with lessons.working_in(tmp_path):
        return lessons.namespace(lesson)["load_pairs"](name)


def own_pairs(count, words=5, seed=0):
    """`count` lines of two columns: words and the same words longer, from the end."""
    rng, vocab = random.Random(seed), "un deux trois quatre cinq six sept".split()
    lines = [rng.choices(vocab, k=rng.randint(1, words)) for _ in range(count)]
    return [f"{' '.join(line)}\t{' '.join(word + 'e' for word in line[::-1])}" for line in lines]


def test_own_pairs(lesson, tmp_path):
    lines = own_pairs(43)
    pairs = load(lesson, tmp_path, "\ufeff" + "\r\n".join(lines) + "\r\n\r\n")
    assert len(pairs) == 43
    for number, (line, pair) in enumerate(zip(lines, pairs), start=1):
        assert [" ".join(pair.source), " ".join(pair.target)] == line.split("\t")
        assert not pair.sure and not pair.possible
        assert pair.split == ("test" if number > 39 else "valid" if number % 10 == 5 else "train")


BAD = {
    "one column": (lambda lines: [*lines[:7], "only this side", *lines[8:]], "Line 8"),
    "three columns": (lambda lines: [lines[0] + "\tthird", *lines[1:]], "Line 1"),
    "an empty line": (lambda lines: [*lines[:4], "", *lines[4:]], "Line 5"),
    "an empty side": (lambda lines: [*lines[:2], "word\t ", *lines[3:]], "Line 3"),
    "an empty source": (lambda lines: [*lines[:-1], "\tmot"], "Line 30"),
    "too few lines": (lambda lines: lines[:19], "19 lines"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_pairs(lesson, tmp_path, kind):
    spoil, named = BAD[kind]
    with pytest.raises(ValueError) as error:
        load(lesson, tmp_path, "\n".join(spoil(own_pairs(30))) + "\n")
    message = str(error.value)
    assert "\n" not in message and 30 < len(message) < 200 and message.endswith("."), message
    assert ". " not in message and named in message and "mine.tsv" in message


def test_twenty_lines_are_enough(lesson, tmp_path):
    assert len(load(lesson, tmp_path, "\n".join(own_pairs(20)))) == 20


def test_a_corpus_that_is_not_the_shipped_one(lesson, tmp_path):
    text = CORPUS.read_text(encoding="utf-8").replace("crow", "cow", 1)
    with pytest.raises(ValueError, match="SHA-256") as error:
        load(lesson, tmp_path, text, "crow_en_fr.tsv")
    assert "crow_en_fr.tsv" in str(error.value) and "\n" not in str(error.value)


def test_the_shipped_corpus(ns, measure):
    """Every line as the measures read it, sides, links and split."""
    with lessons.working_in(CORPUS.parent):
        pairs = ns["load_pairs"](CORPUS.name)
    lines = measure.read_lines(CORPUS.read_text(encoding="utf-8"))
    assert len(pairs) == len(lines) > 8000
    for pair, line in zip(pairs, lines):
        assert (pair.number, pair.split) == (line.number, line.split)
        assert (tuple(pair.source), tuple(pair.target)) == (line.english, line.french)
        assert pair.sure == set(line.sure) and pair.sure | pair.possible == set(line.links)
    halves = [ns["in_split"](pairs, f"novel {half}") for half in ("odd", "even")]
    assert sum(map(len, halves)) == len(ns["in_split"](pairs, "novel"))
    assert all(pair.number % 2 for pair in halves[0])


# Training that is interrupted, that diverges


@pytest.fixture
def small(ns):
    """A tiny network and pairs: (train_pairs, params, pairs)."""
    rng = np.random.default_rng(130)
    params = pair_checks.start(ns, rng)
    return params, pair_checks.ids_of(rng, [pair_checks.LENGTHS[i % 3] for i in range(9)])


def test_interrupted_training_returns_usable_parameters(ns, small, capsys):
    params, pairs = small
    with lessons.borrowed(ns, sparse_adam_step=stop_at(ns["sparse_adam_step"], 4)):
        history = ns["train_pairs"](params, pairs, 9, 1e-2, 4, np.random.default_rng(0))
    assert len(history["loss"]) == 3
    assert "Interrupted before update 4" in capsys.readouterr().out
    assert all(np.isfinite(p).all() for p in params.values())


def test_a_loss_that_is_no_number_stops_at_once(ns, small):
    params, pairs = small

    def spoil(params, grads, memory, learning_rate):
        memory["n"] += 1
        if memory["n"] == 3:
            params["W_y"][0, 0] = np.nan

    with lessons.borrowed(ns, sparse_adam_step=spoil):
        with pytest.raises(FloatingPointError, match=r"update 4: .*learning_rate"):
            ns["train_pairs"](params, pairs, 9, 1e-2, 4, np.random.default_rng(0))


@pytest.mark.once
def test_the_training_cell_interrupted_and_run_again(lesson, tmp_path, capsys):
    (tmp_path / "mine.tsv").write_text("\n".join(own_pairs(60)), encoding="utf-8")
    parameters = {"corpus": "mine.tsv", "steps": 10, "hidden_size": 6, "embed_size": 5,
                  "batch_size": 8}  # fmt: skip
    ns = lessons.run_cells(
        lesson, tmp_path, parameters, stop=lessons.is_main_training, quick=True
    )
    cell = next(c for c in lessons.code_cells(lesson) if lessons.is_main_training(c))
    start_cell = [c for c in lessons.code_cells(lesson) if c.number < cell.number][-1]
    ns["train_pairs"] = ns["train_pairs"].__wrapped__
    update = ns["sparse_adam_step"]
    ns["sparse_adam_step"] = stop_at(update, 5)
    capsys.readouterr()
    cell.run(ns)
    assert "Interrupted before update 5" in capsys.readouterr().out
    assert all(np.isfinite(p).all() for p in ns["params"].values())
    ns["sparse_adam_step"] = update
    losses = []
    for _ in range(2):
        start_cell.run(ns)
        cell.run(ns)
        losses.append(list(ns["history"]["loss"]))
    assert len(losses[0]) == 10 and losses[0] == losses[1]
    assert "Interrupted" not in capsys.readouterr().out


# The page on other pairs


SMALL = {"corpus": "mine.tsv", "steps": 5, "hidden_size": 8, "embed_size": 6, "batch_size": 4}
FOREIGN = {
    "words of one language and the other": own_pairs(120),
    "hardly twenty lines": own_pairs(20, 4),
    "sentences of one word": [f"w{n % 5}\tm{n % 5}" for n in range(40)],
    "words that come once": [f"un w{n}\tdeux m{n}" for n in range(40)],
    "long sentences": own_pairs(40, 60),
    "marks and far scripts": [
        f"$ \U0001f426 \\frac{{ {word} _\t\u72d0\u72f8 % \u03b1 {word}" for word in "abcdefgh" * 5
    ],
}


@pytest.mark.parametrize("name", FOREIGN)
def test_the_page_on_pairs_of_all_sorts(lesson, tmp_path, name):
    """Alone in a folder, its training cut short: no cell insists on what the corpus would show."""
    folder = tmp_path / "content"
    folder.mkdir()
    (folder / "mine.tsv").write_text("\n".join(FOREIGN[name]) + "\n", encoding="utf-8")
    options = {"dtype": "float32", "clip_norm": None} if "long" in name else {}
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # a learner would see it
        ns = lessons.run_cells(shutil.copy(lesson, folder / lesson.name), folder,
                               {**SMALL, **options}, quick=True)  # fmt: skip
    assert not ns["as_shipped"] and not ns["linked"] and len(ns["claims"]) > 4
    assert {p.dtype.name for p in ns["params"].values()} == {options.get("dtype", "float64")}


def test_data_are_downloaded_when_there_are_none(lesson, tmp_path, served, monkeypatch):
    folder, address = served
    shutil.copy(CORPUS, folder)
    monkeypatch.setenv("LESSON_DATA_URL", address)
    with lessons.working_in(tmp_path):
        assert len(lessons.namespace(lesson)["load_pairs"](CORPUS.name)) > 8000


# The table of section 3


def test_parameters_are_named_in_the_table(lesson, ns):
    table = lessons.markdown(lesson).split("\n## 3 Notation")[1].split("\n## 4 ")[0]
    kinds = pair_checks.variants(ns)
    for options in kinds if "answers" in ns else kinds[:1]:
        for name in pair_checks.start(ns, np.random.default_rng(0), **options):
            assert f"`{name}`" in table or name == "W_b", f"{name} is not in the table of section 3"


def test_names_and_shapes_of_the_table(lesson, ns):
    """Section 3's against the arrays of a run; the gradients' names are in the code."""
    sizes, rng = test_notation.SIZES, np.random.default_rng(131)
    V, H, E = sizes["V"], sizes["H"], sizes["H"] + 1
    kind = {"place": "local"} if "answers" in ns else pair_checks.variants(ns)[0]
    params = pair_checks.start(ns, rng, (V, V), E, H, **kind)
    lengths = (sizes["S"] - 1, 2), (4, sizes["T"] - 1), (1, 1)
    batch = ns["make_batch"](pair_checks.ids_of(rng, lengths, (V, V)))
    assert len(lengths) == sizes["B"]
    _, cache = ns["forward"](params, batch)
    arrays = {**batch._asdict(), **cache.encoded._asdict(), **cache._asdict(), **params}
    if "answers" in ns:  # all steps' scores and places; the other networks' parameters
        arrays["scores"] = np.array([ns["answers"](params, s, cache.memory) for s in cache.s[1:]])
        arrays["place"] = cache.looks[0].place[2]
        step = {"soft": cache.looks[0].soft, "bell": ns["bell"](arrays["place"][0], sizes["S"])}
        step["nu"] = np.tanh(params["W_p"] @ cache.s[1])
        step["match"] = np.tanh(params["W_a"] @ cache.s[1] + cache.memory.keys)
        arrays |= step
        for other in {"place": "window"}, {"feeding": True}, {"asks": "before"}:
            arrays = {**pair_checks.start(ns, rng, (V, V), E, H, **other), **arrays}
    code = "\n".join(cell.source for cell in lessons.define_cells(lesson))
    for row in test_notation.rows(lesson):
        names = re.findall(r"`(\w+)`", row["code"])
        shapes = re.findall(r"\([^)]*\)", row["shape"])  # one for all, or one for each
        shapes = shapes if len(shapes) > 1 else shapes * len(names)
        for name, shape in zip(names, shapes, strict=True):
            if r"\bar" in row["symbol"]:
                assert re.search(rf"\b{name}\b", code), f"the table names {name}, no code does"
                continue
            assert name in arrays, f"the table names {name}, but there is no such array"
            assert arrays[name].shape == test_notation.shape_of(shape), (
                f"{name}: the table says {row['shape']}, the array is {arrays[name].shape} with "
                f"{sizes}"
            )
