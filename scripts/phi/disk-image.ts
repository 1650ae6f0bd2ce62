// Which files the commands take for disk images, and which they may overwrite: looked at before anything is read, booted or written.
// Light on purpose: `phi run` asks it without loading the store.
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { diagnoseImage } from "../vdfs/diagnose.ts";
import { CliFailure } from "./failure.ts";

/** Refuses what is no disk of this version. */
export function checkImage(image: string): void {
  const status = statSync(image, { throwIfNoEntry: false });
  if (status === undefined) throw new CliFailure(`there is no ${image}`, `Make one: phi disk create ${image} 256M`);
  if (!status.isFile()) throw new CliFailure(`${image} is no file`, "Give a disk image.");
  const diagnosis = diagnoseImage(image);
  if (diagnosis !== undefined) throw new CliFailure(`${image} ${diagnosis.fault}`, diagnosis.advice);
}

/** Refuses to write what an emulator has open: two writers destroy each other's disks. */
export function checkUnused(image: string): void {
  if (!isLocked(image)) return;
  const advice = "A machine has it open (poweroff in its shell ends that): two writers would destroy it.";
  throw new CliFailure(`${image} is in use`, advice);
}

/** Has anybody a lock on the file? Linux lists them; an emulator locks the disks that it opens. */
function isLocked(image: string): boolean {
  const { dev, ino } = statSync(image);
  const hexadecimal = (value: number): string => value.toString(16).padStart(2, "0");
  // st_dev: the minor's low 8 bits, 12 bits of the major, the rest of the minor
  const place = `${hexadecimal((dev >> 8) & 0xfff)}:${hexadecimal((dev & 0xff) | ((dev >> 12) & 0xfff00))}:${ino}`;
  return locks().split(/\s+/).includes(place);
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
  try {
    closeSync(openSync(image, "a"));
  } catch (error) {
    throw new CliFailure(
      `${image} cannot be written: ${(error as Error).message}`,
      "Give a place that can be written.",
    );
  }
}
