import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { FSMap } from '../maps/fs-map.js';
import { MgrMap } from '../maps/mgr-map.js';
import { ServiceMap } from '../maps/service-map.js';
import { CEPH_MSG_FS_MAP, MSG_MGR_MAP, MSG_SERVICE_MAP } from './message-types.js';

/** fsmap: all file systems. @see src/messages/MFSMap.h (16.2.15) */
export class MFSMap extends Message {
  static readonly TYPE = CEPH_MSG_FS_MAP;
  readonly type = CEPH_MSG_FS_MAP;
  readonly typeName = 'fsmap';

  epoch = 0;
  map = new FSMap();

  encodePayload(e: Encoder, features: bigint): void {
    e.u32(this.epoch);
    this.map.encode(e, features);
  }

  decodePayload(d: Decoder): void {
    this.epoch = d.u32();
    this.map = FSMap.decode(d);
  }

  override print(): string {
    return `fsmap(e ${this.epoch})`;
  }
}

/** mgrmap. @see src/messages/MMgrMap.h (16.2.15) */
export class MMgrMap extends Message {
  static readonly TYPE = MSG_MGR_MAP;
  readonly type = MSG_MGR_MAP;
  readonly typeName = 'mgrmap';

  map = new MgrMap();

  encodePayload(e: Encoder, features: bigint): void {
    this.map.encode(e, features);
  }

  decodePayload(d: Decoder): void {
    this.map = MgrMap.decode(d);
  }

  override print(): string {
    return `mgrmap(e ${this.map.epoch})`;
  }
}

/** service_map. @see src/messages/MServiceMap.h (16.2.15) */
export class MServiceMap extends Message {
  static readonly TYPE = MSG_SERVICE_MAP;
  readonly type = MSG_SERVICE_MAP;
  readonly typeName = 'service_map';

  map = new ServiceMap();

  encodePayload(e: Encoder, features: bigint): void {
    this.map.encode(e, features);
  }

  decodePayload(d: Decoder): void {
    this.map = ServiceMap.decode(d);
  }

  override print(): string {
    return `service_map(e${this.map.epoch} ${this.map.services.size} svc)`;
  }
}
