// Gates of endpoints: making one, and saying who serves it.

import { E_ARGUMENT, E_STATE } from "../abi/errors";
import * as ipc from "../abi/ipc";
import * as rights from "../abi/rights";
import { lookup_error, lookup_object } from "../cap/table";
import { current } from "../cpu";
import { endpoint_serve } from "../ipc/endpoint";
import { is_none } from "../none";
import { is_alive } from "../object/destroy";
import { Endpoint } from "../object/object";
import { domain_with, object_make } from "./common";

export function gate_endpoint_create(self: u64): i64 {
  return object_make(
    self,
    rights.TYPE_ENDPOINT,
    rights.ENDPOINT_CALL | rights.ENDPOINT_SERVE | rights.RIGHT_REVOKE | rights.RIGHT_SHARE,
  );
}


@inline
function endpoint_served(handle: u64): Endpoint {
  return lookup_object<Endpoint>(current(), handle, rights.TYPE_ENDPOINT, rights.ENDPOINT_SERVE);
}

/** Says which right of a RESOURCE each method asks for: four bits a method, and a bit for each that may be called at all. */
export function gate_endpoint_methods(handle: u64, low: u64, high: u64, methods: u64): i64 {
  const endpoint = endpoint_served(handle);
  if (is_none(endpoint)) return lookup_error();
  if (methods > u32.MAX_VALUE) return E_ARGUMENT;
  endpoint.method_rights_low = low;
  endpoint.method_rights_high = high;
  endpoint.methods = <u32>methods;
  return 0;
}

export function gate_endpoint_bind(handle: u64, domain_handle: u64): i64 {
  const endpoint = endpoint_served(handle);
  if (is_none(endpoint)) return lookup_error();
  const target = domain_with(domain_handle, rights.DOMAIN_GRANT);
  if (is_none(target)) return lookup_error();
  if (!is_alive(target.domain) || target.domain.handler == 0) return E_STATE;
  endpoint_serve(endpoint, target.domain);
  return 0;
}

/** A field ENDPOINT_… of kernel/abi/ipc.ts. */
export function gate_endpoint_status(handle: u64, field: u64): i64 {
  const endpoint = endpoint_served(handle);
  if (is_none(endpoint)) return lookup_error();
  const server = endpoint.server;
  if (field == ipc.ENDPOINT_CALLS) return <i64>endpoint.calls;
  if (field == ipc.ENDPOINT_WAITING) return is_none(server) ? 0 : <i64>server.queue_length;
  if (field == ipc.ENDPOINT_STATE) return is_none(server) ? 0 : <i64>server.state;
  return E_ARGUMENT;
}
