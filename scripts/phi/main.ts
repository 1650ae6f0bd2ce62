// Command line of `phi`: what the commands are called, what they take, and what their help says. The work of each is in
// the file of its name, loaded only when it runs, so that `phi --help` and a second `phi boot` start quickly.

import { Command, CommanderError, Option } from "commander";
import { ARCHITECTURES } from "qemu-test-harness";
import { WHOLE_MODES } from "../../linker/image/isolation.ts";
import { addDeviceOptions, collect, deviceOptions, iommuOption } from "./devices.ts";
import { addDiskCommands } from "./disk-commands.ts";
import { CliFailure, EXIT_USAGE, endWithOutput, report } from "./failure.ts";
import {
  DEFAULT_ARCHITECTURE,
  parseAmount,
  parseArchitecture,
  parseArchitectures,
  parseCount,
  parseMemory,
  parsePort,
  parseTimeout,
} from "./machine.ts";

const DEFAULT_TEST_LIMIT_MS = 60 * 60_000;

const archOption = (): Option =>
  new Option("--arch <name>", `architecture: ${ARCHITECTURES.join(", ")}`)
    .argParser(parseArchitecture)
    .default(DEFAULT_ARCHITECTURE);
const manyArchOption = (): Option =>
  new Option("--arch <name>", `architecture: ${ARCHITECTURES.join(", ")}, all`)
    .argParser(parseArchitectures)
    .default(ARCHITECTURES, "all");
const isolationOption = (): Option =>
  new Option("--isolation <mode>", "init and every service in this mode, whatever the image says").choices(WHOLE_MODES);
const timeoutOption = (): Option =>
  new Option("--timeout <seconds>", "end the machine after this long, exit code 124").argParser(parseTimeout);

/** Runs the command line and leaves the exit code in process.exitCode. */
export async function main(argv: readonly string[]): Promise<void> {
  endWithOutput();
  try {
    await program().parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
    else process.exitCode = report(error);
  }
}

function program(): Command {
  const phi = new Command("phi")
    .description("Build, boot, run programs in, test and measure ΦOS.")
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError("(phi --help, or phi COMMAND --help, tells more)")
    .addHelpText(
      "after",
      "\nExit codes: 0 success, 1 failure, 2 wrong usage, 124 time-out, 134 the program trapped; else the program's own.",
    );
  for (const add of [
    addBuild,
    addBoot,
    addRun,
    addLoad,
    addReplace,
    addTrace,
    addTest,
    addCheck,
    addBench,
    addDebug,
    addFuzz,
    addFaults,
    (phi: Command) => addDiskCommands(phi, exits),
    addChores,
  ])
    add(phi);
  return phi;
}

/** An action whose returned number becomes the exit code. */
function exits<A extends unknown[]>(action: (...list: A) => Promise<number>): (...list: A) => Promise<void> {
  return async (...list) => {
    process.exitCode = await action(...list);
  };
}

function addBuild(phi: Command): void {
  phi
    .command("build")
    .description("build kernel, services and boot archive of an image")
    .addOption(manyArchOption())
    .option("--image <name>", "image of images/, or all", "all")
    .option("--force", "look at every input again, whatever the stamps say")
    .action(
      exits(async (options) =>
        (await import("./build.ts")).runBuild({
          architectures: options.arch,
          image: options.image,
          force: options.force === true,
        }),
      ),
    );
}

function addBoot(phi: Command): void {
  addDeviceOptions(phi.command("boot"))
    .description("boot an image in QEMU: interactive, or run shell commands")
    .argument("[qemu...]", "behind `--`, options for QEMU itself: phi boot -- -device pcie-root-port")
    .addOption(archOption())
    .option("--image <name>", "image of images/; default shell, with --screen screen")
    .option(
      "--screen [display]",
      "a window with the machine's screen, and a keyboard that types there; QEMU's -display (gtk, vnc=:1), default its own choice",
    )
    .option("--smp <n>", "number of CPUs", parseCount)
    .option("--mem <size>", "memory, for example 64M", parseMemory)
    .option("--machine <name>", "QEMU machine, for example q35")
    .addOption(isolationOption())
    .option(
      "--exec <commands>",
      'run shell commands ("ps; mem"), print their output alone, exit with the last one\'s status',
    )
    .option("--program <file>", "a WASI command for the shell's `run`, under its file's name; may repeat", collect, [])
    .addOption(timeoutOption())
    .option("--icount", "deterministic instruction counting")
    .option("--verbose", "show the kernel's and services' log on standard error")
    .action(
      exits(async (emulator: string[], o) =>
        (await import("./boot.ts")).runBoot({
          extraArguments: behindDashes(emulator),
          ...{ arch: o.arch, smp: o.smp, memory: o.mem, machine: o.machine, exec: o.exec },
          ...{ image: o.image ?? (o.screen ? "screen" : "shell") },
          ...{ isolation: o.isolation, programs: o.program, ...deviceOptions(o) },
          ...{ timeout_ms: o.timeout, icount: o.icount === true, verbose: o.verbose === true },
        }),
      ),
    );
}

/** Only what stands behind `--` is for the emulator: anything else is a slip of the hand. */
function behindDashes(words: string[]): string[] {
  const dashes = process.argv.indexOf("--");
  if (words.length > 0 && (dashes < 0 || process.argv.length - dashes - 1 !== words.length))
    throw new CliFailure(
      `"${words[0]}" is no option`,
      "An image is named by --image NAME; options for QEMU itself stand behind --.",
      EXIT_USAGE,
    );
  return words;
}

function addLoad(phi: Command): void {
  phi
    .command("load")
    .description("boot, bring a .phx in over the serial line, load it, and run shell commands")
    .argument("<file>", "a .phx file of the same architecture")
    .addOption(archOption())
    .option("--image <name>", "image of images/", "shell")
    .option("--name <name>", "what it is called in the system; default: the file's name")
    .addOption(
      new Option("--mode <mode>", "default: sfi if the image lists its hash, else hw").choices([
        "sfi",
        "hw",
        "enclave",
      ]),
    )
    .option("--exec <commands>", 'shell commands afterwards, for example "call echo 1 2 3; ps"')
    .option("--smp <n>", "number of CPUs", parseCount)
    .addOption(timeoutOption())
    .option("--verbose", "show the kernel's and services' log on standard error")
    .action(
      exits(async (file: string, o) =>
        (await import("./load.ts")).runLoad({
          ...{ arch: o.arch, image: o.image, file, name: o.name, mode: o.mode, exec: o.exec, smp: o.smp },
          ...{ timeout_ms: o.timeout, verbose: o.verbose === true },
        }),
      ),
    );
}

function addReplace(phi: Command): void {
  addDeviceOptions(phi.command("replace"))
    .description("boot, bring a .phx in over the serial line, and put it in a running service's place")
    .argument("<name>", "the service, as `ps` names it")
    .argument("<file>", "a .phx file of the same architecture: the service's next version")
    .addOption(archOption())
    .option("--image <name>", "image of images/", "shell")
    .option("--restart", "hand nothing over: the next version starts as after a crash")
    .option("--before <commands>", 'shell commands before it, for example "run spin &"')
    .option("--exec <commands>", 'shell commands afterwards, for example "date; ps"')
    .option("--program <file>", "a WASI command for the shell's `run`, under its file's name; may repeat", collect, [])
    .option("--smp <n>", "number of CPUs", parseCount)
    .addOption(isolationOption())
    .addOption(timeoutOption())
    .option("--verbose", "show the kernel's and services' log on standard error")
    .action(
      exits(async (name: string, file: string, o) =>
        (await import("./replace.ts")).runReplace({
          ...{ arch: o.arch, image: o.image, name, file, before: o.before, exec: o.exec, programs: o.program },
          ...{
            restart: o.restart === true,
            ...deviceOptions(o),
            smp: o.smp,
            isolation: o.isolation,
            timeout_ms: o.timeout,
            verbose: o.verbose === true,
          },
        }),
      ),
    );
}

function addTrace(phi: Command): void {
  phi
    .command("trace")
    .description("record what the kernel does while shell commands run, as a file for Perfetto")
    .argument("<commands>", 'shell commands, for example "date; ps"')
    .addOption(archOption())
    .option("--image <name>", "image of images/", "shell")
    .option("--output <file>", "where to write it", "trace.json")
    .option("--smp <n>", "number of CPUs", parseCount)
    .addOption(timeoutOption())
    .option("--icount", "deterministic instruction counting")
    .option("--verbose", "show the kernel's and services' log on standard error")
    .action(
      exits(async (commands: string, o) =>
        (await import("./trace.ts")).runTrace({
          ...{ arch: o.arch, image: o.image, exec: commands, output: o.output, smp: o.smp },
          ...{ timeout_ms: o.timeout, icount: o.icount === true, verbose: o.verbose === true },
        }),
      ),
    );
}

function addRun(phi: Command): void {
  phi
    .command("run")
    .description("run a WASI program with exactly the rights it is handed")
    .argument("<file>", "a .wasm file (WASI preview 1 command)")
    .argument("[arguments...]", "the program's own arguments")
    .addOption(archOption())
    .addOption(
      new Option("--isolation <mode>", "hw: user mode, own page table; sfi: translation alone")
        .choices(["hw", "sfi"])
        .default("hw"),
    )
    .option("--trusted", "you vouch for the program: needed for --isolation sfi")
    .option("--env <K=V>", "environment variable; may repeat", collect, [])
    .option("--dir <HOST[::GUEST]>", "directory that the program may read and change; may repeat", collect, [])
    .option("--disk <IMAGE[::GUEST]>", "all files of a disk image, as / unless a name is given")
    .option("--pack <HOST[::GUEST]>", "read-only copy of a directory, in the boot archive; may repeat", collect, [])
    .option("--mem <size>", "memory of the machine", parseMemory)
    .option("--machine <name>", "QEMU machine, for example q35")
    .addOption(iommuOption())
    .addOption(timeoutOption())
    .option("--icount", "deterministic instruction counting")
    .option("--verbose", "show the kernel's and services' log on standard error")
    .passThroughOptions()
    .action(
      exits(async (file: string, list: string[], o) =>
        (await import("./run.ts")).runProgram({
          ...{
            arch: o.arch,
            file,
            arguments: list,
            isolation: o.isolation,
            trusted: o.trusted === true,
            environment: o.env,
            directories: o.dir,
            disk: o.disk,
            packed: o.pack,
          },
          ...{
            memory: o.mem,
            machine: o.machine,
            iommu: o.iommu === "on",
            timeout_ms: o.timeout,
            icount: o.icount === true,
            verbose: o.verbose === true,
          },
        }),
      ),
    );
}

function addTest(phi: Command): void {
  phi
    .command("test")
    .description("run the tests; the last line says how many passed and failed")
    .argument("[pattern]", "part of the test files' path")
    .addOption(manyArchOption())
    .option("--project <name>", "one project of vitest.config.ts: unit, system, hw, wasi, spin or proof")
    .option("--name <text>", "tests whose name holds this")
    .addOption(isolationOption())
    .addOption(
      new Option("--timeout <seconds>", "limit for all tests")
        .argParser(parseTimeout)
        .default(DEFAULT_TEST_LIMIT_MS, "3600"),
    )
    .action(
      exits(async (pattern: string | undefined, o) => {
        if (o.isolation !== undefined) process.env["PHI_ISOLATION"] = o.isolation; // for the tests, and what they start
        if (o.project !== "unit")
          await (await import("./build.ts")).runBuild({ architectures: o.arch, image: "all", force: false });
        return (await import("./test.ts")).runTests({
          architectures: o.arch,
          pattern,
          name: o.name,
          project: o.project,
          timeout_ms: o.timeout,
        });
      }),
    );
}

function addCheck(phi: Command): void {
  phi
    .command("check")
    .description("formatter, linter, types and the tree's own rules")
    .option("--fix", "mend what can be mended automatically")
    .action(exits(async (o) => (await import("./check.ts")).runChecks(o.fix === true)));
}

function addBench(phi: Command): void {
  phi
    .command("bench")
    .description("measure, and compare with the bars")
    .argument("[name]", "part of the benchmarks' name")
    .addOption(manyArchOption())
    .option("--list", "names only")
    .option("--json <file>", "also write the figures as JSON")
    .option("--quick", "the subset that ends within 50 s")
    .option("--write-docs", "also write docs/benchmarks.md")
    .action(
      exits(async (name: string | undefined, o) =>
        (await import("./bench.ts")).runBench({
          ...{
            architectures: o.arch,
            name,
            list: o.list === true,
            json: o.json,
            quick: o.quick === true,
            writeDocs: o.writeDocs === true,
          },
        }),
      ),
    );
}

function addDebug(phi: Command): void {
  phi
    .command("debug")
    .description("boot under gdb, with breakpoints on TypeScript lines")
    .addOption(archOption())
    .option("--image <name>", "image of images/", "shell")
    .option("--port <number>", "TCP port of the emulator's gdb stub", parsePort, 1234)
    .option("--batch <file>", "run these gdb commands and end, instead of a prompt")
    .action(
      exits(async (o) =>
        (await import("./debug.ts")).runDebug({ arch: o.arch, image: o.image, port: o.port, batch: o.batch }),
      ),
    );
}

function addFuzz(phi: Command): void {
  phi
    .command("fuzz")
    .description(
      "fuzz the kernel's gates against their model, and the services that read what firmware, devices, hosts and disks wrote",
    )
    .option(
      "--target <name>",
      "one of --list; without it all share the minutes, 8 parts the kernel's, one each other's",
    )
    .option("--list", "the targets: what is hostile in each, and what is judged")
    .addOption(
      new Option("--minutes <n>", "minutes of processor time").argParser((text) => parseAmount(text)).default(5),
    )
    .option("--replay <file>", "tell one input of the target (without one: the kernel's) step by step")
    .option("--seeds", "show that seeded bugs are found")
    .option("--keep", "afterwards minimise the corpora into tests/fuzz/corpus/")
    .addHelpText(
      "after",
      "\nA finding ends the run and leaves its input in build/fuzz/TARGET/findings/: --target TARGET --replay FILE tells it, mending it makes it\na test. What a target's world is made of stands in tests/fuzz/parsers/guest/; docs/fuzzing.md says how a new one is written.",
    )
    .action(
      exits(async (o) =>
        (await import("./fuzz.ts")).runFuzz({
          minutes: o.minutes,
          seeds: o.seeds === true,
          keep: o.keep === true,
          list: o.list === true,
          ...(o.target === undefined ? {} : { target: o.target }),
          ...(o.replay === undefined ? {} : { replay: o.replay }),
        }),
      ),
    );
}

function addFaults(phi: Command): void {
  phi
    .command("faults")
    .description("inject faults into services under load; build/faults/ keeps what was done, and the next run goes on")
    .addOption(manyArchOption())
    .addOption(
      new Option("--count <n>", "faults in all, for each architecture")
        .argParser((text) => parseAmount(text))
        .default(10_000),
    )
    .option("--drivers", "into the code of running device drivers")
    .action(
      exits(async (o) => {
        const options = { architectures: o.arch, count: o.count };
        return o.drivers
          ? (await import("./driver-faults.ts")).runDriverFaults(options)
          : (await import("./faults.ts")).runFaults(options);
      }),
    );
}

function addChores(phi: Command): void {
  phi
    .command("proof")
    .description("prove the kernel's entry points by symbolic execution of its Wasm; docs/proof.md says what follows")
    .addOption(manyArchOption())
    .option("--entry <names>", "these entry points of the kernel, proved or not yet, with commas between")
    .option("--bugs", "seed the mistakes of tests/proof/bugs.ts instead (of one --entry, or all): each must be found")
    .option(
      "--reach",
      "also ask of every way to an end whether it can be taken: a verdict on ways that nobody takes is empty",
    )
    .option("--list", "only say of every entry point whether it is proved, and if not, why")
    .action(
      exits(async (o) =>
        (await import("./proof.ts")).runProof({
          architectures: o.arch,
          entry: o.entry,
          bugs: o.bugs === true,
          list: o.list === true,
          reach: o.reach === true,
        }),
      ),
    );
  phi
    .command("usb")
    .description("build an image for a USB stick")
    .addOption(archOption())
    .action(exits(async (o) => (await import("./usb.ts")).runUsb(o.arch)));
  phi
    .command("programs")
    .description("build Lua and SQLite for WASI from the Debian source packages")
    .action(exits(async () => (await import("./programs.ts")).runPrograms()));
}
