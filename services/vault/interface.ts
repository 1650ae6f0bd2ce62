// The vault keeps words for whoever holds the capability to them: the example of a service whose things have rights of their
// own, which the kernel checks. docs/services.md walks through it.

/** How many boxes there are. */
export const BOXES: u32 = 64;

export interface Vault {
  /** A new, empty box: a capability with every right. E_FULL: there are BOXES already. */
  create(): capability;
  /** The box's word. @right READ */
  read(): { word: u64 };
  /** Puts a word into the box. @right WRITE */
  write(word: u64): i64;
  /** Ends the box: every capability to it is dead. @right DELETE */
  remove(): i64;
}
