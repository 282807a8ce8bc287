import { ERRNO } from '@cephts/common';
import type { Connection } from '@cephts/async-messenger';
import { MCommand } from '../messages/m-command.js';
import type { MCommandReply } from '../messages/m-command.js';
import type { OsdMap } from '../osdmap/osd-map.js';
import type { PgId } from '../osdmap/pg.js';

/** Told 0 or −errno, text for people, and output. */
export type CommandCompletion = (r: number, outs: string, outbl: Uint8Array) => void;

interface Command {
  tid: number;
  osd: number;
  pg: PgId | undefined;
  cmd: string[];
  inbl: Uint8Array;
  onFinish: CommandCompletion;
  sent: boolean;
}

interface Host {
  readonly osdmap: OsdMap;
  connectionTo(osd: number): Connection | undefined;
  requestMap(): void;
}

const NO_BYTES = new Uint8Array(0);

/** `ceph tell osd.N …` and `ceph tell PG …`: commands that OSDs answer. */
export class OsdCommands {
  readonly #host: Host;
  readonly #commands = new Map<number, Command>();
  #lastTid = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Does one wait for its OSD? */
  get isWaiting(): boolean {
    return [...this.#commands.values()].some(({ sent }) => !sent);
  }

  /** @param to an OSD, or a placement group's primary. -ENXIO where that OSD is down, -ENOENT where it does not exist */
  submit(to: number | PgId, cmd: string[], inbl: Uint8Array, onFinish: CommandCompletion): void {
    const tid = ++this.#lastTid;
    const isOsd = typeof to === 'number';
    const command: Command = { tid, osd: isOsd ? to : -1, pg: isOsd ? undefined : to, cmd, inbl, onFinish, sent: false };
    this.#commands.set(tid, command);
    this.#send(command);
  }

  #send(command: Command): void {
    const { osdmap } = this.#host;
    const { pg } = command;
    if (pg) {
      const placement = osdmap.placePg(pg.pool, pg.seed);
      if (!placement && osdmap.epoch > 0) {
        this.#finish(command, -ERRNO.ENOENT, 'pool dne');
        return;
      }
      command.osd = placement?.actingPrimary ?? -1;
    } else if (osdmap.epoch > 0 && !osdmap.isUp(command.osd)) {
      const exists = osdmap.exists(command.osd);
      this.#finish(command, exists ? -ERRNO.ENXIO : -ERRNO.ENOENT, exists ? 'osd down' : 'osd dne');
      return;
    }
    const con = this.#host.connectionTo(command.osd);
    command.sent = con !== undefined;
    if (!con) {
      this.#host.requestMap();
      return;
    }
    const m = new MCommand(osdmap.fsid, command.cmd);
    m.tid = command.tid;
    m.data = command.inbl;
    con.sendMessage(m);
  }

  #finish(command: Command, r: number, outs: string, outbl: Uint8Array = NO_BYTES): void {
    if (this.#commands.delete(command.tid)) command.onFinish(r, outs, outbl);
  }

  handleReply(m: MCommandReply): boolean {
    const command = this.#commands.get(m.tid);
    if (!command) return false;
    this.#finish(command, m.r, m.rs, m.data);
    return true;
  }

  sessionLost(osd: number): void {
    for (const command of [...this.#commands.values()]) if (command.osd === osd) this.#send(command);
  }

  mapChanged(): void {
    for (const command of [...this.#commands.values()]) {
      const { pg } = command;
      const moved = pg !== undefined && this.#host.osdmap.placePg(pg.pool, pg.seed)?.actingPrimary !== command.osd;
      if (!command.sent || moved) this.#send(command);
    }
  }

  shutdown(): void {
    for (const command of [...this.#commands.values()]) this.#finish(command, -ERRNO.ESHUTDOWN, 'shut down');
  }
}
