// What the input's bytes choose: handles, rights, pages, deadlines; and the model's numbers as the kernel's words. Handles are
// mostly ones that the domain holds, of the right type; sometimes anybody's, dead ones, or none at all.

import * as n from "../model/numbers";
import { Actor, clock } from "../model/world";
import { word } from "./bytes";
import { world } from "./processor";

export function u(value: f64): u64 {
  if (value < 0) return u64.MAX_VALUE;
  return value >= 9223372036854775808.0 ? 0x8000_0000_0000_0000 : <u64>value;
}

/** A badge of the model's: a resource's are -1 - tag there. */
export function badge_word(badge: f64): u64 {
  return badge < 0 ? 0x8000_0000_0000_0000 | u(-1 - badge) : u(badge);
}

/** A handle: one of the domain's own of this type, or anything. */
export function handle(actor: Actor, type: f64): f64 {
  const choice = word.byte();
  if (choice < 224) {
    let count = 0;
    for (let i = 0; i < actor.caps.length; i++) {
      if (type == 0 || actor.caps[i].type == type) count++;
    }
    if (count == 0) return 0;
    let place = <i32>choice % count;
    for (let i = 0; i < actor.caps.length; i++) {
      if (type != 0 && actor.caps[i].type != type) continue;
      if (place-- == 0) return actor.caps[i].handle;
    }
  }
  if (choice < 248) return world.handles[<i32>(word.byte() + 256 * (choice & 3)) % world.handles.length];
  return choice < 252 ? <f64>word.byte() : <f64>word.byte() * 4294967296.0 + <f64>word.byte();
}

export const PAGES: StaticArray<f64> = [1, 2, 3, 16, 0, 4, 64, 511, 512, 513, 0x80000, 0x80001, 4503599627370496.0];
export const INDICES: StaticArray<f64> = [
  0xa0000000, 0xa0001000, 0xa0002000, 0xa0003000, 0x80000000, 0x7ffff000, 0xa0000800, 0xbffff000, 0xc0000000,
  0xc0001000, 0xfffff000, 0x100000000, 0x90000000, 4503599627370496.0,
];
export const FIELDS: StaticArray<f64> = [0, 1, 2, 5, 6, 8, 9, 10, 11, 14];
export const BITS: StaticArray<f64> = [1, 2, 3, 0x40, 0x80000000, 0, 9223372036854775808.0];

export function pick(list: StaticArray<f64>): f64 {
  return list[<i32>word.below(<u32>list.length)];
}

export function some_rights(cap_rights: f64): f64 {
  const choice = word.byte();
  if (choice < 128) return cap_rights;
  if (choice < 250) return <f64>((<u32>cap_rights) & (word.byte() | 0x8000));
  return choice < 253 ? <f64>(word.byte() | (word.byte() << 8)) : 4294967296.0 + cap_rights;
}

export function rights_of(actor: Actor, wanted: f64): f64 {
  for (let i = 0; i < actor.caps.length; i++) {
    if (actor.caps[i].handle == wanted) return actor.caps[i].rights;
  }
  return 3;
}

/** Deadlines never coincide: which of two equal ones passes first is nobody's business. */
let deadlines: f64 = 0;
export function deadline(): f64 {
  const choice = word.byte();
  if (choice == 255) return n.FOREVER;
  if (choice == 254) return 0;
  deadlines += 1;
  return Math.floor(clock.now / 4096) * 4096 + <f64>choice * 4096 + deadlines;
}
