// What boot/<arch>/plain.S does, step by step, in AssemblyScript on the kernel's own structures: tests and the fuzzer call it where
// the gate would run. It is no part of the kernel. What the assembly leaves unwritten stays unwritten here too.
import { STATE_BUSY, STATE_IDLE } from "../../../../kernel/abi/status";
import { KERNEL_CAPS, KERNEL_CAP_SIZE } from "../../../../kernel/abi/layout";
import { Capability } from "../../../../kernel/cap/table";
import { cpu } from "../../../../kernel/cpu";
import { is_none, none } from "../../../../kernel/none";
import { ACTIVATION_CALL, ACTIVATION_NONE, Domain, WAIT_CALLEE, WAIT_NONE } from "../../../../kernel/object/domain";
import { Endpoint } from "../../../../kernel/object/object";

/** Kernel index of the server, entered; 0: not the common case, nothing has changed, call_enter(handle, 0) is asked. */
export function call_enter_plain(handle: u64): u32 {
  const block = cpu(),
    client = block.domain;
  const offset = <u64>(<u32>handle) * KERNEL_CAP_SIZE;
  if (offset >= block.plain_bound) return 0;
  const capability = changetype<Capability>(<usize>KERNEL_CAPS + <usize>offset);
  if (capability.handle != handle || capability.key != client.endpoint_key) return 0;
  const endpoint = changetype<Endpoint>(capability.object);
  if (capability.version != endpoint.version) return 0;
  const server = endpoint.server;
  if (is_none(server) || server.state != STATE_IDLE || server.is_user) return 0;
  client.wait = WAIT_CALLEE;
  client.callee = server;
  server.state = STATE_BUSY;
  server.activation = ACTIVATION_CALL;
  server.caller = client;
  server.wants_words = 0;
  server.thread = client.thread;
  client.thread.top = server;
  endpoint.calls++;
  server.badge = capability.badge; // in a register, there
  block.domain = server;
  return <u32>changetype<usize>(server);
}

/** Kernel index of the caller that goes on with `result`; 0: not the common case, activation_done(result) is asked. */
export function activation_done_plain(result: i64): u32 {
  const block = cpu(),
    server = block.domain;
  if (server.activation != ACTIVATION_CALL || server.is_wanted) return 0;
  const client = server.caller;
  client.wait = WAIT_NONE;
  client.callee = none<Domain>();
  client.result = result; // in a register, there
  server.thread.top = client;
  block.domain = client;
  server.state = STATE_IDLE;
  server.activation = ACTIVATION_NONE;
  return <u32>changetype<usize>(client);
}
