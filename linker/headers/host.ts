// The runtime of a module that runs as a process of the build machine, for comparisons with native code: slot by mmap,
// gates and the few WASI functions that computing programs call. Called by host.ts; emitted to build/, never installed.
// Invariant: an import that is not here answers ENOSYS; nothing but standard streams and clocks is reachable.

const ERRNO_BADF = 8;
const ERRNO_NOSYS = 52;
const ERRNO_SPIPE = 70;

/** Bodies of WASI functions by name; parameters are p0 … pN, `memory` is linear memory. */
const WASI_BODIES: Record<string, string> = {
  args_sizes_get:
    "put32(p0, argument_count); uint32_t bytes = 0; for (uint32_t i = 0; i < argument_count; i++) bytes += strlen(arguments[i]) + 1; put32(p1, bytes); return 0;",
  args_get:
    "for (uint32_t i = 0; i < argument_count; i++) { size_t bytes = strlen(arguments[i]) + 1; put32(p0 + 4 * i, p1); memcpy(memory + p1, arguments[i], bytes); p1 += bytes; } return 0;",
  environ_sizes_get: "put32(p0, 0); put32(p1, 0); return 0;",
  environ_get: "return 0;",
  clock_time_get:
    "struct timespec now; clock_gettime(p0 == 0 ? CLOCK_REALTIME : p0 == 1 ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &now); uint64_t value = now.tv_sec * 1000000000ull + now.tv_nsec; memcpy(memory + p2, &value, 8); return 0;",
  clock_res_get: "uint64_t value = 1; memcpy(memory + p1, &value, 8); return 0;",
  fd_write: "return transfer(p0, p1, p2, p3, 1);",
  fd_read: "return transfer(p0, p1, p2, p3, 0);",
  fd_fdstat_get: `if (p0 > 2) return ${ERRNO_BADF}; memset(memory + p1, 0, 24); memory[p1] = 2; memset(memory + p1 + 8, 0xff, 16); return 0;`,
  fd_prestat_get: `return ${ERRNO_BADF};`,
  fd_seek: `return ${ERRNO_SPIPE};`,
  fd_close: "return 0;",
  random_get: "for (uint32_t i = 0; i < p1; i++) memory[p0 + i] = (uint8_t)(i * 167 + 13); return 0;",
  sched_yield: "return 0;",
};

const PREAMBLE = `/* Emitted by linker/headers/host.ts. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

extern const uint32_t phx_struct_size;
void phx_start(void* instance);
static uint8_t* memory;
static uint64_t memory_pages;
static uint32_t argument_count;
static char** arguments;

static void put32(uint32_t at, uint32_t value) { memcpy(memory + at, &value, 4); }
static uint32_t get32(uint32_t at) { uint32_t value; memcpy(&value, memory + at, 4); return value; }

static uint32_t transfer(uint32_t descriptor, uint32_t vectors, uint32_t count, uint32_t result, int isWrite) {
  if (descriptor > 2) return ${ERRNO_BADF};
  uint32_t total = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint8_t* data = memory + get32(vectors + 8 * i);
    uint32_t bytes = get32(vectors + 8 * i + 4);
    ssize_t done = isWrite ? write(descriptor, data, bytes) : read(descriptor, data, bytes);
    if (done < 0) return 29;
    total += done;
    if ((uint32_t)done < bytes) break;
  }
  put32(result, total);
  return 0;
}

__attribute__((noreturn)) void w2c_phi_trap(void* ignored, uint32_t code) {
  fprintf(stderr, "trap %u\\n", code);
  exit(134);
}
void w2c_phi_exit(void* ignored, uint32_t status) { exit((int)status); }
static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000000000ull + now.tv_nsec;
}
uint64_t w2c_phi_now(void* ignored) { return clock_ns(CLOCK_MONOTONIC); }
uint32_t w2c_phi_memory_grow(void* ignored, uint32_t delta) {
  uint64_t old = memory_pages;
  if (mprotect(memory + (old << 16), (uint64_t)delta << 16, PROT_READ | PROT_WRITE) != 0) return -1;
  memory_pages += delta;
  return old;
}
`;

export interface HostImport {
  module: string;
  name: string;
  symbol: string;
  parameters: readonly string[];
  hasResult: boolean;
}

export interface HostLayout {
  /** From the start of the slot. */
  tables: bigint;
  tableBytes: number;
  memory: bigint;
  initialPages: number;
  slotBytes: bigint;
  /** Symbol of an export (i32) → i32 or i64 that main calls with its first argument; it prints the result and the processor time taken. */
  run?: { symbol: string; type: "uint32_t" | "uint64_t" };
}

const C_TYPES: Record<string, string> = { i32: "uint32_t", i64: "uint64_t", f32: "float", f64: "double" };

function importFunction(item: HostImport): string {
  const parameters = ["void* ignored", ...item.parameters.map((type, place) => `${C_TYPES[type]} p${place}`)].join(
    ", ",
  );
  if (item.name === "proc_exit") return `void ${item.symbol}(${parameters}) { exit((int)p0); }\n`;
  const body = WASI_BODIES[item.name] ?? `return ${ERRNO_NOSYS};`;
  return `${item.hasResult ? "uint32_t" : "void"} ${item.symbol}(${parameters}) { ${body} }\n`;
}

export function hostRuntime(imports: readonly HostImport[], layout: HostLayout): string {
  const functions = imports
    .filter((item) => item.module !== "phi")
    .map(importFunction)
    .join("");
  const run = layout.run === undefined ? "" : `${layout.run.type} ${layout.run.symbol}(void* instance, uint32_t);\n`;
  const call =
    layout.run === undefined
      ? ""
      : `
  uint32_t parameter = count > 1 ? (uint32_t)strtoul(values[1], NULL, 10) : 0;
  uint64_t before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  uint64_t result = ${layout.run.symbol}(instance, parameter);
  printf("%llu %llu\\n", (unsigned long long)result, (unsigned long long)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before));`;
  return `${PREAMBLE}${functions}${run}
int main(int count, char** values) {
  argument_count = (uint32_t)count;
  arguments = values;
  uint8_t* slot = mmap(NULL, ${layout.slotBytes}ull, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (slot == MAP_FAILED) { perror("mmap"); return 1; }
  memory = slot + ${layout.memory}ull;
  memory_pages = ${layout.initialPages};
  uint64_t below = (phx_struct_size + 4111ull) & ~4095ull;
  mprotect(memory - below, below + (memory_pages << 16), PROT_READ | PROT_WRITE);
  mprotect(slot + ${layout.tables}ull, ${(layout.tableBytes + 4096) & ~4095}, PROT_READ | PROT_WRITE);
  void* instance = memory - ((phx_struct_size + 15) & ~15u);
  phx_start(instance);${call}
  return 0;
}
`;
}
