// A UTF-8 writer into a fixed piece of memory: what services compose lines with, so that nothing is allocated while they run.
// Make one at start (`const line = new Text(memory.data(256), 256)`); what does not fit is dropped and `is_truncated` says so.

export class Text {
  length: u32 = 0;
  is_truncated: bool = false;

  constructor(
    readonly start: usize,
    readonly capacity: u32,
  ) {}

  clear(): Text {
    this.length = 0;
    this.is_truncated = false;
    return this;
  }

  byte(value: u8): Text {
    if (this.length < this.capacity) {
      store<u8>(this.start + this.length, value);
      this.length++;
    } else {
      this.is_truncated = true;
    }
    return this;
  }

  bytes(data: usize, length: u32): Text {
    let room = this.capacity - this.length;
    if (length > room) this.is_truncated = true;
    else room = length;
    memory.copy(this.start + this.length, data, room);
    this.length += room;
    return this;
  }

  /** Bytes up to a zero, at most `limit`. */
  zero_terminated(data: usize, limit: u32): Text {
    for (let i: u32 = 0; i < limit; i++) {
      const value = load<u8>(data + i);
      if (value == 0) break;
      this.byte(value);
    }
    return this;
  }

  string(text: string): Text {
    const units = text.length;
    for (let i = 0; i < units; i++) {
      let point = <u32>text.charCodeAt(i);
      if (point >= 0xd800 && point < 0xdc00 && i + 1 < units) {
        point = 0x10000 + ((point - 0xd800) << 10) + (<u32>text.charCodeAt(++i) - 0xdc00);
      }
      this.code_point(point);
    }
    return this;
  }

  code_point(point: u32): Text {
    if (point < 0x80) return this.byte(<u8>point);
    if (point < 0x800) return this.byte(<u8>(0xc0 | (point >> 6))).byte(tail(point, 0));
    if (point < 0x10000) {
      return this.byte(<u8>(0xe0 | (point >> 12)))
        .byte(tail(point, 6))
        .byte(tail(point, 0));
    }
    return this.byte(<u8>(0xf0 | (point >> 18)))
      .byte(tail(point, 12))
      .byte(tail(point, 6))
      .byte(tail(point, 0));
  }

  number(value: u64): Text {
    let scale: u64 = 1;
    while (value / scale >= 10) scale *= 10;
    for (; scale != 0; scale /= 10) this.byte(<u8>(0x30 + ((value / scale) % 10)));
    return this;
  }

  signed(value: i64): Text {
    if (value >= 0) return this.number(<u64>value);
    return this.byte(0x2d).number(<u64>-value);
  }

  /** Hexadecimal after 0x, at least `digits` digits. */
  hexadecimal(value: u64, digits: u32 = 1): Text {
    this.byte(0x30).byte(0x78);
    let shift: u32 = 60;
    while (shift > 0 && value >> shift == 0 && shift >> 2 >= digits) shift -= 4;
    for (; ; shift -= 4) {
      const digit = <u8>((value >> shift) & 15);
      this.byte(digit < 10 ? 0x30 + digit : 0x57 + digit);
      if (shift == 0) break;
    }
    return this;
  }

  /** Spaces up to a column counted in bytes from the start of the text. */
  column(column: u32): Text {
    while (this.length < column && this.length < this.capacity) this.byte(0x20);
    return this;
  }

  newline(): Text {
    return this.byte(0x0a);
  }
}

function tail(point: u32, shift: u32): u8 {
  return <u8>(0x80 | ((point >> shift) & 0x3f));
}
