/** One item as a model sees it. */
export interface ModelItem<T> {
  cls: number;
  item: T;
  cost: number;
  stamp: number;
}

interface ModelSub<T> {
  /** Per class a plain array; classes without items are not there. */
  classes: Map<number, ModelItem<T>[]>;
  /** Class whose turn it is. */
  cursor: number;
  tokens: number;
}

/** The queue of the anatomy sheet, written as plainly as can be: sorted copies, array shifts, sums. */
export class ReferenceQueue<T> {
  readonly strict = new Map<number, ModelSub<T>>();
  readonly token = new Map<number, ModelSub<T>>();
  readonly maxTokens: number;
  readonly minCost: number;
  /** For the weighted policy; without weights the token bucket decides. */
  readonly weight: ((priority: number) => number) | undefined;
  /** Virtual time at which each priority is served next, and that of the one served last. */
  readonly passes = new Map<number, number>();
  now = 0;

  constructor(maxTokens = 16_777_216, minCost = 65_536, weight?: (priority: number) => number) {
    this.maxTokens = maxTokens;
    this.minCost = minCost;
    this.weight = weight;
  }

  get length(): number {
    return this.items().length;
  }

  items(): ModelItem<T>[] {
    return [this.strict, this.token].flatMap((tier) => [...tier.values()].flatMap((sub) => [...sub.classes.values()].flat()));
  }

  put(tier: 'strict' | 'token', front: boolean, cls: number, priority: number, item: T, cost: number, stamp: number): void {
    let sub = this[tier].get(priority);
    if (!sub) {
      this[tier].set(priority, (sub = { classes: new Map(), cursor: cls, tokens: 0 }));
      if (tier === 'token') this.passes.set(priority, Math.max(this.now, this.passes.get(priority) ?? 0));
    }
    const list = sub.classes.get(cls) ?? [];
    sub.classes.set(cls, list);
    if (front) list.unshift({ cls, item, cost, stamp });
    else list.push({ cls, item, cost, stamp });
  }

  clamp(cost: number): number {
    return Math.min(Math.max(cost, this.minCost), this.maxTokens);
  }

  dequeue(): T | undefined {
    const strict = Math.max(...this.strict.keys());
    if (this.strict.size > 0) return this.#take('strict', strict).item;
    if (this.token.size === 0) return undefined;
    const ascending = [...this.token.keys()].sort((a, b) => a - b);
    if (this.weight) return this.#dequeueByWeight(ascending, this.weight);
    const cost = (priority: number): number => this.clamp(this.#front('token', priority).cost);
    const payer = ascending.find((priority) => cost(priority) < this.token.get(priority)!.tokens);
    const priority = payer ?? ascending.at(-1)!;
    const paid = cost(priority);
    if (payer !== undefined) this.token.get(priority)!.tokens -= paid;
    const { item } = this.#take('token', priority);
    const total = [...this.token.keys()].reduce((sum, each) => sum + each, 0);
    if (total > 0) {
      for (const [each, sub] of this.token) {
        sub.tokens = Math.min(this.maxTokens, sub.tokens + Math.floor((each * paid) / total) + 1);
      }
    }
    return item;
  }

  /** The one whose virtual time is the earliest; among equals the highest of all, else the lowest. */
  #dequeueByWeight(ascending: number[], weight: (priority: number) => number): T {
    const earliest = Math.min(...ascending.map((priority) => this.passes.get(priority)!));
    const candidates = ascending.filter((priority) => this.passes.get(priority) === earliest);
    const priority = candidates.at(-1) === ascending.at(-1) ? candidates.at(-1)! : candidates[0]!;
    const { item, cost } = this.#take('token', priority);
    this.now = earliest;
    this.passes.set(priority, earliest + this.clamp(cost) / weight(priority));
    return item;
  }

  dequeueLowest(): T | undefined {
    const tier = this.token.size > 0 ? 'token' : 'strict';
    return this[tier].size === 0 ? undefined : this.#take(tier, Math.min(...this[tier].keys())).item;
  }

  removeByClass(cls: number): T[] {
    let out: T[] = [];
    for (const tier of ['token', 'strict'] as const) {
      for (const priority of [...this[tier].keys()].sort((a, b) => a - b)) {
        const sub = this[tier].get(priority)!;
        const removed = sub.classes.get(cls);
        if (!removed) continue;
        this.#dropClass(tier, priority, cls);
        out = [...removed.map(({ item }) => item), ...out];
      }
    }
    return out;
  }

  withdraw(item: T): boolean {
    for (const tier of ['strict', 'token'] as const) {
      for (const [priority, sub] of this[tier]) {
        for (const [cls, list] of sub.classes) {
          const at = list.findIndex((entry) => entry.item === item);
          if (at < 0) continue;
          list.splice(at, 1);
          if (list.length === 0) this.#dropClass(tier, priority, cls);
          return true;
        }
      }
    }
    return false;
  }

  oldest(): number {
    return Math.min(Infinity, ...this.items().map(({ stamp }) => stamp));
  }

  #front(tier: 'strict' | 'token', priority: number): ModelItem<T> {
    const sub = this[tier].get(priority)!;
    return sub.classes.get(sub.cursor)![0]!;
  }

  #take(tier: 'strict' | 'token', priority: number): ModelItem<T> {
    const sub = this[tier].get(priority)!;
    const list = sub.classes.get(sub.cursor)!;
    const taken = list.shift()!;
    if (list.length === 0) this.#dropClass(tier, priority, sub.cursor);
    else sub.cursor = this.#after(sub, sub.cursor);
    return taken;
  }

  #dropClass(tier: 'strict' | 'token', priority: number, cls: number): void {
    const sub = this[tier].get(priority)!;
    sub.classes.delete(cls);
    if (sub.classes.size === 0) this[tier].delete(priority);
    else if (sub.cursor === cls) sub.cursor = this.#after(sub, cls);
  }

  #after(sub: ModelSub<T>, cls: number): number {
    const keys = [...sub.classes.keys()].sort((a, b) => a - b);
    return keys.find((key) => key > cls) ?? keys[0]!;
  }
}
