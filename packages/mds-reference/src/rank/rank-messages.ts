// Which message kinds a rank takes, and from whom. @see MDSRank::handle_message in src/mds/MDSRank.cc (16.2.15)
import { CEPH_ENTITY_TYPE_CLIENT, CEPH_ENTITY_TYPE_MDS } from '@cephts/encoding';

/** Parts of the MDS that messages go to. */
export type MessagePart = 'mdcache' | 'migrator' | 'server' | 'balancer' | 'table' | 'locker' | 'scrub';

/** Where a kind of message goes, and which peers may send it (a mask of entity types; 0: any). */
export interface MessageRoute {
  part: MessagePart;
  from: number;
}

/** High byte of message types: MDS_PORT_*. */
export const MDS_PORT_CACHE = 0x200;
export const MDS_PORT_MIGRATOR = 0x400;

const CACHE: MessageRoute = { part: 'mdcache', from: CEPH_ENTITY_TYPE_MDS };
const MIGRATOR: MessageRoute = { part: 'migrator', from: CEPH_ENTITY_TYPE_MDS };
const SERVER_CLIENT: MessageRoute = { part: 'server', from: CEPH_ENTITY_TYPE_CLIENT };
const LOCKER_MDS: MessageRoute = { part: 'locker', from: CEPH_ENTITY_TYPE_MDS };
const LOCKER_CLIENT: MessageRoute = { part: 'locker', from: CEPH_ENTITY_TYPE_CLIENT };
const SCRUB: MessageRoute = { part: 'scrub', from: CEPH_ENTITY_TYPE_MDS };

const BY_TYPE = new Map<number, MessageRoute>([
  [22, SERVER_CLIENT], // CLIENT_SESSION
  [23, SERVER_CLIENT], // CLIENT_RECONNECT
  [24, { part: 'server', from: 0 }], // CLIENT_REQUEST
  [27, SERVER_CLIENT], // CLIENT_RECLAIM
  [101, { part: 'server', from: CEPH_ENTITY_TYPE_MDS }], // MDS_PEER_REQUEST
  [102, { part: 'table', from: CEPH_ENTITY_TYPE_MDS }], // MDS_TABLE_REQUEST
  [135, SCRUB], // MDS_SCRUB
  [0x300, LOCKER_MDS], // MDS_LOCK
  [0x301, LOCKER_MDS], // INODEFILECAPS
  [0x310, LOCKER_CLIENT], // CLIENT_CAPS
  [0x311, LOCKER_CLIENT], // CLIENT_LEASE
  [0x313, LOCKER_CLIENT], // CLIENT_CAPRELEASE
  [0x500, { part: 'balancer', from: CEPH_ENTITY_TYPE_MDS }], // HEARTBEAT
  [0x503, SCRUB], // SCRUB_STATS
]);

/** The route of a message type; undefined for what a rank does not take. */
export function routeOf(type: number): MessageRoute | undefined {
  const port = type & 0xff00;
  if (port === MDS_PORT_CACHE) return CACHE;
  if (port === MDS_PORT_MIGRATOR) return MIGRATOR;
  return BY_TYPE.get(type);
}
