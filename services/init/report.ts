// Says how a unit ended: the reason in words, the place, and the backtrace, symbolised from the module's own table in the boot
// archive. Of the foreground program this is standard error, of everything else the log.
import * as domain from "../lib/domain";
import { symbol_file, symbol_find, symbol_function, symbol_line } from "../lib/symbols";
import { Text } from "../lib/text";
import { ENTRY_MODULE, PHX_LENGTH_AT, PHX_SYMBOLS_AT, PHX_SYMBOLS_LENGTH_AT } from "../../kernel/abi/formats";
import * as format from "./format";
import * as archive from "./archive";
import * as manifest from "./manifest";
import { said, say, say_error } from "./output";
import { Unit } from "./unit";

/** TRAP_ numbers below this one come from checks in the generated code, which call the trap gate. */
const TRAP_PROCESSOR: u32 = 32;
const NAME_LIMIT: u32 = 200;

/** The sentence for a TRAP_ number of kernel/abi/status.ts. */
export function describe_trap(trap: u32): string {
  switch (trap) {
    case 1:
      return "memory access out of bounds";
    case 2:
      return "integer overflow";
    case 3:
      return "integer division by zero";
    case 4:
      return "a number does not fit the integer that it is converted to";
    case 5:
      return "unreachable executed";
    case 6:
      return "indirect call to no function, or to one of another type";
    case 7:
      return "uncaught exception";
    case 8:
      return "unaligned atomic access";
    case 9:
      return "null reference";
    case 10:
      return "call stack exhausted";
    case 32:
      return "memory access out of bounds";
    case 33:
      return "call stack exhausted";
    case 34:
      return "illegal instruction";
    case 35:
      return "jump to memory that is not code";
    case 36:
      return "arithmetic fault";
    case 37:
      return "breakpoint";
    case 38:
      return "an import failed: its companion is gone";
    case 39:
      return "a kernel gate was used against its contract";
    case 41:
      return "no memory left for a page that was touched";
    default:
      return "processor exception";
  }
}

/** A trapped unit: reason, address, backtrace. */
export function report_trap(unit: Unit, is_foreground: bool): void {
  const line = begin(is_foreground)
    .bytes(unit.name + name_prefix(unit), unit.name_length - name_prefix(unit))
    .string(": trap: ")
    .string(describe_trap(unit.trap));
  const address = <u64>domain.status(unit.domain, domain.STATUS_TRAP_ADDRESS);
  if (address != 0) line.string(" at ").hexadecimal(address);
  said();
  const base = <u64>domain.status(unit.domain, domain.STATUS_CODE_BASE);
  const entry = module_of(unit);
  const count = <u64>max<i64>(domain.status(unit.domain, domain.STATUS_FRAME_COUNT), 0);
  for (let i: u64 = 0; i < min<u64>(count, domain.STATUS_FRAME_MAX); i++) {
    // The first is the trap's own place; the others are return addresses, each one past its call.
    const address = <u64>domain.status(unit.domain, <u64>domain.STATUS_FRAME + i);
    const is_runtime_trap = i == 0 && unit.trap < TRAP_PROCESSOR;
    report_frame(entry, i > 0 || is_runtime_trap ? address - 1 : address, base, is_foreground);
  }
}

/** Any other unexpected end. */
export function report_exit(unit: Unit, status: u32): void {
  say().bytes(unit.name, unit.name_length).string(" exited with status ").number(status);
  said();
}

/** The command-line tool keeps a program apart from services by the prefix `program:` of its module's name. */
function name_prefix(unit: Unit): u32 {
  const prefix = "program:";
  for (let i = 0; i < prefix.length; i++) {
    if (<u32>i >= unit.name_length || load<u8>(unit.name + i) != <u8>prefix.charCodeAt(i)) return 0;
  }
  return prefix.length;
}

function begin(is_foreground: bool): Text {
  return is_foreground ? say_error() : say();
}

function report_frame(entry: usize, address: u64, base: u64, is_foreground: bool): void {
  const line = begin(is_foreground).string("    at ");
  const offset = address - base;
  if (entry != 0 && offset <= 0xffff_ffff && find_symbol(entry, <u32>offset)) {
    line.zero_terminated(symbol_function(), NAME_LIMIT);
    if (load<u8>(symbol_file()) != 0) {
      line.byte(0x20).zero_terminated(symbol_file(), NAME_LIMIT).byte(0x3a).number(symbol_line());
    }
    line.string(" (+").hexadecimal(offset).byte(0x29);
  } else {
    line.hexadecimal(address);
  }
  said();
}

function find_symbol(entry: usize, offset: u32): bool {
  const module = archive.entry_start(entry);
  const length = archive.entry_length(entry);
  if (length < PHX_SYMBOLS_LENGTH_AT + 4) return false;
  const at = <u64>load<u32>(module + PHX_SYMBOLS_AT);
  const bytes = <u64>load<u32>(module + PHX_SYMBOLS_LENGTH_AT);
  if (bytes == 0 || at < <u64>PHX_LENGTH_AT || at + bytes > length) return false;
  return symbol_find(module + <usize>at, <u32>bytes, offset);
}

function module_of(unit: Unit): usize {
  if (unit.has_other_module != 0) return unit.module_entry;
  if (unit.record == 0) return archive.find_entry(ENTRY_MODULE, "", unit.name, unit.name_length);
  const module = load<u32>(unit.record + format.SERVICE_MODULE_AT);
  return archive.find_entry(ENTRY_MODULE, "", manifest.string_start(module), manifest.string_length(module));
}
