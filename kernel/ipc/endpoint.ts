// Endpoints: what a client calls. The server can change; the capabilities to the endpoint stay.

import { E_METHOD, E_RIGHTS } from "../abi/errors";
import { RESOURCE_METHODS, RESOURCE_RIGHT_SHIFT } from "../abi/rights";
import { is_none, none, same } from "../none";
import { Domain } from "../object/domain";
import { Endpoint } from "../object/object";

/** Nobody serves the endpoint any more. */
export function endpoint_unserve(endpoint: Endpoint): void {
  const server = endpoint.server;
  if (is_none(server)) return;
  if (same(server.served, endpoint)) server.served = endpoint.served_next;
  else {
    let at = server.served;
    while (!same(at.served_next, endpoint)) at = at.served_next;
    at.served_next = endpoint.served_next;
  }
  endpoint.server = none<Domain>();
  endpoint.served_next = none<Endpoint>();
}

/** From now on calls on the endpoint go to `server`. */
export function endpoint_serve(endpoint: Endpoint, server: Domain): void {
  endpoint_unserve(endpoint);
  endpoint.server = server;
  endpoint.served_next = server.served;
  server.served = endpoint;
}

/** May a resource with `rights` call the method? 0, or the error. */
export function method_refused(endpoint: Endpoint, rights: u32, method: u64): i64 {
  if (method >= <u64>RESOURCE_METHODS || !((endpoint.methods >> (<u32>method)) & 1)) return E_METHOD;
  const asked = method < 16 ? endpoint.method_rights_low : endpoint.method_rights_high;
  const right = (<u32>(asked >> ((method & 15) << 2))) & 15;
  return (rights >> (RESOURCE_RIGHT_SHIFT + right)) & 1 ? 0 : E_RIGHTS;
}
