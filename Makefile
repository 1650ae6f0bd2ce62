# The short way to everything; each target brings what it needs. The work itself is done by `phi` (scripts/phi.mjs).
# `make` alone lists the targets. Invariant: every target may be the first one run on a fresh machine.

PHI := node scripts/phi.mjs

.DEFAULT_GOAL := help
.PHONY: help setup build qemu-x86 qemu-riscv test check proof bench fuzz debug usb-x86 usb-riscv programs clean

help:
	@echo 'make qemu-x86     build, and boot to the shell in QEMU, x86_64'
	@echo 'make qemu-riscv   the same, riscv64'
	@echo 'make test         all tests; the last line says how many passed and failed'
	@echo 'make check        formatter, linter, types, size budgets'
	@echo 'make proof        prove the kernel'"'"'s entry points, and find the seeded bugs'
	@echo 'make bench        measure, print the table, write docs/benchmarks.md'
	@echo 'make fuzz MINUTES=5  fuzz the kernel against its model, and whatever reads foreign bytes; so many minutes of processor time'
	@echo 'make build        build everything for both architectures'
	@echo 'make programs     build Lua and SQLite for WASI from the Debian source packages'
	@echo 'make debug        boot x86_64 under gdb'
	@echo 'make usb-x86      USB image for PCs (BIOS and UEFI): build/phios-x86_64.img'
	@echo 'make usb-riscv    image that U-Boot starts: build/phios-riscv64.img'
	@echo 'make clean        remove build/ except the set-up stamps'
	@echo 'More, with options: npx phi --help'

setup:
	@scripts/setup.sh

build: setup
	@$(PHI) build --arch all

qemu-x86: setup
	@$(PHI) boot --arch x86_64

qemu-riscv: setup
	@$(PHI) boot --arch riscv64

test: setup
	@$(PHI) test

check: setup
	@$(PHI) check

proof: setup
	@$(PHI) proof
	@$(PHI) proof --bugs

bench: setup
	@$(PHI) bench --write-docs

MINUTES ?= 5
fuzz: setup
	@$(PHI) fuzz --minutes $(MINUTES)

debug: setup
	@$(PHI) debug

programs: setup
	@$(PHI) programs

usb-x86: setup
	@$(PHI) usb --arch x86_64

usb-riscv: setup
	@$(PHI) usb --arch riscv64

clean:
	@find build -mindepth 1 -maxdepth 1 ! -name stamps -exec rm -rf {} + 2>/dev/null || true
