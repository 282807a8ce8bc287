import { FeatureBitset } from '@cephts/encoding';

// What a client and an MDS can do, told when a session opens. @see src/mds/cephfs_features.h (16.2.15)

export const CEPHFS_FEATURE_JEWEL = 5;
export const CEPHFS_FEATURE_KRAKEN = 6;
export const CEPHFS_FEATURE_LUMINOUS = 7;
export const CEPHFS_FEATURE_MIMIC = 8;
/** Traces of replies are versioned structs. */
export const CEPHFS_FEATURE_REPLY_ENCODING = 9;
export const CEPHFS_FEATURE_RECLAIM_CLIENT = 10;
export const CEPHFS_FEATURE_LAZY_CAP_WANTED = 11;
export const CEPHFS_FEATURE_MULTI_RECONNECT = 12;
/** Inode numbers are delegated for asynchronous creates. */
export const CEPHFS_FEATURE_DELEG_INO = 13;
export const CEPHFS_FEATURE_METRIC_COLLECT = 14;
export const CEPHFS_FEATURE_ALTERNATE_NAME = 15;
export const CEPHFS_FEATURE_NOTIFY_SESSION_STATE = 16;
export const CEPHFS_FEATURE_OP_GETVXATTR = 17;
export const CEPHFS_FEATURE_32BITS_RETRY_FWD = 18;

/** All of 16.2.15: bits 0 to 18. */
export function cephfsFeaturesAll(): FeatureBitset {
  return new FeatureBitset(Array.from({ length: CEPHFS_FEATURE_32BITS_RETRY_FWD + 1 }, (_, bit) => bit));
}

/** Metrics a 16.2.15 MDS takes: bits 0 to 15. */
export function cephfsMetricFeaturesAll(): FeatureBitset {
  return new FeatureBitset(Array.from({ length: 16 }, (_, bit) => bit));
}
