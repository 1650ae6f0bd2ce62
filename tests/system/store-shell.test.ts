// The shell's commands of files on a disk that `phi disk` made: what they did is there for the next machine, and for the host.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { phi, TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 400_000;
const directory = temporaryDirectory();

describe.each(TESTED)("%s", (arch) => {
  test(
    "files that the shell writes, moves and removes are the host's after power-off, and the other way round",
    async () => {
      const disk = join(directory, `${arch}.disk`);
      expect((await phi(["disk", "create", disk, "16M"])).status).toBe(0);
      expect((await phi(["disk", "put", disk, "LICENSE"])).status).toBe(0);
      const shell = async (line: string) => {
        const list = ["boot", "--image", "store", "--arch", arch, "--disk", disk, "--exec", `${line}; poweroff`];
        const { status, stdout, stderr } = await phi(list);
        expect(status).toBe(0);
        return `${stdout.toString()}${stderr}`;
      };
      const first = await shell(
        "mkdir d; write d/note one two; write d/gone x; mv d/note d/kept; rm d/gone; snapshot then; ls d; cat LICENSE",
      );
      expect(first).toMatch(/^file +8 .* kept$/m);
      expect(first).not.toContain("gone");
      expect(first).toContain("Permission is hereby granted");
      const second = await shell("cat d/kept; write d/kept three; cat d/kept; cat nothing; rm d; ls d/../d; df");
      expect(second).toMatch(/^one two$/m);
      expect(second).toMatch(/^three$/m);
      expect(second).toMatch(/cat: .*nothing of that name/);
      expect(second).toMatch(/rm: /);
      expect(second).toMatch(/ls: /);
      const got = join(directory, `${arch}.got`);
      expect((await phi(["disk", "get", disk, "d/kept", got])).status).toBe(0);
      expect((await phi(["disk", "verify", disk])).status).toBe(0);
    },
    LIMIT_MS,
  );
});
