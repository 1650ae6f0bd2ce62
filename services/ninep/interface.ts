// A directory of the host's, behind a virtio 9P device: offers the calls of every server of files.
export * from "../files/interface";
