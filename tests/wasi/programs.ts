// The WASI test programs with what they must print. `expected/` was written from the specification of preview 1 (and POSIX where
// that leaves things open), not from a run of one implementation; node:wasi agrees but for the deviations listed here.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../unit/wasi-service/companion.ts";
import type { ProgramName } from "./build.ts";

export interface Expectation {
  name: ProgramName;
  arguments: readonly string[];
  variables: Readonly<Record<string, string>>;
  input: string;
  status: number;
  output: string;
  error: string;
  /** false: node:wasi does not get to the end, see `deviation`. */
  comparesWithNode: boolean;
  /** How node:wasi (Node 20) differs from the specification here. */
  deviation: string;
}

export const GUEST_DIRECTORY = "/data";

function expected(name: ProgramName): string {
  return readFileSync(join(ROOT, `tests/wasi/expected/${name}.txt`), "utf8");
}

const INPUT = "some input\nof two lines\n";
const LAUNCH_OUTPUT = `argument bytes: 20
arguments: 4
  [launch]
  [one]
  [größe]
  []
variables: 2
  [A=1]
  [B=]
input bytes: 24
`;

const QUIET = { variables: {}, input: "", error: "" };

export const EXPECTATIONS: readonly Expectation[] = [
  {
    name: "launch",
    arguments: ["one", "größe", ""],
    variables: { A: "1", B: "" },
    input: INPUT,
    status: 24,
    output: LAUNCH_OUTPUT,
    error: INPUT,
    comparesWithNode: true,
    deviation: "",
  },
  {
    ...QUIET,
    name: "paths",
    arguments: [],
    status: 0,
    output: expected("paths"),
    comparesWithNode: true,
    deviation:
      "leaving a directory is notcapable, not perm; an empty path is inval, not noent; path_open follows a final link without SYMLINK_FOLLOW; fd_readdir leaves out . and ..",
  },
  {
    ...QUIET,
    name: "errnos",
    arguments: [],
    status: 0,
    output: expected("errnos"),
    comparesWithNode: false,
    deviation: "sock_recv on a descriptor that is no socket aborts Node itself",
  },
  {
    ...QUIET,
    name: "time",
    arguments: [],
    status: 0,
    output: expected("time"),
    comparesWithNode: false,
    deviation: "an absolute monotonic time-out is taken as a relative one and never ends",
  },
  {
    ...QUIET,
    name: "unstable",
    arguments: [],
    status: 42,
    output: expected("unstable"),
    comparesWithNode: false,
    deviation: "wasi_unstable gets preview 1's whence and filestat",
  },
  {
    ...QUIET,
    name: "memory",
    arguments: [],
    status: 0,
    output: expected("memory"),
    error: "\0\0\0\0\0\0",
    comparesWithNode: false,
    deviation: "pointers outside memory are overflow (61), not fault",
  },
  {
    ...QUIET,
    name: "hostile",
    arguments: [],
    status: 0,
    output: "calls: 30000\nanswers that are no errno: 0\n",
    comparesWithNode: false,
    deviation: "Node aborts",
  },
];

/** What node:wasi prints for "paths", given its deviations: each changed back to what the specification says. */
export function undoDeviations(line: string): string | undefined {
  const path = line.slice(0, line.indexOf(":"));
  if (path === "") return undefined;
  if (line.startsWith("list ")) return line.replace("errno 0 ", "errno 0 ../3 ./3 ");
  if (["to-file", "to-sub", "dangling", "sub/up", "sub/out"].includes(path))
    return line.replace(/nofollow \d+/, "nofollow 32").replace(/\b76\b/g, "63");
  return line.replace(/\b76\b/g, "63");
}
