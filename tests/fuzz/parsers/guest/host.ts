// What a world asks of its surroundings: the input, and the memory of the service that lives in it. Addresses are indices of the service's memory.

// @ts-ignore: decorator
@external("host", "input")
export declare function input(i: u32): u32;
// @ts-ignore: decorator
@external("host", "input_length")
export declare function input_length(): u32;
// @ts-ignore: decorator
@external("host", "is_told")
export declare function is_told(): u32;
// @ts-ignore: decorator
@external("host", "put")
export declare function put(byte: u32): void;
// @ts-ignore: decorator
@external("host", "fail")
export declare function fail(): void;
/** Which of the targets that a world serves this is. */
// @ts-ignore: decorator
@external("host", "parameter")
export declare function parameter(): u32;
/** Has the service ended itself? */
// @ts-ignore: decorator
@external("host", "ended")
export declare function ended(): u32;
/** Zeroed pages for the service; and away with them. */
// @ts-ignore: decorator
@external("host", "map")
export declare function map(at: u64, bytes: u64): void;
// @ts-ignore: decorator
@external("host", "unmap")
export declare function unmap(at: u64, bytes: u64): void;
// @ts-ignore: decorator
@external("host", "is_there")
export declare function is_there(at: u64, bytes: u64): u32;
// @ts-ignore: decorator
@external("host", "load8")
export declare function load8(at: u64): u32;
// @ts-ignore: decorator
@external("host", "load16")
export declare function load16(at: u64): u32;
// @ts-ignore: decorator
@external("host", "load32")
export declare function load32(at: u64): u32;
// @ts-ignore: decorator
@external("host", "load64")
export declare function load64(at: u64): u64;
// @ts-ignore: decorator
@external("host", "store8")
export declare function store8(at: u64, value: u32): void;
// @ts-ignore: decorator
@external("host", "store16")
export declare function store16(at: u64, value: u32): void;
// @ts-ignore: decorator
@external("host", "store32")
export declare function store32(at: u64, value: u32): void;
// @ts-ignore: decorator
@external("host", "store64")
export declare function store64(at: u64, value: u64): void;
/** From the world's memory to the service's, and the other way. */
// @ts-ignore: decorator
@external("host", "copy_in")
export declare function copy_in(to: u64, from: usize, bytes: u32): void;
// @ts-ignore: decorator
@external("host", "copy_out")
export declare function copy_out(to: usize, from: u64, bytes: u32): void;
