// Numbers of MDS maps. @see src/include/ceph_fs.h, src/mds/mdstypes.h (16.2.15)

/** An MDS that holds no rank. */
export const MDS_RANK_NONE = -1;
/** No MDS. */
export const MDS_GID_NONE = 0;
/** No file system. */
export const FS_CLUSTER_ID_NONE = -1;

/** Flag: standbys take no rank of it. */
export const CEPH_MDSMAP_NOT_JOINABLE = 1 << 0;
/** Flag: snapshots may be made. */
export const CEPH_MDSMAP_ALLOW_SNAPS = 1 << 1;
/** Flag: also with several ranks. */
export const CEPH_MDSMAP_ALLOW_MULTIMDS_SNAPS = 1 << 4;
/** Flag: standbys may follow the journal of an active one. */
export const CEPH_MDSMAP_ALLOW_STANDBY_REPLAY = 1 << 5;
/** The flags of a new file system. */
export const CEPH_MDSMAP_DEFAULTS = CEPH_MDSMAP_ALLOW_SNAPS | CEPH_MDSMAP_ALLOW_MULTIMDS_SNAPS;
