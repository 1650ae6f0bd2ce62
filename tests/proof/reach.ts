// Can the ends of what is proved be reached at all? Of sentences that contradict each other everything follows: a verdict is worth
// something where z3 has values for a way to its end. Called by execute.ts for `phi proof --reach`.
// Invariant: "reachable" is said of values that make every condition of the path true, and all that the invariant says of them.

import type { Path } from "./path.ts";
import type { Solver } from "./solver.ts";

/** Ends of one function: those with values, those that z3 has given up on, and those that cannot be. */
export interface Reached {
  readonly reachable: number;
  readonly undecided: number;
  readonly impossible: number;
}

export class Reach {
  private readonly found = new Map<string, Reached>();

  constructor(private readonly solver: Solver) {}

  /** Called where the function is proved; a later proof of it, for more arguments, counts anew. */
  readonly count = (name: string, ends: readonly Path[]): void => {
    const answers = ends.map((end) => this.solver.reaches(end.conditions));
    const among = (answer: boolean | null): number => answers.filter((one) => one === answer).length;
    this.found.set(name, { reachable: among(true), undecided: among(null), impossible: among(false) });
  };

  of(name: string): Reached | undefined {
    return this.found.get(name);
  }
}

const print = ({ reachable, undecided, impossible }: Reached): string =>
  `${reachable} reachable, ${undecided} undecided, ${impossible} impossible`;

export interface Ends {
  readonly own: Reached;
  readonly bodies: ReadonlyMap<string, Reached>;
}
/** The functions of which no end is known to be reachable. */
export const empty = ({ bodies }: Ends): string[] =>
  [...bodies].filter(([, { reachable }]) => reachable === 0).map(([name]) => name);

export function reachedText(ends: Ends): string {
  const names = empty(ends);
  const said = names.map((name) => `\n    none of ${name}: ${print(ends.bodies.get(name) as Reached)}`);
  const { size } = ends.bodies;
  return `ends: ${print(ends.own)}; ${size - names.length} of ${size} bodies below have a reachable one${said.join("")}`;
}
