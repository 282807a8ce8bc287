import { ERRNO } from '@cephts/common';
import { standbyTrimSegment } from '../cache/standby-trim.js';
import { MDSGatherBuilder, MDSInternalContext } from '../rank/mds-context.js';
import { expireSegment } from './expire-segment.js';
import { LogPerf } from './log-perf.js';
import type { LogSegment } from './log-segment.js';
import type { MDLog } from './md-log.js';

/** Longest time one trim works, in ms. */
const TRIM_MS = 2000;

class C_MaybeExpiredSegment extends MDSInternalContext {
  readonly #trimmer: LogTrimmer;
  readonly #segment: LogSegment;

  constructor(log: MDLog, trimmer: LogTrimmer, segment: LogSegment) {
    super(log.mds);
    this.#trimmer = trimmer;
    this.#segment = segment;
  }

  override finish(r: number): void {
    if (r < 0) this.mds.handleWriteError(r);
    this.#trimmer.maybeExpired(this.#segment);
  }
}

/**
 * Gets rid of old segments: expiring one stores what it changed in the objects where it belongs; once expired, the oldest ones are
 * forgotten and the journal's expire position moves past them.
 *
 * @see src/mds/MDLog.cc (16.2.15)
 */
export class LogTrimmer {
  readonly #log: MDLog;
  /** Being stored. */
  readonly expiring = new Set<LogSegment>();
  /** Stored. */
  readonly expired = new Set<LogSegment>();
  #expiringEvents = 0;
  #expiredEvents = 0;
  /** Segments that were replayed and are still there: they are expired in small numbers, lest a restart begins with a storm. */
  #replayedSegments = 0;

  constructor(log: MDLog) {
    this.#log = log;
  }

  noteReplayed(segments: number): void {
    this.#replayedSegments = segments;
  }

  trim(): void {
    const log = this.#log;
    const { mds, segments } = log;
    if (mds.mdcache.isReadonly() || segments.size === 0) return;
    const { clock, conf } = mds.cct;
    const maxSegments = conf.number('mds_log_max_segments');
    const perSegment = conf.number('mds_log_events_per_segment');
    const limit = conf.number('mds_log_max_events');
    const maxEvents = limit > 0 ? Math.max(limit, perSegment + 1) : Infinity;
    const maxExpiring = this.#replayedSegments > 0 ? Math.max(maxSegments / 2, segments.size - this.#replayedSegments) : Infinity;
    const stop = clock.monotonicNow() + TRIM_MS;
    let begun = 0;
    for (const segment of [...segments.values()]) {
      if (clock.monotonicNow() > stop) break;
      const remaining = segments.size - this.expired.size - this.expiring.size;
      const events = log.numEvents - this.#expiringEvents - this.#expiredEvents;
      if (remaining <= maxSegments && events <= maxEvents) break;
      if (begun * 2 > remaining || this.expiring.size >= maxExpiring) break;
      if (!this.#isSafe(segment)) break;
      if (this.expiring.has(segment) || this.expired.has(segment)) continue;
      begun++;
      this.#expire(segment);
    }
    this.#commitOpenFiles(false);
    this.trimExpiredSegments();
  }

  trimAll(): number {
    const log = this.#log;
    const last = log.peekCurrentSegment();
    if (!last) return 0;
    this.#commitOpenFiles(true);
    for (const segment of [...log.segments.values()]) {
      if (segment === last || segment.end > log.safePos) break;
      if (segment.pendingEvents > 0) return -ERRNO.EAGAIN;
      if (!this.expiring.has(segment) && !this.expired.has(segment)) this.#expire(segment);
    }
    this.trimExpiredSegments();
    return 0;
  }

  #isSafe(segment: LogSegment): boolean {
    return segment.pendingEvents === 0 && segment.end <= this.#log.safePos;
  }

  /** The open file table goes with the segments: it says which files a segment's open events were about. */
  #commitOpenFiles(all: boolean): void {
    const log = this.#log;
    const table = log.mds.mdcache.openFileTable;
    if (log.isCapped() || table.isAnyCommitting() || !log.haveAnySegments()) return;
    const seq = log.getLastSegmentSeq();
    const wanted = all ? seq > table.getCommittingLogSeq() : table.isAnyDirty() || seq > table.getCommittedLogSeq();
    if (wanted) table.commit(() => this.trimExpiredSegments(), seq);
  }

  #expire(segment: LogSegment): void {
    this.expiring.add(segment);
    this.#expiringEvents += segment.numEvents;
    this.#tryExpire(segment);
  }

  #tryExpire(segment: LogSegment): void {
    const log = this.#log;
    const gather = new MDSGatherBuilder();
    expireSegment(log.mds, segment, gather);
    if (gather.hasSubs()) {
      gather.setFinisher(new C_MaybeExpiredSegment(log, this, segment));
      gather.activate();
      log.flush();
    } else {
      this.expiring.delete(segment);
      this.#expiringEvents -= segment.numEvents;
      this.#expired(segment);
    }
    log.logger.set(LogPerf.segexg, this.expiring.size);
    log.logger.set(LogPerf.evexg, this.#expiringEvents);
  }

  /** What the segment waited for is done; more may have come meanwhile. */
  maybeExpired(segment: LogSegment): void {
    if (!this.#log.mds.mdcache.isReadonly()) this.#tryExpire(segment);
  }

  #expired(segment: LogSegment): void {
    const log = this.#log;
    const { logger } = log;
    // the newest one goes on filling
    if (log.isCapped() || segment !== log.peekCurrentSegment()) {
      this.expired.add(segment);
      this.#expiredEvents += segment.numEvents;
      segment.finishExpiryWaiters();
      logger.inc(LogPerf.evex, segment.numEvents);
      logger.inc(LogPerf.segex);
    }
    logger.set(LogPerf.ev, log.numEvents);
    logger.set(LogPerf.evexd, this.#expiredEvents);
    logger.set(LogPerf.seg, log.segments.size);
    logger.set(LogPerf.segexd, this.expired.size);
  }

  standbyTrim(): void {
    const log = this.#log;
    const { expirePos } = log.journaler;
    let trimmed = false;
    for (const segment of [...log.segments.values()]) {
      if (segment.end > expirePos || segment === log.peekCurrentSegment()) break;
      standbyTrimSegment(segment);
      log.removeSegment(segment);
      trimmed = true;
    }
    if (trimmed) log.mds.mdcache.trim(Infinity);
  }

  trimExpiredSegments(): void {
    const log = this.#log;
    const { logger } = log;
    const committedSeq = log.mds.mdcache.openFileTable.getCommittedLogSeq();
    let trimmed = false;
    for (const segment of [...log.segments.values()]) {
      if (!this.expired.has(segment) || (!log.isCapped() && segment.seq >= committedSeq)) break;
      this.expired.delete(segment);
      this.#expiredEvents -= segment.numEvents;
      if (this.#replayedSegments > 0) this.#replayedSegments--;
      const { journaler } = log;
      if (journaler.expirePos < segment.end) journaler.setExpirePos(segment.end);
      logger.set(LogPerf.expos, Math.max(segment.end, segment.offset));
      logger.inc(LogPerf.segtrm);
      logger.inc(LogPerf.evtrm, segment.numEvents);
      log.removeSegment(segment);
      trimmed = true;
    }
    if (!trimmed) return;
    logger.set(LogPerf.seg, log.segments.size);
    logger.set(LogPerf.ev, log.numEvents);
    log.journaler.writeHead();
  }
}
