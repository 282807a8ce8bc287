import type { Decoder, Encoder } from '@cephts/encoding';
import { sortedEntries } from '@cephts/encoding';

/**
 * FeatureMap: how many peers of each kind announce which features.
 * @see src/mon/FeatureMap.h (16.2.15)
 */
export class FeatureMap {
  /** By entity type, then by features. */
  m = new Map<number, Map<bigint, number>>();

  encode(e: Encoder): void {
    const mark = e.start(1, 1);
    e.u32(this.m.size);
    for (const [type, counts] of sortedEntries(this.m)) {
      e.u32(type).u32(counts.size);
      for (const [features, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) e.u64big(features).u64(count);
    }
    e.finish(mark);
  }

  static decode(d: Decoder): FeatureMap {
    return d.struct(1, (d) => {
      const map = new FeatureMap();
      map.m = d.map(
        (d) => d.u32(),
        (d) =>
          d.map(
            (d) => d.u64big(),
            (d) => d.u64(),
            16,
          ),
        8,
      );
      return map;
    });
  }
}
