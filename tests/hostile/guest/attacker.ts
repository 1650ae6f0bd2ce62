// The attacker: one attack, named by its start-up page, then the end with the number of gates that obeyed as its status. As a
// child of an attacker it plays the part that the page names.
import * as phi from "../../../services/lib/phi";
import { child_role, handler } from "./calls";
import { number, obeyed_count } from "./context";
import { attack, CALLS } from "./list";

const CHILDREN: u32 = 200;

export function start(): void {
  const which = number();
  if (which >= CHILDREN) return child_role(which);
  attack(which);
  if (which == CALLS + 6) return; // it serves now
  const obeyed = obeyed_count();
  phi.exit(obeyed < 120 ? obeyed : 120);
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return handler();
}

export function event(_bits: u64): void {}
