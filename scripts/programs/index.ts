// The third-party programs that tests and benchmarks run: built from Debian's source packages into build/programs/.
// Called by `phi programs`, by the tests and by the benchmarks; all steps are cached.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUILD } from "../phi/paths.ts";
import { alone } from "./lock.ts";
import { LUA_NATIVE_HEADERS, LUA_NATIVE_LIBRARIES, luaNativeFlags, luaRecipe } from "./lua.ts";
import { buildForWasi, buildNative } from "./recipe.ts";
import { debianSource } from "./sources.ts";
import { sqliteRecipe } from "./sqlite.ts";

export type Say = (step: string) => void;

/** build/programs/lua.wasm */
export async function buildLua(say: Say): Promise<string> {
  return alone("programs", () => buildForWasi(luaRecipe(debianSource("lua5.4")), say));
}

/** build/programs/sqlite3.wasm */
export async function buildSqlite(say: Say): Promise<string> {
  return alone("programs", () => buildForWasi(sqliteRecipe(debianSource("sqlite3"), say), say));
}

/** The same Lua as a program of this machine, for comparison. */
export async function buildNativeLua(say: Say): Promise<string> {
  const directory = join(BUILD, "programs", "lua-native");
  mkdirSync(join(directory, "native-include"), { recursive: true });
  for (const [name, text] of Object.entries(LUA_NATIVE_HEADERS))
    writeFileSync(join(directory, "native-include", name), text);
  return alone("programs", () =>
    buildNative(luaRecipe(debianSource("lua5.4")), luaNativeFlags(directory), LUA_NATIVE_LIBRARIES, say),
  );
}
