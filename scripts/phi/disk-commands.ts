// The commands of `phi disk`: what they are called and take. The work of each is in disk.ts, loaded when one runs.

import type { Command } from "commander";

type Disk = typeof import("./disk.ts");
type Vectors = typeof import("./disk-vectors.ts");

/** Adds `disk` and its commands; `exits` turns a command's number into the exit code. */
export function addDiskCommands(
  phi: Command,
  exits: <A extends unknown[]>(action: (...list: A) => Promise<number>) => (...list: A) => Promise<void>,
): void {
  const disk = phi.command("disk").description("work on disk images of VDFS from the host");
  disk
    .command("create")
    .argument("<image>")
    .argument("<size>", "1M … 64G")
    .option("--force", "even over a file that exists")
    .description("make an empty one")
    .action(exits(async (...list: Parameters<Disk["create"]>) => (await import("./disk.ts")).create(...list)));
  disk
    .command("put")
    .argument("<image>")
    .argument("<sources...>", "files and directories")
    .option("--to <path>", "directory on the image, made if it is missing")
    .description("copy files and trees in")
    .action(exits(async (...list: Parameters<Disk["put"]>) => (await import("./disk.ts")).put(...list)));
  const from = "--snapshot <name>";
  disk
    .command("get")
    .argument("<image>")
    .argument("<path>")
    .argument("<destination>")
    .option(from, "from a snapshot")
    .description("copy a file or a tree out")
    .action(exits(async (...list: Parameters<Disk["get"]>) => (await import("./disk.ts")).get(...list)));
  disk
    .command("ls")
    .argument("<image>")
    .argument("[path]", "", "")
    .option("-a, --all", "everything below")
    .option(from, "of a snapshot")
    .description("list a directory")
    .action(exits(async (...list: Parameters<Disk["list"]>) => (await import("./disk.ts")).list(...list)));
  disk
    .command("rm")
    .argument("<image>")
    .argument("<path>")
    .description("remove a file or a tree")
    .action(exits(async (...list: Parameters<Disk["remove"]>) => (await import("./disk.ts")).remove(...list)));
  disk
    .command("verify")
    .argument("<image>")
    .description("read and verify everything, and the map of the space")
    .action(exits(async (image: string) => (await import("./disk.ts")).verify(image, true)));
  disk
    .command("scrub")
    .argument("<image>")
    .description("read and verify all data; names what is damaged")
    .action(exits(async (image: string) => (await import("./disk.ts")).verify(image, false)));
  disk
    .command("snapshot")
    .argument("<image>")
    .argument("[name]")
    .option("--delete", "end the snapshot of that name")
    .description("make a snapshot, or list them")
    .action(exits(async (...list: Parameters<Disk["snapshot"]>) => (await import("./disk.ts")).snapshot(...list)));
  disk
    .command("import-vectors")
    .argument("<image>")
    .argument("<index>", "path of the index on the image; an old one is replaced")
    .argument("[file]", "lines of a name and numbers; without it, the 341,479 English words of a pinned npm package")
    .option("--metric <metric>", "cosine, inner or l2")
    .option("--first <count>", "so many vectors only")
    .option("--breadth <number>", "of the construction: more finds more, and takes longer")
    .description("make a vector index")
    .action(
      exits(async (...list: Parameters<Vectors["importVectors"]>) =>
        (await import("./disk-vectors.ts")).importVectors(...list),
      ),
    );
  disk
    .command("search")
    .argument("<image>")
    .argument("<index>")
    .argument("<words...>", "a name, or a sum: king - man + woman")
    .option("--count <number>", "so many answers")
    .option("--prefix <text>", "only names that begin with it")
    .description("what is nearest in a vector index")
    .action(
      exits(async (...list: Parameters<Vectors["searchVectors"]>) =>
        (await import("./disk-vectors.ts")).searchVectors(...list),
      ),
    );
}
