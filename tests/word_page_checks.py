"""Checks that run cells of a page over words, with small sizes; as in page_checks.py."""

import inspect
import random

import matplotlib.pyplot as plt
import numpy as np

import lessons
from checks import copied, log_probabilities, needs, printed_by, watched
from page_checks import SMALL, WORDS, run, same
from word_checks import BOS, UNK

VOCAB = ["<bos>", "<eos>", "<unk>", "\n", ".", "the", "fox", "crow", "said"]


def fables_of_ids(rng, V, number=12):
    """Ids of random fables, each between its two signs, with unknown words in them."""
    ids = []
    for _ in range(number):
        ids += [BOS, *rng.integers(2, V, size=rng.integers(6, 14)), 1]
    return np.array(ids)


def network(vocab, ns):
    """A small network of nine words and the names that the cells about it need."""
    rng, V = np.random.default_rng(80), len(vocab)
    params, *_ = lessons.random_problem(ns, rng, 2, 2, V, 6)
    train_tokens, valid_tokens = (fables_of_ids(rng, V) for _ in range(2))
    return {
        "params": params, "vocab": vocab, "V": V, "train_tokens": train_tokens,
        "valid_tokens": valid_tokens, "log_to_wandb": False, "settings": {}, "seed": 3,
        "baselines": {"uniform": 9.0, "unigram": 8.0, "4-gram": 5.0}, "table": "4-gram",
        "streams": ns["word_streams"](train_tokens, 4, 10), "as_shipped": False,
        "counts": np.bincount(train_tokens, minlength=V),
    }  # fmt: skip


def counted(ns, params, tokens):
    """Perplexity over all of `tokens` but `<bos>`, written out."""
    log_p = log_probabilities(ns, params, tokens)
    return np.exp(-log_p[tokens[1:] != BOS].mean())


# Training


def knobs_in_training(ns):
    """Every knob reaches the main training; b_y starts from the training words alone."""
    given = {"hidden_size": 5, "embed_size": 4, "steps": 48, "learning_rate": 0.0123, "seq_len": 9,
             "batch_size": 4, "seed": 4, "clip_norm": 0.37, "dropout": 0.13, "weight_drop": 0.29,
             "dropout_in": 0.17, "dropout_out": 0.31, "dtype": "float32"}  # fmt: skip
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

    with lessons.borrowed(ns, **{**network(VOCAB, ns), **given}):
        ns.update(train=train, regularised=regularised, counts=None, groups_in=lambda vocab: {})
        with watched(ns, "init_params") as started:
            counting = lessons.page_cell(ns, "np.bincount(train_tokens")
            training = lessons.page_cell(ns, "start_tracking(log_to_wandb")
            if counting != training:  # lesson 5 counts in its opening, where it has a small network
                run(ns, counting.source)
                called.clear()
            run(ns, training.source)
            check_training(ns, given, called, masks, started)


def check_training(ns, given, called, masks, started):
    """The one call of `train`, its masks, and what the network started from."""
    (call,) = called
    for name in ("steps", "learning_rate", "seq_len", "clip_norm"):
        assert call[name] == given[name], f"{name} is not handed to the training"
    assert call["streams"] is ns["streams"] and call["params"] is ns["params"]
    sparse = not lessons.is_tied(ns)
    assert call["update"] is ns["sparse_adam_step" if sparse else "adam_step"]
    drops = ("dropout", "weight_drop") if sparse else ("dropout_in", "dropout_out")
    assert call["gradients"] is masks and len(masks) == 1
    assert masks[0][:2] == tuple(given[name] for name in drops)
    counts = np.array([(ns["train_tokens"] == i).sum() for i in range(9)])
    for arguments, _ in started:
        np.testing.assert_array_equal(arguments["counts"], counts)
    start = started[-1][0]
    assert start["hidden_size"] == 5 and start["dtype"] == "float32"
    assert start["embed_size"] == (4 if sparse else None)
    for name, p in ns["params"].items():
        assert p is not ns["untrained"][name]
        np.testing.assert_array_equal(p, ns["untrained"][name])
    np.testing.assert_allclose(np.exp(ns["params"]["b_y"][:, 0]),
                               (counts + 1) / (counts + 1).sum(), rtol=1e-5)  # fmt: skip


@needs("received[at] +=")
def rows_received(ns):
    """What each row received is the sum of its gradients' lengths; the reports go on."""
    reports = []

    def train(params, streams, *args, after=None, **options):
        for n, at in ((1, [3, 5]), (2, [5])):
            rows = ns["SparseRows"](np.array(at), np.full((len(at), 2), 3.0))
            after(n, {"loss": [1.0]}, {"W_emb": rows})
        return {"loss": [1.0], "norm": [1.0]}

    def reporter(*args):
        return lambda n, history, grads: reports.append(n), []

    with lessons.borrowed(ns, **network(VOCAB, ns), steps=8, hidden_size=5, embed_size=4):
        ns.update(train=train, reporter=reporter)
        run(ns, "received = np.zeros(")
        wanted = np.bincount([3, 5, 5], minlength=9) * np.sqrt(18)
        np.testing.assert_allclose(ns["received"], wanted)
    assert reports == [1, 2]


def lines_of_progress(ns):
    """Perplexities of the network as it is, `<bos>` not counted."""
    with lessons.borrowed(ns, **network(VOCAB, ns)):
        params, tokens = ns["params"], ns["valid_tokens"]
        valid = counted(ns, params, tokens)
        with watched(ns, "forward") as reads:
            after, curve = ns["reporter"](params, tokens, ns["vocab"], 2)
            lines = []
            for n, loss in ((1, 1.0), (2, 2.0), (3, 1.5), (4, 0.5)):
                history = {"loss": [9.0, loss], "norm": [7.0, 0.25 * n], "W_h": [3.0]}
                lines += printed_by(after, n, history, params)[0].splitlines()
        for given, _ in reads:
            assert all(given.get(name) is None for name in ("mask", "mask_x", "mask_h"))
            np.testing.assert_array_equal(given["params"]["W_h"], params["W_h"])
    assert len(lines) == 2
    for line, (n, loss, norm) in zip(lines, [(2, 2.0, 0.5), (4, 0.5, 1.0)]):
        wanted = {"update": n, "train": np.exp(loss), "valid": valid, "norm": norm}
        words = line.split()
        for word, value in wanted.items():
            found = float(words[words.index(word) + 1])
            assert abs(found - value) < 0.01 * value, (line, word)
    np.testing.assert_allclose(curve, [(2, valid), (4, valid)])


def curve_of_perplexity(ns):
    """The losses of the training are drawn as perplexities, beside the validation's."""
    losses = np.linspace(5, 3, 60)
    with lessons.borrowed(ns, **network(VOCAB, ns), history={"loss": list(losses)},
                          valid_curve=[(30, 70.0), (60, 50.0)]):  # fmt: skip
        said = run(ns, "valid_curve[-1][1] < value")
        (axes,) = ns["fig"].axes
        drawn = {line.get_label(): line.get_ydata() for line in axes.get_lines()}
        assert "perplexity" in axes.get_ylabel() and " 50," in said
    training = [y for name, y in drawn.items() if "training" in name]
    validation = [y for name, y in drawn.items() if "validation" in name]
    np.testing.assert_allclose(training[0], np.exp(losses))
    np.testing.assert_allclose(validation[0], [70, 50])


@needs("start_curves")
def three_starts(ns):
    """Three starts that differ as they say, trained alike, measured on validation words."""
    signature, called = inspect.signature(ns["train"]), []

    def train(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        called.append(bound.arguments)
        return {"loss": [3.0, 2.0]}

    knobs = {"hidden_size": 6, "steps": 40, "learning_rate": 0.01, "clip_norm": 0.5, "seq_len": 9,
             "dropout_in": 0.2, "dropout_out": 0.3}  # fmt: skip
    with lessons.borrowed(ns, **{**network(VOCAB, ns), **knobs}):
        ns["train"] = train
        with watched(ns, "init_params") as started:
            run(ns, "start_options = {", "start_curves, small_size")
            curves = ns["start_curves"]
        assert [(given["scale"], given["counts"] is not None) for given, _ in started] == [
            (1.0, False), (0.1, False), (0.1, True),
        ]  # fmt: skip
        np.testing.assert_array_equal(started[2][0]["counts"], ns["counts"])
        assert len({tuple(map(str, (c["steps"], c["learning_rate"], c["clip_norm"], c["seq_len"])))
                    for c in called}) == 1  # fmt: skip
        assert all("regularised" in str(call.get("gradients")) for call in called)
        for (curve, last), (_, params), call in zip(curves.values(), started, called):
            np.testing.assert_allclose(curve, np.exp([3, 2]))
            np.testing.assert_allclose(last, counted(ns, params, ns["valid_tokens"]))
            assert call["params"] is params and call["streams"] is ns["streams"]


@needs("by_adam = ")
def small_word_runs(ns):
    """Three starts each, sparse and dense Adam from the same ones, validation words counted."""
    called = []

    def train(params, streams, updates, rate, seq_len, gradients=None, update=None, **options):
        window = streams[0][:seq_len], streams[1][:seq_len]
        state = ns["zero_state"](params, streams[0].shape[1])
        _, _, grads = gradients(params, *window, state)
        called.append((params, updates, update, lessons.is_sparse(grads["W_emb"]),
                       lessons.dense(grads, params)["W_emb"]))  # fmt: skip
        return {"loss": [2.0]}

    with lessons.borrowed(ns, **network(VOCAB, ns), steps=7, seq_len=9):
        ns["train"] = train
        run(ns, "by_adam = ")
        assert [c[1] for c in called] == [7] * 6
        assert [c[2] for c in called] == [ns["sparse_adam_step"]] * 3 + [ns["adam_step"]] * 3
        assert [c[3] for c in called] == [True] * 3 + [False] * 3
        for one, two in zip(called[:3], called[3:]):
            np.testing.assert_array_equal(one[0]["W_emb"], two[0]["W_emb"])
            np.testing.assert_allclose(one[4], two[4], atol=1e-12)
        values = [counted(ns, c[0], ns["valid_tokens"]) for c in called]
        np.testing.assert_allclose(sum(ns["by_adam"].values(), []), values)


# Held-out results


def book(strange):
    """Thirty small fables; the last three, the test part, hold words of their own or not."""
    rng, fables = random.Random(5), []
    for number in range(1, 31):
        words = [rng.choice(WORDS) for _ in range(60)]
        if number > 27 and strange:
            words = ["".join(rng.choices("Zzqrst", k=4)) for _ in range(40)] + words[:20]
        fables.append(f"Fable {number}\n{' '.join(words)}.")
    return "\n\n".join(fables) + "\n"


def held_out_run(ns, text):
    """Sections 1, 2, 8 and 9 of the page, figures left out, on `text`: the names they leave."""
    crow = "A crow saw the jar and the water of the jar.\n" * 8
    with lessons.borrowed(ns, **{k: v for k, v in SMALL.items() if k in ns}):
        ns.update(as_shipped=False, settings={}, log_to_wandb=False, text=text, network="network")
        passed = ("check_gradients(", "SHIPPED = ", "mask_cases", "plt.show()")
        for cell in ns["__cells__"]:  # definitions too: the second lesson begins with the first's
            wanted = cell.section in (1, 2, 8, 9) and not any(p in cell.source for p in passed)
            if (wanted or lessons.is_define(cell)) and "parameters" not in cell.tags:
                printed_by(cell.run, ns)
                ns["load_text"] = lambda name: crow if "crow" in name else text
                lessons.shorten(ns)
        plt.close("all")
        return {**copied(dict(ns)), "__cells__": None}


CHOSEN = ("vocab", "share", "tables_share", "ngram_order", "ngram_factor", "params", "untrained",
          "history", "counts", "baselines", "valid_curve", "valid_scores", "by_adam", "received",
          "start_curves", "crow_vocab", "own_kind", "streams")  # fmt: skip


def held_out_words(ns):
    """Nothing is chosen on the test fables, or known of them; what is reported is theirs."""
    runs = [held_out_run(ns, book(strange)) for strange in (False, True)]
    one, two = runs
    assert one["test_text"] != two["test_text"] and one["valid_text"] == two["valid_text"]
    assert one["vocab"] == ns["make_vocab"](ns["tokenize"](one["train_text"]))
    streams = ns["word_streams"](one["train_tokens"], SMALL["batch_size"], SMALL["seq_len"])
    same(one["streams"], streams, "streams")
    for name in CHOSEN:
        if name in one:
            same(one[name], two[name], name)
    assert {"vocab", "share", "ngram_order", "params", "history", "counts"} <= set(one)
    for run_, text in zip(runs, map(book, (False, True))):
        assert (run_["train_text"], run_["valid_text"], run_["test_text"]) == ns["split_text"](text)
        V = len(run_["vocab"])
        for part in ("train", "valid", "test"):
            np.testing.assert_array_equal(
                run_[f"{part}_tokens"], ns["encode_fables"](run_[f"{part}_text"], run_["vocab"])
            )
        assert (run_["test_tokens"] == UNK).any() and (run_["train_tokens"] == UNK).any()
        for part, found in (("valid", run_["baselines"]), ("test", run_["results"])):
            tokens = run_[f"{part}_tokens"]
            counts = tokens[1:] != BOS
            table = ns["fit_ngram"](run_["train_tokens"], run_["ngram_order"], V)
            unigram = ns["fit_ngram"](run_["train_tokens"], 1, V)
            scores = ns["score_ngram"](table, tokens, run_["ngram_factor"])[counts]
            alone = ns["score_ngram"](unigram, tokens)[counts]
            assert np.isclose(found["uniform"], V)
            assert np.isclose(found["unigram"], np.exp(-alone.mean()))
            assert np.isclose(found[run_["table"]], np.exp(-scores.mean()))
        mine = ns["evaluate"](run_["params"], tokens)[counts]
        assert np.isclose(found["network"], np.exp(-mine.mean()))
        p = run_["share"] * np.exp(mine) + (1 - run_["share"]) * np.exp(scores)
        assert np.isclose(found["mixed"], np.exp(-np.log(p).mean()))
        shorter = ns["fit_ngram"](run_["train_tokens"], max(run_["ngram_order"] - 2, 1), V)
        shorter = ns["score_ngram"](shorter, tokens)[counts]
        both = ns["mix"](scores, shorter, run_["tables_share"])
        assert np.isclose(found["mixed tables"], np.exp(-both.mean()))
        check_bits(ns, run_, mine)
    costs = {s: -np.log(s * np.exp(one["valid_scores"][0])
                        + (1 - s) * np.exp(one["valid_scores"][1])).mean()
             for s in np.arange(21) / 20}  # fmt: skip
    assert np.isclose(one["share"], min(costs, key=costs.get))


def check_bits(ns, run_, mine):
    """What the page pays for: words, new words' spelling, capitals; over the same characters."""
    text, found = run_["test_text"], run_["in_bits"]
    words = [ns["tokenize"](run_[f"{part}_text"]) for part in ("train", "valid", "test")]
    parts = [-mine.sum(), ns["spelling_cost"](*words, run_["vocab"]),
             ns["capitals_cost"](run_["train_text"], text)]  # fmt: skip
    parts = [nats / np.log(2) / (len(text) - 1) for nats in parts]
    np.testing.assert_allclose(
        [found[name] for name in ("words", "spelling of new words", "capitals")], parts
    )
    np.testing.assert_allclose(found["network of words in all"], sum(parts))
    letters = sorted(set("".join(run_[f"{part}_text"] for part in ("train", "valid", "test"))))
    train, valid, test = (ns["encode"](run_[f"{part}_text"], letters)
                          for part in ("train", "valid", "test"))  # fmt: skip
    model, _, factor = ns["best_ngram"](train, valid, len(letters))
    nats = ns["score_ngram"](model, test, factor)
    np.testing.assert_allclose(found["the table of characters"], -nats.mean() / np.log(2))


# Generating


def ways_of_drawing_words(ns):
    """Each way of drawing reaches `generate`, and the reader's own beginning has one."""
    made, used = [], []

    def sampler(rng, **choice):
        made.append(choice)
        return choice

    def generate(params, prompt, length, vocab, choose=np.argmax):
        used.append(choose)
        return prompt + " and so on"

    with lessons.borrowed(ns, **network(VOCAB, ns)):
        ns.update(sampler=sampler, generate=generate)
        said = run(ns, "ways = {")
        ways = list(ns["ways"].values())
        assert used == [np.argmax, *ways] and made == ways
        assert all(f"[{name}]" in said for name in ns["ways"])
        assert {key for way in ways for key in way} == {"temperature", "top_k", "top_p"}
        used.clear()
        run(ns, "my_beginning = ")
        assert len(used) == 1 and used[0] == made[-1]
