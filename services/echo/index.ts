// The echo service: an example, and what the bench image calls.
import { nothing_to_hand_over, nothing_to_save, replaceable } from "../lib/replace";

export { call } from "../../build/interfaces/echo/server";

export function start(): void {
  replaceable(nothing_to_save, nothing_to_hand_over);
}
