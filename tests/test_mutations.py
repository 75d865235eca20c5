"""Mistakes that people really make, put into the lessons one at a time: a check must see each.

A row is (lesson, or None for every character-level one; the text; what replaces it; the
check). The text must stand in a `define` cell, and the check must pass without the change.
"""

import pytest

import checks
import lessons

RNN, LSTM = "char_level_lm/01_RNN_NumPy", "char_level_lm/02_LSTM_NumPy"
GRU = "char_level_lm/03_GRU_NumPy"
MUTATIONS = [
    # The Elman network
    (RNN, "dh[t] += W_h_T @ da[t + 1]", "dh[t] -= W_h_T @ da[t + 1]",
     checks.gradients),
    (RNN, "outer_sum(da, h[:-1])", "outer_sum(da, h[1:])",
     checks.gradients),
    (RNN, "outer_sum(dlogits, h[1:])", "outer_sum(dlogits, h[:-1])",
     checks.gradients),
    (RNN, "slope = 1 - cache.h[1:] ** 2",
     "slope = np.ones_like(cache.h[1:])", checks.gradients),
    (RNN, "slope = 1 - cache.h[1:] ** 2", "slope = 1 - cache.h[:-1] ** 2",
     checks.gradients),
    (RNN, "da[-1] = dh[-1] * slope[-1]", "da[-1] = dh[-1]",
     checks.gradients),
    (RNN, "dh[t] += W_h_T @ da[t + 1]", "pass", checks.gradients),
    (RNN, "dh[t] += W_h_T @ da[t + 1]", "dh[t] += W_h_T @ dh[t + 1]",
     checks.gradients),
    (RNN, 'W_h_T = params["W_h"].T', 'W_h_T = params["W_h"]',
     checks.gradients),
    (RNN, "range(len(dh) - 1)", "range(1, len(dh) - 1)",
     checks.gradients),
    (RNN, 'params["W_h"] @ state + params["b"]', 'params["W_h"] @ state',
     checks.step),
    # The LSTM
    (LSTM, "np.multiply(dc[t] * c[t], f * (1 - f), out=a_f)", "np.multiply(dc[t], c[t], out=a_f)",
     checks.gradients),
    (LSTM, "dc[t] * c[t], f * (1 - f)", "dc[t] * c[t + 1], f * (1 - f)", checks.gradients),
    (LSTM, "i * (1 - i), out=a_i", "1 - g * g, out=a_i", checks.gradients),
    (LSTM, "1 - g * g, out=a_g", "g * (1 - g), out=a_g", checks.gradients),
    (LSTM, "o * (1 - o), out=a_o", "o, out=a_o", checks.gradients),
    (LSTM, "np.multiply(dh[t] * tanh_c", "np.multiply(dc[t] * tanh_c", checks.gradients),
    (LSTM, "dc[t] += dc[t + 1] * f_next", "pass", checks.gradients),
    (LSTM, "dc[t] += dc[t + 1] * f_next", "dc[t] += dc[t + 1] * f", checks.gradients),
    (LSTM, "dc[t] += dc[t + 1] * f_next", "dc[t] += dc[t + 1]", checks.gradients),
    (LSTM, "dh[t] += W_h_T @ alpha ", "pass ", checks.gradients),
    (LSTM, "dh[t] * o * (1 - tanh_c * tanh_c)", "dh[t] * o", checks.gradients),
    (LSTM, "a_i, a_f, a_g, a_o = alpha.reshape", "a_f, a_i, a_g, a_o = alpha.reshape",
     checks.gradients),
    (LSTM, "i, f, g, o = cache.gates[t]", "i, f, o, g = cache.gates[t]", checks.gradients),
    (LSTM, "tanh(c[t + 1], out=tanh_c[t])", "tanh(c[t], out=tanh_c[t])", checks.gradients),
    (LSTM, "a += drive[t] ", "a += drive[0] ", checks.gradients),
    (LSTM, "outer_sum(da, h[:-1])", "outer_sum(da, h[1:])", checks.gradients),
    (LSTM, "dh *= cache.mask", "pass", checks.gradients),
    (LSTM, "shown = h[1:] if cache.mask is None else cache.mask * h[1:]", "shown = h[1:]",
     checks.gradients),
    (LSTM, "c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)", "c = sigmoid(f) * c + np.tanh(g)",
     checks.step),
    # Cho's GRU
    (GRU, "rz += drive[t, : 2 * H]", "rz += drive[0, : 2 * H]", checks.gradients),
    (GRU, "1 - n * n, out=a_n", "1 - n, out=a_n", checks.gradients),
    (GRU, "dh[t] * (h - n)", "dh[t] * (n - h)", checks.gradients),
    (GRU, "z * (1 - z), out=a_z", "1, out=a_z", checks.gradients),
    (GRU, "rho * h, r * (1 - r)", "rho * h, r", checks.gradients),
    (GRU, "np.multiply(rho * h,", "np.multiply(rho * cache.h[t + 1],", checks.gradients),
    (GRU, "dh[t - 1] += dh[t] * z ", "dh[t - 1] += dh[t] * (1 - z) ", checks.gradients),
    (GRU, "dh[t - 1] += rho * r ", "dh[t - 1] += rho ", checks.gradients),
    (GRU, 'if "copy" not in without:', "if False:", checks.gradients),
    (GRU, 'if "candidate" not in without:', "if False:", checks.gradients),
    (GRU, 'back_rz[:, :H] *= "reset" not in without', "back_rz[:, :H] = 0", checks.gradients),
    (GRU, 'back_rz[:, H:] *= "update" not in without', "back_rz[:, H:] = 0", checks.gradients),
    (GRU, "a_r, a_z, a_n = alpha.reshape", "a_z, a_r, a_n = alpha.reshape", checks.gradients),
    (GRU, "outer_sum(da[:, 2 * H :], cache.reset_h)", "outer_sum(da[:, 2 * H :], h[:-1])",
     checks.gradients),
    (GRU, "outer_sum(da[:, : 2 * H], h[:-1])", "outer_sum(da[:, : 2 * H], h[1:])",
     checks.gradients),
    (GRU, "np.matmul(W_h[2 * H :], reset_h[t], out=n)", "n[:] = r * (W_h[2 * H :] @ h[t])",
     checks.gradients),
    (GRU, "h[t + 1] = z * h[t] + (1 - z) * n", "h[t + 1] = (1 - z) * h[t] + z * n",
     checks.gradients),
    (GRU, "W_h[2 * H :] @ (r * state)", "r * (W_h[2 * H :] @ state)", checks.step),
    # Shared by all
    (None, "dlogits[t, target, b] -= 1", "dlogits[t, target, b] += 1", checks.gradients),
    (None, "dlogits *= (targets >= 0)[:, None, :] / total", "dlogits /= targets.shape[1]",
     checks.gradients),
    (None, '(1 - beta1 ** adam["t"])', "1", checks.adam),
    (None, 'np.sqrt(1 - beta2 ** adam["t"])', "1", checks.adam),
    (None, "m += (1 - beta1) * g ", "m += g ", checks.adam),
    (None, "(np.sqrt(v) / scale + eps)", "np.sqrt(v / scale + eps)", checks.adam),
    (None, "if max_norm is None or norm <= max_norm:", "if True:", checks.clip),
    (None, "g * (max_norm / norm)", "np.clip(g, -max_norm, max_norm)", checks.clip),
    (None, "update(params, clipped, memory", "update(params, grads, memory",
     checks.clip_in_training),
    (None, "tokens[position + 1]", "tokens[position]", checks.streams),
    (None, "tokens[position + 1]", "tokens[position + 2 - (position + 2 == len(tokens))]",
     checks.streams),
    (None, "length = -(-pairs // batch_size)", "length = pairs // batch_size", checks.streams),
    (None, "1 if number % 10 == 5 else 0", "1 if number % 20 == 5 else 0", checks.split),
    (None, "1 if number % 10 == 5 else 0", "0", checks.split),
    (None, "2 if number > last else", "1 if number > last else", checks.split),
    (None, "2 if number > last else", "2 if number >= last else", checks.split),
    (None, "len(blocks) - len(blocks) // 10", "len(blocks) - len(blocks) // 20", checks.split),
    (None, "number > last else 1 if number % 10 == 5 else 0",
     "number % 10 == 0 else 1 if number % 10 == 5 else 0", checks.split),
    (None, "int(0.8 * len(text)), int(0.9 * len(text))",
     "int(0.9 * len(text)), int(0.95 * len(text))", checks.split),
    (None, "text[second:]", "text[first:second]", checks.split),
    (None, "if len(blocks) < 20:", "if True:", checks.split),
]  # fmt: skip


def cases():
    """Each row for each lesson it is about, as far as the lesson is written."""
    for lesson, old, new, check in MUTATIONS:
        for path in lessons.notebook_of(lesson) if lesson else lessons.CHARACTER_LESSONS:
            name = f"{path.stem}-{check.__name__}-{old[:30]}->{new[:30]}"
            yield pytest.param(path, old, new, check, id=name)


@pytest.mark.parametrize("path, old, new, check", list(cases()))
def test_mistake_is_caught(path, old, new, check):
    check(lessons.namespace(path))  # it is the mistake that the check will see
    changed = []

    def edit(source):
        changed.append(source.count(old))
        return source.replace(old, new)

    mutant = lessons.fresh_namespace(path, edit)
    assert sum(changed) == 1, f"{old!r} stands {sum(changed)} times in the define cells"
    with pytest.raises((AssertionError, ValueError, IndexError)):
        check(mutant)


def test_every_lesson_has_rows_of_its_own():
    for path in lessons.CHARACTER_LESSONS:
        own = [row for row in MUTATIONS if row[0] == lessons.stem(path)]
        assert len(own) >= 4, f"no mutations are listed for {lessons.stem(path)}"
