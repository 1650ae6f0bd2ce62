// A disk that takes no write: a program that ended with 0 has the status that says so, because not all that it changed may be durable (status 74);
// what is there can be read. One that cannot be read says that, however often it is asked.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { buildProgram } from "../wasi/build.ts";
import { phi, TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 400_000;
const NOT_DURABLE = 74;
const scratch = temporaryDirectory();

describe.each(TESTED)("%s", (arch) => {
  test(
    "what a program changed could not be made durable",
    async () => {
      const directory = join(scratch, arch);
      const source = join(directory, "d");
      mkdirSync(source, { recursive: true });
      writeFileSync(join(source, "note"), "from the host\n");
      const program = join(directory, "handed.wasm");
      writeFileSync(program, await buildProgram("handed"));
      const image = join(directory, "image");
      expect((await phi(["disk", "create", image, "4M"])).status).toBe(0);
      expect((await phi(["disk", "put", image, source])).status).toBe(0);
      const rules = join(directory, "rules");
      writeFileSync(rules, '[inject-error]\nevent = "write_aio"\niotype = "write"\nerrno = "5"\nonce = "off"\n');
      const run = async (disk: string) => {
        const machine = ["boot", "--image", "store", "--arch", arch, "--disk", disk, "--program", program];
        return phi([...machine, "--exec", "run --dir d handed"]);
      };
      const failed = await run(`blkdebug:${rules}:${image}`);
      expect([failed.status, failed.stdout.toString()]).toEqual([NOT_DURABLE, expect.stringContaining("write 0")]);
      expect(failed.stderr).toContain("not all that the program has changed may be durable");
      expect((await run(image)).status).toBe(0);
    },
    LIMIT_MS,
  );

  test(
    "a disk that takes no writes can be read, and one that cannot be read says so each time",
    async () => {
      const directory = join(scratch, `${arch}-failing`);
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, "note"), "from the host\n");
      const image = join(directory, "image");
      expect((await phi(["disk", "create", image, "4M"])).status).toBe(0);
      expect((await phi(["disk", "put", image, join(directory, "note")])).status).toBe(0);
      // something that was acknowledged and is in the log alone: whoever takes the store up writes it
      const machine = ["boot", "--image", "store", "--arch", arch, "--disk"];
      expect((await phi([...machine, image, "--exec", "write logged durable"])).status).toBe(0);
      const failing = async (event: string, line: string) => {
        const rules = join(directory, event);
        writeFileSync(
          rules,
          `[inject-error]\nevent = "${event}"\niotype = "${event.slice(0, -4)}"\nerrno = "5"\nonce = "off"\n`,
        );
        const { stdout, stderr } = await phi([...machine, `blkdebug:${rules}:${image}`, "--exec", line]);
        return stdout.toString() + stderr;
      };
      const unwritable = await failing("write_aio", "cat logged; write x y; cat note; write x y; cat logged; cat x");
      expect(unwritable.match(/durable/g)).toHaveLength(2);
      expect(unwritable).toContain("from the host");
      expect(unwritable.match(/write: callee: the device failed/g)).toHaveLength(2);
      expect(unwritable).toContain("cat: x: caller: there is nothing of that name");
      const unreadable = await failing("read_aio", "ls;".repeat(20));
      expect(unreadable.match(/ls: callee: the device failed/g)).toHaveLength(20);
    },
    LIMIT_MS,
  );
});
