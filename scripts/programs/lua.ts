// Lua 5.4 from Debian's source package lua5.4: the interpreter with its whole standard library, for WASI and natively.
// What WASI has no equivalent for (other processes, temporary files) fails as Lua specifies: os.execute, io.tmpfile, os.tmpname.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Recipe } from "./recipe.ts";
import { SETJMP_ASSEMBLY, SETJMP_FLAGS, SETJMP_HEADER } from "./setjmp.ts";

const PRELUDE = `#include <stdio.h>
#include <stdlib.h>
#define system(command) ((void)(command), -1)
#define tmpfile() ((FILE *)0)
#define LUA_TMPNAMBUFSIZE 32
#define lua_tmpnam(buffer, error) ((void)(buffer), (error) = 1)
`;

/** Debian's luaconf.h includes this file for the directory of native modules. */
const MULTIARCH = '#define DEB_HOST_MULTIARCH "wasm32-wasi"\n';

export function luaRecipe(source: string): Recipe {
  const folder = join(source, "src");
  const files = readdirSync(folder).filter((name) => name.endsWith(".c") && name !== "luac.c");
  return {
    name: "lua",
    sources: files.map((name) => join(folder, name)),
    headers: { "setjmp.h": SETJMP_HEADER, "platform.h": PRELUDE, "lua5.4-deb-multiarch.h": MULTIARCH },
    prelude: "platform.h",
    assembly: SETJMP_ASSEMBLY,
    // WebAssembly has no computed goto: emulating it would cost a table lookup for each instruction.
    flags: [...SETJMP_FLAGS, "-DLUA_USE_JUMPTABLE=0", "-mbulk-memory", "-mnontrapping-fptoint"],
    libraries: [],
  };
}

/** Flags of the native build: only what the generated file above would have said. */
export function luaNativeFlags(recipeDirectory: string): readonly string[] {
  return ["-isystem", join(recipeDirectory, "native-include")];
}

export const LUA_NATIVE_HEADERS = { "lua5.4-deb-multiarch.h": '#define DEB_HOST_MULTIARCH "native"\n' };
export const LUA_NATIVE_LIBRARIES = ["-lm"];
