import type { Decoder, Encoder } from '@cephts/encoding';
import { decodeTextMap, encodeTextMap } from '@cephts/encoding';

/** What an MDS complains about, by number. */
export const MDS_HEALTH = {
  TRIM: 1,
  CLIENT_RECALL: 2,
  CLIENT_LATE_RELEASE: 3,
  CLIENT_RECALL_MANY: 4,
  CLIENT_LATE_RELEASE_MANY: 5,
  CLIENT_OLDEST_TID: 6,
  CLIENT_OLDEST_TID_MANY: 7,
  DAMAGE: 8,
  READ_ONLY: 9,
  SLOW_REQUEST: 10,
  CACHE_OVERSIZED: 11,
  SLOW_METADATA_IO: 12,
} as const;

/** Severity of a complaint: something is broken. */
export const HEALTH_ERR = 0;
/** Severity of a complaint: somebody should look. */
export const HEALTH_WARN = 1;
/** Severity: nothing to complain about. */
export const HEALTH_OK = 2;

/** MDSHealthMetric: one complaint in a beacon. */
export class MdsHealthMetric {
  /** {@link MDS_HEALTH} */
  type: number;
  /** HEALTH_WARN or HEALTH_ERR. */
  sev: number;
  message: string;
  metadata: Map<string, string>;

  constructor(type: number, sev: number, message: string, metadata: Map<string, string> = new Map()) {
    this.type = type;
    this.sev = sev;
    this.message = message;
    this.metadata = metadata;
  }

  encode(e: Encoder): void {
    const mark = e.start(1, 1);
    e.u16(this.type).u8(this.sev).string(this.message);
    encodeTextMap(e, this.metadata);
    e.finish(mark);
  }

  static decode(d: Decoder): MdsHealthMetric {
    const frame = d.start(1, 'MDSHealthMetric');
    const type = d.u16();
    const sev = d.u8();
    const message = d.string();
    const metadata = decodeTextMap(d);
    d.finish(frame, 'MDSHealthMetric');
    return new MdsHealthMetric(type, sev, message, metadata);
  }
}

/**
 * MDSHealth: all complaints of a beacon.
 * @see src/messages/MMDSBeacon.h (16.2.15)
 */
export class MdsHealth {
  metrics: MdsHealthMetric[];

  constructor(metrics: MdsHealthMetric[] = []) {
    this.metrics = metrics;
  }

  encode(e: Encoder): void {
    const mark = e.start(1, 1);
    e.u32(this.metrics.length);
    for (const metric of this.metrics) metric.encode(e);
    e.finish(mark);
  }

  static decode(d: Decoder): MdsHealth {
    const frame = d.start(1, 'MDSHealth');
    const health = new MdsHealth();
    for (let left = d.count(17); left > 0; left--) health.metrics.push(MdsHealthMetric.decode(d));
    d.finish(frame, 'MDSHealth');
    return health;
  }
}
