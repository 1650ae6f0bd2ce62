// A pair of NVMe queues in memory that driver and controller share (Base specification 2.0, 3.3): commands out, completions in. A command's
// identifier is its slot. What the controller writes is hostile until checked: an identifier of no command, more completions than commands.
// Then the pair is broken for good. Invariant: a slot that take() answers was submitted, and is answered once.
import { store_register } from "../lib/device";
import { fence } from "../lib/phi";

export const COMMAND_BYTES: u32 = 64;
export const COMPLETION_BYTES: u32 = 16;
/** Entries of each queue. */
export const ENTRIES: u32 = 64;
/** Commands that may be under way: fewer than entries, so that neither queue is ever full. */
export const SLOTS: u32 = 32;
const PHASE: u32 = 0x1_0000;

/** take(): nothing is there; the controller broke the rules. */
export const PAIR_EMPTY: i32 = -1;
export const PAIR_BROKEN: i32 = -2;

export class Pair {
  is_broken: bool = false;
  /** Of the command that take() answered last: its status field, 0 = success, and its result. */
  status: u32 = 0;
  result: u32 = 0;
  private tail: u32 = 0;
  private told: u32 = 0;
  private head: u32 = 0;
  private phase: u32 = PHASE;
  private free: u32 = ~0;
  private pending: u32 = 0;

  constructor(
    readonly commands: usize,
    readonly completions: usize,
    private readonly registers: u64,
    private readonly tail_doorbell: u32,
    private readonly head_doorbell: u32,
  ) {
    memory.fill(completions, 0, ENTRIES * COMPLETION_BYTES);
  }

  /** A slot that nobody has; −1: all are taken. */
  take_slot(): i32 {
    if (this.free == 0) return -1;
    const slot = ctz(this.free);
    this.free &= this.free - 1;
    return <i32>slot;
  }

  /** Does the controller owe an answer? */
  get is_busy(): bool {
    return this.pending != 0;
  }

  free_slot(slot: u32): void {
    this.free |= 1 << slot;
  }

  /** The next command, zeroed but for its operation, slot and namespace. Seen by the controller after publish(). */
  command(slot: u32, operation: u32, namespace: u32): usize {
    const command = this.commands + this.tail * COMMAND_BYTES;
    memory.fill(command, 0, COMMAND_BYTES);
    store<u32>(command, operation | (slot << 16));
    store<u32>(command, namespace, 4);
    this.tail = (this.tail + 1) % ENTRIES;
    this.pending |= 1 << slot;
    return command;
  }

  publish(): void {
    if (this.told == this.tail) return;
    this.told = this.tail;
    fence(); // commands before the doorbell
    store_register(this.registers, this.tail_doorbell, 4, this.tail);
  }

  /** The slot of the next command that is done, or PAIR_…. */
  take(): i32 {
    if (this.is_broken) return PAIR_BROKEN;
    const completion = this.completions + this.head * COMPLETION_BYTES;
    const word = load<u32>(completion, 12);
    if ((word & PHASE) != this.phase) return PAIR_EMPTY;
    fence(); // the phase before the rest
    const slot = word & 0xffff;
    if (slot >= SLOTS || (this.pending & (1 << slot)) == 0) {
      this.is_broken = true;
      return PAIR_BROKEN;
    }
    this.result = load<u32>(completion);
    this.status = word >> 17;
    this.pending &= ~(1 << slot);
    this.head++;
    if (this.head == ENTRIES) {
      this.head = 0;
      this.phase ^= PHASE;
    }
    return slot;
  }

  /** The controller may use again what take() has read; a line is quiet then. */
  accept(): void {
    store_register(this.registers, this.head_doorbell, 4, this.head);
  }
}
