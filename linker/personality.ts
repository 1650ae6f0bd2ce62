// A personality's table, services/<name>/personality.ts, as the thunk emitter asks for it. Called by index.ts.
// Invariant: an import whose types differ from the table's is refused, because its words would be packed otherwise.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BuildError } from "./error.ts";
import type { Personality } from "./runtime/thunks.ts";

interface TableEntry {
  readonly module: string;
  readonly name: string;
  readonly parameters: readonly string[];
  readonly results: readonly string[];
  readonly method: number;
  readonly gate?: string;
}

export interface LoadedPersonality {
  /** Import modules that the table serves. */
  modules: string[];
  target: Personality;
}

export async function loadPersonality(root: string, service: string): Promise<LoadedPersonality> {
  const path = join(root, "services", service, "personality.ts");
  if (!existsSync(path))
    throw new BuildError(
      `There is no services/${service}/personality.ts: it would say which imports ${service} provides.`,
    );
  const { PERSONALITY } = (await import(path)) as { PERSONALITY: readonly TableEntry[] };
  const table = new Map(PERSONALITY.map((entry) => [`${entry.module}\0${entry.name}`, entry]));
  return {
    modules: [...new Set(PERSONALITY.map((entry) => entry.module))],
    target: (item) => {
      const entry = table.get(`${item.module}\0${item.name}`);
      if (entry === undefined) return undefined;
      const declared = `(${item.parameters.join(", ")}) → (${item.result === "none" ? "" : item.result})`;
      const wanted = `(${entry.parameters.join(", ")}) → (${entry.results.join(", ")})`;
      if (declared !== wanted)
        throw new BuildError(`The module declares ${item.module}.${item.name} as ${declared}; it is ${wanted}.`);
      return entry.gate === undefined ? { method: entry.method } : { method: 0, gate: entry.gate };
    },
  };
}
