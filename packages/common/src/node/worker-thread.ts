import { performance } from 'node:perf_hooks';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { TransferListItem } from 'node:worker_threads';

import type { CephContext } from '../ceph-context.js';
import { CephError } from '../errors.js';
import { ThreadEntry } from '../thread-table.js';
import type { ThreadDescriptor, ThreadInfo } from '../thread-table.js';

/** What {@link WorkerThread} adds to a worker's `workerData`. */
export interface WorkerThreadData {
  cephThread: { descriptor: ThreadDescriptor; chunk: Float64Array; timeOrigin: number };
}

/** What a traced worker tells beside its own messages: pairs of begin and length, in ms. */
interface TracedSlices {
  cephSlices: readonly number[];
}

/** Slices that a traced worker collects before it tells of them, and how long it keeps them at most, in ms. */
const TRACED_BATCH = 256;
const TRACED_DELAY = 50;

/** Options of {@link WorkerThread}. */
export interface WorkerThreadOptions extends Omit<ThreadInfo, 'kind'> {
  /** The worker's entry, built by rollup next to the caller: `new URL('./NAME.worker.js', import.meta.url)`. */
  url: URL;
  /** Handed to the worker as `workerData`, beside the thread's own. */
  workerData?: Record<string, unknown>;
  transferList?: TransferListItem[];
  onMessage?: (message: unknown) => void;
  /** Called once if the thread ends without {@link WorkerThread.stop}, with the error if it threw one. */
  onDeath?: (error: CephError) => void;
}

/**
 * A real thread (`node:worker_threads`) with a Ceph name, listed in the thread table. It does not hold the process open.
 */
export class WorkerThread {
  readonly worker: Worker;
  readonly entry: ThreadEntry;
  readonly #cct: CephContext;
  readonly #exited: Promise<void>;
  #stopping = false;

  constructor(cct: CephContext, options: WorkerThreadOptions) {
    const { name, owner, purpose } = options;
    this.#cct = cct;
    this.entry = cct.threads.add({ name, owner, purpose, kind: 'real' });
    const data: WorkerThreadData = {
      cephThread: {
        descriptor: this.entry.describe(),
        chunk: cct.slab.chunks[this.entry.chunk] as Float64Array,
        timeOrigin: performance.timeOrigin,
      },
    };
    const worker = new Worker(options.url, {
      name,
      ...inheritedFlags(),
      workerData: { ...options.workerData, ...data },
      ...(options.transferList ? { transferList: options.transferList } : {}),
    });
    this.worker = worker;
    worker.unref();
    let failure: Error | undefined;
    worker.on('error', (error: Error) => (failure = error));
    worker.on('message', (message: unknown) => {
      const slices = (message as Partial<TracedSlices>).cephSlices;
      if (slices) this.#ran(slices);
      else options.onMessage?.(message);
    });
    this.#exited = new Promise((resolve) => {
      worker.on('exit', (code) => {
        cct.threads.remove(this.entry);
        resolve();
        if (this.#stopping) return;
        const error = new CephError('ERR_CEPH_THREAD_DIED', `thread ${name} ended unasked (exit code ${code})`, { cause: failure });
        if (options.onDeath) options.onDeath(error);
        else cct.reportError(error, name);
      });
    });
  }

  #ran(slices: readonly number[]): void {
    for (let i = 0; i < slices.length; i += 2) this.entry.observer?.ran(this.entry, slices[i], slices[i + 1] as number);
  }

  postMessage(message: unknown, transferList?: TransferListItem[]): void {
    this.worker.postMessage(message, transferList);
  }

  /** From now on an end is not a death: for workers that end by themselves when told to. */
  expectExit(): void {
    this.#stopping = true;
  }

  /** Resolves when the thread has ended. */
  join(): Promise<void> {
    return this.#exited;
  }

  /** Ends the thread at once and waits for it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.worker.terminate();
    await this.#exited;
    this.#cct.threads.remove(this.entry);
  }
}

/** What a worker finds of itself; see {@link attachThread}. */
export interface ThreadAttachment {
  /** The thread's own line in the table of the main isolate. */
  entry: ThreadEntry;
  /** Monotonic ms on the main isolate's scale, so that times of both can be compared. */
  monotonicNow(): number;
  port: NonNullable<typeof parentPort>;
  data: Record<string, unknown>;
}

/**
 * Called first thing in a worker that {@link WorkerThread} started.
 * @throws CephError `ERR_CEPH_NOT_A_THREAD` anywhere else
 */
export function attachThread(): ThreadAttachment {
  const data = workerData as (WorkerThreadData & Record<string, unknown>) | null;
  if (!parentPort || !data?.cephThread)
    throw new CephError('ERR_CEPH_NOT_A_THREAD', 'this module is the entry of a thread; start it with WorkerThread');
  const { descriptor, chunk, timeOrigin } = data.cephThread;
  const chunks: Float64Array[] = [];
  chunks[descriptor.chunk] = chunk;
  const entry = ThreadEntry.attach(descriptor, chunks);
  entry.state = 'waiting';
  const shift = performance.timeOrigin - timeOrigin;
  const monotonicNow = (): number => performance.now() + shift;
  observeOwnSlices(entry, parentPort, monotonicNow);
  return { entry, monotonicNow, port: parentPort, data };
}

/** While the thread is traced, its slices are told to the main isolate. */
function observeOwnSlices(entry: ThreadEntry, port: NonNullable<typeof parentPort>, now: () => number): void {
  let slices: number[] = [];
  const tell = (): void => {
    if (slices.length > 0) port.postMessage({ cephSlices: slices } satisfies TracedSlices);
    slices = [];
  };
  entry.observer = {
    woken: () => undefined,
    began: () => undefined,
    ran(_entry, begin, ms) {
      if (!entry.traced) return;
      if (slices.length === 0) setTimeout(tell, TRACED_DELAY).unref();
      slices.push(begin ?? now() - ms, ms);
      if (slices.length >= 2 * TRACED_BATCH) tell();
    },
  };
}

/**
 * A worker inherits the process's flags by itself; named ones must not be of the whole process, such as `--expose-gc`. Only the flag that
 * is about the main module's text has to be taken out.
 */
function inheritedFlags(): { execArgv?: string[] } {
  const without = process.execArgv.filter((flag) => !flag.startsWith('--input-type'));
  return without.length < process.execArgv.length ? { execArgv: without } : {};
}
