// Operations by number and by Ceph's print name. @see src/include/ceph_fs.h, src/common/ceph_strings.cc (16.2.15)

/** Set in the number of every request that changes something. */
export const CEPH_MDS_OP_WRITE = 0x1000;
export const CEPH_MDS_OP_LOOKUP = 0x100;
export const CEPH_MDS_OP_GETATTR = 0x101;
export const CEPH_MDS_OP_LOOKUPHASH = 0x102;
export const CEPH_MDS_OP_LOOKUPPARENT = 0x103;
export const CEPH_MDS_OP_LOOKUPINO = 0x104;
export const CEPH_MDS_OP_LOOKUPNAME = 0x105;
export const CEPH_MDS_OP_GETVXATTR = 0x106;
export const CEPH_MDS_OP_SETXATTR = 0x1105;
export const CEPH_MDS_OP_RMXATTR = 0x1106;
export const CEPH_MDS_OP_SETLAYOUT = 0x1107;
export const CEPH_MDS_OP_SETATTR = 0x1108;
export const CEPH_MDS_OP_SETFILELOCK = 0x1109;
export const CEPH_MDS_OP_GETFILELOCK = 0x110;
export const CEPH_MDS_OP_SETDIRLAYOUT = 0x110a;
export const CEPH_MDS_OP_MKNOD = 0x1201;
export const CEPH_MDS_OP_LINK = 0x1202;
export const CEPH_MDS_OP_UNLINK = 0x1203;
export const CEPH_MDS_OP_RENAME = 0x1204;
export const CEPH_MDS_OP_MKDIR = 0x1220;
export const CEPH_MDS_OP_RMDIR = 0x1221;
export const CEPH_MDS_OP_SYMLINK = 0x1222;
export const CEPH_MDS_OP_CREATE = 0x1301;
export const CEPH_MDS_OP_OPEN = 0x302;
export const CEPH_MDS_OP_READDIR = 0x305;
export const CEPH_MDS_OP_LOOKUPSNAP = 0x400;
export const CEPH_MDS_OP_MKSNAP = 0x1400;
export const CEPH_MDS_OP_RMSNAP = 0x1401;
export const CEPH_MDS_OP_LSSNAP = 0x402;
export const CEPH_MDS_OP_RENAMESNAP = 0x1403;
export const CEPH_MDS_OP_FRAGMENTDIR = 0x1500;
export const CEPH_MDS_OP_EXPORTDIR = 0x1501;
export const CEPH_MDS_OP_FLUSH = 0x1502;
export const CEPH_MDS_OP_ENQUEUE_SCRUB = 0x1503;
export const CEPH_MDS_OP_REPAIR_FRAGSTATS = 0x1504;
export const CEPH_MDS_OP_REPAIR_INODESTATS = 0x1505;
export const CEPH_MDS_OP_RDLOCK_FRAGSSTATS = 0x1507;

const mdsOps: ReadonlyMap<number, string> = new Map([
  [CEPH_MDS_OP_LOOKUP, 'lookup'],
  [CEPH_MDS_OP_GETATTR, 'getattr'],
  [CEPH_MDS_OP_LOOKUPHASH, 'lookuphash'],
  [CEPH_MDS_OP_LOOKUPPARENT, 'lookupparent'],
  [CEPH_MDS_OP_LOOKUPINO, 'lookupino'],
  [CEPH_MDS_OP_LOOKUPNAME, 'lookupname'],
  [CEPH_MDS_OP_GETVXATTR, 'getvxattr'],
  [CEPH_MDS_OP_SETXATTR, 'setxattr'],
  [CEPH_MDS_OP_RMXATTR, 'rmxattr'],
  [CEPH_MDS_OP_SETLAYOUT, 'setlayou'],
  [CEPH_MDS_OP_SETATTR, 'setattr'],
  [CEPH_MDS_OP_SETFILELOCK, 'setfilelock'],
  [CEPH_MDS_OP_GETFILELOCK, 'getfilelock'],
  [CEPH_MDS_OP_SETDIRLAYOUT, 'setdirlayout'],
  [CEPH_MDS_OP_MKNOD, 'mknod'],
  [CEPH_MDS_OP_LINK, 'link'],
  [CEPH_MDS_OP_UNLINK, 'unlink'],
  [CEPH_MDS_OP_RENAME, 'rename'],
  [CEPH_MDS_OP_MKDIR, 'mkdir'],
  [CEPH_MDS_OP_RMDIR, 'rmdir'],
  [CEPH_MDS_OP_SYMLINK, 'symlink'],
  [CEPH_MDS_OP_CREATE, 'create'],
  [CEPH_MDS_OP_OPEN, 'open'],
  [CEPH_MDS_OP_READDIR, 'readdir'],
  [CEPH_MDS_OP_LOOKUPSNAP, 'lookupsnap'],
  [CEPH_MDS_OP_MKSNAP, 'mksnap'],
  [CEPH_MDS_OP_RMSNAP, 'rmsnap'],
  [CEPH_MDS_OP_LSSNAP, 'lssnap'],
  [CEPH_MDS_OP_RENAMESNAP, 'renamesnap'],
  [CEPH_MDS_OP_FRAGMENTDIR, 'fragmentdir'],
  [CEPH_MDS_OP_EXPORTDIR, 'exportdir'],
  [CEPH_MDS_OP_FLUSH, 'flush_path'],
  [CEPH_MDS_OP_ENQUEUE_SCRUB, 'enqueue_scrub'],
  [CEPH_MDS_OP_REPAIR_FRAGSTATS, 'repair_fragstats'],
  [CEPH_MDS_OP_REPAIR_INODESTATS, 'repair_inodestats'],
  [CEPH_MDS_OP_RDLOCK_FRAGSSTATS, 'rdlock_fragsstats'],
]);

/** `'create'` for {@link CEPH_MDS_OP_CREATE}, `'???'` for what is none. */
export function mdsOpName(op: number): string {
  return mdsOps.get(op) ?? '???';
}

export const CEPH_SESSION_REQUEST_OPEN = 0;
export const CEPH_SESSION_OPEN = 1;
export const CEPH_SESSION_REQUEST_CLOSE = 2;
export const CEPH_SESSION_CLOSE = 3;
export const CEPH_SESSION_REQUEST_RENEWCAPS = 4;
export const CEPH_SESSION_RENEWCAPS = 5;
export const CEPH_SESSION_STALE = 6;
export const CEPH_SESSION_RECALL_STATE = 7;
export const CEPH_SESSION_FLUSHMSG = 8;
export const CEPH_SESSION_FLUSHMSG_ACK = 9;
export const CEPH_SESSION_FORCE_RO = 10;
export const CEPH_SESSION_REJECT = 11;
export const CEPH_SESSION_REQUEST_FLUSH_MDLOG = 12;

const sessionOps = [
  'request_open',
  'open',
  'request_close',
  'close',
  'request_renewcaps',
  'renewcaps',
  'stale',
  'recall_state',
  'flushmsg',
  'flushmsg_ack',
  'force_ro',
  'reject',
  'request_flushmdlog',
];

export function sessionOpName(op: number): string {
  return sessionOps[op] ?? '???';
}

export const CEPH_CAP_OP_GRANT = 0;
export const CEPH_CAP_OP_REVOKE = 1;
export const CEPH_CAP_OP_TRUNC = 2;
export const CEPH_CAP_OP_EXPORT = 3;
export const CEPH_CAP_OP_IMPORT = 4;
export const CEPH_CAP_OP_UPDATE = 5;
export const CEPH_CAP_OP_DROP = 6;
export const CEPH_CAP_OP_FLUSH = 7;
export const CEPH_CAP_OP_FLUSH_ACK = 8;
export const CEPH_CAP_OP_FLUSHSNAP = 9;
export const CEPH_CAP_OP_FLUSHSNAP_ACK = 10;
export const CEPH_CAP_OP_RELEASE = 11;
export const CEPH_CAP_OP_RENEW = 12;

const capOps = [
  'grant',
  'revoke',
  'trunc',
  'export',
  'import',
  'update',
  'drop',
  'flush',
  'flush_ack',
  'flushsnap',
  'flushsnap_ack',
  'release',
  'renew',
];

export function capOpName(op: number): string {
  return capOps[op] ?? '???';
}

const leaseOps = ['???', 'revoke', 'release', 'renew', 'revoke_ack'];

export function leaseOpName(op: number): string {
  return leaseOps[op] ?? '???';
}

const snapOps = ['update', 'create', 'destroy', 'split'];

export function snapOpName(op: number): string {
  return snapOps[op] ?? '???';
}
