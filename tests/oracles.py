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
