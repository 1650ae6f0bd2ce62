// Resources that the service mints on its endpoint, and the copies that clients were offered of them: those die with the service's own, as the kernel
// has it. Called by driver.ts, whose gates these are, and by worlds whose clients hand such copies back.
// Invariant: a client's copy has no right that it was not offered with, and is accepted only while the service's own lives.
import * as bytes from "./bytes";
import { must } from "./say";
import { E_ARGUMENT, E_BUDGET, E_HANDLE } from "../../../../kernel/abi/errors";
import { RESOURCE_BADGE, RESOURCE_RIGHT_SHIFT, RIGHT_SHARE, TYPE_RESOURCE } from "../../../../kernel/abi/rights";

/** The service's endpoint, and its object's number. */
export const ENDPOINT: u64 = 9;
const OBJECT: i64 = 77;
const OWN: u64 = 0x30_0000;
const COPIES: u64 = 0x40_0000;
const MADE_MAX: u32 = 64;
const OFFERED_MAX: u32 = 64;

/** By place; rights with RIGHT_SHARE, 0: free. */
const tags = new StaticArray<u64>(64);
const rights = new StaticArray<u32>(64);
const uses = new StaticArray<u32>(64);
/** Of the copies: whose, as it was used then, and with which rights. */
const origins = new StaticArray<u32>(64);
const origin_uses = new StaticArray<u32>(64);
const copy_rights = new StaticArray<u32>(64);
let offered: u32 = 0;

export function mint(endpoint: u64, tag: u64, wanted: u64): i64 {
  must(endpoint == ENDPOINT, "a resource is minted on", endpoint);
  if (tag >> 63 != 0 || wanted > 0xffff) return E_ARGUMENT;
  for (let place: u32 = 0; place < MADE_MAX; place++) {
    if (rights[place] != 0) continue;
    tags[place] = tag;
    rights[place] = ((<u32>wanted) << RESOURCE_RIGHT_SHIFT) | RIGHT_SHARE;
    uses[place]++;
    return <i64>OWN + place;
  }
  return E_BUDGET;
}

function place_of(handle: u64): i32 {
  const place = handle - OWN;
  return place < MADE_MAX && rights[<u32>place] != 0 ? <i32>place : -1;
}

/** What goes to the caller along with the answer. */
export function give(handle: u64, wanted: u64): i64 {
  const place = place_of(handle);
  if (place < 0) return E_HANDLE;
  if ((wanted & ~(<u64>rights[place])) != 0) return E_ARGUMENT;
  const at = offered++ % OFFERED_MAX;
  origins[at] = place;
  origin_uses[at] = uses[place];
  copy_rights[at] = <u32>wanted;
  return 0;
}

/** True: the handle was the service's own, and is no more. */
export function end(handle: u64): bool {
  const place = place_of(handle);
  if (place >= 0) rights[place] = 0;
  return place >= 0;
}

/** A copy that some client has, perhaps a dead one, with some of its rights; 0: nobody has any. */
export function some_copy(): u64 {
  if (offered == 0) return 0;
  const at = bytes.byte() % min(offered, OFFERED_MAX);
  if (bytes.byte() < 64) copy_rights[at] &= ~((<u32>(bytes.byte() & 3)) << RESOURCE_RIGHT_SHIFT);
  return COPIES + at;
}

export function is_copy(handle: u64): bool {
  return handle - COPIES < OFFERED_MAX;
}

export function copy_lives(handle: u64): bool {
  const at = <u32>(handle - COPIES);
  return rights[origins[at]] != 0 && uses[origins[at]] == origin_uses[at];
}

export function rights_of_copy(handle: u64): u32 {
  return copy_rights[<u32>(handle - COPIES)];
}

/** As cap_info answers of a copy. */
export function info(handle: u64, field: u64): i64 {
  const at = <u32>(handle - COPIES);
  switch (<u32>field) {
    case 0:
      return TYPE_RESOURCE;
    case 1:
      return copy_rights[at];
    case 2:
      return <i64>(RESOURCE_BADGE | tags[origins[at]]);
    default:
      return OBJECT;
  }
}

/** The same of the endpoint itself. */
export function endpoint_info(field: u64): i64 {
  return field == 3 ? OBJECT : 0;
}
