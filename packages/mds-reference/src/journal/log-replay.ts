import { C_SaferCond, ERRNO } from '@cephts/common';
import { decodeEvent } from './decode-event.js';
import type { ESubtreeMap } from './events/e-subtree-map.js';
import { EVENT_RESETJOURNAL, EVENT_SUBTREEMAP } from './log-event.js';
import type { LogEvent } from './log-event.js';
import { LogPerf } from './log-perf.js';
import { LogSegment } from './log-segment.js';
import type { MDLog } from './md-log.js';

/**
 * md_log_replay: reads the journal from the expire position to its end and replays each event into the cache.
 *
 * @see MDLog::_replay_thread in src/mds/MDLog.cc (16.2.15)
 */
export class LogReplay {
  readonly #log: MDLog;

  constructor(log: MDLog) {
    this.#log = log;
  }

  /** @returns 0, -EAGAIN where a standby fell behind, or the errno that ends the boot */
  async run(): Promise<number> {
    const log = this.#log;
    const { mds, journaler } = log;
    const { clock, runQueue } = mds.cct;
    mds.dout(10, () => `log: replaying from ${journaler.readPos} to ${journaler.writePos}`);
    let sliceEnd = clock.monotonicNow() + runQueue.sliceMs;
    for (;;) {
      if (mds.isDaemonStopping()) return -ERRNO.EAGAIN;
      if (!journaler.isReadable()) {
        if (journaler.error < 0) return this.#readError(journaler.error);
        if (journaler.readPos >= journaler.writePos) break;
        const readable = new C_SaferCond();
        journaler.waitForReadable(readable);
        await readable.wait();
        continue;
      }
      const position = journaler.readPos;
      const entry = journaler.tryReadEntry();
      if (!entry) continue;
      const r = this.#replayEntry(position, entry);
      if (r < 0) return r;
      if (clock.monotonicNow() < sliceEnd) continue;
      // others have their turn between two events
      await new Promise<void>((resolve) => clock.defer(resolve));
      sliceEnd = clock.monotonicNow() + runQueue.sliceMs;
    }
    mds.dout(10, () => `log: replayed ${log.numEvents} events`);
    log.logger.set(LogPerf.expos, journaler.expirePos);
    return 0;
  }

  #replayEntry(position: number, entry: Uint8Array): number {
    const log = this.#log;
    const { mds } = log;
    let event: LogEvent;
    try {
      event = decodeEvent(entry);
    } catch (error) {
      mds.clog('error', `corrupt journal event at ${position}~${entry.length}: ${(error as Error).message}`);
      return mds.cct.conf.bool('mds_log_skip_corrupt_events') ? 0 : -ERRNO.EINVAL;
    }
    event.startOff = position;
    this.#countSegment(event, position);
    log.logger.set(LogPerf.rdpos, position);
    const segment = log.peekCurrentSegment();
    if (!segment) {
      mds.dout(10, () => `log: ${position} skipping ${event}, no subtree map has come yet`);
      return 0;
    }
    mds.dout(10, () => `log: ${position}~${entry.length} ${event}`);
    event.segment = segment;
    segment.numEvents++;
    segment.end = log.journaler.readPos;
    log.numEvents++;
    log.logger.inc(LogPerf.replayed);
    mds.mdcache.replayEvent(event, segment);
    return 0;
  }

  /** A subtree map begins a segment, and may say which event of the journal's whole life it is. */
  #countSegment(event: LogEvent, position: number): void {
    const log = this.#log;
    if (event.type !== EVENT_SUBTREEMAP && event.type !== EVENT_RESETJOURNAL) {
      log.eventSeq++;
      return;
    }
    const seq = event.type === EVENT_SUBTREEMAP ? (event as ESubtreeMap).eventSeq : 0;
    log.eventSeq = seq > 0 ? seq : position;
    log.addSegment(new LogSegment(log.eventSeq, position));
  }

  async #readError(error: number): Promise<number> {
    const { mds, journaler } = this.#log;
    mds.dout(0, `log: reading the journal failed with ${error}`);
    if (error === -ERRNO.ENOENT) {
      if (mds.isStandbyReplay()) return -ERRNO.EAGAIN;
      mds.clog('error', 'missing journal object');
      return -ERRNO.ENOENT;
    }
    if (error !== -ERRNO.EINVAL || !mds.isStandbyReplay()) {
      if (error === -ERRNO.EINVAL) mds.clog('error', `the journal makes no sense at ${journaler.readPos}`);
      return error;
    }
    // whoever is followed may have trimmed what was about to be read
    const reread = new C_SaferCond();
    journaler.rereadHead(reread);
    const r = await reread.wait();
    if (r === -ERRNO.ENOENT) return -ERRNO.EAGAIN;
    if (r < 0) return r;
    return journaler.readPos < journaler.expirePos ? -ERRNO.EAGAIN : error;
  }
}
