"""Checks of one lesson's functions, given as a namespace; each raises when something is wrong.

The tests run them on the lessons as they are; test_mutations.py runs them on lessons with a
mistake put in, and expects them to raise.
"""

import numpy as np

import lessons

T, B, V, H = 5, 3, 7, 4


def fixture(name):
    with np.load(lessons.FIXTURES / f"{name}.npz", allow_pickle=False) as stored:
        return dict(stored)


def gradients(ns):
    """The lesson's own gradient check, on the lesson's own tiny example."""
    params, inputs, targets, state = ns["tiny_example"](np.random.default_rng(0))
    sizes = (*inputs.shape, len(lessons.state_parts(state)[0]))
    for extra in ({}, lessons.with_mask(ns, np.random.default_rng(0), *sizes)):
        loss, _, cache = ns["forward"](params, inputs, targets, state, **extra)
        errors = ns["check_gradients"](
            lambda p, extra=extra: ns["forward"](p, inputs, targets, state, **extra)[0],
            params, ns["backward"](params, cache),
        )  # fmt: skip
        assert set(errors) == set(params)
        assert ns["verdict"](errors), errors


def step(ns):
    """`step`, token by token, gives the logits of `forward`."""
    problem = lessons.random_problem(ns, np.random.default_rng(1), T, B, V, H)
    params, inputs, targets, state = problem
    _, last, cache = ns["forward"](params, inputs, targets, state)
    for t in range(T):
        logits, state = ns["step"](params, inputs[t], state)
        assert logits.shape == (V, B)
        np.testing.assert_allclose(logits, cache.logits[t], rtol=1e-10, atol=1e-12)
    for ours, theirs in zip(lessons.state_parts(state), lessons.state_parts(last)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def adam(ns):
    """Five updates agree with torch.optim.Adam, gradients growing tenfold at each."""
    stored = fixture("torch_adam")
    params = {name: stored[f"start_{name}"].copy() for name in ("W", "b")}
    memory = ns["adam_init"](params)
    for n in range(1, int(stored["steps"]) + 1):
        grads = {name: stored[f"grad_{name}_{n}"].copy() for name in params}
        ns["adam_step"](params, grads, memory, float(stored["learning_rate"]))
        for name, p in params.items():
            np.testing.assert_allclose(p, stored[f"after_{name}_{n}"], rtol=1e-12)
            np.testing.assert_array_equal(grads[name], stored[f"grad_{name}_{n}"])


def clip(ns):
    """A long gradient comes back with the allowed length and its old direction."""
    rng = np.random.default_rng(2)
    grads = {"W": rng.normal(size=(4, 3)), "b": rng.normal(size=(4, 1))}
    before = {name: g.copy() for name, g in grads.items()}
    length = np.sqrt(sum((g**2).sum() for g in grads.values()))
    for limit in (0.1 * length, 0.9 * length, 2 * length, None):
        clipped, norm = ns["clip_by_global_norm"](grads, limit)
        np.testing.assert_allclose(norm, length)
        factor = 1 if limit is None else min(1, limit / length)
        for name, g in before.items():
            np.testing.assert_allclose(clipped[name], factor * g)
            np.testing.assert_array_equal(grads[name], g)


def clip_in_training(ns):
    """What reaches the optimiser in `train` is never longer than `clip_norm`."""
    rng = np.random.default_rng(3)
    params = ns["init_params"](vocab_size=V, hidden_size=H, rng=rng)
    streams = ns["make_streams"](rng.integers(V, size=200), B, T)
    lengths = []

    def update(params, grads, memory, learning_rate):
        lengths.append(np.sqrt(sum((g**2).sum() for g in grads.values())))

    history = ns["train"](params, streams, 8, 0.1, T, clip_norm=0.01, update=update)
    assert len(lengths) == 8 and min(history["norm"]) > 0.01
    assert max(lengths) <= 0.01 * (1 + 1e-9)


def streams(ns):
    """Targets are the inputs moved on by one, and no pair of neighbours is left out."""
    for size, batch_size, seq_len in ((50, 3, 4), (13, 3, 4), (61, 5, 12), (8, 1, 7), (97, 7, 2)):
        inputs, targets = ns["make_streams"](np.arange(size), batch_size, seq_len)
        assert inputs.shape == targets.shape and inputs.shape[1] == batch_size
        np.testing.assert_array_equal(targets, inputs + 1)
        np.testing.assert_array_equal(np.diff(inputs, axis=0), 1)
        assert set(inputs.ravel().tolist()) == set(range(size - 1))


def book():
    return (lessons.DATA / "fables.txt").read_text(encoding="utf-8")


def split(ns):
    """The last tenth is the test part, numbers in 5 are for validation; no line is in two parts."""
    text = book()
    fables = [block.split("\n") for block in text.strip("\n").split("\n\n")]
    train, valid, test = ns["split_text"](text)
    for number, lines in enumerate(fables, start=1):
        home = valid if number % 10 == 5 else train
        home = test if number > len(fables) - len(fables) // 10 else home
        assert "\n".join(lines) in home, f"fable {number} is not where it belongs"
        for other in {train, valid, test} - {home}:
            assert f"\n{lines[0]}\n" not in f"\n{other}", f"{lines[0]!r} stands in two parts"
            for line in lines[1:]:
                assert len(line) < 40 or line not in other, f"in two parts: {line!r}"
    assert len(train) + len(valid) + len(test) > 0.99 * len(text)
    for blocks, valid_ids, test_ids in ((20, [5, 15], [19, 20]), (25, [5, 15], [24, 25]),
                                        (30, [5, 15, 25], [28, 29, 30])):  # fmt: skip
        parts = ns["split_text"]("\n\n".join(f"block {n}" for n in range(1, blocks + 1)))
        train_ids = sorted({*range(1, blocks + 1)} - {*valid_ids, *test_ids})
        for part, ids in zip(parts, (train_ids, valid_ids, test_ids)):
            assert part == "\n\n".join(f"block {n}" for n in ids) + "\n"
    text = "".join(chr(200 + n) for n in range(100))
    assert ns["split_text"](text) == (text[:80], text[80:90], text[90:])
