// What may be so of a loop's locals each time round: guessed where it begins, refuted where it goes round. Called by execute.ts.
// Invariant: a guess is believed only while nothing has refuted it, and is shown in the last round.

import { classOf } from "./address.ts";
import { isChain, JOINS } from "./chains.ts";
import type { Claims } from "./claims.ts";
import { isBelowEnd, isSetOfCpus } from "./contracts.ts";
import { ENDING, remains } from "./ends.ts";
import { isAligned, isFrameNumber, isRun, isSpanEnd } from "./frames.ts";
import type { View } from "./model.ts";
import type { Path } from "./path.ts";
import { isTable, TOP } from "./physical.ts";
import { compare, constant, equal, isConstant, not, or, type Term } from "./term.ts";

/** Loops over entries of tables, whose locals are followed exactly. */
export const WALKS =
  /gate_scheduler_create$|gate_domain_map$|gate_dma_(create|fault)$|object\/(code\/(code_verify|place)|create\/build)$|mm\/pagetable\/|object\/mapping\/|object\/dma\/|object\/region\/region_(fill|free)$|mailbox_receive$|mm\/blocks\//;
/** Loops that look for the highest of several priorities. */
export const URGENT =
  /ipc\/(inherit\/inherit|activation\/thread_split|call\/call_enter_any)$|object\/replace\/domain_replace$/;
/** Functions to which it matters that the bit which is counted up to is set. */
export const LOWEST = /hal\/cpus\/cpus_flush$|mm\/blocks\//;
/** The same of the highest one, and of what is below the lowest. */
export const HIGHEST = /mm\/blocks\//;
/** Functions that begin with none, and find something: a local that is none so far is no number. */
export const FINDS = /^kernel\/thread\/(placement\/take|scheduler\/pick)$/;
/** Loops over places of the heap of timers. */
export const MOVES = /^kernel\/thread\/timer\//;

/** Walks that go round with the entry that they read, not with the table. */
const FALLS = /gates\/dma\/gate_dma_create$|object\/code\/code_verify$/;
/** It walks anew each time round: nothing of its locals is needed but how they step. */
const STEPS = /object\/dma\/dma_map$/;
/** Walks from a root, whose tables below it lie in memory. */
const MAKES = /mm\/pagetable\/walk_make$/;
const READS = /mm\/pagetable\/translate$/;

/** They look for so many free places in a row: how many were found by now is no more than were looked at. */
const ROWS = /object\/(code\/place|create\/build)$/;

/** Is it worth while to say of a loop's locals how often it went round? Of one that counts by one nothing is gained. */
export function isExact(steps: readonly (readonly [Term, bigint])[], where: string): boolean {
  if (ROWS.test(where)) return steps.some(([local]) => local.width === 64);
  return steps.length > 1 || steps.some(([local, step]) => local.width === 64 || (step !== 1n && step !== -1n));
}

/** They go through the free blocks of memory. */
const BLOCKS = /mm\/blocks\//;

/** A sentence about the locals that may hold each time round. */
export interface Guess {
  name: string;
  holds: (locals: readonly Term[], view: View) => Term;
}

/** What may be so of the locals each time round: a local names a table whose level another one counts; one stays at a limit or above,
 * or, if it begins at 0, at a number that the loop names or below. */
export function walks(
  executor: Claims,
  path: Path,
  changed: ReadonlySet<number>,
  limits: ReadonlySet<bigint>,
): Guess[] {
  const { locals } = path.top;
  if (STEPS.test(path.top.code.name)) return [];
  if (ROWS.test(path.top.code.name)) return rows(executor, path, changed);
  if (BLOCKS.test(path.top.code.name)) return blocks(executor, path, changed);
  const list: Guess[] = [];
  const add = (name: string, holds: (locals: readonly Term[]) => Term): void => {
    if (executor.certain(path, holds(locals))) list.push({ name, holds });
  };
  locals.forEach((value, i) => {
    if (!changed.has(i)) return;
    if (isConstant(value) && value.value === 0n && value.width === 32)
      for (const most of limits) {
        if (most > 1n) add(`at most ${i} ${most}`, (now) => compare("ule", now[i] as Term, constant(most, 32)));
      }
    locals.forEach((other, j) => {
      if (other.width !== 32) return;
      if (j === i) {
        if (FALLS.test(path.top.code.name) && !isConstant(value))
          add(`at most its begin ${i}`, (now) => compare("ule", now[i] as Term, value));
        return;
      }
      if (
        FALLS.test(path.top.code.name) &&
        isConstant(value) &&
        value.width === 32 &&
        changed.has(j) &&
        !isConstant(other)
      )
        add(`at most ${i} the begin of ${j}`, (now) => compare("ule", now[i] as Term, other));
      if (value.width === 64) {
        add(`table ${i} ${j}`, (now) => isTable(now[i] as Term, now[j] as Term));
        if (MAKES.test(path.top.code.name) && i !== j)
          add(`below ${i} ${j}`, (now) => or(equal(now[j] as Term, TOP), isBelowEnd(now[i] as Term)));
        if (READS.test(path.top.code.name))
          add(`entry ${i} ${j}`, (now) => executor.hooks.isSound(now[j] as Term, now[i] as Term));
      } else if (!changed.has(j) && !isConstant(other))
        add(`limit ${i} ${j}`, (now) => compare("ule", now[j] as Term, now[i] as Term));
    });
  });
  return list;
}

/** What may be so of blocks each time round: a frame's number stays one, an order too, and a run lies in memory. */
function blocks(executor: Claims, path: Path, changed: ReadonlySet<number>): Guess[] {
  const isSo = (one: Guess): boolean => executor.certain(path, one.holds(path.top.locals, executor.view(path)));
  const all = [...changed].filter((i) => (path.top.locals[i] as Term).width === 32);
  const frame = (i: number): Guess => ({ name: `frame ${i}`, holds: (now) => isFrameNumber(now[i] as Term) });
  const order = (i: number): Guess => ({
    name: `order ${i}`,
    holds: (now) => compare("ult", now[i] as Term, constant(20, 32)),
  });
  const [frames, orders] = [all.filter((i) => isSo(frame(i))), all.filter((i) => isSo(order(i)))];
  if (JOINS.test(path.top.code.name))
    return [...frames.map(frame), ...orders.map(order), ...chains(path, all).filter(isSo)];
  const multiples = frames.flatMap((i) =>
    orders
      .filter((j) => i !== j)
      .map((j): Guess => {
        return { name: `multiple ${i} ${j}`, holds: (now) => isAligned(now[i] as Term, now[j] as Term) };
      }),
  );
  const run: Guess = { name: "run", holds: (now) => isRun(now[0] as Term, now[1] as Term) };
  const runs = changed.has(0) && changed.has(1) ? [run] : [];
  return [...frames.map(frame), ...orders.map(order), ...[...multiples, ...runs].filter(isSo)];
}

/** What may be so of places in memory: between two of them there is a chain of blocks, and none lies behind memory's end. */
function chains(path: Path, changed: readonly number[]): Guess[] {
  const { locals } = path.top;
  const others = locals.flatMap((one, i) => (one.width === 32 && !isConstant(one) ? [i] : []));
  const pairs = changed.flatMap((i) =>
    others.flatMap((j) =>
      i === j
        ? []
        : [
            [i, j],
            [j, i],
          ],
    ),
  ) as [number, number][];
  const known = pairs.filter(([i, j]) => path.knows(isChain(locals[i] as Term, locals[j] as Term)));
  return [
    ...known.map(([i, j]) => ({
      name: `chain ${i} ${j}`,
      holds: (now: readonly Term[]) => isChain(now[i] as Term, now[j] as Term),
    })),
    ...known.map(([i, j]) => ({
      name: `in order ${i} ${j}`,
      holds: (now: readonly Term[]) => compare("ule", now[i] as Term, now[j] as Term),
    })),
    ...[...new Set(known.flat())].map((i) => ({
      name: `end ${i}`,
      holds: (now: readonly Term[]) => isSpanEnd(now[i] as Term),
    })),
  ];
}

/** What may be so of numbers each time round: one is at most another one, or at most what it begins with. */
function rows(executor: Claims, path: Path, changed: ReadonlySet<number>): Guess[] {
  const { locals } = path.top;
  const all = [...changed].filter((i) => (locals[i] as Term).width === 32);
  const list = all.flatMap((i) =>
    all.map((j): Guess => {
      const from = locals[i] as Term;
      return {
        name: `at most ${i} ${j}`,
        holds: (now) => compare("ule", now[i] as Term, i === j ? from : (now[j] as Term)),
      };
    }),
  );
  return list.filter((one) => executor.certain(path, one.holds(locals, executor.view(path))));
}

/** What may be so of them too: a number below 64 stays below, and who is found among those who wait has a thread. */
export function priorities(executor: Claims, path: Path, changed: ReadonlySet<number>): Guess[] {
  const isNone = (value: Term): Term => equal(value, constant(0, 32));
  const list = [...changed].flatMap((i): Guess[] => [
    { name: `priority ${i}`, holds: (now) => compare("ult", now[i] as Term, constant(64, 32)) },
    {
      name: `thread ${i}`,
      holds: (now, view) => or(isNone(now[i] as Term), not(isNone(view.field("Domain", "thread", now[i] as Term)))),
    },
  ]);
  const isFit = ({ name }: Guess, value: Term): boolean =>
    value.width === 32 && (name.startsWith("thread") ? classOf(value) === "Domain" : classOf(value) === "");
  return list.filter((one) => {
    const value = path.top.locals[Number(one.name.split(" ")[1])] as Term;
    return isFit(one, value) && executor.certain(path, one.holds(path.top.locals, executor.view(path)));
  });
}

/** Loops over sets of processors. */
const SETS = /mm\/tlb\/others_with$|hal\/cpus\/cpus_flush$/;
/** What may be so of a set of processors each time round: it names none that cannot be. */
export function sets(executor: Claims, path: Path, changed: ReadonlySet<number>): Guess[] {
  if (ENDING.test(path.top.code.name)) return remains(executor, path, changed);
  if (!SETS.test(path.top.code.name)) return [];
  return [...changed].flatMap((i): Guess[] => {
    const holds = (now: readonly Term[]): Term => isSetOfCpus(executor.model, now[i] as Term);
    const isFit = (path.top.locals[i] as Term).width === 32 && executor.certain(path, holds(path.top.locals));
    return isFit ? [{ name: `set ${i}`, holds }] : [];
  });
}
