// Configuration and keys.
export { parseCephArgs, splitArgs } from './conf/ceph-args.js';
export type { CephArgs } from './conf/ceph-args.js';
export { CephConf } from './conf/ceph-conf.js';
export type { CephConfOptions, ConfSource } from './conf/ceph-conf.js';
export { ConfFile } from './conf/conf-file.js';
export { Keyring } from './conf/keyring.js';
export type { KeyringEntry } from './conf/keyring.js';
export { RADOS_OPTIONS } from './conf/options.js';
export { AuthCapsInfo, AuthTicket } from './auth/auth-types.js';
export { CEPH_CRYPTO, CryptoKey } from './auth/crypto-key.js';

// Monitors.
export { connectCluster, loadKeyring } from './mon/connect.js';
export type { ClusterClient, ConnectClusterOptions } from './mon/connect.js';
export { buildInitialMonMap, monMapOf } from './mon/initial-monmap.js';
export type { ClogLevel } from './mon/log-client.js';
export { MonClient } from './mon/mon-client.js';
export type { MonClientOptions } from './mon/mon-client.js';
export type { CommandOptions, CommandReply } from './mon/mon-commands.js';

// Managers.
export { MgrClient } from './mgr/mgr-client.js';
export type { MgrClientOptions } from './mgr/mgr-client.js';

// Maps.
export { dumpAddrVec, legacyString, releaseName, toJson } from './maps/dump.js';
export { FeatureMap } from './maps/feature-map.js';
export { MgrMap, ModuleInfo, ModuleOption, StandbyMgr } from './maps/mgr-map.js';
export type { MgrModuleClient } from './maps/mgr-map.js';
export { ServiceDaemon, ServiceInfo, ServiceMap } from './maps/service-map.js';
export { FSMap, Filesystem } from './maps/fs-map.js';
export type { MirrorPeer } from './maps/fs-map.js';
export {
  CEPH_MDSMAP_ALLOW_MULTIMDS_SNAPS,
  CEPH_MDSMAP_ALLOW_SNAPS,
  CEPH_MDSMAP_ALLOW_STANDBY_REPLAY,
  CEPH_MDSMAP_DEFAULTS,
  CEPH_MDSMAP_NOT_JOINABLE,
  FS_CLUSTER_ID_NONE,
  MDS_GID_NONE,
  MDS_RANK_NONE,
} from './maps/mds-constants.js';
export {
  MDS_FEATURE_INCOMPAT_BASE,
  MDS_FEATURE_INCOMPAT_CLIENTRANGES,
  MDS_FEATURE_INCOMPAT_DIRINODE,
  MDS_FEATURE_INCOMPAT_ENCODING,
  MDS_FEATURE_INCOMPAT_FILELAYOUT,
  MDS_FEATURE_INCOMPAT_FILE_LAYOUT_V2,
  MDS_FEATURE_INCOMPAT_INLINE,
  MDS_FEATURE_INCOMPAT_NOANCHOR,
  MDS_FEATURE_INCOMPAT_OMAPDIRFRAG,
  MDS_FEATURE_INCOMPAT_SNAPREALM_V2,
  mdsCompatSetAll,
  mdsCompatSetBase,
  mdsCompatSetDefault,
} from './maps/mds-features.js';
export { HEALTH_ERR, HEALTH_OK, HEALTH_WARN, MDS_HEALTH, MdsHealth, MdsHealthMetric } from './maps/mds-health.js';
export { MdsInfo } from './maps/mds-info.js';
export { MDSMap } from './maps/mds-map.js';
export {
  MDS_STATE_ACTIVE,
  MDS_STATE_BOOT,
  MDS_STATE_CLIENTREPLAY,
  MDS_STATE_CREATING,
  MDS_STATE_DAMAGED,
  MDS_STATE_DNE,
  MDS_STATE_NULL,
  MDS_STATE_RECONNECT,
  MDS_STATE_REJOIN,
  MDS_STATE_REPLAY,
  MDS_STATE_REPLAYONCE,
  MDS_STATE_RESOLVE,
  MDS_STATE_STANDBY,
  MDS_STATE_STANDBY_REPLAY,
  MDS_STATE_STARTING,
  MDS_STATE_STOPPED,
  MDS_STATE_STOPPING,
  mdsStateName,
} from './maps/mds-state.js';
export { MonMap } from './maps/mon-map.js';
export type { MonInfo } from './maps/mon-map.js';

// Messages.
export { MAuth, MAuthReply } from './messages/m-auth.js';
export { MConfig } from './messages/m-config.js';
export { CLOG, LogEntry, MLog, MLogAck } from './messages/m-log.js';
export { MFSMap, MMgrMap, MServiceMap } from './messages/m-maps.js';
export { MMgrClose, MMgrCommand, MMgrCommandReply, MMgrConfigure, MMgrOpen, MMgrReport } from './messages/m-mgr.js';
export type { PerfCounterDeclaration } from './messages/m-mgr.js';
export { MMonCommand, MMonCommandAck } from './messages/m-mon-command.js';
export { MPing } from './messages/m-ping.js';
export {
  CEPH_MSG_AUTH,
  CEPH_MSG_AUTH_REPLY,
  CEPH_MSG_FS_MAP,
  CEPH_MSG_FS_MAP_USER,
  CEPH_MSG_MDS_MAP,
  CEPH_MSG_MON_GET_MAP,
  CEPH_MSG_MON_GET_VERSION,
  CEPH_MSG_MON_GET_VERSION_REPLY,
  CEPH_MSG_MON_MAP,
  CEPH_MSG_MON_SUBSCRIBE,
  CEPH_MSG_MON_SUBSCRIBE_ACK,
  CEPH_MSG_OSD_MAP,
  CEPH_MSG_PING,
  CEPH_MSG_PRIO_DEFAULT,
  CEPH_MSG_PRIO_HIGH,
  CEPH_MSG_PRIO_HIGHEST,
  CEPH_MSG_PRIO_LOW,
  MSG_COMMAND,
  MSG_COMMAND_REPLY,
  MSG_CONFIG,
  MSG_GET_CONFIG,
  MSG_LOG,
  MSG_LOGACK,
  MSG_MDS_BEACON,
  MSG_MGR_CLOSE,
  MSG_MGR_COMMAND,
  MSG_MGR_COMMAND_REPLY,
  MSG_MGR_CONFIGURE,
  MSG_MGR_MAP,
  MSG_MGR_OPEN,
  MSG_MGR_REPORT,
  MSG_MON_COMMAND,
  MSG_MON_COMMAND_ACK,
  MSG_REMOVE_SNAPS,
} from './messages/message-types.js';
export { MCommand, MCommandReply } from './messages/m-command.js';
export { MMDSBeacon } from './messages/m-mds-beacon.js';
export { MMDSMap } from './messages/m-mds-map.js';
export {
  CEPH_SUBSCRIBE_ONETIME,
  MMonGetMap,
  MMonGetVersion,
  MMonGetVersionReply,
  MMonMap,
  MMonSubscribe,
  MMonSubscribeAck,
  MRemoveSnaps,
} from './messages/m-mon.js';
export type { MonSubscribeItem } from './messages/m-mon.js';
export { MOSDMap } from './messages/osd/m-osd-map.js';
export { PaxosServiceMessage } from './messages/paxos-service-message.js';
export { radosMessageClasses } from './messages/registry.js';

// CRUSH and the map of OSDs.
export { bucketAlgName, CrushBucket } from './crush/crush-bucket.js';
export { CrushMap } from './crush/crush-map.js';
export type { CrushTunables } from './crush/crush-map.js';
export { CrushRule } from './crush/crush-rule.js';
export type { CrushStep } from './crush/crush-rule.js';
export { CRUSH_ITEM_NONE } from './crush/mapper.js';
export { applyIncremental } from './osdmap/apply-incremental.js';
export { CEPH_NOSNAP, CEPH_SNAPDIR, HObject } from './osdmap/hobject.js';
export { decodeOsdMap, encodeOsdMap } from './osdmap/osd-map-codec.js';
export { OSD_FULL_WEIGHT, OSD_STATE, OSDMAP_FLAG } from './osdmap/osd-flags.js';
export { OsdMapIncremental } from './osdmap/osd-map-incremental.js';
export { OsdMap } from './osdmap/osd-map.js';
export { OsdReqId, SnapContext } from './osdmap/osd-types.js';
export { PgPool, POOL_FLAG, POOL_TYPE } from './osdmap/pg-pool.js';
export type { PoolSnapInfo } from './osdmap/pg-pool.js';
export { PgId, SpgId } from './osdmap/pg.js';
export type { PgPlacement } from './osdmap/placement.js';
export type { PoolStat } from './osdmap/pool-stat.js';

// Operations on objects.
export { Cluster } from './client/cluster.js';
export type { ClusterOptions } from './client/cluster.js';
export { IoCtx } from './client/io-ctx.js';
export type { CallOptions } from './client/call-options.js';
export type { OperateOptions, ReadOptions } from './client/io-ctx.js';
export type { PoolSnapshots } from './client/pool-snapshots.js';
export { Striper } from './client/striper.js';
export type { StriperLayout } from './client/striper.js';
export type { ReadStreamOptions, WriteStreamOptions } from './client/streams.js';
export type { Notification, NotifyOptions, NotifyReply, Watch, WatchOptions } from './client/watch.js';
export { CMPXATTR_OP, OSD_FLAG, OSD_OP, OSD_OP_FLAG } from './messages/osd/osd-op-codes.js';
export { MOSDBackoff } from './messages/osd/m-osd-backoff.js';
export { MOSDOpReply } from './messages/osd/m-osd-op-reply.js';
export { MOSDOp } from './messages/osd/m-osd-op.js';
export { MWatchNotify } from './messages/osd/m-watch-notify.js';
export { OsdOp } from './messages/osd/osd-op.js';
export { Objecter } from './objecter/objecter.js';
export type { ObjecterInit, SubmitOptions } from './objecter/objecter.js';
export type { ObjecterMon } from './objecter/objecter-mon.js';
export type { ObjecterOp } from './objecter/objecter-op.js';
export { ObjectOperation } from './objecter/object-operation.js';
export type {
  CloneInfo,
  ListedObject,
  ListPage,
  ObjectStat,
  OmapKeysPage,
  OmapPage,
  OpResult,
  SparseRead,
  Watcher,
} from './objecter/operation-results.js';
export type { ClusterStat } from './objecter/pool-requests.js';
