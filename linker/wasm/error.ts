// The one error that module inspection throws: what is wrong, which feature it concerns, and where.
// Called by every file of linker/wasm; callers print `message`, which already names feature and offset.

/** "binary" means the bytes are no valid module at all; anything else is a feature that ΦOS refuses. */
export class ModuleError extends Error {
  readonly feature: string;
  /** Byte offset in the module, or -1 when the finding concerns the module as a whole. */
  readonly offset: number;
  /** The sentence without its place. */
  readonly reason: string;

  constructor(feature: string, offset: number, reason: string, section?: string) {
    const place = [section, offset >= 0 ? `offset 0x${offset.toString(16)}` : ""].filter((part) => part).join(", ");
    super(place ? `${reason} (${place})` : reason);
    this.name = "ModuleError";
    this.feature = feature;
    this.offset = offset;
    this.reason = reason;
  }
}
