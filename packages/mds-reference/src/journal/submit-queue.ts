import type { Completion } from '@cephts/common';
import type { LogEvent } from './log-event.js';

/** What md_submit has to do: append an event, wait for what was appended, start a flush; any of the three. */
export interface PendingEvent {
  readonly event: LogEvent | undefined;
  readonly fin: Completion | undefined;
  flush: boolean;
}

/** First in, first out, O(1); an array with a moving head. */
export class SubmitQueue {
  #items: (PendingEvent | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(event: LogEvent | undefined, fin: Completion | undefined, flush: boolean): void {
    this.#items.push({ event, fin, flush });
  }

  /** The youngest entry is to start a flush. */
  flushAfterLast(): void {
    const last = this.#items[this.#items.length - 1];
    if (last) last.flush = true;
  }

  shift(): PendingEvent | undefined {
    const head = this.#head;
    if (head >= this.#items.length) return undefined;
    const item = this.#items[head];
    this.#items[head] = undefined;
    this.#head++;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head >= 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
