// Emits what stands between libFuzzer, a service's generated C and the world that it is fuzzed in (another module, whose source is in guest/):
// two slots, the service's gates as calls into the world, the world's looks into the service's memory, and the return to one snapshot before every
// input. Called by build.ts. Invariant: memory that the world has not mapped for the service is not there, and a touch of it ends the run.
import type { AbiConstants } from "../../../linker/abi/constants.ts";
import type { CFunction } from "../../../linker/compile/interface.ts";
import { C_TYPES, LIMIT } from "../glue.ts";

export interface ModuleShape {
  readonly imports: readonly CFunction[];
  readonly exports: readonly CFunction[];
  readonly initialPages: number;
  readonly tableBytes: number;
}

export interface ParserGlueRequest {
  readonly abi: AbiConstants;
  readonly service: ModuleShape;
  readonly world: ModuleShape;
  /** What the world is told: host.parameter(). */
  readonly parameter: number;
}

/** What `host` offers the world, in C; parameters are p0 …. */
const HOST: Readonly<Record<string, string>> = {
  input: "return p0 < input_length ? input[p0] : 0;",
  input_length: "return (uint32_t)input_length;",
  parameter: "return PARAMETER;",
  is_told: "return (uint32_t)is_told;",
  put: "if (is_told) fputc((int)p0, stderr); else if (said < sizeof said_text - 1) said_text[said++] = (char)p0;",
  fail: 'stop("the judge in the world does not agree");',
  ended: "return (uint32_t)ended;",
  map: "place_pages(p0, p1, 1);",
  unmap: "place_pages(p0, p1, 0);",
  is_there: "return (uint32_t)is_there(p0, p1);",
  load8: "return *(uint8_t*)at(p0, 1);",
  load16: "uint16_t value; memcpy(&value, at(p0, 2), 2); return value;",
  load32: "uint32_t value; memcpy(&value, at(p0, 4), 4); return value;",
  load64: "uint64_t value; memcpy(&value, at(p0, 8), 8); return value;",
  store8: "*(uint8_t*)at(p0, 1) = (uint8_t)p1;",
  store16: "memcpy(at(p0, 2), &p1, 2);",
  store32: "memcpy(at(p0, 4), &p1, 4);",
  store64: "memcpy(at(p0, 8), &p1, 8);",
  copy_in: "memcpy(at(p0, p2), world.memory + p1, p2);",
  copy_out: "memcpy(world.memory + p0, at(p1, p2), p2);",
};

const declare = (item: CFunction, first: string): string =>
  [first, ...item.parameters.map((type, place) => `${C_TYPES[type]} p${place}`)].join(", ");
const pass = (item: CFunction, first: string): string =>
  [first, ...item.parameters.map((_type, place) => `p${place}`)].join(", ");

/** A gate of the service's, as a call of what the world exports under the gate's name. */
function gate(item: CFunction, world: ReadonlyMap<string, CFunction>): string {
  const answer = world.get(`${item.module}_${item.name}`);
  const isCall = item.module === "phi" && item.name === "call";
  // services call by registers: linker/headers/call.ts
  const head = isCall
    ? `__attribute__((preserve_none)) uint64_t w2c_phi_call(uint64_t p0, uint64_t p5, uint64_t p6, uint64_t p7, struct any a, struct any b, uint64_t p1, uint64_t p2, uint64_t p3, uint64_t p4)`
    : `${C_TYPES[item.result]} ${item.symbol}(${declare(item, "void* ignored")})`;
  if (item.name === "exit") {
    const told = answer === undefined ? "" : `${answer.symbol}(world.instance, p0); `;
    return `${head} { ${told}ended = 1; longjmp(way_out, 1); }\n`;
  }
  if (answer === undefined) return `${head} { stop("the world knows nothing of ${item.module}.${item.name}"); }\n`;
  if (answer.parameters.join() !== item.parameters.join() || answer.result !== item.result)
    throw new Error(`${item.module}_${item.name} of the world has another signature than ${item.module}.${item.name}.`);
  return `${head} { ${item.result === "none" ? "" : "return "}${answer.symbol}(${pass(item, "world.instance")}); }\n`;
}

/** What the world imports: of the host, or an entry of the service's. */
function offered(item: CFunction, service: ReadonlyMap<string, CFunction>): string {
  const head = `${C_TYPES[item.result]} ${item.symbol}(${declare(item, "void* ignored")})`;
  if (item.module === "host") {
    const body = HOST[item.name];
    if (body === undefined) throw new Error(`The world imports host.${item.name}, which there is not.`);
    return `${head} { ${body} }\n`;
  }
  const isBeginning = item.name === "begin";
  const entry = service.get(item.name);
  if (!isBeginning && entry === undefined) return `${head} { stop("the service has no ${item.name}"); }\n`;
  const call = isBeginning ? "phx_start(service.instance)" : `${entry?.symbol}(${pass(item, "service.instance")})`;
  const zero = item.result === "none" ? "" : " 0";
  return `${head} {
  if (ended) return${zero};
  if (is_inside) stop("two activations at a time");
  is_inside = 1;
  ${item.result === "none" ? "" : `${C_TYPES[item.result]} result = 0;`}
  if (_setjmp(way_out) == 0) ${item.result === "none" ? "" : "result = "}${call};
  is_inside = 0;
  ${item.result === "none" ? "" : "return result;"}
}
`;
}

const prototype = (item: CFunction): string =>
  `${C_TYPES[item.result]} ${item.symbol}(${declare(item, "void* instance")});\n`;

/** The whole text: slots, gates, libFuzzer's two entries. */
export function parserGlue({ abi, service, world, parameter }: ParserGlueRequest): string {
  const worldExports = new Map(world.exports.map((item) => [item.name, item]));
  const serviceExports = new Map(service.exports.map((item) => [item.name, item]));
  const used = world.imports.filter((item) => item.module === "service");
  return `/* Emitted by tests/fuzz/parsers/glue.ts. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#define PARAMETER ${parameter}u
struct any { uint64_t word; };
struct slot { char *memory, *instance, *instance_copy; uint64_t instance_bytes, pages; };
static struct slot service, world;
static const uint8_t* input;
static size_t input_length;
static int is_told, is_inside, ended;
static jmp_buf way_out;
static char said_text[8192];
static size_t said;
extern const uint32_t phx_struct_size, world_struct_size;
void phx_start(void* instance);
void world_start(void* instance);
void w2c_world_setup(void* instance);
void w2c_world_run(void* instance);
${[...worldExports.values()]
  .filter((item) => !["setup", "run"].includes(item.name))
  .map(prototype)
  .join("")}
${used
  .map((item) => serviceExports.get(item.name))
  .filter((item) => item !== undefined)
  .map(prototype)
  .join("")}
__attribute__((noreturn)) static void stop(const char* why) {
  said_text[said] = 0;
  fprintf(stderr, "%s\\nFINDING: %s\\n", said_text, why);
  abort();
}
/* The service's memory: one byte a page of 4 KiB. */
static uint8_t there[1 << 20], there_at_start[1 << 20];
static struct { uint32_t first, count; } changed[4096];
static uint32_t changed_count;
static int is_there(uint64_t address, uint64_t bytes) {
  if (bytes == 0) return 1;
  if (address >> 32 || bytes >> 32 || (address + bytes - 1) >> 32) return 0;
  for (uint64_t page = address >> 12; page <= (address + bytes - 1) >> 12; page++) if (!there[page]) return 0;
  return 1;
}
static void* at(uint64_t address, uint64_t bytes) {
  if (!is_there(address, bytes)) stop("memory is named that is not there");
  return service.memory + address;
}
static void protect(uint32_t first, uint32_t count, int is_mapped) {
  char* start = service.memory + ((uint64_t)first << 12);
  madvise(start, (uint64_t)count << 12, MADV_DONTNEED);
  mprotect(start, (uint64_t)count << 12, is_mapped ? PROT_READ | PROT_WRITE : PROT_NONE);
  memset(there + first, is_mapped, count);
}
static void place_pages(uint64_t address, uint64_t bytes, int is_mapped) {
  if ((address | bytes) & 4095 || bytes == 0 || address >> 32 || bytes >> 32 || (address + bytes - 1) >> 32) stop("a window outside the service's memory");
  if (changed_count == sizeof changed / sizeof *changed) stop("more windows than the fuzzer keeps");
  changed[changed_count].first = address >> 12;
  changed[changed_count++].count = bytes >> 12;
  protect(address >> 12, bytes >> 12, is_mapped);
}
void w2c_phi_trap(void* ignored, uint32_t code) { char text[64]; sprintf(text, "the service trapped with %u", code); stop(text); }
void world_trap(void* ignored, uint32_t code) { fprintf(stderr, "\\nthe world trapped: %u\\n", code); stop("a fault of the fuzzer itself"); }
uint32_t w2c_phi_memory_grow(void* ignored, uint32_t delta) {
  uint32_t old = service.pages;
  place_pages((uint64_t)old << 16, (uint64_t)delta << 16, 1);
  service.pages += delta;
  return old;
}
uint32_t world_grow(void* ignored, uint32_t delta) {
  uint32_t old = world.pages;
  mprotect(world.memory + ((uint64_t)old << 16), (uint64_t)delta << 16, PROT_READ | PROT_WRITE);
  world.pages += delta;
  return old;
}
${world.imports.map((item) => offered(item, serviceExports)).join("")}
${service.imports
  .filter((item) => !(item.module === "phi" && ["trap", "memory_grow"].includes(item.name)))
  .map((item) => gate(item, worldExports))
  .join("")}
static struct slot make(uint32_t struct_bytes, uint32_t pages, uint64_t table_bytes) {
  uint64_t whole = ${abi.value("SLOT_MEMORY")}ull + (1ull << 33);
  char* base = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) { perror("mmap"); exit(1); }
  struct slot made = { .memory = base + ${abi.value("SLOT_MEMORY")}ull, .instance_bytes = (struct_bytes + 15) & ~15u, .pages = pages };
  made.instance = made.memory - made.instance_bytes;
  uint64_t below = (made.instance_bytes + 4095) & ~4095ull;
  mprotect(made.memory - below, below + ((uint64_t)pages << 16), PROT_READ | PROT_WRITE);
  mprotect(base + ${abi.value("SLOT_TABLES")}ull, (table_bytes + 4096) & ~4095ull, PROT_READ | PROT_WRITE);
  made.instance_copy = malloc(made.instance_bytes);
  return made;
}
/* What an input may have changed, and what it was. */
static struct { char *from, *copy; uint64_t bytes; } kept[4096];
static uint32_t kept_count;
static uint64_t service_pages, world_pages;
static void keep(char* from, uint64_t bytes) {
  if (kept_count == sizeof kept / sizeof *kept) stop("more windows than the fuzzer keeps");
  kept[kept_count].from = from;
  kept[kept_count].bytes = bytes;
  kept[kept_count].copy = malloc(bytes);
  memcpy(kept[kept_count++].copy, from, bytes);
}
static void snapshot(void) {
  memcpy(service.instance_copy, service.instance, service.instance_bytes);
  memcpy(world.instance_copy, world.instance, world.instance_bytes);
  service_pages = service.pages;
  world_pages = world.pages;
  keep(world.memory, world.pages << 16);
  for (uint32_t page = 0; page < 1 << 20; page++) {
    uint32_t first = page;
    while (page < 1 << 20 && there[page]) page++;
    if (page > first) keep(service.memory + ((uint64_t)first << 12), (uint64_t)(page - first) << 12);
  }
  memcpy(there_at_start, there, sizeof there);
  changed_count = 0;
}
static void restore(void) {
  memcpy(service.instance, service.instance_copy, service.instance_bytes);
  memcpy(world.instance, world.instance_copy, world.instance_bytes);
  service.pages = service_pages;
  world.pages = world_pages;
  while (changed_count > 0) {
    uint32_t first = changed[--changed_count].first, end = first + changed[changed_count].count;
    for (uint32_t page = first; page < end;) {
      uint32_t from = page;
      while (page < end && there_at_start[page] == there_at_start[from]) page++;
      protect(from, page - from, there_at_start[from]);
    }
  }
  for (uint32_t i = 0; i < kept_count; i++)
    for (uint64_t done = 0; done < kept[i].bytes; done += 4096)
      if (memcmp(kept[i].from + done, kept[i].copy + done, 4096) != 0) memcpy(kept[i].from + done, kept[i].copy + done, 4096);
  is_inside = ended = 0;
  said = 0;
}
static void on_fault(int number, siginfo_t* info, void* context) {
  fprintf(stderr, "\\nfault at %p, index 0x%llx of the service, 0x%llx of the world, pc %p\\n", info->si_addr,
    (unsigned long long)((char*)info->si_addr - service.memory), (unsigned long long)((char*)info->si_addr - world.memory),
    (void*)((ucontext_t*)context)->uc_mcontext.gregs[REG_RIP]);
  stop("memory was touched that is not there");
}
${LIMIT}int LLVMFuzzerInitialize(int* count, char*** values) {
  stack_t stack = { .ss_sp = malloc(1 << 16), .ss_size = 1 << 16 };
  sigaltstack(&stack, NULL);
  struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
  sigaction(SIGSEGV, &action, NULL);
  is_told = getenv("FUZZ_TOLD") != NULL;
  limit_begin();
  service = make(phx_struct_size, ${service.initialPages}, ${service.tableBytes});
  memset(there, 1, (size_t)${service.initialPages} << 4);
  world = make(world_struct_size, ${world.initialPages}, ${world.tableBytes});
  world_start(world.instance);
  w2c_world_setup(world.instance);
  if (ended) stop("the service ended before any input");
  snapshot();
  return 0;
}
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  restore();
  limit_count(63);
  input = data;
  input_length = size;
  w2c_world_run(world.instance);
  if (is_told) fputc(10, stderr);
  return 0;
}
`;
}
