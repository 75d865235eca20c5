"""Checks of the lesson whose decoder is brought up to date before it looks; as in checks.py."""

from collections import namedtuple

import numpy as np

import lessons
import pair_attention_checks
import pair_oracles
from checks import needs, watched
from pair_checks import LENGTHS, Pair, agree, ids_of, some_masks, start, variants, with_links

ROADS = [(road, {}) for road in ("context", "score", "neighbours fw", "neighbours bw", "bridge",
                                 "recurrence", "asking", "readout")]  # fmt: skip
ROADS += [
    ("asking", {"asks": "before"}), ("score", {"score": "dot"}), ("score", {"score": "general"}),
    ("window", {"place": "window"}),
    ("feeding", {"score": "general", "feeding": True}), ("predicting", {"place": "local"}),
    ("asking", {"place": "local"}), ("bridge", {"encoder": "one way"}),
]  # fmt: skip
MIXTURES = (
    {"feeding": True, "place": "window"}, {"feeding": True, "place": "local", "score": "dot"},
    {"feeding": True, "asks": "before"}, {"feeding": True, "encoder": "one way"},
    {"place": "window", "score": "dot", "encoder": "one way"},
    {"place": "window", "asks": "before"}, {"place": "local", "asks": "before"},
    {"place": "local", "score": "general", "encoder": "one way"},
)  # fmt: skip
HELD = ({"place": "window"}, {"place": "window", "feeding": True},
        {"place": "window", "score": "general"}, {"place": "window", "asks": "before"})  # fmt: skip


# The opening


@needs("def partners_after(")
def counts_of_partners(ns):
    """Of each word read so far, what the next one's partners were; and weights of such counts."""
    target = "p q r".split()
    assert [ns["word_read"](target, t, 1) for t in range(3)] == ["<bos>", "p", "q"]
    assert [ns["word_read"](target, t, 2) for t in range(3)] == ["<bos>", "<bos>", "p"]
    pairs = [with_links("a b c", "p q r", "0-0 1-1 2?2"), with_links("a c", "p q", "0-1 1-0")]
    one, two = (ns["partners_after"](pairs, back) for back in (1, 2))
    assert one == {"<bos>": {"a": 1, "c": 1}, "p": {"b": 1, "a": 1}, "q": {"c": 1}}
    assert two == {"<bos>": {"a": 2, "c": 1, "b": 1}, "p": {"c": 1}}
    weights = ns["counted_weights"](pairs[0], one, 1)
    wanted = np.array([[1.1, 0.1, 1.1], [1.1, 1.1, 0.1], [0.1, 0.1, 1.1]])
    np.testing.assert_allclose(weights, wanted / wanted.sum(axis=1, keepdims=True))
    looks = np.array([[0.3, 0.5, 0.2], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.2, 0.7, 0.1]])
    pair = with_links("a b c", "p q r s", "1-0 2-1 0?2")  # s has no partner
    assert list(map(bool, ns["on_partner"](looks, pair))) == [True, False, False]


# One look


def looks_of(ns, seed, **options):
    """Parameters, places of three sentences, their mask, a state that asks, weights before."""
    rng = np.random.default_rng(seed)
    params, counts = start(ns, rng, **options), np.array([5, 2, 3])
    mask = (np.arange(5)[:, None] < counts).astype(float)
    size = params["W_c"].shape[1] - 4
    h, s = rng.normal(size=(5, size, 3)) * mask[:, None], rng.normal(size=(4, 3))
    before = rng.random((5, 3)) * mask
    return params, counts, h, mask, s, before / before.sum(axis=0)


@needs("def look_backward(")
def looking(ns):
    """Weights and context of each sentence by its words alone; at the first step, too."""
    for options in variants(ns):
        params, counts, h, mask, s, weights = looks_of(ns, 150, **options)
        for before in (weights, np.zeros_like(weights)):
            memory = ns["remember"](params, h, mask)
            alignment, u = ns["look"](params, s, before, memory)
            for b, n in enumerate(counts):
                places = [h[j, :, [b]].T for j in range(n)]
                asks = s[:, [b]]
                scores = [pair_oracles.compared(params, asks, place) for place in places]
                np.testing.assert_allclose(ns["answers"](params, s, memory)[:n, b], scores)
                centre = None
                if "W_p" in params:
                    a = (params["v_p"] * np.tanh(params["W_p"] @ asks)).sum()
                    centre = n / (1 + np.exp(-a))
                    np.testing.assert_allclose(ns["predicted"](params, s, memory)[b], centre)
                wanted = pair_oracles.shares(params, scores, before[:n, b], centre)
                np.testing.assert_allclose(alignment[:n, b], wanted, rtol=1e-10, atol=1e-13)
                assert not alignment[n:, b].any()
                context = sum(weight * place for weight, place in zip(wanted, places))
                np.testing.assert_allclose(u[:, [b]], context, rtol=1e-10, atol=1e-13)


@needs("def bell(")
def bells(ns):
    """One at its middle, e^-1/2 at D / 2, e^-2 at D; a column for each sentence."""
    found = ns["bell"](np.array([1.0, 6.0, 12.5]), 12)
    assert ns["REACH"] == 10 and found.shape == (12, 3)
    np.testing.assert_allclose(found[[0, 5, 10], 0], np.exp([0, -0.5, -2]))
    np.testing.assert_allclose(found[[0, 5, 10], 1], np.exp([-0.5, 0, -0.5]))
    assert (np.diff(found[:, 2]) > 0).all()


@needs("def look_backward(")
def looking_backward(ns):
    """Every road and share of one look, by small steps to either side; sentences do not mix."""
    for options in variants(ns):
        params, _, h, mask, s, before = looks_of(ns, 151, **options)
        rng = np.random.default_rng(152)
        du, dalignment = rng.normal(size=h[0].shape), rng.normal(size=mask.shape) * mask

        def worth(p, h, s, before, mask=mask, du=du, dalignment=dalignment):
            alignment, u = ns["look"](p, s, before, ns["remember"](p, h, mask))
            return (u * du).sum() + (alignment * dalignment).sum()

        found = ns["look_backward"](
            params, s, before, ns["remember"](params, h, mask), du, dalignment
        )
        shares, to_s, to_h, dbefore = found
        move = {"h": rng.normal(size=h.shape) * mask[:, None], "s": rng.normal(size=s.shape),
                "before": rng.normal(size=before.shape) * mask}  # fmt: skip
        here = {"h": h, "s": s, "before": before}
        slopes = {"h": sum(to_h.values()), "s": sum(to_s.values()), "before": dbefore}
        for name, way in move.items():
            for b in range(3):  # a sentence at a time
                one = np.zeros_like(way)
                one[..., b] = way[..., b]
                there, back = (worth(params, **{**here, name: here[name] + e * one})
                               for e in (1e-5, -1e-5))  # fmt: skip
                slope = (slopes[name] * one).sum()
                np.testing.assert_allclose((there - back) / 2e-5, slope, rtol=1e-5, atol=1e-8)
        own = set(params) & {"W_a", "W_b", "U_a", "v_a", "shift", "log_kappa", "W_p", "v_p"}
        assert set(shares) == own
        for name in own:
            one = rng.normal(size=params[name].shape)
            ends = [worth({**params, name: params[name] + e * one}, **here) for e in (1e-5, -1e-5)]
            np.testing.assert_allclose(
                (ends[0] - ends[1]) / 2e-5, (shares[name] * one).sum(), rtol=1e-5, atol=1e-8
            )


@needs("def look_backward(")
def a_step_back_of_three(ns):
    """A step of three sentences back is the step of each, their shares summed."""
    for options in variants(ns):
        params, _, h, mask, s, before = looks_of(ns, 153, **options)
        rng = np.random.default_rng(154)
        tokens, dlogits, fed = np.array([4, 5, 4]), rng.normal(size=(9, 3)), rng.normal(size=(4, 3))
        later = (rng.normal(size=s.shape), rng.normal(size=mask.shape) * mask,
                 rng.normal(size=(4, 3)))  # fmt: skip

        def back(b, params=params, h=h, mask=mask, parts=(s, before, fed), tokens=tokens,
                 dlogits=dlogits, later=later):  # fmt: skip
            memory = ns["remember"](params, h[..., b], mask[..., b])
            return ns["decoder_step_backward"](
                params, tokens[b], tuple(part[..., b] for part in parts), memory, dlogits[..., b],
                tuple(d[..., b] for d in later),
            )  # fmt: skip

        together, alone = back(slice(None)), [back(slice(b, b + 1)) for b in range(3)]
        agree(together[0], {name: sum(one[0][name] for one in alone) for name in together[0]})
        for k in 1, 2:
            agree(together[k], {road: np.concatenate([one[k][road] for one in alone], axis=-1)
                                for road in together[k]})  # fmt: skip
        for k, part in enumerate(together[3]):
            wanted = np.concatenate([one[3][k] for one in alone], axis=1)
            np.testing.assert_allclose(part, wanted, atol=1e-14)


# All steps at once


@needs("def look_all(")
def mixtures(ns):
    """Loss and gradients of networks that mix the page's ways; the steps say the same."""
    for number, options in enumerate(MIXTURES):
        rng = np.random.default_rng(155 + number)
        params, pairs = start(ns, rng, **options), ids_of(rng, LENGTHS)
        batch = ns["make_batch"](pairs)
        masks = some_masks(ns, rng, params, batch)
        loss, cache = ns["forward"](params, batch, masks)
        expected_loss, expected = pair_oracles.loss_and_gradients(params, pairs, tuple(masks))
        np.testing.assert_allclose(loss, expected_loss, rtol=1e-12, err_msg=str(options))
        agree(lessons.gradients(ns, params, cache), expected)
        _, grads = ns["by_steps"](params, pairs[0])
        agree(lessons.dense(grads, params), pair_oracles.loss_and_gradients(params, pairs[:1])[1])


@needs("held=False")
def places_held(ns):
    """`held` has the gradient of a network that reads copies of the weights before; else not."""
    for options in HELD:
        rng = np.random.default_rng(156)
        params, pairs = start(ns, rng, **options), ids_of(rng, LENGTHS)
        batch = ns["make_batch"](pairs)
        masks = some_masks(ns, rng, params, batch)
        _, cache = ns["forward"](params, batch, masks)
        followed, held = (
            lessons.dense(ns["backward"](params, cache, held=held), params)
            for held in (False, True)
        )
        agree(followed, pair_oracles.loss_and_gradients(params, pairs, tuple(masks))[1])
        _, copy = pair_oracles.loss_and_gradients(params, pairs, tuple(masks), cut="window")
        agree(held, copy)
        assert np.abs(held["W_src"] - followed["W_src"]).max() > 1e-4


@needs("def exp_twice(")
def no_overflow(ns):
    """The score of products of exponentials is that of tanh, and finite, however large."""
    rng = np.random.default_rng(157)
    params, _, h, mask, _, _ = looks_of(ns, 158)
    for size in (1, 6, 2000):
        big = {**params, "W_a": size * params["W_a"], "U_a": size * params["U_a"]}
        for kind, rtol in ((np.float64, 1e-9), (np.float32, 1e-4)):
            p = {name: a.astype(kind) for name, a in big.items()}
            memory = ns["remember"](p, h.astype(kind), mask.astype(kind))
            asked = rng.normal(size=(3, 4, 3)).astype(kind)
            with np.errstate(all="raise", under="ignore"):
                found, _ = ns["all_answers"](p, asked, ns["lay_out"](p, memory))
            assert np.isfinite(found).all()
            if size == 2000:
                continue
            wanted = [ns["answers"](p, s, memory) for s in asked]
            np.testing.assert_allclose(found, wanted, rtol=rtol, atol=1e-4 * (kind != np.float64))


# Reading, and the start


@needs("def start_place(")
def read_by_words(ns):
    """As in lesson 8, from either end; one way alone ends at the last real place."""
    pair_attention_checks.reading_both_ways(ns)
    rng = np.random.default_rng(159)
    params, pairs = start(ns, rng, encoder="one way"), ids_of(rng, LENGTHS)
    batch = ns["make_batch"](pairs)
    memory = ns["encode"](params, batch.src, batch.src_mask)
    s, before, shown = ns["start_state"](params, memory)
    assert not before.any() and not shown.any() and memory.h.shape[1] == 4
    for b, (source, _) in enumerate(pairs):
        h = np.zeros((4, 1))
        for word in [*source, 1]:
            h = ns["encoder_step"](params, np.array([word]), h, "fw")
        np.testing.assert_allclose(s[:, [b]], np.tanh(params["W_s"] @ h + params["b_s"]))


@needs("def start_place(")
def what_there_is(ns):
    """Which parameters each option adds, and how large they are at the start."""

    def made(**options):
        return ns["init_params"](src_vocab_size=9, tgt_vocab_size=9, embed_size=30, hidden_size=40,
                                 rng=np.random.default_rng(160), **options)  # fmt: skip

    common = set(made(score="dot"))
    for options, more in (
        ({}, {"W_a", "U_a", "v_a"}), ({"score": "general"}, {"W_a"}),
        ({"asks": "before"}, {"W_b", "U_a", "v_a"}),
        ({"score": "dot", "feeding": True}, {"dec_W_f"}),
        ({"score": "dot", "place": "window"}, {"log_kappa", "shift"}),
        ({"score": "dot", "place": "local"}, {"W_p", "v_p"}),
    ):  # fmt: skip
        assert set(made(**options)) == common | more, options
    one_way = made(encoder="one way")
    lost = common - set(one_way)
    assert lost == {f"enc_bw_{name}" for name in ("W_x", "W_h", "b", "b_n")}
    assert one_way["W_c"].shape == (40, 80) and one_way["U_a"].shape == (40, 40)
    for options, name, columns, size in (
        ({}, "W_a", 40, 0.3), ({}, "U_a", 80, 0.3), ({}, "v_a", 40, 1), ({}, "W_c", 120, 1),
        ({"score": "general"}, "W_a", 80, 1), ({"asks": "before"}, "W_b", 40, 0.3),
        ({"place": "local"}, "W_p", 40, 1), ({"place": "local"}, "v_p", 40, 1),
        ({"feeding": True}, "dec_W_f", 40, 1),
    ):  # fmt: skip
        assert 0.7 < made(**options)[name].std() * np.sqrt(columns) / size < 1.4, (options, name)
    window = made(place="window")
    assert window["log_kappa"].item() == -2 and window["shift"].item() == 1
    for score in "dot", "general":
        try:
            made(score=score, asks="before")
        except ValueError as error:
            assert score in str(error)
        else:
            raise AssertionError("a question without its matrix")


# One road at a time


def roads_of(lesson):
    """(road, a network in which there is that road, one of its pairs)."""
    for road, options in ROADS:
        rng = np.random.default_rng(161)
        params = start(lesson, rng, **options)
        yield road, params, ids_of(rng, LENGTHS[2:])[0]


@needs("def look_backward(")
def one_road_cut(ns):
    """`by_steps` without a road has the gradient of a network in which its mouth is a copy."""
    for road, params, pair in roads_of(ns):
        loss, grads = ns["by_steps"](params, pair, cut=road)
        whole, _ = ns["walk"](params, pair)
        _, right = pair_oracles.loss_and_gradients(params, [pair])
        expected_loss, expected = pair_oracles.loss_and_gradients(params, [pair], cut=road)
        np.testing.assert_allclose([loss, whole], expected_loss, rtol=1e-12)
        agree(lessons.dense(grads, params), expected)
        assert any(not np.allclose(g, right[name], rtol=1e-4) for name, g in expected.items())


@needs("def look_backward(")
def one_mouth_copied(ns):
    """`walk` with a road's mouth read from an earlier walk: only the other roads move its loss."""
    rng = np.random.default_rng(162)
    for road, params, pair in roads_of(ns):
        loss, photo = ns["walk"](params, pair)
        assert np.isclose(ns["walk"](params, pair, road, photo)[0], loss)
        _, expected = pair_oracles.loss_and_gradients(params, [pair], cut=road)
        for _ in range(3):
            way = {name: rng.normal(size=p.shape) for name, p in params.items()}
            ends = [ns["walk"]({name: p + e * way[name] for name, p in params.items()}, pair,
                               road, photo)[0] for e in (1e-5, -1e-5)]  # fmt: skip
            slope = sum((expected[name] * way[name]).sum() for name in params)
            np.testing.assert_allclose((ends[0] - ends[1]) / 2e-5, slope, rtol=1e-5, atol=1e-7)


# Training


@needs("def backward(params, cache, held=False)")
def masks_while_held(ns):
    """New masks for each batch on all three places, and the gradient with the place held."""
    rng = np.random.default_rng(163)
    params, pairs = start(ns, rng, place="window"), ids_of(rng, LENGTHS)
    batch, gradients = ns["make_batch"](pairs), ns["regularised"](0.4, rng, held=True)
    with watched(ns, "forward") as reads:
        results = [gradients(params, batch) for _ in range(3)]
    assert len(reads) == 3, "one forward pass a batch"
    for place, mask in enumerate(reads[0][0]["masks"]):
        assert ((mask == 0) | np.isclose(mask, 1 / 0.6)).all()
        assert not (mask == reads[1][0]["masks"][place]).all(), "the same mask again"
        assert not any((one == mask[0]).all() for one in mask[1:])
    for (given, _), (loss, grads) in zip(reads, results):
        expected_loss, expected = pair_oracles.loss_and_gradients(
            params, pairs, tuple(given["masks"]), cut="window"
        )
        np.testing.assert_allclose(loss, expected_loss, rtol=1e-12)
        agree(lessons.dense(grads, params), expected)


# What the page measures

Seen = namedtuple("Seen", "logits alignment looks")
Looked = namedtuple("Looked", "place")


@needs("def words_right(")
def articles(ns):
    """Of the words among some and of the others; ends are words, padding is none."""
    vocab = ["<bos>", "<eos>", "<unk>", "le", "la", "vole"]
    ids = [(np.full(2, 3), np.array([3, 5])), (np.full(1, 3), np.array([4])),
           (np.full(1, 3), np.array([3, 4, 5, 5]))]  # fmt: skip
    says = [[3, 5, 1], [5, 1], [3, 3, 5, 5, 5]]  # le vole. | vole for la | le for la, no end

    def forward(params, batch, *_):
        logits = np.zeros((len(batch.tgt_in), 6, batch.src.shape[1]))
        for b in range(batch.src.shape[1]):
            words = tuple(int(i) for i in batch.tgt_out[:, b] if i > 1)
            which = [(3, 5), (4,), (3, 4, 5, 5)].index(words)
            for t in range(len(logits)):
                logits[t, says[which][t] if t < len(says[which]) else 4, b] = 1
        return 0.0, Seen(logits, None, None)

    for size in (1, 2, 50):
        with lessons.borrowed(ns, forward=forward):
            found = ns["words_right"]({}, ids, {"le", "la"}, vocab, size)
        np.testing.assert_allclose(found, [2 / 4, 5 / 6])
    with lessons.borrowed(ns, forward=forward):
        assert ns["words_right"]({}, ids, {"zebra"}, vocab)[0] == 0.0


@needs("def misses_of(")
def missed_looks(ns):
    """Which words look at no partner of theirs, sure or possible, and at what instead."""
    pairs = [with_links("the a 's", "le p", "2?0 1-1"),
             with_links("the b", "q r la", "0-0 1?0 1-2"),
             with_links("it b c", "l' s", "0-0 1-1 0-1")]  # fmt: skip
    places = [[0, 1], [1, 0, 0], [3, 2]]  # 3: <eos>; r has no partner
    ids = [(np.arange(len(pair.source)) + 3, np.array([3] * len(pair.target))) for pair in pairs]

    def forward(params, batch, *_):
        alignment = np.zeros((len(batch.tgt_in), len(batch.src), batch.src.shape[1]))
        for b in range(batch.src.shape[1]):
            for t, place in enumerate(places[params["begin"] + b]):
                alignment[t, place, b] = 1
        if batch.src.shape[1] == 1:
            params["begin"] += 1
        return 0.0, Seen(None, alignment, None)

    articles = "le la l' les"
    wanted = {(articles, "'s"): {"the": 1}, (articles, "b"): {"the": 1},
              (articles, "it"): {"<eos>": 1}, ("another", "it"): {"c": 1}}  # fmt: skip
    for size in (1, 3, 50):
        with lessons.borrowed(ns, forward=forward):
            assert ns["misses_of"]({"begin": 0}, pairs, ids, size) == wanted


@needs("def expected_places(")
def places_expected(ns):
    """A step's place is predicted; or the step before's mean, from 1 on, and the step more."""
    rng = np.random.default_rng(164)
    for options in ({"place": "local"}, {"place": "window"}):
        params, pairs = start(ns, rng, **options), ids_of(rng, LENGTHS)
        _, cache = ns["forward"](params, ns["make_batch"](pairs))
        found = ns["expected_places"](params, cache)
        for t in range(len(found)):
            for b, (source, _) in enumerate(pairs):
                if "W_p" in params:
                    a = (params["v_p"][:, 0] * np.tanh(params["W_p"] @ cache.s[t + 1, :, b])).sum()
                    wanted = (len(source) + 1) / (1 + np.exp(-a))
                else:
                    weights = cache.alignment[t - 1, :, b] if t else np.zeros(len(cache.alignment))
                    wanted = sum((j + 1) * w for j, w in enumerate(weights))
                    wanted += params["shift"].item()
                np.testing.assert_allclose(found[t, b], wanted)


@needs("def mean_miss(")
def misses(ns):
    """From the nearest sure partner, in places; possible links and words without one left out."""
    run = [cell for cell in ns["__cells__"] if "def mean_miss(" in cell.source][-1]
    pairs = [with_links("a b c d", "p q r", "0-0 3-1 1-1 2?2"), with_links("a b", "p q", "1-0"),
             Pair(["a"], ["p"], set(), set())]  # fmt: skip
    ids = [(np.full(4, 3), np.full(3, 3)), (np.full(2, 3), np.full(2, 3)),
           (np.full(1, 3), np.full(1, 3))]  # fmt: skip
    expected = {4: [2.0, 3.25, 9, 9], 2: [1.0, 9, 9, 9], 1: [9, 9, 9, 9]}

    def forward(params, batch, *_):
        return 0.0, [int(count) - 1 for count in batch.src_mask.sum(axis=0)]

    def expected_places(params, cache):
        return np.array([expected[count] for count in cache]).T

    with lessons.borrowed(ns, linked=False):
        run.run(ns)
        ns.update(forward=forward, expected_places=expected_places)
        for size in (1, 2, 50):
            found = ns["mean_miss"]({}, pairs, ids, size)
            np.testing.assert_allclose(found, (1.0 + 0.75 + 1.0) / 3)
        assert np.isnan(ns["mean_miss"]({}, pairs[2:], ids[2:]))


@needs("def kind_of_word(")
def kinds_of_errors(ns):
    """By what the wrong words have in common, and by how many words there are."""
    one, many, form = "le, la, l', les", "several of these", "another form (vu, vue)"
    for said, wanted, kind in (
        ("le", "la", one), ("l'", "les", one), ("il", "elles", "il, elle, ils, elles"),
        ("le", "il", "another word"), ("vu", "vue", form), ("petites", "petit", form),
        ("dormait", "dormaient", form), ("un", "une", form), ("vu", "lu", "another word"),
        ("a", "as", "another word"), ("le", "loup", "another word"),
        ("grande", "grosse", "another word"),
    ):  # fmt: skip
        assert ns["kind_of_word"](said, wanted) == kind, (said, wanted)
        assert ns["kind_of_error"]([said, "x"], [wanted, "x"]) == kind
    of = ns["kind_of_error"]
    assert of("le a vu".split(), "la a vue".split()) == many
    assert of("le a le".split(), "la a la".split()) == one
    assert of(["x"] * 4, ["x"] * 5) == of(["x"] * 8, ["x"] * 5) == "a word lost or too many"
    assert of(["x"] * 1, ["x"] * 5) == of(["x"] * 9, ["x"] * 5) == "a clause lost or repeated"
