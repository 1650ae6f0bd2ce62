#!/usr/bin/env node
// The `phi` command: loads the TypeScript of scripts/phi/ through tsx. Everything else is in main.ts.

import { existsSync } from "node:fs";

const root = new URL("..", import.meta.url);
if (!existsSync(new URL("node_modules/tsx", root))) {
  console.error("phi: the npm packages are not installed; run `make setup` (or `npm ci`) first.");
  process.exit(1);
}
const { register } = await import("tsx/esm/api");
register();
const { main } = await import("./phi/main.ts");
await main(process.argv);
