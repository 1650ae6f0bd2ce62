// Test projects: unit (modules in Node, no emulator), system (guests in QEMU), hw (system tests of every service of the shell image
// once more, with all of it in user mode; `phi test --isolation hw` does that with every test), wasi (programs in guests),
// spin (models of the protocols), proof (symbolic execution of the compiled kernel).
// Run by `phi test`. Limits are for a busy machine: a test that reaches one hangs. Guests share two cores, so at most two system test files run at a time.

import { defineConfig } from "vitest/config";

const GUEST_PARALLELISM = 2;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["tests/unit/**/*.test.ts", "qemu/**/*.test.ts"],
          globalSetup: ["tests/interfaces.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: GUEST_PARALLELISM,
        },
      },
      {
        test: {
          name: "system",
          include: ["tests/system/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: GUEST_PARALLELISM,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "hw",
          include: ["tests/system/{shell,supervision,rights,foreground,run,replace,load}.test.ts"],
          env: { PHI_ISOLATION: "hw" },
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: GUEST_PARALLELISM,
          sequence: { groupOrder: 5 },
        },
      },
      {
        test: {
          name: "wasi",
          include: ["tests/wasi/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 900_000,
          maxWorkers: GUEST_PARALLELISM,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "spin",
          include: ["tests/spin/**/*.test.ts"],
          testTimeout: 120_000,
          maxWorkers: GUEST_PARALLELISM,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: "proof",
          include: ["tests/proof/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          maxWorkers: GUEST_PARALLELISM,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
