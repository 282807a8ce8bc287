import { complete, ERRNO, GatherBuilder } from '@cephts/common';
import { Decoder } from '@cephts/encoding';
import type { DirFrag, Frag } from '@cephts/encoding';
import { EFragment, FRAGMENT_OP_FINISH, FRAGMENT_OP_ROLLBACK } from '../journal/events/e-fragment.js';
import { decodeDirfragRollback } from '../journal/events/rollbacks.js';
import { objectName } from '../journal/file-objects.js';
import type { LogSegment } from '../journal/log-segment.js';
import { C_IO_Wrapper, MDSLogContextWrapper } from '../rank/mds-context.js';
import { ObjectOperation } from '../store/object-store.js';
import { adjustDirFragments, forceDirFragment } from './dir-fragments.js';
import type { MDCache } from './md-cache.js';
import { addDir, addDirContext } from './meta-blob.js';
import { MutationImpl } from './mutation.js';
import { PREDIRTY_PRIMARY } from './predirty.js';
import { ReplayError } from './replay-error.js';
import { Uncommitted } from './uncommitted.js';

interface Cut {
  readonly base: DirFrag;
  /** Split by so many; below 0: merged. */
  readonly bits: number;
  /** Those whose objects nobody needs once the cut is committed, or rolled back. */
  oldFrags: readonly Frag[];
  /** How the old ones were: their fnodes, one after the other. */
  readonly rollback: Uint8Array;
  /** Only the old objects are left to be removed. */
  committed: boolean;
}

/**
 * Directories that are being cut into other fragments: the intention is journaled, then the new objects are written, then it is committed, and
 * the old objects are removed. A crash may come at any time in between; before the commit only the old objects are whole.
 *
 * @see MDCache::uncommitted_fragments in src/mds/MDCache.cc (16.2.15)
 */
export class UncommittedFragments extends Uncommitted<Cut> {
  readonly #cache: MDCache;

  constructor(cache: MDCache) {
    super(cache.mds, (ls) => ls.uncommittedFragments);
    this.#cache = cache;
  }

  add(base: DirFrag, bits: number, oldFrags: readonly Frag[], ls: LogSegment, rollback: Uint8Array): void {
    this.begin(base, ls, { base, bits, oldFrags, rollback, committed: false });
  }

  /** The new objects are written. */
  commit(base: DirFrag): void {
    const cut = this.get(base);
    if (!cut) return;
    // a journal of old says no more than that
    if (cut.oldFrags.length === 0) this.finish(base);
    else cut.committed = true;
  }

  /** It was taken back: `newFrags` are those nobody needs now. */
  rolledBack(base: DirFrag, newFrags: readonly Frag[]): void {
    const cut = this.get(base);
    if (cut && cut.oldFrags.length > 0) cut.oldFrags = newFrags;
    this.commit(base);
  }

  /**
   * After a replay: takes back what was not committed, and removes the objects that nobody needs.
   *
   * @throws ReplayError where a directory that was to be cut is nowhere
   */
  recover(): void {
    for (const [, cut] of [...this.entries()]) {
      if (!cut.committed) this.#rollBack(cut);
      this.#removeOld(cut);
    }
  }

  #rollBack(cut: Cut): void {
    const { mds } = this;
    const { base, bits } = cut;
    const inode = this.#cache.getInode(base.ino);
    if (!inode) throw new ReplayError(`${base} was to be cut, and is not in the journal`);
    mds.dout(1, `taking back that ${base} was cut by ${bits} bits`);
    const mut = new MutationImpl();
    const ls = (mut.ls = mds.mdlog.getCurrentSegment());
    const event = new EFragment(FRAGMENT_OP_ROLLBACK, base, bits);
    mds.mdlog.startEntry(event);
    const newFrags = inode.dirfragtree.getLeavesUnder(base.frag);
    if (cut.oldFrags.length === 0) adjustDirFragments(inode, base.frag, -bits);
    const rollback = new Decoder(cut.rollback, 'dirfrag_rollback');
    for (const frag of cut.oldFrags) {
      const dir = forceDirFragment(inode, frag);
      dir.fnode = decodeDirfragRollback(rollback);
      dir.updateProjectedVersion();
      dir.markDirty(ls);
      dir.noteSumsBehind(ls);
      event.origFrags.push(frag);
      addDirContext(event.metablob, dir);
      addDir(event.metablob, dir, true);
    }
    inode.projectInode(mut).version = inode.preDirty();
    // with the fragment it hangs in: else that would never get to the version of its entry
    this.#cache.predirtyJournalParents(mut, event.metablob, inode, undefined, PREDIRTY_PRIMARY);
    this.#cache.journalDirtyInode(mut, event.metablob, inode);
    mds.mdlog.submitEntry(
      event,
      new MDSLogContextWrapper(mds, () => {
        mut.apply();
        mds.locker.dropLocks(mut);
        mut.cleanup();
      }),
    );
    cut.oldFrags = newFrags;
    cut.committed = true;
  }

  #removeOld(cut: Cut): void {
    const { mds } = this;
    const gather = new GatherBuilder(
      new C_IO_Wrapper(mds, () => {
        mds.mdlog.startSubmitEntry(new EFragment(FRAGMENT_OP_FINISH, cut.base, cut.bits));
        this.finish(cut.base);
      }),
    );
    for (const frag of cut.oldFrags) {
      const op = new ObjectOperation();
      // the one of the whole directory has its backtrace too
      if (frag === 0) op.truncate(0).omapClear();
      else op.remove();
      const done = gather.newSub();
      mds.objecter.operate(objectName(cut.base.ino, frag), { pool: mds.metadataPool }, op, (r) => {
        if (r < 0 && r !== -ERRNO.ENOENT) mds.handleWriteError(r);
        complete(done, 0);
      });
    }
    gather.activate();
  }
}
