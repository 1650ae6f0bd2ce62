// What BLAKE3's own implementation in C takes on the same emulator, as a process of a Linux guest: SSE4.1 on x86_64, portable on riscv64.
// The source is Debian's package of it; compiled here, never kept in the tree.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Architecture } from "qemu-test-harness";
import { BUILD } from "../../../scripts/phi/paths.ts";
import { each, measured, type Run, runLinux } from "./clock.ts";
import { type DebianPackage, unpackedPackage } from "./package.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const LIMIT_MS = 300_000;
const MIB = 1 << 20;
const SOURCE: DebianPackage = {
  name: "librust-blake3-dev",
  version: "1.3.1-1",
  architecture: "amd64",
  repository: "bookworm",
  pool: "pool/main/r/rust-blake3/librust-blake3-dev_1.3.1-1_amd64.deb",
  sha256: "48affb9072bf90eb2bd92f31c95d73d89117413112f367c2ab5c0425cbff2b76",
};
const SOURCE_DIRECTORY = "usr/share/cargo/registry/blake3-1.3.1/c";
const FILES = ["blake3", "blake3_dispatch", "blake3_portable"];
const RUN: Run = { name: "blake3", short: 5, long: 45, command: (n) => `/bin/blake3 ${n}` };

/** All of a C library that the source includes; the functions stand in the assembly beside this. */
const HEADERS: Readonly<Record<string, string>> = {
  "string.h":
    "#include <stddef.h>\nvoid *memcpy(void *, const void *, size_t);\nvoid *memset(void *, int, size_t);\nsize_t strlen(const char *);\n",
  "assert.h": "#define assert(condition) ((void)0)\n",
};

/** Instructions a byte of hashing one MiB. */
export async function linuxBlake3(arch: Architecture): Promise<number> {
  const data = readFileSync(compile(arch));
  const { output } = await runLinux({
    ...{ arch, name: "blake3", limit_ms: LIMIT_MS },
    script: measured(RUN),
    files: [{ name: "bin/blake3", data, program: true }],
  });
  return each(output, RUN) / MIB;
}

/** The static program. */
function compile(arch: Architecture): string {
  const source = join(unpackedPackage(SOURCE), SOURCE_DIRECTORY);
  const directory = join(BUILD, "bench", `${arch}-blake3`);
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(HEADERS)) writeFileSync(join(directory, name), text);
  const vector = arch === "x86_64" ? ["blake3_sse2", "blake3_sse41"] : [];
  const flags =
    arch === "x86_64"
      ? ["--target=x86_64-linux-gnu", "-msse4.1", "-DBLAKE3_NO_AVX2", "-DBLAKE3_NO_AVX512"]
      : ["--target=riscv64-linux-gnu", "-march=rv64gc", "-mabi=lp64d"];
  const common = [
    "-O3",
    "-ffreestanding",
    "-fno-stack-protector",
    "-fno-pic",
    "-ffunction-sections",
    "-I",
    directory,
    "-c",
  ];
  const objects = [...FILES, ...vector].map((name) => {
    const object = join(directory, `${name}.o`);
    execFileSync("clang-19", [...flags, ...common, join(source, `${name}.c`), "-o", object]);
    return object;
  });
  const harness = join(directory, "harness.o");
  execFileSync("clang-19", [
    ...flags.slice(0, 1),
    "-c",
    join(HERE, `blake3-${arch}.S`),
    "-o",
    harness,
    ...flags.slice(1),
  ]);
  const program = join(directory, "blake3");
  execFileSync("ld.lld-19", ["-static", "--gc-sections", "-e", "_start", harness, ...objects, "-o", program]);
  return program;
}
