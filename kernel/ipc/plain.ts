// The proof that assembly which decides the common case of a call (kernel/abi/call.ts) finds every field where the
// kernel has it (object/domain.ts checks the values), and the words that the kernel keeps for it and for
// thread/direct.ts. Called where the capability table grows, and where tracing, a hook, a revocation or a CPU begins or ends.

import * as at from "../abi/call";
import { KERNEL_CAP_SIZE } from "../abi/layout";
import { revocations_pending } from "../cap/pending";
import { Capability, index_bound } from "../cap/table";
import { Cpu, cpu_at, cpu_count } from "../cpu";
import { Domain } from "../object/domain";
import { Endpoint, Object } from "../object/object";
import { HOOK_POINT_CALL, HOOK_POINT_SCHEDULE } from "../abi/ipc";
import { hooked } from "./hook";
import { Thread } from "../thread/thread";
import { tracing } from "../trace";

/** Tells the gates how far the capability table reaches, or to ask for every call; and switches whether to ask the scheduler. */
export function plain_bound_update(): void {
  const busy = tracing() || revocations_pending() != 0;
  const asks = busy || hooked(HOOK_POINT_CALL);
  const direct = !busy && !hooked(HOOK_POINT_SCHEDULE) && cpu_count() == 1;
  for (let i: u32 = 0; i < cpu_count(); i++) {
    cpu_at(i).plain_bound = asks ? 0 : index_bound() * KERNEL_CAP_SIZE;
    cpu_at(i).direct = direct;
  }
}

if (offsetof<Cpu>("plain_bound") != at.CPU_PLAIN_BOUND) ERROR("Cpu.plain_bound");
if (offsetof<Cpu>("direct") != at.CPU_DIRECT) ERROR("Cpu.direct");
if (offsetof<Capability>("handle") != at.CAPABILITY_HANDLE_AT) ERROR("Capability.handle");
if (offsetof<Capability>("key") != at.CAPABILITY_KEY_AT) ERROR("Capability.key");
if (offsetof<Capability>("object") != at.CAPABILITY_OBJECT_AT) ERROR("Capability.object");
if (offsetof<Capability>("version") != at.CAPABILITY_VERSION_AT) ERROR("Capability.version");
if (offsetof<Capability>("badge") != at.CAPABILITY_BADGE_AT) ERROR("Capability.badge");
if (offsetof<Object>("version") != at.OBJECT_VERSION_AT) ERROR("Object.version");
if (offsetof<Object>("id") != at.OBJECT_ID_AT) ERROR("Object.id");
if (offsetof<Domain>("object") != at.DOMAIN_OBJECT_AT) ERROR("Domain.object");
if (offsetof<Endpoint>("server") != at.ENDPOINT_SERVER_AT) ERROR("Endpoint.server");
if (offsetof<Endpoint>("calls") != at.ENDPOINT_CALLS_AT) ERROR("Endpoint.calls");
if (offsetof<Thread>("top") != at.THREAD_TOP_AT) ERROR("Thread.top");
if (offsetof<Domain>("state") != at.DOMAIN_STATE_AT) ERROR("Domain.state");
if (offsetof<Domain>("activation") != at.DOMAIN_ACTIVATION_AT) ERROR("Domain.activation");
if (offsetof<Domain>("thread") != at.DOMAIN_THREAD_AT) ERROR("Domain.thread");
if (offsetof<Domain>("wait") != at.DOMAIN_WAIT_AT) ERROR("Domain.wait");
if (offsetof<Domain>("callee") != at.DOMAIN_CALLEE_AT) ERROR("Domain.callee");
if (offsetof<Domain>("queue") != at.DOMAIN_WANTED_AT) ERROR("Domain.queue");
if (offsetof<Domain>("endpoint_key") != at.DOMAIN_ENDPOINT_KEY_AT) ERROR("Domain.endpoint_key");
