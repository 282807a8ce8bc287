import { complete, ERRNO, finishContexts, GatherBuilder } from '@cephts/common';
import type { CephContext, Completion, PerfCounters } from '@cephts/common';
import { Decoder, Encoder, FileLayout, fragIsRoot } from '@cephts/encoding';
import { Finisher } from '@cephts/finisher';
import { SafeTimer } from '@cephts/safe-timer';
import { objectName, purgeRange } from '../journal/file-objects.js';
import { JOURNAL_FORMAT_RESILIENT } from '../journal/journal-header.js';
import { Journaler } from '../journal/journaler.js';
import { ObjectOperation } from '../store/object-store.js';
import type { ObjectStore } from '../store/object-store.js';
import { CEPH_FS_ONDISK_MAGIC, MDS_INO_PURGE_QUEUE } from '../types/ceph-fs.js';
import { PURGE_DIR, PURGE_FILE, PurgeItem, TRUNCATE_FILE } from './purge-item.js';
import { createPurgePerf, PurgePerf } from './purge-perf.js';

interface InFlight {
  readonly item: PurgeItem;
  readonly ops: number;
  done: boolean;
}

/**
 * Deletes the objects of files and folders that nobody can reach any more. What is to be deleted is first written to a journal of its own
 * and then carried out, a few at a time, so that the cache can forget it at once and a restart finds what is left.
 *
 * It has a finisher and a timer of its own (PQ_Finisher, safe_timer) and takes no part in mds_lock.
 *
 * @see src/mds/PurgeQueue.{h,cc} (16.2.15)
 */
export class PurgeQueue {
  readonly #cct: CephContext;
  readonly #pool: number;
  readonly #objecter: ObjectStore;
  readonly #journaler: Journaler;
  readonly #finisher: Finisher;
  readonly #timer: SafeTimer;
  readonly #logger: PerfCounters;
  readonly #onError: (r: number) => void;
  readonly #rank: number;
  readonly #unobserve: () => void;

  #recovered = false;
  #readonly = false;
  #stopped = false;
  readonly #waitForRecovery: Completion[] = [];
  /** Items being carried out, by the journal position behind each; in that order. */
  readonly #inFlight = new Map<number, InFlight>();
  #filesInFlight = 0;
  #opsInFlight = 0;
  #opsHighWater = 0;
  #filesHighWater = 0;
  #maxPurgeOps: number;
  #delayedFlush = 0;
  #draining = false;
  #drainInitial = 0;
  #itemJournalSize = 1;

  /** @param onError told, once, when the queue can go on no more */
  constructor(cct: CephContext, rank: number, metadataPool: number, objecter: ObjectStore, onError: (r: number) => void) {
    this.#cct = cct;
    this.#rank = rank;
    this.#pool = metadataPool;
    this.#objecter = objecter;
    this.#onError = onError;
    this.#logger = createPurgePerf(cct.perf);
    this.#maxPurgeOps = cct.conf.number('mds_max_purge_ops') || Infinity;
    this.#finisher = new Finisher(cct, {
      name: 'PurgeQueue',
      threadName: 'PQ_Finisher',
      owner: 'PurgeQueue::finisher',
      purpose: 'completes the purge journal’s I/O and deletes what is queued to be purged',
    });
    this.#timer = new SafeTimer(cct, {
      owner: 'PurgeQueue::timer',
      purpose: 'flushes the purge journal when it cannot be consumed for a while',
    });
    this.#journaler = new Journaler({
      cct,
      name: 'pq',
      ino: MDS_INO_PURGE_QUEUE + rank,
      pool: metadataPool,
      magic: CEPH_FS_ONDISK_MAGIC,
      objecter,
      finisher: this.#finisher,
    });
    this.#journaler.setWriteErrorHandler((r) => this.#goReadonly(r));
    this.#unobserve = cct.conf.observe(() => this.#finisher.queue(() => void this.#consume()), ['mds_max_purge_files']);
  }

  get journaler(): Journaler {
    return this.#journaler;
  }
  /** Did an I/O error end its work? */
  get readonly(): boolean {
    return this.#readonly;
  }

  /** Starts the threads. */
  init(): void {
    this.#finisher.start();
    this.#timer.init();
  }

  #dout(level: number, message: () => string): void {
    this.#cct.dout('mds', level, () => `mds.${this.#rank}.purge_queue ${message()}`);
  }

  // ---- opening

  /** Writes the head of an empty queue; completes when that is durable. */
  create(onFinish?: Completion): void {
    if (onFinish !== undefined) this.#waitForRecovery.push(onFinish);
    this.#journaler.setWriteable();
    this.#journaler.create(FileLayout.default(this.#pool), JOURNAL_FORMAT_RESILIENT);
    this.#journaler.writeHead((r) => (r < 0 ? this.#goReadonly(r) : this.#setRecovered()));
  }

  /** Finds the queue a rank has left; one that never was is created. */
  open(onFinish?: Completion): void {
    if (onFinish !== undefined) this.#waitForRecovery.push(onFinish);
    const journaler = this.#journaler;
    journaler.recover((r) => {
      if (r === -ERRNO.ENOENT) {
        this.#dout(1, () => 'there is no purge queue, creating it');
        this.create();
      } else if (r < 0) this.#goReadonly(r);
      else if (journaler.lastCommitted.writePos < journaler.writePos) {
        // what lies behind the head's position may end in half an entry: it is read through once
        journaler.setReadPos(journaler.lastCommitted.writePos);
        this.#recover();
      } else this.#openDone();
    });
  }

  #recover(): void {
    const journaler = this.#journaler;
    for (;;) {
      if (journaler.isReadable()) {
        journaler.tryReadEntry();
        continue;
      }
      if (journaler.error < 0) {
        if (!this.#stopped) this.#goReadonly(journaler.error);
        return;
      }
      if (journaler.readPos >= journaler.writePos) break;
      journaler.waitForReadable(() => this.#recover());
      return;
    }
    journaler.setReadPos(journaler.lastCommitted.expirePos);
    this.#openDone();
  }

  #openDone(): void {
    this.#journaler.setWriteable();
    this.#journaler.trimTail();
    this.#setRecovered();
    this.activate();
  }

  #setRecovered(): void {
    this.#recovered = true;
    this.#itemJournalSize = itemSize() + this.#journaler.envelopeSize;
    finishContexts(this.#waitForRecovery);
  }

  waitForRecovery(onFinish: Completion): void {
    if (this.#recovered) complete(onFinish, 0);
    else if (this.#readonly) complete(onFinish, -ERRNO.EROFS);
    else this.#waitForRecovery.push(onFinish);
  }

  isRecovered(): boolean {
    return this.#recovered;
  }

  /** Goes on with what a rank has left. */
  activate(): void {
    if (this.#readonly || this.#journaler.readPos === this.#journaler.writePos) return;
    if (this.#inFlight.size === 0) this.#finisher.queue(() => void this.#consume());
  }

  #goReadonly(r: number): void {
    if (this.#readonly || this.#stopped) return;
    this.#dout(1, () => `an I/O error (${r}) ends all purging`);
    this.#readonly = true;
    this.#journaler.setReadonly();
    this.#finisher.queue(() => this.#onError(r));
    finishContexts(this.#waitForRecovery, r);
  }

  // ---- queueing

  /** Queues an item. @param onSafe completed, on PQ_Finisher, when it is in the journal for good */
  push(item: PurgeItem, onSafe: Completion): void {
    if (this.#readonly || this.#stopped) {
      this.#finisher.queue(onSafe, -ERRNO.EROFS);
      return;
    }
    item.encode(this.#journaler.beginEntry());
    this.#journaler.endEntry();
    this.#journaler.waitForFlush(onSafe);
    // reading it again flushes it; where nothing more is read for now, the timer does
    if (this.#consume() || this.#delayedFlush !== 0) return;
    const delay = this.#cct.conf.number('mds_purge_queue_busy_flush_period') * 1000;
    this.#delayedFlush = this.#timer.addEventAfter(delay, () => {
      this.#delayedFlush = 0;
      this.#journaler.flush();
    });
  }

  // ---- carrying out

  #canConsume(): boolean {
    if (this.#readonly || this.#stopped || !this.#recovered) return false;
    const maxFiles = this.#cct.conf.number('mds_max_purge_files');
    // one at a time is always allowed, however low the limit of operations
    if (this.#filesInFlight === 0) return maxFiles > 0;
    return this.#opsInFlight < this.#maxPurgeOps && this.#filesInFlight < maxFiles;
  }

  /** @returns was anything read, or is the reader waiting for it? */
  #consume(): boolean {
    const journaler = this.#journaler;
    let any = false;
    while (this.#canConsume()) {
      if (this.#delayedFlush !== 0) {
        this.#timer.cancelEvent(this.#delayedFlush);
        this.#delayedFlush = 0;
      }
      if (journaler.error < 0) {
        this.#goReadonly(journaler.error);
        return any;
      }
      if (!journaler.isReadable()) {
        if (!journaler.haveWaiter()) journaler.waitForReadable((r) => this.#readable(r));
        // to read what was just pushed, the journaler flushes it
        return true;
      }
      any = true;
      const entry = journaler.tryReadEntry();
      if (!entry) continue;
      try {
        this.#execute(PurgeItem.decode(new Decoder(entry, 'PurgeItem')), journaler.readPos);
      } catch (error) {
        this.#dout(-1, () => `an item at ${journaler.readPos} makes no sense: ${(error as Error).message}`);
        this.#goReadonly(-ERRNO.EIO);
      }
    }
    return any;
  }

  #readable(r: number): void {
    if (r === 0) this.#consume();
    else if (r !== -ERRNO.EAGAIN) this.#goReadonly(r);
  }

  /** Operations an item takes, roughly: what the limit counts. */
  #opsOf(item: PurgeItem): number {
    if (item.action === PURGE_DIR) return 1 + dirLeaves(item).length;
    const objects = Math.min(item.size > 0 ? item.numObjects : 1, this.#cct.conf.number('filer_max_purge_ops'));
    return objects + (item.action === TRUNCATE_FILE ? 0 : item.oldPools.length);
  }

  #execute(item: PurgeItem, expireTo: number): void {
    const ops = this.#opsOf(item);
    this.#inFlight.set(expireTo, { item, ops, done: false });
    this.#filesInFlight++;
    this.#opsInFlight += ops;
    this.#count();
    this.#dout(10, () => `${item.typeName} 0x${item.ino.toString(16)} size ${item.size}`);
    this.#finisher.queue(() => this.#commitOps(item, expireTo));
  }

  #commitOps(item: PurgeItem, expireTo: number): void {
    const gather = new GatherBuilder((r) => {
      this.#finisher.queue(() => this.#executed(r, expireTo));
    });
    if (item.action === PURGE_FILE) this.#purgeFile(item, gather);
    else if (item.action === PURGE_DIR) {
      for (const leaf of dirLeaves(item)) this.#remove(objectName(item.ino, leaf), this.#pool, gather);
      this.#remove(objectName(item.ino, 0), this.#pool, gather);
    } else if (item.action === TRUNCATE_FILE) {
      const count = item.numObjects;
      if (count > 1) this.#purgeRange(item, 1, count - 1, gather);
      this.#operate(objectName(item.ino, 0), item.layout, new ObjectOperation().zero(0, item.layout.objectSize), gather);
    } else this.#dout(-1, () => `dropping an item of the unknown action ${item.action}`);
    gather.activate();
  }

  #purgeFile(item: PurgeItem, gather: GatherBuilder): void {
    const count = item.numObjects;
    if (count > 0) this.#purgeRange(item, 0, count, gather);
    const first = objectName(item.ino, 0);
    // the backtrace lies in the first object, outside of any namespace
    if (count === 0 || item.layout.poolNs !== '') this.#remove(first, item.layout.poolId, gather);
    for (const pool of item.oldPools) this.#remove(first, pool, gather);
  }

  #purgeRange(item: PurgeItem, first: number, count: number, gather: GatherBuilder): void {
    const { poolId: pool, poolNs: namespace } = item.layout;
    const width = this.#cct.conf.number('filer_max_purge_ops');
    purgeRange(this.#objecter, { pool, namespace }, item.ino, first, count, gather.newSub(), width);
  }

  #operate(oid: string, layout: FileLayout, op: ObjectOperation, gather: GatherBuilder): void {
    const sub = gather.newSub();
    const loc = { pool: layout.poolId, namespace: layout.poolNs };
    this.#objecter.operate(oid, loc, op, (r) => sub.complete(r === -ERRNO.ENOENT ? 0 : r));
  }

  #remove(oid: string, pool: number, gather: GatherBuilder): void {
    const sub = gather.newSub();
    this.#objecter.operate(oid, { pool }, new ObjectOperation().remove(), (r) => sub.complete(r === -ERRNO.ENOENT ? 0 : r));
  }

  #executed(r: number, expireTo: number): void {
    if (this.#stopped) return;
    if (r < 0) {
      this.#goReadonly(r);
      return;
    }
    this.#expire(expireTo);
    this.#logger.inc(PurgePerf.executed);
    this.#consume();
    if (!this.#readonly && (this.#filesInFlight === 0 || this.#journaler.writeHeadNeeded())) this.#journaler.writeHead();
  }

  /** Items may be done out of order; the expire position moves past those with nothing undone before them. */
  #expire(expireTo: number): void {
    const finished = this.#inFlight.get(expireTo);
    if (!finished || finished.done) return;
    finished.done = true;
    this.#filesInFlight--;
    this.#opsInFlight -= finished.ops;
    for (const [position, { done }] of this.#inFlight) {
      if (!done) break;
      this.#inFlight.delete(position);
      this.#journaler.setExpirePos(position);
    }
    this.#count();
  }

  #count(): void {
    const logger = this.#logger;
    this.#opsHighWater = Math.max(this.#opsHighWater, this.#opsInFlight);
    this.#filesHighWater = Math.max(this.#filesHighWater, this.#filesInFlight);
    logger.set(PurgePerf.executingOps, this.#opsInFlight);
    logger.set(PurgePerf.executingOpsHighWater, this.#opsHighWater);
    logger.set(PurgePerf.executing, this.#filesInFlight);
    logger.set(PurgePerf.executingHighWater, this.#filesHighWater);
    const { writePos, readPos, expirePos } = this.#journaler;
    const left = writePos - (this.#filesInFlight > 0 ? expirePos : readPos);
    logger.set(PurgePerf.itemInJournal, Math.floor(left / this.#itemJournalSize));
  }

  // ---- from outside

  /** @param pgs placement groups of all data pools; 0 where nobody knows (the embedded store has none) */
  updateOpLimit(pgs: number, maxMds: number): void {
    const { conf } = this.#cct;
    const hard = conf.number('mds_max_purge_ops') || Infinity;
    this.#maxPurgeOps = pgs > 0 ? Math.min(hard, Math.floor((pgs / maxMds) * conf.number('mds_max_purge_ops_per_pg'))) : hard;
  }

  /**
   * Finishes what is queued, as fast as can be: for a rank that is given up.
   * @returns how far it is, in bytes of journal; undefined when nothing is left
   */
  drain(): { progress: number; total: number; inFlight: number } | undefined {
    const remaining = this.#journaler.writePos - this.#journaler.readPos;
    if (this.#readonly || (this.#filesInFlight === 0 && remaining === 0)) return undefined;
    if (!this.#draining) {
      this.#draining = true;
      this.#maxPurgeOps = 0xffff;
    }
    this.#drainInitial = Math.max(remaining, this.#drainInitial);
    return { progress: this.#drainInitial - remaining, total: this.#drainInitial, inFlight: this.#filesInFlight };
  }

  isIdle(): boolean {
    return this.#filesInFlight === 0 && this.#journaler.readPos === this.#journaler.writePos;
  }

  /** Ends the threads; what is not done is found again after a restart. */
  async shutdown(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#unobserve();
    this.#journaler.shutdown();
    this.#timer.shutdown();
    await this.#finisher.stop();
    this.#cct.perf.remove(this.#logger);
  }
}

/** Fragments of a folder beside the whole one. */
function dirLeaves(item: PurgeItem): number[] {
  return item.fragtree.getLeaves().filter((frag) => !fragIsRoot(frag));
}

function itemSize(): number {
  const e = new Encoder();
  new PurgeItem().encode(e);
  return e.length;
}
