// Modules that come while the system runs: from the archive and from outside, sfi by their hash alone, gone without a trace when
// they end. `phi load` is how a file of the host's reaches the guest.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { loadAbi } from "../../linker/abi/constants.ts";
import { readArchive } from "../../linker/archive.ts";
import { blake3 } from "../../linker/phx/blake3.ts";
import { ensureImage, wholeMode } from "../../scripts/phi/artifacts.ts";
import { ROOT } from "../../scripts/phi/paths.ts";
import { testModule } from "../guest-image.ts";
import { bootWithServices, guestSource } from "./extra-service.ts";
import { phi, TESTED, temporaryDirectory } from "./support.ts";

const directory = temporaryDirectory();
const LIMIT_MS = 300_000;
const HASH_AT = 96;
const NAME_AT = 128;
const ROUNDS = 8;

describe.each(TESTED)("%s", (arch) => {
  test("a module of the archive that nothing was made of is loaded, called, and gone when it ends", {
    timeout: LIMIT_MS,
  }, async () => {
    const { bytes } = await testModule(arch, { name: "adder", entry: guestSource("adder") });
    await using guest = await bootWithServices(arch, directory, {}, ["adder"]);
    await guest.waitForPrompt();
    expect(await guest.run("load adder")).toMatch(/adder runs as unit \d+, sfi: the image lists its hash\./);
    expect(await guest.run("call adder 3")).toMatch(/adder: hello\s+13/);
    expect(await guest.run("call adder 1 20 22")).toContain("42");
    expect(await guest.run("load adder")).toContain("a unit of that name runs already");
    expect(await guest.run("attest adder")).toContain("that is none");
    expect(await guest.run("call adder 2")).toContain("callee: the service trapped");
    expect(guest.output).toMatch(/adder: trap: unreachable executed/); // init is told first
    expect(await guest.run("call adder 1")).toContain("there is no adder");
    expect(await guest.run("load --hw adder")).toMatch(/unit \d+, hw\./);
    expect(await guest.run("ps")).toMatch(/adder +loaded +idle +hw /);
    expect(await guest.run("call adder 1 1 2")).toContain("3");
    await guest.run("kill adder");
    // An enclave has no buffer with the console: it can say nothing there, and answers calls.
    expect(await guest.run("load --enclave adder")).toContain("an enclave: it shares nothing");
    expect(await guest.run("ps")).toMatch(/adder +loaded +idle +enclave /);
    expect(await guest.run("call adder 1 3 4")).toContain("7");
    expect(await guest.run("call adder 3")).toContain("caller: an argument is out of range");
    const hash = Buffer.from(blake3(bytes.slice().fill(0, HASH_AT, HASH_AT + 32))).toString("hex");
    expect(await guest.run("attest adder")).toContain(`adder is an enclave of module ${hash} (BLAKE3)`);
    expect(await guest.run("caps adder")).not.toMatch(/region|device/);
    await guest.run("kill adder");
    // Nothing is left, however often.
    const memory = async (): Promise<string | undefined> => /init +(\d+ KiB)/.exec(await guest.run("mem"))?.[1];
    const [held, before] = [await memory(), await guest.run("caps init")];
    for (let round = 0; round < ROUNDS; round++) await guest.run("load adder; call adder 3; kill adder");
    expect(await memory()).toBe(held);
    const lines = (text: string): number => text.split("\n").length;
    expect(lines(await guest.run("caps init"))).toBe(lines(before));
    expect(await guest.run("load nowhere")).toContain("the boot archive holds no module of that name");
  });

  describe("a file from outside", () => {
    const file = join(directory, `echo-${arch}.phx`);
    let module: Buffer;

    beforeAll(async () => {
      const archive = readArchive(loadAbi(ROOT, arch), readFileSync((await ensureImage("shell", arch)).archive));
      module = Buffer.from(archive.find(({ name }) => name === "echo")?.bytes ?? []);
    }, LIMIT_MS);

    const load = (bytes: Uint8Array, ...options: string[]): ReturnType<typeof phi> => {
      writeFileSync(file, bytes);
      return phi(["load", file, "--name", "brought", "--arch", arch, ...options]);
    };

    test("runs sfi when the image lists its hash, and answers calls", { timeout: LIMIT_MS }, async () => {
      const { status, stdout } = await load(module, "--exec", "call brought 1 20 22");
      const mode = wholeMode() === "hw" ? "hw: the image does not list" : "sfi: the image lists";
      expect(stdout.toString()).toContain(`${mode} its hash`);
      expect(stdout.toString()).toContain("\n42\n");
      expect(status).toBe(0);
    });

    test("runs hw when one byte of it differs, and never sfi", { timeout: LIMIT_MS }, async () => {
      const changed = Buffer.from(module);
      changed[NAME_AT] = 0x45; // "Echo": harmless, and another hash
      const { stdout, status } = await load(changed, "--exec", "call brought 1 20 22");
      expect(stdout.toString()).toContain("hw: the image does not list its hash for sfi.\n42\n");
      expect(status).toBe(0);
      const refused = await load(changed, "--mode", "sfi");
      expect(refused.stderr).toContain("brought: the image does not list its hash for sfi; load it without --sfi.");
      expect(refused.status).toBe(1);
    });

    test.each([
      ["no .phx", () => Buffer.alloc(5000, "Not a module. ")],
      ["half of one", () => module.subarray(0, module.length >> 1)],
      ["nothing but a few bytes", () => module.subarray(0, 100)],
    ])("%s is refused for what it is", async (_what, bytes) => {
      const { stderr, status } = await load(bytes(), "--exec", "call brought 1");
      expect(stderr).toContain("brought: that is no .phx of this version for this architecture.");
      expect(stderr).toContain("there is no brought");
      expect(status).toBe(1);
    });
  });
});
