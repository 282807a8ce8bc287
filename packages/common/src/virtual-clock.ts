import type { Clock, TimerHandle } from './clock.js';
import { Fifo } from './fifo.js';

interface VirtualTimer {
  at: number;
  order: number;
  callback: () => void;
  position: number;
}

/**
 * A clock that stands still until it is told to move: `advance(ms)` runs everything that falls due on the way, in order of time and,
 * for equal times, of insertion. What is deferred runs before time moves on. One history for one sequence of calls. What a callback throws
 * goes to the caller; what was to follow it waits for the next call.
 *
 * @example
 * ```ts
 * const clock = new VirtualClock();
 * clock.setTimeout(() => console.log('a minute later'), 60_000);
 * clock.advance(60_000);
 * ```
 */
export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #epoch: number;
  readonly #heap: VirtualTimer[] = [];
  readonly #deferred = new Fifo<() => void>();
  #wallStep = 0;

  /** @param epoch wall-clock time, in ms since 1970, at virtual time 0. @defaultValue 2024-01-01 */
  constructor(epoch = 1_704_067_200_000) {
    this.#epoch = epoch;
  }

  monotonicNow(): number {
    return this.#now;
  }

  now(): number {
    return this.#epoch + this.#wallStep + this.#now;
  }

  /** Steps the wall clock by `ms` (of either sign) and leaves monotonic time alone, as an NTP correction does. */
  stepWallClock(ms: number): void {
    this.#wallStep += ms;
  }

  setTimeout(callback: () => void, delay: number): TimerHandle {
    const timer: VirtualTimer = { at: this.#now + Math.max(0, delay), order: this.#order++, callback, position: this.#heap.length };
    this.#heap.push(timer);
    this.#up(timer.position);
    return timer;
  }

  clearTimeout(handle: TimerHandle): void {
    const timer = handle as VirtualTimer | undefined;
    if (timer && this.#heap[timer.position] === timer) this.#removeAt(timer.position);
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  unref(): void {
    // nothing holds the process open here
  }

  /** Timers and deferred callbacks that have not run yet. */
  get pending(): number {
    return this.#heap.length + this.#deferred.length;
  }

  /** Virtual time of the next timer, or undefined. */
  get nextTimerAt(): number | undefined {
    return this.#heap[0]?.at;
  }

  /** Runs what is deferred, and what that defers, until nothing is; timers stay. Returns how many callbacks ran. */
  runDeferred(): number {
    let ran = 0;
    for (let callback; (callback = this.#deferred.shift()); ran++) callback();
    return ran;
  }

  /** Moves time forward by `ms`, running everything due on the way. */
  advance(ms: number): void {
    const target = this.#now + ms;
    this.runDeferred();
    for (let next = this.#heap[0]; next && next.at <= target; next = this.#heap[0]) {
      this.#runNext(next);
    }
    this.#now = target;
    this.runDeferred();
  }

  /** As {@link advance}, but lets promise callbacks run after every step. */
  async advanceAsync(ms: number): Promise<void> {
    const target = this.#now + ms;
    await this.settle();
    for (let next = this.#heap[0]; next && next.at <= target; next = this.#heap[0]) {
      this.#runNext(next);
      await this.settle();
    }
    this.#now = target;
    await this.settle();
  }

  /** Lets promise callbacks and deferred callbacks run until neither is left; time stands still. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 8; quiet++) {
      if (this.runDeferred() > 0) quiet = 0;
      await Promise.resolve();
    }
    this.runDeferred();
  }

  /** Runs the next due timer only, moving time to it. Returns false when there is none. */
  step(): boolean {
    this.runDeferred();
    const next = this.#heap[0];
    if (!next) return false;
    this.#runNext(next);
    return true;
  }

  #runNext(timer: VirtualTimer): void {
    this.#removeAt(0);
    this.#now = Math.max(this.#now, timer.at);
    timer.callback();
    this.runDeferred();
  }

  #before(a: VirtualTimer, b: VirtualTimer): boolean {
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #place(timer: VirtualTimer, position: number): void {
    this.#heap[position] = timer;
    timer.position = position;
  }

  #removeAt(position: number): void {
    const last = this.#heap.pop();
    if (!last || position === this.#heap.length) return;
    this.#place(last, position);
    this.#up(position);
    this.#down(last.position);
  }

  #up(position: number): void {
    const timer = this.#heap[position] as VirtualTimer;
    while (position > 0) {
      const parentAt = (position - 1) >> 1;
      const parent = this.#heap[parentAt] as VirtualTimer;
      if (!this.#before(timer, parent)) break;
      this.#place(parent, position);
      position = parentAt;
    }
    this.#place(timer, position);
  }

  #down(position: number): void {
    const timer = this.#heap[position] as VirtualTimer;
    for (;;) {
      let childAt = position * 2 + 1;
      let child = this.#heap[childAt];
      if (!child) break;
      const right = this.#heap[childAt + 1];
      if (right && this.#before(right, child)) {
        child = right;
        childAt++;
      }
      if (!this.#before(child, timer)) break;
      this.#place(child, position);
      position = childAt;
    }
    this.#place(timer, position);
  }
}
