// Connections: a client's capability to call a server, and the region that both map. They are made before the domains
// and live until the client is gone for good, so both sides can be restarted without the other noticing.
import * as capability from "../lib/capability";
import * as region from "../lib/region";
import { ENDPOINT_CALL, RIGHT_SHARE } from "../lib/endpoint";
import { BUFFER_SLOTS } from "../lib/buffer";
import { E_FULL } from "../lib/errors";
import { self } from "./machine";
import { unit_at } from "./unit";

export const CONNECTION_MAX: u32 = 128;


@unmanaged
export class Connection {
  /** 0 = a free place. Marks the client's calls, and the region as this client's. */
  badge: u64;
  region: u64;
  /** Places in the unit table. */
  server: u32;
  client: u32;
  bytes: u32;
  /** The server's domain that knows of this connection; 0 = none yet. */
  told: u64;
  /** init's own capability with this badge, of which the client got his; 0: none yet, or it came with a start-up page. */
  door: u64;
  /** init's own capability to the region, of which the server was last told; 0: none. */
  shown: u64;
}

const table = memory.data(128 * 56, 8);
const CONNECTION_SIZE: u32 = 56;

// @ts-ignore: decorator
@inline
export function connection_at(place: u32): Connection {
  return changetype<Connection>(table + place * CONNECTION_SIZE);
}

/** Makes a connection; its place, or an error. */
export function connect(server: u32, client: u32, role: u32, bytes: u32): i64 {
  const slot = free_slot(server);
  if (slot == BUFFER_SLOTS) return E_FULL;
  for (let place: u32 = 0; place < CONNECTION_MAX; place++) {
    const connection = connection_at(place);
    if (connection.badge != 0) continue;
    const handle = bytes == 0 ? 0 : region.create(self, region.pages_for(bytes));
    if (handle < 0) return handle;
    connection.badge = (<u64>slot) | (unit_at(client).id << 8) | ((<u64>role) << 56);
    connection.region = <u64>handle;
    connection.server = server;
    connection.client = client;
    connection.bytes = bytes;
    connection.told = 0;
    connection.door = 0;
    connection.shown = 0;
    return <i64>place;
  }
  return E_FULL;
}

/** A capability to call the server with the connection's badge, for its client to be offered; or an error. */
export function door_of(place: u32): i64 {
  const connection = connection_at(place);
  if (connection.door != 0) return <i64>connection.door;
  const made = capability.derive(unit_at(connection.server).endpoint, ENDPOINT_CALL | RIGHT_SHARE, connection.badge);
  if (made > 0) connection.door = <u64>made;
  return made;
}

/** The connection of a client to a server; 0xffff_ffff = none. */
export function find_connection(server: u32, client: u32): u32 {
  for (let place: u32 = 0; place < CONNECTION_MAX; place++) {
    const connection = connection_at(place);
    if (connection.badge != 0 && connection.server == server && connection.client == client) return place;
  }
  return 0xffff_ffff;
}

/** One of the two is gone for good: the buffer's frames return, the other's view of them turns to zeros. */
export function disconnect(unit: u32): void {
  for (let place: u32 = 0; place < CONNECTION_MAX; place++) {
    const connection = connection_at(place);
    if (connection.badge == 0 || (connection.client != unit && connection.server != unit)) continue;
    if (connection.door != 0) capability.drop(connection.door);
    if (connection.region != 0) {
      capability.revoke(connection.region);
      capability.drop(connection.region);
      if (connection.shown != 0) capability.drop(connection.shown);
    }
    connection.badge = 0;
  }
}

/** The server is, or is again, this domain: whatever was told it is known there. */
export function connections_told(server: u32, domain: u64): void {
  for (let place: u32 = 0; place < CONNECTION_MAX; place++) {
    const connection = connection_at(place);
    if (connection.badge != 0 && connection.server == server) connection.told = domain;
  }
}

/** A new instance of this client makes itself known to its servers, which then forget what the former one had of them. */
export function announce_again(client: u32): void {
  for (let place: u32 = 0; place < CONNECTION_MAX; place++) {
    const connection = connection_at(place);
    if (connection.badge != 0 && connection.client == client) connection.told = 0;
  }
}

function free_slot(server: u32): u32 {
  for (let slot: u32 = 0; slot < BUFFER_SLOTS; slot++) {
    let is_taken = false;
    for (let place: u32 = 0; place < CONNECTION_MAX && !is_taken; place++) {
      const connection = connection_at(place);
      is_taken = connection.badge != 0 && connection.server == server && <u32>(connection.badge & 0xff) == slot;
    }
    if (!is_taken) return slot;
  }
  return BUFFER_SLOTS;
}
