// Clocks, sleeping, several subscriptions and random numbers: prints only what must hold on every system.
import { clock_res_get, clock_time_get, fd_fdstat_get, poll_oneoff, print, random_get, RESULT } from "./wasi";

const SUBSCRIPTIONS: usize = memory.data(256, 16);
const EVENTS: usize = memory.data(256, 16);
const MILLISECOND: u64 = 1_000_000;
const SECONDS_2020: u64 = 1_577_836_800;

function now(clock: u32): u64 {
  const error = clock_time_get(clock, 0, RESULT);
  if (error != 0) print("clock " + clock.toString() + ": errno " + error.toString());
  return load<u64>(RESULT);
}

function clock_subscription(i: u32, clock: u32, timeout: u64, flags: u16): void {
  const at = SUBSCRIPTIONS + i * 48;
  memory.fill(at, 0, 48);
  store<u64>(at, 100 + i);
  store<u32>(at + 16, clock);
  store<u64>(at + 24, timeout);
  store<u16>(at + 40, flags);
}

function descriptor_subscription(i: u32, tag: u8, fd: u32): void {
  const at = SUBSCRIPTIONS + i * 48;
  memory.fill(at, 0, 48);
  store<u64>(at, 100 + i);
  store<u8>(at + 8, tag);
  store<u32>(at + 16, fd);
}

function poll(name: string, count: u32): void {
  const start = now(1);
  const error = poll_oneoff(SUBSCRIPTIONS, EVENTS, count, RESULT);
  let line = name + ": errno " + error.toString();
  const events = load<u32>(RESULT);
  for (let i: u32 = 0; i < events; i++) {
    const at = EVENTS + i * 32;
    line +=
      ", " +
      load<u64>(at).toString() +
      " errno " +
      load<u16>(at + 8).toString() +
      " type " +
      load<u8>(at + 10).toString();
  }
  const waited = (now(1) - start) / MILLISECOND;
  line += waited < 15 ? ", at once" : waited < 900 ? ", waited" : ", too long";
  print(line);
}

export function _start(): void {
  const first = now(1);
  let second = now(1);
  for (let i = 0; i < 10000 && second == first; i++) second = now(1);
  print("monotonic moves on: " + (second > first).toString());
  const used = now(2);
  let sum: u64 = 1;
  for (let i = 0; i < 3000 && now(2) == used; i++) for (let j = 0; j < 1000; j++) sum = sum * 31 + j;
  print("processor time moves on: " + (sum != 0 && now(2) > used && now(3) > used).toString());
  print("wall clock after 2020: " + (now(0) / 1_000_000_000 > SECONDS_2020).toString());
  for (let clock: u32 = 0; clock < 4; clock++) {
    const error = clock_res_get(clock, RESULT);
    print("resolution " + clock.toString() + ": " + error.toString() + " " + (load<u64>(RESULT) > 0).toString());
  }
  clock_subscription(0, 1, 20 * MILLISECOND, 0);
  poll("relative", 1);
  clock_subscription(0, 0, 20 * MILLISECOND, 0);
  poll("relative, wall clock", 1);
  clock_subscription(0, 1, now(1) + 20 * MILLISECOND, 1);
  poll("absolute", 1);
  clock_subscription(0, 1, 3000 * MILLISECOND, 0);
  clock_subscription(1, 1, 20 * MILLISECOND, 0);
  poll("two clocks", 2);
  clock_subscription(0, 1, 3000 * MILLISECOND, 0);
  descriptor_subscription(1, 2, 1);
  poll("clock and output", 2);
  clock_subscription(0, 1, 0, 0);
  poll("no time at all", 1);
  random_get(EVENTS, 64);
  let distinct = 0;
  for (let i: u32 = 0; i < 32; i++) if (load<u8>(EVENTS + i) != load<u8>(EVENTS + 32 + i)) distinct++;
  print("random halves differ: " + (distinct > 20).toString());
  fd_fdstat_get(1, RESULT);
  print("output has no position: " + ((load<u64>(RESULT + 8) & 0x24) == 0).toString());
}
