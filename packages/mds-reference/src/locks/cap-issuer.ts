import type { CInode } from '../cache/cinode.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import type { MDSRank } from '../rank/mds-rank.js';
import type { Session } from '../tables/session.js';
import {
  capsForMode,
  capString,
  CEPH_CAP_ANY_DIR_OPS,
  CEPH_CAP_ANY_WR,
  CEPH_CAP_AUTH_EXCL,
  CEPH_CAP_AUTH_SHARED,
  CEPH_CAP_FILE_BUFFER,
  CEPH_CAP_FILE_EXCL,
  CEPH_CAP_FILE_RD,
  CEPH_CAP_FILE_SHARED,
  CEPH_CAP_FILE_WR,
  CEPH_CAP_LINK_EXCL,
  CEPH_CAP_LINK_SHARED,
  CEPH_CAP_PIN,
  CEPH_CAP_XATTR_EXCL,
  CEPH_CAP_XATTR_SHARED,
} from '../types/caps.js';
import { CEPH_CAP_OP_GRANT, CEPH_CAP_OP_REVOKE, CEPH_CAP_OP_TRUNC } from '../types/op-names.js';
import { capMessage } from './cap-message.js';
import type { Capability } from './capability.js';
import { capsAllowedByType, capsLiked, xlockerMask } from './inode-caps.js';
import type { LockMachine } from './lock-machine.js';
import type { Locker } from './locker.js';
import { MaxSize } from './max-size.js';
import { CAP_ANY, CAP_LONER, CAP_XLOCKER, LOCK_TYPE } from './simple-lock.js';

/** The locks that govern caps (CEPH_CAP_LOCKS). */
export const CEPH_CAP_LOCKS = LOCK_TYPE.IFILE | LOCK_TYPE.IAUTH | LOCK_TYPE.ILINK | LOCK_TYPE.IXATTR;

/** More late revocations than this aren't looked at in one tick. */
const MAX_WARN_CAPS = 100;

/**
 * Gives clients the caps that the locks of an inode allow, and takes back those they no longer do.
 *
 * @see Locker::issue_caps in src/mds/Locker.cc (16.2.15)
 */
export class CapIssuer {
  readonly maxSize: MaxSize;
  readonly #mds: MDSRank;
  readonly #machine: LockMachine;
  readonly #locker: Locker;
  /** Caps being revoked, the oldest revocation first; all, and by client. */
  readonly #revoking = new Set<Capability>();
  readonly #revokingByClient = new Map<number, Set<Capability>>();

  constructor(mds: MDSRank, machine: LockMachine, locker: Locker) {
    this.#mds = mds;
    this.#machine = machine;
    this.#locker = locker;
    this.maxSize = new MaxSize(mds, machine, locker);
  }

  /** Grants and revokes, for all clients or only for the holder of one cap. @returns messages sent */
  issueCaps(inode: CInode, onlyCap?: Capability): number {
    const { clientCaps } = inode;
    if (clientCaps.size === 0) return 0;
    const all = capsAllowedByType(inode, CAP_ANY);
    const loner = capsAllowedByType(inode, CAP_LONER);
    const xlocker = capsAllowedByType(inode, CAP_XLOCKER);
    if (onlyCap) return this.#issueOne(inode, onlyCap, all, loner, xlocker) ? 1 : 0;
    let issued = 0;
    for (const cap of clientCaps.values()) if (this.#issueOne(inode, cap, all, loner, xlocker)) issued++;
    return issued;
  }

  #issueOne(inode: CInode, cap: Capability, all: number, loner: number, xlocker: number): boolean {
    const { client, pending } = cap;
    let { wanted } = cap;
    let allowed = (inode.lonerCap === client ? loner : all) | (xlocker & xlockerMask(inode, client));
    if (inode.isDir()) allowed &= ~CEPH_CAP_ANY_DIR_OPS;
    const revoke = (pending & ~allowed) !== 0;
    if (!revoke) {
      if (cap.isNew() || cap.isSuppress() || cap.isStale()) return false;
    } else {
      if (cap.isStale()) {
        cap.issue(allowed & pending);
        this.#mds.queueWaiterFront(() => this.#revokeStaleCap(inode, client));
        return false;
      }
      // after stale and resume the client thinks it holds nothing but the pin
      if (!cap.isValid() && (pending & ~CEPH_CAP_PIN) !== 0) {
        cap.issue(pending, true);
        this.#send(CEPH_CAP_OP_GRANT, inode, cap, pending, wanted);
      }
    }
    // the last link is gone: have it released as soon as can be
    if (inode.inode.nlink === 0) wanted |= CEPH_CAP_LINK_SHARED;
    if (!revoke && (wanted & allowed & ~pending) === 0 && cap.isValid()) return false;
    const likes = capsLiked(inode);
    if (revoke) cap.issue((wanted | likes) & allowed & pending, true);
    else cap.issue((wanted | likes) & allowed, true);
    const after = cap.pending;
    const op = (pending & ~after) !== 0 ? CEPH_CAP_OP_REVOKE : CEPH_CAP_OP_GRANT;
    if (op === CEPH_CAP_OP_REVOKE) this.#noteRevoking(cap);
    this.#send(op, inode, cap, after, wanted);
    return true;
  }

  #send(op: number, inode: CInode, cap: Capability, caps: number, wanted: number): void {
    const m = capMessage(op, inode, cap, caps, wanted, this.#mds.osdEpochBarrier);
    this.#mds.sendMessageClientCounted(m, cap.session as Session);
  }

  #noteRevoking(cap: Capability): void {
    this.#forgetRevoking(cap);
    this.#revoking.add(cap);
    const { client } = cap;
    let mine = this.#revokingByClient.get(client);
    if (!mine) this.#revokingByClient.set(client, (mine = new Set()));
    mine.add(cap);
    cap.lastRevokeStamp = this.#mds.cct.clock.monotonicNow();
    cap.numRevokeWarnings = 0;
    cap.onceSettled((settled) => this.#forgetRevoking(settled));
  }

  #forgetRevoking(cap: Capability): void {
    if (!this.#revoking.delete(cap)) return;
    const mine = this.#revokingByClient.get(cap.client);
    mine?.delete(cap);
    if (mine?.size === 0) this.#revokingByClient.delete(cap.client);
  }

  /** Makes sure the client has a cap that wants what this file mode needs; it goes out with the reply. */
  issueNewCaps(inode: CInode, mode: number, mdr: MDRequestImpl): Capability | undefined {
    const session = mdr.session as Session;
    const newInode = mdr.allocIno !== 0 || mdr.usedPreallocIno !== 0;
    if (newInode && mdr.isQueuedForReplay()) return this.#mds.mdcache.reconnected.tryReconnect(inode, session);
    const want = capsForMode(mode);
    let cap = inode.getClientCap(session.getClient());
    if (!cap) {
      cap = inode.addClientCap(session, newInode);
      cap.setWanted(want);
      cap.markNew();
    } else if ((want & ~cap.wanted) !== 0) {
      cap.setWanted(cap.wanted | want);
    }
    cap.incSuppress();
    this.#machine.eval(inode, CEPH_CAP_LOCKS);
    if (this.needFlushMdlog(inode, want)) this.#mds.mdlog.flush();
    cap.decSuppress();
    return cap;
  }

  /** Would wanted caps come sooner if the journal was flushed? */
  needFlushMdlog(inode: CInode, wanted: number): boolean {
    return (
      ((wanted & (CEPH_CAP_FILE_RD | CEPH_CAP_FILE_WR | CEPH_CAP_FILE_SHARED | CEPH_CAP_FILE_EXCL)) !== 0 &&
        inode.filelock.isUnstableAndLocked()) ||
      ((wanted & (CEPH_CAP_AUTH_SHARED | CEPH_CAP_AUTH_EXCL)) !== 0 && inode.authlock.isUnstableAndLocked()) ||
      ((wanted & (CEPH_CAP_LINK_SHARED | CEPH_CAP_LINK_EXCL)) !== 0 && inode.linklock.isUnstableAndLocked()) ||
      ((wanted & (CEPH_CAP_XATTR_SHARED | CEPH_CAP_XATTR_EXCL)) !== 0 && inode.xattrlock.isUnstableAndLocked())
    );
  }

  /** Tells all clients that a file was truncated. */
  issueTruncate(inode: CInode): void {
    for (const cap of inode.clientCaps.values()) this.#send(CEPH_CAP_OP_TRUNC, inode, cap, cap.pending, cap.wanted);
    if (inode.isFile()) this.maxSize.checkInodeMaxSize(inode);
  }

  /** Tells writers how far they may write. */
  shareInodeMaxSize(inode: CInode, onlyCap?: Capability): void {
    if (onlyCap) this.#shareMaxSize(inode, onlyCap);
    else for (const cap of inode.clientCaps.values()) this.#shareMaxSize(inode, cap);
  }

  #shareMaxSize(inode: CInode, cap: Capability): void {
    if (cap.isSuppress() || (cap.pending & (CEPH_CAP_FILE_WR | CEPH_CAP_FILE_BUFFER)) === 0) return;
    cap.incLastSeq();
    this.#send(CEPH_CAP_OP_GRANT, inode, cap, cap.pending, cap.wanted);
  }

  // -- stale sessions --

  #revokeStaleCap(inode: CInode, client: number): void {
    const cap = inode.getClientCap(client);
    if (!cap) return;
    if ((cap.revoking & CEPH_CAP_ANY_WR) !== 0) {
      this.#mds.server.evictClient(client);
      return;
    }
    cap.revoke();
    if (inode.inode.clientRanges.has(client)) inode.markNeedsRecover();
    this.#afterRevoke(inode);
  }

  #afterRevoke(inode: CInode): void {
    this.#machine.evalCapGather(inode);
    this.#locker.tryEval(inode, CEPH_CAP_LOCKS);
  }

  /** The session went stale: its caps are void. @returns false when it may have dirty data under caps being revoked: evict it */
  revokeStaleCaps(session: Session): boolean {
    session.capGen++;
    const inodes: CInode[] = [];
    for (const cap of session.caps) {
      const { revoking } = cap;
      if (!cap.isNotable() || revoking === 0) continue;
      if ((revoking & CEPH_CAP_ANY_WR) !== 0) return false;
      const inode = cap.inode as CInode;
      cap.revoke();
      if (inode.inode.clientRanges.has(cap.client)) inode.markNeedsRecover();
      inodes.push(inode);
    }
    for (const inode of inodes) this.#afterRevoke(inode);
    return true;
  }

  /** The client is back: what it holds is issued to it again. */
  resumeStaleCaps(session: Session): void {
    for (const cap of [...session.caps]) {
      const inode = cap.inode as CInode;
      if (!this.#machine.eval(inode, CEPH_CAP_LOCKS)) this.issueCaps(inode, cap);
    }
  }

  // -- giving up a cap --

  /** The client holds nothing of the inode any more. @param kill its session was ended: what it wrote is not known */
  removeClientCap(inode: CInode, cap: Capability, kill = false): void {
    const { client } = cap;
    const notable = cap.isNotable();
    this.#forgetRevoking(cap);
    inode.removeClientCap(client);
    if (!notable) return;
    if (inode.getProjectedInode().clientRanges.has(client) && !(inode.inode.nlink === 0 && inode.clientCaps.size === 0)) {
      if (kill) inode.markNeedsRecover();
      else this.maxSize.checkInodeMaxSize(inode);
    }
    this.#locker.tryEval(inode, CEPH_CAP_LOCKS);
  }

  // -- who doesn't answer --

  isRevokingAnyCapsFrom(client: number): boolean {
    return this.#revokingByClient.has(client);
  }

  /** Clients that owe the answer to a revocation for longer than `timeout` s. */
  getLateRevokingClients(timeout: number): number[] {
    const late: number[] = [];
    const limit = this.#mds.cct.clock.monotonicNow() - timeout * 1000;
    for (const [client, caps] of this.#revokingByClient) {
      for (const cap of caps) {
        if (cap.lastRevokeStamp < limit) late.push(client);
        break;
      }
    }
    return late;
  }

  /** Warns of revocations without an answer, at ever longer intervals. */
  tick(): void {
    const now = this.#mds.cct.clock.monotonicNow();
    const timeout = this.#mds.mdsmap.sessionTimeout * 1000;
    let late = 0;
    for (const cap of this.#revoking) {
      const age = now - cap.lastRevokeStamp;
      if (age <= timeout || ++late > MAX_WARN_CAPS) break;
      if (age <= timeout * 2 ** cap.numRevokeWarnings) continue;
      cap.numRevokeWarnings++;
      this.#mds.clog(
        'warn',
        `client.${cap.client} isn't responding to mclientcaps(revoke), ino 0x${(cap.inode as CInode).ino.toString(16)} ` +
          `pending ${capString(cap.pending)} issued ${capString(cap.issued)}, sent ${(age / 1000).toFixed(6)} seconds ago`,
      );
    }
  }
}
