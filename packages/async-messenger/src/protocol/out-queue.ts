import { Fifo } from '@cephts/common';
import type { Message } from '../message.js';

interface Tier {
  readonly priority: number;
  readonly messages: Fifo<Message>;
}

const NONE: Tier[] = [];

/**
 * Messages to be written: those that are to be sent again, then the others, the highest priority first, first in first out within one.
 * Ceph keeps the former at the front of priority 255, where messages of a higher one would go before them and take their numbers.
 */
export class OutQueue {
  readonly #requeued = new Fifo<Message>();
  /** The highest priority first; tiers that ran empty stay. */
  #tiers: Tier[] = NONE;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(m: Message): void {
    this.#tier(m.priority).push(m);
    this.#length++;
  }

  shift(): Message | undefined {
    if (this.#length === 0) return undefined;
    const again = this.#requeued.shift();
    if (again) {
      this.#length--;
      return again;
    }
    for (const { messages } of this.#tiers) {
      const m = messages.shift();
      if (m) {
        this.#length--;
        return m;
      }
    }
    return undefined;
  }

  /** Messages that were sent go first, in their order. */
  requeue(sent: Fifo<Message>): void {
    this.#length += sent.length;
    this.#requeued.prepend(sent);
  }

  /** How many go first. */
  get requeued(): number {
    return this.#requeued.length;
  }

  /** Drops the first `count` of those that go first, or as many as there are. @returns how many */
  discardRequeued(count: number): number {
    let discarded = 0;
    while (discarded < count && this.#requeued.shift()) discarded++;
    this.#length -= discarded;
    return discarded;
  }

  clear(): void {
    this.#requeued.clear();
    for (const { messages } of this.#tiers) messages.clear();
    this.#length = 0;
  }

  #tier(priority: number): Fifo<Message> {
    const tiers = this.#tiers;
    let i = 0;
    for (; i < tiers.length; i++) {
      const tier = tiers[i]!;
      if (tier.priority === priority) return tier.messages;
      if (tier.priority < priority) break;
    }
    const tier: Tier = { priority, messages: new Fifo() };
    // one tier is all that most ever have: an array of just that
    if (tiers.length === 0) this.#tiers = [tier];
    else tiers.splice(i, 0, tier);
    return tier.messages;
  }
}
