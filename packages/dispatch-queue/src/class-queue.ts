/** Entries of one chunk. */
const CHUNK = 64;
/** Chunks a pool keeps for reuse. */
const POOL = 256;

/** Stands where an entry was withdrawn. */
const GONE: unique symbol = Symbol('gone');

/** A run of entries; beside each its cost and its stamp, unboxed. */
interface Chunk<T> {
  readonly items: (T | typeof GONE | undefined)[];
  readonly costs: number[];
  readonly stamps: number[];
  next: Chunk<T> | undefined;
}

// copied, so that the arrays are made with their final kind: 0.5 makes it one of unboxed doubles
const noItems: undefined[] = new Array<undefined>(CHUNK).fill(undefined);
const noNumbers: number[] = new Array<number>(CHUNK).fill(0.5);

/** Chunks that the classes of one queue hand back and take again: in a steady state nothing is allocated. */
export class ChunkPool<T> {
  #free: Chunk<T> | undefined;
  #count = 0;

  take(): Chunk<T> {
    const chunk = this.#free;
    if (!chunk) return { items: noItems.slice(), costs: noNumbers.slice(), stamps: noNumbers.slice(), next: undefined };
    this.#free = chunk.next;
    this.#count--;
    chunk.next = undefined;
    return chunk;
  }

  /** @param chunk one whose items are all undefined again */
  give(chunk: Chunk<T>): void {
    if (this.#count >= POOL) return;
    this.#count++;
    chunk.next = this.#free;
    this.#free = chunk;
  }
}

/** The place of one entry, to withdraw it by; good while the entry is queued. */
export interface QueuePosition<T> {
  readonly chunk: Chunk<T>;
  readonly index: number;
}

/**
 * The messages of one class (one connection) and priority, first in, first out: a chain of chunks of fixed size, so that no depth makes
 * anything be copied.
 *
 *     head            …            tail
 *     [. . . a b c] → [d e f g h i] → [j k . . . .]
 *            ↑ #first                      ↑ #end
 */
export class ClassQueue<T> {
  readonly #pool: ChunkPool<T>;
  #head: Chunk<T>;
  #tail: Chunk<T>;
  /** Index in the head of the first entry, which is always a live one. */
  #first = 0;
  /** Index in the tail behind the last entry. */
  #end = 0;
  #length = 0;
  #lastStamp = -Infinity;
  /** Were all stamps pushed in order? Then the first one is the smallest. */
  #sorted = true;

  constructor(pool: ChunkPool<T>) {
    this.#pool = pool;
    this.#head = this.#tail = pool.take();
  }

  get length(): number {
    return this.#length;
  }

  /** What the first entry costs. */
  get firstCost(): number {
    return this.#head.costs[this.#first] as number;
  }

  /** The stamp of the first entry. */
  get firstStamp(): number {
    return this.#head.stamps[this.#first] as number;
  }

  push(item: T, cost: number, stamp: number): void {
    let end = this.#end;
    if (end === CHUNK) {
      const chunk = this.#pool.take();
      this.#tail.next = chunk;
      this.#tail = chunk;
      end = 0;
    }
    const tail = this.#tail;
    tail.items[end] = item;
    tail.costs[end] = cost;
    tail.stamps[end] = stamp;
    this.#end = end + 1;
    this.#length++;
    if (stamp < this.#lastStamp) this.#sorted = false;
    else this.#lastStamp = stamp;
  }

  pushFront(item: T, cost: number, stamp: number): void {
    if (this.#first === 0) {
      const chunk = this.#pool.take();
      chunk.next = this.#head;
      this.#head = chunk;
      this.#first = CHUNK;
    }
    const at = --this.#first;
    this.#head.items[at] = item;
    this.#head.costs[at] = cost;
    this.#head.stamps[at] = stamp;
    this.#length++;
    this.#sorted = false;
  }

  /** Where the entry pushed last lies; undefined where that one was withdrawn. */
  tail(): { item: T; position: QueuePosition<T> } | undefined {
    const position = { chunk: this.#tail, index: this.#end - 1 };
    const item = this.#tail.items[position.index];
    return item === GONE || item === undefined ? undefined : { item, position };
  }

  /** Takes the first entry; the queue is not empty. The last one leaves the queue unfit for use, its chunk given back. */
  shift(): T {
    const item = this.#head.items[this.#first] as T;
    this.#head.items[this.#first] = undefined;
    this.#length--;
    this.#first++;
    this.#settle();
    return item;
  }

  /** Takes one entry out. @returns its cost, or undefined where it was not there any more */
  withdraw({ chunk, index }: QueuePosition<T>, item: T): number | undefined {
    if (chunk.items[index] !== item) return undefined;
    chunk.items[index] = GONE;
    this.#length--;
    if (chunk === this.#head && index === this.#first) this.#settle();
    return chunk.costs[index] as number;
  }

  /** The smallest stamp: at once where they came in order, else by a walk. */
  oldest(): number {
    if (this.#sorted) return this.firstStamp;
    let oldest = Infinity;
    this.forEach((_item, _cost, stamp) => (oldest = Math.min(oldest, stamp)));
    return oldest;
  }

  forEach(visit: (item: T, cost: number, stamp: number) => void): void {
    let index = this.#first;
    let left = this.#length;
    for (let chunk: Chunk<T> | undefined = this.#head; chunk && left > 0; chunk = chunk.next) {
      for (; index < CHUNK && left > 0; index++) {
        const item = chunk.items[index];
        if (item === GONE) continue;
        left--;
        visit(item as T, chunk.costs[index] as number, chunk.stamps[index] as number);
      }
      index = 0;
    }
  }

  /** Gives every chunk back. */
  clear(): void {
    for (let chunk: Chunk<T> | undefined = this.#head; chunk;) {
      const next: Chunk<T> | undefined = chunk.next;
      chunk.items.fill(undefined);
      this.#pool.give(chunk);
      chunk = next;
    }
    this.#length = 0;
  }

  /** Moves #first past the entries that are gone, and gives back the chunks left behind. */
  #settle(): void {
    if (this.#length === 0) {
      this.clear();
      return;
    }
    for (;;) {
      if (this.#first === CHUNK) {
        const chunk = this.#head;
        this.#head = chunk.next as Chunk<T>;
        this.#first = 0;
        this.#pool.give(chunk);
      }
      if (this.#head.items[this.#first] !== GONE) return;
      this.#head.items[this.#first++] = undefined;
    }
  }
}
