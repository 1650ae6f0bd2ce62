// The echo service: an example, and what the bench image calls.
export { call } from "../../build/interfaces/echo/server";

export function start(): void {}
