// References into the kernel's tables are addresses; address 0 means "none".

@inline
export function none<T>(): T {
  return changetype<T>(0);
}


@inline
export function is_none<T>(reference: T): bool {
  return changetype<usize>(reference) == 0;
}


@inline
export function same<A, B>(a: A, b: B): bool {
  return changetype<usize>(a) == changetype<usize>(b);
}
