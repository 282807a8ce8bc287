import { copy } from './bytes.js';

/** Holds what is handed to a socket at once, and some more. */
const CHUNK = 128 * 1024;
const NOTHING = new Uint8Array(0);
/** No pieces: one for all wires. */
const NONE: Uint8Array[] = [];

/** The chunk that all wires of this isolate write into, so that an idle one holds no memory. */
let chunk = NOTHING;
/** Its buffer: V8 takes long to tell. */
let chunkMemory = NOTHING.buffer;
/** Bytes of the chunk that are taken. */
let taken = 0;
/** Wires that have something in the chunk which nobody said was sent. */
let holders = 0;

/**
 * Bytes on their way out. Small pieces are written one after the other into a chunk that all wires share. When all of it is sent, which mostly
 * is at once, it is written from its beginning again; where a socket keeps some it is left to that, and another follows when it is full. Large
 * pieces are queued as they are, without a copy.
 *
 * ```text
 *  chunk  |others', or taken, maybe still being sent|queued here since the last take| free |
 *                                                   ^#from                          ^#at = taken
 * ```
 */
export class OutputBuffer {
  /** Where {@link reserve} reserves. */
  bytes: Uint8Array = NOTHING;
  #from = 0;
  #at = 0;
  #pieces: Uint8Array[] = NONE;
  /** The chunk of which it is one of the holders. */
  #held: Uint8Array = NOTHING;
  /** Bytes queued since the last {@link take}. */
  queued = 0;

  /** Room for `length` bytes of {@link bytes}, to be written at the offset returned. */
  reserve(length: number): number {
    const full = taken + length > chunk.length;
    if (full || this.bytes !== chunk || this.#at !== taken) this.#begin(full, length);
    const at = this.#at;
    this.#at = taken = at + length;
    this.queued += length;
    return at;
  }

  /** Queues bytes without a copy: they must not change until they are sent. */
  push(bytes: Uint8Array): void {
    this.#cut();
    this.#add(bytes);
    this.queued += bytes.length;
  }

  /** Queues a copy of few bytes. */
  copy(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    copy(this.bytes, at, bytes);
  }

  /** What was queued, in order; to be followed by {@link sent} where it can be. */
  take(): Uint8Array[] {
    this.#cut();
    this.bytes = NOTHING;
    this.#from = this.#at = 0;
    const pieces = this.#pieces;
    this.#pieces = NONE;
    this.queued = 0;
    return pieces;
  }

  /** Nobody reads any more what was taken, and nothing was queued since. */
  sent(): void {
    if (this.#held === chunk && --holders === 0) taken = 0;
    this.#held = NOTHING;
  }

  /** Begins a piece: another wire wrote in between, or the chunk is full. */
  #begin(full: boolean, length: number): void {
    this.#cut();
    if (full) {
      // a plain Buffer would come from the shared pool
      const fresh = Buffer.allocUnsafeSlow(Math.max(CHUNK, length));
      chunkMemory = fresh.buffer;
      chunk = new Uint8Array(chunkMemory, fresh.byteOffset, fresh.length);
      taken = holders = 0;
    }
    if (this.#held !== chunk) {
      this.#held = chunk;
      holders++;
    }
    this.bytes = chunk;
    this.#from = this.#at = taken;
  }

  #cut(): void {
    if (this.#at === this.#from) return;
    // a Buffer, as sockets would make one of it
    const memory = this.bytes === chunk ? chunkMemory : this.bytes.buffer;
    this.#add(Buffer.from(memory, this.bytes.byteOffset + this.#from, this.#at - this.#from));
    this.#from = this.#at;
  }

  #add(piece: Uint8Array): void {
    if (this.#pieces === NONE) this.#pieces = [piece];
    else this.#pieces.push(piece);
  }
}
