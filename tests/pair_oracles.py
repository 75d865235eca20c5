"""The lessons on translation once more, a sentence at a time, differentiated by HIPS autograd.

Written from the equations in plain matrix form, without padding; shares no code with the lessons.
"""

import autograd.numpy as anp
from autograd import value_and_grad
from autograd.tracer import getval

from oracles import torch_gru_cell

BOS, EOS = 0, 1


def gru(p, side, x, context, state):
    """A step of the GRU `side`; `context` (3H, 1) is what else is added to its gates."""
    size = state.shape[0]
    second = anp.concatenate([anp.zeros((2 * size, 1)), p[f"{side}_b_n"]])
    own = {"W_x": p[f"{side}_W_x"], "W_h": p[f"{side}_W_h"], "b": p[f"{side}_b"] + context,
           "b_h": second}  # fmt: skip
    return torch_gru_cell(own, x, state)[0]


def hidden(masks, place, column):
    """The function that puts dropout's mask number `place` of a sentence over step t's column."""
    mask = masks[place]
    return (lambda t, a: a) if mask is None else lambda t, a: mask[t][:, column : column + 1] * a


def row(p, name, word):
    """A word's embedding as a column."""
    return anp.reshape(p[name][word], (-1, 1))


def from_one_vector(p, source, target, hide):
    """Logits of each target word: the encoder's last state crosses the bridge, and enters steps."""
    hide_x, hide_y, hide_s = hide
    h = anp.zeros((p["W_s"].shape[1], 1))
    for j, word in enumerate(source):
        h = gru(p, "enc", hide_x(j, row(p, "W_src", word)), 0, h)
    s, logits = anp.tanh(anp.dot(p["W_s"], h) + p["b_s"]), []
    context = anp.dot(p["dec_W_u"], h) if "dec_W_u" in p else 0
    for t, word in enumerate(target):
        s = gru(p, "dec", hide_y(t, row(p, "W_tgt", word)), context, s)
        logits.append(anp.dot(p["W_y"], hide_s(t, s)) + p["b_y"])
    return logits


def still(a):
    """A copy of `a` that no parameter moves; of each thing in it, where it is a list."""
    return [still(one) for one in a] if isinstance(a, list) else getval(a)


def both_ways(p, source, hide_x, cut=None):
    """A column (2H, 1) for each place, read from the left and from the right; or (H, 1)."""
    size, read = p["W_s"].shape[0], {}
    for side, places in (("enc_fw", range(len(source))), ("enc_bw", range(len(source))[::-1])):
        if f"{side}_W_h" not in p:
            continue
        h, read[side] = anp.zeros((size, 1)), {}
        for j in places:
            h = still(h) if cut == f"neighbours {side[-2:]}" else h
            h = gru(p, side, hide_x(j, row(p, "W_src", source[j])), 0, h)
            read[side][j] = h
    return [anp.concatenate([way[j] for way in read.values()]) for j in range(len(source))]


def weights(p, s, places, before):
    """Attention: a list of numbers, one for each place."""
    if "v_a" not in p:
        return [0.0] * (len(places) - 1) + [1.0]
    here = sum((j + 1) * before[j] for j in range(len(places)))
    scores = []
    for j, h in enumerate(places):
        a = anp.dot(p["W_a"], s) + anp.dot(p["U_a"], h)
        if "F" in p:
            reach = p["F"].shape[1] // 2
            near = [before[k] if 0 <= k < len(places) else 0.0
                    for k in range(j - reach, j + reach + 1)]  # fmt: skip
            f = sum(p["F"][:, k : k + 1] * weight for k, weight in enumerate(near))
            a = a + anp.dot(p["U_f"], f)
        score = anp.sum(p["v_a"] * anp.tanh(a))
        if "shift" in p:
            distance = j + 1 - here - p["shift"][0, 0]
            score = score - anp.exp(p["log_kappa"][0, 0]) * distance**2
        scores.append(score)
    total = sum(anp.exp(score) for score in scores)
    return [anp.exp(score) / total for score in scores]


def looking_back(p, source, target, hide, cut=None):
    """Logits of each target word: Bahdanau's path, asked by the state before.

    At the mouth of the road `cut` stands a copy, which no parameter moves.
    """

    def at(road, a):
        return still(a) if road == cut else a

    hide_x, hide_y, hide_shown = hide
    places = both_ways(p, source, hide_x, cut)
    size = p["W_s"].shape[0]
    s = anp.tanh(anp.dot(p["W_s"], at("bridge", places[0][size:])) + p["b_s"])
    before, logits = [0.0] * len(source), []
    for t, word in enumerate(target):
        y = hide_y(t, row(p, "W_tgt", word))
        before = weights(p, at("asking", s), at("score", places), at("place", before))
        u = sum(weight * h for weight, h in zip(before, at("context", places)))
        a = anp.dot(p["U_o"], at("readout", s)) + anp.dot(p["V_o"], y)
        a = a + anp.dot(p["C_o"], u) + p["b_o"]
        shown = hide_shown(t, anp.maximum(a[:size], a[size:]))
        logits.append(anp.dot(p["W_y"], shown) + p["b_y"])
        s = gru(p, "dec", y, anp.dot(p["dec_W_u"], u), at("recurrence", s))
    return logits


REACH = 10.0  # of the bell


def shares(p, scores, before, centre):
    """Attention of scores, a list of numbers: about the place before, or under a predicted bell."""
    if "shift" in p:
        here = sum((j + 1) * weight for j, weight in enumerate(before)) + p["shift"][0, 0]
        kappa = anp.exp(p["log_kappa"][0, 0])
        scores = [score - kappa * (j + 1 - here) ** 2 for j, score in enumerate(scores)]
    total = sum(anp.exp(score) for score in scores)
    found = [anp.exp(score) / total for score in scores]
    if centre is None:
        return found
    spread = REACH / 2
    return [weight * anp.exp(-((j + 1 - centre) ** 2) / (2 * spread**2))
            for j, weight in enumerate(found)]  # fmt: skip


def compared(p, s, h):
    """The score of place `h`, asked by `s`: concat, general or dot, by the parameters."""
    if "v_a" in p:
        W = p["W_b"] if "W_b" in p else p["W_a"]
        return anp.sum(p["v_a"] * anp.tanh(anp.dot(W, s) + anp.dot(p["U_a"], h)))
    if "W_a" in p:
        return anp.sum(s * anp.dot(p["W_a"], h))
    size = s.shape[0]
    return sum(anp.sum(s * h[k : k + size]) for k in range(0, h.shape[0], size))


def updated_first(p, source, target, hide, cut=None):
    """Logits of each target word: Luong's path, the state up to date before it asks.

    At the mouth of the road `cut` stands a copy, which no parameter moves.
    """

    def at(road, a):
        return still(a) if road == cut else a

    hide_x, hide_y, hide_shown = hide
    places, size = both_ways(p, source, hide_x, cut), p["W_s"].shape[0]
    first = places[0][size:] if "enc_bw_W_h" in p else places[-1]
    s = anp.tanh(anp.dot(p["W_s"], at("bridge", first)) + p["b_s"])
    before, shown, logits = [0.0] * len(source), anp.zeros((size, 1)), []
    for t, word in enumerate(target):
        old, y = s, hide_y(t, row(p, "W_tgt", word))
        fed = anp.dot(p["dec_W_f"], at("feeding", shown)) if "dec_W_f" in p else 0
        s = gru(p, "dec", y, fed, at("recurrence", old))
        asks, centre = old if "W_b" in p else s, None
        if "W_p" in p:
            a = anp.sum(p["v_p"] * anp.tanh(anp.dot(p["W_p"], asks)))
            centre = at("predicting", len(source) / (1 + anp.exp(-a)))
        scores = [compared(p, at("asking", asks), h) for h in at("score", places)]
        before = shares(p, scores, at("window", before), centre)
        u = sum(weight * h for weight, h in zip(before, at("context", places)))
        read = anp.concatenate([u, at("readout", s)])
        shown = anp.tanh(anp.dot(p["W_c"], read) + p["b_c"])
        logits.append(anp.dot(p["W_y"], hide_shown(t, shown)) + p["b_y"])
    return logits


def network_of(params):
    """The function that these are the parameters of."""
    if "W_c" in params:
        return updated_first
    return looking_back if "enc_fw_W_h" in params else from_one_vector


def loss_and_gradients(params, pairs, masks=(None, None, None), **cut):
    """Mean cross-entropy over the target words of `pairs` and their ends, and its gradient.

    `masks` are dropout's: of source words, of target words, of what the output reads. A road of
    `looking_back` or `updated_first` can be `cut`.
    """
    network = network_of(params)

    def loss(p):
        total = counted = 0
        for column, (source, target) in enumerate(pairs):
            hide = [hidden(masks, place, column) for place in range(3)]
            wanted = [*target, EOS]
            logits = network(p, [*source, EOS], [BOS, *target], hide, **cut)
            for scores, word in zip(logits, wanted, strict=True):
                total = total + anp.log(anp.sum(anp.exp(scores))) - scores[word, 0]
                counted += 1
        return total / counted

    return value_and_grad(loss)(params)
