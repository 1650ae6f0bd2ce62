// The shell's commands of files on a disk that `phi disk` made: what they did is there for the next machine, and for the host.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileDisk } from "../../scripts/vdfs/disk.ts";
import { ROOT_NODE, Store } from "../../scripts/vdfs/store.ts";
import { createIndex } from "../../scripts/vdfs/vector-files.ts";
import { METRIC } from "../../scripts/vdfs/vectors.ts";
import { phi, TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 400_000;
const directory = temporaryDirectory();

/** A disk with two small vector indices. */
async function makeDisk(file: string): Promise<void> {
  const disk = FileDisk.create(file, 16 << 20);
  const store = await Store.create(disk);
  store.format([1n, 2n]);
  for (const name of ["first", "second"]) {
    const index = await createIndex(store, ROOT_NODE, name, {
      dimensions: 4,
      metric: METRIC.l2,
      links: 4,
      breadth: 10,
    });
    for (let of = 0; of < 12; of++) index.insert(`v${of}`, Float32Array.of(of, of * of, 1, 0));
    expect(index.commit()).toBe(0);
  }
  store.call("checkpoint");
  disk.close();
}

describe.each(TESTED)("%s", (arch) => {
  test(
    "files that the shell writes, moves and removes are the host's after power-off, and the other way round",
    async () => {
      const disk = join(directory, `${arch}.disk`);
      await makeDisk(disk);
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
      const second = await shell(
        "cat ./d/./kept; write d/kept three; cat d/kept; cat nothing; rm d; ls d/../d; ls ./d/.; ls .; df",
      );
      expect(second).toMatch(/^one two$/m);
      expect(second).toMatch(/^three$/m);
      expect(second).toMatch(/^cat: nothing: caller: there is nothing of that name$/m);
      expect(second).toMatch(/^rm: /m);
      expect(second).toMatch(/^ls: \.\.: /m);
      expect(second).toMatch(/^file +6 .* kept$/m);
      expect(second).toMatch(/^directory .* d\/$/m);
      expect(second).not.toMatch(/^ls: \.: /m);
      // the service of vectors finds the store again that was killed, for an index that it has open and for another
      const third = await shell(
        "search first v3; kill vdfs; search first v3; search second v3; kill vdfs; search second v3; write d/after x",
      );
      expect(third.match(/^1[0-9.]* +v[24]$|^[0-9.]+ +v[24]$/gm)?.length).toBe(8);
      expect(third).not.toMatch(/^search: /m);
      // the number of what was made after it was killed is none that its former instances can have given to anybody
      const after = FileDisk.open(disk, false);
      const store = await Store.create(after);
      store.mount(true);
      const d = store.lookup(ROOT_NODE, "d").node;
      expect(store.lookup(d, "kept").node).toBeLessThan(1n << 26n);
      expect(store.lookup(d, "after").node).toBeGreaterThan(1n << 26n);
      after.close();
      const got = join(directory, `${arch}.got`);
      expect((await phi(["disk", "get", disk, "d/kept", got])).status).toBe(0);
      expect((await phi(["disk", "verify", disk])).status).toBe(0);
    },
    LIMIT_MS,
  );

  test(
    "an NVMe disk is the store's where there is no virtio disk, also when its driver dies",
    async () => {
      const disk = join(directory, `${arch}-nvme.disk`);
      await makeDisk(disk);
      const list = ["boot", "--image", "store", "--arch", arch, "--disk", `${disk},interface=nvme`, "--exec"];
      const result = await phi([...list, "write note kept; kill nvme; cat note; search first v3; poweroff"]);
      const output = result.stdout.toString();
      expect(output).toMatch(/^kept$/m);
      expect(output.match(/^[0-9.]+ +v[24]$/gm)).toHaveLength(2);
      expect((await phi(["disk", "get", disk, "note", join(directory, `${arch}-nvme.got`)])).status).toBe(0);
    },
    LIMIT_MS,
  );

  test(
    "a store that is killed again and again leaves nothing behind, and what it was asked is answered each time",
    async () => {
      const disk = join(directory, `${arch}-killed.disk`);
      await makeDisk(disk);
      const round = "kill vdfs; ls; search first v3";
      const commands = ["search first v3; ps", round, round, round, round, "ps; poweroff"].join("; ");
      const result = await phi(["boot", "--image", "store", "--arch", arch, "--disk", disk, "--exec", commands]);
      const output = result.stdout.toString();
      expect(output.match(/^directory .* first\/$/gm)).toHaveLength(4);
      expect(output.match(/^[0-9.]+ +v[24]$/gm)).toHaveLength(10);
      const [before, after] = [...output.matchAll(/^ +1 init .* (\d+) ([KM])iB /gm)].map(
        ([, amount, unit]) => Number(amount) * (unit === "M" ? 1024 : 1),
      ) as [number, number];
      expect(after).toBeLessThan(before + 512);
      expect(result.status).toBe(0);
    },
    LIMIT_MS,
  );

  test(
    "a tree of the host's is copied as far as it can be read, and again over itself; what a name says to a terminal is not done",
    async () => {
      const disk = join(directory, `${arch}-tree.disk`);
      await makeDisk(disk);
      const shared = join(directory, `${arch}-shared`);
      mkdirSync(join(shared, "deep"), { recursive: true });
      const evil = "evil\x1b]0;title\x07\nname";
      for (const name of ["a", "z", evil, "deep/damaged"]) writeFileSync(join(shared, name), `this is ${name}`);
      symlinkSync("a", join(shared, "link"));
      execFileSync("mkfifo", [join(shared, "pipe")]);
      const shell = async (...list: readonly string[]) =>
        phi(["boot", "--image", "store", "--arch", arch, "--disk", disk, "--share", shared, "--exec", ...list]);
      for (const files of [5, 5]) {
        const { status, stdout, stderr } = await shell("cp -r host: tree; ls tree");
        expect(stderr.toString()).toMatch(/^cp: pipe: caller: the capability lacks the right/);
        expect(stdout.toString()).toMatch(new RegExp(`^${files} files, `));
        for (const name of ["a", "z", "deep/", "link -> a", "evil?]0;title??name"])
          expect(
            stdout
              .toString()
              .split("\n")
              .some((line) => line.endsWith(`  ${name}`)),
            name,
          ).toBe(true);
        expect(stdout.toString()).not.toContain("pipe");
        expect(stdout.toString()).not.toContain("\x1b]");
        expect(status).toBe(0);
      }
      expect((await shell("cp -r host: tree")).status).toBe(1);

      // one page on the disk becomes another: that file does not come out, all others do
      const mark = "content that is on the disk once";
      writeFileSync(join(directory, "damaged"), mark.repeat(200));
      expect((await phi(["disk", "put", disk, join(directory, "damaged"), "--to", "tree/deep"])).status).toBe(0);
      const bytes = readFileSync(disk);
      for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at)) bytes[at] = 0;
      writeFileSync(disk, bytes);
      const out = await shell("cp -r tree host:back");
      expect(out.stderr.toString()).toMatch(/^cp: damaged: callee: what lies on the disk is not what was written/);
      expect(out.status).toBe(1);
      expect(readdirSync(join(shared, "back"), { recursive: true }).sort()).toEqual(["a", "deep", evil, "link", "z"]);
    },
    LIMIT_MS,
  );

  test(
    "without a disk, a store or a host's directory each command of files says what to do",
    async () => {
      const foreign = join(directory, `${arch}-foreign`);
      writeFileSync(foreign, Buffer.alloc(4 << 20, "no store"));
      const list = ["boot", "--image", "store", "--arch", arch, "--exec", "df; ls; cp -r host: x; ls host:"];
      const [bare, other] = [await phi(list), await phi([...list, "--disk", foreign])];
      const half = join(directory, `${arch}-half`);
      await makeDisk(half);
      truncateSync(half, 8 << 20);
      const cut = await phi(["boot", "--image", "store", "--arch", arch, "--disk", half, "--exec", "ls", "--verbose"]);
      expect(cut.stderr.toString()).toMatch(/^ls: .*what lies on the disk is not what was written$/m);
      expect(cut.stderr.toString()).toMatch(
        /vdfs: the disk is not mounted: it is cut short: 2048 of 4096 pages are there/,
      );
      const host = /^(cp|ls): the host shares no directory; `.*--share DIRECTORY`/gm;
      expect(bare.stderr.toString()).toMatch(
        /^df: this machine has no disk; .*--disk FILE.*\nls: this machine has no disk/,
      );
      expect(other.stderr.toString()).toMatch(
        /^df: there is no store on this disk; `phi disk create .*\nls: there is no store/,
      );
      for (const { status, stderr } of [bare, other])
        expect([status, stderr.toString().match(host)?.length]).toEqual([1, 2]);
      expect(readFileSync(foreign).every((byte, at) => byte === "no store".charCodeAt(at % 8))).toBe(true);
    },
    LIMIT_MS,
  );
});
