const bit = (n: number): bigint => 1n << BigInt(n);
const JEWEL = bit(57);
const MIMIC = JEWEL | bit(28);

/**
 * Feature bits peers exchange when they connect. A bit that was used anew in a later release counts only together with the bits of that
 * release, which are part of its value here: test with {@link hasFeature}.
 * @see src/include/ceph_features.h (16.2.15)
 */
export const CEPH_FEATURE: {
  readonly UID: bigint;
  readonly NOSRCADDR: bigint;
  readonly SERVER_NAUTILUS: bigint;
  readonly FLOCK: bigint;
  readonly SUBSCRIBE2: bigint;
  readonly MONNAMES: bigint;
  readonly RECONNECT_SEQ: bigint;
  readonly DIRLAYOUTHASH: bigint;
  readonly OBJECTLOCATOR: bigint;
  readonly PGID64: bigint;
  readonly INCSUBOSDMAP: bigint;
  readonly PGPOOL3: bigint;
  readonly OSDREPLYMUX: bigint;
  readonly OSDENC: bigint;
  readonly SERVER_KRAKEN: bigint;
  readonly MONENC: bigint;
  readonly SERVER_OCTOPUS: bigint;
  readonly SERVER_PACIFIC: bigint;
  readonly SERVER_LUMINOUS: bigint;
  readonly MSG_AUTH: bigint;
  readonly CREATEPOOLID: bigint;
  readonly REPLY_CREATE_INODE: bigint;
  readonly SERVER_MIMIC: bigint;
  readonly MDSENC: bigint;
  readonly STRETCH_MODE: bigint;
  readonly EXPORT_PEER: bigint;
  readonly OSDMAP_ENC: bigint;
  readonly MDS_INLINE_DATA: bigint;
  readonly MSGR_KEEPALIVE2: bigint;
  readonly MDS_QUOTA: bigint;
  readonly MON_STATEFUL_SUB: bigint;
  readonly SERVER_JEWEL: bigint;
  readonly FS_FILE_LAYOUT_V2: bigint;
  readonly FS_BTIME: bigint;
  readonly FS_CHANGE_ATTR: bigint;
  readonly MSG_ADDR2: bigint;
  readonly CEPHX_V2: bigint;
} = {
  UID: bit(0),
  NOSRCADDR: bit(1),
  SERVER_NAUTILUS: bit(2) | MIMIC,
  FLOCK: bit(3),
  SUBSCRIBE2: bit(4),
  MONNAMES: bit(5),
  RECONNECT_SEQ: bit(6),
  DIRLAYOUTHASH: bit(7),
  OBJECTLOCATOR: bit(8),
  PGID64: bit(9),
  INCSUBOSDMAP: bit(10),
  PGPOOL3: bit(11),
  OSDREPLYMUX: bit(12),
  OSDENC: bit(13),
  SERVER_KRAKEN: bit(14) | JEWEL,
  MONENC: bit(15),
  SERVER_OCTOPUS: bit(16) | MIMIC,
  SERVER_PACIFIC: bit(20) | MIMIC,
  SERVER_LUMINOUS: bit(21) | JEWEL,
  MSG_AUTH: bit(23),
  CREATEPOOLID: bit(26),
  REPLY_CREATE_INODE: bit(27),
  SERVER_MIMIC: MIMIC,
  MDSENC: bit(29),
  STRETCH_MODE: bit(32) | MIMIC,
  EXPORT_PEER: bit(37),
  OSDMAP_ENC: bit(39),
  MDS_INLINE_DATA: bit(40),
  MSGR_KEEPALIVE2: bit(42),
  MDS_QUOTA: bit(47),
  MON_STATEFUL_SUB: JEWEL,
  SERVER_JEWEL: JEWEL,
  FS_FILE_LAYOUT_V2: bit(58),
  FS_BTIME: bit(59),
  FS_CHANGE_ATTR: bit(59),
  MSG_ADDR2: bit(59),
  CEPHX_V2: bit(61),
};

/** What 16.2.15 announces, as `ceph features` shows it: every feature it knows. */
export const CEPH_FEATURES_ALL: bigint = 0x3f01cfbdfffdffffn;

/** True where `features` has `feature`, the bits of its release included. */
export function hasFeature(features: bigint, feature: bigint): boolean {
  return (features & feature) === feature;
}
