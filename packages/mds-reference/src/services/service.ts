import type { CephContext, PerfCounters } from '@cephts/common';
import { WorkerThread } from '@cephts/common/node';
import type { Log } from './log.js';
import { ISOLATE_LOOK_MS } from './service-protocol.js';
import type { ServiceRequest, WatchedWorker } from './service-protocol.js';

/** Options of {@link Service}. */
export interface ServiceOptions {
  /** Where the thread reports what it sees; without it the counters alone tell. */
  log?: Log;
  /** Silence of the main isolate, in ms, from which on it counts as blocked. @defaultValue 1500 */
  isolateGraceMs?: number;
  workerUrl?: URL;
}

/**
 * The `service` thread: looks every `heartbeat_interval` at the workers of the HeartbeatMap, and twice a second at the main isolate, which
 * is the one lock here: while it is blocked nothing else in it can say so. It keeps the perf counters `cct`.
 *
 * @see CephContextServiceThread in src/common/ceph_context.cc (16.2.15)
 */
export class Service {
  readonly #cct: CephContext;
  readonly #thread: WorkerThread;
  readonly #perf: PerfCounters;
  readonly #beat: NodeJS.Timeout;
  readonly #undo: (() => void)[];
  #knownChunks: number;

  constructor(cct: CephContext, options: ServiceOptions = {}) {
    this.#cct = cct;
    const { conf, slab } = cct;
    this.#perf = cct.perf.create('cct', [
      { key: 'total_workers', type: 'gauge', description: 'Total workers', nick: 'totl', priority: 2 },
      { key: 'unhealthy_workers', type: 'gauge', description: 'Unhealthy workers', nick: 'unhl', priority: 2 },
    ]);
    const slots = slab.allocate(1);
    const logPort = options.log?.addProducer();
    // WorkerThread takes a row of the table, so that the chunk list below is complete only once it exists
    this.#knownChunks = slab.chunks.length;
    const beat = (): void => {
      slots.array[slots.index] = cct.clock.monotonicNow();
    };
    beat();
    this.#thread = new WorkerThread(cct, {
      name: 'service',
      owner: 'CephContextServiceThread',
      purpose: 'watches the other threads and tells when one is stuck; has the log reopened',
      url: options.workerUrl ?? new URL('./service.worker.js', import.meta.url),
      workerData: {
        chunks: [...slab.chunks],
        perf: this.#perf.describe(),
        beat: { chunk: slots.chunk, index: slots.index },
        isolateGraceMs: options.isolateGraceMs ?? 1500,
        intervalMs: conf.number('heartbeat_interval') * 1000,
        heartbeatFile: conf.str('heartbeat_file'),
        workers: this.#watched(),
        logPort,
      },
      transferList: logPort ? [logPort] : [],
    });
    this.#beat = setInterval(beat, ISOLATE_LOOK_MS);
    this.#beat.unref();
    this.#undo = [
      cct.heartbeatMap.onChange(() => this.#tellWorkers()),
      conf.observe(
        () => this.#send({ type: 'interval', intervalMs: conf.number('heartbeat_interval') * 1000 }),
        ['heartbeat_interval'],
      ),
    ];
  }

  /** Has the log thread open its file anew; the way SIGHUP takes. */
  reopenLogs(): void {
    this.#send({ type: 'reopenLogs' });
  }

  async stop(): Promise<void> {
    clearInterval(this.#beat);
    for (const undo of this.#undo) undo();
    this.#thread.expectExit();
    this.#send({ type: 'stop' });
    await this.#thread.join();
    this.#cct.perf.remove(this.#perf);
  }

  #send(request: ServiceRequest): void {
    this.#thread.postMessage(request);
  }

  #watched(): WatchedWorker[] {
    return this.#cct.heartbeatMap.workers().map(({ name, slots }) => ({ name, chunk: slots.chunk, index: slots.index }));
  }

  #tellWorkers(): void {
    const { chunks } = this.#cct.slab;
    const fresh = chunks.slice(this.#knownChunks).map((chunk, i) => ({ index: this.#knownChunks + i, chunk }));
    this.#knownChunks = chunks.length;
    this.#send({ type: 'workers', workers: this.#watched(), chunks: fresh });
  }
}
