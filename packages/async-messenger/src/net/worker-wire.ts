import type { EntityAddr } from '@cephts/encoding';
import type { OnwireKeys } from '../protocol/crypto-onwire.js';
import { HEADER_LENGTH } from '../protocol/message-header.js';
import type { MessageHeader } from '../protocol/message-header.js';
import type { MessageParts } from '../protocol/message-parts.js';
import type { MsgrThread } from './msgr-thread.js';
import type { Wire, WireOwner } from './wire.js';
import { Command, WINDOW } from './worker-records.js';

/** Bytes on their way to the socket from which on a writer should wait. */
const HIGH_WATER = 1024 * 1024;
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
  /** What waits until the owner admits a message; undefined while nothing does. */
  #held: (() => void)[] | undefined;
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

  startFrames(rev1: boolean): void {
    if (!this.#closed) this.#thread.command(Command.FRAMES, this.#id).u32(rev1 ? 1 : 0);
  }

  startSecure({ key, rxNonce, txNonce }: OnwireKeys): void {
    if (!this.#closed) this.#thread.command(Command.SECURE, this.#id).blob(key).blob(rxNonce).blob(txNonce);
  }

  next(): void {
    if (this.#closed) return;
    if (this.#held) this.#release(this.#held);
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
    this.#closed = true;
    this.#held = undefined;
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
    if (this.#held) this.#held.push(deliver);
    else deliver();
  }

  /** A large message waits at the worker. */
  wants(size: number): void {
    this.#admitted = true;
    if (this.owner.admit(size)) this.#goOn();
    else if (!this.#closed) this.#held = [() => this.#goOn()];
  }

  /** A message came. */
  received(parts: MessageParts, wireLength: number): void {
    if (this.#held) {
      const kept = parts.clone();
      this.#held.push(() => this.received(kept, wireLength));
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
    this.#held = [() => this.#deliver(kept, wireLength)];
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
    this.#closed = true;
    this.#held = undefined;
    this.owner.onFault(reason, code);
  }

  #goOn(): void {
    if (!this.#closed) this.#thread.command(Command.NEXT, this.#id);
  }

  #deliver(parts: MessageParts, wireLength: number): void {
    this.#credit += parts.size;
    if (this.#credit >= CREDIT) {
      this.#thread.command(Command.CREDIT, this.#id).u32(this.#credit);
      this.#credit = 0;
    }
    this.owner.onMessage(parts, wireLength);
  }

  #release(held: (() => void)[]): void {
    this.#held = undefined;
    for (let i = 0; i < held.length; i++) {
      if (this.#closed) return;
      held[i]!();
      // another one waits: it goes before the rest
      const waiting = this.#held as (() => void)[] | undefined;
      if (waiting) {
        waiting.push(...held.slice(i + 1));
        return;
      }
    }
  }
}
