// What the kernel handed init on its start-up page: itself, the machine, the boot archive, devices, seed, screen.
// Read once, by read_machine, before anything else.
import * as startup from "../lib/startup";
import { STARTUP_INDEX } from "../../kernel/abi/layout";
import {
  STARTUP_DEVICE,
  STARTUP_END,
  STARTUP_ENTRY_SIZE,
  STARTUP_FRAMEBUFFER,
  STARTUP_IRQ,
  STARTUP_REGION,
  STARTUP_SYSTEM,
} from "../../kernel/abi/formats";
import { chacha20_block, chacha20_set } from "../wasi/chacha20";

export let self: u64 = 0;
export let system: u64 = 0;
/** The boot archive: its region, where it is mapped, its bytes. */
export let archive_region: u64 = 0;
export let archive_start: usize = 0;
export let archive_bytes: u64 = 0;
/** The screen: 0 = none; then width | height << 32, stride | bits << 32. */
export let framebuffer: u64 = 0;
export let framebuffer_size: u64 = 0;
export let framebuffer_layout: u64 = 0;

// The generator that gives each service a seed of its own: key, a zero nonce, and a block of output.
const key = memory.data(32, 16);
const nonce = memory.data(16, 16);
const block = memory.data(64, 16);

export function read_machine(): void {
  self = startup.self();
  const region = startup.find(STARTUP_REGION, 0);
  if (region != 0) {
    archive_region = startup.entry_handle(region);
    archive_start = <usize>startup.entry_a(region);
    archive_bytes = startup.entry_b(region);
  }
  const power = startup.find(STARTUP_SYSTEM, 0);
  if (power != 0) system = startup.entry_handle(power);
  const screen = startup.find(STARTUP_FRAMEBUFFER, 0);
  if (screen != 0) {
    framebuffer = startup.entry_handle(screen);
    framebuffer_size = startup.entry_a(screen);
    framebuffer_layout = startup.entry_b(screen);
  }
  for (let word: u32 = 0; word < 4; word++) store<u64>(key + (word << 3), startup.seed(word));
}

/** 32 fresh bytes; the generator's key is replaced, so that no one can compute them back from a later state. */
export function fresh_seed(): usize {
  chacha20_set(key, 0, nonce);
  chacha20_block(block);
  memory.copy(key, block + 32, 32);
  return block;
}

/** The start-up entry of the first device of a kind; 0 = the machine has none. */
export function find_device(kind: u32): usize {
  let entry: usize = STARTUP_INDEX;
  for (; startup.entry_kind(entry) != STARTUP_END; entry += STARTUP_ENTRY_SIZE) {
    if (startup.entry_kind(entry) == STARTUP_DEVICE && <u32>(startup.entry_a(entry) & 0xff) == kind) return entry;
  }
  return 0;
}

/** The interrupt line of a device's entry; 0 = it has none. */
export function irq_of(device: usize): u64 {
  const next = device + STARTUP_ENTRY_SIZE;
  return startup.entry_kind(next) == STARTUP_IRQ ? startup.entry_handle(next) : 0;
}
