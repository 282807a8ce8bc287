import type { MClientRequest } from '../messages/m-client-request.js';
import { MDSInternalContext } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { MDRequestImpl } from './md-request.js';

/** Dispatches a request once more: what it waited for has come. */
export class C_MDS_RetryRequest extends MDSInternalContext {
  readonly #requests: Requests;
  readonly #mdr: MDRequestImpl;

  constructor(mds: MDSRank, requests: Requests, mdr: MDRequestImpl) {
    super(mds);
    this.#requests = requests;
    this.#mdr = mdr;
  }

  override finish(_r: number): void {
    this.#mdr.attempt++;
    this.#requests.dispatch(this.#mdr);
  }
}

/**
 * Requests under way, by who sent them and their number there.
 *
 * @see MDCache::request_start in src/mds/MDCache.cc (16.2.15)
 */
export class Requests {
  readonly #mds: MDSRank;
  /** By number of the client (those of the MDS itself below 0), then by tid. */
  readonly #active = new Map<number, Map<number, MDRequestImpl>>();
  #size = 0;
  #lastTid = 0;

  constructor(mds: MDSRank) {
    this.#mds = mds;
  }

  get size(): number {
    return this.#size;
  }

  *[Symbol.iterator](): IterableIterator<MDRequestImpl> {
    for (const requests of this.#active.values()) yield* requests.values();
  }

  #keyOf(req: MClientRequest): number {
    return req.src.isClient() ? req.src.num : -1 - req.src.num;
  }

  /** Registers a request; undefined where it is under way already. */
  start(req: MClientRequest): MDRequestImpl | undefined {
    const key = this.#keyOf(req);
    let requests = this.#active.get(key);
    if (!requests) this.#active.set(key, (requests = new Map()));
    else if (requests.has(req.tid)) return undefined;
    const op = this.#mds.opTracker.enabled ? this.#mds.opTracker.createOp(() => req.print(), req) : undefined;
    const mdr = new MDRequestImpl(req.reqid, req, op);
    requests.set(req.tid, mdr);
    this.#size++;
    return mdr;
  }

  /** A number for a request of the MDS itself. */
  issueTid(): number {
    return ++this.#lastTid;
  }

  /** Runs a request that the MDS makes of itself, soon. */
  startInternal(req: MClientRequest): void {
    this.#mds.queueWaiter(() => {
      const mdr = this.start(req);
      if (mdr) this.dispatch(mdr);
    });
  }

  get(req: MClientRequest): MDRequestImpl | undefined {
    return this.#active.get(this.#keyOf(req))?.get(req.tid);
  }

  dispatch(mdr: MDRequestImpl): void {
    if (mdr.killed) return;
    if (mdr.clientRequest) this.#mds.server.dispatchClientRequest(mdr);
  }

  /** A waiter that dispatches the request once more. */
  retry(mdr: MDRequestImpl): C_MDS_RetryRequest {
    return new C_MDS_RetryRequest(this.#mds, this, mdr);
  }

  /** It is answered: lets go of everything it holds. */
  finish(mdr: MDRequestImpl): void {
    this.#cleanup(mdr);
  }

  /** Its session is gone. One that is in the journal goes on to its end. */
  kill(mdr: MDRequestImpl): void {
    mdr.killed = true;
    mdr.markEvent('killing request');
    if (mdr.committing) mdr.session?.requests.delete(mdr);
    else this.#cleanup(mdr);
  }

  dropNonRdlocks(mdr: MDRequestImpl): void {
    this.#mds.locker.dropNonRdlocks(mdr);
    mdr.dropLocalAuthPins();
  }

  #cleanup(mdr: MDRequestImpl): void {
    const { locker } = this.#mds;
    locker.dropLocks(mdr);
    mdr.dropLocalAuthPins();
    locker.clientCaps.kickCapReleases(mdr);
    mdr.dropPins();
    mdr.session?.requests.delete(mdr);
    const req = mdr.clientRequest;
    if (req) {
      const requests = this.#active.get(this.#keyOf(req));
      if (requests?.get(req.tid) === mdr) {
        requests.delete(req.tid);
        this.#size--;
      }
    }
    mdr.markEvent('cleaned up request');
    mdr.finishTracking();
  }
}
