import { Message } from '@cephts/async-messenger';
import { EVersion } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { RequestRedirect } from '../../osdmap/osd-types.js';
import { PgId } from '../../osdmap/pg.js';
import { CEPH_MSG_OSD_OPREPLY } from '../message-types.js';
import { OSD_OP_BYTES } from './osd-op.js';

/** What one step gave. */
export interface OsdOpOutcome {
  /** 0 or above, or −errno. */
  rval: number;
  outdata: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);
// What a message has before it is told otherwise: one for all, as none of them ever changes.
const NO_PG = new PgId(0, 0);
const NO_VERSION = new EVersion();
const NO_OUTCOMES: readonly OsdOpOutcome[] = [];

/** osd_op_reply. @see src/messages/MOSDOpReply.h (16.2.15) */
export class MOSDOpReply extends Message {
  static readonly TYPE = CEPH_MSG_OSD_OPREPLY;
  readonly type = CEPH_MSG_OSD_OPREPLY;
  readonly typeName = 'osd_op_reply';

  oid = '';
  pgid: PgId = NO_PG;
  flags = 0;
  result = 0;
  osdmapEpoch = 0;
  /** Of which attempt; −1 where the OSD does not say. */
  retryAttempt = -1;
  outcomes: readonly OsdOpOutcome[] = NO_OUTCOMES;
  replayVersion: EVersion = NO_VERSION;
  /** The object's version. */
  userVersion = 0;
  redirect: RequestRedirect | undefined = undefined;

  override get headVersion(): number {
    return 8;
  }

  override get compatVersion(): number {
    return 2;
  }

  encodePayload(e: Encoder): void {
    e.string(this.oid);
    this.pgid.encode(e);
    e.u64(this.flags).s32(this.result);
    this.replayVersion.encode(e);
    e.u32(this.osdmapEpoch).u32(this.outcomes.length);
    for (const { outdata } of this.outcomes) e.zeros(OSD_OP_BYTES - 4).u32(outdata.length);
    e.s32(this.retryAttempt);
    for (const { rval } of this.outcomes) e.s32(rval);
    this.replayVersion.encode(e);
    e.u64(this.userVersion).bool(this.redirect !== undefined);
    this.redirect?.encode(e);
    e.zeros(24);
    const filled = this.outcomes.filter(({ outdata }) => outdata.length > 0);
    this.data = filled.length === 1 ? (filled[0]?.outdata ?? NO_BYTES) : Buffer.concat(filled.map(({ outdata }) => outdata));
  }

  decodePayload(d: Decoder, headVersion: number): void {
    if (headVersion < 6) throw d.error(`osd_op_reply version ${headVersion} is older than any supported release`);
    this.oid = d.string();
    this.pgid = PgId.decode(d);
    this.flags = d.u64();
    this.result = d.s32();
    d.skip(12); // where to replay from, of old
    this.osdmapEpoch = d.u32();
    const count = d.count(OSD_OP_BYTES);
    const { data } = this;
    // its length is known: V8 would make room for more
    const outcomes = new Array<OsdOpOutcome>(count);
    let at = 0;
    for (let i = 0; i < count; i++) {
      d.skip(OSD_OP_BYTES - 4);
      const length = d.u32();
      if (at + length > data.length) throw d.error(`step claims ${length} of ${data.length - at} bytes of data`);
      const whole = length === data.length;
      outcomes[i] = { rval: 0, outdata: whole ? data : data.subarray(at, at + length) };
      at += length;
    }
    this.outcomes = outcomes;
    this.retryAttempt = d.s32();
    for (const outcome of outcomes) outcome.rval = d.s32();
    this.replayVersion = EVersion.decode(d);
    this.userVersion = d.u64();
    if (d.bool()) this.redirect = RequestRedirect.decode(d);
  }

  override print(): string {
    return `osd_op_reply(${this.tid} ${this.oid} v${String(this.replayVersion)} = ${this.result})`;
  }
}
