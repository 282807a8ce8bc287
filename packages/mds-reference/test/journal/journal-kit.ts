import { CephContext, functionLog, VirtualClock } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { FileLayout } from '@cephts/encoding';
import { Finisher } from '@cephts/finisher';
import { MDS_OPTIONS } from '../../src/daemon/options.js';
import { Journaler } from '../../src/journal/journaler.js';
import type { JournalerOptions } from '../../src/journal/journaler.js';
import { MemoryObjectStore } from '../../src/store/memory-object-store.js';
import { ObjectOperation } from '../../src/store/object-store.js';
import type { InFlightOperation, ObjectLocator, ObjectStep, ObjectStore } from '../../src/store/object-store.js';

export const MAGIC = 'ceph fs volume v011';
/** Objects of 64 KiB, the smallest a layout allows, so that a test crosses many. */
export const SMALL = new FileLayout(65536, 1, 65536, 2);

export interface Kit {
  clock: VirtualClock;
  cct: CephContext;
  finisher: Finisher;
  /** Lines of level 0 and below. */
  warnings: string[];
  /** Runs everything that is due now. */
  run(): void;
}

/** @param clock where another process of the same test lives */
export function makeKit(clock = new VirtualClock()): Kit {
  const warnings: string[] = [];
  const cct = new CephContext({
    clock,
    log: functionLog((subsys, _level, message) => warnings.push(`${subsys}: ${message}`), 0),
    onError: (error) => {
      throw error;
    },
  });
  cct.conf.define(MDS_OPTIONS);
  const finisher = new Finisher(cct);
  finisher.start();
  return { clock, cct, finisher, warnings, run: () => clock.advance(0) };
}

export function makeJournaler(kit: Kit, objecter: ObjectStore, options: Partial<JournalerOptions> = {}): Journaler {
  const { cct, finisher } = kit;
  return new Journaler({ cct, name: 'mdlog', ino: 0x200, pool: 2, magic: MAGIC, objecter, finisher, ...options });
}

/** The result of something that is completed in virtual time. */
export function result(kit: Kit, begin: (done: Completion) => void): number {
  let r: number | undefined;
  begin((got: number) => (r = got));
  kit.run();
  if (r === undefined) throw new Error('not completed');
  return r;
}

/** Reads every entry of a recovered journal. */
export function readAll(kit: Kit, journaler: Journaler): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (;;) {
    if (journaler.isReadable()) {
      const entry = journaler.tryReadEntry();
      if (entry) entries.push(entry.slice());
      continue;
    }
    if (journaler.error < 0) throw new Error(`reading failed with ${journaler.error}`);
    if (journaler.readPos >= journaler.writePos) return entries;
    const r = result(kit, (done) => journaler.waitForReadable(done));
    if (r < 0) throw new Error(`waiting failed with ${r}`);
  }
}

interface Recorded {
  oid: string;
  loc: ObjectLocator;
  steps: ObjectStep[];
}

/** Hands everything on to a store in memory, and keeps it, so that the store can be had as it was after any number of operations. */
export class RecordingStore implements ObjectStore {
  readonly #clock: VirtualClock;
  readonly inner: MemoryObjectStore;
  readonly writes: Recorded[] = [];

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    this.inner = new MemoryObjectStore({ clock, latencyMs: 1 });
  }

  operate(oid: string, loc: ObjectLocator, op: ObjectOperation, onFinish: Completion): void {
    if (op.isWrite) {
      // the bytes are the caller's again when the operation completes
      const steps = op.steps.map((step) => ('bytes' in step ? { ...step, bytes: step.bytes.slice() } : step));
      this.writes.push({ oid, loc, steps });
    }
    this.inner.operate(oid, loc, op, onFinish);
  }

  /** What a crash leaves when only the first `count` operations have reached the disk. */
  after(count: number): MemoryObjectStore {
    const store = new MemoryObjectStore({ clock: this.#clock });
    for (const { oid, loc, steps } of this.writes.slice(0, count)) {
      const op = new ObjectOperation();
      op.isWrite = true;
      op.steps.push(...steps);
      store.apply(oid, loc, op);
    }
    return store;
  }

  inFlight(): InFlightOperation[] {
    return this.inner.inFlight();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
