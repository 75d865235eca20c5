"""Mistakes that people really make, put into the lessons one at a time: a check must see each.

A row is (lesson, the text, what replaces it, the check that must raise). The text is replaced
in the last cell, no solution, that holds it: once, and where it takes effect; how its lines are
broken does not matter. The check must pass without the change. A row without a lesson is about
the first one that has the text: what the lessons share is the same in all, to the letter.
"""

import functools
import re

import numpy as np
import pytest

import checks
import lessons
import line_mistakes
import page_checks
import pair_attention_checks
import pair_checks
import pair_luong_checks
import pair_mistakes
import pair_page_checks
import shared_checks
import word_checks
import word_mistakes
import word_page_checks

RNN, LSTM = "char_level_lm/01_RNN_NumPy", "char_level_lm/02_LSTM_NumPy"
GRU = "char_level_lm/03_GRU_NumPy"
MODULES = (checks, shared_checks, page_checks, word_checks, word_page_checks, pair_checks,
           pair_attention_checks, pair_luong_checks, pair_page_checks)  # fmt: skip
KINDS = {
    "gradients of the Elman network": [
        (RNN, "dh[t] += W_h_T @ da[t + 1]", "dh[t] -= W_h_T @ da[t + 1]", checks.gradients),
        (RNN, "dh[t] += W_h_T @ da[t + 1]", "pass", checks.gradients),
        (RNN, "dh[t] += W_h_T @ da[t + 1]", "dh[t] += W_h_T @ dh[t + 1]", checks.gradients),
        (RNN, "outer_sum(da, h[:-1])", "outer_sum(da, h[1:])", checks.gradients),
        (RNN, "outer_sum(dlogits, h[1:])", "outer_sum(dlogits, h[:-1])", checks.gradients),
        (RNN, "slope = 1 - cache.h[1:] ** 2", "slope = np.ones_like(cache.h[1:])",
         checks.gradients),
        (RNN, "slope = 1 - cache.h[1:] ** 2", "slope = 1 - cache.h[:-1] ** 2", checks.gradients),
        (RNN, "da[-1] = dh[-1] * slope[-1]", "da[-1] = dh[-1]", checks.gradients),
        (RNN, 'W_h_T = params["W_h"].T', 'W_h_T = params["W_h"]', checks.gradients),
        (RNN, "range(len(dh) - 1)", "range(1, len(dh) - 1)", checks.gradients),
        (RNN, "a = W_x[:, tokens] + W_h @ state + b", "a = W_x[:, tokens] + W_h @ state",
         checks.step),
        (RNN, "@ dlogits + dstate", "@ dlogits", checks.steps_backward),
        (RNN, "da = dh * (1 - h * h)", "da = dh * (1 - state * state)", checks.steps_backward),
        (RNN, '"W_h": da @ state.T', '"W_h": da @ h.T', checks.steps_backward),
        (RNN, '"W_y": dlogits @ h.T', '"W_y": dlogits @ state.T', checks.steps_backward),
        (RNN, 'return grads, params["W_h"].T @ da', 'return grads, params["W_h"] @ da',
         checks.steps_backward),
    ],
    "gradients of the LSTM": [
        (LSTM, "np.multiply(dc[t] * c[t], f * (1 - f), out=a_f)",
         "np.multiply(dc[t], c[t], out=a_f)", checks.gradients),
        (LSTM, "dc[t] * c[t], f * (1 - f)", "dc[t] * c[t + 1], f * (1 - f)", checks.gradients),
        (LSTM, "i * (1 - i), out=a_i", "1 - g * g, out=a_i", checks.gradients),
        (LSTM, "1 - g * g, out=a_g", "g * (1 - g), out=a_g", checks.gradients),
        (LSTM, "o * (1 - o), out=a_o", "o, out=a_o", checks.gradients),
        (LSTM, "np.multiply(dh[t] * tanh_c", "np.multiply(dc[t] * tanh_c", checks.gradients),
        (LSTM, "dc[t] += dc[t + 1] * f_next", "pass", checks.gradients),
        (LSTM, "dc[t] += dc[t + 1] * f_next", "dc[t] += dc[t + 1] * f", checks.gradients),
        (LSTM, "dc[t] += dc[t + 1] * f_next", "dc[t] += dc[t + 1]", checks.gradients),
        (LSTM, "dh[t] += by_blocks(back, a)", "pass", checks.gradients),
        (LSTM, "dh[t] * o * (1 - tanh_c * tanh_c)", "dh[t] * o", checks.gradients),
        (LSTM, "(a_i, a_f, a_g, a_o) = row_blocks", "(a_f, a_i, a_g, a_o) = row_blocks",
         checks.gradients),
        (LSTM, "i, f, g, o = cache.gates[t]", "i, f, o, g = cache.gates[t]", checks.gradients),
        (LSTM, "tanh(c[t + 1], out=tanh_c[t])", "tanh(c[t], out=tanh_c[t])", checks.gradients),
        (LSTM, "a += table.take(inputs[t], axis=1)", "a += table.take(inputs[0], axis=1)",
         checks.gradients),
        (LSTM, "outer_sum(da, h[:-1])", "outer_sum(da, h[1:])", checks.gradients),
        (LSTM, "dh *= cache.mask", "pass", checks.gradients),
        (LSTM, "outer_sum(dlogits, shown)", "outer_sum(dlogits, h[1:])", checks.gradients),
        (LSTM, "    c = f * c + i * g", "    c = f * c + g", checks.step),
        (LSTM, "@ dlogits + dh_later", "@ dlogits", checks.steps_backward),
        (LSTM, "(1 - np.tanh(c) ** 2) + dc_later", "(1 - np.tanh(c) ** 2)",
         checks.steps_backward),
        (LSTM, "dc * c_before * f", "dc * c * f", checks.steps_backward),
        (LSTM, "dh * np.tanh(c) * o * (1 - o)", "dc * np.tanh(c) * o * (1 - o)",
         checks.steps_backward),
        (LSTM, "da @ h_before.T", "da @ h.T", checks.steps_backward),
        (LSTM, '(params["W_h"].T @ da, dc * f)', '(params["W_h"].T @ da, dc)',
         checks.steps_backward),
    ],
    "gradients of Cho's GRU": [
        (GRU, "rz += drive[: 2 * H]", "pass", checks.gradients),
        (GRU, "1 - n * n, out=a_n", "1 - n, out=a_n", checks.gradients),
        (GRU, "np.multiply(dh[t] * (h - n)", "np.multiply(dh[t] * (n - h)", checks.gradients),
        (GRU, "z * (1 - z), out=a_z", "1, out=a_z", checks.gradients),
        (GRU, "dq[t] * h, r * (1 - r)", "dq[t] * h, r", checks.gradients),
        (GRU, "np.multiply(dq[t] * h,", "np.multiply(dq[t] * cache.h[t + 1],", checks.gradients),
        (GRU, "dh[t - 1] += dh[t] * z ", "dh[t - 1] += dh[t] * (1 - z) ", checks.gradients),
        (GRU, "dh[t - 1] += dq[t] * r ", "dh[t - 1] += dq[t] ", checks.gradients),
        (GRU, "dh[t - 1] += by_blocks(from_rz, a[: 2 * H])", "pass", checks.gradients),
        (GRU, "a_r, a_z, a_n = a.reshape", "a_z, a_r, a_n = a.reshape", checks.gradients),
        (GRU, "outer_sum(da[:, 2 * H :], cache.q)", "outer_sum(da[:, 2 * H :], h[:-1])",
         checks.gradients),
        (GRU, "outer_sum(da[:, : 2 * H], h[:-1])", "outer_sum(da[:, : 2 * H], h[1:])",
         checks.gradients),
        (GRU, "q[t] = r * h[t]", "q[t] = h[t]", checks.gradients),
        (GRU, "h[t + 1] = z * h[t] + (1 - z) * n", "h[t + 1] = (1 - z) * h[t] + z * n",
         checks.gradients),
        (GRU, "W_h[2 * H :] @ q)", "r * (W_h[2 * H :] @ h))", checks.step),
        (GRU, "    h = z * state + (1 - z) * n", "    h = (1 - z) * state + z * n", checks.step),
        (GRU, "@ dlogits + dstate", "@ dlogits", checks.steps_backward),
        (GRU, "da_z = dh * (state - n)", "da_z = dh * (h - n)", checks.steps_backward),
        (GRU, "da_r = dq * state * r", "da_r = dq * h * r", checks.steps_backward),
        (GRU, "da_n @ q.T", "da_n @ state.T", checks.steps_backward),
        (GRU, '"copy": dh * z', '"copy": dh * (1 - z)', checks.steps_backward),
        (GRU, '"candidate": dq * r', '"candidate": dq', checks.steps_backward),
        (GRU, 'W_h[H : 2 * H].T @ da_z, "reset"', 'W_h[:H].T @ da_z, "reset"',
         checks.steps_backward),
    ],
    "the opening's few lines": [
        (RNN, "later = W_h.T @ da", "later = W_h @ da", page_checks.opening_network),
        (RNN, "later = W_h.T @ da", "pass", page_checks.opening_network),
        (RNN, "np.outer(da, states[t - 1])", "np.outer(da, states[t])",
         page_checks.opening_network),
        (RNN, "p[ids[t + 1]] -= 1", "p[ids[t]] -= 1", page_checks.opening_network),
        (RNN, "* (1 - states[t] ** 2)", "* 1", page_checks.opening_network),
        (RNN, "s += 0.1 * (g * g - s)", "s += g * g", page_checks.opening_network),
        (RNN, "told += letters[np.argmax(W_y @ h + b_y)]", "told += letters[np.argmax(W_y @ h)]",
         page_checks.opening_network),
    ],
    "loss": [
        (None, "dlogits[t, target, column] -= 1", "dlogits[t, target, column] += 1",
         checks.gradients),
        (None, "dlogits *= (targets >= 0)[:, None, :] / count", "dlogits /= targets.shape[1]",
         checks.gradients),
    ],
    "the gradient check's tolerance": [
        (None, "def verdict(errors, tolerance=1e-6)", "def verdict(errors, tolerance=1e-3)",
         checks.tolerance_of_the_check),
        (None, "def verdict(errors, tolerance=1e-6)", "def verdict(errors, tolerance=1e-4)",
         checks.tolerance_of_the_check),
        (None, "np.abs(g - numeric).max() / size", "np.abs(g - numeric).mean() / size / 100",
         checks.tolerance_of_the_check),
        (None, "return all(error < tolerance for error", "return any(error < tolerance for error",
         checks.tolerance_of_the_check),
        (None, "numeric[place] = (above - below) / (2 * delta)",
         "numeric[place] = grads[name][place]", checks.tolerance_of_the_check),
    ],
    "Adam and clipping": [
        (None, "1 - beta1 ** adam", "1 - 0 * beta1 ** adam", checks.adam),
        (None, "1 - beta2 ** adam", "1 - 0 * beta2 ** adam", checks.adam),
        (None, "m += (1 - beta1) * g ", "m += g ", checks.adam),
        (None, "np.sqrt(v / square_of) + eps", "np.sqrt(v / square_of + eps)", checks.adam),
        (None, "if max_norm is None or norm <= max_norm:", "if True:", checks.clip),
        (None, "g * (max_norm / norm)", "np.clip(g, -max_norm, max_norm)", checks.clip),
        (None, "update(params, clipped, memory", "update(params, grads, memory",
         checks.clip_in_training),
    ],
    "data": [
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
    ],
    "test text = validation text": [
        (RNN, "encode(p, vocab) for p in parts.values()",
         "encode(p, vocab) for p in (train_text, valid_text, valid_text)", page_checks.held_out),
        (LSTM, "encode(part, vocab) for part in (train_text, valid_text, test_text)",
         "encode(part, vocab) for part in (train_text, valid_text, valid_text)",
         page_checks.held_out),
        (None, "all_scores(valid_tokens), all_scores(test_tokens)",
         "all_scores(valid_tokens), all_scores(valid_tokens)", page_checks.held_out),
        (RNN, "train_text, valid_text, test_text = split_text(text)",
         "train_text, test_text, valid_text = split_text(text)", page_checks.held_out),
    ],
    "chosen on the test text": [
        (None, "share = best_share(*valid_scores[:2])", "share = best_share(*test_scores[:2])",
         page_checks.held_out),
        (None, "tables_share = best_share(*valid_scores[1:])",
         "tables_share = best_share(*test_scores[1:])", page_checks.held_out),
        (None, "best_ngram(train_tokens, valid_tokens, V)",
         "best_ngram(train_tokens, test_tokens, V)", page_checks.held_out),
        (LSTM, "best_ngram(eighth, valid_tokens, V)", "best_ngram(eighth, test_tokens, V)",
         page_checks.held_out),
        (LSTM, "valid = bits(evaluate(small, valid_tokens))",
         "valid = bits(evaluate(small, test_tokens))", page_checks.held_out),
        (RNN, "reporter(params, valid_tokens, vocab, max(steps // 8, 1), run)",
         "reporter(params, test_tokens, vocab, max(steps // 8, 1), run)", page_checks.held_out),
        (None, "min(np.arange(21) / 20", "max(np.arange(21) / 20",
         checks.mixture),
        (None, "np.log(share) + first, np.log(1 - share) + second",
         "np.log(1 - share) + first, np.log(share) + second", checks.mixture),
    ],
    "the n-gram": [
        (None, "y = n[1] / (n[1] + 2 * n[2])", "y = n[1] / (n[1] + n[2])", checks.ngram),
        (None, "c - (c + 1) * y * n[c + 1] / n[c]", "c - c * y * n[c + 1] / n[c]", checks.ngram),
        (None, "codes, counts = np.unique(codes % vocab_size**m, return_counts=True)",
         "codes, counts = np.unique(ngram_codes(tokens, m, vocab_size), return_counts=True)",
         checks.ngram),
        (None, "np.full(len(tokens), 1 / V)", "np.full(len(tokens), 1 / (V + 1))", checks.ngram),
        (None, "np.full(len(tokens), 1 / V)", "np.zeros(len(tokens))", checks.ngram),
        (None, "D[np.minimum(counts, 3)]", "D[np.minimum(counts, 1)]", checks.ngram),
        (None, "D[np.minimum(count, 3)]", "D[np.minimum(count, 1)]", checks.ngram),
        (None, "D = np.minimum(factor * discounts", "D = np.minimum(discounts", checks.ngram),
        (None, "np.where(total > 0, p_m, p[m - 1 :])", "np.where(count > 0, p_m, p[m - 1 :])",
         checks.ngram),
        (None, "taken * p[m - 1 :]", "taken / V", checks.ngram),
        (None, "np.clip([0, *discounts], [0, 0.1, 0.1, 0.1], [0, 1, 2, 3])",
         "np.array([0, *discounts])", checks.ngram),
        (None, "bits(score_ngram(model, valid_tokens, factor))",
         "bits(score_ngram(model, train_tokens, factor))", checks.ngram_choice),
        (None, "{order: fit_ngram(train_tokens, order, vocab_size)",
         "{order: fit_ngram(np.append(train_tokens, valid_tokens), order, vocab_size)",
         checks.ngram_choice),
        (None, "bits(score_ngram(model, valid_tokens, factor))",
         "bits(score_ngram(model, valid_tokens))", checks.ngram_choice),
        (None, "table: bits(score_ngram(ngram, valid_tokens, ngram_factor))",
         "table: bits(score_ngram(ngram, valid_tokens))", page_checks.held_out),
        (None, "score_ngram(ngram, tokens, ngram_factor)", "score_ngram(ngram, tokens)",
         page_checks.held_out),
    ],
    "recall": [
        (None, "grads, _ = clip_by_global_norm(backward(params, cache), clip_norm)",
         "grads = backward(params, cache)", checks.recall),
        (None, "= recall_batch(k, symbols, batch_size, rng)",
         "= recall_batch(k, symbols, batch_size, np.random.default_rng(0))", checks.recall),
        (None, "inputs, targets = recall_batch(k, symbols, 500, rng) "
         "_, _, cache = forward(params, inputs, targets, zero_state(params, 500))", "pass",
         checks.recall),
        (None, "recall_batch(k, symbols, 500, rng)",
         "(np.resize(a, (k + 1, 500)) for a in (inputs, targets))", checks.recall),
        (None, "targets[-1] = inputs[0]", "targets[-1] = inputs[-1]", checks.recall),
        (None, "accuracy >= 0.95", "accuracy > 0.95", checks.grades),
        (None, "accuracy < 0.25", "accuracy <= 0.25", checks.grades),
        (LSTM, "clip_by_global_norm(backward(params, cache), 1.0)",
         "clip_by_global_norm(backward(params, cache), None)", checks.endless_stream),
        (LSTM, "_, state, cache = forward(params, inputs, targets, state)\n        grads",
         "_, _, cache = forward(params, inputs, targets, state)\n        grads",
         checks.endless_stream),
        (LSTM, "task_stream(5, k, batch_size, rng)",
         "task_stream(5, k, batch_size, np.random.default_rng(0))", checks.endless_stream),
        (LSTM, "np.mean(right[-20:])", "np.max(right)", checks.endless_stream),
    ],
    "dropout and weight drop": [
        (LSTM, "(rng.random(shape) >= rate) / (1 - rate)", "(rng.random(shape) >= rate) / 1",
         checks.drop_mask),
        (LSTM, "(rng.random(shape) >= rate) / (1 - rate)", "(rng.random(shape) < rate) / rate",
         checks.drop_mask),
        (LSTM, "drop_mask((T, W_h.shape[1], B), dropout", "drop_mask((1, W_h.shape[1], B), dropout",
         checks.masks_in_training),
        (LSTM, "drop_mask((T, W_h.shape[1], B), dropout",
         "np.ones((T, 1, 1)) * drop_mask((1, W_h.shape[1], B), dropout", checks.masks_in_training),
        (LSTM, "keep = drop_mask(W_h.shape, weight_drop, rng,",
         "keep = drop_mask(W_h.shape, weight_drop, np.random.default_rng(0),",
         checks.masks_in_training),
        (LSTM, "dropout, rng, W_h.dtype)", "dropout, np.random.default_rng(0), W_h.dtype)",
         checks.masks_in_training),
        (LSTM, "keep = drop_mask(W_h.shape, weight_drop", "keep = drop_mask(W_h.shape, dropout",
         checks.masks_in_training),
        (LSTM, 'grads["W_h"] = keep * grads["W_h"]', "pass", checks.masks_in_training),
        (LSTM, 'grads["W_h"] = keep * grads["W_h"]', 'grads["W_h"] = (keep > 0) * grads["W_h"]',
         checks.masks_in_training),
        (LSTM, "grads = backward(dropped, cache)", "grads = backward(params, cache)",
         checks.masks_in_training),
        (LSTM, "forward(dropped, inputs, targets, state, mask)",
         "forward(dropped, inputs, targets, state)", checks.masks_in_training),
        (None, "regularised(dropout, weight_drop, rng), after", "loss_and_gradients, after",
         page_checks.main_training),
        (None, "regularised(dropout, weight_drop, rng), after",
         "regularised(weight_drop, dropout, rng), after", page_checks.main_training),
        (GRU, "regularised(dropout, weight_drop, rng), after",
         "regularised(dropout, 0, rng), after", page_checks.main_training),
        (LSTM, "_, state, cache = forward(params, inputs[part], targets[part], state)",
         "_, state, cache = forward({**params, 'W_h': 0.8 * params['W_h']}, inputs[part], "
         "targets[part], state)", page_checks.progress_lines),
    ],
    "knobs not handed to training": [
        (RNN, "seq_len, clip_norm, after=report)", "seq_len, after=report)",
         page_checks.main_training),
        (LSTM, "seq_len, clip_norm,\n", "seq_len, 1.0,\n", page_checks.main_training),
        (None, "after=report, beta2=beta2)", "after=report)", page_checks.main_training),
        (None, "train(params, streams, steps, learning_rate, seq_len",
         "train(params, streams, steps, 1e-2, seq_len", page_checks.main_training),
        (None, "rate, seq_len, limit, update=sgd_step", "rate, seq_len, 0.25, update=sgd_step",
         page_checks.descent),
        (LSTM, "gradients=run_of(rng), beta2=0.99", "beta2=0.99", page_checks.small_runs),
    ],
    "sampling": [
        (None, "p[order[min(top_k, nucleus):]] = 0", "p[order[top_k:]] = 0", checks.sampling),
        (None, "p[order[min(top_k, nucleus):]] = 0",
         "p[order[top_k if top_k < len(p) else nucleus:]] = 0", checks.sampling),
        (None, "before = np.cumsum(p[order]) - p[order]", "before = np.cumsum(p[order])",
         checks.sampling),
        (None, "np.count_nonzero(before < top_p)", "np.count_nonzero(before <= top_p)",
         checks.sampling),
        (None, "np.count_nonzero(before < top_p)", "np.count_nonzero(before < top_p) + 1",
         checks.sampling),
        (None, "(logits - logits.max()) / temperature", "(logits - logits.max()) * temperature",
         checks.sampling),
        (None, "p=next_token_probabilities(logits, **choice)", "p=next_token_probabilities(logits)",
         checks.sampling),
        (None, "int(choose(logits[:, 0]))", "int(np.argmax(logits[:, 0]))", checks.choosing),
        (None, "generate(params, opening, 160, vocab, choose)",
         "generate(params, opening, 160, vocab)", page_checks.ways_of_drawing),
        (None, "generate(params, opening, 1500, vocab, choose)",
         "generate(params, opening, 1500, vocab)", page_checks.ways_of_drawing),
        (None, 'choose = sampler(np.random.default_rng(seed), **choice)\n    print(f"\\n[{name}]"',
         'choose = sampler(np.random.default_rng(seed))\n    print(f"\\n[{name}]"',
         page_checks.ways_of_drawing),
    ],
    "nats for bits": [
        (None, "return float(-np.mean(log_probabilities) / np.log(2))",
         "return float(-np.mean(log_probabilities))", checks.code_length),
        (None, "{values['loss'] / np.log(2):", "{values['loss']:",
         page_checks.progress_lines),
        (None, "curve.append((n, bits(evaluate(params, valid_tokens))))",
         "curve.append((n, -np.mean(evaluate(params, valid_tokens))))",
         page_checks.progress_lines),
        (None, 'train_bits = np.array(history["loss"]) / np.log(2)',
         'train_bits = np.array(history["loss"])', page_checks.loss_curve),
        (None, 'ends.append(np.mean(losses["loss"][-50:]) / np.log(2))',
         'ends.append(np.mean(losses["loss"][-50:]))', page_checks.descent),
        (LSTM, "small_table_bits = bits(score_ngram(small_table, valid_tokens, small_factor))",
         "small_table_bits = -np.mean(score_ngram(small_table, valid_tokens, small_factor))",
         page_checks.held_out),
        (LSTM, "bits(test_scores[0][chosen[1:]])", "-np.mean(test_scores[0][chosen[1:]])",
         page_checks.held_out),
        (LSTM, "np.mean(losses[-200:]) / np.log(2)", "np.mean(losses[-200:])",
         page_checks.small_runs),
        (None, "network: bits(test_scores[0])", "network: -float(np.mean(test_scores[0]))",
         page_checks.held_out),
        (None, '"uniform": float(np.log2(V))', '"uniform": float(np.log(V))',
         page_checks.held_out),
        (None, '"uniform": np.log2(V)', '"uniform": np.log(V)', page_checks.held_out),
    ],
    "initialisation": [
        (None, "return q * np.sign(np.diag(r))", "return q", checks.orthogonal),
        (None, "return q * np.sign(np.diag(r))", "return q * np.sign(np.diag(r))[:, None]",
         checks.orthogonal),
        (RNN, "rng.normal(size=(H, H)) / np.sqrt(H)", "rng.normal(size=(H, H)) / H",
         checks.recurrent_starts),
        (RNN, "rng.uniform(-1, 1, size=(H, H)) / np.sqrt(H)", "rng.uniform(-1, 1, size=(H, H))",
         checks.recurrent_starts),
        (LSTM, "forget_bias=1.0, chrono", "forget_bias=0.0, chrono", checks.forget_bias),
        (LSTM, "b_f[:] = forget_bias", "b_i[:] = forget_bias", checks.forget_bias),
        (LSTM, 'params["b"][:H], params["b"][H : 2 * H]', 'params["b"][H : 2 * H], params["b"][:H]',
         checks.forget_bias),
        (LSTM, 'params["b"][:H], params["b"][H : 2 * H]', 'params["b"][H : 2 * H], params["b"][:H]',
         checks.chrono),
        (LSTM, "b_i[:] = -b_f if input_bias else 0", "pass", checks.chrono),
        (LSTM, "b_i[:] = -b_f if input_bias else 0", "b_i[:] = b_f", checks.chrono),
        (LSTM, "np.log(rng.uniform(1, chrono - 1, size=(H, 1)))",
         "np.log(np.full((H, 1), chrono - 1))", checks.chrono),
        (LSTM, "np.log(rng.uniform(1, chrono - 1, size=(H, 1)))",
         "rng.uniform(0, np.log(chrono - 1), size=(H, 1))", checks.chrono),
        (GRU, 'b_z = params["b"][H : 2 * H]', 'b_z = params["b"][:H]', checks.update_bias),
        (GRU, "np.log(rng.uniform(1, chrono - 1, size=(H, 1)))",
         "-np.log(rng.uniform(1, chrono - 1, size=(H, 1)))", checks.update_bias),
        (GRU, "np.concatenate([orthogonal(H, rng) for _ in range(3)])",
         "np.concatenate([orthogonal(H, rng)] * 3)", checks.starts),
    ],
    "analyses": [
        (RNN, "product @ (slope[:, None] * W_h)", "product @ W_h", checks.jacobian),
        (RNN, "product @ (slope[:, None] * W_h)", "product @ (slope * W_h)", checks.jacobian),
        (RNN, "product @ (slope[:, None] * W_h)", "(slope[:, None] * W_h) @ product",
         checks.jacobian),
        (RNN, "for slope in slopes[::-1]", "for slope in slopes", checks.jacobian),
        (LSTM, "bits(test_scores[0][chosen[1:]])", "bits(test_scores[0][chosen[:-1]])",
         page_checks.held_out),
        (RNN, "np.mean(1 - h[1:] ** 2)", "np.mean(1 - h[1:])", page_checks.radius_and_slope),
        (RNN, 'np.abs(np.linalg.eigvals(p["W_h"])).max()', 'np.linalg.norm(p["W_h"], 2)',
         page_checks.radius_and_slope),
        (None, "streams * gradient for gradient", "gradient for gradient",
         checks.last_loss_gradients),
        (None, "last_only[-1] = targets[-1]", "last_only[:] = targets",
         checks.last_loss_gradients),
        (None, "np.linalg.norm(gradient, axis=1)[::-1]", "np.linalg.norm(gradient, axis=1)",
         checks.quartiles),
        (None, "(0.25, 0.5, 0.75), axis=1", "(0.05, 0.5, 0.95), axis=1", checks.quartiles),
        (None, "np.full((len(tokens) - 1, 1), -1)", "tokens[1:, None].copy()",
         checks.connectivity),
        (None, 'np.linalg.norm(params["W_x"].T @ da, axis=(1, 2))',
         "np.linalg.norm(da, axis=(1, 2))", checks.connectivity),
        (LSTM, "cells - cells.mean(axis=0), wanted - wanted.mean()",
         "cells, wanted - 0 * wanted.mean()", checks.correlations),
        (LSTM, "cells - cells.mean(axis=0), wanted - wanted.mean()",
         "cells - cells.mean(), wanted - 0 * wanted.mean()", checks.correlations),
        (LSTM, "by_unit = correlations(cells, train_properties[prop])",
         "by_unit = correlations(valid_cells, valid_properties[prop])", page_checks.chosen_unit),
        (GRU, 'by_mark["training"])))', 'by_mark["validation"])))', page_checks.chosen_unit),
        (GRU, "[0][:, H : 2 * H]", "[0][:, :H]", checks.time_constants),
        (GRU, "return -1 / np.log(np.clip(z, 1e-12, 1 - 1e-7)).mean(axis=0)",
         "return -1 / np.log(np.clip(1 - z, 1e-12, 1 - 1e-7)).mean(axis=0)",
         checks.time_constants),
    ],
    **word_mistakes.KINDS,
    **pair_mistakes.KINDS,
    **line_mistakes.KINDS,
}  # fmt: skip


def pattern(text):
    """`text` as an expression that does not mind how its lines are broken and indented."""
    words = re.escape(re.sub(r"\s+", " ", text.strip())).replace(r"\ ", r"\s+")
    words = re.sub(r"\\[(\[{]", lambda match: match[0] + r"\s*", words)
    before = r"(?<=\s)" if text[0].isspace() else ""
    after = r"(?=\s)" if text[-1].isspace() else ""
    return re.compile(before + words + after)


def last_with(path, text):
    """The last cell, no solution, that holds `text`, or None."""
    cells = [cell for cell in lessons.code_cells(path) if not lessons.is_solution(cell)]
    cells = [cell for cell in cells if pattern(text).search(cell.source)]
    return cells[-1] if cells else None


@functools.cache
def passes(check, path):
    """Whether the lesson as it is passes; raises if not."""
    check(lessons.namespace(path))
    return True


def planted():
    """(kind, lesson or None, path, old, new, check) of each row whose lesson is written."""
    for kind, rows in KINDS.items():
        for lesson, old, new, check in rows:
            paths = lessons.notebook_of(lesson) if lesson else [
                p for p in lessons.NOTEBOOKS if last_with(p, old)
            ][:1] or lessons.CHARACTER_LESSONS[:1]  # fmt: skip
            for path in paths:
                yield kind, lesson, path, old, new, check


def cases():
    """Each row as a parameter of the test below."""
    for kind, _, path, old, new, check in planted():
        name = f"{kind}: {old.strip()[:40]} -> {new.strip()[:40]} [{check.__name__}]"
        yield pytest.param(path, old, new, check, id=name.replace("::", ":"))


def mutant(path, old, new):
    """The namespace of the lesson with the mistake in it."""
    place = last_with(path, old)
    assert place, f"{old!r} is in no cell of {lessons.stem(path)}"
    changed, count = pattern(old).subn(lambda _: new.strip(), place.source)
    assert count == 1, f"{old!r} stands {count} times there"

    def edit(cell):
        return cell._replace(source=changed) if cell == place else cell

    return lessons.fresh_namespace(path, edit)


SEEN = AssertionError, ValueError, LookupError, TypeError, ArithmeticError, OSError


@pytest.mark.parametrize("path, old, new, check", list(cases()))
def test_mistake_is_caught(path, old, new, check):
    assert passes(check, path)  # so it is the mistake that the check will see
    wrong = mutant(path, old, new)
    with np.errstate(all="ignore"), pytest.raises(SEEN):
        check(wrong)


def test_every_lesson_has_rows_of_its_own():
    rows = [row for rows in KINDS.values() for row in rows]
    for path in lessons.LANGUAGE_LESSONS + lessons.PAIR_LESSONS:
        own = [row for row in rows if row[0] == lessons.stem(path)]
        assert len(own) >= 4, f"no mutations are listed for {lessons.stem(path)}"


def test_every_check_sees_a_mistake():
    """A check that has never failed proves nothing."""
    seen = {row[-1] for rows in KINDS.values() for row in rows}
    known = {check for module in MODULES for check in checks.of_module(module)}
    assert known <= seen, f"no row for {sorted(check.__name__ for check in known - seen)}"
