// Where a command's answer begins, after an echo that others' output may have torn.

import { expect, test } from "vitest";
import { afterEcho } from "../src/echo.ts";

test("the answer is what comes after the echoed line", () => {
  expect(afterEcho("ps\r\none\r\ntwo\r\n", "ps")).toBe("one\ntwo\n");
  expect(afterEcho("\x1b[1mps\x1b[0m\x1b[K\r\n", "ps")).toBe("");
  expect(afterEcho("log: ps ends\r\n> ps -a\r\nx\r\n", "ps -a")).toBe("x\n");
});

test("a prompt that was drawn again does not end a command whose line is not whole yet", () => {
  expect(afterEcho("", "ps")).toBeUndefined();
  expect(afterEcho("p\r\x1b[Kclock restarts\r\n", "ps")).toBeUndefined();
  expect(afterEcho("p\r\x1b[Kclock restarts\r\n> ps\r\nunits\r\n", "ps")).toBe("units\n");
});

test("of a line that is longer than the window, the end is enough; pattern characters stand for themselves", () => {
  const command = `echo ${"word ".repeat(30)}; echo a.b*`;
  expect(afterEcho("> \x1b[3Cword word ; echo a.b*\r\nanswer\r\n", command)).toBe("answer\n");
  expect(afterEcho("> echo axb\r\nanswer\r\n", "echo a.b")).toBeUndefined();
});
