/** Operations on an object, and what goes with them. @see src/include/rados.h (16.2.15) */

const RD = 0x1000;
const WR = 0x2000;
const RMW = 0x3000;
const DATA = 0x0200;
const ATTR = 0x0300;
const EXEC = 0x0400;
const PG = 0x0500;

/** Steps of an operation on an object, by the name that follows CEPH_OSD_OP_. @see src/include/rados.h (16.2.15) */
export const OSD_OP = {
  READ: RD | DATA | 1,
  STAT: RD | DATA | 2,
  MAPEXT: RD | DATA | 3,
  SPARSE_READ: RD | DATA | 5,
  NOTIFY: RD | DATA | 6,
  NOTIFY_ACK: RD | DATA | 7,
  ASSERT_VER: RD | DATA | 8,
  LIST_WATCHERS: RD | DATA | 9,
  LIST_SNAPS: RD | DATA | 10,
  SYNC_READ: RD | DATA | 11,
  OMAPGETKEYS: RD | DATA | 17,
  OMAPGETVALS: RD | DATA | 18,
  OMAPGETHEADER: RD | DATA | 19,
  OMAPGETVALSBYKEYS: RD | DATA | 20,
  OMAP_CMP: RD | DATA | 25,
  CHECKSUM: RD | DATA | 31,
  CMPEXT: RD | DATA | 32,
  WRITE: WR | DATA | 1,
  WRITEFULL: WR | DATA | 2,
  TRUNCATE: WR | DATA | 3,
  ZERO: WR | DATA | 4,
  DELETE: WR | DATA | 5,
  APPEND: WR | DATA | 6,
  TRIMTRUNC: WR | DATA | 9,
  TMAPUP: RMW | DATA | 10,
  CREATE: WR | DATA | 13,
  ROLLBACK: WR | DATA | 14,
  WATCH: WR | DATA | 15,
  OMAPSETVALS: WR | DATA | 21,
  OMAPSETHEADER: WR | DATA | 22,
  OMAPCLEAR: WR | DATA | 23,
  OMAPRMKEYS: WR | DATA | 24,
  OMAPRMKEYRANGE: WR | DATA | 44,
  SETALLOCHINT: WR | DATA | 35,
  WRITESAME: WR | DATA | 38,
  GETXATTR: RD | ATTR | 1,
  GETXATTRS: RD | ATTR | 2,
  CMPXATTR: RD | ATTR | 3,
  SETXATTR: WR | ATTR | 1,
  RMXATTR: WR | ATTR | 4,
  CALL: RD | EXEC | 1,
  PGLS: RD | PG | 1,
  PGNLS: RD | PG | 5,
} as const;

/** By number, as Ceph writes them. */
export function osdOpName(code: number): string {
  const name = Object.entries(OSD_OP).find(([, value]) => value === code)?.[0];
  return name ? name.toLowerCase().replaceAll('_', '-') : `op-0x${code.toString(16)}`;
}

/** Flags of a whole operation. */
export const OSD_FLAG = {
  ACK: 0x1,
  ONDISK: 0x4,
  RETRY: 0x8,
  READ: 0x10,
  WRITE: 0x20,
  ORDERSNAP: 0x40,
  BALANCE_READS: 0x100,
  PGOP: 0x400,
  EXEC: 0x800,
  LOCALIZE_READS: 0x2000,
  RWORDERED: 0x4000,
  IGNORE_CACHE: 0x8000,
  IGNORE_OVERLAY: 0x20000,
  REDIRECTED: 0x200000,
  KNOWN_REDIR: 0x400000,
  FULL_TRY: 0x800000,
  FULL_FORCE: 0x1000000,
  RETURNVEC: 0x4000000,
} as const;

/** Flags of one step. */
export const OSD_OP_FLAG = { EXCL: 1, FAILOK: 2 } as const;

export const OSD_WATCH_OP = { UNWATCH: 0, WATCH: 3, RECONNECT: 5, PING: 7 } as const;
export const OSD_BACKOFF_OP = { BLOCK: 1, ACK_BLOCK: 2, UNBLOCK: 3 } as const;
export const WATCH_EVENT = { NOTIFY: 1, NOTIFY_COMPLETE: 2, DISCONNECT: 3 } as const;

/** How `cmpXattr` compares what is given with what is there. */
export const CMPXATTR_OP = { EQ: 1, NE: 2, GT: 3, GTE: 4, LT: 5, LTE: 6 } as const;
export const CMPXATTR_MODE = { STRING: 1, U64: 2 } as const;
