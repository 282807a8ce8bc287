// States of an MDS by number and by Ceph's print name. @see src/include/ceph_fs.h, src/common/ceph_strings.cc (16.2.15)

export const MDS_STATE_DNE = 0;
export const MDS_STATE_STOPPED = -1;
export const MDS_STATE_BOOT = -4;
export const MDS_STATE_STANDBY = -5;
export const MDS_STATE_CREATING = -6;
export const MDS_STATE_STARTING = -7;
export const MDS_STATE_STANDBY_REPLAY = -8;
export const MDS_STATE_REPLAYONCE = -9;
export const MDS_STATE_NULL = -10;
export const MDS_STATE_REPLAY = 8;
export const MDS_STATE_RESOLVE = 9;
export const MDS_STATE_RECONNECT = 10;
export const MDS_STATE_REJOIN = 11;
export const MDS_STATE_CLIENTREPLAY = 12;
export const MDS_STATE_ACTIVE = 13;
export const MDS_STATE_STOPPING = 14;
export const MDS_STATE_DAMAGED = 15;

const mdsStates: ReadonlyMap<number, string> = new Map([
  [MDS_STATE_DNE, 'down:dne'],
  [MDS_STATE_STOPPED, 'down:stopped'],
  [MDS_STATE_DAMAGED, 'down:damaged'],
  [MDS_STATE_BOOT, 'up:boot'],
  [MDS_STATE_STANDBY, 'up:standby'],
  [MDS_STATE_STANDBY_REPLAY, 'up:standby-replay'],
  [MDS_STATE_REPLAYONCE, 'up:oneshot-replay'],
  [MDS_STATE_CREATING, 'up:creating'],
  [MDS_STATE_STARTING, 'up:starting'],
  [MDS_STATE_REPLAY, 'up:replay'],
  [MDS_STATE_RESOLVE, 'up:resolve'],
  [MDS_STATE_RECONNECT, 'up:reconnect'],
  [MDS_STATE_REJOIN, 'up:rejoin'],
  [MDS_STATE_CLIENTREPLAY, 'up:clientreplay'],
  [MDS_STATE_ACTIVE, 'up:active'],
  [MDS_STATE_STOPPING, 'up:stopping'],
]);

/** `'up:active'` for {@link MDS_STATE_ACTIVE}, `'???'` for what is none. */
export function mdsStateName(state: number): string {
  return mdsStates.get(state) ?? '???';
}
