// The calls of every disk: what a caller says is checked there, and comes to blk.ts as device addresses.
export * from "../disk/server";
