import type { LogSegment } from '../journal/log-segment.js';
import { EUpdate } from '../journal/events/e-update.js';
import { MDSIOContextWrapper, MDSLogContextWrapper } from '../rank/mds-context.js';
import { WAIT } from './cache-object.js';
import type { CInode } from './cinode.js';
import { truncateFile } from './file-truncate.js';
import type { MDCache } from './md-cache.js';
import { MutationImpl } from './mutation.js';
import { PIN } from './pins.js';
import { journalDirtyInode, predirtyJournalParents, PREDIRTY_PRIMARY } from './predirty.js';

/**
 * Files that were made shorter: their objects are cut after that is journaled, and the journal keeps the segment until they are.
 *
 * @see MDCache::truncate_inode in src/mds/MDCache.cc (16.2.15)
 */
export class Truncation {
  readonly #cache: MDCache;

  constructor(cache: MDCache) {
    this.#cache = cache;
  }

  /** Begun in segment `ls`; clients that wait for it are told when it is done. */
  truncateInode(inode: CInode, ls: LogSegment): void {
    inode.get(PIN.TRUNCATING);
    ls.truncatingInodes.add(inode);
    this.#start(inode, ls);
  }

  #start(inode: CInode, ls: LogSegment): void {
    if (!inode.canAuthPin()) {
      inode.addUnfreezeWaiter(() => this.#start(inode, ls));
      return;
    }
    inode.authPin(inode);
    const { mds } = this.#cache;
    const { layout, truncateSize, truncateFrom } = inode.inode;
    const done = new MDSIOContextWrapper(mds, (r) => {
      if (r < 0) {
        mds.clog('error', `failed to truncate inode 0x${inode.ino.toString(16)}: ${r}`);
        mds.handleWriteError(r);
      } else this.#finish(inode, ls);
    });
    truncateFile(mds, inode.ino, layout, Number(truncateSize), Number(truncateFrom), (r) => mds.finisher.queue(done, r));
  }

  #finish(inode: CInode, ls: LogSegment): void {
    const { mds } = this.#cache;
    ls.truncatingInodes.delete(inode);
    const mut = new MutationImpl();
    mut.ls = mds.mdlog.getCurrentSegment();
    const pi = inode.projectInode(mut);
    pi.version = inode.preDirty();
    pi.truncateFrom = 0n;
    pi.truncatePending--;
    const event = new EUpdate('truncate finish');
    mds.mdlog.startEntry(event);
    predirtyJournalParents(mut, event.metablob, inode, undefined, PREDIRTY_PRIMARY);
    journalDirtyInode(mut, event.metablob, inode);
    event.metablob.addTruncateFinish(inode.ino, ls.seq);
    const fin = new MDSLogContextWrapper(mds, () => {
      mut.apply();
      mds.locker.dropLocks(mut);
      mut.cleanup();
      inode.authUnpin(inode);
      inode.put(PIN.TRUNCATING);
      inode.finishWaiting(WAIT.TRUNC);
      if (inode.isAnyCaps()) mds.locker.shareInodeMaxSize(inode);
    });
    mds.mdlog.submitEntry(event, fin);
    // somebody may wait for the cut
    if (inode.isWaiterFor(WAIT.TRUNC)) mds.mdlog.flush();
  }

  // -- replay

  addRecovered(inode: CInode, ls: LogSegment): void {
    if (ls.truncatingInodes.has(inode)) return;
    ls.truncatingInodes.add(inode);
    inode.get(PIN.TRUNCATING);
  }

  removeRecovered(inode: CInode, ls: LogSegment): void {
    // an older event of the same segment may be gone
    if (ls.truncatingInodes.delete(inode)) inode.put(PIN.TRUNCATING);
  }

  /** Takes up what was begun before a restart. */
  startRecovered(): void {
    for (const ls of this.#cache.mds.mdlog.segments.values()) {
      for (const inode of ls.truncatingInodes) this.#start(inode, ls);
    }
  }
}
