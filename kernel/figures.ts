// Figures kept from boot for system_info.

/** Instructions counted when the kernel's first line ran. */
export let boot_counter: u64 = 0;

export function boot_counter_set(value: u64): void {
  boot_counter = value;
}
