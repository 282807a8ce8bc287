/**
 * Why an object is kept in the cache. A pin is a count; the names serve whoever looks for who holds on to what.
 *
 * @see src/mds/MDSCacheObject.h, CInode.h, CDir.h, CDentry.h (16.2.15)
 */
export const PIN = {
  DIRTY: 1001,
  LOCK: -1002,
  REQUEST: -1003,
  WAITER: 1004,
  DIRTYSCATTERED: -1005,
  AUTHPIN: 1006,
  PTRWAITER: -1007,
  CLIENTLEASE: 1009,
  // of an inode
  DIRFRAG: -1,
  CAPS: 2,
  REMOTEPARENT: 8,
  TRUNCATING: 18,
  STRAY: 19,
  DIRTYRSTAT: 21,
  DIRTYPARENT: 23,
  // of a dentry
  INODEPIN: 1,
  PURGING: 3,
  // of a directory fragment
  DNWAITER: 1,
  CHILD: 3,
  FROZEN: 5,
  SUBTREE: 6,
  STICKY: 10,
} as const;
