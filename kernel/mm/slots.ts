// Instance slots of the kernel's root, where sfi instances live. An hw instance has a root of its own
// and always sees itself in slot HW_SLOT. Slot 0 holds code.

import { paging_levels } from "../../hal/paging";

export const HW_SLOT: u32 = 1;
/** With three levels (Sv39) the lower half holds 32 slots; more levels hold more than the table of domains. */
const SLOTS_MAX: u32 = 16384;
const taken: usize = memory.data(16384);


@inline
function limit(): u32 {
  return paging_levels() == 3 ? 32 : SLOTS_MAX;
}

let next: u32 = 1;

/** `count` slots in a row; 0: all are taken. */
export function slots_take(count: u32): u32 {
  for (let tried: u32 = 0; tried < 2; tried++) {
    let run: u32 = 0;
    for (let i = next; i < limit(); i++) {
      run = load<u8>(taken + i) == 0 ? run + 1 : 0;
      if (run == count) {
        const first = i + 1 - count;
        memory.fill(taken + first, 1, count);
        next = i + 1;
        return first;
      }
    }
    next = 1;
  }
  return 0;
}

export function slots_free(first: u32, count: u32): void {
  memory.fill(taken + first, 0, count);
  if (first < next) next = first;
}
