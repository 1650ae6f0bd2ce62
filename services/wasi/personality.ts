// The WASI personality's table: which functions of which foreign modules a program may import, their signatures and
// what a call becomes. linker/ reads it when it builds a third-party program (host TypeScript, not AssemblyScript).
// A function with `gate` is that gate of the kernel itself; all others are method numbers of the program's companion.
import * as methods from "./methods.ts";

export type ValueType = "i32" | "i64";

export interface PersonalityFunction {
  readonly module: string;
  readonly name: string;
  readonly parameters: readonly ValueType[];
  /** Every function but proc_exit answers an errno. */
  readonly results: readonly ValueType[];
  /** Method number of the companion; 0 when `gate` is set. */
  readonly method: number;
  readonly gate?: "exit" | "yield";
}

export const PREVIEW_1 = "wasi_snapshot_preview1";
export const UNSTABLE = "wasi_unstable";

/** name → parameters (i = i32, l = i64), method. */
const FUNCTIONS: ReadonlyMap<string, readonly [string, number]> = new Map([
  ["args_get", ["ii", methods.METHOD_ARGS_GET]],
  ["args_sizes_get", ["ii", methods.METHOD_ARGS_SIZES_GET]],
  ["environ_get", ["ii", methods.METHOD_ENVIRON_GET]],
  ["environ_sizes_get", ["ii", methods.METHOD_ENVIRON_SIZES_GET]],
  ["clock_res_get", ["ii", methods.METHOD_CLOCK_RES_GET]],
  ["clock_time_get", ["ili", methods.METHOD_CLOCK_TIME_GET]],
  ["fd_advise", ["illi", methods.METHOD_FD_ADVISE]],
  ["fd_allocate", ["ill", methods.METHOD_FD_ALLOCATE]],
  ["fd_close", ["i", methods.METHOD_FD_CLOSE]],
  ["fd_datasync", ["i", methods.METHOD_FD_DATASYNC]],
  ["fd_fdstat_get", ["ii", methods.METHOD_FD_FDSTAT_GET]],
  ["fd_fdstat_set_flags", ["ii", methods.METHOD_FD_FDSTAT_SET_FLAGS]],
  ["fd_fdstat_set_rights", ["ill", methods.METHOD_FD_FDSTAT_SET_RIGHTS]],
  ["fd_filestat_get", ["ii", methods.METHOD_FD_FILESTAT_GET]],
  ["fd_filestat_set_size", ["il", methods.METHOD_FD_FILESTAT_SET_SIZE]],
  ["fd_filestat_set_times", ["illi", methods.METHOD_FD_FILESTAT_SET_TIMES]],
  ["fd_pread", ["iiili", methods.METHOD_FD_PREAD]],
  ["fd_prestat_get", ["ii", methods.METHOD_FD_PRESTAT_GET]],
  ["fd_prestat_dir_name", ["iii", methods.METHOD_FD_PRESTAT_DIR_NAME]],
  ["fd_pwrite", ["iiili", methods.METHOD_FD_PWRITE]],
  ["fd_read", ["iiii", methods.METHOD_FD_READ]],
  ["fd_readdir", ["iiili", methods.METHOD_FD_READDIR]],
  ["fd_renumber", ["ii", methods.METHOD_FD_RENUMBER]],
  ["fd_seek", ["ilii", methods.METHOD_FD_SEEK]],
  ["fd_sync", ["i", methods.METHOD_FD_SYNC]],
  ["fd_tell", ["ii", methods.METHOD_FD_TELL]],
  ["fd_write", ["iiii", methods.METHOD_FD_WRITE]],
  ["path_create_directory", ["iii", methods.METHOD_PATH_CREATE_DIRECTORY]],
  ["path_filestat_get", ["iiiii", methods.METHOD_PATH_FILESTAT_GET]],
  ["path_filestat_set_times", ["iiiilli", methods.METHOD_PATH_FILESTAT_SET_TIMES]],
  ["path_link", ["iiiiiii", methods.METHOD_PATH_LINK]],
  ["path_open", ["iiiiillii", methods.METHOD_PATH_OPEN]],
  ["path_readlink", ["iiiiii", methods.METHOD_PATH_READLINK]],
  ["path_remove_directory", ["iii", methods.METHOD_PATH_REMOVE_DIRECTORY]],
  ["path_rename", ["iiiiii", methods.METHOD_PATH_RENAME]],
  ["path_symlink", ["iiiii", methods.METHOD_PATH_SYMLINK]],
  ["path_unlink_file", ["iii", methods.METHOD_PATH_UNLINK_FILE]],
  ["poll_oneoff", ["iiii", methods.METHOD_POLL_ONEOFF]],
  ["proc_raise", ["i", methods.METHOD_PROC_RAISE]],
  ["random_get", ["ii", methods.METHOD_RANDOM_GET]],
  ["sock_accept", ["iii", methods.METHOD_SOCK_ACCEPT]],
  ["sock_recv", ["iiiiii", methods.METHOD_SOCK_RECV]],
  ["sock_send", ["iiiii", methods.METHOD_SOCK_SEND]],
  ["sock_shutdown", ["ii", methods.METHOD_SOCK_SHUTDOWN]],
]);

/** What wasi_unstable does differently. */
const UNSTABLE_METHODS: ReadonlyMap<string, number> = new Map([
  ["fd_seek", methods.METHOD_UNSTABLE_FD_SEEK],
  ["fd_filestat_get", methods.METHOD_UNSTABLE_FD_FILESTAT_GET],
  ["path_filestat_get", methods.METHOD_UNSTABLE_PATH_FILESTAT_GET],
  ["poll_oneoff", methods.METHOD_UNSTABLE_POLL_ONEOFF],
]);

function types(letters: string): ValueType[] {
  return [...letters].map((letter) => (letter === "l" ? "i64" : "i32"));
}

function functionsOf(module: string): PersonalityFunction[] {
  const list: PersonalityFunction[] = [
    { module, name: "proc_exit", parameters: ["i32"], results: [], method: 0, gate: "exit" },
    { module, name: "sched_yield", parameters: [], results: ["i32"], method: 0, gate: "yield" },
  ];
  for (const [name, [parameters, preview1]] of FUNCTIONS) {
    if (module === UNSTABLE && name === "sock_accept") continue;
    const method = (module === UNSTABLE ? UNSTABLE_METHODS.get(name) : undefined) ?? preview1;
    list.push({ module, name, parameters: types(parameters), results: ["i32"], method });
  }
  return list;
}

/** Every function that the companion and the kernel offer to a foreign program. */
export const PERSONALITY: readonly PersonalityFunction[] = [...functionsOf(PREVIEW_1), ...functionsOf(UNSTABLE)];

/** The table's entry for an import, or undefined: the program cannot run. */
export function personalityFunction(module: string, name: string): PersonalityFunction | undefined {
  return PERSONALITY.find((entry) => entry.module === module && entry.name === name);
}
