// Packing a host directory: what the companion reads is what lay on the disk; what cannot be packed is refused by name.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packDirectory } from "../../../linker/pack/directory.ts";
import { encodeLaunch } from "../../../linker/pack/launch.ts";
import { type PackedNode, packTree } from "../../../linker/pack/tree.ts";
import * as format from "../../../services/wasi/format.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "phi-pack-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Every path of a packed tree with its content, read as docs/wasi.md says. */
function unpack(bytes: Uint8Array): Map<string, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const names = view.getUint32(format.DIRECTORY_NAMES_AT, true);
  const text = (at: number, length: number) => Buffer.from(bytes.subarray(at, at + length)).toString("latin1");
  const found = new Map<string, string>();
  const paths: string[] = [];
  for (let node = 0; node < view.getUint32(format.DIRECTORY_NODE_COUNT_AT, true); node++) {
    const at = format.DIRECTORY_NODES_AT + node * format.NODE_SIZE;
    const word = (offset: number) => view.getUint32(at + offset, true);
    const name = text(names + word(format.NODE_NAME_AT), word(format.NODE_NAME_LENGTH_AT));
    const path = node === 0 ? "" : `${paths[word(format.NODE_PARENT_AT)]}/${name}`;
    paths.push(path);
    const type = word(format.NODE_TYPE_AT);
    const content = text(word(format.NODE_CONTENT_AT), type === 3 ? 0 : word(format.NODE_CONTENT_LENGTH_AT));
    found.set(path, type === 3 ? "directory" : type === 7 ? `-> ${content}` : content);
  }
  return found;
}

describe("packDirectory", () => {
  it("packs files, directories and links as they are", () => {
    mkdirSync(join(directory, "a/b/c"), { recursive: true });
    writeFileSync(join(directory, "a/b/file"), "content");
    writeFileSync(join(directory, "empty"), "");
    writeFileSync(join(directory, "a/Z"), "capital");
    symlinkSync("../empty", join(directory, "a/link"));
    symlinkSync("/absolute/nowhere", join(directory, "dangling"));
    expect(unpack(packDirectory(directory))).toEqual(
      new Map([
        ["", "directory"],
        ["/a", "directory"],
        ["/dangling", "-> /absolute/nowhere"],
        ["/empty", ""],
        ["/a/Z", "capital"],
        ["/a/b", "directory"],
        ["/a/link", "-> ../empty"],
        ["/a/b/c", "directory"],
        ["/a/b/file", "content"],
      ]),
    );
  });

  it("keeps names that are no UTF-8", () => {
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x66, 0xff])]), "x");
    expect([...unpack(packDirectory(directory)).keys()]).toEqual(["", "/f\xff"]);
  });

  it("leaves out a pipe and says so", () => {
    execFileSync("mkfifo", [join(directory, "pipe")]);
    writeFileSync(join(directory, "file"), "x");
    const skipped: string[] = [];
    const packed = packDirectory(directory, { onSkipped: (path) => skipped.push(path) });
    expect([...unpack(packed).keys()]).toEqual(["", "/file"]);
    expect(skipped).toEqual([join(directory, "pipe")]);
  });

  it("refuses what is no directory, and too much", () => {
    writeFileSync(join(directory, "file"), "0123456789");
    expect(() => packDirectory(join(directory, "nowhere"))).toThrow(/Cannot read the directory .*nowhere: ENOENT/);
    expect(() => packDirectory(join(directory, "file"))).toThrow(/is not a directory/);
    expect(() => packDirectory(directory, { maximumBytes: 9 })).toThrow(/holds more than 9 bytes/);
    expect(packDirectory(directory, { maximumBytes: 10 }).length).toBeGreaterThan(10);
  });
});

describe("packTree", () => {
  const withName =
    (name: string, ...more: string[]) =>
    () =>
      packTree({
        kind: "directory",
        children: [name, ...more].map((text) => ({
          name: Buffer.from(text),
          node: { kind: "file", content: Buffer.from("") } satisfies PackedNode,
        })),
      });

  it.each(["", ".", "..", "a/b", "a\0b", "x".repeat(256)])("refuses the name %j", (name) => {
    expect(withName(name)).toThrow(/Cannot pack a file named/);
  });

  it("refuses two files of one name and a link's target that is too long", () => {
    expect(withName("a", "a")).toThrow(/Two files are named "a"/);
    const link = { kind: "link", target: Buffer.alloc(format.PATH_MAX + 1, "a") } satisfies PackedNode;
    expect(() => packTree({ kind: "directory", children: [{ name: Buffer.from("l"), node: link }] })).toThrow(
      /target of/,
    );
  });
});

describe("encodeLaunch", () => {
  it("refuses zero bytes and too many directories", () => {
    const nothing = { arguments: [], variables: [], directories: [] };
    expect(encodeLaunch(nothing)).toHaveLength(format.LAUNCH_STRINGS_AT);
    expect(() => encodeLaunch({ ...nothing, arguments: ["a\0b"] })).toThrow(/contains a zero byte/);
    expect(() => encodeLaunch({ ...nothing, directories: new Array<string>(17).fill("/") })).toThrow(
      /16 directories at most/,
    );
  });
});
