// Causes are the kernel's own kinds.
export function trap_kind(cause: u64, code: u64): u32 {
  return <u32>cause;
}
export function frame_return_slot(frame: u64): u64 {
  return frame + 8;
}
export function frame_link_slot(frame: u64): u64 {
  return frame;
}
