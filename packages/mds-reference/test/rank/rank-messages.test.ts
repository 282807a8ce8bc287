import { describe, expect, it } from '@jest/globals';
import { routeOf } from '../../src/rank/rank-messages.js';

const CLIENT = 8;
const MDS = 2;

describe('the route of a message', () => {
  it.each([
    ['CLIENT_SESSION', 22, 'server', CLIENT],
    ['CLIENT_RECONNECT', 23, 'server', CLIENT],
    ['CLIENT_REQUEST', 24, 'server', 0],
    ['CLIENT_RECLAIM', 27, 'server', CLIENT],
    ['MDS_PEER_REQUEST', 101, 'server', MDS],
    ['MDS_TABLE_REQUEST', 102, 'table', MDS],
    ['MDS_SCRUB', 135, 'scrub', MDS],
    ['MDS_RESOLVE', 0x200, 'mdcache', MDS],
    ['MDS_FRAGMENTNOTIFYACK', 0x212, 'mdcache', MDS],
    ['MDS_LOCK', 0x300, 'locker', MDS],
    ['MDS_INODEFILECAPS', 0x301, 'locker', MDS],
    ['CLIENT_CAPS', 0x310, 'locker', CLIENT],
    ['CLIENT_LEASE', 0x311, 'locker', CLIENT],
    ['CLIENT_CAPRELEASE', 0x313, 'locker', CLIENT],
    ['MDS_EXPORTDIRDISCOVER', 0x449, 'migrator', MDS],
    ['MDS_GATHERCAPS', 0x472, 'migrator', MDS],
    ['MDS_HEARTBEAT', 0x500, 'balancer', MDS],
    ['MDS_SCRUB_STATS', 0x503, 'scrub', MDS],
  ])('of %s leads to the %3$s', (_name, type, part, from) => {
    expect(routeOf(type)).toEqual({ part, from });
  });

  it.each([
    ['CLIENT_REPLY', 26],
    ['CLIENT_SNAP', 0x312],
    ['CLIENT_QUOTA', 0x314],
    ['OSD_OP', 42],
    ['MDS_METRICS', 0x501],
  ])('of %s leads nowhere', (_name, type) => {
    expect(routeOf(type)).toBeUndefined();
  });
});
