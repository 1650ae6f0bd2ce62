// Giving a capability away: the entry changes its owner and keeps its number, its rights and its place in the derivation tree.
// Called by gate cap_move and where one domain takes another's place.

import { TYPE_REGION, TYPE_REPLY } from "../abi/rights";
import { reply_moved } from "../ipc/call";
import { charge_small, uncharge_small } from "../mm/budget";
import { Domain } from "../object/domain";
import { Region, Reply } from "../object/object";
import { mappings_of_capability_end } from "../object/mapping";
import { may_hold } from "./derive";
import { Capability, CAPABILITY_MAPPED, owner_link, owner_unlink } from "./table";

/** False: the new owner's budget is spent, or one of the two is an enclave and may not hold it, and nothing has changed. Windows that were mapped by it end: they were the old owner's. */
export function capability_move(from: Domain, to: Domain, capability: Capability): bool {
  if (!may_hold(to, capability) || !charge_small(to)) return false;
  if (capability.state & CAPABILITY_MAPPED && capability.object.type == TYPE_REGION) {
    mappings_of_capability_end(changetype<Region>(capability.object), capability);
    capability.state &= ~CAPABILITY_MAPPED;
  }
  owner_unlink(from, capability);
  capability.key = to.owner_key | (capability.key & 0xff);
  owner_link(to, capability);
  if (capability.type == TYPE_REPLY) reply_moved(changetype<Reply>(capability.object), to);
  uncharge_small(from);
  return true;
}
