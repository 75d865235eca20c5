"""Checks of the lessons whose decoder looks back, given as a namespace; as in checks.py."""

from collections import namedtuple

import numpy as np

import lessons
import pair_checks
import pair_oracles
from checks import needs
from pair_checks import LENGTHS, Pair, agree, ids_of, start, variants, with_links

ROADS = ("context", "score", "neighbours fw", "neighbours bw", "bridge", "recurrence", "asking",
         "readout", "place")  # fmt: skip


# The opening


@needs("def from_one_vector(")
def words_read_back(ns):
    """The sum of all turned words, turned back; and a softmax over marks, place by place."""
    rng = np.random.default_rng(140)
    told, marks = rng.normal(size=(4, 6)), rng.choice([-1.0, 1.0], size=(5, 6))[:4]
    whole = sum(mark * word for mark, word in zip(marks, told))
    np.testing.assert_allclose(ns["from_one_vector"](told, marks), [m * whole for m in marks])
    for asked, found in zip(marks, ns["looked_up"](told, marks), strict=True):
        like = [np.exp(asked @ mark) for mark in marks]
        np.testing.assert_allclose(found, sum(w * word for w, word in zip(like, told)) / sum(like))
    marks = np.linalg.qr(rng.normal(size=(6, 6)))[0][:4] * 9  # each like itself alone
    np.testing.assert_allclose(ns["looked_up"](told, marks), told, atol=1e-9)


# One look


def looks_of(ns, seed, **options):
    """Parameters, places of three sentences, their mask, a state that asks, weights before."""
    rng = np.random.default_rng(seed)
    params, counts = start(ns, rng, **options), np.array([5, 2, 3])
    mask = (np.arange(5)[:, None] < counts).astype(float)
    h, s = rng.normal(size=(5, 8, 3)) * mask[:, None], rng.normal(size=(4, 3))
    before = rng.random((5, 3)) * mask
    return params, counts, h, mask, s, before / before.sum(axis=0)


@needs("attention", "init_params")
def attending(ns):
    """Weights and context of each sentence by its words alone; at the first step, too."""
    for options in variants(ns):
        params, counts, h, mask, s, weights = looks_of(ns, 141, **options)
        for before in (weights, np.zeros_like(weights)):
            memory = ns["remember"](params, h, mask)
            alignment, u = ns["attend"](params, s, before, memory)
            for b, n in enumerate(counts):
                places = [h[j, :, [b]].T for j in range(n)]
                wanted = pair_oracles.weights(params, s[:, [b]], places, list(before[:n, b]))
                np.testing.assert_allclose(alignment[:n, b], wanted, rtol=1e-10, atol=1e-13)
                assert not alignment[n:, b].any()
                context = sum(weight * place for weight, place in zip(wanted, places))
                np.testing.assert_allclose(u[:, [b]], context, rtol=1e-10, atol=1e-13)


@needs("attention", "init_params")
def attending_backward(ns):
    """Every road and share of one look, by small steps to either side; sentences do not mix."""
    for options in variants(ns):
        params, _, h, mask, s, before = looks_of(ns, 142, **options)
        rng = np.random.default_rng(143)
        du, dalignment = rng.normal(size=(8, 3)), rng.normal(size=mask.shape) * mask

        def worth(p, h, s, before, mask=mask, du=du, dalignment=dalignment):
            alignment, u = ns["attend"](p, s, before, ns["remember"](p, h, mask))
            return (u * du).sum() + (alignment * dalignment).sum()

        found = ns["attend_backward"](
            params, s, before, ns["remember"](params, h, mask), du, dalignment
        )
        shares, ds, dbefore, to_h = found
        move = {"h": rng.normal(size=h.shape) * mask[:, None], "s": rng.normal(size=s.shape),
                "before": rng.normal(size=before.shape) * mask}  # fmt: skip
        here = {"h": h, "s": s, "before": before}
        slopes = {"h": sum(to_h.values()), "s": ds, "before": dbefore}
        for name, way in move.items():
            for b in range(3):  # a sentence at a time
                one = np.zeros_like(way)
                one[..., b] = way[..., b]
                there, back = (worth(params, **{**here, name: here[name] + e * one})
                               for e in (1e-5, -1e-5))  # fmt: skip
                slope = (slopes[name] * one).sum()
                np.testing.assert_allclose((there - back) / 2e-5, slope, rtol=1e-5, atol=1e-8)
        own = set(params) & {"W_a", "U_a", "v_a", "F", "U_f", "shift", "log_kappa"}
        assert set(shares) == own
        for name in own:
            one = rng.normal(size=params[name].shape)
            ends = [worth({**params, name: params[name] + e * one}, **here) for e in (1e-5, -1e-5)]
            np.testing.assert_allclose(
                (ends[0] - ends[1]) / 2e-5, (shares[name] * one).sum(), rtol=1e-5, atol=1e-8
            )


@needs("attention", "init_params")
def a_step_back_of_many(ns):
    """A step of three sentences back is the step of each, their shares summed."""
    for options in variants(ns):
        params, _, h, mask, s, before = looks_of(ns, 144, **options)
        rng = np.random.default_rng(145)
        tokens, dlogits = np.array([4, 5, 4]), rng.normal(size=(9, 3))
        later = rng.normal(size=s.shape), rng.normal(size=mask.shape) * mask

        def back(b, params=params, h=h, mask=mask, s=s, before=before, tokens=tokens,
                 dlogits=dlogits, later=later):  # fmt: skip
            memory = ns["remember"](params, h[..., b], mask[..., b])
            return ns["decoder_step_backward"](
                params, tokens[b], (s[..., b], before[..., b]), memory, dlogits[..., b],
                tuple(d[..., b] for d in later),
            )  # fmt: skip

        together, alone = back(slice(None)), [back(slice(b, b + 1)) for b in range(3)]
        agree(together[0], {name: sum(one[0][name] for one in alone) for name in together[0]})
        for k in 1, 2:
            agree(together[k], {road: np.concatenate([one[k][road] for one in alone], axis=-1)
                                for road in together[k]})  # fmt: skip
        np.testing.assert_allclose(together[3], np.concatenate([o[3] for o in alone], axis=1))


# Reading both ways, and the start


@needs("attention", "init_params")
def reading_both_ways(ns):
    """Word by word as all at once, from either end: both states of a place, one upon the other."""
    rng = np.random.default_rng(146)
    params, src = start(ns, rng), np.array([[4, 5, 4], [2, 7, 6], [3, 3, 2], [1, 1, 1]])
    h = ns["read_both_ways"](params, src)
    agree({"h": h}, {"h": ns["encode"](params, src, np.ones(src.shape)).h})
    first, last = np.zeros((2, 4, 3))
    np.testing.assert_allclose(h[0, :4], ns["encoder_step"](params, src[0], first, "fw"))
    np.testing.assert_allclose(h[-1, 4:], ns["encoder_step"](params, src[-1], last, "bw"))
    alone = [ns["encoder_step_backward"](params, src[0, [b]], h[1, :4, [b]].T, h[2, :4, [b]].T,
                                         "bw") for b in range(3)]  # fmt: skip
    together, back = ns["encoder_step_backward"](params, src[0], h[1, :4], h[2, :4], "bw")
    agree(together, {name: sum(grads[name] for grads, _ in alone) for name in together})
    np.testing.assert_allclose(back, np.concatenate([one for _, one in alone], axis=1))


@needs("attention", "init_params")
def scores_at_the_start(ns):
    """What each way of asking adds to the network; a wide window, one place on."""
    rng, sizes = np.random.default_rng(147), {"embed_size": 30, "hidden_size": 40}
    made = {kind: ns["init_params"](src_vocab_size=9, tgt_vocab_size=9, rng=rng, attention=kind,
                                    **sizes) for kind in ns["VARIANTS"]}  # fmt: skip
    frozen, own = set(made["frozen"]), {"W_a", "U_a", "v_a"}
    for kind, more in (("plain", set()), ("location", {"F", "U_f"}),
                       ("window", {"log_kappa", "shift"})):  # fmt: skip
        assert set(made[kind]) == frozen | own | more
        for name, columns, size in (("W_a", 40, 0.3), ("U_a", 80, 0.3), ("v_a", 40, 1)):
            assert 0.7 < made[kind][name].std() * np.sqrt(columns) / size < 1.4, name
    assert made["location"]["F"].shape == (8, 7) and made["location"]["U_f"].shape == (40, 8)
    assert made["window"]["log_kappa"].item() == -2 and made["window"]["shift"].item() == 1
    for name, columns, size in (
        ("U_o", 40, 0.5), ("V_o", 30, 0.5), ("C_o", 80, 0.5), ("dec_W_u", 80, 1)
    ):  # fmt: skip
        assert 0.9 < made["plain"][name].std() * np.sqrt(columns) / size < 1.1, name


# One road at a time


def roads_of(lesson):
    """(road, a network in which there is that road, one of its pairs)."""
    for road in ROADS:
        for kind in ("window", "location") if road == "place" else ("plain",):
            rng = np.random.default_rng(148)
            params = start(lesson, rng, attention=kind)
            yield road, params, ids_of(rng, LENGTHS[2:])[0]


@needs("attention", "init_params")
def roads_cut(ns):
    """`by_steps` without a road has the gradient of a network in which its mouth is a copy."""
    for road, params, pair in roads_of(ns):
        loss, grads = ns["by_steps"](params, pair, cut=road)
        whole, _ = ns["walk"](params, pair)
        _, right = pair_oracles.loss_and_gradients(params, [pair])
        expected_loss, expected = pair_oracles.loss_and_gradients(params, [pair], cut=road)
        np.testing.assert_allclose([loss, whole], expected_loss, rtol=1e-12)
        agree(lessons.dense(grads, params), expected)
        assert any(not np.allclose(g, right[name], rtol=1e-4) for name, g in expected.items())


@needs("attention", "init_params")
def copies_at_a_mouth(ns):
    """`walk` with a road's mouth read from an earlier walk: only the other roads move its loss."""
    rng = np.random.default_rng(149)
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


# Weights against links


@needs("def alignment_scores(")
def error_rate(ns):
    """Of weights made by hand."""
    pair_checks.alignments(ns)


def by_hand():
    """Two pairs with links and ids, and a `forward` whose weights look where it is written here."""
    pairs = [with_links("a b c", "w x y z", "0-0 1-2 2-1 2?3"), with_links("a b", "v u", "0-1 1?0")]
    ids = [(np.full(3, 3), np.full(4, 3)), (np.full(2, 3), np.full(2, 3))]
    looks = [[0, 2, 2, 1, 2], [1, 1, 0]]  # the row of <eos> the last
    weights = np.zeros((5, 4, 2))
    for b, row in enumerate(looks):
        for t, j in enumerate(row):
            weights[t, j, b] = 0.4
            weights[t, len(pairs[b].source), b] = 0.6  # <eos> has more, and does not count
    weights[3:, 3, 1] = 1

    def forward(params, batch, *_):
        T, (S, B) = len(batch.tgt_in), batch.src.shape
        here = slice(None) if B == 2 else [int(S < 4)]
        return 0.0, namedtuple("Cache", "alignment")(weights[:T, :S, here])

    return pairs, ids, looks, forward


@needs("def shifted_error_rate(")
def shifted_rates(ns):
    """Row t against word t + shift, as far as there is one; the row of <eos> is a row, too."""
    pairs, ids, looks, forward = by_hand()
    found = {}
    for shift in (-2, -1, 0, 1, 2):
        links = [{(j, t + shift) for t, j in enumerate(row) if 0 <= t + shift < len(pair.target)}
                 for row, pair in zip(looks, pairs)]  # fmt: skip
        sure = [len(made & pair.sure) for made, pair in zip(links, pairs)]
        gold = [len(made & (pair.sure | pair.possible)) for made, pair in zip(links, pairs)]
        made = sum(map(len, links)) + sum(len(pair.sure) for pair in pairs)
        found[shift] = 1 - (sum(sure) + sum(gold)) / made
        for size in (1, 50):
            with lessons.borrowed(ns, forward=forward):
                rate = ns["shifted_error_rate"]({}, pairs, ids, shift, size)
            np.testing.assert_allclose(rate, found[shift], err_msg=str(shift))
    assert len(set(found.values())) == 5, "two alike: a poor test"


@needs("def whose_partner(")
def partners(ns):
    """Its own partner, else the next word's, else the one's before; words without one left out."""
    pairs = [with_links("a b c d", "p q r s t u", "0-0 1-1 2-2 3-3 3-4 1?3"),
             with_links("a b", "q p x", "0-0 1-1")]  # fmt: skip
    ids = [(np.full(4, 3), np.full(6, 3)), (np.full(2, 3), np.full(3, 3))]
    weights = np.zeros((7, 5, 2))
    for t, j in enumerate([1, 0, 2, 0, 3, 3, 4]):  # next, before, own, neither, own and before
        weights[t, j, 0], weights[t, 4, 0] = 0.4, 0.6
    weights[:, 1, 1], weights[:4, 2, 1] = 0.4, 0.5  # next, own, (no link)

    def forward(params, batch, *_):
        T, (S, B) = len(batch.tgt_in), batch.src.shape
        here = slice(None) if B == 2 else [int(S < 5)]
        return 0.0, namedtuple("Cache", "alignment")(weights[:T, :S, here])

    for size in (1, 50):
        with lessons.borrowed(ns, forward=forward):
            found, by_word = ns["whose_partner"]({}, pairs, ids, size)
        wanted = {"its own": 3, "the next word's": 2, "the word before's": 1, "neither": 1}
        assert set(found) == set(wanted)
        for name, count in wanted.items():
            assert np.isclose(found[name], count / 7), name
        assert dict(by_word) == {"p": [False, True], "q": [False, False], "r": [True], "s": [False],
                                 "t": [True]}  # fmt: skip


@needs("PHENOMENA = {")
def phenomena(ns):
    """Sentences that show each, and others that do not; the shortest of a kind is taken."""
    chosen = {
        "adjective after its noun": with_links("red pear", "poire rouge", "0-1 1-0"),
        "ne … pas": with_links("not fall", "ne tombe pas", "0-0 0-2 1-1"),
        "object pronoun before its verb": with_links("he sees it", "il le voit", "0-0 1-2 2-1"),
        "possession, turned round": with_links("fox 's den", "tanière du renard", "0-2 1-1 2-0"),
        "relative clause": with_links("crow that flies", "corbeau qui vole", "0-0 1-1 2-2"),
        "gender told by a later noun": with_links("the small mouse", "la petite souris",
                                                  "0-0 1-1 2-2"),
    }  # fmt: skip
    straight = with_links("the crow sees the fox", "le corbeau voit le renard",
                          "0-0 1-1 2-2 3-3 4-4")  # fmt: skip
    has = ns["PHENOMENA"]
    assert set(has) == set(chosen)
    for name, pair in chosen.items():
        assert has[name](pair), name
        assert not has[name](straight), name
        longer = Pair(pair.source + ["x"], pair.target + ["y"], pair.sure, pair.possible, 1)
        for some in ([straight, longer, pair], [pair, straight, longer]):
            assert ns["shortest_with"](has[name], some) is pair
        assert ns["shortest_with"](has[name], [straight]) is None
