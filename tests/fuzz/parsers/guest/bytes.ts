// The input as a stream of bytes; at its end there are only zeroes.
import * as host from "./host";

let at: u32 = 0;

export function rewind(): void {
  at = 0;
}

export function is_over(): bool {
  return at >= host.input_length();
}

export function left(): u32 {
  return host.input_length() - at;
}

export function byte(): u32 {
  return at < host.input_length() ? host.input(at++) : 0;
}

export function below(limit: u32): u32 {
  return limit == 0 ? 0 : byte() % limit;
}

export function half(): u32 {
  const low = byte();
  return low | (byte() << 8);
}

export function word(): u32 {
  const low = half();
  return low | (half() << 16);
}

export function long(): u64 {
  const low = <u64>word();
  return low | ((<u64>word()) << 32);
}

/** A number near a border, or any. */
export function odd_number(): u64 {
  const choice = byte();
  switch (choice & 15) {
    case 0:
      return 0;
    case 1:
      return u64.MAX_VALUE;
    case 2:
      return 0xffff_ffff;
    case 3:
      return 0x1_0000_0000;
    case 4:
      return 0x7fff_ffff_ffff_ffff;
    case 5:
      return 4096;
    case 6:
      return 65536;
    case 7:
      return (<u64>byte()) << 32;
    case 8:
      return ((<u64>byte()) << 32) | byte();
    case 9:
      return long();
    default:
      return byte();
  }
}
