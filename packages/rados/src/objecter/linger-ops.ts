import { ERRNO } from '@cephts/common';
import type { CephContext, Completion, TimerHandle } from '@cephts/common';
import { Decoder } from '@cephts/encoding';
import type { RawObjectLocator } from '@cephts/encoding';
import type { MWatchNotify } from '../messages/osd/m-watch-notify.js';
import { OSD_FLAG, OSD_WATCH_OP, WATCH_EVENT } from '../messages/osd/osd-op-codes.js';
import type { OsdMap } from '../osdmap/osd-map.js';
import { checkText } from './check-args.js';
import { ObjectOperation } from './object-operation.js';
import type { ObjecterOp } from './objecter-op.js';
import { OpTarget } from './op-target.js';

/** What a watcher is told. */
export interface WatchHandlers {
  /** Acknowledge it with {@link LingerOps.notifyAck}; who notified waits for that. */
  onNotify(notifyId: number, notifierGid: number, payload: Uint8Array): void;
  /** The watch is lost, and what was notified since may have been missed: -ENOTCONN, watch again; -ESHUTDOWN at the end of the session. */
  onError(r: number): void;
}

/** What those who acknowledged said, and who did not in time; by `gid/cookie`. */
export interface NotifyReply {
  acks: Map<string, Uint8Array>;
  timeouts: string[];
}

interface Host {
  readonly osdmap: OsdMap;
  submit(
    oid: string,
    locator: RawObjectLocator,
    operation: ObjectOperation,
    onFinish: Completion,
    options?: { unbounded?: boolean },
  ): ObjecterOp;
  cancel(op: ObjecterOp, r?: number): boolean;
}

/** Something that OSDs have to know of for as long as it is there: a watch, or a notification that waits to be acknowledged. */
export class Linger {
  readonly cookie: number;
  readonly oid: string;
  readonly locator: RawObjectLocator;
  readonly target: OpTarget;
  readonly watch: WatchHandlers | undefined;
  /** Builds the operation that makes it known. */
  readonly build: (linger: Linger) => ObjectOperation;
  /** The registration under way. */
  op: ObjecterOp | undefined = undefined;
  /** Is it known to its OSD? */
  registered = false;
  generation = 0;
  lastError = 0;
  /** When the OSD was last known to have it, monotonic ms. */
  validThru = 0;
  pinging = false;
  /** Has a map moved it since it was last made known? */
  moved = false;
  onRegistered: ((r: number) => void) | undefined = undefined;
  /** Told the end of a notification, with what its OSD tells of it; without where the OSD told nothing. */
  onComplete: ((r: number, payload?: Uint8Array) => void) | undefined = undefined;
  timer: TimerHandle | undefined = undefined;

  constructor(
    cookie: number,
    oid: string,
    locator: RawObjectLocator,
    flags: number,
    build: (linger: Linger) => ObjectOperation,
    watch?: WatchHandlers,
  ) {
    this.cookie = cookie;
    this.oid = oid;
    this.locator = locator;
    this.target = new OpTarget(oid, locator, flags);
    this.build = build;
    this.watch = watch;
  }
}

/**
 * Watches and notifications. A watch outlives connections and OSDs: it is made known again wherever its object goes. Its pings, and what makes
 * it known again, wait for no throttle and are not given up by `rados_osd_op_timeout`: whether the watch is lost, its OSD says. (Ceph's own takes
 * budget for the first registration only, too, but gives up the later ones by that timeout.)
 *
 * @see Objecter::linger_watch and what follows in src/osdc/Objecter.cc (16.2.15)
 */
export class LingerOps {
  readonly #cct: CephContext;
  readonly #host: Host;
  readonly #lingers = new Map<number, Linger>();
  #lastCookie = 0;
  #stopping = false;

  constructor(cct: CephContext, host: Host) {
    this.#cct = cct;
    this.#host = host;
  }

  get size(): number {
    return this.#lingers.size;
  }

  /** @param timeout seconds; 0 for the OSD's own idea. @param onRegistered told 0 or −errno, once */
  watch(
    oid: string,
    locator: RawObjectLocator,
    timeout: number,
    handlers: WatchHandlers,
    onRegistered: (r: number) => void,
  ): Linger {
    const build = (linger: Linger): ObjectOperation =>
      linger.registered || linger.generation > 0
        ? new ObjectOperation().watch(linger.cookie, OSD_WATCH_OP.RECONNECT, ++linger.generation)
        : new ObjectOperation().watch(linger.cookie, OSD_WATCH_OP.WATCH, 0, timeout);
    const linger = new Linger(++this.#lastCookie, oid, locator, OSD_FLAG.WRITE, build, handlers);
    linger.onRegistered = onRegistered;
    this.#add(linger);
    return linger;
  }

  /** Ends a watch. */
  unwatch(linger: Linger, onFinish: Completion): void {
    this.#remove(linger);
    const op = new ObjectOperation().watch(linger.cookie, OSD_WATCH_OP.UNWATCH);
    this.#host.submit(linger.oid, linger.locator, op, onFinish);
  }

  /**
   * Tells all watchers of an object.
   *
   * @param timeout ms that they have
   * @param done told 0, or -ETIMEDOUT where some did not acknowledge in time, with what was said; or another −errno. Without a reply the OSD
   *   has told of no end: a -ETIMEDOUT is then that of `rados_osd_op_timeout`, and nobody may have been notified
   */
  notify(
    oid: string,
    locator: RawObjectLocator,
    payload: Uint8Array,
    timeout: number,
    done: (r: number, reply: NotifyReply | undefined) => void,
  ): Linger {
    const seconds = Math.max(1, Math.ceil(timeout / 1000));
    const build = (linger: Linger): ObjectOperation => {
      const op = new ObjectOperation();
      op.notify(linger.cookie, payload, seconds);
      return op;
    };
    const linger = new Linger(++this.#lastCookie, oid, locator, OSD_FLAG.READ, build);
    linger.onRegistered = (r) => {
      if (r < 0) this.#complete(linger, r);
    };
    linger.onComplete = (r, bytes) => done(r, bytes && decodeNotifyReply(bytes));
    this.#add(linger);
    return linger;
  }

  notifyAck(linger: Linger, notifyId: number, reply: Uint8Array): void {
    this.#host.submit(linger.oid, linger.locator, new ObjectOperation().notifyAck(notifyId, linger.cookie, reply), () => undefined);
  }

  /** Gives a notification up. */
  cancel(linger: Linger, r: number): void {
    this.#complete(linger, r);
  }

  /** ms since the OSD was last known to have the watch, or −errno where it is lost. */
  check(linger: Linger): number {
    return linger.lastError || Math.max(0, this.#cct.clock.monotonicNow() - linger.validThru);
  }

  handleNotify(m: MWatchNotify): void {
    const linger = this.#lingers.get(m.cookie);
    if (!linger) return;
    if (m.opcode === WATCH_EVENT.DISCONNECT) this.#lost(linger, -ERRNO.ENOTCONN);
    else if (m.opcode === WATCH_EVENT.NOTIFY_COMPLETE) this.#complete(linger, m.returnCode, m.data.slice());
    else if (m.opcode === WATCH_EVENT.NOTIFY) linger.watch?.onNotify(m.notifyId, m.notifierGid, m.payload.slice());
  }

  /** Which of them has this epoch moved? @param skipped epochs before it were never seen: any may have moved, and come back */
  scan(skipped: boolean): void {
    for (const linger of [...this.#lingers.values()]) {
      const change = linger.target.update(this.#host.osdmap);
      if (change === 'noPool') {
        // one that its OSD does not know of yet goes the way of other operations
        if (!linger.registered) continue;
        if (linger.watch) this.#lost(linger, -ERRNO.ENOTCONN);
        else this.#complete(linger, -ERRNO.ENOENT);
      } else if (skipped || change === 'resend') {
        linger.moved = true;
        // another takes its place, so it is not sent again itself
        this.#withdraw(linger);
      }
    }
  }

  /** All epochs that came were scanned: makes known again what has moved. */
  mapChanged(): void {
    for (const linger of [...this.#lingers.values()]) if (linger.moved) this.#register(linger);
  }

  /** The OSD has been lost sight of: it forgets who was connected. */
  sessionLost(osd: number): void {
    for (const linger of [...this.#lingers.values()])
      if (linger.target.osd === osd && !linger.target.paused) this.#register(linger);
  }

  tick(): void {
    for (const linger of this.#lingers.values())
      if (linger.watch && linger.registered && linger.lastError === 0) this.#ping(linger);
  }

  /** All that lingers ends with -ESHUTDOWN, and so does what comes from now on. */
  shutdown(): void {
    this.#stopping = true;
    for (const linger of [...this.#lingers.values()]) this.#end(linger, -ERRNO.ESHUTDOWN);
  }

  /** Whoever waits for it, or listens, is told. */
  #end(linger: Linger, r: number): void {
    const { onRegistered, onComplete } = linger;
    linger.onRegistered = undefined;
    if (onComplete) onComplete(r);
    else if (onRegistered) onRegistered(r);
    else this.#lost(linger, r);
    this.#lingers.delete(linger.cookie);
  }

  #add(linger: Linger): void {
    checkText("an object's name", linger.oid);
    if (this.#stopping) {
      this.#cct.clock.defer(() => this.#end(linger, -ERRNO.ESHUTDOWN));
      return;
    }
    this.#lingers.set(linger.cookie, linger);
    linger.target.update(this.#host.osdmap);
    this.#register(linger);
  }

  #remove(linger: Linger): void {
    this.#lingers.delete(linger.cookie);
    this.#withdraw(linger);
  }

  /** Gives the registration up that is under way. */
  #withdraw(linger: Linger): void {
    const { op } = linger;
    linger.op = undefined;
    if (op) this.#host.cancel(op);
  }

  #register(linger: Linger): void {
    linger.moved = false;
    if (this.#stopping || linger.lastError !== 0) return;
    this.#withdraw(linger);
    const sentAt = this.#cct.clock.monotonicNow();
    const told = (r: number): void => {
      if (linger.op !== mine) return;
      linger.op = undefined;
      this.#registered(linger, r, sentAt);
    };
    // the first is somebody's call; the others keep alive what is there
    const mine = this.#host.submit(linger.oid, linger.locator, linger.build(linger), told, { unbounded: linger.registered });
    linger.op = mine;
  }

  #registered(linger: Linger, r: number, sentAt: number): void {
    const first = linger.onRegistered;
    linger.onRegistered = undefined;
    if (r >= 0) {
      linger.registered = true;
      linger.validThru = sentAt;
      first?.(0);
    } else if (first) {
      first(r);
      this.#lingers.delete(linger.cookie);
    } else if (linger.watch) this.#lost(linger, r);
    else this.#complete(linger, r);
  }

  #ping(linger: Linger): void {
    if (linger.pinging) return;
    linger.pinging = true;
    const sentAt = this.#cct.clock.monotonicNow();
    const { generation } = linger;
    const op = new ObjectOperation().watch(linger.cookie, OSD_WATCH_OP.PING, generation);
    const told = (r: number): void => {
      linger.pinging = false;
      if (!this.#lingers.has(linger.cookie) || generation !== linger.generation) return;
      if (r >= 0) linger.validThru = sentAt;
      else if (linger.lastError === 0) this.#lost(linger, r);
    };
    this.#host.submit(linger.oid, linger.locator, op, told, { unbounded: true });
  }

  #lost(linger: Linger, r: number): void {
    if (linger.lastError !== 0 || !this.#lingers.has(linger.cookie)) return;
    // an object that is gone has lost its watch like any other
    linger.lastError = r === -ERRNO.ENOENT ? -ERRNO.ENOTCONN : r;
    linger.watch?.onError(linger.lastError);
  }

  #complete(linger: Linger, r: number, payload?: Uint8Array): void {
    if (!this.#lingers.has(linger.cookie)) return;
    this.#remove(linger);
    linger.onComplete?.(r, payload);
  }
}

function decodeNotifyReply(bytes: Uint8Array): NotifyReply {
  if (bytes.length === 0) return { acks: new Map(), timeouts: [] };
  const d = new Decoder(bytes, 'notify reply');
  const who = (): string => `${d.u64()}/${d.u64big()}`;
  const acks = d.map(who, (d) => d.blob(), 20);
  return { acks, timeouts: d.remaining > 0 ? d.list(who, 16) : [] };
}
