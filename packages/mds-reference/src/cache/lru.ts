/** What a list of least recently used objects threads through its members. */
export interface LruItem<T extends LruItem<T>> {
  lruPrev: T | undefined;
  lruNext: T | undefined;
  /** The list it is in. */
  lru: Lru<T> | undefined;
}

/**
 * Objects in the order of their last use: a doubly linked list through the objects themselves, so that each step costs the same.
 *
 * @see src/include/lru.h (16.2.15)
 */
export class Lru<T extends LruItem<T>> {
  #top: T | undefined;
  #bottom: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The least recently used. */
  get bottom(): T | undefined {
    return this.#bottom;
  }

  insertTop(item: T): void {
    item.lru?.remove(item);
    item.lru = this;
    item.lruPrev = undefined;
    item.lruNext = this.#top;
    if (this.#top) this.#top.lruPrev = item;
    else this.#bottom = item;
    this.#top = item;
    this.#size++;
  }

  insertBottom(item: T): void {
    item.lru?.remove(item);
    item.lru = this;
    item.lruNext = undefined;
    item.lruPrev = this.#bottom;
    if (this.#bottom) this.#bottom.lruNext = item;
    else this.#top = item;
    this.#bottom = item;
    this.#size++;
  }

  /** Moves an item to the top. */
  touch(item: T): void {
    if (this.#top === item) return;
    this.insertTop(item);
  }

  remove(item: T): void {
    if (item.lru !== this) return;
    const { lruPrev, lruNext } = item;
    if (lruPrev) lruPrev.lruNext = lruNext;
    else this.#top = lruNext;
    if (lruNext) lruNext.lruPrev = lruPrev;
    else this.#bottom = lruPrev;
    item.lruPrev = undefined;
    item.lruNext = undefined;
    item.lru = undefined;
    this.#size--;
  }
}
