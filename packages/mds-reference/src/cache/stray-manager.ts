import { EntityName, UTime } from '@cephts/encoding';
import { EUpdate } from '../journal/events/e-update.js';
import { MClientRequest } from '../messages/m-client-request.js';
import { PURGE_DIR, PURGE_FILE, PurgeItem } from '../purge/purge-item.js';
import type { PurgeQueue } from '../purge/purge-queue.js';
import { C_IO_Wrapper, MDSInternalContextWrapper, MDSLogContextWrapper } from '../rank/mds-context.js';
import { CEPH_NOSNAP } from '../types/ceph-fs.js';
import { FilePath } from '../types/file-path.js';
import { CEPH_MDS_OP_RENAME } from '../types/op-names.js';
import type { CDentry } from './cdentry.js';
import type { CInode } from './cinode.js';
import type { MDCache } from './md-cache.js';
import { addDir, addDirContext, addNullDentry } from './meta-blob.js';
import { MutationImpl } from './mutation.js';

/**
 * Inodes that lost their primary name. They wait in a stray directory until nobody needs them, and are purged then; or, where a remote name
 * is left, are moved to that (reintegrated).
 *
 * @see src/mds/StrayManager.cc (16.2.15)
 */
export class StrayManager {
  readonly #cache: MDCache;
  readonly #purgeQueue: PurgeQueue;
  /** To be looked at again on the next round of upkeep. */
  readonly #delayed = new Set<CDentry>();
  #started = false;
  #numStrays = 0;
  #numEnqueuing = 0;

  constructor(cache: MDCache, purgeQueue: PurgeQueue) {
    this.#cache = cache;
    this.#purgeQueue = purgeQueue;
  }

  get numStrays(): number {
    return this.#numStrays;
  }

  get numDelayed(): number {
    return this.#delayed.size;
  }

  /** Handed to the purge queue, and not in its journal yet. */
  get numEnqueuing(): number {
    return this.#numEnqueuing;
  }

  setNumStrays(count: number): void {
    this.#numStrays = count;
  }

  notifyStrayCreated(): void {
    this.#numStrays++;
  }

  /** Strays may be purged from now on. */
  activate(): void {
    this.#started = true;
    this.#purgeQueue.activate();
  }

  queueDelayed(dn: CDentry): void {
    if (this.#started && !dn.isEvaluatingStray()) this.#delayed.add(dn);
  }

  advanceDelayed(): void {
    if (!this.#started || this.#delayed.size === 0) return;
    for (const dn of this.#delayed) {
      this.#delayed.delete(dn);
      if (dn.getProjectedLinkage().isPrimary()) this.evalStray(dn);
    }
  }

  /** The dentry leaves the cache. */
  forget(dn: CDentry): void {
    this.#delayed.delete(dn);
  }

  /** What is to become of a stray: purged, reintegrated, or left for later? @returns is it being purged? */
  evalStray(dn: CDentry): boolean {
    if (dn.isEvaluatingStray() || dn.isPurging()) return false;
    dn.setEvaluatingStray(true);
    const purged = this.#evalStray(dn);
    dn.setEvaluatingStray(false);
    return purged;
  }

  #evalStray(dn: CDentry): boolean {
    const { inode } = dn.getProjectedLinkage();
    if (!this.#started || !inode || !dn.dir.inode.isStray() || this.#cache.isReadonly()) return false;
    this.#delayed.delete(dn);
    if (inode.inode.nlink > 0) {
      this.#evalStrayRemote(dn, undefined);
      return false;
    }
    if (inode.isDir()) this.#clearDirtyBits(inode);
    if (dn.isAnyLeases() || inode.isAnyCaps() || inode.needsRecover() || inode.isRecovering()) return false;
    // what is dirty may stay so, anything else that holds it is a use
    if (inode.numRef > (inode.isDirty() ? 1 : 0) + (inode.isDirtyParent() ? 1 : 0)) return false;
    if (dn.isProjected() || inode.isProjected()) return false;
    if (dn.numRef > (dn.isDirty() ? 1 : 0) + (inode.numRef > 0 ? 1 : 0)) return false;
    if (inode.isDir()) inode.closeDirfrags();
    this.#enqueue(dn, inode);
    return true;
  }

  /** Nothing of a removed directory needs to be stored any more. */
  #clearDirtyBits(inode: CInode): void {
    for (const dir of inode.getDirfrags()) {
      if (dir.isCommitting() || dir.isProjected() || dir.numAuthPins > 0) continue;
      for (const dn of [...dir.items.values()]) {
        if (dn.linkage.isNull() && !dn.isProjected()) {
          dn.markClean();
          if (dn.numRef === 0) dir.removeDentry(dn);
        }
      }
      dir.forgetDirty();
    }
    inode.clearScatterDirty();
  }

  #enqueue(dn: CDentry, inode: CInode): void {
    // from here on, so that it isn't done twice, and nobody writes a backtrace for it
    dn.markPurging();
    inode.setPurging(true);
    inode.clearDirtyParent();
    this.#numEnqueuing++;
    this.#purgeUnfrozen(dn, inode);
  }

  #purgeUnfrozen(dn: CDentry, inode: CInode): void {
    const { dir } = dn;
    if (!dir.canAuthPin()) {
      dir.addUnfreezeWaiter(() => this.#purgeUnfrozen(dn, inode));
      return;
    }
    dir.authPin(dn);
    this.#purge(dn, inode);
  }

  /**
   * No intent is journaled: that the inode is in a stray directory and nobody has a use for it says enough after a restart.
   */
  #purge(dn: CDentry, inode: CInode): void {
    const { mds } = this.#cache;
    const bare = inode.getProjectedInode();
    const item = new PurgeItem();
    item.ino = inode.ino;
    item.stamp = UTime.fromMillis(mds.cct.clock.now());
    if (inode.isDir()) {
      item.action = PURGE_DIR;
      item.fragtree = inode.dirfragtree;
    } else {
      item.action = PURGE_FILE;
      // a truncated file may have objects beyond its end
      item.size = inode.isFile() ? Math.max(bare.size, bare.getMaxSize(), bare.maxSizeEver) : 0;
      item.layout = bare.layout;
      item.oldPools = bare.oldPools.filter((pool) => pool !== bare.layout.poolId);
      item.snapc = { seq: inode.findSnaprealm().newestSeq, snaps: [] };
    }
    this.#purgeQueue.push(item, new C_IO_Wrapper(mds, () => this.#purged(dn, inode)));
  }

  /** The purge queue has it: the stray dentry can go. @see StrayManager::_purge_stray_purged */
  #purged(dn: CDentry, inode: CInode): void {
    const { mds } = this.#cache;
    this.#numEnqueuing--;
    const mut = new MutationImpl();
    mut.ls = mds.mdlog.getCurrentSegment();
    const version = dn.preDirty();
    dn.pushProjectedNullLinkage();
    const event = new EUpdate('purge_stray');
    mds.mdlog.startEntry(event);
    const { dir } = dn;
    const fnode = dir.projectFnode(mut);
    fnode.version = dir.preDirty();
    if (inode.isDir()) fnode.fragstat.nsubdirs--;
    else fnode.fragstat.nfiles--;
    fnode.rstat.sub(inode.inode.accountedRstat);
    const { metablob } = event;
    addDirContext(metablob, dir);
    addDir(metablob, dir, true);
    addNullDentry(metablob, dn, true);
    metablob.addDestroyedInode(inode.ino);
    mds.mdlog.submitEntry(event, new MDSLogContextWrapper(mds, () => this.#purgeLogged(dn, inode, version, mut)));
  }

  #purgeLogged(dn: CDentry, inode: CInode, version: number, mut: MutationImpl): void {
    const { dir } = dn;
    const isNew = dn.isNew();
    dir.unlinkInode(dn, !isNew);
    dn.popProjectedLinkage();
    dn.markDirty(version, mut.ls as NonNullable<typeof mut.ls>);
    mut.apply();
    mut.cleanup();
    inode.clearOrphan();
    dn.clearPurging();
    if (isNew) {
      dn.markClean();
      if (dn.numRef === 0) dir.removeDentry(dn);
    }
    this.#cache.removeInode(inode);
    dir.authUnpin(dn);
    this.#numStrays--;
  }

  // -- reintegration

  /** A remote name: does it lead to a stray that could move here? */
  evalRemote(dn: CDentry): void {
    const linkage = dn.getProjectedLinkage();
    const primary = linkage.inode?.getProjectedParentDn();
    if (!linkage.isRemote() || dn.last !== CEPH_NOSNAP || primary?.dir.inode.isStray() !== true) return;
    this.#evalStrayRemote(primary, dn);
  }

  #evalStrayRemote(straydn: CDentry, hint: CDentry | undefined): void {
    const { inode } = straydn.getProjectedLinkage();
    let remote = hint;
    if (!remote && inode) {
      for (const dn of inode.remoteParents) {
        if (dn.last !== CEPH_NOSNAP || dn.isProjected()) continue;
        remote = dn;
        if (dn.dir.canAuthPin()) break;
      }
    }
    // a name that is about to change is left alone: users would notice
    if (!remote || remote.isProjected() || this.#cache.isReadonly()) return;
    if (remote.dir.canAuthPin()) {
      this.#reintegrate(straydn, remote);
      return;
    }
    const retry = remote;
    remote.dir.addUnfreezeWaiter(
      new MDSInternalContextWrapper(this.#cache.mds, () => {
        if (retry.getProjectedLinkage().isRemote()) this.evalRemote(retry);
      }),
    );
  }

  /** Renames the stray over its remote name: a request of the MDS to itself. */
  #reintegrate(straydn: CDentry, remote: CDentry): void {
    const { mds } = this.#cache;
    const req = new MClientRequest(CEPH_MDS_OP_RENAME);
    req.path = new FilePath(remote.dir.inode.ino, remote.name);
    req.path2 = new FilePath(straydn.dir.inode.ino, straydn.name);
    req.tid = this.#cache.requests.issueTid();
    req.src = EntityName.mds(mds.whoami);
    this.#cache.requests.startInternal(req);
  }
}
