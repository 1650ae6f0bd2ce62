// What the proof takes from the sources is what they say.
import { describe, expect, it } from "vitest";
import { ARCHITECTURES, loadAbi } from "../../linker/abi/constants.ts";
import { CONTRACTS } from "./contracts.ts";
import { readSources } from "./layout.ts";
import { kernelWasm, Proof, ROOT } from "./prove.ts";
import { testSolver } from "./prove-entries.ts";

const solver = testSolver();

// A function that the compiler has made part of its caller on one of them is executed there.
it("every contract is of a function of the kernel on some architecture", async () => {
  const names = new Set<string>();
  for (const architecture of ARCHITECTURES) {
    const { module } = Proof.of(architecture, await kernelWasm(architecture), solver());
    for (const { name } of module.functions) names.add(name);
  }
  const generic = Object.keys(CONTRACTS).filter((name) => name.startsWith("kernel/"));
  expect(generic.filter((name) => !names.has(name))).toEqual([]);
});

describe("layout", () => {
  it("agrees with the offsets that the assembly uses", () => {
    const { classes } = readSources(ROOT);
    const abi = loadAbi(ROOT, "x86_64");
    const offset = (className: string, field: string): number | undefined =>
      classes.get(className)?.fields.find((one) => one.name === field)?.offset;
    const shared: [string, string, string][] = [
      ["Domain", "caller", "DOMAIN_CALLER"],
      ["Domain", "state", "DOMAIN_KERNEL"],
      ["Domain", "reply_pending", "DOMAIN_WORDS"],
      ["Cpu", "domain", "CPU_DOMAIN"],
      ["Cpu", "trap_cause", "CPU_TRAP_CAUSE"],
      ["Capability", "handle", "CAPABILITY_HANDLE_AT"],
      ["Capability", "object", "CAPABILITY_OBJECT_AT"],
      ["Capability", "badge", "CAPABILITY_BADGE_AT"],
      ["Object", "version", "OBJECT_VERSION_AT"],
      ["Endpoint", "server", "ENDPOINT_SERVER_AT"],
    ];
    for (const [className, field, constant] of shared)
      expect(offset(className, field), constant).toBe(abi.number(constant));
  });
});
