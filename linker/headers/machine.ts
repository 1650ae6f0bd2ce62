// machine.h: the kernel module's imports that are one to three instructions, inline, per architecture.
// Called by headers/write.ts; the contract is docs/abi.md section 5, the entries marked *.
// Invariant: device and physical memory go through volatile accesses of the direct map, never linear memory.
import type { AbiConstants, Architecture } from "../abi/constants.ts";

const COUNTERS: Record<Architecture, string> = {
  x86_64: `static inline uint64_t w2c_machine_counter(struct w2c_machine* ignored) {
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (uint64_t)high << 32 | low;
}
static inline uint64_t w2c_machine_instructions(struct w2c_machine* ignored) { return w2c_machine_counter(ignored); }
static inline uint32_t w2c_machine_cpu_block(struct w2c_machine* ignored) {
  return *(uint32_t __attribute__((address_space(256)))*)LINKER_CPU_INDEX; /* 256: relative to gs */
}
`,
  riscv64: `static inline uint64_t w2c_machine_counter(struct w2c_machine* ignored) {
  uint64_t value;
  __asm__ volatile("rdtime %0" : "=r"(value));
  return value;
}
static inline uint64_t w2c_machine_instructions(struct w2c_machine* ignored) {
  uint64_t value;
  __asm__ volatile("rdinstret %0" : "=r"(value));
  return value;
}
static inline uint32_t w2c_machine_cpu_block(struct w2c_machine* ignored) {
  uint64_t address;
  __asm__("mv %0, tp" : "=r"(address));
  return (uint32_t)(address - LINKER_KERNEL_MEMORY_BASE);
}
`,
};

function accessors(): string {
  let text = "";
  for (const bits of [8, 16, 32, 64]) {
    const value = bits === 64 ? "uint64_t" : "uint32_t";
    const place = `(*(volatile uint${bits}_t*)(LINKER_DIRECT_MAP + physical))`;
    text += `static inline ${value} w2c_machine_load${bits}(struct w2c_machine* ignored, uint64_t physical) { return ${place}; }\n`;
    text += `static inline void w2c_machine_store${bits}(struct w2c_machine* ignored, uint64_t physical, ${value} value) { ${place} = (uint${bits}_t)value; }\n`;
  }
  return text;
}

/** Names of `machine` imports that this header defines, so that wasm2c's own declarations of them are dropped. */
export const INLINE_MACHINE_FUNCTIONS: readonly string[] = [
  "cpu_block",
  "counter",
  "instructions",
  "load8",
  "load16",
  "load32",
  "load64",
  "store8",
  "store16",
  "store32",
  "store64",
];

export function machineHeader(constants: AbiConstants): string {
  const hexadecimal = (name: string): string => `0x${constants.value(name).toString(16)}ull`;
  return `/* Emitted by linker/headers/machine.ts. */
#ifndef LINKER_MACHINE_H_
#define LINKER_MACHINE_H_
#include <stdint.h>
struct w2c_machine;
#define LINKER_KERNEL_MEMORY_BASE ${hexadecimal("KERNEL_MEMORY_BASE")}
#define LINKER_DIRECT_MAP ${hexadecimal("DIRECT_MAP")}
#define LINKER_CPU_INDEX ${constants.number("CPU_INDEX")}
${COUNTERS[constants.architecture]}${accessors()}#endif
`;
}
