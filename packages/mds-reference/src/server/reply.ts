import { Encoder } from '@cephts/encoding';
import type { CDentry } from '../cache/cdentry.js';
import type { CDir } from '../cache/cdir.js';
import type { CInode } from '../cache/cinode.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import type { LogEvent } from '../journal/log-event.js';
import { DirStat } from '../messages/dir-stat.js';
import { LeaseStat } from '../messages/lease-stat.js';
import { MClientReply } from '../messages/m-client-reply.js';
import type { MClientRequest } from '../messages/m-client-request.js';
import type { MDSLogContextBase } from '../rank/mds-context.js';
import { RankPerf } from '../rank/rank-perf.js';
import type { Session } from '../tables/session.js';
import { CEPH_LEASE_PRIMARY_LINK, CEPH_NOSNAP } from '../types/ceph-fs.js';
import { CEPH_MDS_OP_RENAME, CEPH_MDS_OP_SETFILELOCK } from '../types/op-names.js';
import { encodeInodestat, replyFeatures } from './inode-stat.js';
import { applyAllocatedInos } from './new-inode.js';
import type { Server } from './server.js';

/** One buffer for all traces: a reply is built in one go. */
const scratch = new Encoder(4096);

const NO_BYTES = new Uint8Array(0);

/** Writes a fragment's place, as clients of a directory are told it. */
export function encodeDirstat(e: Encoder, dir: CDir, session: Session): void {
  new DirStat(dir.frag, dir.dirAuthFirst).encode(e, replyFeatures(session));
}

/**
 * Writes a dentry's lease: always a null one. The caps of its directory say how long a client may rely on a name; without them it asks.
 */
export function encodeNullLease(e: Encoder, dn: CDentry, session: Session, mask: number): void {
  new LeaseStat(mask, 0, 0, dn.alternateName).encode(e, replyFeatures(session));
}

/**
 * Journal entries and answers: the early one, unsafe, as soon as the change is in the cache, and the safe one once it is in the journal.
 *
 * @see Server::journal_and_reply in src/mds/Server.cc (16.2.15)
 */
export class Replies {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Answers early where that is allowed, and hands the entry to the log; `fin` follows when it is safe. */
  journalAndReply(
    mdr: MDRequestImpl,
    tracei: CInode | undefined,
    tracedn: CDentry | undefined,
    event: LogEvent,
    fin: MDSLogContextBase,
  ): void {
    const { mds } = this.#server;
    mdr.tracei = tracei;
    if (tracei) mdr.pin(tracei);
    mdr.tracedn = tracedn;
    if (tracedn) mdr.pin(tracedn);
    this.#earlyReply(mdr, tracei, tracedn);
    mdr.committing = true;
    mdr.markEvent('submit entry: journal_and_reply');
    fin.request = mdr;
    mds.mdlog.submitEntry(event, fin);
    if (mdr.clientRequest?.queuedForReplay === true) mds.queueOneReplay();
    else if (mdr.didEarlyReply) mds.locker.dropRdlocksForEarlyReply(mdr);
    else mds.mdlog.flush();
  }

  #earlyReply(mdr: MDRequestImpl, tracei: CInode | undefined, tracedn: CDentry | undefined): void {
    const server = this.#server;
    const req = mdr.clientRequest;
    const { session } = mdr;
    if (!server.conf.earlyReply || mdr.noEarlyReply || mdr.allocIno !== 0 || !req || !session || req.isReplay()) return;
    const reply = this.#make(req, 0);
    reply.safe = false;
    // from here on the client sees what it did; the dentries of a rename stay locked, as their links are only projected
    server.mds.locker.setXlocksDone(mdr, req.op === CEPH_MDS_OP_RENAME);
    this.#forgetReleases(mdr, tracei, tracedn);
    if (tracei || tracedn) this.#setTraceDist(reply, tracei, tracedn, mdr, session);
    reply.extra = mdr.replyExtraBl;
    mdr.replyExtraBl = NO_BYTES;
    server.mds.sendMessageClient(reply, session);
    mdr.didEarlyReply = true;
    this.#count(req, session);
    mdr.markEvent('early_replied');
  }

  #make(req: MClientRequest, result: number): MClientReply {
    const reply = new MClientReply(req, result);
    reply.mdsmapEpoch = this.#server.mds.mdsmap.epoch;
    return reply;
  }

  /** A reply without a trace, for a request whose work was done already. */
  sendTraceless(req: MClientRequest, session: Session, extra: Uint8Array = NO_BYTES): void {
    const reply = this.#make(req, 0);
    reply.extra = extra;
    this.#server.mds.sendMessageClient(reply, session);
  }

  #forgetReleases(mdr: MDRequestImpl, tracei: CInode | undefined, tracedn: CDentry | undefined): void {
    if (mdr.capReleases.size === 0) return;
    if (tracei) mdr.capReleases.delete(tracei.ino);
    if (tracedn) mdr.capReleases.delete(tracedn.dir.inode.ino);
  }

  #count(req: MClientRequest, session: Session): void {
    const server = this.#server;
    const { mds } = server;
    const latency = mds.cct.clock.monotonicNow() - req.recvStamp;
    server.perf.reply(req.op, latency);
    mds.logger.inc(RankPerf.reply);
    mds.logger.tinc(RankPerf.replyLatency, latency);
    mds.sessionmap.hitSession(session);
  }

  /** Answers a request with `r` and what its handler left in it, and ends it. */
  respondToRequest(mdr: MDRequestImpl, r = 0): void {
    const req = mdr.clientRequest;
    if (req) {
      this.#replyClientRequest(mdr, req, r);
      return;
    }
    const finish = mdr.internalOpFinish;
    mdr.internalOpFinish = undefined;
    this.#server.mds.mdcache.requests.finish(mdr);
    finish?.complete(r);
  }

  #replyClientRequest(mdr: MDRequestImpl, req: MClientRequest, r: number): void {
    const server = this.#server;
    const { mds } = server;
    const { session, tracei, tracedn } = mdr;
    mdr.markEvent('replying');
    // file locks live in memory only: one that is asked for again has to be taken again
    if (session && r === 0 && req.mayWrite() && req.op !== CEPH_MDS_OP_SETFILELOCK) {
      session.addCompletedRequest(mdr.reqid.tid, mdr.allocIno || mdr.usedPreallocIno);
      mdr.ls?.touchedSessions.add(session.info.inst.name.toString());
    }
    applyAllocatedInos(server, mdr, session);
    const replay = req.isReplay();
    if (!mdr.didEarlyReply && !replay) {
      if (session) this.#count(req, session);
      this.#forgetReleases(mdr, tracei, tracedn);
    }
    mds.mdcache.requests.dropNonRdlocks(mdr);
    if (session) {
      const reply = this.#make(req, r);
      if (!mdr.didEarlyReply && (tracei || tracedn)) {
        if (!replay) this.#setTraceDist(reply, tracei, tracedn, mdr, session);
        else if (tracei) mds.mdcache.reconnected.tryReconnect(tracei, session);
      }
      reply.extra = mdr.replyExtraBl;
      mds.sendMessageClient(reply, session);
    }
    if (req.queuedForReplay && (mdr.hasCompleted || r < 0)) {
      if (r < 0) mds.clog('warn', `failed to replay ${mdr.reqid} error ${r}`);
      mds.queueOneReplay();
    }
    mds.mdcache.requests.finish(mdr);
    if (tracei && tracedn?.getProjectedLinkage().isRemote()) mds.mdcache.strayManager.evalRemote(tracedn);
  }

  /**
   * The trace: directory and its fragment, name and lease, and the inode, each with the caps that go with it.
   *
   * @see Server::set_trace_dist in src/mds/Server.cc (16.2.15)
   */
  #setTraceDist(
    reply: MClientReply,
    inode: CInode | undefined,
    dn: CDentry | undefined,
    mdr: MDRequestImpl,
    session: Session,
  ): void {
    const { snapid } = mdr;
    if (snapid === CEPH_NOSNAP) {
      const realm = (inode ?? (dn as CDentry).dir.inode).findSnaprealm();
      reply.snapbl = realm.getSnapTrace();
    }
    const e = scratch.reset();
    if (dn) {
      reply.isDentry = true;
      const { dir } = dn;
      encodeInodestat(e, dir.inode, session, snapid);
      encodeDirstat(e, dir, session);
      e.string(dn.name);
      const linkage = dn.getLinkage(mdr.getClient(), mdr);
      encodeNullLease(e, dn, session, linkage.isPrimary() ? CEPH_LEASE_PRIMARY_LINK : 0);
    }
    if (inode) {
      reply.isTarget = true;
      encodeInodestat(e, inode, session, snapid, 0, mdr.getattrCaps);
    }
    reply.trace = e.toBytes();
  }
}
