// What `phi fuzz --target NAME` fuzzes: services that read what firmware, devices, hosts and disks wrote, each in a world of its own.
// Called by build.ts, `phi fuzz` and tests/system/fuzz.test.ts.
import type { Seed } from "../link.ts";

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

/** Each node of a tree in a page of its own, with a page that is not there behind it: what leaves a node leaves memory. */
const CACHE = "services/vdfs/store/tree/cache.ts";
const FENCED: readonly Seed[] = [
  {
    name: "frames",
    file: CACHE,
    from: "const CLEAN: u8 = 0;",
    to: '// @ts-ignore: decorator\n@external("fence", "frames")\ndeclare function fenced(count: u32): usize;\nconst CLEAN: u8 = 0;',
  },
  {
    name: "frames-made",
    file: CACHE,
    from: "frames = disk_memory((<usize>count) << PAGE_SHIFT);",
    to: "frames = fenced(count);",
  },
  {
    name: "frame-address",
    file: CACHE,
    from: "return frames + ((<usize>frame) << PAGE_SHIFT);",
    to: "return frames + ((<usize>frame) << (PAGE_SHIFT + 1));",
  },
  {
    name: "frame-number",
    file: CACHE,
    from: "return <u32>((node - frames) >> PAGE_SHIFT);",
    to: "return <u32>((node - frames) >> (PAGE_SHIFT + 1));",
  },
];

/** The kernel's reader of a module's head and relocations, to be called by itself. */
const EXPORTED: readonly Seed[] = ["header_sound", "relocate"].map((name) => ({
  name,
  file: "kernel/object/code.ts",
  from: `\nfunction ${name}(`,
  to: `\nexport function ${name}(`,
}));

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
      { name: "driver-kept", file: "services/bus/lines.ts", from: "  capability.drop(unit.wake);\n", to: "" },
      {
        name: "tables-mixed",
        file: "services/bus/tables/fadt.ts",
        from: "  byte_code = control_a = control_b = sleep_control = 0;\n",
        to: "",
      },
      {
        name: "port-believed",
        file: "services/bus/power.ts",
        from: "ports == 0 || (place ^ IN_PORTS) < PORTS_FIRST ? E_ABSENT",
        to: "ports == 0 ? E_ABSENT",
      },
    ],
  },
  {
    name: "archive",
    what: "boot archives, modules and image manifests, as kernel and init read them; nothing outside them is believed",
    service: `${GUEST}/archive-service.ts`,
    world: `${GUEST}/archive.ts`,
    changes: EXPORTED,
    inputBytesMax: 256,
    seeds: [
      {
        name: "content-anywhere",
        file: "kernel/object/archive.ts",
        from: "if (offset > length || bytes > length - offset) return ARCHIVE_DAMAGED;",
        to: "",
      },
      {
        name: "sections-believed",
        file: "kernel/object/code.ts",
        from: "if (in_file > bytes) return false;",
        to: "",
      },
      {
        name: "relocation-anywhere",
        file: "kernel/object/code.ts",
        from: "if ((offset & 7) != 0 || offset >= relro_bytes) return false;",
        to: "",
      },
      {
        name: "text-believed",
        file: "services/init/manifest.ts",
        from: "(reference & 0xffff) + (reference >> 16) <= string_bytes && ",
        to: "",
      },
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
  {
    ...driver("virtio-gpu", 16, "a graphics device that lies, with displays of any size", [
      {
        name: "answer-believed",
        file: "services/virtio-gpu/commands.ts",
        from: "  if (load<u32>(answer) != (is_info ? OK_DISPLAY_INFO : OK_NO_DATA)) end_driver();\n",
        to: "",
      },
      {
        name: "size-believed",
        file: "services/virtio-gpu/gpu.ts",
        from: "min(Command.info_width, DISPLAY_COLUMNS_MAX)",
        to: "Command.info_width",
      },
      {
        name: "rectangle-believed",
        file: "services/virtio-gpu/gpu.ts",
        from: "min(screen.width, width - x)",
        to: "screen.width",
      },
      {
        name: "pixels-kept",
        file: "services/virtio-gpu/gpu.ts",
        from: "  if (address != 0) unmap_region(address, pages_for(region_bytes));\n",
        to: "",
      },
    ]),
    world: `${GUEST}/gpu.ts`,
  },
  {
    ...driver(
      "nvme",
      0,
      "an NVMe controller that lies: every caller is answered once, it is named its own memory alone",
      [
        { name: "status-believed", file: "services/nvme/disk.ts", from: "status == 0 ? 0 : E_DEVICE", to: "0" },
        {
          name: "callers-forgotten",
          file: "services/nvme/disk.ts",
          from: "  finish_all(answer == E_ABSENT ? E_ABSENT : E_DEVICE);\n",
          to: "",
        },
        {
          name: "identifier-believed",
          file: "services/nvme/pair.ts",
          from: "slot >= SLOTS || ",
          to: "",
        },
        {
          name: "block-size-believed",
          file: "services/nvme/disk.ts",
          from: "if (block_shift < 9 || block_shift > 12 || blocks",
          to: "if (blocks",
        },
      ],
    ),
    world: `${GUEST}/nvme.ts`,
  },
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
    changes: [...FORGED, ...FENCED],
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
