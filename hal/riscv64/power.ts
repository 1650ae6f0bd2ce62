// Power off. Tries the emulator's test device, which can tell a status, then the firmware's two ways.

import { tree_test_device } from "./tree";
import { store32 } from "../kernel/machine";
import { sbi, SBI_LEGACY_SHUTDOWN, SBI_SYSTEM_RESET } from "./machine";

const TEST_PASS: u32 = 0x5555;
const TEST_FAIL: u32 = 0x3333;
const RESET_SHUTDOWN: u64 = 0;
const REASON_NONE: u64 = 0;
const REASON_FAILURE: u64 = 1;

/** status 0 = success. Returns where the machine has none of the three. */
export function power_off(status: u32): void {
  const test = tree_test_device();
  if (test != 0) store32(test, status == 0 ? TEST_PASS : TEST_FAIL | (status << 16));
  sbi(SBI_SYSTEM_RESET, 0, RESET_SHUTDOWN, status == 0 ? REASON_NONE : REASON_FAILURE, 0);
  sbi(SBI_LEGACY_SHUTDOWN, 0, 0, 0, 0);
}
