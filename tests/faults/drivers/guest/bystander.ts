// A bystander: calls a driver under test again and again without any deadline, and takes whatever comes back. campaign.ts looks whether it gets on.
// The one of a display writes on the screen as well, one character over the other: there is always something to show.
// Numbers of its image entry: the `method` and its first word.
import { Screen } from "../../../../build/interfaces/screen/client";
import { announce } from "../../../../services/lib/buffer";
import { call } from "../../../../services/lib/endpoint";
import * as notification from "../../../../services/lib/notification";
import * as startup from "../../../../services/lib/startup";

const PAUSE_NS: u64 = 1_000_000;
/** Calls between two characters: the screen draws at most every 20 ms. */
const CALLS_A_CHARACTER: u32 = 8;
const RETURN: u8 = 0x0d;
const CAPITALS: u32 = 26;
/** Its image entry lets it call one of these. */
const DRIVERS: StaticArray<string> = [
  "virtio-blk",
  "nvme",
  "virtio-rng",
  "virtio-net",
  "virtio-console",
  "ninep",
  "virtio-gpu",
  "virtio-input",
];

export function start(): void {
  let at = 0;
  while (at < DRIVERS.length - 1 && startup.capability(DRIVERS[at]) == 0) at++;
  const name = DRIVERS[at];
  const driver = startup.capability(name);
  announce(driver, startup.number(name, 0), <u32>startup.capability_b(name));
  const timer = <u64>notification.create(startup.self());
  const method = startup.number("method", 1),
    word = startup.number("word", 0);
  const has_screen = startup.capability("screen") != 0,
    screen = Screen.connect("screen");
  for (let calls: u32 = 0; notification.now_ns() != 0; calls++) {
    call(driver, method, word);
    if (has_screen && calls % CALLS_A_CHARACTER == 0) write(screen, calls / CALLS_A_CHARACTER);
    notification.wait(timer, notification.now_ns() + PAUSE_NS);
  }
}

function write(screen: Screen, number: u32): void {
  store<u8>(screen.buffer, RETURN);
  store<u8>(screen.buffer, 0x41 + <u8>(number % CAPITALS), 1);
  screen.write(screen.buffer, 2);
}

export function event(_bits: u64): void {}
