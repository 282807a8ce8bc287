import type { Completion } from '@cephts/common';
import type { CInode } from '../cache/cinode.js';
import { MutationImpl } from '../cache/mutation.js';
import { PREDIRTY_PRIMARY } from '../cache/predirty.js';
import { EUpdate } from '../journal/events/e-update.js';
import { MDSLogContextWrapper } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import type { LockMachine } from './lock-machine.js';
import type { Locker } from './locker.js';
import { WRLOCK } from './lock-op.js';
import { LOCK_LOCK, LOCK_SYNC } from './lock-states.js';
import type { ScatterLock } from './scatter-lock.js';
import { SimpleLock } from './simple-lock.js';

/**
 * Scatterlocks whose inode lags behind its dirfrags: after a while they are nudged, so that totals are gathered and written.
 *
 * @see Locker::scatter_tick in src/mds/Locker.cc (16.2.15)
 */
export class ScatterUpdates {
  readonly #mds: MDSRank;
  readonly #machine: LockMachine;
  readonly #locker: Locker;
  /** In the order of when they were marked. */
  readonly #updated = new Set<ScatterLock>();

  constructor(mds: MDSRank, machine: LockMachine, locker: Locker) {
    this.#mds = mds;
    this.#machine = machine;
    this.#locker = locker;
  }

  /** A dirfrag's totals changed and the inode doesn't have them yet. */
  markUpdated(lock: ScatterLock): void {
    lock.markDirty();
    if (this.#updated.has(lock)) return;
    this.#updated.add(lock);
    lock.updateStamp = this.#mds.cct.clock.monotonicNow();
  }

  tick(): void {
    const now = this.#mds.cct.clock.monotonicNow();
    const interval = this.#mds.cct.conf.number('mds_scatter_nudge_interval') * 1000;
    let left = this.#updated.size;
    for (const lock of this.#updated) {
      if (left-- === 0) break;
      if (lock.isDirty() && now - lock.updateStamp < interval) break;
      this.#updated.delete(lock);
      if (lock.isDirty()) this.nudge(lock);
    }
    this.#mds.mdlog.flush();
  }

  /** Moves the lock, which gathers and writes what is dirty. `onStable` follows once it is stable again. */
  nudge(lock: ScatterLock, onStable?: Completion): void {
    const inode = lock.parent as unknown as CInode;
    if (inode.isFreezingOrFrozen()) {
      if (onStable) inode.addUnfreezeWaiter(onStable);
      else if (lock.isDirty()) this.#updated.add(lock);
      return;
    }
    for (let moves = 0; ;) {
      if (!lock.isStable()) {
        if (onStable) lock.addWaiter(SimpleLock.WAIT_STABLE, onStable);
        return;
      }
      if (this.#mds.mdcache.isReadonly()) {
        if (lock.state !== LOCK_SYNC) this.#machine.simpleSync(lock);
        break;
      }
      if (lock.state === LOCK_LOCK) this.#machine.simpleSync(lock);
      else this.#machine.simpleLock(lock);
      if (++moves === 2 && lock.isStable()) break;
    }
    if (onStable) this.#mds.queueWaiter(onStable);
  }

  /** Gathers the dirfrags' totals into the inode and journals it. */
  writebehind(lock: ScatterLock): void {
    const inode = lock.parent as unknown as CInode;
    const { mdlog, mdcache } = this.#mds;
    const mut = new MutationImpl();
    mut.ls = mdlog.getCurrentSegment();
    lock.getWrlock();
    mut.emplaceLock(lock, WRLOCK);
    const pi = inode.projectInode(mut);
    pi.version = inode.preDirty();
    inode.finishScatterGatherUpdate(lock.type, mut);
    lock.startFlush();
    const event = new EUpdate('scatter_writebehind');
    mdlog.startEntry(event);
    mdcache.predirtyJournalParents(mut, event.metablob, inode, undefined, PREDIRTY_PRIMARY);
    mdcache.journalDirtyInode(mut, event.metablob, inode);
    inode.finishScatterGatherUpdateAccounted(lock.type, event.metablob);
    mdlog.submitEntry(event, new MDSLogContextWrapper(this.#mds, () => this.#writebehindFinish(lock, mut)));
  }

  #writebehindFinish(lock: ScatterLock, mut: MutationImpl): void {
    mut.apply();
    lock.finishFlush();
    this.#locker.dropLocks(mut);
    mut.cleanup();
    if (lock.isStable()) lock.finishWaiters(SimpleLock.WAIT_STABLE);
  }
}
