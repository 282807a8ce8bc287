import { CephError, ERRNO } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MDS, CEPH_ENTITY_TYPE_OSD, EntityAddr, EntityAddrVec } from '@cephts/encoding';
import type { Connection, Message } from '@cephts/async-messenger';
import { MCommand, MCommandReply } from '../messages/m-command.js';
import { MgrClient } from '../mgr/mgr-client.js';
import type { ClusterClient } from '../mon/connect.js';
import type { CommandReply } from '../mon/mon-commands.js';

/** Who a command is for. */
export interface Target {
  /** How it is called in messages: `mds.a`. */
  name: string;
  run(command: object, input?: Uint8Array): Promise<CommandReply>;
}

interface DumpedAddrs {
  addrvec: { type: string; addr: string; nonce: number }[];
}

interface DumpedMds {
  gid: number;
  name: string;
  rank: number;
  addrs: DumpedAddrs;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function noSuchTarget(name: string): CephError {
  return new CephError('ERR_CEPH_NO_TARGET', `there is no ${name}; a target is written mon.a, osd.1, mds.a, mds.0 or mgr`, {
    errno: ERRNO.ENOENT,
  });
}

function parseAddrs({ addrvec }: DumpedAddrs): EntityAddrVec {
  return new EntityAddrVec(addrvec.flatMap(({ type, addr, nonce }) => EntityAddr.parse(`${type}:${addr}/${nonce}`) ?? []));
}

/** Commands to daemons over connections to themselves: `ceph tell osd.0`, `ceph tell mds.a`. */
class DaemonCommands {
  readonly #client: ClusterClient;
  readonly #pending = new Map<
    number,
    { con: Connection; resolve: (reply: CommandReply) => void; reject: (error: Error) => void }
  >();
  #lastTid = 0;

  constructor(client: ClusterClient) {
    this.#client = client;
    client.messenger.addDispatcherTail({
      msDispatch: (m) => this.#take(m),
      msHandleReset: (con) => (this.#lost(con), false),
      msHandleRefused: (con) => (this.#lost(con), false),
    });
  }

  run(entityType: number, addrs: EntityAddrVec, command: object, input?: Uint8Array): Promise<CommandReply> {
    const con = this.#client.messenger.connectTo(entityType, addrs);
    const m = new MCommand(this.#client.monc.fsid, [JSON.stringify(command)]);
    m.tid = ++this.#lastTid;
    if (input) m.data = input;
    return new Promise((resolve, reject) => {
      this.#pending.set(m.tid, { con, resolve, reject });
      con.sendMessage(m);
    });
  }

  #take(m: Message): boolean {
    const pending = this.#pending.get(m.tid);
    if (!(m instanceof MCommandReply) || !pending || pending.con !== m.connection) return false;
    this.#pending.delete(m.tid);
    pending.resolve({ r: m.r, outs: m.rs, outbl: m.data });
    return true;
  }

  #lost(con: Connection): void {
    for (const [tid, pending] of this.#pending) {
      if (pending.con !== con) continue;
      this.#pending.delete(tid);
      con.markDown();
      pending.reject(
        new CephError('ERR_CEPH_UNREACHABLE', `${String(con.peerAddrs)} cannot be reached, or refuses`, { errno: ERRNO.ENXIO }),
      );
    }
  }
}

/** Finds the targets of commands. */
export class Targets {
  readonly #client: ClusterClient;
  readonly #daemons: DaemonCommands;
  readonly #mgr: MgrClient;

  constructor(client: ClusterClient) {
    this.#client = client;
    this.#daemons = new DaemonCommands(client);
    this.#mgr = new MgrClient(client.cct, { messenger: client.messenger, monc: client.monc });
    client.messenger.addDispatcherTail(this.#mgr);
  }

  /** The cluster: monitors, or a module of the manager where the command says so. */
  get cluster(): Target {
    return {
      name: 'mon',
      run: (command, input) => {
        const { target } = command as { target?: unknown };
        return target === undefined ? this.#client.monc.monCommand(command, input) : this.#mgr.startCommand(command, input);
      },
    };
  }

  /**
   * One daemon, or all of a kind with `*`.
   *
   * @throws CephError `ERR_CEPH_NO_TARGET`
   */
  async find(name: string): Promise<Target[]> {
    const [, kind = '', id = ''] = /^(mon|osd|mds|mgr)(?:\.(.+))?$/.exec(name) ?? [];
    switch (kind) {
      case 'mon':
        return this.#mons(name, id);
      case 'mgr':
        return [{ name, run: (command, input) => this.#mgr.tellCommand(id, command, input) }];
      case 'mds':
        return this.#mdss(name, id);
      case 'osd':
        return this.#osds(name, id);
      default:
        throw noSuchTarget(name);
    }
  }

  /** The OSD that a placement group is on: `ceph pg 1.0 query`. @throws CephError `ERR_CEPH_NO_TARGET` */
  async findPg(pgid: string): Promise<Target[]> {
    const map = (await this.#ask({ prefix: 'pg map', pgid }, `placement group ${pgid}`)) as { acting: number[] };
    return this.#osds(`placement group ${pgid}`, String(map.acting[0] ?? ''));
  }

  async shutdown(): Promise<void> {
    await this.#mgr.shutdown();
  }

  #mons(name: string, id: string): Target[] {
    const { monc } = this.#client;
    const all = [...monc.monmap.monInfo.keys()];
    const chosen = id === '*' ? all : all.includes(id) ? [id] : [monc.monmap.ranks[Number(id || '-1')]];
    return chosen.map((mon) => {
      if (mon === undefined) throw noSuchTarget(name);
      return { name: `mon.${mon}`, run: (command, input) => monc.monTell(mon, command, input) };
    });
  }

  async #mdss(name: string, id: string): Promise<Target[]> {
    const dump = (await this.#ask({ prefix: 'fs dump' })) as {
      standbys: DumpedMds[];
      filesystems: { mdsmap: { info: Record<string, DumpedMds> } }[];
    };
    const all = [...dump.filesystems.flatMap(({ mdsmap }) => Object.values(mdsmap.info)), ...dump.standbys];
    const chosen = all.filter(
      (mds) => id === '*' || mds.name === id || String(mds.gid) === id || (mds.rank >= 0 && String(mds.rank) === id),
    );
    if (chosen.length === 0) throw noSuchTarget(name);
    return chosen.map((mds) => ({
      name: `mds.${mds.name}`,
      run: (command, input) => this.#daemons.run(CEPH_ENTITY_TYPE_MDS, parseAddrs(mds.addrs), command, input),
    }));
  }

  async #osds(name: string, id: string): Promise<Target[]> {
    const ids = id === '*' ? ((await this.#ask({ prefix: 'osd ls' })) as number[]).map(String) : [id];
    return Promise.all(
      ids.map(async (osd) => {
        if (!/^\d+$/.test(osd)) throw noSuchTarget(name);
        const { addrs } = (await this.#ask({ prefix: 'osd find', id: Number(osd) }, `osd.${osd}`)) as { addrs: DumpedAddrs };
        return {
          name: `osd.${osd}`,
          run: (command: object, input?: Uint8Array) => this.#daemons.run(CEPH_ENTITY_TYPE_OSD, parseAddrs(addrs), command, input),
        };
      }),
    );
  }

  async #ask(command: object, target = 'daemon'): Promise<unknown> {
    const { r, outs, outbl } = await this.#client.monc.monCommand({ ...command, format: 'json' });
    if (r === -ERRNO.ENOENT) throw noSuchTarget(target);
    if (r < 0) throw new CephError('ERR_CEPH_COMMAND', outs, { errno: -r });
    return JSON.parse(text(outbl));
  }
}
