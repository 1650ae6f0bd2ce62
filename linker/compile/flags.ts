// Compiler flags per architecture and kind of code, each with its reason (docs/linker.md: the rewrites they serve).
// Called by compile/clang.ts. Invariant: supervisor-mode code has no red zone; the kernel has no floating point.
import type { Architecture } from "../abi/constants.ts";

export type CodeKind = "kernel" | "module" | "host";

const TARGET: Record<Architecture, string[]> = {
  x86_64: ["--target=x86_64-none-elf"],
  riscv64: ["--target=riscv64-none-elf", "-mabi=lp64"],
};

/** Functions that call nobody keep no frame: a panic inside one leaves its caller out of the backtrace, and the short paths are shorter. */
const LEAVES = "-momit-leaf-frame-pointer";

/** The kernel: fixed high addresses, general registers only. */
const KERNEL: Record<Architecture, string[]> = {
  x86_64: ["-mcmodel=kernel", "-mno-red-zone", "-mgeneral-regs-only", "-mtune=generic", LEAVES],
  riscv64: ["-mcmodel=medany", "-march=rv64imac_zicsr_zifencei_zba_zbb_zbs", "-mno-strict-align", LEAVES],
};

/** Modules: position-independent, vector units allowed. x86-64-v2 has SSE4.1's rounding, which wasm needs. */
const MODULE: Record<Architecture, string[]> = {
  x86_64: ["-fPIC", "-mno-red-zone", "-march=x86-64-v2", "-mtune=generic"],
  riscv64: ["-fPIC", "-mcmodel=medany", "-march=rv64gc_zba_zbb_zbs", "-mno-strict-align"],
};

const COMMON = [
  "-std=gnu11",
  "-O2",
  "-ffreestanding",
  "-nostdlibinc",
  "-fvisibility=hidden",
  "-ffunction-sections",
  "-fdata-sections",
  // a frame pointer in every function: backtraces without unwind tables
  "-fno-omit-frame-pointer",
  "-mno-omit-leaf-frame-pointer",
  "-fno-asynchronous-unwind-tables",
  "-fno-unwind-tables",
  // Wasm's floating point is exact: no fused multiply-add, no errno
  "-ffp-contract=off",
  "-fno-math-errno",
  "-fno-stack-protector",
  "-fno-ident",
  "-fstack-size-section",
  // lines and inlined calls, no variables (they would be wasm2c's); the last -g decides. No build directory in objects
  "-gdwarf-4",
  "-gline-tables-only",
  "-gno-column-info",
  "-fdebug-compilation-dir=.",
  "-Wno-everything",
];

/** The conformance flavour keeps signalling NaNs and rounding from the optimiser too. */
export const CONFORMANCE_FLAGS = ["-frounding-math", "-fno-optimize-sibling-calls"];

export function compilerFlags(architecture: Architecture, kind: CodeKind): string[] {
  if (kind === "host") return [...COMMON.filter((flag) => !flag.startsWith("-g")), ...MODULE.x86_64];
  const specific = kind === "kernel" ? KERNEL[architecture] : MODULE[architecture];
  return [...TARGET[architecture], ...COMMON, ...specific];
}

export function assemblerFlags(architecture: Architecture, kind: "kernel" | "module"): string[] {
  const march = architecture === "riscv64" ? ["-march=rv64gc_zba_zbb_zbs"] : [];
  return [
    ...TARGET[architecture],
    ...march,
    ...(kind === "module" ? ["-fPIC"] : []),
    "-g",
    "-gdwarf-4",
    "-fdebug-compilation-dir=.",
  ];
}
