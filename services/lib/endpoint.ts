// Endpoints: what one calls and what one serves. Generated client and server stubs use these;
// hand-written code needs only create, bind, detach and reply.
import * as phi from "./phi";
import { ENDPOINT_CALL, ENDPOINT_SERVE, RIGHT_SHARE } from "../../kernel/abi/rights";
import { self } from "./startup";
export { ENDPOINT_CALL, ENDPOINT_SERVE, RIGHT_SHARE };

/** A new endpoint (CALL SERVE SHARE) that nobody serves yet, paid by `self`. */
export function create(self: u64): i64 {
  return phi.endpoint_create(self);
}

/** From now on `domain` serves the endpoint; clients' capabilities stay as they are. */
export function bind(endpoint: u64, domain: u64): i64 {
  return phi.endpoint_bind(endpoint, domain);
}

/** Word `word` (0 … 7) of the hash of the enclave that serves an endpoint; E_ABSENT: no enclave does. */
export function attest(endpoint: u64, word: u32): i64 {
  return phi.endpoint_attest(endpoint, word);
}

/** A resource of this endpoint's service: `tag` arrives as the badge (with RESOURCE_BADGE), `rights` (< 2^16) are what its methods ask for. */
export function mint(endpoint: u64, tag: u64, rights: u64): i64 {
  return phi.cap_mint(endpoint, tag, rights);
}

/** Which right each method asks a resource for, four bits a method, and which methods a resource may call: generated. */
export function set_methods(endpoint: u64, low: u64, high: u64, methods: u64): i64 {
  return phi.endpoint_methods(endpoint, low, high, methods);
}

/** A call whose answer is one number. */
// @ts-ignore: decorator
@inline
export function call(
  endpoint: u64,
  method: u64,
  w0: u64 = 0,
  w1: u64 = 0,
  w2: u64 = 0,
  w3: u64 = 0,
  w4: u64 = 0,
  w5: u64 = 0,
): i64 {
  return phi.call(endpoint, method, w0, w1, w2, w3, w4, w5);
}

/** A call whose answer has words too: message.reply_word(1 … 5). */
// @ts-ignore: decorator
@inline
export function call_words(
  endpoint: u64,
  method: u64,
  w0: u64 = 0,
  w1: u64 = 0,
  w2: u64 = 0,
  w3: u64 = 0,
  w4: u64 = 0,
  w5: u64 = 0,
): i64 {
  return phi.call_words(endpoint, method, w0, w1, w2, w3, w4, w5);
}

/**
 * A call that answers E_TIMEOUT when `deadline_ns` since boot passes first, wherever the call is then; it has reply words too. What
 * the server answers later is dropped. The handler sees the deadline as w5.
 */
export function call_until(
  endpoint: u64,
  deadline_ns: u64,
  method: u64,
  w0: u64 = 0,
  w1: u64 = 0,
  w2: u64 = 0,
  w3: u64 = 0,
  w4: u64 = 0,
): i64 {
  return phi.call_until(endpoint, method, w0, w1, w2, w3, w4, deadline_ns);
}

/**
 * Inside a handler: takes the reply over. The caller stays blocked and the handler's return value is dropped;
 * whoever holds the answered handle owes him a `reply`.
 */
// @ts-ignore: decorator
@inline
export function detach(): i64 {
  return phi.detach();
}

/** Answers a detached call; the handle is spent. E_PEER_GONE when the caller no longer waits: not an error of the server's. */
// @ts-ignore: decorator
@inline
export function reply(reply: u64, status: i64, r1: u64 = 0, r2: u64 = 0, r3: u64 = 0, r4: u64 = 0, r5: u64 = 0): i64 {
  return phi.reply(reply, status, r1, r2, r3, r4, r5);
}

/** Fields for `status`. */
export { ENDPOINT_CALLS, ENDPOINT_STATE, ENDPOINT_WAITING, OFFER_CALLER } from "../../kernel/abi/ipc";

/** A field ENDPOINT_… of the endpoint: calls of its server so far, callers that wait, the server's state. SERVE. */
export function status(endpoint: u64, field: u64): i64 {
  return phi.endpoint_status(endpoint, field);
}

/**
 * A capability goes along with a message: mine, weakened to `rights`, for the server of an endpoint while it handles a call of mine, for the
 * caller of the handler that runs (OFFER_CALLER), or for the one behind a Reply. SHARE on `handle`. The other side gets one of its own by
 * `accept`, if it wants it and as long as mine is good. One at a time: a new offer takes the place of the last.
 */
export function offer(to: u64, handle: u64, rights: u64): i64 {
  return phi.offer(to, handle, rights);
}

/**
 * The handle of what the caller of the call that I handle has for me (OFFER_CALLER), the one behind a Reply, or the server of an endpoint
 * that answered me. E_STATE: nothing is there; E_HANDLE, E_REVOKED: it is gone; E_BUDGET: I have no room, and may make some and ask again.
 */
export function accept(from: u64): i64 {
  return phi.accept(from);
}

/** How long generated clients wait for a server that is being restarted: longer than init's longest pause. */
export const PATIENCE_MS: u32 = 10_000;
const PAUSE_MS: u32 = 20;
/** The first pauses are short: a driver is back within a millisecond. */
const SHORT_PAUSES: u32 = 16;
const SHORT_PAUSE_MS: u32 = 1;
let pause_notification: u64 = 0;

/** Pauses before call number `attempt` is repeated; false when `patience_ms` is spent. The call that failed never reached a server. */
export function pause_for_server(attempt: u32, patience_ms: u32): bool {
  if (patience_ms == 0 || attempt >= SHORT_PAUSES + patience_ms / PAUSE_MS) return false;
  const pause_ms = attempt < SHORT_PAUSES ? SHORT_PAUSE_MS : PAUSE_MS;
  if (pause_notification == 0) {
    const handle = phi.notification_create(self());
    if (handle < 0) return false;
    pause_notification = <u64>handle;
  }
  phi.wait(pause_notification, phi.now() + <u64>pause_ms * 1_000_000);
  return true;
}
