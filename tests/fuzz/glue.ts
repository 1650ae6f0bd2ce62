// Emits what stands between libFuzzer, the kernel's generated C and the driver's: physical memory and the kernel's linear
// memory at fixed addresses, the functions of `machine`, and the return to one snapshot before every input. Called by
// build.ts. Invariant: a store to physical memory that nobody holds, or to kernel memory that no table maps, ends the run.

import type { AbiConstants } from "../../linker/abi/constants.ts";
import type { CFunction } from "../../linker/compile/interface.ts";

/** Where the kernel's linear memory and physical memory lie in the process. */
const KERNEL_MEMORY = "0x200000000000ull";
const PHYSICAL = "0x210000000000ull";
const PHYSICAL_BYTES = 64 << 20;
const KERNEL_ROOT = 0x20_0000;
const IMAGE_END = 0x30_0000;
const ARCHIVE_BASE = 0x100_0000;

/** Bodies of the kernel's imports that are not inline, by name; p0 … are the arguments. */
const MACHINE: Readonly<Record<string, string>> = {
  zero: "fuzz_range(p0, p1); for (uint64_t at = p0; at < p0 + p1; at += 4096) fuzz_touch(at >> 12), fuzz_run[at >> 12] = 1; memset(RAM(p0), 0, p1);",
  copy: "fuzz_range(p0, p2); fuzz_range(p1, p2); for (uint64_t at = p0; at < p0 + p2; at += 4096) fuzz_touch(at >> 12), fuzz_run[at >> 12] = 1; memmove(RAM(p0), RAM(p1), p2);",
  gate_address: "return 0xffffffff80000000ull + p0 * 16;",
  image_start: `return ${KERNEL_ROOT};`,
  image_end: `return ${IMAGE_END};`,
  kernel_root: `return ${KERNEL_ROOT};`,
  symbols_address: "return 0;",
  halt: 'fuzz_stop("the kernel halted");',
  memory_bytes: `return ${PHYSICAL_BYTES};`,
  archive_base: `return ${ARCHIVE_BASE};`,
  archive_bytes: "return sizeof archive;",
  now: "return fuzz_now;",
  iommu_refused: "return fuzz_now & 1;",
  put: "if (fuzz_told) fputc((int)p0, stderr); else if (said < sizeof said_text - 1) said_text[said++] = (char)p0;",
  power_off: 'fuzz_stop("the kernel switched the machine off");',
};
/** Imports without an effect that anybody here could see. */
const SILENT: ReadonlySet<string> = new Set([
  "flush_page",
  "flush_all",
  "fence",
  "load_root",
  "cpu_interrupt",
  "cpus_flush",
  "irq",
  "irq_hold",
  "iommu_context",
  "iommu_forget",
  "arm",
  "device_store",
]);

/** machine.h for this build: the same names that the image's has, over bounded memory. */
export function fuzzMachineHeader(abi: AbiConstants): string {
  let text = `/* Emitted by tests/fuzz/glue.ts. */
#ifndef LINKER_MACHINE_H_
#define LINKER_MACHINE_H_
#include <stdint.h>
struct w2c_machine;
#define LINKER_KERNEL_MEMORY_BASE ${KERNEL_MEMORY}
#define RAM(address) ((void*)(${PHYSICAL} + (address)))
extern uint8_t fuzz_dirty[], fuzz_early[], fuzz_run[];
extern uint64_t fuzz_now;
void fuzz_stop(const char* why) __attribute__((noreturn));
extern uint32_t fuzz_touched[], fuzz_touched_count;
static inline void fuzz_touch(uint64_t frame) {
  if (fuzz_dirty[frame]) return;
  fuzz_dirty[frame] = 1;
  fuzz_touched[fuzz_touched_count++] = (uint32_t)frame;
}
static inline void fuzz_range(uint64_t address, uint64_t bytes) {
  if (address > ${PHYSICAL_BYTES}ull || bytes > ${PHYSICAL_BYTES}ull - address) fuzz_stop("an access outside physical memory");
}
static inline void fuzz_held(uint64_t address) {
  uint64_t frame = address >> 12;
  if (address >= ${KERNEL_ROOT} && address < ${IMAGE_END}) return;
  if (*(uint32_t*)(${KERNEL_MEMORY} + ${abi.number("KERNEL_FRAMES")}ull + frame * 8) == 1) fuzz_run[frame] = 0;
  else if (!fuzz_early[frame] && !fuzz_run[frame]) fuzz_stop("a store to a frame that nobody holds");
}
static inline uint64_t w2c_machine_counter(struct w2c_machine* ignored) { return fuzz_now; }
static inline uint64_t w2c_machine_instructions(struct w2c_machine* ignored) { return fuzz_now; }
static inline uint32_t w2c_machine_cpu_block(struct w2c_machine* ignored) { return ${abi.number("KERNEL_CPUS")}; }
extern int fuzz_frames_ready;
`;
  for (const bits of [8, 16, 32, 64]) {
    const value = bits === 64 ? "uint64_t" : "uint32_t";
    text += `static inline ${value} w2c_machine_load${bits}(struct w2c_machine* ignored, uint64_t physical) { fuzz_range(physical, ${bits / 8}); return *(uint${bits}_t*)RAM(physical); }\n`;
    text += `static inline void w2c_machine_store${bits}(struct w2c_machine* ignored, uint64_t physical, ${value} value) { fuzz_range(physical, ${bits / 8}); if (fuzz_frames_ready) fuzz_held(physical); fuzz_touch(physical >> 12); *(uint${bits}_t*)RAM(physical) = (uint${bits}_t)value; }\n`;
  }
  return `${text}#endif\n`;
}

export const C_TYPES: Readonly<Record<string, string>> = {
  i32: "uint32_t",
  i64: "uint64_t",
  f32: "float",
  f64: "double",
  none: "void",
};

/** Ends the process when there was enough of it: processor time, not time of day, which is looked at only now and then. */
export const LIMIT = `static uint64_t runs, cpu_seconds_limit;
static void summary(void) {
  fprintf(stderr, "\\nfuzz: %llu runs, %.1f CPU minutes\\n", (unsigned long long)runs, (double)clock() / CLOCKS_PER_SEC / 60);
}
static void limit_begin(void) {
  const char* limit = getenv("FUZZ_CPU_SECONDS");
  if (limit != NULL) cpu_seconds_limit = strtoull(limit, NULL, 10);
  atexit(summary);
}
static void limit_count(uint64_t mask) {
  if ((++runs & mask) != 0 || cpu_seconds_limit == 0 || (uint64_t)clock() / CLOCKS_PER_SEC < cpu_seconds_limit) return;
  /* libFuzzer takes a plain exit for a finding. */
  summary();
  _exit(0);
}
`;

function machineFunction(item: CFunction): string {
  const parameters = ["void* ignored", ...item.parameters.map((type, place) => `${C_TYPES[type]} p${place}`)].join(
    ", ",
  );
  const body = SILENT.has(item.name) ? (item.result === "none" ? "" : "return 0;") : MACHINE[item.name];
  if (body === undefined) throw new Error(`tests/fuzz/glue.ts does not know the kernel's import ${item.name}.`);
  return `${C_TYPES[item.result]} ${item.symbol}(${parameters}) { ${body} }\n`;
}

export interface GlueRequest {
  abi: AbiConstants;
  archive: Uint8Array;
  /** Offset and length of each module in it. */
  modules: readonly (readonly [bigint, bigint])[];
  /** The kernel's imports that machine.h does not define. */
  imports: readonly CFunction[];
}

/** The whole text: machine, driver's host functions, libFuzzer's two entries. */
export function glue({ abi, archive, modules, imports }: GlueRequest): string {
  const kernelBytes = abi.number("KERNEL_MEMORY_END");
  return `/* Emitted by tests/fuzz/glue.ts. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#define KERNEL_MEMORY ${KERNEL_MEMORY}
#define RAM(address) ((void*)(${PHYSICAL} + (address)))
#define PAGES (${kernelBytes} >> 12)
#define FRAME_TABLE ${abi.number("KERNEL_FRAMES")}ull
#define FRAMES (${PHYSICAL_BYTES} >> 12)
static const uint8_t archive[] = { ${archive.join(",")} };
static const uint64_t modules[][2] = { ${modules.map((pair) => `{${pair[0]}ull, ${pair[1]}ull}`).join(", ")} };
uint8_t fuzz_dirty[FRAMES];
/* Which frames were written since the snapshot, and which pages of kernel memory came since. */
uint32_t fuzz_touched[FRAMES], fuzz_touched_count;
static void fuzz_touch(uint64_t frame) {
  if (fuzz_dirty[frame]) return;
  fuzz_dirty[frame] = 1;
  fuzz_touched[fuzz_touched_count++] = (uint32_t)frame;
}
/* Frames that the kernel took before there was a table to count them in: they never return. */
uint8_t fuzz_early[FRAMES];
/* Frames that were zeroed or copied to and are not held singly since: parts of runs, which have no entry of their own. */
uint8_t fuzz_run[FRAMES], run_at_start[FRAMES];
uint64_t fuzz_now;
int fuzz_told, fuzz_frames_ready;
static char said_text[8192];
static size_t said;
static const uint8_t* input;
static size_t input_length;
extern const unsigned fuzz_kernel_bytes;
extern char* const fuzz_kernel_state;
extern const uint32_t phx_struct_size;
void wasm2c_kernel_instantiate(void);
void w2c_kernel_boot(void*, uint64_t, uint64_t);
uint32_t w2c_kernel_schedule(void*);
void phx_start(void* instance);
void w2c_driver_setup(void* instance);
void w2c_driver_run(void* instance);

void fuzz_stop(const char* why) {
  said_text[said] = 0;
  fprintf(stderr, "%s\\nFINDING: %s\\n", said_text, why);
  abort();
}
static void fuzz_range(uint64_t address, uint64_t bytes) {
  if (address > ${PHYSICAL_BYTES}ull || bytes > ${PHYSICAL_BYTES}ull - address) fuzz_stop("an access outside physical memory");
}
${imports.map(machineFunction).join("")}
uint32_t w2c_host_input(void* ignored, uint32_t i) { return i < input_length ? input[i] : 0; }
uint32_t w2c_host_input_length(void* ignored) { return (uint32_t)input_length; }
void w2c_host_now_set(void* ignored, uint64_t now) { fuzz_now = now; }
uint32_t w2c_host_is_told(void* ignored) { return (uint32_t)fuzz_told; }
void w2c_host_put(void* ignored, uint32_t byte) { w2c_machine_put(0, byte); }
void w2c_host_fail(void* ignored) { fuzz_stop("the model and the kernel differ, or an invariant is broken"); }
uint64_t w2c_host_module_offset(void* ignored, uint32_t i) { return modules[i % 3][0]; }
uint64_t w2c_host_module_length(void* ignored, uint32_t i) { return modules[i % 3][1]; }
void w2c_phi_trap(void* ignored, uint32_t code) { fprintf(stderr, "\\nthe driver trapped: %u\\n", code); fuzz_stop("a fault of the fuzzer itself"); }
uint32_t w2c_phi_memory_grow(void* ignored, uint32_t delta) { static uint32_t pages = 16; uint32_t old = pages; pages += delta; return old; }

/* Kernel memory: a page is there once the kernel's own page tables map it. */
static uint8_t there[PAGES];
static uint32_t came[PAGES], came_count;
static uint64_t physical_of(uint64_t address) {
  uint64_t table = ${KERNEL_ROOT};
  for (int level = 3; level >= 0; level--) {
    uint64_t entry = *(uint64_t*)RAM(table + ((address >> (12 + 9 * level)) & 511) * 8);
    if (!(entry & 1)) return 0;
    table = entry & 0x000ffffffffff000ull;
  }
  return table;
}
static void on_fault(int number, siginfo_t* info, void* context) {
  uint64_t index = (uint64_t)info->si_addr - KERNEL_MEMORY;
  if (index < ${kernelBytes} && !there[index >> 12] && physical_of(0xffffffff90000000ull + index) != 0) {
    there[index >> 12] = 1;
    came[came_count++] = index >> 12;
    mprotect((void*)(KERNEL_MEMORY + (index & ~4095ull)), 4096, PROT_READ | PROT_WRITE);
    return;
  }
  fprintf(stderr, "\\nfault at %p, kernel index 0x%llx, pc %p\\n", info->si_addr, (unsigned long long)index,
    (void*)((ucontext_t*)context)->uc_mcontext.gregs[REG_RIP]);
  fuzz_stop("kernel code touched memory that is not there");
}

static char *kernel_globals, *kernel_pages, *driver_copy, *driver;
static char* frames_copy;
static size_t driver_bytes;
static uint64_t now_at_start;
static uint32_t kept[PAGES], kept_count;

static void snapshot(void) {
  kernel_globals = malloc(fuzz_kernel_bytes);
  memcpy(kernel_globals, fuzz_kernel_state, fuzz_kernel_bytes);
  for (uint32_t i = 0; i < PAGES; i++) if (there[i]) kept[kept_count++] = i;
  came_count = 0;
  memcpy(run_at_start, fuzz_run, sizeof fuzz_run);
  kernel_pages = malloc((size_t)kept_count << 12);
  for (uint32_t i = 0; i < kept_count; i++) memcpy(kernel_pages + ((size_t)i << 12), (void*)(KERNEL_MEMORY + ((uint64_t)kept[i] << 12)), 4096);
  frames_copy = mmap(NULL, ${PHYSICAL_BYTES}, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memcpy(frames_copy, RAM(0), ${PHYSICAL_BYTES});
  memset(fuzz_dirty, 0, sizeof fuzz_dirty);
  fuzz_touched_count = 0;
  driver_copy = malloc(driver_bytes);
  memcpy(driver_copy, driver, driver_bytes);
  now_at_start = fuzz_now;
}

static void restore(void) {
  memcpy(fuzz_kernel_state, kernel_globals, fuzz_kernel_bytes);
  for (uint32_t i = 0; i < kept_count; i++) memcpy((void*)(KERNEL_MEMORY + ((uint64_t)kept[i] << 12)), kernel_pages + ((size_t)i << 12), 4096);
  while (came_count > 0) {
    uint32_t i = came[--came_count];
    there[i] = 0;
    madvise((void*)(KERNEL_MEMORY + ((uint64_t)i << 12)), 4096, MADV_DONTNEED);
    mprotect((void*)(KERNEL_MEMORY + ((uint64_t)i << 12)), 4096, PROT_NONE);
  }
  while (fuzz_touched_count > 0) {
    uint32_t i = fuzz_touched[--fuzz_touched_count];
    fuzz_dirty[i] = 0;
    fuzz_run[i] = run_at_start[i];
    memcpy(RAM((uint64_t)i << 12), frames_copy + ((size_t)i << 12), 4096);
  }
  memcpy(driver, driver_copy, driver_bytes);
  fuzz_now = now_at_start;
  said = 0;
}

static void place(uint64_t address, size_t bytes, int protection) {
  if (mmap((void*)address, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
}

${LIMIT}
int LLVMFuzzerInitialize(int* count, char*** values) {
  struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };
  sigaction(SIGSEGV, &action, NULL);
  fuzz_told = getenv("FUZZ_TOLD") != NULL;
  limit_begin();
  place(KERNEL_MEMORY, ${kernelBytes}, PROT_NONE);
  place(${PHYSICAL}, ${PHYSICAL_BYTES}, PROT_READ | PROT_WRITE);
  for (uint32_t i = 1; i < (${abi.number("KERNEL_INITIAL_BYTES")} >> 12); i++) there[i] = 1;
  mprotect((void*)(KERNEL_MEMORY + 4096), ${abi.number("KERNEL_INITIAL_BYTES")} - 4096, PROT_READ | PROT_WRITE);
  memcpy(RAM(${ARCHIVE_BASE}), archive, sizeof archive);
  wasm2c_kernel_instantiate();
  w2c_kernel_boot(0, 0, 0);
  w2c_kernel_schedule(0);
  for (uint32_t i = 0; i < FRAMES; i++) fuzz_early[i] = fuzz_dirty[i] && ((uint32_t*)(KERNEL_MEMORY + FRAME_TABLE))[2 * i] == 0;
  fuzz_frames_ready = 1;
  char* slot = mmap(NULL, 1ull << 33, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  char* memory = slot + ${abi.value("SLOT_MEMORY")}ull;
  driver = memory - ((phx_struct_size + 15) & ~15u);
  phx_start(driver);
  driver_bytes = (size_t)(memory - driver) + (16 << 16);
  w2c_driver_setup(driver);
  snapshot();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  restore();
  limit_count(255);
  input = data;
  input_length = size;
  w2c_driver_run(driver);
  if (fuzz_told) fputc(10, stderr);
  return 0;
}
`;
}
