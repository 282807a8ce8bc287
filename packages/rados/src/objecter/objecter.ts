import { complete, ERRNO, Throttle } from '@cephts/common';
import type { CephContext, Completion } from '@cephts/common';
import type { RawObjectLocator } from '@cephts/encoding';
import { CEPH_ENTITY_TYPE_MON, CEPH_ENTITY_TYPE_OSD, UTime } from '@cephts/encoding';
import type { Connection, Dispatcher, Message, Messenger } from '@cephts/async-messenger';
import { SafeTimer } from '@cephts/safe-timer';
import { MCommandReply } from '../messages/m-command.js';
import { MOSDBackoff } from '../messages/osd/m-osd-backoff.js';
import { MOSDMap } from '../messages/osd/m-osd-map.js';
import { MOSDOpReply } from '../messages/osd/m-osd-op-reply.js';
import { MOSDOp } from '../messages/osd/m-osd-op.js';
import type { OsdOpOutcome } from '../messages/osd/m-osd-op-reply.js';
import { MPing } from '../messages/m-ping.js';
import { MWatchNotify } from '../messages/osd/m-watch-notify.js';
import { OSD_BACKOFF_OP, OSD_FLAG } from '../messages/osd/osd-op-codes.js';
import { CEPH_NOSNAP } from '../osdmap/hobject.js';
import { OSDMAP_FLAG } from '../osdmap/osd-flags.js';
import type { OsdMap } from '../osdmap/osd-map.js';
import { POOL_FLAG } from '../osdmap/pg-pool.js';
import { OsdReqId } from '../osdmap/osd-types.js';
import type { SnapContext } from '../osdmap/osd-types.js';
import { LingerOps } from './linger-ops.js';
import { MapUpdater } from './map-updater.js';
import type { ObjectOperation } from './object-operation.js';
import type { ObjecterMon } from './objecter-mon.js';
import { checkText } from './check-args.js';
import { ObjecterOp } from './objecter-op.js';
import { OBJECTER_CONF } from './objecter-options.js';
import { ObjecterPerf } from './objecter-perf.js';
import { OpTarget } from './op-target.js';
import { OsdCommands } from './osd-commands.js';
import { OsdSession } from './osd-session.js';
import { PoolRequests } from './pool-requests.js';

/** Options of {@link Objecter}. */
export interface ObjecterInit {
  messenger: Messenger;
  mon: ObjecterMon;
  /** Tells apart daemons that had a name one after the other. @defaultValue 0 */
  clientIncarnation?: number;
}

/** How an operation differs from the plainest one. */
export interface SubmitOptions {
  /** Further OSD_FLAG bits. */
  flags?: number;
  /** The snapshot that is read. @defaultValue the object as it is */
  snap?: bigint;
  /** The snapshots that a write keeps. */
  snapContext?: SnapContext;
  /** Wall clock, ms. @defaultValue now */
  mtime?: number;
  /** It waits for no throttle and has no time limit: what keeps alive something that is there already. @defaultValue false */
  unbounded?: boolean;
}

/** Bytes each operation counts for beside its data. */
const PRIORITY = 63;

/**
 * Carries operations to the OSDs that have their objects, and sees to it that each settles once and that those on one object keep their
 * order, whatever becomes of OSDs, connections and maps meanwhile. Completions are never called on the caller's stack.
 *
 * @see src/osdc/Objecter.cc (16.2.15)
 */
export class Objecter implements Dispatcher {
  readonly name = 'Objecter';
  readonly lingers: LingerOps;
  readonly commands: OsdCommands;
  readonly pools: PoolRequests;
  readonly #cct: CephContext;
  readonly #messenger: Messenger;
  readonly #mon: ObjecterMon;
  #clientInc: number;
  /** An OSD takes the incarnation from there before it has decoded the rest, and dies where the two differ. */
  #reqid: OsdReqId;
  /** Flags of every operation. */
  #everyFlag = 0;
  readonly #timer: SafeTimer;
  readonly #perf: ObjecterPerf;
  readonly #opThrottle: Throttle;
  readonly #byteThrottle: Throttle;
  readonly #sessions = new Map<number, OsdSession>();
  readonly #homeless = new OsdSession(-1);
  readonly #maps: MapUpdater;
  readonly #mapWaiters: { epoch: number; completion: Completion }[] = [];
  #lastTid = 0;
  #inflight = 0;
  #requestedEpoch = -1;
  #opTimeout = 0;
  #stopping = false;

  constructor(cct: CephContext, { messenger, mon, clientIncarnation = 0 }: ObjecterInit) {
    cct.conf.define(OBJECTER_CONF);
    this.#cct = cct;
    this.#messenger = messenger;
    this.#mon = mon;
    this.#clientInc = clientIncarnation;
    this.#reqid = new OsdReqId(undefined, 0, clientIncarnation);
    this.#timer = new SafeTimer(cct, {
      threadName: 'ceph_timer',
      owner: 'Objecter::timer',
      purpose: 'ticks of the Objecter: operations that take long, pings of watches',
    });
    this.#perf = new ObjecterPerf(cct);
    this.#opThrottle = new Throttle(cct, 'objecter_ops', cct.conf.number('objecter_inflight_ops'));
    this.#byteThrottle = new Throttle(cct, 'objecter_bytes', cct.conf.number('objecter_inflight_op_bytes'));
    this.#maps = new MapUpdater(cct);
    this.lingers = new LingerOps(cct, this);
    this.commands = new OsdCommands(cct, this);
    this.pools = new PoolRequests(cct, mon);
  }

  /** Takes messages and begins to tick. The map is asked for with the first operation, or by {@link requestMap}. */
  init(): void {
    const { conf } = this.#cct;
    this.#opTimeout = conf.number('rados_osd_op_timeout') * 1000;
    this.#messenger.addDispatcherHead(this);
    this.#timer.init();
    this.#timer.addEventEvery(conf.number('objecter_tick_interval') * 1000, () => this.#tick());
  }

  /** From now on operations are those of this life of a daemon whose name others had before. */
  setClientIncarnation(incarnation: number): void {
    this.#clientInc = incarnation;
    this.#reqid = new OsdReqId(undefined, 0, incarnation);
  }

  /**
   * From now on operations go to full pools too, and OSDs take them for as long as they can: those of a daemon without which nothing can be
   * deleted.
   */
  unsetHonorPoolFull(): void {
    this.#everyFlag |= OSD_FLAG.FULL_FORCE;
  }

  get osdmap(): OsdMap {
    return this.#maps.map;
  }

  /** Operations that were handed in and have not completed. */
  get inflight(): number {
    return this.#inflight;
  }

  /**
   * Hands in an operation.
   *
   * @param onFinish told 0 or above, or −errno: -ENOENT also for a pool that does not exist
   * @returns its number, for {@link cancel} and its version
   */
  submit(
    oid: string,
    locator: RawObjectLocator,
    operation: ObjectOperation,
    onFinish: Completion,
    options: SubmitOptions = {},
  ): ObjecterOp {
    checkText("an object's name", oid);
    const { clock } = this.#cct;
    const flags = operation.flags | (options.flags ?? 0) | this.#everyFlag;
    const target = new OpTarget(oid, locator, flags);
    // what reads changes no object's time
    const mtime = flags & OSD_FLAG.WRITE ? UTime.fromMillis(options.mtime ?? clock.now()) : UTime.ZERO;
    const op = new ObjecterOp(target, operation, onFinish, options.snap ?? CEPH_NOSNAP, mtime, clock.monotonicNow());
    if (options.snapContext) {
      op.snapSeq = options.snapContext.seq;
      op.snaps = options.snapContext.snaps;
    }
    this.#inflight++;
    op.tid = ++this.#lastTid;
    if (this.#stopping) {
      this.#finishSoon(op, -ERRNO.ESHUTDOWN);
      return op;
    }
    if (options.unbounded) {
      this.#start(op);
      return op;
    }
    const timeout = this.#opTimeout;
    if (timeout > 0) op.timer = clock.setTimeout(() => this.cancel(op, -ERRNO.ETIMEDOUT), timeout);
    this.#throttle(op);
    return op;
  }

  /** Completes an operation with `r`; what it does on its OSD may or may not take effect. @returns was it still under way? */
  cancel(op: ObjecterOp, r: number = -ERRNO.ECANCELED): boolean {
    if (op.done) return false;
    this.#finish(op, r);
    return true;
  }

  /** All operations under way, first come first. */
  *operations(): Iterable<ObjecterOp> {
    for (const session of [this.#homeless, ...this.#sessions.values()]) yield* session.ops.values();
  }

  /** Completes once the map is of that epoch or a later one, with -ESHUTDOWN where this has ended. */
  waitForMap(epoch: number, completion: Completion): void {
    if (this.#stopping || this.osdmap.epoch >= epoch) {
      const r = this.#stopping ? -ERRNO.ESHUTDOWN : 0;
      this.#cct.clock.defer(() => complete(completion, r));
      return;
    }
    this.#mapWaiters.push({ epoch, completion });
    this.requestMap();
  }

  /** Asks for newer maps, once until one comes. */
  requestMap(): void {
    const { map } = this.#maps;
    const from = map.epoch === 0 ? 0 : map.epoch + 1;
    if (this.#requestedEpoch === from || this.#stopping) return;
    this.#requestedEpoch = from;
    // what stands still because of a map waits for the change of it
    this.#mon.subWant('osdmap', from, !holdsUp(map));
    this.#mon.renewSubs();
  }

  /** Ends: all that is under way completes with -ESHUTDOWN, and so does what is handed in from now on; watches are lost. */
  async shutdown(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    await this.#timer.shutdown();
    this.lingers.shutdown();
    this.commands.shutdown();
    this.pools.shutdown();
    this.#opThrottle.shutdown();
    this.#byteThrottle.shutdown();
    for (const op of [...this.operations()]) this.#finish(op, -ERRNO.ESHUTDOWN);
    for (const { completion } of this.#mapWaiters.splice(0)) complete(completion, -ERRNO.ESHUTDOWN);
    for (const { con } of this.#sessions.values()) con?.markDown();
    this.#sessions.clear();
    this.#perf.remove();
  }

  // ---- the way out

  #throttle(op: ObjecterOp): void {
    const bytes = op.operation.budget;
    if (this.#byteThrottle.getOrFail(bytes)) {
      if (this.#opThrottle.getOrFail(1)) {
        op.budget = bytes;
        this.#start(op);
        return;
      }
      this.#takeOne(op, bytes);
      return;
    }
    this.#perf.throttled();
    this.#byteThrottle.get(bytes, (r) => {
      if (r < 0) this.#finish(op, -ERRNO.ESHUTDOWN);
      else this.#takeOne(op, bytes);
    });
  }

  #takeOne(op: ObjecterOp, bytes: number): void {
    this.#opThrottle.get(1, (r) => {
      if (r < 0) {
        this.#byteThrottle.put(bytes);
        this.#finish(op, -ERRNO.ESHUTDOWN);
        return;
      }
      op.budget = bytes;
      if (op.done) this.#giveBack(op);
      else this.#start(op);
    });
  }

  #giveBack(op: ObjecterOp): void {
    if (op.budget < 0) return;
    const { budget } = op;
    op.budget = -1;
    this.#opThrottle.put(1);
    this.#byteThrottle.put(budget);
  }

  #start(op: ObjecterOp): void {
    this.#perf.submitted(this.#inflight);
    if (op.target.update(this.osdmap) === 'noPool') this.#poolMissing(op);
    else this.#dispatch(op);
  }

  /** To the session of its OSD, and on its way unless something holds it up. */
  #dispatch(op: ObjecterOp): void {
    const session = this.#sessionFor(op.target.osd);
    if (op.session !== session) {
      op.session?.ops.delete(op.tid);
      op.session = session;
    }
    session.ops.set(op.tid, op);
    if (session.isHomeless || op.target.paused) this.requestMap();
    else this.#send(session, op);
  }

  #sessionFor(osd: number): OsdSession {
    if (osd < 0 || !this.osdmap.isUp(osd)) return this.#homeless;
    let session = this.#sessions.get(osd);
    if (!session) {
      session = new OsdSession(osd);
      this.#sessions.set(osd, session);
      this.#open(session);
    }
    return session;
  }

  #open(session: OsdSession): void {
    session.clearBackoffs();
    session.con = this.#messenger.connectTo(CEPH_ENTITY_TYPE_OSD, this.osdmap.osdAddrs(session.osd));
    session.con.priv = session;
    this.#perf.sessions(this.#sessions.size);
  }

  #send(session: OsdSession, op: ObjecterOp): void {
    const { target } = op;
    if (session.hasBackoffs && session.holdsBack(target.pgid, op.hobject())) return;
    const m = new MOSDOp();
    m.tid = op.tid;
    m.priority = PRIORITY;
    m.pgid = target.pgid;
    m.hash = target.hash;
    m.osdmapEpoch = this.osdmap.epoch;
    m.clientInc = this.#clientInc;
    m.reqid = this.#reqid;
    m.mtime = op.mtime;
    m.locator = target.target;
    m.oid = target.targetOid;
    m.ops = op.operation.ops;
    m.snap = op.snap;
    m.snapSeq = op.snapSeq;
    m.snaps = op.snaps;
    m.retryAttempt = op.attempts;
    m.flags = target.flags | OSD_FLAG.ONDISK | OSD_FLAG.KNOWN_REDIR | (op.attempts > 0 ? OSD_FLAG.RETRY : 0);
    op.attempts++;
    op.sentAt = this.#cct.clock.monotonicNow();
    this.#perf.sent(op.attempts > 1);
    session.con?.sendMessage(m);
  }

  /** The connection the OSD is reached by; undefined while it is down. */
  connectionTo(osd: number): Connection | undefined {
    return this.#sessionFor(osd).con;
  }

  /** The pool is not in the map: maybe the map is old. */
  #poolMissing(op: ObjecterOp): void {
    if (op.session !== this.#homeless) {
      op.session?.ops.delete(op.tid);
      op.session = this.#homeless;
      this.#homeless.ops.set(op.tid, op);
    }
    const { epoch } = this.osdmap;
    if (epoch === 0) {
      this.requestMap();
      return;
    }
    if (op.target.everPlaced) op.poolGoneAt = epoch;
    if (op.poolGoneAt > 0 && epoch >= op.poolGoneAt) this.#finishSoon(op, -ERRNO.ENOENT);
    if (op.poolGoneAt >= 0) return;
    op.poolGoneAt = 0;
    this.#mon.getVersion('osdmap').then(
      ({ newest }) => {
        op.poolGoneAt = newest;
        if (op.done || op.session !== this.#homeless) return;
        if (this.osdmap.epoch >= newest) this.#finish(op, -ERRNO.ENOENT);
        else this.requestMap();
      },
      () => {
        if (!op.done) this.#finish(op, -ERRNO.ENOENT);
      },
    );
  }

  // ---- the way back

  #handleReply(m: MOSDOpReply): void {
    const session = m.connection?.priv as OsdSession | undefined;
    const op = session?.ops.get(m.tid);
    if (!op || session?.con !== m.connection) return;
    // an answer to an attempt that was given up: the one to the last comes, too
    if (m.retryAttempt >= 0 && m.retryAttempt !== op.attempts - 1) return;
    if (m.redirect) {
      op.target.redirect(m.redirect.locator, m.redirect.object);
      this.#start(op);
      return;
    }
    if (m.result === -ERRNO.EAGAIN) {
      op.target.flags &= ~(OSD_FLAG.BALANCE_READS | OSD_FLAG.LOCALIZE_READS);
      op.target.reset();
      this.#start(op);
      return;
    }
    op.version = m.userVersion;
    this.#finish(op, m.result, m.outcomes);
  }

  #finish(op: ObjecterOp, r: number, outcomes: readonly OsdOpOutcome[] = []): void {
    if (op.done) return;
    const { operation, onFinish } = op;
    op.end();
    this.#inflight--;
    const { clock } = this.#cct;
    op.session?.ops.delete(op.tid);
    op.session = undefined;
    if (op.timer !== undefined) clock.clearTimeout(op.timer);
    this.#giveBack(op);
    this.#perf.finished(this.#inflight, clock.monotonicNow() - op.since);
    let result = r;
    try {
      operation.finish(outcomes, r);
    } catch (error) {
      this.#cct.dout('objecter', 0, () => `cannot read what the OSD answered: ${(error as Error).message}`);
      if (r >= 0) result = -ERRNO.EIO;
    }
    try {
      complete(onFinish, result);
    } catch (error) {
      this.#cct.reportError(error, 'Objecter');
    }
  }

  #finishSoon(op: ObjecterOp, r: number): void {
    this.#cct.clock.defer(() => this.#finish(op, r));
  }

  // ---- maps

  #handleMap(m: MOSDMap): void {
    const { fsid } = this.#mon;
    if (!fsid.isZero() && !fsid.equals(m.fsid)) {
      this.#cct.dout('objecter', 0, () => `osd map of cluster ${String(m.fsid)} ignored`);
      return;
    }
    const resend = new Map<number, ObjecterOp>();
    const before = this.osdmap.epoch;
    const missing = this.#maps.take(m, (skipped) => this.#scan(resend, skipped));
    const { map } = this.#maps;
    this.#requestedEpoch = -1;
    if (map.epoch > before) {
      this.#cct.dout('objecter', 3, () => `osd map ${map.epoch}`);
      this.#mon.subGot('osdmap', map.epoch);
      this.#perf.map(map.epoch);
      this.#checkSessions(resend);
      for (const op of [...resend.values()].sort((a, b) => a.tid - b.tid)) if (!op.done) this.#dispatch(op);
      this.lingers.mapChanged();
      this.commands.mapChanged();
      for (let i = this.#mapWaiters.length - 1; i >= 0; i--) {
        const waiter = this.#mapWaiters[i];
        if (!waiter || waiter.epoch > map.epoch) continue;
        this.#mapWaiters.splice(i, 1);
        complete(waiter.completion, 0);
      }
    }
    const waits = this.#homeless.ops.size > 0 || this.#mapWaiters.length > 0 || this.commands.isWaiting;
    if (missing || waits || holdsUp(map)) this.requestMap();
  }

  /**
   * Which operations has this epoch moved? Any, where epochs before it were never seen: their OSDs may have dropped them meanwhile.
   *
   * @see Objecter::_scan_requests in src/osdc/Objecter.cc (16.2.15)
   */
  #scan(resend: Map<number, ObjecterOp>, skipped: boolean): void {
    const { map } = this.#maps;
    this.lingers.scan(skipped);
    this.commands.scan(skipped);
    for (const op of [...this.operations()]) {
      const change = op.target.update(map);
      if (change === 'noPool') {
        resend.delete(op.tid);
        this.#poolMissing(op);
      } else if (skipped || change === 'resend' || op.session?.isHomeless) resend.set(op.tid, op);
    }
  }

  /** Lets go of OSDs that are down, and turns to those that came back elsewhere. */
  #checkSessions(resend: Map<number, ObjecterOp>): void {
    const { map } = this.#maps;
    for (const session of [...this.#sessions.values()]) {
      const { osd, con } = session;
      const isUp = map.isUp(osd);
      if (isUp && con?.peerAddrs.equals(map.osdAddrs(osd))) continue;
      con?.markDown();
      session.con = undefined;
      for (const op of session.opsInOrder()) resend.set(op.tid, op);
      if (isUp) this.#open(session);
      else this.#sessions.delete(osd);
      this.lingers.sessionLost(osd);
      this.commands.sessionLost(osd);
    }
  }

  #handleBackoff(m: MOSDBackoff): void {
    const session = m.connection?.priv as OsdSession | undefined;
    if (!session || session.con !== m.connection) return;
    if (m.op === OSD_BACKOFF_OP.BLOCK) {
      session.addBackoff(m);
      const ack = new MOSDBackoff();
      ack.pgid = m.pgid;
      ack.mapEpoch = this.osdmap.epoch;
      ack.op = OSD_BACKOFF_OP.ACK_BLOCK;
      ack.id = m.id;
      ack.begin = m.begin;
      ack.end = m.end;
      session.con?.sendMessage(ack);
    } else if (m.op === OSD_BACKOFF_OP.UNBLOCK && session.removeBackoff(m)) {
      for (const op of session.opsInOrder()) if (op.target.pgid.equals(m.pgid) && !op.target.paused) this.#send(session, op);
    }
  }

  #tick(): void {
    const { clock, conf } = this.#cct;
    const cutoff = clock.monotonicNow() - conf.number('objecter_timeout') * 1000;
    let laggy = 0;
    for (const session of this.#sessions.values()) {
      let slow = 0;
      for (const op of session.ops.values()) if (op.sentAt > 0 && op.sentAt < cutoff) slow++;
      // an OSD that has a newer map answers with it
      if (slow > 0) session.con?.sendMessage(new MPing());
      laggy += slow;
    }
    this.#perf.laggy(laggy);
    this.lingers.tick();
    if (laggy > 0 || this.#homeless.ops.size > 0 || this.commands.isWaiting) {
      this.#requestedEpoch = -1;
      this.requestMap();
    }
  }

  // ---- Dispatcher

  msCanFastDispatchAny(): boolean {
    return true;
  }

  msCanFastDispatch(m: Message): boolean {
    return m instanceof MOSDOpReply || m instanceof MWatchNotify;
  }

  msFastDispatch(m: Message): void {
    this.msDispatch(m);
  }

  msDispatch(m: Message): boolean {
    if (m instanceof MOSDOpReply) this.#handleReply(m);
    else if (m instanceof MWatchNotify) this.lingers.handleNotify(m);
    else if (m instanceof MOSDBackoff) this.#handleBackoff(m);
    else if (m instanceof MOSDMap) {
      if (!this.#stopping) this.#handleMap(m);
      // others look at it, too
      return false;
    } else if (m instanceof MCommandReply) return m.connection?.peerType === CEPH_ENTITY_TYPE_OSD && this.commands.handleReply(m);
    else return this.pools.handleReply(m);
    return true;
  }

  msHandleConnect(con: Connection): void {
    if (con.peerType === CEPH_ENTITY_TYPE_MON && !this.#stopping) this.pools.resend();
  }

  msHandleReset(con: Connection): boolean {
    const session = con.priv;
    if (con.peerType !== CEPH_ENTITY_TYPE_OSD || !(session instanceof OsdSession) || session.con !== con) return false;
    if (this.#stopping) return true;
    this.#cct.dout('objecter', 1, () => `the connection to osd.${session.osd} broke`);
    session.con = undefined;
    if (this.osdmap.isUp(session.osd)) {
      this.#open(session);
      for (const op of session.opsInOrder()) if (!op.target.paused) this.#send(session, op);
      this.lingers.sessionLost(session.osd);
      this.commands.sessionLost(session.osd);
    }
    this.requestMap();
    return true;
  }

  msHandleRemoteReset(con: Connection): void {
    this.msHandleReset(con);
  }
}

/** Do operations of some kind wait for a later map? */
function holdsUp(map: OsdMap): boolean {
  if (map.hasFlag(OSDMAP_FLAG.full) || map.hasFlag(OSDMAP_FLAG.pauserd) || map.hasFlag(OSDMAP_FLAG.pausewr)) return true;
  for (const pool of map.pools.values()) if (pool.hasFlag(POOL_FLAG.full)) return true;
  return false;
}
