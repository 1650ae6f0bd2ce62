# The boot page tables: called by head.S before and just after translation is switched on.
# One table of 1 GiB entries serves both Sv39 (as the root) and Sv48 (behind entries 0 and 511 of the root):
#   entry 2        identity map of the image's GiB, until drop_identity
#   entry 256 …    the direct map of the first DIRECT_MAP_BYTES of physical space, read-write, never executable
#   entry 510      the kernel: image in 4 KiB pages, W^X; its linear memory's first pages
# Invariant: no page is writable and executable; the stacks' guards and the memory's page 0 stay unmapped.
.include "common.inc"

.set ENTRY_VALID, 1
.set ENTRY_READ, 2
.set ENTRY_WRITE, 4
.set ENTRY_EXECUTE, 8
.set ENTRY_GLOBAL, 32
.set ENTRY_USED, 0xc0               # accessed and dirty: set at once, no hardware has to
.set KERNEL_TEXT, ENTRY_VALID | ENTRY_READ | ENTRY_EXECUTE | ENTRY_GLOBAL | ENTRY_USED
.set KERNEL_RODATA, ENTRY_VALID | ENTRY_READ | ENTRY_GLOBAL | ENTRY_USED
.set KERNEL_DATA, ENTRY_VALID | ENTRY_READ | ENTRY_WRITE | ENTRY_GLOBAL | ENTRY_USED
.set IDENTITY, ENTRY_VALID | ENTRY_READ | ENTRY_WRITE | ENTRY_EXECUTE | ENTRY_USED
.set DIRECT_MAP_GIB, DIRECT_MAP_BYTES >> 30
.set IMAGE_TABLES, 4                # of 2 MiB each

.section .boot, "ax"

# Maps [kernel_\part\()_start, kernel_\part\()_end) of the image.
.macro MAP_IMAGE part, flags
    PHYSICAL a1, kernel_\part\()_start
    PHYSICAL a2, kernel_\part\()_end
    li a3, \flags
    call map_pages
.endm

# \to = entry that points to the table \table, physical; clobbers nothing else.
.macro TABLE_ENTRY to, table
    srli \to, \table, 2
    ori \to, \to, ENTRY_VALID
.endm

.globl build_tables
build_tables:
    mv s6, ra
    # Sv48's root: both ends lead to the table of GiB entries.
    PHYSICAL t0, table_top
    PHYSICAL a0, table_gib
    TABLE_ENTRY t1, a0
    sd t1, 0(t0)
    li t2, 511 * 8
    add t2, t2, t0
    sd t1, 0(t2)
    # identity: the GiB that holds KERNEL_PHYSICAL
    li t0, ((KERNEL_PHYSICAL >> 30) << 28) | IDENTITY
    sd t0, (KERNEL_PHYSICAL >> 30) * 8(a0)
    # direct map
    li t1, ((DIRECT_MAP >> 30) & 511) * 8
    add t1, t1, a0
    li t0, KERNEL_DATA
    li t2, DIRECT_MAP_GIB
    li t3, 1 << 28
1:  sd t0, 0(t1)
    add t0, t0, t3
    addi t1, t1, 8
    addi t2, t2, -1
    bnez t2, 1b
    # the kernel's GiB: a table of 2 MiB entries
    PHYSICAL t4, table_kernel
    TABLE_ENTRY t1, t4
    li t2, ((KERNEL_BASE >> 30) & 511) * 8
    add t2, t2, a0
    sd t1, 0(t2)
    # image, page by page: KERNEL_BASE and KERNEL_PHYSICAL begin on a 2 MiB boundary
    PHYSICAL t5, tables_image
    li t6, KERNEL_PHYSICAL
    TABLE_ENTRY t1, t5
    li t2, IMAGE_TABLES
    li t3, 1024
    addi t0, t4, ((KERNEL_BASE >> 21) & 511) * 8
1:  sd t1, 0(t0)
    add t1, t1, t3
    addi t0, t0, 8
    addi t2, t2, -1
    bnez t2, 1b
    MAP_IMAGE text, KERNEL_TEXT
    MAP_IMAGE rodata, KERNEL_RODATA
    MAP_IMAGE data, KERNEL_DATA
    PHYSICAL t0, kernel_stack_guard
    call unmap_page
    PHYSICAL t0, trap_stack_guard
    call unmap_page
    # linear memory: KERNEL_INITIAL_BYTES from its index 0, but for page 0
    PHYSICAL t5, table_memory
    TABLE_ENTRY t1, t5
    li t2, ((KERNEL_MEMORY_BASE >> 21) & 511) * 8
    add t2, t2, t4
    sd t1, 0(t2)
    ld t6, memory_physical
    li t1, 4096
    add a1, t6, t1
    li a2, KERNEL_INITIAL_BYTES
    add a2, a2, t6
    li a3, KERNEL_DATA
    call map_pages
    jr s6

# Maps physical pages a1 … a2 with flags a3 into the tables at t5, whose first entry is page t6. Leaves a1 = a2.
map_pages:
1:  bgeu a1, a2, 2f
    sub t0, a1, t6
    srli t0, t0, 9
    add t0, t0, t5
    srli t1, a1, 2
    or t1, t1, a3
    sd t1, 0(t0)
    li t1, 4096
    add a1, a1, t1
    j 1b
2:  ret

# Clears the entry of the page at physical address t0 in the tables of map_pages.
unmap_page:
    sub t0, t0, t6
    srli t0, t0, 9
    add t0, t0, t5
    sd zero, 0(t0)
    ret

# Switches translation on in mode t0 (9 Sv48, 8 Sv39). a0 = 0, or 1 if the processor does not offer it.
.globl try_translation
try_translation:
    PHYSICAL t1, table_top
    li t2, 9
    beq t0, t2, 1f
    PHYSICAL t1, table_gib
1:  srli t1, t1, 12
    slli t0, t0, 60
    or t0, t0, t1
    sfence.vma
    csrw satp, t0
    csrr t1, satp
    sfence.vma
    xor a0, t0, t1
    snez a0, a0
    ret

.balign 8
memory_physical: .quad kernel_memory_physical

# Called at the linked address: the low half becomes empty.
.section .text, "ax"
.globl drop_identity
drop_identity:
    lla t0, table_top
    sd zero, 0(t0)
    lla t0, table_gib
    sd zero, (KERNEL_PHYSICAL >> 30) * 8(t0)
    sfence.vma
    ret

.section .bss.tables, "aw", @nobits
.balign 4096
.globl table_top, table_gib
table_top:    .skip 4096
table_gib:    .skip 4096
table_kernel: .skip 4096
table_memory: .skip 4096
tables_image: .skip 4096 * IMAGE_TABLES
