import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CephContext } from '@cephts/common';
import type { EntityAddr } from '@cephts/encoding';
import { MsgrThread } from './msgr-thread.js';
import type { Listener, NetworkStack } from './network-stack.js';
import type { Wire, WireOwner } from './wire.js';

// a bundler would copy the file without what it imports; left alone it is found where it lies, or the event centers run inline
const ENTRY = new URL(/* webpackIgnore: true */ './msgr-worker.worker.js', import.meta.url);

/** Ms until a listener is tried again, at first and at most. */
const FIRST_RETRY = 100;
const LAST_RETRY = 5000;

/** Options of {@link WorkerStack}. */
export interface WorkerStackOptions {
  threads: number;
  backlog: number;
  /** Told when the last user is gone. */
  onEnd?: () => void;
}

/** A place where one of the threads listens; another one takes over where it dies. */
interface Door {
  thread: MsgrThread;
  addr: EntityAddr;
  accept: (wire: Wire) => WireOwner | undefined;
  close: () => Promise<void>;
  closed: boolean;
}

/**
 * The system's sockets in real threads msgr-worker-N, shared by the messengers of one context. New connections go to the thread that has
 * the fewest; what one listener accepts stays with the listener's thread, since Node cannot hand a socket from one thread to another.
 *
 * A thread that dies faults its connections, which come back on another; a new thread takes its place and its listeners.
 */
export class WorkerStack implements NetworkStack {
  readonly name = 'workers';
  readonly #cct: CephContext;
  readonly #options: WorkerStackOptions;
  readonly #threads: MsgrThread[] = [];
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
    return this.#threads;
  }

  connect(addr: EntityAddr, owner: WireOwner): Wire {
    return this.#idlest().connect(addr, owner);
  }

  async listen(addr: EntityAddr, accept: (wire: Wire) => WireOwner | undefined): Promise<Listener> {
    const thread = this.#idlest();
    const { port, close } = await thread.listen(addr, accept);
    const door: Door = { thread, addr: addr.withPort(port), accept, close, closed: false };
    this.#doors.add(door);
    return {
      addr: door.addr,
      close: () => {
        door.closed = true;
        this.#doors.delete(door);
        return door.close();
      },
    };
  }

  retain(): void {
    this.#users++;
    while (this.#threads.length < this.#options.threads) this.#threads.push(this.#spawn(this.#threads.length));
  }

  async release(): Promise<void> {
    if (--this.#users > 0) return;
    this.#options.onEnd?.();
    await Promise.all(this.#threads.splice(0).map((thread) => thread.stop()));
  }

  #spawn(index: number): MsgrThread {
    const { backlog } = this.#options;
    return new MsgrThread(this.#cct, {
      name: `msgr-worker-${index}`,
      url: ENTRY,
      backlog,
      onDeath: (thread) => this.#replace(thread),
    });
  }

  #idlest(): MsgrThread {
    return this.#threads.reduce((best, thread) => (thread.references < best.references ? thread : best));
  }

  #replace(dead: MsgrThread): void {
    this.#cct.dout('ms', -1, `${dead.name} died; its connections fault, another thread takes its place`);
    const index = this.#threads.indexOf(dead);
    if (index < 0) return;
    const thread = this.#spawn(index);
    this.#threads[index] = thread;
    for (const door of this.#doors) if (door.thread === dead) void this.#reopen(door, thread);
  }

  /** Listens again at the same place; where somebody else has taken the port meanwhile, tries until it is free. */
  async #reopen(door: Door, thread: MsgrThread, delay = FIRST_RETRY): Promise<void> {
    door.thread = thread;
    try {
      const { close } = await thread.listen(door.addr, door.accept);
      door.close = close;
      if (door.closed) await close();
    } catch (error) {
      this.#cct.dout('ms', -1, `${thread.name}: ${(error as Error).message}; tries again in ${delay} ms`);
      const { clock } = this.#cct;
      const retry = (): void => {
        if (!door.closed && door.thread === thread) void this.#reopen(door, thread, Math.min(2 * delay, LAST_RETRY));
      };
      clock.unref(clock.setTimeout(retry, delay));
    }
  }
}
