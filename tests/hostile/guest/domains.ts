// Attacks by code and domains: modules that are damaged or not trusted, budgets that wrap, bombs of everything, children left behind.
import { E_BUDGET, E_DEPTH, E_FORMAT, E_NO_MEMORY, E_STATE, E_UNTRUSTED } from "../../../kernel/abi/errors";
import { PHX_NAME_AT } from "../../../kernel/abi/formats";
import * as phi from "../../../services/lib/phi";
import * as at from "./context";
import { child, expected, known, must, refused } from "./context";

const HW: u64 = 1 | (5 << 8);
const SFI: u64 = 5 << 8;
const BUDGET: u64 = 0xa_0000;
const BOMB_MAX: i32 = 100_000;

function own_code(): u64 {
  return must(phi.code_load(known(at.ARCHIVE), known(at.MODULE_OFFSET), known(at.MODULE_BYTES)));
}

/** A copy of its own module in a region of its own. */
function copied(): u64 {
  const bytes = known(at.MODULE_BYTES),
    pages = (bytes + 4095) >> 12;
  const region = must(phi.region_create(known(at.OWN), pages, 1));
  while (phi.region_fill(region) > 0) continue;
  for (let first: u64 = 0; first < pages; first += 512) {
    const part = min(pages - first, 512);
    must(phi.region_map(known(at.ARCHIVE), 0xa800_0000, (known(at.MODULE_OFFSET) >> 12) + first, part, 1));
    must(phi.region_map(region, at.FREE + (first << 12), first, part, 3));
    memory.copy(<usize>(at.FREE + (first << 12)), 0xa800_0000, <usize>(part << 12));
    must(phi.region_unmap(known(at.OWN), 0xa800_0000, part));
  }
  return region;
}

/** Seals a module that was loaded: 0, or why it is none. */
function sealed(code: u64): i64 {
  let missing = phi.code_seal(code);
  while (missing > 0) missing = phi.code_seal(code);
  return missing;
}

/** A good module that the archive does not vouch for: user mode it may have, supervisor mode never. */
function untrusted(): void {
  const region = copied();
  store<u8>(<usize>at.FREE + PHX_NAME_AT, 0x58); // another content, so another hash
  const code = must(phi.code_load(region, 0, known(at.MODULE_BYTES)));
  expected(sealed(code), 0);
  expected(phi.domain_create(known(at.OWN), code, SFI, BUDGET), E_UNTRUSTED);
  let measured = phi.code_verify(code);
  while (measured == 1) measured = phi.code_verify(code);
  expected(measured, E_UNTRUSTED);
  expected(phi.domain_create(known(at.OWN), code, SFI, BUDGET), E_UNTRUSTED);
  // Written after it was loaded: what was checked is a copy.
  memory.fill(<usize>at.FREE, 0xcc, 4096);
  must(phi.domain_create(known(at.OWN), code, HW, BUDGET));
}

/** Every word of the header, with extreme values: refused, or a module that harms itself alone. */
function damaged(): void {
  const region = copied();
  const values: StaticArray<u32> = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_f000, 0x10_0000];
  for (let field: usize = 0; field < 96; field += 4) {
    const place = <usize>at.FREE + field;
    const old = load<u32>(place);
    for (let i = 0; i < values.length; i++) {
      store<u32>(place, values[i]);
      const code = phi.code_load(region, 0, known(at.MODULE_BYTES));
      if (code < 0) continue;
      if (sealed(<u64>code) < 0) {
        phi.cap_delete(<u64>code);
        continue;
      }
      const domain = phi.domain_create(known(at.OWN), <u64>code, HW, BUDGET);
      if (domain >= 0) {
        phi.cap_delete(<u64>domain);
        phi.cap_delete(<u64>code);
        return; // its own budget pays for the child until it ends
      }
      phi.cap_delete(<u64>code);
    }
    store<u32>(place, old);
  }
}

function wrong_code(): void {
  const archive = known(at.ARCHIVE),
    offset = known(at.MODULE_OFFSET),
    bytes = known(at.MODULE_BYTES);
  refused(phi.code_load(archive, offset + 1, bytes));
  refused(phi.code_load(archive, offset, 0));
  refused(phi.code_load(archive, offset, 4095));
  refused(phi.code_load(archive, offset, u64.MAX_VALUE));
  refused(phi.code_load(archive, 0, bytes));
  refused(phi.code_load(archive, u64.MAX_VALUE - 4095, 8192));
  refused(phi.code_load(archive, (<u64>1) << 63, 4096));
  refused(phi.code_load(known(at.SECRET), 0, 4096));
  const empty = must(phi.region_create(known(at.OWN), 4, 1));
  expected(phi.code_load(empty, 0, 16384), E_FORMAT);
}

function creation(): void {
  const code = own_code(),
    own = known(at.OWN);
  refused(phi.domain_create(own, code, HW, 0));
  refused(phi.domain_create(own, code, HW, 4096));
  refused(phi.domain_create(own, code, HW, u64.MAX_VALUE));
  refused(phi.domain_create(own, code, HW, (<u64>1) << 44));
  refused(phi.domain_create(own, code, HW, ((<u64>1) << 32) * 4096 + 0x10_0000));
  refused(phi.domain_create(own, code, 1 | (63 << 8), BUDGET));
  refused(phi.domain_create(own, code, 1 | (11 << 8), BUDGET));
  refused(phi.domain_create(own, code, 2, BUDGET));
  refused(phi.domain_create(own, code, 0xff, BUDGET));
  refused(phi.domain_create(own, code, HW | ((<u64>1) << 40), BUDGET));
  refused(phi.domain_create(own, code, u64.MAX_VALUE, BUDGET));
}

function twice(): void {
  const domain = child(202, HW, BUDGET);
  if (domain == 0) return refused(0);
  must(phi.domain_start(domain));
  expected(phi.domain_start(domain), E_STATE);
  refused(phi.domain_map(domain, known(at.SECRET), at.FREE, (<u64>1) << 32, 1));
  expected(phi.domain_destroy(domain), E_STATE);
  must(phi.domain_stop(domain));
  expected(phi.domain_stop(domain), E_STATE);
  expected(phi.domain_start(domain), E_STATE);
  while (phi.domain_destroy(domain) == 1) continue;
  refused(phi.domain_status(domain, 0));
  refused(phi.domain_destroy(domain));
}

function upwards(): void {
  const own = known(at.OWN);
  refused(phi.domain_stop(own));
  refused(phi.domain_destroy(own));
  refused(phi.domain_start(own));
  refused(phi.domain_stop(known(at.FOREIGN_SELF)));
  refused(phi.domain_destroy(known(at.FOREIGN_SELF)));
  refused(phi.domain_supervise(known(at.FOREIGN_DOMAIN), known(at.FOREIGN_NOTIFICATION), 1));
  refused(phi.domain_personality(own, known(at.WITNESS), 1));
}

/** Started and left behind: they end with it. */
function orphans(): void {
  for (let i = 0; i < 3; i++) {
    const domain = child(202, HW, BUDGET);
    if (domain == 0) break;
    phi.domain_start(domain);
    phi.cap_delete(domain);
  }
  phi.yield_now();
}

function limit(answer: i64): bool {
  return answer == E_BUDGET || answer == E_NO_MEMORY || answer == E_DEPTH;
}

/** Makes one kind of thing until it is refused; the refusal must name a limit. */
function bomb(kind: u32): void {
  let last: u64 = known(at.OWN);
  for (let i = 0; i < BOMB_MAX; i++) {
    let answer: i64 = 0;
    if (kind == 0) answer = phi.notification_create(known(at.OWN));
    else if (kind == 1) answer = phi.endpoint_create(known(at.OWN));
    else if (kind == 2) answer = phi.region_create(known(at.OWN), 1, 0);
    else if (kind == 3) answer = phi.region_create(known(at.OWN), 1, 1);
    else if (kind == 4) answer = phi.cap_derive(known(at.OWN), 16, 0);
    else if (kind == 5) answer = phi.cap_derive(last, 16, 0);
    else if (kind == 6) answer = phi.code_load(known(at.ARCHIVE), known(at.MODULE_OFFSET), known(at.MODULE_BYTES));
    else answer = <i64>child(202, HW, BUDGET);
    if (kind == 7 && answer == 0) return;
    if (answer < 0) return expected(limit(answer) ? 1 : 0, 1);
    last = <u64>answer;
  }
  refused(0);
}

/** One page at a thousand places: the tables that this takes are its own expense. */
function window_bomb(): void {
  const region = must(phi.region_create(known(at.OWN), 1, 0));
  for (let index: u64 = 0x8020_0000; index < 0x1_0000_0000; index += 0x20_0000) {
    const answer = phi.region_map(region, index, 0, 1, 3);
    if (answer < 0) return expected(limit(answer) ? 1 : 0, 1);
  }
  refused(0);
}

function nested(): void {
  const domain = child(203, HW, 0x18_0000);
  if (domain == 0) return refused(0);
  phi.domain_start(domain);
}

let zero: i32 = 0;
function arithmetic(number: u32): void {
  if (number == 0) unreachable();
  else if (number == 1) zero = 5 / zero;
  else if (number == 2) zero = (i32.MIN_VALUE + zero) / (zero - 1);
  else zero = 7 % zero;
}

export function domains(number: u32): void {
  if (number == 0) untrusted();
  else if (number == 1) damaged();
  else if (number == 2) wrong_code();
  else if (number == 3) creation();
  else if (number == 4) twice();
  else if (number == 5) upwards();
  else if (number == 6) orphans();
  else if (number == 7) window_bomb();
  else if (number == 8) nested();
  else if (number < 17) bomb(number - 9);
  else arithmetic(number - 17);
}
