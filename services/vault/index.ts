// The vault: an example of a service that mints resources, and goes on in another instance with the boxes that it has.
import { passes, State } from "../lib/state";
import { pass } from "./methods";

export { call } from "../../build/interfaces/vault/server";

const VERSION: u32 = 1;

export function start(): void {
  passes(VERSION, pass);
}
