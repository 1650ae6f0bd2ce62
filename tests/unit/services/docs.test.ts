// The example in docs/services.md is the code of services/echo, of its client and of their test, word for word.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./guest.ts";

const SHOWN = [
  "services/echo/interface.ts",
  "services/echo/methods.ts",
  "services/echo/index.ts",
  "tests/system/guest/echo-user.ts",
  "tests/system/echo.test.ts",
];

test.each(SHOWN)("docs/services.md shows %s as it is", (path) => {
  const page = readFileSync(join(ROOT, "docs/services.md"), "utf8");
  const block = page.split("```ts\n").find((candidate) => candidate.startsWith(`// ${path}\n`));
  expect(block?.split("\n```")[0]?.slice(`// ${path}\n`.length)).toBe(readFileSync(join(ROOT, path), "utf8").trimEnd());
});
