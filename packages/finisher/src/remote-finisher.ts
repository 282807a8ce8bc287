import { bindAsyncContext, CephError, checkOptionTypes, ECANCELED, invalidOption } from '@cephts/common';
import type { Completion, OptionTypes, OverflowPolicy } from '@cephts/common';
import { CLOSED, entryAt, HEAD, lanesEach, lanesOf, makeRings, SLEEPING, TAIL } from './ring-layout.js';

const MAX_TOKEN = 2 ** 31 - 1;

/** Options of `finisher.remote`; all optional. */
export interface RemoteOptions {
  /** Entries that may wait for each producer, at most 2^24; rounded up to a power of two. @defaultValue 4096 */
  capacity?: number;
  /** Producers at a time, at most 4096. @defaultValue 16 */
  producers?: number;
  /**
   * What a producer does with an entry for which its ring has no room; `wait` blocks its thread until there is some (a page's main thread
   * may not).
   * @defaultValue the finisher's policy
   */
  overflow?: OverflowPolicy | 'wait';
}

const TYPES: OptionTypes<RemoteOptions> = {
  capacity: 'a number of at least 0',
  producers: 'a number of at least 0',
  overflow: 'throw or drop-newest or drop-oldest or wait',
};

/** What another thread needs to queue completions; may be posted to any number of workers. */
export interface FinisherHandle {
  readonly memory: SharedArrayBuffer;
  readonly overflow: OverflowPolicy | 'wait';
}

interface AsyncAtomics {
  waitAsync(words: Int32Array, index: number, value: number): { value: PromiseLike<unknown> | string };
}

/**
 * The finisher's end of the rings through which other threads complete contexts on it: post its `handle` to workers, which make a
 * {@link FinisherProducer} of it. A context is registered here and completed there, by its token. Entries of one producer run in order; the
 * finisher is woken only where it sleeps. The finisher takes entries from the rings while it has room itself, so that a flood is held back
 * where it comes from.
 *
 * @example
 * ```ts
 * const finisher = new Finisher();
 * finisher.start();
 * const remote = finisher.remote({ capacity: 1024 });
 * const token = remote.register((r) => void r);
 * ```
 */
export class RemoteFinisher {
  readonly handle: FinisherHandle;
  readonly #words: Int32Array;
  readonly #lanes: Int32Array[];
  /** The lane that entries are taken from, and its tail when its turn began: so each lane has its turn. */
  #lane = 0;
  #tail = 0;
  readonly #completions = new Map<number, Completion>();
  readonly #wake: () => void;
  readonly #keepAsyncContext: boolean | undefined;
  #token = 0;
  /** Once closed: contexts that nobody has completed, as far as {@link take} has come. */
  #left: IterableIterator<[number, Completion]> | undefined;
  /** @internal Result of the entry that {@link take} gave. */
  result = 0;

  /** @internal @throws CephError `ERR_CEPH_INVALID_OPTION` */
  constructor(options: RemoteOptions, policy: OverflowPolicy = 'throw', keepAsyncContext: boolean | undefined, wake: () => void) {
    checkOptionTypes('remote', TYPES, options);
    const { capacity = 4096, producers = 16, overflow = policy } = options;
    checkCount('capacity', capacity, 2 ** 24);
    checkCount('producers', producers, 4096);
    const memory = makeRings(producers * lanesEach(overflow), 2 ** Math.ceil(Math.log2(capacity)));
    this.#words = new Int32Array(memory);
    this.#lanes = lanesOf(memory);
    this.handle = { memory, overflow };
    this.#keepAsyncContext = keepAsyncContext;
    this.#wake = wake;
  }

  /**
   * Makes a context known to other threads. It is completed once, on the finisher, with the first result that any of them gives; with
   * `repeat` each time, until {@link unregister}. Those that were not completed are told -ECANCELED when the finisher is closed.
   *
   * @returns its token, an integer
   * @throws CephError `ERR_CEPH_CLOSED` when the finisher was closed; `ERR_CEPH_INVALID_OPTION` when it is no completion
   */
  register(completion: Completion, repeat = false): number {
    if (this.#left) throw new CephError('ERR_CEPH_CLOSED', 'The finisher is closed');
    if (!completion) throw invalidOption('context', 'a Context or a function', completion);
    this.#token = (this.#token % MAX_TOKEN) + 1;
    const token = repeat ? -this.#token : this.#token;
    this.#completions.set(token, this.#keepAsyncContext ? bindAsyncContext(completion) : completion);
    return token;
  }

  /** Forgets a context; results for it are dropped. @returns false when it was not there any more */
  unregister(token: number): boolean {
    return this.#completions.delete(token);
  }

  /** @internal What another thread has queued first, lane by lane; once closed, what nobody completed. */
  take(): Completion | undefined {
    const lanes = this.#lanes;
    // the lane whose turn it is may be looked at twice: at the end of its turn, and after all others
    for (let left = lanes.length; left >= 0; left--) {
      const lane = lanes[this.#lane]!;
      for (let head; ((this.#tail - (head = Atomics.load(lane, HEAD))) | 0) > 0;) {
        const at = entryAt(lane, head);
        const token = lane[at]!;
        const r = lane[at + 1]!;
        // the producer may have taken it back to make room
        if (Atomics.compareExchange(lane, HEAD, head, (head + 1) | 0) !== head) continue;
        const completion = this.#completions.get(token);
        if (token > 0) this.#completions.delete(token);
        this.result = r;
        if (completion) return completion;
      }
      this.#lane = (this.#lane + 1) % lanes.length;
      this.#tail = Atomics.load(lanes[this.#lane]!, TAIL);
    }
    this.result = -ECANCELED;
    for (const [token, completion] of this.#left ?? []) {
      this.#completions.delete(token);
      // one that is told of each result waits for none in particular
      if (token > 0) return completion;
    }
    return undefined;
  }

  /** @internal Other threads ring from now on; who sleeps must take once more, for what was queued just before. */
  sleep(): void {
    // where it is 1 still, somebody listens since the last time
    if (this.#left || Atomics.exchange(this.#words, SLEEPING, 1) === 1) return;
    void Promise.resolve((Atomics as AsyncAtomics).waitAsync(this.#words, SLEEPING, 1).value).then(() => {
      // nobody does now, although it may be 1 again: a producer may ring long after it has made it 0
      Atomics.store(this.#words, SLEEPING, 0);
      this.#wake();
    });
  }

  /** @internal Other threads can queue nothing more. */
  close(): void {
    this.#left = this.#completions.entries();
    Atomics.store(this.#words, CLOSED, 1);
    Atomics.notify(this.#words, SLEEPING);
  }
}

function checkCount(name: string, value: number, max: number): void {
  if (!(value >= 1 && value <= max) || value % 1) throw invalidOption(name, `an integer from 1 to ${max}`, value);
}
