import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

import { Messenger, Policy } from '@cephts/async-messenger';
import type { Connection, Dispatcher, Message } from '@cephts/async-messenger';
import { CephContext, CephError, ERRNO, errnoName } from '@cephts/common';
import {
  CEPH_ENTITY_TYPE_MDS,
  CEPH_ENTITY_TYPE_MON,
  Decoder,
  EntityAddrVec,
  EntityName,
  FRAG_ROOT,
  UTime,
  decodeXattrs,
  fragIsRightmost,
  fragNext,
} from '@cephts/encoding';
import type { Frag } from '@cephts/encoding';
import {
  MDS_STATE_ACTIVE,
  MDS_STATE_CLIENTREPLAY,
  MDS_STATE_RECONNECT,
  MMDSMap,
  MonClient,
  buildInitialMonMap,
  loadKeyring,
} from '@cephts/rados';
import type { MDSMap, MonClientOptions } from '@cephts/rados';

import { MDS_OPTIONS } from '../daemon/options.js';
import { decodeReaddirPage, decodeReplyTrace, mdsMessageRegistry, MClientRequest } from '../messages/index.js';
import type { InodeStat, MClientReply, RequestArgs } from '../messages/index.js';
import { CEPH_STAT_CAP_INODE_ALL } from '../types/caps.js';
import {
  CEPH_O_CREAT,
  CEPH_O_EXCL,
  CEPH_READDIR_FRAG_END,
  CEPH_READDIR_REPLY_BITFLAGS,
  CEPH_SETATTR_ATIME,
  CEPH_SETATTR_GID,
  CEPH_SETATTR_MODE,
  CEPH_SETATTR_MTIME,
  CEPH_SETATTR_SIZE,
  CEPH_SETATTR_UID,
  CEPH_INO_ROOT,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
} from '../types/ceph-fs.js';
import { FilePath } from '../types/file-path.js';
import {
  CEPH_MDS_OP_CREATE,
  CEPH_MDS_OP_GETATTR,
  CEPH_MDS_OP_LINK,
  CEPH_MDS_OP_LOOKUP,
  CEPH_MDS_OP_LOOKUPINO,
  CEPH_MDS_OP_LOOKUPNAME,
  CEPH_MDS_OP_LOOKUPPARENT,
  CEPH_MDS_OP_MKDIR,
  CEPH_MDS_OP_MKNOD,
  CEPH_MDS_OP_READDIR,
  CEPH_MDS_OP_RENAME,
  CEPH_MDS_OP_RMDIR,
  CEPH_MDS_OP_RMXATTR,
  CEPH_MDS_OP_SETATTR,
  CEPH_MDS_OP_SETXATTR,
  CEPH_MDS_OP_SYMLINK,
  CEPH_MDS_OP_UNLINK,
  mdsOpName,
} from '../types/op-names.js';

import type { CephFsClientOptions, ClientAttrs, ClientStat, Time } from './client-types.js';
import { MdsRequest } from './mds-request.js';
import { MdsSession } from './mds-session.js';

/** Entries asked for in one page of a directory. */
const PAGE_ENTRIES = 1024;
/** Time in ms that a restarted MDS has to show up in a map, once the old connection is known to be dead. */
const RESTART_GRACE = 60_000;
/** Symbolic links followed along one path before ELOOP. */
const MAX_SYMLINKS = 40;

type Place = 'monAddr' | 'conf' | 'stack';
type Settings = Omit<Required<CephFsClientOptions>, Place> & Pick<CephFsClientOptions, Place>;
type MonTarget = Omit<MonClientOptions, 'messenger'>;

/** Where the monitors are and how to be let in. @throws CephError */
async function findMonitors({ monAddr, conf }: CephFsClientOptions): Promise<MonTarget> {
  if (conf) return { monmap: await buildInitialMonMap(conf), keyring: loadKeyring(conf), entityName: conf.name };
  const monAddrs = EntityAddrVec.parse(monAddr ?? '');
  if (monAddr === undefined || !monAddrs) {
    throw new CephError('ERR_CEPH_INVALID_OPTION', `Expected \`monAddr\` to be HOST:PORT, got \`${monAddr}\``, {
      errno: ERRNO.EINVAL,
    });
  }
  // an embedded monitor gives out no ids
  return { monAddrs, globalId: 0x1000 + (randomBytes(4).readUInt32LE() >>> 1) };
}

/**
 * A small CephFS client: a session with the MDS, one promise a call. It knows inode numbers; `resolve` turns a path into one.
 *
 * A change resolves with its first answer, when it is made; with `durable: true` with the safe one, when the journal holds it. `sync()`
 * waits until everything so far is safe. When the MDS restarts, the client reconnects and nothing that is pending is lost.
 *
 * Calls reject with CephError `ERR_CEPH_<errno name>`, as in `ERR_CEPH_ENOENT`.
 *
 * @see src/client/Client.cc (16.2.15)
 */
export class CephFsClient implements Dispatcher {
  readonly name = 'CephFsClient';
  readonly cct: CephContext;
  readonly #options: Settings;
  readonly #messenger: Messenger;
  readonly #monc: MonClient;
  readonly #session: MdsSession;
  #mdsmap: MDSMap | undefined;
  /** Incarnation of the rank the session is with. */
  #mdsGid = 0;
  #mapArrived: (() => void) | undefined;
  #renewal: unknown;
  #forgotten: unknown;
  #closed = false;

  private constructor(options: Settings, mon: MonTarget) {
    this.#options = options;
    const { conf } = options;
    this.cct = new CephContext({
      name: `client.${conf?.name.id ?? 'admin'}`,
      conf: { ms_async_op_threads: 0, mon_client_hunt_interval: 0.25 },
    });
    for (const [source, values] of conf?.layers() ?? []) if (source !== 'default') this.cct.conf.load(values, source);
    this.cct.conf.define(MDS_OPTIONS);
    this.#messenger = new Messenger(this.cct, {
      name: EntityName.client(mon.globalId ?? -1),
      logicalName: 'client',
      registry: mdsMessageRegistry(),
      ...(options.stack ? { stack: options.stack } : {}),
    });
    this.#messenger.setDefaultPolicy(Policy.lossyClient(0n));
    this.#messenger.setPolicy(CEPH_ENTITY_TYPE_MON, Policy.lossyClient(0n));
    this.#messenger.setPolicy(CEPH_ENTITY_TYPE_MDS, Policy.losslessClient(0n));
    this.#monc = new MonClient(this.cct, { ...mon, messenger: this.#messenger });
    this.#session = new MdsSession(this.cct, this.#messenger);
  }

  /**
   * Finds the MDS through the monitor and opens a session.
   * @throws CephError `ERR_CEPH_ETIMEDOUT` where that takes longer than `timeout`; with `conf`, also what a cluster's monitors refuse
   */
  static async connect(options: CephFsClientOptions): Promise<CephFsClient> {
    const mon = await findMonitors(options);
    const client = new CephFsClient({ uid: 0, gid: 0, durable: false, timeout: 30_000, ...options }, mon);
    try {
      await client.#connect();
    } catch (error) {
      await client.#shutdown();
      throw error;
    }
    return client;
  }

  async #connect(): Promise<void> {
    const { clock } = this.cct;
    const { timeout } = this.#options;
    let expired: unknown;
    const deadline = new Promise<never>((_, reject) => {
      expired = clock.setTimeout(
        () =>
          reject(
            new CephError('ERR_CEPH_ETIMEDOUT', `no session with an MDS within ${timeout} ms`, {
              errno: ERRNO.ETIMEDOUT,
            }),
          ),
        timeout,
      );
    });
    try {
      await Promise.race([deadline, this.#establish()]);
    } finally {
      clock.clearTimeout(expired);
    }
  }

  async #establish(): Promise<void> {
    this.#messenger.start();
    this.#messenger.addDispatcherTail(this);
    this.#monc.init();
    const mapArrived = new Promise<void>((resolve) => (this.#mapArrived = resolve));
    this.#monc.subWant('mdsmap', 0);
    await this.#monc.authenticate();
    this.#messenger.setMyname(EntityName.client(this.#monc.globalId));
    await mapArrived;
    const rank = this.#activeRank() as { gid: number; addrs: EntityAddrVec };
    this.#mdsGid = rank.gid;
    await this.#session.open(
      rank.addrs,
      new Map([
        ['hostname', hostname()],
        ['entity_id', this.#options.conf?.name.id ?? 'admin'],
        ['root', '/'],
      ]),
    );
    this.#armRenewal();
  }

  // ---- reading

  /** Attributes by path from the root; symbolic links along the way are followed, one at its end is not. */
  async resolve(path: string): Promise<ClientStat> {
    let at = await this.getattr(CEPH_INO_ROOT);
    const trail: ClientStat[] = [at];
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    let followed = 0;
    while (names.length > 0) {
      const name = names.shift() as string;
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        at = trail.at(-1) as ClientStat;
        continue;
      }
      const next = await this.lookup(at.ino, name);
      if (next.symlink !== undefined && names.length > 0) {
        if (++followed > MAX_SYMLINKS) throw new CephError('ERR_CEPH_ELOOP', `resolve ${path}: ELOOP`, { errno: ERRNO.ELOOP });
        if (next.symlink.startsWith('/')) trail.length = 1;
        at = trail.at(-1) as ClientStat;
        names.unshift(...next.symlink.split('/').filter((part) => part !== '' && part !== '.'));
        continue;
      }
      trail.push(next);
      at = next;
    }
    return at;
  }

  /** The directory and the last name of a path that may not be there yet. */
  async resolveParent(path: string): Promise<{ dir: number; name: string }> {
    const trimmed = path.replace(/\/+$/, '');
    const slash = trimmed.lastIndexOf('/');
    const name = trimmed.slice(slash + 1);
    if (name === '' || name === '.' || name === '..') {
      throw new CephError('ERR_CEPH_EINVAL', `Expected a path that ends in a name, got \`${path}\``, { errno: ERRNO.EINVAL });
    }
    const parent = await this.resolve(trimmed.slice(0, Math.max(0, slash)));
    // a symbolic link to a directory stands for the directory here
    return { dir: parent.symlink === undefined ? parent.ino : (await this.resolve(`${trimmed.slice(0, slash)}/.`)).ino, name };
  }

  lookup(dir: number, name: string): Promise<ClientStat> {
    return this.#ask(CEPH_MDS_OP_LOOKUP, new FilePath(dir, name), (args) => (args.getattr.mask = CEPH_STAT_CAP_INODE_ALL));
  }

  getattr(ino: number): Promise<ClientStat> {
    return this.#ask(CEPH_MDS_OP_GETATTR, new FilePath(ino), (args) => (args.getattr.mask = CEPH_STAT_CAP_INODE_ALL));
  }

  /** An inode by its number alone, wherever it is. */
  lookupIno(ino: number): Promise<ClientStat> {
    return this.#ask(CEPH_MDS_OP_LOOKUPINO, new FilePath(ino), (args) => (args.lookupino.mask = CEPH_STAT_CAP_INODE_ALL));
  }

  /** The directory an inode is in. */
  lookupParent(ino: number): Promise<ClientStat> {
    return this.#ask(CEPH_MDS_OP_LOOKUPPARENT, new FilePath(ino), (args) => (args.lookupino.mask = CEPH_STAT_CAP_INODE_ALL));
  }

  /** The name of an inode in a directory. */
  async lookupName(ino: number, dir: number): Promise<string> {
    const { name } = await this.#request(CEPH_MDS_OP_LOOKUPNAME, new FilePath(ino), { path2: new FilePath(dir) });
    if (name === undefined) throw new CephError('ERR_CEPH_EPROTO', 'lookupname: the reply has no entry', { errno: ERRNO.EPROTO });
    return name;
  }

  /** The entries of a directory, in the order of their hashes, page by page. */
  async *readdir(ino: number): AsyncGenerator<{ name: string; stat: ClientStat }> {
    let after = '';
    let frag: Frag | undefined = FRAG_ROOT;
    while (frag !== undefined) {
      const { page }: Answer = await this.#request(CEPH_MDS_OP_READDIR, new FilePath(ino), {
        path2: new FilePath(0, after),
        args: (args) => {
          args.readdir.frag = frag as Frag;
          args.readdir.maxEntries = PAGE_ENTRIES;
          args.readdir.flags = CEPH_READDIR_REPLY_BITFLAGS;
        },
      });
      if (!page) throw new CephError('ERR_CEPH_EPROTO', 'readdir: the reply has no entries', { errno: ERRNO.EPROTO });
      for (const { name, stat } of page.entries) {
        const { xattrsTold, ...known } = stat;
        // the cap they came with may be gone since
        yield { name, stat: xattrsTold ? known : await this.getattr(stat.ino) };
      }
      // the directory may be cut into fragments; where it was cut anew meanwhile the MDS goes by the name
      if (page.last) frag = fragIsRightmost(page.frag) ? undefined : fragNext(page.frag);
      else ({ frag } = page);
      after = page.last ? '' : (page.entries.at(-1)?.name ?? '');
    }
  }

  // ---- changing

  mkdir(dir: number, name: string, { mode }: { mode: number }): Promise<ClientStat> {
    return this.#change(CEPH_MDS_OP_MKDIR, new FilePath(dir, name), {
      args: (args) => (args.mkdir.mode = S_IFDIR | mode),
      drop: [dir],
    });
  }

  /** Makes an empty file. @throws CephError `ERR_CEPH_EEXIST` */
  async create(dir: number, name: string, { mode }: { mode: number }): Promise<ClientStat> {
    const stat = await this.#change(CEPH_MDS_OP_CREATE, new FilePath(dir, name), {
      args: (args) => {
        // opened for reading: a file opened for writing gets a range to write in, which is journaled, and again when it is closed
        args.open.flags = CEPH_O_CREAT | CEPH_O_EXCL;
        args.open.mode = mode;
        args.open.pool = -1;
        args.open.mask = CEPH_STAT_CAP_INODE_ALL;
      },
      drop: [dir],
    });
    // the file is not kept open
    this.#session.releaseCap(stat.ino);
    return stat;
  }

  /** Makes a special file: `mode` is st_mode with the type bits, `rdev` the number of a device. */
  mknod(dir: number, name: string, { mode, rdev = 0 }: { mode: number; rdev?: number }): Promise<ClientStat> {
    return this.#change(CEPH_MDS_OP_MKNOD, new FilePath(dir, name), {
      args: (args) => {
        args.mknod.mode = mode;
        args.mknod.rdev = rdev;
      },
      drop: [dir],
    });
  }

  symlink(dir: number, name: string, target: string): Promise<ClientStat> {
    return this.#change(CEPH_MDS_OP_SYMLINK, new FilePath(dir, name), { path2: new FilePath(0, target), drop: [dir] });
  }

  async link(ino: number, dir: number, name: string): Promise<void> {
    await this.#request(CEPH_MDS_OP_LINK, new FilePath(dir, name), { path2: new FilePath(ino), drop: [dir, ino] });
  }

  async unlink(dir: number, name: string): Promise<void> {
    await this.#request(CEPH_MDS_OP_UNLINK, new FilePath(dir, name), { drop: [dir] });
  }

  async rmdir(dir: number, name: string): Promise<void> {
    await this.#request(CEPH_MDS_OP_RMDIR, new FilePath(dir, name), { drop: [dir] });
  }

  async rename(fromDir: number, fromName: string, toDir: number, toName: string): Promise<void> {
    // the MDS takes the destination first
    await this.#request(CEPH_MDS_OP_RENAME, new FilePath(toDir, toName), {
      path2: new FilePath(fromDir, fromName),
      drop: [fromDir, toDir],
    });
  }

  setattr(ino: number, attrs: ClientAttrs): Promise<ClientStat> {
    return this.#change(CEPH_MDS_OP_SETATTR, new FilePath(ino), { args: (args) => fillSetattr(args, attrs), drop: [ino] });
  }

  /** @param flags CEPH_XATTR_CREATE: it must not be there; CEPH_XATTR_REPLACE: it must. @defaultValue 0 */
  async setxattr(ino: number, name: string, value: Uint8Array, flags = 0): Promise<void> {
    await this.#request(CEPH_MDS_OP_SETXATTR, new FilePath(ino), {
      path2: new FilePath(0, name),
      data: value,
      args: (args) => (args.setxattr.flags = flags),
      drop: [ino],
    });
  }

  async removexattr(ino: number, name: string): Promise<void> {
    await this.#request(CEPH_MDS_OP_RMXATTR, new FilePath(ino), { path2: new FilePath(0, name), drop: [ino] });
  }

  /** Resolves when everything done so far is durable. */
  sync(): Promise<void> {
    this.#session.flushMdlog();
    return this.whenSafe();
  }

  /** As {@link sync}, but leaves it to the MDS when to flush. */
  whenSafe(): Promise<void> {
    return new Promise((resolve, reject) => this.#session.whenQuiet((error) => (error ? reject(error) : resolve())));
  }

  /** Waits for what is pending, closes the session, disconnects. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.sync().catch(() => undefined);
    await this.#session.close();
    await this.#shutdown();
  }

  /** Disconnects at once; what is pending rejects with `error`. */
  destroy(error: Error = new CephError('ERR_CEPH_CLOSED', 'the client was destroyed', { errno: ERRNO.ESHUTDOWN })): void {
    this.#session.destroy(error);
    void this.#shutdown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- Dispatcher

  msDispatch(m: Message): boolean {
    if (m instanceof MMDSMap) {
      this.#handleMdsMap(m);
      return true;
    }
    return this.#session.dispatch(m);
  }

  /**
   * The MDS knows nothing of this connection: it has restarted, and a map that says so is on its way; or it has forgotten the session, and
   * then what is pending is lost with it.
   */
  msHandleRemoteReset(con: Connection): void {
    this.msHandleReset(con);
  }

  /** The connection was given up, as where there is no ticket for the MDS: as if it had been reset at the other end. */
  msHandleReset(con: Connection): boolean {
    if (con !== this.#session.connection) return false;
    this.#session.disconnect();
    const { clock } = this.cct;
    clock.clearTimeout(this.#forgotten);
    this.#forgotten = clock.setTimeout(() => {
      this.#session.destroy(new CephError('ERR_CEPH_ESTALE', 'the MDS has forgotten this session', { errno: ERRNO.ESTALE }));
    }, RESTART_GRACE);
    return true;
  }

  #handleMdsMap(m: MMDSMap): void {
    const map = m.map();
    if (this.#mdsmap && map.epoch <= this.#mdsmap.epoch) return;
    this.#mdsmap = map;
    this.#monc.subGot('mdsmap', map.epoch);
    this.#session.mdsmapEpoch = map.epoch;
    const rank = this.#rankInfo();
    if (!rank) return;
    if (this.#mdsGid === 0) {
      if (rank.state === MDS_STATE_ACTIVE) this.#mapArrived?.();
      return;
    }
    if (rank.gid !== this.#mdsGid && (rank.state === MDS_STATE_RECONNECT || rank.state > MDS_STATE_RECONNECT)) {
      this.#mdsGid = rank.gid;
      this.cct.clock.clearTimeout(this.#forgotten);
      this.#session.reconnect(rank.addrs);
    }
    if (rank.state === MDS_STATE_ACTIVE || rank.state === MDS_STATE_CLIENTREPLAY) this.#session.resend();
  }

  #rankInfo(): { gid: number; state: number; addrs: EntityAddrVec } | undefined {
    const gid = this.#mdsmap?.up.get(0);
    const info = gid === undefined ? undefined : this.#mdsmap?.mdsInfo.get(gid);
    return info && { gid: info.globalId, state: info.state, addrs: info.addrs };
  }

  #activeRank(): { gid: number; addrs: EntityAddrVec } | undefined {
    const rank = this.#rankInfo();
    return rank?.state === MDS_STATE_ACTIVE ? rank : undefined;
  }

  #armRenewal(): void {
    const { clock } = this.cct;
    const every = ((this.#mdsmap?.sessionTimeout ?? 60) * 1000) / 3;
    this.#renewal = clock.setTimeout(() => {
      this.#session.renewCaps();
      this.#session.flushReleases();
      this.#armRenewal();
    }, every);
    clock.unref(this.#renewal);
  }

  async #shutdown(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.cct.clock.clearTimeout(this.#renewal);
    this.cct.clock.clearTimeout(this.#forgotten);
    await this.#monc.shutdown();
    await this.#messenger.shutdown();
  }

  // ---- requests

  async #ask(op: number, path: FilePath, fill: (args: RequestArgs) => unknown): Promise<ClientStat> {
    return this.#targetOf(await this.#request(op, path, { args: fill }), op);
  }

  async #change(op: number, path: FilePath, parts: RequestParts): Promise<ClientStat> {
    return this.#targetOf(await this.#request(op, path, parts), op);
  }

  #targetOf({ target }: Answer, op: number): ClientStat {
    if (!target) throw new CephError('ERR_CEPH_EPROTO', `${mdsOpName(op)}: the reply has no inode`, { errno: ERRNO.EPROTO });
    const { xattrsTold: _, ...stat } = target;
    return stat;
  }

  /**
   * Reads an answer and keeps every cap that came with it, of the directory too. This happens while the answer is dispatched: a message that
   * revokes the cap may be the next one.
   */
  #take(op: number, reply: MClientReply): Answer {
    const { dentry, target } = decodeReplyTrace(reply);
    if (dentry) this.#note(dentry.dir);
    const answer: Answer = { target: target && this.#note(target), name: dentry?.dname, page: undefined };
    if (op === CEPH_MDS_OP_READDIR && reply.result >= 0) {
      const { dirstat, flags, entries } = decodeReaddirPage(reply.extra);
      const last = (flags & CEPH_READDIR_FRAG_END) !== 0 || entries.length === 0;
      answer.page = {
        last,
        frag: dirstat.frag,
        entries: entries.map(({ dname, inode }) => ({ name: dname, stat: this.#note(inode) })),
      };
    }
    return answer;
  }

  /** Keeps the cap that came with an inode, and its xattrs, which are told once a session; @returns its attributes */
  #note(inode: InodeStat): NotedStat {
    const known = this.#session.caps.get(inode.ino);
    // version 0: they are what this session was told before
    let xattrs = inode.xattrVersion === 0 ? known?.xattrs : NO_XATTRS;
    if (inode.xattrbl.length > 0) xattrs = decodeXattrs(new Decoder(inode.xattrbl, 'xattrs'));
    if (inode.capId !== 0) {
      this.#session.addCap({
        ino: inode.ino,
        capId: inode.capId,
        issued: inode.caps,
        wanted: 0,
        seq: inode.capSeq,
        issueSeq: inode.capSeq,
        mseq: inode.capMseq,
        realm: inode.capRealm,
        xattrs,
      });
    }
    return { ...statOf(inode, xattrs ?? NO_XATTRS), xattrsTold: xattrs !== undefined };
  }

  #request(op: number, path: FilePath, parts: RequestParts = {}): Promise<Answer> {
    const m = new MClientRequest(op);
    m.path = path;
    if (parts.path2) m.path2 = parts.path2;
    if (parts.data) m.data = parts.data;
    parts.args?.(m.args);
    m.callerUid = this.#options.uid;
    m.callerGid = this.#options.gid;
    m.stamp = UTime.fromMillis(this.cct.clock.now());
    return new Promise((resolve, reject) => {
      let answer: Answer | undefined;
      const settle = (reply: MClientReply | Error): void => {
        if (reply instanceof Error) reject(reply);
        else if (reply.result < 0) reject(requestError(op, path, reply.result));
        // the trace came with the first answer
        else resolve((answer ??= this.#take(op, reply)));
      };
      const { durable } = this.#options;
      const onReply = (reply: MClientReply | Error): void => {
        if (durable && !(reply instanceof Error) && !reply.safe && reply.result >= 0) answer = this.#take(op, reply);
        else settle(reply);
      };
      this.#session.submit(new MdsRequest(m, parts.drop ?? [], onReply, durable ? settle : undefined));
    });
  }
}

/** What an answer tells. */
interface Answer {
  target: NotedStat | undefined;
  /** Of the entry, where the answer names one. */
  name: string | undefined;
  page: { last: boolean; frag: Frag; entries: { name: string; stat: NotedStat }[] } | undefined;
}

interface NotedStat extends ClientStat {
  /** False where the MDS left the xattrs out because it told them before, and they are forgotten here. */
  xattrsTold: boolean;
}

interface RequestParts {
  path2?: FilePath;
  data?: Uint8Array;
  args?: (args: RequestArgs) => unknown;
  /** Inodes whose caps are given back with the request. */
  drop?: readonly number[];
}

function requestError(op: number, path: FilePath, r: number): CephError {
  const name = errnoName(r);
  return new CephError(`ERR_CEPH_${name}`, `${mdsOpName(op)} ${String(path)}: ${name}`, { errno: -r });
}

function fillSetattr(args: RequestArgs, attrs: ClientAttrs): void {
  const { setattr } = args;
  let mask = 0;
  const set = <K extends 'mode' | 'uid' | 'gid' | 'size'>(key: K, bit: number): void => {
    const value = attrs[key];
    if (value === undefined) return;
    setattr[key] = value;
    mask |= bit;
  };
  const time = (key: 'mtime' | 'atime', bit: number): void => {
    const value = attrs[key];
    if (value === undefined) return;
    setattr[key] = new UTime(value.sec, value.nsec);
    mask |= bit;
  };
  set('mode', CEPH_SETATTR_MODE);
  set('uid', CEPH_SETATTR_UID);
  set('gid', CEPH_SETATTR_GID);
  set('size', CEPH_SETATTR_SIZE);
  time('mtime', CEPH_SETATTR_MTIME);
  time('atime', CEPH_SETATTR_ATIME);
  setattr.mask = mask;
}

function statOf(inode: InodeStat, xattrs: ReadonlyMap<string, Uint8Array>): ClientStat {
  const time = ({ sec, nsec }: Time): Time => ({ sec, nsec });
  return {
    ino: inode.ino,
    mode: inode.mode,
    nlink: inode.nlink,
    uid: inode.uid,
    gid: inode.gid,
    size: (inode.mode & S_IFMT) === S_IFDIR ? inode.nfiles + inode.nsubdirs : inode.size,
    rdev: inode.rdev,
    mtime: time(inode.mtime),
    atime: time(inode.atime),
    ctime: time(inode.ctime),
    btime: time(inode.btime),
    symlink: (inode.mode & S_IFMT) === S_IFLNK ? inode.symlink : undefined,
    xattrs,
  };
}

const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();
