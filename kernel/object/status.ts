// What domain_status answers.

import { E_ARGUMENT } from "../abi/errors";
import * as status from "../abi/status";
import { counter_to_ns } from "../../hal/timer";
import { is_none } from "../none";
import { time_of } from "../thread/scheduler";
import { thread_at } from "../thread/thread";
import { Domain } from "./domain";

/** Field `field` (STATUS_…) of the domain, or E_ARGUMENT. */
export function domain_status(domain: Domain, field: u64): i64 {
  if (field >= status.STATUS_FRAME && field < status.STATUS_FRAME + status.STATUS_FRAME_MAX) {
    return <i64>domain.frame(<u32>field - status.STATUS_FRAME);
  }
  if (field == status.STATUS_STATE) return <i64>domain.state;
  if (field == status.STATUS_EXIT) return (<i64>domain.exit_status) & 0xffff_ffff;
  if (field == status.STATUS_TRAP) return <i64>domain.trap_kind;
  if (field == status.STATUS_TRAP_PC) return <i64>domain.trap_pc;
  if (field == status.STATUS_TRAP_ADDRESS) return (<i64>domain.trap_address) & i64.MAX_VALUE;
  if (field == status.STATUS_MEMORY)
    return (<i64>domain.charged_frames - <i64>domain.promised_frames - <i64>domain.lent_frames) << 12;
  if (field == status.STATUS_BUDGET) return (<i64>domain.budget_frames) << 12;
  if (field == status.STATUS_TIME_NS) return <i64>counter_to_ns(time_of(thread_at(domain.index)));
  if (field == status.STATUS_MODE) return <i64>domain.mode;
  if (field == status.STATUS_PRIORITY) return <i64>thread_at(domain.index).base_priority;
  if (field == status.STATUS_CAPS) return <i64>domain.capability_count;
  if (field == status.STATUS_CODE_BASE) return <i64>domain.code.base;
  if (field == status.STATUS_ID) return <i64>domain.object.id;
  if (field == status.STATUS_MEMORY_PAGES) return <i64>domain.memory_pages;
  if (field == status.STATUS_PLACE) return <i64>domain.index;
  if (field == status.STATUS_CPU) return <i64>thread_at(domain.index).cpu;
  if (field == status.STATUS_WAIT) return <i64>domain.wait;
  if (field == status.STATUS_CALLEE) return domain.is_calling ? <i64>domain.callee.object.id : 0;
  if (field == status.STATUS_CALLER)
    return !domain.is_call || is_none(domain.caller) ? 0 : <i64>domain.caller.object.id;
  if (field == status.STATUS_FRAME_COUNT) return <i64>domain.frame_count;
  return E_ARGUMENT;
}
