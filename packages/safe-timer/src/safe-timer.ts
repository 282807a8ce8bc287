import { complete, defaultContext } from '@cephts/common';
import type { CephContext, Completion, TimerHandle } from '@cephts/common';
import type { EventOptions, SafeTimerOptions, TimerEvent } from './options.js';

/**
 * Timed events which, once cancelled, never run.
 *
 * @see src/common/Timer.cc (16.2.15)
 */
export class SafeTimer {
  readonly #cct: CephContext;
  readonly #events = new Map<TimerEvent, TimerHandle>();
  #next = 1;
  #stopping = false;

  /**
   * @param cct clock and thread table; the default context where not given
   */
  constructor(cct: CephContext = defaultContext(), _options: SafeTimerOptions = {}) {
    this.#cct = cct;
  }

  /** Enters the thread table. Events may be added before; the first one does it too. */
  init(): void {
    // nothing to prepare yet
  }

  /** Events that wait. */
  get length(): number {
    return this.#events.size;
  }

  /**
   * Completes `callback` with 0 in `ms` milliseconds (of the monotonic clock; any length).
   *
   * @returns the event; 0 after {@link shutdown}, the callback being forgotten
   */
  addEventAfter(ms: number, callback: Completion, _options?: EventOptions): TimerEvent {
    if (this.#stopping) return 0;
    const event = this.#next++;
    const handle = this.#cct.clock.setTimeout(() => {
      this.#events.delete(event);
      complete(callback, 0);
    }, ms);
    this.#cct.clock.unref(handle);
    this.#events.set(event, handle);
    return event;
  }

  /** As {@link addEventAfter}, at `when`: wall-clock ms since 1970, or a Date. */
  addEventAt(when: number | Date, callback: Completion, options?: EventOptions): TimerEvent {
    return this.addEventAfter(Math.max(0, Number(when) - this.#cct.clock.now()), callback, options);
  }

  /** Completes `callback` every `ms` milliseconds, without drift or overlap, until cancelled; the event stays the same. */
  addEventEvery(ms: number, callback: Completion, _options?: EventOptions): TimerEvent {
    if (this.#stopping) return 0;
    const event = this.#next++;
    const arm = (): void => {
      const handle = this.#cct.clock.setTimeout(() => {
        arm();
        complete(callback, 0);
      }, ms);
      this.#cct.clock.unref(handle);
      this.#events.set(event, handle);
    };
    arm();
    return event;
  }

  /** True: the event was pending and never runs. False: it was never there, has run, or runs now. */
  cancelEvent(event: TimerEvent): boolean {
    const handle = this.#events.get(event);
    if (handle === undefined) return false;
    this.#cct.clock.clearTimeout(handle);
    return this.#events.delete(event);
  }

  /** Cancels every event; @returns how many there were */
  cancelAllEvents(): number {
    const count = this.#events.size;
    for (const event of [...this.#events.keys()]) this.cancelEvent(event);
    return count;
  }

  /** Cancels every event and takes no more. */
  shutdown(): void {
    this.#stopping = true;
    this.cancelAllEvents();
  }
}
