// What clients call of a disk's driver, by the input: good calls and bad ones. Called by drivers.ts and nvme.ts.
import * as bytes from "./bytes";
import * as g from "./driver";
import * as host from "./host";
import { must } from "./say";
import { E_ABSENT, E_DEVICE } from "../../../../kernel/abi/errors";
import * as disk from "../../../../build/interfaces/disk/constants";

const SECOND_NS: u64 = 1_000_000_000;
/** A driver that has begun its device anew so often counts it as gone. */
const RESETS_MAX: u32 = 8;
/** Longer than a driver's patience with its device. */
const PATIENCE_NS: u64 = 11 * SECOND_NS;

export function disk_call(badge: u64, choice: u32): void {
  const method = <u64>(choice % 10);
  if (method == disk.METHOD_ATTACH) {
    g.offer_region(<u64>bytes.below(9));
    g.ask(badge, method, 0, 1, (choice & 128) != 0 ? bytes.odd_number() : <u64>(choice & 7), 0, 0);
  } else if (method == disk.METHOD_TRANSFER) {
    const count = bytes.below(6);
    for (let i: u32 = 0; i < count; i++) {
      const at = g.BUFFERS + (badge & 0xff) * g.STRIDE + i * disk.REQUEST_BYTES;
      if (host.is_there(at, disk.REQUEST_BYTES) == 0) break;
      host.store32(at, bytes.below(5));
      host.store32(at + 4, bytes.below(4));
      host.store64(at + 8, <u64>bytes.below(8) * 512);
      host.store64(at + 16, (choice & 64) != 0 ? bytes.odd_number() : <u64>bytes.below(66));
      host.store32(at + 24, bytes.below(10));
    }
    g.ask(badge, method, 0, (<u64>(count * disk.REQUEST_BYTES)) << 32, 0, 0, 0);
  } else if ((choice & 128) != 0) {
    g.ask(badge, method, 0, bytes.odd_number(), bytes.odd_number(), bytes.odd_number(), bytes.odd_number());
  } else {
    g.ask(badge, method, 0, <u64>bytes.below(4), <u64>bytes.below(8) * 512, <u64>bytes.below(66), <u64>bytes.below(10));
  }
}

/** The device has become honest: nobody waits for ever, and it works again if it was not begun anew too often (`resets`). */
export function must_recover(resets: u32): void {
  for (let i = 0; i < 12; i++) g.advance(PATIENCE_NS);
  must(g.open_calls() == 0 || host.ended() != 0, "calls that nobody answers", g.open_calls());
  if (resets > RESETS_MAX || host.ended() != 0) return;
  const answer = g.ask(0x404, disk.METHOD_FLUSH, 0, 0, 0, 0, 0);
  for (let i = 0; i < 4 && g.was_detached; i++) g.advance(PATIENCE_NS);
  const last = g.was_detached ? g.answers[g.calls - 1] : answer;
  must(
    last == 0 || last == E_DEVICE || last == E_ABSENT,
    "a device that is honest again does not work again",
    <u64>last,
  );
}
