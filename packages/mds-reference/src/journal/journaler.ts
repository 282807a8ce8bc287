import { complete, ERRNO, finishContexts, Throttle } from '@cephts/common';
import type { CephContext, Completion } from '@cephts/common';
import { Decoder, Encoder, FileLayout } from '@cephts/encoding';
import type { Finisher } from '@cephts/finisher';
import { ObjectOperation } from '../store/object-store.js';
import type { ObjectLocator, ObjectStore } from '../store/object-store.js';
import { objectName, purgeRange, writeRange } from './file-objects.js';
import { JOURNAL_FORMAT_RESILIENT, JournalHeader } from './journal-header.js';
import { JournalReader } from './journal-reader.js';
import { envelopeSize, SENTINEL_HIGH, SENTINEL_LOW } from './journal-stream.js';
import { Prezero } from './prezero.js';
import { probeEnd } from './probe.js';
import { SafeWaiters } from './safe-waiters.js';

/** `undef` until created or recovered; in `stopping` everyone is turned away with -EAGAIN. */
export type JournalerState = 'undef' | 'readhead' | 'probing' | 'active' | 'rereadhead' | 'reprobing' | 'stopping';

/** Most bytes appended and not handed to the store. */
const WRITE_BUF_MAX = 0xffff_ffff - (0xffff_ffff >>> 3);
/** A write buffer larger than this is not kept for the next time. */
const KEEP_BUFFER = 1024 * 1024;

export interface JournalerOptions {
  cct: CephContext;
  /** For the log: `'mdlog'` or `'pq'`. */
  name: string;
  ino: number;
  pool: number;
  magic: string;
  objecter: ObjectStore;
  /** Completes everything that callers hand in. */
  finisher: Finisher;
  /** Told how many ms each flush took. */
  onFlushed?: (ms: number) => void;
  /** Told of each waiter of {@link Journaler.waitForFlush} whose entry is durable, before the finisher has it. */
  onSafe?: (waiter: Completion) => void;
  /**
   * Flushes in flight at a time; what is asked for beyond goes together in the next one. Ceph knows no such bound; one at a time makes
   * fewer and larger writes, and leaves no hole in the journal after a crash.
   * @defaultValue 1
   */
  maxFlushes?: number;
}

interface PendingFlush {
  /** What is safe once every flush before this one is. */
  readonly safeBefore: number;
  done: boolean;
}

/**
 * A stream of entries in the objects of a file: appended at one end, read from the other, trimmed behind the reader.
 *
 * ```text
 *   trimmed ≤ expire ≤ read        ≤ safe ≤ flush ≤ write ≤ prezero ≤ prezeroing
 *   |objects  |not      |entries    |durable |in     |in     |objects there   |being
 *   |are gone |needed   |to replay  |        |flight |memory |are gone        |removed
 * ```
 *
 * Completions handed in are queued on the finisher, never called from within.
 *
 * @see src/osdc/Journaler.{h,cc} (16.2.15)
 */
export class Journaler {
  readonly ino: number;
  readonly name: string;
  readonly #cct: CephContext;
  readonly #loc: ObjectLocator;
  readonly #magic: string;
  readonly #objecter: ObjectStore;
  readonly #finisher: Finisher;
  readonly #onFlushed: ((ms: number) => void) | undefined;
  readonly #onSafe: ((waiter: Completion) => void) | undefined;
  readonly #maxFlushes: number;
  readonly #writeBufThrottle: Throttle;
  readonly #prezero: Prezero;
  readonly #reader: JournalReader;

  #state: JournalerState = 'undef';
  #readonly = true;
  #layout = FileLayout.NONE;
  #period = 0;
  #format = JOURNAL_FORMAT_RESILIENT;

  #writePos = 0;
  #flushPos = 0;
  #safePos = 0;
  /** Becomes `safePos` when all that is in flight is durable; always the end of an entry. */
  #nextSafePos = 0;
  #expirePos = 0;
  #trimmingPos = 0;
  #trimmedPos = 0;

  #lastCommitted = new JournalHeader();
  #lastWroteHead = -Infinity;

  /** Bytes from `flushPos` to `writePos`. */
  #writeBuf = new Encoder(64 * 1024);
  #spareBuf: Encoder | undefined;
  #entryStart = 0;
  /** Ends of the entries in the write buffer. */
  #boundaries: number[] = [];
  #pendingFlushes: PendingFlush[] = [];
  /** A flush up to here was asked for while others were in flight. */
  #wantFlushTo = 0;
  /** A flush up to here waits for objects to be removed. */
  #waitingForZeroPos = 0;
  readonly #waitForSafe = new SafeWaiters();

  #waitForRecover: Completion[] = [];
  #onWriteError: Completion | undefined;

  constructor(options: JournalerOptions) {
    const { cct } = options;
    this.#cct = cct;
    this.name = options.name;
    this.ino = options.ino;
    this.#loc = { pool: options.pool };
    this.#magic = options.magic;
    this.#objecter = options.objecter;
    this.#finisher = options.finisher;
    this.#onFlushed = options.onFlushed;
    this.#onSafe = options.onSafe;
    this.#maxFlushes = options.maxFlushes ?? 1;
    this.#writeBufThrottle = new Throttle(cct, 'write_buf_throttle', WRITE_BUF_MAX);
    this.#prezero = new Prezero({
      objecter: this.#objecter,
      loc: this.#loc,
      ino: this.ino,
      onProgress: () => {
        if (this.#waitingForZeroPos > this.#flushPos) this.#doFlush(this.#waitingForZeroPos);
      },
      onError: (r) => this.#handleWriteError(r),
    });
    this.#reader = new JournalReader(this, {
      objecter: this.#objecter,
      loc: this.#loc,
      writeAppended: () => {
        if (this.#pendingFlushes.length === 0) this.#doFlush(this.#writePos);
      },
      cutOff: (position) => this.#setEnd(position),
      finish: (completion, r) => this.#finish(completion, r),
      dout: (level, message) => this.#dout(level, message),
    });
  }

  // ---- what it is and where it stands

  get state(): JournalerState {
    return this.#state;
  }
  isActive(): boolean {
    return this.#state === 'active';
  }
  isStopping(): boolean {
    return this.#state === 'stopping';
  }
  isReadonly(): boolean {
    return this.#readonly;
  }
  /** 0, or the negative errno that ended reading. */
  get error(): number {
    return this.#reader.error;
  }
  get streamFormat(): number {
    return this.#format;
  }
  get layout(): FileLayout {
    return this.#layout;
  }
  /** Bytes of one object. */
  get period(): number {
    return this.#period;
  }
  get writePos(): number {
    return this.#writePos;
  }
  get flushPos(): number {
    return this.#flushPos;
  }
  /** Everything before is durable. */
  get safePos(): number {
    return this.#safePos;
  }
  get readPos(): number {
    return this.#reader.pos;
  }
  get expirePos(): number {
    return this.#expirePos;
  }
  get trimmedPos(): number {
    return this.#trimmedPos;
  }
  /** The head as it is known to be stored. */
  get lastCommitted(): JournalHeader {
    return this.#lastCommitted;
  }

  setReadonly(): void {
    this.#readonly = true;
  }
  setWriteable(): void {
    this.#readonly = false;
  }
  setReadPos(position: number): void {
    this.#reader.moveTo(position);
  }
  setExpirePos(position: number): void {
    this.#expirePos = position;
  }
  setTrimmedPos(position: number): void {
    this.#trimmingPos = this.#trimmedPos = position;
  }
  setWritePos(position: number): void {
    this.#setEnd(position);
  }
  /** Completed once with the errno of a write that failed. */
  setWriteErrorHandler(completion: Completion): void {
    this.#onWriteError = completion;
  }

  #dout(level: number, message: () => string): void {
    this.#cct.dout('journaler', level, () => `.journaler.${this.name}${this.#readonly ? '(ro)' : '(rw)'} ${message()}`);
  }

  #setEnd(position: number): void {
    this.#writePos = this.#flushPos = this.#safePos = this.#nextSafePos = position;
    this.#prezero.reset(position);
  }

  #setLayout(layout: FileLayout): void {
    this.#layout = layout;
    this.#period = layout.period;
    this.#reader.ahead = this.#period * this.#cct.conf.number('journaler_prefetch_periods');
  }

  /** What a caller handed in is completed on the finisher. */
  #finish(completion: Completion | undefined, r: number): void {
    if (completion !== undefined) this.#finisher.queue(completion, r);
  }

  // ---- creating, recovering

  /** Begins an empty journal; nothing is stored until {@link writeHead}. */
  create(layout: FileLayout, format = JOURNAL_FORMAT_RESILIENT): void {
    this.#state = 'active';
    this.#format = this.#reader.format = format;
    this.#setLayout(layout);
    this.#setEnd(this.#period);
    this.setReadPos(this.#period);
    this.#expirePos = this.#period;
    this.setTrimmedPos(this.#period);
  }

  /**
   * Reads the head and looks for the end. Completed with 0, -ENOENT where there is no head, -EINVAL where it makes no sense or more is
   * missing than a crash explains.
   */
  recover(onRead: Completion): void {
    if (this.isStopping()) {
      this.#finish(onRead, -ERRNO.EAGAIN);
      return;
    }
    this.#waitForRecover.push(onRead);
    if (this.#state !== 'undef') return;
    this.#dout(1, () => 'recover start');
    this.#state = 'readhead';
    this.#readHead((r, bytes) => this.#finishReadHead(r, bytes));
  }

  #recovered(r: number): void {
    for (const waiter of this.#waitForRecover.splice(0)) this.#finish(waiter, r);
  }

  #readHead(done: (r: number, bytes: Uint8Array) => void): void {
    const op = new ObjectOperation();
    const data = op.read();
    this.#objecter.operate(objectName(this.ino, 0), this.#loc, op, (r) => done(r, data.value ?? new Uint8Array(0)));
  }

  #decodeHead(bytes: Uint8Array): JournalHeader | undefined {
    try {
      const header = JournalHeader.decode(new Decoder(bytes, 'Journaler::Header'));
      if (header.magic !== this.#magic) this.#dout(0, () => `the magic is '${header.magic}', not '${this.#magic}'`);
      else if (!header.isValid()) this.#dout(0, () => `the positions make no sense: ${header}`);
      else if (!header.layout.isValid()) this.#dout(0, () => `the layout makes no sense: ${header.layout}`);
      else return header;
    } catch (error) {
      this.#dout(0, () => `the head makes no sense: ${(error as Error).message}`);
    }
    return undefined;
  }

  #adoptHead(header: JournalHeader): void {
    this.#setEnd(header.writePos);
    this.#expirePos = header.expirePos;
    this.setTrimmedPos(header.trimmedPos);
    this.#lastCommitted = header;
  }

  #finishReadHead(r: number, bytes: Uint8Array): void {
    if (this.isStopping()) return;
    if (r < 0) {
      this.#state = 'undef';
      this.#recovered(r);
      return;
    }
    if (bytes.length === 0) {
      this.#dout(1, () => 'the head is empty, and so is the journal');
      this.#state = 'active';
      this.#recovered(0);
      return;
    }
    const header = this.#decodeHead(bytes);
    if (!header) {
      this.#state = 'undef';
      this.#recovered(-ERRNO.EINVAL);
      return;
    }
    this.#adoptHead(header);
    this.setReadPos(header.expirePos);
    this.#setLayout(header.layout);
    this.#format = this.#reader.format = header.streamFormat;
    this.#dout(1, () => `${header}, probing for the end from ${header.writePos}`);
    this.#state = 'probing';
    this.#probe((result) => this.#recovered(result));
  }

  #probe(done: (r: number) => void): void {
    probeEnd(this.#objecter, this.#loc, this.ino, this.#period, this.#writePos, (r, end) => {
      if (this.isStopping()) return;
      if (r === 0) {
        this.#dout(1, () => `the journal ends at ${end} (the head says ${this.#writePos})`);
        this.#setEnd(end);
        this.#state = 'active';
      } else {
        this.#dout(0, () => `probing for the end failed with ${r}`);
        this.#state = 'undef';
      }
      done(r);
    });
  }

  /** Reads the head again, for a standby that follows. */
  rereadHead(onFinish: Completion): void {
    this.#state = 'rereadhead';
    this.#readHead((r, bytes) => {
      if (this.isStopping()) {
        this.#finish(onFinish, -ERRNO.EAGAIN);
        return;
      }
      const header = r < 0 ? undefined : this.#decodeHead(bytes);
      if (header) this.#adoptHead(header);
      this.#state = 'active';
      this.#finish(onFinish, r < 0 ? r : header ? 0 : -ERRNO.EINVAL);
    });
  }

  /** Reads the head again, then looks for the end. */
  rereadHeadAndProbe(onFinish: Completion): void {
    this.rereadHead((r) => {
      if (r < 0) {
        complete(onFinish, r);
        return;
      }
      this.#state = 'reprobing';
      this.#probe((result) => this.#finish(onFinish, result));
    });
  }

  // ---- the head

  /** Stores the positions. The write position stored is the safe one: what lies beyond is found by probing. */
  writeHead(onCommit?: Completion): void {
    const header = new JournalHeader(this.#magic);
    header.trimmedPos = this.#trimmedPos;
    header.expirePos = header.unusedField = this.#expirePos;
    header.writePos = this.#safePos;
    header.layout = this.#layout;
    header.streamFormat = this.#format;
    this.#lastWroteHead = this.#cct.clock.monotonicNow();
    const e = new Encoder(96);
    header.encode(e);
    const op = new ObjectOperation().writeFull(e.view());
    this.#objecter.operate(objectName(this.ino, 0), this.#loc, op, (r) => {
      if (r < 0) {
        this.#handleWriteError(r);
        return;
      }
      this.#lastCommitted = header;
      this.#finish(onCommit, r);
      if (!this.#readonly) this.trim();
    });
  }

  writeHeadNeeded(): boolean {
    return this.#cct.clock.monotonicNow() - this.#lastWroteHead > this.#cct.conf.number('journaler_write_head_interval') * 1000;
  }

  // ---- writing

  /**
   * Begins an entry: its bytes are to be written into the encoder this returns, then comes {@link endEntry}. Nothing else may happen in
   * between.
   */
  beginEntry(): Encoder {
    const e = this.#writeBuf;
    if (this.#format >= JOURNAL_FORMAT_RESILIENT) e.u32(SENTINEL_LOW).u32(SENTINEL_HIGH);
    e.u32(0);
    this.#entryStart = e.length;
    return e;
  }

  /** Takes back what was written since {@link beginEntry}. */
  abortEntry(): void {
    // the encoder only grows, so what stays is copied
    const keep = this.#writeBuf.view().subarray(0, this.#writePos - this.#flushPos);
    this.#writeBuf = new Encoder(Math.max(64 * 1024, keep.length)).raw(keep);
  }

  /** Ends the entry. @returns the position behind it */
  endEntry(): number {
    const e = this.#writeBuf;
    e.finish(this.#entryStart);
    if (this.#format >= JOURNAL_FORMAT_RESILIENT) e.u64(this.#writePos);
    const size = e.length - (this.#writePos - this.#flushPos);
    this.#writeBufThrottle.take(size);
    this.#writePos += size;
    this.#boundaries.push(this.#writePos);
    // an object is full: it goes out whatever the flush policy says
    const within = this.#writePos % this.#period;
    if (this.#writePos - within > this.#flushPos) this.#doFlush(this.#writePos - within);
    return this.#writePos;
  }

  /** Appends a whole entry. @returns the position behind it */
  appendEntry(bytes: Uint8Array): number {
    this.beginEntry().raw(bytes);
    return this.endEntry();
  }

  /** Is so much waiting to be written that no more should be appended? */
  isWriteBufFull(): boolean {
    return this.#writeBufThrottle.count >= WRITE_BUF_MAX;
  }

  /** Bytes an entry takes beside its own. */
  get envelopeSize(): number {
    return envelopeSize(this.#format);
  }

  /** Flushes in flight. */
  get flushesInFlight(): number {
    return this.#pendingFlushes.length;
  }

  /** Writes what was appended so far; completes when that is safe. */
  flush(onSafe?: Completion): void {
    if (this.isStopping()) {
      this.#finish(onSafe, -ERRNO.EAGAIN);
      return;
    }
    if (this.#writePos > this.#flushPos) this.#doFlush(this.#writePos);
    this.waitForFlush(onSafe);
    if (this.writeHeadNeeded()) this.writeHead();
  }

  /** Completes when what was appended so far is safe; does not itself start a flush. */
  waitForFlush(onSafe?: Completion): void {
    if (onSafe === undefined) return;
    if (this.isStopping()) this.#finish(onSafe, -ERRNO.EAGAIN);
    else if (this.#writePos === this.#safePos) this.#finish(onSafe, 0);
    else this.#waitForSafe.push(this.#writePos, onSafe);
  }

  #doFlush(to: number): void {
    if (this.isStopping() || to <= this.#flushPos) return;
    if (this.#pendingFlushes.length >= this.#maxFlushes) {
      if (to > this.#wantFlushTo) this.#wantFlushTo = to;
      return;
    }
    const end = this.#limitToPrezeroed(to);
    if (end <= this.#flushPos) return;
    const offset = this.#flushPos;
    const length = end - offset;
    const e = this.#writeBuf;
    const flush: PendingFlush = { safeBefore: this.#nextSafePos, done: false };
    const next = this.#spareBuf ?? new Encoder(64 * 1024);
    this.#spareBuf = undefined;
    const bytes = e.view();
    if (length < bytes.length) {
      next.raw(bytes.subarray(length));
      this.#nextSafePos = this.#passBoundaries(end);
    } else {
      this.#boundaries.length = 0;
      this.#nextSafePos = this.#writePos;
    }
    this.#writeBuf = next;
    this.#flushPos = end;
    this.#writeBufThrottle.put(length);
    this.#pendingFlushes.push(flush);
    const since = this.#cct.clock.monotonicNow();
    writeRange(this.#objecter, this.#loc, this.ino, this.#period, offset, bytes.subarray(0, length), (r) => {
      if (!this.#spareBuf && bytes.length <= KEEP_BUFFER) this.#spareBuf = e.reset();
      this.#finishFlush(r, flush, since);
    });
    this.#issuePrezero();
  }

  /** The end of the last entry that ends at or before `end`; forgets those up to there. */
  #passBoundaries(end: number): number {
    const boundaries = this.#boundaries;
    let passed = 0;
    while (passed < boundaries.length && (boundaries[passed] as number) <= end) passed++;
    const last = passed > 0 ? (boundaries[passed - 1] as number) : this.#nextSafePos;
    this.#boundaries = boundaries.slice(passed);
    return last;
  }

  /** The object behind what is written must not exist, or probing would not find the end; where it might, the flush waits. */
  #limitToPrezeroed(to: number): number {
    if (to + 2 * this.#period <= this.#prezero.pos) return to;
    this.#issuePrezero();
    const limit = this.#prezero.pos - this.#period;
    if (limit >= to) return to;
    this.#waitingForZeroPos = to;
    return limit;
  }

  #finishFlush(r: number, flush: PendingFlush, since: number): void {
    if (r < 0) {
      this.#handleWriteError(r);
      return;
    }
    this.#onFlushed?.(this.#cct.clock.monotonicNow() - since);
    flush.done = true;
    const pending = this.#pendingFlushes;
    while (pending[0]?.done) pending.shift();
    this.#safePos = pending[0]?.safeBefore ?? this.#nextSafePos;
    this.#dout(10, () => `flushed: write ${this.#writePos} flush ${this.#flushPos} safe ${this.#safePos}`);
    // Upstream hops over the finisher twice, for its lock's sake; once keeps the order and costs half.
    for (let w = this.#waitForSafe.take(this.#safePos); w !== undefined; w = this.#waitForSafe.take(this.#safePos)) {
      this.#onSafe?.(w);
      this.#finisher.queue(w, 0);
    }
    const want = this.#wantFlushTo;
    if (want > this.#flushPos) {
      // whatever came meanwhile goes along, unless only full objects were asked for
      this.#doFlush(want % this.#period === 0 ? want : this.#writePos);
    }
    this.#reader.more();
  }

  /** Removes the objects ahead. */
  #issuePrezero(): void {
    const period = this.#period;
    const ahead = this.#writePos + period * this.#cct.conf.number('journaler_prezero_periods') + period - 1;
    this.#prezero.advance(ahead - (ahead % period), period);
  }

  /** Cuts off what lies behind the write position: half an entry, objects of a longer journal. */
  trimTail(): void {
    this.#issuePrezero();
  }

  // ---- reading

  /** Does an entry lie ready? Reads ahead on the way. */
  isReadable(): boolean {
    return this.#reader.isReadable();
  }

  /** The next entry if it lies ready: a view of what was read, which nobody changes. */
  tryReadEntry(): Uint8Array | undefined {
    return this.#reader.tryReadEntry();
  }

  /** Completes with 0 when an entry lies ready or the end is reached, with -errno when reading failed. One waiter at a time. */
  waitForReadable(onReadable: Completion): void {
    this.#reader.wait(onReadable);
  }

  haveWaiter(): boolean {
    return this.#reader.hasWaiter();
  }

  // ---- trimming

  /** Removes the objects that lie wholly before the expire position that is known to be stored. */
  trim(): void {
    if (this.isStopping()) return;
    const period = this.#period;
    const expire = this.#lastCommitted.expirePos;
    const to = expire - (expire % period);
    if (to === 0 || to <= this.#trimmingPos || this.#trimmingPos > this.#trimmedPos) return;
    const first = this.#trimmingPos / period;
    const count = (to - this.#trimmingPos) / period;
    this.#dout(10, () => `trimming to ${to}`);
    this.#trimmingPos = to;
    purgeRange(this.#objecter, this.#loc, this.ino, first, count, (r) => {
      if (r < 0) this.#handleWriteError(r);
      else this.#trimmedPos = to;
    });
  }

  /** Removes the whole journal, head and all. */
  erase(onFinish: Completion): void {
    const period = this.#period || FileLayout.default(0).period;
    const first = Math.floor(this.#trimmedPos / period);
    const count = Math.floor((this.#writePos - this.#trimmedPos) / period) + 2;
    purgeRange(this.#objecter, this.#loc, this.ino, first, count, (r) => {
      if (this.isStopping() || r < 0) this.#finish(onFinish, r < 0 ? r : -ERRNO.EAGAIN);
      else purgeRange(this.#objecter, this.#loc, this.ino, 0, 1, (result) => this.#finish(onFinish, result));
    });
  }

  #handleWriteError(r: number): void {
    this.#dout(-1, () => `writing failed with ${r}`);
    const handler = this.#onWriteError;
    this.#onWriteError = undefined;
    this.#finish(handler, r);
  }

  /** Turns everyone who waits away with -EAGAIN; what is in flight in the store goes on there. */
  shutdown(): void {
    if (this.isStopping()) return;
    this.#state = 'stopping';
    this.#reader.stop(-ERRNO.EAGAIN);
    finishContexts(
      this.#waitForRecover.map((waiter) => (r) => this.#finish(waiter, r)),
      -ERRNO.ESHUTDOWN,
    );
    this.#waitForRecover = [];
    for (let w = this.#waitForSafe.take(Infinity); w !== undefined; w = this.#waitForSafe.take(Infinity)) {
      this.#finish(w, -ERRNO.EAGAIN);
    }
    this.#writeBufThrottle.shutdown();
  }
}
