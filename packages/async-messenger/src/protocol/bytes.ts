// Methods are called without being looked up, which takes V8 as long as copying 64 bytes does.
const { set, subarray } = Uint8Array.prototype;

/** Copies all of `from` to `at` of `to`. */
export function copy(to: Uint8Array, at: number, from: Uint8Array): void {
  if (from.length > 0) set.call(to, from, at);
}

/** Bytes `at` to `at + length`, without a copy. To ask V8 for the buffer, and make a view of that, takes half as long again. */
export function viewOf(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return subarray.call(bytes, at, at + length);
}
