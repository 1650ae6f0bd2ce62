// The phi command as a person meets it: usage errors, exit codes, help. Nothing here boots a guest.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const PHI = fileURLToPath(new URL("../../../scripts/phi.mjs", import.meta.url));

function phi(...list: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PHI, ...list], {
    encoding: "utf8",
    env: { ...process.env, PHI_DEBUG: "" },
  });
  return { status, stdout, stderr };
}

describe("usage", () => {
  test("--help lists the commands and exits with 0", () => {
    const { status, stdout } = phi("--help");
    expect(status).toBe(0);
    for (const command of ["build", "boot", "run", "test", "bench", "debug"])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
  });

  test.each([
    [["frobnicate"], /unknown command/],
    [["boot", "--arch", "sparc"], /unknown architecture "sparc"[\s\S]*x86_64, riscv64/],
    [["boot", "--mem", "lots"], /"lots" is not a memory size[\s\S]*--mem 128M/],
    [["boot", "--smp", "0"], /"0" is not a number of CPUs/],
    [["boot", "--timeout", "-1"], /"-1" is not a time limit/],
    [["run"], /missing required argument 'file'/],
    [["run", "--isolation", "none", "x.wasm"], /Allowed choices are hw, sfi/],
    [["run", "--isolation", "sfi", "x.wasm"], /needs --trusted/],
    [["run", "--env", "NOVALUE", "x.wasm"], /"NOVALUE" is not an environment variable/],
    [["debug", "--port", "http"], /"http" is not a port[\s\S]*65535/],
  ])("%j is refused with exit code 2", (list, message) => {
    const { status, stdout, stderr } = phi(...list);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test.each([
    [["run", "no-such-file.wasm"], /no-such-file\.wasm/],
    [["boot", "--disk", "no-such-disk"], /^phi: --disk: there is no no-such-disk\n {2}\S/],
    [["boot", "--disk", tmpdir()], /^phi: --disk: .* is a directory\n {2}\S/],
    [["boot", "--share", "no-such-place"], /^phi: --share: there is no directory no-such-place\n {2}\S/],
    [["debug", "--batch", "no-such-list"], /^phi: there is no no-such-list\n {2}\S/],
    [
      ["trace", "--output", "/no-such-place/trace", "ps"],
      /^phi: \/no-such-place\/trace cannot be written: ENOENT.*\n {2}\S/,
    ],
    [
      ["bench", "--json", "/no-such-place/figures"],
      /^phi: \/no-such-place\/figures cannot be written: ENOENT.*\n {2}\S/,
    ],
  ])("%j names what is not there, exit code 1, no stack trace", (list, message) => {
    const { status, stderr } = phi(...list);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("a disk that another machine has open is not booted from", () => {
    const directory = mkdtempSync(join(tmpdir(), "command-"));
    const disk = join(directory, "disk");
    writeFileSync(disk, "");
    const list = [disk, process.execPath, PHI, "boot", "--disk", disk, "--exec", "ls"];
    const { status, stderr } = spawnSync("flock", list, { encoding: "utf8" });
    rmSync(directory, { recursive: true });
    expect(status).toBe(1);
    expect(stderr).toMatch(/disk is in use\n {2}\S/);
  });

  test("a reader that goes away ends the command with 141, a full device with 1 and the reason; no stack trace", () => {
    const list = `"${process.execPath}" "${PHI}" bench --list`;
    const bash = (line: string) => spawnSync("bash", ["-c", line], { encoding: "utf8" });
    const directory = mkdtempSync(join(tmpdir(), "command-"));
    // a pipe whose last reader has gone before the command starts
    const pipe = `"${directory}/pipe"`;
    const piped = bash(`mkfifo ${pipe}; exec 4<>${pipe}; exec 5>${pipe}; exec 4<&-; exec ${list} >&5`);
    rmSync(directory, { recursive: true });
    expect([piped.status, piped.stderr]).toEqual([141, ""]);
    const full = bash(`${list} > /dev/full`);
    expect(full.status).toBe(1);
    expect(full.stderr).toMatch(/^phi: standard output cannot be written: ENOSPC.*\n {2}\S/);
    expect(full.stderr).not.toMatch(/\n\s+at /);
  });
});
