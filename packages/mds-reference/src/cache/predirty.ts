import { FRAG_ROOT, UTime } from '@cephts/encoding';
import type { EMetaBlob } from '../journal/events/e-meta-blob.js';
import type { LogSegment } from '../journal/log-segment.js';
import { LOCK_TYPE } from '../locks/simple-lock.js';
import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';
import { addDir, addDirContext, addPrimaryDentry, addRoot } from './meta-blob.js';
import type { MutationImpl } from './mutation.js';
import { broadcastQuotaToClient } from './quota.js';
import { projectRstatInodeToFrag } from './rstat.js';

/** The inode's sums change, and it has its primary name in the directory. */
export const PREDIRTY_PRIMARY = 1;
/** A name is added or removed: the directory's mtime and sums change. */
export const PREDIRTY_DIR = 2;
/** Leave the directories above alone. */
export const PREDIRTY_SHALLOW = 4;

/**
 * Projects what a change of `inode` means for the directories above it, and journals those: their entries' count and mtime
 * (`linkunlink`: 1 added, −1 removed), and the sums of everything below.
 *
 * It goes up until a directory got sums less than `mds_dirstat_min_interval` ago, or can't be locked without waiting; what is left is
 * gathered later, by the nestlock of that directory.
 *
 * @param parent fragment in question; that of the inode's primary name where not given
 * @see MDCache::predirty_journal_parents in src/mds/MDCache.cc (16.2.15)
 */
export function predirtyJournalParents(
  mut: MutationImpl,
  blob: EMetaBlob,
  inode: CInode,
  parent: CDir | undefined,
  flags: number,
  linkunlink = 0,
): void {
  const { mds } = inode.mdcache;
  const { locker } = mds;
  const now = mds.cct.clock.monotonicNow();
  if (mut.mdsStamp.isZero()) mut.setMdsStamp(UTime.fromMillis(mds.cct.clock.now()));
  if (inode.isBase()) return;
  const first = parent ?? inode.getProjectedParentDir();
  if (!first) throw new Error(`${inode.describe()} has no directory`);
  let dir: CDir = first;
  if (flags === 0 && linkunlink === 0) {
    addDirContext(blob, dir);
    return;
  }
  const minInterval = inode.mdcache.dirstatMinInterval;
  const changed: CInode[] = [];
  let current = inode;
  let primary = (flags & PREDIRTY_PRIMARY) !== 0;
  let touchDir = (flags & PREDIRTY_DIR) !== 0;
  let delta = linkunlink;
  for (let level = 0; ; level++) {
    const pin = dir.inode;
    mut.authPin(dir);
    const fnode = dir.projectFnode(mut);
    fnode.version = dir.preDirty();

    if (touchDir || delta !== 0) {
      dir.resyncAccountedFragstat();
      dir.resyncAccountedRstat();
      if (touchDir) {
        const stamp = mut.getOpStamp();
        fnode.fragstat.mtime = stamp;
        fnode.fragstat.changeAttr++;
        if (stamp.compare(fnode.rstat.rctime) > 0) fnode.rstat.rctime = stamp;
      }
      if (inode.isDir()) fnode.fragstat.nsubdirs += delta;
      else fnode.fragstat.nfiles += delta;
    }

    if (primary) {
      if (delta === 0 && !(pin.nestlock.canWrlock(-1) && pin.versionlock.canWrlock())) {
        current.markDirtyRstat();
      } else {
        // the fragment's change must be written before the nestlock can go on
        if (!mut.isWrlocked(pin.nestlock)) locker.wrlockForce(pin.nestlock, mut);
        dir.resyncAccountedRstat();
        projectRstatInodeToFrag(mut, current, dir, delta);
        current.clearDirtyRstat();
      }
    }

    if (stopsHere(mut, pin, level, now, minInterval)) {
      const ls = mut.ls as LogSegment;
      locker.markUpdatedScatterlock(pin.nestlock);
      pin.noteDirtyScattered(LOCK_TYPE.INEST, ls);
      mut.addUpdatedLock(pin.nestlock);
      if (touchDir || delta !== 0) {
        locker.markUpdatedScatterlock(pin.filelock);
        pin.noteDirtyScattered(LOCK_TYPE.IFILE, ls);
        mut.addUpdatedLock(pin.filelock);
      }
      break;
    }
    if (!mut.isWrlocked(pin.versionlock)) locker.wrlockForce(pin.versionlock, mut);
    pin.lastDirstatProp = now;
    mut.authPin(pin);
    changed.push(pin);
    accountInInode(mut, pin, dir, touchDir || delta !== 0);

    if (pin.isBase()) break;
    const dn = pin.getProjectedParentDn();
    if (!dn) throw new Error(`${pin.describe()} has no dentry`);
    current = pin;
    dir = dn.dir;
    primary = true;
    touchDir = false;
    delta = 0;
  }
  addDirContext(blob, dir);
  addDir(blob, dir, true);
  for (let i = changed.length - 1; i >= 0; i--) journalDirtyInode(mut, blob, changed[i] as CInode);
}

/** Do the sums go no further up than the fragment? */
function stopsHere(mut: MutationImpl, pin: CInode, level: number, now: number, minInterval: number): boolean {
  if (!mut.isAuthPinned(pin) && !pin.canAuthPin()) return true;
  const last = pin.lastDirstatProp;
  if (level > 0 && minInterval > 0 && last !== undefined && now - last < minInterval) return true;
  if (mut.isWrlocked(pin.nestlock)) return false;
  return !pin.versionlock.canWrlock() || !pin.mdcache.mds.locker.wrlockTry(pin.nestlock, mut, -1);
}

/** From the fragment into its inode. */
function accountInInode(mut: MutationImpl, pin: CInode, dir: CDir, touched: boolean): void {
  const fnode = dir.getProjectedFnode();
  const pi = pin.projectInode(mut);
  pi.version = pin.preDirty();
  const only = dir.frag === FRAG_ROOT;
  if (touched) {
    const { touchedMtime, touchedChattr } = pi.dirstat.addDelta(fnode.fragstat, fnode.accountedFragstat);
    fnode.accountedFragstat.assign(fnode.fragstat);
    if (touchedMtime) {
      pi.mtime = pi.dirstat.mtime;
      pi.ctime = pi.dirstat.mtime;
    }
    if (touchedChattr) pi.changeAttr = pi.dirstat.changeAttr;
    if (only && pi.dirstat.size !== fnode.fragstat.size) {
      complain(
        pin,
        `unmatched fragstat size on single dirfrag ${dir.dirfrag}, inode has ${pi.dirstat}, dirfrag has ${fnode.fragstat}`,
      );
      pi.dirstat.assign(fnode.fragstat);
    }
  }
  dir.resyncAccountedRstat();
  pi.rstat.addDelta(fnode.rstat, fnode.accountedRstat);
  fnode.accountedRstat.assign(fnode.rstat);
  if (only && pi.rstat.rbytes !== fnode.rstat.rbytes) {
    complain(pin, `unmatched rstat rbytes on single dirfrag ${dir.dirfrag}, inode has ${pi.rstat}, dirfrag has ${fnode.rstat}`);
    pi.rstat.assign(fnode.rstat);
  }
  broadcastQuotaToClient(pin);
}

function complain(pin: CInode, text: string): void {
  pin.mdcache.mds.clog('error', text);
}

/** Journals an inode that `mut` has projected, with its dentry. @see MDCache::journal_dirty_inode */
export function journalDirtyInode(_mut: MutationImpl, blob: EMetaBlob, inode: CInode): void {
  if (inode.isBase()) {
    addRoot(blob, inode, true);
    return;
  }
  const dn = inode.getProjectedParentDn();
  if (!dn) throw new Error(`${inode.describe()} has no dentry`);
  const projected = inode.getProjectedInode();
  if (projected.isBacktraceUpdated()) {
    const dirtyPool = projected.layout.poolId !== inode.getPreviousProjectedInode().layout.poolId;
    addPrimaryDentry(blob, dn, inode, true, true, dirtyPool);
  } else {
    addPrimaryDentry(blob, dn, inode, true);
  }
}
