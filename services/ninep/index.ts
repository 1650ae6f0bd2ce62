// The service of one directory of the host's (QEMU's -fsdev): a client of 9P2000.L on a virtio device that the bus hands it. It waits for each of
// its host's answers, so it has no events. docs/wasi.md says what a program sees.
import { on_client_gone } from "../lib/buffer";
import { forget_client } from "./nodes";
import { open } from "./session";

export { call } from "../../build/interfaces/ninep/server";

/** Without a device every call answers E_ABSENT. */
export function start(): void {
  on_client_gone(forget_client);
  open();
}
