// Switching the machine off by the registers that firmware's tables name (ACPI 6.4, 4.8.3.2 and 4.8.3.7). Called by methods.ts when emulators' own ways have
// failed. Invariant: nothing is stored anywhere unless all of it is known: register and value.
import * as capability from "../lib/capability";
import { load_register, store_register } from "../lib/device";
import { E_ABSENT, E_DEVICE } from "../lib/errors";
import * as startup from "../lib/startup";
import { PORTS_FIRST } from "../../kernel/abi/formats";
import { range } from "./physical";
import { pause } from "./reset";
import { byte_code, control_a, control_b, enable_port, enable_value, IN_PORTS, sleep_control } from "./tables/fadt";
import { sleep_types } from "./tables/sleep";

const TYPE_SHIFT: u32 = 10;
const TYPE_MASK: u32 = 7 << 10;
const ENABLE: u32 = 1 << 13;
/** The registers are ours, not firmware's. */
const ACPI_ENABLED: u32 = 1;
/** The same fields of the sleep control register. */
const SLEEP_TYPE_SHIFT: u32 = 2;
const SLEEP_ENABLE: u32 = 1 << 5;
/** Firmware has three seconds to hand its registers over (ACPI 6.4, 4.8.2.5), and the machine one to go off. */
const ENABLE_LOOKS: u32 = 300;
const ENABLE_PAUSE_NS: u64 = 10_000_000;
const OFF_NS: u64 = 1_000_000_000;

/** Does not return where it succeeds. E_ABSENT: firmware's tables do not say how; E_DEVICE: the machine goes on all the same. */
export function switch_off(): i64 {
  const control = sleep_control != 0 ? sleep_control : control_a;
  if (byte_code == 0 || control == 0) return E_ABSENT;
  const types = sleep_types(byte_code);
  if (types < 0) return E_ABSENT;
  const first = (<u32>types) & 0xff,
    second = (<u32>types) >> 8;
  if (sleep_control != 0) {
    put(sleep_control, 1, (first << SLEEP_TYPE_SHIFT) | SLEEP_ENABLE);
  } else {
    own_registers();
    put_control(control_a, first);
    if (control_b != 0) put_control(control_b, second);
  }
  pause(OFF_NS);
  return E_DEVICE;
}

function own_registers(): void {
  if (enable_port == 0 || enable_value == 0 || is_enabled()) return;
  put(IN_PORTS | (<u64>enable_port), 1, enable_value);
  for (let look: u32 = 0; look < ENABLE_LOOKS && !is_enabled(); look++) pause(ENABLE_PAUSE_NS);
}

function is_enabled(): bool {
  const value = get(control_a, 2);
  return value >= 0 && (value & ACPI_ENABLED) != 0;
}

/** The other bits of the register stay as they are. */
function put_control(place: u64, type: u32): void {
  const value = max<i64>(get(place, 2), 0);
  put(place, 2, ((<u32>value) & ~(TYPE_MASK | ENABLE)) | (type << TYPE_SHIFT) | ENABLE);
}

function get(place: u64, width: u32): i64 {
  const device = device_at(place, width);
  if (device < 0) return device;
  const value = load_register(<u64>device, offset_in(place), width);
  let_go(place, <u64>device);
  return value;
}

function put(place: u64, width: u32, value: u32): void {
  const device = device_at(place, width);
  if (device < 0) return;
  store_register(<u64>device, offset_in(place), width, value);
  let_go(place, <u64>device);
}

/** The Device that a register is reached by: the machine's ports, or one of its own. */
function device_at(place: u64, width: u32): i64 {
  if ((place & IN_PORTS) == 0) return range(place, width);
  const ports = startup.capability("ports");
  return ports == 0 || (place ^ IN_PORTS) < PORTS_FIRST ? E_ABSENT : <i64>ports;
}

function offset_in(place: u64): u32 {
  return (place & IN_PORTS) == 0 ? 0 : <u32>((place ^ IN_PORTS) - PORTS_FIRST);
}

function let_go(place: u64, device: u64): void {
  if ((place & IN_PORTS) == 0) capability.drop(device);
}
