// Capabilities that travel with calls and replies, one with each. The giver names one of his own and who may have it; nothing happens to it
// until the receiver accepts: then a child of it is made in the receiver's space and on his account. So the path of a call knows nothing
// of it, nobody fills another's space, what was revoked meanwhile is refused, and a receiver without room can make some and ask again.
// Invariant: an offer is for the server of one endpoint, while it owes the giver an answer; a gift is for a caller, from one server.

import { E_ARGUMENT, E_BUDGET, E_NO_MEMORY, E_PEER_GONE, E_RIGHTS, E_STATE } from "../abi/errors";
import { OFFER_CALLER } from "../abi/ipc";
import { ENDPOINT_CALL, RIGHT_SHARE, TYPE_ENDPOINT, TYPE_REPLY } from "../abi/rights";
import { capability_derive } from "../cap/derive";
import { lookup_any, lookup_error, lookup_object } from "../cap/table";
import { is_none, none, same } from "../none";
import { Domain, WAIT_REPLY } from "../object/domain";
import { Endpoint, Reply } from "../object/object";

let error: i64 = 0;

/** Whose call `domain` answers: the one that it handles (OFFER_CALLER), or the one behind a Reply handle; none: see error. */
function client_of(domain: Domain, which: u64): Domain {
  if (which == OFFER_CALLER) {
    error = E_STATE;
    return domain.is_call ? domain.caller : none<Domain>();
  }
  const reply = lookup_object<Reply>(domain, which, TYPE_REPLY, 0);
  if (is_none(reply)) {
    error = lookup_error();
    return none<Domain>();
  }
  error = E_PEER_GONE;
  const client = reply.client;
  return client.wait == WAIT_REPLY && client.call_number == reply.call_number ? client : none<Domain>();
}

/** `handle` of `giver`, with these rights, for the server of one of his endpoints, or for whom he answers. A new one takes its place. */
export function offer(giver: Domain, to: u64, handle: u64, rights: u64): i64 {
  const capability = lookup_any(giver, handle);
  if (is_none(capability)) return lookup_error();
  if (!(capability.rights & RIGHT_SHARE)) return E_RIGHTS;
  if (capability.type == TYPE_REPLY || (rights & ~(<u64>capability.rights)) != 0) return E_ARGUMENT;
  const endpoint = lookup_object<Endpoint>(giver, to, TYPE_ENDPOINT, ENDPOINT_CALL);
  if (!is_none(endpoint)) {
    giver.offer_to = endpoint.id;
    giver.offer_handle = handle;
    giver.offer_rights = <u32>rights;
    return 0;
  }
  const client = client_of(giver, to);
  if (is_none(client)) return error;
  client.gift_owner = giver;
  client.gift_handle = handle;
  client.gift_rights = <u32>rights;
  return 0;
}

/** Does `server` serve the endpoint with this id? */
function serves(server: Domain, id: u64): bool {
  let at = server.served;
  for (let i: u32 = 0; i < SERVED_MAX && !is_none(at); i++) {
    if (at.id == id) return true;
    at = at.served_next;
  }
  return false;
}
/** Endpoints of one server that are looked through. */
const SERVED_MAX: u32 = 64;

/** The handle, in the receiver's space, of what the caller of a call that he answers, or the server of an endpoint, has for him. */
export function accept(receiver: Domain, from: u64): i64 {
  const endpoint = lookup_object<Endpoint>(receiver, from, TYPE_ENDPOINT, ENDPOINT_CALL);
  if (!is_none(endpoint)) {
    if (receiver.gift_handle == 0 || !same(endpoint.server, receiver.gift_owner)) return E_STATE;
    const answer = take(receiver, receiver.gift_owner, receiver.gift_handle, receiver.gift_rights);
    if (is_final(answer)) receiver.gift_handle = 0;
    return answer;
  }
  const client = client_of(receiver, from);
  if (is_none(client)) return error;
  if (client.offer_handle == 0 || !serves(receiver, client.offer_to)) return E_STATE;
  const answer = take(receiver, client, client.offer_handle, client.offer_rights);
  if (is_final(answer)) client.offer_handle = 0;
  return answer;
}

function take(receiver: Domain, owner: Domain, handle: u64, rights: u32): i64 {
  const capability = lookup_any(owner, handle);
  return is_none(capability) ? lookup_error() : capability_derive(receiver, capability, rights, 0);
}

/** For want of room the offer stays. */
@inline
function is_final(answer: i64): bool {
  return answer != E_BUDGET && answer != E_NO_MEMORY;
}
