// What an image says of a driver becomes the role of its connection to the bus; what makes no sense, or would open an enclave, is refused.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { callsOf, DRIVER_CLASSES, encodeManifest } from "../../../linker/image/encode.ts";
import { defineImage, type Service } from "../../../linker/image/schema.ts";

const constants = new Map(
  [
    ...readFileSync(new URL("../../../services/bus/interface.ts", import.meta.url), "utf8").matchAll(
      /^export const (\w+): u32 = (\d+);/gm,
    ),
  ].map(([, name, value]) => [name, Number(value)]),
);

function image(driver: Service, more: Readonly<Record<string, Service>> = {}): Uint8Array {
  return encodeManifest(defineImage({ name: "test", summary: "", services: { bus: {}, driver, ...more } }));
}

describe("a driver", () => {
  it("has the role that the bus' interface gives its class, unit and trust", () => {
    for (const [name, number] of Object.entries(DRIVER_CLASSES))
      expect(constants.get(`CLASS_${name.toUpperCase().replace("-", "_")}`), name).toBe(number);
    const role = callsOf({ drives: "nvme", unit: 2, trustedDma: true })["bus"]?.role;
    expect(role).toBe(10 | (2 << (constants.get("UNIT_SHIFT") ?? 0)) | (constants.get("ROLE_TRUSTED") ?? 0));
    expect(callsOf({ drives: "virtio-blk" })["bus"]).toEqual({ role: 2, buffer: 0 });
    expect(() => image({ drives: "virtio-blk" })).not.toThrow();
  });

  it("is refused when it contradicts itself", () => {
    expect(() => image({ unit: 1 })).toThrow(/say what it drives/);
    expect(() => image({ trustedDma: true })).toThrow(/say what it drives/);
    expect(() => image({ drives: "nvme", unit: 4 })).toThrow(/unit 4 is not 0 … 3/);
    expect(() => image({ drives: "nvme", calls: { bus: {} } })).toThrow(/take it out of its calls/);
    expect(() => image({ calls: { bus: { role: 66 } } })).toThrow(/comes of what a service drives/);
    expect(() => image({ calls: { bus: {} } })).not.toThrow();
    expect(() => image({ drives: "nvme" }, { bus: { calls: { driver: {} } } })).toThrow(/cycle/);
  });

  it("is no enclave, and stands beside one only behind an IOMMU", () => {
    expect(() => image({ drives: "nvme", isolation: "enclave" })).toThrow(/enclave drives no device/);
    const secret = { secret: { isolation: "enclave" } } as const;
    expect(() => image({ drives: "nvme", trustedDma: true }, secret)).toThrow(/would reach the enclave secret/);
    expect(() => image({ drives: "nvme" }, secret)).not.toThrow();
  });
});
