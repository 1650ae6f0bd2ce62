// Endless recursion must run into the stack's guard, as WebAssembly says, and not become a loop: called by generate.ts on
// generated C, it forbids tail calls in so many functions that every cycle of calls grows the stack somewhere.
// Invariant: each cycle of direct calls passes through a marked function; so does each indirect call.

const HEAD = /^(?:static )?(?:void|[uf]\d+|v128|\w+_t|struct \w+) (\w+)\(\w+\* (?:instance|ignored)\b.*\) \{$/;
const MARK = "__attribute__((disable_tail_calls))";
/** A marked function that were inlined would leave its calls to an unmarked one. */
const MARK_CYCLE = "__attribute__((disable_tail_calls, noinline))";

interface FunctionText {
  part: number;
  line: number;
  callees: string[];
  isIndirect: boolean;
}

function collect(parts: readonly (readonly string[])[]): Map<string, FunctionText> {
  const found = new Map<string, FunctionText>();
  parts.forEach((lines, part) => {
    let current: FunctionText | null = null;
    lines.forEach((line, index) => {
      if (line === "}") current = null;
      const head = current === null ? HEAD.exec(line) : null;
      if (head !== null) {
        current = { part, line: index, callees: [], isIndirect: false };
        found.set(head[1] as string, current);
      } else if (current !== null) {
        if (line.includes("CALL_INDIRECT(")) current.isIndirect = true;
        for (const call of line.matchAll(/\b(w2c_\w+)\(instance\b/g)) current.callees.push(call[1] as string);
      }
    });
  });
  return found;
}

/** Functions from which a depth-first walk finds an edge back into its own path: every cycle has one. */
function backEdgeSources(functions: ReadonlyMap<string, FunctionText>): Set<string> {
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
      const callee = functions.get(top.name)?.callees[top.next++];
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

/** The same C with marks; `parts` together are one module. */
export function markRecursion(parts: readonly string[]): string[] {
  const lines = parts.map((part) => part.split("\n"));
  const functions = collect(lines);
  const cyclic = backEdgeSources(functions);
  for (const [name, item] of functions) {
    const part = lines[item.part] as string[];
    if (cyclic.has(name)) part[item.line] = `${MARK_CYCLE} ${part[item.line]}`;
    else if (item.isIndirect) part[item.line] = `${MARK} ${part[item.line]}`;
  }
  return lines.map((part) => part.join("\n"));
}
