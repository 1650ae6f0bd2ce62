// The record of a device as a line of text, for the shell's `devices`: place, identity, what it is, interrupts, registers, who has it or why nobody gets it.
import { Text } from "../lib/text";
import { client_of } from "../lib/buffer";
import { class_name, class_of, kind_name } from "./classes";
import { controllers, processors, refused } from "./found";
import { vectors_of } from "./pci/messages";
import {
  BAR_MAX,
  FAULT_CAPABILITIES,
  FAULT_HIDDEN,
  FAULT_NONE,
  FAULT_OVERLAP,
  FAULT_PLACE,
  FAULT_SIZE,
  KIND_BLOCK,
  Unit,
  bar_base,
  bar_bytes,
} from "./unit";

export function describe_unit(unit: Unit, text: Text): void {
  if (unit.kind == KIND_BLOCK) text.string("mmio ").number(unit.target).string("  ");
  else place(text, unit.target);
  digits(text, unit.identity & 0xffff, 4);
  text.byte(0x3a);
  digits(text, unit.identity >> 16, 4);
  text.string("  ");
  const name = class_name(class_of(unit));
  text.string(name.length != 0 ? name : kind_name(unit.class_revision >> 8));
  const vectors = vectors_of(unit);
  if (vectors != 0) text.string(", messages ").number(vectors);
  else if (unit.line != 0) text.string(", line ").number(unit.line);
  for (let number: u32 = 0; number < BAR_MAX; number++) {
    if (bar_bytes(unit, number) == 0) continue;
    text.string(", ").hexadecimal(bar_base(unit, number)).string(" + ").hexadecimal(bar_bytes(unit, number));
  }
  if (unit.is_fenced) text.string(", behind the IOMMU");
  if (unit.fault != FAULT_NONE) text.string(", refused: ").string(fault_text(unit.fault));
  else if (unit.owner != 0) text.string(", driven by ").number(client_of(unit.owner));
}

/** What firmware's tables say of the machine beside its devices; false: there are none. */
export function describe_firmware(text: Text): bool {
  if (processors == 0) return false;
  text.string("firmware: processors ").number(processors).string(", interrupt controllers ").number(controllers);
  if (refused != 0) text.string(", refused: ").number(refused);
  return true;
}

/** bus:device.function, as PCI's tools write it. */
function place(text: Text, target: u32): void {
  digits(text, target >> 8, 2);
  text.byte(0x3a);
  digits(text, (target >> 3) & 31, 2);
  text.byte(0x2e);
  digits(text, target & 7, 1);
  text.byte(0x20);
}

function digits(text: Text, value: u32, count: u32): void {
  for (let i = count; i > 0; i--) {
    const digit = <u8>((value >> ((i - 1) * 4)) & 15);
    text.byte(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}

function fault_text(fault: u32): string {
  if (fault == FAULT_CAPABILITIES) return "its list of capabilities has no end";
  if (fault == FAULT_SIZE) return "registers of an impossible size";
  if (fault == FAULT_HIDDEN) return "the IOMMU cannot tell it from its bridge";
  if (fault == FAULT_OVERLAP) return "its registers overlap others";
  return fault == FAULT_PLACE ? "no place for its registers" : "a structure outside its registers";
}
