// The import thunks of a module: one page range in two variants with the same layout, direct gate jumps (sfi) and
// system calls (hw). Called by phx/link.ts; docs/abi.md sections 2 to 4 is the contract.
// Invariant: a symbol has the same offset in both variants; the hw variant holds no relocation.
import type { AbiConstants } from "../abi/constants.ts";
import type { CFunction } from "../compile/interface.ts";
import { BuildError } from "../error.ts";
import { gateNumber, gateSignature } from "./gates.ts";
import { checkForeignResult, packArguments } from "./packing.ts";
import { riscv64Thunks } from "./thunks-riscv64.ts";
import { x86_64Thunks } from "./thunks-x86_64.ts";

export type Variant = "sfi" | "hw";

/** Where a foreign import goes: a method of its personality, or a gate of the kernel itself. */
export interface ForeignTarget {
  method: number;
  gate?: string;
}

export type Personality = (item: CFunction) => ForeignTarget | undefined;

export interface GateThunk {
  symbol: string;
  gate: number;
  /** Words that the C call passes on the stack. */
  stackWords: number;
}

export interface ForeignThunk {
  item: CFunction;
  method: number;
}

export interface ThunkPlan {
  gates: GateThunk[];
  foreign: ForeignThunk[];
  /** Gate numbers in the order of their entries in the gate table (relro). */
  table: number[];
}

/** What one architecture knows: texts of thunks, without their slots. */
export interface ThunkWriter {
  /** Arguments that travel in registers after the ignored first one. */
  registerArguments: number;
  /** Slot sizes in bytes. */
  gateBytes: number;
  foreignBytes: number;
  gate(thunk: GateThunk, variant: Variant): string;
  foreign(thunk: ForeignThunk, variant: Variant, callGate: number): string;
  trampoline(variant: Variant, returnGate: number): string;
  /** Shared tail that ends the program when its personality is gone. */
  fault(): string;
}

export function thunkWriter(abi: AbiConstants): ThunkWriter {
  return abi.architecture === "x86_64" ? x86_64Thunks(abi) : riscv64Thunks(abi);
}

/** The runtime's own gates: every module can trap and grow, even if it imports nothing. */
const RUNTIME_GATES = ["trap", "memory_grow", "exit"];

export function planThunks(
  abi: AbiConstants,
  imports: readonly CFunction[],
  personality: Personality | undefined,
): ThunkPlan {
  const gates = new Map<string, GateThunk>();
  const foreign: ForeignThunk[] = [];
  const writer = thunkWriter(abi);
  const addGate = (symbol: string, name: string, number: number): void => {
    const words = gateSignature(name)?.parameters.length ?? 0;
    gates.set(symbol, { symbol, gate: number, stackWords: Math.max(0, words - writer.registerArguments) });
  };
  for (const name of RUNTIME_GATES) addGate(`w2c_phi_${name}`, name, abi.number(`GATE_${name.toUpperCase()}`));
  for (const item of imports) {
    if (item.module === "phi") {
      addGate(item.symbol, item.name, gateNumber(abi, item));
      continue;
    }
    const label = `${item.module}.${item.name}`;
    const target = personality?.(item);
    if (target === undefined) {
      throw new BuildError(
        `The module imports ${label}, and nothing provides it${personality === undefined ? ": its image entry names no personality" : ""}.`,
      );
    }
    if (target.gate !== undefined) {
      const number = abi.number(`GATE_${target.gate.toUpperCase()}`);
      addGate(item.symbol, target.gate, number);
    } else {
      checkForeignResult(item);
      packArguments(item.parameters, label);
      foreign.push({ item, method: target.method });
    }
  }
  const table = new Set([...gates.values()].map((thunk) => thunk.gate));
  if (foreign.length > 0) table.add(abi.number("GATE_CALL_PERSONALITY"));
  return { gates: [...gates.values()], foreign, table: [...table].sort((left, right) => left - right) };
}

/** Symbols of the hw variant stay local: they resolve without relocations. */
function slot(symbol: string, at: number, text: string, variant: Variant): string {
  const global = variant === "sfi" ? `.globl ${symbol}\n.hidden ${symbol}\n` : "";
  return `.org ${at}\n${global}.type ${symbol}, %function\n${symbol}:\n${text}.size ${symbol}, . - ${symbol}\n`;
}

/** Assembler text of one variant's page; the sfi variant also holds the gate table. */
export function thunkSource(abi: AbiConstants, plan: ThunkPlan, variant: Variant): string {
  const writer = thunkWriter(abi);
  let text = `# Import thunks, ${variant}. Emitted by linker/runtime/thunks.ts.\n`;
  text += `.section .thunks, "ax", %progbits\n`;
  if (abi.architecture === "riscv64") text += ".option norelax\n.option norvc\n";
  let at = 0;
  text += slot("phx_trampoline", at, writer.trampoline(variant, abi.number("GATE_RETURN")), variant);
  at += writer.foreignBytes;
  for (const thunk of plan.gates) {
    text += slot(thunk.symbol, at, writer.gate(thunk, variant), variant);
    at += writer.gateBytes;
  }
  if (plan.foreign.length > 0) {
    text += slot("phx_personality_fault", at, writer.fault(), variant);
    at += writer.gateBytes;
  }
  for (const thunk of plan.foreign) {
    text += slot(thunk.item.symbol, at, writer.foreign(thunk, variant, abi.number("GATE_CALL_PERSONALITY")), variant);
    at += writer.foreignBytes;
  }
  text += `.org ${at}\n`;
  if (variant === "sfi") {
    text += `.section .data.rel.ro.phx_gates, "aw", %progbits\n.balign 8\n.globl phx_gate_table\n.hidden phx_gate_table\nphx_gate_table:\n`;
    for (const gate of plan.table) text += `phx_gate_${gate}: .quad 0\n`;
  }
  return text;
}
