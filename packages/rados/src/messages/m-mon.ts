import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { Uuid, sortedEntries, sortedTexts } from '@cephts/encoding';
import {
  CEPH_MSG_MON_GET_MAP,
  CEPH_MSG_MON_GET_VERSION,
  CEPH_MSG_MON_GET_VERSION_REPLY,
  CEPH_MSG_MON_MAP,
  CEPH_MSG_MON_SUBSCRIBE,
  CEPH_MSG_MON_SUBSCRIBE_ACK,
  MSG_REMOVE_SNAPS,
} from './message-types.js';
import { PaxosServiceMessage } from './paxos-service-message.js';

const EMPTY = new Uint8Array(0);

/** mon_map: the monitors, as an encoded MonMap. @see src/messages/MMonMap.h (16.2.15) */
export class MMonMap extends Message {
  static readonly TYPE = CEPH_MSG_MON_MAP;
  readonly type = CEPH_MSG_MON_MAP;
  readonly typeName = 'mon_map';

  monmapbl: Uint8Array;

  constructor(monmapbl: Uint8Array = EMPTY) {
    super();
    this.monmapbl = monmapbl;
  }

  encodePayload(e: Encoder): void {
    e.blob(this.monmapbl);
  }

  decodePayload(d: Decoder): void {
    this.monmapbl = d.blob().slice();
  }

  override print(): string {
    return `mon_map magic: 0`;
  }
}

/** mon_getmap. @see src/messages/MMonGetMap.h (16.2.15) */
export class MMonGetMap extends Message {
  static readonly TYPE = CEPH_MSG_MON_GET_MAP;
  readonly type = CEPH_MSG_MON_GET_MAP;
  readonly typeName = 'mon_getmap';

  encodePayload(): void {
    // It says nothing but its type.
  }

  decodePayload(): void {
    // Nothing to read.
  }

  override print(): string {
    return 'mon_getmap';
  }
}

/** Only one update is wanted. */
export const CEPH_SUBSCRIBE_ONETIME = 1;

/** From where on, and how often, a map is wanted. */
export interface MonSubscribeItem {
  /** First epoch that is wanted. */
  start: number;
  /** CEPH_SUBSCRIBE_ONETIME */
  flags: number;
}

/** mon_subscribe: which maps somebody wants. @see src/messages/MMonSubscribe.h (16.2.15) */
export class MMonSubscribe extends Message {
  static readonly TYPE = CEPH_MSG_MON_SUBSCRIBE;
  readonly type = CEPH_MSG_MON_SUBSCRIBE;
  readonly typeName = 'mon_subscribe';

  hostname = '';
  what = new Map<string, MonSubscribeItem>();

  override get headVersion(): number {
    return 3;
  }

  want(what: string, start: number, flags = 0): this {
    this.what.set(what, { start, flags });
    return this;
  }

  encodePayload(e: Encoder): void {
    e.u32(this.what.size);
    for (const [what, { start, flags }] of sortedTexts(this.what)) e.string(what).u64(start).u8(flags);
    e.string(this.hostname);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    if (headVersion < 2) throw d.error(`version ${headVersion} is older than any supported client`);
    for (let left = d.count(13); left > 0; left--) {
      const what = d.string();
      const start = d.u64();
      this.what.set(what, { start, flags: d.u8() });
    }
    if (headVersion >= 3) this.hostname = d.string();
  }

  override print(): string {
    const items = [...this.what].map(([what, { start, flags }]) => `${what}=${start}${flags & CEPH_SUBSCRIBE_ONETIME ? '' : '+'}`);
    return `mon_subscribe({${items.join(',')}})`;
  }
}

/** mon_subscribe_ack. @see src/messages/MMonSubscribeAck.h (16.2.15) */
export class MMonSubscribeAck extends Message {
  static readonly TYPE = CEPH_MSG_MON_SUBSCRIBE_ACK;
  readonly type = CEPH_MSG_MON_SUBSCRIBE_ACK;
  readonly typeName = 'mon_subscribe_ack';

  /** Seconds until it is to be renewed. */
  interval: number;
  fsid: Uuid;

  constructor(fsid: Uuid = Uuid.ZERO, interval = 0) {
    super();
    this.fsid = fsid;
    this.interval = interval;
  }

  encodePayload(e: Encoder): void {
    e.u32(this.interval);
    this.fsid.encode(e);
  }

  decodePayload(d: Decoder): void {
    this.interval = d.u32();
    this.fsid = Uuid.decode(d);
  }

  override print(): string {
    return `mon_subscribe_ack(${this.interval}s)`;
  }
}

/** mon_get_version: how new a map is. @see src/messages/MMonGetVersion.h (16.2.15) */
export class MMonGetVersion extends Message {
  static readonly TYPE = CEPH_MSG_MON_GET_VERSION;
  readonly type = CEPH_MSG_MON_GET_VERSION;
  readonly typeName = 'mon_get_version';

  handle: number;
  what: string;

  constructor(what = '', handle = 0) {
    super();
    this.what = what;
    this.handle = handle;
  }

  encodePayload(e: Encoder): void {
    e.u64(this.handle).string(this.what);
  }

  decodePayload(d: Decoder): void {
    this.handle = d.u64();
    this.what = d.string();
  }

  override print(): string {
    return `mon_get_version(what=${this.what} handle=${this.handle})`;
  }
}

/** mon_get_version_reply. @see src/messages/MMonGetVersionReply.h (16.2.15) */
export class MMonGetVersionReply extends Message {
  static readonly TYPE = CEPH_MSG_MON_GET_VERSION_REPLY;
  readonly type = CEPH_MSG_MON_GET_VERSION_REPLY;
  readonly typeName = 'mon_get_version_reply';

  handle: number;
  version: number;
  oldestVersion: number;

  constructor(handle = 0, version = 0, oldestVersion = 0) {
    super();
    this.handle = handle;
    this.version = version;
    this.oldestVersion = oldestVersion;
  }

  override get headVersion(): number {
    return 2;
  }

  override get compatVersion(): number {
    return 2;
  }

  encodePayload(e: Encoder): void {
    e.u64(this.handle).u64(this.version).u64(this.oldestVersion);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    this.handle = d.u64();
    this.version = d.u64();
    if (headVersion >= 2) this.oldestVersion = d.u64();
  }

  override print(): string {
    return `mon_get_version_reply(handle=${this.handle} version=${this.version})`;
  }
}

/** remove_snaps: snapshots that are gone, by pool. @see src/messages/MRemoveSnaps.h (16.2.15) */
export class MRemoveSnaps extends PaxosServiceMessage {
  static readonly TYPE = MSG_REMOVE_SNAPS;
  readonly type = MSG_REMOVE_SNAPS;
  readonly typeName = 'remove_snaps';

  snaps = new Map<number, bigint[]>();

  encodePayload(e: Encoder): void {
    this.paxosEncode(e);
    e.u32(this.snaps.size);
    for (const [pool, snaps] of sortedEntries(this.snaps)) {
      e.s32(pool).u32(snaps.length);
      for (const snap of snaps) e.u64big(snap);
    }
  }

  decodePayload(d: Decoder): void {
    this.paxosDecode(d);
    for (let left = d.count(8); left > 0; left--) {
      const pool = d.s32();
      this.snaps.set(
        pool,
        d.list((d) => d.u64big(), 8),
      );
    }
  }

  override print(): string {
    return `remove_snaps(${this.snaps.size} pools v${this.version})`;
  }
}
