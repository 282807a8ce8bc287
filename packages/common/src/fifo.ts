const NONE: never[] = [];
/** Memory for so many items is kept when the last one is taken. */
const KEPT = 64;
/** Taken items from which on those that are left may move to the front. */
const MOVED = 1024;

/** First in, first out, at constant cost a step. One that was never used, or had many items and is empty, holds no memory. */
export class Fifo<T> {
  #items: (T | undefined)[] = NONE;
  #head = 0;
  /** Behind the last item: V8 takes long to shorten an array, so there may be empty places from here on. */
  #tail = 0;

  get length(): number {
    return this.#tail - this.#head;
  }

  /** The one that is next; undefined where there is none. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    if (this.#items === NONE) this.#items = [];
    this.#items[this.#tail++] = item;
  }

  shift(): T | undefined {
    if (this.#head === this.#tail) return undefined;
    const items = this.#items;
    const item = items[this.#head];
    // lets go of what is taken
    items[this.#head++] = undefined;
    if (this.#head === this.#tail) {
      this.#head = this.#tail = 0;
      if (items.length > KEPT) this.#items = NONE;
    } else if (this.#head >= MOVED && this.#head * 2 >= this.#tail) this.#set([...this]);
    return item;
  }

  /** Puts all of `before` in front and empties it. */
  prepend(before: Fifo<T>): void {
    this.#set([...before, ...this]);
    before.clear();
  }

  clear(): void {
    this.#set(NONE);
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = this.#head; i < this.#tail; i++) yield this.#items[i] as T;
  }

  #set(items: T[]): void {
    this.#items = items;
    this.#head = 0;
    this.#tail = items.length;
  }
}
