// Reads the kernel's event ring (kernel/abi/schedule.ts), each event once and in order. The kernel writes on regardless:
// a reader that was too slow finds out here and asks for the whole picture instead.
import { now_ns } from "../lib/notification";
import { RING_CAPACITY_AT, RING_CPUS_AT, RING_ENTRY_SIZE, RING_WRITTEN_AT } from "../../kernel/abi/schedule";

let base: usize = 0;
let capacity: u64 = 1;
/** Events taken, events there when the present batch began, and where it began. */
let taken: u64 = 0;
let batch_end: u64 = 0;
let batch_start: u64 = 0;

/** The ring at this index; what it holds already is passed over. The number of processors. */
export function ring_begin(ring: usize): u32 {
  base = ring;
  capacity = max<u64>(load<u64>(base, RING_CAPACITY_AT), 1);
  taken = load<u64>(base, RING_WRITTEN_AT);
  batch_start = taken;
  batch_end = taken;
  return <u32>load<u64>(base, RING_CPUS_AT);
}

/** The next event of the batch, or 0 at its end. */
export function ring_next(): usize {
  if (taken == batch_end) {
    batch_start = taken;
    batch_end = load<u64>(base, RING_WRITTEN_AT);
    if (taken == batch_end || batch_end - taken > capacity) return 0;
  }
  const entry = base + RING_ENTRY_SIZE * (1 + <usize>(taken % capacity));
  taken++;
  return entry;
}

/** Has the kernel written over events of the last batch, before or while they were read? They are passed over then. */
export function ring_skip(): bool {
  now_ns(); // a gate: what was read before it stays read, what follows is read afresh
  const written = load<u64>(base, RING_WRITTEN_AT);
  if (written - batch_start <= capacity) return false;
  taken = written;
  batch_end = written;
  batch_start = written;
  return true;
}
