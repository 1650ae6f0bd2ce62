// Commands that show who may do what, and who holds memory: caps, mem.
import * as status from "../../kernel/abi/status";
import { E_HANDLE } from "../lib/errors";
import * as system from "../lib/system";
import { BOLD, colour, complain_about, end_line, number_in, out, pad_from, PLAIN, size_in, string_in } from "./output";
import { put_rights, type_name } from "./names";
import { complain_unit, put_unit_name } from "./processes";
import { init, system_handle, unit_field, unit_of_word } from "./state";
import { word_count } from "./words";

const FRAME_BYTES: u64 = 4096;

export function caps(): u32 {
  if (word_count > 1) {
    const id = unit_of_word(1);
    return id <= 0 ? complain_unit("caps", id) : caps_of(id);
  }
  let listed: u64 = 0;
  for (let id = init.next(0); id > 0; id = init.next(id)) {
    const result = caps_of(id);
    if (result != 0) return result;
    listed += listed_now;
  }
  out().number(listed).string(" listed, ").number(info(status.INFO_CAPS)).string(" in the kernel's table");
  end_line();
  return 0;
}

let listed_now: u64 = 0;

function caps_of(id: u64): u32 {
  listed_now = 0;
  const name = out();
  colour(BOLD);
  put_unit_name(name, id);
  colour(PLAIN);
  name.string(" id ").number(id);
  end_line();
  let cursor = init.next_capability(id, 0);
  for (; cursor > 0; cursor = init.next_capability(id, cursor)) {
    const text = out().string("  ");
    listed_now++;
    number_in(init.handle & 0xffff_ffff, 5);
    text.byte(0x2e);
    const from = text.length;
    text.number(init.handle >> 32);
    pad_from(from, 3);
    string_in(type_name(<u32>init.kind), 13);
    text.string("object ");
    number_in(init.object, 5);
    if (init.parent == 0) text.string("  from nothing");
    else {
      text
        .string("  from ")
        .number(init.parent & 0xffff_ffff)
        .byte(0x2e)
        .number(init.parent >> 32);
    }
    if (init.badge != 0) text.string("  badge ").hexadecimal(init.badge);
    text.string("  ");
    put_rights(text, <u32>init.kind, <u32>(init.kind >> 32));
    end_line();
  }
  // One that sleeps or has ended holds nothing.
  return cursor < 0 && cursor != E_HANDLE ? complain_about("caps", cursor) : 0;
}

export function mem(): u32 {
  const total = info(status.INFO_FRAMES_TOTAL) * FRAME_BYTES;
  const free = info(status.INFO_FRAMES_FREE) * FRAME_BYTES;
  total_line("memory", total);
  total_line("in use", total - free);
  // What the tables of an IOMMU's context may take is paid for when it is made, and taken as they grow.
  const kernel = <i32>info(status.INFO_FRAMES_KERNEL);
  if (kernel < 0) total_line("  paid ahead", <u64>-kernel * FRAME_BYTES);
  else total_line("  kernel", <u64>kernel * FRAME_BYTES);
  total_line("free", free);
  end_line();
  colour(BOLD);
  out().string("   ID NAME                 HELD     BUDGET");
  colour(PLAIN);
  end_line();
  for (let id = init.next(0); id > 0; id = init.next(id)) {
    const text = out();
    number_in(id, 5);
    text.byte(0x20);
    put_unit_name(text, id);
    size_in(unit_field(id, status.STATUS_MEMORY), 10);
    text.byte(0x20);
    size_in(unit_field(id, status.STATUS_BUDGET), 10);
    end_line();
  }
  return 0;
}

/** A figure of the whole machine; 0 when the kernel does not tell. */
export function info(field: u64): u64 {
  const value = system.info(system_handle, field);
  return value < 0 ? 0 : <u64>value;
}

function total_line(name: string, bytes: u64): void {
  string_in(name, 12);
  size_in(bytes, 12);
  end_line();
}
