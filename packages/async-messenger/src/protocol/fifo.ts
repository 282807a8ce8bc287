const NONE: never[] = [];

/** First in, first out; constant cost a step, no walk for the length. */
export class Fifo<T> {
  /** None of its own while nothing was ever pushed, or all is taken. */
  #items: T[] = NONE;
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    if (this.#items === NONE) this.#items = [];
    this.#items.push(item);
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    const items = this.#items;
    if (this.#head === items.length) return undefined;
    const item = items[this.#head];
    // lets go of what was taken
    items[this.#head++] = undefined as T;
    if (this.#head === items.length) {
      // few of them: the next ones go to the same place
      if (items.length > 64) this.#items = NONE;
      else items.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= items.length) {
      this.#items = items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Puts all of `before` in front and empties it. */
  prepend(before: Fifo<T>): void {
    this.#items = [...before.#items.slice(before.#head), ...this.#items.slice(this.#head)];
    this.#head = 0;
    before.clear();
  }

  clear(): void {
    this.#items = NONE;
    this.#head = 0;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = this.#head; i < this.#items.length; i++) yield this.#items[i] as T;
  }
}
