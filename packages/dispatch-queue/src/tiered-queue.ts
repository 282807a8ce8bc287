import { invalidArgument } from '@cephts/common';
import { ClassPool } from './class-queue.js';
import type { ClassQueue, EntryNumbers } from './class-queue.js';
import type { OpQueue, Withdrawal } from './op-queue.js';
import { MAX_PRIORITY } from './priorities.js';
import { MAX_KEY } from './radix-map.js';
import { SubQueue } from './sub-queue.js';

/** Added to a strict priority: every strict one is above every shared one. */
const STRICT = MAX_PRIORITY + 1;

/** Orders the priorities of both tiers. */
const rank = (priority: number, strict: boolean): number => (strict ? priority + STRICT : priority);

/**
 * What the two policies have in common: a strict tier that always goes first, highest priority first, and a shared tier. In what order the
 * shared tier is served is what a subclass says.
 */
export abstract class TieredQueue<T> implements OpQueue<T> {
  /** Where something waits, lowest rank first: a handful, so that keeping them in order costs little. */
  protected readonly waiting: SubQueue<T>[] = [];
  /** By rank, once used. */
  readonly #subs: (SubQueue<T> | undefined)[] = new Array<undefined>(2 * STRICT).fill(undefined);
  readonly #pool = new ClassPool<T>();
  #length = 0;
  readonly dequeued: EntryNumbers = { cost: 0, stamp: 0 };

  get length(): number {
    return this.#length;
  }

  enqueueStrict(cls: number, priority: number, item: T, cost = 0, stamp = 0): void {
    this.#add(cls, priority, true, cost).push(item, cost, stamp);
  }

  enqueueStrictFront(cls: number, priority: number, item: T, cost = 0, stamp = 0): void {
    this.#add(cls, priority, true, cost).pushFront(item, cost, stamp);
  }

  enqueue(cls: number, priority: number, cost: number, item: T, stamp = 0): void {
    this.#add(cls, priority, false, cost).push(item, cost, stamp);
  }

  enqueueFront(cls: number, priority: number, cost: number, item: T, stamp = 0): void {
    this.#add(cls, priority, false, cost).pushFront(item, cost, stamp);
  }

  dequeue(): T | undefined {
    const top = this.waiting[this.waiting.length - 1];
    if (!top) return undefined;
    if (top.strict) return this.#take(top);
    const sub = this.choose(top);
    const item = this.#take(sub);
    this.served(sub, this.dequeued.cost);
    return item;
  }

  dequeueLowest(priority: number = MAX_PRIORITY, strict: boolean = true): T | undefined {
    const lowest = this.waiting[0];
    return !lowest || lowest.rank > rank(priority, strict) ? undefined : this.#take(lowest);
  }

  removeByClass(cls: number, removed?: (item: T, cost: number) => void): T[] {
    const out: T[] = [];
    for (const sub of this.waiting.toReversed()) {
      sub.removeClass(cls, (item, cost) => {
        this.#length--;
        out.push(item);
        removed?.(item, cost);
      });
      this.#dropIfEmpty(sub);
    }
    return out;
  }

  withdrawal(cls: number, priority: number, strict: boolean): Withdrawal | undefined {
    const sub = this.#subs[rank(priority, strict)];
    const position = sub?.classQueue(cls)?.tail();
    return (
      position &&
      (() => {
        const cost = sub!.withdraw(cls, position);
        if (cost !== undefined) {
          this.#length--;
          this.#dropIfEmpty(sub!);
        }
        return cost;
      })
    );
  }

  check(cls: number, priority: number, strict: boolean, cost: number): void {
    this.#sub(cls, priority, strict, cost);
  }

  oldest(): number {
    return Math.min(...this.waiting.map((sub) => sub.oldest()));
  }

  /** The share of a priority of the shared tier, asked when it is used first. @throws CephError where it cannot have one */
  protected abstract weightOf(priority: number): number;
  /** Which priority is next? Asked when only shared ones wait, of which `top` is the highest. */
  protected abstract choose(top: SubQueue<T>): SubQueue<T>;
  /** An item of that priority and cost was taken; the priority has left already where it was the last one. */
  protected abstract served(sub: SubQueue<T>, cost: number): void;
  /** A priority is about to join the shared tier. */
  protected abstract joined(sub: SubQueue<T>): void;
  /** A priority left the shared tier, nothing of it being queued any more. */
  protected abstract left(sub: SubQueue<T>): void;

  /** One more entry comes: the class to push it to. */
  #add(cls: number, priority: number, strict: boolean, cost: number): ClassQueue<T> {
    const sub = this.#sub(cls, priority, strict, cost);
    if (sub.length === 0) this.#join(sub);
    this.#length++;
    return sub.add(cls);
  }

  /** The priority that such an entry goes to. */
  #sub(cls: number, priority: number, strict: boolean, cost: number): SubQueue<T> {
    // x & 511 is x for integers from 0 to 511 only
    if ((cls & MAX_KEY) !== cls || (priority & MAX_PRIORITY) !== priority || !(cost >= 0 && cost < Infinity)) {
      throw invalidArgument(
        `Expected class <= ${MAX_KEY}, priority <= ${MAX_PRIORITY}, cost >= 0, got ${cls}, ${priority}, ${cost}`,
      );
    }
    const at = rank(priority, strict);
    return (this.#subs[at] ??= new SubQueue(strict, at, strict ? 1 : this.weightOf(priority), this.#pool));
  }

  #take(sub: SubQueue<T>): T {
    this.#length--;
    const item = sub.shift(this.dequeued);
    this.#dropIfEmpty(sub);
    return item;
  }

  #join(sub: SubQueue<T>): void {
    if (!sub.strict) this.joined(sub);
    const { waiting } = this;
    let at = waiting.push(sub) - 1;
    for (; at > 0 && waiting[at - 1]!.rank > sub.rank; at--) waiting[at] = waiting[at - 1]!;
    waiting[at] = sub;
  }

  #dropIfEmpty(sub: SubQueue<T>): void {
    if (sub.length > 0) return;
    const { waiting } = this;
    // the highest one, mostly
    if (waiting[waiting.length - 1] === sub) waiting.pop();
    else waiting.splice(waiting.indexOf(sub), 1);
    if (!sub.strict) this.left(sub);
  }
}
