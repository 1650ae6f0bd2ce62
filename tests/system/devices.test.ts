// Devices in the hands of drivers that mean no good: registers that refuse an access, messages, lines and messages that storm; a driver
// never takes the system down, and never takes more than its share. The guest is tests/devices/guest.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runDevices } from "../devices/run.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 240_000;
const directory = temporaryDirectory();
/** What a read of nothing is: on one machine all ones, on the other a fault. */
const REFUSES = { x86_64: /refused 0 wrong 0/, riscv64: /refused [1-9]\d* wrong 0/ };
const MESSAGES = { x86_64: "handled 1000 wrong 0", riscv64: "absent" };

describe.each(TESTED)("%s", (arch) => {
  test("registers, messages and storms", { timeout: LIMIT_MS }, async () => {
    const { status, output } = await runDevices(arch, join(directory, `devices-${arch}.archive`), LIMIT_MS);
    const line = (name: string): string | undefined =>
      output.split("\n").find((text) => text.startsWith(`devices ${name}`));
    expect({ status, output: status === 0 ? "" : output }).toEqual({ status: 0, output: "" });
    for (const mode of ["sfi", "hw"]) {
      expect(line(`sweep.${mode}`)).toMatch(REFUSES[arch]);
      expect(line(`messages.${mode}`)).toContain(MESSAGES[arch]);
      expect(line(`line-storm.${mode}`)).toMatch(/held [1-9]/);
      if (arch === "x86_64") expect(line(`message-storm.${mode}`)).toMatch(/held [1-9]/);
    }
    expect(output).toMatch(/interrupt line \d+ does not rest: held back/);
  });
});
