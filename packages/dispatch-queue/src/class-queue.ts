/** Entries of the first chunk of a class, and of the largest; each chunk has twice as many as the one before. */
const FIRST_CHUNK = 16;
const MAX_CHUNK = 512;
/** Emptied classes a pool keeps for reuse. */
const POOL = 1024;

/** Stands where an entry was withdrawn. */
const GONE: unique symbol = Symbol();

/** A run of entries, and the stamp and the cost of each, unboxed. */
interface Chunk<T> {
  readonly items: (T | typeof GONE | undefined)[];
  readonly stamps: number[];
  /** Made when something costs anything: with strict priorities and no bounds nothing does. */
  costs: number[] | undefined;
  next: Chunk<T> | undefined;
}

function newChunk<T>(size: number): Chunk<T> {
  return { items: new Array<undefined>(size), stamps: new Array<number>(size), costs: undefined, next: undefined };
}

/** The place of one entry, to withdraw it by; good while the entry is queued. */
export interface QueuePosition<T> {
  readonly chunk: Chunk<T>;
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
  #head: Chunk<T> = newChunk(FIRST_CHUNK);
  #tail: Chunk<T> = this.#head;
  /** Index in the head of the first entry, which is always a live one. */
  #first = 0;
  /** Index in the tail behind the last entry. */
  #end = 0;
  #length = 0;
  #lastStamp = -Infinity;
  /** Were all stamps pushed in order? Then the first one is the smallest. */
  #sorted = true;

  get length(): number {
    return this.#length;
  }

  /** What the first entry costs. */
  get firstCost(): number {
    return this.#head.costs?.[this.#first] ?? 0;
  }

  /** The stamp of the first entry. */
  get firstStamp(): number {
    return this.#head.stamps[this.#first] as number;
  }

  push(item: T, cost: number, stamp: number): void {
    let tail = this.#tail;
    if (this.#end === tail.items.length) {
      tail = tail.next = newChunk(Math.min(MAX_CHUNK, this.#end * 2));
      this.#tail = tail;
      this.#end = 0;
    }
    this.#put(tail, this.#end++, item, cost, stamp);
    if (stamp < this.#lastStamp) this.#sorted = false;
    else this.#lastStamp = stamp;
  }

  pushFront(item: T, cost: number, stamp: number): void {
    if (this.#first === 0) {
      const chunk = newChunk<T>(FIRST_CHUNK);
      chunk.next = this.#head;
      this.#head = chunk;
      this.#first = FIRST_CHUNK;
    }
    this.#put(this.#head, --this.#first, item, cost, stamp);
    this.#sorted = false;
  }

  /** The entry pushed last; undefined where that one was withdrawn. */
  tail(): { item: T; position: QueuePosition<T> } | undefined {
    const position = { chunk: this.#tail, index: this.#end - 1 };
    const item = this.#tail.items[position.index];
    return item === GONE || item === undefined ? undefined : { item, position };
  }

  /** Takes the first entry; the queue is not empty. */
  shift(): T {
    const { items } = this.#head;
    const item = items[this.#first] as T;
    items[this.#first++] = undefined;
    this.#length--;
    this.#settle();
    return item;
  }

  /** Takes one entry out. @returns its cost, or undefined where it was not there any more */
  withdraw({ chunk, index }: QueuePosition<T>, item: T): number | undefined {
    if (chunk.items[index] !== item) return undefined;
    chunk.items[index] = GONE;
    this.#length--;
    this.#settle();
    return chunk.costs?.[index] ?? 0;
  }

  /** The smallest stamp: at once where they came in order, else by a walk. */
  oldest(): number {
    if (this.#sorted) return this.firstStamp;
    let oldest = Infinity;
    let index = this.#first;
    for (let chunk: Chunk<T> | undefined = this.#head; chunk; chunk = chunk.next) {
      const end = chunk === this.#tail ? this.#end : chunk.items.length;
      for (; index < end; index++) {
        if (chunk.items[index] !== GONE) oldest = Math.min(oldest, chunk.stamps[index] as number);
      }
      index = 0;
    }
    return oldest;
  }

  #put(chunk: Chunk<T>, index: number, item: T, cost: number, stamp: number): void {
    chunk.items[index] = item;
    chunk.stamps[index] = stamp;
    if (cost > 0 && !chunk.costs) chunk.costs = new Array<number>(chunk.items.length).fill(0);
    if (chunk.costs) chunk.costs[index] = cost;
    this.#length++;
  }

  /** Moves #first past the entries that are gone, and lets go of the chunks left behind. */
  #settle(): void {
    if (this.#length === 0) return;
    for (;;) {
      if (this.#first === this.#head.items.length) {
        this.#head = this.#head.next as Chunk<T>;
        this.#first = 0;
      }
      if (this.#head.items[this.#first] !== GONE) return;
      this.#head.items[this.#first++] = undefined;
    }
  }

  /** Makes an emptied class as good as new. */
  reset(): void {
    // where the last entries were withdrawn their marks are still there
    if (this.#tail.items[this.#end - 1] === GONE) this.#tail = newChunk(FIRST_CHUNK);
    this.#head = this.#tail;
    this.#first = this.#end = 0;
    this.#lastStamp = -Infinity;
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
