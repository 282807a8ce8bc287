import type { Decoder, Encoder } from '@cephts/encoding';
import { FeatureBitset, decodeTextMap, encodeTextMap } from '@cephts/encoding';

/** metric_spec_t in its envelope: which metrics a client can send. */
export function encodeMetricSpec(e: Encoder, flags: FeatureBitset): void {
  const mark = e.start(1, 1);
  flags.encode(e);
  e.finish(mark);
}

export function decodeMetricSpec(d: Decoder): FeatureBitset {
  const frame = d.start(1, 'metric_spec_t');
  const flags = FeatureBitset.decode(d);
  d.finish(frame, 'metric_spec_t');
  return flags;
}

/**
 * client_metadata_t: what a client tells about itself when it opens a session.
 * @see src/mds/mdstypes.{h,cc} (16.2.15)
 */
export class ClientMetadata {
  kvMap: Map<string, string>;
  features: FeatureBitset;
  metricSpec: FeatureBitset;

  constructor(
    kvMap: Map<string, string> = new Map(),
    features: FeatureBitset = new FeatureBitset(),
    metricSpec: FeatureBitset = new FeatureBitset(),
  ) {
    this.kvMap = kvMap;
    this.features = features;
    this.metricSpec = metricSpec;
  }

  /** Takes over keys that are new here, and the features and metrics. */
  merge(other: ClientMetadata): void {
    for (const [key, value] of other.kvMap) if (!this.kvMap.has(key)) this.kvMap.set(key, value);
    this.features = other.features;
    this.metricSpec = other.metricSpec;
  }

  clear(): void {
    this.kvMap = new Map();
    this.features = new FeatureBitset();
    this.metricSpec = new FeatureBitset();
  }

  encode(e: Encoder): void {
    const mark = e.start(3, 1);
    encodeTextMap(e, this.kvMap);
    this.features.encode(e);
    encodeMetricSpec(e, this.metricSpec);
    e.finish(mark);
  }

  static decode(d: Decoder): ClientMetadata {
    const frame = d.start(3, 'client_metadata_t');
    const kvMap = decodeTextMap(d);
    const features = frame.version >= 2 ? FeatureBitset.decode(d) : new FeatureBitset();
    const metricSpec = frame.version >= 3 ? decodeMetricSpec(d) : new FeatureBitset();
    d.finish(frame, 'client_metadata_t');
    return new ClientMetadata(kvMap, features, metricSpec);
  }
}
