// The embeddable MDS.
export { startEmbeddedMds } from './embedded/start-embedded-mds.js';
export type { EmbeddedMds, EmbeddedMdsOptions } from './embedded/start-embedded-mds.js';
export { EmbeddedMonitor } from './embedded/embedded-monitor.js';
export type { EmbeddedMonitorOptions } from './embedded/embedded-monitor.js';
export { FileMonitorStore, MemoryMonitorStore } from './embedded/monitor-store.js';
export type { MonitorState, MonitorStore } from './embedded/monitor-store.js';

// An MDS of a cluster.
export { loadMdsConf, pickAddress, startClusterMds } from './daemon/cluster-mds.js';
export type { ClusterMds, ClusterMdsOptions } from './daemon/cluster-mds.js';

// The daemon and its threads, for those who assemble their own.
export { commonInitFinish, globalInit, globalShutdown, main } from './daemon/main.js';
export type {
  BootStage,
  CommonServices,
  Ending,
  GlobalContext,
  GlobalInitOptions,
  MainOptions,
  MdsProcess,
} from './daemon/main.js';
export { MDSDaemon } from './daemon/mds-daemon.js';
export type { MDSDaemonOptions } from './daemon/mds-daemon.js';
export { MDS_OPTIONS } from './daemon/options.js';
export { THREAD_GUIDE, THREAD_QUESTIONS } from './daemon/thread-guide.js';
export type { ThreadGuideEntry, ThreadQuestion } from './daemon/thread-guide.js';
export { MDSRankDispatcher } from './rank/mds-rank-dispatcher.js';
export { AdminSocket } from './services/admin-socket.js';
export type { AdminSocketInit } from './services/admin-socket.js';
export { Log } from './services/log.js';
export type { LogOptions } from './services/log.js';
export { Service } from './services/service.js';
export type { ServiceOptions } from './services/service.js';

// The web page of the threads.
export { Dashboard } from './dashboard/dashboard.js';
export type { DashboardOptions } from './dashboard/dashboard.js';

// The object store port and its adapters.
export { LmdbObjectStore } from './store/lmdb-object-store.js';
export { MemoryObjectStore } from './store/memory-object-store.js';
export { ObjectOperation } from './store/object-store.js';
export type { ObjectLocator, ObjectStore, OpResult } from './store/object-store.js';
export { CephFsClient } from './client/ceph-fs-client.js';
export type { CephFsClientOptions, ClientAttrs, ClientStat, Time } from './client/client-types.js';
