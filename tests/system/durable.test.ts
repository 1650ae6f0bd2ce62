// A disk that takes no write: a program that ended with 0 has the status that says so, because not all that it changed may be durable (status 74).
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
});
