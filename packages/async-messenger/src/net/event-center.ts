import { CooperativeThread } from '@cephts/common';
import type { CephContext } from '@cephts/common';
import type { NetworkStack } from './network-stack.js';
import type { Turns } from './posix-socket.js';

/** Something with bytes or messages to hand to its socket. */
export interface Writer {
  /** Hands over what there is. */
  writeEvent(): void;
}

/** Turns in one pass of the event loop from which on those who write wait for its end. */
const CROWD = 4;
/** One of so many turns looks how many there are in its pass. */
const PROBE = 16;
/** As microtasks do: before the event loop goes on, in the order in which promises were waited for. */
const settled = Promise.resolve();

/**
 * Collects who wants to write and lets all of them do so once a turn: messages that are sent in one go leave in one write. A turn comes when a
 * socket was read; where many sockets are read in one pass of the event loop, it comes at the end of the pass, so that what several of them
 * brought for one and the same leaves in one write. What is sent at other times, as by whoever awaited a message, leaves as soon as nobody has
 * anything to do at once.
 *
 * @see src/msg/async/Event.cc (16.2.15)
 */
export class EventCenter implements Turns {
  #dirty: Writer[] = [];
  /** Used in turns with the other one. */
  #spare: Writer[] = [];
  readonly #cct: CephContext;
  #thread: CooperativeThread | undefined;
  #scheduled = false;
  /** Turns since somebody counted them. */
  #turns = 0;
  /** Are those who write waiting for the end of the pass? */
  #crowded = false;
  #stopped = false;
  /** Is the end of the pass awaited? */
  #armed = false;
  /** Does the event loop of Node call in? */
  #isLooping = false;
  /** Depth of {@link enter}. */
  #entered = 0;
  /** When somebody first asked in this turn. */
  #asked: number | undefined;

  constructor(cct: CephContext) {
    this.#cct = cct;
  }

  /** @param stack the kind of sockets; those of threads have no turns here */
  start(stack: NetworkStack['name']): void {
    if (stack === 'workers') return;
    this.#isLooping = stack === 'posix';
    this.#thread = new CooperativeThread(this.#cct, {
      name: 'msgr-worker-0',
      owner: 'AsyncMessenger',
      purpose: 'sockets, frames and checksums of the messenger, inline in the main isolate',
      entry: () => this.runSlice(),
    });
    this.#thread.startAsleep();
  }

  stop(): void {
    this.#stopped = true;
    this.#thread?.stop();
    this.#dirty = [];
  }

  /** Gives `writer` its turn soon; the caller keeps it from being added twice. */
  add(writer: Writer): void {
    this.#dirty.push(writer);
    if (this.#thread?.started) {
      if (!this.#isLooping || this.#entered > 0) this.#thread.wake();
      else if (this.#dirty.length === 1) void settled.then(this.#atOnce);
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      this.#cct.runQueue.schedule(this);
    }
  }

  /** Monotonic ms: one time for all that is read in a turn, as asking for it takes as long as copying a message does. */
  get now(): number {
    if (this.#entered === 0) return this.#cct.clock.monotonicNow();
    return (this.#asked ??= this.#cct.clock.monotonicNow());
  }

  enter(): void {
    this.#entered++;
    this.#cct.runQueue.enter();
  }

  leave(later?: boolean): void {
    this.#entered--;
    this.#asked = undefined;
    this.#cct.runQueue.leave(later);
  }

  /** Called by the run queue. */
  runSlice(): boolean {
    this.#scheduled = false;
    if (this.#thread !== undefined && ++this.#turns % PROBE === 0 && !this.#armed) this.#awaitEnd();
    if (this.#crowded) {
      this.#awaitEnd();
      return false;
    }
    this.#writeAll();
    return this.#thread !== undefined && this.#dirty.length > 0;
  }

  #writeAll(): void {
    const dirty = this.#dirty;
    this.#dirty = this.#spare;
    this.#spare = dirty;
    for (const writer of dirty) writer.writeEvent();
    // V8 takes long to shorten an array at once
    while (dirty.length > 0) dirty.pop();
  }

  #awaitEnd(): void {
    if (this.#armed) return;
    this.#armed = true;
    this.#turns = 0;
    this.#cct.clock.defer(this.#atEnd);
  }

  /** Nobody who awaited something has anything to do any more. */
  readonly #atOnce = (): void => {
    if (this.#dirty.length > 0) this.#thread?.runSlice(Infinity);
  };

  readonly #atEnd = (): void => {
    this.#armed = false;
    const wasCrowded = this.#crowded;
    this.#crowded = this.#turns >= CROWD;
    this.#turns = 0;
    if (wasCrowded && !this.#stopped) this.#writeAll();
  };
}
