// qemu-test-harness: boot a kernel in QEMU from a test. The README beside this folder has a complete example.

export { ARCHITECTURES, type Architecture, type ArchitectureFacts, architectureFacts } from "./architectures.ts";
export { type BootOptions, emulatorCommand } from "./command.ts";
export { type Device, type DeviceOptions, deviceArguments, type Transport } from "./devices.ts";
export { HarnessError, type HarnessErrorKind, lastLines } from "./errors.ts";
export { boot, Guest, type GuestExit, type GuestOptions } from "./guest.ts";
export { Pool } from "./pool.ts";
export { QmpClient } from "./qmp.ts";
export { parsePortablePixmap, type Screenshot } from "./screenshot.ts";
export { type Match, Transcript } from "./transcript.ts";
export { type LoggedWrite, readWriteLog } from "./write-log.ts";
