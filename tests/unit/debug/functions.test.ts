// The scanner that says which function of a TypeScript source a line belongs to.

import { expect, test } from "vitest";
import { functionRanges } from "../../../linker/debug/functions.ts";

const SOURCE = `// a comment with { braces
const text = "a string } with one";
export function lookup(handle: u64): u32 {
  if (handle == 0) {
    return 0; /* } */
  }
  return find(handle, (x: u32): bool => { return x > 1; });
}

@unmanaged
export class Table<T> {
  count: u32 = 0;
  insert<U>(at: u32, value: U = 3): void {
    while (at < this.count) {
      at++;
    }
  }
  static make(): Table { return changetype<Table>(0); }
  get size(): u32 {
    return this.count;
  }
}
namespace inner {
  export function deep(): void { const quote = '\\'{'; for (;;) {} }
}
const total = 1;
`;

const at = (line: number): string | undefined =>
  functionRanges(SOURCE).find((range) => range.first <= line && line <= range.last)?.name;

test.each([
  [2, undefined],
  [3, "lookup"],
  [5, "lookup"],
  [7, "lookup"],
  [8, "lookup"],
  [12, undefined],
  [13, "Table#insert"],
  [15, "Table#insert"],
  [18, "Table.make"],
  [20, "Table#size"],
  [24, "deep"],
  [26, undefined],
])("line %i is in %s", (line, name) => {
  expect(at(line)).toBe(name);
});
