import { CephError, realClock } from '@cephts/common';
import type { CephContext } from '@cephts/common';
import { WorkerThread } from '@cephts/common/node';
import { EntityAddr } from '@cephts/encoding';
import { MessageParts } from '../protocol/message-parts.js';
import type { Tag } from '../protocol/tag.js';
import { NOBODY } from './posix-stack.js';
import { SlabReader, SlabWriter } from './slab.js';
import type { Wire, WireOwner } from './wire.js';
import { WorkerWire } from './worker-wire.js';
import { Command, Report } from './worker-records.js';
import type { Batch } from './worker-records.js';

/** Options of {@link MsgrThread}. */
export interface MsgrThreadOptions {
  name: string;
  url: URL;
  backlog: number;
  /** Told when it ended unasked, and why. */
  onDeath: (error: CephError) => void;
}

/** Records worked off before what they brought is dispatched: what is dispatched soon dies young, and a large batch's messages would not. */
const AT_ONCE = 64;

/** Ms after which a thread has shown that it can live. */
const GROWN_UP = 5000;

interface ThreadListener {
  accept: (wire: Wire) => WireOwner | undefined;
  listening: ((port: number, error: CephError | undefined) => void) | undefined;
  closed: (() => void) | undefined;
}

/** The main isolate's side of one msgr-worker thread. */
export class MsgrThread {
  readonly name: string;
  /** When the batch at hand was made, monotonic ms. */
  receivedAt: number | undefined = undefined;
  readonly #cct: CephContext;
  readonly #thread: WorkerThread;
  readonly #out = new SlabWriter();
  readonly #wires = new Map<number, WorkerWire>();
  readonly #listeners = new Map<number, ThreadListener>();
  readonly #parts = new MessageParts();
  #nextId = 1;
  #scheduled = false;
  #handling = false;
  #dead = false;
  readonly #begin: number;
  #served = false;

  constructor(cct: CephContext, options: MsgrThreadOptions) {
    this.#cct = cct;
    this.name = options.name;
    this.#begin = cct.clock.monotonicNow();
    this.#thread = new WorkerThread(cct, {
      name: options.name,
      owner: 'AsyncMessenger',
      purpose: 'sockets, frames, checksums and encryption of the messengers’ connections',
      url: options.url,
      workerData: { backlog: options.backlog },
      onMessage: (batch) => this.#handle(batch as Batch),
      onDeath: (error) => {
        this.#die(error.message);
        options.onDeath(error);
      },
    });
  }

  /** Wires and listeners it has: the load by which new ones are spread. A dead one takes none. */
  get references(): number {
    return this.#dead ? Infinity : this.#wires.size + this.#listeners.size;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  /** Has it had a connection, or run for long? One that has not may have died of what the next one dies of. */
  get hasLived(): boolean {
    return this.#served || this.#cct.clock.monotonicNow() - this.#begin >= GROWN_UP;
  }

  /** The beginning of a record for the worker; the batch leaves with this turn. */
  command(kind: number, id: number): SlabWriter {
    if (!this.#scheduled && !this.#handling && !this.#dead) {
      this.#scheduled = true;
      this.#cct.runQueue.schedule(this);
    }
    return this.#out.two(kind, id);
  }

  /** Called by the run queue. */
  runSlice(): boolean {
    this.#scheduled = false;
    this.#post();
    return false;
  }

  connect(addr: EntityAddr, owner: WireOwner): Wire {
    const id = this.#nextId++;
    const wire = new WorkerWire(this, id, owner, addr, EntityAddr.BLANK);
    if (this.#dead) {
      this.#cct.clock.defer(() => wire.fault(`${this.name} has died`, undefined));
      return wire;
    }
    this.#add(id, wire);
    this.command(Command.CONNECT, id).text(String(addr));
    return wire;
  }

  /** Listens; resolves with the port. @throws CephError */
  listen(addr: EntityAddr, accept: (wire: Wire) => WireOwner | undefined): Promise<{ port: number; close: () => Promise<void> }> {
    if (this.#dead) return Promise.reject(new CephError('ERR_CEPH_THREAD_DIED', `${this.name} has died`));
    const id = this.#nextId++;
    this.#hold();
    return new Promise((resolve, reject) => {
      const listening = (port: number, error: CephError | undefined): void => {
        if (error) {
          this.#listeners.delete(id);
          this.#letGo();
          reject(error);
        } else resolve({ port, close: () => this.#unlisten(id) });
      };
      this.#listeners.set(id, { accept, listening, closed: undefined });
      this.command(Command.LISTEN, id).text(String(addr));
    });
  }

  forget(id: number): void {
    if (this.#wires.delete(id)) this.#letGo();
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    if (this.#dead) return;
    this.#thread.expectExit();
    this.command(Command.EXIT, 0);
    this.runSlice();
    this.#dead = true;
    await this.#thread.join();
  }

  /** Ends the thread as a crash would: for tests. */
  kill(): void {
    void this.#thread.worker.terminate();
  }

  #unlisten(id: number): Promise<void> {
    const listener = this.#listeners.get(id);
    if (!listener || this.#dead) return Promise.resolve();
    return new Promise((resolve) => {
      listener.closed = resolve;
      this.command(Command.UNLISTEN, id);
    });
  }

  #add(id: number, wire: WorkerWire): void {
    this.#wires.set(id, wire);
    this.#hold();
  }

  /** Sockets hold the process open, as they do inline; an idle thread does not. */
  #hold(): void {
    this.#thread.worker.ref();
  }

  #letGo(): void {
    if (this.references === 0) this.#thread.worker.unref();
  }

  #die(reason: string): void {
    this.#dead = true;
    const wires = [...this.#wires.values()];
    this.#wires.clear();
    for (const wire of wires) wire.fault(reason, undefined);
    for (const { listening, closed } of this.#listeners.values()) {
      listening?.(0, new CephError('ERR_CEPH_THREAD_DIED', reason));
      closed?.();
    }
    this.#listeners.clear();
  }

  /** Works a batch off, dispatching as it goes; what that has to say to the worker leaves in one go. */
  #handle({ records, buffers, at }: Batch): void {
    const { clock, runQueue } = this.#cct;
    // the worker knows the platform's clock only
    if (clock === realClock) this.receivedAt = at;
    const r = new SlabReader(records);
    const given = buffers.map((buffer) => new Uint8Array(buffer));
    this.#handling = true;
    try {
      while (!r.done) {
        runQueue.enter();
        try {
          for (let i = 0; i < AT_ONCE && !r.done; i++) this.#handleRecord(r, given);
        } finally {
          runQueue.leave();
        }
      }
    } finally {
      this.#handling = false;
      if (!this.#scheduled) this.#post();
    }
  }

  #post(): void {
    if (this.#out.length === 0) return;
    const { bytes, transfer } = this.#out.take();
    if (!this.#dead) this.#thread.postMessage({ records: bytes, buffers: [], at: 0 } satisfies Batch, transfer);
  }

  #handleRecord(r: SlabReader, buffers: readonly Uint8Array[]): void {
    const kind = r.u32();
    const id = r.u32();
    const wire = this.#wires.get(id);
    switch (kind) {
      case Report.MESSAGE:
      case Report.MESSAGE_GIVEN: {
        const parts = this.#parts;
        const wireLength = r.u32();
        parts.frontLength = r.u32();
        parts.middleLength = r.u32();
        parts.dataLength = r.u32();
        r.header(parts.header);
        if (kind === Report.MESSAGE_GIVEN) {
          parts.bytes = buffers[r.u32()]!;
          parts.frontAt = r.u32();
          parts.middleAt = r.u32();
          parts.dataAt = r.u32();
        } else {
          parts.bytes = r.bytes;
          parts.frontAt = r.raw(parts.frontLength);
          parts.middleAt = r.raw(parts.middleLength);
          parts.dataAt = r.raw(parts.dataLength);
        }
        wire?.received(parts, wireLength);
        break;
      }
      case Report.FRAME: {
        const tag = r.u32() as Tag;
        const payload = r.blob();
        const hasRaw = r.u32() === 1;
        const raw = r.blob();
        wire?.frame(tag, payload, hasRaw ? raw : undefined);
        break;
      }
      case Report.SENT:
        this.#sent(wire, r.u32());
        break;
      case Report.WANT: {
        const size = r.u32();
        wire?.inOrder(() => wire.wants(size));
        break;
      }
      case Report.ABORTED:
        wire?.inOrder(() => wire.aborted());
        break;
      case Report.CONNECTED:
        this.#served = true;
        wire?.connected(EntityAddr.parse(r.text()) ?? EntityAddr.BLANK);
        if (!wire) r.text();
        break;
      case Report.BANNER: {
        const payload = r.blob();
        const raw = r.blob();
        wire?.owner.onBanner(payload, raw);
        break;
      }
      case Report.FAULT:
        this.#fault(id, wire, r.text(), r.text());
        break;
      case Report.ACCEPTED:
        this.#accepted(id, r.u32(), r.text(), r.text());
        break;
      case Report.LISTENING:
        this.#listening(id, r.u32(), r.text(), r.text());
        break;
      default:
        this.#listeners.get(id)?.closed?.();
        this.#listeners.delete(id);
        this.#letGo();
    }
  }

  #sent(wire: WorkerWire | undefined, bytes: number): void {
    wire?.sent(bytes);
  }

  #fault(id: number, wire: WorkerWire | undefined, reason: string, code: string): void {
    wire?.inOrder(() => {
      this.forget(id);
      wire.fault(reason, code || undefined);
    });
  }

  #accepted(listener: number, id: number, peer: string, local: string): void {
    const wire = new WorkerWire(
      this,
      id,
      NOBODY,
      EntityAddr.parse(peer) ?? EntityAddr.BLANK,
      EntityAddr.parse(local) ?? EntityAddr.BLANK,
    );
    this.#add(id, wire);
    this.#served = true;
    const owner = this.#listeners.get(listener)?.accept(wire);
    if (owner) wire.owner = owner;
    else wire.destroy();
  }

  #listening(id: number, port: number, code: string, message: string): void {
    const listener = this.#listeners.get(id);
    const told = listener?.listening;
    if (!listener) return;
    listener.listening = undefined;
    told?.(port, code === '' ? undefined : new CephError(code, message));
  }
}
