import { ERRNO } from '@cephts/common';
import { ObjectOperation } from '../store/object-store.js';
import type { ObjectLocator, ObjectStore } from '../store/object-store.js';
import { objectName } from './file-objects.js';

export interface PrezeroOptions {
  objecter: ObjectStore;
  loc: ObjectLocator;
  ino: number;
  /** The position moved on. */
  onProgress: () => void;
  onError: (r: number) => void;
}

/**
 * Objects ahead of the end of a journal are removed before it gets there: they may be leftovers of one that was longer, and what looks for
 * the end would not find it.
 *
 * @see Journaler::_issue_prezero in src/osdc/Journaler.cc (16.2.15)
 */
export class Prezero {
  readonly #options: PrezeroOptions;
  /** Up to here nothing is left. */
  #pos = 0;
  /** Up to here removing was begun. */
  #begunPos = 0;
  /** Lengths of pieces that are gone while one before them is not, by where they start. */
  readonly #gone = new Map<number, number>();

  constructor(options: PrezeroOptions) {
    this.#options = options;
  }

  get pos(): number {
    return this.#pos;
  }

  /** Begins anew at the end of the journal. */
  reset(position: number): void {
    this.#pos = this.#begunPos = position;
  }

  /** Removes what there is up to the end of an object. @param period bytes of one */
  advance(to: number, period: number): void {
    const { objecter, loc, ino } = this.#options;
    while (this.#begunPos < to) {
      const start = this.#begunPos;
      const within = start % period;
      const length = period - within;
      const op = within === 0 ? new ObjectOperation().remove() : new ObjectOperation().zero(within, length);
      this.#begunPos += length;
      objecter.operate(objectName(ino, (start - within) / period), loc, op, (r) => this.#finish(r, start, length));
    }
  }

  #finish(r: number, start: number, length: number): void {
    if (r < 0 && r !== -ERRNO.ENOENT) {
      this.#options.onError(r);
      return;
    }
    this.#gone.set(start, length);
    for (let got = this.#gone.get(this.#pos); got !== undefined; got = this.#gone.get(this.#pos)) {
      this.#gone.delete(this.#pos);
      this.#pos += got;
    }
    this.#options.onProgress();
  }
}
