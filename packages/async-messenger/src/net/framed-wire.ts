import type { EntityAddr } from '@cephts/encoding';
import type { OnwireKeys } from '../protocol/crypto-onwire.js';
import { FrameReader } from '../protocol/frame-reader.js';
import { FrameWriter } from '../protocol/frame-writer.js';
import type { MessageHeader } from '../protocol/message-header.js';
import type { ByteSocket, ByteSocketOwner } from './byte-socket.js';
import type { Wire, WireOwner } from './wire.js';

/** Bytes on their way from which on a writer should wait. */
const HIGH_WATER = 1024 * 1024;
/** Bytes that may lie unread before the socket is paused. */
const READ_AHEAD = 64 * 1024;

/**
 * Messages that are handed to the socket while others are still assembled: the peer works at them meanwhile. The more it has got, the longer it
 * is busy: each burst is twice the one before, up to so many bytes.
 */
const FIRST_BURST = 32;
const BURST_BYTES = 64 * 1024;

/** A {@link Wire} whose framing runs in this isolate, over any {@link ByteSocket}. */
export class FramedWire implements Wire, ByteSocketOwner {
  readonly thread = '';
  readonly receivedAt = undefined;
  readonly #socket: ByteSocket;
  readonly #reader: FrameReader;
  readonly #writer = new FrameWriter();
  #owner: WireOwner;
  #paused = false;
  #closed = false;
  /** Messages since the socket was given any, and how many of them it is given next. */
  #assembled = 0;
  #burst = FIRST_BURST;

  constructor(socket: ByteSocket, owner: WireOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#reader = new FrameReader(owner);
    this.#reader.stop();
    socket.owner = this;
  }

  get owner(): WireOwner {
    return this.#owner;
  }

  set owner(owner: WireOwner) {
    this.#owner = owner;
    this.#reader.sink = owner;
  }

  get peer(): EntityAddr {
    return this.#socket.peer;
  }

  get local(): EntityAddr {
    return this.#socket.local;
  }

  get congested(): boolean {
    return this.#writer.queued + this.#socket.pending >= HIGH_WATER;
  }

  sendRaw(bytes: Uint8Array): void {
    if (!this.#closed) this.#socket.write([bytes]);
  }

  startFrames(rev1: boolean, maxMessage: number): void {
    this.#writer.rev1 = rev1;
    this.#reader.rev1 = rev1;
    this.#reader.maxMessage = maxMessage;
  }

  startSecure(keys: OnwireKeys): void {
    this.#writer.secure(keys);
    this.#reader.secure(keys);
  }

  next(): void {
    if (this.#closed) return;
    try {
      this.#reader.resume();
    } catch (error) {
      this.#broken(error);
      return;
    }
    this.#pace();
  }

  stream(): void {
    if (this.#closed) return;
    try {
      this.#reader.stream();
    } catch (error) {
      this.#broken(error);
      return;
    }
    this.#pace();
  }

  /** Reads no further until {@link next}. */
  stop(): void {
    this.#reader.stop();
  }

  control(tag: number, payload: Uint8Array): void {
    if (!this.#closed) this.#writer.control(tag, payload);
  }

  message(header: MessageHeader, front: Uint8Array, middle: Uint8Array, data: Uint8Array): void {
    if (this.#closed) return;
    this.#writer.message(header, front, middle, data);
    if (++this.#assembled < this.#burst && this.#writer.queued < BURST_BYTES) return;
    this.#hand();
    this.#burst *= 2;
  }

  flush(): void {
    this.#hand();
    this.#burst = FIRST_BURST;
  }

  #hand(): void {
    this.#assembled = 0;
    const writer = this.#writer;
    if (writer.queued > 0 && !this.#closed && this.#socket.write(writer.take())) writer.sent();
  }

  destroy(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.#reader.stop();
    this.#socket.destroy();
  }

  onConnected(): void {
    this.#owner.onConnected();
  }

  onData(bytes: Uint8Array, length: number, borrowed: boolean): boolean {
    if (this.#closed) return false;
    try {
      this.#reader.push(bytes, length, borrowed);
    } catch (error) {
      this.#broken(error);
      return false;
    }
    this.#pace();
    return this.#reader.isAmidBody;
  }

  onDrain(): void {
    this.#owner.onDrain();
  }

  onClose(reason: string, code: string | undefined): void {
    this.#fault(reason, code);
  }

  #broken(error: unknown): void {
    this.#fault(error instanceof Error ? error.message : String(error), undefined);
  }

  /** Reads no further ahead than it should. */
  #pace(): void {
    if (this.#closed) return;
    const full = this.#reader.stopped && this.#reader.buffered >= READ_AHEAD;
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) this.#socket.pause();
    else this.#socket.resume();
  }

  #fault(reason: string, code: string | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader.stop();
    this.#socket.destroy();
    this.#owner.onFault(reason, code);
  }
}
