/** Values in a chunk: 16 KiB, small enough for the allocator's quick path, large enough that the step to the next one is rare. */
const CHUNK_VALUES = 2046;
/** Where a chunk keeps the one that follows. The slot before stays empty: whoever reads on finds that the chunk has ended. */
const NEXT = CHUNK_VALUES + 1;

type Chunk = unknown[];

/**
 * A first-in, first-out queue in chunks of fixed size: nothing is ever copied as it grows, and every call costs the same at any depth.
 *
 * ```text
 *   head chunk           chunk              tail chunk
 *  [ . . d e f g h ]  → [ i j k l m n o ] → [ p q . . . . . ]
 *        ↑ headAt                                ↑ tailAt
 * ```
 *
 * Values are anything but undefined, which is what {@link ChunkQueue.shift} says when there is none. Emptied chunks are kept for the next
 * flood.
 */
export class ChunkQueue<T> {
  #head: Chunk = new Array<unknown>(NEXT + 1);
  #headAt = 0;
  #tail = this.#head;
  #tailAt = 0;
  /** Chunks behind the head. */
  #chunks = 0;
  /** Emptied chunks, how many, and how few there have been since the last {@link ChunkQueue.trim}. */
  #spare: Chunk | undefined;
  #spares = 0;
  #leastSpares = 0;

  get length(): number {
    return this.#chunks * CHUNK_VALUES + this.#tailAt - this.#headAt;
  }

  push(value: T): void {
    const at = this.#tailAt;
    this.#tail[at] = value;
    this.#tailAt = at + 1;
    if (at === CHUNK_VALUES - 1) this.#append();
  }

  shift(): T | undefined {
    const at = this.#headAt;
    const value = this.#head[at] as T | undefined;
    if (value === undefined) return at === CHUNK_VALUES ? this.#advance() : undefined;
    // lets go of the value and leaves the chunk clean for its next use
    this.#head[at] = undefined;
    this.#headAt = at + 1;
    return value;
  }

  /** A busy period ended: lets go of the memory that it did not need, so that one flood is not paid for for ever. */
  trim(): void {
    for (; this.#leastSpares > 0; this.#leastSpares--) this.#takeSpare();
    this.#leastSpares = this.#spares;
  }

  #takeSpare(): Chunk | undefined {
    const chunk = this.#spare;
    if (!chunk) return undefined;
    this.#spare = chunk[NEXT] as Chunk | undefined;
    chunk[NEXT] = undefined;
    this.#spares--;
    return chunk;
  }

  #append(): void {
    this.#tail = this.#tail[NEXT] = this.#takeSpare() ?? new Array<unknown>(NEXT + 1);
    this.#tailAt = 0;
    this.#chunks++;
    this.#leastSpares = Math.min(this.#leastSpares, this.#spares);
  }

  #advance(): T | undefined {
    const empty = this.#head;
    // a full chunk has a successor at once
    this.#head = empty[NEXT] as Chunk;
    this.#headAt = 0;
    this.#chunks--;
    empty[NEXT] = this.#spare;
    this.#spare = empty;
    this.#spares++;
    return this.shift();
  }
}
