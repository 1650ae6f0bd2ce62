// Errors of the store as exceptions of the host: the number that services/lib/errors.ts gives each, and its sentence.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const ERROR = {
  ARGUMENT: -3,
  STATE: -11,
  FORMAT: -13,
  ABSENT: -15,
  NOT_FOUND: -33,
  FULL: -34,
  DEVICE: -36,
  EXISTS: -37,
  NOT_EMPTY: -38,
  IS_DIRECTORY: -39,
  NOT_DIRECTORY: -40,
  NAME_TOO_LONG: -41,
  QUOTA: -42,
  NO_SPACE: -43,
  READ_ONLY: -44,
  DAMAGED: -45,
  LOOP: -46,
  LINKS: -47,
  TOO_LARGE: -48,
  CROSSES: -49,
} as const;

let sentences: Map<number, string> | undefined;

/** The sentence of an error number, from the list that services print. */
export function sentenceOf(error: number): string {
  if (sentences === undefined) {
    const text = readFileSync(join(ROOT, "services/lib/errors.ts"), "utf8");
    const found = [...text.matchAll(/case (-\d+):\s+return "([^"]*)"/g)];
    sentences = new Map(found.map((match) => [Number(match[1]), match[2] as string]));
  }
  return sentences.get(error) ?? `error ${error}`;
}

export class StoreError extends Error {
  constructor(
    readonly error: number,
    what: string,
  ) {
    super(`${what}: ${sentenceOf(error)} (${error})`);
  }
}
