import { AbortedError, CephError, ERRNO } from '@cephts/common';
import type { CephContext, Completion } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MON, Decoder, Uuid } from '@cephts/encoding';
import type { EntityAddrVec } from '@cephts/encoding';
import { Finisher } from '@cephts/finisher';
import { SafeTimer } from '@cephts/safe-timer';
import type { Connection, Dispatcher, Message, Messenger } from '@cephts/async-messenger';
import { CEPH_SUBSCRIBE_ONETIME, MMonMap, MMonSubscribe, MMonSubscribeAck, MonMap } from '@cephts/rados';

/** Options of {@link MonClient}. */
export interface MonClientOptions {
  messenger: Messenger;
  /** Where the monitor is. */
  monAddrs: EntityAddrVec;
  /** The id this daemon goes by in the cluster; with auth none it is chosen beforehand. */
  globalId: number;
}

/** What is wanted of the monitor: maps from this epoch on. */
interface Subscription {
  start: number;
  onetime: boolean;
}

/**
 * The connection to the monitor: keeps it up, subscribes to maps, sends beacons and log lines.
 *
 * @see src/mon/MonClient.cc (16.2.15)
 */
export class MonClient implements Dispatcher {
  readonly name = 'MonClient';
  readonly #cct: CephContext;
  readonly #messenger: Messenger;
  readonly #monAddrs: EntityAddrVec;
  readonly #subs = new Map<string, Subscription>();
  readonly #timer: SafeTimer;
  readonly #finisher: Finisher;
  readonly #waiting: Completion[] = [];
  #con: Connection | undefined;
  #connected = false;
  #backoff = 1;
  #nextHunt = 0;
  #nextPing = 0;
  #stopping = false;
  /** The id this daemon goes by in the cluster. */
  readonly globalId: number;
  /** The cluster's id, once the monitor has told it. */
  fsid: Uuid = Uuid.ZERO;

  constructor(cct: CephContext, { messenger, monAddrs, globalId }: MonClientOptions) {
    this.#cct = cct;
    this.#messenger = messenger;
    this.#monAddrs = monAddrs;
    this.globalId = globalId;
    this.#timer = new SafeTimer(cct, {
      owner: 'MonClient::timer',
      purpose: 'ticks of the monitor client: keepalives, reconnecting, the cluster log',
    });
    this.#finisher = new Finisher(cct, {
      owner: 'MonClient::finisher',
      purpose: 'runs callbacks of the monitor client',
    });
  }

  /** Starts timer and finisher and takes messages; nothing is sent yet. */
  init(): void {
    this.#messenger.addDispatcherHead(this);
    this.#timer.init();
    this.#finisher.start();
    this.#timer.addEventEvery(1000, () => this.#tick());
  }

  /**
   * Connects; resolves when the monitor has sent its map.
   *
   * @throws AbortedError after shutdown
   */
  authenticate(): Promise<void> {
    this.subWant('monmap', 0);
    return new Promise((resolve, reject) => {
      this.#waiting.push((r) => (r < 0 ? reject(new AbortedError('the monitor client was shut down')) : resolve()));
      this.#reopenSession();
    });
  }

  /** Asks for maps of a kind from `start` on; {@link renewSubs} tells the monitor. */
  subWant(what: string, start: number, onetime = false): void {
    const before = this.#subs.get(what);
    if (before && !onetime && before.start > start) return;
    this.#subs.set(what, { start, onetime });
  }

  /** A map of that epoch has come. */
  subGot(what: string, epoch: number): void {
    const sub = this.#subs.get(what);
    if (!sub) return;
    if (sub.onetime) this.#subs.delete(what);
    else sub.start = Math.max(sub.start, epoch + 1);
  }

  renewSubs(): void {
    // all are sent anew with every connection
    if (!this.#con || !this.#connected || this.#subs.size === 0) return;
    const m = new MMonSubscribe();
    for (const [what, { start, onetime }] of this.#subs) m.what.set(what, { start, flags: onetime ? CEPH_SUBSCRIBE_ONETIME : 0 });
    m.hostname = this.#cct.conf.str('host');
    this.#con.sendMessage(m);
  }

  /** Sends, or drops while there is no connection: what matters is sent again. */
  sendMonMessage(m: Message): void {
    this.#con?.sendMessage(m);
  }

  /** Runs `done` on the client's finisher. */
  defer(done: Completion, r = 0): void {
    this.#finisher.queue(done, r);
  }

  /** A line for the cluster's log. */
  clusterLog(level: string, text: string): void {
    this.#cct.dout('monc', 1, () => `cluster log: [${level}] ${text}`);
  }

  get connection(): Connection | undefined {
    return this.#con;
  }

  async shutdown(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    await this.#timer.shutdown();
    for (const done of this.#waiting.splice(0)) this.defer(done, -ERRNO.ECANCELED);
    await this.#finisher.stop();
    this.#con?.markDown();
    this.#con = undefined;
  }

  // ---- Dispatcher

  msDispatch(m: Message): boolean {
    if (m.connection?.peerType !== CEPH_ENTITY_TYPE_MON) return false;
    if (m.connection !== this.#con && (m instanceof MMonMap || m instanceof MMonSubscribeAck)) return true;
    if (m instanceof MMonMap) {
      this.#handleMonMap(m);
      return true;
    }
    return m instanceof MMonSubscribeAck;
  }

  msHandleConnect(con: Connection): void {
    if (con !== this.#con) return;
    this.#cct.dout('monc', 5, () => `connected to ${String(con.peerAddrs)}`);
    this.#connected = true;
    this.#backoff = 1;
    this.renewSubs();
  }

  msHandleReset(con: Connection): boolean {
    if (con !== this.#con) return false;
    this.#cct.dout('monc', 0, 'the connection to the monitor broke');
    this.#con = undefined;
    this.#connected = false;
    this.#nextHunt = this.#cct.clock.monotonicNow() + this.#huntMs();
    return true;
  }

  msHandleRemoteReset(con: Connection): void {
    this.msHandleReset(con);
  }

  msHandleRefused(con: Connection): boolean {
    return this.msHandleReset(con);
  }

  #handleMonMap(m: MMonMap): void {
    const monmap = MonMap.decode(new Decoder(m.monmapbl, 'MonMap'));
    const { fsid } = monmap;
    if (!this.fsid.isZero() && !this.fsid.equals(fsid)) {
      const error = new CephError('ERR_CEPH_FSID', `the monitor is of cluster ${String(fsid)}, not ${String(this.fsid)}`);
      this.#cct.reportError(error, 'monc');
      return;
    }
    this.fsid = fsid;
    this.subGot('monmap', monmap.epoch);
    for (const done of this.#waiting.splice(0)) this.defer(done, 0);
  }

  #huntMs(): number {
    const { conf } = this.#cct;
    const ms = conf.number('mon_client_hunt_interval') * 1000 * this.#backoff;
    this.#backoff = Math.min(
      this.#backoff * conf.number('mon_client_hunt_interval_backoff'),
      conf.number('mon_client_hunt_interval_max_multiple'),
    );
    return ms;
  }

  #tick(): void {
    if (this.#stopping) return;
    const now = this.#cct.clock.monotonicNow();
    if (!this.#connected) {
      if (now >= this.#nextHunt) this.#reopenSession();
    } else if (now >= this.#nextPing) {
      this.#nextPing = now + this.#cct.conf.number('mon_client_ping_interval') * 1000;
      this.#con?.sendKeepalive();
    }
  }

  #reopenSession(): void {
    if (this.#stopping) return;
    this.#con?.markDown();
    this.#connected = false;
    this.#nextHunt = this.#cct.clock.monotonicNow() + this.#huntMs();
    this.#con = this.#messenger.connectTo(CEPH_ENTITY_TYPE_MON, this.#monAddrs);
  }
}
