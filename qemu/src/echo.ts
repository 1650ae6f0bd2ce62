// Where a command's answer begins, on a terminal that echoes what is typed and draws a half-typed line again after others have printed.
// Used by Guest.run() with the option `echo`.

/** Line editors show a long line through a window: its end is drawn, its beginning may not be. */
const LONGEST_WHOLE = 40;
const TAIL = 8;

/**
 * What the guest printed after the echo of `command` and its line end; undefined while that echo is not there as a whole: what came before is somebody
 * else's, and a prompt after it is one that was drawn again.
 */
export function afterEcho(printed: string, command: string): string | undefined {
  const text = withoutEscapes(printed).replaceAll("\r", "");
  const typed = command.trimEnd();
  const shown = typed.length > LONGEST_WHOLE ? typed.slice(-TAIL) : typed;
  const match = new RegExp(`${escaped(shown)}[ \\t]*\\n`).exec(text);
  return match === null ? undefined : text.slice(match.index + match[0].length);
}

/** Terminal control sequences (ECMA-48 CSI) removed: a line editor redraws what it echoes. */
export function withoutEscapes(text: string): string {
  return text.replace(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, "");
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
