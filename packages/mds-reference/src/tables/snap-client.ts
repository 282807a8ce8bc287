import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { Decoder, Encoder } from '@cephts/encoding';
import { ETableClient } from '../journal/events/e-table-client.js';
import type { LogSegment } from '../journal/log-segment.js';
import { MMDSTableRequest, TABLE_SNAP, TABLESERVER_OP } from '../messages/m-mds-table-request.js';
import { MDSLogContextWrapper } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import type { SnapInfo } from '../types/snap-info.js';
import { decodePendingDestroy, decodePendingUpdate, decodeSnaps } from './snap-state.js';
import type { PendingDestroy } from './snap-state.js';

interface PendingPrepare {
  readonly mutation: Uint8Array;
  /** Told the version that was prepared and what the server said. */
  readonly onAgree: (tid: number, reply: Uint8Array) => void;
}

/**
 * A rank's view of the snap table: a copy that is asked for when the rank starts, and changes it makes through the server.
 *
 * @see src/mds/SnapClient.{h,cc}, src/mds/MDSTableClient.cc (16.2.15)
 */
export class SnapClient {
  readonly #mds: MDSRank;
  #serverReady = false;
  #lastReqid = 0;
  #syncReqid = 0;
  #synced = false;
  #cachedVersion = 0;
  #lastCreated = 0n;
  #lastDestroyed = 0n;
  #snaps = new Map<bigint, SnapInfo>();
  #pendingUpdate = new Map<number, SnapInfo>();
  #pendingDestroy = new Map<number, PendingDestroy>();
  readonly #committing = new Set<number>();
  readonly #waitForVersion: { readonly version: number; readonly completion: Completion }[] = [];
  readonly #prepares = new Map<number, PendingPrepare>();
  /** Committed in the journal, by the segment that waits for the server's acknowledgement. */
  readonly #pendingCommit = new Map<number, LogSegment>();
  readonly #ackWaiters = new Map<number, Completion[]>();

  constructor(mds: MDSRank) {
    this.#mds = mds;
  }

  isSynced(): boolean {
    return this.#synced;
  }
  get cachedVersion(): number {
    return this.#cachedVersion;
  }
  getLastCreated(): bigint {
    return this.#lastCreated;
  }
  getLastDestroyed(): bigint {
    return this.#lastDestroyed;
  }
  /** The sequence that realms of the whole file system share. */
  getLastSeq(): bigint {
    return this.#lastCreated > this.#lastDestroyed ? this.#lastCreated : this.#lastDestroyed;
  }

  /** Snapshots there are, changes that are committed and not acknowledged among them. */
  getSnaps(): Map<bigint, SnapInfo> {
    const snaps = new Map(this.#snaps);
    for (const tid of this.#committing) {
      const update = this.#pendingUpdate.get(tid);
      if (update) snaps.set(update.snapid, update);
      const destroy = this.#pendingDestroy.get(tid);
      if (destroy) snaps.delete(destroy.snapid);
    }
    return snaps;
  }

  getSnapInfo(snapid: bigint): SnapInfo | undefined {
    return this.getSnaps().get(snapid);
  }

  /** Those of `snaps` that still exist. */
  filter(snaps: ReadonlySet<bigint>): Set<bigint> {
    const known = this.getSnaps();
    return new Set([...snaps].filter((snapid) => known.has(snapid)));
  }

  // ---- asking

  #send(op: number, reqid: number, tid: number, bl?: Uint8Array): void {
    this.#mds.sendMessageMds(new MMDSTableRequest(TABLE_SNAP, op, reqid, tid, bl), this.#mds.mdsmap.tableserver);
  }

  /** Asks for the table; completes when the copy is at least of version `want`. */
  refresh(want: number, onFinish?: Completion): void {
    if (onFinish !== undefined) this.#waitForVersion.push({ version: want, completion: onFinish });
    if (!this.#serverReady) return;
    const query = new Encoder(16).u8(0x46).u64(this.#cachedVersion).toBytes();
    this.#send(TABLESERVER_OP.QUERY, ++this.#lastReqid, 0, query);
  }

  /** Gets a copy that is current, now or as soon as the server is ready. */
  sync(onFinish?: Completion): void {
    this.refresh(Math.max(this.#cachedVersion, 1), onFinish);
    this.#synced = false;
    this.#syncReqid = this.#serverReady ? this.#lastReqid : this.#lastReqid + 1;
  }

  /** Completes when the copy is at least of this version. */
  waitForVersion(version: number, onFinish: Completion): void {
    if (this.#synced && this.#cachedVersion >= version) complete(onFinish, 0);
    else this.#waitForVersion.push({ version, completion: onFinish });
  }

  /** Prepares a change. @param onAgree told the version it will have */
  prepare(mutation: Uint8Array, onAgree: (tid: number, reply: Uint8Array) => void): void {
    const reqid = ++this.#lastReqid;
    this.#prepares.set(reqid, { mutation, onAgree });
    if (this.#serverReady) this.#send(TABLESERVER_OP.PREPARE, reqid, 0, mutation);
  }

  /** A prepared change is in the journal: it will come about. */
  commit(tid: number, segment: LogSegment): void {
    this.gotJournaledAgree(tid, segment);
    this.#notifyCommit(tid);
    if (this.#serverReady) this.#send(TABLESERVER_OP.COMMIT, 0, tid);
  }

  #notifyCommit(tid: number): void {
    const update = this.#pendingUpdate.get(tid);
    const destroy = this.#pendingDestroy.get(tid);
    if (update && update.snapid > this.#lastCreated) this.#lastCreated = update.snapid;
    if (destroy && destroy.seq > this.#lastDestroyed) this.#lastDestroyed = destroy.seq;
    if (this.#cachedVersion === 0 || update || destroy) this.#committing.add(tid);
  }

  // ---- being told

  /** A message of the server. One of an unknown kind is logged and dropped. */
  handleRequest(m: MMDSTableRequest): void {
    switch (m.op) {
      case TABLESERVER_OP.QUERY_REPLY:
        return this.#handleQueryResult(m);
      case TABLESERVER_OP.NOTIFY_PREP:
        this.#handleQueryResult(m);
        if (m.connection)
          this.#mds.sendMessage(new MMDSTableRequest(TABLE_SNAP, TABLESERVER_OP.NOTIFY_ACK, 0, m.tid), m.connection);
        return;
      case TABLESERVER_OP.AGREE:
        return this.#handleAgree(m);
      case TABLESERVER_OP.ACK:
        return this.#handleAck(m.tid);
      case TABLESERVER_OP.SERVER_READY:
        return this.#handleServerReady(m.reqid);
      default:
        this.#mds.clog('error', `table message with unknown op ${m.op}`);
    }
  }

  #handleQueryResult(m: MMDSTableRequest): void {
    const d = new Decoder(m.bl, 'snap table');
    if (d.u8() === 0x46) {
      this.#snaps = decodeSnaps(d);
      this.#pendingUpdate = decodePendingUpdate(d);
      this.#pendingDestroy = decodePendingDestroy(d);
      const created = d.u64big();
      const destroyed = d.u64big();
      if (created > this.#lastCreated) this.#lastCreated = created;
      if (destroyed > this.#lastDestroyed) this.#lastDestroyed = destroyed;
      this.#cachedVersion = m.tid;
    }
    for (const tid of [...this.#committing]) {
      if (tid > this.#cachedVersion) continue;
      this.#committing.delete(tid);
      // still pending over there: it is committed here all the same
      if (this.#pendingUpdate.has(tid) || this.#pendingDestroy.has(tid)) this.#notifyCommit(tid);
    }
    if (m.op === TABLESERVER_OP.QUERY_REPLY && m.reqid >= this.#syncReqid) this.#synced = true;
    if (!this.#synced) return;
    const ready = this.#waitForVersion.filter(({ version }) => version <= this.#cachedVersion);
    for (const waiter of ready) {
      this.#waitForVersion.splice(this.#waitForVersion.indexOf(waiter), 1);
      this.#mds.queueWaiter(waiter.completion);
    }
  }

  #handleAgree(m: MMDSTableRequest): void {
    const pending = this.#prepares.get(m.reqid);
    if (pending) {
      this.#prepares.delete(m.reqid);
      pending.onAgree(m.tid, m.bl);
    } else if (this.#pendingCommit.has(m.tid)) {
      this.#send(TABLESERVER_OP.COMMIT, 0, m.tid);
    } else {
      // of a request that a restart has forgotten
      this.#send(TABLESERVER_OP.ROLLBACK, 0, m.tid);
    }
  }

  #handleAck(tid: number): void {
    if (!this.#pendingCommit.has(tid)) return;
    this.#forget(tid);
    const event = new ETableClient(TABLE_SNAP, TABLESERVER_OP.ACK, tid);
    this.#mds.mdlog.startSubmitEntry(
      event,
      new MDSLogContextWrapper(this.#mds, () => {
        for (const waiter of this.#ackWaiters.get(tid) ?? []) complete(waiter, 0);
        this.#ackWaiters.delete(tid);
      }),
    );
  }

  #handleServerReady(nextReqid: number): void {
    if (this.#lastReqid < nextReqid) this.#lastReqid = nextReqid;
    this.#serverReady = true;
    if (this.#waitForVersion.length > 0 || (!this.#synced && this.#syncReqid > 0)) {
      const want = this.#waitForVersion.reduce((most, { version }) => Math.max(most, version), Math.max(this.#cachedVersion, 1));
      this.refresh(want);
      if (!this.#synced) this.#syncReqid = this.#lastReqid;
    }
    for (const [reqid, { mutation }] of this.#prepares) this.#send(TABLESERVER_OP.PREPARE, reqid, 0, mutation);
    for (const tid of this.#pendingCommit.keys()) this.#send(TABLESERVER_OP.COMMIT, 0, tid);
  }

  handleMdsFailure(rank: number): void {
    if (rank === this.#mds.mdsmap.tableserver) this.#serverReady = false;
  }

  // ---- the journal

  /** Completes when the server's acknowledgement of `tid` is in the journal. */
  waitForAck(tid: number, onFinish: Completion): void {
    const waiters = this.#ackWaiters.get(tid);
    if (waiters) waiters.push(onFinish);
    else this.#ackWaiters.set(tid, [onFinish]);
  }

  hasCommitted(tid: number): boolean {
    return !this.#pendingCommit.has(tid);
  }

  gotJournaledAgree(tid: number, segment: LogSegment): void {
    const tids = segment.pendingCommitTids.get(TABLE_SNAP) ?? new Set<number>();
    segment.pendingCommitTids.set(TABLE_SNAP, tids.add(tid));
    this.#pendingCommit.set(tid, segment);
    this.#notifyCommit(tid);
  }

  gotJournaledAck(tid: number): void {
    this.#forget(tid);
  }

  #forget(tid: number): void {
    this.#pendingCommit.get(tid)?.pendingCommitTids.get(TABLE_SNAP)?.delete(tid);
    this.#pendingCommit.delete(tid);
  }
}
