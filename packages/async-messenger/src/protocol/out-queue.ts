import { Fifo } from '@cephts/common';
import type { Message } from '../message.js';

const PRIO_HIGHEST = 255;

interface Tier {
  readonly priority: number;
  readonly messages: Fifo<Message>;
}

const NONE: Tier[] = [];

/** Messages to be written: the highest priority first, first in first out within one. */
export class OutQueue {
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
    this.#tier(PRIO_HIGHEST).prepend(sent);
  }

  /** Is there any message of those that go first? */
  get hasHighest(): boolean {
    const first = this.#tiers[0];
    return first?.priority === PRIO_HIGHEST && first.messages.length > 0;
  }

  /** Drops requeued messages up to number `seq`. @returns how many */
  discardRequeuedUpTo(seq: number): number {
    if (!this.hasHighest) return 0;
    const first = this.#tier(PRIO_HIGHEST);
    let discarded = 0;
    for (let m = first.first; m && m.seq !== 0 && m.seq <= seq; m = first.first) {
      first.shift();
      discarded++;
    }
    this.#length -= discarded;
    return discarded;
  }

  clear(): void {
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
