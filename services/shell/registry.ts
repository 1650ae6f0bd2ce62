// The registry of commands, filled from commands.ts once at start; `help` and the main loop look them up here.
import { distance, is_near } from "./suggest";
import { word_is, word_length, word_start } from "./words";

export class Command {
  constructor(
    readonly name: string,
    readonly usage: string,
    readonly summary: string,
    readonly text: string,
    readonly run: () => u32,
  ) {}
}

let table: StaticArray<Command> = [];

export function register(commands: StaticArray<Command>): void {
  table = commands;
}

export function command_count(): i32 {
  return table.length;
}

export function command_at(index: i32): Command {
  return unchecked(table[index]);
}

/** The command that a word names, or null. */
export function find_command(word: u32): Command | null {
  for (let i = 0; i < table.length; i++) if (word_is(word, command_at(i).name)) return command_at(i);
  return null;
}

/** The command that a mistyped word most likely means, or null. */
export function nearest_command(word: u32): Command | null {
  let best: Command | null = null;
  let best_distance = u32.MAX_VALUE;
  for (let i = 0; i < table.length; i++) {
    const command = command_at(i);
    const far = distance(word_start(word), word_length(word), command.name);
    if (far < best_distance && is_near(far, command.name)) {
      best = command;
      best_distance = far;
    }
  }
  return best;
}
