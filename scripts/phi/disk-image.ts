// Which files the commands take for disk images, and which they may overwrite: looked at before anything is read, booted or written.
// Light on purpose: `phi run` asks it without loading the store.
import { spawnSync } from "node:child_process";
import { fstatSync, readFileSync, type Stats, statSync } from "node:fs";
import { diagnoseImage } from "../vdfs/diagnose.ts";
import { CliFailure, checkWritable } from "./failure.ts";

/** Refuses what is no disk of this version. */
export function checkImage(image: string): void {
  const status = statSync(image, { throwIfNoEntry: false });
  if (status === undefined) throw new CliFailure(`there is no ${image}`, `Make one: phi disk create ${image} 256M`);
  if (!status.isFile()) throw new CliFailure(`${image} is no file`, "Give a disk image.");
  const diagnosis = diagnoseImage(image);
  if (diagnosis !== undefined) throw new CliFailure(`${image} ${diagnosis.fault}`, diagnosis.advice);
}

/** Refuses to write what an emulator or another phi has open: two writers destroy each other's disks. */
export function checkUnused(image: string): void {
  if (lockCount(statSync(image)) > 0) throw inUse(image);
}

/**
 * Locks an open image until its descriptor is closed, by whatever ends this process. flock(1) locks the open file that it inherits, so the lock
 * stays when that command has ended.
 */
export function lockImage(descriptor: number, image: string): void {
  const { status } = spawnSync("flock", ["--nonblock", "3"], { stdio: ["ignore", "ignore", "ignore", descriptor] });
  if (status === 1) throw inUse(image);
  // our own is one; without flock(1) (status null) there is none
  if (lockCount(fstatSync(descriptor)) > (status === 0 ? 1 : 0)) throw inUse(image);
}

function inUse(image: string): CliFailure {
  const advice =
    "A machine has it open (poweroff in its shell ends that), or another phi: two writers would destroy it.";
  return new CliFailure(`${image} is in use`, advice);
}

/** How many locks are on the file? Linux lists them; an emulator locks the disks that it opens. */
function lockCount({ dev, ino }: Stats): number {
  const hexadecimal = (value: number): string => value.toString(16).padStart(2, "0");
  // st_dev: the minor's low 8 bits, 12 bits of the major, the rest of the minor
  const place = `${hexadecimal((dev >> 8) & 0xfff)}:${hexadecimal((dev & 0xff) | ((dev >> 12) & 0xfff00))}:${ino}`;
  return locks()
    .split(/\s+/)
    .filter((word) => word === place).length;
}

function locks(): string {
  try {
    return readFileSync("/proc/locks", "latin1");
  } catch {
    return ""; // no Linux: nobody can tell
  }
}

/** Makes sure that nothing of value is erased by a disk that is made here, and that the place can be written. */
export function checkNew(image: string, mayReplace: boolean): void {
  const status = statSync(image, { throwIfNoEntry: false });
  if (status !== undefined && !status.isFile())
    throw new CliFailure(`${image} is no file`, "Give the name of a file to make.");
  if (status !== undefined && status.size > 0 && !mayReplace)
    throw new CliFailure(`${image} exists`, "Give another name, or --force: what it holds is lost then.");
  if (status !== undefined) checkUnused(image);
  checkWritable(image);
}
