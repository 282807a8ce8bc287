/** Values in a chunk: 16 KiB, small enough for the allocator's quick path, large enough that the step to the next one is rare. */
const CHUNK_SLOTS = 2047;

/** One slot more than values, which stays empty: whoever reads on finds that the chunk has ended. */
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
    if (chunk === undefined) return { slots: new Array<unknown>(CHUNK_SLOTS + 1), next: undefined };
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
  #headSlots: unknown[];
  #headAt = 0;
  #tail: Chunk;
  #tailSlots: unknown[];
  #tailAt = 0;
  /** Chunks between head and tail. */
  #chunks = 0;

  constructor(pool: ChunkPool) {
    this.#pool = pool;
    this.#head = this.#tail = pool.take();
    this.#headSlots = this.#tailSlots = this.#head.slots;
  }

  get length(): number {
    return this.#chunks * CHUNK_SLOTS + this.#tailAt - this.#headAt;
  }

  push(value: T): void {
    const at = this.#tailAt;
    this.#tailSlots[at] = value;
    this.#tailAt = at + 1;
    if (at === CHUNK_SLOTS - 1) this.#append();
  }

  shift(): T | undefined {
    const at = this.#headAt;
    const slots = this.#headSlots;
    const value = slots[at] as T | undefined;
    if (value === undefined) return at === CHUNK_SLOTS ? this.#advance() : undefined;
    // lets go of the value and leaves the chunk clean for its next use
    slots[at] = undefined;
    this.#headAt = at + 1;
    return value;
  }

  #append(): void {
    this.#tail = this.#tail.next = this.#pool.take();
    this.#tailSlots = this.#tail.slots;
    this.#tailAt = 0;
    this.#chunks++;
  }

  #advance(): T | undefined {
    const empty = this.#head;
    // a full chunk has a successor at once
    this.#head = empty.next as Chunk;
    this.#headSlots = this.#head.slots;
    this.#headAt = 0;
    this.#chunks--;
    this.#pool.give(empty);
    return this.shift();
  }
}
