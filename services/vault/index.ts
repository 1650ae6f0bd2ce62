// The vault: an example of a service that mints resources.
export { call } from "../../build/interfaces/vault/server";

export function start(): void {}
