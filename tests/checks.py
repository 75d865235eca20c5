"""Checks of one lesson's functions, given as a namespace; each raises when something is wrong.

The tests run them on the lessons as they are; test_mutations.py runs them on lessons with a
mistake put in, and expects them to raise.
"""

import contextlib
import functools
import inspect
import io

import numpy as np

import lessons
import oracles

T, B, V, H = 5, 3, 7, 4


def needs(text, function=None):
    """Mark a check as one for pages that hold `text`, or whose `function` takes it."""

    def mark(check):
        check.needs = text, function
        return check

    return mark


def words_too(check):
    """Mark a check as one for the lessons over words, too."""
    check.words = True
    return check


def is_of_words(lesson):
    """Whether a lesson, given as its namespace, reads words."""
    return "tokenize" in lesson


def is_of_pairs(lesson):
    """Whether a lesson, given as its namespace, translates."""
    return "load_pairs" in lesson


def applies(check, ns):
    """Whether `check` is one for this lesson."""
    if is_of_pairs(ns) != check.__module__.startswith("pair_"):
        return False
    if is_of_words(ns) != check.__module__.startswith("word_"):
        if not (is_of_words(ns) and getattr(check, "words", False)):
            return False
    text, function = getattr(check, "needs", ("", None))
    if function:
        return text in inspect.signature(ns[function]).parameters
    return any(text in cell.source for cell in ns["__cells__"])


def of_module(module):
    """The checks that `module` defines, in order: what is called with a namespace alone."""

    def wanted(function):
        parameters = inspect.signature(function).parameters.values()
        return [p.name for p in parameters if p.default is p.empty] == ["ns"]

    found = [value for value in vars(module).values() if inspect.isfunction(value)]
    return [f for f in found if f.__module__ == module.__name__ and wanted(f)]


@contextlib.contextmanager
def watched(ns, name):
    """Within, `ns[name]` notes each call: a list of (its arguments by name, its result)."""
    function, calls = ns[name], []
    signature = inspect.signature(function)

    @functools.wraps(function)
    def watching(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = {k: copied(v) for k, v in bound.arguments.items()}
        calls.append((given, result := function(*args, **kwargs)))
        return result

    with lessons.borrowed(ns, **{name: watching}):
        yield calls


def copied(value):
    """Arrays, alone or in a tuple or dictionary, as they are now."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) is tuple:
        return tuple(map(copied, value))
    return {k: copied(v) for k, v in value.items()} if isinstance(value, dict) else value


def length(grads):
    return np.sqrt(sum((g**2).sum() for g in grads.values()))


def printed_by(function, *args):
    """(what `function(*args)` prints, what it returns)."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        result = function(*args)
    return out.getvalue(), result


def log_probabilities(ns, params, tokens):
    """Of each next token, in nats: one pass over `tokens`, softmax written out."""
    state = ns["zero_state"](params, 1)
    _, _, cache = ns["forward"](params, tokens[:-1, None], tokens[1:, None], state)
    logits = cache.logits[:, :, 0]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return np.log(p[np.arange(len(p)), tokens[1:]])


def in_bits(nats):
    return -np.mean(nats) * np.log2(np.e)


def fixture(name):
    with np.load(lessons.FIXTURES / f"{name}.npz", allow_pickle=False) as stored:
        return dict(stored)


@words_too
def gradients(ns):
    """The lesson's own gradient check, on its tiny example: with and without masks, tied or not."""
    for options in ({}, {"tied": False}) if lessons.is_tied(ns) else ({},):
        params, *data = ns["tiny_example"](np.random.default_rng(0), **options)
        assert ("W_y" in params) == (not lessons.is_tied(ns) or options != {})
        masks = lessons.with_mask(ns, np.random.default_rng(0), params, *data[0].shape)
        for extra in ({}, masks, *({name: mask} for name, mask in masks.items())):
            _, _, cache = ns["forward"](params, *data, **extra)
            errors = ns["check_gradients"](
                lambda p, data=data, extra=extra: ns["forward"](p, *data, **extra)[0],
                params, lessons.gradients(ns, params, cache),
            )  # fmt: skip
            assert set(errors) == set(params)
            assert ns["verdict"](errors), errors


@words_too
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


@words_too
def steps_backward(ns, seed=1, sizes=(T, B, V, H), dtype=np.float64, tolerance=1e-10):
    """`step` and `step_backward`, summed over a window, give what `forward` and `backward` give."""
    problem = lessons.random_problem(ns, np.random.default_rng(seed), *sizes)
    params = {name: p.astype(dtype) for name, p in problem.params.items()}
    state = lessons.in_state(lambda s: s.astype(dtype), problem.state)
    loss, _, cache = ns["forward"](params, problem.inputs, problem.targets, state)
    grads = lessons.gradients(ns, params, cache)
    loss_2, grads_2 = ns["by_steps"](params, problem.inputs, problem.targets, state)
    assert abs(loss - loss_2) <= tolerance * max(1, abs(loss))
    assert set(grads) == set(grads_2) == set(params)
    for name, g in grads.items():
        assert g.shape == grads_2[name].shape and g.dtype == grads_2[name].dtype == dtype, name
        size = max(np.abs(g).max(), 1e-3)
        np.testing.assert_allclose(grads_2[name], g, rtol=0, atol=tolerance * size, err_msg=name)


def tolerance_of_the_check(ns):
    """A gradient wrong by 1e-5 of its largest entry is WRONG; a right one agrees."""
    rng = np.random.default_rng(20)
    params = {"u": rng.normal(size=(3, 2)), "v": rng.normal(size=(2, 1))}
    right = {"u": 2 * params["u"], "v": 3 * params["v"] ** 2}

    def loss(p):
        return (p["u"] ** 2).sum() + (p["v"] ** 3).sum()

    for factor, agrees in ((1, True), (1 + 1e-5, False), (1 - 1e-5, False), (1 + 1e-8, True)):
        errors = ns["check_gradients"](loss, params, {**right, "u": factor * right["u"]})
        said, verdict = printed_by(ns["verdict"], errors)
        assert verdict == agrees
        assert [line.split()[1] for line in said.splitlines()] == [
            "agrees" if agrees else "WRONG", "agrees"
        ]  # fmt: skip
    before = copied(params)
    small = {name: 1e-6 * g for name, g in right.items()}  # what is small must be as right
    errors = ns["check_gradients"](lambda p: 1e-6 * loss(p), params, {**small, "u": 2 * small["u"]})
    assert errors["u"] > 0.1 and errors["v"] < 1e-6
    for wrong in (right["v"][:1], right["v"].T, np.full((2, 1), np.nan), [[np.inf], [1.0]]):
        errors = ns["check_gradients"](loss, params, {**right, "v": np.array(wrong)})
        assert errors["v"] == float("inf") and errors["u"] < 1e-6
    for name, p in params.items():
        np.testing.assert_array_equal(p, before[name])


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


# Tables of counts


def wrapped(rng, V, size, skew, order):
    """Random ids whose first `order` come again at the end: each run has something in front."""
    p = (1 + np.arange(V)) ** -skew
    tokens = rng.choice(V, size=size, p=p / p.sum())
    return np.concatenate([tokens, tokens[:order]])


def ngram(ns):
    """Every probability is that of K1 and K2, and over all next characters they sum to one."""
    rng, with_discounts, capped = np.random.default_rng(30), 0, 0
    for V, size, skew, order, factor in (
        (2, 40, 0.5, 3, 1.0), (3, 25, 0.0, 4, 0.8), (9, 150, 1.0, 2, 1.2), (5, 200, 1.5, 4, 0.9),
        (6, 400, 2.5, 4, 1.1), (3, 90, 1.0, 1, 1.0), (16, 400, 2.0, 2, 1.2), (7, 30, 0.0, 5, 1.2),
        (10, 60, 1.0, 2, 1.2), (12, 60, 1.0, 2, 1.2),
    ):  # fmt: skip
        training = wrapped(rng, V - 1, size, skew, order)  # the last character never occurs
        text = np.concatenate([training[5:20], rng.integers(V, size=25)])
        model = ns["fit_ngram"](training, order, V)
        p = oracles.kneser_ney(training, order, V, factor)
        expected = [p(w, text[:n]) for n, w in enumerate(text)][1:]
        np.testing.assert_allclose(np.exp(ns["score_ngram"](model, text, factor)), expected)
        context = list(rng.integers(V, size=order))
        every = [np.exp(ns["score_ngram"](model, np.array([*context, w]), factor)[-1])
                 for w in range(V)]  # fmt: skip
        np.testing.assert_allclose(sum(every), 1)
        with_discounts += any(np.any(table[2] % 0.75) for table in model["tables"])
        capped += any(np.any(factor * table[2] > np.arange(4)) for table in model["tables"])
    assert with_discounts > 2, "most texts were too small for K2"
    assert capped, "no discount came out above its count"
    for numbers, expected in (
        ((4, 2, 1, 1), (0, 0.5, 1.25, 1)), ((5, 0, 1, 1), (0, 0.75, 0.75, 0.75)),
        ((3, 3, 60, 1), (0, 1 / 3, 0.1, 3 - 4 / 180)),
    ):  # fmt: skip
        counts = np.repeat([1, 2, 3, 4], numbers)
        np.testing.assert_allclose(ns["kneser_ney_discounts"](counts), expected)


def ngram_choice(ns):
    """Order and factor are those that are best on validation text, fitted on training text."""
    rng = np.random.default_rng(31)

    def text(size):  # what follows depends on the last two, mostly
        tokens = [0, 1]
        while len(tokens) < size:
            a, b = tokens[-2:]
            tokens.append((2 * a + b) % 4 if rng.random() < 0.7 else rng.integers(4))
        return np.array(tokens)

    training, validation = text(250), text(120)
    training = np.concatenate([training, training[:9]])
    with watched(ns, "fit_ngram") as fits:
        model, order, factor = ns["best_ngram"](training, validation, 4)
    assert [given["order"] for given, _ in fits] == list(range(1, 10))
    costs = {}
    for m in range(1, 10):
        for scale in (0.8, 0.9, 1.0, 1.1, 1.2):
            p = oracles.kneser_ney(training, m, 4, scale)
            costs[m, scale] = -sum(np.log(p(w, validation[:n]))
                                   for n, w in enumerate(validation) if n)  # fmt: skip
    assert (order, factor) == min(costs, key=costs.get)
    np.testing.assert_allclose(
        -ns["score_ngram"](model, validation, factor).sum(), costs[order, factor]
    )
    with watched(ns, "fit_ngram") as fits:  # codes of more digits in base V are no 64-bit numbers
        for V, size, longest in ((3000, 60, 5), (4, 7, 7)):
            fits.clear()
            ns["best_ngram"](rng.integers(V, size=60), rng.integers(V, size=size), V)
            assert [given["order"] for given, _ in fits] == list(range(1, longest + 1))


def code_length(ns):
    assert np.isclose(ns["bits"](np.log([0.5, 0.25, 0.125, 0.125])), 2.25)


def mixture(ns):
    """`mix` averages probabilities, and the best share takes the fewest bits."""
    rng = np.random.default_rng(14)
    first, second = np.log(rng.uniform(size=(2, 40)))
    first += 0.15  # so that the best share is neither 0 nor 1/2 nor 1
    for share in (0, 0.3, 1):
        expected = share * np.exp(first) + (1 - share) * np.exp(second)
        np.testing.assert_allclose(np.exp(ns["mix"](first, second, share)), expected)
    costs = {s: -np.log(s * np.exp(first) + (1 - s) * np.exp(second)).mean()
             for s in np.arange(21) / 20}  # fmt: skip
    assert ns["best_share"](first, second) == min(costs, key=costs.get) not in (0, 0.5, 1)
    assert ns["best_share"](first + 9, second) == 1 and ns["best_share"](first, second + 9) == 0


# The memory tests


def recall(ns):
    """Clipped, a new batch for every update, and scored on new sequences."""
    rng = np.random.default_rng(32)
    params = ns["init_params"](vocab_size=4, hidden_size=12, rng=rng)
    with watched(ns, "forward") as reads, watched(ns, "adam_step") as updates:
        accuracy = ns["train_recall"](params, 6, 5, 1e-2, rng, clip_norm=0.003)
    assert len(updates) == 5 and len(reads) == 6
    for given, _ in updates:
        np.testing.assert_allclose(length(given["grads"]), 0.003)
        assert given["learning_rate"] == 1e-2
    batches = [given["inputs"] for given, _ in reads]
    assert len({batch[:, :32].tobytes() for batch in batches}) == 6, "a batch came twice"
    for given, _ in reads:
        np.testing.assert_array_equal(given["targets"][-1], given["inputs"][0])
        assert np.all(given["targets"][:-1] < 0) and len(given["inputs"]) == 7
        assert not any(part.any() for part in lessons.state_parts(given["state"]))
    assert all(set(range(4)) == set(batch.ravel().tolist()) for batch in batches)
    given, (_, _, cache) = reads[-1]
    assert given["inputs"].shape == (7, 500)
    for name, p in params.items():
        np.testing.assert_array_equal(given["params"][name], p)
    assert accuracy == np.mean(cache.logits[-1].argmax(axis=0) == given["inputs"][0])


def grades(ns):
    """Solved from 0.95 on, 0.95 included; chance below 0.25."""
    words = {1.0: "solved", 0.95: "solved", 0.9499: "partly", 0.5: "partly", 0.25: "partly",
             0.2499: "chance", 0.0: "chance"}  # fmt: skip
    assert {accuracy: ns["grade"](accuracy) for accuracy in words} == words


@needs("def train_stream(")
def endless_stream(ns):
    """New tasks at every update, the state carried along, clipped, scored on the last twenty."""
    rng = np.random.default_rng(33)
    inputs, targets = ns["task_stream"](3, 4, 5, rng)
    assert inputs.shape == targets.shape == (18, 5)
    tasks, asked = inputs.reshape(3, 6, 5), targets.reshape(3, 6, 5)
    np.testing.assert_array_equal(asked[:, -1], tasks[:, 0])
    assert np.all(asked[:, :-1] < 0) and np.all(tasks[:, 0] < 8) and np.all(tasks[:, -1] == 16)
    assert tasks[:, 1:-1].min() >= 8 and tasks[:, 1:-1].max() <= 15
    params = ns["init_params"](vocab_size=17, hidden_size=6, rng=rng)
    params["W_y"] *= 30  # a gradient that is worth clipping
    with watched(ns, "forward") as reads, watched(ns, "adam_step") as updates:
        right, largest = ns["train_stream"](params, 25, 1e-2, rng, k=3)
    assert len(reads) == len(updates) == 25
    assert len({given["inputs"].tobytes() for given, _ in reads}) == 25, "tasks came twice"
    assert max(length(given["grads"]) for given, _ in updates) <= 1 + 1e-9
    for (_, (_, last, _)), (given, _) in zip(reads, reads[1:]):
        for ours, theirs in zip(lessons.state_parts(last), lessons.state_parts(given["state"])):
            np.testing.assert_array_equal(ours, theirs)
    shares = [np.mean(cache.logits.argmax(axis=1)[given["targets"] >= 0]
                      == given["targets"][given["targets"] >= 0])
              for given, (_, _, cache) in reads]  # fmt: skip
    np.testing.assert_allclose(right, np.mean(shares[-20:]))
    assert largest == np.abs(reads[-1][1][1][1]).max()  # of the cell


# Masks


@needs("def drop_mask(")
def drop_mask(ns):
    """`rate` is the share that is left out; the rest is scaled so that the mean stays."""
    rng = np.random.default_rng(34)
    for rate in (0.1, 0.6):
        mask = ns["drop_mask"]((100, 200), rate, rng)
        assert abs(np.mean(mask == 0) - rate) < 0.02
        np.testing.assert_allclose(mask[mask != 0], 1 / (1 - rate))
        assert (mask != ns["drop_mask"]((100, 200), rate, rng)).any()
    np.testing.assert_array_equal(ns["drop_mask"]((2, 3), 0, rng), np.ones((2, 3)))
    assert ns["drop_mask"]((2, 3), 0.5, rng, np.float32).dtype == np.float32


@needs("def regularised(")
def masks_in_training(ns):
    """New masks for each window, one W_h within it, and the gradients of that very network."""
    rng = np.random.default_rng(35)
    params, inputs, targets, state = lessons.random_problem(ns, rng, 4, 3, 5, 6)
    before = copied(params)
    with watched(ns, "forward") as reads:
        gradients = ns["regularised"](0.3, 0.4, rng)
        results = [gradients(params, inputs, targets, state) for _ in range(4)]
    keeps, hides = [], []
    assert len(reads) == 4, "one forward pass a window, with one W_h"
    for (given, _), (_, _, grads) in zip(reads, results):
        keep, hide = given["params"]["W_h"] / params["W_h"], given["mask"]
        keeps.append(keep)
        hides.append(hide)
        assert hide is not None, "the states are not masked"
        for mask, rate in ((keep, 0.4), (hide, 0.3)):
            np.testing.assert_allclose(mask[mask != 0], 1 / (1 - rate))
        assert hide.shape == (4, 6, 3) and not any((one == hide[0]).all() for one in hide[1:])
        assert not grads["W_h"][keep == 0].any()
        errors = ns["check_gradients"](
            lambda p, keep=keep, hide=hide: ns["forward"](
                {**p, "W_h": keep * p["W_h"]}, inputs, targets, state, hide)[0],
            params, grads)  # fmt: skip
        assert max(errors.values()) < 1e-6, errors
    for masks, rate in ((keeps, 0.4), (hides, 0.3)):
        assert not any((mask == masks[0]).all() for mask in masks[1:]), "the same mask again"
        assert abs(np.mean(np.array(masks) == 0) - rate) < 0.12
    for name, p in params.items():
        np.testing.assert_array_equal(p, before[name])
    plain = ns["loss_and_gradients"](params, inputs, targets, state)
    same = ns["regularised"](0, 0, rng)(params, inputs, targets, state)
    assert plain[0] == same[0]
    for name, g in plain[2].items():
        np.testing.assert_array_equal(same[2][name], g)


# Sampling


def plain_choice(logits, temperature=1.0, top_k=None, top_p=None):
    """The probabilities that the words describe, one token at a time."""
    weights = {w: np.exp(score / temperature) for w, score in enumerate(logits)}
    total = sum(weights.values())
    ranked = sorted(weights, key=lambda w: -weights[w])[: top_k or len(logits)]
    kept, mass = [], 0.0
    for w in ranked:
        if top_p is None or mass < top_p:
            kept.append(w)
        mass += weights[w] / total
    return [weights[w] / sum(weights[k] for k in kept) if w in kept else 0.0 for w in weights]


def sampling(ns):
    """Temperature, top-k and nucleus, each alone and all together."""
    rng = np.random.default_rng(36)
    for choice in ({}, {"temperature": 0.5}, {"temperature": 3.0}, {"top_k": 3}, {"top_p": 0.6},
                   {"top_k": 6, "top_p": 0.5}, {"top_k": 2, "top_p": 0.99},
                   {"temperature": 2.0, "top_k": 5, "top_p": 0.7}):  # fmt: skip
        for _ in range(5):
            logits = 1.5 * rng.normal(size=8)
            np.testing.assert_allclose(
                ns["next_token_probabilities"](logits, **choice), plain_choice(logits, **choice)
            )
            seed = int(rng.integers(10**6))
            drawn = ns["sampler"](np.random.default_rng(seed), **choice)(logits)
            p = ns["next_token_probabilities"](logits, **choice)
            assert drawn == np.random.default_rng(seed).choice(8, p=p)
    least = ns["next_token_probabilities"](np.log([0.5, 0.3, 0.2]), top_p=0.5)
    np.testing.assert_allclose(least, [1, 0, 0])  # half the mass is enough for p = 1/2


def choosing(ns):
    """`generate` takes the token that `choose` picks from the logits, and reads it next."""
    vocab, rng = list("abcd"), np.random.default_rng(37)
    params, *_ = lessons.random_problem(ns, rng, 2, 2, 4, 3)
    assert ns["generate"](params, "ab", 5, vocab, lambda logits: 2) == "abccccc"
    seen = []

    def least(logits):
        seen.append(logits.copy())
        return np.argmin(logits)

    tokens = ns["encode"](ns["generate"](params, "ab", 6, vocab, least), vocab)[:, None]
    _, _, cache = ns["forward"](params, tokens, tokens, ns["zero_state"](params, 1))
    np.testing.assert_allclose(seen, cache.logits[1:-1, :, 0], rtol=1e-10)
    np.testing.assert_array_equal(cache.logits[1:-1, :, 0].argmin(axis=1), tokens[2:, 0])


# How the parameters start


def orthogonal(ns):
    """The Q of the QR decomposition whose R has a positive diagonal: uniform (Mezzadri, 2007)."""
    for n in (1, 3, 8):
        q = ns["orthogonal"](n, np.random.default_rng(38))
        r = q.T @ np.random.default_rng(38).normal(size=(n, n))
        np.testing.assert_allclose(q.T @ q, np.eye(n), atol=1e-12)
        np.testing.assert_allclose(np.tril(r, -1), 0, atol=1e-12)
        assert np.all(np.diag(r) > 0)


def initial(ns, **options):
    """Parameters as they start, with V = 9 and H = 40, and the blocks of b and of W_h."""
    params = ns["init_params"](vocab_size=9, hidden_size=40, rng=np.random.default_rng(39),
                               **options)  # fmt: skip
    return params, params["b"].reshape(-1, 40), params["W_h"].reshape(-1, 40, 40)


def starts(ns):
    """Each block of W_h is orthogonal, the output layer scaled by H, what is a bias zero."""
    params, _, blocks = initial(ns)
    for block in blocks:
        np.testing.assert_allclose(block.T @ block, np.eye(40), atol=1e-10)
    assert not any((block == blocks[0]).all() for block in blocks[1:])
    assert 0.9 < params["W_y"].std() * np.sqrt(40) < 1.1 and not params["b_y"].any()


@needs("recurrent", "init_params")
def recurrent_starts(ns):
    """Variances 1/H and 1/(3 H), small inputs, no bias."""
    for start, variance in (("gaussian", 1.0), ("uniform", 1 / 3)):
        params, _, _ = initial(ns, recurrent=start)
        assert 0.95 * variance < 40 * params["W_h"].var() < 1.05 * variance
        assert 0.08 < params["W_x"].std() < 0.12 and not params["b"].any()
    assert np.abs(params["W_h"]).max() <= 1 / np.sqrt(40)


@needs("forget_bias", "init_params")
def forget_bias(ns):
    """1 on the forget gate (block 1 of i, f, g, o) and 0 elsewhere, unless told otherwise."""
    for options, value in (({}, 1.0), ({"forget_bias": 2.5}, 2.5), ({"forget_bias": 0.0}, 0.0)):
        np.testing.assert_array_equal(initial(ns, **options)[1], np.outer([0, value, 0, 0],
                                                                          np.ones(40)))  # fmt: skip


@needs("forget_bias", "init_params")
def chrono(ns):
    """b^f = ln u, u uniform in 1 .. T_max - 1, and b^i = -b^f (Tallec & Ollivier, 2018)."""
    for options in ({}, {"forget_bias": 5.0}, {"input_bias": False}):
        b_i, b_f, b_g, b_o = initial(ns, chrono=101, **options)[1]
        np.testing.assert_array_equal(b_i, 0 * b_f if "input_bias" in options else -b_f)
        assert not b_g.any() and not b_o.any()
        check_chrono(b_f)


def check_chrono(biases):
    """Logarithms of numbers that fill 1 .. 100 evenly."""
    times = np.exp(biases)
    assert 1 <= times.min() < 15 and 85 < times.max() <= 100 and 40 < times.mean() < 60


@needs("update_bias", "init_params")
def update_bias(ns):
    """On the update gate (block 1 of r, z, n), where chrono sets ln u."""
    for value in (0.0, 2.5):
        np.testing.assert_array_equal(initial(ns, update_bias=value)[1],
                                      np.outer([0, value, 0], np.ones(40)))  # fmt: skip
    default = inspect.signature(ns["init_params"]).parameters["update_bias"].default
    np.testing.assert_array_equal(initial(ns)[1], np.outer([0, default, 0], np.ones(40)))
    b_r, b_z, b_n = initial(ns, chrono=101)[1]
    assert not b_r.any() and not b_n.any()
    check_chrono(b_z)


# Looking inside


@needs("def jacobian_norms(")
def jacobian(ns):
    """Against a Jacobian made by moving each entry of the state a little."""
    rng = np.random.default_rng(40)
    params, inputs, _, state = lessons.random_problem(ns, rng, 6, 1, 5, 4)
    _, h, _ = ns["unroll"](params, inputs, state)
    found = ns["jacobian_norms"](params["W_h"], 1 - h[1:, :, 0] ** 2)
    assert len(found) == 7
    for lag in range(7):
        start, matrix = 6 - lag, np.empty((4, 4))
        for i in range(4):
            ends = []
            for move in (1e-5, -1e-5):
                moved = h[start].copy()
                moved[i] += move
                for t in range(start, 6):
                    _, moved = ns["step"](params, inputs[t], moved)
                ends.append(moved[:, 0])
            matrix[:, i] = (ends[0] - ends[1]) / 2e-5
        np.testing.assert_allclose(found[lag], np.linalg.norm(matrix, 2), rtol=1e-6)


@words_too
def last_loss_gradients(ns):
    """Entry by entry against central differences: move the state after the first input."""
    rng = np.random.default_rng(9)
    params, inputs, targets, _ = lessons.random_problem(ns, rng, 5, 2, 6, 3)
    zero = ns["zero_state"](params, 2)
    found = ns["last_loss_gradients"](params, inputs, targets)  # dh first
    last = np.full_like(targets, -1)
    last[-1] = targets[-1]
    _, first, _ = ns["forward"](params, inputs[:1], targets[:1], zero)
    for i in np.ndindex(found[0][0].shape):
        losses = []
        for move in (1e-5, -1e-5):
            moved = lessons.in_state(np.copy, first)
            lessons.state_parts(moved)[0][i] += move
            losses.append(ns["forward"](params, inputs[1:], last[1:], moved)[0])
        slope = 2 * (losses[0] - losses[1]) / 2e-5  # the mean is over two streams
        np.testing.assert_allclose(found[0][0][i], slope, rtol=1e-5, atol=1e-9)


def quartiles(ns):
    """Lengths over the units, the last step first, the three quartiles over the streams."""
    gradient = np.random.default_rng(41).normal(size=(4, 3, 8))
    gradient *= 10.0 ** np.arange(4)[:, None, None]
    found = ns["quartiles_by_lag"](gradient)
    assert found.shape == (3, 4)
    for lag in range(4):
        lengths = np.sqrt((gradient[3 - lag] ** 2).sum(axis=0))
        np.testing.assert_allclose(found[:, lag], np.percentile(lengths, [25, 50, 75]))


def connectivity(ns):
    """Against the loss of the last character when an input column is moved a little."""
    rng = np.random.default_rng(42)
    params, inputs, _, _ = lessons.random_problem(ns, rng, 7, 1, 5, 4)
    tokens, zero = inputs[:, 0], ns["zero_state"](params, 1)
    columns = [np.eye(5)[:, [token]] for token in tokens[:-1]]
    found, expected = ns["connectivity"](params, tokens), np.empty(6)
    for t in range(6):
        slopes = []
        for i in range(5):
            ends = []
            for move in (1e-5, -1e-5):
                moved = [column.copy() for column in columns]
                moved[t][i] += move
                ends.append(oracles.last_loss(params, moved, tokens[-1], zero))
            slopes.append((ends[0] - ends[1]) / 2e-5)
        expected[t] = np.linalg.norm(slopes)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@needs("def correlations(")
def correlations(ns):
    """Pearson's, column by column, wherever the means lie; 0 for a constant column."""
    rng = np.random.default_rng(43)
    wanted = 5 + rng.normal(size=50)
    cells = 3 + rng.normal(size=(50, 4)) + wanted[:, None] * [0, 0.5, -1, 2]
    found = ns["correlations"](np.column_stack([cells, np.ones(50)]), wanted)
    np.testing.assert_allclose(found[:4], [np.corrcoef(c, wanted)[0, 1] for c in cells.T])
    assert found[4] == 0


@needs("def time_constants(")
def time_constants(ns):
    """-1 over the mean of ln z, z the update gate as `read_gates` has it, step after step."""
    rng = np.random.default_rng(44)
    params, inputs, _, _ = lessons.random_problem(ns, rng, 40, 1, 5, 4)
    h, logs = ns["zero_state"](params, 1), []
    for tokens in inputs:
        logs.append(np.log(ns["read_gates"](params, tokens, h)[1][:, 0]))
        _, h = ns["step"](params, tokens, h)
    found = ns["time_constants"](params, inputs[:, 0])
    np.testing.assert_allclose(found, -1 / np.mean(logs, axis=0), rtol=1e-6)
    kept = {name: np.zeros_like(p) for name, p in params.items()}
    kept["b"][4:8] = np.log(np.exp(-1 / 7) / (1 - np.exp(-1 / 7)))  # z = exp(-1/7), always
    np.testing.assert_allclose(ns["time_constants"](kept, inputs[:, 0]), 7)
