"""Checks of what only the lessons over words have, given as a namespace; as in checks.py."""

import inspect

import numpy as np

import lessons
import oracles
from checks import fixture, needs, printed_by, watched

BOS, EOS, UNK = 0, 1, 2
ODD = [
    "", "one", "\n", "a\n\nb", "tab\tand  two blanks", "no line end at the end", "caf\u00e9!",
    "\U0001f426 sings \U0001f426\U0001f426", "\u0391\u03bb\u03b5\u03c0\u03bf\u03cd \u03ba\u03b1.",
    "\u72d0\u72f8\u548c\u8461\u8404\u3002", "x" * 5000, "word " * 3000,
    "under_score 3.14 e-mail", "don't 'tis o'clock's dogs'",
]  # fmt: skip


def apart(text):
    """The tokens of `text`, one character at a time: as the words say it."""
    found, word = [], ""
    for n, character in enumerate(text.lower() + " "):
        after = text.lower()[n + 1 : n + 2]
        if character.isalnum() or (word and character in "'\u2019" and after.isalnum()):
            word += character
            continue
        found += [word] if word else []
        word = ""
        if character == "\n" or not character.isspace():
            found.append(character)
    return found


# Words, vocabulary, ids


def tokens_of_text(ns):
    """Letters with apostrophes inside, each mark, each line end; nothing is lost but blanks."""
    tokenize = ns["tokenize"]
    assert tokenize('"I don\'t know," said THE fox.\nIt\u2019s 2_3!') == [
        '"', "i", "don't", "know", ",", '"', "said", "the", "fox", ".", "\n", "it\u2019s", "2",
        "_", "3", "!",
    ]  # fmt: skip
    assert tokenize("The FOX", lower=False) == ["The", "FOX"]
    for text in ODD:
        assert tokenize(text) == apart(text), text[:40]
        kept = "".join(c for c in text.lower() if c == "\n" or not c.isspace())
        assert "".join(tokenize(text)) == kept


def prose_again(ns):
    """Ordinary prose comes back, capitals of titles and names apart."""
    for text in (
        "The fox sat. Then it ran!\nWhy? Because I don't know; it's late.",
        'He said, "Come here." She came.\n"No," said the crow, "I will not."\nSo it was.',
        "A list: one, two (or three), and a half-hour.",
        '"Who is there?"\n"It is I," said the owl.',
        'Now I\'m late, and I\'ve lost it.\n"Come here.\n"I will," she said.',  # left open
        "So I\u2019m late, and it\u2019s dark.",
    ):
        again = ns["detokenize"](ns["tokenize"](text))
        assert again == text
    assert ns["detokenize"](["<bos>", "the", "fox", ".", "<eos>"]) == "The fox."
    book = (lessons.DATA / "fables.txt").read_text(encoding="utf-8").strip("\n").split("\n\n")
    back = [ns["detokenize"](ns["tokenize"](fable)).lower() == fable.lower() for fable in book]
    assert np.mean(back) > 0.9
    for text in ODD:  # other texts lose nothing but their blanks
        again = ns["detokenize"](ns["tokenize"](text))
        squeezed = ["".join(t.lower().replace("\n", "\u21b5").split()) for t in (text, again)]
        assert squeezed[0] == squeezed[1]


def vocabulary(ns):
    """The three signs, then words by frequency, equally frequent ones in order of the alphabet."""
    words = "b a c b a b d e e".split()
    assert ns["make_vocab"](words) == ["<bos>", "<eos>", "<unk>", "b", "a", "e"]
    assert ns["make_vocab"](words, least=3) == ["<bos>", "<eos>", "<unk>", "b"]
    assert ns["make_vocab"](words, least=1)[3:] == ["b", "a", "e", "c", "d"]
    assert [ns[name] for name in ("BOS", "EOS", "UNK")] == [BOS, EOS, UNK]
    for rare in ([], ["one"], "every word is rare".split()):
        try:
            ns["make_vocab"](rare)
        except ValueError as error:
            message = str(error)
            assert "twice" in message and message.endswith(".") and "\n" not in message
        else:
            raise AssertionError(f"a vocabulary without a word, of {rare}")


def ids_of_fables(ns):
    """Each fable stands between one `<bos>` and one `<eos>`; what is not known is `<unk>`."""
    vocab = ["<bos>", "<eos>", "<unk>", "fox", "the", "\n"]
    ids = ns["encode_fables"]("\nThe fox\nsat\n\n\n\nThe crow\n\n", vocab)
    assert ids.dtype == np.int64
    assert ids.tolist() == [BOS, 4, 3, 5, UNK, EOS, BOS, 4, UNK, EOS]
    assert ns["encode_words"](["fox", "<unk>", "jar"], vocab).tolist() == [3, UNK, UNK]
    for nothing in ("", "\n\n", " \n\n\t\n\n"):
        assert len(ns["encode_fables"](nothing, vocab)) == 0
    text = "\n\n".join(f"Fable {n}\nThe fox sat." for n in range(30))
    ids = ns["encode_fables"](text, ns["make_vocab"](ns["tokenize"](text)))
    starts, ends = (np.flatnonzero(ids == sign) for sign in (BOS, EOS))
    assert len(starts) == len(ends) == 30 and starts[0] == 0 and ends[-1] == len(ids) - 1
    np.testing.assert_array_equal(ends[:-1] + 1, starts[1:])


def targets_of_words(ns):
    """`<bos>` is not predicted, anything else is; the inputs are as ever."""
    tokens = np.array([BOS, 5, UNK, EOS, BOS, 4, 3, EOS, BOS, UNK, 6, EOS] * 3)
    inputs, targets = ns["word_streams"](tokens, 2, 5)
    plain_inputs, plain = ns["make_streams"](tokens, 2, 5)
    np.testing.assert_array_equal(inputs, plain_inputs)
    assert (plain == BOS).any()
    for ours, theirs in zip(targets.ravel(), plain.ravel()):
        assert ours == (-1 if theirs == BOS else theirs)
    scores = np.arange(float(len(tokens) - 1))
    np.testing.assert_array_equal(ns["of_words"](scores, tokens),
                                  [s for s, y in zip(scores, tokens[1:]) if y != BOS])  # fmt: skip


# Rows, columns, the loss


def summed_rows(ns):
    """Repeated ids are summed; each row comes once, in order; nothing else has a gradient."""
    rng = np.random.default_rng(60)
    for size, words in ((1, 5), (7, 3), (40, 6), (40, 200), (300, 50)):
        ids, values = rng.integers(words, size=size), rng.normal(size=(size, 4))
        kept = ids.copy(), values.copy()
        indices, found = rows = ns["sum_rows"](ids, values)
        assert np.all(np.diff(indices) > 0) and set(indices) == set(ids.tolist())
        wanted = np.zeros((words, 4))
        for word, value in zip(ids, values):
            wanted[word] += value
        np.testing.assert_allclose(found, wanted[indices], atol=1e-12)
        np.testing.assert_array_equal(ids, kept[0])
        np.testing.assert_array_equal(values, kept[1])
        np.testing.assert_allclose(np.linalg.norm(rows), np.linalg.norm(wanted))
        halved = rows * 0.5
        np.testing.assert_array_equal(halved.indices, indices)
        np.testing.assert_allclose(halved.values, 0.5 * wanted[indices], atol=1e-12)
        if "to_dense" in ns:
            np.testing.assert_allclose(ns["to_dense"](rows, words), wanted, atol=1e-12)


def side_by_side(ns):
    """Column t B + b of `columns` is stream b at step t; `steps_of` undoes it."""
    a = np.random.default_rng(61).normal(size=(4, 5, 3))
    flat = ns["columns"](a)
    assert flat.shape == (5, 12)
    for t in range(4):
        for b in range(3):
            np.testing.assert_array_equal(flat[:, 3 * t + b], a[t, :, b])
    np.testing.assert_array_equal(ns["steps_of"](flat, 4), a)


@needs("def affine(")
def wide_products(ns):
    """W x + b and a b^T for vocabularies of any size, whole portions or not."""
    rng = np.random.default_rng(59)
    for size in (1, 7, 511, 512, 513, 1024, 1300):
        for dtype, close in ((np.float64, 1e-12), (np.float32, 1e-4)):
            shapes = (size, 3), (size, 1), (size, 6), (3, 6)
            W, b, wide, x = (rng.normal(size=shape).astype(dtype) for shape in shapes)
            found, product = ns["affine"](W, x, b), ns["outer"](wide, x)
            assert found.dtype == product.dtype == dtype and product.flags.c_contiguous
            np.testing.assert_allclose(found, np.einsum("vh,hn->vn", W, x) + b, atol=close)
            np.testing.assert_allclose(product, np.einsum("vn,hn->vh", wide, x), atol=close)
    np.testing.assert_allclose(ns["affine"](W, x, b, rows=50), W @ x + b, atol=1e-4)


def loss_of_words(ns):
    """`cross_entropy` is `softmax_cross_entropy`, whatever counts and however large the logits."""
    rng = np.random.default_rng(62)
    for scale, ignored, dtype in ((1, 0, float), (3, 0.4, float), (1e3, 0.4, float), (1, 1, float),
                                  (1e6, 0.2, float), (2, 0.3, np.float32)):  # fmt: skip
        logits = (scale * rng.normal(size=(4, 6, 3))).astype(dtype)
        targets = rng.integers(6, size=(4, 3))
        targets[rng.random((4, 3)) < ignored] = -1
        before = logits.copy()
        loss, dlogits = ns["cross_entropy"](logits, targets)
        other, d_other = ns["softmax_cross_entropy"](logits, targets)
        close = dict(rtol=1e-10, atol=1e-12) if dtype is float else dict(rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(loss, other, **close)
        np.testing.assert_allclose(dlogits, d_other, **close)
        assert dlogits.dtype == logits.dtype and isinstance(loss, float)
        np.testing.assert_array_equal(logits, before)


def perplexity_of_words(ns):
    """As many equally likely words as it is like: k for k of them."""
    for k in (1, 2, 50):
        assert np.isclose(ns["perplexity"](np.log(np.full(7, 1 / k))), k)
    nats = -np.random.default_rng(63).exponential(size=30)
    assert np.isclose(ns["perplexity"](nats), np.exp(-nats.sum() / 30))


# Adam for rows


def sparse_adam(ns):
    """torch.optim.SparseAdam's updates, and Adam's of what is dense beside the rows."""
    stored = fixture("torch_sparse_adam")
    params = {name: stored[f"start_{name}"].copy() for name in ("rows", "bias")}
    memory = ns["adam_init"](params)
    for n in range(1, int(stored["steps"]) + 1):
        read, before = stored[f"read_{n}"], params["rows"].copy()
        means = {kind: memory[kind]["rows"].copy() for kind in "mv"}
        grads = {"rows": ns["sum_rows"](read, stored[f"values_{n}"]),
                 "bias": stored[f"grad_bias_{n}"].copy()}  # fmt: skip
        ns["sparse_adam_step"](params, grads, memory, float(stored["learning_rate"]), eps=1e-16)
        for name, p in params.items():
            np.testing.assert_allclose(p, stored[f"after_{name}_{n}"], rtol=1e-11, err_msg=name)
        rest = np.setdiff1d(np.arange(6), read)
        np.testing.assert_array_equal(params["rows"][rest], before[rest])
        for kind in "mv":
            np.testing.assert_array_equal(memory[kind]["rows"][rest], means[kind][rest])
    assert memory["n"] == int(stored["steps"])


def sparse_adam_of_all_rows(ns):
    """Where every row has a gradient it is Adam: eps, betas and rate reach the rows."""
    rng = np.random.default_rng(64)
    start = {"rows": rng.normal(size=(5, 3)), "W": rng.normal(size=(2, 2))}
    for options in ({}, {"eps": 0.3}, {"beta1": 0.5}, {"beta2": 0.7}):
        ends = []
        for step in ("adam_step", "sparse_adam_step"):
            params, draw = {n: p.copy() for n, p in start.items()}, np.random.default_rng(65)
            memory = ns["adam_init"](params)
            for _ in range(4):
                rows, grads = draw.normal(size=(5, 3)), {"W": draw.normal(size=(2, 2))}
                sparse = step == "sparse_adam_step"
                grads["rows"] = ns["SparseRows"](np.arange(5), rows) if sparse else rows
                kept = rows.copy()
                ns[step](params, grads, memory, 0.1, **options)
                np.testing.assert_array_equal(rows, kept)
            ends.append(params)
        for name in start:
            np.testing.assert_allclose(ends[0][name], ends[1][name], rtol=1e-12)


def clip_of_rows(ns):
    """The length of a gradient of rows is that of its rows, and clipping keeps its direction."""
    rng = np.random.default_rng(66)
    grads = {"W_emb": ns["sum_rows"](rng.integers(4, size=9), rng.normal(size=(9, 3))),
             "W": rng.normal(size=(3, 2))}  # fmt: skip
    full = lessons.dense(grads, {"W_emb": np.zeros((6, 3))})
    size = np.sqrt(sum((g**2).sum() for g in full.values()))
    clipped, norm = ns["clip_by_global_norm"](grads, 0.5)
    np.testing.assert_allclose(norm, size)
    np.testing.assert_array_equal(clipped["W_emb"].indices, grads["W_emb"].indices)
    for name, g in lessons.dense(clipped, {"W_emb": np.zeros((6, 3))}).items():
        np.testing.assert_allclose(g, full[name] * 0.5 / size)
    history = {}
    ns["record"](history, 1.0, norm, grads)
    np.testing.assert_allclose(history["W_emb"], [np.linalg.norm(full["W_emb"])])


# The networks


def starts_of_words(ns):
    """Small rows, orthogonal blocks, open forget gates, and a bias that knows what it is told."""
    rng, counts = np.random.default_rng(67), np.arange(300)
    params = lessons.start(ns, rng, 300, 40, counts=counts)
    assert 0.09 < params["W_emb"].std() < 0.11
    assert 0.9 < params["W_x"].std() * np.sqrt(params["W_x"].shape[1]) < 1.1
    blocks = params["W_h"].reshape(-1, 40, 40)
    for block in blocks:
        np.testing.assert_allclose(block.T @ block, np.eye(40), atol=1e-10)
    assert not any((block == blocks[0]).all() for block in blocks[1:])
    wanted = np.zeros((len(blocks), 40))
    if len(blocks) == 4:
        wanted[1] = 1  # the LSTM's forget gates
    np.testing.assert_array_equal(params["b"].reshape(len(blocks), 40), wanted)
    assert not params.get("b_n", np.zeros(1)).any()
    share = np.exp(params["b_y"][:, 0])
    np.testing.assert_allclose(share, (counts + 1) / (counts + 1).sum())
    assert not lessons.start(ns, rng, 9, 4)["b_y"].any()
    if lessons.is_tied(ns):
        assert "W_y" not in params
        untied = lessons.start(ns, rng, 300, 40, tied=False)
        assert untied["W_y"].shape == (300, 40) and 0.09 < untied["W_y"].std() < 0.11
        try:
            lessons.start(ns, rng, 9, 4, E=5)
        except ValueError as error:
            assert "5" in str(error) and "4" in str(error) and "\n" not in str(error)
        else:
            raise AssertionError("tied with embeddings of another size")
    if "scale" in inspect.signature(ns["init_params"]).parameters:
        assert 0.9 < lessons.start(ns, rng, 300, 40, scale=1.0)["W_emb"].std() < 1.1


@needs("mask_x", "forward")
def masks_of_words(ns):
    """New masks for each window and each step, on both ways, and the gradients of that network."""
    rng = np.random.default_rng(68)
    params, inputs, targets, state = lessons.random_problem(ns, rng, 4, 3, 8, 6)
    before = {name: p.copy() for name, p in params.items()}
    with watched(ns, "forward") as reads:
        gradients = ns["regularised"](0.3, 0.6, rng)
        results = [gradients(params, inputs, targets, state) for _ in range(6)]
    assert len(reads) == 6, "one forward pass a window"
    for name, rate in (("mask_x", 0.3), ("mask_h", 0.6)):
        drawn = [given[name] for given, _ in reads]
        assert all(mask is not None for mask in drawn), f"{name} is not handed on"
        assert not any((mask == drawn[0]).all() for mask in drawn[1:]), "the same mask again"
        for mask in drawn:
            assert mask.shape == (4, 6, 3)
            assert not any((one == mask[0]).all() for one in mask[1:])
            np.testing.assert_allclose(mask[mask != 0], 1 / (1 - rate))
        assert abs(np.mean(np.array(drawn) == 0) - rate) < 0.1, f"rate of {name}"
    given = reads[0][0]
    assert not (np.sign(given["mask_x"]) == np.sign(given["mask_h"])).all()
    for (given, (loss, last, _)), (its_loss, its_last, grads) in zip(reads, results):
        masks = given["mask_x"], given["mask_h"]
        assert loss == its_loss
        for ours, theirs in zip(lessons.state_parts(last), lessons.state_parts(its_last)):
            np.testing.assert_array_equal(ours, theirs)
        errors = ns["check_gradients"](
            lambda p, masks=masks: ns["forward"](p, inputs, targets, state, *masks)[0],
            params, lessons.dense(grads, params))  # fmt: skip
        assert max(errors.values()) < 1e-6, errors
    for name, p in params.items():
        np.testing.assert_array_equal(p, before[name])
    plain = ns["loss_and_gradients"](params, inputs, targets, state)
    same = ns["regularised"](0, 0, rng)(params, inputs, targets, state)
    assert plain[0] == same[0]


def whole_network_is_used(ns):
    """`evaluate` hides nothing, draws nothing, and gives what one pass in order gives."""
    rng = np.random.default_rng(69)
    params, *_ = lessons.random_problem(ns, rng, 2, 2, 7, 5)
    tokens = rng.integers(7, size=90)
    with watched(ns, "forward") as reads:
        once, again = (ns["evaluate"](params, tokens, pieces=3) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    for given, _ in reads:
        assert all(given.get(name) is None for name in ("mask", "mask_x", "mask_h"))
        assert all((given["params"][name] == p).all() for name, p in params.items())
    state, in_order = ns["zero_state"](params, 1), []
    for token, after in zip(tokens, tokens[1:]):
        logits, state = ns["step"](params, np.array([token]), state)
        p = np.exp(logits[:, 0] - logits.max())
        in_order.append(np.log(p[after] / p.sum()))
    np.testing.assert_allclose(once, in_order, rtol=1e-9)


@needs("def cho_step(")
def cho(ns):
    """The paper's form against autograd: a window's loss, its logits and every gradient."""
    rng = np.random.default_rng(70)
    params, inputs, targets, state = lessons.random_problem(ns, rng, 5, 3, 7, 4)
    targets[1, 2] = -1
    expected_loss, expected = oracles.word_loss_and_gradients(
        oracles.gru_cell, params, inputs, targets, state
    )
    swapped = {"step": ns["cho_step"], "step_backward": ns["cho_step_backward"]}
    with lessons.borrowed(ns, **swapped):
        loss, grads = ns["by_steps"](params, inputs, targets, state)
    np.testing.assert_allclose(loss, expected_loss, rtol=1e-12)
    assert set(grads) == set(params) and not grads["b_n"].any()
    for name in set(params) - {"b_n"}:
        np.testing.assert_allclose(grads[name], expected[name], rtol=1e-9, atol=1e-13, err_msg=name)


def networks(ns):
    """The lesson's own form against autograd, with E and H of two sizes where they may differ."""
    rng, rows = np.random.default_rng(71), {1: "rnn_cell", 4: "lstm_cell", 3: "torch_gru_cell"}
    for options in ({}, {"tied": False}) if lessons.is_tied(ns) else ({},):
        problem = lessons.random_problem(ns, rng, 4, 3, 7, 5, **options)
        params, inputs, targets, state = problem
        targets[2, 1] = -1
        cell = getattr(oracles, rows[len(params["W_h"]) // 5])
        expected_loss, expected = oracles.word_loss_and_gradients(
            cell, params, inputs, targets, state
        )
        loss, _, cache = ns["forward"](params, inputs, targets, state)
        np.testing.assert_allclose(loss, expected_loss, rtol=1e-12)
        grads = lessons.gradients(ns, params, cache)
        assert set(grads) == set(expected)
        for name, g in grads.items():
            np.testing.assert_allclose(g, expected[name], rtol=1e-9, atol=1e-13, err_msg=name)


def connectivity_of_words(ns):
    """Against the loss of the last word when the row of a word read is moved a little."""
    rng = np.random.default_rng(72)
    options = {"tied": False} if lessons.is_tied(ns) else {}
    params, *_ = lessons.random_problem(ns, rng, 2, 2, 9, 4, **options)
    tokens = rng.permutation(9)[:7]  # each word once: its row is one place
    found, expected = ns["connectivity"](params, tokens), np.empty(6)
    targets = np.full((6, 1), -1)
    targets[-1] = tokens[-1]

    def loss():
        zero = ns["zero_state"](params, 1)
        return ns["forward"](params, tokens[:-1, None], targets, zero)[0]

    for t in range(6):
        row, slopes = params["W_emb"][tokens[t]], []
        for i in range(len(row)):
            ends, kept = [], row[i]
            for move in (1e-5, -1e-5):
                row[i] = kept + move
                ends.append(loss())
            row[i] = kept
            slopes.append((ends[0] - ends[1]) / 2e-5)
        expected[t] = np.linalg.norm(slopes)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


# Generating


def talking(ns):
    """Reads `<bos>` and the prompt, writes what `choose` picks until `<eos>`, never a sign."""
    vocab = ["<bos>", "<eos>", "<unk>", "the", "fox", ".", "ran"]
    params, *_ = lessons.random_problem(ns, np.random.default_rng(73), 2, 2, 7, 5)
    params["b_y"][[BOS, UNK]] = 40  # what it would like to say most
    params["b_y"][EOS] = -40
    with watched(ns, "step") as reads:
        said, text = printed_by(ns["generate"], params, "The fox", 4, vocab)
    assert said == "" and len(ns["tokenize"](text)) == 6 and text.startswith("The fox")
    assert [given["tokens"].tolist() for given, _ in reads[:3]] == [[BOS], [3], [4]]
    own = [vocab.index(word) for word in ns["tokenize"](text)]
    assert [given["tokens"][0] for given, _ in reads] == [BOS, *own]
    for given, (_, state) in zip([given for given, _ in reads[1:]], [r for _, r in reads]):
        for ours, theirs in zip(lessons.state_parts(given["state"]), lessons.state_parts(state)):
            np.testing.assert_array_equal(ours, theirs)
    assert not any(part.any() for part in lessons.state_parts(reads[0][0]["state"]))

    def choose(logits):
        assert np.all(np.isneginf(logits[[BOS, UNK]])) and np.isfinite(logits[3:]).all()
        return picks.pop(0)

    picks = [6, 5, EOS, 3]
    assert ns["generate"](params, "The fox", 9, vocab, choose) == "The fox ran." and picks == [3]
    picks = [EOS]
    assert ns["generate"](params, "", 9, vocab, choose) == ""
    said, text = printed_by(ns["generate"], params, "The zebra and the fox", 0, vocab)
    assert said.count("\n") == 1 and "zebra" in said and "and" in said and "<unk>" in said
    assert "fox" not in said and text == "The zebra and the fox"
    with watched(ns, "step") as reads:
        printed_by(ns["generate"], params, "zebra", 0, vocab)
    assert [given["tokens"].tolist() for given, _ in reads] == [[BOS], [UNK]]
    if "sampler" in ns:
        choose = ns["sampler"](np.random.default_rng(1), temperature=2.0, top_p=0.9)
        text = ns["generate"](params, "", 200, vocab, choose)
        assert set(ns["tokenize"](text)) <= set(vocab[3:]) and len(text) > 100


@needs("def continue_by_counts(")
def writing_by_counts(ns):
    """Each id is drawn from the probabilities that the table gives it after all that stands."""
    training = np.random.default_rng(74).choice(5, size=200, p=[0.4, 0.3, 0.2, 0.05, 0.05])
    training[::3] = 4  # something that depends on what came before
    for order in (1, 2, 4):
        model, rng = ns["fit_ngram"](training, order, 6), np.random.default_rng(75)
        written = [4, 0, 1, 4]
        for _ in range(25):
            p = [np.exp(ns["score_ngram"](model, np.array([*written, w]))[-1]) for w in range(6)]
            written.append(int(rng.choice(6, p=np.array(p) / sum(p))))
        found = ns["continue_by_counts"](model, [4, 0, 1, 4], 25, np.random.default_rng(75))
        assert found == written, order


# Words in characters


@needs("def capitals_cost(")
def capitals(ns):
    """What is charged is -log of probabilities that sum to one, counted on training text alone."""
    training = 'The fox ran. The Fox ran, and "The fox" sat.\nFOX! the end.\nOne fox.'
    assert ns["shapes"]('Don\'t run. FOX, "McX\nit\'s 3') == [
        ("don't", 1, 1), ("run", 0, 0), (".", 0, 0), ("fox", 1, 2), (",", 0, 0), ('"', 0, 0),
        ("mcx", 1, 2), ("\n", 0, 0), ("it's", 1, 0), ("3", 0, 0),
    ]  # fmt: skip
    assert ns["shapes"]("Don\u2019t run")[1] == ("run", 0, 0)
    pairs = [("fox", "Fox", "FOX"), ("the", "The", "THE"), ("zebra", "Zebra", "ZEBRA")]
    for before in ("", "so ", "so. ", 'so "', "so, "):
        for words in pairs:
            p = [np.exp(-ns["capitals_cost"](training, before + word)
                        + (ns["capitals_cost"](training, before) if before else 0))
                 for word in words]  # fmt: skip
            np.testing.assert_allclose(sum(p), 1)
            assert min(p) > 0
    texts = "A fox", "Zebra zebra", "fox Fox zebra"
    alone = [ns["capitals_cost"](training, text) for text in texts]
    assert min(alone) > 0
    together = ns["capitals_cost"](training, "\n".join(texts))
    marks = ns["capitals_cost"](training, "a\na") - 2 * ns["capitals_cost"](training, "a")
    np.testing.assert_allclose(together, sum(alone) + 2 * marks)  # no word teaches the next
    assert ns["capitals_cost"]("The fox. " * 30, "The fox.") < 0.2
    assert ns["capitals_cost"]("The fox. " * 30, "tHE Fox.") > 2


@needs("def spelling_cost(")
def spelling(ns):
    """New words alone are charged, by a table of counts made of training words that occur once."""
    rare = "lark larch arch chart charm harm march starch larder alarm" .split()
    train = rare + ["fox", "fox", "the", "the"]
    vocab, valid = ["<bos>", "<eos>", "<unk>", "fox", "the"], ["the", "charmer", "lard", "arched"]
    cost = ns["spelling_cost"](train, valid, ["the", "marsh", "fox", "lara"], vocab)
    assert cost > 0
    assert ns["spelling_cost"](train, valid, ["the", "fox"], vocab) == 0
    assert cost == ns["spelling_cost"](train, valid, ["marsh", "lara", "the", "the"], vocab)
    assert ns["spelling_cost"](train, valid, ["marsh", "lara", "charm"], vocab) > cost
    fits = []
    best = ns["best_ngram"]

    def watching(training, validation, size):
        fits.append((training, validation, size))
        return best(training, validation, size)

    texts = []
    with lessons.borrowed(ns, best_ngram=watching):
        for words in (["marsh", "lara"], ["harsh", "chara"]):
            ns["spelling_cost"](train, valid, words, vocab)
    for training, validation, size in fits:
        texts.append((len(training), len(validation), size))
    assert texts[0] == texts[1]
    np.testing.assert_array_equal(fits[0][0], fits[1][0])  # the table has seen no test word
    np.testing.assert_array_equal(fits[0][1], fits[1][1])
    assert len(fits[0][0]) == sum(len(word) + 1 for word in rare) + 1
    assert len(fits[0][1]) == sum(len(word) + 1 for word in valid[1:]) + 1


# Looking inside


@needs("def share_of_own_kind(")
def kinds(ns):
    """The nearest by the angle, not by the distance, and never the word itself."""
    vocab = ["<bos>", "<eos>", "<unk>", "a", "b", "c", "d"]
    rows = np.array([[9, 9], [9, 9], [-9, 9], [1, 0.1], [50, 0], [0, 2], [0.1, 30]], float)
    near = ns["neighbours"](rows, ["a", "d"], vocab)
    assert near["a"][:2] == ["b", "<bos>"] and near["d"][0] == "c" and len(near["a"]) == 6
    groups = {"one": ["a", "b"], "two": ["c", "d"]}
    assert ns["share_of_own_kind"](rows, groups, vocab) == 1.0
    assert ns["share_of_own_kind"](rows, {"one": ["a", "c"], "two": ["b", "d"]}, vocab) == 0.0
    words = "fox wolf lion said asked went he she they in on by".split()
    found = ns["groups_in"](["<bos>", "<eos>", "<unk>", *words])
    assert list(found) == list(ns["GROUPS"])
    assert list(found.values()) == [words[:3], words[3:6], words[6:9], words[9:]]
