"""Checks of the lessons on translation, given as a namespace; as in checks.py."""

import inspect
import itertools
import math
from collections import namedtuple

import numpy as np

import lessons
import pair_oracles
from checks import copied, length, needs, printed_by, watched
from shared_checks import refuses

BOS, EOS, UNK = 0, 1, 2
LENGTHS = (3, 2), (1, 4), (4, 3)
Pair = namedtuple("Pair", "source target sure possible number split", defaults=[0, "train"])


# Small problems


def variants(lesson):
    """The options of `init_params` that make another network, one after the other."""
    if "context" in inspect.signature(lesson["init_params"]).parameters:
        return [{"context": "every"}, {"context": "once"}]
    kinds = lesson["VARIANTS"]
    if isinstance(kinds, dict):  # {name: options}
        return list(kinds.values())
    return [{"attention": kind} for kind in kinds]


def tiny_examples(lesson, rng):
    """The page's own small network and pairs, of each kind."""
    takes = inspect.signature(lesson["tiny_example"]).parameters
    if "variant" in takes:
        return [lesson["tiny_example"](rng, variant) for variant in lesson["VARIANTS"]]
    return [lesson["tiny_example"](rng, **options) for options in variants(lesson)]


def start(ns, rng, words=(8, 9), E=3, H=4, **options):
    """Parameters without a zero in them."""
    few = {"filters": 2, "width": 3}
    takes = inspect.signature(ns["init_params"]).parameters
    options |= {name: value for name, value in few.items() if name in takes}
    params = ns["init_params"](src_vocab_size=words[0], tgt_vocab_size=words[1], embed_size=E,
                               hidden_size=H, rng=rng, **options)  # fmt: skip
    return {name: p + 0.3 * rng.normal(size=p.shape) for name, p in params.items()}


def ids_of(rng, lengths, words=(8, 9)):
    """Sentence pairs as ids, of these lengths; a word may be unknown, and come twice."""
    return [tuple(rng.integers(UNK, V, size=n) for n, V in zip(both, words)) for both in lengths]


def some_masks(ns, rng, params, batch, rate=0.3):
    """Random masks of dropout for a batch, all three."""
    (S, B), T = batch.src.shape, len(batch.tgt_in)
    (_, E), (_, H) = params["W_src"].shape, params["W_y"].shape
    shapes = (S, E, B), (T, E, B), (T, H, B)
    return ns["Masks"](*((rng.random(shape) >= rate) / (1 - rate) for shape in shapes))


def loss_and_gradients(ns, params, batch, *masks):
    loss, cache = ns["forward"](params, batch, *masks)
    return loss, lessons.gradients(ns, params, cache)


def agree(found, expected, names=None, rtol=1e-9, atol=1e-12):
    assert set(found) == set(expected)
    for name in names or found:
        np.testing.assert_allclose(found[name], expected[name], rtol=rtol, atol=atol, err_msg=name)


# The network


def networks(ns, seed=100, lengths=LENGTHS):
    """Loss and every gradient of a padded batch against autograd, with masks and without."""
    for number, options in enumerate(variants(ns)):
        rng = np.random.default_rng(seed + number)
        params, pairs = start(ns, rng, **options), ids_of(rng, lengths)
        batch = ns["make_batch"](pairs)
        for masks in (), (some_masks(ns, rng, params, batch),):
            loss, grads = loss_and_gradients(ns, params, batch, *masks)
            expected_loss, expected = pair_oracles.loss_and_gradients(
                params, pairs, *(tuple(m) for m in masks)
            )
            np.testing.assert_allclose(loss, expected_loss, rtol=1e-12)
            agree(grads, expected)


def padding(ns, seed=101, lengths=LENGTHS):
    """A padded batch has the loss and the gradients of its sentences one by one."""
    for options in variants(ns):
        rng = np.random.default_rng(seed)
        params, pairs = start(ns, rng, **options), ids_of(rng, lengths)
        loss, grads = loss_and_gradients(ns, params, ns["make_batch"](pairs))
        words = np.array([len(target) + 1 for _, target in pairs])
        alone = [loss_and_gradients(ns, params, ns["make_batch"]([pair])) for pair in pairs]
        share = words / words.sum()
        np.testing.assert_allclose(loss, sum(w * one for w, (one, _) in zip(share, alone)))
        agree(grads, {name: sum(w * g[name] for w, (_, g) in zip(share, alone)) for name in grads})


def padding_is_not_read(ns):
    """Whatever stands where the masks are 0, it changes nothing."""
    for options in variants(ns):
        rng = np.random.default_rng(102)
        params, pairs = start(ns, rng, **options), ids_of(rng, LENGTHS)
        batch = ns["make_batch"](pairs)
        loss, grads = loss_and_gradients(ns, params, batch)
        src, tgt_in = batch.src.copy(), batch.tgt_in.copy()
        src[batch.src_mask == 0], tgt_in[batch.tgt_mask == 0] = 5, 6
        other = batch._replace(src=src, tgt_in=tgt_in)
        loss_2, grads_2 = loss_and_gradients(ns, params, other)
        np.testing.assert_allclose(loss_2, loss, rtol=1e-12)
        agree(grads_2, grads)


def what_is_remembered(ns, seed=103, lengths=LENGTHS):
    """What `encode` makes of a sentence is the same alone and beside longer ones."""
    for options in variants(ns):
        rng = np.random.default_rng(seed)
        params, pairs = start(ns, rng, **options), ids_of(rng, lengths)
        batch = ns["make_batch"](pairs)
        together = ns["encode"](params, batch.src, batch.src_mask)
        for b, (source, _) in enumerate(pairs):
            src = np.append(source, EOS)[:, None]
            alone = ns["encode"](params, src, np.ones(src.shape))
            for name, mine in alone._asdict().items():
                if mine is None:
                    continue
                theirs = getattr(together, name)[..., b]
                if name != "u":  # a row for each place
                    assert name not in ("mask", "last") or not theirs[len(src) :].any()
                    theirs = theirs[: len(src)]
                np.testing.assert_allclose(theirs, mine[..., 0], rtol=1e-10, atol=1e-13)
            assert together.last[:, b].argmax() == len(source) and together.last[:, b].sum() == 1


def steps(ns):
    """The steps, fed the true words, give the logits and the attention of `forward`."""
    for options in variants(ns):
        rng = np.random.default_rng(104)
        params, pairs = start(ns, rng, **options), ids_of(rng, LENGTHS)
        batch = ns["make_batch"](pairs)
        _, cache = ns["forward"](params, batch)
        memory = ns["encode"](params, batch.src, batch.src_mask)
        state = ns["start_state"](params, memory)
        for t, tokens in enumerate(batch.tgt_in):
            logits, state, alignment = ns["decoder_step"](params, tokens, state, memory)
            real = batch.tgt_mask[t] > 0
            for mine, theirs in ((logits, cache.logits[t]), (alignment, cache.alignment[t])):
                np.testing.assert_allclose(mine[:, real], theirs[:, real], rtol=1e-10, atol=1e-13)


def steps_backward(ns, seed=105, lengths=LENGTHS):
    """The four step functions, summed over a sentence, give what autograd gives."""
    for options in variants(ns):
        rng = np.random.default_rng(seed)
        params = start(ns, rng, **options)
        for pair in ids_of(rng, lengths):
            loss, grads = ns["by_steps"](params, pair)
            expected_loss, expected = pair_oracles.loss_and_gradients(params, [pair])
            np.testing.assert_allclose(loss, expected_loss, rtol=1e-12)
            agree(lessons.dense(grads, params), expected)


@needs("memory.u")
def the_encoder_by_steps(ns):
    """`encoder_step`, word by word, ends in the context; the last place holds all attention."""
    rng = np.random.default_rng(106)
    params, ((source, target),) = start(ns, rng), ids_of(rng, [(5, 2)])
    h = np.zeros((4, 1))
    for word in [*source, EOS]:
        h = ns["encoder_step"](params, np.array([word]), h)
    batch = ns["make_batch"]([(source, target)])
    memory = ns["encode"](params, batch.src, batch.src_mask)
    np.testing.assert_allclose(memory.u, h, rtol=1e-12)
    np.testing.assert_array_equal(memory.last, [[0], [0], [0], [0], [0], [1]])
    tokens, (h, dh) = np.array([4, 5, 4]), rng.normal(size=(2, 4, 3))  # a word beside itself
    together, back = ns["encoder_step_backward"](params, tokens, h, dh)
    alone = [ns["encoder_step_backward"](params, tokens[[b]], h[:, [b]], dh[:, [b]])
             for b in range(3)]  # fmt: skip
    agree(together, {name: sum(grads[name] for grads, _ in alone) for name in together})
    np.testing.assert_allclose(back, np.concatenate([one for _, one in alone], axis=1))


def attention_is_a_share(ns, seed=107, lengths=LENGTHS):
    """Rows of attention sum to one (to less under a bell), none is negative; padding gets none."""
    for options in variants(ns):
        rng = np.random.default_rng(seed)
        params, pairs = start(ns, rng, **options), ids_of(rng, lengths)
        batch = ns["make_batch"](pairs)
        _, cache = ns["forward"](params, batch)
        assert cache.alignment.shape == (len(batch.tgt_in), *batch.src.shape)
        assert (cache.alignment >= 0).all()
        whole = cache.alignment.sum(axis=1)
        if "W_p" in params:  # a bell takes some of it away
            assert (whole < 1).all() and (whole > 0).all()
        else:
            np.testing.assert_allclose(whole, 1)
        assert not cache.alignment[:, batch.src_mask == 0].any()


def starts(ns):
    """Small rows, orthogonal blocks that differ, no bias; another network has other parameters."""
    for options in variants(ns):
        params = ns["init_params"](
            src_vocab_size=300, tgt_vocab_size=200, embed_size=30, hidden_size=40,
            rng=np.random.default_rng(108), **options,
        )  # fmt: skip
        assert params["W_src"].shape == (300, 30) and params["W_tgt"].shape == (200, 30)
        size = 0.5 if "context" not in options else 0.1
        for name in ("W_src", "W_tgt"):
            assert 0.9 < params[name].std() / size < 1.1
        assert 0.9 < params["W_y"].std() * np.sqrt(40) < 1.1 and params["W_y"].shape == (200, 40)
        recurrent = [p for name, p in params.items() if name.endswith("_W_h")]
        blocks = np.concatenate(recurrent).reshape(-1, 40, 40)
        for number, block in enumerate(blocks):
            np.testing.assert_allclose(block.T @ block, np.eye(40), atol=1e-10)
            assert not any((block == other).all() for other in blocks[:number])
        for name, p in params.items():
            if name.startswith("b_") or name.endswith(("_b", "_b_n")) and name != "W_b":
                assert not p.any(), name
            if name.endswith("_W_x"):
                assert 0.9 < p.std() * np.sqrt(30) < 1.1
        if "context" in options:
            assert ("dec_W_u" in params) == (options["context"] == "every")


def untouched(ns):
    """Neither pass changes what it is given, and float32 stays float32."""
    for options in variants(ns):
        rng = np.random.default_rng(109)
        params, pairs = start(ns, rng, **options), ids_of(rng, LENGTHS)
        batch = ns["make_batch"](pairs)
        before = copied(params), copied(dict(batch._asdict()))
        _, cache = ns["forward"](params, batch)
        once, twice = (lessons.gradients(ns, params, cache) for _ in range(2))
        for name, g in once.items():
            np.testing.assert_array_equal(g, twice[name])
            np.testing.assert_array_equal(params[name], before[0][name])
        for name, kept in before[1].items():
            np.testing.assert_array_equal(getattr(batch, name), kept)
        small = {name: p.astype(np.float32) for name, p in params.items()}
        loss, grads = loss_and_gradients(ns, small, batch)
        assert {g.dtype.name for g in grads.values()} == {"float32"}
        agree(grads, once, rtol=2e-3, atol=1e-5)


def gru_units(ns, seed=110, sizes=(6, 4, 3), masked=True):
    """`gru_run` and its way back are `gru_step` and its way back, wherever the mask is 1."""
    T, H, B = sizes
    rng = np.random.default_rng(seed)
    drive, h0 = rng.normal(size=(T, 3 * H, B)), rng.normal(size=(H, B))
    W_h, b_n, dh = rng.normal(size=(3 * H, H)), rng.normal(size=(H, 1)), rng.normal(size=(T, H, B))
    mask = (rng.random((T, B)) < 0.6).astype(float) if masked else np.ones((T, B))
    h, gates, q = ns["gru_run"](drive, h0, W_h, b_n, mask if masked else None)
    assert h.shape == (T + 1, H, B)
    states, kept = [h0], []
    for t in range(T):
        new, *parts = ns["gru_step"](drive[t], states[t], W_h, b_n)
        states.append(np.where(mask[t] > 0, new, states[t]))
        kept.append(parts)
    np.testing.assert_allclose(h, states, rtol=1e-10, atol=1e-13)
    if masked:
        return_of = ns["gru_run_backward"](dh, h, gates, q, W_h, mask)
    else:
        return_of = ns["gru_run_backward"](dh, h, gates, q, W_h)
    later = np.zeros((H, B))
    for t in reversed(range(T)):
        whole = dh[t] + later
        da, dg, back = ns["gru_step_backward"](whole * mask[t], states[t], W_h, *kept[t])
        later = back + whole * (1 - mask[t])
        for mine, theirs in zip(return_of, (da, dg)):
            np.testing.assert_allclose(mine[t], theirs, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(return_of[2], later, rtol=1e-9, atol=1e-12)


# Data


def batch_form(ns):
    """The columns of a batch, by hand: the end on both sides, one word behind, -1 at padding."""
    batch = ns["make_batch"]([(np.array([5, 7]), np.array([4, 8, 6])),
                              (np.array([9]), np.array([3]))])  # fmt: skip
    by_hand = {
        "src": [[5, 7, 1], [9, 1, None]], "src_mask": [[1, 1, 1], [1, 1, 0]],
        "tgt_in": [[0, 4, 8, 6], [0, 3, None, None]], "tgt_out": [[4, 8, 6, 1], [3, 1, -1, -1]],
        "tgt_mask": [[1, 1, 1, 1], [1, 1, 0, 0]],
    }  # fmt: skip
    assert set(batch._fields) == set(by_hand)
    for name, columns in by_hand.items():
        found = getattr(batch, name)
        assert found.shape == np.transpose(columns).shape
        for b, column in enumerate(columns):
            for t, value in enumerate(column):
                assert value is None or found[t, b] == value, (name, t, b)
    assert batch.src.min() >= 0 and batch.tgt_in.min() >= 0  # ids of rows, even at padding


def a_pass(ns):
    """Every pair once a pass, beside others of like length, in an order that the seed draws."""
    rng = np.random.default_rng(111)
    lengths = rng.integers(1, 12, size=(250, 1)) + rng.integers(2, size=(250, 2))
    pairs = [(np.full(n, 3 + i), np.full(m, 3 + i)) for i, (n, m) in enumerate(lengths)]

    def one_pass(seed, size=4):
        found = list(ns["batches_of"](pairs, size, np.random.default_rng(seed)))
        assert all(batch.src.shape[1] <= size for batch in found)
        return found

    orders = []
    for seed in (0, 0, 1):
        batches = one_pass(seed)
        orders.append([int(i) for batch in batches for i in batch.src[0] - 3])
        assert sorted(orders[-1]) == list(range(250))
        for batch in batches:
            for b, i in enumerate(batch.src[0] - 3):
                np.testing.assert_array_equal(batch.tgt_out[: lengths[i, 1], b], i + 3)
    assert orders[0] == orders[1] != orders[2]
    real = sum(batch.tgt_mask.sum() + batch.src_mask.sum() for batch in batches)
    laid = sum(batch.tgt_mask.size + batch.src_mask.size for batch in batches)
    assert real / laid > 0.9  # alike in length: little padding
    firsts = [batch.src_mask.sum(axis=0).mean() for batch in batches]
    assert 0.3 < np.mean(np.diff(firsts) > 0) < 0.7  # not stretch by stretch
    beside = [{frozenset(batch.src[0].tolist()) for batch in one_pass(seed)} for seed in (0, 1)]
    assert len(beside[0] & beside[1]) < 10, "the same pairs side by side in each pass"
    lengths = rng.integers(1, 12, size=(250, 2))  # a long sentence may have a short translation
    pairs = [(np.full(n, 3), np.full(m, 3)) for n, m in lengths]
    spread = [np.ptp(batch.src_mask.sum(axis=0) + batch.tgt_mask.sum(axis=0))
              for batch in one_pass(0)]  # fmt: skip
    assert np.mean(spread) < 3


def vocabulary(ns):
    """Words that come twice, frequent ones first; what is not among them becomes <unk>."""
    words = "b a b c a b d e e".split()
    vocab = ns["make_vocab"](words)
    assert vocab == ["<bos>", "<eos>", "<unk>", "b", "a", "e"]
    assert ns["make_vocab"](words, 1)[3:] == ["b", "a", "e", "c", "d"]
    ids = ns["encode_words"]("e b zebra d".split(), vocab)
    np.testing.assert_array_equal(ids, [5, 3, UNK, UNK])
    pair = Pair(["b"], ["x", "b"], set(), set())
    ((source, target),) = ns["pair_ids"]([pair], vocab, ["<bos>", "<eos>", "<unk>", "x"])
    assert source.tolist() == [3] and target.tolist() == [3, UNK]


def loaded_pairs(ns):
    """Each column of a line where it belongs; a file of one's own split by place, or refused."""
    shipped = ("id\tsplit\ten\tfr\talignment\n3\tnovel\tthe crow drinks\tle corbeau boit\t"
               "0-0 1?1 1-2\n12\ttest\tfox\tun renard\t0?0 0-1\n")  # fmt: skip
    with lessons.borrowed(ns, load_text=lambda name: shipped):
        found = ns["load_pairs"]("crow_en_fr.tsv")
    assert found[0]._fields == ("number", "split", "source", "target", "sure", "possible")
    assert [tuple(pair) for pair in found] == [
        (3, "novel", ["the", "crow", "drinks"], ["le", "corbeau", "boit"], {(0, 0), (1, 2)},
         {(1, 1)}), (12, "test", ["fox"], ["un", "renard"], {(0, 1)}, {(0, 0)}),
    ]  # fmt: skip
    own = [f"a w{n}\tb c m{n}" for n in range(1, 26)]
    with lessons.borrowed(ns, load_text=lambda name: "\n".join(own) + "\n\n"):
        found = ns["load_pairs"]("mine.tsv")
        homes = {5: "valid", 15: "valid", 24: "test", 25: "test"}
        for n, pair in enumerate(found, start=1):
            words = ["a", f"w{n}"], ["b", "c", f"m{n}"]
            assert tuple(pair) == (n, homes.get(n, "train"), *words, set(), set())
        assert len(found) == 25
        kept = list(own)
        for line, words in (("one side", "Line 7"), ("a\tb\tc", "Line 7"), ("a\t ", "Line 7")):
            own[6] = line
            with refuses(ValueError, "mine.tsv", words):
                ns["load_pairs"]("mine.tsv")
        own[:] = kept[:19]
        with refuses(ValueError, "mine.tsv", "19 lines"):
            ns["load_pairs"]("mine.tsv")


def splits(ns):
    """The lines of a split, and of "novel odd" and the like one half."""
    pairs = [Pair([], [], set(), set(), n, "novel" if n < 7 else "test") for n in range(1, 10)]
    assert [p.number for p in ns["in_split"](pairs, "novel odd")] == [1, 3, 5]
    assert [p.number for p in ns["in_split"](pairs, "novel even")] == [2, 4, 6]
    assert [p.number for p in ns["in_split"](pairs, "test", "novel even")] == [7, 8, 9, 2, 4, 6]


# Training


@needs("def regularised(")
def masks_of_pairs(ns):
    """New masks for each batch on all three places, one for both passes, and their gradients."""
    rng = np.random.default_rng(112)
    params, pairs = start(ns, rng), ids_of(rng, LENGTHS)
    batch = ns["make_batch"](pairs)
    gradients = ns["regularised"](0.4, rng)
    with watched(ns, "forward") as reads:
        results = [gradients(params, batch) for _ in range(6)]
    assert len(reads) == 6, "one forward pass a batch"
    for place, mask in enumerate(reads[0][0]["masks"]):
        assert mask is not None and ((mask == 0) | np.isclose(mask, 1 / 0.6)).all()
        others = [given["masks"][place] for given, _ in reads[1:]]
        assert not any((mask == other).all() for other in others), "the same mask again"
        assert not any((one == mask[0]).all() for one in mask[1:])
    zeros = [np.mean([(given["masks"][k] == 0).mean() for given, _ in reads]) for k in range(3)]
    np.testing.assert_allclose(zeros, 0.4, atol=0.12)
    for (given, (loss, _)), (its_loss, grads) in zip(reads, results):
        expected_loss, expected = pair_oracles.loss_and_gradients(
            params, pairs, tuple(given["masks"])
        )
        np.testing.assert_allclose([loss, its_loss], expected_loss, rtol=1e-12)
        agree(lessons.dense(grads, params), expected)
    plain, same = ns["loss_and_gradients"](params, batch), ns["regularised"](0, rng)(params, batch)
    assert plain[0] == same[0]


def training(ns):
    """Passes, a rate on a half cosine, clipping, and a record of all norms before it."""
    rng = np.random.default_rng(113)
    params, pairs = start(ns, rng), ids_of(rng, [LENGTHS[i % 3] for i in range(10)])
    before, rates, seen = copied(params), [], []

    def update(params, grads, memory, learning_rate):
        rates.append(learning_rate)
        assert length(lessons.dense(grads, params)) <= 0.01 * (1 + 1e-9)

    def gradients(params, batch):
        seen.extend(tuple(words[mask > 0]) for words, mask in zip(batch.src.T, batch.src_mask.T))
        return ns["loss_and_gradients"](params, batch)

    def after(n, history, grads):
        sizes.append(length(lessons.dense(grads, params)))

    sizes = []
    with lessons.borrowed(ns, sparse_adam_step=update):
        history = ns["train_pairs"](params, pairs, 6, 0.5, 4, rng, 0.01, gradients, after)
    np.testing.assert_allclose(sizes, history["norm"])  # before clipping
    np.testing.assert_allclose(rates, 0.25 * (1 + np.cos(np.pi * np.arange(1, 7) / 6)), atol=1e-15)
    wanted = sorted((*map(int, source), EOS) for source, _ in pairs)
    for part in (seen[:10], seen[10:]):  # two passes of three batches
        assert sorted(tuple(map(int, words)) for words in part) == wanted
    assert set(history) == {"loss", "norm", *params} and min(history["norm"]) > 0.01
    np.testing.assert_allclose(
        np.square(history["norm"]), sum(np.square(history[name]) for name in params)
    )
    agree(params, {name: p.round(5) for name, p in before.items()}, rtol=0, atol=0)
    fading, wanted = copied(before), copied(before)
    with lessons.borrowed(ns, sparse_adam_step=lambda *args: None):
        ns["train_pairs"](fading, pairs, 6, 0.5, 4, rng, weight_decay=0.3)
    for rate in rates:  # matrices fade, vectors do not; both are rounded
        for name, p in wanted.items():
            wanted[name] = (p * (1 - 0.3 * rate if min(p.shape) > 1 else 1)).round(5)
    agree(fading, wanted, rtol=0, atol=1e-9)
    with refuses(FloatingPointError, "update 2", "learning_rate"):
        lost = iter((1.0, np.nan))
        ns["train_pairs"](params, pairs, 6, 0.01, 4, rng, 1.0, lambda *_: (next(lost), {}))
    history = ns["train_pairs"](params, pairs[:2], 60, 0.03, 2, rng)
    assert history["loss"][-1] < 0.3 * history["loss"][0]
    once, twice = copied(before), copied(before)
    for own in once, twice:
        ns["train_pairs"](own, pairs, 5, 0.01, 4, np.random.default_rng(1))
    agree(once, twice, rtol=0, atol=0)


@needs("def held_out_loss(")
def held_out(ns):
    """The mean over all target words, whatever the portions, and nothing hidden."""
    rng = np.random.default_rng(114)
    params, pairs = start(ns, rng), ids_of(rng, [LENGTHS[i % 3] for i in range(8)])
    expected, _ = pair_oracles.loss_and_gradients(params, pairs)
    for size in (1, 2, 3, 8, 250):
        np.testing.assert_allclose(ns["held_out_loss"](params, pairs, size), expected, rtol=1e-10)


@needs("def pairs_reporter(")
def lines_of_progress(ns):
    """Loss of the training's batch, of the validation sentences, and the share that is right."""
    rng = np.random.default_rng(115)
    params, ids = start(ns, rng), ids_of(rng, [LENGTHS[i % 3] for i in range(9)])
    vocab = ["<bos>", "<eos>", "<unk>", *"abcdef"]
    said = ns["translate_all"](params, ids, vocab)
    pairs = [Pair([], words if i % 3 else [*words, "a"], set(), set())
             for i, words in enumerate(said)]  # fmt: skip
    after, curve = ns["pairs_reporter"](params, pairs, ids, vocab, 2)
    lines = []
    for n, loss in ((1, 9.0), (2, 2.5), (3, 9.0), (4, 1.25)):
        history = {"loss": [7.0, loss], "norm": [1.0]}
        lines += printed_by(after, n, history, params)[0].splitlines()
    expected, _ = pair_oracles.loss_and_gradients(params, ids)
    assert len(lines) == 2 and "2.50" in lines[0] and "1.25" in lines[1] and "67%" in lines[0]
    assert f"valid {expected:.2f}" in lines[0] and lines[1].split()[1] == "4"
    np.testing.assert_allclose(curve, [(2, expected, 6 / 9), (4, expected, 6 / 9)])


# Translating


def talkers(lesson, seed=116, words=(8, 7), count=7):
    """Of each kind a network whose translations differ in length, and sources."""
    for options in variants(lesson):
        for draw in itertools.count(seed):
            rng = np.random.default_rng(draw)
            params = start(lesson, rng, words, **options)
            params = {name: p * 2.5 for name, p in params.items()}
            pairs = ids_of(rng, [(1 + i % 5, 1) for i in range(count)], words)
            said = [by_hand(lesson, params, source, 6) for source, _ in pairs]
            if len({len(words) for words in said}) > 2 or draw > seed + 200:
                break
        yield params, pairs


def by_hand(ns, params, source, limit):
    """The likeliest word each time: `forward`, fed what has been said so far."""
    said = []
    while len(said) < limit and (not said or said[-1] != EOS):
        batch = ns["make_batch"]([(source, np.array(said, int))])
        _, cache = ns["forward"](params, batch)
        said.append(int(cache.logits[-1, :, 0].argmax()))
    return said


@needs("def greedy(")
def greedy_decoding(ns):
    """Each sentence of a batch gets what it would get alone; after its end nothing is said."""
    for params, pairs in talkers(ns):
        batch = ns["make_batch"](pairs)
        for limit in (1, 6):
            said, seen = ns["greedy"](params, batch.src, batch.src_mask, limit)
            assert said.shape[1] == len(pairs) and len(said) <= limit
            assert seen.shape == (len(said), *batch.src.shape)
            wanted = [by_hand(ns, params, source, limit) for source, _ in pairs]
            assert len(said) == max(map(len, wanted))
            for b, words in enumerate(wanted):
                assert said[: len(words), b].tolist() == words
                assert (said[len(words) :, b] == EOS).all()
        assert len({len(words) for words in wanted}) > 2, "all alike: a poor test"


@needs("def translate_all(")
def many_sentences(ns):
    """In the order of the pairs, cut at the end of each, however they are portioned."""
    vocab = ["<bos>", "<eos>", "<unk>", *"abcd"]
    for params, pairs in talkers(ns):
        wanted = [[vocab[i] for i in by_hand(ns, params, source, 6) if i != EOS]
                  for source, _ in pairs]  # fmt: skip
        for size in (1, 3, 250):
            assert ns["translate_all"](params, pairs, vocab, 6, size) == wanted


def log_probability(ns, params, source, words):
    """log p of saying `words`, their end among them if they have one: one pass."""
    whole = words[-1] == EOS
    batch = ns["make_batch"]([(source, np.array(words[:-1] if whole else words, int))])
    _, cache = ns["forward"](params, batch)
    scores = cache.logits[: len(words), :, 0]
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return log_p[np.arange(len(words)), words].sum()


@needs("def beam(")
def a_beam_as_wide_as_all(ns):
    """The best of all translations of at most three words, for each power; scores as they read."""
    V, limit = 4, 3
    ended = [[*words, EOS] for n in range(limit)
             for words in itertools.product([0, 2, 3], repeat=n)]  # fmt: skip
    for params, pairs in talkers(ns, 117, (6, V), 5):
        for source, _ in pairs:
            log_p = {tuple(words): log_probability(ns, params, source, words) for words in ended}
            last = by_hand(ns, params, source, limit)
            log_p[tuple(last)] = log_probability(ns, params, source, last)
            for power in (0.0, 0.5, 1.0):
                best = max(log_p, key=lambda w, power=power: log_p[w] / len(w) ** power)
                src = np.append(source, EOS)[:, None]
                words, score, seen = ns["beam"](params, src, V**limit, limit, power)
                assert tuple(words) == best
                np.testing.assert_allclose(score, log_p[best] / len(best) ** power)
                assert seen.shape == (len(best), len(src))


def search(ns, params, source, width, limit, power):
    """The best score of a beam, its next words scored by `forward`, one pass for each beginning."""
    first = by_hand(ns, params, source, limit)
    done = [(log_probability(ns, params, source, first) / len(first) ** power, first)]
    live = [(0.0, [])]
    for _ in range(limit):
        grown = []
        for score, words in live:
            _, cache = ns["forward"](params, ns["make_batch"]([(source, np.array(words, int))]))
            logits = cache.logits[-1, :, 0]
            log_p = logits - np.log(np.exp(logits).sum())
            grown += [(score + log_p[i], [*words, i]) for i in range(len(log_p))]
        grown = sorted(grown, reverse=True)[:width]
        done += [(s / len(words) ** power, words) for s, words in grown if words[-1] == EOS]
        live = [path for path in grown if path[1][-1] != EOS]
    return max(done)[0]


@needs("def beam(")
def beams(ns):
    """Width one is greedy; wider is never below it; a score is log p over length to a power."""
    longer = better = 0
    for params, pairs in talkers(ns, 118, (8, 7), 5):
        for source, _ in pairs:
            src = np.append(source, EOS)[:, None]
            greedy = by_hand(ns, params, source, 6)
            for power in (1.0, 0.0):
                scores = []
                for width in (1, 2, 5):
                    words, score, seen = ns["beam"](params, src, width, 6, power)
                    log_p = log_probability(ns, params, source, words)
                    np.testing.assert_allclose(score, log_p / len(words) ** power)
                    assert len(seen) == len(words) <= 6 and EOS not in words[:-1]
                    assert width > 1 or words == greedy
                    scores.append(score)
                assert scores[0] <= min(scores) + 1e-12
                better += scores[-1] > scores[0] + 1e-9
                wanted = [search(ns, params, source, width, 6, power) for width in (1, 2, 5)]
                np.testing.assert_allclose(scores, wanted)
                longer += power * len(words) - (1 - power) * len(words)
            default = ns["beam"](params, src, 5, 6)
            assert default[:2] == ns["beam"](params, src, 5, 6, 1.0)[:2]
    assert better > 0, "a wider beam finds nothing"
    assert longer > 0  # a sum of logarithms likes short sentences


@needs("def translate(")
def translating(ns):
    """A list of words there, a list of words back, no sign among them; a new word is named."""
    src_vocab, tgt_vocab = (["<bos>", "<eos>", "<unk>", *letters] for letters in ("abcde", "vwxy"))
    for params, _ in talkers(ns):
        for text, new in (("a b", ""), ("a zebra yak b zebra", "zebra yak")):
            said, (words, seen) = printed_by(
                ns["translate"], params, text.split(), src_vocab, tgt_vocab
            )
            assert all(word in said for word in new.split()) and len(said.splitlines()) == bool(new)
            assert not new or "<unk>" in said
            source = ns["encode_words"](text.split(), src_vocab)
            wanted = by_hand(ns, params, source, 2 * len(source) + 7)
            assert words == [tgt_vocab[i] for i in wanted if i != EOS]
            assert seen.shape == (len(wanted), len(source) + 1)


# Scores


def pairs_of(*targets):
    return [Pair([], target.split(), set(), set()) for target in targets]


@needs("def bleu(")
def bleu_of_papineni(ns):
    """Counts clipped, four lengths of runs over the whole corpus, and a penalty for shortness."""
    truths = pairs_of("a b c d e f", "a a b b c", "x y z w v u t")

    def of(*said):
        return ns["bleu"]([words.split() for words in said], truths)

    def mean(*shares):
        return 100 * math.prod(shares) ** 0.25

    same = "a a b b c", "x y z w v u t"
    for found, wanted in (
        (of("a b c d e f", *same), 100),
        (of("a b c d", *same), 100 * math.exp(1 - 18 / 16)),
        (of("a b c d e f q", *same), mean(18 / 19, 15 / 16, 12 / 13, 9 / 10)),
        (of("a a a a a a", *same), mean(13 / 18, 10 / 15, 8 / 12, 6 / 9)),
        (of("f e d c b a", "c b b a a", "q"), 0),
    ):
        assert math.isclose(found, wanted)
    assert ns["bleu"]([["a"], ["b"]], pairs_of("a", "b")) == 0.0  # no run of four words


@needs("def exact_match(")
def exact(ns):
    """Word for word, in order, nothing missing."""
    truths = pairs_of("a b", "a b", "a b", "a b c", "c")
    said = [words.split() for words in ("a b", "b a", "a", "a b c", "C")]
    assert ns["exact_match"](said, truths) == 2 / 5
    assert ns["exact_match"](["a b d".split()], pairs_of("a b c")) == 0


@needs("def by_length(")
def lengths_of_sources(ns):
    """Exact match by the number of source words, ends not counted; None where there is none."""
    counts = 1, 9, 10, 14, 15, 25, 40
    pairs = [Pair(["w"] * n, ["t"] * 3, set(), set()) for n in counts]
    said = [["t"] * (3 if n not in (9, 15, 40) else 2) for n in counts]
    assert ns["by_length"](said, pairs) == {
        "1-9": 0.5, "10-14": 1.0, "15-19": 0.0, "20-24": None, "25+": 0.5
    }  # fmt: skip


@needs("def token_accuracy(")
def right_words(ns):
    """Of all target words, ends among them, those that are likeliest after the TRUE words."""
    rng = np.random.default_rng(119)
    params, pairs = start(ns, rng), ids_of(rng, [LENGTHS[i % 3] for i in range(8)])
    right = count = 0
    for n, (source, target) in enumerate(pairs):
        if n % 2:  # make some words right
            said = [word for word in by_hand(ns, params, source, len(target)) if word != EOS]
            target[: len(said)] = said
        _, cache = ns["forward"](params, ns["make_batch"]([(source, target)]))
        likeliest = cache.logits[:, :, 0].argmax(axis=1)
        right += sum(likeliest == [*target, EOS])
        count += len(target) + 1
    assert 0 < right < count
    for size in (1, 3, 250):
        np.testing.assert_allclose(ns["token_accuracy"](params, pairs, size), right / count)


def with_links(source, target, links, split="train", number=1):
    """A pair of words and its links, `0-1` sure and `0?1` possible."""
    sure, possible = (
        {tuple(map(int, link.split(mark))) for link in links.split() if mark in link}
        for mark in "-?"
    )
    return Pair(source.split(), target.split(), sure, possible, number, split)


def alignments(lesson):
    """Of weights made by hand: ends on neither side, sure links and possible ones as they count."""
    pairs = [with_links("a b c", "x y z w", "0-0 1-1 2-2 2?3"), with_links("a b", "y u", "1-0 0?0")]
    ids = [(np.full(3, 3), np.full(4, 3)), (np.full(2, 3), np.full(2, 3))]
    weights = np.zeros((5, 4, 2))
    weights[:, :, 0] = [[0.6, 0.4, 0, 0], [0, 0.1, 0, 0.9], [0.5, 0, 0.3, 0.2], [0, 0.2, 0.7, 0.1],
                        [0, 0, 0, 1]]  # fmt: skip
    weights[0, :, 1] = [0.3, 0.2, 0.5, 0]
    weights[1:, :, 1] = [0, 0, 1, 0]

    def forward(params, batch, *_):
        T, (S, B) = len(batch.tgt_in), batch.src.shape
        here = slice(None) if B == 2 else [int(S < 4)]
        return 0.0, namedtuple("Cache", "alignment")(weights[:T, :S, here])

    # guessed: 0-0, 1-1, 0-2, 2-3; and 0-0, 0-1. Sure 4, right 4, right among the sure 2, of 6
    expected = {"AER": 1 - (2 + 4) / (6 + 4), "precision": 4 / 6, "recall": 2 / 4,
                "mass": np.mean([0.6, 0.1, 0.3, 0.7, 0.5])}  # fmt: skip
    for size in (1, 250):
        with lessons.borrowed(lesson, forward=forward):
            found = lesson["alignment_scores"]({}, pairs, ids, size)
        assert set(found) == set(expected)
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, err_msg=name)


@needs("def word_table(")
def dictionary(ns):
    """The most frequent sure partner of each word, the first of equals in the alphabet."""
    training = [
        with_links("the crow drinks", "le corbeau boit", "0-0 1-1 2-2"),
        with_links("the crow sees the mouse", "le corbeau voit la souris", "0-0 1-1 2-2 3-3 4-4"),
        with_links("the mouse", "la souris", "0-0 1-1"),
        with_links("does not drink", "ne boit pas", "0?0 1-0 1-2 2-1"),
    ]
    table = ns["word_table"](training)
    assert table == {"the": "la", "crow": "corbeau", "drinks": "boit", "sees": "voit",
                     "mouse": "souris", "not": "ne", "drink": "boit"}  # fmt: skip
    said = ns["word_by_word"](pairs_of_sources("the mouse does not see the crow"), table)
    assert said == ["la souris ne la corbeau".split()]


def pairs_of_sources(*sources):
    return [Pair(source.split(), [], set(), set()) for source in sources]


@needs("def phrase_table(")
def phrases(ns):
    """Runs whose links form a block, no link leading out; from the left the longest."""
    training = [
        with_links("the red pear falls", "la poire rouge tombe", "0-0 1-2 2-1 3-3"),
        with_links("he does not fall", "il ne tombe pas", "0-0 1?1 2-1 2-3 3-2"),
    ]
    table = ns["phrase_table"](training)
    wanted = {
        "the": "la", "red": "rouge", "pear": "poire", "falls": "tombe", "red pear": "poire rouge",
        "the red pear": "la poire rouge", "red pear falls": "poire rouge tombe",
        "the red pear falls": "la poire rouge tombe", "he": "il",
        "fall": "tombe", "does not fall": "ne tombe pas", "he does not fall": "il ne tombe pas",
    }  # fmt: skip
    assert table == {tuple(s.split()): tuple(t.split()) for s, t in wanted.items()}
    alike = [with_links("pear", "poire", "0-0"), with_links("pear", "fruit", "0-0")]
    assert ns["phrase_table"](alike) == {("pear",): ("fruit",)}  # the first in the alphabet
    short = ns["phrase_table"](training, longest=2)
    assert set(short) == {run for run in table if len(run) <= 2}
    some = pairs_of_sources("the red pear does fall", "zebra he falls zebra")
    told = ns["by_phrases"](some, table)
    assert told == ["la poire rouge tombe".split(), "il tombe".split()]
