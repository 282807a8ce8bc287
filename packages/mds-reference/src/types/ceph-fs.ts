// Numbers of the file system's protocol. @see src/include/ceph_fs.h, src/mds/mdstypes.h (16.2.15)

/** The "no snapshot" of what is live. */
export const CEPH_NOSNAP = 0xffff_ffff_ffff_fffen;
/** The `.snap` folder. */
export const CEPH_SNAPDIR = 0xffff_ffff_ffff_ffffn;
/** The highest real snapshot. */
export const CEPH_MAXSNAP = 0xffff_ffff_ffff_fffdn;

export const CEPH_INO_ROOT = 1;
export const CEPH_INO_CEPH = 2;
export const CEPH_INO_GLOBAL_SNAPREALM = 3;
export const CEPH_INO_LOST_AND_FOUND = 4;

export const MAX_MDS = 0x100;
export const NUM_STRAY = 10;
export const MDS_INO_MDSDIR_OFFSET = 0x100;
export const MDS_INO_LOG_OFFSET = 0x200;
export const MDS_INO_LOG_BACKUP_OFFSET = 0x300;
export const MDS_INO_LOG_POINTER_OFFSET = 0x400;
export const MDS_INO_PURGE_QUEUE = 0x500;
export const MDS_INO_STRAY_OFFSET = 0x600;
/** First inode number that is not the MDS's own. */
export const MDS_INO_SYSTEM_BASE = MDS_INO_STRAY_OFFSET + MAX_MDS * NUM_STRAY;

/** The folder `~mds<rank>`. */
export function mdsInoMdsdir(rank: number): number {
  return MDS_INO_MDSDIR_OFFSET + rank;
}

/** The `i`-th stray folder of a rank. */
export function mdsInoStray(rank: number, i: number): number {
  return MDS_INO_STRAY_OFFSET + rank * NUM_STRAY + i;
}

export function mdsInoIsStray(ino: number): boolean {
  return ino >= MDS_INO_STRAY_OFFSET && ino < MDS_INO_STRAY_OFFSET + MAX_MDS * NUM_STRAY;
}

export function mdsInoIsMdsdir(ino: number): boolean {
  return ino >= MDS_INO_MDSDIR_OFFSET && ino < MDS_INO_MDSDIR_OFFSET + MAX_MDS;
}

/** True for inodes that hang in no directory: root, global snaprealm, the mdsdirs. */
export function mdsInoIsBase(ino: number): boolean {
  return ino === CEPH_INO_ROOT || ino === CEPH_INO_GLOBAL_SNAPREALM || mdsInoIsMdsdir(ino);
}

export function mdsInoMdsdirOwner(ino: number): number {
  return ino - MDS_INO_MDSDIR_OFFSET;
}

export function mdsInoStrayOwner(ino: number): number {
  return Math.floor((ino - MDS_INO_STRAY_OFFSET) / NUM_STRAY);
}

export function mdsInoStrayIndex(ino: number): number {
  return (ino - MDS_INO_STRAY_OFFSET) % NUM_STRAY;
}

/** True for what clients must not reach by number. */
export function mdsInoIsPrivate(ino: number): boolean {
  return ino >= MDS_INO_MDSDIR_OFFSET && ino < MDS_INO_SYSTEM_BASE;
}

/** First bytes of an inode kept in an object of its own. */
export const CEPH_FS_ONDISK_MAGIC = 'ceph fs volume v011';
export const CEPH_MIN_STRIPE_UNIT = 65536;
export const CEPH_MDSC_PROTOCOL = 32;

// Types of files, as in POSIX.
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;
export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;

/** d_type of a directory entry for a mode. */
export function modeToDType(mode: number): number {
  return (mode & S_IFMT) >>> 12;
}

/** Hash of names a new directory uses. @see src/include/ceph_hash.h */
export const CEPH_STR_HASH_LINUX = 1;
export const CEPH_STR_HASH_RJENKINS = 2;

// Locks. The bits also give the order in which the MDS takes them.
export const CEPH_LOCK_DN = 1 << 0;
export const CEPH_LOCK_DVERSION = 1 << 1;
export const CEPH_LOCK_ISNAP = 1 << 4;
export const CEPH_LOCK_IPOLICY = 1 << 5;
export const CEPH_LOCK_IFILE = 1 << 6;
export const CEPH_LOCK_INEST = 1 << 7;
export const CEPH_LOCK_IDFT = 1 << 8;
export const CEPH_LOCK_IAUTH = 1 << 9;
export const CEPH_LOCK_ILINK = 1 << 10;
export const CEPH_LOCK_IXATTR = 1 << 11;
export const CEPH_LOCK_IFLOCK = 1 << 12;
export const CEPH_LOCK_IVERSION = 1 << 13;
export const CEPH_LOCK_IFIRST = CEPH_LOCK_ISNAP;

// File locks (flock, fcntl).
export const CEPH_LOCK_FCNTL = 1;
export const CEPH_LOCK_FLOCK = 2;
export const CEPH_LOCK_FCNTL_INTR = 3;
export const CEPH_LOCK_FLOCK_INTR = 4;
export const CEPH_LOCK_SHARED = 1;
export const CEPH_LOCK_EXCL = 2;
export const CEPH_LOCK_UNLOCK = 4;

export const CEPH_SETATTR_MODE = 1 << 0;
export const CEPH_SETATTR_UID = 1 << 1;
export const CEPH_SETATTR_GID = 1 << 2;
export const CEPH_SETATTR_MTIME = 1 << 3;
export const CEPH_SETATTR_ATIME = 1 << 4;
export const CEPH_SETATTR_SIZE = 1 << 5;
export const CEPH_SETATTR_CTIME = 1 << 6;
export const CEPH_SETATTR_MTIME_NOW = 1 << 7;
export const CEPH_SETATTR_ATIME_NOW = 1 << 8;
export const CEPH_SETATTR_BTIME = 1 << 9;
export const CEPH_SETATTR_KILL_SGUID = 1 << 10;

export const CEPH_O_RDONLY = 0;
export const CEPH_O_WRONLY = 0o1;
export const CEPH_O_RDWR = 0o2;
export const CEPH_O_ACCMODE = 0o3;
export const CEPH_O_CREAT = 0o100;
export const CEPH_O_EXCL = 0o200;
export const CEPH_O_TRUNC = 0o1000;
export const CEPH_O_LAZY = 0o20000;
export const CEPH_O_DIRECTORY = 0o200000;
export const CEPH_O_NOFOLLOW = 0o400000;

export const CEPH_XATTR_CREATE = 1 << 0;
export const CEPH_XATTR_REPLACE = 1 << 1;
export const CEPH_XATTR_REMOVE = 0x8000_0000;

export const CEPH_READDIR_REPLY_BITFLAGS = 1 << 0;
export const CEPH_READDIR_FRAG_END = 1 << 0;
export const CEPH_READDIR_FRAG_COMPLETE = 1 << 8;
export const CEPH_READDIR_HASH_ORDER = 1 << 9;
export const CEPH_READDIR_OFFSET_HASH = 1 << 10;

export const CEPH_MDS_FLAG_REPLAY = 1;
export const CEPH_MDS_FLAG_WANT_DENTRY = 2;
export const CEPH_MDS_FLAG_ASYNC = 4;

export const CEPH_FILE_MODE_PIN = 0;
export const CEPH_FILE_MODE_RD = 1;
export const CEPH_FILE_MODE_WR = 2;
export const CEPH_FILE_MODE_RDWR = 3;
export const CEPH_FILE_MODE_LAZY = 4;

/** Version of inline data where there is none. */
export const CEPH_INLINE_NONE = 0xffff_ffff_ffff_ffffn;

export const CEPH_LEASE_VALID = 1 | 2;
export const CEPH_LEASE_PRIMARY_LINK = 4;
export const CEPH_MDS_LEASE_REVOKE = 1;
export const CEPH_MDS_LEASE_RELEASE = 2;
export const CEPH_MDS_LEASE_RENEW = 3;
export const CEPH_MDS_LEASE_REVOKE_ACK = 4;

export const CEPH_SNAP_OP_UPDATE = 0;
export const CEPH_SNAP_OP_CREATE = 1;
export const CEPH_SNAP_OP_DESTROY = 2;
export const CEPH_SNAP_OP_SPLIT = 3;

/** MClientReclaim: end the other session. */
export const CEPH_RECLAIM_RESET = 1;
