// The proof of the kernel's entry points for x86_64.
import { proveEntries } from "./prove-entries.ts";

proveEntries("x86_64");
