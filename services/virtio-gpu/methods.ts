// The method of interface.ts.
import { set_display_results } from "../../build/interfaces/virtio-gpu/server";
import { E_ABSENT } from "../lib/errors";
import { height, rectangles, width } from "./gpu";

export function display(_badge: u64): i64 {
  if (width == 0) return E_ABSENT;
  set_display_results(width, height, rectangles);
  return 0;
}
