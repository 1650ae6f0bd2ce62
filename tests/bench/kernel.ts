// The kernel's paths, counted in the bench's own system (root.ts): each row with its bar, what others take for the same on the same
// emulator, and what exactly is counted. One boot for each architecture yields all of them.

import { ARCHITECTURES, type Architecture } from "qemu-test-harness";
import { CliFailure } from "../../scripts/phi/failure.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { rootTaskOutput } from "./root.ts";

interface Row {
  readonly name: string;
  readonly counts: string;
  readonly bar?: Readonly<Record<Architecture, number>>;
  readonly peers?: Readonly<Record<Architecture, string>>;
}

const SEL4_CALL = { x86_64: "seL4 415; Linux pipe 13,012", riscv64: "seL4 538; Linux pipe 13,870" };
const SEL4_WORDS = { x86_64: "seL4 1,592 (10 words)", riscv64: "seL4 1,886 (10 words)" };
const SFI = { x86_64: 100, riscv64: 120 };
const HW = { x86_64: 400, riscv64: 500 };
const ROUND_TRIP =
  "the whole round trip: import stub, gate, checks, the server's handler, and back to the instruction behind the call";

const ROWS: readonly Row[] = [
  { name: "call-0-words.sfi", counts: `${ROUND_TRIP}; the handler returns 0`, bar: SFI, peers: SEL4_CALL },
  { name: "call-6-words.sfi", counts: `${ROUND_TRIP}; the handler adds six words`, bar: SFI, peers: SEL4_WORDS },
  {
    name: "call-5-reply-words.sfi",
    counts: `${ROUND_TRIP}; six words there, and status and five words back (decision 018 says where they go)`,
    bar: SFI,
    peers: SEL4_WORDS,
  },
  {
    name: "call-0-words.hw",
    counts: `${ROUND_TRIP}; client and server in user mode, an address space each`,
    bar: HW,
    peers: SEL4_CALL,
  },
  { name: "call-6-words.hw", counts: "the same with six words that the handler adds", bar: HW, peers: SEL4_WORDS },
  {
    name: "call-5-reply-words.hw",
    counts: "the same, and status and five words back",
    bar: HW,
    peers: SEL4_WORDS,
  },
  { name: "call-0-words.sfi-to-hw", counts: "an sfi client and a server in user mode" },
  { name: "call-6-words.sfi-to-hw", counts: "the same with six words" },
  { name: "call-0-words.hw-to-sfi", counts: "a client in user mode and an sfi server" },
  { name: "call-6-words.hw-to-sfi", counts: "the same with six words" },
  {
    name: "gate.null.sfi",
    counts: "`own_id`, the cheapest gate: stub, gate, and back",
    bar: { x86_64: 15, riscv64: 15 },
    peers: { x86_64: "seL4 100; Linux 326", riscv64: "" },
  },
  {
    name: "gate.null.hw",
    counts: "the same by system call",
    bar: { x86_64: 100, riscv64: 100 },
    peers: { x86_64: "seL4 100; Linux 326", riscv64: "" },
  },
  { name: "gate.now.sfi", counts: "`now`: the kernel reads and scales the clock" },
  { name: "gate.now.hw", counts: "the same by system call" },
  {
    name: "notify-to-waiter.sfi",
    counts: "from before `notify` to the first instruction behind `wait` of a waiting thread of higher priority",
    bar: { x86_64: 250, riscv64: 300 },
    peers: { x86_64: "seL4 520; Linux eventfd 8,649", riscv64: "seL4 612" },
  },
  { name: "notify-to-waiter.hw", counts: "the same in user mode" },
  {
    name: "yield.sfi",
    counts:
      "half of the time between two returns from `yield` of one of two threads of a priority that do nothing else",
    bar: { x86_64: 120, riscv64: 150 },
    peers: { x86_64: "seL4 279; Linux 1,766", riscv64: "" },
  },
  { name: "yield.hw", counts: "the same in user mode" },
  {
    name: "interrupt-to-handler.sfi",
    counts:
      "what a store that makes the UART interrupt takes longer until the first instruction of the driver's `event` than a store that does not; the interrupt arrives in the gate",
    bar: { x86_64: 300, riscv64: 350 },
    peers: { x86_64: "seL4 367", riscv64: "" },
  },
  {
    name: "interrupt-to-handler.hw",
    counts: "the same in user mode, where it arrives in the program",
    bar: { x86_64: 300, riscv64: 350 },
    peers: { x86_64: "seL4 367", riscv64: "" },
  },
  {
    name: "region.map-page.sfi",
    counts: "`region_map` of one page of a region into one's window, the page table being there",
    bar: { x86_64: 400, riscv64: 400 },
    peers: { x86_64: "seL4 745; Linux mprotect pair 5,939", riscv64: "seL4 746" },
  },
  { name: "region.unmap-page.sfi", counts: "`region_unmap` of it" },
  {
    name: "region.map-512-pages-each.sfi",
    counts: "one `region_map` of 512 pages, divided by 512",
    bar: { x86_64: 40, riscv64: 40 },
    peers: { x86_64: "seL4 729", riscv64: "seL4 736" },
  },
  { name: "region.unmap-512-pages-each.sfi", counts: "one `region_unmap` of them, divided by 512" },
  {
    name: "trap-to-caller.sfi",
    counts: "a call whose handler reads outside its memory, until the error is in the caller's hand",
    bar: { x86_64: 800, riscv64: 800 },
    peers: { x86_64: "seL4 fault round trip 1,319", riscv64: "" },
  },
  { name: "trap-to-caller.hw", counts: "the same in user mode", bar: { x86_64: 800, riscv64: 800 } },
  {
    name: "instance.create-and-destroy.sfi",
    counts:
      "an instance made, given five capabilities and two pages, started; it ends itself, is waited for and destroyed",
    bar: { x86_64: 100_000, riscv64: 100_000 },
    peers: { x86_64: "Linux fork+exit+wait 341,684", riscv64: "" },
  },
  {
    name: "instance.create-and-destroy.hw",
    counts: "the same in user mode",
    bar: { x86_64: 100_000, riscv64: 100_000 },
  },
  { name: "notify-and-poll.sfi", counts: "a `notify` and a `wait` that finds its bits" },
  { name: "capability.derive-and-delete.sfi", counts: "a `cap_derive` and a `cap_delete`" },
];

function printedValue(name: string, output: string): number {
  const found = new RegExp(`^bench ${name.replaceAll(".", "\\.")} (\\d+)`, "m").exec(output)?.[1];
  if (found === undefined) throw new CliFailure(`the guest did not print the figure ${name}`, output);
  return Number(found);
}

export const KERNEL: Benchmark = {
  names: ROWS.map(({ name }) => name),
  quick: true,
  on: ARCHITECTURES,
  measure: async (on) => {
    const arch = on as Architecture;
    const output = await rootTaskOutput(arch);
    return ROWS.map(({ name, counts, bar, peers }): Figure => {
      const value = printedValue(name, output);
      const beside = { peers: peers?.[arch] ?? "", counts };
      return { name, arch, value, unit: "instructions", bar: bar?.[arch] ?? null, better: "lower", ...beside };
    });
  },
};
