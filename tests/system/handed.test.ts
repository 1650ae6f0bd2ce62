// Directories that the shell hands to programs, of the store and of the host's: what each can do there, and that nothing above or beside is there for it;
// and a tree that goes from the host into the store and back, and comes out after the power was off.
// In both isolation modes; in hw on x86_64 both devices are behind the IOMMU.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../unit/wasi-service/companion.ts";
import { buildProgram } from "../wasi/build.ts";
import { phi, TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 400_000;
const FILES = readFileSync(join(ROOT, "tests/wasi/expected/files.txt"), "utf8");
const scratch = temporaryDirectory();
const ALL = "write 0 again 0 mkdir 0 rename 0 unlink 0 rmdir 0";
/** Read-only, each after what is wrong with the path itself. */
const NONE = "write 69 again 69 mkdir 69 rename 44 unlink 44 rmdir 44";

async function program(name: "files" | "handed" | "steady"): Promise<string> {
  const file = join(scratch, `${name}.wasm`);
  writeFileSync(file, await buildProgram(name));
  return file;
}

describe.each(TESTED.flatMap((arch) => (["sfi", "hw"] as const).map((mode) => ({ arch, mode }))))(
  "$arch $mode",
  ({ arch, mode }) => {
    test(
      "a program reads and changes what it was handed, in the way it was handed",
      async () => {
        const share = mkdtempSync(join(scratch, "share-"));
        mkdirSync(join(share, "d"));
        writeFileSync(join(share, "d/note"), "from the host\n");
        writeFileSync(join(share, "d/note2"), "old");
        for (const name of ["note", "note2"]) writeFileSync(join(share, name), "from the host\n");
        const tree = join(share, "tree");
        for (let i = 0; i < 120; i++) {
          const folder = join(tree, `folder-${i % 12}`, "deep");
          mkdirSync(folder, { recursive: true });
          // every content twice
          writeFileSync(join(folder, `file-${i}`), `${i >> 1}`.repeat(100 * (i >> 1)));
        }
        symlinkSync("folder-0/deep/file-0", join(tree, "link"));
        const disk = join(share, "disk");
        expect((await phi(["disk", "create", disk, "16M"])).status).toBe(0);
        const commands = [
          "cp -r host:d d; mkdir empty; cp -r host:tree tree; cp -r tree host:back",
          "run handed; run --dir d --read d::r --read host:d::hr --dir host:d::hw handed",
          "run --dir d/note handed; run --dir ../d handed; run --dir host:disk handed",
          "run --read d --read host:d::hr --read host:::root handed; ls d; ls host:d; cat d/note2",
          "run --dir empty files; ls empty; run --read empty::e handed",
        ];
        const machine = arch === "x86_64" && mode === "hw" ? ["--iommu", "on"] : [];
        const programs = ["--program", await program("handed"), "--program", await program("files")];
        const result = await phi([
          ...[
            "boot",
            "--image",
            "store",
            "--arch",
            arch,
            "--isolation",
            mode,
            "--disk",
            disk,
            "--share",
            share,
            ...machine,
          ],
          ...[...programs, "--exec", commands.join("; ")],
        ]);
        const output = result.stdout.toString();
        expect(result.status).toBe(0);
        const handed = output.split("\n").filter((line) => line.includes(": note "));
        expect(handed).toEqual([
          `d: note 'from the host' above 63 ${ALL}`,
          `r: note 'from the host' above 63 ${NONE}`,
          `hr: note 'from the host' above 63 ${NONE}`,
          `hw: note 'from the host' above 63 ${ALL}`,
          `d: note 'from the host' above 63 ${NONE}`,
          `hr: note 'from the host' above 63 ${NONE}`,
          `root: note 'from the host' above 63 ${NONE}`,
          `e: note 'errno 44' above 63 write 69 again 44 mkdir 69 rename 44 unlink 44 rmdir 44`,
        ]);
        expect(result.stderr.match(/^run: .*caller: /gm)).toHaveLength(3);
        expect(output).toContain(FILES);
        expect(output.match(/note2$/gm)).toHaveLength(2);
        expect(readdirSync(join(share, "d")).sort()).toEqual(["note", "note2"]);
        expect(readFileSync(join(share, "d/note2"))).toEqual(Buffer.from("fro"));
        expect((await phi(["disk", "verify", disk])).status).toBe(0);
        expect(output).toMatch(/^121 files, 25 directories, /m);
        const got = join(share, "got");
        expect((await phi(["disk", "get", disk, "tree", got])).status).toBe(0);
        for (const copy of [got, join(share, "back")]) execFileSync("diff", ["-r", "--no-dereference", tree, copy]);
      },
      LIMIT_MS,
    );

    test.each(["vdfs", "host"])(
      "a directory that was handed on is good again after %s died",
      async (server) => {
        const share = mkdtempSync(join(scratch, "share-"));
        mkdirSync(join(share, "d/deep"), { recursive: true });
        const disk = join(share, "disk");
        expect((await phi(["disk", "create", disk, "16M"])).status).toBe(0);
        const directory = server === "host" ? "host:d/deep" : "d";
        // what a second of `top` is for here is the second
        const commands = [`run --dir ${directory} steady &`, "top 1 1", `kill ${server}`, "top 1 1", "wait steady"];
        const result = await phi([
          ...["boot", "--image", "store", "--arch", arch, "--isolation", mode, "--disk", disk, "--share", share],
          ...["--program", await program("steady"), "--exec", ["mkdir d", ...commands, "ls d; ls host:d"].join("; ")],
        ]);
        const output = result.stdout.toString();
        expect(output).toMatch(/^steady: (\d+) of 0.*, last 0$/m);
        expect(Number(/^steady: (\d+) of 0/m.exec(output)?.[1])).toBeGreaterThan(20);
        expect(result.status).toBe(0);
      },
      LIMIT_MS,
    );

    test(
      "a directory of the host's that was handed on, and is another one when its server is back, is not entered",
      async () => {
        const share = mkdtempSync(join(scratch, "share-"));
        mkdirSync(join(share, "d/deep"), { recursive: true });
        const commands = [
          ...["run --dir host:d/deep steady &", "top 1 1", "mv host:d/deep host:d/old; mkdir host:d/deep"],
          ...["kill host", "wait steady", "ls host:d/deep"],
        ];
        const result = await phi([
          ...["boot", "--image", "store", "--arch", arch, "--isolation", mode, "--share", share],
          ...["--program", await program("steady"), "--exec", commands.join("; ")],
        ]);
        expect(result.stdout.toString()).toMatch(/^steady: .*[1-9]\d* of 72, last 72$/m);
        expect(readdirSync(join(share, "d/deep"))).toEqual([]);
      },
      LIMIT_MS,
    );
  },
);
