// x86_64 texts of import thunks, System V calling convention: rdi is the ignored import instance, then rsi rdx rcx r8 r9
// and the stack; floats in xmm0 … xmm7. Called by runtime/thunks.ts; docs/abi.md sections 3 and 4.
import type { AbiConstants } from "../abi/constants.ts";
import type { WasmType } from "../compile/interface.ts";
import { type PackedWord, packArguments } from "./packing.ts";
import type { ForeignThunk, GateThunk, ThunkWriter, Variant } from "./thunks.ts";

const INTEGER_REGISTERS = ["si", "dx", "cx", "8", "9"];
/** Callee-saved registers that carry w3 … w5 into the kernel (hw). */
const HW_STACK_WORDS = ["r12", "r13", "r14"];
/** w0 … w2 are made here, because their own registers still hold arguments; later words go by rdi to the stack. */
const SCRATCH = ["rax", "r10", "r11"];

function register64(name: string): string {
  return /^\d/.test(name) ? `%r${name}` : `%r${name}`;
}

function register32(name: string): string {
  return /^\d+$/.test(name) ? `%r${name}d` : `%e${name}`;
}

interface Source {
  kind: "register" | "vector" | "stack";
  name: string;
}

function sources(parameters: readonly WasmType[]): Source[] {
  let integers = 0;
  let vectors = 0;
  let stack = 16;
  return parameters.map((type) => {
    const isFloat = type === "f32" || type === "f64";
    if (isFloat && vectors < 8) return { kind: "vector", name: `%xmm${vectors++}` };
    if (!isFloat && integers < INTEGER_REGISTERS.length)
      return { kind: "register", name: INTEGER_REGISTERS[integers++] as string };
    const place = `${stack}(%rbp)`;
    stack += 8;
    return { kind: "stack", name: place };
  });
}

/** to := the argument, zero-extended when it is 32 bits wide. */
function fetch(source: Source, wide: boolean, to: string): string {
  const narrow = /^r\d+$/.test(to) ? `%${to}d` : `%e${to.slice(1)}`;
  if (source.kind === "vector") return wide ? `  movq ${source.name}, %${to}\n` : `  movd ${source.name}, ${narrow}\n`;
  if (source.kind === "stack") return wide ? `  movq ${source.name}, %${to}\n` : `  movl ${source.name}, ${narrow}\n`;
  return wide ? `  movq ${register64(source.name)}, %${to}\n` : `  movl ${register32(source.name)}, ${narrow}\n`;
}

/** to := the word. A register argument that is the high half is shifted in place: every argument is used once. */
function makeWord(word: PackedWord, from: readonly Source[], to: string): string {
  let text = fetch(from[word.low] as Source, word.wide, to);
  if (word.high !== null) {
    const high = from[word.high] as Source;
    let place = high.kind === "register" ? register64(high.name) : "%rbx";
    if (high.kind !== "register") text += fetch(high, false, "rbx");
    else place = register64(high.name);
    text += `  shlq $32, ${place}\n  orq ${place}, %${to}\n`;
  }
  return text;
}

function foreign(thunk: ForeignThunk, variant: Variant, callGate: number): string {
  const from = sources(thunk.item.parameters);
  const words = packArguments(thunk.item.parameters, `${thunk.item.module}.${thunk.item.name}`);
  const needsScratch = words.some((word) => word.high !== null && (from[word.high] as Source).kind !== "register");
  let text = "  pushq %rbp\n  movq %rsp, %rbp\n";
  // 0, 8, 16(%rsp): w3 … w5 as the gate finds them; above them what is saved here
  text += "  subq $64, %rsp\n";
  if (needsScratch) text += "  movq %rbx, 56(%rsp)\n";
  words.forEach((word, place) => {
    const to = SCRATCH[place] ?? "rdi";
    text += makeWord(word, from, to);
    if (place >= 3) text += `  movq %rdi, ${(place - 3) * 8}(%rsp)\n`;
  });
  if (needsScratch) text += "  movq 56(%rsp), %rbx\n";
  text += `  movl $${thunk.method}, %edx\n`;
  if (words.length > 1) text += "  movq %r10, %r8\n";
  if (words.length > 2) text += "  movq %r11, %r9\n";
  if (variant === "sfi") {
    if (words.length > 0) text += "  movq %rax, %rcx\n";
    text += `  callq *phx_gate_${callGate}(%rip)\n`;
  } else {
    const onStack = HW_STACK_WORDS.slice(0, Math.max(0, words.length - 3));
    onStack.forEach((name, place) => {
      text += `  movq %${name}, ${24 + place * 8}(%rsp)\n  movq ${place * 8}(%rsp), %${name}\n`;
    });
    if (words.length > 0) text += "  movq %rax, %r10\n";
    text += `  movl $${callGate}, %eax\n  syscall\n`;
    onStack.forEach((name, place) => {
      text += `  movq ${24 + place * 8}(%rsp), %${name}\n`;
    });
  }
  // −31 … −1 is the kernel's refusal, not an answer
  return `${text}  leaq 31(%rax), %rcx\n  cmpq $30, %rcx\n  jbe phx_personality_fault\n  leave\n  ret\n`;
}

function gate(thunk: GateThunk, variant: Variant, gates: { trap: number; call: number }): string {
  if (variant === "sfi") return `  jmpq *phx_gate_${thunk.gate}(%rip)\n`;
  // linker/headers/call.ts: everything is in registers, and nothing but rbp and rsp need survive
  if (thunk.gate === gates.call)
    return `  movq %r12, %rsi\n  movq %r13, %r12\n  movq %r14, %r13\n  movq %r15, %r14\n  movq %rcx, %r10\n  movl $${thunk.gate}, %eax\n  syscall\n  ret\n`;
  const saved = HW_STACK_WORDS.slice(0, thunk.stackWords);
  let text = saved.map((name) => `  pushq %${name}\n`).join("");
  saved.forEach((name, place) => {
    text += `  movq ${(place + 1 + saved.length) * 8}(%rsp), %${name}\n`;
  });
  // The kernel names the trap's place by the address that called this thunk.
  if (thunk.gate === gates.trap) text += "  movq (%rsp), %rdx\n";
  text += `  movq %rcx, %r10\n  movl $${thunk.gate}, %eax\n  syscall\n`;
  return `${text}${[...saved]
    .reverse()
    .map((name) => `  popq %${name}\n`)
    .join("")}  ret\n`;
}

function trampoline(variant: Variant, returnGate: number): string {
  if (variant === "sfi") return "  ud2\n";
  return `  xorl %ebp, %ebp
  pushq $0
  pushq %rax
  pushq %r11
  pushq %r10
  callq *%rbx
  movq %rax, %rsi
  movl $${returnGate}, %eax
  syscall
  ud2
`;
}

export function x86_64Thunks(abi: AbiConstants): ThunkWriter {
  return {
    registerArguments: 5,
    gateBytes: 64,
    foreignBytes: 192,
    gate: (thunk, variant) => gate(thunk, variant, { trap: abi.number("GATE_TRAP"), call: abi.number("GATE_CALL") }),
    foreign,
    trampoline,
    fault: () => `  movl $${abi.number("TRAP_PERSONALITY")}, %esi\n  callq w2c_phi_trap\n  ud2\n`,
  };
}
