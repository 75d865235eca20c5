"""The three character-level networks once more, differentiated by HIPS autograd.

Written from the papers' equations, one step and one example-column at a time in plain
matrix form; shares no code with the lessons. Rows of stacked parameters are in the order of
the lessons (LSTM: i, f, g, o; GRU: r, z, n).
"""

import autograd.numpy as anp
from autograd import value_and_grad


def sigmoid(a):
    return 1 / (1 + anp.exp(-a))


def blocks(a, size):
    """The rows of `a` in blocks of `size`."""
    return [a[i : i + size] for i in range(0, a.shape[0], size)]


def rnn_cell(p, x, state):
    h = anp.tanh(anp.dot(p["W_x"], x) + anp.dot(p["W_h"], state) + p["b"])
    return h, h


def lstm_cell(p, x, state):
    h, c = state
    i, f, g, o = blocks(anp.dot(p["W_x"], x) + anp.dot(p["W_h"], h) + p["b"], h.shape[0])
    c = sigmoid(f) * c + sigmoid(i) * anp.tanh(g)
    h = sigmoid(o) * anp.tanh(c)
    return h, (h, c)


def gru_cell(p, x, state):
    """Cho et al. (2014): reset before the product; z keeps the old state."""
    x_r, x_z, x_n = blocks(anp.dot(p["W_x"], x) + p["b"], state.shape[0])
    W_r, W_z, W_n = blocks(p["W_h"], state.shape[0])
    r = sigmoid(x_r + anp.dot(W_r, state))
    z = sigmoid(x_z + anp.dot(W_z, state))
    n = anp.tanh(x_n + anp.dot(W_n, r * state))
    h = z * state + (1 - z) * n
    return h, h


def torch_gru_cell(p, x, state):
    """PyTorch's other GRU: reset after the product, and the candidate has a bias on each side."""
    x_r, x_z, x_n = blocks(anp.dot(p["W_x"], x) + p["b"], state.shape[0])
    h_r, h_z, h_n = blocks(anp.dot(p["W_h"], state) + p["b_h"], state.shape[0])
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    n = anp.tanh(x_n + r * h_n)
    h = z * state + (1 - z) * n
    return h, h


# The oracle of each lesson, by the stem of its file.
CELLS = {"01_RNN_NumPy": rnn_cell, "02_LSTM_NumPy": lstm_cell, "03_GRU_NumPy": gru_cell}


def loss_and_gradients(cell, params, inputs, targets, state):
    """Mean cross-entropy over counted targets (0 and up), and its gradient, by autograd."""

    def loss(p):
        now, total, counted = state, 0.0, 0
        for t in range(len(inputs)):
            x = anp.eye(p["W_x"].shape[1])[:, inputs[t]]
            h, now = cell(p, x, now)
            scores = anp.dot(p["W_y"], h) + p["b_y"]
            for b, target in enumerate(targets[t]):
                if target >= 0:
                    total = total + anp.log(anp.sum(anp.exp(scores[:, b]))) - scores[target, b]
                    counted += 1
        return total / counted

    return value_and_grad(loss)(params)


def cell_of(params):
    """The cell of this module that has the parameters' shapes: by the blocks of W_h."""
    rows, size = params["W_h"].shape
    return {1: rnn_cell, 4: lstm_cell, 3: gru_cell}[rows // size]


def last_loss(params, columns, target, state):
    """-log p (nats) of the id `target` after reading the `columns`, each (V, 1)."""
    for x in columns:
        h, state = cell_of(params)(params, x, state)
    scores = (params["W_y"] @ h + params["b_y"])[:, 0]
    return anp.log(anp.sum(anp.exp(scores))) - scores[target]


def kneser_ney(training, order, vocab_size, factor=1.0):
    """p(w, context) of the modified Kneser-Ney model of `training`, by K1 and K2 as they read.

    Plain dictionaries, one sequence at a time; `context` is all that stands before w.
    """
    training = tuple(map(int, training))
    counts, discounts = {}, {}
    for m in range(1, order + 1):
        in_front = {}
        for n in range(len(training) - m + 1):
            run = training[n : n + m]
            in_front.setdefault(run, []).append(training[n - 1] if n else None)
        if m == order:  # occurrences; below, how many different characters stood in front
            counts[m] = {run: len(before) for run, before in in_front.items()}
        else:
            kinds = {run: len({*before} - {None}) for run, before in in_front.items()}
            counts[m] = {run: kind for run, kind in kinds.items() if kind}
        N = {c: sum(count == c for count in counts[m].values()) for c in (1, 2, 3, 4)}
        D = {1: 0.75, 2: 0.75, 3: 0.75}
        if all(N.values()):
            Y = N[1] / (N[1] + 2 * N[2])
            D = {c: c - (c + 1) * Y * N[c + 1] / N[c] for c in (1, 2, 3)}
            D = {c: min(max(d, 0.1), c) for c, d in D.items()}
        discounts[m] = {0: 0.0, **{c: min(factor * d, c) for c, d in D.items()}}

    def p(w, context, m):
        if m == 0:
            return 1 / vocab_size
        u = tuple(map(int, context))[len(context) - m + 1 :]
        c = {v: counts[m].get((*u, v), 0) for v in range(vocab_size)}
        D = {v: discounts[m][min(c[v], 3)] for v in c}
        if not sum(c.values()):
            return p(w, context, m - 1)
        return (c[w] - D[w] + sum(D.values()) * p(w, context, m - 1)) / sum(c.values())

    return lambda w, context: p(int(w), context, min(order, len(context) + 1))


def word_loss_and_gradients(cell, params, inputs, targets, state):
    """As `loss_and_gradients`, of a network whose words have rows in `W_emb`.

    Where there is no `W_y`, the rows predict words, too. The GRU's second bias `b_n` is that of
    its candidate alone.
    """

    def loss(p):
        now, total, counted, size = state, 0.0, 0, p["W_h"].shape[1]
        second = anp.concatenate([anp.zeros((2 * size, 1)), p["b_n"]]) if "b_n" in p else None
        whole = {**p, "b_h": second}
        for t in range(len(inputs)):
            onehot = anp.eye(len(p["W_emb"]))[:, inputs[t]]
            h, now = cell(whole, anp.dot(p["W_emb"].T, onehot), now)
            scores = anp.dot(p["W_y"] if "W_y" in p else p["W_emb"], h) + p["b_y"]
            for b, target in enumerate(targets[t]):
                if target >= 0:
                    total = total + anp.log(anp.sum(anp.exp(scores[:, b]))) - scores[target, b]
                    counted += 1
        return total / counted

    return value_and_grad(loss)(params)
