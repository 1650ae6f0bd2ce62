// A driver of QEMU's teaching device that has it read memory which is nobody's business: bus.test.ts watches what becomes of both.
import { Bus } from "../../../build/interfaces/bus/client";
import { DMA_CONTEXT } from "../../../build/interfaces/bus/constants";
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { load_register, store_register } from "../../../services/lib/device";
import { Text } from "../../../services/lib/text";

/** Registers of the device (QEMU's docs/specs/edu): liveness, and its one DMA channel. */
const LIVENESS: u32 = 4;
const SOURCE: u32 = 0x80;
const DESTINATION: u32 = 0x88;
const COUNT: u32 = 0x90;
const COMMAND: u32 = 0x98;
const FROM_MEMORY: u64 = 1;
const OWN_BUFFER: u64 = 0x4_0000;
/** The kernel's own code. */
const FOREIGN: u64 = 0x20_0000;
const PROBE: u64 = 0x1234_5678;

const console = Console.connect("console");
const bus = Bus.connect("bus");
const text = new Text(memory.data(128), 128);

export function start(): void {
  const claimed = bus.claim();
  const registers = bus.registers(0);
  const dma = bus.dma();
  let alive: i64 = -1;
  if (registers > 0) {
    store_register(<u64>registers, LIVENESS, 4, PROBE);
    alive = load_register(<u64>registers, LIVENESS, 4) == <i64>(~PROBE & 0xffff_ffff) ? 1 : 0;
  }
  text.clear().string("edu: claimed ").signed(claimed).string(", alive ").signed(alive);
  text
    .string(bus.dma_kind == DMA_CONTEXT ? ", fenced" : ", not fenced")
    .string(dma > 0 ? ", dma" : ", no dma")
    .newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
  if (registers <= 0) return;
  store_register(<u64>registers, SOURCE, 8, FOREIGN);
  store_register(<u64>registers, DESTINATION, 8, OWN_BUFFER);
  store_register(<u64>registers, COUNT, 8, 64);
  store_register(<u64>registers, COMMAND, 8, FROM_MEMORY);
}
