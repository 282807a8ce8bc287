import { CephContext, functionLog } from '@cephts/common';
import type { ConfigValue } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MDS, EntityAddrVec, EntityName } from '@cephts/encoding';
import { Messenger, Policy } from '@cephts/async-messenger';
import type { Connection, Dispatcher, Message, MessengerInit } from '@cephts/async-messenger';
import type { MNote } from './messages.js';
import { MReply, noteRegistry } from './messages.js';

export const ANY_PORT = EntityAddrVec.parse('v2:127.0.0.1:0/0') as EntityAddrVec;

/** Ports that other processes that run messengers are not likely to take: a test that listens again at the same one needs it free. */
const FIRST_PORT = 8000 + (process.pid % 120) * 200;

/** A context whose log lines of level 0 and 1 are kept. */
export function loggedContext(conf: Record<string, ConfigValue> = {}, level = 1): { cct: CephContext; lines: string[] } {
  const lines: string[] = [];
  const log = functionLog((_subsys, _level, line) => lines.push(line), level);
  return {
    cct: new CephContext({
      log,
      conf: { ms_async_op_threads: 0, ms_bind_port_min: FIRST_PORT, ms_bind_port_max: FIRST_PORT + 199, ...conf },
    }),
    lines,
  };
}

/** Keeps what it is told; answers each note with a reply of its number. */
export class Recorder implements Dispatcher {
  readonly values: number[] = [];
  readonly messages: Message[] = [];
  readonly events: string[] = [];
  readonly answer: boolean;
  con: Connection | undefined;
  #waiters: { count: number; resolve: () => void }[] = [];

  constructor(answer = false) {
    this.answer = answer;
  }

  msDispatch(m: Message): boolean {
    const note = m as MNote;
    this.values.push(note.value);
    this.messages.push(m);
    if (this.answer) {
      const reply = new MReply();
      reply.value = note.value;
      reply.data = note.data;
      m.connection?.sendMessage(reply);
    }
    this.#waiters = this.#waiters.filter(({ count, resolve }) => {
      if (this.values.length < count) return true;
      resolve();
      return false;
    });
    return true;
  }

  msHandleConnect(con: Connection): void {
    this.con = con;
    this.events.push('connect');
  }

  msHandleAccept(con: Connection): void {
    this.con = con;
    this.events.push('accept');
  }

  msHandleReset(): boolean {
    this.events.push('reset');
    return true;
  }

  msHandleRemoteReset(): void {
    this.events.push('remoteReset');
  }

  msHandleRefused(): boolean {
    this.events.push('refused');
    return true;
  }

  /** Resolves when so many messages have come. */
  count(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.values.length >= count) resolve();
      else this.#waiters.push({ count, resolve });
    });
  }
}

/** A server that answers notes. */
export async function startServer(
  cct: CephContext,
  options: Partial<MessengerInit> & { policy?: Policy; bind?: EntityAddrVec } = {},
): Promise<{ messenger: Messenger; addrs: EntityAddrVec; recorder: Recorder }> {
  const { policy = Policy.statefulServer(), bind = ANY_PORT, ...init } = options;
  const messenger = new Messenger(cct, { name: EntityName.mds(0), logicalName: 'mds', registry: noteRegistry(), ...init });
  messenger.setDefaultPolicy(policy);
  const addrs = await messenger.bindv(bind);
  messenger.start();
  const recorder = new Recorder(true);
  messenger.addDispatcherTail(recorder);
  return { messenger, addrs, recorder };
}

/** A client with one connection. */
export function startClient(
  cct: CephContext,
  addrs: EntityAddrVec,
  options: Partial<MessengerInit> & { policy?: Policy } = {},
): { messenger: Messenger; con: Connection; recorder: Recorder } {
  const { policy = Policy.losslessClient(), ...init } = options;
  const messenger = new Messenger(cct, { name: EntityName.client(4100), logicalName: 'client', registry: noteRegistry(), ...init });
  messenger.setDefaultPolicy(policy);
  messenger.start();
  const recorder = new Recorder();
  messenger.addDispatcherTail(recorder);
  const con = messenger.connectTo(CEPH_ENTITY_TYPE_MDS, addrs);
  return { messenger, con, recorder };
}
