// Attacks on capabilities: forged, stale, other people's, of the wrong type, with more rights than were given.
import * as phi from "../../../services/lib/phi";
import * as at from "./context";
import { expected, known, must, refused } from "./context";

const E_RIGHTS: i64 = -2;
const E_DEADLOCK: i64 = -6;

/** Every gate that takes a handle, with this one. */
function abuse(handle: u64): void {
  refused(phi.system_info(handle, 9));
  phi.system_power(handle, 55); // obeyed, it would end the machine
  refused(phi.domain_start(handle));
  refused(phi.domain_stop(handle));
  refused(phi.domain_destroy(handle));
  refused(phi.domain_status(handle, 0));
  refused(phi.domain_memory(handle, 0xc000_0000));
  refused(phi.domain_supervise(handle, handle, 1));
  refused(phi.domain_personality(handle, handle, 1));
  refused(phi.domain_map(handle, handle, at.FREE, (<u64>1) << 32, 1));
  refused(phi.domain_create(handle, handle, 1, 0x10_0000));
  refused(phi.code_load(handle, 0, 4096));
  refused(phi.region_create(handle, 1, 0));
  refused(phi.region_map(handle, at.FREE, 0, 1, 1));
  refused(phi.region_unmap(handle, at.FREE, 1));
  refused(phi.endpoint_create(handle));
  refused(phi.endpoint_bind(handle, handle));
  refused(phi.endpoint_methods(handle, 0, 0, 0));
  refused(phi.notification_create(handle));
  refused(phi.notify(handle, 1));
  refused(phi.wait(handle, 0));
  refused(phi.notification_bind(handle));
  refused(phi.timer_set(handle, 1, 1));
  refused(phi.irq_bind(handle, handle, 1));
  refused(phi.irq_ack(handle));
  refused(phi.device_load(handle, (<u64>1) << 32));
  refused(phi.device_store(handle, (<u64>1) << 32, 0));
  refused(phi.cap_derive(handle, 0xffff, 0));
  refused(phi.cap_grant(handle, handle, 0xffff, 0));
  refused(phi.cap_move(handle, handle));
  refused(phi.cap_mint(handle, 1, 1));
  refused(phi.cap_revoke(handle));
  refused(phi.cap_revoke_all(handle));
  refused(phi.cap_next(handle, 0));
  refused(phi.cap_info(handle, 0));
  refused(phi.cap_delete(handle));
  refused(phi.call(handle, 1, 0, 0, 0, 0, 0, 0));
  refused(phi.call_words(handle, 1, 0, 0, 0, 0, 0, 0));
  refused(phi.reply(handle, 0, 0, 0, 0, 0, 0));
}

function forged(): void {
  for (let generation: u64 = 0; generation < 4; generation++) {
    for (let index: u64 = 0; index < 128; index++) {
      const handle = index | (generation << 32);
      if (phi.cap_info(handle, 0) >= 0) continue; // one of its own
      abuse(handle);
    }
  }
}

function stale(): void {
  const copy = must(phi.cap_derive(known(at.OWN), 16, 0));
  must(phi.cap_delete(copy));
  abuse(copy);
  const next = must(phi.cap_derive(known(at.OWN), 16, 0));
  abuse(copy);
  if (copy == next) refused(0);
}

function wrong_types(): void {
  const bell = must(phi.notification_create(known(at.OWN))),
    region = must(phi.region_create(known(at.OWN), 1, 0));
  refused(phi.call(known(at.OWN), 1, 0, 0, 0, 0, 0, 0));
  refused(phi.call(bell, 1, 0, 0, 0, 0, 0, 0));
  refused(phi.notify(region, 1));
  refused(phi.wait(known(at.WITNESS), 0));
  refused(phi.region_map(bell, at.FREE, 0, 1, 1));
  refused(phi.domain_stop(region));
  refused(phi.device_load(region, (<u64>1) << 32));
  refused(phi.irq_ack(bell));
  phi.system_power(known(at.OWN), 55); // obeyed, it would end the machine
  refused(phi.reply(bell, 0, 0, 0, 0, 0, 0));
  refused(phi.code_load(bell, 0, 4096));
  refused(phi.domain_create(known(at.OWN), region, 1, 0x10_0000));
}

function more_rights(): void {
  for (let bit: u64 = 0; bit < 64; bit++) {
    const right = (<u64>1) << bit;
    if ((right & 52) == 0) refused(phi.cap_derive(known(at.OWN), right, 0));
    if (right != 1) refused(phi.cap_derive(known(at.WITNESS), right, 0));
    if ((right & 5) == 0) refused(phi.cap_derive(known(at.SECRET), right, 0));
  }
  refused(phi.cap_derive(known(at.OWN), u64.MAX_VALUE, 0));
  const less = must(phi.cap_derive(known(at.OWN), 16, 0));
  refused(phi.cap_derive(less, 32, 0));
  expected(phi.notification_create(less), E_RIGHTS);
}

function badges(): void {
  refused(phi.cap_derive(known(at.WITNESS), 1, 78));
  refused(phi.cap_derive(known(at.WITNESS), 1, 0x8000_0000_0000_004d));
  const endpoint = must(phi.endpoint_create(known(at.OWN)));
  refused(phi.cap_derive(endpoint, 1, 0x8000_0000_0000_0001));
  const badged = must(phi.cap_derive(endpoint, 1, 5));
  refused(phi.cap_derive(badged, 1, 6));
  expected(phi.cap_info(must(phi.cap_derive(badged, 1, 0)), 2), 5);
}

function unshared(): void {
  // Neither the endpoint nor the secret came with SHARE: nobody else gets them, not even a child or oneself.
  refused(phi.cap_grant(known(at.OWN), known(at.WITNESS), 1, 0));
  refused(phi.cap_move(known(at.OWN), known(at.WITNESS)));
  refused(phi.cap_grant(known(at.OWN), known(at.SECRET), 1, 0));
  refused(phi.cap_move(known(at.OWN), known(at.SECRET)));
}

function minting(): void {
  refused(phi.cap_mint(known(at.WITNESS), 1, 0xffff));
  refused(phi.endpoint_methods(known(at.WITNESS), 0, 0, 0xffff_ffff));
  const endpoint = must(phi.endpoint_create(known(at.OWN)));
  refused(phi.cap_mint(endpoint, 1, 0x1_0000));
  refused(phi.cap_mint(endpoint, 0x8000_0000_0000_0000, 1));
  const resource = must(phi.cap_mint(endpoint, 7, 1));
  refused(phi.cap_derive(resource, 0x2_0000, 0));
  refused(phi.endpoint_bind(resource, known(at.OWN)));
  refused(phi.call(resource, 40, 0, 0, 0, 0, 0, 0));
  refused(phi.call(resource, u64.MAX_VALUE, 0, 0, 0, 0, 0, 0));
}

function others_end(): void {
  expected(phi.cap_revoke_all(known(at.SECRET)), E_RIGHTS);
  expected(phi.cap_revoke_all(known(at.WITNESS)), E_RIGHTS);
  // Revoking a leaf ends nothing: the witness still answers.
  must(phi.cap_revoke(known(at.WITNESS)));
  expected(phi.call(known(at.WITNESS), 1, 5, 0, 0, 0, 0, 0), 16);
}

function twice(): void {
  const copy = must(phi.cap_derive(known(at.OWN), 16, 0));
  must(phi.cap_delete(copy));
  refused(phi.cap_delete(copy));
  refused(phi.cap_revoke(copy));
}

function seizing(): void {
  refused(phi.endpoint_bind(known(at.WITNESS), known(at.OWN)));
  refused(phi.endpoint_bind(known(at.FOREIGN_ENDPOINT), known(at.OWN)));
  expected(phi.call(known(at.WITNESS), 1, 2, 0, 0, 0, 0, 0), 7);
}

function looking(): void {
  refused(phi.cap_next(known(at.FOREIGN_SELF), 0));
  refused(phi.cap_next(known(at.OWN), u64.MAX_VALUE));
  refused(phi.cap_info(known(at.OWN), 4));
  refused(phi.cap_info(known(at.OWN), u64.MAX_VALUE));
  refused(phi.domain_status(known(at.OWN), 1000));
  refused(phi.domain_status(known(at.OWN), u64.MAX_VALUE));
}

function deep(): void {
  let last = must(phi.notification_create(known(at.OWN)));
  const first = last;
  for (let i = 0; i < 2000; i++) {
    const next = phi.cap_derive(last, 1, 0);
    if (next < 0) break;
    last = <u64>next;
    if (i == 1999) refused(0);
  }
  while (phi.cap_revoke(first) == 1) continue;
  refused(phi.notify(last, 1));
}

function itself(): void {
  const loop = must(phi.endpoint_create(known(at.OWN)));
  must(phi.endpoint_bind(loop, known(at.OWN)));
  expected(phi.call(loop, 1, 0, 0, 0, 0, 0, 0), E_DEADLOCK);
}

export function handles(number: u32): void {
  if (number == 0) forged();
  else if (number == 1) stale();
  else if (number == 2) abuse(0);
  else if (number == 3) abuse(u64.MAX_VALUE);
  else if (number == 4) abuse(0xffff_ffff);
  else if (number == 5) abuse(known(at.FOREIGN_SELF));
  else if (number == 6) abuse(known(at.FOREIGN_SYSTEM));
  else if (number == 7) abuse(known(at.FOREIGN_ENDPOINT));
  else if (number == 8) abuse(known(at.FOREIGN_SECRET));
  else if (number == 9) abuse(known(at.FOREIGN_DOMAIN));
  else if (number == 10) abuse(known(at.FOREIGN_NOTIFICATION));
  else if (number == 11) wrong_types();
  else if (number == 12) more_rights();
  else if (number == 13) badges();
  else if (number == 14) unshared();
  else if (number == 15) minting();
  else if (number == 16) others_end();
  else if (number == 17) twice();
  else if (number == 18) seizing();
  else if (number == 19) looking();
  else if (number == 20) deep();
  else itself();
}
