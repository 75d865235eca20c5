"""Checks that run cells of a page on translation, with small sizes; as in page_checks.py."""

import ast
import inspect
import os
import random

import matplotlib.pyplot as plt
import numpy as np

import lessons
import pair_attention_checks as attention_checks
import pair_checks
import pair_luong_checks
import pair_oracles
import shared_checks
from checks import copied, needs, printed_by, watched
from page_checks import run, same

SMALL = {"steps": 5, "hidden_size": 8, "embed_size": 6, "batch_size": 8, "seed": 3}
NOUNS = "crow mouse fox jug well nest tree".split()
VERBS = "sees finds takes wants".split()


def knobs_in_training(ns):
    """Every knob reaches the main training, which reads training pairs alone."""
    given = {"steps": 40, "learning_rate": 0.0123, "batch_size": 7, "clip_norm": 0.37, "seed": 4,
             "dropout": 0.13, "weight_decay": 0.17, "hidden_size": 5, "embed_size": 4,
             "dtype": "float32"}  # fmt: skip
    signature, called, masks, asked = inspect.signature(ns["train_pairs"]), [], [], []

    def train_pairs(*args, **kwargs):
        called.append(signature.bind(*args, **kwargs).arguments)
        return {"loss": [1.0], "norm": [1.0]}

    def pairs_reporter(*args):
        asked.append(args)
        return pairs_reporter, []

    def regularised(*args, **options):
        assert options == ({"held": True} if "CLOSING" in ns else {})
        masks.append(args)
        return masks

    names = {"seen_ids": [1], "valid_pairs": [2], "valid_ids": [3], "settings": {},
             "src_vocab": list("abcdefgh"), "tgt_vocab": list("uvwxyz")}  # fmt: skip
    with lessons.borrowed(ns, **names, **given, log_to_wandb=False):
        ns.update(train_pairs=train_pairs, regularised=regularised, pairs_reporter=pairs_reporter)
        set_sizes(ns)
        with watched(ns, "init_params") as started:
            if any("untrained = init_params(" in cell.source for cell in ns["__cells__"]):
                run(ns, "untrained = init_params(")
            if not called:
                run(ns, "start_tracking(log_to_wandb")
            check_training(ns, given, called[0], masks, asked[0], started[-1][0])


def claims_of_the_page(ns):
    """One claim that fails stops the shipped page, and is called by its name."""
    shared_checks.claims_are_asserted(ns)


def set_sizes(lesson):
    """The line of the page that collects the sizes of its network, where it has one."""
    for cell in lesson["__cells__"]:
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "sizes":
                exec(ast.unparse(node), lesson)


def check_training(ns, given, call, masks, asked, started):
    """The one call of the training, its masks, its reports, and what the network started from."""
    assert call["pairs"] is ns["seen_ids"] and call["params"] is ns["params"]
    for name in ("steps", "learning_rate", "batch_size", "clip_norm", "weight_decay"):
        assert call[name] == given[name], f"{name} is not handed to the training"
    assert call["gradients"] is masks and [m[0] for m in masks] == [given["dropout"]]
    assert call["after"] is ns["pairs_reporter"] and masks[0][1] is call["rng"]
    assert asked[1:3] == (ns["valid_pairs"], ns["valid_ids"])
    wanted = {"src_vocab_size": 8, "tgt_vocab_size": 6}
    wanted |= {name: given[name] for name in ("hidden_size", "embed_size", "dtype")}
    assert {name: started[name] for name in wanted} == wanted
    begun = ns.get("untrained")
    if begun is None:
        assert {**started, **ns["CLOSING"]} == started
        rng = np.random.default_rng(given["seed"])
        begun = ns["init_params"](**{**started, "rng": rng})
        assert call["rng"].bit_generator.state == rng.bit_generator.state
    for name, p in ns["params"].items():
        assert p is not begun[name] and p.dtype == np.float32
        np.testing.assert_array_equal(p, begun[name])


def corpus_of(strange):
    """The text of a small corpus; lines that are for reporting hold words of their own, or not."""
    rng, other, lines = random.Random(5), random.Random(6), ["id\tsplit\ten\tfr\talignment"]
    for number in range(1, 121):
        split = {0: "valid", 1: "test", 2: "novel", 3: "long", 4: "story"}.get(number % 9, "train")
        reported = split == "test" or split in ("novel", "long") and number % 2 == 0
        words = ["the", rng.choice(NOUNS), rng.choice(VERBS), "the", rng.choice(NOUNS)]
        if split == "long":
            words *= 3
        if reported and strange:
            words = ["the", *("".join(other.choices("Zzq", k=4)) for _ in range(5))]
        links = " ".join(f"{i}-{i}" for i in range(len(words)))
        french = [word + "e" for word in words]
        lines.append(f"{number}\t{split}\t{' '.join(words)}\t{' '.join(french)}\t{links}")
    return "\n".join(lines) + "\n"


def whole_run(ns, strange, choosing=False):
    """Sections 1, 2, 8 and 9 of the page on the small corpus: the names they leave."""
    text = corpus_of(strange)
    with lessons.borrowed(ns, **SMALL):
        ns.update(as_shipped=False, settings={}, log_to_wandb=False)
        ns["load_text"] = lambda name: text
        ns["pairs"] = ns["load_pairs"]("crow_en_fr.tsv")
        ns["linked"], kept = True, os.environ.get("LESSON_CHOOSING")
        passed = ("check_gradients(", "SHIPPED = ", "masked_grads", "plt.show()")
        try:
            os.environ["LESSON_CHOOSING"] = "1" if choosing else ""
            for cell in ns["__cells__"]:
                wanted = cell.section in (1, 2, 8, 9) and not any(p in cell.source for p in passed)
                if wanted and not lessons.is_define(cell):
                    lessons.shorten(ns)
                    printed_by(cell.run, ns)
        finally:
            os.environ.pop("LESSON_CHOOSING")
            if kept is not None:
                os.environ["LESSON_CHOOSING"] = kept
            plt.close("all")
        return {**copied(dict(ns)), "__cells__": None}


CHOSEN = ("src_vocab", "tgt_vocab", "dictionary", "phrases", "seen_ids", "valid_ids", "params",
          "untrained", "history", "valid_curve", "small")  # fmt: skip


@needs("phrases = phrase_table(seen_pairs) if linked")
def held_out_pairs(ns):
    """Nothing is chosen on the test sentences, or known of them; what is reported is theirs."""
    one, two = (whole_run(ns, strange) for strange in (False, True))
    for name in CHOSEN:
        same(one[name], two[name], name)
    for found in one, two:
        training = [pair for pair in found["pairs"] if pair.split == "train"]
        for side, vocab in (("source", "src_vocab"), ("target", "tgt_vocab")):
            words = [word for pair in training for word in getattr(pair, side)]
            assert found[vocab] == ns["make_vocab"](words)
        assert len(found["seen_ids"]) == len(training)
        assert found["dictionary"] == ns["word_table"](training)
        assert found["phrases"] == ns["phrase_table"](training)
        assert list(found["results"]) == ["test", "novel even", "long even"]
        for name, scores in found["results"].items():
            split, _, half = name.partition(" ")
            own = [pair for pair in found["pairs"] if pair.split == split
                   and (not half or pair.number % 2 == 0)]  # fmt: skip
            ids = ns["pair_ids"](own, found["src_vocab"], found["tgt_vocab"])
            said = {
                "network": ns["translate_all"](found["params"], ids, found["tgt_vocab"]),
                "word by word": ns["word_by_word"](own, found["dictionary"]),
                "phrase table": ns["by_phrases"](own, found["phrases"]),
            }
            assert found["translations"][name] == said["network"]
            assert scores == {model: ns["exact_match"](told, own) for model, told in said.items()}
    choosing = whole_run(ns, True, choosing=True)
    assert list(choosing["results"]) == ["valid", "novel odd", "long odd"]
    same(choosing["params"], one["params"], "params")
    assert choosing["results"] == whole_run(ns, False, choosing=True)["results"]
    assert one["never_below"] and two["never_below"]


@needs("bridge=False")
def roads_of_the_page(ns):
    """The page's broken gradients: each spoils what lies behind the context, and no more."""
    with lessons.borrowed(ns, seed=0):
        run(ns, "tiny_example(np.random.default_rng(seed))\nbatch",
            "in backward(params, cache).items()", "gradient_is_right = ", "def broken(")
        assert ns["gradient_is_right"]
        right = {name: g.copy() for name, g in ns["grads"].items()}
        pair_checks.agree(ns["broken"](), right)
        for option in ("bridge", "every_step", "mask"):
            wrong = ns["broken"](**{option: False})
            spoiled = {name for name, g in wrong.items() if not np.allclose(g, right[name])}
            assert spoiled == {"enc_W_x", "enc_W_h", "enc_b", "enc_b_n", "W_src"}, option


# The lesson on attention


@needs("attention", "init_params")
def roads_cut_on_the_page(ns):
    """What each cut spoils is what autograd says; each is right for a copy, by the page's words."""
    with lessons.borrowed(ns, seed=0):
        run(ns, "cuts_are_exact, spoiled = True")
        assert ns["cuts_are_exact"] and set(ns["spoiled"]) == set(attention_checks.ROADS)
        for road, variant in ns["roads"]:
            params, (pair, *_) = ns["tiny_example"](np.random.default_rng(2), variant, 3, 2)
            (_, whole), (_, cut) = (pair_oracles.loss_and_gradients(params, [pair], **options)
                                    for options in ({}, {"cut": road}))  # fmt: skip
            wrong = {name for name, g in whole.items() if np.abs(g - cut[name]).max() > 1e-5}
            if (road, variant) != ("place", "window"):  # the page keeps the last of the two
                assert set(ns["spoiled"][road]) == wrong, road


@needs("def trained(attention)")
def arms_are_trained_alike(ns):
    """Every knob of the main training, the same start and masks; another way of asking."""
    given = {"steps": 40, "learning_rate": 0.0123, "batch_size": 7, "clip_norm": 0.37, "seed": 4,
             "dropout": 0.13, "weight_decay": 0.17}  # fmt: skip
    names = {"seen_ids": [1], "valid_ids": [3], "sizes": {
        "src_vocab_size": 8, "tgt_vocab_size": 6, "embed_size": 4, "hidden_size": 5}}  # fmt: skip
    signature, called, masks = inspect.signature(ns["train_pairs"]), [], []

    def train_pairs(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        given_rng = bound.arguments["rng"].bit_generator.state["state"]
        called.append((bound.arguments, copied(bound.arguments["params"]), given_rng))
        return {"loss": [1.0], "norm": [1.0]}

    def regularised(*args):
        masks.append(args)
        return masks

    with lessons.borrowed(ns, **names, **given):
        ns.update(train_pairs=train_pairs, regularised=regularised)
        for kind in ns["VARIANTS"]:
            trained, _ = printed_by(ns["trained"], kind)[::-1]
            call, began, drawn = called[-1]
            assert call["pairs"] == [1] and call["params"] is trained
            for name in ("steps", "learning_rate", "batch_size", "clip_norm", "weight_decay"):
                assert call[name] == given[name], f"{name} is not handed to the training"
            assert call["gradients"] is masks and masks[-1] == (0.13, call["rng"])
            rng = np.random.default_rng(4)
            wanted = ns["init_params"](**names["sizes"], rng=rng, attention=kind)
            pair_checks.agree(began, wanted, rtol=0, atol=0)
            assert drawn == rng.bit_generator.state["state"]  # batches are drawn after the start


@needs("def trained(attention)")
def held_out_attention(ns):
    """Nothing is chosen on the test sentences, or known of them; each network has its scores."""
    one, two = (whole_run(ns, strange) for strange in (False, True))
    chosen = ("src_vocab", "tgt_vocab", "seen_ids", "valid_ids", "plain", "frozen", "untrained",
              "history", "valid_curve", "lone")  # fmt: skip
    for name in chosen:
        same(one[name], two[name], name)
    for found in one, two:
        training = [pair for pair in found["pairs"] if pair.split == "train"]
        for side, vocab in (("source", "src_vocab"), ("target", "tgt_vocab")):
            words = [word for pair in training for word in getattr(pair, side)]
            assert found[vocab] == ns["make_vocab"](words)
        assert len(found["seen_ids"]) == len(training)
        assert "v_a" in found["plain"] and "v_a" not in found["frozen"]
        assert list(found["results"]) == ["plain", "frozen"] and list(found["aligned"]) == ["plain"]
        for scores in found["results"].values():
            assert list(scores) == ["test", "novel even", "long even"]
        for name in ("test", "novel even", "long even"):
            split, _, half = name.partition(" ")
            own = [pair for pair in found["pairs"] if pair.split == split
                   and (not half or pair.number % 2 == 0)]  # fmt: skip
            ids = ns["pair_ids"](own, found["src_vocab"], found["tgt_vocab"])
            for label in ("plain", "frozen"):
                said = ns["translate_all"](found[label], ids, found["tgt_vocab"])
                assert found["translations"][label][name] == said
                assert found["results"][label][name] == ns["exact_match"](said, own)
            scores = ns["alignment_scores"](found["plain"], own, ids)
            for which, value in found["aligned"]["plain"][name].items():
                assert np.isclose(scores[which], value)
    choosing = [whole_run(ns, strange, choosing=True) for strange in (True, False)]
    same(choosing[0]["plain"], one["plain"], "plain")
    assert choosing[0]["results"] == choosing[1]["results"]
    for scores in choosing[0]["results"].values():
        assert list(scores) == ["valid", "novel odd", "long odd"]


# The lesson whose state is brought up to date first


@needs("def look_backward(")
def cuts_on_the_page(ns):
    """What each cut spoils is what autograd says, and each is right for a copy."""
    with lessons.borrowed(ns, seed=0):
        run(ns, "cuts_are_exact, spoiled = True")
        assert ns["cuts_are_exact"] and set(ns["spoiled"]) == set(ns["roads"])
        assert {road for road, _ in ns["roads"]} == {road for road, _ in pair_luong_checks.ROADS}
        for road, variant in ns["roads"]:
            params, (pair, *_) = ns["tiny_example"](np.random.default_rng(2), variant, 3, 2)
            (_, whole), (_, cut) = (pair_oracles.loss_and_gradients(params, [pair], **options)
                                    for options in ({}, {"cut": road}))  # fmt: skip
            wrong = {name for name, g in whole.items() if np.abs(g - cut[name]).max() > 1e-5}
            assert set(ns["spoiled"][road, variant]) == wrong, (road, variant)


ARMS = {  # what the table of the page says, beside the concat score both ways after the update
    "concat": {}, "dot": {"score": "dot"}, "general": {"score": "general"},
    "feeding": {"score": "general", "feeding": True}, "before": {"asks": "before"},
    "one way": {"encoder": "one way"}, "window": {"place": "window"},
    "followed": {"place": "window"}, "local": {"place": "local"},
}  # fmt: skip


@needs("arms, arm_steps = {}")
def arms_begin_alike(ns):
    """An eighth of the updates, else the knobs of the main training; one start, one order."""
    given = {"steps": 40, "learning_rate": 0.0123, "batch_size": 7, "clip_norm": 0.37, "seed": 4,
             "dropout": 0.13, "weight_decay": 0.17}  # fmt: skip
    sizes = {"src_vocab_size": 8, "tgt_vocab_size": 6, "embed_size": 4, "hidden_size": 5}
    signature, called = inspect.signature(ns["train_pairs"]), []

    def train_pairs(*args, **kwargs):
        call = signature.bind(*args, **kwargs).arguments
        called.append((call, copied(call["params"]), call["rng"].bit_generator.state["state"]))
        return {"loss": [1.0], "norm": [1.0]}

    def regularised(*args, held):
        return (*args, held)

    with lessons.borrowed(ns, seen_ids=[1], valid_ids=[3], sizes=sizes, **given):
        ns.update(train_pairs=train_pairs, regularised=regularised)
        printed_by(run, ns, "arms, arm_steps = {}")
        assert list(ns["ARMS"]) == list(ns["arms"]) == list(ARMS)
        for (label, options), (call, began, drawn) in zip(ARMS.items(), called, strict=True):
            assert call["pairs"] == [1] and call["params"] is ns["arms"][label]
            for name in ("learning_rate", "batch_size", "clip_norm", "weight_decay"):
                assert call[name] == given[name], f"{name} is not handed to the training"
            assert call["steps"] == 40 // 8
            assert call["gradients"] == (0.13, call["rng"], label != "followed")
            rng = np.random.default_rng(4)
            wanted = ns["init_params"](**sizes, rng=rng, **options)
            pair_checks.agree(began, wanted, rtol=0, atol=0)
            assert drawn == rng.bit_generator.state["state"]  # batches are drawn after the start


@needs("arms, arm_steps = {}")
def held_out_arms(ns):
    """Nothing is chosen on the test sentences, or known of them; each network has its scores."""
    one, two = (whole_run(ns, strange) for strange in (False, True))
    chosen = ("src_vocab", "tgt_vocab", "seen_ids", "valid_ids", "counted", "closing", "arms",
              "history", "valid_curve", "lone", "dictionary", "phrases")  # fmt: skip
    for name in chosen:
        same(one[name], two[name], name)
    for found in one, two:
        training = [pair for pair in found["pairs"] if pair.split == "train"]
        for side, vocab in (("source", "src_vocab"), ("target", "tgt_vocab")):
            words = [word for pair in training for word in getattr(pair, side)]
            assert found[vocab] == ns["make_vocab"](words)
        assert len(found["seen_ids"]) == len(training)
        assert found["dictionary"] == ns["word_table"](training)
        assert found["phrases"] == ns["phrase_table"](training)
        networks = {"closing": found["closing"], **found["arms"]}
        assert list(found["results"]) == ["words", "phrases", *networks]
        for name in ("test", "novel even", "long even"):
            split, _, half = name.partition(" ")
            own = [pair for pair in found["pairs"] if pair.split == split
                   and (not half or pair.number % 2 == 0)]  # fmt: skip
            ids = ns["pair_ids"](own, found["src_vocab"], found["tgt_vocab"])
            said = {label: ns["translate_all"](p, ids, found["tgt_vocab"])
                    for label, p in networks.items()}  # fmt: skip
            said["words"] = ns["word_by_word"](own, found["dictionary"])
            said["phrases"] = ns["by_phrases"](own, found["phrases"])
            for label, told in said.items():
                assert found["translations"][label][name] == told, (label, name)
                assert found["results"][label][name] == ns["exact_match"](told, own)
            for label, p in networks.items():
                if label == "closing" or name == "test":
                    scores = ns["alignment_scores"](p, own, ids)
                    for which, value in found["aligned"][label][name].items():
                        assert np.isclose(scores[which], value)
    choosing = [whole_run(ns, strange, choosing=True) for strange in (True, False)]
    same(choosing[0]["closing"], one["closing"], "closing")
    assert choosing[0]["results"] == choosing[1]["results"]
    for scores in choosing[0]["results"].values():
        assert list(scores) == ["valid", "novel odd", "long odd"]
