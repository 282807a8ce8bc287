import { collectYoungGarbage } from './young-garbage.js';

/** Memory shorter than this, in bytes, is little beside the objects that come with it. */
const SHORT = 1024;
/** Bytes beside the heap after which those that are done with are looked for. */
const ENOUGH = 5 * 1024 * 1024;
/** Of the time no more than one part in so many goes into that, however many young objects others have. */
const SHARE = 8;
/** Memory of this many bytes that is given back, once, has the allocator of glibc keep twice as many for what follows. */
const KEPT = 16 * 1024 * 1024;

/** Bytes since they were last looked through. */
let since = 0;
let isDue = false;
/** When they may be again, on the monotonic clock; before the first time, nothing. */
let notBefore: number | undefined;

function collect(): void {
  isDue = false;
  since = 0;
  // never touched, so the system never provides it
  if (notBefore === undefined) Buffer.allocUnsafeSlow(KEPT);
  const begin = performance.now();
  collectYoungGarbage();
  const end = performance.now();
  notBefore = end + (SHARE - 1) * (end - begin);
}

/**
 * So many bytes beside the heap were taken, mostly for a moment: a body, or what Node's ciphers wrote.
 *
 * V8 looks for young objects that are done with when they have filled their part of the heap, up to 16 MiB, which the few that come with long
 * bodies are slow to do. The bytes lie beside the heap, and count there as if they were old: after some 8 MiB of them V8 goes over all old
 * objects instead, again and again while message follows message. So the young ones are looked through before, at the end of a pass of the event
 * loop, when whoever waited for a body has had it. What follows then comes to lie, too, where others lay a moment ago, in memory that caches and
 * the process still have. Reads of 64 KiB gain a fifth, sealed messages of 4 KiB half as much again.
 */
export function countMemory(length: number): void {
  if (length < SHORT) return;
  since += length;
  if (since >= ENOUGH && !isDue && performance.now() >= (notBefore ?? 0)) {
    isDue = true;
    setImmediate(collect);
  }
}

/** Memory of its own for a body, not cleared: it is filled before anyone looks at it. */
export function bodyMemory(length: number): Uint8Array {
  countMemory(length);
  const pool = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(pool.buffer, pool.byteOffset, length);
}
