// The architecture's name, for messages only.

const NAME: string = "x86_64";

/** ASCII byte i of the name; 0 at its end. */
export function architecture_name_at(i: u32): u32 {
  return i < <u32>NAME.length ? NAME.charCodeAt(i) : 0;
}
