import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { AuthEntityName, CEPH_FEATURES_ALL, EntityAddrVec, EntityName, UTime, Uuid } from '@cephts/encoding';
import { MSG_LOG, MSG_LOGACK } from './message-types.js';
import { PaxosServiceMessage } from './paxos-service-message.js';

/** How serious a line of the cluster log is. @see src/common/LogEntry.h (16.2.15) */
export const CLOG = { DEBUG: 0, INFO: 1, SEC: 2, WARN: 3, ERROR: 4 } as const;

/** A line of the cluster log. @see src/common/LogEntry.{h,cc} (16.2.15) */
export class LogEntry {
  name: AuthEntityName = new AuthEntityName();
  rank: EntityName = new EntityName();
  addrs: EntityAddrVec = EntityAddrVec.EMPTY;
  stamp: UTime = UTime.ZERO;
  seq = 0;
  /** CLOG.… */
  prio: number = CLOG.INFO;
  msg = '';
  /** 'cluster' or 'audit'. */
  channel = 'cluster';

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const mark = e.start(5, 5);
    this.name.encode(e);
    this.rank.encode(e);
    this.addrs.encode(e, features);
    this.stamp.encode(e);
    e.u64(this.seq).u16(this.prio).string(this.msg).string(this.channel);
    e.finish(mark);
  }

  static decode(d: Decoder): LogEntry {
    const frame = d.start(5, 'LogEntry');
    if (frame.version < 5) throw d.error(`version ${frame.version} is older than any supported release`);
    const entry = new LogEntry();
    entry.name = AuthEntityName.decode(d);
    entry.rank = EntityName.decode(d);
    entry.addrs = EntityAddrVec.decode(d);
    entry.stamp = UTime.decode(d);
    entry.seq = d.u64();
    entry.prio = d.u16();
    entry.msg = d.string();
    entry.channel = d.string();
    d.finish(frame, 'LogEntry');
    return entry;
  }
}

/** log: lines for the cluster log. @see src/messages/MLog.h (16.2.15) */
export class MLog extends PaxosServiceMessage {
  static readonly TYPE = MSG_LOG;
  readonly type = MSG_LOG;
  readonly typeName = 'log';

  fsid: Uuid;
  entries: LogEntry[];

  constructor(fsid: Uuid = Uuid.ZERO, entries: LogEntry[] = []) {
    super();
    this.fsid = fsid;
    this.entries = entries;
  }

  encodePayload(e: Encoder, features: bigint): void {
    this.paxosEncode(e);
    this.fsid.encode(e);
    e.list(this.entries, (e, entry) => entry.encode(e, features));
  }

  decodePayload(d: Decoder): void {
    this.paxosDecode(d);
    this.fsid = Uuid.decode(d);
    this.entries = d.list((d) => LogEntry.decode(d), 6);
  }

  override print(): string {
    return `log(${this.entries.length} entries)`;
  }
}

/** log_ack: the monitors have the lines up to `last`. @see src/messages/MLogAck.h (16.2.15) */
export class MLogAck extends Message {
  static readonly TYPE = MSG_LOGACK;
  readonly type = MSG_LOGACK;
  readonly typeName = 'log_ack';

  fsid: Uuid = Uuid.ZERO;
  last = 0;
  channel = '';

  encodePayload(e: Encoder): void {
    this.fsid.encode(e);
    e.u64(this.last).string(this.channel);
  }

  decodePayload(d: Decoder): void {
    this.fsid = Uuid.decode(d);
    this.last = d.u64();
    if (d.remaining > 0) this.channel = d.string();
  }

  override print(): string {
    return `log(last ${this.last})`;
  }
}
