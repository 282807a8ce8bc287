import type { CephContext, PerfCounters, PerfCounterSpec } from '@cephts/common';
import * as ops from '../types/op-names.js';

const LATENCIES: readonly (readonly [op: number, key: string, what: string])[] = [
  [ops.CEPH_MDS_OP_LOOKUPHASH, 'lookuphash', 'lookup hash of inode'],
  [ops.CEPH_MDS_OP_LOOKUPINO, 'lookupino', 'lookup inode'],
  [ops.CEPH_MDS_OP_LOOKUPPARENT, 'lookupparent', 'lookup parent'],
  [ops.CEPH_MDS_OP_LOOKUPNAME, 'lookupname', 'lookup name'],
  [ops.CEPH_MDS_OP_LOOKUP, 'lookup', 'lookup'],
  [ops.CEPH_MDS_OP_LOOKUPSNAP, 'lookupsnap', 'lookup snapshot'],
  [ops.CEPH_MDS_OP_GETATTR, 'getattr', 'get attribute'],
  [ops.CEPH_MDS_OP_SETATTR, 'setattr', 'set attribute'],
  [ops.CEPH_MDS_OP_SETDIRLAYOUT, 'setdirlayout', 'set directory layout'],
  [ops.CEPH_MDS_OP_SETLAYOUT, 'setlayout', 'set file layout'],
  [ops.CEPH_MDS_OP_GETVXATTR, 'getvxattr', 'get virtual extended attribute'],
  [ops.CEPH_MDS_OP_SETXATTR, 'setxattr', 'set extended attribute'],
  [ops.CEPH_MDS_OP_RMXATTR, 'rmxattr', 'remove extended attribute'],
  [ops.CEPH_MDS_OP_READDIR, 'readdir', 'read directory'],
  [ops.CEPH_MDS_OP_SETFILELOCK, 'setfilelock', 'set file lock'],
  [ops.CEPH_MDS_OP_GETFILELOCK, 'getfilelock', 'get file lock'],
  [ops.CEPH_MDS_OP_CREATE, 'create', 'create'],
  [ops.CEPH_MDS_OP_OPEN, 'open', 'open'],
  [ops.CEPH_MDS_OP_MKNOD, 'mknod', 'make node'],
  [ops.CEPH_MDS_OP_LINK, 'link', 'link'],
  [ops.CEPH_MDS_OP_UNLINK, 'unlink', 'unlink'],
  [ops.CEPH_MDS_OP_RMDIR, 'rmdir', 'remove directory'],
  [ops.CEPH_MDS_OP_RENAME, 'rename', 'rename'],
  [ops.CEPH_MDS_OP_MKDIR, 'mkdir', 'make directory'],
  [ops.CEPH_MDS_OP_SYMLINK, 'symlink', 'symbolic link'],
  [ops.CEPH_MDS_OP_LSSNAP, 'lssnap', 'list snapshot'],
  [ops.CEPH_MDS_OP_MKSNAP, 'mksnap', 'make snapshot'],
  [ops.CEPH_MDS_OP_RMSNAP, 'rmsnap', 'remove snapshot'],
  [ops.CEPH_MDS_OP_RENAMESNAP, 'renamesnap', 'rename snapshot'],
];

const COUNTERS: readonly PerfCounterSpec[] = [
  { key: 'handle_client_request', type: 'counter', description: 'Client requests', nick: 'hcr', priority: 8 },
  { key: 'handle_peer_request', type: 'counter', description: 'Peer requests', nick: 'hsr', priority: 8 },
  { key: 'handle_client_session', type: 'counter', description: 'Client session messages', nick: 'hcs', priority: 8 },
  { key: 'cap_revoke_eviction', type: 'counter', description: 'Cap Revoke Client Eviction', nick: 'cre', priority: 8 },
  { key: 'cap_acquisition_throttle', type: 'counter', description: 'Cap acquisition throttle counter', nick: 'cat', priority: 8 },
  { key: 'dispatch_client_request', type: 'counter', description: 'Client requests dispatched' },
  { key: 'dispatch_server_request', type: 'counter', description: 'Server requests dispatched' },
];

/** Perf counters `mds_server`. */
export class ServerPerf {
  readonly #counters: PerfCounters;
  readonly #latency = new Map<number, number>();
  static readonly handleClientRequest = 0;
  static readonly handlePeerRequest = 1;
  static readonly handleClientSession = 2;
  static readonly capRevokeEviction = 3;
  static readonly dispatchClientRequest = 5;

  constructor(cct: CephContext) {
    const latencies = LATENCIES.map(([, key, what]): PerfCounterSpec => ({
      key: `req_${key}_latency`,
      type: 'timeavg',
      description: `Request type ${what} latency`,
      priority: 8,
    }));
    this.#counters = cct.perf.create('mds_server', [...COUNTERS, ...latencies]);
    LATENCIES.forEach(([op], i) => this.#latency.set(op, COUNTERS.length + i));
  }

  inc(idx: number): void {
    this.#counters.inc(idx);
  }

  /** A request was answered `ms` after it came. */
  reply(op: number, ms: number): void {
    const idx = this.#latency.get(op);
    if (idx !== undefined) this.#counters.tinc(idx, ms);
  }

  get counters(): PerfCounters {
    return this.#counters;
  }
}
