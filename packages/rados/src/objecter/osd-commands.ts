import { ERRNO } from '@cephts/common';
import type { CephContext, TimerHandle } from '@cephts/common';
import type { Connection } from '@cephts/async-messenger';
import { MCommand } from '../messages/m-command.js';
import type { MCommandReply } from '../messages/m-command.js';
import type { OsdMap } from '../osdmap/osd-map.js';
import type { PgId } from '../osdmap/pg.js';

/** Told 0 or −errno, text for people, and output; and whether nobody answered: it timed out, was cancelled, or the session ended. */
export type CommandCompletion = (r: number, outs: string, outbl: Uint8Array, givenUp: boolean) => void;

interface Command {
  tid: number;
  osd: number;
  pg: PgId | undefined;
  cmd: string[];
  inbl: Uint8Array;
  onFinish: CommandCompletion;
  sent: boolean;
  timer: TimerHandle | undefined;
}

interface Host {
  readonly osdmap: OsdMap;
  connectionTo(osd: number): Connection | undefined;
  requestMap(): void;
}

const NO_BYTES = new Uint8Array(0);

/**
 * `ceph tell osd.N …` and `ceph tell PG …`: commands that OSDs answer.
 *
 * @see Objecter::submit_command in src/osdc/Objecter.cc (16.2.15)
 */
export class OsdCommands {
  readonly #cct: CephContext;
  readonly #host: Host;
  readonly #commands = new Map<number, Command>();
  #lastTid = 0;
  #stopping = false;

  constructor(cct: CephContext, host: Host) {
    this.#cct = cct;
    this.#host = host;
  }

  /** Commands that were not answered yet. */
  get size(): number {
    return this.#commands.size;
  }

  /** Does one wait for its OSD? */
  get isWaiting(): boolean {
    return [...this.#commands.values()].some(({ sent }) => !sent);
  }

  /**
   * @param to an OSD, or a placement group's primary. -ENXIO where that OSD is down, -ENOENT where it does not exist, -ETIMEDOUT after
   *   `rados_osd_op_timeout`
   * @returns its number, for {@link cancel}
   */
  submit(to: number | PgId, cmd: string[], inbl: Uint8Array, onFinish: CommandCompletion): number {
    const tid = ++this.#lastTid;
    const { clock, conf } = this.#cct;
    if (this.#stopping) {
      clock.defer(() => onFinish(-ERRNO.ESHUTDOWN, 'shut down', NO_BYTES, true));
      return tid;
    }
    const target = typeof to === 'number' ? { osd: to, pg: undefined } : { osd: -1, pg: to };
    const seconds = conf.number('rados_osd_op_timeout');
    const timer = seconds > 0 ? clock.setTimeout(() => this.cancel(tid, -ERRNO.ETIMEDOUT), seconds * 1000) : undefined;
    const command: Command = { tid, ...target, cmd, inbl, onFinish, sent: false, timer };
    this.#commands.set(tid, command);
    this.#send(command);
    return tid;
  }

  /** Gives a command up, unless it is over; the OSD may carry it out all the same. */
  cancel(tid: number, r: number = -ERRNO.ECANCELED): void {
    const command = this.#commands.get(tid);
    if (command) this.#finish(command, r, 'given up', NO_BYTES, true);
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

  #finish(command: Command, r: number, outs: string, outbl: Uint8Array = NO_BYTES, givenUp = false): void {
    if (!this.#commands.delete(command.tid)) return;
    if (command.timer !== undefined) this.#cct.clock.clearTimeout(command.timer);
    command.onFinish(r, outs, outbl, givenUp);
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

  /** Which of them has this epoch moved? @param skipped epochs before it were never seen: what was sent may be lost */
  scan(skipped: boolean): void {
    for (const command of this.#commands.values()) {
      const { pg } = command;
      const moved = pg !== undefined && this.#host.osdmap.placePg(pg.pool, pg.seed)?.actingPrimary !== command.osd;
      if (skipped || moved) command.sent = false;
    }
  }

  /** All epochs that came were scanned: sends what waits for its OSD. */
  mapChanged(): void {
    for (const command of [...this.#commands.values()]) if (!command.sent) this.#send(command);
  }

  /** All that is under way completes with -ESHUTDOWN, and so does what comes from now on. */
  shutdown(): void {
    this.#stopping = true;
    for (const tid of [...this.#commands.keys()]) this.cancel(tid, -ERRNO.ESHUTDOWN);
  }
}
