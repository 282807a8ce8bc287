import { ERRNO } from '@cephts/common';
import type { CephContext, TimerHandle } from '@cephts/common';
import type { Message } from '@cephts/async-messenger';
import { Decoder } from '@cephts/encoding';
import { MPoolOp, MPoolOpReply } from '../messages/osd/m-pool-op.js';
import { MGetPoolStats, MGetPoolStatsReply, MStatfs, MStatfsReply } from '../messages/osd/m-pool-stats.js';
import type { PoolStat } from '../osdmap/pool-stat.js';
import type { ObjecterMon } from './objecter-mon.js';

/** How full the cluster is, in KiB. */
export interface ClusterStat {
  kb: number;
  kbUsed: number;
  kbAvail: number;
  numObjects: number;
}

interface Request {
  make: () => Message;
  onReply: (r: number, reply: Message | undefined) => void;
  timer: TimerHandle | undefined;
}

/** What monitors are asked about pools. A request goes by a number, and is sent again with each new connection to a monitor. */
export class PoolRequests {
  readonly #cct: CephContext;
  readonly #mon: ObjecterMon;
  readonly #requests = new Map<number, Request>();
  #lastTid = 0;
  #stopping = false;

  constructor(cct: CephContext, mon: ObjecterMon) {
    this.#cct = cct;
    this.#mon = mon;
  }

  get size(): number {
    return this.#requests.size;
  }

  /** @param pools names; those that do not exist are left out of the answer */
  poolStats(pools: string[], done: (r: number, stats: Map<string, PoolStat>, perPool: boolean) => void): number {
    const make = (): Message => Object.assign(new MGetPoolStats(), { fsid: this.#mon.fsid, pools });
    return this.#submit(make, (r, reply) => {
      const stats = reply instanceof MGetPoolStatsReply ? reply : undefined;
      done(r, stats?.stats ?? new Map(), stats?.perPool ?? false);
    });
  }

  statfs(done: (r: number, stat: ClusterStat) => void): number {
    const make = (): Message => Object.assign(new MStatfs(), { fsid: this.#mon.fsid });
    return this.#submit(make, (r, reply) => {
      const { kb, kbUsed, kbAvail, numObjects } = reply instanceof MStatfsReply ? reply : new MStatfsReply();
      done(r, { kb, kbUsed, kbAvail, numObjects });
    });
  }

  /**
   * Makes or removes a snapshot.
   * @param op POOL_OP
   * @param done told −errno, or 0 with the epoch that has the change and, for a snapshot made, its number
   */
  poolOp(op: number, pool: number, { name = '', snapid = 0 }, done: (r: number, epoch: number, snapid: number) => void): number {
    const make = (): Message => Object.assign(new MPoolOp(), { fsid: this.#mon.fsid, pool, op, name, snapid });
    return this.#submit(make, (r, reply) => {
      if (!(reply instanceof MPoolOpReply)) {
        done(r, 0, 0);
        return;
      }
      const data = reply.responseData;
      done(reply.replyCode, reply.epoch, data && data.length >= 8 ? new Decoder(data, 'snapid').u64() : 0);
    });
  }

  #submit(make: () => Message, onReply: Request['onReply']): number {
    if (this.#stopping) {
      this.#cct.clock.defer(() => onReply(-ERRNO.ESHUTDOWN, undefined));
      return 0;
    }
    const tid = ++this.#lastTid;
    const seconds = this.#cct.conf.number('rados_mon_op_timeout');
    const timer = seconds > 0 ? this.#cct.clock.setTimeout(() => this.#finish(tid, -ERRNO.ETIMEDOUT), seconds * 1000) : undefined;
    const request: Request = { make, onReply, timer };
    this.#requests.set(tid, request);
    this.#send(tid, request);
    return tid;
  }

  /** Forgets a request: what it asked is told nobody, and a late answer is ignored. */
  cancel(tid: number): void {
    this.#take(tid);
  }

  #send(tid: number, { make }: Request): void {
    const m = make();
    m.tid = tid;
    this.#mon.sendMonMessage(m);
  }

  #take(tid: number): Request | undefined {
    const request = this.#requests.get(tid);
    this.#requests.delete(tid);
    if (request?.timer !== undefined) this.#cct.clock.clearTimeout(request.timer);
    return request;
  }

  #finish(tid: number, r: number, reply?: Message): boolean {
    const request = this.#take(tid);
    request?.onReply(r, reply);
    return request !== undefined;
  }

  handleReply(m: Message): boolean {
    const isReply = m instanceof MPoolOpReply || m instanceof MGetPoolStatsReply || m instanceof MStatfsReply;
    return isReply && this.#finish(m.tid, 0, m);
  }

  /** There is a new connection to a monitor. */
  resend(): void {
    for (const [tid, request] of this.#requests) this.#send(tid, request);
  }

  /** All that is asked completes with -ESHUTDOWN, and so does what is asked from now on. */
  shutdown(): void {
    this.#stopping = true;
    for (const tid of [...this.#requests.keys()]) this.#finish(tid, -ERRNO.ESHUTDOWN);
  }
}
