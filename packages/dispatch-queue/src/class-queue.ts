/** Entries of the first chunk of a class, and of the largest; each chunk has twice as many as the one before. */
const FIRST_CHUNK = 16;
const MAX_CHUNK = 512;
/** Emptied classes a pool keeps for reuse. */
const POOL = 1024;

/** Stands where an entry was withdrawn. */
const GONE: unique symbol = Symbol();

/**
 * A run of entries: at 0 the chunk that follows, then for each entry its item, cost and stamp, side by side for the sake of the
 * processor's cache: with many classes it is the cache that a queue waits for.
 */
type Chunk = unknown[];
const NEXT = 0;
const START = 1;
const COST = 1;
const STAMP = 2;
const STRIDE = 3;

const newChunk = (entries: number): Chunk => new Array<unknown>(START + entries * STRIDE).fill(undefined);

/** The place of one entry, to withdraw it by; good while the entry is queued. */
export interface QueuePosition {
  readonly chunk: Chunk;
  readonly index: number;
}

/**
 * The messages of one class (one connection) and priority, first in, first out: a chain of chunks, so that no depth makes anything be
 * copied.
 *
 *     head            …            tail
 *     [. . . a b c] → [d e f g h i] → [j k . . . .]
 *            ↑ #first                      ↑ #end
 */
export class ClassQueue<T> {
  /** Number of the class. */
  key = 0;
  /** The classes before and after this one in their round. */
  previous: ClassQueue<T> = this;
  next: ClassQueue<T> = this;
  #head: Chunk = newChunk(FIRST_CHUNK);
  #tail: Chunk = this.#head;
  /** Index in the head of the first entry, which is always a live one. */
  #first = START;
  /** Index in the tail behind the last entry. */
  #end = START;
  #length = 0;
  /** Were all stamps pushed in order? Then the first one is the smallest. */
  #sorted = true;

  get length(): number {
    return this.#length;
  }

  /** What the first entry costs. */
  get firstCost(): number {
    return this.#head[this.#first + COST] as number;
  }

  /** The stamp of the first entry. */
  get firstStamp(): number {
    return this.#head[this.#first + STAMP] as number;
  }

  push(item: T, cost: number, stamp: number): void {
    let tail = this.#tail;
    let at = this.#end;
    if (this.#length > 0 && stamp < (tail[at - STRIDE + STAMP] as number)) this.#sorted = false;
    if (at === tail.length) {
      tail = this.#tail = tail[NEXT] = newChunk(Math.min(MAX_CHUNK, (2 * (at - START)) / STRIDE));
      at = START;
    }
    this.#end = at + STRIDE;
    this.#put(tail, at, item, cost, stamp);
  }

  pushFront(item: T, cost: number, stamp: number): void {
    if (this.#first === START) {
      const chunk = newChunk(FIRST_CHUNK);
      chunk[NEXT] = this.#head;
      this.#head = chunk;
      this.#first = chunk.length;
    }
    this.#first -= STRIDE;
    this.#put(this.#head, this.#first, item, cost, stamp);
    this.#sorted = false;
  }

  /** The entry pushed last; undefined where that one was withdrawn. */
  tail(): { item: T; position: QueuePosition } | undefined {
    const position = { chunk: this.#tail, index: this.#end - STRIDE };
    const item = this.#tail[position.index];
    return item === GONE || item === undefined ? undefined : { item: item as T, position };
  }

  /** Takes the first entry; the queue is not empty. */
  shift(): T {
    const head = this.#head;
    const item = head[this.#first] as T;
    head[this.#first] = undefined;
    this.#first += STRIDE;
    if (--this.#length > 0) this.#settle();
    return item;
  }

  /** Takes one entry out. @returns its cost, or undefined where it was not there any more */
  withdraw({ chunk, index }: QueuePosition, item: T): number | undefined {
    if (chunk[index] !== item) return undefined;
    chunk[index] = GONE;
    if (--this.#length > 0) this.#settle();
    return chunk[index + COST] as number;
  }

  /** The smallest stamp: at once where they came in order, else by a walk. */
  oldest(): number {
    if (this.#sorted) return this.firstStamp;
    let oldest = Infinity;
    let index = this.#first;
    for (let chunk: Chunk | undefined = this.#head; chunk; chunk = chunk[NEXT] as Chunk | undefined) {
      const end = chunk === this.#tail ? this.#end : chunk.length;
      for (; index < end; index += STRIDE) {
        if (chunk[index] !== GONE) oldest = Math.min(oldest, chunk[index + STAMP] as number);
      }
      index = START;
    }
    return oldest;
  }

  #put(chunk: Chunk, index: number, item: T, cost: number, stamp: number): void {
    chunk[index] = item;
    chunk[index + COST] = cost;
    chunk[index + STAMP] = stamp;
    this.#length++;
  }

  /** Moves #first past the entries that are gone, and lets go of the chunks left behind; something is left. */
  #settle(): void {
    for (;;) {
      if (this.#first === this.#head.length) {
        this.#head = this.#head[NEXT] as Chunk;
        this.#first = START;
      }
      if (this.#head[this.#first] !== GONE) return;
      this.#head[this.#first] = undefined;
      this.#first += STRIDE;
    }
  }

  /** Makes an emptied class as good as new. */
  reset(): void {
    // where the last entries were withdrawn their marks are still there
    if (this.#tail[this.#end - STRIDE] === GONE) this.#tail = newChunk(FIRST_CHUNK);
    this.#head = this.#tail;
    this.#first = this.#end = START;
    this.#sorted = true;
  }
}

/** Emptied classes, handed back and taken again: in a steady state nothing is allocated. */
export class ClassPool<T> {
  readonly #free: ClassQueue<T>[] = [];

  take(key: number): ClassQueue<T> {
    const queue = this.#free.pop() ?? new ClassQueue<T>();
    queue.key = key;
    return queue;
  }

  give(queue: ClassQueue<T>): void {
    if (this.#free.length >= POOL) return;
    queue.reset();
    this.#free.push(queue);
  }
}
