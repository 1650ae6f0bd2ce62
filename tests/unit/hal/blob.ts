// Writes flattened device trees (Devicetree Specification 0.4, chapter 5) for the tests of the riscv64 hal.

export type Value = number | bigint | string | readonly (number | bigint)[] | Uint8Array;

export interface TreeNode {
  readonly properties?: Readonly<Record<string, Value>>;
  readonly nodes?: Readonly<Record<string, TreeNode>>;
}

/** A bigint takes two cells, a number one; a text ends with a zero. */
function bytesOf(value: Value): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value === "string") return Buffer.from(`${value}\0`);
  const list = typeof value === "number" || typeof value === "bigint" ? [value] : value;
  return Buffer.concat(
    list.map((cell) => {
      const bytes = Buffer.alloc(typeof cell === "bigint" ? 8 : 4);
      if (typeof cell === "bigint") bytes.writeBigUInt64BE(cell);
      else bytes.writeUInt32BE(cell);
      return bytes;
    }),
  );
}

function word(value: number): Buffer {
  return bytesOf(value);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** The tree as firmware would hand it over, with `spare` unused bytes at its end. */
export function flatten(root: TreeNode, reservations: readonly (readonly [bigint, bigint])[] = [], spare = 64): Buffer {
  const names: string[] = [];
  const offsetOf = (name: string): number => {
    if (!names.includes(name)) names.push(name);
    return names.slice(0, names.indexOf(name)).reduce((sum, one) => sum + one.length + 1, 0);
  };
  const emit = (name: string, node: TreeNode): Buffer => {
    const parts = [word(1), padded(Buffer.from(`${name}\0`))];
    for (const [key, value] of Object.entries(node.properties ?? {})) {
      const bytes = bytesOf(value);
      parts.push(word(3), word(bytes.length), word(offsetOf(key)), padded(bytes));
    }
    for (const [key, child] of Object.entries(node.nodes ?? {})) parts.push(emit(key, child));
    return Buffer.concat([...parts, word(2)]);
  };
  const structure = Buffer.concat([emit("", root), word(9)]);
  const strings = Buffer.from(names.map((name) => `${name}\0`).join(""));
  const reserved = bytesOf([...reservations.flat(), 0n, 0n]);
  const structureAt = 40 + reserved.length;
  const stringsAt = structureAt + structure.length;
  const total = stringsAt + strings.length + spare;
  const header = [0xd00dfeed, total, structureAt, stringsAt, 40, 17, 16, 0, strings.length, structure.length];
  return Buffer.concat([bytesOf(header), reserved, structure, strings, Buffer.alloc(spare)]);
}
