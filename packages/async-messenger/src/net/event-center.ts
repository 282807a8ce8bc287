import { CooperativeThread } from '@cephts/common';
import type { CephContext } from '@cephts/common';

/** Something with bytes or messages to hand to its socket. */
export interface Writer {
  /** Hands over what there is. */
  writeEvent(): void;
}

/**
 * Collects who wants to write and lets all of them do so once a turn: messages that are sent in one go leave in one write.
 *
 * @see src/msg/async/Event.cc (16.2.15)
 */
export class EventCenter {
  #dirty: Writer[] = [];
  readonly #cct: CephContext;
  readonly #thread: CooperativeThread | undefined;
  #scheduled = false;

  /** @param name of the thread in the table; undefined where the sockets have real threads of their own */
  constructor(cct: CephContext, name: string | undefined) {
    this.#cct = cct;
    if (name === undefined) return;
    this.#thread = new CooperativeThread(cct, {
      name,
      owner: 'AsyncMessenger',
      purpose: 'sockets, frames and checksums of the messenger, inline in the main isolate',
      entry: () => this.runSlice(),
    });
  }

  start(): void {
    this.#thread?.startAsleep();
  }

  stop(): void {
    this.#thread?.stop();
    this.#dirty = [];
  }

  /** Gives `writer` its turn soon; the caller keeps it from being added twice. */
  add(writer: Writer): void {
    this.#dirty.push(writer);
    if (this.#thread?.started) {
      this.#thread.wake();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      this.#cct.runQueue.schedule(this);
    }
  }

  /** Called by the run queue. */
  runSlice(): boolean {
    this.#scheduled = false;
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const writer of dirty) writer.writeEvent();
    return this.#thread !== undefined && this.#dirty.length > 0;
  }
}
