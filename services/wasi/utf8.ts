// Is a text well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF)? WASI paths must be.

export function utf8_is_valid(text: usize, length: u32): bool {
  let i: u32 = 0;
  while (i < length) {
    const lead = <u32>load<u8>(text + i);
    if (lead < 0x80) {
      i++;
      continue;
    }
    const tails: u32 = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || i + tails >= length) return false;
    const next = <u32>load<u8>(text + i + 1);
    if (lead == 0xe0 && next < 0xa0) return false;
    if (lead == 0xed && next > 0x9f) return false;
    if (lead == 0xf0 && next < 0x90) return false;
    if (lead == 0xf4 && next > 0x8f) return false;
    for (let tail: u32 = 1; tail <= tails; tail++) {
      if ((load<u8>(text + i + tail) & 0xc0) != 0x80) return false;
    }
    i += tails + 1;
  }
  return true;
}
