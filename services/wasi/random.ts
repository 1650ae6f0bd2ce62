// random_get: ChaCha20 keyed by the companion's seed. After each request the key is replaced by the first half of a block that
// nobody saw, so what a program drew cannot be computed from a later state ("fast key erasure").
import { seed } from "../lib/startup";
import { chacha20_block, chacha20_set } from "./chacha20";
import { ERRNO_FAULT, ERRNO_SUCCESS } from "./errno";
import { guest_fill_from, guest_reaches } from "./guest";
import { METHOD_RANDOM_GET } from "./methods";

const BLOCK_BYTES: u32 = 64;
/** A key gives 2^32 blocks at most; a request that long (256 GiB) cannot be made. */
const FIRST_BLOCK: u32 = 0;

const key = memory.data(32, 16);
const nonce = memory.data(16, 16);
const block = memory.data(64, 16);

/** Takes the seed of the start-up page; false when there is none. */
export function random_open(): bool {
  let any: u64 = 0;
  for (let word: u32 = 0; word < 4; word++) {
    store<u64>(key + (word << 3), seed(word));
    any |= seed(word);
  }
  return any != 0;
}

export function random_get(buffer: u32, length: u32): u32 {
  if (!guest_reaches(buffer, length)) return ERRNO_FAULT;
  chacha20_set(key, FIRST_BLOCK, nonce);
  chacha20_block(block);
  memory.copy(key, block, 32);
  for (let at: u32 = 0; at < length; at += BLOCK_BYTES) {
    chacha20_block(block);
    guest_fill_from(buffer + at, block, min(BLOCK_BYTES, length - at), METHOD_RANDOM_GET);
  }
  memory.fill(block, 0, BLOCK_BYTES);
  return ERRNO_SUCCESS;
}
