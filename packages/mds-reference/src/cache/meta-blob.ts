import { CDIR_AUTH_PARENT } from './cdir.js';
import type { EMetaBlob } from '../journal/events/e-meta-blob.js';
import type { DirLump } from '../journal/events/dir-lump.js';
import { FullBit, FULLBIT_DIRTY, FULLBIT_DIRTYPARENT, FULLBIT_DIRTYPOOL, NullBit, RemoteBit } from '../journal/events/meta-bits.js';
import type { CDentry } from './cdentry.js';
import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';

// Fills journal events from what the cache has projected. @see src/mds/events/EMetaBlob.h, src/mds/journal.cc (16.2.15)

/** The fragment as it is projected. */
export function addDir(blob: EMetaBlob, dir: CDir, dirty: boolean, complete = false): DirLump {
  return blob.addDir(dir.dirfrag, dir.getProjectedFnode(), dirty, complete);
}

/** The fragment of a directory that is made with this event: dirty, complete and new. */
export function addNewDir(blob: EMetaBlob, dir: CDir): DirLump {
  return blob.addDir(dir.dirfrag, dir.getProjectedFnode(), true, true, true);
}

/** A name with nothing behind it. */
export function addNullDentry(blob: EMetaBlob, dn: CDentry, dirty: boolean): void {
  const bit = new NullBit();
  bit.dn = dn.name;
  bit.dnFirst = dn.first;
  bit.dnLast = dn.last;
  bit.dnVersion = dn.projectedVersion;
  bit.dirty = dirty;
  addDir(blob, dn.dir, false).nulls.push(bit);
}

/** A name of an inode that is stored elsewhere; `ino` and `dType` where that isn't what is projected. */
export function addRemoteDentry(blob: EMetaBlob, dn: CDentry, dirty: boolean, ino = 0, dType = 0): void {
  const bit = new RemoteBit();
  const linkage = dn.getProjectedLinkage();
  bit.dn = dn.name;
  bit.dnFirst = dn.first;
  bit.dnLast = dn.last;
  bit.dnVersion = dn.projectedVersion;
  bit.ino = ino || linkage.remoteIno;
  bit.dType = ino ? dType : linkage.remoteDType;
  bit.dirty = dirty;
  bit.alternateName = dn.alternateName;
  addDir(blob, dn.dir, false).remote.push(bit);
}

function fullBit(inode: CInode, state: number): FullBit {
  const bit = new FullBit(inode.getProjectedInode());
  bit.xattrs = inode.getProjectedXattrs();
  bit.symlink = inode.symlink;
  bit.dirfragtree = inode.dirfragtree;
  bit.snapBlob = inode.encodeSnapBlob(inode.getProjectedSrnode());
  bit.state = state;
  bit.oldInodes = inode.oldInodes;
  bit.oldestSnap = inode.oldestSnap;
  return bit;
}

/** A name and its inode, as it is projected. */
export function addPrimaryDentry(
  blob: EMetaBlob,
  dn: CDentry,
  inode: CInode,
  dirty: boolean,
  dirtyParent = false,
  dirtyPool = false,
): void {
  let state = (dirty ? FULLBIT_DIRTY : 0) | (dirtyParent ? FULLBIT_DIRTYPARENT : 0) | (dirtyPool ? FULLBIT_DIRTYPOOL : 0);
  if (dirty && inode.getProjectedInode().isBacktraceUpdated()) state |= FULLBIT_DIRTYPARENT;
  const bit = fullBit(inode, state);
  bit.dn = dn.name;
  bit.dnFirst = dn.first;
  bit.dnLast = dn.last;
  bit.dnVersion = dn.projectedVersion;
  bit.alternateName = dn.alternateName;
  addDir(blob, dn.dir, false).full.push(bit);
  inode.lastJournaled = blob.eventSeq;
}

/** An inode without a dentry. */
export function addRoot(blob: EMetaBlob, inode: CInode, dirty: boolean): void {
  const bit = fullBit(inode, dirty ? FULLBIT_DIRTY : 0);
  bit.dnFirst = inode.first;
  bit.dnLast = inode.last;
  blob.addRootBit(bit);
  inode.lastJournaled = blob.eventSeq;
}

/** A dentry as it is projected, whatever it leads to. */
export function addDentry(blob: EMetaBlob, dn: CDentry, dirty: boolean): void {
  const linkage = dn.getProjectedLinkage();
  if (linkage.isRemote()) addRemoteDentry(blob, dn, dirty);
  else if (linkage.inode) addPrimaryDentry(blob, dn, linkage.inode, dirty);
  else addNullDentry(blob, dn, dirty);
}

/**
 * The way to a fragment, so that a replay that begins with this segment can find it: the dentries of the directories above, up to one that is
 * in this event already or to the root of the subtree. What was journaled since the last subtree map needs no mention, unless the subtree turns
 * out not to be clearly ours.
 *
 * @param toRoot all the way, for the subtree map itself
 */
export function addDirContext(blob: EMetaBlob, dir: CDir, toRoot = false): void {
  let parents: CDentry[] | undefined;
  let maybe: CDentry[] | undefined;
  let maybenot = false;
  for (let at = dir; !blob.hasLump(at.dirfrag);) {
    const diri = at.inode;
    if (!toRoot) {
      // of our own, and what is above it isn't: a subtree that is clearly ours
      if (at.dirAuthFirst !== CDIR_AUTH_PARENT && !diri.getProjectedParentDn()) {
        maybe = undefined;
        break;
      }
      if (blob.eventSeq !== 0 && diri.lastJournaled === blob.eventSeq) break;
      if (!maybenot && blob.lastSubtreeMap !== 0 && diri.lastJournaled >= blob.lastSubtreeMap) maybenot = true;
    }
    const parent = diri.getProjectedParentDn();
    if (!parent) break;
    if (maybenot) (maybe ??= []).push(parent);
    else (parents ??= []).push(parent);
    at = parent.dir;
  }
  // from the top down: what may be needed lies above what is
  if (maybe) for (let i = maybe.length - 1; i >= 0; i--) addDentry(blob, maybe[i] as CDentry, false);
  if (parents) for (let i = parents.length - 1; i >= 0; i--) addDentry(blob, parents[i] as CDentry, false);
}
