// `phi build`: makes images and says what was made and how big it is.

import { statSync } from "node:fs";
import type { Architecture } from "qemu-test-harness";
import { ensureImage, imageNames } from "./artifacts.ts";
import { shown } from "./paths.ts";

export interface BuildOptions {
  readonly architectures: readonly Architecture[];
  /** Name of an image, or "all". */
  readonly image: string;
  readonly force: boolean;
}

export async function runBuild(options: BuildOptions): Promise<number> {
  for (const architecture of options.architectures) {
    for (const name of options.image === "all" ? imageNames() : [options.image]) {
      const image = await ensureImage(name, architecture, options.force);
      const size = (path: string): string => `${shown(path)} (${Math.ceil(statSync(path).size / 1024)} KiB)`;
      process.stdout.write(`${architecture} ${name}: ${size(image.kernel)}, ${size(image.archive)}\n`);
    }
  }
  return 0;
}
