// The USB image for PCs: GRUB for BIOS and for UEFI on one hybrid disk image, the kernel by multiboot2, the boot archive
// as its module. Called by `phi usb`. Invariant: the image appears whole, or the old one stays.
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OBJCOPY, runTool } from "../../linker/tools.ts";
import { ensureImage } from "../phi/artifacts.ts";
import { CliFailure } from "../phi/failure.ts";
import { BUILD } from "../phi/paths.ts";

/** What GRUB needs to find its partition, read two files and set a video mode; the rest of its modules stay out. Its UEFI loader asks for every
 * kind of partition by name and complains about a missing one. */
const PARTITIONS = "part_acorn part_amiga part_bsd part_dfly part_dvh part_plan part_sun part_sunpc";
const GRUB_MODULES =
  "part_gpt part_msdos iso9660 fat normal configfile multiboot2 all_video video_bochs gfxterm boot search";

const CONFIGURATION = `set timeout=0
set default=0
insmod all_video
set gfxpayload=1024x768x32,1024x768,auto
menuentry "PhiOS" {
  multiboot2 /boot/phios.elf
  module2 /boot/phios.archive archive
}
`;

/** Writes build/phios-x86_64.img and answers its path. */
export async function buildUsbImage(): Promise<string> {
  const image = await ensureImage("screen", "x86_64");
  mkdirSync(BUILD, { recursive: true });
  const directory = mkdtempSync(join(BUILD, "usb-"));
  try {
    const tree = join(directory, "tree");
    mkdirSync(join(tree, "boot/grub"), { recursive: true });
    await runTool(OBJCOPY, ["--strip-debug", image.kernel, join(tree, "boot/phios.elf")], "Stripping the kernel");
    copyFileSync(image.archive, join(tree, "boot/phios.archive"));
    writeFileSync(join(tree, "boot/grub/grub.cfg"), CONFIGURATION);
    const made = join(directory, "phios.img");
    const options = [
      "--locales=",
      "--fonts=",
      "--themes=",
      "--compress=xz",
      `--install-modules=${GRUB_MODULES} ${PARTITIONS}`,
    ];
    await runTool("grub-mkrescue", ["-o", made, ...options, tree], "Making the USB image");
    const path = join(BUILD, "phios-x86_64.img");
    renameSync(made, path);
    return path;
  } catch (error) {
    if (error instanceof Error && error.message.includes("not installed")) {
      throw new CliFailure(error.message, "`make setup` installs what images need.");
    }
    throw error;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
