// The 9P transport as a service uses it: call 1 sends the first w0 bytes of message_out, which say which byte comes w1 times.
import { exchange, message_in, message_out, open_ninep, read_tag } from "../../../../services/lib/virtio/ninep";

export const MESSAGE_BYTES: u32 = 8192;
const tag = memory.data(64);
let opened: i64 = 0;

export function start(): void {
  opened = open_ninep(MESSAGE_BYTES);
}

export function call(_badge: u64, method: u64, length: u64, byte: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  if (opened < 0) return opened;
  if (method == 2) return (read_tag(tag, 64) << 8) | load<u8>(tag);
  memory.fill(message_out, <u8>byte, <u32>min<u64>(length, MESSAGE_BYTES));
  const bytes = exchange(<u32>length);
  for (let i: i64 = 0; i < bytes; i++) if (load<u8>(message_in + <usize>i) != <u8>(byte + 1)) return -1000 - i;
  return bytes;
}

export function event(_bits: u64): void {}
