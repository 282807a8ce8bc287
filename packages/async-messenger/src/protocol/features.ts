import { CEPH_FEATURE } from '@cephts/encoding';

/** Feature bits without which no address vector can be encoded: every peer must have them. */
export const MSGR2_FEATURES: bigint = CEPH_FEATURE.MSG_ADDR2;
