// How a module calls the gate `call`: all arguments in registers, where the gate and the handler that it enters want them, and of
// the caller's registers only the frame and stack pointers survive. The compiler keeps what is live; a gate would have to keep
// everything. Called by compile/rewrite.ts; boot/<arch>/plain.S and runtime/thunks-<arch>.ts are the other side.
import type { Architecture } from "../abi/constants.ts";

const DECLARATION = /^u64 w2c_phi_call\(struct w2c_phi\*(, u64){8}\);$/m;
const PARAMETERS = "struct w2c_phi* ignored, u64 handle, u64 method, u64 w0, u64 w1, u64 w2, u64 w3, u64 w4, u64 w5";
const INLINE = `static inline __attribute__((always_inline)) u64 linker_call(${PARAMETERS})`;

/** clang has a convention for it: r12 handle, r13 r14 r15 w3 … w5, rdi rsi whatever lies there, rdx method, rcx r8 r9 w0 … w2. */
const X86_64 = `struct linker_any { u64 word; };
__attribute__((preserve_none)) u64 linker_call_gate(u64 handle, u64 w3, u64 w4, u64 w5, struct linker_any, struct linker_any, u64 method, u64 w0, u64 w1, u64 w2) __asm__("w2c_phi_call");
${INLINE} {
  struct linker_any any;
  return linker_call_gate(handle, w3, w4, w5, any, any, method, w0, w1, w2);
}
`;

function riscv64(): string {
  const saved = Array.from({ length: 11 }, (_none, index) => `"s${index + 1}"`);
  const temporaries = ["t0", "t2", "t3", "t4", "t5", "t6", "ra"].map((name) => `"${name}"`);
  const floats = Array.from({ length: 32 }, (_none, index) => `"f${index}"`);
  const words = ["handle", "method", "w0", "w1", "w2", "w3", "w4"];
  const places = words
    .map((word, index) => `  register u64 a${index + 1} __asm__("a${index + 1}") = ${word};\n`)
    .join("");
  const changed = words.map((_word, index) => `"+r"(a${index + 1})`).join(", ");
  const clobbers = [...saved, ...temporaries, ...floats, '"memory"'].join(", ");
  // a1 handle, a2 method, a3 … a7 w0 … w4, t1 w5
  return `${INLINE} {
  register u64 a0 __asm__("a0");
${places}  register u64 t1 __asm__("t1") = w5;
  __asm__ volatile("call w2c_phi_call" : "=r"(a0), ${changed}, "+r"(t1) : : ${clobbers});
  return a0;
}
`;
}

/** The module's header with that convention; a module that does not call stays as it is. */
export function callByRegisters(header: string, architecture: Architecture): string {
  const text = architecture === "x86_64" ? X86_64 : riscv64();
  return header.replace(DECLARATION, () => `${text}#define w2c_phi_call linker_call`);
}
