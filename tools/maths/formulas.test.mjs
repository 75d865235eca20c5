import assert from "node:assert/strict";
import { test } from "node:test";

import { formulasOf } from "./formulas.mjs";

const texts = (markdown) => formulasOf(markdown).found.map(({ text }) => text);

test("inline, displayed, in an environment", () => {
  assert.deepEqual(texts("a $x$ b $y_t$, $$z$$"), ["$x$", "$y_t$", "$$z$$"]);
  assert.deepEqual(texts("$$a\n= b \\tag{F1}$$"), ["$$a\n= b \\tag{F1}$$"]);
  assert.deepEqual(texts("\\begin{align*}a\\end{align*}"), ["\\begin{align*}a\\end{align*}"]);
  assert.deepEqual(formulasOf("$x$ $$y$$").found.map(({ display }) => display), [false, true]);
  assert.deepEqual(formulasOf("$$y$$").found[0].tex, "y");
});

test("no formula in code", () => {
  assert.deepEqual(texts("`$a$` and ``$b` $c$`` and $d$"), ["$d$"]);
  assert.deepEqual(texts("```\n$a$\n```\n$b$"), ["$b$"]);
  assert.deepEqual(texts("~~~python\n$a$\n```\n$b$\n~~~~\n$c$"), ["$c$"]);
});

test("a dollar can be literal", () => {
  assert.deepEqual(texts("\\$5 and \\$6"), []);
  assert.deepEqual(texts("$a \\$ b$"), ["$a \\$ b$"]);
});

test("braces balance, and an empty line ends the search", () => {
  assert.deepEqual(texts("$\\text{for $x$}$"), ["$\\text{for $x$}$"]);
  assert.deepEqual(texts("$\\{ a$"), ["$\\{ a$"]);
  assert.deepEqual(texts("$a\n\nb$ $c$ d"), ["$ $"]);
  assert.deepEqual(texts("$a {\n b$"), ["$a {\n b$"]);
});

test("a dollar that opens nothing is told", () => {
  assert.deepEqual(formulasOf("one\n5 $ a piece\n\n$x$").stray, ["5 $ a piece"]);
  assert.deepEqual(formulasOf("one\n5 \\$ a piece\n\n$x$").stray, []);
});
