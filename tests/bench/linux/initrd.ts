// An initial file system for Linux as one file: the cpio archive of the "new" ASCII format (Linux, Documentation/driver-api/early-userspace/buffer-format).

export interface InitrdFile {
  readonly name: string;
  readonly data: Buffer;
  /** May be run. */
  readonly program?: boolean;
}

const MAGIC = "070701";
const DIRECTORY = 0o40755;
const FILE = 0o100644;
const PROGRAM = 0o100755;
const CHARACTER_DEVICE = 0o20600;
/** Linux reads the archive up to this name. */
const END = "TRAILER!!!";

/** `directories` first, then the console (5, 1), then `files`. */
export function initrd(directories: readonly string[], files: readonly InitrdFile[]): Buffer {
  const empty = Buffer.alloc(0);
  let inode = 1;
  const parts = directories.map((name) => entry(inode++, name, DIRECTORY, empty));
  parts.push(entry(inode++, "dev/console", CHARACTER_DEVICE, empty, [5, 1]));
  for (const { name, data, program } of files) parts.push(entry(inode++, name, program ? PROGRAM : FILE, data));
  return Buffer.concat([...parts, entry(0, END, 0, empty)]);
}

/** Header, name and data, each filled up to four bytes. */
function entry(
  inode: number,
  name: string,
  mode: number,
  data: Buffer,
  device: readonly [number, number] = [0, 0],
): Buffer {
  const text = Buffer.from(`${name}\0`);
  // inode, mode, user, group, links, time, size, device of the file system (2), device (2), length of the name, checksum
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, ...device, text.length, 0];
  const header = MAGIC + fields.map((field) => field.toString(16).padStart(8, "0")).join("");
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), text])), padded(data)]);
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc(-data.length & 3)]);
}
