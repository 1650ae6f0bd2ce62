// The methods of interface.ts. The correction of an accelerator and operation is the ratio of what jobs took to what they were
// estimated at, in 1024ths: a moving average that weighs the latest job an eighth, and never moves by more than four at once.
import { Accelerator } from "../../build/interfaces/accelerator/client";
import { OPERATION_LAST } from "../../build/interfaces/accelerator/constants";
import { GOAL_ENERGY } from "../../build/interfaces/placement/constants";
import { set_choose_results } from "../../build/interfaces/placement/server";
import { E_ARGUMENT } from "../lib/errors";
import { State } from "../lib/state";

export const ACCELERATORS: u32 = 4;
const ONE: u64 = 1024;
const SPREAD: u64 = 4;
const WEIGHT: u64 = 8;
const OPERATIONS: u32 = 4;

const clients = new StaticArray<Accelerator | null>(4);
// By accelerator and operation.
const corrections = memory.data(128, 8);

export function use(index: u32, client: Accelerator): void {
  clients[index] = client;
  for (let operation: u32 = 0; operation < OPERATIONS; operation++) store<u64>(place(index, operation), ONE);
}

/** What was learnt, to or from another instance. */
export function pass(state: State): void {
  state.bytes(corrections, ACCELERATORS * OPERATIONS * 8);
}

function place(accelerator: u32, operation: u32): usize {
  return corrections + ((accelerator * OPERATIONS + operation) << 3);
}

export function choose(_badge: u64, operation: u32, rows: u32, columns: u32, goal: u32): i64 {
  if (goal > GOAL_ENERGY || operation > OPERATION_LAST) return E_ARGUMENT;
  let best = u64.MAX_VALUE,
    chosen = ACCELERATORS;
  let cost_ns: u64 = 0,
    energy_nj: u64 = 0;
  for (let index: u32 = 0; index < ACCELERATORS; index++) {
    const client = clients[index];
    if (client == null || client.estimate(operation, rows, columns) < 0) continue;
    const correction = load<u64>(place(index, operation));
    const time = (client.cost_ns * correction) / ONE,
      energy = (client.energy_nj * correction) / ONE;
    const cost = goal == GOAL_ENERGY ? energy : time;
    if (cost >= best) continue;
    best = cost;
    chosen = index;
    cost_ns = time;
    energy_nj = energy;
  }
  if (chosen == ACCELERATORS) return E_ARGUMENT;
  set_choose_results(chosen, cost_ns, energy_nj);
  return 0;
}

export function report(_badge: u64, accelerator: u32, operation: u32, cost_ns: u64, took_ns: u64): i64 {
  if (accelerator >= ACCELERATORS || clients[accelerator] == null) return E_ARGUMENT;
  if (operation == 0 || operation > OPERATION_LAST || cost_ns == 0 || cost_ns > u32.MAX_VALUE) return E_ARGUMENT;
  const at = place(accelerator, operation);
  const known = load<u64>(at);
  // The estimate that was reported had the correction of its time in it.
  const seen = (min<u64>(took_ns, u32.MAX_VALUE) * known) / cost_ns;
  const bounded = max(min(seen, known * SPREAD), known / SPREAD);
  store<u64>(at, max<u64>((known * (WEIGHT - 1) + bounded) / WEIGHT, 1));
  return 0;
}
