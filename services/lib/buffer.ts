// The shared-buffer channel: each connection of a client to a server has one region that both map. A client puts bytes
// into it and passes offset and length; the server reads them there. Generated stubs call this file.
//
// Server window, one fixed place a client:   index(slot) = BUFFER_INDEX + slot * BUFFER_STRIDE,  slot = badge & 0xff
// A badge is slot | client number << 8 | role << 56, all of init's making; the role is the image's (`role` of a call).
// The other side may change the bytes at any time: read once, then decide.
import * as phi from "./phi";
import * as startup from "./startup";
import { REGION_READ, REGION_WRITE, TYPE_REGION } from "../../kernel/abi/rights";
import { PAGE_SIZE, STARTUP_CAPABILITY } from "../../kernel/abi/formats";
import { hand_over, METHOD_EXPORT, METHOD_RESUME } from "./replace";
import { E_ARGUMENT, E_HANDLE, E_METHOD } from "../../kernel/abi/errors";

/** A client's own first call when the server ran before the client was made: w0 = its region as a handle of the server, w1 = bytes. */
export const METHOD_ATTACH: u64 = 0xffff_0001;
/** Answers 0 as soon as the service is idle. */
export const METHOD_PING: u64 = 0xffff_0002;
/** Name of the start-up entries that tell a server its clients: handle of the region, a = badge, b = bytes. */
export const CLIENT_ENTRY: string = "client";

export const BUFFER_INDEX: usize = 0x8010_0000;
export const BUFFER_STRIDE: u32 = 0x1_0000;
export const BUFFER_SLOTS: u32 = 256;

// Static tables by slot: badge (0 = free), region handle, bytes.
const badges = memory.data(2048, 8);
const regions = memory.data(2048, 8);
const lengths = memory.data(1024, 8);
// Bytes copied, by call site: generated stubs use their method's number.
const copied = memory.data(512, 8);
const COPY_SITES: u32 = 64;

let client_gone: ((badge: u64) => void) | null = null;

/** Calls `handler(badge)` when a client is known to have ended (its slot goes to another, or it was started again); drop what you hold for it. */
export function on_client_gone(handler: (badge: u64) => void): void {
  client_gone = handler;
}

/** The client's number, as `ps` prints it. */
// @ts-ignore: decorator
@inline
export function client_of(badge: u64): u64 {
  return (badge >> 8) & 0xffff_ffff_ffff;
}

/** What the image calls this connection, for services that let only some clients do some things; 0 unless it says more. */
// @ts-ignore: decorator
@inline
export function role_of(badge: u64): u32 {
  return <u32>(badge >> 56);
}

/** Where this client's buffer lies in the server; meaningful when buffer_bytes is not 0. */
// @ts-ignore: decorator
@inline
export function buffer_of(badge: u64): usize {
  return BUFFER_INDEX + <usize>(badge & 0xff) * BUFFER_STRIDE;
}

/** Bytes of this client's buffer; 0 when it has none. */
// @ts-ignore: decorator
@inline
export function buffer_bytes(badge: u64): u32 {
  const slot = <usize>(badge & 0xff);
  return load<u64>(badges + (slot << 3)) == badge ? load<u32>(lengths + (slot << 2)) : 0;
}

/** Server: true when [offset, offset + length) of a packed word lies in the client's buffer. */
// @ts-ignore: decorator
@inline
export function span_is_valid(badge: u64, span: u64): bool {
  const offset = span & 0xffff_ffff;
  const length = span >> 32;
  return offset + length <= buffer_bytes(badge);
}

/**
 * Client: makes [data, data + length) visible at the buffer and answers the packed word offset | length << 32, or E_ARGUMENT
 * when it does not fit. Bytes that lie in the buffer already are passed as they are; others are copied to `cursor`.
 */
export function place(buffer: usize, capacity: u32, cursor: u32, data: usize, length: u32, site: u32): i64 {
  if (length == 0) return 0;
  if (data >= buffer && data - buffer + length <= <usize>capacity && data - buffer < <usize>capacity) {
    return <i64>((<u64>(data - buffer)) | ((<u64>length) << 32));
  }
  if (<u64>cursor + length > capacity) return E_ARGUMENT;
  copy(buffer + cursor, data, length, site);
  return <i64>((<u64>cursor) | ((<u64>length) << 32));
}

/** Client: the same for a string, encoded as UTF-8 straight into the buffer. */
export function place_string(buffer: usize, capacity: u32, cursor: u32, text: string, site: u32): i64 {
  const length = <u32>String.UTF8.byteLength(text);
  if (length == 0) return 0;
  if (<u64>cursor + length > capacity) return E_ARGUMENT;
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, buffer + cursor);
  count_copy(site, length);
  return <i64>((<u64>cursor) | ((<u64>length) << 32));
}

/** A counted copy: every copy on a data path goes through here. */
// @ts-ignore: decorator
@inline
export function copy(destination: usize, source: usize, length: u32, site: u32): void {
  memory.copy(destination, source, length);
  count_copy(site, length);
}

// @ts-ignore: decorator
@inline
function count_copy(site: u32, length: u32): void {
  const counter = copied + ((site & (COPY_SITES - 1)) << 3);
  store<u64>(counter, load<u64>(counter) + length);
}

/** Bytes copied so far at one call site. */
export function copied_bytes(site: u32): u64 {
  return load<u64>(copied + ((site & (COPY_SITES - 1)) << 3));
}

/** Bytes copied so far at all of them. */
export function copied_bytes_total(): u64 {
  let total: u64 = 0;
  for (let site: u32 = 0; site < COPY_SITES; site++) total += copied_bytes(site);
  return total;
}

/** Server: maps the buffers of the clients that init knew when it started this service. Runs once, before any call. */
export function attach_known_clients(): void {
  const name = startup.hash(CLIENT_ENTRY);
  for (let skip: u32 = 0; ; skip++) {
    const entry = startup.find(STARTUP_CAPABILITY, name, skip);
    if (entry == 0) return;
    attach(startup.entry_a(entry), startup.entry_handle(entry), startup.entry_b(entry));
  }
}

/** Client: makes the buffer known to a server that started earlier; `handle` is 0 when it knows. */
export function announce(endpoint: u64, handle: u64, bytes: u32): i64 {
  if (handle == 0) return 0;
  return phi.call(endpoint, METHOD_ATTACH, handle, bytes, 0, 0, 0, 0);
}

/** Server: generated dispatch comes here with every method number that the interface lacks. */
export function control(badge: u64, method: u64, w0: u64, w1: u64): i64 {
  if (method == METHOD_ATTACH) return attach(badge, w0, w1);
  if (method == METHOD_PING) return 0;
  return method >= METHOD_EXPORT && method <= METHOD_RESUME ? hand_over(badge, method, w0, w1) : E_METHOD;
}

/** init marks a buffer's region with its client's badge, so that no client can have another's mapped as its own. */
function attach(badge: u64, region: u64, bytes: u64): i64 {
  const slot = <usize>(badge & 0xff);
  if (client_of(badge) == 0 || bytes == 0 || bytes > BUFFER_STRIDE || bytes % PAGE_SIZE != 0) return E_ARGUMENT;
  if (phi.cap_info(region, 0) != TYPE_REGION || phi.cap_info(region, 2) != <i64>badge) return E_HANDLE;
  if (load<u64>(badges + (slot << 3)) == badge && load<u64>(regions + (slot << 3)) == region) return 0;
  if (load<u64>(badges + (slot << 3)) != 0) release(slot);
  const error = phi.region_map(region, buffer_of(badge), 0, bytes / PAGE_SIZE, REGION_READ | REGION_WRITE);
  if (error < 0) return error;
  store<u64>(badges + (slot << 3), badge);
  store<u64>(regions + (slot << 3), region);
  store<u32>(lengths + (slot << 2), <u32>bytes);
  return 0;
}

/** The slot's last client has ended: only then it is given to a new one, or announced by the client's next instance. */
function release(slot: usize): void {
  const badge = load<u64>(badges + (slot << 3));
  if (client_gone != null) client_gone!(badge);
  phi.region_unmap(startup.self(), buffer_of(badge), load<u32>(lengths + (slot << 2)) / PAGE_SIZE);
  phi.cap_delete(load<u64>(regions + (slot << 3)));
  store<u64>(badges + (slot << 3), 0);
  store<u32>(lengths + (slot << 2), 0);
}
