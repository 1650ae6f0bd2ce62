// setjmp and longjmp for wasm32-wasi, which Debian's wasi-libc lacks: the header, and the three functions that clang's
// -wasm-enable-sjlj calls, as WebAssembly assembly. They use the exception-handling proposal; see LLVM's WebAssembly
// exception-handling documentation ("setjmp/longjmp handling").

/** jmp_buf: which activation called setjmp, which of its calls, and the value thrown. */
export const SETJMP_HEADER = `#pragma once
typedef struct { void *invocation; unsigned label; struct { void *buffer; int value; } thrown; } jmp_buf[1];
int setjmp(jmp_buf buffer) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf buffer, int value);
`;

export const SETJMP_FLAGS = ["-mllvm", "-wasm-enable-sjlj", "-mexception-handling"];

export const SETJMP_ASSEMBLY = `
  .tagtype __c_longjmp i32
  .functype __wasm_setjmp (i32, i32, i32) -> ()
  .functype __wasm_setjmp_test (i32, i32) -> (i32)
  .functype __wasm_longjmp (i32, i32) -> ()

# (buffer, label, invocation): remembers where it was called.
  .section .text.__wasm_setjmp,"",@
  .globl __wasm_setjmp
  .type __wasm_setjmp,@function
__wasm_setjmp:
  .functype __wasm_setjmp (i32, i32, i32) -> ()
  local.get 0
  local.get 2
  i32.store 0
  local.get 0
  local.get 1
  i32.store 4
  end_function

# (buffer, invocation): the label if the buffer belongs to this activation, else 0.
  .section .text.__wasm_setjmp_test,"",@
  .globl __wasm_setjmp_test
  .type __wasm_setjmp_test,@function
__wasm_setjmp_test:
  .functype __wasm_setjmp_test (i32, i32) -> (i32)
  local.get 0
  i32.load 4
  i32.const 0
  local.get 0
  i32.load 0
  local.get 1
  i32.eq
  i32.select
  end_function

# (buffer, value): throws {buffer, value, or 1 for 0}.
  .section .text.__wasm_longjmp,"",@
  .globl __wasm_longjmp
  .type __wasm_longjmp,@function
__wasm_longjmp:
  .functype __wasm_longjmp (i32, i32) -> ()
  local.get 0
  local.get 0
  i32.store 8
  local.get 0
  local.get 1
  i32.const 1
  local.get 1
  i32.select
  i32.store 12
  local.get 0
  i32.const 8
  i32.add
  throw __c_longjmp
  end_function

  .section .text.__c_longjmp,"",@
  .globl __c_longjmp
__c_longjmp:
`;
