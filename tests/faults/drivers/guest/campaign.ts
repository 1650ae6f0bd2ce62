// Random faults in running drivers under load, as MINIX 3 did them (Herder et al., DSN 2009): batches of faults go into a driver until it fails, then
// it is replaced, and must serve its client again. Started by run.ts as the client of every driver under test; prints what became of
// it and powers off: status 0 if every driver came back every time and no caller was left without an answer.
import { Console, STREAM_OUTPUT } from "../../../../build/interfaces/console/client";
import { Disk } from "../../../../build/interfaces/disk/client";
import { FIELD_LIFE, Init, LIFE_GIVEN_UP } from "../../../../build/interfaces/init/client";
import { Network } from "../../../../build/interfaces/virtio-net/client";
import { Gpu } from "../../../../build/interfaces/virtio-gpu/client";
import { Input } from "../../../../build/interfaces/virtio-input/client";
import { Random } from "../../../../build/interfaces/virtio-rng/client";
import { Stream } from "../../../../build/interfaces/virtio-console/client";
import { STATUS_TIME_NS } from "../../../../kernel/abi/status";
import * as notification from "../../../../services/lib/notification";
import * as startup from "../../../../services/lib/startup";
import { Text } from "../../../../services/lib/text";
import { DiskVictim } from "./disk";
import { FilesVictim } from "./files";
import { FAULTS, next_random, ORDER_AT_START, ORDER_MET, ORDER_RUNNING } from "./order";
import { NetworkVictim, RandomVictim, StreamVictim } from "./streams";
import { DisplayVictim, KeyboardVictim } from "./screen";
import { answers, ENDED, FINE, late, late_method, late_ns, OUTCOMES, pause, Victim } from "./victim";
import { Files } from "../../../../build/interfaces/files/client";

/** Batches that a driver may survive before it is replaced all the same. */
const BATCHES: u32 = 8;
/** A driver that is replaced has so many attempts, a pause between them, to be as good as new. */
const ATTEMPTS: u32 = 2000;
/** A bystander is in its calls for so long at most once a driver is back. */
const BYSTANDER_NS: u64 = 10_000_000_000;
/** Sizes of batches: mostly MINIX's hundred, and small ones, for of many faults the first one that is met is often the last. */
const SIZES: StaticArray<u8> = [1, 5, 20, 100, 100, 100, 100, 100];
/** How long a call may take: many times what one takes, so that much is tried, and now and then (one batch in so many) longer than init takes to find that a driver hangs. */
const SHORT_NS: u64 = 80_000_000;
const LONG_NS: u64 = 1_500_000_000;
const LONG_ONE_IN: u64 = 32;
/** The sums so far are told so often: a machine that ends in the midst of it has told most of them. */
const TRIALS_A_REPORT: u64 = 50;

const console = Console.connect("console");
const init = Init.connect("init");
const text = new Text(memory.data(2048), 2048);
const target = startup.number("faults", 1000);
const victims: Victim[] = [];
const bystanders: u64[] = [];
/** What the processor did for each of them, when it was last looked at. */
const times: i64[] = [];

let random: u64 = startup.number("seed", 1) * 0x9e37_79b9_7f4a_7c15;
let injected: u64 = 0;
let trials: u64 = 0;
let survived: u64 = 0;
let recovered: u64 = 0;
let unrecovered: u64 = 0;
let stranded: u64 = 0;
/** Accounts that a driver wrote over. */
let overwritten: u64 = 0;
let slowest_ns: u64 = 0;
let told_late: u64 = 0;
const outcomes = memory.data(5 * 8, 8);
const met = memory.data(16 * 8, 8);
/** Trials that failed though no fault was met: of the machine, or of us. */
let unexplained: u64 = 0;
if (OUTCOMES != 5 || FAULTS > 16) ERROR("a table has another length");

function next(): u64 {
  random = next_random(random);
  return random >> 7;
}

function count(table: usize, index: u32): void {
  store<u64>(table + (index << 3), load<u64>(table + (index << 3)) + 1);
}

function find(name: string): u64 {
  const id = init.find(changetype<usize>(String.UTF8.encode(name)), <u32>name.length);
  return id < 0 ? 0 : <u64>id;
}

/** What the driver told of the faults that it met; how many. It may have written anything there: more than `ordered` is not believed. */
function take_account(victim: Victim, ordered: u64): u64 {
  let sum: u64 = 0;
  for (let fault: u32 = 0; fault < FAULTS; fault++) sum += load<u32>(victim.order + ORDER_MET + (fault << 2));
  // Of earlier batches too, which the driver has survived so far.
  if (victim.armed > ordered || sum > BATCHES * 100) {
    overwritten++;
    sum = 1;
  } else {
    injected += victim.armed;
    for (let fault: u32 = 0; fault < FAULTS; fault++) {
      const at = met + (fault << 3);
      store<u64>(at, load<u64>(at) + load<u32>(victim.order + ORDER_MET + (fault << 2)));
    }
  }
  victim.forget_order();
  return sum;
}

/** The next instance takes the order as it starts. */
function begin_anew(victim: Victim): void {
  init.kill(victim.id);
  victim.is_new();
  for (let look: u32 = 0; look < ATTEMPTS && victim.has_order; look++) pause();
  pause();
}

/** Batches of faults into a driver at work, until it fails or has survived them all. */
function torment(victim: Victim): u32 {
  let outcome = FINE;
  let seen: u64 = 0;
  for (let batch: u32 = 0; batch < BATCHES && outcome == FINE; batch++) {
    const at_start = batch == 0 && next() % 4 == 0;
    const size = unchecked(SIZES[<i32>(next() % <u64>SIZES.length)]);
    victim.give_order(at_start ? ORDER_AT_START : ORDER_RUNNING, next(), size);
    if (at_start) begin_anew(victim);
    victim.patience_ns = next() % LONG_ONE_IN == 0 ? LONG_NS : SHORT_NS;
    for (let round: u32 = 0; round < victim.rounds && outcome == FINE; round++) outcome = victim.work(next());
    seen += take_account(victim, size);
  }
  if (outcome != FINE && seen == 0) {
    unexplained++;
    line("unexplained ").string(victim.name).string(" outcome ").number(outcome);
    say();
  }
  return outcome;
}

/** A fresh driver: everything works again, or it is not recovered. */
function recover(victim: Victim): void {
  victim.forget_order();
  victim.is_new();
  victim.patience_ns = LONG_NS;
  const began_ns = notification.now_ns();
  // Whoever runs now may have taken the order as it started.
  init.kill(victim.id);
  let found = ENDED;
  for (let attempt: u32 = 0; attempt < ATTEMPTS && found != FINE; attempt++) {
    found = victim.verify();
    if (found == FINE) break;
    if (init.field(victim.id, FIELD_LIFE) == LIFE_GIVEN_UP) init.restart(victim.id);
    pause();
  }
  if (found == FINE) recovered++;
  else unrecovered++;
  slowest_ns = max(slowest_ns, notification.now_ns() - began_ns);
  if (found != FINE) {
    line("unrecovered ").string(victim.name).string(" outcome ").number(found).byte(0x20).signed(victim.answer);
    say();
  }
}

/** Whoever calls a driver without a deadline is answered when the driver is replaced, at the latest: those who are not move no more. */
function watch_bystanders(): void {
  for (let i = 0; i < bystanders.length; i++) times[i] = init.field(bystanders[i], STATUS_TIME_NS);
  const deadline_ns = notification.now_ns() + BYSTANDER_NS;
  for (let i = 0; i < bystanders.length; i++) {
    while (init.field(bystanders[i], STATUS_TIME_NS) == times[i]) {
      pause();
      if (notification.now_ns() < deadline_ns) continue;
      stranded++;
      line("stranded ").number(i);
      say();
      break;
    }
  }
}

function line(name: string): Text {
  return text.clear().string("driver-faults: ").string(name);
}

function say(): void {
  text.newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}

/** What came too late since the last trial. */
function tell_late(victim: Victim): void {
  if (late == told_late) return;
  told_late = late;
  line("late ")
    .string(victim.name)
    .string(" method ")
    .number(late_method)
    .string(" by_ms ")
    .number(late_ns / 1_000_000);
  text.string(" answer ").signed(victim.answer);
  say();
}

function report(): void {
  line("injected=").number(injected).string(" met=");
  let sum: u64 = 0;
  for (let fault: u32 = 0; fault < FAULTS; fault++) sum += load<u64>(met + (fault << 3));
  text.number(sum).string(" trials=").number(trials).string(" survived=").number(survived);
  text.string(" ended=").number(load<u64>(outcomes, 8)).string(" silent=").number(load<u64>(outcomes, 16));
  text.string(" refused=").number(load<u64>(outcomes, 24)).string(" wrong=").number(load<u64>(outcomes, 32));
  text.string(" recovered=").number(recovered).string(" unrecovered=").number(unrecovered);
  text.string(" answers=").number(answers).string(" late=").number(late).string(" stranded=").number(stranded);
  text.string(" unexplained=").number(unexplained).string(" overwritten=").number(overwritten);
  text.string(" slowest_us=").number(slowest_ns / 1000);
  say();
  line("kinds:");
  for (let fault: u32 = 1; fault < FAULTS; fault++) text.byte(0x20).number(load<u64>(met + (fault << 3)));
  say();
}

function add(victim: Victim): void {
  victim.id = find(victim.name);
  if (victim.id == 0) return;
  victim.forget_order();
  victims.push(victim);
  if (victim.verify() != FINE) {
    line("not well before anything was done: ").string(victim.name);
    say();
    unrecovered++;
  }
  const bystander = find("by-" + victim.name);
  if (bystander == 0) return;
  bystanders.push(bystander);
  times.push(0);
}

export function start(): void {
  if (find("virtio-blk") != 0) add(new DiskVictim("virtio-blk", Disk.connect("virtio-blk"), 0x9000_0000));
  if (find("nvme") != 0) add(new DiskVictim("nvme", Disk.connect("nvme"), 0x9010_0000));
  if (find("virtio-rng") != 0) add(new RandomVictim(Random.connect("virtio-rng")));
  if (find("virtio-net") != 0) add(new NetworkVictim(Network.connect("virtio-net")));
  if (find("virtio-console") != 0) add(new StreamVictim(Stream.connect("virtio-console")));
  if (find("ninep") != 0) add(new FilesVictim(Files.connect("ninep")));
  if (find("virtio-gpu") != 0) add(new DisplayVictim(Gpu.connect("virtio-gpu")));
  if (find("virtio-input") != 0) add(new KeyboardVictim(Input.connect("virtio-input")));
  while (injected < target && victims.length > 0) {
    const victim = victims[<i32>(next() % <u64>victims.length)];
    const outcome = torment(victim);
    trials++;
    if (outcome == FINE) survived++;
    count(outcomes, outcome);
    recover(victim);
    watch_bystanders();
    tell_late(victim);
    if (trials % TRIALS_A_REPORT == 0) report();
  }
  report();
  line("done");
  say();
  init.power_off(unrecovered + stranded + late == 0 ? 0 : 1);
}
