// Measures the system from inside: `phi bench` boots it and reads the lines `bench NAME VALUE UNIT`.
import { defineImage, KiB } from "../linker/image/schema.ts";

export default defineImage({
  name: "bench",
  summary: "measures protected calls of ordinary services, prints the figures, and powers off",
  services: {
    console: {
      priority: 40,
      required: true,
      devices: { uart: { kind: "uart", required: false } },
      interrupt: true,
      system: ["log"],
      parameters: true,
    },
    echo: {},
    "echo-hw": { module: "echo", isolation: "hw" },
    bench: {
      required: true,
      restart: "never",
      calls: { console: {}, init: { role: 1, buffer: 4 * KiB }, echo: {}, "echo-hw": {} },
      system: ["info"],
    },
  },
});
