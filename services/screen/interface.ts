// The screen's calls: a text terminal. The console mirrors its terminal output here; what the pixels are shown on is the framebuffer that the boot
// loader set up, or a display whose driver calls here (docs/screen.md).

/** The image's role of the driver of a display. */
export const ROLE_DISPLAY: u32 = 1;
/** Bit of the notification that a display's driver hands over: pixels have changed. */
export const DISPLAY_CHANGED: u64 = 8;
/** The largest display; of a larger one the driver shows so much. */
export const DISPLAY_COLUMNS_MAX: u32 = 2048;
export const DISPLAY_ROWS_MAX: u32 = 2048;

export interface Screen {
  /** Shows bytes as a terminal would: UTF-8 text, CR LF BS TAB, and the ANSI sequences of docs/screen.md. Answers the length. */
  write(data: bytes): i64;
  /** Columns and rows. E_ABSENT: no framebuffer of a known format. */
  size(): { columns: u32; rows: u32 };
  /**
   * For the driver of a display (ROLE_DISPLAY): it shows so many pixels from now on, in place of what was shown before. Answers the region that
   * they lie in (READ, PIN): 32 bits each, blue lowest, rows without gaps, all of it contiguous. `wake` is told DISPLAY_CHANGED. E_ARGUMENT: no character fits.
   */
  display(width: u32, height: u32, wake: capability): capability;
  /** For the driver whose display is shown: the rectangle of pixels that have changed since it last asked, at least; of width 0: none. E_STATE: it is another's. */
  changes(): { x: u32; y: u32; width: u32; height: u32 };
}
