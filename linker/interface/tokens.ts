// Splits an interface file into tokens for parse.ts. A documentation comment sticks to the token after it.
import { InterfaceError } from "./model.ts";

export interface Token {
  readonly kind: "name" | "number" | "punctuation" | "end";
  readonly text: string;
  readonly line: number;
  /** Text of the comment right before, without its marks; "" when there is none. */
  readonly documentation: string;
}

const PATTERN =
  /(?<space>\s+)|\/\*\*(?<document>[\s\S]*?)\*\/|(?<comment>\/\*[\s\S]*?\*\/|\/\/[^\n]*)|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<number>-?(?:0x[0-9a-fA-F_]+|[0-9][0-9_]*))|(?<punctuation>[{}():;,=<>|])/y;

/** All tokens, then one of kind "end". Throws InterfaceError on a character that no interface file needs. */
export function tokenise(file: string, text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let documentation = "";
  PATTERN.lastIndex = 0;
  while (PATTERN.lastIndex < text.length) {
    const start = PATTERN.lastIndex;
    const match = PATTERN.exec(text);
    if (match === null) {
      throw new InterfaceError(file, line, `unexpected character ${JSON.stringify(text[start])}`);
    }
    const groups = match.groups ?? {};
    if (groups.document !== undefined) documentation = tidy(groups.document);
    for (const kind of ["name", "number", "punctuation"] as const) {
      if (groups[kind] !== undefined) {
        tokens.push({ kind, text: match[0], line, documentation });
        documentation = "";
      }
    }
    line += match[0].split("\n").length - 1;
  }
  tokens.push({ kind: "end", text: "the end of the file", line, documentation: "" });
  return tokens;
}

function tidy(comment: string): string {
  return comment
    .split("\n")
    .map((row) => row.replace(/^\s*\*?\s?/, "").trimEnd())
    .join("\n")
    .trim();
}
