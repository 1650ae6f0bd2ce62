// Endpoints: what a client calls. The server can change; the capabilities to the endpoint stay.

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
