// Endless recursion must run into the stack's guard, as WebAssembly says, and not become a loop: called by generate.ts on
// generated C, it forbids tail calls in so many functions that every cycle of calls grows the stack somewhere.
// Invariant: each cycle of direct calls passes through a marked function; each indirect call does, because what a table
// holds is wrappers, and all wrappers are marked.

const HEAD = /^(?:static )?(?:void|[uf]\d+|v128|\w+_t|struct \w+) (\w+)\(\w+\* (?:instance|ignored)\b.*\) \{$/;
const MARK = "__attribute__((disable_tail_calls))";
/** A marked function that were inlined would leave its calls to an unmarked one. */
const MARK_CYCLE = "__attribute__((disable_tail_calls, noinline))";

const WRAPPER = /^static .* wrap_w2c_\w+\(void \*instance\b.*\) \{$/;

/** Direct callees by function. */
function collect(texts: readonly (readonly string[])[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const lines of texts) {
    let current: string[] | null = null;
    for (const line of lines) {
      if (line === "}") current = null;
      const head = current === null ? HEAD.exec(line) : null;
      if (head !== null) {
        current = [];
        found.set(head[1] as string, current);
      } else if (current !== null) {
        for (const call of line.matchAll(/\b(w2c_\w+)\(instance\b/g)) current.push(call[1] as string);
      }
    }
  }
  return found;
}

/** Functions from which a depth-first walk finds an edge back into its own path: every cycle has one. */
function backEdgeSources(functions: ReadonlyMap<string, string[]>): Set<string> {
  const marked = new Set<string>();
  const state = new Map<string, "open" | "done">();
  for (const root of functions.keys()) {
    const path: { name: string; next: number }[] = [];
    const enter = (name: string): void => {
      state.set(name, "open");
      path.push({ name, next: 0 });
    };
    if (!state.has(root)) enter(root);
    while (path.length > 0) {
      const top = path[path.length - 1] as { name: string; next: number };
      const callee = functions.get(top.name)?.[top.next++];
      if (callee === undefined) {
        state.set(top.name, "done");
        path.pop();
      } else if (functions.has(callee)) {
        if (state.get(callee) === "open") marked.add(top.name);
        else if (!state.has(callee)) enter(callee);
      }
    }
  }
  return marked;
}

const DECLARATION = /^(?:static )?(?:void|[uf]\d+|v128|\w+_t|struct \w+) (\w+)\(\w+\*.*\);$/;

/**
 * The same C with marks; `texts` together are one module, headers included. The compiler takes the marks from the first
 * declaration that it sees, so declarations carry them as well as definitions.
 */
export function markRecursion(texts: readonly string[]): string[] {
  const lines = texts.map((text) => text.split("\n"));
  const functions = collect(lines);
  const cyclic = backEdgeSources(functions);
  return lines.map((text) =>
    text
      .map((line) => {
        const name = (HEAD.exec(line) ?? DECLARATION.exec(line))?.[1] ?? "";
        if (cyclic.has(name)) return `${MARK_CYCLE} ${line}`;
        return WRAPPER.test(line) ? `${MARK} ${line}` : line;
      })
      .join("\n"),
  );
}
