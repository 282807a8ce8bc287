import { CephError, complete, CooperativeThread, defaultContext, ERRNO } from '@cephts/common';
import type { CephContext, Completion } from '@cephts/common';
import type { FinisherOptions, QueueOptions } from './options.js';

/**
 * Completes contexts in order on a thread of its own.
 *
 * @see src/common/Finisher.cc (16.2.15)
 */
export class Finisher {
  readonly #thread: CooperativeThread;
  #queue: { context: Completion; r: number }[] = [];
  #waiters: (() => void)[] = [];

  /**
   * @param cct clock, thread table, perf counters; the default context where not given
   */
  constructor(cct: CephContext = defaultContext(), options: FinisherOptions = {}) {
    this.#thread = new CooperativeThread(cct, {
      name: options.threadName ?? 'fn_anonymous',
      owner: options.owner ?? 'Finisher',
      purpose: options.purpose ?? 'completes contexts in order',
      entry: (deadline) => this.#entry(deadline, cct),
    });
  }

  /** Entries that wait. */
  get length(): number {
    return this.#queue.length;
  }

  /** True between {@link start} and the end of {@link stop}. */
  get started(): boolean {
    return this.#thread.started;
  }

  /**
   * Queues one completion, or takes a whole list over (each with result 0) and empties it.
   *
   * @returns false when the entry was dropped, its completion being told so
   * @throws CephError `ERR_CEPH_FULL`, `ERR_CEPH_CLOSED`
   */
  queue(context: Completion, r?: number, options?: QueueOptions): boolean;
  queue(list: Completion[]): boolean;
  queue(context: Completion | Completion[], r = 0, _options?: QueueOptions): boolean {
    if (Array.isArray(context)) for (const one of context.splice(0)) this.#queue.push({ context: one, r: 0 });
    else this.#queue.push({ context, r });
    this.#thread.wake();
    return true;
  }

  start(): void {
    this.#thread.start();
  }

  /** Resolves when nothing waits and nothing runs; at once where that is so. */
  waitForEmpty(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Runs everything queued, then leaves the thread table; may be started again. */
  async stop(): Promise<void> {
    if (!this.#thread.started) return;
    await this.waitForEmpty();
    this.#thread.stop();
  }

  /** No more turns until {@link resume}; entries queue on. */
  pause(): void {
    throw new CephError('ERR_CEPH_STATE', 'pause');
  }

  resume(): void {
    throw new CephError('ERR_CEPH_STATE', 'resume');
  }

  /** Takes nothing more, completes everything, then stops for good. */
  close(): Promise<void> {
    return this.stop();
  }

  /** Completes all that waits with the error's errno (ECANCELED where it has none), then stops for good. */
  async destroy(_error?: unknown): Promise<void> {
    for (const { context } of this.#queue.splice(0)) complete(context, -ERRNO.ECANCELED);
    await this.stop();
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #entry(deadline: number, cct: CephContext): boolean {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const [i, { context, r }] of batch.entries()) {
        try {
          complete(context, r);
        } catch (error) {
          cct.reportError(error, this.#thread.name);
        }
        if (cct.clock.monotonicNow() >= deadline && i + 1 < batch.length) {
          this.#queue = [...batch.slice(i + 1), ...this.#queue];
          return true;
        }
      }
    }
    for (const resolve of this.#waiters.splice(0)) resolve();
    return false;
  }
}
