import type { Connection, Message } from '@cephts/async-messenger';
import { CephContext, seededRandom, VirtualClock } from '@cephts/common';
import { Decoder, Encoder, EntityAddrVec } from '@cephts/encoding';
import { SafeTimer } from '@cephts/safe-timer';
import { MDSMap, MDS_STATE_BOOT } from '@cephts/rados';
import { MDS_OPTIONS } from '../../src/daemon/options.js';
import { MDSMonitor } from '../../src/embedded/mds-monitor.js';
import { MemoryMonitorStore } from '../../src/embedded/monitor-store.js';
import type { MonitorState } from '../../src/embedded/monitor-store.js';
import { mdsMessageRegistry } from '../../src/messages/index.js';
import type { MDSRankOptions } from '../../src/rank/mds-rank.js';
import { MDSRankDispatcher } from '../../src/rank/mds-rank-dispatcher.js';
import { MemoryObjectStore } from '../../src/store/memory-object-store.js';

/** Features of a connection between two 16.2.15 peers. */
export const FEATURES = 0x3f01cfb9fffdffffn;

const registry = mdsMessageRegistry();

/** The message as its receiver sees it: through its bytes. */
export function overTheWire(m: Message, connection: Connection): Message {
  const e = new Encoder(1024);
  m.encodePayload(e, FEATURES);
  const received = registry.create(m.type);
  if (!received) throw new Error(`no class for ${m.typeName}`);
  Object.assign(received, { tid: m.tid, seq: m.seq, src: m.src, middle: m.middle, data: m.data, connection });
  received.decodePayload(new Decoder(e.toBytes(), m.typeName), m.headVersion);
  return received;
}

export interface TestRankOptions {
  seed?: number;
  /** Virtual ms an operation of the store takes. */
  latencyMs?: number;
  conf?: Record<string, number | boolean | string>;
}

/**
 * A whole rank, everything in it real but its peers: the object store is in memory, the monitor decides without a messenger, time is virtual,
 * and clients are objects (see TestClient).
 */
export class TestRank {
  readonly clock: VirtualClock;
  readonly cct: CephContext;
  readonly store: MemoryObjectStore;
  /** What was said to the cluster's log, by this rank and those before it. */
  readonly clog: string[];
  readonly errors: unknown[] = [];
  /** Numbers the requests of all clients. */
  nextOrder = 0;
  readonly #state: MonitorState;
  #monitor: MDSMonitor | undefined;
  #rank: MDSRankDispatcher | undefined;
  #map = MDSMap.createNullMdsmap();
  #dispatchers: { msDispatch(m: Message): boolean }[] = [];
  #timer: SafeTimer | undefined;
  #stopped = false;

  private constructor({ seed = 1, latencyMs = 0, conf = {} }: TestRankOptions, from?: TestRank) {
    this.clog = from?.clog ?? [];
    this.nextOrder = from?.nextOrder ?? 0;
    this.clock = from?.clock ?? new VirtualClock();
    this.cct = new CephContext({
      name: 'mds.a',
      clock: this.clock,
      random: seededRandom(seed),
      sliceMs: 1,
      conf,
      onError: (error) => this.errors.push(error),
    });
    this.cct.conf.define(MDS_OPTIONS);
    this.store = from
      ? from.store.clone({ clock: this.clock, latencyMs })
      : new MemoryObjectStore({ clock: this.clock, latencyMs });
    this.#state = from
      ? { ...from.#state }
      : { format: 1, fsid: '00000000-0000-0000-0000-000000000001', epoch: 0, nextGlobalId: 4100, created: false };
  }

  /** A new file system. */
  static async create(options: TestRankOptions = {}): Promise<TestRank> {
    const rank = new TestRank(options);
    await rank.#boot();
    await rank.until(() => rank.rank.isActive());
    return rank;
  }

  /** Another rank on what the store of this one holds now, as after a crash; it has begun to boot. */
  async restart(options: TestRankOptions = {}): Promise<TestRank> {
    this.#stopped = true;
    const rank = new TestRank(options, this);
    await rank.#boot();
    return rank;
  }

  /** A stopped rank is out of touch with everyone. */
  get stopped(): boolean {
    return this.#stopped;
  }

  get rank(): MDSRankDispatcher {
    return this.#rank as MDSRankDispatcher;
  }

  /** Lets time pass until something holds. */
  async until(what: () => boolean, ms = 120_000): Promise<void> {
    const end = this.clock.monotonicNow() + ms;
    await this.clock.settle();
    while (!what()) {
      this.throwErrors();
      if (this.clock.monotonicNow() > end) throw new Error('waited too long');
      await this.clock.advanceAsync(1);
    }
    this.throwErrors();
  }

  throwErrors(): void {
    if (this.errors.length > 0) throw this.errors[0];
  }

  async #boot(): Promise<void> {
    const { cct } = this;
    const gid = this.#state.nextGlobalId++;
    const addrs = EntityAddrVec.parse('v2:127.0.0.1:6800/1') as EntityAddrVec;
    this.#monitor = new MDSMonitor(cct, new MemoryMonitorStore(), this.#state, (map) => {
      cct.clock.defer(() => this.#handleMap(map, gid));
    });
    const monitor = this.#monitor;
    const tell = (state: number): void => {
      const { epoch } = monitor.map;
      monitor.handleBeacon({ gid, name: 'a', version: epoch, state, seq: epoch, addrs, mdsFeatures: FEATURES });
    };
    let wantState = MDS_STATE_BOOT;
    this.#timer = new SafeTimer(cct, { owner: 'test', purpose: 'test' });
    this.#timer.init();
    const loopback = { peerType: 2, features: FEATURES, sendMessage: (m: Message) => deliver(m) } as unknown as Connection;
    const deliver = (m: Message): void => {
      const received = overTheWire(m, loopback);
      this.clock.defer(() => {
        if (this.#stopped) return;
        if (!this.#dispatchers.some((d) => d.msDispatch(received))) this.rank.msDispatch(received);
      });
    };
    const parts = {
      cct,
      whoami: 0,
      fsName: 'cephfs',
      messenger: {
        setMyname: () => undefined,
        addDispatcherTail: (d: { msDispatch(m: Message): boolean }) => this.#dispatchers.push(d),
        sendTo: (m: Message) => deliver(m),
        loopbackConnection: loopback,
        myaddrs: addrs,
      },
      monc: { globalId: gid, clusterLog: (level: string, text: string) => this.clog.push(`${level}: ${text}`) },
      beacon: {
        get wantState() {
          return wantState;
        },
        setWantState: (_map: MDSMap, state: number) => (wantState = state),
        send: () => cct.clock.defer(() => !this.#stopped && tell(wantState)),
        isLaggy: () => false,
        notifyHealth: () => undefined,
      },
      timer: this.#timer,
      objecter: this.store,
      onRespawn: (why: string) => this.errors.push(new Error(`respawn: ${why}`)),
      onSuicide: () => this.errors.push(new Error('suicide')),
    };
    this.#parts = parts as unknown as Omit<MDSRankOptions, 'mdsmap'>;
    tell(MDS_STATE_BOOT);
    await this.clock.settle();
    this.#tick();
  }

  #parts: Omit<MDSRankOptions, 'mdsmap'> | undefined;

  #handleMap(map: MDSMap, gid: number): void {
    if (this.#stopped) return;
    const before = this.#map;
    this.#map = map;
    if (map.getRankGid(gid) < 0) return;
    if (!this.#rank) {
      this.#rank = new MDSRankDispatcher({ ...(this.#parts as MDSRankOptions), mdsmap: map });
      this.#rank.init();
    }
    this.#rank.handleMdsMap(map, before);
  }

  #tick(): void {
    this.clock.setTimeout(() => {
      if (this.#stopped) return;
      this.rank.tick();
      this.#tick();
    }, 5000);
  }
}
