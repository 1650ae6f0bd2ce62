// The few C library headers that the generated code includes, freestanding: names onto compiler builtins.
// Called by headers/write.ts. Invariant: what a builtin does not inline is a symbol of linker/runtime/<arch>.S.

const FLOAT_FUNCTIONS = ["fabs", "floor", "ceil", "trunc", "nearbyint", "sqrt", "rint", "round", "copysign"];

export const MATH_HEADER = `/* Emitted by linker/headers/library.ts. */
#ifndef LINKER_MATH_H_
#define LINKER_MATH_H_
#define NAN __builtin_nanf("")
#define INFINITY __builtin_inff()
#define isnan(x) __builtin_isnan(x)
#define isinf(x) __builtin_isinf(x)
#define isfinite(x) __builtin_isfinite(x)
#define signbit(x) __builtin_signbit(x)
${FLOAT_FUNCTIONS.map((name) => `#define ${name}(...) __builtin_${name}(__VA_ARGS__)\n#define ${name}f(...) __builtin_${name}f(__VA_ARGS__)`).join("\n")}
#endif
`;

export const STRING_HEADER = `/* Emitted by linker/headers/library.ts. */
#ifndef LINKER_STRING_H_
#define LINKER_STRING_H_
#include <stddef.h>
void* memcpy(void* restrict destination, const void* restrict source, size_t bytes);
void* memmove(void* destination, const void* source, size_t bytes);
void* memset(void* destination, int value, size_t bytes);
int memcmp(const void* left, const void* right, size_t bytes);
#endif
`;

/** assert.h: tail calls through a wrapper check sizes when they are compiled. */
export const ASSERT_HEADER =
  "#undef assert\n#define assert(condition) ((void)0)\n#define static_assert _Static_assert\n";

export const ALLOCA_HEADER = "#define alloca(bytes) __builtin_alloca(bytes)\n";

/** stdlib.h, for the SIMD headers alone: they ask for it and use nothing of it here. */
export const STDLIB_HEADER = "#include <stddef.h>\n";
