// Numbers of MDS maps. @see src/include/ceph_fs.h, src/mds/mdstypes.h (16.2.15)

export const MDS_RANK_NONE = -1;
export const MDS_GID_NONE = 0;
export const FS_CLUSTER_ID_NONE = -1;

export const CEPH_MDSMAP_NOT_JOINABLE = 1 << 0;
export const CEPH_MDSMAP_ALLOW_SNAPS = 1 << 1;
export const CEPH_MDSMAP_ALLOW_MULTIMDS_SNAPS = 1 << 4;
export const CEPH_MDSMAP_ALLOW_STANDBY_REPLAY = 1 << 5;
export const CEPH_MDSMAP_DEFAULTS = CEPH_MDSMAP_ALLOW_SNAPS | CEPH_MDSMAP_ALLOW_MULTIMDS_SNAPS;
