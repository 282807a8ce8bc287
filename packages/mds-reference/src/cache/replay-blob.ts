import { FRAG_ROOT } from '@cephts/encoding';
import type { EMetaBlob } from '../journal/events/e-meta-blob.js';
import type { DirLump } from '../journal/events/dir-lump.js';
import type { FullBit, NullBit, RemoteBit } from '../journal/events/meta-bits.js';
import type { LogSegment } from '../journal/log-segment.js';
import { LOCK_TYPE } from '../locks/simple-lock.js';
import { mdsInoIsBase, mdsInoIsMdsdir, S_IFDIR } from '../types/ceph-fs.js';
import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';
import type { MDCache } from './md-cache.js';
import { cutAs, forceDirFragment } from './dir-fragments.js';
import { dropForeignSubtree } from './foreign-subtrees.js';
import { ReplayError } from './replay-error.js';
import { CDIR_AUTH_UNDEF } from './subtree-map.js';
import type { PeerUpdate } from './uncommitted-peers.js';

/**
 * Does to the cache what an event says was done, and marks it dirty in the event's segment. Whatever is journaled more than once (as the way to
 * what changed is) or was stored already comes out the same.
 *
 * @param peer keeps what is needed in case that it is taken back
 * @throws ReplayError
 * @see EMetaBlob::replay in src/mds/journal.cc (16.2.15)
 */
export function replayMetaBlob(cache: MDCache, blob: EMetaBlob, ls: LogSegment, peer?: PeerUpdate): void {
  new BlobReplay(cache, blob, ls, peer).run();
}

class BlobReplay {
  readonly #cache: MDCache;
  readonly #blob: EMetaBlob;
  readonly #ls: LogSegment;
  readonly #peer: PeerUpdate | undefined;
  readonly #renamed: CInode | undefined;
  /** Where a name was taken away last. */
  #nullIn: CDir | undefined;
  /** Inodes that lost their place, and where that was; those that got a new one. */
  readonly #unlinked = new Map<CInode, CDir>();
  readonly #linked = new Set<CInode>();

  constructor(cache: MDCache, blob: EMetaBlob, ls: LogSegment, peer: PeerUpdate | undefined) {
    this.#cache = cache;
    this.#peer = peer;
    this.#blob = blob;
    this.#ls = ls;
    this.#renamed = blob.renamedDirino === 0 ? undefined : cache.getInode(blob.renamedDirino);
  }

  run(): void {
    const { lumpOrder, lumps, roots, renamedDirino } = this.#blob;
    for (const root of roots) this.#replayRoot(root);
    for (const [i, dirfrag] of lumpOrder.entries()) this.#replayLump(dirfrag.ino, dirfrag.frag, lumps[i] as DirLump);
    if (renamedDirino !== 0) this.#adjustRenamed();
    for (const inode of this.#linked) this.#unlinked.delete(inode);
    for (const inode of this.#unlinked.keys()) {
      if (this.#peer) this.#peer.unlinked.add(inode);
      else this.#cache.removeInodeRecursive(inode);
    }
    this.#replayTables();
    this.#replayTruncates();
    this.#replayDestroyed();
    this.#replayClients();
    this.#blob.updateSegment(this.#ls);
  }

  #update(inode: CInode, bit: FullBit): void {
    inode.takeStore(bit);
    // another rank may have cut it, of which this journal knows no more than the outcome
    const whole = inode.dirfragtree.isEmpty() && inode.getDirfrag(FRAG_ROOT) !== undefined;
    if (inode.dirfrags.size > 0 && !whole) cutAs(inode, inode.dirfragtree);
  }

  #replayRoot(bit: FullBit): void {
    const known = this.#cache.getInode(bit.inode.ino);
    const inode = known ?? this.#cache.newInode(bit.inode);
    this.#update(inode, bit);
    if (!known) this.#cache.addInode(inode);
    if (bit.isDirty) inode.markDirtyOnly(this.#ls);
  }

  #replayLump(ino: number, frag: number, lump: DirLump): void {
    const ls = this.#ls;
    const dir = this.#openDir(ino, frag);
    dir.fnode = lump.fnode;
    dir.updateProjectedVersion();
    if (lump.isDirty) {
      dir.markDirty(ls);
      dir.noteSumsBehind(ls);
    }
    if (lump.isDirtyDft) {
      this.#cache.mds.locker.markUpdatedScatterlock(dir.inode.dirfragtreelock);
      dir.inode.noteDirtyScattered(LOCK_TYPE.IDFT, ls);
    }
    // it was another rank's, which may have changed it
    if (lump.isImporting) dir.clearComplete();
    if (lump.isNew) dir.markNew(ls);
    if (lump.isComplete) dir.markComplete();
    for (const bit of lump.full) this.#replayFull(dir, bit);
    for (const bit of lump.remote) this.#replayRemote(dir, bit);
    for (const bit of lump.nulls) this.#replayNull(dir, bit);
  }

  #openDir(ino: number, frag: number): CDir {
    const known = this.#cache.getInode(ino);
    const open = known?.getDirfrag(frag);
    if (open) return open;
    if (known && !known.dirfragtree.isLeaf(frag)) return forceDirFragment(known, frag);
    let diri = known;
    if (!diri) {
      if (!mdsInoIsMdsdir(ino)) throw new ReplayError(`missing dir ino 0x${ino.toString(16)}`);
      diri = this.#cache.hierarchy.createSystemInode(ino, S_IFDIR | 0o755);
    }
    const dir = diri.getOrOpenDirfrag(frag);
    if (mdsInoIsBase(ino)) this.#cache.subtrees.adjustSubtreeAuth(dir, CDIR_AUTH_UNDEF);
    return dir;
  }

  #replayFull(dir: CDir, bit: FullBit): void {
    const ls = this.#ls;
    let dn = dir.lookupExactSnap(bit.dn, bit.dnLast);
    dn ??= dir.addNullDentry(bit.dn, bit.dnFirst, bit.dnLast);
    dn.version = bit.dnVersion;
    dn.projectedVersion = bit.dnVersion;
    dn.first = bit.dnFirst;
    dn.alternateName = bit.alternateName;
    if (bit.isDirty) dn.markDirtyOnly(ls);

    let inode = this.#cache.getInode(bit.inode.ino, bit.dnLast);
    if (!inode) {
      inode = this.#cache.newInode(bit.inode, bit.dnFirst, bit.dnLast);
      this.#update(inode, bit);
      this.#cache.addInode(inode);
    } else {
      inode.first = bit.dnFirst;
      this.#update(inode, bit);
      const before = inode.getParentDn();
      if (before && before !== dn) {
        this.#unlinked.set(inode, before.dir);
        before.dir.unlinkInode(before);
      }
    }
    const { linkage } = dn;
    if (!linkage.isPrimary() || linkage.inode !== inode) {
      if (!linkage.isNull()) {
        if (linkage.isPrimary() && linkage.inode) {
          this.#unlinked.set(linkage.inode, dir);
          this.#cache.mds.clog(
            'warn',
            `replay: ${dn.describe()} led to 0x${linkage.inode.ino.toString(16)}, it should be 0x${inode.ino.toString(16)}`,
          );
        }
        dir.unlinkInode(dn, false);
      }
      if (this.#unlinked.has(inode)) this.#linked.add(inode);
      dir.linkPrimaryInode(dn, inode);
    }
    if (bit.isDirty) inode.markDirtyOnly(ls);
    if (bit.isDirtyParent) inode.markDirtyParent(ls, bit.isDirtyPool);
    if (bit.needSnapflush) inode.noteOpenFile(ls);
  }

  #replayRemote(dir: CDir, bit: RemoteBit): void {
    let dn = dir.lookupExactSnap(bit.dn, bit.dnLast);
    if (!dn) {
      dn = dir.addRemoteDentry(bit.dn, bit.ino, bit.dType, bit.alternateName, bit.dnFirst, bit.dnLast);
    } else {
      const { linkage } = dn;
      if (!linkage.isNull()) {
        if (linkage.isPrimary() && linkage.inode) this.#unlinked.set(linkage.inode, dir);
        dir.unlinkInode(dn, false);
      }
      dn.alternateName = bit.alternateName;
      dir.linkRemoteInode(dn, bit.ino, bit.dType);
      dn.first = bit.dnFirst;
    }
    dn.version = bit.dnVersion;
    dn.projectedVersion = bit.dnVersion;
    if (bit.dirty) dn.markDirtyOnly(this.#ls);
  }

  #replayNull(dir: CDir, bit: NullBit): void {
    let dn = dir.lookupExactSnap(bit.dn, bit.dnLast);
    if (!dn) {
      dn = dir.addNullDentry(bit.dn, bit.dnFirst, bit.dnLast);
    } else {
      dn.first = bit.dnFirst;
      const { linkage } = dn;
      // a directory that is renamed keeps its place until it has the new one: it may have to be cut anew, which needs the way to it
      const renamed = linkage.inode !== undefined && linkage.inode === this.#renamed;
      if (!linkage.isNull() && !renamed) {
        if (linkage.isPrimary() && linkage.inode) this.#unlinked.set(linkage.inode, dir);
        dir.unlinkInode(dn);
      }
    }
    dn.version = bit.dnVersion;
    dn.projectedVersion = bit.dnVersion;
    if (bit.dirty) dn.markDirtyOnly(this.#ls);
    this.#nullIn = dir;
    if (!dn.linkage.isNull()) return;
    // what leads nowhere is the first to be trimmed
    this.#cache.moveToBottomLru(dn);
  }

  /** A directory was renamed, or removed into a stray directory: what of it is open stays in the hands it was in. */
  #adjustRenamed(): void {
    const { subtrees } = this.#cache;
    const peer = this.#peer;
    // one that is not known was another rank's before
    const renamed = this.#renamed ?? this.#cache.getInode(this.#blob.renamedDirino);
    if (!renamed) throw new ReplayError(`renamed directory 0x${this.#blob.renamedDirino.toString(16)} is not in the event`);
    const oldDir = this.#renamed ? this.#unlinked.get(renamed) : this.#nullIn;
    if (oldDir) {
      if (subtrees.authority(oldDir) !== CDIR_AUTH_UNDEF && this.#authority(renamed) === CDIR_AUTH_UNDEF) {
        if (!peer)
          throw new ReplayError(`directory 0x${renamed.ino.toString(16)} went to another rank, which this one did not agree to`);
        for (const dir of renamed.getDirfrags()) if (dir.dirAuthFirst === CDIR_AUTH_UNDEF) peer.oldDirs.add(dir.inode);
      }
      subtrees.adjustAfterRename(renamed, oldDir);
      const root = subtrees.getSubtreeRoot(oldDir);
      if (root?.dirAuthFirst === CDIR_AUTH_UNDEF) {
        if (peer) peer.oldDirs.add(oldDir.inode);
        else dropForeignSubtree(this.#cache, root);
      }
    }
    if (this.#authority(renamed) !== CDIR_AUTH_UNDEF) {
      for (const frag of this.#blob.renamedDirFrags) {
        if (!renamed.getDirfrag(frag)) subtrees.adjustSubtreeAuth(renamed.getOrOpenDirfrag(frag), CDIR_AUTH_UNDEF);
      }
    }
    this.#unlinked.delete(renamed);
    for (const [inode, dir] of this.#unlinked) {
      if (this.#linked.has(inode) && inode.isDir()) subtrees.adjustAfterRename(inode, dir);
    }
  }

  #authority(inode: CInode): number {
    const dir = inode.getParentDir();
    return dir ? this.#cache.subtrees.authority(dir) : CDIR_AUTH_UNDEF;
  }

  #replayTables(): void {
    const { mds } = this.#cache;
    const { inotable, sessionmap, snapclient } = mds;
    const blob = this.#blob;
    for (const { tid } of blob.tableTids) snapclient.gotJournaledAgree(tid, this.#ls);
    if (blob.openedIno !== 0) {
      const inode = this.#cache.getInode(blob.openedIno);
      if (!inode) throw new ReplayError(`opened inode 0x${blob.openedIno.toString(16)} is not in the event`);
      inode.noteOpenFile(this.#ls);
    }
    if (blob.inotablev > inotable.version) {
      if (blob.allocatedIno !== 0) inotable.replayAllocId(blob.allocatedIno);
      if (!blob.preallocatedInos.isEmpty()) inotable.replayAllocIds(blob.preallocatedInos);
      if (blob.inotablev !== inotable.version) {
        mds.clog('error', `journal replay inotablev mismatch ${inotable.version} -> ${blob.inotablev}`);
        inotable.forceReplayVersion(blob.inotablev);
      }
    }
    if (blob.sessionmapv > sessionmap.version) this.#replaySession();
  }

  #replaySession(): void {
    const { mds } = this.#cache;
    const { sessionmap } = mds;
    const { sessionmapv, usedPreallocatedIno: used, preallocatedInos: prealloc, clientName } = this.#blob;
    const session = sessionmap.getSession(clientName.toString());
    if (used !== 0) {
      if (session && !session.info.preallocInos.isEmpty()) {
        const ino = session.takeIno(used);
        if (ino !== used) throw new ReplayError(`${clientName} does not hold inode number 0x${used.toString(16)}`);
        session.info.preallocInos.erase(ino);
      }
      if (session) sessionmap.replayDirtySession(session);
      else sessionmap.replayAdvanceVersion();
    }
    if (!prealloc.isEmpty()) {
      if (session) {
        session.freePreallocInos.insertSet(prealloc);
        session.info.preallocInos.insertSet(prealloc);
        sessionmap.replayDirtySession(session);
      } else {
        sessionmap.replayAdvanceVersion();
      }
    }
    if (sessionmap.version >= sessionmapv) return;
    mds.clog('error', `EMetaBlob.replay sessionmapv mismatch ${sessionmapv} -> ${sessionmap.version}, will force replay it.`);
    if (mds.cct.conf.bool('mds_wipe_sessions')) sessionmap.wipe();
    sessionmap.setVersion(sessionmapv);
  }

  #replayTruncates(): void {
    const { mds, truncation } = this.#cache;
    for (const ino of this.#blob.truncateStart) {
      const inode = this.#cache.getInode(ino);
      if (!inode) throw new ReplayError(`truncated inode 0x${ino.toString(16)} is not in the event`);
      truncation.addRecovered(inode, this.#ls);
    }
    for (const [ino, seq] of this.#blob.truncateFinish) {
      const segment = mds.mdlog.getSegment(seq);
      const inode = this.#cache.getInode(ino);
      if (segment && inode) truncation.removeRecovered(inode, segment);
    }
  }

  #replayDestroyed(): void {
    for (const ino of this.#blob.destroyedInodes) {
      const inode = this.#cache.getInode(ino);
      if (inode) this.#cache.removeInodeRecursive(inode);
    }
    if (this.#blob.destroyedInodes.length > 0) {
      this.#cache.openFileTable.noteDestroyedInos(this.#ls.seq, this.#blob.destroyedInodes);
    }
  }

  #replayClients(): void {
    const { sessionmap } = this.#cache.mds;
    const { clientReqs, clientFlushes, allocatedIno, usedPreallocatedIno } = this.#blob;
    for (const { reqid, oldest } of clientReqs) {
      if (!reqid.name.isClient()) continue;
      const session = sessionmap.getSessionByClient(reqid.name.num);
      session?.addCompletedRequest(reqid.tid, allocatedIno || usedPreallocatedIno);
      if (oldest !== 0) session?.trimCompletedRequests(oldest);
    }
    for (const { reqid, oldest } of clientFlushes) {
      if (!reqid.name.isClient()) continue;
      const session = sessionmap.getSessionByClient(reqid.name.num);
      session?.addCompletedFlush(reqid.tid);
      if (oldest !== 0) session?.trimCompletedFlushes(oldest);
    }
  }
}
