// Counting what a command takes in a Linux guest: virtual time, of which one nanosecond is one instruction under -icount, less what the
// processor slept (the timer list has both in nanoseconds). Waiting takes the host's time, so the last digits vary.

import { type Architecture, boot } from "qemu-test-harness";
import { CliFailure } from "../../../scripts/phi/failure.ts";
import { linuxGuest } from "./kernels.ts";

/** A measured command: what a short and a long run of it do, and the shell's words for a run of n. */
export interface Run {
  readonly name: string;
  readonly short: number;
  readonly long: number;
  readonly command: (n: number) => string;
}

const CLOCK = `clock() { $b awk '/^now at/{now=$3} /idle_sleeptime/{slept+=$3} /iowait_sleeptime:/{slept+=$2} END{printf "%.0f %.0f", now, slept}' /proc/timer_list; }
measure() { name=$1; shift; before=$(clock); "$@" 2>/dev/null || echo "linux failed $name"; echo "linux $name $before $(clock)"; }
`;

/** Shell lines that measure a run. */
export function measured(run: Run): readonly string[] {
  return [`measure ${run.name}-short ${run.command(run.short)}`, `measure ${run.name}-long ${run.command(run.long)}`];
}

export interface LinuxRun {
  readonly arch: Architecture;
  readonly name: string;
  readonly script: readonly string[];
  readonly files?: readonly { readonly name: string; readonly data: Buffer; readonly program?: boolean }[];
  readonly arguments?: readonly string[];
  readonly limit_ms: number;
}

/** Boots the guest and lets it finish its script; its title and what it printed. */
export async function runLinux(run: LinuxRun): Promise<{ readonly title: string; readonly output: string }> {
  const guest = linuxGuest(run.arch, run.name, `${CLOCK}${run.script.join("\n")}\necho "linux finished"`, run.files);
  await using machine = boot({
    ...{ arch: run.arch, machine: guest.machine, kernel: guest.kernel },
    ...{ initrd: guest.initrd, commandLine: guest.commandLine },
    // While the guest sleeps its clock is the host's: else each wait would be as long as the next timer.
    extraArguments: ["-icount", "shift=0,sleep=on", ...(run.arguments ?? [])],
    timeout_ms: run.limit_ms,
  });
  await machine.waitForLine(/^linux finished/, run.limit_ms);
  return { title: guest.title, output: machine.output };
}

/** Instructions of one operation: what the long run took more than the short one, by the operations that it had more. */
export function each(output: string, run: Run): number {
  return (busy(output, `${run.name}-long`) - busy(output, `${run.name}-short`)) / (run.long - run.short);
}

function busy(output: string, name: string): number {
  const found = new RegExp(`^linux ${name} (\\d+) (\\d+) (\\d+) (\\d+)`, "m").exec(output);
  if (found === null || output.includes(`linux failed ${name}`))
    throw new CliFailure(`Linux did not finish ${name}`, output.slice(-2000));
  const [begin, slept_before, end, slept_after] = found.slice(1).map(Number) as [number, number, number, number];
  return end - begin - (slept_after - slept_before);
}
