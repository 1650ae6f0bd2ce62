// A guest's screen as pixels. QEMU's screendump writes a binary PPM (P6, 8 bits a channel); this reads it.

import { HarnessError } from "./errors.ts";

export interface Screenshot {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, one byte each, row by row from the top left. */
  readonly pixels: Uint8Array;
}

/** Parses a P6 file. */
export function parsePortablePixmap(file: Uint8Array): Screenshot {
  const header = /^P6\s+(?:#[^\n]*\n\s*)*(\d+)\s+(\d+)\s+(\d+)\s/.exec(
    Buffer.from(file.subarray(0, 256)).toString("latin1"),
  );
  if (header === null) throw new HarnessError("protocol", "the screenshot is not a binary PPM file");
  const [width, height, maximum] = header.slice(1).map(Number);
  const pixels = file.subarray(header[0].length);
  if (maximum !== 255 || pixels.length !== width * height * 3) {
    throw new HarnessError(
      "protocol",
      `the screenshot says ${width} × ${height}, maximum ${maximum}, but holds ${pixels.length} bytes`,
    );
  }
  return { width, height, pixels };
}
