// riscv64 texts of import thunks, lp64 calling convention: a0 is the ignored import instance, then a1 … a7 and the stack;
// floats travel in the same registers. Called by runtime/thunks.ts; docs/abi.md sections 3 and 4.
import type { AbiConstants } from "../abi/constants.ts";
import { type PackedWord, packArguments } from "./packing.ts";
import type { ForeignThunk, GateThunk, ThunkWriter, Variant } from "./thunks.ts";

/** Words are made here, because their own registers still hold arguments. */
const SCRATCH = ["t1", "t2", "t4", "t5", "t6", "a0"];
/** w0 … w4 of a call. */
const WORD_REGISTERS = ["a3", "a4", "a5", "a6", "a7"];

/** The register of a parameter; a stack one is loaded into `spare` first. */
function argument(place: number, spare: string): { text: string; register: string } {
  if (place < 7) return { text: "", register: `a${place + 1}` };
  return { text: `    ld ${spare}, ${(place - 7) * 8}(s0)\n`, register: spare };
}

function makeWord(word: PackedWord, to: string): string {
  const low = argument(word.low, to);
  if (word.wide) return `${low.text}    mv ${to}, ${low.register}\n`;
  let text = `${low.text}    zext.w ${to}, ${low.register}\n`;
  if (word.high !== null) {
    const high = argument(word.high, "t3");
    text += `${high.text}    slli t3, ${high.register}, 32\n    or ${to}, ${to}, t3\n`;
  }
  return text;
}

/** t3 := address of gate n, from the gate table. */
function loadGate(gate: number): string {
  return `1:  auipc t3, %pcrel_hi(phx_gate_${gate})\n    ld t3, %pcrel_lo(1b)(t3)\n`;
}

function foreign(thunk: ForeignThunk, variant: Variant, callGate: number): string {
  const words = packArguments(thunk.item.parameters, `${thunk.item.module}.${thunk.item.name}`);
  let text = "    addi sp, sp, -32\n    sd ra, 24(sp)\n    sd s0, 16(sp)\n    addi s0, sp, 32\n";
  words.forEach((word, place) => {
    text += makeWord(word, SCRATCH[place] as string);
  });
  words.forEach((_word, place) => {
    const to = WORD_REGISTERS[place];
    if (to !== undefined) text += `    mv ${to}, ${SCRATCH[place]}\n`;
    else text += variant === "sfi" ? "    sd a0, 0(sp)\n" : "    mv t1, a0\n";
  });
  text += `    li a2, ${thunk.method}\n`;
  text += variant === "sfi" ? `${loadGate(callGate)}    jalr t3\n` : `    li t0, ${callGate}\n    ecall\n`;
  // −31 … −1 is the kernel's refusal, not an answer
  text += "    addi t0, a0, 31\n    sltiu t0, t0, 31\n    beqz t0, 2f\n    j phx_personality_fault\n2:\n";
  if (thunk.item.result === "i32") text += "    sext.w a0, a0\n";
  return `${text}    ld ra, 24(sp)\n    ld s0, 16(sp)\n    addi sp, sp, 32\n    ret\n`;
}

function gate(thunk: GateThunk, variant: Variant, callGate: number): string {
  if (variant === "sfi") return `${loadGate(thunk.gate)}    jr t3\n`;
  // call has all its words in registers: linker/headers/call.ts
  const stack = thunk.stackWords > 0 && thunk.gate !== callGate ? "    ld t1, 0(sp)\n" : "";
  return `${stack}    li t0, ${thunk.gate}\n    ecall\n    ret\n`;
}

function trampoline(variant: Variant, returnGate: number): string {
  if (variant === "sfi") return "    unimp\n";
  return `    addi sp, sp, -16
    sd t1, 0(sp)
    li s0, 0
    li ra, 0
    jalr t2
    mv a1, a0
    li t0, ${returnGate}
    ecall
    unimp
`;
}

export function riscv64Thunks(abi: AbiConstants): ThunkWriter {
  return {
    registerArguments: 7,
    gateBytes: 32,
    foreignBytes: 192,
    gate: (thunk, variant) => gate(thunk, variant, abi.number("GATE_CALL")),
    foreign,
    trampoline,
    fault: () => `    li a1, ${abi.number("TRAP_PERSONALITY")}\n    jal w2c_phi_trap\n    unimp\n`,
  };
}
