import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { ObjectOperation } from '../store/object-store.js';
import type { ObjectLocator, ObjectStore } from '../store/object-store.js';

/** Name of a file's Nth object, or of a folder's fragment: `10000000000.00000001`. */
export function objectName(ino: number, index: number): string {
  return `${ino.toString(16)}.${index.toString(16).padStart(8, '0')}`;
}

/**
 * Writes a range of a file that lies in objects of `period` bytes, one after the other, as one completion: 0, or the first errno.
 *
 * @see src/osdc/Filer.h (16.2.15), for layouts of one stripe
 */
export function writeRange(
  objecter: ObjectStore,
  loc: ObjectLocator,
  ino: number,
  period: number,
  offset: number,
  bytes: Uint8Array,
  onFinish: Completion,
): void {
  const index = Math.floor(offset / period);
  const within = offset - index * period;
  if (within + bytes.length <= period) {
    objecter.operate(objectName(ino, index), loc, new ObjectOperation().write(within, bytes), onFinish);
    return;
  }
  const gather = new Gather(onFinish);
  for (let at = 0; at < bytes.length;) {
    const i = Math.floor((offset + at) / period);
    const off = offset + at - i * period;
    const length = Math.min(period - off, bytes.length - at);
    const op = new ObjectOperation().write(off, bytes.subarray(at, at + length));
    objecter.operate(objectName(ino, i), loc, op, gather.sub());
    at += length;
  }
  gather.activate();
}

/** Removes objects `first` to `first + count - 1` of a file, at most `width` at a time; those that are not there are no error. */
export function purgeRange(
  objecter: ObjectStore,
  loc: ObjectLocator,
  ino: number,
  first: number,
  count: number,
  onFinish: Completion,
  width = 10,
): void {
  let next = first;
  const end = first + count;
  let running = 0;
  let result = 0;
  const more = (): void => {
    while (next < end && running < width && result === 0) {
      running++;
      objecter.operate(objectName(ino, next++), loc, new ObjectOperation().remove(), done);
    }
    if (running === 0) complete(onFinish, result);
  };
  const done = (r: number): void => {
    running--;
    if (r < 0 && r !== -2 && result === 0) result = r;
    more();
  };
  if (count <= 0) {
    // never on the caller's stack
    objecter.operate(objectName(ino, first), loc, new ObjectOperation(), () => complete(onFinish, 0));
    return;
  }
  more();
}

/** Several completions as one, with the first errno; lighter than a GatherBuilder. */
class Gather {
  readonly #onFinish: Completion;
  #pending = 1;
  #result = 0;

  constructor(onFinish: Completion) {
    this.#onFinish = onFinish;
  }

  sub(): Completion {
    this.#pending++;
    return this.#done;
  }

  activate(): void {
    this.#done(0);
  }

  readonly #done = (r: number): void => {
    if (r < 0 && this.#result === 0) this.#result = r;
    if (--this.#pending === 0) complete(this.#onFinish, this.#result);
  };
}
