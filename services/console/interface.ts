// The console's calls. linker/interface generates client and server code from this file.
// Each client is known by its badge; `data` and the bytes of `read` travel through the buffer that the client
// shares with the console. All methods may detach: the answer of a slow line arrives later, the client stays blocked.

/** Streams of `write`. In tty mode all three reach the terminal. */
export const STREAM_OUTPUT: u32 = 1;
export const STREAM_ERROR: u32 = 2;
export const STREAM_LOG: u32 = 3;

/** `set_mode` bits. LINE: a read ends at the end of a line, and on a terminal the person edits the line before it is sent. */
export const MODE_LINE: u32 = 1;
/** Characters typed on a terminal are shown. */
export const MODE_ECHO: u32 = 2;
/** Lines read go into the history that the arrow keys recall. */
export const MODE_HISTORY: u32 = 4;
/** ^C makes the pending or next `read` answer E_CANCELLED instead of telling init to end the foreground program. */
export const MODE_INTERRUPT: u32 = 8;

/** `terminal` answers these bits, and the columns shifted left by 16. */
export const TERMINAL_TTY: u32 = 1;
export const TERMINAL_COLOURS: u32 = 2;

export interface Console {
  /** Writes all of `data` to `stream`; answers its length. E_ARGUMENT: no such stream. */
  write(stream: u32, data: bytes): i64;
  /** Up to `limit` bytes of input; waits until there is one. Answers their number; 0 = end of input. Only the
   * foreground client gets input, others wait until they are. E_CANCELLED: interrupted (MODE_INTERRUPT). */
  read(limit: u32): bytes;
  /** Waits until `read` would not block: answers the bytes that are ready (1 at end of input), or E_TIMEOUT when the deadline
   * passes first (0 = poll). E_CANCELLED as for read. */
  wait_input(deadline_ns: u64): i64;
  /** Waits until everything written by anybody has left the machine. */
  flush(): i64;
  /** Sets this client's MODE_ bits; a new client has LINE and ECHO on a terminal, none otherwise. */
  set_mode(mode: u32): i64;
  /** Gives the input to the client of this badge (0 = nobody); answers the badge that had it. For init
   * alone, others get E_RIGHTS. While nobody has the input, the first client that reads gets it. */
  set_foreground(badge: u64): u64;
  /** Sends the exit status of the program or last command to the host (docs/console-protocol.md); nothing on a terminal. */
  exit_status(status: u32): i64;
  /** What the other end is: TERMINAL_ bits. */
  terminal(): u64;
  /** What is typed on another keyboard than the line's, for ROLE_KEYBOARD alone: answers how many bytes there was room for. E_STATE: the line is no terminal. */
  type(data: bytes): i64;
}

/** The image's role of who types. */
export const ROLE_KEYBOARD: u32 = 2;

/** Badges 1 … this one may move the input: init and the shell. */
export const BADGE_CONTROL_LAST: u64 = 2;
