// The shell image with a screen: what the console shows on the serial line appears on the framebuffer too, when the boot
// loader provides one. The USB image for PCs.
import { defineImage, KiB } from "../linker/image/schema.ts";
import shell from "./shell.ts";

const { console, ...others } = shell.services;

export default defineImage({
  name: "screen",
  summary: "a shell on the serial line and on the screen",
  modules: shell.modules,
  services: {
    screen: { priority: 40, framebuffer: true, system: ["log"] },
    // the screen alone is enough: many a PC has no serial port
    console: {
      ...console,
      devices: { uart: { kind: "uart", required: false } },
      calls: { screen: { buffer: 16 * KiB } },
    },
    ...others,
  },
});
