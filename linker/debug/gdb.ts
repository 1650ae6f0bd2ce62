// The command file with which gdb-multiarch debugs a running guest through QEMU's gdb stub. Called by `phi debug`.
// The kernel's symbols are at their place from the start; modules are found in the kernel's own object table, now and
// at every later stop, so that a program that starts later can be debugged too. Sources are the TypeScript of the tree.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Architecture, loadAbi } from "../abi/constants.ts";
import { BuildError } from "../error.ts";

export interface DebugTarget {
  readonly architecture: Architecture;
  /** The tree's root: source paths in debug information are relative to it. */
  readonly root: string;
  readonly kernelElf: string;
  /** Directory of NAME.elf and NAME-HASH.elf: build/<arch>/modules. */
  readonly moduleDirectory: string;
  /** Where the stub listens: "localhost:1234" or a Unix socket's path. */
  readonly stub: string;
}

const GDB_ARCHITECTURE: Record<Architecture, string> = { x86_64: "i386:x86-64", riscv64: "riscv:rv64" };

/** Layout of kernel/object/object.ts: an object's size, its type word, and Code's `file` and `base`. */
export const OBJECT_BYTES = 64;
export const CODE_FILE_AT = 24;

/** A gdb command in gdb's own Python: reads the object table, adds symbols of modules that are new. */
function moduleLoader(target: DebugTarget): string {
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
                kind, = struct.unpack_from("<I", table, at)
                file, base = struct.unpack_from("<QQ", table, at + ${CODE_FILE_AT})
                if kind == ${abi.value("TYPE_CODE")} and base != 0:
                    name = bytes(memory(${abi.value("DIRECT_MAP")} + file + ${abi.value("PHX_NAME_AT")}, 48))
                    self.add(name.split(b"\\0")[0].decode("utf8", "replace"), base)
            page += 4096
    def add(self, name, base):
        if self.loaded.get(base) == name:
            return
        folder = ${JSON.stringify(target.moduleDirectory)}
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

/** The text of a command file for \`gdb-multiarch -nx -x FILE\`; afterwards the guest stands still. */
export function gdbCommands(target: DebugTarget): string {
  if (readFileSync(target.kernelElf).length < 64) throw new BuildError(`${target.kernelElf} is not a kernel: build it first.`);
  return `set pagination off
set confirm off
set print asm-demangle on
set disassemble-next-line auto
set architecture ${GDB_ARCHITECTURE[target.architecture]}
directory ${JSON.stringify(target.root)}
file ${JSON.stringify(target.kernelElf)}
${moduleLoader(target)}target remote ${target.stub}
phi-modules
`;
}

/** The file name under which a debug session keeps its commands. */
export function gdbCommandPath(root: string, architecture: Architecture): string {
  return join(root, "build", architecture, "debug.gdb");
}
