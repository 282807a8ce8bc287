import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { FeatureBitset, UTime, decodeTextMap, encodeTextMap } from '@cephts/encoding';
import { decodeMetricSpec, encodeMetricSpec } from '../types/client-metadata.js';
import { CEPH_SESSION_RECALL_STATE, sessionOpName } from '../types/op-names.js';
import { CEPH_MSG_CLIENT_SESSION } from './message-types.js';

/**
 * client_session: opens, renews, recalls and ends sessions; `op` is a CEPH_SESSION_….
 * @see src/messages/MClientSession.h (16.2.15)
 */
export class MClientSession extends Message {
  static readonly TYPE = CEPH_MSG_CLIENT_SESSION;
  /** Flag of a rejected session: the client is blocklisted. */
  static readonly SESSION_BLOCKLISTED = 1;
  readonly type = CEPH_MSG_CLIENT_SESSION;
  readonly typeName = 'client_session';

  op: number;
  sessionSeq: number;
  stamp = UTime.ZERO;
  maxCaps = 0;
  maxLeases = 0;
  metadata = new Map<string, string>();
  supportedFeatures = new FeatureBitset();
  metricSpec = new FeatureBitset();
  flags = 0;

  constructor(op = 0, sessionSeq = 0) {
    super();
    this.op = op;
    this.sessionSeq = sessionSeq;
  }

  /** Without metadata the oldest form goes out, which every client reads. */
  override get headVersion(): number {
    return this.metadata.size === 0 && this.supportedFeatures.isEmpty() ? 1 : 5;
  }

  encodePayload(e: Encoder): void {
    e.u32(this.op).u64(this.sessionSeq);
    this.stamp.encode(e);
    e.u32(this.maxCaps).u32(this.maxLeases);
    if (this.headVersion === 1) return;
    encodeTextMap(e, this.metadata);
    this.supportedFeatures.encode(e);
    encodeMetricSpec(e, this.metricSpec);
    e.u32(this.flags);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    this.op = d.u32();
    this.sessionSeq = d.u64();
    this.stamp = UTime.decode(d);
    this.maxCaps = d.u32();
    this.maxLeases = d.u32();
    if (headVersion >= 2) this.metadata = decodeTextMap(d);
    if (headVersion >= 3) this.supportedFeatures = FeatureBitset.decode(d);
    if (headVersion >= 4) this.metricSpec = decodeMetricSpec(d);
    if (headVersion >= 5) this.flags = d.u32();
  }

  override print(): string {
    const seq = this.sessionSeq !== 0 ? ` seq ${this.sessionSeq}` : '';
    const recall = this.op === CEPH_SESSION_RECALL_STATE ? ` max_caps ${this.maxCaps} max_leases ${this.maxLeases}` : '';
    return `client_session(${sessionOpName(this.op)}${seq}${recall})`;
  }
}
