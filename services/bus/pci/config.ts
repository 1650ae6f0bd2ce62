// Configuration space (PCI Local Bus 3.0, chapter 6; PCI Express 5.0, 7.2.2): as memory, or by an address port and a data port where there is no table of
// it. A word at a time; a function is bus << 8 | device << 3 | function.
import { load_register, store_register } from "../../lib/device";
import { ecam_base, ecam_first_bus, ecam_last_bus } from "../found";
import { range } from "../physical";

export const REGISTER_COMMAND: u32 = 0x04;
export const REGISTER_CLASS: u32 = 0x08;
export const REGISTER_HEADER: u32 = 0x0c;
export const REGISTER_BARS: u32 = 0x10;
export const REGISTER_BUSES: u32 = 0x18;
export const REGISTER_SUBSYSTEM: u32 = 0x2c;
export const REGISTER_CAPABILITIES: u32 = 0x34;
export const REGISTER_PIN: u32 = 0x3c;
export const COMMAND_MEMORY: u32 = 2;
export const COMMAND_MASTER: u32 = 4;
export const COMMAND_NO_LINE: u32 = 0x400;
export const STATUS_CAPABILITIES: u32 = 1 << 20;
/** What a function answers that is not there. */
export const NOBODY: u32 = 0xffff_ffff;

const WORD: u32 = 4;
const TARGET_SHIFT: u32 = 12;
const BUS_BYTES: u32 = 1 << 20;
const PORT_DATA: u32 = 4;
const PORT_ENABLE: u32 = 1 << 31;
const PORT_REGISTERS: u32 = 256;

let space: u64 = 0;
let ports: u64 = 0;

/** `port_device`: the ports, 0 = this machine has none. True: there is a configuration space. */
export function open_config(port_device: u64): bool {
  ports = port_device;
  if (ecam_base != 0) {
    const device = range(ecam_base, <u64>(ecam_last_bus - ecam_first_bus + 1) * BUS_BYTES);
    if (device > 0) space = <u64>device;
  }
  return space != 0 || ports != 0;
}

export function first_bus(): u32 {
  return space != 0 ? ecam_first_bus : 0;
}

export function last_bus(): u32 {
  return space != 0 ? ecam_last_bus : 255;
}

/** The 32-bit word at a register (a multiple of 4); NOBODY where there is none. */
export function config_load(target: u32, register: u32): u32 {
  if (space != 0) {
    const value = load_register(space, ((target - (ecam_first_bus << 8)) << TARGET_SHIFT) | register, WORD);
    return value < 0 ? NOBODY : <u32>value;
  }
  if (register >= PORT_REGISTERS) return NOBODY;
  store_register(ports, 0, WORD, PORT_ENABLE | (target << 8) | register);
  const value = load_register(ports, PORT_DATA, WORD);
  return value < 0 ? NOBODY : <u32>value;
}

export function config_store(target: u32, register: u32, value: u32): void {
  if (space != 0) {
    store_register(space, ((target - (ecam_first_bus << 8)) << TARGET_SHIFT) | register, WORD, value);
  } else if (register < PORT_REGISTERS) {
    store_register(ports, 0, WORD, PORT_ENABLE | (target << 8) | register);
    store_register(ports, PORT_DATA, WORD, value);
  }
}

/** The number of the bus behind a bridge; 0: it has none. */
export function bus_behind(bridge: u32): u32 {
  return (config_load(bridge, REGISTER_BUSES) >> 8) & 0xff;
}

/** Changes the command register alone: bits of status that a store of ones would clear stay. */
export function set_command(target: u32, bits: u32, mask: u32): void {
  const command = config_load(target, REGISTER_COMMAND) & 0xffff;
  config_store(target, REGISTER_COMMAND, (command & ~mask) | bits);
}
