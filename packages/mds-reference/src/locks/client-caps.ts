import type { Message } from '@cephts/async-messenger';
import { CEPH_FEATURE, hasFeature } from '@cephts/encoding';
import { MDS_STATE_RECONNECT } from '@cephts/rados';
import type { CDentry } from '../cache/cdentry.js';
import type { CInode } from '../cache/cinode.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import { MutationImpl } from '../cache/mutation.js';
import { PREDIRTY_PRIMARY } from '../cache/predirty.js';
import { EUpdate } from '../journal/events/e-update.js';
import { EOpen } from '../journal/events/e-open.js';
import { MClientCapRelease } from '../messages/m-client-cap-release.js';
import { MClientCaps } from '../messages/m-client-caps.js';
import type { RequestRelease } from '../messages/m-client-request.js';
import { MClientLease } from '../messages/m-client-lease.js';
import { C_MDS_RetryMessage, MDSLogContextWrapper } from '../rank/mds-context.js';
import type { MDSLogContextBase } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { checkAccess, MAY_WRITE } from '../server/access.js';
import type { Session } from '../tables/session.js';
import {
  CEPH_CAP_ANY_FILE_WR,
  CEPH_CAP_AUTH_EXCL,
  CEPH_CAP_FILE_BUFFER,
  CEPH_CAP_FILE_EXCL,
  CEPH_CAP_FILE_WR,
  CEPH_CAP_GBUFFER,
  CEPH_CAP_GWR,
  CEPH_CAP_XATTR_EXCL,
} from '../types/caps.js';
import {
  CEPH_INLINE_NONE,
  CEPH_LOCK_DN,
  CEPH_MDS_LEASE_RELEASE,
  CEPH_MDS_LEASE_RENEW,
  CEPH_MDS_LEASE_REVOKE,
  CEPH_MDS_LEASE_REVOKE_ACK,
  CEPH_NOSNAP,
} from '../types/ceph-fs.js';
import { ClientWriteableRange } from '../types/client-writeable-range.js';
import { InlineData } from '../types/inline-data.js';
import type { Inode } from '../types/inode.js';
import { MetaReqId } from '../types/meta-req-id.js';
import { CEPH_CAP_OP_FLUSHSNAP, CEPH_CAP_OP_FLUSHSNAP_ACK, CEPH_CAP_OP_FLUSH_ACK, CEPH_CAP_OP_UPDATE } from '../types/op-names.js';
import { CEPH_CAP_LOCKS } from './cap-issuer.js';
import { cephSeqCmp } from './capability.js';
import type { Capability } from './capability.js';
import { trySetLoner } from './inode-caps.js';
import { IssueSet } from './issue-set.js';
import { LOCK_EXCL } from './lock-states.js';
import type { Locker } from './locker.js';
import { CAP_LONER, SimpleLock } from './simple-lock.js';
import { decodeXattrs } from '../server/xattrs.js';

interface UpdateFlags {
  /** Tell writers how far they may write. */
  shareMax?: boolean;
  /** Issue caps the client wants and hasn't got. */
  needsIssue?: boolean;
  client?: number;
  ack?: MClientCaps | undefined;
}

/**
 * What clients send of their caps and leases: answers to revocations, flushes of dirty attributes, releases.
 *
 * @see Locker::handle_client_caps in src/mds/Locker.cc (16.2.15)
 */
export class ClientCaps {
  readonly #mds: MDSRank;
  readonly #locker: Locker;

  constructor(mds: MDSRank, locker: Locker) {
    this.#mds = mds;
    this.#locker = locker;
  }

  dispatch(m: Message): void {
    if (m instanceof MClientCaps) this.handleClientCaps(m);
    else if (m instanceof MClientCapRelease) this.handleClientCapRelease(m);
    else if (m instanceof MClientLease) this.handleClientLease(m);
    // MDS_LOCK and INODEFILECAPS come from replicas, and nothing is replicated to another rank
    else this.#mds.dout(0, () => `locker drops ${m.typeName} from ${m.src}: no object is replicated`);
  }

  #isServing(): boolean {
    return this.#mds.isClientReplay() || this.#mds.isActive() || this.#mds.isStopping();
  }

  #barrier(epoch: number): void {
    if (this.#mds.osdEpochBarrier < epoch) this.#mds.setOsdEpochBarrier(epoch);
  }

  // -- CLIENT_CAPS --

  handleClientCaps(m: MClientCaps): void {
    const mds = this.#mds;
    const session = mds.getSession(m);
    if (!this.#isServing()) {
      if (!session || session.isClosed() || session.isClosing() || session.isKilling()) return;
      if (
        (mds.isReconnect() || mds.getWantState() === MDS_STATE_RECONNECT) &&
        m.dirty !== 0 &&
        m.tid > 0 &&
        !session.haveCompletedFlush(m.tid)
      ) {
        mds.mdcache.reconnected.setDirty(session.getClient(), m.ino, m.dirty);
      }
      mds.waitForReplay(new C_MDS_RetryMessage(mds, m));
      return;
    }
    if (!session) return;
    let { op, dirty } = m;
    if (m.tid > 0 && session.haveCompletedFlush(m.tid)) {
      mds.sendMessageClientCounted(this.#flushAck(m, op === CEPH_CAP_OP_FLUSHSNAP), session);
      if (op === CEPH_CAP_OP_FLUSHSNAP) return;
      // it may release caps, too
      dirty = 0;
      op = CEPH_CAP_OP_UPDATE;
    }
    if (m.oldestFlushTid > 0 && session.trimCompletedFlushes(m.oldestFlushTid)) {
      mds.mdlog.getCurrentSegment().touchedSessions.add(session.info.inst.name.toString());
    }
    const inode = mds.mdcache.getInode(m.ino);
    if (!inode) {
      if (mds.isClientReplay()) mds.mdcache.reconnected.waitFor(m.ino, new C_MDS_RetryMessage(mds, m));
      return;
    }
    this.#barrier(m.osdEpochBarrier);
    const cap = inode.getClientCap(session.getClient());
    if (!cap) return;
    if (this.#shouldDefer(inode)) {
      inode.addUnfreezeWaiter(new C_MDS_RetryMessage(mds, m));
      return;
    }
    if (cephSeqCmp(m.migrateSeq, cap.mseq) < 0) return;
    if (op === CEPH_CAP_OP_FLUSHSNAP) {
      // no snapshot is ever taken here, so there is none this flush could belong to
      if (dirty !== 0) mds.sendMessageClientCounted(this.#flushAck(m, true), session);
      return;
    }
    if (cap.capId === m.capId) this.#update(m, session, inode, cap, dirty);
  }

  #flushAck(m: MClientCaps, snap: boolean): MClientCaps {
    const barrier = this.#mds.osdEpochBarrier;
    const ack = snap
      ? new MClientCaps(CEPH_CAP_OP_FLUSHSNAP_ACK, m.ino, 0, 0, 0, 0, 0, m.dirty, 0, barrier)
      : new MClientCaps(CEPH_CAP_OP_FLUSH_ACK, m.ino, 0, m.capId, m.capSeq, m.caps, 0, m.dirty, 0, barrier);
    ack.snapFollows = m.snapFollows;
    ack.tid = m.tid;
    ack.oldestFlushTid = m.oldestFlushTid;
    return ack;
  }

  #update(m: MClientCaps, session: Session, inode: CInode, cap: Capability, dirty: number): void {
    const { caps: issuer, machine } = this.#locker;
    // caps that were never issued can't be confirmed
    cap.confirmReceipt(m.capSeq, m.caps & cap.issued);
    const ack = dirty !== 0 ? this.#flushAck(m, false) : undefined;
    let needFlush = (m.flags & MClientCaps.FLAG_SYNC) !== 0;
    if (m.wanted !== cap.wanted) {
      const more = m.wanted & ~cap.pending;
      if (!needFlush && more !== 0) needFlush = issuer.needFlushMdlog(inode, more);
      this.#adjustCapWanted(cap, m.wanted, m.issueSeq);
    }
    const updated = this.#doCapUpdate(m, session, inode, cap, dirty, ack);
    if (updated) {
      if (updated.flush || issuer.needFlushMdlog(inode, dirty)) needFlush = true;
      machine.eval(inode, CEPH_CAP_LOCKS);
      if (!needFlush && (cap.wanted & ~cap.pending) !== 0) needFlush = issuer.needFlushMdlog(inode, cap.wanted & ~cap.pending);
    } else {
      if (ack) this.#mds.sendMessageClientCounted(ack, session);
      const issued = machine.eval(inode, CEPH_CAP_LOCKS);
      if (!issued && (cap.wanted & ~cap.pending) !== 0) issuer.issueCaps(inode, cap);
      if (cap.lastSeq === 0 && (cap.pending & (CEPH_CAP_FILE_WR | CEPH_CAP_FILE_BUFFER)) !== 0)
        issuer.shareInodeMaxSize(inode, cap);
    }
    if (needFlush) this.#mds.mdlog.flush();
  }

  /** What a client wants counts only when it has seen the last caps it was issued; wanting more always counts. */
  #adjustCapWanted(cap: Capability, wanted: number, issueSeq: number): void {
    if (cephSeqCmp(issueSeq, cap.lastIssue) === 0) cap.setWanted(wanted);
    else if ((wanted & ~cap.wanted) !== 0) cap.setWanted(wanted | cap.wanted);
    else return;
    const inode = cap.inode as CInode;
    if (cap.wanted !== 0 && this.#mds.mdcache.openFileTable.shouldLogOpen(inode)) {
      const event = new EOpen();
      this.#mds.mdlog.startEntry(event);
      this.#mds.mdcache.addCleanInode(event, inode);
      this.#mds.mdlog.submitEntry(event);
    }
  }

  /**
   * Journals the attributes that the client flushes, and the range it may write.
   *
   * @returns undefined where there is nothing to change
   */
  #doCapUpdate(
    m: MClientCaps,
    session: Session,
    inode: CInode,
    cap: Capability,
    dirty: number,
    ack: MClientCaps | undefined,
  ): { flush: boolean } | undefined {
    const client = session.getClient();
    const newMax = inode.isFile() ? this.#newMaxSize(m, inode, cap, client) : undefined;
    if (dirty === 0 && newMax === undefined) return undefined;
    if (checkAccess(session, inode, MAY_WRITE, m.callerUid, m.callerGid, [], 0, 0) < 0) return undefined;

    const { mdlog, mdcache } = this.#mds;
    const event = new EUpdate('cap update');
    mdlog.startEntry(event);
    const xattrs =
      (dirty & CEPH_CAP_XATTR_EXCL) !== 0 && m.xattrbl.length > 0 && m.xattrVersion > inode.getProjectedInode().xattrVersion;
    const mut = new MutationImpl();
    mut.ls = mdlog.getCurrentSegment();
    const pi = inode.projectInode(mut, xattrs ? decodeXattrs(m.xattrbl) : undefined);
    pi.version = inode.preDirty();
    if (dirty !== 0) this.#updateCapFields(m, inode, dirty, pi);
    if (newMax !== undefined) this.#setRange(inode, cap, client, pi, newMax);
    const locker = this.#locker;
    if (newMax !== undefined || (dirty & (CEPH_CAP_FILE_EXCL | CEPH_CAP_FILE_WR)) !== 0) locker.wrlockForce(inode.filelock, mut);
    if ((dirty & CEPH_CAP_AUTH_EXCL) !== 0) locker.wrlockForce(inode.authlock, mut);
    if (xattrs) {
      pi.xattrVersion = m.xattrVersion;
      locker.wrlockForce(inode.xattrlock, mut);
    }
    mut.authPin(inode);
    mdcache.predirtyJournalParents(mut, event.metablob, inode, undefined, PREDIRTY_PRIMARY);
    mdcache.journalDirtyInode(mut, event.metablob, inode);
    if (ack && ack.oldestFlushTid > 0) event.metablob.addClientFlush(new MetaReqId(m.src, ack.tid), ack.oldestFlushTid);
    mdlog.submitEntry(event, this.fileUpdateFinish(inode, mut, { shareMax: newMax !== undefined, needsIssue: true, client, ack }));
    return { flush: newMax !== undefined && newMax > 0 };
  }

  /** The new end of the client's range, 0 for none; undefined where it stays, or can't be changed now. */
  #newMaxSize(m: MClientCaps, inode: CInode, cap: Capability, client: number): number | undefined {
    const { caps: issuer, machine } = this.#locker;
    const latest = inode.getProjectedInode();
    const oldMax = latest.getClientRange(client);
    let newMax = 0;
    let forced = false;
    if (((cap.issued | cap.wanted) & CEPH_CAP_ANY_FILE_WR) !== 0) {
      forced = m.maxSize > oldMax;
      newMax = issuer.maxSize.calcNewMaxSize(latest, forced ? m.maxSize : m.size);
      if (newMax <= oldMax) return undefined;
    } else if (oldMax === 0) {
      return undefined;
    }
    const { filelock } = inode;
    if (filelock.canWrlock(client) || filelock.canForceWrlock(client)) return newMax;
    if (filelock.isStable()) {
      const need = new IssueSet();
      cap.incSuppress();
      if (inode.lonerCap >= 0 || (inode.wantLonerCap >= 0 && trySetLoner(inode))) {
        if (filelock.state !== LOCK_EXCL) machine.fileExcl(filelock, need);
      } else {
        machine.simpleLock(filelock, need);
      }
      need.drain((changed) => issuer.issueCaps(changed));
      cap.decSuppress();
      if (filelock.canWrlock(client) || filelock.canForceWrlock(client)) return newMax;
    }
    const wantedMax = forced ? newMax : 0;
    filelock.addWaiter(SimpleLock.WAIT_STABLE, () => issuer.maxSize.checkInodeMaxSize(inode, wantedMax));
    return undefined;
  }

  #setRange(inode: CInode, cap: Capability, client: number, pi: Inode, newMax: number): void {
    const ranges = new Map(pi.clientRanges);
    if (newMax > 0) {
      ranges.set(client, new ClientWriteableRange(0, newMax, inode.first - 1n));
      inode.markClientwriteable();
      cap.markClientwriteable();
    } else {
      ranges.delete(client);
      if (ranges.size === 0) inode.clearClientwriteable();
      cap.clearClientwriteable();
    }
    pi.clientRanges = ranges;
  }

  #updateCapFields(m: MClientCaps, inode: CInode, dirty: number, pi: Inode): void {
    const features = m.connection?.features ?? 0n;
    if (m.ctime.compare(pi.ctime) > 0) {
      pi.ctime = m.ctime;
      if (m.ctime.compare(pi.rstat.rctime) > 0) pi.rstat.rctime = m.ctime;
    }
    if (hasFeature(features, CEPH_FEATURE.FS_CHANGE_ATTR) && m.changeAttr > pi.changeAttr) pi.changeAttr = m.changeAttr;
    if ((dirty & (CEPH_CAP_FILE_EXCL | CEPH_CAP_FILE_WR)) !== 0) this.#updateFileFields(m, inode, dirty, pi);
    if ((dirty & CEPH_CAP_AUTH_EXCL) !== 0) {
      pi.uid = m.uid;
      pi.gid = m.gid;
      pi.mode = m.mode;
      if (hasFeature(features, CEPH_FEATURE.FS_BTIME)) pi.btime = m.btime;
    }
  }

  #updateFileFields(m: MClientCaps, inode: CInode, dirty: number, pi: Inode): void {
    const excl = (dirty & CEPH_CAP_FILE_EXCL) !== 0;
    const wr = (dirty & CEPH_CAP_FILE_WR) !== 0;
    const later = m.mtime.compare(pi.mtime);
    if ((wr && later > 0) || (excl && later !== 0)) {
      pi.mtime = m.mtime;
      if (m.mtime.compare(pi.rstat.rctime) > 0) pi.rstat.rctime = m.mtime;
    }
    if (inode.isFile() && m.size > pi.size) {
      pi.size = m.size;
      pi.rstat.rbytes = m.size;
    }
    if (inode.isFile() && wr && m.inlineVersion > pi.inlineData.version) {
      pi.inlineData = m.inlineVersion === CEPH_INLINE_NONE ? InlineData.NONE : new InlineData(m.inlineVersion, m.inlineData);
    }
    if (!excl) return;
    pi.atime = m.atime;
    if (cephSeqCmp(pi.timeWarpSeq, m.timeWarpSeq) < 0) pi.timeWarpSeq = m.timeWarpSeq;
  }

  /** Follows when a change of an inode's attributes is safe: it is applied, acknowledged, and the locks go. */
  fileUpdateFinish(inode: CInode, mut: MutationImpl, flags: UpdateFlags): MDSLogContextBase {
    const mds = this.#mds;
    return new MDSLogContextWrapper(mds, () => {
      mut.apply();
      const client = flags.client ?? -1;
      if (flags.ack) {
        const session = mds.sessionmap.getSessionByClient(client);
        if (session && !session.isClosed()) {
          if (flags.ack.oldestFlushTid > 0) session.addCompletedFlush(flags.ack.tid);
          mds.sendMessageClientCounted(flags.ack, session);
        }
      }
      const { caps: issuer } = this.#locker;
      const need = new IssueSet();
      this.#locker.dropLocks(mut, need);
      if (flags.needsIssue && !need.has(inode)) {
        const cap = inode.getClientCap(client);
        if (cap && (cap.wanted & ~cap.pending) !== 0) issuer.issueCaps(inode, cap);
      }
      if (flags.shareMax && (inode.filelock.gcapsAllowed(CAP_LONER) & (CEPH_CAP_GWR | CEPH_CAP_GBUFFER)) !== 0) {
        issuer.shareInodeMaxSize(inode);
      }
      need.drain((changed) => issuer.issueCaps(changed));
      mut.cleanup();
    });
  }

  // -- releases --

  /**
   * A release must wait for a frozen inode exactly when a request would: what a request releases is released before it.
   */
  #shouldDefer(inode: CInode): boolean {
    return inode.isFrozen() || (inode.isFreezing() && inode.numAuthPins === 0);
  }

  /** A release embedded in a request. `mdr` is undefined when it was deferred. */
  processRequestCapRelease(mdr: MDRequestImpl | undefined, client: number, item: RequestRelease, dname = item.dname): void {
    const inode = this.#mds.mdcache.getInode(item.ino);
    if (!inode) return;
    if (dname !== '') {
      const dn = inode.getDirfrag(inode.pickDirfrag(dname))?.lookup(dname);
      if (dn) this.#dropLease(dn, client);
    }
    const cap = inode.getClientCap(client);
    if (!cap || cephSeqCmp(item.mseq, cap.mseq) < 0 || cap.capId !== item.capId) return;
    if (this.#shouldDefer(inode)) {
      inode.addUnfreezeWaiter(() => this.processRequestCapRelease(undefined, client, item, ''));
      return;
    }
    cap.confirmReceipt(item.seq, item.caps & cap.issued);
    this.#adjustCapWanted(cap, item.wanted, item.issueSeq);
    // what is free again is not handed back at once: the request may need it
    if (mdr) cap.incSuppress();
    this.#locker.machine.eval(inode, CEPH_CAP_LOCKS);
    if (!mdr) return;
    cap.decSuppress();
    mdr.capReleases.set(inode.ino, cap.lastSeq);
  }

  /** The request is over: caps it released and that nobody took are issued again. */
  kickCapReleases(mdr: MDRequestImpl): void {
    if (mdr.capReleases.size === 0) return;
    const client = mdr.getClient();
    for (const [ino, seq] of mdr.capReleases) {
      const inode = this.#mds.mdcache.getInode(ino);
      if (inode) this.#kickIssueCaps(inode, client, seq);
    }
  }

  #kickIssueCaps(inode: CInode, client: number, seq: number): void {
    const cap = inode.getClientCap(client);
    if (!cap || cap.lastSeq !== seq) return;
    if (inode.isFrozen()) inode.addUnfreezeWaiter(() => this.#kickIssueCaps(inode, client, seq));
    else this.#locker.issueCaps(inode, cap);
  }

  handleClientCapRelease(m: MClientCapRelease): void {
    const mds = this.#mds;
    if (!this.#isServing()) {
      mds.waitForReplay(new C_MDS_RetryMessage(mds, m));
      return;
    }
    this.#barrier(m.osdEpochBarrier);
    const client = m.src.num;
    for (const item of m.caps) this.#doCapRelease(client, item.ino, item.capId, item.migrateSeq, item.seq);
  }

  #doCapRelease(client: number, ino: number, capId: number, migrateSeq: number, seq: number): void {
    const inode = this.#mds.mdcache.getInode(ino);
    const cap = inode?.getClientCap(client);
    if (!inode || !cap || cap.capId !== capId || cephSeqCmp(migrateSeq, cap.mseq) < 0) return;
    if (this.#shouldDefer(inode)) {
      inode.addUnfreezeWaiter(() => this.#doCapRelease(client, ino, capId, migrateSeq, seq));
      return;
    }
    if (seq !== cap.lastIssue) {
      // the client hasn't seen the last caps it was issued: it keeps those, but will not answer older revocations
      cap.cleanRevokeFrom(seq);
      this.#locker.machine.evalCapGather(inode);
      return;
    }
    this.#locker.removeClientCap(inode, cap);
  }

  // -- leases --

  #dropLease(dn: CDentry, client: number): void {
    const lease = dn.clientLeases?.get(client);
    if (!lease) return;
    dn.removeClientLease(lease);
    if (!dn.lock.isLeased() && !dn.lock.isStable()) this.#locker.machine.evalGather(dn.lock);
  }

  handleClientLease(m: MClientLease): void {
    const client = m.src.num;
    const inode = this.#mds.mdcache.getInode(m.ino);
    const dn = inode?.getDirfrag(inode.pickDirfrag(m.dname))?.lookup(m.dname);
    const lease = dn?.clientLeases?.get(client);
    if (!dn || !lease) return;
    switch (m.action) {
      case CEPH_MDS_LEASE_REVOKE_ACK:
      case CEPH_MDS_LEASE_RELEASE:
        if (lease.seq === m.leaseSeq) this.#dropLease(dn, client);
        break;
      case CEPH_MDS_LEASE_RENEW: {
        const session = this.#mds.getSession(m);
        if (!session || !dn.lock.canLease(client)) break;
        const reply = new MClientLease(m.action, ++lease.seq, m.mask, m.ino, m.first, m.last, m.dname);
        reply.durationMs = this.#mds.mdcache.clientLeaseMs;
        this.#mds.mdcache.leases.touch(lease);
        this.#mds.sendMessageClientCounted(reply, session);
        break;
      }
      default:
        this.#mds.dout(0, () => `client lease of ${m.src} with unknown action ${m.action}, dropped`);
    }
  }

  revokeClientLeases(lock: SimpleLock): void {
    const dn = lock.parent as unknown as CDentry;
    for (const lease of dn.clientLeases?.values() ?? []) {
      const session = this.#mds.sessionmap.getSessionByClient(lease.client);
      if (!session) continue;
      const { ino, first } = dn.dir.inode;
      const m = new MClientLease(CEPH_MDS_LEASE_REVOKE, lease.seq, 1 | CEPH_LOCK_DN, ino, first, CEPH_NOSNAP, dn.name);
      this.#mds.sendMessageClientCounted(m, session);
    }
  }
}
