import { CooperativeThread } from '@cephts/common';
import type { CephContext } from '@cephts/common';

/** What a message knows of its way so far: monotonic ms, 0 where it did not come from the network. */
export interface ReceivedMessage {
  readonly recvStamp: number;
  readonly throttleStamp: number;
  readonly recvCompleteStamp: number;
  readonly dispatchStamp: number;
  readonly connection: { readonly threadName: string } | undefined;
}

/** One step of an operation: monotonic ms, what happened, and the thread it happened on. */
export type OpMark = readonly [at: number, event: string, thread: string];

/** An operation in flight. Events are cheap: a number and two constant strings each. */
export class TrackedOp {
  readonly tracker: OpTracker | undefined;
  readonly seq: number;
  /** Wall clock, ms since 1970. */
  readonly initiatedAt: number;
  /** Monotonic ms. */
  readonly begin: number;
  /** Monotonic ms; −1 while it is in flight. */
  end = -1;
  /** Neighbours in the tracker's list. */
  prev: TrackedOp | undefined;
  next: TrackedOp | undefined;
  /** Triples: monotonic ms, text, thread. */
  readonly #events: (number | string)[] = [];
  readonly #describe: () => string;
  readonly #message: ReceivedMessage | undefined;
  warned = false;

  constructor(
    tracker: OpTracker | undefined,
    seq: number,
    wall: number,
    begin: number,
    describe: () => string,
    message?: ReceivedMessage,
  ) {
    this.tracker = tracker;
    this.seq = seq;
    this.initiatedAt = wall;
    this.begin = begin;
    this.#describe = describe;
    this.#message = message;
  }

  /** Notes what happened now. */
  markEvent(event: string): void {
    const { tracker } = this;
    if (tracker) this.#events.push(tracker.now(), event, tracker.currentThread);
  }

  get description(): string {
    return this.#describe();
  }

  get flagPoint(): string {
    return (this.#events.at(-2) as string | undefined) ?? (this.#message ? 'dispatched' : 'initiated');
  }

  /** The operation is done: it leaves the list of those in flight and goes to the history. */
  finish(): void {
    this.tracker?.unregister(this);
  }

  /** Its way through the threads so far, in order. */
  marks(): OpMark[] {
    const m = this.#message;
    const network = m?.connection?.threadName || 'msgr-worker-0';
    const marks: OpMark[] = [[this.begin, 'initiated', m ? network : 'ms_dispatch']];
    if (m && m.recvStamp > 0) {
      marks.push(
        [m.throttleStamp, 'throttled', network],
        [m.recvStamp, 'header_read', network],
        [m.recvCompleteStamp, 'all_read', network],
        [m.dispatchStamp, 'dispatched', 'ms_dispatch'],
      );
    }
    const events = this.#events;
    for (let i = 0; i < events.length; i += 3) marks.push([events[i] as number, events[i + 1] as string, events[i + 2] as string]);
    return marks;
  }

  dump(now: number): Record<string, unknown> {
    const wall = (at: number): string => new Date(this.initiatedAt + (at - this.begin)).toISOString();
    const events = this.marks().map(([at, event]) => ({ time: wall(at), event }));
    return {
      description: this.description,
      initiated_at: wall(this.begin),
      age: (now - this.begin) / 1000,
      duration: ((this.end < 0 ? now : this.end) - this.begin) / 1000,
      type_data: { flag_point: this.flagPoint, events },
    };
  }
}

/**
 * Knows the operations in flight and remembers the longest and the latest of those that are done.
 *
 * @see src/common/TrackedOp.cc (16.2.15)
 */
export class OpTracker {
  readonly #cct: CephContext;
  readonly #enabled: boolean;
  #seq = 0;
  #first: TrackedOp | undefined;
  #last: TrackedOp | undefined;
  #inFlight = 0;
  /** Done, not yet moved to the history by OpHistorySvc. */
  #done: TrackedOp[] = [];
  #arrived: TrackedOp[] = [];
  #byDuration: TrackedOp[] = [];
  readonly #service: CooperativeThread;
  /** Told of each operation that is done. @defaultValue nobody is */
  onDone: ((op: TrackedOp) => void) | undefined = undefined;

  constructor(cct: CephContext) {
    this.#cct = cct;
    this.#enabled = cct.conf.bool('mds_enable_op_tracker');
    this.#service = new CooperativeThread(cct, {
      name: 'OpHistorySvc',
      owner: 'OpHistoryServiceThread',
      purpose: 'moves finished operations into the history behind dump_historic_ops',
      entry: () => this.#moveToHistory(),
    });
    this.#service.start();
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Monotonic ms. */
  now(): number {
    return this.#cct.clock.monotonicNow();
  }

  /** Whose turn it is. */
  get currentThread(): string {
    return this.#cct.currentThread ?? 'main';
  }

  /** Begins an operation, with the message that asked for it; `describe` is called only when someone looks. */
  createOp(describe: () => string, message?: ReceivedMessage): TrackedOp {
    const { clock } = this.#cct;
    const now = clock.monotonicNow();
    const begin = message && message.recvStamp > 0 ? message.recvStamp : now;
    const wall = clock.now() - (now - begin);
    const op = new TrackedOp(this.#enabled ? this : undefined, ++this.#seq, wall, begin, describe, message);
    if (!this.#enabled) return op;
    op.prev = this.#last;
    if (this.#last) this.#last.next = op;
    else this.#first = op;
    this.#last = op;
    this.#inFlight++;
    return op;
  }

  /** Ends an operation. */
  unregister(op: TrackedOp): void {
    if (op.end >= 0) return;
    op.end = this.now();
    if (op.prev) op.prev.next = op.next;
    else this.#first = op.next;
    if (op.next) op.next.prev = op.prev;
    else this.#last = op.prev;
    op.prev = undefined;
    op.next = undefined;
    this.#inFlight--;
    this.onDone?.(op);
    this.#done.push(op);
    if (this.#done.length === 1) this.#service.wake();
  }

  /** How many are older than `mds_op_complaint_time`, and since when the oldest waits (s). */
  slowOps(): { count: number; oldestSeconds: number } {
    const now = this.now();
    const limit = this.#cct.conf.number('mds_op_complaint_time') * 1000;
    let count = 0;
    for (let op = this.#first; op && now - op.begin >= limit; op = op.next) count++;
    return { count, oldestSeconds: this.#first ? (now - this.#first.begin) / 1000 : 0 };
  }

  /** Descriptions of operations that became slow since the last call. */
  newlySlow(): string[] {
    const now = this.now();
    const limit = this.#cct.conf.number('mds_op_complaint_time') * 1000;
    const out: string[] = [];
    for (
      let op = this.#first;
      op && now - op.begin >= limit && out.length < this.#cct.conf.number('mds_op_log_threshold');
      op = op.next
    ) {
      if (op.warned) continue;
      op.warned = true;
      out.push(`slow request ${((now - op.begin) / 1000).toFixed(6)} seconds old: ${op.description} currently ${op.flagPoint}`);
    }
    return out;
  }

  dumpOpsInFlight(onlyBlocked = false): Record<string, unknown> {
    const now = this.now();
    const limit = onlyBlocked ? this.#cct.conf.number('mds_op_complaint_time') * 1000 : 0;
    const ops: unknown[] = [];
    for (let op = this.#first; op; op = op.next) if (now - op.begin >= limit) ops.push(op.dump(now));
    return onlyBlocked ? { ops, complaint_time: limit / 1000, num_blocked_ops: ops.length } : { ops, num_ops: ops.length };
  }

  /** The latest, or with `byDuration` the longest, of those that are done. */
  dumpHistoricOps(byDuration = false): Record<string, unknown> {
    const { latest, longest } = this.history();
    const now = this.now();
    const ops = (byDuration ? longest : latest).map((op) => op.dump(now));
    return { size: this.#size, duration: this.#cct.conf.number('mds_op_history_duration'), ops };
  }

  /** Operations in flight, oldest first. */
  *inFlightOps(): IterableIterator<TrackedOp> {
    for (let op = this.#first; op; op = op.next) yield op;
  }

  /** Those that are done: the latest, and the longest. */
  history(): { latest: readonly TrackedOp[]; longest: readonly TrackedOp[] } {
    this.#moveToHistory();
    return { latest: this.#arrived, longest: this.#byDuration };
  }

  shutdown(): void {
    this.#service.stop();
    this.#done = [];
    this.#arrived = [];
    this.#byDuration = [];
  }

  get #size(): number {
    return this.#cct.conf.number('mds_op_history_size');
  }

  #moveToHistory(): boolean {
    const done = this.#done;
    if (done.length === 0) return false;
    this.#done = [];
    const size = this.#size;
    const oldest = this.now() - this.#cct.conf.number('mds_op_history_duration') * 1000;
    const fresh = (op: TrackedOp): boolean => op.end >= oldest;
    this.#service.stats?.addItems(done.length);
    // only the last `size` of a batch can stay among the latest, and only what beats the shortest can join the longest
    this.#arrived = [...this.#arrived, ...done.slice(-size)].slice(-size).filter(fresh);
    const shortest = this.#byDuration.length < size ? -1 : duration(this.#byDuration.at(-1) as TrackedOp);
    const candidates = done.filter((op) => duration(op) > shortest);
    if (candidates.length > 0) {
      this.#byDuration = [...this.#byDuration, ...candidates]
        .filter(fresh)
        .sort((a, b) => duration(b) - duration(a))
        .slice(0, size);
    }
    return false;
  }
}

function duration(op: TrackedOp): number {
  return op.end - op.begin;
}
