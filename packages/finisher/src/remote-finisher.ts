import type { Completion, OverflowPolicy } from '@cephts/common';
import { CLOSED, entryAt, HEAD, lanesOf, makeRings, SLEEPING, TAIL } from './ring-layout.js';

const MAX_TOKEN = 2 ** 31 - 1;

/** Options of {@link Finisher.remote}. */
export interface RemoteOptions {
  /** Entries that may wait for each producer; rounded up to a power of two. @defaultValue 4096 */
  capacity?: number;
  /** Producers at a time. @defaultValue 16 */
  producers?: number;
  /**
   * What a producer does with an entry for which its ring has no room; `wait` blocks its thread until there is some (a page's main thread
   * may not).
   * @defaultValue the finisher's policy
   */
  overflow?: OverflowPolicy | 'wait';
}

/** What another thread needs to queue completions; may be posted to any number of workers. */
export interface FinisherHandle {
  readonly memory: SharedArrayBuffer;
  readonly overflow: OverflowPolicy | 'wait';
}

interface AsyncAtomics {
  waitAsync(words: Int32Array, index: number, value: number): { value: PromiseLike<unknown> | string };
}

/**
 * The finisher's end of the rings through which other threads complete contexts on it: {@link Finisher.remote}. A context is registered
 * here and completed there, by its token.
 */
export class RemoteFinisher {
  readonly handle: FinisherHandle;
  readonly #words: Int32Array;
  readonly #lanes: Int32Array[];
  readonly #completions = new Map<number, Completion>();
  readonly #wake: () => void;
  #token = 0;
  #waiting = false;

  /** @internal */
  constructor({ capacity = 4096, producers = 16, overflow = 'throw' }: RemoteOptions, wake: () => void) {
    const memory = makeRings(producers, 2 ** Math.ceil(Math.log2(Math.max(capacity, 1))));
    this.#words = new Int32Array(memory);
    this.#lanes = lanesOf(memory);
    this.handle = { memory, overflow };
    this.#wake = wake;
  }

  /**
   * Makes a context known to other threads. It is completed once, on the finisher, with the first result that any of them gives; with
   * `repeat` each time, until {@link unregister}.
   *
   * @returns its token, an integer
   */
  register(completion: Completion, repeat = false): number {
    this.#token = (this.#token % MAX_TOKEN) + 1;
    const token = repeat ? -this.#token : this.#token;
    this.#completions.set(token, completion);
    return token;
  }

  /** Forgets a context; results for it are dropped. @returns false when it was not there any more */
  unregister(token: number): boolean {
    return this.#completions.delete(token);
  }

  /** @internal Hands over what the other threads have queued, in order for each of them. */
  pull(push: (completion: Completion, r: number) => void): void {
    for (const lane of this.#lanes) {
      const tail = Atomics.load(lane, TAIL);
      for (let head; ((tail - (head = Atomics.load(lane, HEAD))) | 0) > 0;) {
        const at = entryAt(lane, head);
        const token = lane[at] as number;
        const r = lane[at + 1] as number;
        // the producer may have taken it back to make room
        if (Atomics.compareExchange(lane, HEAD, head, (head + 1) | 0) !== head) continue;
        const completion = this.#completions.get(token);
        if (token > 0) this.#completions.delete(token);
        if (completion) push(completion, r);
      }
    }
  }

  /** @internal Other threads ring from now on; who sleeps must pull once more, for what was queued just before. */
  sleep(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    Atomics.store(this.#words, SLEEPING, 1);
    void Promise.resolve((Atomics as AsyncAtomics).waitAsync(this.#words, SLEEPING, 1).value).then(() => {
      this.#waiting = false;
      this.#wake();
    });
  }

  /** @internal Takes nothing more. @returns what is still registered, by token */
  close(): [number, Completion][] {
    Atomics.store(this.#words, CLOSED, 1);
    Atomics.notify(this.#words, SLEEPING);
    const left = [...this.#completions];
    this.#completions.clear();
    return left;
  }
}
