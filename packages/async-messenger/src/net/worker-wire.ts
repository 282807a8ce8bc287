import { Fifo } from '@cephts/common';
import type { EntityAddr } from '@cephts/encoding';
import type { OnwireKeys } from '../protocol/crypto-onwire.js';
import { HEADER_LENGTH } from '../protocol/message-header.js';
import type { MessageHeader } from '../protocol/message-header.js';
import type { MessageParts } from '../protocol/message-parts.js';
import type { MsgrThread } from './msgr-thread.js';
import type { Tag } from '../protocol/tag.js';
import type { Wire, WireOwner } from './wire.js';
import { Command, FRAME_COST, WINDOW } from './worker-records.js';

/** Bytes on their way to the socket from which on a writer should wait. */
const HIGH_WATER = 1024 * 1024;
/** Bytes of the longest message that a record can tell of. */
const LONGEST = 0xffff_ffff;
/** Bytes taken over after which the worker is told. */
const CREDIT = WINDOW / 4;

/** A {@link Wire} whose socket and framing are in a msgr-worker thread. */
export class WorkerWire implements Wire {
  owner: WireOwner;
  readonly peer: EntityAddr;
  local: EntityAddr;
  readonly #thread: MsgrThread;
  readonly #id: number;
  #inFlight = 0;
  #credit = 0;
  #closed = false;
  /** The message that waits until the owner admits it; undefined while none does. */
  #waiting: (() => void) | undefined;
  /** What came behind it, in order. */
  readonly #behind = new Fifo<() => void>();
  /** Was the message that comes next admitted before its body was read? */
  #admitted = false;

  constructor(thread: MsgrThread, id: number, owner: WireOwner, peer: EntityAddr, local: EntityAddr) {
    this.#thread = thread;
    this.#id = id;
    this.owner = owner;
    this.peer = peer;
    this.local = local;
  }

  get thread(): string {
    return this.#thread.name;
  }

  get receivedAt(): number | undefined {
    return this.#thread.receivedAt;
  }

  get congested(): boolean {
    return this.#inFlight >= HIGH_WATER;
  }

  sendRaw(bytes: Uint8Array): void {
    if (!this.#closed) this.#thread.command(Command.RAW, this.#id).blob(bytes);
  }

  startFrames(rev1: boolean, maxMessage: number): void {
    if (this.#closed) return;
    this.#thread
      .command(Command.FRAMES, this.#id)
      .u32(rev1 ? 1 : 0)
      .u32(Math.min(maxMessage, LONGEST));
  }

  startSecure({ key, rxNonce, txNonce }: OnwireKeys): void {
    if (!this.#closed) this.#thread.command(Command.SECURE, this.#id).blob(key).blob(rxNonce).blob(txNonce);
  }

  next(): void {
    if (this.#closed) return;
    if (this.#waiting) this.#release(this.#waiting);
    else this.#thread.command(Command.NEXT, this.#id);
  }

  stream(): void {
    if (!this.#closed) this.#thread.command(Command.STREAM, this.#id);
  }

  control(tag: number, payload: Uint8Array): void {
    if (this.#closed) return;
    this.#thread.command(Command.CONTROL, this.#id).u32(tag).blob(payload);
    this.#inFlight += HEADER_LENGTH + payload.length;
  }

  message(header: MessageHeader, front: Uint8Array, middle: Uint8Array, data: Uint8Array): void {
    if (this.#closed) return;
    const record = this.#thread.command(Command.MESSAGE, this.#id);
    record.header(header);
    record.blob(front).blob(middle).blob(data);
    this.#inFlight += HEADER_LENGTH + front.length + middle.length + data.length;
  }

  flush(): void {
    // the batch leaves with this turn
  }

  destroy(): void {
    if (this.#closed) return;
    this.#close();
    this.#thread.command(Command.DESTROY, this.#id);
    this.#thread.forget(this.#id);
  }

  // ---- what the worker reports

  connected(local: EntityAddr): void {
    this.local = local;
    this.owner.onConnected();
  }

  /** In order with the messages: behind one that waits to be admitted. */
  inOrder(deliver: () => void): void {
    if (this.#closed) return;
    if (this.#waiting) this.#behind.push(deliver);
    else deliver();
  }

  /** A control frame came. */
  frame(tag: Tag, payload: Uint8Array, raw: Uint8Array | undefined): void {
    this.inOrder(() => {
      this.#took(payload.length);
      this.owner.onFrame(tag, payload, raw);
    });
  }

  /** A large message waits at the worker. */
  wants(size: number): void {
    this.#admitted = true;
    if (this.owner.admit(size)) this.#goOn();
    else if (!this.#closed) this.#waiting = () => this.#goOn();
  }

  /** A message came. */
  received(parts: MessageParts, wireLength: number): void {
    if (this.#waiting) {
      const kept = parts.clone();
      this.#behind.push(() => this.received(kept, wireLength));
      return;
    }
    if (this.#admitted) {
      this.#admitted = false;
      this.owner.onMessage(parts, wireLength);
      return;
    }
    if (this.owner.admit(parts.size)) {
      this.#deliver(parts, wireLength);
      return;
    }
    if (this.#closed) return;
    const kept = parts.clone();
    this.#waiting = () => this.#deliver(kept, wireLength);
  }

  aborted(): void {
    this.#admitted = false;
    this.owner.onAborted();
  }

  sent(bytes: number): void {
    const congested = this.congested;
    this.#inFlight = Math.max(0, this.#inFlight - bytes);
    if (congested && !this.congested) this.owner.onDrain();
  }

  fault(reason: string, code: string | undefined): void {
    if (this.#closed) return;
    this.#close();
    this.owner.onFault(reason, code);
  }

  #goOn(): void {
    if (!this.#closed) this.#thread.command(Command.NEXT, this.#id);
  }

  #deliver(parts: MessageParts, wireLength: number): void {
    this.#took(parts.size);
    this.owner.onMessage(parts, wireLength);
  }

  /** A frame was taken over: the worker may hand over as many bytes more. */
  #took(bytes: number): void {
    this.#credit += bytes + FRAME_COST;
    if (this.#credit < CREDIT) return;
    this.#thread.command(Command.CREDIT, this.#id).u32(this.#credit);
    this.#credit = 0;
  }

  #release(deliver: () => void): void {
    this.#waiting = undefined;
    deliver();
    // another one may wait now: it goes before the rest
    while (!this.#waiting && !this.#closed) {
      const next = this.#behind.shift();
      if (!next) break;
      next();
    }
  }

  #close(): void {
    this.#closed = true;
    this.#waiting = undefined;
    this.#behind.clear();
  }
}
