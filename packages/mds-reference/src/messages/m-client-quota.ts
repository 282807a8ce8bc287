import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { UTime } from '@cephts/encoding';
import { NestInfo } from '../types/nest-info.js';
import { QuotaInfo } from '../types/quota-info.js';
import { CEPH_MSG_CLIENT_QUOTA } from './message-types.js';

/**
 * client_quota: how full a folder with a quota is.
 * @see src/messages/MClientQuota.h (16.2.15)
 */
export class MClientQuota extends Message {
  static readonly TYPE = CEPH_MSG_CLIENT_QUOTA;
  readonly type = CEPH_MSG_CLIENT_QUOTA;
  readonly typeName = 'client_quota';

  ino = 0;
  rstat = new NestInfo();
  quota = QuotaInfo.NONE;

  encodePayload(e: Encoder): void {
    e.u64(this.ino);
    this.rstat.rctime.encode(e);
    e.s64(this.rstat.rbytes).s64(this.rstat.rfiles).s64(this.rstat.rsubdirs);
    this.quota.encode(e);
  }

  decodePayload(d: Decoder): void {
    this.ino = d.u64();
    this.rstat.rctime = UTime.decode(d);
    this.rstat.rbytes = d.s64();
    this.rstat.rfiles = d.s64();
    this.rstat.rsubdirs = d.s64();
    this.quota = QuotaInfo.decode(d);
  }

  override print(): string {
    const { maxBytes, maxFiles } = this.quota;
    return `client_quota( [0x${this.ino.toString(16)}] ${this.rstat} quota(max_bytes = ${maxBytes} max_files = ${maxFiles}))`;
  }
}
