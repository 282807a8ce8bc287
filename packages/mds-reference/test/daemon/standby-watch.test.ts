import { beforeEach, describe, expect, it } from '@jest/globals';
import { CephContext, VirtualClock } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MON, EntityAddrVec } from '@cephts/encoding';
import type { Connection, Messenger } from '@cephts/async-messenger';
import { FSMap, Filesystem, MDS_STATE_ACTIVE, MDS_STATE_STANDBY_REPLAY, MFSMap, MdsInfo } from '@cephts/rados';
import type { MonClient } from '@cephts/rados';
import { SafeTimer } from '@cephts/safe-timer';
import { MDS_OPTIONS } from '../../src/daemon/options.js';
import { StandbyWatch } from '../../src/daemon/standby-watch.js';

const MINE = 4100;
const ACTIVE = 4200;

interface FakeConnection {
  peerAddrs: EntityAddrVec;
  isConnected: boolean;
  down: boolean;
}

describe('the watch of a standby', () => {
  let clock: VirtualClock;
  let cct: CephContext;
  let cons: FakeConnection[];
  let commands: unknown[];
  let subs: Set<string>;
  let watch: StandbyWatch;

  const infoOf = (globalId: number, rank: number, state: number): MdsInfo =>
    Object.assign(new MdsInfo(), { globalId, rank, state, addrs: EntityAddrVec.parse(`v2:127.0.0.1:${globalId}/1`) });

  /** A map of one file system with these MDSs. */
  const take = (...infos: MdsInfo[]): void => {
    const map = new FSMap();
    const fs = new Filesystem();
    for (const info of infos) {
      fs.mdsMap.mdsInfo.set(info.globalId, info);
      fs.mdsMap.in.add(info.rank);
    }
    map.filesystems.push(fs);
    const m = new MFSMap();
    m.map = map;
    m.connection = { peerType: CEPH_ENTITY_TYPE_MON } as Connection;
    expect(watch.msDispatch(m)).toBe(true);
  };
  const last = (): FakeConnection => cons.at(-1) as FakeConnection;
  const reach = (con = last()): void => {
    con.isConnected = true;
    watch.msHandleConnect(con as unknown as Connection);
  };
  const refuse = (con = last()): void => {
    con.isConnected = false;
    watch.msHandleRefused(con as unknown as Connection);
  };

  beforeEach(() => {
    clock = new VirtualClock();
    cct = new CephContext({ clock });
    cct.conf.define(MDS_OPTIONS);
    cons = [];
    commands = [];
    subs = new Set();
    const messenger = {
      connectTo: (_type: number, peerAddrs: EntityAddrVec) => {
        const con = { peerAddrs, isConnected: false, down: false, markDown: () => (con.isConnected = !(con.down = true)) };
        cons.push(con);
        return con;
      },
    };
    const monc = {
      globalId: MINE,
      subWant: (what: string) => subs.add(what),
      subUnwant: (what: string) => subs.delete(what),
      subGot: () => undefined,
      renewSubs: () => undefined,
      monCommand: (command: unknown) => (commands.push(command), Promise.resolve({ r: 0, outs: '' })),
    };
    const timer = new SafeTimer(cct, {});
    timer.init();
    watch = new StandbyWatch(cct, messenger as unknown as Messenger, monc as unknown as MonClient, timer);
  });

  it('has an MDS failed that was there and is refused now, once', () => {
    watch.start();
    take(infoOf(ACTIVE, 0, MDS_STATE_ACTIVE));
    expect(cons).toHaveLength(1);
    reach();
    clock.advance(1000);
    expect(cons).toHaveLength(1);
    last().isConnected = false;
    clock.advance(250);
    expect(cons).toHaveLength(2);
    expect(commands).toEqual([]);
    refuse();
    refuse();
    clock.advance(1000);
    expect(commands).toEqual([{ prefix: 'mds fail', role_or_gid: String(ACTIVE) }]);
  });

  it('leaves one alone that it never reached, that came back, or that only hangs', () => {
    watch.start();
    take(infoOf(ACTIVE, 0, MDS_STATE_ACTIVE));
    refuse();
    clock.advance(1000);
    reach();
    last().isConnected = false;
    clock.advance(250);
    reach();
    clock.advance(60_000);
    expect(cons).toHaveLength(2);
    expect(commands).toEqual([]);
  });

  it('watches who holds the only rank of a file system, not itself', () => {
    watch.start();
    take(infoOf(ACTIVE, 0, MDS_STATE_ACTIVE), infoOf(4300, 1, MDS_STATE_ACTIVE));
    take(infoOf(MINE, 0, MDS_STATE_STANDBY_REPLAY));
    expect(cons).toEqual([]);
    take(infoOf(ACTIVE, 0, MDS_STATE_ACTIVE), infoOf(4300, 0, MDS_STATE_STANDBY_REPLAY));
    expect(cons).toHaveLength(1);
    take(infoOf(4400, 0, MDS_STATE_ACTIVE));
    expect(cons.map(({ down }) => down)).toEqual([true, false]);
  });

  it('ends with the standing by, and is off where it is not wanted', () => {
    watch.start();
    expect([...subs]).toEqual(['fsmap']);
    take(infoOf(ACTIVE, 0, MDS_STATE_ACTIVE));
    watch.stop();
    expect(cons.map(({ down }) => down)).toEqual([true]);
    expect([...subs]).toEqual([]);
    cct.conf.set('cephts_standby_fast_fail', false);
    watch.start();
    expect([...subs]).toEqual([]);
  });
});
