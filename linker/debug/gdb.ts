// The command file with which gdb-multiarch debugs a running guest through QEMU's gdb stub. Called by `phi debug`.
// The kernel's symbols are at their place from the start; modules are found in the kernel's own object table, now and
// at every later stop, so that a program that starts later can be debugged too. Sources are the TypeScript of the tree.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Architecture, loadAbi } from "../abi/constants.ts";
import { BuildError } from "../error.ts";
import { BuildTree, writeAtomically, writeIfChanged } from "../files.ts";
import { readableElf } from "./readable.ts";

export interface DebugTarget {
  readonly architecture: Architecture;
  /** The tree's root: source paths in debug information are relative to it. */
  readonly root: string;
  /** Where the stub listens: "localhost:1234". */
  readonly stub: string;
}

const GDB_ARCHITECTURE: Record<Architecture, string> = { x86_64: "i386:x86-64", riscv64: "riscv:rv64" };

/** Layout of kernel/object/object.ts: an object's size, and the fields `type` (a byte), `file_frame` (a frame's number) and `base` of Code. */
const OBJECT_BYTES = 64;
export const CODE_TYPE_AT = 0;
export const CODE_FILE_FRAME_AT = 32;
export const CODE_BASE_AT = 24;
const FRAME_BYTES = 4096;

/** A gdb command in gdb's own Python: reads the object table, adds symbols of modules that are new. */
function moduleLoader(target: DebugTarget, directory: string): string {
  const abi = loadAbi(target.root, target.architecture);
  const objects = abi.value("KERNEL_MEMORY_BASE") + abi.value("KERNEL_OBJECTS");
  return `python
import glob, os, struct
class PhiModules(gdb.Command):
    """Load the symbols of every module that the kernel holds now: phi-modules"""
    def __init__(self):
        super().__init__("phi-modules", gdb.COMMAND_FILES)
        self.loaded = {}
    def invoke(self, argument, from_tty):
        memory = gdb.selected_inferior().read_memory
        page = ${objects}
        while True:
            try:
                table = bytes(memory(page, 4096))
            except gdb.MemoryError:
                break
            for at in range(0, 4096, ${OBJECT_BYTES}):
                kind, = struct.unpack_from("<B", table, at + ${CODE_TYPE_AT})
                frame, = struct.unpack_from("<I", table, at + ${CODE_FILE_FRAME_AT})
                base, = struct.unpack_from("<Q", table, at + ${CODE_BASE_AT})
                if kind == ${abi.value("TYPE_CODE")} and base != 0:
                    name = bytes(memory(${abi.value("DIRECT_MAP")} + frame * ${FRAME_BYTES} + ${abi.value("PHX_NAME_AT")}, 48))
                    self.add(name.split(b"\\0")[0].decode("utf8", "replace"), base)
            page += 4096
    def add(self, name, base):
        if self.loaded.get(base) == name:
            return
        folder = ${JSON.stringify(directory)}
        found = glob.glob(os.path.join(folder, glob.escape(name) + ".elf"))
        found = found or glob.glob(os.path.join(folder, glob.escape(name) + "-*.elf"))
        self.loaded[base] = name
        if not found:
            print("No symbols for %s at %#x: %s/%s.elf is not there." % (name, base, folder, name))
            return
        gdb.execute('add-symbol-file "%s" -o %#x' % (max(found, key=os.path.getmtime), base), to_string=True)
        print("%s at %#x" % (name, base))
phi_modules = PhiModules()
def phi_stopped(event):
    try:
        phi_modules.invoke("", False)
    except gdb.error:
        pass
gdb.events.stop.connect(phi_stopped)
end
`;
}

/** Copies the kernel's and all modules' ELF files, with readable names, to `directory`. Answers the kernel's copy. */
function copySymbols(tree: BuildTree, directory: string): string {
  const kernel = tree.path("phios.elf");
  if (!existsSync(kernel)) throw new BuildError(`${kernel} is not there: run \`phi build\` first.`);
  const modules = tree.path("modules");
  const names = existsSync(modules) ? readdirSync(modules).filter((name) => name.endsWith(".elf")) : [];
  for (const path of [kernel, ...names.map((name) => join(modules, name))]) {
    writeIfChanged(join(directory, basename(path)), readableElf(readFileSync(path)));
  }
  return join(directory, basename(kernel));
}

/**
 * Writes the command file for `gdb-multiarch -nx -x FILE` under build/<arch>/debug/ and answers its path. The guest is
 * to be booted from what is under build/ now; when the commands have run, it stands still.
 */
export function gdbCommands(target: DebugTarget): string {
  const tree = new BuildTree(target.root, target.architecture);
  const directory = tree.path("debug");
  const kernel = copySymbols(tree, directory);
  const path = join(directory, "commands.gdb");
  const text = `set pagination off
set confirm off
set architecture ${GDB_ARCHITECTURE[target.architecture]}
directory ${JSON.stringify(target.root)}
file ${JSON.stringify(kernel)}
${moduleLoader(target, directory)}target remote ${target.stub}
phi-modules
`;
  writeAtomically(path, text);
  return path;
}
