import { AbortedError, CephError, ERRNO, errnoError, invalidArgument } from '@cephts/common';
import type { CephContext, CephContextOptions } from '@cephts/common';
import type { Uuid } from '@cephts/encoding';
import { CephConf } from '../conf/ceph-conf.js';
import type { CephConfOptions } from '../conf/ceph-conf.js';
import { connectCluster } from '../mon/connect.js';
import type { ClusterClient } from '../mon/connect.js';
import type { CommandReply } from '../mon/mon-commands.js';
import type { MonClient } from '../mon/mon-client.js';
import { checkBytes, checkNumber, checkWhole } from '../objecter/check-args.js';
import { Objecter } from '../objecter/objecter.js';
import type { ClusterStat } from '../objecter/pool-requests.js';
import { PgId } from '../osdmap/pg.js';
import type { OsdMap } from '../osdmap/osd-map.js';
import type { PoolStat } from '../osdmap/pool-stat.js';
import { abortable, cancellable, givenUp } from './call-options.js';
import type { CallOptions } from './call-options.js';
import { IoCtx } from './io-ctx.js';

/** Options of {@link Cluster.connect}; all optional. */
export interface ClusterOptions {
  /** A configuration, or how to find it. @defaultValue as Ceph finds it: CEPH_CONF, /etc/ceph/ceph.conf, … */
  conf?: CephConf | CephConfOptions;
  /** Longest time to try, ms. @defaultValue `client_mount_timeout` (300 s) */
  timeoutMs?: number;
  /** Gives the connecting up. */
  signal?: AbortSignal;
  /** Clock, randomness, log. */
  context?: Omit<CephContextOptions, 'name' | 'conf'>;
}

const NO_BYTES = new Uint8Array(0);

/**
 * A session with a cluster.
 *
 * @example
 * ```ts
 * await using cluster = await Cluster.connect({ conf: { file: '/etc/ceph/ceph.conf' } });
 * const ioctx = await cluster.openIoctx('data');
 * await ioctx.writeFull('name', new TextEncoder().encode('hello'));
 * console.log(new TextDecoder().decode(await ioctx.read('name')));
 * ```
 * @see src/librados/RadosClient.cc (16.2.15)
 */
export class Cluster {
  readonly #client: ClusterClient;
  /** What carries operations: for those who want no promise. */
  readonly objecter: Objecter;
  #closing: Promise<void> | undefined;

  private constructor(client: ClusterClient, objecter: Objecter) {
    this.#client = client;
    this.objecter = objecter;
  }

  /**
   * Connects; resolves when the monitors have let it in and sent the map of OSDs.
   *
   * @throws CephError `ERR_CEPH_AUTH`, `ERR_CEPH_FSID`, `ERR_CEPH_TIMEDOUT`, `ERR_CEPH_NO_MONITORS`, …; AbortedError by the signal
   */
  static async connect({ conf = {}, timeoutMs, signal, context }: ClusterOptions = {}): Promise<Cluster> {
    if (timeoutMs !== undefined) checkNumber('timeoutMs', timeoutMs);
    // in this very thread: the shortest way for one operation at a time
    const inline = { ms_async_op_threads: '0' };
    const config = conf instanceof CephConf ? conf : CephConf.load({ ...conf, defaults: { ...inline, ...conf.defaults } });
    let objecter: Objecter | undefined;
    let joining: MonClient | undefined;
    const connect = (): Promise<ClusterClient> =>
      connectCluster(config, {
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(context === undefined ? {} : { context }),
        beforeAuthenticate: ({ cct, messenger, monc }) => {
          if (signal?.aborted) throw givenUp('connecting', signal);
          joining = monc;
          objecter = new Objecter(cct, { messenger, mon: monc });
          objecter.init();
          objecter.requestMap();
        },
      });
    let client: ClusterClient;
    try {
      client = await abortable('connecting', signal, connect, (late) => void late.shutdown());
    } catch (error) {
      await objecter?.shutdown();
      // with its client of the monitors the connecting ends, and closes what it has opened
      await joining?.shutdown();
      throw error;
    }
    const cluster = new Cluster(client, objecter as unknown as Objecter);
    try {
      await cluster.waitForMap(1, signal ? { signal } : {});
    } catch (error) {
      await cluster.shutdown();
      throw error;
    }
    return cluster;
  }

  get cct(): CephContext {
    return this.#client.cct;
  }

  get monc(): MonClient {
    return this.#client.monc;
  }

  get fsid(): Uuid {
    return this.#client.monc.fsid;
  }

  /** The id this session goes by in the cluster. */
  get globalId(): number {
    return this.#client.monc.globalId;
  }

  get osdmap(): OsdMap {
    return this.objecter.osdmap;
  }

  /** Resolves when the map of OSDs is of that epoch or later. */
  waitForMap(epoch: number, { signal }: CallOptions = {}): Promise<void> {
    const wait = (): Promise<void> =>
      new Promise((resolve, reject) => {
        this.objecter.waitForMap(epoch, (r) => (r < 0 ? reject(errnoError(r, 'waiting for the osd map')) : resolve()));
      });
    return abortable('waiting for the osd map', signal, wait);
  }

  /** A question to the monitors: their client gives it up with an AbortedError when the session ends, and not when only the signal aborts. */
  async #ask<T>(what: string, signal: AbortSignal | undefined, begin: () => Promise<T>): Promise<T> {
    this.#checkOpen(what, signal);
    try {
      return await abortable(what, signal, begin);
    } catch (error) {
      if (this.#closing && !signal?.aborted && error instanceof AbortedError) throw errnoError(-ERRNO.ESHUTDOWN, what);
      throw error;
    }
  }

  #checkOpen(what: string, signal: AbortSignal | undefined): void {
    if (signal?.aborted) throw givenUp(what, signal);
    if (this.#closing) throw errnoError(-ERRNO.ESHUTDOWN, what);
  }

  /** Resolves when the map is as new as the monitors have it. */
  async waitForLatestOsdMap(options: CallOptions = {}): Promise<void> {
    const { newest } = await this.#ask('waiting for the osd map', options.signal, () => this.monc.getVersion('osdmap'));
    await this.waitForMap(newest, options);
  }

  /** A way into a pool, by name or number. @throws CephError `ERR_CEPH_ENOENT` */
  async openIoctx(pool: string | number, options: CallOptions = {}): Promise<IoCtx> {
    this.#checkOpen(`opening pool ${pool}`, options.signal);
    const find = (): number | undefined => {
      if (typeof pool === 'string') return this.osdmap.poolByName(pool);
      return this.osdmap.pools.has(pool) ? pool : undefined;
    };
    let id = find();
    if (id === undefined) {
      await this.waitForLatestOsdMap(options);
      id = find();
    }
    if (id === undefined) throw new CephError('ERR_CEPH_ENOENT', `there is no pool ${pool}`, { errno: ERRNO.ENOENT });
    return new IoCtx(this, id);
  }

  /** Names of all pools, by number. */
  async listPools(options?: CallOptions): Promise<Map<number, string>> {
    await this.waitForLatestOsdMap(options);
    return new Map([...this.osdmap.poolNames].sort(([a], [b]) => a - b));
  }

  /** @throws CephError `ERR_CEPH_EEXIST` and the like */
  async createPool(name: string, options?: CallOptions): Promise<void> {
    // the monitors take one that is there already for done: as in Ceph's clients, the latest map tells
    await this.waitForLatestOsdMap(options);
    if (this.osdmap.poolByName(name) !== undefined) throw errnoError(-ERRNO.EEXIST, `creating pool ${name}`);
    await this.#command({ prefix: 'osd pool create', pool: name }, `creating pool ${name}`, options);
    await this.waitForLatestOsdMap(options);
  }

  /** Needs `mon_allow_pool_delete`. @throws CephError `ERR_CEPH_ENOENT` and the like */
  async deletePool(name: string, options?: CallOptions): Promise<void> {
    await this.waitForLatestOsdMap(options);
    if (this.osdmap.poolByName(name) === undefined) throw errnoError(-ERRNO.ENOENT, `deleting pool ${name}`);
    const cmd = { prefix: 'osd pool delete', pool: name, pool2: name, yes_i_really_really_mean_it: true };
    await this.#command(cmd, `deleting pool ${name}`, options);
    await this.waitForLatestOsdMap(options);
  }

  async #command(cmd: object, what: string, options?: CallOptions): Promise<CommandReply> {
    const reply = await this.monCommand(cmd, undefined, options);
    if (reply.r < 0) throw new CephError(errnoError(reply.r, what).code, `${what}: ${reply.outs}`, { errno: -reply.r });
    return reply;
  }

  /** Runs a command on the monitors; what they answer is in the result, errors included. */
  monCommand(cmd: object | string, inbl?: Uint8Array, { signal }: CallOptions = {}): Promise<CommandReply> {
    return this.#ask('the command', signal, () => {
      if (inbl) checkBytes('inbl', inbl);
      return this.monc.monCommand(cmd, inbl, signal ? { signal } : {});
    });
  }

  /**
   * Runs a command on an OSD, or on the primary of a placement group such as `'2.1f'`; what it answers is in the result, errors included.
   *
   * @throws CephError `ERR_CEPH_ETIMEDOUT` after `rados_osd_op_timeout`
   */
  async osdCommand(
    to: number | string,
    cmd: object | string,
    inbl: Uint8Array = NO_BYTES,
    { signal }: CallOptions = {},
  ): Promise<CommandReply> {
    const text = typeof cmd === 'string' ? cmd : JSON.stringify(cmd);
    const target = typeof to === 'number' ? checkWhole('osd', to) : parsePg(to);
    checkBytes('inbl', inbl);
    const { commands } = this.objecter;
    return cancellable<CommandReply>(
      'the command',
      signal,
      (resolve, reject) =>
        commands.submit(target, [text], inbl, (r, outs, outbl, unanswered) => {
          if (unanswered) reject(errnoError(r, 'the command'));
          else resolve({ r, outs, outbl });
        }),
      (tid) => commands.cancel(tid),
    );
  }

  /** How full the cluster is. */
  stat({ signal }: CallOptions = {}): Promise<ClusterStat> {
    const { pools } = this.objecter;
    return cancellable<ClusterStat>(
      'statfs',
      signal,
      (resolve, reject) => pools.statfs((r, stat) => (r < 0 ? reject(errnoError(r, 'statfs')) : resolve(stat))),
      (tid) => pools.cancel(tid),
    );
  }

  /** What is in pools, by name. @param pools @defaultValue all */
  async poolStats(
    pools?: readonly string[],
    options: CallOptions = {},
  ): Promise<{ stats: Map<string, PoolStat>; perPool: boolean }> {
    const names = pools ? [...pools] : [...(await this.listPools(options)).values()];
    const requests = this.objecter.pools;
    return cancellable<{ stats: Map<string, PoolStat>; perPool: boolean }>(
      'pool statistics',
      options.signal,
      (resolve, reject) =>
        requests.poolStats(names, (r, stats, perPool) => {
          if (r < 0) reject(errnoError(r, 'pool statistics'));
          else resolve({ stats, perPool });
        }),
      (tid) => requests.cancel(tid),
    );
  }

  /** Ends the session; what is under way rejects with `ERR_CEPH_ESHUTDOWN`, as every later call does. */
  shutdown(): Promise<void> {
    this.#closing ??= this.#shutdown();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #shutdown(): Promise<void> {
    await this.objecter.shutdown();
    await this.#client.shutdown();
  }
}

function parsePg(text: string): PgId {
  const match = /^(\d+)\.([0-9a-f]+)$/.exec(text);
  if (!match) throw invalidArgument(`expected a placement group such as 2.1f, got '${text}'`);
  return new PgId(Number(match[1]), parseInt(match[2] as string, 16));
}
