// The example in docs/services.md is the code of services/echo, word for word.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./guest.ts";

test.each(["interface.ts", "methods.ts", "index.ts"])("docs/services.md shows services/echo/%s as it is", (name) => {
  const path = `services/echo/${name}`;
  const page = readFileSync(join(ROOT, "docs/services.md"), "utf8");
  const block = page.split("```ts\n").find((candidate) => candidate.startsWith(`// ${path}\n`));
  expect(block?.split("\n```")[0]?.slice(`// ${path}\n`.length)).toBe(readFileSync(join(ROOT, path), "utf8").trimEnd());
});
