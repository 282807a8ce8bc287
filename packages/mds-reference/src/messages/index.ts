import type { MessageClass } from '@cephts/async-messenger';
import { MessageRegistry } from '@cephts/async-messenger';
import { radosMessageClasses } from '@cephts/rados';
import { MClientCapRelease } from './m-client-cap-release.js';
import { MClientCaps } from './m-client-caps.js';
import { MClientLease } from './m-client-lease.js';
import { MClientMetrics } from './m-client-metrics.js';
import { MClientQuota } from './m-client-quota.js';
import { MClientReclaim, MClientReclaimReply } from './m-client-reclaim.js';
import { MClientReconnect } from './m-client-reconnect.js';
import { MClientReply } from './m-client-reply.js';
import { MClientRequestForward } from './m-client-request-forward.js';
import { MClientRequest } from './m-client-request.js';
import { MClientSession } from './m-client-session.js';
import { MClientSnap } from './m-client-snap.js';
import { MHeartbeat } from './m-heartbeat.js';
import { MMDSMetrics } from './m-mds-metrics.js';
import { MMDSPing } from './m-mds-ping.js';
import { MMDSTableRequest } from './m-mds-table-request.js';
import { opaqueMessageClasses } from './opaque-message.js';

/** Every message an MDS, its clients and its monitor know, as classes. */
export const mdsMessageClasses: readonly MessageClass[] = [
  MClientCapRelease,
  MClientCaps,
  MClientLease,
  MClientMetrics,
  MClientQuota,
  MClientReclaim,
  MClientReclaimReply,
  MClientReconnect,
  MClientReply,
  MClientRequest,
  MClientRequestForward,
  MClientSession,
  MClientSnap,
  MHeartbeat,
  MMDSMetrics,
  MMDSPing,
  MMDSTableRequest,
  ...radosMessageClasses,
  ...opaqueMessageClasses,
];

/** A registry of its own of {@link mdsMessageClasses}, for one messenger. */
export function mdsMessageRegistry(): MessageRegistry {
  return new MessageRegistry(mdsMessageClasses);
}

// All of this room, by one import.
export { CDIR_AUTH_PARENT, DirStat } from './dir-stat.js';
export { InodeStat, REPLY_ENCODING } from './inode-stat.js';
export { LeaseStat } from './lease-stat.js';
export { MClientCapRelease } from './m-client-cap-release.js';
export type { CapItem } from './m-client-cap-release.js';
export { MClientCaps } from './m-client-caps.js';
export type { CapPeer } from './m-client-caps.js';
export { MClientLease } from './m-client-lease.js';
export { CLIENT_METRIC_TYPE, MClientMetrics } from './m-client-metrics.js';
export type { ClientMetric, LatencyValue } from './m-client-metrics.js';
export { MClientQuota } from './m-client-quota.js';
export { MClientReclaim, MClientReclaimReply } from './m-client-reclaim.js';
export { MClientReconnect } from './m-client-reconnect.js';
export { MClientReply } from './m-client-reply.js';
export { MClientRequestForward } from './m-client-request-forward.js';
export { MClientRequest, RequestRelease, decodeSnapPayload, encodeSnapPayload } from './m-client-request.js';
export { MClientSession } from './m-client-session.js';
export { MClientSnap } from './m-client-snap.js';
export { MHeartbeat } from './m-heartbeat.js';
export { ClientMetrics, METRIC_UPDATE_REFRESH, METRIC_UPDATE_REMOVE, MMDSMetrics } from './m-mds-metrics.js';
export type { LatencyMetric, PairMetric } from './m-mds-metrics.js';
export { MMDSPing } from './m-mds-ping.js';
export { MMDSTableRequest, TABLESERVER_OP, TABLE_ANCHOR, TABLE_SNAP, tableServerOpName } from './m-mds-table-request.js';
export { META_POP, MdsLoad } from './mds-load.js';
export {
  CEPH_MSG_CLIENT_CAPRELEASE,
  CEPH_MSG_CLIENT_CAPS,
  CEPH_MSG_CLIENT_LEASE,
  CEPH_MSG_CLIENT_METRICS,
  CEPH_MSG_CLIENT_QUOTA,
  CEPH_MSG_CLIENT_RECLAIM,
  CEPH_MSG_CLIENT_RECLAIM_REPLY,
  CEPH_MSG_CLIENT_RECONNECT,
  CEPH_MSG_CLIENT_REPLY,
  CEPH_MSG_CLIENT_REQUEST,
  CEPH_MSG_CLIENT_REQUEST_FORWARD,
  CEPH_MSG_CLIENT_SESSION,
  CEPH_MSG_CLIENT_SNAP,
  MDS_PORT_CACHE,
  MDS_PORT_LOCKER,
  MDS_PORT_MASK,
  MDS_PORT_MIGRATOR,
  MSG_MDS_CACHEEXPIRE,
  MSG_MDS_CACHEREJOIN,
  MSG_MDS_DENTRYLINK,
  MSG_MDS_DENTRYUNLINK,
  MSG_MDS_DIRUPDATE,
  MSG_MDS_DISCOVER,
  MSG_MDS_DISCOVERREPLY,
  MSG_MDS_EXPORTCAPS,
  MSG_MDS_EXPORTCAPSACK,
  MSG_MDS_EXPORTDIR,
  MSG_MDS_EXPORTDIRACK,
  MSG_MDS_EXPORTDIRCANCEL,
  MSG_MDS_EXPORTDIRDISCOVER,
  MSG_MDS_EXPORTDIRDISCOVERACK,
  MSG_MDS_EXPORTDIRFINISH,
  MSG_MDS_EXPORTDIRNOTIFY,
  MSG_MDS_EXPORTDIRNOTIFYACK,
  MSG_MDS_EXPORTDIRPREP,
  MSG_MDS_EXPORTDIRPREPACK,
  MSG_MDS_EXPORTDIRWARNING,
  MSG_MDS_EXPORTDIRWARNINGACK,
  MSG_MDS_FINDINO,
  MSG_MDS_FINDINOREPLY,
  MSG_MDS_FRAGMENTNOTIFY,
  MSG_MDS_FRAGMENTNOTIFYACK,
  MSG_MDS_GATHERCAPS,
  MSG_MDS_HEARTBEAT,
  MSG_MDS_INODEFILECAPS,
  MSG_MDS_INODEUPDATE,
  MSG_MDS_LOCK,
  MSG_MDS_METRICS,
  MSG_MDS_OFFLOAD_TARGETS,
  MSG_MDS_OPENINO,
  MSG_MDS_OPENINOREPLY,
  MSG_MDS_PEER_REQUEST,
  MSG_MDS_PING,
  MSG_MDS_RESOLVE,
  MSG_MDS_RESOLVEACK,
  MSG_MDS_SCRUB,
  MSG_MDS_SCRUB_STATS,
  MSG_MDS_SNAPUPDATE,
  MSG_MDS_TABLE_REQUEST,
} from './message-types.js';
export { OpaqueMessage, opaqueMessageClasses, opaqueMessageName } from './opaque-message.js';
export { OpencResponse, decodeReaddirPage, decodeReplyTrace, encodeDentryTrace, encodeReaddirPage } from './reply-trace.js';
export type { ReaddirEntry, ReaddirPage, ReplyTrace } from './reply-trace.js';
export {
  FilelockArgs,
  GetattrArgs,
  LEGACY_REQUEST_ARGS_SIZE,
  LookupinoArgs,
  MkdirArgs,
  MknodArgs,
  OpenArgs,
  REQUEST_ARGS_SIZE,
  ReaddirArgs,
  RequestArgs,
  SetattrArgs,
  SetlayoutArgs,
  SetxattrArgs,
} from './request-args.js';
