import type { CDentry } from '../cache/cdentry.js';
import type { CInode } from '../cache/cinode.js';
import { addDir, addDirContext, addNullDentry, addPrimaryDentry, addRemoteDentry } from '../cache/meta-blob.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import { PREDIRTY_DIR, PREDIRTY_PRIMARY, PREDIRTY_SHALLOW } from '../cache/predirty.js';
import type { EMetaBlob } from '../journal/events/e-meta-blob.js';
import type { Inode } from '../types/inode.js';
import { touchCtime } from './client-setattr.js';
import { projectUnlinkedRealm } from './linked-realm.js';
import type { Server } from './server.js';

/** The two dentries of a rename and what they lead to. */
export interface Rename {
  srcdn: CDentry;
  destdn: CDentry;
  srci: CInode;
  /** What the new name led to before. */
  oldin: CInode | undefined;
  /** Where that goes, if the name was its primary one. */
  straydn: CDentry | undefined;
  /** The new name was a remote one of the same inode, and becomes its primary one (out of the stray directory). */
  linkmerge: boolean;
}

/** Projected versions of the dentries. */
export interface RenameVersions {
  src: number;
  dest: number;
}

/**
 * Projects the rename onto the cache and writes it into the journal entry.
 *
 * @see Server::_rename_prepare in src/mds/Server.cc (16.2.15)
 */
export function renamePrepare(server: Server, mdr: MDRequestImpl, metablob: EMetaBlob, rename: Rename): RenameVersions {
  const { mdcache } = server.mds;
  const { srcdn, destdn, srci, oldin, straydn, linkmerge } = rename;
  const srcLink = srcdn.getProjectedLinkage();
  const destLink = destdn.getProjectedLinkage();
  const srcRemote = srcLink.isRemote();
  const destPrimary = destLink.isPrimary();
  const destRemote = destLink.isRemote();
  const destNull = destLink.isNull();
  const silent = srcdn.dir.inode.isStray();
  if (srci.isDir()) metablob.renamedDirino = srci.ino;

  // what is overwritten
  let tpi: Inode | undefined;
  if (oldin && !linkmerge) {
    const projected = oldin.projectInode(mdr);
    if (destPrimary && straydn) {
      projected.version = straydn.preDirty(projected.version);
      projected.updateBacktrace();
      straydn.pushProjectedLinkage(oldin);
    } else {
      projected.version = oldin.preDirty();
    }
    tpi = projected;
  }

  // what is moved
  const spi = srci.projectInode(mdr);
  if (linkmerge) projectUnlinkedRealm(srci, destPrimary, spi.nlink);
  let destVersion: number;
  if (srcRemote) {
    destVersion = destdn.preDirty();
    destdn.pushProjectedRemoteLinkage(srcLink.remoteIno, srcLink.remoteDType);
    spi.version = srci.preDirty();
  } else {
    destVersion = destdn.preDirty(srci.projectedVersion);
    spi.version = destVersion;
    spi.updateBacktrace();
    destdn.pushProjectedLinkage(srci);
  }
  const srcVersion = srcdn.preDirty();
  srcdn.pushProjectedNullLinkage();

  if (!silent) {
    touchCtime(spi, mdr);
    if (linkmerge) spi.nlink--;
    if (tpi && oldin) {
      touchCtime(tpi, mdr);
      tpi.strayPriorPath = destdn.makePathString();
      projectUnlinkedRealm(oldin, destPrimary, tpi.nlink);
      tpi.nlink--;
      if (tpi.nlink === 0) oldin.markOrphan();
    }
  }

  // totals of the directories: the stray directory first, so that replay unlinks before it links
  const inDir = silent ? 0 : PREDIRTY_DIR;
  if (destPrimary && straydn) {
    addDirContext(metablob, straydn.dir);
    addDir(metablob, straydn.dir, true);
  }
  if (oldin && !linkmerge && destRemote) predirtyElsewhere(server, mdr, metablob, oldin, rename);
  if (oldin && !destNull) {
    mdcache.predirtyJournalParents(mdr, metablob, oldin, destdn.dir, (destPrimary ? PREDIRTY_PRIMARY : 0) | inDir, -1);
    if (destPrimary && straydn)
      mdcache.predirtyJournalParents(mdr, metablob, oldin, straydn.dir, PREDIRTY_PRIMARY | PREDIRTY_DIR, 1);
  }
  if (srcRemote) predirtyElsewhere(server, mdr, metablob, srci, rename);
  const flags = inDir | (!srcRemote && srcdn.dir !== destdn.dir ? PREDIRTY_PRIMARY : 0);
  mdcache.predirtyJournalParents(mdr, metablob, srci, srcdn.dir, PREDIRTY_SHALLOW | flags, -1);
  mdcache.predirtyJournalParents(mdr, metablob, srci, destdn.dir, flags, 1);

  // dentries
  if (oldin && !linkmerge) {
    if (destPrimary && straydn) {
      straydn.setFirstToNextSnap();
      addPrimaryDentry(metablob, straydn, oldin, true, true);
    } else {
      addPrimaryDentry(metablob, oldin.getProjectedParentDn() as CDentry, oldin, true);
    }
  }
  destdn.setFirstToNextSnap();
  if (srcRemote) {
    addRemoteDentry(metablob, destdn, true, srcLink.remoteIno, srcLink.remoteDType);
    addPrimaryDentry(metablob, srci.getProjectedParentDn() as CDentry, srci, true);
  } else {
    addPrimaryDentry(metablob, destdn, srci, true, true);
  }
  addNullDentry(metablob, srcdn, true);
  if (!srcRemote) srci.first = destdn.first;
  if (straydn && oldin) oldin.first = straydn.first;
  return { src: srcVersion, dest: destVersion };
}

/** An inode whose primary name is in a directory this rename doesn't touch changes its totals there. */
function predirtyElsewhere(server: Server, mdr: MDRequestImpl, metablob: EMetaBlob, inode: CInode, rename: Rename): void {
  const dir = inode.getProjectedParentDir();
  if (!dir || dir === rename.srcdn.dir || dir === rename.destdn.dir) return;
  server.mds.mdcache.predirtyJournalParents(mdr, metablob, inode, dir, PREDIRTY_PRIMARY);
}

/**
 * The journal entry is safe: links become what was projected.
 *
 * @see Server::_rename_apply in src/mds/Server.cc (16.2.15)
 */
export function renameApply(server: Server, mdr: MDRequestImpl, rename: Rename, versions: RenameVersions): void {
  const { mdcache } = server.mds;
  const { srcdn, destdn, srci, oldin, straydn, linkmerge } = rename;
  const ls = mdr.ls as NonNullable<typeof mdr.ls>;
  const srcWasRemote = srcdn.getLinkage().isRemote();
  if (oldin && !linkmerge) {
    destdn.dir.unlinkInode(destdn, false);
    if (straydn) {
      straydn.popProjectedLinkage();
      oldin.popAndDirtyProjectedInode(ls, mdr);
      mdcache.touchDentryBottom(straydn);
    } else {
      oldin.popAndDirtyProjectedInode(ls, mdr);
    }
  }
  srcdn.dir.unlinkInode(srcdn);
  if (linkmerge) destdn.dir.unlinkInode(destdn, false);
  const linkage = destdn.popProjectedLinkage();
  if (srcWasRemote) {
    if (!linkage.inode) destdn.linkRemote(linkage, srci);
    destdn.markDirty(versions.dest, ls);
  }
  srci.popAndDirtyProjectedInode(ls, mdr);
  srcdn.markDirty(versions.src, ls);
  srcdn.popProjectedLinkage();
  mdr.apply();
  srcdn.dir.tryRemoveUnlinkedDn(srcdn);
}
