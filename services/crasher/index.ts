// The crasher: ends a driver at regular times. Its priority lies above its victim's clients, so that they are in the middle of something.
import { look } from "./methods";

export { call } from "../../build/interfaces/crasher/server";

export function start(): void {}

export function event(_bits: u64): void {
  look();
}
