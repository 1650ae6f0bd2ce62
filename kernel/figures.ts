// Figures kept from boot for system_info.

/** Bytes that the kernel copied for somebody: messages, and reply words of calls. */
export let copied_bytes: u64 = 0;


@inline
export function copied(bytes: u32): void {
  copied_bytes += bytes;
}

/** Instructions counted when the kernel's first line ran. */
export let boot_counter: u64 = 0;

export function boot_counter_set(value: u64): void {
  boot_counter = value;
}
