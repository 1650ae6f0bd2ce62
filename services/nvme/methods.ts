// The calls of every disk: what a caller says is checked there, and comes to disk.ts as device addresses.
export * from "../disk/server";
