// Attacks on calls, replies, notifications, timers and time itself.
import * as phi from "../../../services/lib/phi";
import * as at from "./context";
import { child, child_tell, expected, known, must, obeyed_count, refused } from "./context";

const E_HANDLE: i64 = -1;
const E_ARGUMENT: i64 = -3;
const E_STATE: i64 = -11;
const E_TIMEOUT: i64 = -9;
const E_METHOD: i64 = -32;
const HW: u64 = 1 | (5 << 8);
const BUDGET: u64 = 0xa_0000;

function words(): void {
  const most = u64.MAX_VALUE;
  expected(phi.call(known(at.WITNESS), 1, most, most, most, most, most, most), -2);
  expected(phi.call(known(at.WITNESS), most, most, most, most, most, most, most), E_METHOD);
  expected(phi.call_words(known(at.WITNESS), 2, 9, most, most, most, most, most), 9);
  expected(phi.call(known(at.WITNESS), 1, 1, 0, 0, 0, 0, 0), 4);
}

function replies(): void {
  expected(phi.detach(), E_STATE);
  for (let index: u64 = 1; index < 200; index++) {
    refused(phi.reply(index | ((<u64>1) << 32), 5, 1, 2, 3, 4, 5));
    refused(phi.reply(index | ((<u64>2) << 32), 5, 1, 2, 3, 4, 5));
  }
}

function notifications(): void {
  const bell = must(phi.notification_create(known(at.OWN)));
  expected(phi.notify(bell, 0), E_ARGUMENT);
  expected(phi.notify(bell, 0x8000_0000_0000_0000), E_ARGUMENT);
  expected(phi.notify(bell, u64.MAX_VALUE), E_ARGUMENT);
  expected(phi.wait(bell, 0), E_TIMEOUT);
  expected(phi.wait(bell, 1), E_TIMEOUT);
  refused(phi.notify(known(at.FOREIGN_NOTIFICATION), 1));
  refused(phi.wait(known(at.FOREIGN_NOTIFICATION), 0));
  refused(phi.notification_bind(known(at.FOREIGN_NOTIFICATION)));
  const deaf = must(phi.cap_derive(bell, 1, 0)),
    dumb = must(phi.cap_derive(bell, 2, 0));
  refused(phi.wait(deaf, 0));
  refused(phi.notification_bind(deaf));
  refused(phi.notify(dumb, 1));
  refused(phi.timer_set(dumb, 1, 1));
}

function timers(): void {
  const bell = must(phi.notification_create(known(at.OWN)));
  refused(phi.timer_set(bell, 1, 0));
  refused(phi.timer_set(bell, u64.MAX_VALUE, 0x8000_0000_0000_0000));
  refused(phi.timer_set(known(at.FOREIGN_NOTIFICATION), 1, 1));
  for (let i: u64 = 0; i < 2000; i++) must(phi.timer_set(bell, phi.now() + (i & 7), 1));
  for (let i: u64 = 0; i < 200; i++) must(phi.timer_set(bell, u64.MAX_VALUE - i, 1));
  must(phi.timer_set(bell, 0, 0));
}

/** As many timers as the budget has room for, all of them due at once. */
function timer_bomb(): void {
  const due = phi.now() + 1_000_000;
  for (let i = 0; i < 100_000; i++) {
    const bell = phi.notification_create(known(at.OWN));
    if (bell < 0) break;
    phi.timer_set(<u64>bell, due, 1);
    if (i == 99_999) refused(0);
  }
  const last = phi.now() + 3_000_000;
  while (phi.now() < last) phi.yield_now();
}

/** It waits with a deadline while the notification under it ends: the deadline must not wake it a second time. */
function ended_while_waiting(): void {
  const bell = must(phi.notification_create(known(at.OWN)));
  const domain = child(200, HW, BUDGET);
  if (domain == 0) return refused(0);
  const theirs = must(phi.cap_grant(domain, bell, 3, 0));
  child_tell(120, theirs);
  must(phi.domain_start(domain));
  const pause = must(phi.notification_create(known(at.OWN)));
  phi.wait(pause, phi.now() + 1_000_000);
  while (phi.cap_revoke(bell) == 1) continue;
  must(phi.cap_delete(bell));
  phi.wait(pause, phi.now() + 4_000_000);
}

/** A child that calls us; our handler detaches twice, answers twice and lends the reply. */
function served(): void {
  const endpoint = must(phi.endpoint_create(known(at.OWN)));
  must(phi.endpoint_bind(endpoint, known(at.OWN)));
  const domain = child(201, HW, BUDGET);
  if (domain == 0) return refused(0);
  child_tell(120, must(phi.cap_grant(domain, endpoint, 1, 3)));
  must(phi.domain_start(domain));
  // start() returns, and the child's call comes.
}

export function handler(): i64 {
  const reply = phi.detach();
  if (reply < 0) refused(0);
  expected(phi.detach(), E_STATE);
  refused(phi.cap_derive(<u64>reply, 0, 0));
  refused(phi.cap_grant(known(at.OWN), <u64>reply, 0, 0));
  refused(phi.cap_move(known(at.OWN), <u64>reply));
  expected(phi.reply(<u64>reply, 1, 0, 0, 0, 0, 0), 0);
  expected(phi.reply(<u64>reply, 2, 0, 0, 0, 0, 0), E_HANDLE);
  phi.exit(obeyed_count());
  return 0;
}

/** What children of this module do. */
export function child_role(role: u32): void {
  if (role == 200) phi.wait(known(120), phi.now() + 3_000_000);
  else if (role == 201) phi.call(known(120), 1, 0, 0, 0, 0, 0, 0);
  else if (role == 202) for (;;) phi.yield_now();
  phi.exit(0);
}

function storm(): void {
  const bell = must(phi.notification_create(known(at.OWN)));
  for (;;) {
    phi.notify(bell, 1);
    phi.wait(bell, 0);
  }
}

function call_storm(): void {
  for (let i: u64 = 0; i < 20_000; i++) {
    if (phi.call(known(at.WITNESS), 1, i, 0, 0, 0, 0, 0) != <i64>(3 * i + 1)) refused(0);
  }
}

function busy(): void {
  let x: u64 = 1;
  for (;;) {
    x = x * 3 + 1;
    store<u64>(64, x);
  }
}

function patience(): void {
  const bell = must(phi.notification_create(known(at.OWN)));
  for (;;) phi.wait(bell, u64.MAX_VALUE);
}

export function calls(number: u32): void {
  if (number == 0) words();
  else if (number == 1) replies();
  else if (number == 2) notifications();
  else if (number == 3) timers();
  else if (number == 4) timer_bomb();
  else if (number == 5) ended_while_waiting();
  else if (number == 6) served();
  else if (number == 7) call_storm();
  else if (number == 8) storm();
  else if (number == 9) busy();
  else if (number == 10) for (;;) phi.yield_now();
  else patience();
}
