// ΦCore: everything that the assembly calls. docs/abi.md section 5 states each contract.

import { is_none, none } from "./none";
import { revocations_pending } from "./cap/pending";
import { revocation_step } from "./cap/revoke";
import { Cpu, cpu } from "./cpu";
import { activation_done as done } from "./ipc/activation";
import { interrupt as handle_interrupt } from "./irq";
import { domain_end } from "./object/destroy";
import { Domain } from "./object/domain";
import { policy_tell, policy_untold } from "./thread/policy";
import { run, stay, switch_to } from "./thread/direct";
import { pick, thread_ready, timer_is_set } from "./thread/scheduler";
import { Thread, THREAD_RUNNING } from "./thread/thread";

export { boot } from "./start/boot";
export { cpu_arrive } from "./start/cpus";
export {
  call_enter,
  call_enter_until,
  call_enter_personality,
  detach as gate_detach,
  reply as gate_reply,
} from "./ipc/call";
export { trap } from "./trap";
export { kernel_trap } from "./panic";
export * from "./gates/call";
export * from "./gates/capability";
export * from "./gates/device";
export * from "./gates/dma";
export * from "./gates/domain";
export * from "./gates/endpoint";
export * from "./gates/hook";
export * from "./gates/mailbox";
export * from "./gates/notification";
export * from "./gates/region";
export * from "./gates/replace";
export * from "./gates/scheduling";
export * from "./gates/self";
export * from "./gates/system";

/** The current domain's handler returned: kernel index of the domain to resume with `result`, or 0: schedule. */
export function activation_done(result: i64): u32 {
  return <u32>changetype<usize>(done(result));
}

/** Kernel index of the domain that the interrupted CPU goes on with, and that the caller makes current, or 0: schedule. */
export function interrupt(vector: u32): u32 {
  return <u32>changetype<usize>(run(handle_interrupt(vector)));
}

/** Kernel index of the domain to resume, or 0: idle. A deferred interrupt is handled first. */
export function schedule(): u32 {
  const block = cpu(),
    vector = block.deferred;
  block.attention = 0;
  let woken = none<Thread>();
  if (vector != 0) {
    block.deferred = 0;
    woken = handle_interrupt(vector);
  }
  if (is_orderly(block)) {
    const next = is_none(woken) ? stay(block) : switch_to(block, woken);
    if (!is_none(next)) {
      block.domain = next;
      return <u32>changetype<usize>(next);
    }
  }
  if (!is_none(woken)) thread_ready(woken);
  return choose();
}

/** Is there nothing to look at but who runs, while the running thread could go on? */
@inline
function is_orderly(block: Cpu): bool {
  const running = block.thread;
  return (
    (block.attention | block.deferred | block.rotate) == 0 &&
    timer_is_set(block) &&
    !policy_untold() &&
    (is_none(running) || (running.state == THREAD_RUNNING && block.domain.stopping == 0))
  );
}

/** The whole of schedule(), for whatever its short ways leave. Exported so that it stays apart from them. */
export function choose(): u32 {
  const block = cpu();
  while (block.deferred != 0) {
    const vector = block.deferred;
    block.deferred = 0;
    const woken = handle_interrupt(vector);
    if (!is_none(woken)) thread_ready(woken);
  }
  const running = block.domain;
  if (!is_none(running) && running.stopping != 0) domain_end(running, running.stopping);
  block.attention = 0;
  if (revocations_pending() != 0) revocation_step();
  let domain: Domain = pick();
  if (policy_untold()) {
    policy_tell();
    block.attention = 0;
    domain = pick();
  }
  return is_none(domain) ? 0 : <u32>changetype<usize>(domain);
}
