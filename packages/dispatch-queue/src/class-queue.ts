/** Entries of the first chunk of a class, and of the largest; each chunk has twice as many as the one before. */
const FIRST_CHUNK = 16;
const MAX_CHUNK = 512;
/** Emptied classes a pool keeps for reuse. */
const POOL = 1024;

/** Stands where an entry was withdrawn. */
const GONE: unique symbol = Symbol();

/** What an entry was queued with. */
export interface EntryNumbers {
  cost: number;
  stamp: number;
}

/**
 * A run of entries: the chunk that follows, their numbers, then their items.
 *
 * Messages of a connection that were read together have one stamp, and often one cost. Where that is so in a whole chunk it is kept once:
 * with many classes it is the processor's cache that a queue waits for.
 */
type Chunk = unknown[];
const NEXT = 0;
/** The cost, and the stamp, of all entries; NaN where they differ. Behind each is the array that then has that of the entry at i at i. */
const COST = 1;
const STAMP = 3;
const START = 5;

function newChunk(entries: number, next?: Chunk): Chunk {
  const chunk = new Array<unknown>(START + entries).fill(undefined);
  chunk[NEXT] = next;
  chunk[COST] = chunk[STAMP] = 0;
  return chunk;
}

/** @param kind COST or STAMP */
function getNumber(chunk: Chunk, kind: number, at: number): number {
  const each = chunk[kind + 1] as number[] | undefined;
  // the plus makes it a number to the compiler, too: neither way is one allocated
  return each === undefined ? +(chunk[kind] as number) : each[at]!;
}

/** @param alone the entry is the only one of its chunk */
function setNumber(chunk: Chunk, kind: number, at: number, value: number, alone = false): void {
  if (alone && !chunk[kind + 1]) chunk[kind] = value;
  else {
    // filled with a fraction first it is an array of bare doubles
    const each = (chunk[kind + 1] ??= new Array<number>(chunk.length).fill(0.5).fill(chunk[kind] as number)) as number[];
    each[at] = value;
    chunk[kind] = NaN;
  }
}

/** The place of one entry, to withdraw it by; good while the entry is queued. */
export interface QueuePosition {
  readonly chunk: Chunk;
  readonly index: number;
  readonly item: unknown;
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
  /** Entries withdrawn from among the others, whose marks are still there. */
  #gone = 0;
  /** Were all stamps pushed in order? Then the first one is the smallest. */
  #sorted = true;

  get empty(): boolean {
    return this.#first === this.#end && this.#head === this.#tail;
  }

  /** What the first entry costs. */
  get firstCost(): number {
    return getNumber(this.#head, COST, this.#first);
  }

  push(item: T, cost: number, stamp: number): void {
    let tail = this.#tail;
    let at = this.#end;
    if (stamp !== tail[STAMP] && at > START && stamp < getNumber(tail, STAMP, at - 1)) this.#sorted = false;
    if (at === tail.length) {
      tail = this.#tail = tail[NEXT] = newChunk(Math.min(MAX_CHUNK, 2 * (at - START)));
      at = START;
    }
    this.#end = at + 1;
    tail[at] = item;
    const alone = at === START;
    if (cost !== tail[COST]) setNumber(tail, COST, at, cost, alone);
    if (stamp !== tail[STAMP]) setNumber(tail, STAMP, at, stamp, alone);
  }

  pushFront(item: T, cost: number, stamp: number): void {
    if (this.empty) {
      this.push(item, cost, stamp);
      return;
    }
    let head = this.#head;
    if (this.#first === START) {
      head = this.#head = newChunk(FIRST_CHUNK, head);
      this.#first = head.length;
    }
    const at = --this.#first;
    head[at] = item;
    setNumber(head, COST, at, cost);
    setNumber(head, STAMP, at, stamp);
    this.#sorted = false;
  }

  /** The entry pushed last; undefined where that one was withdrawn. */
  tail(): QueuePosition | undefined {
    const chunk = this.#tail;
    const index = this.#end - 1;
    const item = chunk[index];
    return item === GONE ? undefined : { chunk, index, item };
  }

  /** Takes the first entry; the queue is not empty. @param numbers is told its numbers */
  shift(numbers: EntryNumbers): T {
    const head = this.#head;
    const at = this.#first;
    numbers.cost = getNumber(head, COST, at);
    numbers.stamp = getNumber(head, STAMP, at);
    const item = head[at] as T;
    head[at] = undefined;
    this.#first = at + 1;
    if (at + 1 === head.length || this.#gone > 0) this.#settle();
    return item;
  }

  /** Takes one entry out. @returns its cost, or undefined where it was not there any more */
  withdraw({ chunk, index, item }: QueuePosition): number | undefined {
    if (chunk[index] !== item) return undefined;
    const cost = getNumber(chunk, COST, index);
    chunk[index] = GONE;
    this.#gone++;
    this.#settle();
    return cost;
  }

  /** The smallest stamp: at once where they came in order, else by a walk. */
  oldest(): number {
    if (this.#sorted) return getNumber(this.#head, STAMP, this.#first);
    let oldest = Infinity;
    let index = this.#first;
    for (let chunk: Chunk | undefined = this.#head; chunk; chunk = chunk[NEXT] as Chunk | undefined) {
      const end = chunk === this.#tail ? this.#end : chunk.length;
      for (; index < end; index++) {
        if (chunk[index] !== GONE) oldest = Math.min(oldest, getNumber(chunk, STAMP, index));
      }
      index = START;
    }
    return oldest;
  }

  /** Moves #first past the entries that are gone, and lets go of the chunks left behind. */
  #settle(): void {
    while (!this.empty) {
      if (this.#first === this.#head.length) {
        this.#head = this.#head[NEXT] as Chunk;
        this.#first = START;
      } else if (this.#head[this.#first] === GONE) {
        this.#head[this.#first++] = undefined;
        this.#gone--;
      } else return;
    }
  }

  /** Makes an emptied class as good as new. */
  reset(): void {
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
