// The shell as a whole: sessions in, text and statuses out.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { World } from "./world.ts";

const COMPILE_LIMIT_MS = 60_000;

beforeAll(() => exec(""), COMPILE_LIMIT_MS);

async function exec(commands: string, world = new World()): Promise<World> {
  return world.run({ exec: commands });
}

describe("--exec", () => {
  it("prints the commands' output alone, reports the last status and powers off with it", async () => {
    const world = await exec("echo one; echo 'two  three' \"a;b\" c\\ d");
    expect(world.output).toBe("one\ntwo  three a;b c d\n");
    expect([world.exitStatus, world.power, world.errors]).toEqual([0, 0, ""]);
  });

  it("goes on after a command that failed; the last status counts, $? is the one before", async () => {
    const world = await exec("nonsense; echo $? \"$?\" '$?'; frobnicate");
    expect(world.output).toBe("127 127 $?\n");
    expect(world.exitStatus).toBe(127);
  });

  it("takes lines and comments", async () => {
    expect((await exec("echo a # b; echo c\necho d#e")).output).toBe("a\nd#e\n");
  });

  it("exit leaves at once with its status", async () => {
    const world = await exec("exit 3; echo never");
    expect([world.output, world.exitStatus, world.power]).toEqual(["", 3, 3]);
    expect((await exec("nonsense; exit")).exitStatus).toBe(127);
    expect((await exec("nonsense; poweroff")).exitStatus).toBe(0);
    const bad = await exec("exit 256; echo on");
    expect(bad.errors).toContain("from 0 to 255");
    expect(bad.output).toBe("on\n");
  });

  it("refuses an open quotation mark and lines that are too long, with a sentence", async () => {
    expect((await exec("echo 'x")).errors).toBe("A quotation mark has no partner.\n");
    const many = await exec(`echo ${"w ".repeat(70)}; echo ok`);
    expect(many.errors).toBe("That line has too many words.\n");
    expect(many.output).toBe("ok\n");
    expect((await exec(`echo ${"x".repeat(9000)}`)).exitStatus).toBe(1);
  });
});

describe("at the prompt", () => {
  it("prompts, runs lines, abandons one at ^C, and powers off at the end of input", async () => {
    const world = await new World().run({ lines: ["echo hi", null, "echo $?"] });
    expect(world.output).toBe("φ> hi\nφ> φ> 130\nφ> ");
    expect(world.power).toBe(0);
  });

  it("uses colours on a terminal only", async () => {
    const world = new World();
    world.tty = true;
    expect((await world.run({ lines: ["ps"] })).output).toMatch(/^φ> \x1b\[1m.* TIME\x1b\[0m\n/);
    expect((await exec("help; ps; caps; mem; trace")).output).not.toContain("\x1b");
  });
});

describe("help", () => {
  it("lists every command, and docs/shell.md describes each", async () => {
    const names = [...(await exec("help")).output.matchAll(/^ {2}(\S+) {2,}\S/gm)].map((match) => match[1]!);
    const wanted = "help ps caps mem log run kill restart trace echo clear exit poweroff uptime date".split(" ");
    expect(names).toEqual(expect.arrayContaining(wanted));
    const page = readFileSync(new URL("../../../docs/shell.md", import.meta.url), "utf8");
    for (const name of names) {
      expect(page, `docs/shell.md on ${name}`).toMatch(new RegExp(`^\\| \`${name}[ \`]`, "m"));
      const explained = (await exec(`help ${name}`)).output;
      expect(explained.split("\n")[0]).toMatch(new RegExp(`^${name}\\b`));
      for (const line of explained.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  it("suggests the nearest command", async () => {
    for (const [typed, meant] of [
      ["hlep", "help"],
      ["pss", "ps"],
      ["PS", "ps"],
      ["poweof", "poweroff"],
      ["rum", "run"],
    ]) {
      const world = await exec(typed!);
      expect(world.errors).toContain(`${typed}: there is no such command; did you mean \`${meant}`);
      expect(world.exitStatus).toBe(127);
    }
    expect((await exec("xyzzy")).errors).toContain("`help` lists them");
  });
});

describe("units", () => {
  it("ps shows one line a unit", async () => {
    const lines = (await exec("ps")).output.split("\n");
    expect(lines[1]).toMatch(/^ {4}1 init +service +busy +sfi +0 +40 KiB +0 +0 00:00:00\.000$/);
    expect(lines[2]).toMatch(/^ {4}2 console +service +idle +sfi +0 +20 MiB +17 +2 00:00:00\.000$/);
  });

  it("caps names rights and types", async () => {
    const world = await exec("caps console");
    expect(world.output).toMatch(
      /^console +id 2\n +4\.1 +device +object +77 +from nothing +load store\n +5\.2 +endpoint +object +78 +from 3\.1 +badge 0x102 +call share\n$/,
    );
    expect((await exec("caps")).output).toMatch(/^init[\s\S]*\n2 listed, 4000 in the kernel's table\n$/);
    expect((await exec("caps nobody")).errors).toContain("there is no nobody");
  });

  it("has a name for every type and right that the kernel knows", async () => {
    const text = readFileSync(new URL("../../../kernel/abi/rights.ts", import.meta.url), "utf8");
    const numbers = new Map(
      [...text.matchAll(/^export const (\w+): u32 = (\w+);/gm)].map((m) => [m[1] as string, Number(m[2])]),
    );
    const types = [...numbers].filter(([name]) => /^TYPE_(?!NONE|COUNT)/.test(name));
    const world = new World();
    world.units = types.map(([name, type], place) => {
      const own = [...numbers].filter(
        ([right]) => right.startsWith(`${name.slice(5)}_`) && !/_(ALL|METHODS|SHIFT)$/.test(right),
      );
      const rights = own.reduce((bits, [, bit]) => bits | bit, 0xc000);
      return {
        id: place + 1,
        name: name.slice(5).toLowerCase(),
        fields: { 256: 1 },
        caps: [{ handle: 4n, type, rights, badge: 0n, object: 77 }],
      };
    });
    await world.run({ exec: "caps" });
    expect(world.output.match(/^\S+ +id \d+$/gm)).toHaveLength(types.length);
    expect(world.output).toMatch(/read write map pin revoke share$/m);
    expect(world.output).not.toMatch(/\?|unknown/);
  });

  it("mem shows totals and units", async () => {
    const { output } = await exec("mem");
    expect(output).toMatch(/^free +3 MiB|^free +4000 KiB/m);
    expect(output).toMatch(/^ +2 console +20 MiB/m);
  });

  it("mem says what is paid for and not taken yet, in place of what the kernel would have less than none of", async () => {
    const world = new World();
    world.kernelFrames = 0xffff_ff00n;
    await exec("mem", world);
    expect(world.output).toMatch(/^ {2}paid ahead +1024 KiB$/m);
    expect(world.output).not.toMatch(/kernel|16777215/);
  });

  it("kill and restart by name or id", async () => {
    const world = await exec("kill console; restart 1; kill; kill nobody");
    expect(world.calls).toEqual(["kill 2", "restart 1"]);
    expect(world.errors).toBe(
      "kill: whom? Give a name or an id of `ps`.\nkill: there is no nobody; `ps` lists what runs.\n",
    );
  });
});

describe("live commands", () => {
  it("replace says what went over and how long callers waited, and of what module", async () => {
    const world = await exec("replace console; replace 2 next; replace");
    expect(world.calls).toEqual(["replace 2 ", "replace 2 next"]);
    expect(world.output).toBe(
      "console is replaced: 24 bytes of state went over, callers waited 12345 us at most\n2 is replaced: 24 bytes of state went over, callers waited 12345 us at most\n",
    );
    expect(world.errors).toContain("replace: whom?");
  });

  it("trace export writes every event for a program, top a table for each interval", async () => {
    const { output } = await exec("trace export");
    expect(output).toMatch(/^trace 1 \d+ \d+ \d+\ndomain \d+ /);
    expect((await exec("top 1 2")).output.match(/SHARE/g)).toHaveLength(2);
    expect((await exec("top 0")).errors).toContain("SECONDS is 1 to 3600");
  });
});

describe("programs", () => {
  it("runs one with its arguments, in user mode unless told otherwise", async () => {
    const world = await exec("run hello 'a b' c; run --sfi lua; run lua x &");
    expect(world.calls).toEqual(["run hello [hello,a b,c] 1 1", "run lua [lua] 0 1", "run lua [lua,x] 1 0"]);
    expect(world.output).toBe("[9]\n");
  });

  it("shows how it ended", async () => {
    const world = new World();
    world.ends = [3, 0];
    await exec("run hello; echo $?", world);
    expect([world.errors, world.output]).toEqual(["exit status 3\n", "3\n"]);
    const trapped = new World();
    trapped.ends = [134, 33];
    await exec("run hello", trapped);
    expect([trapped.errors, trapped.exitStatus]).toEqual(["The program trapped: stack overflow.\n", 134]);
  });

  it("says what there is to run", async () => {
    expect((await exec("programs")).output).toBe("hello\nlua\n");
    const world = await exec("run helo");
    expect(world.errors).toContain("helo: the boot archive holds no program of that name; `programs` lists them.");
    expect(world.exitStatus).toBe(127);
    expect((await exec("run")).errors).toContain("which program?");
  });
});

describe("records and time", () => {
  it("log prints the ring from its oldest whole line", async () => {
    const world = new World();
    world.log = "boot\nready\n";
    expect((await exec("log", world)).output).toBe("boot\nready\n");
    const long = new World();
    long.log = `${"0123456789\n".repeat(7000)}last\n`;
    const { output } = await exec("log", long);
    expect(output.startsWith("\n0123456789\n") || output.startsWith("0123456789\n")).toBe(true);
    expect(output.endsWith("0123456789\nlast\n")).toBe(true);
    expect(output.length).toBeGreaterThan(65_000);
  });

  it("trace shows events", async () => {
    const { output } = await exec("trace show 1; trace");
    expect(output).toMatch(/600 {2}trap +2 {2}kind 32 address 0xdead\n/);
    expect(output).toMatch(/500 {2}call +2 {2}to 3\n/);
    expect((await exec("trace bogus")).errors).toContain("trace on");
  });

  it("date and uptime", async () => {
    expect((await exec("date")).output).toBe(
      `${new Date(1_795_301_583_000).toISOString().slice(0, 19).replace("T", " ")} UTC\n`,
    );
    expect((await exec("uptime")).output).toMatch(
      /^up 01:02:03\.004, 2000 domains.*\ncounter at 5000000, at 8000 when the kernel began\n$/,
    );
    for (const day of ["1970-01-01", "2000-02-29", "2100-03-01", "2026-12-31"]) {
      const world = new World();
      world.realtime = BigInt(Date.parse(`${day}T23:59:59Z`)) * 1_000_000n;
      expect((await exec("date", world)).output).toBe(`${day} 23:59:59 UTC\n`);
    }
    const none = new World();
    none.realtime = -15n;
    expect((await exec("date", none)).errors).toMatch(/^date: /);
  });
});
