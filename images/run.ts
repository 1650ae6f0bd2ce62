// One program and nothing else: what `phi run` boots. Program, arguments, environment and directories come from the
// archive's parameters entry; the machine powers off with the program's status.
import { defineImage, KiB, MiB } from "../linker/image/schema.ts";

export default defineImage({
  name: "run",
  summary: "runs one WASI program and ends with its status",
  runsProgram: true,
  services: {
    console: {
      priority: 40,
      required: true,
      devices: { uart: { kind: "uart" } },
      interrupt: true,
      system: ["log"],
      parameters: true,
    },
    clock: {
      priority: 32,
      memory: 512 * KiB,
      devices: {
        cmos: { kind: "rtc-cmos", required: false, interrupt: false },
        goldfish: { kind: "rtc-goldfish", required: false, interrupt: false },
      },
      parameters: true,
    },
    wasi: {
      companion: true,
      memory: 2 * MiB,
      calls: { console: {}, clock: { buffer: 4 * KiB } },
      seed: true,
      parameters: true,
    },
  },
});
