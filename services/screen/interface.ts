// The screen's calls: a text terminal on the framebuffer. The console mirrors its terminal output here.

export interface Screen {
  /** Shows bytes as a terminal would: UTF-8 text, CR LF BS TAB, and the ANSI sequences of docs/screen.md. Answers the length. */
  write(data: bytes): i64;
  /** Columns and rows. E_ABSENT: no framebuffer of a known format. */
  size(): { columns: u32; rows: u32 };
}
