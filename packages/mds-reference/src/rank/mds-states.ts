/**
 * States of an MDS in the map.
 *
 * @see CEPH_MDS_STATE_* in src/include/ceph_fs.h (16.2.15)
 */
export const MDS_STATE = {
  DNE: 0,
  STOPPED: -1,
  BOOT: -4,
  STANDBY: -5,
  CREATING: -6,
  STARTING: -7,
  STANDBY_REPLAY: -8,
  NULL: -10,
  REPLAY: 8,
  RESOLVE: 9,
  RECONNECT: 10,
  REJOIN: 11,
  CLIENTREPLAY: 12,
  ACTIVE: 13,
  STOPPING: 14,
  DAMAGED: 15,
} as const;

const NAMES = new Map<number, string>([
  [MDS_STATE.DNE, 'down:dne'],
  [MDS_STATE.STOPPED, 'down:stopped'],
  [MDS_STATE.DAMAGED, 'down:damaged'],
  [MDS_STATE.BOOT, 'up:boot'],
  [MDS_STATE.STANDBY, 'up:standby'],
  [MDS_STATE.STANDBY_REPLAY, 'up:standby-replay'],
  [MDS_STATE.CREATING, 'up:creating'],
  [MDS_STATE.STARTING, 'up:starting'],
  [MDS_STATE.REPLAY, 'up:replay'],
  [MDS_STATE.RESOLVE, 'up:resolve'],
  [MDS_STATE.RECONNECT, 'up:reconnect'],
  [MDS_STATE.REJOIN, 'up:rejoin'],
  [MDS_STATE.CLIENTREPLAY, 'up:clientreplay'],
  [MDS_STATE.ACTIVE, 'up:active'],
  [MDS_STATE.STOPPING, 'up:stopping'],
]);

/** `'up:active'` and the like, as Ceph prints them. */
export function mdsStateName(state: number): string {
  return NAMES.get(state) ?? '???';
}

/** What a daemon without a rank is in the map. */
export const MDS_RANK_NONE = -1;
/** No file system: of `fscid` in beacons. */
export const FS_CLUSTER_ID_NONE = -1;

const FROM_STARTING: readonly number[] = [MDS_STATE.ACTIVE];
const TRANSITIONS = new Map<number, readonly number[]>([
  [MDS_STATE.NULL, [MDS_STATE.CREATING, MDS_STATE.STARTING, MDS_STATE.REPLAY, MDS_STATE.STANDBY_REPLAY]],
  [MDS_STATE.STANDBY, [MDS_STATE.CREATING, MDS_STATE.STARTING, MDS_STATE.REPLAY, MDS_STATE.STANDBY_REPLAY]],
  [MDS_STATE.CREATING, FROM_STARTING],
  [MDS_STATE.STARTING, FROM_STARTING],
  [MDS_STATE.STANDBY_REPLAY, [MDS_STATE.REPLAY]],
  [MDS_STATE.REPLAY, [MDS_STATE.RESOLVE, MDS_STATE.RECONNECT]],
  [MDS_STATE.RESOLVE, [MDS_STATE.RECONNECT]],
  [MDS_STATE.RECONNECT, [MDS_STATE.REJOIN]],
  [MDS_STATE.REJOIN, [MDS_STATE.ACTIVE, MDS_STATE.CLIENTREPLAY]],
  [MDS_STATE.CLIENTREPLAY, [MDS_STATE.ACTIVE]],
  [MDS_STATE.ACTIVE, [MDS_STATE.STOPPING]],
  [MDS_STATE.STOPPING, [MDS_STATE.STOPPED]],
]);

/**
 * May a daemon go from one state to the other? Staying is always fine.
 *
 * @see MDSMap::state_transition_valid in src/mds/MDSMap.cc (16.2.15)
 */
export function stateTransitionValid(previous: number, next: number): boolean {
  return previous === next || (TRANSITIONS.get(previous)?.includes(next) ?? false);
}
