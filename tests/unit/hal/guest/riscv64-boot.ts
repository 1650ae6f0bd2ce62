// The riscv64 hal's view of the machine, compiled on its own for tests/unit/hal/device-tree.test.ts.
export {
  archive_base,
  archive_length,
  boot_parse,
  boot_seed,
  command_line_base,
  command_line_length,
  device_base,
  device_bytes,
  device_count,
  device_irq,
  device_kind,
  device_stride,
  memory_range_base,
  memory_range_count,
  memory_range_length,
  reserved_range_base,
  reserved_range_count,
  reserved_range_length,
} from "../../../../hal/boot";
export {
  tree_plic_base,
  tree_plic_context,
  tree_plic_lines,
  tree_test_device,
  tree_timebase_hz,
} from "../../../../hal/tree";
