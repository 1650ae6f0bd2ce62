// Which function of a TypeScript source a line belongs to: inlining and mangling lose that, the source still says it.
// Called by symbols.ts. A scanner, not a parser: braces, strings and comments, which AssemblyScript's grammar allows.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Range {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

interface Open {
  /** Name for lines inside, or "" for a block, a namespace, a class. */
  readonly name: string;
  readonly className: string;
  readonly first: number;
}

const FUNCTION = /\bfunction\s+([\w$]+)/;
const CLASS = /\b(?:class|interface)\s+([\w$]+)/;
const METHOD = /(?:^|\s)(?:get\s+|set\s+)?([\w$]+)\s*(?:<[^(]*>)?\s*\(/;
const KEYWORDS = new Set(["if", "for", "while", "switch", "do", "else", "return"]);

/** Passes over a comment or a string that starts at `at`; answers where it ends, or `at` if none starts there. */
function skipped(text: string, at: number): number {
  const two = text.slice(at, at + 2);
  if (two === "//") return (text.indexOf("\n", at) + text.length + 1) % (text.length + 1) || text.length;
  if (two === "/*") {
    const end = text.indexOf("*/", at + 2);
    return end < 0 ? text.length : end + 2;
  }
  const quote = text[at];
  if (quote !== '"' && quote !== "'" && quote !== "`") return at;
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === "\\") end++;
    else if (text[end] === quote) return end + 1;
  }
  return text.length;
}

function opened(head: string, outer: Open | undefined, first: number): Open {
  const owner = outer?.className ?? "";
  const declared = FUNCTION.exec(head);
  if (declared) return { name: declared[1] as string, className: "", first };
  const type = CLASS.exec(head);
  if (type) return { name: "", className: type[1] as string, first };
  const method = owner ? METHOD.exec(head) : null;
  if (method && !KEYWORDS.has(method[1] as string)) {
    return { name: `${owner}${/\bstatic\s/.test(head) ? "." : "#"}${method[1]}`, className: "", first };
  }
  return { name: "", className: "", first };
}

/** All functions and methods of a source text, with their first and last line (from 1); inner ones come first. */
export function functionRanges(text: string): Range[] {
  const ranges: Range[] = [];
  const stack: Open[] = [];
  let line = 1;
  let head = "";
  let headLine = 0;
  let parentheses = 0;
  for (let at = 0; at < text.length; ) {
    const next = skipped(text, at);
    if (next > at) {
      for (let i = at; i < next; i++) if (text[i] === "\n") line++;
      at = next;
      continue;
    }
    const c = text[at++] as string;
    if (c === "\n") line++;
    if (c === "(") parentheses++;
    if (c === ")") parentheses--;
    if (c === "{") {
      stack.push(opened(head, stack[stack.length - 1], headLine || line));
      head = "";
    } else if (c === "}") {
      const open = stack.pop();
      if (open?.name) ranges.push({ name: open.name, first: open.first, last: line });
      head = "";
    } else if (c === ";" && parentheses === 0) {
      head = "";
    } else {
      if (head === "" && c.trim() === "") continue;
      if (head === "") headLine = line;
      head += c;
    }
  }
  return ranges;
}

/** Answers names by (file, line) for sources under one root; each file is read once. */
export class SourceFunctions {
  private readonly root: string;
  private readonly ranges = new Map<string, Range[]>();

  constructor(root: string) {
    this.root = root;
  }

  nameAt(file: string, line: number): string | undefined {
    if (!file.endsWith(".ts") || file.startsWith("~")) return undefined;
    let ranges = this.ranges.get(file);
    if (ranges === undefined) {
      const path = join(this.root, file);
      ranges = existsSync(path) ? functionRanges(readFileSync(path, "utf8")) : [];
      this.ranges.set(file, ranges);
    }
    return ranges.find((range) => range.first <= line && line <= range.last)?.name;
  }
}
