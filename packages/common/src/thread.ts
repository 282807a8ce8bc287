import { LoopThread } from './loop-thread.js';
import type { LoopThreadOptions } from './loop-thread.js';
import type { PrimitiveContext } from './primitive-context.js';
import type { Runnable, RunQueue } from './run-queue.js';
import type { ThreadEntry } from './thread-table.js';

/** Options of {@link CooperativeThread}. */
export type CooperativeThreadOptions = LoopThreadOptions;

/** What a cooperative thread needs of its context. */
export interface ThreadContext extends PrimitiveContext {
  readonly runQueue: RunQueue;
}

/**
 * A thread of the isolate that is the lock: a named object with a run loop, a wake-up, a state and counters, listed in the thread table.
 * It runs to completion between awaits of others, as a C++ thread does while it holds mds_lock.
 *
 * An error thrown by `entry` is reported through {@link CephContext.reportError} and does not end the thread: `entry` gets another turn.
 */
export class CooperativeThread extends LoopThread implements Runnable {
  readonly #cct: ThreadContext;
  #entry: ThreadEntry | undefined;

  constructor(cct: ThreadContext, options: CooperativeThreadOptions) {
    super(cct, options);
    this.#cct = cct;
  }

  /** The thread's line in the table while it is started; undefined where the context has no table. */
  get stats(): ThreadEntry | undefined {
    return this.#entry;
  }

  /** Enters the thread table and gives `entry` a first turn. */
  start(): void {
    this.startAsleep();
    this.wake();
  }

  /** Enters the thread table; the first turn comes when it is woken. */
  override startAsleep(): void {
    if (this.started) return;
    super.startAsleep();
    const { name, owner, purpose } = this.options;
    this.#entry = this.#cct.threads?.add({ name, owner, purpose, kind: 'cooperative' });
    if (this.#entry) this.#entry.state = 'waiting';
  }

  override wake(): void {
    if (!this.started) return;
    const { runQueue } = this.#cct;
    if (!runQueue.has(this)) this.#entry?.woken();
    runQueue.schedule(this);
  }

  /** As {@link wake}: it shares the slice with the other threads. */
  override turn(): void {
    this.wake();
  }

  /** Leaves the thread table; no turn follows. */
  override stop(): void {
    super.stop();
    if (this.#entry) this.#cct.threads?.remove(this.#entry);
    this.#entry = undefined;
  }

  override addItems(count: number, queued?: number): void {
    const entry = this.#entry;
    if (!entry) return;
    entry.addItems(count);
    if (queued !== undefined) entry.queued = queued;
  }

  override runSlice(deadline: number): boolean {
    const cct = this.#cct;
    const { clock, currentThread } = cct;
    if (!this.started) return false;
    this.#entry?.begins(clock.monotonicNow());
    cct.currentThread = this.name;
    let more = true;
    try {
      more = super.runSlice(deadline);
    } finally {
      cct.currentThread = currentThread;
      this.#entry?.ends(clock.monotonicNow(), more || cct.runQueue.has(this));
    }
    return more && this.started;
  }
}

/**
 * A cooperative thread that runs one asynchronous function to its end and then leaves the table: recovery_thread, md_log_replay.
 * `join()` resolves when it is done and rejects with what it threw.
 */
export class TransientThread {
  readonly #cct: PrimitiveContext;
  readonly #info: Omit<CooperativeThreadOptions, 'entry'>;
  #entry: ThreadEntry | undefined;
  #started = false;
  #done: Promise<void> = Promise.resolve();

  constructor(cct: PrimitiveContext, info: Omit<CooperativeThreadOptions, 'entry'>) {
    this.#cct = cct;
    this.#info = info;
  }

  get started(): boolean {
    return this.#started;
  }

  get stats(): ThreadEntry | undefined {
    return this.#entry;
  }

  start(main: () => Promise<void>): void {
    const { name, owner, purpose } = this.#info;
    const entry = this.#cct.threads?.add({ name, owner, purpose, kind: 'cooperative' });
    this.#started = true;
    this.#entry = entry;
    if (entry) entry.state = 'running';
    entry?.countWakeup();
    const begin = this.#cct.clock.monotonicNow();
    this.#done = main().finally(() => {
      entry?.countSlice(this.#cct.clock.monotonicNow() - begin);
      this.#started = false;
      this.#entry = undefined;
      if (entry) this.#cct.threads?.remove(entry);
    });
    this.#done.catch(() => undefined);
  }

  join(): Promise<void> {
    return this.#done;
  }
}
