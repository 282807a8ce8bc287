import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { IntervalSet } from '@cephts/encoding';
import type { CDentry } from '../cache/cdentry.js';
import type { CDir } from '../cache/cdir.js';
import type { CInode } from '../cache/cinode.js';

/**
 * A stretch of the journal that begins with a subtree map, and what has to be written to its own objects before it can be thrown away.
 *
 * What is dirty is in one segment at a time: who makes it dirty again in a newer one takes it out of the older set.
 *
 * @see src/mds/LogSegment.h (16.2.15)
 */
export class LogSegment {
  readonly seq: number;
  /** Journal position of its subtree map; known once that is written. */
  offset: number;
  /** Journal position behind its last event. */
  end = 0;
  numEvents = 0;
  /** Of those, events that md_submit has yet to append. */
  pendingEvents = 0;

  readonly dirtyDirfrags = new Set<CDir>();
  readonly newDirfrags = new Set<CDir>();
  readonly dirtyInodes = new Set<CInode>();
  readonly dirtyDentries = new Set<CDentry>();
  readonly openFiles = new Set<CInode>();
  /** Inodes whose backtrace is to be stored. */
  readonly dirtyParentInodes = new Set<CInode>();
  /** Folders whose fragments' sums are to be gathered. */
  readonly dirtyDirfragDir = new Set<CInode>();
  readonly dirtyDirfragNest = new Set<CInode>();
  readonly dirtyDirfragDirfragtree = new Set<CInode>();
  readonly truncatingInodes = new Set<CInode>();
  readonly purgingInodes = new IntervalSet();
  /** By table: transactions committed in the journal and not acknowledged by the table's server. */
  readonly pendingCommitTids = new Map<number, Set<number>>();
  /** Requests (`client.4305:12`) with peers that have yet to acknowledge. */
  readonly uncommittedLeaders = new Set<string>();
  readonly uncommittedPeers = new Set<string>();
  readonly uncommittedFragments = new Set<string>();
  /** Names of sessions (`client.4305`) whose completed requests changed. */
  readonly touchedSessions = new Set<string>();

  inotablev = 0;
  sessionmapv = 0;
  /** By table. */
  readonly tablev = new Map<number, number>();

  #purgedCb: Completion | undefined;
  readonly #expiryWaiters: Completion[] = [];

  constructor(seq: number, offset = -1) {
    this.seq = seq;
    this.offset = offset;
  }

  waitForExpiry(completion: Completion): void {
    this.#expiryWaiters.push(completion);
  }

  /** Completes who waits for the end of the segment. */
  finishExpiryWaiters(r = 0): void {
    for (const waiter of this.#expiryWaiters.splice(0)) complete(waiter, r);
  }

  /** Completes `completion` once {@link purgingInodes} is empty. */
  setPurgedCallback(completion: Completion): void {
    this.#purgedCb = completion;
  }

  /** Inodes were purged. */
  purged(inos: IntervalSet): void {
    this.purgingInodes.subtract(this.purgingInodes.intersection(inos));
    if (!this.purgingInodes.isEmpty() || this.#purgedCb === undefined) return;
    const callback = this.#purgedCb;
    this.#purgedCb = undefined;
    complete(callback, 0);
  }
}
