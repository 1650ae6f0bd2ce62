// SQLite and its shell from Debian's source package sqlite3: the package's own makefile joins the sources into one file
// (it needs tclsh and a native compiler), which is then built for WASI. Databases: in memory, and files of a directory that the program was handed.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { CliFailure } from "../phi/failure.ts";
import { BUILD } from "../phi/paths.ts";
import type { Recipe } from "./recipe.ts";

// No users, no modes and no record locks on WASI: the calls succeed without effect; the file-locking layer is "unix-none".
const PRELUDE = `#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#define system(command) ((void)(command), -1)
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#define F_GETLK 5
#define F_SETLK 6
static inline int fchmod(int file, mode_t mode) { (void)file; (void)mode; return 0; }
static inline int chmod(const char *path, mode_t mode) { (void)path; (void)mode; return 0; }
static inline int fchown(int file, uid_t user, gid_t group) { (void)file; (void)user; (void)group; return 0; }
static inline uid_t geteuid(void) { return 0; }
`;

const PASSWORD_HEADER = `struct passwd { char *pw_dir; };
static inline struct passwd *getpwuid(uid_t user) { (void)user; return 0; }
static inline uid_t getuid(void) { return 0; }
`;

const OPTIONS = [
  ...["THREADSAFE=0", "OMIT_LOAD_EXTENSION", "OMIT_WAL", "OMIT_POPEN", "NOHAVE_SYSTEM", 'DEFAULT_UNIX_VFS="unix-none"'],
  ...["ENABLE_JSON1", "ENABLE_FTS5", "ENABLE_RTREE"],
];

export function sqliteRecipe(source: string, say: (step: string) => void): Recipe {
  const folder = amalgamate(source, say);
  return {
    name: "sqlite3",
    sources: [join(folder, "sqlite3.c"), join(folder, "shell.c")],
    headers: { "platform.h": PRELUDE, "pwd.h": PASSWORD_HEADER },
    prelude: "platform.h",
    flags: [...OPTIONS.map((option) => `-DSQLITE_${option}`), "-DNDEBUG"],
    libraries: [],
  };
}

/** Runs the package's configure and makefile in a directory of its own; returns that. */
function amalgamate(source: string, say: (step: string) => void): string {
  const folder = join(BUILD, "programs", "sqlite3-joined");
  if (existsSync(join(folder, "shell.c")) && existsSync(join(folder, "sqlite3.c"))) return folder;
  mkdirSync(folder, { recursive: true });
  say("joining the SQLite sources");
  step(join(source, "configure"), ["--disable-tcl", "--disable-readline"], folder);
  step("make", ["sqlite3.c", "sqlite3.h", "shell.c"], folder);
  return folder;
}

function step(program: string, list: readonly string[], folder: string): void {
  const result = spawnSync(program, list, {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 1 << 26,
    env: { ...process.env, CC: "clang-19" },
  });
  if (result.status === 0) return;
  const last = (result.stderr || String(result.error)).trim().split("\n").slice(-5).join("\n");
  throw new CliFailure(
    `SQLite's own build failed (${program}):\n${last}`,
    "Its configure needs tclsh and clang-19: run `make setup`.",
  );
}
