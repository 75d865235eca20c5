// Every formula of the notebooks through KaTeX and through MathJax. See README.md.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";

import { formulasOf } from "./formulas.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const FOLDERS = ["char_level_lm", "word_level_lm", "seq_2_seq"];
const PACKAGES = ["base", "ams"]; // what every viewer has; noundefined would hide a misspelling

const require = createRequire(import.meta.url); // looks in NODE_PATH, too
const katex = require("katex");
const { mathjax } = require("mathjax-full/js/mathjax.js");
const { STATE } = require("mathjax-full/js/core/MathItem.js");
const { TeX } = require("mathjax-full/js/input/tex.js");
const { liteAdaptor } = require("mathjax-full/js/adaptors/liteAdaptor.js");
const { RegisterHTMLHandler } = require("mathjax-full/js/handlers/html.js");
require("mathjax-full/js/input/tex/AllPackages.js");

RegisterHTMLHandler(liteAdaptor());

/** What KaTeX says of a formula: [whether it is an error, its words]. */
function byKatex({ tex, display }) {
  const said = [];
  const strict = (code, words) => {
    said.push([false, `${words} [${code}]`]);
    return "ignore";
  };
  try {
    katex.renderToString(tex, { displayMode: display, throwOnError: true, strict, trust: false });
  } catch (error) {
    said.push([true, error.rawMessage ?? error.message]);
  }
  return said;
}

/** The same of MathJax, as a function: each notebook is a document of its own. */
function mathjaxOf() {
  const page = mathjax.document("", { InputJax: new TeX({ packages: PACKAGES }) });
  return ({ tex, display }) => {
    const said = [];
    try {
      const tree = page.convert(tex, { display, end: STATE.COMPILED });
      tree.walkTree((node) => {
        if (node.isKind("merror")) said.push([true, node.attributes.get("data-mjx-error") ?? "merror"]);
      });
    } catch (error) {
      said.push([true, error.message]);
    }
    return said;
  };
}

/** What one viewer reads otherwise than another. */
function elsewhere({ tex, display, line, after }) {
  const said = [];
  if (!display && (/^\s|\s$/.test(tex) || tex === "")) said.push("a blank beside its dollar");
  if (!display && /\d/.test(after)) said.push("a digit after its dollar");
  if (after === "`") said.push("a code span right after its dollar");
  if (line.trimStart().startsWith("|") && /(?<!\\)\|/.test(tex)) said.push("a bar in a table");
  return said.map((words) => [true, words]);
}

/** The pieces of Markdown of a notebook, with their numbers, or of a .md file. */
function pieces(path) {
  const text = readFileSync(path, "utf8");
  if (!path.endsWith(".ipynb")) return [["", text]];
  const cells = JSON.parse(text).cells.map((cell, number) => [cell, number]);
  return cells
    .filter(([cell]) => cell.cell_type === "markdown")
    .map(([cell, number]) => [` cell ${number}`, [].concat(cell.source).join("")]);
}

function notebooks() {
  const inside = (folder) => readdirSync(join(ROOT, folder)).sort().map((name) => join(ROOT, folder, name));
  return FOLDERS.filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap(inside)
    .filter((path) => path.endsWith(".ipynb"));
}

const paths = argv.length > 2 ? argv.slice(2).map((path) => resolve(path)) : notebooks();
const count = { formulas: 0, displayed: 0, faults: 0, warnings: 0 };
for (const path of paths) {
  const voices = { KaTeX: byKatex, MathJax: mathjaxOf(), elsewhere };
  for (const [cell, markdown] of pieces(path)) {
    const where = `${relative(ROOT, path)}${cell}`;
    const { found, stray } = formulasOf(markdown);
    for (const line of stray) {
      count.faults += 1;
      console.log(`${where}: a dollar that opens nothing: ${line}`);
    }
    for (const formula of found) {
      count.formulas += 1;
      count.displayed += formula.display;
      for (const [voice, hear] of Object.entries(voices)) {
        for (const [wrong, words] of hear(formula)) {
          count[wrong ? "faults" : "warnings"] += 1;
          const kind = wrong ? voice : `${voice} warns`;
          console.log(`${where}: ${kind}: ${words}: ${formula.text.replace(/\s+/g, " ")}`);
        }
      }
    }
  }
}
const { formulas, displayed, faults, warnings } = count;
console.log(
  `${formulas} formulas in ${paths.length} files, ${displayed} of them displayed: ` +
    `${faults} faults, ${warnings} warnings`,
);
exit(faults || !formulas ? 1 : 0);
