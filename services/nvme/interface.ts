// A disk on an NVMe controller (NVM Express Base 2.0, NVM Command Set 1.0), its first namespace: offers the calls of every disk.
export * from "../disk/interface";
