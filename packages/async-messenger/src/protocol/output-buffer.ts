const CHUNK = 64 * 1024;

/**
 * Bytes on their way out. Small pieces are written one after the other into chunks; a chunk's written part is never touched again, since
 * the socket may still be reading it. Large pieces are queued as they are, without a copy.
 *
 * ```text
 *  chunk  |taken, maybe still being sent|queued since the last take| free |
 *                                       ^#from                     ^#at
 * ```
 */
export class OutputBuffer {
  /** Where {@link reserve} reserves. */
  bytes: Uint8Array = new Uint8Array(0);
  #from = 0;
  #at = 0;
  #pieces: Uint8Array[] = [];
  /** Bytes queued since the last {@link take}. */
  queued = 0;

  /** Room for `length` bytes of {@link bytes}, to be written at the offset returned. */
  reserve(length: number): number {
    if (this.#at + length > this.bytes.length) {
      this.#cut();
      // a plain Buffer would come from the shared pool
      const chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK, length));
      this.bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
      this.#from = this.#at = 0;
    }
    const at = this.#at;
    this.#at += length;
    this.queued += length;
    return at;
  }

  /** Queues bytes without a copy: they must not change until they are sent. */
  push(bytes: Uint8Array): void {
    this.#cut();
    this.#pieces.push(bytes);
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
    const pieces = this.#pieces;
    this.#pieces = [];
    this.queued = 0;
    return pieces;
  }

  /** Drops what was queued. */
  clear(): void {
    this.#from = this.#at;
    this.#pieces = [];
    this.queued = 0;
  }

  #cut(): void {
    if (this.#at === this.#from) return;
    this.#pieces.push(new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.#from, this.#at - this.#from));
    this.#from = this.#at;
  }
}
