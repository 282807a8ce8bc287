/** Bits of `OsdMap.osdState`. */
export const OSD_STATE = {
  exists: 1 << 0,
  up: 1 << 1,
  autoout: 1 << 2,
  new: 1 << 3,
  full: 1 << 4,
  nearfull: 1 << 5,
  backfillfull: 1 << 6,
  destroyed: 1 << 7,
  noup: 1 << 8,
  nodown: 1 << 9,
  noin: 1 << 10,
  noout: 1 << 11,
  stop: 1 << 12,
} as const;

/** Bits of `OsdMap.flags`. */
export const OSDMAP_FLAG = {
  nearfull: 1 << 0,
  full: 1 << 1,
  pauserd: 1 << 2,
  pausewr: 1 << 3,
  pauserec: 1 << 4,
  noup: 1 << 5,
  nodown: 1 << 6,
  noout: 1 << 7,
  noin: 1 << 8,
  nobackfill: 1 << 9,
  norecover: 1 << 10,
  noscrub: 1 << 11,
  nodeepScrub: 1 << 12,
  notieragent: 1 << 13,
  norebalance: 1 << 14,
  sortbitwise: 1 << 15,
  requireJewel: 1 << 16,
  requireKraken: 1 << 17,
  requireLuminous: 1 << 18,
  recoveryDeletes: 1 << 19,
  purgedSnapdirs: 1 << 20,
  nosnaptrim: 1 << 21,
  pglogHardlimit: 1 << 22,
} as const;

/** How Ceph spells them, in the order in which it tells them. @see OSDMap::get_flag_string in src/osd/OSDMap.cc (16.2.15) */
export const OSDMAP_FLAG_NAMES: readonly (readonly [flag: number, name: string])[] = [
  [OSDMAP_FLAG.pauserd, 'pauserd'],
  [OSDMAP_FLAG.pausewr, 'pausewr'],
  [OSDMAP_FLAG.pauserec, 'pauserec'],
  [OSDMAP_FLAG.noup, 'noup'],
  [OSDMAP_FLAG.nodown, 'nodown'],
  [OSDMAP_FLAG.noout, 'noout'],
  [OSDMAP_FLAG.noin, 'noin'],
  [OSDMAP_FLAG.nobackfill, 'nobackfill'],
  [OSDMAP_FLAG.norebalance, 'norebalance'],
  [OSDMAP_FLAG.norecover, 'norecover'],
  [OSDMAP_FLAG.noscrub, 'noscrub'],
  [OSDMAP_FLAG.nodeepScrub, 'nodeep-scrub'],
  [OSDMAP_FLAG.notieragent, 'notieragent'],
  [OSDMAP_FLAG.nosnaptrim, 'nosnaptrim'],
  [OSDMAP_FLAG.sortbitwise, 'sortbitwise'],
  [OSDMAP_FLAG.requireJewel, 'require_jewel_osds'],
  [OSDMAP_FLAG.requireKraken, 'require_kraken_osds'],
  [OSDMAP_FLAG.requireLuminous, 'require_luminous_osds'],
  [OSDMAP_FLAG.recoveryDeletes, 'recovery_deletes'],
  [OSDMAP_FLAG.purgedSnapdirs, 'purged_snapdirs'],
  [OSDMAP_FLAG.pglogHardlimit, 'pglog_hardlimit'],
];

/** In weights and primary affinities: all of it. */
export const OSD_FULL_WEIGHT = 0x10000;
