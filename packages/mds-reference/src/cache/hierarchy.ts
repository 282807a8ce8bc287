import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { FileLayout, FRAG_ROOT, UTime } from '@cephts/encoding';
import { EUpdate } from '../journal/events/e-update.js';
import type { MDSGatherBuilder } from '../rank/mds-context.js';
import { MDSInternalContextWrapper, MDSLogContextWrapper } from '../rank/mds-context.js';
import { CEPH_INO_GLOBAL_SNAPREALM, CEPH_INO_ROOT, mdsInoMdsdir, mdsInoStray, NUM_STRAY, S_IFDIR } from '../types/ceph-fs.js';
import { SnapRealmNode } from '../types/snap-realm-node.js';
import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';
import type { MDCache } from './md-cache.js';
import { addNewDir, addPrimaryDentry } from './meta-blob.js';
import { MutationImpl } from './mutation.js';
import { predirtyJournalParents, PREDIRTY_DIR, PREDIRTY_PRIMARY } from './predirty.js';
import { SnapRealm } from './snap-realm.js';

/** truncate_size of a file that was never truncated. */
const NOT_TRUNCATED = 0xffff_ffff_ffff_ffffn;
/** Mode of system directories, beside what they are given. */
const SYSTEM_MODE = 0o500;

/**
 * The directories that are there before any client comes: the root, the rank's own one with its stray directories, and the global realm.
 *
 * @see src/mds/MDCache.cc (16.2.15)
 */
export class Hierarchy {
  readonly #cache: MDCache;

  constructor(cache: MDCache) {
    this.#cache = cache;
  }

  get #rank(): number {
    return this.#cache.mds.whoami;
  }

  // -- making

  /** An inode that is in no map, for {@link createSystemInode} and the global realm. */
  #fill(inode: CInode, ino: number, mode: number): void {
    const { mds } = this.#cache;
    const bare = inode.inode;
    const now = UTime.fromMillis(mds.cct.clock.now());
    bare.ino = ino;
    bare.version = 1;
    bare.xattrVersion = 1;
    bare.mode = SYSTEM_MODE | mode;
    bare.ctime = now;
    bare.mtime = now;
    bare.btime = now;
    bare.nlink = 1;
    bare.truncateSize = NOT_TRUNCATED;
    bare.dirHash = mds.cct.conf.number('mds_default_dir_hash');
    // the directory itself
    bare.rstat.rsubdirs = 1;
    bare.rstat.rctime = now;
    bare.accountedRstat.assign(bare.rstat);
    if (!inode.isBase()) return;
    const node = new SnapRealmNode();
    node.seq = 1n;
    inode.snaprealm = new SnapRealm(inode, node);
  }

  createSystemInode(ino: number, mode: number): CInode {
    const inode = this.#cache.newInode();
    this.#fill(inode, ino, mode);
    this.#cache.addInode(inode);
    return inode;
  }

  createRootInode(): CInode {
    const { mds } = this.#cache;
    const inode = this.createSystemInode(CEPH_INO_ROOT, S_IFDIR | 0o755);
    const bare = inode.inode;
    bare.uid = mds.cct.conf.number('mds_root_ino_uid');
    bare.gid = mds.cct.conf.number('mds_root_ino_gid');
    bare.layout = FileLayout.default(mds.dataPool);
    return inode;
  }

  /** The realm of all: it has an inode that is stored nowhere. */
  createGlobalSnaprealm(): SnapRealm {
    const inode = this.#cache.newInode();
    this.#fill(inode, CEPH_INO_GLOBAL_SNAPREALM, S_IFDIR | 0o755);
    this.#cache.addInode(inode);
    return inode.snaprealm as SnapRealm;
  }

  /** An empty root, stored. */
  createEmptyHierarchy(gather: MDSGatherBuilder): void {
    const { mds } = this.#cache;
    const root = this.createRootInode();
    const dir = root.getOrOpenDirfrag(FRAG_ROOT);
    this.#cache.subtrees.adjustSubtreeAuth(dir, this.#rank);
    const ls = mds.mdlog.getCurrentSegment();
    dir.markComplete();
    dir.fnode.version = dir.preDirty();
    dir.markDirty(ls);
    dir.commit(0, gather.newSub());
    root.store(gather.newSub());
    root.markDirtyParent(ls, true);
    root.storeBacktrace(gather.newSub());
  }

  /** The rank's own directory with ten stray directories, stored. */
  createMydirHierarchy(gather: MDSGatherBuilder): void {
    const cache = this.#cache;
    const my = this.createSystemInode(mdsInoMdsdir(this.#rank), S_IFDIR);
    const mydir = my.getOrOpenDirfrag(FRAG_ROOT);
    const { fnode } = mydir;
    cache.subtrees.adjustSubtreeAuth(mydir, this.#rank);
    const ls = cache.mds.mdlog.getCurrentSegment();
    for (let i = 0; i < NUM_STRAY; i++) {
      const stray = this.createSystemInode(mdsInoStray(this.#rank, i), S_IFDIR);
      const straydir = stray.getOrOpenDirfrag(FRAG_ROOT);
      mydir.addPrimaryDentry(`stray${i}`, stray).markDirtyOnly(ls);
      stray.inode.dirstat.assign(straydir.fnode.fragstat);
      fnode.rstat.add(stray.inode.rstat);
      fnode.fragstat.nsubdirs++;
      straydir.markComplete();
      straydir.fnode.version = straydir.preDirty();
      straydir.markDirty(ls);
      straydir.commit(0, gather.newSub());
      stray.markDirtyParent(ls, true);
      stray.storeBacktrace(gather.newSub());
    }
    fnode.accountedFragstat.assign(fnode.fragstat);
    fnode.accountedRstat.assign(fnode.rstat);
    const bare = my.inode;
    bare.dirstat.assign(fnode.fragstat);
    bare.rstat.assign(fnode.rstat);
    bare.rstat.rsubdirs++;
    bare.accountedRstat.assign(bare.rstat);
    mydir.markComplete();
    fnode.version = mydir.preDirty();
    mydir.markDirty(ls);
    mydir.commit(0, gather.newSub());
    my.store(gather.newSub());
  }

  // -- opening

  /** Reads the root's inode. */
  openRootInode(completion: Completion): void {
    this.createSystemInode(CEPH_INO_ROOT, S_IFDIR | 0o755).fetch(completion);
  }

  openMydirInode(completion: Completion): void {
    this.createSystemInode(mdsInoMdsdir(this.#rank), S_IFDIR | 0o755).fetch(completion);
  }

  /** Reads the rank's own directory, inode and fragment. */
  openMydirFrag(completion: Completion): void {
    const cache = this.#cache;
    this.openMydirInode(
      new MDSInternalContextWrapper(cache.mds, (r) => {
        if (r < 0) {
          complete(completion, r);
          return;
        }
        const mydir = (cache.myin as CInode).getOrOpenDirfrag(FRAG_ROOT);
        cache.subtrees.adjustSubtreeAuth(mydir, this.#rank);
        mydir.fetch(completion);
      }),
    );
  }

  #retryOpenRoot(): Completion {
    return new MDSInternalContextWrapper(this.#cache.mds, (r) => {
      if (r < 0) this.#cache.mds.damaged(`the root directory can't be read: ${r}`);
      else this.openRoot();
    });
  }

  /** Opens root and own directory as far as they aren't, in as many steps as it takes; then the cache is open. */
  openRoot(): void {
    const cache = this.#cache;
    const { root } = cache;
    if (!root) {
      this.openRootInode(this.#retryOpenRoot());
      return;
    }
    const rootdir = root.getOrOpenDirfrag(FRAG_ROOT);
    if (!rootdir.isSubtreeRoot()) cache.subtrees.adjustSubtreeAuth(rootdir, this.#rank);
    if (!rootdir.isComplete()) {
      rootdir.fetch(this.#retryOpenRoot());
      return;
    }
    if (!cache.myin) {
      this.openMydirInode(this.#retryOpenRoot());
      return;
    }
    cache.subtrees.adjustSubtreeAuth(cache.myin.getOrOpenDirfrag(FRAG_ROOT), this.#rank);
    this.populateMydir();
  }

  /** Opens the stray directories, and makes those that are missing; then the cache is open. */
  populateMydir(): void {
    const cache = this.#cache;
    const mydir = (cache.myin as CInode).getOrOpenDirfrag(FRAG_ROOT);
    if (!mydir.isComplete()) {
      mydir.fetch(this.#retryOpenRoot());
      return;
    }
    let numStrays = 0;
    for (let i = 0; i < NUM_STRAY; i++) {
      const name = `stray${i}`;
      const stray = mydir.lookup(name)?.linkage.inode;
      if (!stray) {
        this.#createSystemFile(mydir, name, this.createSystemInode(mdsInoStray(this.#rank, i), S_IFDIR));
        return;
      }
      stray.pinStray();
      for (const leaf of stray.dirfragtree.getLeaves()) {
        const dir = stray.getOrOpenDirfrag(leaf);
        dir.markSticky();
        if (dir.getVersion() === 0) {
          dir.fetch(this.#retryOpenRoot());
          return;
        }
        numStrays += Math.max(0, dir.getFragSize());
      }
    }
    cache.opened(numStrays);
  }

  /** A directory of our own, journaled. @see MDCache::_create_system_file */
  #createSystemFile(dir: CDir, name: string, inode: CInode): void {
    const cache = this.#cache;
    const { mds } = cache;
    const dn = dir.addNullDentry(name);
    dn.pushProjectedLinkage(inode);
    const version = dn.preDirty();
    const mdir = inode.getOrOpenDirfrag(FRAG_ROOT);
    mdir.markComplete();
    mdir.fnode.version = mdir.preDirty();
    inode.inode.version = dn.preDirty();
    dn.first = cache.nextSnap;
    inode.first = cache.nextSnap;
    const mut = new MutationImpl();
    mds.locker.wrlockForce(dir.inode.filelock, mut);
    mds.locker.wrlockForce(dir.inode.nestlock, mut);
    const ls = (mut.ls = mds.mdlog.getCurrentSegment());
    const event = new EUpdate('create system file');
    mds.mdlog.startEntry(event);
    predirtyJournalParents(mut, event.metablob, inode, dir, PREDIRTY_PRIMARY | PREDIRTY_DIR, 1);
    addPrimaryDentry(event.metablob, dn, inode, true);
    addNewDir(event.metablob, mdir);
    const fin = new MDSLogContextWrapper(mds, () => {
      dn.popProjectedLinkage();
      dn.markDirty(version, ls);
      inode.markDirty(ls);
      mdir.markDirty(ls);
      mdir.markNew(ls);
      mut.apply();
      mds.locker.dropLocks(mut);
      mut.cleanup();
      complete(this.#retryOpenRoot(), 0);
    });
    mds.mdlog.submitEntry(event, fin);
    mds.mdlog.flush();
  }

  /** A fragment without which the rank can't go on. */
  isFatalDamage(dir: CDir): boolean {
    const { inode } = dir;
    return (
      inode.ino === mdsInoMdsdir(this.#rank) ||
      (inode.ino >= mdsInoStray(this.#rank, 0) && inode.ino < mdsInoStray(this.#rank, NUM_STRAY))
    );
  }
}
