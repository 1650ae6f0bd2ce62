// Numbers of the ABI in words, for tables that people read: states, lives, traps, types of object, rights.
import * as rights from "../../kernel/abi/rights";
import * as status from "../../kernel/abi/status";
import { LIFE_ASLEEP, LIFE_ENDED, LIFE_GIVEN_UP, LIFE_WAITING } from "../../build/interfaces/init/constants";
import { Text } from "../lib/text";

/** What a unit is doing: init's view first, then the kernel's. */
export function state_name(life: u64, state: u64): string {
  if (life == LIFE_WAITING) return "restarting";
  if (life == LIFE_GIVEN_UP) return "given up";
  if (life == LIFE_ENDED) return "ended";
  if (life == LIFE_ASLEEP) return "asleep";
  if (state == status.STATE_CREATED) return "created";
  if (state == status.STATE_IDLE) return "idle";
  if (state == status.STATE_BUSY) return "busy";
  if (state == status.STATE_EXITED) return "exited";
  if (state == status.STATE_TRAPPED) return "trapped";
  if (state == status.STATE_HELD) return "held";
  return state == status.STATE_STOPPED ? "stopped" : "unknown";
}

/** Why a program trapped. 1 … 31 are wasm2c's wasm_rt_trap_t. */
export function trap_name(trap: u32): string {
  if (trap == 1) return "out-of-bounds memory access";
  if (trap == 2) return "out-of-bounds table access";
  if (trap == 3) return "integer overflow";
  if (trap == 4) return "integer division by zero";
  if (trap == 5) return "invalid conversion to integer";
  if (trap == 6) return "unreachable executed";
  if (trap == 7) return "indirect call of the wrong type";
  if (trap == status.TRAP_OUT_OF_BOUNDS) return "out-of-bounds memory access";
  if (trap == status.TRAP_STACK) return "stack overflow";
  if (trap == status.TRAP_INSTRUCTION) return "invalid instruction";
  if (trap == status.TRAP_EXECUTE) return "jump outside the code";
  if (trap == status.TRAP_ARITHMETIC) return "arithmetic fault";
  if (trap == status.TRAP_BREAKPOINT) return "breakpoint";
  if (trap == status.TRAP_PERSONALITY) return "a call that its personality refuses";
  if (trap == status.TRAP_GATE) return "misuse of a kernel gate";
  return "another fault";
}

export function type_name(type: u32): string {
  if (type == rights.TYPE_CODE) return "code";
  if (type == rights.TYPE_DOMAIN) return "domain";
  if (type == rights.TYPE_ENDPOINT) return "endpoint";
  if (type == rights.TYPE_REPLY) return "reply";
  if (type == rights.TYPE_NOTIFICATION) return "notification";
  if (type == rights.TYPE_REGION) return "region";
  if (type == rights.TYPE_IRQ) return "irq";
  if (type == rights.TYPE_DEVICE) return "device";
  if (type == rights.TYPE_CONTEXT) return "context";
  if (type == rights.TYPE_SCHEDULER) return "scheduler";
  if (type == rights.TYPE_MAILBOX) return "mailbox";
  if (type == rights.TYPE_HOOK) return "hook";
  if (type == rights.TYPE_RESOURCE) return "resource";
  if (type == rights.TYPE_DMA) return "dma";
  return type == rights.TYPE_SYSTEM ? "system" : "unknown";
}

/** The rights' names in lower case, separated by blanks, in the order of their bits. */
export function put_rights(text: Text, type: u32, bits: u32): void {
  const from = text.length;
  for (let bit: u32 = 1; bit <= rights.RIGHT_SHARE; bit <<= 1) {
    if ((bits & bit) == 0) continue;
    if (text.length > from) text.byte(0x20);
    if (bit == rights.RIGHT_SHARE) text.string("share");
    else text.string(bit == rights.RIGHT_REVOKE ? "revoke" : right_name(type, bit));
  }
  // A resource's own rights have names in its service alone.
  for (let right: u32 = 0; right < 16; right++) {
    if (((bits >> (rights.RESOURCE_RIGHT_SHIFT + right)) & 1) == 0) continue;
    if (text.length > from) text.byte(0x20);
    text.byte(0x72).number(right);
  }
  if (text.length == from) text.byte(0x2d);
}

function right_name(type: u32, bit: u32): string {
  if (type == rights.TYPE_CODE)
    return bit == rights.CODE_LOAD ? "load" : bit == rights.CODE_RUN ? "run" : bit == rights.CODE_SFI ? "sfi" : "?";
  if (type == rights.TYPE_DOMAIN) return domain_right(bit);
  if (type == rights.TYPE_ENDPOINT)
    return bit == rights.ENDPOINT_CALL ? "call" : bit == rights.ENDPOINT_SERVE ? "serve" : "?";
  if (type == rights.TYPE_NOTIFICATION)
    return bit == rights.NOTIFICATION_SIGNAL ? "signal" : bit == rights.NOTIFICATION_WAIT ? "wait" : "?";
  if (type == rights.TYPE_REGION)
    return bit == rights.REGION_READ
      ? "read"
      : bit == rights.REGION_WRITE
        ? "write"
        : bit == rights.REGION_MAP
          ? "map"
          : bit == rights.REGION_PIN
            ? "pin"
            : "?";
  if (type == rights.TYPE_IRQ) return bit == rights.IRQ_ACK ? "ack" : bit == rights.IRQ_BIND ? "bind" : "?";
  if (type == rights.TYPE_DEVICE)
    return bit == rights.DEVICE_LOAD ? "load" : bit == rights.DEVICE_STORE ? "store" : "?";
  if (type == rights.TYPE_CONTEXT) return bit == rights.CONTEXT_BIND ? "bind" : "?";
  if (type == rights.TYPE_SCHEDULER)
    return bit == rights.SCHEDULER_COMMIT ? "commit" : bit == rights.SCHEDULER_ATTACH ? "attach" : "?";
  if (type == rights.TYPE_MAILBOX)
    return bit == rights.MAILBOX_SEND ? "send" : bit == rights.MAILBOX_RECEIVE ? "receive" : "?";
  if (type == rights.TYPE_HOOK) return bit == rights.HOOK_READ ? "read" : bit == rights.HOOK_DETACH ? "detach" : "?";
  if (type == rights.TYPE_DMA) return bit == rights.DMA_MAP ? "map" : "?";
  if (type == rights.TYPE_SYSTEM) return system_right(bit);
  return "?";
}

function domain_right(bit: u32): string {
  if (bit == rights.DOMAIN_START) return "start";
  if (bit == rights.DOMAIN_STOP) return "stop";
  if (bit == rights.DOMAIN_GRANT) return "grant";
  if (bit == rights.DOMAIN_MEMORY) return "memory";
  if (bit == rights.DOMAIN_INSPECT) return "inspect";
  if (bit == rights.DOMAIN_ALLOCATE) return "allocate";
  if (bit == rights.DOMAIN_REPLACE) return "replace";
  if (bit == rights.DOMAIN_CANCEL) return "cancel";
  return bit == rights.DOMAIN_DESTROY ? "destroy" : "?";
}

function system_right(bit: u32): string {
  if (bit == rights.SYSTEM_POWER) return "power";
  if (bit == rights.SYSTEM_INFO) return "info";
  if (bit == rights.SYSTEM_LOG) return "log";
  if (bit == rights.SYSTEM_HOOK) return "hook";
  if (bit == rights.SYSTEM_DMA) return "dma";
  if (bit == rights.SYSTEM_MESSAGES) return "messages";
  if (bit == rights.SYSTEM_DEVICES) return "devices";
  if (bit == rights.SYSTEM_IOMMU) return "iommu";
  return bit == rights.SYSTEM_TRACE ? "trace" : "?";
}
