// What `phi fuzz --target NAME` fuzzes: services that read what firmware, devices, hosts and disks wrote, each in a world of its own.
// Called by build.ts, `phi fuzz` and tests/system/fuzz.test.ts.
import type { Seed } from "../build.ts";

export interface Target {
  readonly name: string;
  /** What is hostile in its world, and what is judged. */
  readonly what: string;
  /** Entry of the service, and of the world. */
  readonly service: string;
  readonly world: string;
  /** What the world is told, if it serves several targets. */
  readonly parameter?: number;
  readonly simd?: boolean;
  /** What is changed in the service's sources so that mutations get past checks that an attacker could make right. */
  readonly changes?: readonly Seed[];
  readonly inputBytesMax: number;
  /** Bugs that the fuzzer must find. */
  readonly seeds: readonly Seed[];
}

const GUEST = "tests/fuzz/parsers/guest";

const STORE = {
  service: `${GUEST}/vdfs-service.ts`,
  world: `${GUEST}/vdfs.ts`,
  simd: true,
  inputBytesMax: 512,
};

const QUEUE = "services/lib/virtio/queue.ts";
/** A device says that it wrote more than it was given. */
const LENGTH_BELIEVED: Seed = {
  name: "length-believed",
  file: QUEUE,
  from: " || <u64>written > (capacity ^ PENDING)",
  to: "",
};

/** Checks that agree: of pages, of superblocks, of the log. */
const FORGED: readonly Seed[] = [
  {
    name: "pages",
    file: "services/vdfs/store/disk/check.ts",
    from: "return checks_are_equal(value, check);",
    to: "return true;",
  },
  {
    name: "superblocks",
    file: "services/vdfs/store/disk/superblock.ts",
    from: "if (memory.compare(digest, at + l.SUPER_CHECK, 32) != 0) return false;",
    to: "",
  },
  {
    name: "log",
    file: "services/vdfs/store/log/replay.ts",
    from: "return low == quick_low && high == quick_high ? pages : 0;",
    to: "return pages;",
  },
];

export const TARGETS: readonly Target[] = [
  {
    name: "bus",
    what: "ACPI tables, device trees, PCI configuration spaces; what is handed out is nobody else's",
    service: `${GUEST}/bus-service.ts`,
    world: `${GUEST}/bus.ts`,
    inputBytesMax: 2048,
    seeds: [
      {
        name: "overlap-unseen",
        file: "services/bus/pci/bars.ts",
        from: "if (!is_free(unit, number, base, bytes)) return FAULT_OVERLAP;",
        to: "",
      },
      {
        name: "list-without-end",
        file: "services/bus/pci/capabilities.ts",
        from: "if (register < LIST_FIRST || i == LIST_MAX) return FAULT_CAPABILITIES;",
        to: "if (register < LIST_FIRST) return FAULT_CAPABILITIES;",
      },
      { name: "registers-kept", file: "services/bus/handles.ts", from: "    end(bar_handle(unit, number));", to: "" },
    ],
  },
  driver(
    "virtio-blk",
    2,
    "a disk whose device lies: every caller is answered once, the device is named its own memory alone",
    [
      {
        name: "status-believed",
        file: "services/virtio-blk/blk.ts",
        from: "status == STATUS_OK ? 0 : E_DEVICE",
        to: "0",
      },
      { name: "callers-forgotten", file: "services/virtio-blk/blk.ts", from: "  finish_all(E_DEVICE);\n", to: "" },
      { name: "finished-twice", file: QUEUE, from: "(capacity & PENDING) == 0 || ", to: "" },
    ],
  ),
  driver("virtio-net", 1, "a card whose device lies: no frame of more bytes than were asked for", [LENGTH_BELIEVED]),
  driver("virtio-console", 3, "a console whose device lies", [LENGTH_BELIEVED]),
  driver("virtio-rng", 4, "a random device that lies", [LENGTH_BELIEVED]),
  driver("virtio-input", 18, "an input device that lies", [
    {
      name: "more-than-asked",
      file: "services/virtio-input/methods.ts",
      from: "min(held, waiters.limit / EVENT_BYTES)",
      to: "min(held, waiters.limit)",
    },
  ]),
  driver(
    "ninep",
    9,
    "a 9P host that answers anything: no byte but of its answers, no answer of more than was asked for",
    [
      { name: "size-believed", file: "services/ninep/wire.ts", from: " || <i64>size > received", to: "" },
      { name: "count-believed", file: "services/ninep/session.ts", from: "came > asked || ", to: "" },
    ],
  ),
  {
    ...STORE,
    name: "vdfs",
    what: "a disk with damage; what is read is what was written, or an error",
    parameter: 1,
    seeds: [FORGED[0] as Seed],
  },
  {
    ...STORE,
    name: "vdfs-forged",
    what: "a disk of somebody who can make every check right; no trap, no circle, no foreign memory",
    parameter: 2,
    changes: FORGED,
    seeds: [
      {
        name: "node-believed",
        file: "services/vdfs/store/tree/cache.ts",
        from: " || !node_is_sound(node, tree, level, page, birth)",
        to: "",
      },
    ],
  },
  {
    name: "vectors",
    what: "an index whose header and pages lie; results are of vectors that there are",
    service: "services/vdfs/vector/host.ts",
    world: `${GUEST}/vectors.ts`,
    simd: true,
    inputBytesMax: 256,
    seeds: [
      {
        name: "page-believed",
        file: "services/vdfs/vector/pages.ts",
        from: "if (number >= own.pages) {",
        to: "if (false) {",
      },
    ],
  },
];

function driver(name: string, parameter: number, what: string, seeds: readonly Seed[] = []): Target {
  return {
    name,
    what,
    service: `services/${name}/index.ts`,
    world: `${GUEST}/drivers.ts`,
    parameter,
    inputBytesMax: 1024,
    seeds,
  };
}
