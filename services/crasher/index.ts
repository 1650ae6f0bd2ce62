// The crasher: ends a driver when its client says so. Its priority lies above that client's, so that the client is in the middle of something.
import { crash } from "./methods";

export { call } from "../../build/interfaces/crasher/server";

export function start(): void {}

export function event(_bits: u64): void {
  crash();
}
