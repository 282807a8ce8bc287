/** Slots of a chunk: 16 KiB, small enough for the allocator's fast path, large enough that the step to the next one is rare. */
const CHUNK_SLOTS = 2048;

interface Chunk {
  readonly slots: unknown[];
  next: Chunk | undefined;
}

/**
 * Emptied chunks, kept for the next flood. What the last busy period did not need is let go when it ends, so a finisher that was flooded
 * once does not sit on the memory for ever.
 */
export class ChunkPool {
  #free: Chunk | undefined;
  #freeCount = 0;
  #inUse = 0;
  #peak = 0;

  take(): Chunk {
    if (++this.#inUse > this.#peak) this.#peak = this.#inUse;
    const chunk = this.#free;
    if (chunk === undefined) return { slots: new Array<unknown>(CHUNK_SLOTS), next: undefined };
    this.#free = chunk.next;
    this.#freeCount--;
    chunk.next = undefined;
    return chunk;
  }

  give(chunk: Chunk): void {
    this.#inUse--;
    chunk.next = this.#free;
    this.#free = chunk;
    this.#freeCount++;
  }

  /** A busy period ended. */
  trim(): void {
    for (; this.#free && this.#freeCount + this.#inUse > this.#peak; this.#freeCount--) this.#free = this.#free.next;
    this.#peak = this.#inUse;
  }
}

/**
 * A first-in, first-out queue in chunks of fixed size: nothing is ever copied as it grows, and every call costs the same at any depth.
 *
 * ```text
 *   head chunk          chunk             tail chunk
 *  [ . . d e f g h ] → [ i j k l m n o ] → [ p q . . . . . ]
 *        ↑ headAt                               ↑ tailAt
 * ```
 *
 * Values are anything but undefined, which is what {@link ChunkQueue.shift} says when there is none.
 */
export class ChunkQueue<T> {
  readonly #pool: ChunkPool;
  #head: Chunk;
  #headAt = 0;
  #tail: Chunk;
  #tailAt = 0;
  #length = 0;

  constructor(pool: ChunkPool) {
    this.#pool = pool;
    this.#head = this.#tail = pool.take();
  }

  get length(): number {
    return this.#length;
  }

  push(value: T): void {
    let at = this.#tailAt;
    if (at === CHUNK_SLOTS) {
      this.#tail = this.#tail.next = this.#pool.take();
      at = 0;
    }
    this.#tail.slots[at] = value;
    this.#tailAt = at + 1;
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    let at = this.#headAt;
    if (at === CHUNK_SLOTS) {
      const empty = this.#head;
      this.#head = empty.next as Chunk;
      this.#pool.give(empty);
      at = 0;
    }
    const { slots } = this.#head;
    const value = slots[at] as T;
    // lets go of the value and leaves the chunk clean for its next use
    slots[at] = undefined;
    this.#headAt = at + 1;
    this.#length--;
    return value;
  }
}
