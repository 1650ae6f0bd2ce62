// The kernel's command line, where a machine without tables (QEMU's microvm) tells of its virtio register blocks, as Linux's driver of them
// understands it: virtio_mmio.device=SIZE@ADDRESS:LINE. Called by discovery. Invariant: what is not written exactly so is left out, and counted.
import * as capability from "../../lib/capability";
import { load_register } from "../../lib/device";
import { E_ABSENT } from "../../lib/errors";
import { add_block, refuse } from "../found";
import { range } from "../physical";

const LINE_BYTES: u32 = 2048;
const KEY: string = "virtio_mmio.device=";
const BLOCK_BYTES: u64 = 0x200;
const BELOW: u64 = 1 << 36;
const LINES: u64 = 1024;

const text = memory.data(2048, 8);
let length: u32 = 0;
let at: u32 = 0;

/** 0; E_ABSENT: the loader handed over no text. */
export function read_command_line(): i64 {
  const device = range(0, 0);
  if (device < 0) return E_ABSENT;
  length = 0;
  while (length < LINE_BYTES) {
    const byte = load_register(<u64>device, length, 1);
    if (byte <= 0) break;
    store<u8>(text + length++, <u8>byte);
  }
  capability.drop(<u64>device);
  for (at = 0; at < length; ) if (!take_block()) at++;
  return 0;
}

/** True: there was an entry, good or not, and `at` lies behind what was read of it. */
function take_block(): bool {
  if (at != 0 && load<u8>(text + at - 1) != 0x20) return false;
  for (let i = 0; i < KEY.length; i++) if (!is_at(at + i, <u8>KEY.charCodeAt(i))) return false;
  at += KEY.length;
  const bytes = number(10);
  const has_address = skip(0x40) && skip(0x30) && skip(0x78); // @0x
  const base = has_address ? number(16) : 0;
  const line = skip(0x3a) ? number(10) : 0;
  const is_good =
    bytes >= BLOCK_BYTES && base != 0 && (base & 3) == 0 && base + bytes < BELOW && line != 0 && line < LINES;
  if (is_good && (at == length || is_at(at, 0x20))) add_block(base, <u32>line);
  else refuse();
  return true;
}

function is_at(place: u32, byte: u8): bool {
  return place < length && load<u8>(text + place) == byte;
}

function skip(byte: u8): bool {
  if (!is_at(at, byte)) return false;
  at++;
  return true;
}

/** Digits from `at` on, as far as they go; beyond what addresses have it stays at BELOW. */
function number(base: u64): u64 {
  let value: u64 = 0;
  for (; at < length; at++) {
    const digit = digit_of(load<u8>(text + at));
    if (digit >= base) break;
    value = min(value * base + digit, BELOW);
  }
  return value;
}

function digit_of(byte: u8): u64 {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const small = byte | 0x20;
  return small >= 0x61 && small <= 0x66 ? small - 0x57 : u64.MAX_VALUE;
}
