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

/** A latency as it accumulates: the sum, its mean, the sum of squared differences from the mean in ns², how many were measured. */
export interface LatencyValue {
  latency: UTime;
  mean: UTime;
  sqSum: number;
  count: number;
}

/** One metric: counts (hits, misses, number; or opened and total; or operations and bytes), a latency, or bytes of an unknown kind. */
export interface ClientMetric {
  type: number;
  values: number[];
  latency: LatencyValue | undefined;
  unknown: Uint8Array | undefined;
}

function encodeLatency(e: Encoder, { latency, mean, sqSum, count }: LatencyValue): void {
  latency.encode(e);
  mean.encode(e);
  e.u64(sqSum).u64(count);
}

function decodeLatency(d: Decoder, version: number): LatencyValue {
  const latency = UTime.decode(d);
  if (version < 2) return { latency, mean: UTime.ZERO, sqSum: 0, count: 0 };
  const mean = UTime.decode(d);
  // Above 2^53 it is rounded: it is a statistic.
  const sqSum = Number(d.u64big());
  return { latency, mean, sqSum, count: d.u64() };
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
      const mark = e.start(latency === undefined ? 1 : 2, 1);
      if (unknown !== undefined) e.raw(unknown);
      else if (latency !== undefined) encodeLatency(e, latency);
      else for (const value of values) e.u64(value);
      e.finish(mark);
    }
  }

  decodePayload(d: Decoder): void {
    for (let left = d.count(10); left > 0; left--) {
      const type = d.u32();
      const counts = countsOf(type);
      const frame = d.start(254, 'client_metric');
      const metric: ClientMetric = { type, values: [], latency: undefined, unknown: undefined };
      if (counts === undefined) metric.unknown = d.rest();
      else if (counts === -1) metric.latency = decodeLatency(d, frame.version);
      else for (let i = 0; i < counts; i++) metric.values.push(d.u64());
      d.finish(frame, 'client_metric');
      this.updates.push(metric);
    }
  }

  override print(): string {
    const metrics = this.updates.map(({ type, values, latency }) => {
      const value = latency?.latency.toString() ?? values.join(',');
      return `[client_metric_type: ${typeNames[type] ?? `(UNKNOWN:${type})`} ${value}]`;
    });
    return `client_metrics ${metrics.join('')}`;
  }
}
