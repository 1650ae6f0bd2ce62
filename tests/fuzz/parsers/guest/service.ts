// What a world calls of the service that lives in it. Called by the worlds. An entry that the service does not export ends the run when it is called.

/** Its globals, and what it does before anything else. */
// @ts-ignore: decorator
@external("service", "begin")
export declare function begin(): void;
// @ts-ignore: decorator
@external("service", "call")
export declare function call(badge: u64, method: u64, w0: u64, w1: u64, w2: u64, w3: u64, w4: u64, w5: u64): i64;
// @ts-ignore: decorator
@external("service", "event")
export declare function event(bits: u64): void;
