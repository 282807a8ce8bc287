import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Messenger, Policy } from '@cephts/async-messenger';
import type { Message } from '@cephts/async-messenger';
import { CephContext } from '@cephts/common';
import { EntityName } from '@cephts/encoding';
import {
  MDS_STATE_ACTIVE,
  MDS_STATE_BOOT,
  MDS_STATE_CREATING,
  MDS_STATE_STANDBY,
  MMDSBeacon,
  MMDSMap,
  MonClient,
} from '@cephts/rados';
import { MDS_OPTIONS } from '../../src/daemon/options.js';
import { EmbeddedMonitor } from '../../src/embedded/embedded-monitor.js';
import { MemoryMonitorStore } from '../../src/embedded/monitor-store.js';
import { mdsMessageRegistry } from '../../src/messages/index.js';

/** A peer of the monitor: a daemon or a client, as far as the monitor knows. */
class Peer {
  readonly cct = new CephContext({ name: 'mds.a', conf: { ms_async_op_threads: 0 } });
  readonly messenger: Messenger;
  readonly monc: MonClient;
  readonly maps: MMDSMap[] = [];
  readonly beacons: MMDSBeacon[] = [];
  #wake: (() => void)[] = [];

  constructor(monitor: EmbeddedMonitor) {
    this.cct.conf.define(MDS_OPTIONS);
    this.messenger = new Messenger(this.cct, { name: EntityName.mds(-1), logicalName: 'mds', registry: mdsMessageRegistry() });
    this.messenger.setDefaultPolicy(Policy.lossyClient());
    this.monc = new MonClient(this.cct, {
      messenger: this.messenger,
      monAddrs: monitor.addrs,
      globalId: monitor.allocateGlobalId(),
    });
    this.messenger.start();
    this.messenger.addDispatcherTail({ msDispatch: (m) => this.#take(m) });
    this.monc.init();
  }

  #take(m: Message): boolean {
    if (m instanceof MMDSMap) {
      this.maps.push(m);
      this.monc.subGot('mdsmap', m.epoch);
    } else if (m instanceof MMDSBeacon) this.beacons.push(m);
    for (const wake of this.#wake.splice(0)) wake();
    return true;
  }

  /** Resolves once `condition` holds, looking again with every message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  subscribe(start = 0): void {
    this.monc.subWant('mdsmap', start);
    this.monc.renewSubs();
  }

  beacon(state: number, seq: number, version = 0): void {
    this.monc.sendMonMessage(new MMDSBeacon(this.monc.fsid, this.monc.globalId, 'a', version, state, seq));
  }

  states(): number[] {
    return this.maps.map((m) => m.map().getStateGid(this.monc.globalId));
  }

  async close(): Promise<void> {
    await this.monc.shutdown();
    await this.messenger.shutdown();
    await this.messenger.wait();
  }
}

describe('the embedded monitor', () => {
  let monitor: EmbeddedMonitor;
  let peers: Peer[];

  const connect = async (): Promise<Peer> => {
    const peer = new Peer(monitor);
    peers.push(peer);
    await peer.monc.authenticate();
    return peer;
  };

  beforeEach(async () => {
    peers = [];
    monitor = new EmbeddedMonitor(new CephContext(), { store: new MemoryMonitorStore() });
    await monitor.start();
  });

  afterEach(async () => {
    for (const peer of peers) await peer.close();
    await monitor.shutdown();
  });

  it('tells who connects which cluster it is of', async () => {
    const peer = await connect();
    expect(String(peer.monc.fsid)).toBe(String(monitor.fsid));
    expect(peer.monc.fsid.isZero()).toBe(false);
  });

  it('takes a daemon from boot to active, a map for each step, and answers its beacons', async () => {
    const peer = await connect();
    peer.subscribe();
    // beacons have a higher priority than subscriptions: sent together they would come first
    await peer.until(() => peer.maps.length === 1);
    peer.beacon(MDS_STATE_BOOT, 1);
    await peer.until(() => peer.states().at(-1) === MDS_STATE_CREATING);
    expect(peer.states().slice(-2)).toEqual([MDS_STATE_STANDBY, MDS_STATE_CREATING]);
    peer.beacon(MDS_STATE_ACTIVE, 2, peer.maps.at(-1)?.epoch ?? 0);
    await peer.until(() => peer.states().at(-1) === MDS_STATE_ACTIVE && peer.beacons.length === 2);
    expect(peer.beacons.map(({ beaconSeq, state }) => [beaconSeq, state])).toEqual([
      [1, MDS_STATE_BOOT],
      [2, MDS_STATE_ACTIVE],
    ]);
  });

  it('tells a client where the MDS is, knowing only the monitor’s address', async () => {
    const daemon = await connect();
    daemon.beacon(MDS_STATE_BOOT, 1);
    const client = await connect();
    client.subscribe();
    await client.until(() => client.maps.at(-1)?.map().isUp(0) === true);
    expect(client.maps.at(-1)?.map().getAddrs(0).isEmpty()).toBe(false);
  });

  it('sends the null map to a daemon that is in no map', async () => {
    const peer = await connect();
    peer.beacon(MDS_STATE_ACTIVE, 1);
    await peer.until(() => peer.maps.length > 0);
    expect(peer.maps[0]?.epoch).toBe(0xffff_ffff);
  });

  it('ignores beacons of another cluster', async () => {
    const peer = await connect();
    const m = new MMDSBeacon(undefined, peer.monc.globalId, 'a', 0, MDS_STATE_BOOT, 1);
    peer.monc.sendMonMessage(m);
    peer.beacon(MDS_STATE_ACTIVE, 2);
    await peer.until(() => peer.maps.length > 0);
    expect(monitor.mdsmap.mdsInfo.size).toBe(0);
  });

  it('gives ids that nobody had before', () => {
    expect(monitor.allocateGlobalId()).not.toBe(monitor.allocateGlobalId());
  });
});
