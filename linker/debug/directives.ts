// Turns the line markers in generated C into `#line` directives: the second half of lines.ts, called after the translation.
// Invariant: no marker is left, or the build fails; lines outside marked functions belong to GENERATED_FILE.

import { BuildError } from "../error.ts";
import { readableName } from "./names.ts";

/** What the translator's escapes make of the marker function's name. */
const MARKER_SYMBOL = "phi0x3Aline";
/** The C name of a translated function, at the head of its definition. */
const DEFINED_NAME = /^(?:static )?\S+ (w2c_\w+)\(/;
/** Stands for the generated C itself, which nobody wants to see; `<generated>/NAME` for one function of it. */
export const GENERATED_FILE = "<generated>";

export interface LineTable {
  readonly files: readonly string[];
  /** By marker number: index into files, and line from 1. */
  readonly fileOf: readonly number[];
  readonly lineOf: readonly number[];
}

export const NO_LINES: LineTable = { files: [], fileOf: [], lineOf: [] };

const MARKER_CALL = new RegExp(`^\\s*w2c_\\w*_${MARKER_SYMBOL}\\(`);
const MARKER_NUMBER = /^\s*var_\w+ = (\d+)u;$/;
const MARKER_OWN = new RegExp(`_${MARKER_SYMBOL}\\(.*\\{$`);

/** A C string literal. The text may come from a stranger's module: nothing in it may end or escape the literal. */
function quote(text: string): string {
  return `"${text.replace(/[\u0000-\u001f"\\\u007f]/g, "?")}"`;
}

/** A directive for each marker. */
function directives(table: LineTable): string[] {
  const quoted = table.files.map(quote);
  return table.fileOf.map((file, number) => `#line ${table.lineOf[number]} ${quoted[file]}`);
}

/**
 * Generated C with markers → the same C whose debug information speaks of the sources. The helpers that are inlined
 * everywhere have no lines of their own and take their caller's. To be called for C without markers too.
 */
export function replaceLineMarkers(c: string, table: LineTable): string {
  const lineDirectives = directives(table);
  const input = c.split("\n");
  const output: string[] = ["#define inline __attribute__((__nodebug__)) inline", `#line 1 "${GENERATED_FILE}"`];
  for (let at = 0; at < input.length; ) {
    let end = at;
    while (end < input.length && input[end] !== "}") end++;
    pushDefinition(input, at, end, lineDirectives, output);
    at = end + 1;
  }
  return output.join("\n");
}

/** Copies input[from … to], which ends with the closing brace of at most one function (or with the file). */
function pushDefinition(
  input: readonly string[],
  from: number,
  to: number,
  lineDirectives: readonly string[],
  output: string[],
): void {
  // The head may take several lines; it is the only thing before a marker that starts in the first column.
  let head = from;
  const numbers = new Map<number, number>();
  for (let at = from; at <= to && at < input.length; at++) {
    const line = input[at] as string;
    if (numbers.size === 0 && /^\w/.test(line)) head = at;
    if (!line.includes(MARKER_SYMBOL) || !MARKER_CALL.test(line)) continue;
    const match = MARKER_NUMBER.exec(input[at - 1] ?? "");
    if (!match || lineDirectives[Number(match[1])] === undefined) {
      throw new BuildError(`A line marker in the generated C cannot be read: ${line.trim()}`);
    }
    numbers.set(at, Number(match[1]));
  }
  const last = Math.min(to, input.length - 1);
  const first = numbers.values().next();
  if (first.done) {
    pushUnmarked(input, from, head, last, output);
    return;
  }
  for (let at = from; at < head; at++) output.push(input[at] as string);
  let directive = lineDirectives[first.value] as string;
  let lines: string[] = [];
  for (let at = head; at <= last; at++) {
    if (numbers.has(at + 1)) continue;
    const number = numbers.get(at);
    if (number === undefined) {
      lines.push(input[at] as string);
    } else {
      pushAtLine(directive, lines, output);
      lines = [];
      directive = lineDirectives[number] as string;
    }
  }
  pushAtLine(directive, lines, output);
  output.push(`#line ${to + 2} "${GENERATED_FILE}"`);
}

/** All `lines` of C as the one line that the directive names: a place for each of them costs the compiler more than it tells anybody. */
function pushAtLine(directive: string, lines: readonly string[], output: string[]): void {
  let joined: string[] = [];
  const flush = (): void => {
    if (joined.length > 0) output.push(directive, joined.join(" "));
    joined = [];
  };
  for (const line of lines) {
    if (!line.startsWith("#")) {
      joined.push(line.trim());
      continue;
    }
    flush();
    output.push(line);
  }
  flush();
}

/** A function without lines keeps its name where debug information has room for it, for it may be inlined into another. */
function pushUnmarked(input: readonly string[], from: number, head: number, last: number, output: string[]): void {
  const line = input[head] as string;
  const name = input[last] === "}" ? DEFINED_NAME.exec(line)?.[1] : undefined;
  const isMarker = MARKER_OWN.test(line);
  const end = name === undefined ? last : head - 1;
  for (let at = from; at <= end; at++) output.push(input[at] as string);
  if (name === undefined) return;
  const directive = `#line 1 ${quote(`${GENERATED_FILE}/${readableName(name)}`)}`;
  if (!isMarker) pushAtLine(directive, input.slice(head, last + 1), output);
  output.push(`#line ${last + 2} "${GENERATED_FILE}"`);
}
