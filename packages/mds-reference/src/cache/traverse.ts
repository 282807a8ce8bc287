// How a path is walked. @see MDS_TRAVERSE_* in src/mds/MDCache.h (16.2.15)

/** Finds inodes of other ranks; nothing to do with a single one. */
export const MDS_TRAVERSE_DISCOVER = 1 << 0;
export const MDS_TRAVERSE_PATH_LOCKED = 1 << 1;
/** The last name may lead nowhere: it is the dentry that is wanted. */
export const MDS_TRAVERSE_WANT_DENTRY = 1 << 2;
export const MDS_TRAVERSE_WANT_AUTH = 1 << 3;
export const MDS_TRAVERSE_RDLOCK_SNAP = 1 << 4;
export const MDS_TRAVERSE_RDLOCK_SNAP2 = 1 << 5;
export const MDS_TRAVERSE_WANT_DIRLAYOUT = 1 << 6;
export const MDS_TRAVERSE_RDLOCK_PATH = 1 << 7;
export const MDS_TRAVERSE_XLOCK_DENTRY = 1 << 8;
export const MDS_TRAVERSE_RDLOCK_AUTHLOCK = 1 << 9;
export const MDS_TRAVERSE_CHECK_LOCKCACHE = 1 << 10;
