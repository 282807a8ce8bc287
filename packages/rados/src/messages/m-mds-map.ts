import { Message } from '@cephts/async-messenger';
import type { Encoder } from '@cephts/encoding';
import { CEPH_FEATURE, Decoder, Encoder as MapEncoder, Uuid, hasFeature } from '@cephts/encoding';
import { MDSMap } from '../maps/mds-map.js';
import { CEPH_MSG_MDS_MAP } from './message-types.js';

const EMPTY = new Uint8Array(0);

/**
 * mdsmap: a monitor hands out an MDSMap, to MDSs and clients.
 * @see src/messages/MMDSMap.h (16.2.15)
 */
export class MMDSMap extends Message {
  static readonly TYPE = CEPH_MSG_MDS_MAP;
  readonly type = CEPH_MSG_MDS_MAP;
  readonly typeName = 'mdsmap';

  fsid: Uuid;
  epoch = 0;
  /** An encoded MDSMap; see {@link map}. */
  encoded: Uint8Array = EMPTY;
  mapFsName: string;

  constructor(fsid: Uuid = Uuid.ZERO, map?: MDSMap, mapFsName = '') {
    super();
    this.fsid = fsid;
    this.mapFsName = mapFsName;
    if (map !== undefined) {
      this.epoch = map.epoch;
      const e = new MapEncoder(1024);
      map.encode(e);
      this.encoded = e.toBytes();
    }
  }

  /** The map, decoded anew at each call. @throws DecodeError */
  map(): MDSMap {
    return MDSMap.decode(new Decoder(this.encoded, 'mdsmap'));
  }

  override get headVersion(): number {
    return 2;
  }

  encodePayload(e: Encoder, features: bigint): void {
    this.fsid.encode(e);
    e.u32(this.epoch);
    const current = hasFeature(features, CEPH_FEATURE.MSG_ADDR2) && hasFeature(features, CEPH_FEATURE.SERVER_NAUTILUS);
    if (current || this.encoded.length === 0) e.blob(this.encoded);
    else e.sized((e) => this.map().encode(e, features));
    e.string(this.mapFsName);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    this.fsid = Uuid.decode(d);
    this.epoch = d.u32();
    this.encoded = d.blob().slice();
    if (headVersion >= 2) this.mapFsName = d.string();
  }

  override print(): string {
    return `mdsmap(e ${this.epoch})`;
  }
}
