"""Checks that run cells of a lesson's page, with small sizes, on a text made up for them.

As in checks.py, each takes a lesson's namespace and raises when something is wrong.
"""

import inspect
import random

import matplotlib.pyplot as plt
import numpy as np

import lessons
from checks import copied, in_bits, log_probabilities, needs, printed_by, watched

SMALL = {"hidden_size": 6, "batch_size": 4, "seq_len": 10, "steps": 3}
WORDS = "fox crow grapes stone jar water sat saw the a of and under old said went".split()


def run(ns, *markers):
    """Run the page's cells that hold these texts; return what they print."""
    said = [printed_by(lessons.page_cell(ns, marker).run, ns)[0] for marker in markers]
    plt.close("all")
    return "".join(said)


def network(V, ns):
    """A small network of V characters and the names that the cells about it need."""
    rng, vocab = np.random.default_rng(50), list("abcdefgh")[:V]
    params, *_ = lessons.random_problem(ns, rng, 2, 2, V, 6)
    tokens = rng.integers(V, size=(2, 150))
    return {
        "params": params, "vocab": vocab, "V": V, "train_tokens": tokens[0],
        "valid_tokens": tokens[1], "train_text": "".join(vocab[i] for i in tokens[0]),
        "valid_text": "".join(vocab[i] for i in tokens[1]), "log_to_wandb": False,
        "settings": {}, "baselines": {"uniform": 5.0, "4-gram": 2.5}, "table": "4-gram", "seed": 3,
        "streams": ns["make_streams"](tokens[0], 4, 10),
    }  # fmt: skip


# The opening


@needs("for reading in range(")
def opening_network(ns):
    """The lesson's first lines have the gradients of `backward` and tell what `generate` tells."""
    story = "the fox saw the old crow on it."  # 31 characters: one window
    loop = lessons.page_cell(ns, "for reading in range(").source
    once = loop.replace("range(1, 121)", "range(1, 2)")
    assert once != loop
    with lessons.borrowed(ns, load_text=lambda name: story, seed=5):
        run(ns, "story = load_text(", "def tell(")
        letters, T = ns["letters"], len(story) - 1
        names = ("W_x", "W_h", "b", "W_y", "b_y")
        for bias in (ns["b"], ns["b_y"]):
            bias += np.random.default_rng(52).normal(size=bias.shape)
        before = [w.copy() for w in ns["weights"]]
        params = {n: w.reshape(len(w), -1) for n, w in zip(names, before)}
        told = ns["tell"](20)
        assert told == ns["generate"](params, story[0], 19, letters)
        ids = ns["encode"](story, letters)[:, None]
        _, _, cache = ns["forward"](params, ids[:-1], ids[1:], ns["zero_state"](params, 1))
        wanted = ns["backward"](params, cache)
        printed_by(exec, once, ns)
        for name, g, w, old, square in zip(
            names, ns["grads"], ns["weights"], before, ns["squares"]
        ):  # fmt: skip
            np.testing.assert_allclose(g.ravel(), T * wanted[name].ravel(), atol=1e-10,
                                       err_msg=name)  # fmt: skip
            np.testing.assert_allclose(square, 0.1 * g * g)
            rate = 2e-3 * (1 - 1 / 121)
            np.testing.assert_allclose(w, old - rate * g / (np.sqrt(square) + 1e-8))


# Training


def main_training(ns):
    """Every knob reaches the training of the main network, dropout and weight drop among them."""
    given = {"hidden_size": 5, "steps": 48, "learning_rate": 0.0123, "seq_len": 9, "seed": 4,
             "clip_norm": 0.37, "beta2": 0.87, "dropout": 0.13, "weight_drop": 0.29,
             "dtype": "float64", **SMALL}  # fmt: skip
    given = {name: value for name, value in given.items() if name in ns}
    signature, called, masks = inspect.signature(ns["train"]), [], []

    def train(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        called.append(bound.arguments)
        return {"loss": [1.0], "norm": [1.0]}

    def regularised(*args):
        masks.append(args)
        return masks

    with lessons.borrowed(ns, **{**network(7, ns), **given}):
        ns["train"] = train
        if "regularised" in ns:
            ns["regularised"] = regularised
        run(ns, "start_tracking(log_to_wandb")
        (call,) = called
        for name in ("steps", "learning_rate", "seq_len", "clip_norm"):
            assert call[name] == given[name], f"{name} is not handed to the training"
        assert call["options"] == {k: given[k] for k in ("beta2",) if k in given}
        assert call["update"] is ns["adam_step"] and call["streams"] is ns["streams"]
        assert call["after"] is ns["report"] and call["params"] is ns["params"]
        if "weight_drop" in given:
            assert call["gradients"] is masks and len(masks) == 1
            assert masks[0][:2] == (given["dropout"], given["weight_drop"])
        else:
            assert call["gradients"] is ns["loss_and_gradients"]
        for name, p in ns["params"].items():
            assert p is not ns["untrained"][name]
            np.testing.assert_array_equal(p, ns["untrained"][name])
        assert ns["params"]["W_y"].shape == (7, given["hidden_size"])


def progress_lines(ns):
    """Bits where it says bits, of the network as it is: no mask, the whole of W_h."""
    with lessons.borrowed(ns, **network(7, ns)):
        params, tokens = ns["params"], ns["valid_tokens"]
        valid = in_bits(log_probabilities(ns, params, tokens))
        with watched(ns, "forward") as reads:
            after, curve = ns["reporter"](params, tokens, ns["vocab"], 2)
            lines = []
            for n, loss in ((1, 1.0), (2, 2.0), (3, 1.5), (4, 0.5)):
                history = {"loss": [9.0, loss], "norm": [7.0, 0.25 * n], "W_h": [3.0]}
                lines += printed_by(after, n, history, params)[0].splitlines()
        for given, _ in reads:
            assert given.get("mask") is None
            np.testing.assert_array_equal(given["params"]["W_h"], params["W_h"])
    expected = [(2, 2.0, 0.5), (4, 0.5, 1.0)]
    assert len(lines) == 2 and [n for n, _ in curve] == [2, 4]
    for line, (n, loss, norm) in zip(lines, expected):
        wanted = {"update": n, "train": loss * np.log2(np.e), "valid": valid, "norm": norm}
        words = line.split()
        for word, value in wanted.items():
            found = float(words[words.index(word) + 1])
            assert abs(found - value) < 0.006 * (1 + value), (line, word)
    np.testing.assert_allclose([value for _, value in curve], valid)


def loss_curve(ns):
    """The losses of the training are drawn in bits, beside the validation's."""
    losses = np.linspace(3, 1, 60)
    with lessons.borrowed(ns, **network(7, ns), history={"loss": list(losses)},
                          valid_curve=[(30, 2.75), (60, 2.25)]):  # fmt: skip
        said = run(ns, "train_bits = ")
        (axes,) = ns["fig"].axes
        drawn = {line.get_label(): line.get_ydata() for line in axes.get_lines()}
        assert "bits" in axes.get_ylabel() and "2.25 bits" in said
    training = [y for name, y in drawn.items() if "training" in name]
    validation = [y for name, y in drawn.items() if "validation" in name]
    np.testing.assert_allclose(training[0], losses * np.log2(np.e))
    np.testing.assert_allclose(validation[0], [2.75, 2.25])


@needs("def small_run(")
def small_runs(ns):
    """What the small networks report is in bits, and they are trained as asked."""
    called = []

    def train(params, streams, updates, *args, gradients=None, **options):
        called.append((updates, gradients, options))
        return {"loss": [5.0] * 150 + [1.25] * 200}

    with lessons.borrowed(ns, **network(7, ns)):
        ns["train"] = train
        with watched(ns, "init_params") as started:
            trained, valid = ns["small_run"](ns["train_tokens"], lambda rng: "masks", 350)
        (_, params), = started
        expected = in_bits(log_probabilities(ns, params, ns["valid_tokens"]))
    assert called[0][:2] == (350, "masks")
    np.testing.assert_allclose([trained, valid], [1.25 * np.log2(np.e), expected])


@needs("clip_ends = ")
def descent(ns):
    """Plain gradient descent, with the bound and without, at each rate, in bits."""
    called = []

    def train(params, streams, steps, rate, seq_len, clip_norm, update):
        called.append((clip_norm, rate, update))
        return {"loss": [9.0] * 20 + [1.0 + rate] * 50}

    with lessons.borrowed(ns, **network(7, ns), **{k: v for k, v in SMALL.items() if k in ns}):
        ns["train"] = train
        run(ns, "clip_ends = ")
        rates, ends = ns["sgd_rates"], ns["clip_ends"]
        assert [c[:2] for c in called] == [(limit, rate) for limit in ends for rate in rates]
        assert {limit is None for limit in ends} == {True, False} and len(rates) > 4
        assert all(update is ns["sgd_step"] for *_, update in called)
        for values in ends.values():
            np.testing.assert_allclose(values, (1 + np.array(rates)) * np.log2(np.e))


# Held-out results


def book(strange):
    """Thirty small fables; the last three, the test part, in a `strange` tongue or not."""
    rng = random.Random(5)
    fables = []
    for number in range(1, 31):
        letters = "".join(WORDS) + "  .\n"
        if number > 27 and strange:
            told = "".join(rng.choice(letters.strip()) for _ in range(300))
        else:
            told = " ".join(rng.choice(WORDS) for _ in range(60)) + "."
        fables.append(f"fable {number}\n{told}")
    return "\n\n".join(fables) + "\n"


def held_out_run(ns, text):
    """Sections 2, 8 and 9 of the page, figures left out, on `text`: the names they leave."""
    crow = "A crow saw the jar and the water of the jar.\n" * 3
    with lessons.borrowed(ns, **{k: v for k, v in SMALL.items() if k in ns}):
        ns.update(load_text=lambda name: crow if "crow" in name else text, as_shipped=False,
                  settings={}, log_to_wandb=False)  # fmt: skip
        ns.setdefault("network", "network")
        lessons.shorten(ns)
        for cell in ns["__cells__"]:
            passed = ("plt.show()", "check_gradients(")  # the latter go on with section 7
            if cell.section in (2, 8, 9) and not lessons.is_define(cell):
                if not any(text in cell.source for text in passed):
                    printed_by(cell.run, ns)
        return {**copied(dict(ns)), "__cells__": None}


CHOSEN = ("share", "tables_share", "ngram_order", "ngram_factor", "params", "history", "by_heart",
          "small_order", "small_factor", "clip_ends", "baselines", "valid_curve",
          "valid_scores")  # fmt: skip


def held_out(ns):
    """Nothing is chosen on the test text; all that is reported is measured on it."""
    runs = [held_out_run(ns, book(strange)) for strange in (False, True)]
    one, two = runs
    assert one["test_text"] != two["test_text"] and one["valid_text"] == two["valid_text"]
    assert one["vocab"] == two["vocab"]
    for name in CHOSEN:
        if name in one:
            same(one[name], two[name], name)
    assert {"share", "ngram_order", "params", "history"} <= set(one)
    for run_, text in zip(runs, map(book, (False, True))):
        assert len({run_["train_text"], run_["valid_text"], run_["test_text"]}) == 3
        assert (run_["train_text"], run_["valid_text"], run_["test_text"]) == ns["split_text"](text)
        for part in ("train", "valid", "test"):
            ids = [run_["vocab"].index(character) for character in run_[f"{part}_text"]]
            np.testing.assert_array_equal(run_[f"{part}_tokens"], ids)
        for part, found in (("valid", run_["baselines"]), ("test", run_["results"])):
            tokens, V = run_[f"{part}_tokens"], len(run_["vocab"])
            table = ns["fit_ngram"](run_["train_tokens"], run_["ngram_order"], V)
            unigram = ns["fit_ngram"](run_["train_tokens"], 1, V)
            scores = ns["score_ngram"](table, tokens, run_["ngram_factor"])
            assert np.isclose(found["uniform"], np.log2(V))
            assert np.isclose(found["unigram"], in_bits(ns["score_ngram"](unigram, tokens)))
            assert np.isclose(found[run_["table"]], in_bits(scores))
        mine = ns["evaluate"](run_["params"], tokens)
        assert np.isclose(found[run_["network"]], in_bits(mine))
        mixed = run_["share"] * np.exp(mine) + (1 - run_["share"]) * np.exp(scores)
        assert np.isclose(found["mixed"], in_bits(np.log(mixed)))
        shorter = ns["fit_ngram"](run_["train_tokens"], max(run_["ngram_order"] - 3, 1), V)
        np.testing.assert_allclose(run_["test_scores"][2], ns["score_ngram"](shorter, tokens))
        both = ns["mix"](scores, run_["test_scores"][2], run_["tables_share"])
        assert np.isclose(found["mixed tables"], in_bits(both))
        if "small_table_bits" in run_:
            eighth = ns["fit_ngram"](run_["eighth"], run_["small_order"], V)
            scores = ns["score_ngram"](eighth, run_["valid_tokens"], run_["small_factor"])
            assert np.isclose(run_["small_table_bits"], in_bits(scores))
        if "ahead" in run_:
            check_places(ns, run_)
    costs = {s: -np.log(s * np.exp(one["valid_scores"][0])
                        + (1 - s) * np.exp(one["valid_scores"][1])).mean()
             for s in np.arange(21) / 20}  # fmt: skip
    assert np.isclose(one["share"], min(costs, key=costs.get))


def check_places(ns, run_):
    """How far the network is ahead, by the number of letters right before a character."""
    text, network, table = run_["test_text"], *run_["test_scores"][:2]
    found = {"none": [], "one": [], "two or three": [], "more": []}
    for n in range(1, len(text)):
        letters = 0
        while letters < n and text[n - 1 - letters].isalpha():
            letters += 1
        name = ["none", "one", "two or three", "two or three", "more"][min(letters, 4)]
        found[name].append(in_bits(table[n - 1]) - in_bits(network[n - 1]))
    assert set(run_["ahead"]) == {name for name, bits in found.items() if bits}
    for name, bits in run_["ahead"].items():
        np.testing.assert_allclose(bits, np.mean(found[name]))


def same(one, two, name):
    """`one` and `two` are equal, all the way down."""
    if isinstance(one, dict):
        assert set(one) == set(two), name
        for key in one:
            same(one[key], two[key], f"{name}[{key!r}]")
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(two), name
        for a, b in zip(one, two):
            same(a, b, name)
    else:
        np.testing.assert_array_equal(one, two, err_msg=f"{name} depends on the test text")


# Generating


def ways_of_drawing(ns):
    """Each way of drawing reaches `generate`, in the texts, the counts and the reader's own."""
    made, used = [], []

    def sampler(rng, **choice):
        made.append(choice)
        return choice

    def generate(params, prompt, length, vocab, choose=np.argmax):
        used.append(choose)
        return prompt + " and so on" * 3

    with lessons.borrowed(ns, **network(7, ns), text="abcdef", opening="abc"):
        ns.update(sampler=sampler, generate=generate)
        said = run(ns, "ways = {")
        ways = list(ns["ways"].values())
        assert used == [np.argmax, *ways] and made == ways
        assert all(f"[{name}]" in said for name in ns["ways"])
        assert {key for way in ways for key in way} == {"temperature", "top_k", "top_p"}
        used.clear()
        run(ns, "real = np.mean(")
        assert used == ways
        used.clear()
        run(ns, "my_beginning = ")
        assert len(used) == 1 and used[0] == made[-1]


# Looking inside


@needs("def radius_and_slope(")
def radius_and_slope(ns):
    """The largest eigenvalue's size, and 1 - h^2 over the states that were reached."""
    with lessons.borrowed(ns, **network(7, ns)):
        params, tokens = ns["params"], ns["valid_tokens"]
        ns["untrained"] = params
        run(ns, "def radius_and_slope(")
        radius, slope = ns["radius_and_slope"](params)
        h, slopes = ns["zero_state"](params, 1), []
        for token in tokens:
            _, h = ns["step"](params, np.array([token]), h)
            slopes.append(1 - h**2)
    np.testing.assert_allclose(slope, np.mean(slopes))
    powers = [np.linalg.norm(np.linalg.matrix_power(params["W_h"], k), 2) for k in (400, 500)]
    np.testing.assert_allclose(radius, (powers[1] / powers[0]) ** 0.01, rtol=0.05)


def follow_quotes(tokens, wanted, noise):
    """A `follow` whose unit 0 tells `wanted` in training text, and unit 2 in validation text."""

    def follow(params, given):
        part = 0 if np.array_equal(given, tokens[0][: len(given)]) else 1
        cells = noise[part].copy()
        cells[:, 2 * part] += wanted[part]
        cells[:, 0] += 0.2 * wanted[part]
        return None, np.arctanh(np.clip(cells / 5, -0.9, 0.9))[: len(given)]

    return follow


@needs("def text_properties(")
def chosen_unit(ns):
    """The unit with a meaning is chosen on training text, and measured again on validation's."""
    rng = np.random.default_rng(51)
    texts = ["".join(rng.choice(list('ab "."\n'), size=400)) for _ in range(2)]
    vocab = sorted(set("".join(texts)))
    tokens = [np.array([vocab.index(c) for c in text]) for text in texts]
    name = "inside quotation marks"
    wanted = [ns["text_properties"](text)[name] for text in texts]
    follow = follow_quotes(tokens, wanted, 0.4 * rng.normal(size=(2, 400, 3)))
    with lessons.borrowed(ns, **network(7, ns), follow=follow):
        ns.update(train_text=texts[0], valid_text=texts[1], train_tokens=tokens[0],
                  valid_tokens=tokens[1], vocab=vocab, untrained=ns["params"])  # fmt: skip
        cells = [follow(None, part)[1] for part in tokens]
        if "by_mark" in "".join(cell.source for cell in ns["__cells__"]):
            ns["clocks"] = {"after training": np.array([1.0, 2.0, 3.0])}
            run(ns, "by_mark = {}")
            unit, slowest = ns["best"], ns["slowest"]
            assert slowest == 2  # by its clock, not by either text
            measured = [by_unit[0] for by_unit in ns["by_mark"].values()]
        else:
            cells = [np.tanh(part) for part in cells]
            run(ns, "found = {}")
            unit, *measured = ns["found"]["trained", name]
    assert unit == 0
    for cell, value, mark in zip(cells, measured, wanted, strict=True):
        np.testing.assert_allclose(value, np.corrcoef(cell[:, 0], mark)[0, 1])
