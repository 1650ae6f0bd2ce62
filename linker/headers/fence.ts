// phi.fence, the one import that is no gate: the processor's full barrier, inline, and a point that the compiler moves no access of
// memory across. For memory that a device or another domain reads and writes too. Called by compile/rewrite.ts.
// Invariant: what names the import no more cannot get a thunk for it.
import type { Architecture } from "../abi/constants.ts";
import type { CFunction } from "../compile/interface.ts";
import { BuildError } from "../error.ts";

const INSTRUCTION: Readonly<Record<Architecture, string>> = { x86_64: "mfence", riscv64: "fence iorw, iorw" };

/** The module's header with the barrier defined, and `imports` without it. */
export function inlineFence(header: string, imports: CFunction[], architecture: Architecture): string {
  const at = imports.findIndex(({ module, name }) => module === "phi" && name === "fence");
  const item = imports[at];
  if (item === undefined) return header;
  if (item.parameters.length > 0 || item.result !== "none")
    throw new BuildError("The module declares phi.fence with parameters or a result; it has neither.");
  imports.splice(at, 1);
  const definition = `static inline void ${item.symbol}(struct w2c_phi* ignored) { __asm__ volatile("${INSTRUCTION[architecture]}" ::: "memory"); }`;
  return header.replace(`void ${item.symbol}(struct w2c_phi*);`, () => definition);
}
