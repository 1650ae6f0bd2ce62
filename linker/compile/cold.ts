// Which of the kernel's functions are compiled for size: all but those on the paths that a system runs all the time. Called by
// rewrite.ts for the kernel alone. The kernel's size and its figures are both bars: `phi bench kernel.size`, docs/benchmarks.md.

/** Files, and exports of kernel/index.ts, whose functions are compiled for speed. */
const HOT_FILES =
  /^(kernel\/(ipc\/(call|activation|notification|endpoint|inherit|waiting)|thread\/(scheduler|queue|placement|expire|timer)|index|irq|trap|object\/destroy|cpu|cap\/table|gates\/(self|notification)|mm\/pagetable|object\/(mapping|object\/object_(pay|free)|region\/region_frame|release))|hal\/(timer|interrupts|device))\b/;
const HOT_EXPORTS =
  /^(call_enter|call_enter_personality|activation_done|schedule|interrupt|trap|gate_(yield|now|counter|own_id|notify|wait|detach|reply|cap_derive|cap_delete|region_map|region_unmap|device_load|device_store|irq_ack|memory_grow))$/;
/** What is rare in a short function is a call there: inlined, it would make the short way save the registers that the rare one needs. */
const APART = /^kernel\/object\/object\/object_create\b/;

const PROTOTYPE = /^((?:static )?\w+ )(w2c_kernel_(\w+)\([^;{}]*\);)$/gm;

function attributes(name: string): string[] {
  const path = name.replaceAll("0x2F", "/").replaceAll("__", "_");
  if (APART.test(path)) return ["minsize", "noinline"];
  const isHot = path.includes("/") ? HOT_FILES.test(path) : HOT_EXPORTS.test(name);
  return isHot ? [] : ["minsize"];
}

/** The prototypes in a text of the kernel's C, with what makes the compiler prefer size. */
export function coldByPrototype(text: string): string {
  return text.replaceAll(PROTOTYPE, (all, before: string, rest: string, name: string) => {
    const chosen = attributes(name);
    return chosen.length === 0 ? all : `__attribute__((${chosen.join(", ")})) ${before}${rest}`;
  });
}
