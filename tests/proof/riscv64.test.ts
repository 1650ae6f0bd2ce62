// The proof of the kernel's entry points for riscv64.
import { proveEntries } from "./prove-entries.ts";

proveEntries("riscv64");
