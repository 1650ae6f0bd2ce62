// Generates the interfaces of services before any unit test runs: tests compile services one by one, in any order, on a tree where nothing was
// built yet.
import { generateInterfaces } from "../linker/interface/generate.ts";
import { ROOT } from "../scripts/phi/paths.ts";

export function setup(): void {
  generateInterfaces(ROOT);
}
