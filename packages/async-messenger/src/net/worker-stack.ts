import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CephContext, CephError, TimerHandle } from '@cephts/common';
import type { EntityAddr } from '@cephts/encoding';
import { MsgrThread } from './msgr-thread.js';
import type { Listener, NetworkStack } from './network-stack.js';
import type { Wire, WireOwner } from './wire.js';

// a bundler would copy the file without what it imports; left alone it is found where it lies, or the event centers run inline
const ENTRY = new URL(/* webpackIgnore: true */ './msgr-worker.worker.js', import.meta.url);

/** Ms until a thread that died young, or a listener, is tried again, at first and at most. */
const FIRST_RETRY = 100;
const LAST_RETRY = 5000;

/** Options of {@link WorkerStack}. */
export interface WorkerStackOptions {
  threads: number;
  backlog: number;
  /** What the threads run. @defaultValue the one that is built */
  entry?: URL;
  /** Told when the last user is gone. */
  onEnd?: () => void;
}

/** The place of one thread, and of who follows it. */
interface Seat {
  thread: MsgrThread;
  /** Ms until the next one comes, where this one dies young. */
  delay: number;
  respawn: TimerHandle;
}

/** A place where one of the threads listens; another one takes over where it dies. */
interface Door {
  thread: MsgrThread;
  addr: EntityAddr;
  accept: (wire: Wire) => WireOwner | undefined;
  close: () => Promise<void>;
  closed: boolean;
  retry: TimerHandle;
}

/**
 * The system's sockets in real threads msgr-worker-N, shared by the messengers of one context. New connections go to the thread that has
 * the fewest; what one listener accepts stays with the listener's thread, since Node cannot hand a socket from one thread to another.
 *
 * A thread that dies faults its connections, which come back on another; a new thread takes its place and its listeners, at once, or later and
 * later where one after the other dies before it was of use.
 */
export class WorkerStack implements NetworkStack {
  readonly name = 'workers';
  readonly #cct: CephContext;
  readonly #options: WorkerStackOptions;
  readonly #seats: Seat[] = [];
  readonly #doors = new Set<Door>();
  #users = 0;

  constructor(cct: CephContext, options: WorkerStackOptions) {
    this.#cct = cct;
    this.#options = options;
  }

  /** Is the threads' entry there? Not so where the sources run without a build. */
  static get isAvailable(): boolean {
    return existsSync(fileURLToPath(ENTRY));
  }

  /** The threads. @internal */
  get threads(): readonly MsgrThread[] {
    return this.#seats.map(({ thread }) => thread);
  }

  connect(addr: EntityAddr, owner: WireOwner): Wire {
    return this.#idlest().connect(addr, owner);
  }

  async listen(addr: EntityAddr, accept: (wire: Wire) => WireOwner | undefined): Promise<Listener> {
    const thread = this.#idlest();
    const { port, close } = await thread.listen(addr, accept);
    const door: Door = { thread, addr: addr.withPort(port), accept, close, closed: false, retry: undefined };
    this.#doors.add(door);
    return {
      addr: door.addr,
      close: () => {
        door.closed = true;
        this.#cct.clock.clearTimeout(door.retry);
        this.#doors.delete(door);
        return door.close();
      },
    };
  }

  retain(): void {
    this.#users++;
    while (this.#seats.length < this.#options.threads) {
      const seat: Seat = { thread: this.#spawn(this.#seats.length), delay: FIRST_RETRY, respawn: undefined };
      this.#seats.push(seat);
    }
  }

  async release(): Promise<void> {
    if (--this.#users > 0) return;
    this.#options.onEnd?.();
    const seats = this.#seats.splice(0);
    for (const { respawn } of seats) this.#cct.clock.clearTimeout(respawn);
    await Promise.all(seats.map(({ thread }) => thread.stop()));
  }

  #spawn(index: number): MsgrThread {
    const { backlog, entry = ENTRY } = this.#options;
    return new MsgrThread(this.#cct, {
      name: `msgr-worker-${index}`,
      url: entry,
      backlog,
      onDeath: (error) => this.#died(index, error),
    });
  }

  #idlest(): MsgrThread {
    return this.threads.reduce((best, thread) => (thread.references < best.references ? thread : best));
  }

  #died(index: number, error: CephError): void {
    const seat = this.#seats[index];
    if (!seat) return;
    const { thread } = seat;
    const delay = thread.hasLived ? 0 : seat.delay;
    const why = (error.cause as Error | undefined)?.message ?? error.message;
    const when = delay === 0 ? '' : ` in ${delay} ms`;
    this.#cct.dout('ms', -1, `${thread.name} died: ${why}; its connections fault, another thread takes its place${when}`);
    seat.delay = delay === 0 ? FIRST_RETRY : longer(delay);
    if (delay === 0) {
      this.#succeed(seat, index);
      return;
    }
    const { clock } = this.#cct;
    seat.respawn = clock.setTimeout(() => this.#succeed(seat, index), delay);
    // listeners hold the process open, as ever
    if (!this.#doorsOf(thread).length) clock.unref(seat.respawn);
  }

  #succeed(seat: Seat, index: number): void {
    const doors = this.#doorsOf(seat.thread);
    seat.thread = this.#spawn(index);
    for (const door of doors) void this.#reopen(door, seat.thread);
  }

  #doorsOf(thread: MsgrThread): Door[] {
    return [...this.#doors].filter((door) => door.thread === thread);
  }

  /** Listens again at the same place; where somebody else has taken the port meanwhile, tries until it is free. */
  async #reopen(door: Door, thread: MsgrThread, delay = FIRST_RETRY): Promise<void> {
    door.thread = thread;
    try {
      const { close } = await thread.listen(door.addr, door.accept);
      door.close = close;
      if (door.closed) await close();
    } catch (error) {
      // whoever follows a dead thread takes over its doors
      if (door.closed || thread.isDead) return;
      this.#cct.dout('ms', -1, `${thread.name}: ${(error as Error).message}; tries again in ${delay} ms`);
      const retry = (): void => {
        if (door.thread === thread) void this.#reopen(door, thread, longer(delay));
      };
      door.retry = this.#cct.clock.setTimeout(retry, delay);
    }
  }
}

function longer(delay: number): number {
  return Math.min(2 * delay, LAST_RETRY);
}
