// Attacks on memory: what is not there, not one's own, not writable, not so large; and what others left in it.
import * as phi from "../../../services/lib/phi";
import * as at from "./context";
import { known, must, refused } from "./context";

const OWN_PAGES: i32 = 16;
let sink: u64 = 0;

/** Reads or writes at an index that no optimiser knows. */
function peek(index: u64): void {
  sink += <u64>load<u8>(<usize>(index + (sink & 1)));
}
function poke(index: u64): void {
  store<u8>(<usize>(index + (sink & 1)), 1);
}

function read_only(): void {
  must(phi.region_map(known(at.SECRET), at.FREE, 0, 1, 1));
  poke(at.FREE);
}

function write_mapping(): void {
  refused(phi.region_map(known(at.SECRET), at.FREE, 0, 1, 3));
  refused(phi.region_map(known(at.ARCHIVE), at.FREE, 0, 1, 3));
  refused(phi.region_map(known(at.SECRET), at.FREE, 0, 1, 2));
  refused(phi.region_map(known(at.SECRET), at.FREE, 0, 1, 0));
  refused(phi.region_map(known(at.SECRET), at.FREE, 0, 1, u64.MAX_VALUE));
}

function wrong_places(): void {
  const region = must(phi.region_create(known(at.OWN), 4, 0));
  refused(phi.region_map(region, 0, 0, 1, 3));
  refused(phi.region_map(region, 0x1000, 0, 1, 3));
  refused(phi.region_map(region, 0x7fff_f000, 0, 1, 3));
  refused(phi.region_map(region, at.FREE + 1, 0, 1, 3));
  refused(phi.region_map(region, 0xffff_f000, 0, 2, 3));
  refused(phi.region_map(region, 0x1_0000_0000, 0, 1, 3));
  refused(phi.region_map(region, 0xffff_ffff_ffff_f000, 0, 1, 3));
  refused(phi.region_map(region, 0x8000_0000_8000_0000, 0, 1, 3));
  refused(phi.region_map(region, 0x8000_0000, 0, 1, 3)); // its start-up page is there
}

function wrong_sizes(): void {
  const region = must(phi.region_create(known(at.OWN), 4, 0));
  refused(phi.region_map(region, at.FREE, 0, 0, 3));
  refused(phi.region_map(region, at.FREE, 0, 5, 3));
  refused(phi.region_map(region, at.FREE, 4, 1, 3));
  refused(phi.region_map(region, at.FREE, u64.MAX_VALUE, 1, 3));
  refused(phi.region_map(region, at.FREE, u64.MAX_VALUE, 2, 3));
  refused(phi.region_map(region, at.FREE, 1, u64.MAX_VALUE, 3));
  refused(phi.region_map(region, at.FREE, 0, (<u64>1) << 52, 3));
  refused(phi.region_map(region, at.FREE, 0, ((<u64>1) << 52) + 1, 3));
  refused(phi.region_unmap(known(at.OWN), at.FREE, 4));
  refused(phi.region_unmap(known(at.OWN), 0, 1));
  refused(phi.region_unmap(known(at.OWN), at.FREE, u64.MAX_VALUE));
  refused(phi.region_unmap(known(at.FOREIGN_SELF), 0xb000_0000, 1));
}

function creation(): void {
  refused(phi.region_create(known(at.OWN), 0, 0));
  refused(phi.region_create(known(at.OWN), u64.MAX_VALUE, 0));
  refused(phi.region_create(known(at.OWN), (<u64>1) << 52, 1));
  refused(phi.region_create(known(at.OWN), 0x8_0000, 0));
  refused(phi.region_create(known(at.OWN), 0x8_0000, 1));
  refused(phi.region_create(known(at.OWN), 0x8_0001, 0));
  refused(phi.region_create(known(at.OWN), 4096, 0)); // four times its budget
  refused(phi.region_create(known(at.OWN), 4096, 1));
  refused(phi.region_create(known(at.OWN), 1, 2));
  refused(phi.region_create(known(at.OWN), 1, u64.MAX_VALUE));
}

function overlap(): void {
  const first = must(phi.region_create(known(at.OWN), 2, 0)),
    second = must(phi.region_create(known(at.OWN), 4, 0));
  must(phi.region_map(first, at.FREE, 0, 2, 3));
  refused(phi.region_map(second, at.FREE, 0, 4, 3));
  refused(phi.region_map(second, at.FREE + 0x1000, 0, 1, 3));
  refused(phi.region_map(second, at.FREE - 0x1000, 0, 2, 3));
}

/** Over a window whose region is gone: unmapping it would give the new region's frames away. */
function over_revoked(): void {
  const first = must(phi.region_create(known(at.OWN), 2, 0)),
    second = must(phi.region_create(known(at.OWN), 4, 0));
  must(phi.region_map(first, at.FREE, 0, 2, 3));
  must(phi.cap_delete(first));
  refused(phi.region_map(second, at.FREE, 0, 4, 3));
  peek(at.FREE);
  poke(at.FREE + 0x1000);
  must(phi.region_unmap(known(at.OWN), at.FREE, 2));
  must(phi.region_map(second, at.FREE, 0, 4, 3));
}

function others_memory(): void {
  refused(phi.domain_memory(known(at.OWN), 0xc000_0000));
  refused(phi.domain_memory(known(at.FOREIGN_DOMAIN), 0xc000_0000));
  refused(phi.domain_memory(known(at.OWN), 0));
  refused(phi.domain_map(known(at.OWN), known(at.SECRET), at.FREE, (<u64>1) << 32, 1)); // it runs
}

function growth(): void {
  if (memory.grow(-1) != -1) refused(0);
  if (memory.grow(0x4000) != -1) refused(0);
  let grown = 0;
  while (memory.grow(1) != -1 && grown < 100_000) grown++;
  if (grown == 100_000) refused(0);
  if (memory.grow(1) != -1) refused(0);
  // All that was promised is there.
  for (let index: usize = 65536; index < (<usize>memory.size()) << 16; index += 4096) store<u8>(index, 1);
}

/** Frames of the attackers before must come clean. */
function remains(): void {
  for (let round = 0; round < OWN_PAGES; round++) {
    const region = must(phi.region_create(known(at.OWN), 16, <u64>(round & 1)));
    if (phi.region_map(region, at.FREE, 0, 16, 3) < 0) return refused(0);
    for (let index: usize = 0; index < 65536; index += 8) {
      if (load<u64>(<usize>at.FREE + index) != 0) return refused(0);
      store<u64>(<usize>at.FREE + index, 0x5ec7_e75e_c7e7_5ec7);
    }
    must(phi.region_unmap(known(at.OWN), at.FREE, 16));
    must(phi.cap_delete(region));
  }
  const old = memory.grow(2);
  for (let index = (<usize>old) << 16; index < (<usize>old + 2) << 16; index += 8) {
    if (load<u64>(index) != 0) return refused(0);
  }
}

function down(n: u32): u32 {
  return n == 0xffff_ffff ? 0 : down(n + 1) * 3 + down(n + 2) + n;
}

function table_call(index: u32): void {
  const function_reference = changetype<() => void>(<usize>index);
  function_reference();
}

/** A function of another type than the call says: its reference lies behind the pointer. */
const fake = new StaticArray<u32>(8);
function typed_call(): void {
  for (let i: u32 = 0; i < 8; i++) fake[i] = 1 + ((<u32>sink) & 1);
  const function_reference = changetype<(a: f64, b: f64, c: f64) => f64>(changetype<usize>(fake));
  if (function_reference(1, 2, 3) > 0) sink++;
}

function fill_over_the_end(): void {
  memory.fill(((<usize>memory.size()) << 16) - 16, 1, 64);
}

function copy_to_window(): void {
  memory.copy(<usize>at.FREE, 64, 4096);
}

export function memories(number: u32): void {
  if (number == 0) poke(((<u64>memory.size()) << 16) + 8);
  else if (number == 1) peek(at.FREE);
  else if (number == 2) poke(0x7fff_fff0);
  else if (number == 3) poke(0xffff_fff0);
  else if (number == 4) sink += load<u64>(<usize>(0xffff_fff8 | (sink & 1)), 0x7fff_0000);
  else if (number == 5) read_only();
  else if (number == 6) poke(0x9000_0000);
  else if (number == 7) peek(0xc000_0000);
  else if (number == 8) sink += <u64>down(0);
  else if (number == 9) table_call(0x7000_0000);
  else if (number == 10) table_call(0);
  else if (number == 11) typed_call();
  else if (number == 12) fill_over_the_end();
  else if (number == 13) copy_to_window();
  else if (number == 14) write_mapping();
  else if (number == 15) wrong_places();
  else if (number == 16) wrong_sizes();
  else if (number == 17) creation();
  else if (number == 18) overlap();
  else if (number == 19) over_revoked();
  else if (number == 20) others_memory();
  else if (number == 21) growth();
  else remains();
}
