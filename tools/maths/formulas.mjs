// The formulas of a piece of Markdown, found as Jupyter finds them.
//
// Jupyter takes the formulas out before it reads the Markdown. A dollar in a code span or a fence
// is none, nor is `\$`; braces have to balance before a formula can end. A formula that has not
// ended by the next empty line is none, and up to there no other begins. An environment
// (`\begin{…}`) and `\\(…\\)`, `\\[…\\]` are formulas as well.

const FENCE = /^ {0,3}(`{3,}|~{3,})[^`\n]*$/;
const SPAN = /(?<![\\`])(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g;
const OPENING = /\$\$|\$|\\\\[([]|\\begin\{[a-z]*\*?\}/iy;
const ESCAPED = /\\[{}$]/y;
const DOLLARS = /\$\$?/y;
const EMPTY_LINE = /\n[^\S\n]*\n/y;

const hidden = (text) => text.replaceAll("$", " ");

/** `text` with a blank for each dollar inside a fence or a code span. */
export function withoutCode(text) {
  const lines = [];
  let fence = null;
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    const mark = line.match(FENCE)?.[1];
    const closing = fence && line.trim().match(/^(`+|~+)$/)?.[1];
    if (fence) {
      lines.push(hidden(line));
      if (closing && closing[0] === fence[0] && closing.length >= fence.length) fence = null;
    } else if (mark) {
      lines.push(line);
      fence = mark;
    } else {
      lines.push(line.replace(SPAN, hidden));
    }
  }
  return lines.join("\n");
}

function matchAt(pattern, text, place) {
  pattern.lastIndex = place;
  return pattern.exec(text)?.[0];
}

function endOf(opening) {
  if (opening.startsWith("$")) return opening;
  if (opening.startsWith("\\begin")) return opening.replace("begin", "end");
  return opening.replace("(", ")").replace("[", "]");
}

/** Where the formula that begins at `place` ends, or 0; and where to look for the next one. */
function closing(text, place, opening) {
  const end = endOf(opening);
  let braces = 0;
  let unbalanced = 0; // an end that comes while a brace is open counts if there is no better one
  let i = place + opening.length;
  while (i < text.length && !matchAt(EMPTY_LINE, text, i)) {
    const skipped = matchAt(ESCAPED, text, i) ?? matchAt(DOLLARS, text, i);
    if (skipped?.startsWith("$") ? skipped === end : text.startsWith(end, i)) {
      if (braces === 0) return [i + end.length, i + end.length];
      unbalanced = i + end.length;
      i += end.length;
    } else {
      if (text[i] === "{") braces += 1;
      if (text[i] === "}" && braces) braces -= 1;
      i += skipped?.length ?? 1;
    }
  }
  return [unbalanced, unbalanced || i];
}

/**
 * The formulas of `markdown`: for each its `tex`, whether it is `display`ed, the `text` it was
 * found as, the `line` around it; and, apart, the lines that hold a dollar which opens nothing.
 */
export function formulasOf(markdown) {
  const source = markdown.replace(/\r\n?/g, "\n");
  const text = withoutCode(source);
  const found = [];
  const stray = [];
  const lineAt = (start, end) => {
    const until = source.indexOf("\n", end);
    return source.slice(source.lastIndexOf("\n", start - 1) + 1, until < 0 ? undefined : until);
  };
  for (let i = 0; i < text.length; ) {
    const escaped = matchAt(ESCAPED, text, i);
    const opening = matchAt(OPENING, text, i);
    if (escaped || !opening) {
      i += escaped?.length ?? 1;
      continue;
    }
    const [end, next] = closing(text, i, opening);
    if (!end) {
      if (opening.startsWith("$")) stray.push(lineAt(i, i));
      i = next;
      continue;
    }
    const whole = source.slice(i, end);
    const bare = opening.startsWith("\\begin");
    found.push({
      tex: bare ? whole : whole.slice(opening.length, -opening.length),
      display: bare || opening === "$$" || opening.endsWith("["),
      text: whole,
      line: lineAt(i, end),
      after: source[end] ?? "\n",
    });
    i = end;
  }
  return { found, stray };
}
