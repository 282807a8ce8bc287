/** Slots in one chunk of a {@link SharedSlab}. */
const CHUNK_SLOTS = 4096;

/** One slot's place: `array[index]`. */
export interface SlabSlots {
  array: Float64Array;
  /** Index of the first slot in `array`. */
  index: number;
  /** Which chunk `array` is, to name the place to another thread. */
  chunk: number;
}

/**
 * Numbers that other threads may read while this one is blocked: counters and thread states, in shared memory where the platform has it
 * (a browser page without cross-origin isolation has not; then the memory is private and everything else works as usual).
 * A slot is one float64; an aligned 8-byte read is whole on every platform Node runs on.
 */
export class SharedSlab {
  readonly #chunks: Float64Array[] = [];
  readonly #listeners = new Set<(chunk: Float64Array, index: number) => void>();
  #used = CHUNK_SLOTS;

  /** Reserves `count` slots that lie side by side, zeroed. They are never freed: counters live as long as their context. */
  allocate(count: number): SlabSlots {
    if (this.#used + count > CHUNK_SLOTS) this.#addChunk(Math.max(count, CHUNK_SLOTS));
    const chunk = this.#chunks.length - 1;
    const index = this.#used;
    this.#used += count;
    return { array: this.#chunks[chunk] as Float64Array, index, chunk };
  }

  /** The chunks so far, to hand to another thread. */
  get chunks(): readonly Float64Array[] {
    return this.#chunks;
  }

  /** Calls back for each chunk added from now on; returns a function that ends it. */
  onChunk(listener: (chunk: Float64Array, index: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #addChunk(slots: number): void {
    const bytes = slots * Float64Array.BYTES_PER_ELEMENT;
    const chunk = new Float64Array(typeof SharedArrayBuffer === 'function' ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
    this.#chunks.push(chunk);
    this.#used = 0;
    for (const listener of this.#listeners) listener(chunk, this.#chunks.length - 1);
  }
}
