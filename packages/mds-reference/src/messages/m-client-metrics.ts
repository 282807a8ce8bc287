import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { UTime } from '@cephts/encoding';
import { CEPH_MSG_CLIENT_METRICS } from './message-types.js';

export const CLIENT_METRIC_TYPE = {
  CAP_INFO: 0,
  READ_LATENCY: 1,
  WRITE_LATENCY: 2,
  METADATA_LATENCY: 3,
  DENTRY_LEASE: 4,
  OPENED_FILES: 5,
  PINNED_ICAPS: 6,
  OPENED_INODES: 7,
  READ_IO_SIZES: 8,
  WRITE_IO_SIZES: 9,
} as const;

const typeNames = Object.keys(CLIENT_METRIC_TYPE);

/** One metric: counts (hits, misses, number; or opened and total; or operations and bytes), a latency, or bytes of an unknown kind. */
export interface ClientMetric {
  type: number;
  values: number[];
  latency: UTime;
  unknown: Uint8Array | undefined;
}

/** How many counts a type has; −1 for a latency; undefined for an unknown one. */
function countsOf(type: number): number | undefined {
  if (type === CLIENT_METRIC_TYPE.CAP_INFO || type === CLIENT_METRIC_TYPE.DENTRY_LEASE) return 3;
  if (type <= CLIENT_METRIC_TYPE.METADATA_LATENCY) return -1;
  return type <= CLIENT_METRIC_TYPE.WRITE_IO_SIZES ? 2 : undefined;
}

/**
 * client_metrics: what a client measured.
 * @see src/messages/MClientMetrics.h, src/include/cephfs/metrics/Types.h (16.2.15)
 */
export class MClientMetrics extends Message {
  static readonly TYPE = CEPH_MSG_CLIENT_METRICS;
  readonly type = CEPH_MSG_CLIENT_METRICS;
  readonly typeName = 'client_metrics';

  updates: ClientMetric[] = [];

  encodePayload(e: Encoder): void {
    e.u32(this.updates.length);
    for (const { type, values, latency, unknown } of this.updates) {
      e.u32(type);
      const mark = e.start(1, 1);
      if (unknown !== undefined) e.raw(unknown);
      else if (countsOf(type) === -1) latency.encode(e);
      else for (const value of values) e.u64(value);
      e.finish(mark);
    }
  }

  decodePayload(d: Decoder): void {
    for (let left = d.count(10); left > 0; left--) {
      const type = d.u32();
      const counts = countsOf(type);
      const frame = d.start(254, 'client_metric');
      const metric: ClientMetric = { type, values: [], latency: UTime.ZERO, unknown: undefined };
      if (counts === undefined) metric.unknown = d.rest();
      else if (counts === -1) metric.latency = UTime.decode(d);
      else for (let i = 0; i < counts; i++) metric.values.push(d.u64());
      d.finish(frame, 'client_metric');
      this.updates.push(metric);
    }
  }

  override print(): string {
    const metrics = this.updates.map(({ type, values, latency }) => {
      const value = countsOf(type) === -1 ? latency.toString() : values.join(',');
      return `[client_metric_type: ${typeNames[type] ?? `(UNKNOWN:${type})`} ${value}]`;
    });
    return `client_metrics ${metrics.join('')}`;
  }
}
