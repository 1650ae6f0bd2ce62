// Where every field of the kernel's structures lies and what it points to, read from the sources of the kernel itself, so
// that the proof follows them. Called by invariant.ts. Invariant: a class whose fields cannot be read is an error, and the
// offsets agree with the constants that the assembly uses (checked in proof.test.ts).

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Field {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  /** Class that it points to; "" = a number. */
  readonly target: string;
}

export interface Layout {
  readonly name: string;
  readonly base: string;
  readonly fields: readonly Field[];
}

export interface KernelSources {
  readonly classes: ReadonlyMap<string, Layout>;
  /** Class of every global variable that is a reference, by its name in the module: kernel/cap/table/first_free. */
  readonly globals: ReadonlyMap<string, string>;
  /** Numeric constants of all files, by name, those that several files define differently left out. */
  readonly constants: ReadonlyMap<string, bigint>;
}

const BYTES: Record<string, number> = {
  u8: 1,
  i8: 1,
  bool: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  usize: 4,
  u64: 8,
  i64: 8,
};

function files(root: string, directory: string): string[] {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    return entry.isDirectory() ? files(root, path) : entry.name.endsWith(".ts") ? [path] : [];
  });
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}

/** `patch` is what a seeded bug changes. */
export function readSources(root: string, patch: ReadonlyMap<string, string> = new Map()): KernelSources {
  const classes = new Map<string, Layout>();
  const globals = new Map<string, string>();
  const constants = new Map<string, bigint | null>();
  const pending: { name: string; base: string; body: string }[] = [];
  for (const path of files(root, "kernel")) {
    const text = withoutComments(patch.get(path) ?? readFileSync(join(root, path), "utf8"));
    for (const [, name, base, body] of text.matchAll(
      /@unmanaged\s+export class (\w+)(?: extends (\w+))? \{\n([\s\S]*?)\n\}/g,
    ))
      pending.push({ name: name as string, base: base ?? "", body: body as string });
    for (const [, name, type] of text.matchAll(/^(?:export )?let (\w+): (\w+) = none</gm))
      globals.set(`${path.replace(/\.ts$/, "")}/${name}`, type as string);
    for (const [, name, value] of text.matchAll(/^(?:export )?const (\w+): (?:[ui]\d+|usize) = (-?[\w]+);/gm)) {
      const plain = (value as string).replace(/_/g, "");
      if (!/^-?(0x[\da-f]+|\d+)$/i.test(plain)) continue;
      const number = plain.startsWith("-") ? -BigInt(plain.slice(1)) : BigInt(plain);
      const before = constants.get(name as string);
      constants.set(name as string, before === undefined || before === number ? number : null);
    }
  }
  const place = ({ name, base, body }: { name: string; base: string; body: string }): void => {
    if (classes.has(name)) return;
    const parent = base === "" ? undefined : pending.find((other) => other.name === base);
    if (base !== "" && parent === undefined) throw new Error(`${name} extends ${base}, which is not there`);
    if (parent !== undefined) place(parent);
    const inherited = parent === undefined ? [] : (classes.get(base) as Layout).fields;
    const fields: Field[] = [...inherited];
    let offset = fields.reduce((end, field) => Math.max(end, field.offset + field.bytes), 0);
    for (const [, field, type] of body.matchAll(/^ {2}(\w+): (\w+);/gm)) {
      const target = BYTES[type as string] === undefined ? (type as string) : "";
      const bytes = BYTES[type as string] ?? 4;
      offset = Math.ceil(offset / bytes) * bytes;
      fields.push({ name: field as string, offset, bytes, target });
      offset += bytes;
    }
    classes.set(name, { name, base, fields });
  };
  for (const one of pending) place(one);
  for (const layout of classes.values()) {
    for (const field of layout.fields) {
      if (field.target !== "" && !classes.has(field.target))
        throw new Error(`${layout.name}.${field.name}: class ${field.target}?`);
    }
  }
  const sure = [...constants].filter((pair): pair is [string, bigint] => pair[1] !== null);
  return { classes, globals, constants: new Map(sure) };
}
