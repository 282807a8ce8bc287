import type { CephContext } from '@cephts/common';
import { seededRandom } from '@cephts/common';
import { SimulatedNetwork } from '@cephts/async-messenger';
import { CephFsClient } from '../client/ceph-fs-client.js';
import { MemoryObjectStore } from '../store/memory-object-store.js';
import { MemoryMonitorStore } from './monitor-store.js';
import { startEmbeddedMds } from './start-embedded-mds.js';
import type { EmbeddedMds } from './start-embedded-mds.js';

/** Options of {@link Rehearsal}; all optional. */
export interface RehearsalOptions {
  /** Files in the journal that is replayed. @defaultValue 1000 */
  files?: number;
  /** Takeovers, each of what the one before left: V8 compiles for good what has run some thousand times. @defaultValue 4 */
  takeovers?: number;
}

const IN_FLIGHT = 50;
const HOST = '127.0.0.1';

/**
 * A standby's rehearsal: while it waits it plays through what it waits for. A small file system in memory, on a network in memory, is written to
 * by a client; then one MDS after the other takes it over, replays its journal and serves. When the standby's own turn comes, the code has run
 * before, which makes its replay about twice as fast: unlike a compiled daemon, one in JavaScript is slow at what it does for the first time.
 *
 * Nothing of it is seen outside, and it gives way between two slices of work to whatever else there is.
 */
export class Rehearsal {
  readonly #cct: CephContext;
  readonly #network: SimulatedNetwork;
  readonly #files: number;
  readonly #takeovers: number;
  #stopped = false;
  #running: Promise<void> | undefined;

  /** @param host what happens is told to its log */
  constructor(host: CephContext, { files = 1_000, takeovers = 4 }: RehearsalOptions = {}) {
    this.#cct = host;
    this.#files = files;
    this.#takeovers = takeovers;
    this.#network = new SimulatedNetwork(host.clock, seededRandom(1));
    this.#network.faults.maxDelay = 0;
  }

  /** Begins, unless it has begun before; resolves when it is over, whatever became of it. */
  start(): Promise<void> {
    return (this.#running ??= this.#run().catch((error: unknown) => {
      this.#cct.dout('mds', 1, `rehearsal: ${String(error)}`);
    }));
  }

  /** Breaks it off; resolves when all of it has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const begun = this.#cct.clock.monotonicNow();
    let store = new MemoryObjectStore({ clock: this.#cct.clock });
    let monitorStore = new MemoryMonitorStore();
    for (let act = 0; act <= this.#takeovers && !this.#stopped; act++) {
      const mds = await this.#boot(store, monitorStore);
      try {
        const client = await this.#connect(mds);
        await this.#play(client, act === 0 ? this.#files : 0, `act${act}`);
        // as after a SIGKILL: what the next one finds is what was stored by now
        store = store.clone();
        monitorStore = copyOf(monitorStore);
        await client.close();
      } finally {
        await mds.close();
      }
    }
    const seconds = (this.#cct.clock.monotonicNow() - begun) / 1000;
    this.#cct.dout('mds', 1, `rehearsal: ${this.#stopped ? 'broken off' : 'done'} after ${seconds.toFixed(2)} s`);
  }

  #boot(store: MemoryObjectStore, monitorStore: MemoryMonitorStore): Promise<EmbeddedMds> {
    return startEmbeddedMds({
      store,
      monitorStore,
      services: false,
      bind: HOST,
      stack: this.#network.stack(HOST),
      // nobody comes back to those who take over
      conf: { mds_reconnect_timeout: 0.01, mds_tick_interval: 0.02, mds_session_blocklist_on_timeout: false },
      context: { clock: this.#cct.clock, onError: (error) => this.#cct.dout('mds', 1, `rehearsal: ${String(error)}`) },
    });
  }

  #connect(mds: EmbeddedMds): Promise<CephFsClient> {
    return CephFsClient.connect({ monAddr: mds.monAddr, stack: this.#network.stack(HOST) });
  }

  async #play(client: CephFsClient, files: number, name: string): Promise<void> {
    const dir = (await client.mkdir(1, name, { mode: 0o755 })).ino;
    for (let i = 0; i < files && !this.#stopped; i += IN_FLIGHT) {
      await Promise.all(Array.from({ length: IN_FLIGHT }, (_, k) => client.create(dir, `file${i + k}`, { mode: 0o644 })));
    }
    await client.sync();
  }
}

function copyOf(store: MemoryMonitorStore): MemoryMonitorStore {
  const copy = new MemoryMonitorStore();
  const state = store.load();
  if (state) copy.save({ ...state });
  return copy;
}
