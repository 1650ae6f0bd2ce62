// The shell image with a screen and a keyboard: what the console shows on the serial line appears on the display of a virtio graphics device, or on the
// framebuffer of the boot loader's, too. The USB image for PCs, and `phi boot --screen`. Without an IOMMU the drivers' devices reach all memory.
import { defineImage, KiB, MiB, type Service } from "../linker/image/schema.ts";
import shell from "./shell.ts";

const { console, ...others } = shell.services;

const driver: Service = { priority: 32, memory: 1 * MiB, trustedDma: true };

export default defineImage({
  name: "screen",
  summary: "a shell on the serial line and on the screen",
  modules: shell.modules,
  services: {
    // of its memory the pixels of a display take four bytes each: 1920 × 1080 fit
    screen: { priority: 40, memory: 10 * MiB, framebuffer: true, system: ["log"] },
    // the screen alone is enough: many a PC has no serial port
    console: {
      ...console,
      devices: { uart: { kind: "uart", required: false } },
      calls: { screen: { buffer: 16 * KiB } },
    },
    "virtio-gpu": { ...driver, drives: "virtio-gpu", calls: { screen: { role: 1, buffer: 0 } } },
    ...others,
    "virtio-input": { ...driver, drives: "virtio-input" },
    // a PC's own keyboard
    ps2: {
      priority: 40,
      memory: 512 * KiB,
      devices: {
        data: { kind: "i8042-data", required: false },
        command: { kind: "i8042-command", required: false, interrupt: false },
      },
      calls: { console: { role: 2, buffer: 4 * KiB } },
    },
    keyboard: {
      priority: 40,
      memory: 512 * KiB,
      calls: { "virtio-input": { buffer: 4 * KiB }, console: { role: 2, buffer: 4 * KiB } },
    },
  },
});
