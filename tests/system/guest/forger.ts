// A hostile program for tests/system/hostile.test.ts: tries every gate with handles that it was never given. Its exit status is
// the number of gates that obeyed, or 200 when even its own capability could not be told from others.
import * as phi from "../../../services/lib/phi";

const INDICES: u64 = 1024;
const GENERATIONS: u64 = 3;
const WINDOW: u64 = 0xa000_0000;

let obeyed: u32 = 0;
let own: u64 = 0;

function count(answer: i64): void {
  if (answer >= 0) obeyed++;
}

function abuse(handle: u64): void {
  count(phi.system_info(handle, 9));
  count(phi.system_info(handle, 0));
  count(phi.domain_stop(handle));
  count(phi.domain_destroy(handle));
  count(phi.domain_status(handle, 0));
  count(phi.domain_memory(handle, 0xc000_0000));
  count(phi.region_map(handle, WINDOW, 0, 1, 3));
  count(phi.region_create(handle, 1, 0));
  count(phi.endpoint_create(handle));
  count(phi.endpoint_bind(handle, handle));
  count(phi.notify(handle, 1));
  count(phi.timer_set(handle, 1, 1));
  count(phi.cap_derive(handle, 0xffff, 0));
  count(phi.cap_grant(handle, handle, 0xffff, 0));
  count(phi.cap_revoke(handle));
  count(phi.cap_delete(handle));
  count(phi.cap_revoke_all(handle));
  count(phi.cap_move(handle, handle));
  count(phi.cap_mint(handle, 1, 1));
  count(phi.endpoint_methods(handle, 0, 0, 0));
  count(phi.device_store(handle, 0, 0));
  count(phi.irq_ack(handle));
  count(phi.code_load(handle, 0, 4096));
  count(phi.domain_create(handle, handle, 0, 0x10_0000));
  count(phi.call(handle, 1, 0, 0, 0, 0, 0, 0));
  count(phi.reply(handle, 0, 0, 0, 0, 0, 0));
}

export function start(): void {
  for (let generation: u64 = 0; generation < GENERATIONS; generation++) {
    for (let index: u64 = 0; index < INDICES; index++) {
      const handle = index | (generation << 32);
      if (phi.cap_info(handle, 0) < 0) abuse(handle);
      else if (own == 0) own = handle;
      else obeyed++;
    }
  }
  if (own == 0) phi.exit(200);
  // A copy of the one capability that it has, deleted: the stale handle is nobody's.
  const copy = phi.cap_derive(own, 1, 0);
  phi.cap_delete(<u64>copy);
  abuse(<u64>copy);
  // Wild arguments of gates that take no handle.
  count(phi.cap_info(own, u64.MAX_VALUE));
  phi.exit(obeyed < 199 ? <i32>obeyed : 199);
}
