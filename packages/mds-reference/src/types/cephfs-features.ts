import { FeatureBitset } from '@cephts/encoding';

// Features of a CephFS client session. @see src/mds/cephfs_features.h (16.2.15)
export const CEPHFS_FEATURE_JEWEL = 5;
export const CEPHFS_FEATURE_KRAKEN = 6;
export const CEPHFS_FEATURE_LUMINOUS = 7;
export const CEPHFS_FEATURE_MIMIC = 8;
export const CEPHFS_FEATURE_REPLY_ENCODING = 9;
export const CEPHFS_FEATURE_RECLAIM_CLIENT = 10;
export const CEPHFS_FEATURE_LAZY_CAP_WANTED = 11;
export const CEPHFS_FEATURE_MULTI_RECONNECT = 12;
export const CEPHFS_FEATURE_DELEG_INO = 13;
export const CEPHFS_FEATURE_METRIC_COLLECT = 14;
export const CEPHFS_FEATURE_ALTERNATE_NAME = 15;

/** What this package's own client does: no asynchronous creates, no metrics. */
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
