import { FeatureBitset } from '@cephts/encoding';

import {
  CEPHFS_FEATURE_JEWEL,
  CEPHFS_FEATURE_KRAKEN,
  CEPHFS_FEATURE_LAZY_CAP_WANTED,
  CEPHFS_FEATURE_LUMINOUS,
  CEPHFS_FEATURE_MIMIC,
  CEPHFS_FEATURE_MULTI_RECONNECT,
  CEPHFS_FEATURE_REPLY_ENCODING,
} from '../types/cephfs-features.js';

/** What this package's own client does: no asynchronous creates, no reclaim, no metrics. */
export function clientSupportedFeatures(): FeatureBitset {
  return new FeatureBitset([
    ...[0, 1, 2, 3, 4],
    CEPHFS_FEATURE_JEWEL,
    CEPHFS_FEATURE_KRAKEN,
    CEPHFS_FEATURE_LUMINOUS,
    CEPHFS_FEATURE_MIMIC,
    CEPHFS_FEATURE_REPLY_ENCODING,
    CEPHFS_FEATURE_LAZY_CAP_WANTED,
    CEPHFS_FEATURE_MULTI_RECONNECT,
  ]);
}
