// The control queue (Virtual I/O Device 1.2, 5.7.6): one command at a time, its answer checked. Called by gpu.ts.
// Invariant: an answer counts when it is as long as it must be and is the one that was asked for; each field of it is read once.
import { DESCRIPTOR_NEXT, DESCRIPTOR_WRITE, Queue, queue_bytes } from "../lib/virtio/queue";
import {
  add_queue,
  address_of,
  arrange,
  end_driver,
  listen,
  queue_size,
  shared,
  transport,
} from "../lib/virtio/device";
import { E_ABSENT, E_DEVICE } from "../lib/errors";

export const GET_DISPLAY_INFO: u32 = 0x100;
export const RESOURCE_CREATE_2D: u32 = 0x101;
export const RESOURCE_UNREF: u32 = 0x102;
export const SET_SCANOUT: u32 = 0x103;
export const RESOURCE_FLUSH: u32 = 0x104;
export const TRANSFER_TO_HOST_2D: u32 = 0x105;
export const RESOURCE_ATTACH_BACKING: u32 = 0x106;
const OK_NO_DATA: u32 = 0x1100;
const OK_DISPLAY_INFO: u32 = 0x1101;

const QUEUE_CONTROL: u32 = 0;
const DESCRIPTORS: u32 = 16;
const CHAIN: u32 = 2;
/** virtio_gpu_ctrl_hdr, in front of each command and each answer. */
const HEADER_BYTES: u32 = 24;
const COMMAND_BYTES_MAX: u32 = 64;
/** A display in GET_DISPLAY_INFO's answer: rectangle, whether it is on, flags. */
const DISPLAY_BYTES: u32 = 24;
const DISPLAYS: u32 = 16;
const INFO_BYTES: u32 = HEADER_BYTES + DISPLAYS * DISPLAY_BYTES;

let queue: Queue | null = null;
let command: usize = 0;
let answer: usize = 0;
let length: u32 = 0;
/** The command that the device has; 0: none. */
export let running: u32 = 0;

/** Makes the control queue and starts the device that was opened. */
export function open_commands(): i64 {
  const size = queue_size(QUEUE_CONTROL, DESCRIPTORS);
  if (size < CHAIN) return E_ABSENT;
  let error = arrange(queue_bytes(size) + COMMAND_BYTES_MAX + INFO_BYTES + 64);
  if (error < 0) return error;
  const made = add_queue(QUEUE_CONTROL, size, CHAIN);
  command = shared(COMMAND_BYTES_MAX);
  answer = shared(INFO_BYTES);
  if (made == null || answer == 0) return E_DEVICE;
  made.arm();
  queue = made;
  error = transport.go();
  // last: the events of a device that was not taken would find no queue
  return error < 0 ? error : listen();
}

/** Begins a command; put() adds what stands behind its header, send() gives it to the device. */
export function begin(kind: u32): void {
  memory.fill(command, 0, COMMAND_BYTES_MAX);
  store<u32>(command, kind);
  length = HEADER_BYTES;
}

export function put(word: u32): void {
  store<u32>(command + length, word);
  length += 4;
}

export function put_long(word: u64): void {
  put(<u32>word);
  put(<u32>(word >> 32));
}

export function put_rectangle(x: u32, y: u32, width: u32, height: u32): void {
  put(x);
  put(y);
  put(width);
  put(height);
}

export function send(): void {
  const ring = queue!;
  const slot = ring.take_slot();
  if (slot < 0) return end_driver(); // there is one command at a time
  running = load<u32>(command);
  memory.fill(answer, 0, INFO_BYTES);
  ring.set_part(slot, 0, address_of(command), length, DESCRIPTOR_NEXT);
  ring.set_part(slot, 1, address_of(answer), INFO_BYTES, DESCRIPTOR_WRITE);
  ring.submit(slot, INFO_BYTES);
  if (ring.publish()) transport.notify(QUEUE_CONTROL);
}

/** The command that the device is done with, 0: none yet. A device that answers anything but what was asked, too little, or an error, ends the driver. */
export function take(): u32 {
  const ring = queue;
  if (ring == null) return 0;
  const slot = ring.take();
  if (ring.is_broken) end_driver();
  if (slot < 0) return 0;
  ring.free_slot(slot);
  ring.arm(); // for the next command's answer: this one was the only one
  const kind = running,
    is_info = kind == GET_DISPLAY_INFO;
  running = 0;
  const least = is_info ? INFO_BYTES : HEADER_BYTES;
  if (ring.written < least) end_driver();
  if (load<u32>(answer) != (is_info ? OK_DISPLAY_INFO : OK_NO_DATA)) end_driver();
  return kind;
}

/** Of the answer about displays: the number of the first that is on and has pixels, with info_width and info_height; −1: there is none. */
export function first_display(): i32 {
  for (let i: u32 = 0; i < DISPLAYS; i++) {
    const at = answer + HEADER_BYTES + i * DISPLAY_BYTES;
    info_width = load<u32>(at, 8);
    info_height = load<u32>(at, 12);
    if (load<u32>(at, 16) != 0 && info_width != 0 && info_height != 0) return <i32>i;
  }
  return -1;
}

export let info_width: u32 = 0;
export let info_height: u32 = 0;
