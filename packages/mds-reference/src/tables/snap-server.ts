import { Decoder, Encoder, UTime } from '@cephts/encoding';
import type { Message } from '@cephts/async-messenger';
import { MMDSTableRequest, TABLE_SNAP, TABLESERVER_OP } from '../messages/m-mds-table-request.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { SnapInfo } from '../types/snap-info.js';
import { encodePendingDestroy, encodePendingUpdate, encodeSnaps, SnapState } from './snap-state.js';
import { MDSTableServer } from './table-server.js';

const TABLE_OP_CREATE = 0;
const TABLE_OP_UPDATE = 1;
const TABLE_OP_DESTROY = 2;

/** 'F': everything; 'U': nothing has changed. */
const FULL = 0x46;
const UPTODATE = 0x55;

/**
 * The table of snapshots, served by one rank: `mds_snaptable`.
 *
 * @see src/mds/SnapServer.{h,cc} (16.2.15)
 */
export class SnapServer extends MDSTableServer {
  #state = new SnapState();

  constructor(mds: MDSRank) {
    super(mds, TABLE_SNAP, 'snaptable');
  }

  get state(): SnapState {
    return this.#state;
  }
  get lastSnap(): bigint {
    return this.#state.lastSnap;
  }
  /** Realms of this sequence and later are stored in the new form. */
  get snaprealmV2Since(): bigint {
    return this.#state.snaprealmV2Since;
  }

  protected resetServerState(): void {
    const state = new SnapState();
    // 1 is the root realm's
    state.lastSnap = state.lastCreated = state.lastDestroyed = 1n;
    state.snaprealmV2Since = 2n;
    this.#state = state;
  }

  protected encodeServerState(e: Encoder): void {
    this.#state.encode(e);
  }

  protected decodeServerState(d: Decoder): void {
    this.#state = SnapState.decode(d);
  }

  protected prepare(mutation: Uint8Array): Uint8Array {
    const state = this.#state;
    const d = new Decoder(mutation, 'SnapServer mutation');
    const op = d.u32();
    const info = new SnapInfo();
    info.ino = d.u64();
    if (op === TABLE_OP_DESTROY) {
      const snapid = d.u64big();
      state.lastSnap++;
      state.pendingDestroy.set(this.version, { snapid, seq: state.lastSnap });
    } else if (op === TABLE_OP_UPDATE) {
      info.snapid = d.u64big();
      info.name = d.string();
      info.stamp = UTime.decode(d);
      state.pendingUpdate.set(this.version, info);
      return new Uint8Array(0);
    } else if (op === TABLE_OP_CREATE && d.remaining > 0) {
      info.name = d.string();
      info.stamp = UTime.decode(d);
      info.snapid = ++state.lastSnap;
      state.pendingUpdate.set(this.version, info);
    } else state.pendingNoop.add(this.version);
    return new Encoder(8).u64big(state.lastSnap).toBytes();
  }

  protected commitTid(tid: number): void {
    const state = this.#state;
    const info = state.pendingUpdate.get(tid);
    const destroy = state.pendingDestroy.get(tid);
    if (info) {
      const known = state.snaps.get(info.snapid);
      if (!known && info.snapid > state.lastCreated) state.lastCreated = info.snapid;
      if (known && info.stamp.isZero()) info.stamp = known.stamp;
      state.snaps.set(info.snapid, info);
    } else if (destroy) {
      state.snaps.delete(destroy.snapid);
      if (destroy.seq > state.lastDestroyed) state.lastDestroyed = destroy.seq;
      for (const pool of this.mds.mdsmap.dataPools) {
        const purge = state.needToPurge.get(pool) ?? new Set<bigint>();
        state.needToPurge.set(pool, purge.add(destroy.snapid).add(destroy.seq));
      }
    }
    this.rollbackTid(tid);
  }

  protected rollbackTid(tid: number): void {
    this.#state.pendingUpdate.delete(tid);
    this.#state.pendingDestroy.delete(tid);
    this.#state.pendingNoop.delete(tid);
  }

  protected serverUpdate(mutation: Uint8Array): void {
    const d = new Decoder(mutation, 'SnapServer update');
    const purged = d.map(
      (item) => item.s32(),
      (item) => item.list((each) => each.u64big(), 8),
      8,
    );
    for (const [pool, snaps] of purged) {
      const left = this.#state.needToPurge.get(pool);
      for (const snapid of snaps) left?.delete(snapid);
      if (left?.size === 0) this.#state.needToPurge.delete(pool);
    }
  }

  protected replyBuffer(tid: number): Uint8Array {
    const state = this.#state;
    const info = state.pendingUpdate.get(tid);
    if (info && state.snaps.has(info.snapid)) return new Uint8Array(0);
    const snapid = info?.snapid ?? state.pendingDestroy.get(tid)?.seq ?? state.lastSnap;
    return new Encoder(8).u64big(snapid).toBytes();
  }

  #encodeFull(e: Encoder): Uint8Array {
    const state = this.#state;
    e.u8(FULL);
    encodeSnaps(e, state.snaps);
    encodePendingUpdate(e, state.pendingUpdate);
    encodePendingDestroy(e, state.pendingDestroy);
    return e.u64big(state.lastCreated).u64big(state.lastDestroyed).toBytes();
  }

  protected notifyPrep(tid: number): boolean {
    if (this.activeClients.size === 0) return false;
    const bl = this.#encodeFull(new Encoder());
    for (const rank of this.activeClients) {
      this.mds.sendMessageMds(new MMDSTableRequest(this.table, TABLESERVER_OP.NOTIFY_PREP, 0, tid, bl), rank);
    }
    return true;
  }

  protected handleQuery(m: MMDSTableRequest): void {
    const d = new Decoder(m.bl, 'SnapServer query');
    if (d.u8() !== FULL || !m.connection) {
      this.mds.clog('error', 'query of the snap table of an unknown kind');
      return;
    }
    const have = d.u64();
    const bl = have === this.version ? Uint8Array.of(UPTODATE) : this.#encodeFull(new Encoder());
    this.mds.sendMessage(new MMDSTableRequest(this.table, TABLESERVER_OP.QUERY_REPLY, m.reqid, this.version, bl), m.connection);
  }

  /** The monitor says which snapshots are removed from their pools. Embedded, no pool has any. */
  handleRemoveSnaps(m: Message): void {
    this.mds.dout(10, () => `snapserver: ${m.typeName}`);
    const snaps = (m as Message & { snaps?: ReadonlyMap<number, readonly bigint[]> }).snaps;
    if (!snaps) return;
    const purged = new Map<number, bigint[]>();
    for (const [pool, wanted] of this.#state.needToPurge) {
      const gone = (snaps.get(pool) ?? []).filter((snapid) => wanted.has(snapid));
      if (gone.length > 0) purged.set(pool, gone);
    }
    if (purged.size === 0) return;
    const e = new Encoder();
    e.map(
      purged,
      (to, pool) => to.s32(pool),
      (to, gone) => to.list(gone, (each, snapid) => each.u64big(snapid)),
    );
    this.doServerUpdate(e.toBytes());
  }

  dump(): Record<string, unknown> {
    const state = this.#state;
    return {
      snapserver: {
        last_snap: Number(state.lastSnap),
        last_created: Number(state.lastCreated),
        last_destroyed: Number(state.lastDestroyed),
        snaps: [...state.snaps.values()].map((info) => ({ snapid: Number(info.snapid), ino: info.ino, name: info.name })),
      },
    };
  }
}
