// The two binary formats that the kernel reads: the module (.phx) and the boot archive; and the
// two start-up pages. All numbers little-endian. linker/ writes them, docs/abi.md draws them.

export const PAGE_SIZE: u32 = 4096;

// .phx: one header page, then text, thunks (sfi), thunks (hw), rodata, relro; each page-aligned in file and image.
// The image order in memory is text, thunks, rodata, relro. Offsets named IMAGE are from the image's first byte.
export const PHX_MAGIC: u32 = 0x58485000; // "\0PHX"
export const PHX_VERSION: u32 = 1;
export const PHX_MAGIC_AT: u32 = 0;
export const PHX_VERSION_AT: u32 = 4;
/** u32: 1 x86_64, 2 riscv64 (hal's ARCHITECTURE). */
export const PHX_ARCHITECTURE_AT: u32 = 8;
export const PHX_FLAGS_AT: u32 = 12;
/** u32 page counts. */
export const PHX_TEXT_PAGES_AT: u32 = 16;
export const PHX_THUNK_PAGES_AT: u32 = 20;
export const PHX_RODATA_PAGES_AT: u32 = 24;
export const PHX_RELRO_PAGES_AT: u32 = 28;
/** u32 file offset and count of relocations: 8 bytes each, u32 offset from the start of relro, u32 kind << 24 | gate number. The u64 there holds an image offset (kind 0) or is replaced by the gate's address (kind 1). */
export const PHX_RELOCATIONS_AT: u32 = 32;
export const PHX_RELOCATION_COUNT_AT: u32 = 36;
export const RELOCATION_IMAGE: u32 = 0;
export const RELOCATION_GATE: u32 = 1;
/** u32 IMAGE offsets of entries; 0 = the module has none. */
export const PHX_ENTRY_START_AT: u32 = 40;
export const PHX_ENTRY_CALL_AT: u32 = 44;
export const PHX_ENTRY_EVENT_AT: u32 = 48;
export const PHX_ENTRY_TRAMPOLINE_AT: u32 = 52;
/** u32 bytes from the instance struct up to linear memory, a multiple of 16, and the struct's size. */
export const PHX_STRUCT_DISTANCE_AT: u32 = 56;
export const PHX_STRUCT_SIZE_AT: u32 = 60;
/** u32 linear memory in 64 KiB pages: initial, maximum. */
export const PHX_MEMORY_INITIAL_AT: u32 = 64;
export const PHX_MEMORY_MAXIMUM_AT: u32 = 68;
/** u32 bytes of funcref tables. */
export const PHX_TABLE_BYTES_AT: u32 = 72;
/** u32 bytes of native stack that the module may use (limit of demand mapping). */
export const PHX_STACK_BYTES_AT: u32 = 76;
/** u32 slots the module's reach needs: 1 or 2. */
export const PHX_SLOTS_AT: u32 = 80;
/** u32 bytes of the whole file that the kernel reads (header … relocations). */
export const PHX_LENGTH_AT: u32 = 84;
/** u32 file offset and length of the symbol table (may lie past PHX_LENGTH; the kernel ignores it). */
export const PHX_SYMBOLS_AT: u32 = 88;
export const PHX_SYMBOLS_LENGTH_AT: u32 = 92;
/** 32 bytes: BLAKE3 of the file with this field zero. */
export const PHX_HASH_AT: u32 = 96;
/** 48 bytes, zero-terminated: the module's name. */
export const PHX_NAME_AT: u32 = 128;

// Boot archive: header page(s), then entries' bytes, each page-aligned. Entry 0 is init.
export const ARCHIVE_MAGIC: u64 = 0x3148435241494850; // "PHIARCH1"
export const ARCHIVE_MAGIC_AT: u32 = 0;
/** u64 bytes of the whole archive: more than were loaded means truncated. */
export const ARCHIVE_LENGTH_AT: u32 = 8;
/** u32 entries; u32 FNV-1a of the entry table. */
export const ARCHIVE_COUNT_AT: u32 = 16;
export const ARCHIVE_CHECK_AT: u32 = 20;
export const ARCHIVE_ENTRIES_AT: u32 = 64;
export const ARCHIVE_ENTRY_SIZE: u32 = 128;
/** 64 bytes name, zero-terminated; u64 offset; u64 length; u32 kind; u32 flags; 32 bytes hash (0 but for modules). */
export const ENTRY_NAME_AT: u32 = 0;
export const ENTRY_OFFSET_AT: u32 = 64;
export const ENTRY_LENGTH_AT: u32 = 72;
export const ENTRY_KIND_AT: u32 = 80;
export const ENTRY_FLAGS_AT: u32 = 84;
export const ENTRY_HASH_AT: u32 = 88;
export const ENTRY_MODULE: u32 = 1;
export const ENTRY_MANIFEST: u32 = 2;
export const ENTRY_DIRECTORY: u32 = 3;
export const ENTRY_PARAMETERS: u32 = 4;
export const ENTRY_FLAG_SFI: u32 = 1;

// A start-up page is an array of 32-byte entries, ended by kind 0:
//   u32 kind, u32 name (FNV-1a of the UTF-8 name; 0 for kernel entries), u64 handle, u64 a, u64 b
export const STARTUP_ENTRY_SIZE: u32 = 32;
export const STARTUP_END: u32 = 0;
/** handle: Domain capability to oneself (ALLOCATE); a: instances that served here before, since the machine started. */
export const STARTUP_SELF: u32 = 1;
/** A capability granted under a name; a, b: the image's two numbers for it. */
export const STARTUP_CAPABILITY: u32 = 2;
/** A region mapped for this service: handle, a = window index, b = bytes. */
export const STARTUP_REGION: u32 = 3;
/** handle: the System capability. To init only. */
export const STARTUP_SYSTEM: u32 = 4;
/** handle: Device; a = DEVICE_KIND_… | register stride << 8; b = bytes. To init only. */
export const STARTUP_DEVICE: u32 = 5;
/** handle: Irq of the device entry before this one; a = number. To init only. */
export const STARTUP_IRQ: u32 = 6;
/** 32 bytes of seed: a, b of this and of the next entry. */
export const STARTUP_SEED: u32 = 7;
/** A constant of the image under a name: a. */
export const STARTUP_NUMBER: u32 = 8;
/** Framebuffer region: handle; a = width | height << 32; b = stride bytes | bits per pixel << 32. To init only. */
export const STARTUP_FRAMEBUFFER: u32 = 9;

export const DEVICE_KIND_UART: u32 = 1;
export const DEVICE_KIND_RTC_CMOS: u32 = 2;
export const DEVICE_KIND_RTC_GOLDFISH: u32 = 3;
/** PCI's configuration space: by an address port and a data port; or as memory, 4 KiB for each function. */
export const DEVICE_KIND_PCI_PORTS: u32 = 4;
export const DEVICE_KIND_PCI_CONFIGURATION: u32 = 5;
/** Where PCI devices' registers lie below 4 GiB; a holds the first address too, a multiple of 64 KiB. */
export const DEVICE_KIND_PCI_MEMORY: u32 = 6;
/** The machine's ports from PORTS_FIRST on: below lie interrupt controllers and timers, which are the kernel's. */
export const DEVICE_KIND_PORTS: u32 = 7;
export const PORTS_FIRST: u32 = 0xb0;
/** A PC's keyboard controller: its data; its status and commands. What lies between them is the kernel's. */
export const DEVICE_KIND_I8042_DATA: u32 = 8;
export const DEVICE_KIND_I8042_COMMAND: u32 = 9;
