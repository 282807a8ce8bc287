import { CephContext, VirtualClock, functionLog, seededRandom } from '@cephts/common';
import type { ConfigValue } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MDS, EntityAddrVec, EntityName } from '@cephts/encoding';
import { Messenger, Policy, SimulatedNetwork } from '@cephts/async-messenger';
import type { Connection, Dispatcher, MessengerInit, NetworkStack } from '@cephts/async-messenger';
import { noteRegistry } from './messages.js';
import { Recorder } from './pair.js';

const SERVER = '10.0.0.1';
const CLIENT = '10.0.0.2';

/** One end of a {@link virtualPair}. */
export interface VirtualEnd {
  messenger: Messenger;
  recorder: Recorder;
  /** What was reported to its context. */
  errors: unknown[];
  /** Its log, levels 0 and 1. */
  lines: string[];
}

/** What an end is made of, beside what every one has. */
export interface VirtualEndInit extends Partial<MessengerInit> {
  policy?: Policy;
  conf?: Record<string, ConfigValue>;
  /** What is put around its network stack. */
  wrap?: (stack: NetworkStack) => NetworkStack;
  /** Asked before the recorder. */
  first?: Dispatcher;
}

export interface VirtualPair {
  clock: VirtualClock;
  net: SimulatedNetwork;
  server: VirtualEnd;
  client: VirtualEnd;
  addrs: EntityAddrVec;
  /** The client's connection to the server. */
  con: Connection;
  end(): Promise<void>;
}

/** A server that answers notes, and a client of it, on a simulated network in virtual time. */
export async function virtualPair(inits: { server?: VirtualEndInit; client?: VirtualEndInit } = {}): Promise<VirtualPair> {
  const clock = new VirtualClock();
  const net = new SimulatedNetwork(clock, seededRandom(1));
  const make = (
    name: EntityName,
    ip: string,
    fallback: Policy,
    { policy, conf, first, wrap = (stack) => stack, ...init }: VirtualEndInit = {},
  ): VirtualEnd => {
    const lines: string[] = [];
    const errors: unknown[] = [];
    const cct = new CephContext({
      clock,
      random: seededRandom(name.type),
      log: functionLog((_subsys, _level, line) => lines.push(line), 1),
      onError: (error) => errors.push(error),
      ...(conf ? { conf } : {}),
    });
    const stack = wrap(net.stack(ip));
    const messenger = new Messenger(cct, { name, logicalName: 'x', registry: noteRegistry(), nonce: 77, stack, ...init });
    messenger.setDefaultPolicy(policy ?? fallback);
    messenger.start();
    const recorder = new Recorder(name.isMds());
    if (first) messenger.addDispatcherTail(first);
    messenger.addDispatcherTail(recorder);
    return { messenger, recorder, errors, lines };
  };
  const server = make(EntityName.mds(0), SERVER, Policy.statefulServer(), inits.server);
  const addrs = await server.messenger.bindv(EntityAddrVec.parse(`v2:${SERVER}:6800/0`)!);
  const client = make(EntityName.client(1), CLIENT, Policy.losslessClient(), inits.client);
  const con = client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, addrs);
  return {
    clock,
    net,
    server,
    client,
    addrs,
    con,
    async end() {
      for (const { messenger } of [client, server]) {
        const done = messenger[Symbol.asyncDispose]();
        await clock.advanceAsync(10);
        await done;
      }
    },
  };
}
