import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { EntityInst, UTime } from '@cephts/encoding';
import { MDS_RANK_NONE } from '@cephts/rados';
import type { LatencyValue } from './m-client-metrics.js';
import { MSG_MDS_METRICS } from './message-types.js';

export const METRIC_UPDATE_REFRESH = 0;
export const METRIC_UPDATE_REMOVE = 1;

/** A latency as it accumulates; see `LatencyValue` of client_metrics. */
export interface LatencyMetric extends LatencyValue {
  updated: boolean;
}

/** Two counts: hits and misses, opened and total, operations and bytes. */
export interface PairMetric {
  first: number;
  second: number;
  updated: boolean;
}

const pair = (): PairMetric => ({ first: 0, second: 0, updated: false });
const latency = (): LatencyMetric => ({ latency: UTime.ZERO, updated: false, mean: UTime.ZERO, sqSum: 0, count: 0 });

function encodeLatency(e: Encoder, metric: LatencyMetric): void {
  const mark = e.start(3, 1);
  metric.latency.encode(e);
  e.bool(metric.updated);
  metric.mean.encode(e);
  e.u64(metric.sqSum).u64(metric.count);
  e.finish(mark);
}

function decodeLatency(d: Decoder): LatencyMetric {
  const frame = d.start(3, 'LatencyMetric');
  const metric = latency();
  metric.latency = UTime.decode(d);
  if (frame.version >= 2) metric.updated = d.bool();
  if (frame.version >= 3) {
    metric.mean = UTime.decode(d);
    metric.sqSum = Number(d.u64big());
    metric.count = d.u64();
  }
  d.finish(frame, 'LatencyMetric');
  return metric;
}

function encodePair(e: Encoder, metric: PairMetric): void {
  const mark = e.start(1, 1);
  e.u64(metric.first).u64(metric.second).bool(metric.updated);
  e.finish(mark);
}

function decodePair(d: Decoder): PairMetric {
  return d.struct(1, (d) => {
    const first = d.u64();
    const second = d.u64();
    return { first, second, updated: d.bool() };
  });
}

/**
 * Metrics: what one client measured, as a rank passes it on to rank 0.
 * @see src/mds/MDSPerfMetricTypes.h (16.2.15)
 */
export class ClientMetrics {
  updateType = METRIC_UPDATE_REFRESH;
  capHit = { hits: 0, misses: 0 };
  readLatency = latency();
  writeLatency = latency();
  metadataLatency = latency();
  dentryLease = pair();
  openedFiles = pair();
  pinnedIcaps = pair();
  openedInodes = pair();
  readIoSizes = pair();
  writeIoSizes = pair();

  encode(e: Encoder): void {
    const mark = e.start(4, 1);
    e.u32(this.updateType);
    e.struct(1, 1, (e) => e.u64(this.capHit.hits).u64(this.capHit.misses));
    encodeLatency(e, this.readLatency);
    encodeLatency(e, this.writeLatency);
    encodeLatency(e, this.metadataLatency);
    encodePair(e, this.dentryLease);
    encodePair(e, this.openedFiles);
    encodePair(e, this.pinnedIcaps);
    encodePair(e, this.openedInodes);
    encodePair(e, this.readIoSizes);
    encodePair(e, this.writeIoSizes);
    e.finish(mark);
  }

  static decode(d: Decoder): ClientMetrics {
    const frame = d.start(4, 'Metrics');
    const metrics = new ClientMetrics();
    metrics.updateType = d.u32();
    metrics.capHit = d.struct(1, (d) => {
      const hits = d.u64();
      return { hits, misses: d.u64() };
    });
    metrics.readLatency = decodeLatency(d);
    metrics.writeLatency = decodeLatency(d);
    metrics.metadataLatency = decodeLatency(d);
    if (frame.version >= 2) metrics.dentryLease = decodePair(d);
    if (frame.version >= 3) {
      metrics.openedFiles = decodePair(d);
      metrics.pinnedIcaps = decodePair(d);
      metrics.openedInodes = decodePair(d);
    }
    if (frame.version >= 4) {
      metrics.readIoSizes = decodePair(d);
      metrics.writeIoSizes = decodePair(d);
    }
    d.finish(frame, 'Metrics');
    return metrics;
  }
}

/**
 * mds_metrics: metrics of a rank's clients.
 * @see src/messages/MMDSMetrics.h (16.2.15)
 */
export class MMDSMetrics extends Message {
  static readonly TYPE = MSG_MDS_METRICS;
  readonly type = MSG_MDS_METRICS;
  readonly typeName = 'mds_metrics';

  metricsSeq: number;
  rank: number;
  clients: [client: EntityInst, metrics: ClientMetrics][] = [];

  constructor(metricsSeq = 0, rank = MDS_RANK_NONE) {
    super();
    this.metricsSeq = metricsSeq;
    this.rank = rank;
  }

  encodePayload(e: Encoder, features: bigint): void {
    const mark = e.start(1, 1);
    e.u64(this.metricsSeq).s32(this.rank).u32(this.clients.length);
    for (const [client, metrics] of this.clients) {
      client.encode(e, features);
      metrics.encode(e);
    }
    e.finish(mark);
  }

  decodePayload(d: Decoder): void {
    const frame = d.start(1, 'metrics_message_t');
    this.metricsSeq = d.u64();
    this.rank = d.s32();
    for (let left = d.count(34); left > 0; left--) {
      const client = EntityInst.decode(d);
      this.clients.push([client, ClientMetrics.decode(d)]);
    }
    d.finish(frame, 'metrics_message_t');
  }

  override print(): string {
    return `mds_metrics from rank=${this.rank} carrying ${this.clients.length} metric updates`;
  }
}
