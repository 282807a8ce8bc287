import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import type { LogSegment } from '../journal/log-segment.js';
import type { MDSRank } from '../rank/mds-rank.js';

/** What names a thing that was begun, by its text: a request, or a directory. */
interface Key {
  toString(): string;
}

interface Begun<What> {
  readonly what: What;
  readonly ls: LogSegment;
  readonly waiters: Completion[];
}

/** Things whose beginning is in the journal, and whose end is not: the segment with the beginning is needed until then. */
export abstract class Uncommitted<What> {
  protected readonly mds: MDSRank;
  readonly #keysOf: (ls: LogSegment) => Set<string>;
  readonly #begun = new Map<string, Begun<What>>();

  /** @param keysOf where a segment has what began in it */
  constructor(mds: MDSRank, keysOf: (ls: LogSegment) => Set<string>) {
    this.mds = mds;
    this.#keysOf = keysOf;
  }

  protected begin(key: Key, ls: LogSegment, what: What): void {
    this.#keysOf(ls).add(String(key));
    this.#begun.set(String(key), { what, ls, waiters: [] });
  }

  protected get(key: Key): What | undefined {
    return this.#begun.get(String(key))?.what;
  }

  protected *entries(): IterableIterator<[key: string, what: What]> {
    for (const [key, { what }] of this.#begun) yield [key, what];
  }

  /** It is at its end. @returns what it was; undefined where it is not known: it began before the journal does */
  finish(key: Key): What | undefined {
    const begun = this.#begun.get(String(key));
    if (!begun) return undefined;
    this.#begun.delete(String(key));
    this.#keysOf(begun.ls).delete(String(key));
    this.mds.queueWaiters(begun.waiters);
    return begun.what;
  }

  /** Completes when it is at its end. */
  wait(key: Key, completion: Completion): void {
    const begun = this.#begun.get(String(key));
    if (begun) begun.waiters.push(completion);
    else complete(completion, 0);
  }
}
