// The reply words r1 … r5 of calls, at a fixed place of linear memory (MESSAGE, kernel/abi/layout.ts):
// a handler sets them before it returns, a caller reads them right after call_words. Any call in between overwrites them.
import { MESSAGE } from "../../kernel/abi/layout";

/** Word `index` (1 … 5) of the reply to the last call_words. */
// @ts-ignore: decorator
@inline
export function reply_word(index: u32): u64 {
  return load<u64>(MESSAGE + (index << 3));
}

/** Sets word `index` (1 … 5) of the reply that this handler is about to give by returning. */
// @ts-ignore: decorator
@inline
export function set_reply_word(index: u32, value: u64): void {
  store<u64>(MESSAGE + (index << 3), value);
}
