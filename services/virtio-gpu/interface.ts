// The driver of a virtio graphics device (Virtual I/O Device 1.2, 5.7), 2D alone. It draws nothing itself: it calls the service `screen`
// (services/screen/interface.ts), shows the pixels that lie in the screen's memory, and takes over those that have changed when it is woken.

export interface Gpu {
  /** Pixels of the display that is shown, and how many rectangles the device has taken over so far. E_ABSENT: there is no device, or no display at it. */
  display(): { width: u32; height: u32; shown: u64 };
}
