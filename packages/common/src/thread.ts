import type { PrimitiveContext } from './primitive-context.js';
import type { Runnable } from './run-queue.js';
import type { ThreadEntry } from './thread-table.js';

/** Options of {@link CooperativeThread}. */
export interface CooperativeThreadOptions {
  /** Ceph's name of the thread, as in `'ms_dispatch'`. */
  name: string;
  /** The class it works for. */
  owner: string;
  /** One sentence for `thread ls`. */
  purpose: string;
  /**
   * The body of the run loop: works until there is nothing to do (returns false: the thread sleeps until woken) or until `deadline`,
   * in monotonic ms, has passed with work left (returns true). It never awaits.
   */
  entry: (deadline: number) => boolean;
}

/**
 * A thread of the isolate that is the lock: a named object with a run loop, a wake-up, a state and counters, listed in the thread table.
 * It runs to completion between awaits of others, as a C++ thread does while it holds mds_lock.
 *
 * An error thrown by `entry` is reported through {@link CephContext.reportError} and does not end the thread.
 */
export class CooperativeThread implements Runnable {
  readonly #cct: PrimitiveContext;
  readonly #options: CooperativeThreadOptions;
  #entry: ThreadEntry | undefined;
  #started = false;
  #running = false;

  constructor(cct: PrimitiveContext, options: CooperativeThreadOptions) {
    this.#cct = cct;
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** True between {@link start} and {@link stop}. */
  get started(): boolean {
    return this.#started;
  }

  /** True while `entry` is on the stack: the caller is this thread. */
  get isCurrent(): boolean {
    return this.#running;
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
  startAsleep(): void {
    if (this.#started) return;
    this.#started = true;
    const { name, owner, purpose } = this.#options;
    this.#entry = this.#cct.threads?.add({ name, owner, purpose, kind: 'cooperative' });
    if (this.#entry) this.#entry.state = 'waiting';
  }

  /** Gives the thread a turn soon (after the present one, where it runs); nothing happens where it has one coming. */
  wake(): void {
    const { runQueue } = this.#cct;
    if (!this.#started || runQueue.has(this)) return;
    this.#entry?.woken();
    runQueue.schedule(this);
  }

  /** Leaves the thread table; no turn follows. */
  stop(): void {
    this.#started = false;
    if (this.#entry) this.#cct.threads?.remove(this.#entry);
    this.#entry = undefined;
  }

  /** Called by the run queue. */
  runSlice(deadline: number): boolean {
    const cct = this.#cct;
    const { clock, currentThread } = cct;
    let more = this.#started;
    if (!more) return false;
    this.#entry?.begins(clock.monotonicNow());
    cct.currentThread = this.name;
    this.#running = true;
    try {
      more = this.#options.entry(deadline);
    } catch (error) {
      cct.reportError(error, this.name);
    } finally {
      this.#running = false;
      cct.currentThread = currentThread;
    }
    this.#entry?.ends(clock.monotonicNow(), more || cct.runQueue.has(this));
    return more && this.#started;
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
