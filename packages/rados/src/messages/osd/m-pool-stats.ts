import { Message } from '@cephts/async-messenger';
import { Uuid } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { decodePoolStat } from '../../osdmap/pool-stat.js';
import type { PoolStat } from '../../osdmap/pool-stat.js';
import { CEPH_MSG_STATFS, CEPH_MSG_STATFS_REPLY, MSG_GETPOOLSTATS, MSG_GETPOOLSTATSREPLY } from '../message-types.js';
import { PaxosServiceMessage } from '../paxos-service-message.js';

/** getpoolstats. @see src/messages/MGetPoolStats.h (16.2.15) */
export class MGetPoolStats extends PaxosServiceMessage {
  static readonly TYPE = MSG_GETPOOLSTATS;
  readonly type = MSG_GETPOOLSTATS;
  readonly typeName = 'getpoolstats';

  fsid: Uuid = Uuid.ZERO;
  /** Names. */
  pools: string[] = [];

  encodePayload(e: Encoder): void {
    this.paxosEncode(e);
    this.fsid.encode(e);
    e.list(this.pools, (e, pool) => e.string(pool));
  }

  decodePayload(d: Decoder): void {
    this.paxosDecode(d);
    this.fsid = Uuid.decode(d);
    this.pools = d.list((d) => d.string(), 4);
  }
}

/** getpoolstatsreply. @see src/messages/MGetPoolStatsReply.h (16.2.15) */
export class MGetPoolStatsReply extends PaxosServiceMessage {
  static readonly TYPE = MSG_GETPOOLSTATSREPLY;
  readonly type = MSG_GETPOOLSTATSREPLY;
  readonly typeName = 'getpoolstatsreply';

  fsid: Uuid = Uuid.ZERO;
  stats: Map<string, PoolStat> = new Map();
  /** Do OSDs count the space of each pool? */
  perPool = false;

  encodePayload(): void {
    // only ever received
  }

  decodePayload(d: Decoder, headVersion: number): void {
    this.paxosDecode(d);
    this.fsid = Uuid.decode(d);
    this.stats = d.map((d) => d.string(), decodePoolStat, 10);
    if (headVersion >= 2) this.perPool = d.bool();
  }
}

/** statfs: how full is the cluster, or one pool's part of it? @see src/messages/MStatfs.h (16.2.15) */
export class MStatfs extends PaxosServiceMessage {
  static readonly TYPE = CEPH_MSG_STATFS;
  readonly type = CEPH_MSG_STATFS;
  readonly typeName = 'statfs';

  fsid: Uuid = Uuid.ZERO;
  dataPool: number | undefined = undefined;

  override get headVersion(): number {
    return 2;
  }

  encodePayload(e: Encoder): void {
    this.paxosEncode(e);
    this.fsid.encode(e);
    e.bool(this.dataPool !== undefined);
    if (this.dataPool !== undefined) e.s64(this.dataPool);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    this.paxosDecode(d);
    this.fsid = Uuid.decode(d);
    if (headVersion >= 2 && d.bool()) this.dataPool = d.s64();
  }
}

/** statfs_reply. @see src/messages/MStatfsReply.h (16.2.15) */
export class MStatfsReply extends Message {
  static readonly TYPE = CEPH_MSG_STATFS_REPLY;
  readonly type = CEPH_MSG_STATFS_REPLY;
  readonly typeName = 'statfs_reply';

  /** In KiB. */
  kb = 0;
  kbUsed = 0;
  kbAvail = 0;
  numObjects = 0;

  encodePayload(): void {
    // only ever received
  }

  decodePayload(d: Decoder): void {
    d.skip(24); // fsid, version
    this.kb = d.u64();
    this.kbUsed = d.u64();
    this.kbAvail = d.u64();
    this.numObjects = d.u64();
  }
}
