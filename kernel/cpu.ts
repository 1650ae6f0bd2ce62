// The per-CPU block that the gates share with the kernel, as a typed view.
// Every field's offset is the CPU_ constant of kernel/abi/layout.ts; check() proves it at compile time.

import * as layout from "./abi/layout";
import { cpu_interrupt } from "../hal/cpus";
import { cpu_block } from "./machine";
import { Domain } from "./object/domain";
import { Thread } from "./thread/thread";


@unmanaged
export class Cpu {
  self: u64;
  domain: Domain;
  attention: u32;
  deferred: u32;
  idle: u32;
  stack_top: u64;
  root: u64;
  number: u32;
  hardware_id: u32;
  // what the kernel alone keeps for this CPU
  thread: Thread;
  /** set when the running thread gives way to its equals: yield or spent slice. */
  rotate: u32;
  index: u32;
  plain_bound: u32;
  trap_cause: u64;
  trap_address: u64;
  trap_code: u64;
  /** the assembly's own. */
  lock: u64;
  flush: u32;
  /** switches need not ask the scheduler: ipc/plain.ts keeps it. */
  direct: u32;
  /** counter when the running thread was resumed. */
  resumed_at: u64;
}


@inline
export function cpu(): Cpu {
  return changetype<Cpu>(<usize>cpu_block());
}


@inline
export function cpu_at(number: u32): Cpu {
  return changetype<Cpu>(<usize>(layout.KERNEL_CPUS + number * layout.KERNEL_CPU_SIZE));
}

/** CPUs that run the kernel: numbers 0, the boot CPU, to cpu_count() - 1. */
let cpus: u32 = 1;


@inline export function cpu_count(): u32 {
  return cpus;
}

/** This CPU runs the kernel from now on, as the next number. */
export function cpu_join(): void {
  cpus++;
}

/** The CPU chooses again who runs: at its gate's exit, or at once if it runs a domain or idles. */
@inline
export function cpu_look(block: Cpu): void {
  block.attention = 1;
  if (block.number != cpu().number) cpu_interrupt(block.hardware_id);
}

/** The domain that runs now: the caller of the gate that we are in. */
@inline
export function current(): Domain {
  return cpu().domain;
}

if (offsetof<Cpu>("domain") != layout.CPU_DOMAIN) ERROR("Cpu.domain");
if (offsetof<Cpu>("attention") != layout.CPU_ATTENTION) ERROR("Cpu.attention");
if (offsetof<Cpu>("deferred") != layout.CPU_DEFERRED) ERROR("Cpu.deferred");
if (offsetof<Cpu>("stack_top") != layout.CPU_STACK_TOP) ERROR("Cpu.stack_top");
if (offsetof<Cpu>("root") != layout.CPU_ROOT) ERROR("Cpu.root");
if (offsetof<Cpu>("index") != layout.CPU_INDEX) ERROR("Cpu.index");
if (offsetof<Cpu>("number") != layout.CPU_NUMBER) ERROR("Cpu.number");
if (offsetof<Cpu>("flush") != layout.CPU_FLUSH) ERROR("Cpu.flush");
if (offsetof<Cpu>("lock") != layout.CPU_LOCK) ERROR("Cpu.lock");
if (offsetof<Cpu>("trap_cause") != layout.CPU_TRAP_CAUSE) ERROR("Cpu.trap_cause");
