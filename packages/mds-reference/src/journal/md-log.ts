import { complete, CooperativeThread, GatherBuilder, TransientThread } from '@cephts/common';
import type { Completion, PerfCounters } from '@cephts/common';
import { UTime } from '@cephts/encoding';
import { C_IO_Wrapper, MDSIOContext, MDSLogContextBase } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { CEPH_FS_ONDISK_MAGIC, MDS_INO_LOG_OFFSET } from '../types/ceph-fs.js';
import { JournalPointer } from './journal-pointer.js';
import { Journaler } from './journaler.js';
import { EVENT_IMPORTFINISH, EVENT_SUBTREEMAP } from './log-event.js';
import type { LogEvent } from './log-event.js';
import { createLogPerf, LogPerf } from './log-perf.js';
import { LogRecovery } from './log-recovery.js';
import { LogReplay } from './log-replay.js';
import { LogSegment } from './log-segment.js';
import { LogTrimmer } from './log-trimmer.js';
import { SubmitQueue } from './submit-queue.js';

/** Of an entry nobody waits for: the log learns that everything before was completed. */
class C_MDL_Flushed extends MDSLogContextBase {
  readonly #mds: MDSRank;
  readonly #wrapped: Completion | undefined;

  constructor(mds: MDSRank, wrapped?: Completion) {
    super(mds, false);
    this.#mds = mds;
    this.#wrapped = wrapped;
  }

  override getMds(): MDSRank {
    return this.#mds;
  }

  override finish(r: number): void {
    if (this.#wrapped !== undefined) complete(this.#wrapped, r);
  }
}

/** A write of the journal failed: nothing that was promised can be kept, so the rank is given up. */
class C_MDL_WriteError extends MDSIOContext {
  constructor(mds: MDSRank) {
    // no I/O is under way for as long as it waits
    super(mds, false);
  }

  override finish(r: number): void {
    this.mds.damaged(`writing the journal failed with ${r}`);
  }
}

/**
 * The journal of a rank. Requests submit events here; md_submit encodes and appends them, in order, outside of the request's turn; the
 * journaler writes them; MR_Finisher completes who waits for them to be safe. The journal is cut into segments, each of which begins
 * with a subtree map and is thrown away when everything it changed is stored elsewhere.
 *
 * @see src/mds/MDLog.{h,cc} (16.2.15)
 */
export class MDLog {
  readonly mds: MDSRank;
  readonly logger: PerfCounters;
  readonly #submitThread: CooperativeThread;
  readonly #recoveryThread: TransientThread;
  readonly #replayThread: TransientThread;
  readonly #recovery: LogRecovery;
  readonly #replay: LogReplay;
  readonly #trimmer: LogTrimmer;
  readonly #pending = new SubmitQueue();
  readonly #waitForReplay: Completion[] = [];

  /** By sequence, oldest first. */
  readonly segments = new Map<number, LogSegment>();
  /** Events in all segments. */
  numEvents = 0;
  eventSeq = 0;

  #journaler: Journaler | undefined;
  #current: LogSegment | undefined;
  #currentEvent: LogEvent | undefined;
  #safePos = 0;
  #unflushed = 0;
  #capped = false;
  #alreadyReplayed = false;
  /** In ms. */
  #flushDelay = 0;
  #flushTimer: unknown;

  constructor(mds: MDSRank) {
    this.mds = mds;
    const { cct } = mds;
    const readDelay = (): void => void (this.#flushDelay = cct.conf.number('mds_log_flush_delay') * 1000);
    readDelay();
    cct.conf.observe(readDelay, ['mds_log_flush_delay']);
    this.logger = createLogPerf(cct.perf);
    this.#trimmer = new LogTrimmer(this);
    this.#recovery = new LogRecovery(this);
    this.#replay = new LogReplay(this);
    this.#submitThread = new CooperativeThread(cct, {
      name: 'md_submit',
      owner: 'MDLog::SubmitThread',
      purpose: 'encodes journal events and appends them to the journal, in the order they were submitted',
      entry: (deadline) => this.#submit(deadline),
    });
    this.#recoveryThread = new TransientThread(cct, {
      name: 'md_recov_open',
      owner: 'MDLog::RecoveryThread',
      purpose: 'recovery_thread: finds the journal and where it ends, when the rank starts',
    });
    this.#replayThread = new TransientThread(cct, {
      name: 'md_log_replay',
      owner: 'MDLog::ReplayThread',
      purpose: 'replays the journal into the cache',
    });
  }

  // ---- where it stands

  /** Is there a {@link journaler}? */
  get isOpen(): boolean {
    return this.#journaler !== undefined;
  }

  /** @throws TypeError before {@link create} or {@link open} */
  get journaler(): Journaler {
    if (!this.#journaler) throw new TypeError('The journal is not open');
    return this.#journaler;
  }

  /** @internal For {@link LogRecovery}. */
  setJournaler(journaler: Journaler): void {
    this.#journaler = journaler;
  }

  get readPos(): number {
    return this.journaler.readPos;
  }
  get writePos(): number {
    return this.journaler.writePos;
  }
  /** Everything before is durable, and who waited for it was told. */
  get safePos(): number {
    return this.#safePos;
  }
  setSafePos(position: number): void {
    if (position > this.#safePos) this.#safePos = position;
  }

  isCapped(): boolean {
    return this.#capped;
  }
  /** Takes no more events: the rank is being given up. */
  cap(): void {
    this.#capped = true;
  }

  haveAnySegments(): boolean {
    return this.segments.size > 0;
  }
  getNumSegments(): number {
    return this.segments.size;
  }
  getNumEvents(): number {
    return this.numEvents;
  }
  /** The newest segment. @throws RangeError where there is none */
  getCurrentSegment(): LogSegment {
    if (!this.#current) throw new RangeError('The journal has no segment');
    return this.#current;
  }
  peekCurrentSegment(): LogSegment | undefined {
    return this.#current;
  }
  getOldestSegment(): LogSegment | undefined {
    for (const segment of this.segments.values()) return segment;
    return undefined;
  }
  getSegment(seq: number): LogSegment | undefined {
    return this.segments.get(seq);
  }
  /** Sequence of the newest segment. */
  getLastSegmentSeq(): number {
    return this.getCurrentSegment().seq;
  }
  getExpiringSegments(): readonly LogSegment[] {
    return [...this.#trimmer.expiring];
  }

  /** @internal Adds a segment as the newest. */
  addSegment(segment: LogSegment): void {
    this.segments.set(segment.seq, segment);
    this.#current = segment;
    this.logger.set(LogPerf.seg, this.segments.size);
  }

  /** @internal Takes a segment out. */
  removeSegment(segment: LogSegment): void {
    this.segments.delete(segment.seq);
    this.numEvents -= segment.numEvents;
    if (this.#current === segment) this.#current = undefined;
  }

  // ---- opening

  /** Writes the head and pointer of an empty journal; completes when both are durable. */
  create(onFinish: Completion): void {
    const { mds } = this;
    const ino = MDS_INO_LOG_OFFSET + mds.whoami;
    mds.dout(5, 'log: creating an empty journal');
    const journaler = this.newJournaler(ino);
    journaler.setWriteErrorHandler(new C_MDL_WriteError(mds));
    journaler.setWriteable();
    journaler.create(mds.mdcache.defaultLogLayout, mds.cct.conf.number('mds_journal_format'));
    this.#journaler = journaler;
    const gather = new GatherBuilder(new C_IO_Wrapper(mds, onFinish));
    journaler.writeHead(gather.newSub());
    const pointer = new JournalPointer();
    pointer.front = ino;
    pointer.save(mds.objecter, mds.metadataPool, mds.whoami, gather.newSub());
    gather.activate();
    this.logger.set(LogPerf.expos, journaler.expirePos);
    this.logger.set(LogPerf.wrpos, journaler.writePos);
    this.#submitThread.start();
  }

  /** @internal */
  newJournaler(ino: number): Journaler {
    const { mds, logger } = this;
    return new Journaler({
      cct: mds.cct,
      name: 'mdlog',
      ino,
      pool: mds.metadataPool,
      magic: CEPH_FS_ONDISK_MAGIC,
      objecter: mds.objecter,
      finisher: mds.finisher,
      onFlushed: (ms) => logger.tinc(LogPerf.jlat, ms),
      onSafe: (waiter) => {
        if (waiter instanceof MDSLogContextBase) waiter.request?.markEvent('journal: durable');
      },
    });
  }

  /** Finds the journal; {@link replay} or {@link append} follows. */
  open(onFinish: Completion): void {
    this.mds.dout(5, 'log: looking for the journal');
    this.#recoveryThread.start(async () => {
      const r = await this.#recovery.run();
      if (this.mds.isDaemonStopping()) return;
      if (r === 0) this.journaler.setWriteErrorHandler(new C_MDL_WriteError(this.mds));
      complete(onFinish, r);
    });
    this.#submitThread.start();
  }

  /** Goes on at the end, with nothing replayed. */
  append(): void {
    const { journaler } = this;
    journaler.setReadPos(journaler.writePos);
    journaler.setExpirePos(journaler.writePos);
    journaler.setWriteable();
    this.logger.set(LogPerf.expos, journaler.writePos);
  }

  /** Replays the journal into the cache; completes when it has been read to its end. */
  replay(onFinish: Completion): void {
    const { journaler, mds } = this;
    if (journaler.readPos === journaler.writePos) {
      mds.dout(10, 'log: nothing to replay');
      complete(onFinish, 0);
      return;
    }
    this.#waitForReplay.push(onFinish);
    if (this.#alreadyReplayed && this.#replayThread.started) return;
    this.#alreadyReplayed = true;
    this.#replayThread.start(async () => {
      const r = await this.#replay.run();
      this.#safePos = journaler.safePos;
      if (mds.isDaemonStopping()) return;
      this.#trimmer.noteReplayed(this.segments.size);
      for (const waiter of this.#waitForReplay.splice(0)) complete(waiter, r);
    });
  }

  // ---- submitting

  /** Begins an event: what it journals is built until {@link submitEntry}. */
  startEntry(event: LogEvent): void {
    if (this.#currentEvent) throw new TypeError(`log: ${this.#currentEvent} was begun and not submitted`);
    this.#currentEvent = event;
    this.eventSeq++;
    const { metablob } = event;
    if (!metablob) return;
    metablob.eventSeq = this.eventSeq;
    metablob.lastSubtreeMap = this.getLastSegmentSeq();
  }

  /** Gives up what {@link startEntry} began. */
  cancelEntry(event: LogEvent): void {
    if (this.#currentEvent === event) this.#currentEvent = undefined;
  }

  entryIsOpen(): boolean {
    return this.#currentEvent !== undefined;
  }

  /** Hands an event to md_submit. @param onSafe completed, under mds_lock, when it is durable */
  submitEntry(event: LogEvent, onSafe?: Completion): void {
    if (this.#currentEvent !== event) throw new TypeError(`log: ${event} was not begun`);
    this.#currentEvent = undefined;
    const { mds, logger } = this;
    const segment = this.getCurrentSegment();
    segment.numEvents++;
    segment.pendingEvents++;
    event.segment = segment;
    event.updateSegment(segment);
    event.stamp = UTime.fromMillis(mds.cct.clock.now());
    this.#pending.push(event, onSafe, false);
    this.numEvents++;
    this.#unflushed++;
    logger.inc(LogPerf.evadd);
    logger.set(LogPerf.ev, this.numEvents);
    this.#submitThread.wake();
    if (this.#segmentIsFull(segment, event)) this.startNewSegment();
  }

  startSubmitEntry(event: LogEvent, onSafe?: Completion): void {
    this.startEntry(event);
    this.submitEntry(event, onSafe);
  }

  #segmentIsFull(segment: LogSegment, event: LogEvent): boolean {
    // a subtree map may itself be larger than a segment; and none may come between import finishes that belong together
    if (event.type === EVENT_SUBTREEMAP || event.type === EVENT_IMPORTFINISH) return false;
    if (segment.numEvents >= this.mds.cct.conf.number('mds_log_events_per_segment')) return true;
    const { period } = this.journaler;
    return segment.offset >= 0 && Math.floor(segment.end / period) > Math.floor(segment.offset / period);
  }

  /** Begins a segment: its subtree map follows with {@link journalSegmentSubtreeMap}. */
  prepareNewSegment(): void {
    this.addSegment(new LogSegment(this.eventSeq + 1));
    this.logger.inc(LogPerf.segadd);
    this.mds.mdcache.advanceStray();
  }

  /** Journals the subtree map the newest segment begins with. */
  journalSegmentSubtreeMap(onSafe?: Completion): void {
    const event = this.mds.mdcache.subtrees.createSubtreeMap();
    event.eventSeq = this.getLastSegmentSeq();
    this.submitEntry(event, new C_MDL_Flushed(this.mds, onSafe));
  }

  startNewSegment(onSafe?: Completion): void {
    this.prepareNewSegment();
    this.journalSegmentSubtreeMap(onSafe);
  }

  /** md_submit: never completes anything itself, that is MR_Finisher's. */
  #submit(deadline: number): boolean {
    const { mds } = this;
    const { clock, conf } = mds.cct;
    if (mds.isDaemonStopping() || conf.bool('mds_log_pause')) return false;
    const journaler = this.#journaler;
    if (!journaler?.isActive()) return false;
    let done = 0;
    let flush = false;
    while (!journaler.isWriteBufFull()) {
      const next = this.#pending.shift();
      if (!next) break;
      if (next.event) this.#append(journaler, next.event, next.fin);
      else if (next.fin !== undefined) this.#waitForFlush(journaler, new C_MDL_Flushed(mds, next.fin));
      flush ||= next.flush;
      if ((++done & 15) === 0 && clock.monotonicNow() >= deadline) break;
    }
    this.#submitThread.addItems(done, this.#pending.length);
    if (flush || this.#flushDelay <= 0) this.#flushAppended(journaler);
    else if (done > 0) this.#flushSoon();
    return this.#pending.length > 0;
  }

  #flushAppended(journaler: Journaler): void {
    this.#unflushed = 0;
    journaler.flush();
  }

  /** An early reply lets its client go on, so its entry can wait for some more: fewer and larger writes, and safe replies that travel together. */
  #flushSoon(): void {
    this.#flushTimer ??= this.mds.cct.clock.setTimeout(() => {
      this.#flushTimer = undefined;
      this.flush();
    }, this.#flushDelay);
  }

  #append(journaler: Journaler, event: LogEvent, fin: Completion | undefined): void {
    const { mds } = this;
    const segment = event.segment as LogSegment;
    const start = journaler.writePos;
    event.startOff = start;
    if (event.type === EVENT_SUBTREEMAP) segment.offset = start;
    try {
      event.encodeWithHeader(journaler.beginEntry(), mds.mdsmap.getUpFeatures());
    } catch (error) {
      journaler.abortEntry();
      throw error;
    }
    const end = journaler.endEntry();
    segment.end = end;
    segment.pendingEvents--;
    mds.dout(5, () => `log: ${start}~${end - start} : ${event}`);
    if (fin instanceof MDSLogContextBase) fin.request?.markEvent('journal: appended');
    this.#waitForFlush(journaler, fin ?? new C_MDL_Flushed(mds));
    this.logger.set(LogPerf.wrpos, end);
  }

  #waitForFlush(journaler: Journaler, fin: Completion): void {
    if (fin instanceof MDSLogContextBase) fin.setWritePos(journaler.writePos);
    journaler.waitForFlush(fin);
  }

  /** Completes `onSafe` when everything submitted so far is durable. It does not itself start a flush. */
  waitForSafe(onSafe: Completion): void {
    if (this.#pending.length > 0) {
      this.#pending.push(undefined, onSafe, false);
      this.#submitThread.wake();
    } else this.journaler.waitForFlush(new C_IO_Wrapper(this.mds, onSafe));
  }

  /** Writes what was submitted so far. */
  flush(): void {
    if (this.#pending.length > 0) {
      this.#unflushed = 0;
      this.#pending.flushAfterLast();
      this.#submitThread.wake();
      return;
    }
    if (this.#unflushed === 0) return;
    this.#unflushed = 0;
    this.#journaler?.flush();
  }

  /** Gives md_submit a turn: `mds_log_pause` may have changed. */
  kickSubmitter(): void {
    this.#submitThread.wake();
  }

  writeHead(onFinish?: Completion): void {
    this.journaler.writeHead(onFinish === undefined ? undefined : new C_IO_Wrapper(this.mds, onFinish));
  }

  // ---- trimming

  /** Expires old segments, as many as are beyond `mds_log_max_segments`. */
  trim(): void {
    this.#trimmer.trim();
  }

  /** Expires every segment but the newest. @returns 0, or -EAGAIN where events are still to be appended */
  trimAll(): number {
    return this.#trimmer.trimAll();
  }

  /** Throws away the oldest segments that are expired. */
  trimExpiredSegments(): void {
    this.#trimmer.trimExpiredSegments();
  }

  /** A standby forgets the segments that the active MDS has expired. */
  standbyTrimSegments(): void {
    this.#trimmer.standbyTrim();
  }

  // ---- the end

  dumpReplayStatus(): Record<string, unknown> {
    return {
      journal_read_pos: this.#journaler?.readPos ?? 0,
      journal_write_pos: this.#journaler?.writePos ?? 0,
      journal_expire_pos: this.#journaler?.expirePos ?? 0,
      num_events: this.numEvents,
      num_segments: this.segments.size,
    };
  }

  /** Ends the threads. What was not flushed is lost, as it would be in a crash: nobody was told that it is safe. */
  async shutdown(): Promise<void> {
    this.#submitThread.stop();
    this.mds.cct.clock.clearTimeout(this.#flushTimer);
    this.#journaler?.shutdown();
    await Promise.allSettled([this.#replayThread.join(), this.#recoveryThread.join()]);
    this.mds.cct.perf.remove(this.logger);
  }
}
