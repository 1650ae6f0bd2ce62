// The parameters entry of a boot archive: UTF-8 lines `key=value` that the host hands to the guest's services.
// Written by boot and run; read by services/init. Values hold no line break; bytes are otherwise free.

import { CliFailure, EXIT_USAGE } from "./failure.ts";

export type Parameter = readonly [key: string, value: string];

/** Serialises parameters in the given order; keys may repeat. */
export function encodeParameters(parameters: readonly Parameter[]): Uint8Array {
  let text = "";
  for (const [key, value] of parameters) {
    if (!/^[a-z][a-z.]*$/.test(key)) throw new Error(`parameter key ${JSON.stringify(key)} is malformed`);
    text += `${key}=${escapeValue(key, value)}\n`;
  }
  return new TextEncoder().encode(text);
}

/** A line break, and the backslash that stands for one, travel as \n and \\ (see docs/services.md). */
function escapeValue(key: string, value: string): string {
  if (value.includes("\0"))
    throw new CliFailure(`${key} holds a zero byte, which no argument may`, undefined, EXIT_USAGE);
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
