// A CPU but the first joins: boot/<arch> calls cpu_arrive() on a borrowed stack, with the kernel lock and the CPU's block
// and number set, and goes on, on the CPU's own stacks, to the schedule loop.
//
//   KERNEL_STACKS + number * KERNEL_STACK_AREA:   0x0000 guard | 0x1000 kernel stack | 0x9000 guard | 0xa000 trap stack
//                                                 0xc000 stack for the worst | 0xe000 the processor's tables | 0xf000 guard

import { cpu_started } from "../../hal/cpus";
import { PAGE_SIZE } from "../abi/formats";
import { KERNEL_STACK_AREA, KERNEL_STACKS } from "../abi/layout";
import { cpu, cpu_join } from "../cpu";
import { plain_bound_update } from "../ipc/plain";
import { flush_all } from "../machine";
import { kernel_page } from "../mm/tables";
import { ready_start } from "../thread/queue";

const KERNEL_STACK_END: u32 = 0x9000;
const TRAP_STACK: u32 = 0xa000;
const TABLES_END: u32 = 0xf000;

function pages(from: u32, to: u32): bool {
  for (let at = from; at < to; at += PAGE_SIZE) {
    if (!kernel_page(at)) return false;
  }
  return true;
}

/** Kernel index of the CPU's stacks; 0: there is no memory for them, and the CPU stays out. */
export function cpu_arrive(): u32 {
  const block = cpu();
  const area = KERNEL_STACKS + block.number * KERNEL_STACK_AREA;
  if (!pages(area + PAGE_SIZE, area + KERNEL_STACK_END) || !pages(area + TRAP_STACK, area + TABLES_END)) return 0;
  flush_all(); // it was told nothing so far
  ready_start(block);
  cpu_started();
  cpu_join();
  plain_bound_update();
  return area;
}
