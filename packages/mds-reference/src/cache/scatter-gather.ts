import { FRAG_ROOT } from '@cephts/encoding';
import type { EMetaBlob } from '../journal/events/e-meta-blob.js';
import { EUpdate } from '../journal/events/e-update.js';
import type { ScatterLock } from '../locks/scatter-lock.js';
import { LOCK_TYPE } from '../locks/simple-lock.js';
import { MDSLogContextWrapper } from '../rank/mds-context.js';
import { FragInfo } from '../types/frag-info.js';
import type { Inode } from '../types/inode.js';
import { NestInfo } from '../types/nest-info.js';
import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';
import { addDir, addDirContext, addPrimaryDentry } from './meta-blob.js';
import { MutationImpl } from './mutation.js';
import { projectRstatInodeToFrag } from './rstat.js';

/** May the fragment's sums be taken over, and be noted there as taken? */
function updatable(dir: CDir): boolean {
  return dir.getVersion() !== 0 && !dir.isFrozen();
}

function allOpen(inode: CInode): boolean {
  return inode.dirfragtree.getLeavesUnder(FRAG_ROOT).every((leaf) => {
    const dir = inode.getDirfrag(leaf);
    return dir !== undefined && dir.getVersion() !== 0;
  });
}

/**
 * Gathers the fragments' sums into the inode, which `mut` has projected.
 *
 * @see CInode::finish_scatter_gather_update in src/mds/CInode.cc (16.2.15)
 */
export function finishScatterGatherUpdate(inode: CInode, type: number, mut: MutationImpl): void {
  const pi = inode.projectInode(mut);
  if (type === LOCK_TYPE.IFILE) gatherFragstat(inode, pi, mut);
  else if (type === LOCK_TYPE.INEST) gatherRstat(inode, pi, mut);
}

function gatherFragstat(inode: CInode, pi: Inode, mut: MutationImpl): void {
  const sums = new FragInfo();
  let touchedMtime = false;
  let touchedChattr = false;
  pi.dirstat.version++;
  for (const dir of inode.getDirfrags()) {
    const update = updatable(dir);
    if (update) mut.authPin(dir);
    const fnode = update ? dir.projectFnode(mut) : dir.getProjectedFnode();
    if (fnode.accountedFragstat.version === pi.dirstat.version - 1) {
      const touched = pi.dirstat.addDelta(fnode.fragstat, fnode.accountedFragstat);
      touchedMtime ||= touched.touchedMtime;
      touchedChattr ||= touched.touchedChattr;
    }
    if (update) {
      fnode.fragstat.nfiles = Math.max(0, fnode.fragstat.nfiles);
      fnode.fragstat.nsubdirs = Math.max(0, fnode.fragstat.nsubdirs);
      fnode.fragstat.version = pi.dirstat.version;
      fnode.accountedFragstat.assign(fnode.fragstat);
      fnode.version = dir.preDirty();
    }
    sums.add(fnode.fragstat);
  }
  if (touchedMtime) {
    pi.mtime = pi.dirstat.mtime;
    pi.ctime = pi.dirstat.mtime;
  }
  if (touchedChattr) pi.changeAttr = pi.dirstat.changeAttr;
  if (allOpen(inode) && !sums.sameSums(pi.dirstat)) {
    inode.mdcache.mds.clog(
      'error',
      `unmatched fragstat on 0x${inode.ino.toString(16)}, inode has ${pi.dirstat}, dirfrags have ${sums}`,
    );
    const { version, mtime, changeAttr } = pi.dirstat;
    pi.dirstat.assign(sums);
    pi.dirstat.version = version;
    if (mtime.compare(sums.mtime) > 0) pi.dirstat.mtime = mtime;
    if (changeAttr > sums.changeAttr) pi.dirstat.changeAttr = changeAttr;
  }
  pi.dirstat.nfiles = Math.max(0, pi.dirstat.nfiles);
  pi.dirstat.nsubdirs = Math.max(0, pi.dirstat.nsubdirs);
}

function gatherRstat(inode: CInode, pi: Inode, mut: MutationImpl): void {
  const sums = new NestInfo();
  // the directory itself
  sums.rsubdirs = 1;
  sums.rsnaps = inode.snaprealm?.srnode.snaps.size ?? 0;
  pi.rstat.version++;
  for (const dir of inode.getDirfrags()) {
    const update = updatable(dir);
    if (update) mut.authPin(dir);
    const fnode = update ? dir.projectFnode(mut) : dir.getProjectedFnode();
    if (fnode.accountedRstat.version === pi.rstat.version - 1) {
      if (update) assimilateDirtyRstatInodes(dir, mut);
      pi.rstat.addDelta(fnode.rstat, fnode.accountedRstat);
    }
    if (update) {
      fnode.rstat.version = pi.rstat.version;
      fnode.accountedRstat.assign(fnode.rstat);
      fnode.version = dir.preDirty();
    }
    sums.add(fnode.rstat);
  }
  if (!allOpen(inode) || sums.sameSums(pi.rstat)) return;
  inode.mdcache.mds.clog(
    'error',
    `inconsistent rstat on inode 0x${inode.ino.toString(16)}, inode has ${pi.rstat}, directory fragments have ${sums}`,
  );
  const { version, rctime } = pi.rstat;
  pi.rstat.assign(sums);
  pi.rstat.version = version;
  if (rctime.compare(sums.rctime) > 0) pi.rstat.rctime = rctime;
}

/** Inodes whose sums couldn't be pushed into their fragment when they changed: now is the time. */
function assimilateDirtyRstatInodes(dir: CDir, mut: MutationImpl): void {
  for (const inode of dir.dirtyRstatInodes) {
    if (inode.isFrozen()) continue;
    mut.authPin(inode);
    const pi = inode.projectInode(mut);
    pi.version = inode.preDirty();
    projectRstatInodeToFrag(mut, inode, dir, 0);
  }
}

/** Journals the fragments whose sums were gathered, and the inodes that were pushed into them before. */
export function finishScatterGatherUpdateAccounted(inode: CInode, type: number, blob: EMetaBlob): void {
  if (type === LOCK_TYPE.IDFT) return;
  for (const dir of inode.getDirfrags()) {
    if (!updatable(dir)) continue;
    if (type === LOCK_TYPE.INEST) {
      for (const dirty of dir.dirtyRstatInodes) {
        const dn = dirty.getProjectedParentDn();
        if (dirty.isFrozen() || !dn) continue;
        addDirContext(blob, dir);
        dirty.clearDirtyRstat();
        addPrimaryDentry(blob, dn, dirty, true);
      }
    }
    addDir(blob, dir, true);
  }
}

/**
 * The lock's data is scattered to the fragments: those that were not open when sums were last gathered learn the new version.
 *
 * @see CInode::start_scatter in src/mds/CInode.cc (16.2.15)
 */
export function startScatter(inode: CInode, lock: ScatterLock): void {
  const { mds } = inode.mdcache;
  const { dirstat, rstat } = inode.getProjectedInode();
  for (const dir of inode.getDirfrags()) {
    if (!updatable(dir) || dir.isFreezing()) continue;
    const { accountedFragstat, accountedRstat } = dir.getProjectedFnode();
    const file = lock.type === LOCK_TYPE.IFILE && accountedFragstat.version !== dirstat.version;
    const nest = lock.type === LOCK_TYPE.INEST && accountedRstat.version !== rstat.version;
    if (!file && !nest) continue;
    const mut = new MutationImpl();
    mut.ls = mds.mdlog.getCurrentSegment();
    mut.authPin(dir);
    const fnode = dir.projectFnode(mut);
    const event = new EUpdate(`lock ${file ? 'ifile' : 'inest'} accounted scatter stat update`);
    mds.mdlog.startEntry(event);
    if (file) dir.resyncAccountedFragstat();
    else dir.resyncAccountedRstat();
    fnode.version = dir.preDirty();
    addDirContext(event.metablob, dir);
    addDir(event.metablob, dir, true);
    mds.mdlog.submitEntry(
      event,
      new MDSLogContextWrapper(mds, () => {
        mut.apply();
        mut.cleanup();
      }),
    );
  }
}
