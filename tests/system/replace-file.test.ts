// `phi replace`: a service's next version comes from a file, with the service's state or as after a crash, and nothing vouches for it but its hash.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { loadAbi } from "../../linker/abi/constants.ts";
import { readArchive } from "../../linker/archive.ts";
import { ensureImage, wholeMode } from "../../scripts/phi/artifacts.ts";
import { ROOT } from "../../scripts/phi/paths.ts";
import { phi, TESTED, temporaryDirectory } from "./support.ts";

const directory = temporaryDirectory();
const LIMIT_MS = 300_000;
const NAME_AT = 128;
const NOT_LISTED = "it runs hw now: the image does not list its hash for sfi";

describe.each(TESTED)("%s", (arch) => {
  const file = join(directory, `next-${arch}.phx`);
  const modules = new Map<string, Buffer>();

  beforeAll(async () => {
    const archive = readArchive(loadAbi(ROOT, arch), readFileSync((await ensureImage("store", arch)).archive));
    for (const { name, bytes } of archive) modules.set(name, Buffer.from(bytes));
  }, LIMIT_MS);

  /** The module as it is, or with another name inside it, and so with another hash. */
  const module = (name: string, changed: boolean): Buffer => {
    const bytes = Buffer.from(modules.get(name) ?? []);
    if (changed) bytes[NAME_AT] = 0x45;
    return bytes;
  };

  const replace = (name: string, bytes: Uint8Array, ...options: string[]): ReturnType<typeof phi> => {
    writeFileSync(file, bytes);
    return phi(["replace", name, file, "--arch", arch, ...options]);
  };

  test("a listed module runs as the old one did, another one in user mode, also when it is started again", {
    timeout: LIMIT_MS,
  }, async () => {
    const same = await replace("clock", module("clock", false), "--before", "date", "--exec", "date; ps");
    const went = /\nclock is replaced: 0 bytes of state went over, callers waited \d+ us at most\n/;
    expect(same.stdout.toString()).toMatch(went);
    expect(same.status).toBe(0);
    const other = await replace("clock", module("clock", true), "--exec", "date; kill clock; date; ps");
    if (wholeMode() !== "hw") expect(other.stdout.toString()).toContain(`us at most; ${NOT_LISTED}\n`);
    expect(other.stdout.toString()).toMatch(/\n20\d\d-.* UTC\n20\d\d-.* UTC\n/);
    expect(other.stdout.toString()).toMatch(/clock +service +(idle|busy) +hw .* 1 \d\d:/);
  });

  test("what is no module, or none of that service's, changes nothing", { timeout: LIMIT_MS }, async () => {
    const cut = module("clock", false).subarray(0, 5000);
    const { stderr, stdout, status } = await replace("clock", cut, "--exec", "date; replace --restart clock nowhere");
    expect(stderr).toMatch(/replace: clock goes on as it was: caller: /);
    expect(stdout.toString()).toMatch(/^20\d\d-.* UTC\n$/);
    expect(stderr).toContain("replace: clock goes on as it was: the boot archive holds no module of that name");
    expect(status).toBe(1);
    // The console's state is nothing that the clock could take over.
    const foreign = await replace("console", module("clock", false), "--exec", "replace nobody clock; echo on");
    expect(foreign.stderr).toMatch(/replace: console goes on as it was: caller: the module or archive/);
    expect(foreign.stderr).toContain("replace: there is no nobody");
    expect(foreign.stdout.toString()).toBe("on\n");
    expect((await phi(["replace", "clock", join(directory, "missing.phx")])).stderr).toContain("does not exist");
  });

  test("a driver's next version takes its disk, and the store another instance of itself", {
    timeout: LIMIT_MS,
  }, async () => {
    const image = join(directory, `disk-${arch}.img`);
    expect((await phi(["disk", "create", image, "64M"])).status).toBe(0);
    expect((await phi(["disk", "put", image, join(ROOT, "docs")])).status).toBe(0);
    const commands = "cp -r docs copy; replace --restart vdfs; ls copy; cat copy/shell.md";
    const { stdout, stderr, status } = await replace(
      ...(["virtio-blk", module("virtio-blk", true), "--restart", "--image", "store", "--disk", image] as const),
      ...["--before", "ls docs; replace virtio-blk", "--exec", commands],
    );
    expect(stderr).toContain("replace: virtio-blk goes on as it was: it hands no state over");
    expect(stdout.toString()).toMatch(/virtio-blk has started anew in its place, after \d+ us/);
    if (wholeMode() !== "hw") expect(stdout.toString()).toContain(NOT_LISTED);
    expect(stdout.toString()).toMatch(/vdfs has started anew in its place, after \d+ us\n/);
    expect(stdout.toString().endsWith(readFileSync(join(ROOT, "docs/shell.md"), "utf8"))).toBe(true);
    expect(status).toBe(0);
    expect((await phi(["disk", "verify", image])).status).toBe(0);
  });
});
