// A small AssemblyScript program whose lines native.test.ts looks for in the native debug information.

@unmanaged
class Table {
  count: u32;

  insert(value: u32): void {
    if (this.count >= 4) unreachable();
    store<u32>(changetype<usize>(this) + 16 + (this.count << 2), value); // traced: method
    this.count += 1;
  }
}

function checksum(from: usize, length: u32): u32 {
  let sum: u32 = 1;
  for (let i: u32 = 0; i < length; i++) {
    sum = sum * 31 + load<u8>(from + i); // traced: loop
  }
  return sum;
}

function run(from: usize, length: u32): u32 {
  const table = changetype<Table>(1024);
  table.insert(checksum(from, length));
  table.insert(length);
  return table.count ^ length; // traced: caller
}

export function call(badge: u64, method: u64, w0: u64, w1: u64, w2: u64, w3: u64, w4: u64, w5: u64): i64 {
  return run(<usize>w0, <u32>w1);
}
