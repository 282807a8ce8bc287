import type { Clock } from './clock.js';
import type { SharedSlab, SlabSlots } from './shared-slab.js';

/** One watched worker: it promises to report again within its grace. */
export interface HeartbeatHandle {
  readonly name: string;
  /** Monotonic ms by which it must report again; 0 when it promised nothing. */
  deadline: number;
  readonly slots: SlabSlots;
}

/**
 * Who promised to report by when. The `service` thread (another thread) reads the same shared memory, so it sees a worker that is stuck.
 *
 * @see src/common/HeartbeatMap.cc (16.2.15)
 */
export class HeartbeatMap {
  readonly #clock: Clock;
  readonly #slab: SharedSlab;
  readonly #workers = new Set<HeartbeatHandle>();
  readonly #listeners = new Set<() => void>();

  constructor(clock: Clock, slab: SharedSlab) {
    this.#clock = clock;
    this.#slab = slab;
  }

  addWorker(name: string): HeartbeatHandle {
    const slots = this.#slab.allocate(1);
    const handle: HeartbeatHandle = {
      name,
      slots,
      get deadline() {
        return slots.array[slots.index] as number;
      },
      set deadline(at) {
        slots.array[slots.index] = at;
      },
    };
    this.#workers.add(handle);
    for (const listener of this.#listeners) listener();
    return handle;
  }

  removeWorker(handle: HeartbeatHandle): void {
    handle.deadline = 0;
    this.#workers.delete(handle);
    for (const listener of this.#listeners) listener();
  }

  /** The worker is alive and will report again within `graceMs`. */
  resetTimeout(handle: HeartbeatHandle, graceMs: number): void {
    handle.slots.array[handle.slots.index] = this.#clock.monotonicNow() + graceMs;
  }

  clearTimeout(handle: HeartbeatHandle): void {
    handle.deadline = 0;
  }

  workers(): readonly HeartbeatHandle[] {
    return [...this.#workers];
  }

  /** Names of the workers whose deadline has passed. */
  unhealthy(): string[] {
    const now = this.#clock.monotonicNow();
    return this.workers()
      .filter((worker) => worker.deadline > 0 && worker.deadline < now)
      .map((worker) => worker.name);
  }

  isHealthy(): boolean {
    const now = this.#clock.monotonicNow();
    for (const worker of this.#workers) if (worker.deadline > 0 && worker.deadline < now) return false;
    return true;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
