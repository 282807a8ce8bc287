import { UTime } from '@cephts/encoding';
import type { CInode } from '../cache/cinode.js';
import { PREDIRTY_PRIMARY } from '../cache/predirty.js';
import { MutationImpl } from '../cache/mutation.js';
import { EOpen } from '../journal/events/e-open.js';
import { EUpdate } from '../journal/events/e-update.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { CEPH_CAP_ANY_FILE_WR } from '../types/caps.js';
import { CEPH_NOSNAP } from '../types/ceph-fs.js';
import { ClientWriteableRange } from '../types/client-writeable-range.js';
import type { Inode } from '../types/inode.js';
import { isAnyCapsWanted, targetLoner } from './inode-caps.js';
import type { LockMachine } from './lock-machine.js';
import type { Locker } from './locker.js';
import { SimpleLock } from './simple-lock.js';

/**
 * How far clients may write into a file without asking: ranges beyond its size, journaled before they are told.
 *
 * @see Locker::check_inode_max_size in src/mds/Locker.cc (16.2.15)
 */
export class MaxSize {
  readonly #mds: MDSRank;
  readonly #machine: LockMachine;
  readonly #locker: Locker;

  constructor(mds: MDSRank, machine: LockMachine, locker: Locker) {
    this.#mds = mds;
    this.#machine = machine;
    this.#locker = locker;
  }

  /** A range for a file of `size` bytes: twice that, within bounds, rounded up to whole sets of objects. */
  calcNewMaxSize(inode: Inode, size: number): number {
    let max = (size + 1) * 2;
    const objects = this.#mds.cct.conf.number('mds_client_writeable_range_max_inc_objs');
    if (objects > 0) max = Math.min(max, size + objects * inode.layout.objectSize);
    const increment = inode.layout.period || 1;
    return Math.ceil(max / increment) * increment;
  }

  #rangeFor(inode: Inode, size: number): number {
    return inode.hasLayout() ? this.calcNewMaxSize(inode, size) : 0;
  }

  /** Would {@link calcNewClientRanges} change anything? */
  checkClientRanges(inode: CInode, size: number): boolean {
    const latest = inode.getProjectedInode();
    const max = this.#rangeFor(latest, size);
    let writers = 0;
    for (const [client, cap] of inode.clientCaps) {
      if (((cap.issued | cap.wanted) & CEPH_CAP_ANY_FILE_WR) === 0) continue;
      const range = latest.clientRanges.get(client);
      if (!range || max > range.last) return true;
      writers++;
    }
    return writers !== latest.clientRanges.size;
  }

  /** Gives each writer its range in `projected`, the version of the inode that is being made. */
  calcNewClientRanges(inode: CInode, projected: Inode, size: number): { updated: boolean; increased: boolean } {
    const max = this.#rangeFor(projected, size);
    const ranges = new Map<number, ClientWriteableRange>();
    let updated = false;
    let increased = false;
    for (const client of [...inode.clientCaps.keys()].sort((a, b) => a - b)) {
      const cap = inode.clientCaps.get(client);
      if (!cap) continue;
      if (((cap.issued | cap.wanted) & CEPH_CAP_ANY_FILE_WR) === 0) {
        cap.clearClientwriteable();
        continue;
      }
      const range = projected.clientRanges.get(client);
      if (!range || max > range.last) {
        ranges.set(client, new ClientWriteableRange(0, max, range?.follows ?? inode.first - 1n));
        updated = true;
        increased = true;
      } else {
        ranges.set(client, range);
      }
      cap.markClientwriteable();
    }
    if (ranges.size !== projected.clientRanges.size) updated = true;
    if (updated) {
      projected.clientRanges = ranges;
      if (ranges.size === 0) inode.clearClientwriteable();
      else inode.markClientwriteable();
    }
    return { updated, increased };
  }

  /**
   * Brings the ranges (and size and mtime, where they are given) up to date, journaled.
   *
   * @returns was there anything to change?
   */
  checkInodeMaxSize(inode: CInode, newMaxSize = 0, newSize = 0, newMtime = UTime.ZERO): boolean {
    const latest = inode.getProjectedInode();
    let { size } = latest;
    let mtime = newMtime;
    let updateSize = newSize > 0;
    if (updateSize) {
      size = Math.max(size, newSize);
      if (latest.mtime.compare(mtime) > 0) mtime = latest.mtime;
      if (latest.size === size && latest.mtime.equals(mtime)) updateSize = false;
    }
    const newRanges = this.checkClientRanges(inode, Math.max(newMaxSize, size));
    if (!updateSize && !newRanges) return false;
    const again = (): void => {
      this.checkInodeMaxSize(inode, newMaxSize, newSize, newMtime);
    };
    if (inode.isFrozen()) {
      inode.addUnfreezeWaiter(again);
      return false;
    }
    const { filelock } = inode;
    if (!filelock.canWrlock(inode.lonerCap)) {
      if (filelock.isStable()) {
        if (targetLoner(inode) >= 0) this.#machine.fileExcl(filelock);
        else this.#machine.simpleLock(filelock);
      }
      if (!filelock.canWrlock(inode.lonerCap)) {
        filelock.addWaiter(SimpleLock.WAIT_STABLE, again);
        return false;
      }
    }
    this.#update(inode, Math.max(newMaxSize, size), newRanges, updateSize ? { size, mtime } : undefined);
    return true;
  }

  #update(inode: CInode, rangeSize: number, newRanges: boolean, sizes: { size: number; mtime: UTime } | undefined): void {
    const { mdlog, mdcache } = this.#mds;
    const mut = new MutationImpl();
    mut.ls = mdlog.getCurrentSegment();
    const pi = inode.projectInode(mut);
    pi.version = inode.preDirty();
    const increased = newRanges && this.calcNewClientRanges(inode, pi, rangeSize).increased;
    if (sizes) {
      pi.size = sizes.size;
      pi.rstat.rbytes = sizes.size;
      pi.mtime = sizes.mtime;
      if (sizes.mtime.compare(pi.ctime) > 0) {
        pi.ctime = sizes.mtime;
        if (sizes.mtime.compare(pi.rstat.rctime) > 0) pi.rstat.rctime = sizes.mtime;
      }
    }
    // a file that is still open goes into the newest segment as such
    const open = isAnyCapsWanted(inode) && inode.last === CEPH_NOSNAP;
    const event = open ? new EOpen() : new EUpdate('check_inode_max_size');
    mdlog.startEntry(event);
    if (event instanceof EOpen) event.addIno(inode.ino);
    mdcache.predirtyJournalParents(mut, event.metablob, inode, undefined, PREDIRTY_PRIMARY);
    mdcache.journalDirtyInode(mut, event.metablob, inode);
    mdlog.submitEntry(event, this.#locker.clientCaps.fileUpdateFinish(inode, mut, { shareMax: true }));
    this.#locker.wrlockForce(inode.filelock, mut);
    mut.authPin(inode);
    if (increased) mdlog.flush();
  }
}
