// A service's own log lines: composed in one static line, each sent whole to the sink that the service set
// (most set the console's log channel; init holds lines back until the console runs).
import { Text } from "./text";

const line = new Text(memory.data(512, 8), 512);
let sink: ((data: usize, length: u32) => void) | null = null;

/** Where finished lines go; without one they are dropped. */
export function set_log_sink(write: (data: usize, length: u32) => void): void {
  sink = write;
}

/** Begins a line: `begin_line("console").string("absent: ").number(n)`, then end_line(). */
export function begin_line(who: string): Text {
  return line.clear().string(who).string(": ");
}

/** Sends the line. */
export function end_line(): void {
  line.newline();
  if (sink != null) sink!(line.start, line.length);
}
