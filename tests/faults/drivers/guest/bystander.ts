// A bystander: calls a driver under test again and again without any deadline, and takes whatever comes back. campaign.ts looks whether it gets on.
// Numbers of its image entry: the `method` and its first word.
import { announce } from "../../../../services/lib/buffer";
import { call } from "../../../../services/lib/endpoint";
import * as notification from "../../../../services/lib/notification";
import * as startup from "../../../../services/lib/startup";

const PAUSE_NS: u64 = 1_000_000;
/** Its image entry lets it call one of these. */
const DRIVERS: StaticArray<string> = ["virtio-blk", "nvme", "virtio-rng", "virtio-net", "virtio-console", "ninep"];

export function start(): void {
  let at = 0;
  while (at < DRIVERS.length - 1 && startup.capability(DRIVERS[at]) == 0) at++;
  const name = DRIVERS[at];
  const driver = startup.capability(name);
  announce(driver, startup.number(name, 0), <u32>startup.capability_b(name));
  const timer = <u64>notification.create(startup.self());
  const method = startup.number("method", 1),
    word = startup.number("word", 0);
  while (notification.now_ns() != 0) {
    call(driver, method, word);
    notification.wait(timer, notification.now_ns() + PAUSE_NS);
  }
}

export function event(_bits: u64): void {}
