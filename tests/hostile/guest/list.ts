// The attacks by number, and how each must end. Numbers: 0 handles, 22 memory, 45 calls, 57 code and domains.
import { calls } from "./calls";
import { domains } from "./domains";
import { handles } from "./handles";
import { memories } from "./memory";

export const HANDLES: u32 = 0;
export const MEMORY: u32 = 22;
export const CALLS: u32 = 45;
export const DOMAINS: u32 = 57;
export const ATTACKS: u32 = 78;

/** It is refused whatever it asks for, and ends by itself with status 0. */
export const EXPECT_EXIT: u32 = 0;
/** The processor or the translation stops it. */
export const EXPECT_TRAP: u32 = 1;
/** It never ends, and is killed. */
export const EXPECT_KILL: u32 = 2;
export const EXPECT_EITHER: u32 = 3;

export function expectation(number: u32): u32 {
  if (number >= MEMORY && number < MEMORY + 14) return EXPECT_TRAP;
  if (number >= CALLS + 8 && number < DOMAINS) return EXPECT_KILL;
  if (number >= DOMAINS + 17) return EXPECT_TRAP;
  return EXPECT_EXIT;
}

/** It makes things until its budget is spent. */
export function is_bomb(number: u32): bool {
  return number == CALLS + 4 || (number >= DOMAINS + 7 && number < DOMAINS + 17);
}

export function attack(number: u32): void {
  if (number < MEMORY) handles(number);
  else if (number < CALLS) memories(number - MEMORY);
  else if (number < DOMAINS) calls(number - CALLS);
  else domains(number - DOMAINS);
}
