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

/** In weights and primary affinities: all of it. */
export const OSD_FULL_WEIGHT = 0x10000;
