import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import type { Decoder, Encoder } from '@cephts/encoding';
import { sortedEntries } from '@cephts/encoding';
import { MDS_RANK_NONE } from '@cephts/rados';
import { ETableServer } from '../journal/events/e-table-server.js';
import { MMDSTableRequest, TABLESERVER_OP } from '../messages/m-mds-table-request.js';
import { MDSLogContextWrapper } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { MdsTablePending } from '../types/mds-table-pending.js';
import { MDSTable } from './mds-table.js';

interface PendingNotify {
  readonly gather: Set<number>;
  readonly mds: number;
  readonly reply: MMDSTableRequest | undefined;
  readonly onFinish: Completion | undefined;
}

/**
 * A table one rank serves to all: a change is prepared, then committed or rolled back, each journaled.
 *
 * @see src/mds/MDSTableServer.{h,cc} (16.2.15)
 */
export abstract class MDSTableServer extends MDSTable {
  readonly table: number;
  /** Prepared and not committed, by version. */
  readonly pendingForMds = new Map<number, MdsTablePending>();
  protected activeClients = new Set<number>();
  readonly #committing = new Set<number>();
  readonly #notifies = new Map<number, PendingNotify>();
  #recovered = false;

  constructor(mds: MDSRank, table: number, tableName: string) {
    super(mds, tableName, false);
    this.table = table;
  }

  protected abstract resetServerState(): void;
  protected abstract encodeServerState(e: Encoder): void;
  protected abstract decodeServerState(d: Decoder): void;
  /** Applies a prepared change to the current version. @returns what the asker is told */
  protected abstract prepare(mutation: Uint8Array): Uint8Array;
  protected abstract commitTid(tid: number): void;
  protected abstract rollbackTid(tid: number): void;
  protected abstract serverUpdate(mutation: Uint8Array): void;
  protected abstract replyBuffer(tid: number): Uint8Array;
  /** Tells every client of what is prepared; false where there is nobody to tell. */
  protected abstract notifyPrep(tid: number): boolean;
  protected abstract handleQuery(m: MMDSTableRequest): void;

  protected resetState(): void {
    this.pendingForMds.clear();
    this.version++;
    this.resetServerState();
  }

  protected encodeState(e: Encoder): void {
    this.encodeServerState(e);
    e.u32(this.pendingForMds.size);
    for (const [version, pending] of sortedEntries(this.pendingForMds)) {
      e.u64(version);
      pending.encode(e);
    }
  }

  protected decodeState(d: Decoder): void {
    this.decodeServerState(d);
    this.pendingForMds.clear();
    for (let left = d.count(14); left > 0; left--) {
      const version = d.u64();
      this.pendingForMds.set(version, MdsTablePending.decode(d));
    }
  }

  /** A request of a rank's table client. One of an unknown kind is logged and dropped. */
  handleRequest(m: MMDSTableRequest): void {
    switch (m.op) {
      case TABLESERVER_OP.QUERY:
        return this.handleQuery(m);
      case TABLESERVER_OP.PREPARE:
        return this.#handlePrepare(m);
      case TABLESERVER_OP.COMMIT:
        return this.#handleCommit(m);
      case TABLESERVER_OP.ROLLBACK:
        return this.#handleRollback(m);
      case TABLESERVER_OP.NOTIFY_ACK:
        return this.#handleNotifyAck(m.src.num, m.tid);
      default:
        this.mds.clog('error', `table request with unknown op ${m.op}`);
    }
  }

  #journal(op: number, fields: Partial<Pick<ETableServer, 'reqid' | 'bymds' | 'mutation' | 'tid'>>, onSafe: () => void): void {
    const event = new ETableServer();
    event.table = this.table;
    event.op = op;
    event.bymds = MDS_RANK_NONE;
    event.version = ++this.projectedVersion;
    Object.assign(event, fields);
    this.mds.mdlog.startSubmitEntry(event, new MDSLogContextWrapper(this.mds, onSafe));
  }

  #handlePrepare(m: MMDSTableRequest): void {
    const from = m.src.num;
    const tid = this.projectedVersion + 1;
    this.#journal(TABLESERVER_OP.PREPARE, { reqid: m.reqid, bymds: from, mutation: m.bl, tid }, () => {
      const out = this.#applyPrepare(from, m.reqid, m.bl);
      const reply = new MMDSTableRequest(this.table, TABLESERVER_OP.AGREE, m.reqid, tid, out);
      if (!this.notifyPrep(tid)) this.mds.sendMessageMds(reply, from);
      else this.#notifies.set(tid, { gather: new Set(this.activeClients), mds: from, reply, onFinish: undefined });
    });
    this.mds.mdlog.flush();
  }

  #applyPrepare(bymds: number, reqid: number, mutation: Uint8Array): Uint8Array {
    this.version++;
    this.pendingForMds.set(this.version, new MdsTablePending(reqid, bymds, this.version));
    return this.prepare(mutation);
  }

  #handleCommit(m: MMDSTableRequest): void {
    const { tid } = m;
    if (this.pendingForMds.has(tid)) {
      if (this.#committing.has(tid)) return;
      this.#committing.add(tid);
      this.#journal(TABLESERVER_OP.COMMIT, { tid }, () => {
        this.#applyEnd(tid, true);
        this.mds.sendMessageMds(new MMDSTableRequest(this.table, TABLESERVER_OP.ACK, m.reqid, tid), m.src.num);
      });
    } else if (tid <= this.version && m.connection) {
      this.mds.sendMessage(new MMDSTableRequest(this.table, TABLESERVER_OP.ACK, m.reqid, tid), m.connection);
    } else this.mds.clog('error', `commit of table transaction ${tid}, which was never prepared`);
  }

  #handleRollback(m: MMDSTableRequest): void {
    const { tid } = m;
    if (!this.pendingForMds.has(tid) || this.#committing.has(tid)) return;
    this.#committing.add(tid);
    this.#journal(TABLESERVER_OP.ROLLBACK, { tid }, () => this.#applyEnd(tid, false));
  }

  #applyEnd(tid: number, commit: boolean): void {
    this.pendingForMds.delete(tid);
    this.#committing.delete(tid);
    if (commit) this.commitTid(tid);
    else this.rollbackTid(tid);
    this.version++;
  }

  /** A change of the server's own making. */
  protected doServerUpdate(mutation: Uint8Array): void {
    this.#journal(TABLESERVER_OP.SERVER_UPDATE, { mutation }, () => {
      this.version++;
      this.serverUpdate(mutation);
    });
  }

  #handleNotifyAck(from: number, tid: number): void {
    const notify = this.#notifies.get(tid);
    if (!notify?.gather.delete(from) || notify.gather.size > 0) return;
    this.#notifies.delete(tid);
    if (notify.onFinish !== undefined) complete(notify.onFinish, 0);
    else if (notify.reply) this.mds.sendMessageMds(notify.reply, notify.mds);
  }

  /** Serves again after a recovery, to these ranks. */
  finishRecovery(active: Iterable<number>): void {
    this.activeClients = new Set(active);
    if (this.pendingForMds.size > 0 && this.notifyPrep(this.version)) {
      this.#notifies.set(this.version, {
        gather: new Set(this.activeClients),
        mds: MDS_RANK_NONE,
        reply: undefined,
        onFinish: () => this.#tellReady(this.activeClients),
      });
    } else this.#tellReady(this.activeClients);
  }

  #tellReady(ranks: Iterable<number>): void {
    this.#recovered = true;
    for (const rank of ranks) {
      let nextReqid = 0;
      for (const pending of this.pendingForMds.values()) {
        if (pending.mds !== rank) continue;
        nextReqid = Math.max(nextReqid, pending.reqid + 1);
        const out = this.replyBuffer(pending.tid);
        this.mds.sendMessageMds(new MMDSTableRequest(this.table, TABLESERVER_OP.AGREE, pending.reqid, pending.tid, out), rank);
      }
      this.mds.sendMessageMds(new MMDSTableRequest(this.table, TABLESERVER_OP.SERVER_READY, nextReqid), rank);
    }
  }

  handleMdsRecovery(rank: number): void {
    this.activeClients.add(rank);
    if (this.#recovered) this.#tellReady([rank]);
  }

  handleMdsFailureOrStop(rank: number): void {
    this.activeClients.delete(rank);
    for (const tid of [...this.#notifies.keys()]) this.#handleNotifyAck(rank, tid);
  }

  /** @returns false where the event does not follow the table's version */
  replay(event: ETableServer): boolean {
    if (this.version >= event.version) return true;
    if (this.version + 1 !== event.version) return false;
    switch (event.op) {
      case TABLESERVER_OP.PREPARE:
        this.#applyPrepare(event.bymds, event.reqid, event.mutation);
        break;
      case TABLESERVER_OP.COMMIT:
        this.#applyEnd(event.tid, true);
        break;
      case TABLESERVER_OP.ROLLBACK:
        this.#applyEnd(event.tid, false);
        break;
      case TABLESERVER_OP.SERVER_UPDATE:
        this.version++;
        this.serverUpdate(event.mutation);
        break;
      default:
        return false;
    }
    this.projectedVersion = this.version;
    return true;
  }
}
