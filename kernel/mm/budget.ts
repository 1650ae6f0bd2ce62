// Budgets: what a domain may hold, in frames. Charged before the frame is taken, so that a domain that
// spends its own memory meets E_BUDGET and harms nobody.

import { is_none } from "../none";
import { Domain } from "../object/domain";
import { frame_allocate, frame_release, frame_take_promised, frames_promise, frames_unpromise } from "./frames";

/** False: the budget is spent. */
export function charge(domain: Domain, frames: u32): bool {
  if (<u64>domain.charged_frames + frames > <u64>domain.budget_frames) return false;
  domain.charged_frames += frames;
  return true;
}

export function uncharge(domain: Domain, frames: u32): void {
  domain.charged_frames -= frames;
}

/** A zeroed frame on the domain's account; 0: budget spent or memory full. */
export function frame_for(domain: Domain): u64 {
  if (!charge(domain, 1)) return 0;
  const frame = frame_allocate();
  if (frame == 0) uncharge(domain, 1);
  return frame;
}

export function frame_return(domain: Domain, frame: u64): void {
  frame_release(frame);
  uncharge(domain, 1);
}

/** Sets frames aside for pages that demand paging will bring: they cannot fail later. */
export function promise(domain: Domain, frames: u32): bool {
  if (!charge(domain, frames)) return false;
  if (!frames_promise(frames)) {
    uncharge(domain, frames);
    return false;
  }
  domain.promised_frames += frames;
  return true;
}

/** One of the promised frames. */
export function frame_promised(domain: Domain): u64 {
  if (domain.promised_frames == 0) return 0;
  domain.promised_frames--;
  return frame_take_promised();
}

/** The rest of the promise lapses. */
export function promise_end(domain: Domain): void {
  frames_unpromise(domain.promised_frames);
  domain.charged_frames -= domain.promised_frames;
  domain.promised_frames = 0;
}

/** Accounts one more 64-byte object or capability. */
export function charge_small(domain: Domain): bool {
  if ((domain.small_objects & 63) == 0 && !charge(domain, 1)) return false;
  domain.small_objects++;
  return true;
}

/** Would `count` more of them fit the budget? */
export function can_pay_small(domain: Domain, count: u32): bool {
  const frames = (<u64>count + 63) >> 6;
  return <u64>domain.charged_frames + frames <= <u64>domain.budget_frames;
}

export function uncharge_small(domain: Domain): void {
  domain.small_objects--;
  if ((domain.small_objects & 63) == 0) uncharge(domain, 1);
}

/** Frames of the budget that its parent lent it go back. */
export function budget_return(domain: Domain, frames: u32): void {
  const parent = domain.parent;
  domain.budget_frames -= frames;
  if (is_none(parent)) return;
  parent.lent_frames -= frames;
  uncharge(parent, frames);
}

/** One small object and its frames come from a domain that is no more, whose budget returned just before: they always fit. */
export function charge_inherited(domain: Domain, frames: u32): void {
  domain.charged_frames += frames;
  if ((domain.small_objects & 63) == 0) domain.charged_frames++;
  domain.small_objects++;
}
