// The line editor and the multiplexer's codec as a module that Node can drive byte by byte.
import { LineEditor } from "../../../../services/console/editor";
import { MuxDecoder, MuxEncoder } from "../../../../services/console/mux";
import { ByteRing } from "../../../../services/console/ring";

const terminal = new ByteRing(memory.data(65536), 65536);
const editor = new LineEditor(terminal);
const encoder = new MuxEncoder(terminal);
const decoder = new MuxDecoder();

export function feed(byte: u32): u32 {
  return editor.feed(<u8>byte);
}
export function clear(): void {
  editor.clear();
}
export function configure(columns: u32, echo: bool, remembering: bool): void {
  editor.columns = columns;
  editor.echo = echo;
  editor.remembering = remembering;
}
export function output_passed(byte: u32): void {
  editor.output_passed(<u8>byte);
}
export function hide(): void {
  editor.hide();
}
export function show(): void {
  editor.show();
}
export function line_length(): u32 {
  return editor.length;
}
export function line_byte(index: u32): u32 {
  return editor.text[index];
}
export function cursor(): u32 {
  return editor.cursor;
}
/** The next byte sent to the terminal, or -1. */
export function terminal_take(): i32 {
  return terminal.length == 0 ? -1 : <i32>terminal.take();
}
export function mux_select(stream: u32): void {
  encoder.select(stream);
}
export function mux_put(byte: u32): void {
  encoder.put(<u8>byte);
}
export function mux_exit_status(status: u32): void {
  encoder.exit_status(status);
}
export function mux_feed(byte: u32): u32 {
  return decoder.feed(<u8>byte);
}
export function mux_byte(): u32 {
  return decoder.byte;
}
