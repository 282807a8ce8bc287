import type { CephContext, ThreadEntry, ThreadObserver } from '@cephts/common';
import type { OpTracker, TrackedOp } from '../rank/op-tracker.js';
import { Words } from './words.js';

/** What is kept of each kind: enough for some seconds of a busy MDS, and little enough that handing it over holds mds_lock briefly. */
export interface TraceLimits {
  slices: number;
  wakes: number;
  ops: number;
}

const LIMITS: TraceLimits = { slices: 200_000, wakes: 100_000, ops: 20_000 };
/** How long real threads may keep their last slices to themselves, in ms. */
const STRAGGLERS = 100;

/** A thread of a recording. */
export interface TracedThread {
  id: number;
  name: string;
  owner: string;
  kind: 'cooperative' | 'real';
}

/** An operation of a recording. */
export interface RecordedOp {
  seq: number;
  description: string;
  begin: number;
  end: number;
  /** Triples: when, and which of {@link Recording.words} name the event and its thread. */
  marks: number[];
}

/** Everything that was recorded, in a form that crosses threads and sockets quickly; times in monotonic ms. */
export interface Recording {
  begin: number;
  end: number;
  threads: TracedThread[];
  /** Triples: thread, begin, length. */
  slices: number[];
  /** Triples: the thread whose turn it was (0: none, the main thread called back), when, the thread that was woken. */
  wakes: number[];
  /** Those that were done meanwhile. */
  ops: RecordedOp[];
  words: string[];
  /** Was there more than is kept? */
  truncated: boolean;
}

/**
 * Records the turns of every thread, who woke whom, and the operations. While none records, a turn costs one comparison more.
 */
export class TraceRecorder implements ThreadObserver {
  readonly #cct: CephContext;
  readonly #threads = new Map<number, TracedThread>();
  readonly #slices: number[] = [];
  readonly #wakes: number[] = [];
  readonly #ops: TrackedOp[] = [];
  readonly #begin: number;
  readonly #limits: TraceLimits;
  readonly #tracker: OpTracker | undefined;
  readonly #unwatch: () => void;
  /** Whose turn it is; 0: nobody's. */
  #current = 0;
  #truncated = false;

  /** Begins to record. */
  constructor(cct: CephContext, tracker: OpTracker | undefined, limits: TraceLimits = LIMITS) {
    this.#cct = cct;
    this.#limits = limits;
    this.#tracker = tracker;
    this.#begin = cct.clock.monotonicNow();
    for (const entry of cct.threads.entries()) this.#observe(entry);
    this.#unwatch = cct.threads.onChange((event, entry) => {
      if (event === 'add') this.#observe(entry);
    });
    if (tracker) tracker.onDone = (op): void => this.#keep(this.#ops, this.#limits.ops, op);
  }

  #observe(entry: ThreadEntry): void {
    const { name, owner, kind } = entry.info;
    this.#threads.set(entry.id, { id: entry.id, name, owner, kind });
    entry.observer = this;
    if (kind === 'real') entry.traced = true;
  }

  #keep<T>(list: T[], limit: number, ...items: readonly T[]): void {
    if (list.length / items.length < limit) list.push(...items);
    else this.#truncated = true;
  }

  woken(entry: ThreadEntry): void {
    if (entry.id !== this.#current)
      this.#keep(this.#wakes, this.#limits.wakes, this.#current, this.#cct.clock.monotonicNow(), entry.id);
  }

  began(entry: ThreadEntry): void {
    this.#current = entry.id;
  }

  ran(entry: ThreadEntry, begin: number | undefined, ms: number): void {
    if (entry.id === this.#current) this.#current = 0;
    this.#keep(this.#slices, this.#limits.slices, entry.id, begin ?? this.#cct.clock.monotonicNow() - ms, ms);
  }

  /** Ends it, and resolves with what was recorded once the real threads have told of their last slices. */
  async stop(): Promise<Recording> {
    const { clock, threads } = this.#cct;
    const end = clock.monotonicNow();
    this.#unwatch();
    if (this.#tracker) this.#tracker.onDone = undefined;
    for (const entry of threads.entries()) if (entry.info.kind === 'real') entry.traced = false;
    await new Promise<void>((resolve) => clock.setTimeout(resolve, STRAGGLERS));
    for (const entry of threads.entries()) if (entry.observer === this) entry.observer = undefined;
    const words = new Words();
    return {
      begin: this.#begin,
      end,
      threads: [...this.#threads.values()],
      slices: this.#slices,
      wakes: this.#wakes,
      ops: this.#ops.map((op) => recorded(op, words)),
      words: words.list,
      truncated: this.#truncated,
    };
  }
}

function recorded(op: TrackedOp, words: Words): RecordedOp {
  const { seq, description, begin, end } = op;
  const marks = op.marks().flatMap(([at, event, thread]) => [at, words.index(event), words.index(thread)]);
  return { seq, description, begin, end, marks };
}
