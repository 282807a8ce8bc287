import { CephError, ERRNO } from '@cephts/common';

const U64_SAFE = Number.MAX_SAFE_INTEGER;
/** Numbers of 32 bits: seconds on the wire, mostly. */
export const U32_MAX: number = 2 ** 32 - 1;

/** An argument makes no sense: `ERR_CEPH_EINVAL`, as the OSD would say if it were asked. */
export function einval(message: string): CephError {
  return new CephError('ERR_CEPH_EINVAL', message, { errno: ERRNO.EINVAL });
}

function refuse(name: string, expected: string, value: unknown, shown = String(value)): never {
  throw einval(`expected ${name} to be ${expected}, got ${shown} (${typeof value})`);
}

/** What an object is, whatever it says of itself. */
const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

/** A whole number in its range, or {@link einval}: one that is not would go over the wire as another one. */
export function checkWhole(name: string, value: number, { min = 0, max = U64_SAFE }: { min?: number; max?: number } = {}): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  return refuse(name, `a whole number from ${min} to ${max}`, value);
}

/** A number in its range, or {@link einval}. */
export function checkNumber(name: string, value: number, { min = 0, max = Infinity }: { min?: number; max?: number } = {}): number {
  if (value >= min && value <= max) return value;
  return refuse(name, `a number from ${min} to ${max}`, value);
}

/** Text, or {@link einval}: anything else would name another object or key, or fail once it is encoded. */
export function checkText(name: string, value: string): string {
  if (typeof value === 'string') return value;
  return refuse(name, 'a string', value, tagOf(value));
}

/** Bytes, or {@link einval}: a string, a DataView or an array of larger numbers has another length than its bytes, or none. */
export function checkBytes(name: string, value: Uint8Array): Uint8Array {
  // a tag, too: those of another realm are no instances of this one's class
  if (value instanceof Uint8Array || tagOf(value) === '[object Uint8Array]') return value;
  return refuse(name, 'a Uint8Array', value, tagOf(value));
}
