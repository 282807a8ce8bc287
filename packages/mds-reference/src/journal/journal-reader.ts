import { ERRNO } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { ObjectOperation } from '../store/object-store.js';
import type { ObjectLocator, ObjectStore } from '../store/object-store.js';
import { objectName } from './file-objects.js';
import { JournalReadBuffer } from './journal-stream.js';
import type { Journaler } from './journaler.js';

/** What a reader has of its journal beside the positions. */
export interface JournalReaderOptions {
  objecter: ObjectStore;
  loc: ObjectLocator;
  /** Writes what was appended, unless something is in flight. */
  writeAppended: () => void;
  /** The journal ends here. */
  cutOff: (position: number) => void;
  finish: (completion: Completion | undefined, r: number) => void;
  dout: (level: number, message: () => string) => void;
}

/**
 * Reads the entries of a journal, one after the other and some objects ahead.
 *
 * ```text
 *   pos         ≤ received              ≤ requested    ≤ the journal's safe
 *   |in the      |some is here, out of   |
 *   |buffer      |order, all is under way|
 * ```
 *
 * @see Journaler::_prefetch in src/osdc/Journaler.cc (16.2.15)
 */
export class JournalReader {
  readonly #journal: Journaler;
  readonly #options: JournalReaderOptions;
  readonly #buffer = new JournalReadBuffer();
  /** What came before what lies before it, by position. */
  readonly #early = new Map<number, Uint8Array>();
  #pos = 0;
  #requestedPos = 0;
  #receivedPos = 0;
  /** Does an entry lie ready? */
  #ready = false;
  /** Bytes to read ahead; more for one that is longer. */
  #ahead = 0;
  #aheadOnce = 0;
  #error = 0;
  #waiter: Completion | undefined;

  constructor(journal: Journaler, options: JournalReaderOptions) {
    this.#journal = journal;
    this.#options = options;
  }

  /** Where the next entry begins. */
  get pos(): number {
    return this.#pos;
  }

  /** 0, or the negative errno that ended reading. */
  get error(): number {
    return this.#error;
  }

  set format(format: number) {
    this.#buffer.format = format;
  }

  /** @param bytes to read ahead */
  set ahead(bytes: number) {
    this.#ahead = bytes;
  }

  /** Goes on at another place. */
  moveTo(position: number): void {
    this.#pos = this.#requestedPos = this.#receivedPos = position;
    this.#buffer.clear();
    this.#early.clear();
    this.#ready = false;
  }

  /** Does an entry lie ready? Reads ahead on the way. */
  isReadable(): boolean {
    if (this.#error !== 0) return false;
    const ready = this.#ready;
    this.#prefetch();
    return ready;
  }

  /** The next entry if it lies ready: a view of what was read, which nobody changes. */
  tryReadEntry(): Uint8Array | undefined {
    if (!this.#ready) return undefined;
    try {
      const before = this.#buffer.length;
      const entry = this.#buffer.take(this.#pos);
      this.#pos += before - this.#buffer.length;
      this.#ready = this.#isReady();
      this.#prefetch();
      return entry;
    } catch (error) {
      this.#fail(-ERRNO.EINVAL, (error as Error).message);
      return undefined;
    }
  }

  /** Completes with 0 when an entry lies ready or the end is reached, with -errno when reading failed. One waiter at a time. */
  wait(waiter: Completion): void {
    if (this.#ready) this.#options.finish(waiter, 0);
    else if (this.#error < 0) this.#options.finish(waiter, this.#error);
    else {
      this.#waiter = waiter;
      this.#prefetch();
    }
  }

  hasWaiter(): boolean {
    return this.#waiter !== undefined;
  }

  /** More of the journal is safe. */
  more(): void {
    if (this.#waiter !== undefined) this.#prefetch();
  }

  /** Nothing is read from now on; who waits is told. */
  stop(r: number): void {
    this.#error = r;
    this.#ready = false;
    this.#tell(r);
  }

  #fail(r: number, why: string): void {
    this.#options.dout(0, () => `reading at ${this.#pos} failed: ${why}`);
    this.stop(r);
  }

  #tell(r: number): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.#options.finish(waiter, r);
  }

  #isReady(): boolean {
    const journal = this.#journal;
    if (this.#pos === journal.writePos) return false;
    const need = this.#buffer.need();
    if (this.#buffer.length >= need) return true;
    if (this.#receivedPos === journal.writePos) {
      // Half an entry at the end: the crash came before it was safe, so nobody was told that it was.
      this.#options.dout(10, () => `half an entry at the end, the journal ends at ${this.#pos}`);
      this.#options.cutOff(this.#pos);
      this.#requestedPos = this.#receivedPos = this.#pos;
      this.#buffer.clear();
      return false;
    }
    if (need > this.#ahead) this.#aheadOnce = need;
    return false;
  }

  #prefetch(): void {
    const journal = this.#journal;
    const { objecter, loc, writeAppended } = this.#options;
    if (journal.state === 'undef' || this.#error < 0) return;
    const length = this.#aheadOnce || this.#ahead;
    this.#aheadOnce = 0;
    const { period } = journal;
    let target = this.#pos + length + period - 1;
    target = Math.min(target - (target % period), journal.writePos);
    if (this.#requestedPos >= target) return;
    // what is not safe yet has to be written first
    if (journal.writePos > journal.safePos) writeAppended();
    target = Math.min(target, journal.safePos);
    while (this.#requestedPos < target) {
      const start = this.#requestedPos;
      const within = start % period;
      const count = Math.min(period - within, target - start);
      this.#requestedPos += count;
      const op = new ObjectOperation();
      const data = op.read(within, count);
      objecter.operate(objectName(journal.ino, (start - within) / period), loc, op, (r) =>
        this.#finishRead(r, start, count, data.value),
      );
    }
  }

  #finishRead(r: number, start: number, length: number, bytes: Uint8Array | undefined): void {
    if (this.#error < 0) return;
    if (r < 0 || !bytes || bytes.length < length) {
      this.#fail(r < 0 ? r : -ERRNO.EINVAL, r < 0 ? `errno ${r}` : `${length} bytes wanted, ${bytes?.length ?? 0} there`);
      return;
    }
    this.#early.set(start, bytes);
    try {
      this.#assimilate();
    } catch (error) {
      this.#fail(-ERRNO.EINVAL, (error as Error).message);
      return;
    }
    this.#prefetch();
  }

  #assimilate(): void {
    let any = false;
    for (let next = this.#early.get(this.#receivedPos); next; next = this.#early.get(this.#receivedPos)) {
      this.#early.delete(this.#receivedPos);
      this.#receivedPos += next.length;
      this.#buffer.push(next);
      any = true;
      if (this.#ready) continue;
      this.#ready = this.#isReady();
    }
    if ((any && this.#ready) || this.#pos === this.#journal.writePos) this.#tell(0);
  }
}
