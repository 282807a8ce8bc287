import { complete, Context, ERRNO, GatherBuilder } from '@cephts/common';
import type { Completion, CompletionFn } from '@cephts/common';
import type { Message } from '@cephts/async-messenger';
import type { MDSRank } from './mds-rank.js';

/**
 * A completion that runs under mds_lock. The isolate is that lock, so it is always held here; what remains is that each completion counts
 * as a sign of life for the watchdog.
 *
 * @see src/mds/MDSContext.cc (16.2.15)
 */
export abstract class MDSContext extends Context {
  abstract getMds(): MDSRank;

  override complete(r: number): void {
    this.getMds().heartbeatReset();
    this.finish(r);
  }
}

/** A waiter inside the MDS: it is completed by code that holds the lock already. */
export abstract class MDSInternalContext extends MDSContext {
  protected readonly mds: MDSRank;

  constructor(mds: MDSRank) {
    super();
    this.mds = mds;
  }

  override getMds(): MDSRank {
    return this.mds;
  }
}

/** An {@link MDSInternalContext} around any completion. */
export class MDSInternalContextWrapper extends MDSInternalContext {
  readonly #fin: Completion;

  constructor(mds: MDSRank, fin: Completion) {
    super(mds);
    this.#fin = fin;
  }

  override finish(r: number): void {
    complete(this.#fin, r);
  }
}

/**
 * A completion of the object store or the journal. It comes from outside the lock, so the MDS may be going down by then: it is dropped
 * while the daemon stops, and an MDS that was blocklisted, or whose I/O timed out, restarts instead of running it.
 */
export abstract class MDSIOContextBase extends MDSContext {
  /** When it was made, in monotonic ms: what is old is reported as slow metadata I/O. */
  createdAt = 0;
  /** Neighbours in {@link IoContextList}. */
  prevIo: MDSIOContextBase | undefined;
  nextIo: MDSIOContextBase | undefined;
  #tracked: boolean;

  /** @param track should it count as metadata I/O while pending? */
  constructor(mds: MDSRank, track = true) {
    super();
    this.#tracked = track;
    if (track) mds.ioContexts.add(this);
  }

  override complete(r: number): void {
    const mds = this.getMds();
    if (this.#tracked) {
      this.#tracked = false;
      mds.ioContexts.remove(this);
    }
    if (mds.isDaemonStopping()) return;
    if (r === -ERRNO.ESHUTDOWN || r === -ERRNO.ETIMEDOUT) {
      mds.respawn(`metadata I/O failed with ${r}`);
      return;
    }
    super.complete(r);
  }
}

/** An {@link MDSIOContextBase} that knows its rank. */
export abstract class MDSIOContext extends MDSIOContextBase {
  protected readonly mds: MDSRank;

  constructor(mds: MDSRank, track = true) {
    super(mds, track);
    this.mds = mds;
  }

  override getMds(): MDSRank {
    return this.mds;
  }
}

/** An {@link MDSIOContext} around any completion. */
export class MDSIOContextWrapper extends MDSIOContext {
  readonly #fin: Completion;

  constructor(mds: MDSRank, fin: Completion) {
    super(mds);
    this.#fin = fin;
  }

  override finish(r: number): void {
    complete(this.#fin, r);
  }
}

/**
 * Completed when a journal entry is safe. md_submit notes the position behind the entry in it; afterwards the log knows that everything up
 * to there was completed, which trimming relies on.
 */
export abstract class MDSLogContextBase extends MDSIOContextBase {
  /** The request that waits for it, which is told how far it is. */
  request: { markEvent(event: string): void } | undefined = undefined;
  #writePos = 0;

  setWritePos(position: number): void {
    this.#writePos = position;
  }

  get writePos(): number {
    return this.#writePos;
  }

  /** What must happen before the lock is taken; nothing, as a rule. */
  preFinish(_r: number): void {
    // for subclasses
  }

  override complete(r: number): void {
    const { mdlog } = this.getMds();
    this.request?.markEvent('journal_committed: ');
    this.preFinish(r);
    super.complete(r);
    mdlog.setSafePos(this.#writePos);
  }
}

/** An {@link MDSLogContextBase} that knows its rank. */
export abstract class MDSLogContext extends MDSLogContextBase {
  protected readonly mds: MDSRank;

  constructor(mds: MDSRank) {
    super(mds, false);
    this.mds = mds;
  }

  override getMds(): MDSRank {
    return this.mds;
  }
}

/** An {@link MDSLogContext} around any completion. */
export class MDSLogContextWrapper extends MDSLogContext {
  readonly #fin: Completion;

  constructor(mds: MDSRank, fin: Completion) {
    super(mds);
    this.#fin = fin;
  }

  override finish(r: number): void {
    complete(this.#fin, r);
  }
}

/**
 * Completed from anywhere, runs on MR_Finisher: the first `complete` queues it there, the second runs it.
 */
export class C_IO_Wrapper extends MDSIOContext {
  #async = true;
  readonly #wrapped: Completion;

  constructor(mds: MDSRank, wrapped: Completion) {
    super(mds, false);
    this.#wrapped = wrapped;
  }

  override complete(r: number): void {
    if (this.#async) {
      this.#async = false;
      this.mds.finisher.queue(this, r);
    } else {
      super.complete(r);
    }
  }

  override finish(r: number): void {
    complete(this.#wrapped, r);
  }
}

/** Dispatches a message once more, as one that has waited already. */
export class C_MDS_RetryMessage extends MDSInternalContext {
  readonly message: Message;

  constructor(mds: MDSRank, message: Message) {
    super(mds);
    this.message = message;
  }

  override finish(_r: number): void {
    this.mds.retryDispatch(this.message);
  }
}

/** Makes waiters for a message: the first one asked for takes the message over. */
export interface ContextFactory {
  build(): Context;
}

/** A {@link ContextFactory} whose contexts retry one message. */
export class CF_MDS_RetryMessageFactory implements ContextFactory {
  readonly #mds: MDSRank;
  readonly #message: Message;

  constructor(mds: MDSRank, message: Message) {
    this.#mds = mds;
    this.#message = message;
  }

  build(): Context {
    return new C_MDS_RetryMessage(this.#mds, this.#message);
  }
}

/** Gathers what several parts of the MDS have to finish; see {@link GatherBuilder}. */
export class MDSGatherBuilder extends GatherBuilder {}

/** Metadata I/O in flight, oldest first: a list threaded through its members, so that adding and removing cost next to nothing. */
export class IoContextList {
  readonly #now: () => number;
  #first: MDSIOContextBase | undefined;
  #last: MDSIOContextBase | undefined;
  #size = 0;

  /** @param now monotonic ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#size;
  }

  /** When the oldest was made, in monotonic ms; undefined with none in flight. */
  get oldest(): number | undefined {
    return this.#first?.createdAt;
  }

  add(context: MDSIOContextBase): void {
    context.createdAt = this.#now();
    context.prevIo = this.#last;
    if (this.#last) this.#last.nextIo = context;
    else this.#first = context;
    this.#last = context;
    this.#size++;
  }

  remove(context: MDSIOContextBase): void {
    const { prevIo, nextIo } = context;
    if (prevIo) prevIo.nextIo = nextIo;
    else this.#first = nextIo;
    if (nextIo) nextIo.prevIo = prevIo;
    else this.#last = prevIo;
    context.prevIo = undefined;
    context.nextIo = undefined;
    this.#size--;
  }

  /** How many are older than `ms`. */
  countOlderThan(ms: number): number {
    const limit = this.#now() - ms;
    let count = 0;
    for (let context = this.#first; context && context.createdAt <= limit; context = context.nextIo) count++;
    return count;
  }
}

export type { Completion, CompletionFn };
