// Gates of the machine and of code: interrupt lines, devices, figures, processors, measuring modules. Where the answer is the machine's
// own business the model knows only whether the caller may ask; what the gate does to memory is judged as ever. Called by messages.ts.

import { refusal } from "../model/capabilities";
import * as life from "../model/life";
import * as memory from "../model/memory";
import * as n from "../model/numbers";
import { Actor, clock } from "../model/world";
import { handle, PAGES, pick, u } from "./choose";
import { word } from "./bytes";
import * as host from "./host";
import { again } from "./operations";
import { answered, world } from "./processor";
import { device_step } from "./devices";
import { tell } from "./say";

/** Fields of system_info but those that power off, hand out regions or take the console away. */
const FIELDS: StaticArray<f64> = [0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15, 24, 64, 65, 128, 129, 77, 4096];
const WIDTHS: StaticArray<f64> = [1, 2, 4, 8, 3, 0];

/** The answer where the model only knows that the caller may ask: no handle, right or account is to blame. */
function unless_refused(why: f64, actual: i64): f64 {
  if (why != 0) return why;
  return actual >= 0 || actual == <i64>n.E_ARGUMENT ? <f64>actual : 0;
}

function fill(actor: Actor, region: f64): void {
  tell(<u32>actor.id, "region_fill", region);
  const expected = memory.gate_fill(actor, region);
  answered(actor, expected, host.gate_region_fill(u(region)), false);
}

function acknowledge(actor: Actor, irq: f64): void {
  tell(<u32>actor.id, "irq_ack", irq);
  answered(actor, refusal(actor, irq, n.TYPE_IRQ, n.IRQ_ACK), host.gate_irq_ack(u(irq)), false);
}

function affinity(actor: Actor, domain: f64, mask: f64): void {
  tell(<u32>actor.id, "domain_affinity", domain, mask);
  let expected = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_START);
  if (expected == 0 && Math.floor(mask / 2) * 2 == mask) expected = n.E_ARGUMENT; // processor 0 is the only one
  answered(actor, expected, host.gate_domain_affinity(u(domain), u(mask)), false);
}

function physical(actor: Actor, system: f64, region: f64, page: f64): void {
  tell(<u32>actor.id, "region_physical", system, region, page);
  let why = refusal(actor, system, n.TYPE_SYSTEM, n.SYSTEM_DMA);
  if (why == 0) why = refusal(actor, region, n.TYPE_REGION, n.REGION_PIN);
  if (why == 0 && (actor.enclave || world.has_iommu)) why = n.E_STATE;
  const actual = host.gate_region_physical(u(system), u(region), u(page));
  answered(actor, unless_refused(why, actual), actual, false);
}

function device(actor: Actor, handle: f64, offset: f64, width: f64, stores: bool): void {
  tell(<u32>actor.id, stores ? "device_store" : "device_load", handle, offset, width);
  const why = refusal(actor, handle, n.TYPE_DEVICE, stores ? n.DEVICE_STORE : n.DEVICE_LOAD);
  const where = u(offset) | (u(width) << 32);
  const actual = stores ? host.gate_device_store(u(handle), where, 1) : host.gate_device_load(u(handle), where);
  answered(actor, unless_refused(why, actual), actual, false);
}

function figure(actor: Actor, system: f64, field: f64): void {
  tell(<u32>actor.id, "system_info", system, field);
  const why = refusal(actor, system, n.TYPE_SYSTEM, n.SYSTEM_INFO);
  const actual = host.gate_system_info(u(system), u(field));
  answered(actor, unless_refused(why, actual), actual, false);
}

/** Only who may not is let try. */
function power(actor: Actor, system: f64): void {
  const why = refusal(actor, system, n.TYPE_SYSTEM, n.SYSTEM_POWER);
  if (why == 0) return;
  tell(<u32>actor.id, "system_power", system);
  answered(actor, why, host.gate_system_power(u(system), 0), false);
}

export function verify(actor: Actor, code: f64): void {
  tell(<u32>actor.id, "code_verify", code);
  const expected = life.gate_verify(actor, code);
  answered(
    actor,
    expected,
    again((h) => host.gate_code_verify(h), u(code)),
    false,
  );
}

function seal(actor: Actor, code: f64): void {
  tell(<u32>actor.id, "code_seal", code);
  const expected = refusal(actor, code, n.TYPE_CODE, n.CODE_LOAD); // what the archive has is sealed
  answered(actor, expected, host.gate_code_seal(u(code)), false);
}

function hash(actor: Actor, handle: f64, word: f64, attests: bool): void {
  tell(<u32>actor.id, attests ? "endpoint_attest" : "code_hash", handle, word);
  let expected = attests ? life.gate_attest(actor, handle, word) : life.gate_hash(actor, handle, word);
  const actual = attests ? host.gate_endpoint_attest(u(handle), u(word)) : host.gate_code_hash(u(handle), u(word));
  if (expected == 0 && actual >= 0) expected = <f64>actual;
  answered(actor, expected, actual, false);
}

function time(actor: Actor): void {
  tell(<u32>actor.id, "now");
  answered(actor, clock.now, host.gate_now(), false);
}

export function machine_step(actor: Actor): void {
  const choice = word.below(16);
  if (choice < 2) fill(actor, handle(actor, n.TYPE_REGION));
  else if (choice < 4) acknowledge(actor, handle(actor, n.TYPE_IRQ));
  else if (choice == 4) affinity(actor, handle(actor, n.TYPE_DOMAIN), <f64>word.byte());
  else if (choice == 5) physical(actor, handle(actor, n.TYPE_SYSTEM), handle(actor, n.TYPE_REGION), pick(PAGES));
  else if (choice < 8) {
    const offset = word.byte() < 200 ? <f64>word.byte() : 4294967295.0;
    device(actor, handle(actor, n.TYPE_DEVICE), offset, pick(WIDTHS), choice == 7);
  } else if (choice == 8) figure(actor, handle(actor, n.TYPE_SYSTEM), pick(FIELDS));
  else if (choice == 9) power(actor, handle(actor, n.TYPE_SYSTEM));
  else if (choice < 12) verify(actor, handle(actor, n.TYPE_CODE));
  else if (choice == 12) seal(actor, handle(actor, n.TYPE_CODE));
  else if (choice == 13) hash(actor, handle(actor, n.TYPE_CODE), <f64>word.below(10), false);
  else if (choice == 14) hash(actor, handle(actor, n.TYPE_ENDPOINT), <f64>word.below(10), true);
  else if (word.byte() < 40) time(actor);
  else device_step(actor);
}
