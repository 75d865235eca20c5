"""The tables of sections 3 and 6 against the arrays of a run in which every size is different."""

import importlib.util
import re

import numpy as np
import pytest

import lessons

pytestmark = pytest.mark.words_too
SIZES = {"T": 8, "B": 3, "V": 7, "H": 5, "S": 11}
# Functions of the backward pass whose results the tables name, called with (params, cache).
BACKWARD = ("state_gradients",)
ROW = re.compile(r"^\| (?P<symbol>.+?) \| (?P<code>.+?) \| (?P<shape>.+?) \| (?P<meaning>.+?) \|$")


HEAD = "| Symbol | Code | Shape | Meaning |\n|---|---|---|---|\n"


def tables(notebook):
    """For each table under `| Symbol | Code | Shape | Meaning |`: what stands before it, and it."""
    prose = lessons.markdown(notebook).split(HEAD)
    return [(before, after.split("\n\n")[0]) for before, after in zip(prose, prose[1:])]


def rows(notebook):
    """The rows of all these tables, as dictionaries."""
    lines = [line for _, table in tables(notebook) for line in table.split("\n")]
    # A bar inside a formula or a code word does not end a column.
    masked = [re.sub(r"\$[^$]*\$", lambda m: m[0].replace("|", "\u2016"), line) for line in lines]
    found = [ROW.match(line) for line in masked]
    assert all(found), f"not a row: {[line for line, row in zip(lines, found) if not row]}"
    return [row.groupdict() for row in found]


def size_of(term, tied=False):
    """`4H`, `2*H`, `T+1`, `H` or `3` as a number; E is H where the embeddings are tied."""
    total, sizes = 0, {**SIZES, "E": SIZES["H"] if tied else SIZES["H"] + 1}
    for part in term.replace(" ", "").split("+"):
        factor, letter = re.fullmatch(r"(\d*)\*?([A-Z]?)", part).groups()
        assert factor or letter, f"no size: {term!r}"
        total += int(factor or 1) * (sizes[letter] if letter else 1)
    return total


def shape_of(text, tied=False):
    """`(T+1, H, B)` as a tuple of numbers."""
    inner = re.fullmatch(r"`?\((.*)\)`?", text.strip())
    assert inner, f"no shape: {text!r}"
    return tuple(size_of(term, tied) for term in inner[1].split(",") if term.strip())


def running_arrays(notebook):
    """{name: array} of a forward and backward pass: parameters, cache, gradients."""
    ns, source = lessons.namespace(notebook), lessons.sources(notebook)
    rng = np.random.default_rng(19)
    problem = lessons.random_problem(ns, rng, *(SIZES[letter] for letter in "TBVH"))
    mask = lessons.with_mask(ns, rng, problem.params, *problem.inputs.shape)
    _, _, cache = ns["forward"](*problem, **mask)
    found = {**cache._asdict(), **problem.params}
    found.update(inputs=problem.inputs, targets=problem.targets)
    for name in BACKWARD:
        results = ns[name](problem.params, cache)
        names = getattr(results, "_fields", None) or lessons.returned_names(source[name])
        found.update(zip(names, results, strict=True))
    if "W_emb" in problem.params:  # what `weight_gradients` makes of `da`, and leaves flat
        found["dx"] = np.einsum("me,tmb->teb", problem.params["W_x"], found["da"])
    if "dg" in found:  # the offer's share of what goes to W_h
        found["dq"] = found["dg"][:, 2 * SIZES["H"] :]
    return found, problem.params


def test_the_reader_of_shapes():
    assert shape_of("`(T+1, H, B)`") == (9, 5, 3)
    assert shape_of("(4H, 1)") == (20, 1) and shape_of("`(3*H, V)`") == (15, 7)
    assert shape_of("(V, E)") == (7, 6) and shape_of("(V, E)", tied=True) == (7, 5)
    assert len({*SIZES.values(), *(factor * SIZES["H"] for factor in (2, 3, 4))}) == 8
    for wrong in ("T, H", "`(T-1, H)`", "`(Q, H)`"):
        with pytest.raises((AssertionError, AttributeError, KeyError)):
            shape_of(wrong)


def test_forward_names_in_section_3_and_gradients_at_the_head_of_section_6(lesson):
    (before, first), (after, second) = tables(lesson)
    assert re.findall(r"^## (\d+)", before, re.MULTILINE)[-1] == "3"
    assert re.findall(r"^##+ (\d+)?", after, re.MULTILINE)[-1] == "6", "a heading comes before it"
    assert r"\bar" not in first and "`d" not in first
    for row in second.split("\n"):
        assert re.match(r"\| \$\\bar ?\\?\w+_t = \\partial L/", row), row


def test_names_and_shapes(lesson):
    arrays, _ = running_arrays(lesson)
    tied = lessons.is_tied(lessons.namespace(lesson))
    for row in rows(lesson):
        names = re.findall(r"`(\w+)`", row["code"])
        assert names, f"no name in the row of {row['symbol']}"
        shapes = re.findall(r"\([^)]*\)", row["shape"])  # one for all, or one for each
        shapes = shapes if len(shapes) > 1 else shapes * len(names)
        for name, shape in zip(names, shapes, strict=True):
            assert name in arrays, f"the table names {name}, but there is no such array"
            assert arrays[name].shape == shape_of(shape, tied), (
                f"{name}: the table says {row['shape']}, the array is {arrays[name].shape} with "
                f"{SIZES}"
            )


def test_every_parameter_and_state_is_in_the_table(lesson):
    _, params = running_arrays(lesson)
    named = {name for row in rows(lesson) for name in re.findall(r"`(\w+)`", row["code"])}
    assert set(params) | {"inputs", "targets", "h", "logits", "dlogits", "dh", "da"} <= named


def test_symbols_are_used_once_and_appear_in_the_equations(lesson):
    symbols = [row["symbol"] for row in rows(lesson)]
    assert len(set(symbols)) == len(symbols)
    prose = re.sub(r"^\|.*", "", lessons.markdown(lesson), flags=re.MULTILINE)
    equations = " ".join(re.findall(r"\$\$.+?\$\$|\$[^$]+\$", prose, re.DOTALL))
    for symbol in symbols:
        first = re.search(r"\$(.+?)\$", symbol)[1].split("=")[0]
        for one in re.sub(r"\\partial L/\\partial ", "", first).split(","):
            assert re.sub(r"[{}\s]", "", one) in re.sub(r"[{}\s]", "", equations), (
                f"{one} is in the table and in no equation"
            )


# Letters and equations of all nine, by tools/maths/symbols.py

# Symbols of displayed equations that nothing on the page introduces: {lesson: {symbol: why}}.
UNEXPLAINED = {}
# Letters of the Notation tables that the table of letters in CONTRIBUTING.md does not have yet.
NOT_AMONG_THE_LETTERS = {}


@pytest.fixture(scope="module")
def symbols():
    """The module tools/maths/symbols.py."""
    path = lessons.ROOT / "tools" / "maths" / "symbols.py"
    spec = importlib.util.spec_from_file_location("maths_symbols", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("tex, wanted", [
    (r"\bar h_t = W_y^\top \bar\ell_t + W_h^\top \bar a_{t+1}",
     ["h", "t", "W_{y}", r"\ell", "t", "W_{h}", "a", "t"]),
    (r"\bar{\hat s}_{t-1} \mathrel{+}= W_f^\top \bar a_t", [r"\hat s", "t", "W_{f}", "a", "t"]),
    (r"\overline{\overleftarrow h}_1 + \bar{\tilde y}_{t-1}",
     [r"\overleftarrow h", r"\tilde y", "t"]),
    (r"e^{e_{tj}} / \sum_k e^{e_{tk}}", ["e", "t", "j", "k", "e", "t", "k"]),
    (r"W_x^{enc} x_j + b'^{enc} + W_h^{n\top}", ["W_{x}^{enc}", "x", "j", "b'^{enc}", "W_{h}"]),
    (r"d^x_t \odot \bar a^n_t + a^s \tag{B1}", ["d^{x}", "t", "a", "t", "a^{s}"]),
    (r"\mathrm{GRU}(a, h) \text{ of lesson 6}", ["a", "h"]),
])  # fmt: skip
def test_the_reader_of_symbols(symbols, tex, wanted):
    assert symbols.symbols(tex) == wanted


def test_the_reader_of_sentences_and_definitions(symbols):
    assert symbols.said("r, z = 2 n") == {"r", "z"} and symbols.said(r"\tau") == {r"\tau"}
    assert symbols.defined(r"r, z &= a b, & q &= c \qquad \bar d = 1") == {"r", "z", "q"}


def test_every_symbol_of_an_equation_is_introduced(symbols, notebook):
    """In a Notation table, in section 3, in a sentence before it, or by the equation itself."""
    found = {name for name, (how, _) in symbols.outside(notebook).items() if how == "nothing"}
    new = found - set(UNEXPLAINED.get(lessons.stem(notebook), ()))
    assert not new, f"neither a table nor a sentence says what these are: {sorted(new)}"


def test_every_letter_of_a_table_is_in_the_table_of_letters(symbols):
    new = set(symbols.beyond_letters()) - set(NOT_AMONG_THE_LETTERS)
    assert not new, f"the table in CONTRIBUTING.md says nothing of {sorted(new)}"
