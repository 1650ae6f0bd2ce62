// PCI functions of bus 0 by capability: configuration space (PCI Local Bus Specification 3.0, chapter 6), whichever way this machine has it,
// and the memory that devices' registers lie in. For a driver that starts, or for a service that hands functions to drivers:
// whoever may store to configuration space decides what every device of the bus does (docs/security.md).
import { DEVICE_KIND_PCI_PORTS } from "../../kernel/abi/formats";
import { load_register, store_register } from "./device";
import { E_ABSENT, E_FULL } from "./errors";

const REGISTER_COMMAND: u32 = 4;
const REGISTER_FIRST_BASE: u32 = 0x10;
const REGISTER_CAPABILITIES: u32 = 0x34;
/** Answers stores of memory, masters the bus (messages are stores of its own), has no interrupt line. */
const COMMAND_MEMORY: u32 = 2;
const COMMAND_MASTER: u32 = 4;
const COMMAND_NO_LINE: u32 = 0x400;
const CAPABILITIES_MAX: u32 = 48;
const CAPABILITY_MESSAGES: u32 = 5;
const MESSAGES_ENABLE: u32 = 1 << 16;
const MESSAGES_64_BITS: u32 = 1 << 23;
const BASE_FLAGS: u32 = 15;
const FUNCTIONS: u32 = 256;

const WORD: u32 = 4;
const PORT_DATA: u32 = 4;
const PORT_ENABLE: u32 = 1 << 31;

let configuration: u64 = 0;
let by_ports = false;
let memory_base: u64 = 0;
let memory_bytes: u64 = 0;
/** First byte of the memory that no device was given here; firmware may have given all of it. */
let memory_used: u64 = 0;

/** `kind`: which of the two forms the configuration space has: a = DEVICE_KIND_… of its start-up entry. */
export function open_bus(device: u64, kind: u32): void {
  configuration = device;
  by_ports = kind == DEVICE_KIND_PCI_PORTS;
}

/** Where devices' memory lies: a and b of its start-up entry. */
export function open_memory(a: u64, b: u64): void {
  memory_base = a & 0xffff_0000;
  memory_bytes = b;
}

/** A word of a function's configuration space; `target`: device << 3 | function. */
export function config_load(target: u32, register: u32): u32 {
  if (!by_ports) return <u32>load_register(configuration, (target << 12) | register, WORD);
  store_register(configuration, 0, WORD, PORT_ENABLE | (target << 8) | register);
  return <u32>load_register(configuration, PORT_DATA, WORD);
}

export function config_store(target: u32, register: u32, value: u32): void {
  if (by_ports) {
    store_register(configuration, 0, WORD, PORT_ENABLE | (target << 8) | register);
    store_register(configuration, PORT_DATA, WORD, value);
  } else {
    store_register(configuration, (target << 12) | register, WORD, value);
  }
}

/** The first function with this vendor | device << 16; −1: there is none. */
export function find_function(identity: u32): i32 {
  for (let target: u32 = 0; target < FUNCTIONS; target++) if (config_load(target, 0) == identity) return target;
  return -1;
}

/** The register of a capability in configuration space; 0: the function has none such. */
function find_capability(target: u32, wanted: u32): u32 {
  let register = config_load(target, REGISTER_CAPABILITIES) & 0xfc;
  for (let i: u32 = 0; i < CAPABILITIES_MAX && register != 0; i++) {
    const word = config_load(target, register);
    if ((word & 0xff) == wanted) return register;
    register = (word >> 8) & 0xfc;
  }
  return 0;
}

/** The function answers, and may interrupt by its one message: `address` and `data` are irq_message's. E_ABSENT: it cannot. */
export function enable_message(target: u32, address: u64, data: u64): i64 {
  const register = find_capability(target, CAPABILITY_MESSAGES);
  if (register == 0) return E_ABSENT;
  const control = config_load(target, register);
  config_store(target, register + 4, <u32>address);
  if (control & MESSAGES_64_BITS) config_store(target, register + 8, <u32>(address >> 32));
  config_store(target, register + (control & MESSAGES_64_BITS ? 12 : 8), <u32>data);
  config_store(target, register, control | MESSAGES_ENABLE);
  config_store(target, REGISTER_COMMAND, COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_LINE);
  return 0;
}

/**
 * Where in the devices' memory the registers behind a function's 32-bit base register lie; places them where firmware has not, and lets
 * the function answer. E_ABSENT: it has none; E_FULL: there is no room, or they lie elsewhere.
 */
export function place_registers(target: u32, number: u32): i64 {
  const register = REGISTER_FIRST_BASE + number * WORD;
  let base: u64 = config_load(target, register) & ~BASE_FLAGS;
  config_store(target, register, ~0);
  const bytes = (<u64>(~(config_load(target, register) & ~BASE_FLAGS) + 1)) & 0xffff_ffff;
  if (bytes == 0) return E_ABSENT;
  if (base == 0) {
    base = memory_base + ((memory_used + bytes - 1) & ~(bytes - 1));
    memory_used = base - memory_base + bytes;
  }
  config_store(target, register, <u32>base);
  config_store(target, REGISTER_COMMAND, COMMAND_MEMORY);
  const offset = base - memory_base;
  return base < memory_base || offset + bytes > memory_bytes ? E_FULL : <i64>offset;
}
