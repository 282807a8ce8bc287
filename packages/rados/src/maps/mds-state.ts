// States of an MDS by number and by Ceph's print name. @see src/include/ceph_fs.h, src/common/ceph_strings.cc (16.2.15)

/** down:dne: there is no such MDS. */
export const MDS_STATE_DNE = 0;
/** down:stopped: the rank was left in good order. */
export const MDS_STATE_STOPPED = -1;
/** up:boot: it has just come up and asks for a job. */
export const MDS_STATE_BOOT = -4;
/** up:standby: it waits for a rank. */
export const MDS_STATE_STANDBY = -5;
/** up:creating: it makes a file system, or a rank, that is new. */
export const MDS_STATE_CREATING = -6;
/** up:starting: it takes up a rank that had been stopped. */
export const MDS_STATE_STARTING = -7;
/** up:standby-replay: it follows the journal of an active one. */
export const MDS_STATE_STANDBY_REPLAY = -8;
/** up:oneshot-replay: it replays once and ends; kept for its number. */
export const MDS_STATE_REPLAYONCE = -9;
/** No state. */
export const MDS_STATE_NULL = -10;
/** up:replay: it reads the journal of a rank that failed. */
export const MDS_STATE_REPLAY = 8;
/** up:resolve: ranks settle which updates across them happened. */
export const MDS_STATE_RESOLVE = 9;
/** up:reconnect: clients tell what they hold. */
export const MDS_STATE_RECONNECT = 10;
/** up:rejoin: ranks settle who has which locks and caps. */
export const MDS_STATE_REJOIN = 11;
/** up:clientreplay: requests are done again that clients have had no safe reply to. */
export const MDS_STATE_CLIENTREPLAY = 12;
/** up:active: it serves. */
export const MDS_STATE_ACTIVE = 13;
/** up:stopping: it hands over what it has and leaves its rank. */
export const MDS_STATE_STOPPING = 14;
/** down:damaged: what the rank has stored cannot be read. */
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
