import { AbortedError, CephError, ERRNO } from '@cephts/common';
import type { CephContext, TimerHandle } from '@cephts/common';
import type { Connection, Message } from '@cephts/async-messenger';
import { MCommand } from '../messages/m-command.js';
import { MMonCommand } from '../messages/m-mon-command.js';
import type { MonMap } from '../maps/mon-map.js';
import { signals } from '../signals.js';
import type { MonConnection } from './mon-connection.js';

/** What a command came to. */
export interface CommandReply {
  /** 0, or a negative errno. */
  r: number;
  /** What there is to say about it: an error's text, mostly. */
  outs: string;
  /** The output. */
  outbl: Uint8Array;
}

/** Options of a command. */
export interface CommandOptions {
  /** Longest time to wait, ms. @defaultValue `rados_mon_op_timeout`, which is: for ever */
  timeoutMs?: number;
  signal?: AbortSignal;
}

const NOTHING = new Uint8Array(0);

/** One monitor that a command is for. */
interface Target {
  mon: string;
  session: MonConnection | undefined;
  attempts: number;
  lastAttempt: number;
}

interface Pending {
  tid: number;
  cmd: string[];
  inbl: Uint8Array;
  target: Target | undefined;
  settle: (outcome: CommandReply | Error) => void;
}

/** What {@link MonCommands} needs of its client. */
export interface CommandsHost {
  readonly cct: CephContext;
  readonly monmap: MonMap;
  send(m: Message): void;
  /** Opens a connection of its own to a monitor. */
  openTo(mon: string): MonConnection;
}

/**
 * Commands that monitors have not answered yet. They outlive the session: with the next monitor they are sent again.
 *
 * @see src/mon/MonClient.cc (16.2.15)
 */
export class MonCommands {
  readonly #host: CommandsHost;
  readonly #pending = new Map<number, Pending>();
  #lastTid = 0;

  constructor(host: CommandsHost) {
    this.#host = host;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** @param mon one certain monitor, by name or rank; whichever where not given */
  start(cmd: object | string, inbl: Uint8Array = NOTHING, options: CommandOptions = {}, mon?: string): Promise<CommandReply> {
    const { cct } = this.#host;
    const { signal } = options;
    const text = typeof cmd === 'string' ? cmd : JSON.stringify(cmd);
    const timeoutMs = options.timeoutMs ?? cct.conf.number('rados_mon_op_timeout') * 1000;
    return new Promise((resolve, reject) => {
      const tid = ++this.#lastTid;
      let timer: TimerHandle;
      let unlisten: (() => void) | undefined;
      const onAbort = (): void => pending.settle(new AbortedError('the command was aborted'));
      const pending: Pending = {
        tid,
        cmd: [text],
        inbl,
        target: mon === undefined ? undefined : { mon, session: undefined, attempts: 0, lastAttempt: 0 },
        settle: (outcome) => {
          if (!this.#pending.delete(tid)) return;
          cct.clock.clearTimeout(timer);
          unlisten?.();
          pending.target?.session?.close();
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        },
      };
      this.#pending.set(tid, pending);
      if (timeoutMs > 0) {
        const late = (): void =>
          pending.settle(
            new CephError('ERR_CEPH_TIMEDOUT', `the monitors did not answer within ${timeoutMs / 1000} s`, {
              errno: ERRNO.ETIMEDOUT,
            }),
          );
        timer = cct.clock.setTimeout(late, timeoutMs);
      }
      if (signal?.aborted) {
        onAbort();
        return;
      }
      if (signal) unlisten = signals.add(signal, onAbort);
      this.#send(pending);
    });
  }

  /** A new session is up. */
  resend(): void {
    for (const pending of [...this.#pending.values()]) if (!pending.target) this.#send(pending);
  }

  /** Time passes: commands to certain monitors that were not answered are sent again. */
  tick(): void {
    const { cct } = this.#host;
    const limit = cct.clock.monotonicNow() - cct.conf.number('mon_client_hunt_interval') * 1000;
    for (const pending of [...this.#pending.values()]) {
      const { target } = pending;
      if (target && !target.session?.haveSession && target.lastAttempt < limit) this.#send(pending);
    }
  }

  handleReply(tid: number, reply: CommandReply): void {
    this.#pending.get(tid)?.settle(reply);
  }

  /** The connection of a command to a certain monitor. */
  sessionOf(con: Connection): MonConnection | undefined {
    for (const { target } of this.#pending.values()) if (target?.session?.con === con) return target.session;
    return undefined;
  }

  /** Such a connection broke: its command is sent again, or fails. @returns false for another's connection */
  handleReset(con: Connection): boolean {
    for (const pending of this.#pending.values()) {
      if (pending.target?.session?.con !== con) continue;
      this.#send(pending);
      return true;
    }
    return false;
  }

  /** Such a connection's authentication failed. */
  authFailed(session: MonConnection, r: number): void {
    for (const pending of [...this.#pending.values()]) {
      if (pending.target?.session === session) pending.settle({ r, outs: 'auth failed', outbl: NOTHING });
    }
  }

  abort(why: string): void {
    for (const pending of [...this.#pending.values()]) pending.settle(new AbortedError(why));
  }

  #send(pending: Pending): void {
    const { target } = pending;
    if (target) {
      this.#sendTo(pending, target);
      return;
    }
    const m = new MMonCommand(this.#host.monmap.fsid, pending.cmd);
    m.tid = pending.tid;
    m.data = pending.inbl;
    this.#host.send(m);
  }

  #sendTo(pending: Pending, target: Target): void {
    const { cct, monmap } = this.#host;
    const fail = (r: number, outs: string): void => pending.settle({ r, outs, outbl: NOTHING });
    if (++target.attempts > cct.conf.number('mon_client_directed_command_retry')) return fail(-ERRNO.ENXIO, 'mon unavailable');
    const name = monmap.monInfo.has(target.mon)
      ? target.mon
      : /^\d+$/.test(target.mon)
        ? monmap.ranks[Number(target.mon)]
        : undefined;
    if (name === undefined) return fail(-ERRNO.ENOENT, /^\d+$/.test(target.mon) ? 'mon rank dne' : 'mon dne');
    target.session?.close();
    const session = this.#host.openTo(name);
    target.session = session;
    target.lastAttempt = cct.clock.monotonicNow();
    const m = new MCommand(monmap.fsid, pending.cmd);
    m.tid = pending.tid;
    m.data = pending.inbl;
    session.pendingCommand = m;
    session.start();
  }
}
