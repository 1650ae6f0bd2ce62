// Symbol tables: which function, file and line a code offset belongs to. linker/debug writes one into the kernel image
// and one into every .phx; the kernel's panic and init's backtraces read them with the decoder below, byte by byte, so
// that it need not know where the bytes lie. All little-endian:
//
//   u32 "PSYM" | u32 entries | u32 program bytes | u32 string bytes | program | strings, each zero-terminated
//
// The program is a run of varints (LEB128), for every entry in rising order of offset:
//   (offset - previous offset) << 1 | named;  if named: function, file (offsets into strings; 0 = none);
//   zig-zag of (line - previous line), where line 0 = none.
// An entry holds until the next one's offset.

export const SYMBOLS_MAGIC: u32 = 0x4d595350;
export const SYMBOLS_COUNT_AT: u32 = 4;
export const SYMBOLS_PROGRAM_BYTES_AT: u32 = 8;
export const SYMBOLS_STRING_BYTES_AT: u32 = 12;
export const SYMBOLS_PROGRAM_AT: u32 = 16;

// The entry that is being read, and the last one that began at or below the wanted offset.
let wanted: u32 = 0;
let offset: u32 = 0;
let function_at: u32 = 0;
let file_at: u32 = 0;
let line: u32 = 0;
let found: bool = false;
let found_function: u32 = 0;
let found_file: u32 = 0;
let found_line: u32 = 0;
// Field of the entry that comes next (0 offset, 1 function, 2 file, 3 line) and its varint so far.
let field: u32 = 0;
let value: u32 = 0;
let shift: u32 = 0;

/** Starts a search for the entry that covers this image offset. */
export function symbols_begin(image_offset: u32): void {
  wanted = image_offset;
  offset = 0;
  function_at = 0;
  file_at = 0;
  line = 0;
  found = false;
  field = 0;
  value = 0;
  shift = 0;
}

/** Takes the program's next byte; false when no further byte is needed. */
export function symbols_feed(byte: u32): bool {
  value |= (byte & 0x7f) << shift;
  if (byte & 0x80) {
    shift += 7;
    return shift < 32;
  }
  const number = value;
  value = 0;
  shift = 0;
  if (field == 0) {
    offset += number >> 1;
    field = number & 1 ? 1 : 3;
    return offset <= wanted;
  }
  if (field == 1) {
    function_at = number;
    field = 2;
    return true;
  }
  if (field == 2) {
    file_at = number;
    field = 3;
    return true;
  }
  line += number & 1 ? ~(number >> 1) : number >> 1;
  field = 0;
  found = true;
  found_function = function_at;
  found_file = file_at;
  found_line = line;
  return true;
}

/** Whether an entry covers the offset; the three below hold only then. */
export function symbols_found(): bool {
  return found;
}

/** Offset into the strings of the function's name. */
export function symbols_function(): u32 {
  return found_function;
}

/** Offset into the strings of the file's name; 0 = none. */
export function symbols_file(): u32 {
  return found_file;
}

export function symbols_line(): u32 {
  return found_line;
}
