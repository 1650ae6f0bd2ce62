// Discovery, once, when somebody first asks: the firmware's tables, the functions behind the host bridge, virtio's register blocks. A machine that
// has none of them has no devices, and nothing else is wrong with it. Called by methods.ts.
import * as capability from "../lib/capability";
import { load_register } from "../lib/device";
import { E_ABSENT } from "../lib/errors";
import * as startup from "../lib/startup";
import { start_fence } from "./fence";
import { block_base, block_count, block_line } from "./found";
import { open_physical, range } from "./physical";
import { open_config } from "./pci/config";
import { open_messages } from "./pci/messages";
import { scan } from "./pci/scan";
import { read_acpi } from "./tables/acpi";
import { read_command_line } from "./tables/commandline";
import { read_tree } from "./tables/tree";
import { KIND_BLOCK, set_bar, unit_add } from "./unit";

const BLOCK_BYTES: u64 = 0x200;
const BLOCK_MAGIC: u64 = 0x7472_6976; // "virt"
const BLOCK_VERSION: u64 = 2;
const BLOCK_VERSION_AT: u32 = 4;
const BLOCK_DEVICE_AT: u32 = 8;
const VIRTIO_VENDOR: u32 = 0x1af4;

let is_done: bool = false;

export function discover(): void {
  if (is_done) return;
  is_done = true;
  const system = startup.capability("system"),
    ports = startup.capability("pci-ports");
  open_physical(system);
  open_messages(system);
  const has_tree = read_tree() != E_ABSENT;
  const has_acpi = !has_tree && read_acpi(ports != 0) >= 0;
  if (!has_tree && !has_acpi) read_command_line();
  if (open_config(ports)) scan(has_acpi);
  for (let i: u32 = 0; i < block_count; i++) add_block_unit(i);
  start_fence(system);
}

/** A block answers with device number 0 when nothing is plugged in; those of version 1 are another interface. */
function add_block_unit(i: u32): void {
  const device = range(block_base(i), BLOCK_BYTES);
  if (device < 0) return;
  const magic = load_register(<u64>device, 0, 4),
    version = load_register(<u64>device, BLOCK_VERSION_AT, 4),
    number = load_register(<u64>device, BLOCK_DEVICE_AT, 4);
  capability.drop(<u64>device);
  if (magic != BLOCK_MAGIC || version != BLOCK_VERSION || number <= 0 || number > 0xffff) return;
  const unit = unit_add(KIND_BLOCK, i, VIRTIO_VENDOR | ((<u32>number) << 16));
  if (unit == null) return;
  unit.virtio = <u32>number;
  unit.line = block_line(i);
  set_bar(unit, 0, block_base(i), BLOCK_BYTES, 0);
}
