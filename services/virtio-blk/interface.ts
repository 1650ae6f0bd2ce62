// A disk on virtio (Virtual I/O Device 1.2, 5.2): offers the calls of every disk.
export * from "../disk/interface";
