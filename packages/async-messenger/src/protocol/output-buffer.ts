const CHUNK = 64 * 1024;
const NOTHING = new Uint8Array(0);
/** No pieces: one for all wires. */
const NONE: Uint8Array[] = [];

/** The chunk that all wires of this isolate write into, so that an idle one holds no memory. */
let chunk = NOTHING;
/** Bytes of the chunk that are taken. */
let taken = 0;

/**
 * Bytes on their way out. Small pieces are written one after the other into chunks that all wires share; a chunk's written part is never
 * touched again, since a socket may still be reading it. Large pieces are queued as they are, without a copy.
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
    this.bytes.set(bytes, at);
  }

  /** What was queued, in order. */
  take(): Uint8Array[] {
    this.#cut();
    this.bytes = NOTHING;
    this.#from = this.#at = 0;
    const pieces = this.#pieces;
    this.#pieces = NONE;
    this.queued = 0;
    return pieces;
  }

  /** Begins a piece: another wire wrote in between, or the chunk is full. */
  #begin(full: boolean, length: number): void {
    this.#cut();
    if (full) {
      // a plain Buffer would come from the shared pool
      const fresh = Buffer.allocUnsafeSlow(Math.max(CHUNK, length));
      chunk = new Uint8Array(fresh.buffer, fresh.byteOffset, fresh.length);
      taken = 0;
    }
    this.bytes = chunk;
    this.#from = this.#at = taken;
  }

  #cut(): void {
    if (this.#at === this.#from) return;
    // a Buffer, as sockets would make one of it
    this.#add(Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.#from, this.#at - this.#from));
    this.#from = this.#at;
  }

  #add(piece: Uint8Array): void {
    if (this.#pieces === NONE) this.#pieces = [piece];
    else this.#pieces.push(piece);
  }
}
