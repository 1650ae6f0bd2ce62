# The first page tables, built once by entry.S in 32-bit mode: identity map of the first 4 MiB (dropped by start_high),
# direct map of the first 4 GiB (2 MiB pages, read-write, never executable), the kernel's image (4 KiB pages, W^X by
# section) and the first KERNEL_INITIAL_BYTES of its linear memory, whose page 0 stays unmapped.
# The kernel extends the same tables later. Guard pages below the stacks stay unmapped.
.include "abi.inc"
.include "common.inc"

.set PAGE_PRESENT, 0x001
.set PAGE_WRITE, 0x002
.set PAGE_LARGE, 0x080
.set PAGE_GLOBAL, 0x100
.set PAGE_NO_EXECUTE_HIGH, 0x80000000

.section .bss
.balign 4096
.globl boot_pml4, identity_pdpt, direct_pdpt, kernel_pdpt
boot_pml4: .skip 4096
identity_pdpt: .skip 4096
identity_pd: .skip 4096
direct_pdpt: .skip 4096
direct_pd: .skip 4 * 4096
kernel_pdpt: .skip 4096
kernel_pd: .skip 4096
image_pt: .skip 4096
memory_pt: .skip 4096

.section .boot, "ax", @progbits
.code32

# Entry \index of table \table := \target | \flags, all physical.
.macro point table, index, target, flags=TABLE
  movl $(\target - KERNEL_OFFSET + \flags), \table - KERNEL_OFFSET + 8 * (\index)
.endm

# Pages of [start, end), symbols of the high half, into image_pt.
.macro map_image start, end, flags, high
  movl $(\start - KERNEL_OFFSET), %eax
  movl $(\end - KERNEL_OFFSET), %ecx
  movl $(\flags), %ebx
  movl $\high, %edx
  call map_image_pages
.endm

# Clobbers everything but edi, ebp, esp.
.globl paging_build
paging_build:
  point boot_pml4, 0, identity_pdpt
  point boot_pml4, 256, direct_pdpt
  point boot_pml4, 511, kernel_pdpt
  point identity_pdpt, 0, identity_pd
  movl $(PAGE_PRESENT | PAGE_LARGE), identity_pd - KERNEL_OFFSET
  movl $(0x200000 | PAGE_PRESENT | PAGE_LARGE), identity_pd - KERNEL_OFFSET + 8
  point direct_pdpt, 0, direct_pd
  point direct_pdpt, 1, direct_pd + 4096
  point direct_pdpt, 2, direct_pd + 8192
  point direct_pdpt, 3, direct_pd + 12288
  point kernel_pdpt, 510, kernel_pd
  point kernel_pd, 0, image_pt
  point kernel_pd, (KERNEL_MEMORY_BASE - KERNEL_BASE) / 0x200000, memory_pt

  movl $(PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE | PAGE_GLOBAL), %eax
  movl $(direct_pd - KERNEL_OFFSET), %ecx
1:movl %eax, (%ecx)
  movl $PAGE_NO_EXECUTE_HIGH, 4(%ecx)
  addl $8, %ecx
  addl $0x200000, %eax
  jnc 1b

  map_image kernel_text_start, kernel_text_end, PAGE_PRESENT | PAGE_GLOBAL, 0
  map_image kernel_rodata_start, kernel_rodata_end, PAGE_PRESENT | PAGE_GLOBAL, PAGE_NO_EXECUTE_HIGH
  map_image kernel_data_start, kernel_data_end, PAGE_PRESENT | PAGE_WRITE | PAGE_GLOBAL, PAGE_NO_EXECUTE_HIGH
  movl $(kernel_stack_guard - KERNEL_OFFSET), %eax
  call unmap_image_page
  movl $(trap_stack_guard - KERNEL_OFFSET), %eax
  call unmap_image_page

  movl $(kernel_memory_physical + 4096), %eax
  movl $8, %ecx
2:leal (PAGE_PRESENT | PAGE_WRITE | PAGE_GLOBAL)(%eax), %ebx
  movl %ebx, memory_pt - KERNEL_OFFSET(%ecx)
  movl $PAGE_NO_EXECUTE_HIGH, memory_pt - KERNEL_OFFSET + 4(%ecx)
  addl $4096, %eax
  addl $8, %ecx
  cmpl $(KERNEL_INITIAL_BYTES / 4096 * 8), %ecx
  jb 2b
  ret

# eax: physical address of a page of the image.
unmap_image_page:
  subl $KERNEL_PHYSICAL, %eax
  shrl $9, %eax
  movl $0, image_pt - KERNEL_OFFSET(%eax)
  movl $0, image_pt - KERNEL_OFFSET + 4(%eax)
  ret

# eax, ecx: physical range; ebx: flags; edx: high half of the entry.
map_image_pages:
1:cmpl %ecx, %eax
  jae 2f
  leal (%eax,%ebx), %esi
  pushl %edi
  leal -KERNEL_PHYSICAL(%eax), %edi
  shrl $9, %edi
  andl $~7, %edi
  movl %esi, image_pt - KERNEL_OFFSET(%edi)
  movl %edx, image_pt - KERNEL_OFFSET + 4(%edi)
  popl %edi
  addl $4096, %eax
  jmp 1b
2:ret
