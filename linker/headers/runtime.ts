// wasm-rt.h as the generated C includes it: types of memories, tables and traps, and the runtime functions that
// are short enough to be inline. Called by headers/write.ts. Invariant: a module's memory and tables lie at
// constant distances from its instance struct; the fields here only say how large they are now.

const COMMON = `/* Runtime interface of the generated code. Emitted by linker/headers/runtime.ts. */
#ifndef WASM_RT_H_
#define WASM_RT_H_

/* Everything is linked into one image: no symbol goes through a global offset table. */
#pragma GCC visibility push(hidden)

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define wasm_rt_unreachable __builtin_unreachable
#define wasm_rt_memcpy __builtin_memcpy
#define WASM_RT_THREAD_LOCAL
#define WASM_RT_NO_RETURN __attribute__((noreturn))
#define WASM_RT_WEAK __attribute__((weak))

#define WASM_RT_MEMCHECK_GUARD_PAGES 1
#define WASM_RT_SKIP_SIGNAL_RECOVERY 1
#define WASM_RT_STACK_DEPTH_COUNT 0
#define WASM_RT_USE_SEGUE 0
#define WASM_RT_SANITY_CHECKS 0
#define WABT_BIG_ENDIAN 0

typedef enum {
  WASM_RT_TRAP_NONE,
  WASM_RT_TRAP_OOB,
  WASM_RT_TRAP_INT_OVERFLOW,
  WASM_RT_TRAP_DIV_BY_ZERO,
  WASM_RT_TRAP_INVALID_CONVERSION,
  WASM_RT_TRAP_UNREACHABLE,
  WASM_RT_TRAP_CALL_INDIRECT,
  WASM_RT_TRAP_UNCAUGHT_EXCEPTION,
  WASM_RT_TRAP_UNALIGNED,
  WASM_RT_TRAP_NULL_REF,
  WASM_RT_TRAP_EXHAUSTION,
} wasm_rt_trap_t;

typedef enum {
  WASM_RT_I32,
  WASM_RT_I64,
  WASM_RT_F32,
  WASM_RT_F64,
  WASM_RT_V128,
  WASM_RT_FUNCREF,
  WASM_RT_EXTERNREF,
  WASM_RT_EXNREF,
} wasm_rt_type_t;

typedef void (*wasm_rt_function_ptr_t)(void);
typedef const char* wasm_rt_func_type_t;

typedef struct wasm_rt_tailcallee_t {
  void (*fn)(void** instance_ptr, void* tail_call_stack, struct wasm_rt_tailcallee_t* next);
} wasm_rt_tailcallee_t;

typedef struct {
  wasm_rt_func_type_t func_type;
  wasm_rt_function_ptr_t func;
  wasm_rt_tailcallee_t func_tailcallee;
  void* module_instance;
} wasm_rt_funcref_t;
#define wasm_rt_funcref_null_value ((wasm_rt_funcref_t){NULL, NULL, {NULL}, NULL})

typedef void* wasm_rt_externref_t;
#define wasm_rt_externref_null_value ((wasm_rt_externref_t){NULL})

typedef struct {
  uint8_t* data;
  uint64_t pages, max_pages;
  uint64_t size;
  uint32_t page_size;
  bool is64;
} wasm_rt_memory_t;

typedef struct {
  wasm_rt_funcref_t* data;
  uint32_t max_size, size;
} wasm_rt_funcref_table_t;

typedef struct {
  wasm_rt_externref_t* data;
  uint32_t max_size, size;
} wasm_rt_externref_table_t;

static inline bool wasm_rt_is_initialized(void) { return true; }

/* Memory and tables belong to the instance's slot: whoever ends the instance takes them back whole. */
#define wasm_rt_free_memory(memory) ((void)(memory))
#define wasm_rt_free_funcref_table(table) ((void)(table))
#define wasm_rt_free_externref_table(table) ((void)(table))

/* place: where the linker put this table, in the slot's table area; zeroed on demand, and zero is null. */
static inline void linker_place_funcref_table(wasm_rt_funcref_table_t* table, void* place, uint32_t elements, uint32_t reserved) {
  table->data = (wasm_rt_funcref_t*)place;
  table->size = elements;
  table->max_size = reserved;
}
static inline void linker_place_externref_table(wasm_rt_externref_table_t* table, void* place, uint32_t elements, uint32_t reserved) {
  table->data = (wasm_rt_externref_t*)place;
  table->size = elements;
  table->max_size = reserved;
}
static inline uint32_t wasm_rt_grow_funcref_table(wasm_rt_funcref_table_t* table, uint32_t delta, wasm_rt_funcref_t value) {
  uint32_t old = table->size;
  if (delta > table->max_size - old) return (uint32_t)-1;
  for (uint32_t i = old; i < old + delta; i++) table->data[i] = value;
  table->size = old + delta;
  return old;
}
static inline uint32_t wasm_rt_grow_externref_table(wasm_rt_externref_table_t* table, uint32_t delta, wasm_rt_externref_t value) {
  uint32_t old = table->size;
  if (delta > table->max_size - old) return (uint32_t)-1;
  for (uint32_t i = old; i < old + delta; i++) table->data[i] = value;
  table->size = old + delta;
  return old;
}
`;

const MODULE = `
/* Gates: thunks in the module's own thunk page. The first argument is ignored. */
struct w2c_phi;
WASM_RT_NO_RETURN __attribute__((cold)) void w2c_phi_trap(struct w2c_phi*, uint32_t code);
uint32_t w2c_phi_memory_grow(struct w2c_phi*, uint32_t delta_pages);
#define wasm_rt_trap(code) w2c_phi_trap(0, (code))

static inline void linker_place_memory(wasm_rt_memory_t* memory, void* place, uint64_t pages, uint64_t max_pages) {
  memory->data = (uint8_t*)place;
  memory->pages = pages;
  memory->max_pages = max_pages;
  memory->size = pages << 16;
  memory->page_size = 65536;
  memory->is64 = false;
}
static inline uint64_t wasm_rt_grow_memory(wasm_rt_memory_t* memory, uint64_t delta) {
  uint64_t old = memory->pages;
  if (delta > memory->max_pages - old) return (uint32_t)-1;
  if (delta != 0 && w2c_phi_memory_grow(0, (uint32_t)delta) == (uint32_t)-1) return (uint32_t)-1;
  memory->pages = old + delta;
  memory->size = memory->pages << 16;
  return old;
}
#endif
`;

const KERNEL = `
#define wasm_rt_trap(code) __builtin_trap()

/* The kernel's memory never grows by wasm: its size is the whole index space, its frames are the kernel's own affair. */
static inline void linker_place_memory(wasm_rt_memory_t* memory, void* place, uint64_t pages, uint64_t max_pages) {
  (void)place; (void)pages;
  memory->pages = max_pages;
  memory->size = max_pages << 16;
}
#endif
`;

/** Text of wasm-rt.h for a kernel or for any other module. */
export function runtimeHeader(flavour: "kernel" | "module"): string {
  return COMMON + (flavour === "kernel" ? KERNEL : MODULE);
}

/**
 * wasm-rt-exceptions.h, included by modules with exception handling: what was thrown and where to unwind to lie in the
 * instance struct (linker_exception, added by compile/rewrite.ts); targets are frames on the instance's own stack.
 */
export const EXCEPTIONS_HEADER = `#ifndef WASM_RT_EXCEPTIONS_H_
#define WASM_RT_EXCEPTIONS_H_
#include "wasm-rt.h"
typedef const void* wasm_rt_tag_t;
typedef struct { uint64_t words[16]; } linker_jump_target_t;
#define WASM_RT_UNWIND_TARGET linker_jump_target_t
#define LINKER_EXCEPTION_BYTES 256
typedef struct {
  linker_jump_target_t* target;
  wasm_rt_tag_t tag;
  uint32_t bytes;
  uint8_t data[LINKER_EXCEPTION_BYTES] __attribute__((aligned(16)));
} linker_exception_t;
int linker_jump_set(linker_jump_target_t*) __attribute__((returns_twice));
WASM_RT_NO_RETURN void linker_jump(linker_jump_target_t*);

static inline void linker_load_exception(linker_exception_t* exception, wasm_rt_tag_t tag, uint32_t bytes, const void* values) {
  if (bytes > LINKER_EXCEPTION_BYTES) wasm_rt_trap(WASM_RT_TRAP_UNCAUGHT_EXCEPTION);
  exception->tag = tag;
  exception->bytes = bytes;
  if (bytes != 0) __builtin_memcpy(exception->data, values, bytes);
}
WASM_RT_NO_RETURN static inline void linker_throw(linker_exception_t* exception) {
  if (exception->target == NULL) wasm_rt_trap(WASM_RT_TRAP_UNCAUGHT_EXCEPTION);
  linker_jump(exception->target);
}
#define wasm_rt_load_exception(tag, bytes, values) linker_load_exception(&instance->linker_exception, (tag), (bytes), (values))
#define wasm_rt_throw() linker_throw(&instance->linker_exception)
#define wasm_rt_get_unwind_target() (instance->linker_exception.target)
#define wasm_rt_set_unwind_target(place) (instance->linker_exception.target = (place))
#define wasm_rt_try(place) linker_jump_set(&(place))
#define wasm_rt_exception_tag() (instance->linker_exception.tag)
#define wasm_rt_exception_size() (instance->linker_exception.bytes)
#define wasm_rt_exception() ((void*)instance->linker_exception.data)
#endif
`;
