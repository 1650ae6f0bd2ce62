// The two formats a companion reads: the launch block and the packed directory (docs/wasi.md draws both).
// linker/pack and services/init write them. Untyped constants: AssemblyScript and host TypeScript share this file.

export const LAUNCH_MAGIC = 0x484e_4c57; // "WLNH"
export const LAUNCH_MAGIC_AT = 0;
export const LAUNCH_ARGUMENT_COUNT_AT = 4;
export const LAUNCH_ARGUMENT_BYTES_AT = 8;
export const LAUNCH_VARIABLE_COUNT_AT = 12;
export const LAUNCH_VARIABLE_BYTES_AT = 16;
export const LAUNCH_DIRECTORY_COUNT_AT = 20;
export const LAUNCH_DIRECTORY_BYTES_AT = 24;
export const LAUNCH_STRINGS_AT = 32;
/** A tab: in a directory's entry it stands between the guest's name, the service that keeps it, and its path there. */
export const LAUNCH_FIELD_END = 9;

/** "PHID" and "IR01": the halves of the magic, low first. */
export const DIRECTORY_MAGIC_LOW = 0x4449_4850;
export const DIRECTORY_MAGIC_HIGH = 0x3130_5249;
export const DIRECTORY_MAGIC_AT = 0;
export const DIRECTORY_LENGTH_AT = 8;
export const DIRECTORY_NODE_COUNT_AT = 12;
export const DIRECTORY_NAMES_AT = 16;
export const DIRECTORY_NAMES_BYTES_AT = 20;
export const DIRECTORY_CHECK_AT = 24;
export const DIRECTORY_NODES_AT = 32;
export const DIRECTORY_CONTENT_ALIGNMENT = 16;

export const NODE_SIZE = 32;
export const NODE_TYPE_AT = 0;
export const NODE_PARENT_AT = 4;
export const NODE_NAME_AT = 8;
export const NODE_NAME_LENGTH_AT = 12;
export const NODE_CONTENT_AT = 16;
export const NODE_CONTENT_LENGTH_AT = 20;
export const NODE_MODIFIED_AT = 24;

/** The most directories that one program can be handed. */
export const DIRECTORY_MAX = 16;
/** Longest name of one file, in bytes. */
export const NAME_MAX = 255;
/** Longest path, or symbolic link's target, in bytes. */
export const PATH_MAX = 4096;
