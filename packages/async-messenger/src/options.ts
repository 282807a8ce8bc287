import { checkOptions, invalidOption } from '@cephts/common';
import type { CephContext, ConfigOption, ConfigType, ConfigValue, OptionRule } from '@cephts/common';
import type { EntityName } from '@cephts/encoding';
import type { AuthClient, AuthServer } from './auth/auth.js';
import type { MessageRegistry } from './message-registry.js';
import type { NetworkStack } from './net/network-stack.js';

/** Options of {@link Messenger}. */
export interface MessengerInit {
  /** Who this end is. A number of −1 is not known yet; see `setMyname`. */
  name: EntityName;
  /** Names the dispatch queue's counters, as in `'mds'`. */
  logicalName: string;
  /** The messages it understands. */
  registry: MessageRegistry;
  /** Tells apart those that had an address one after the other; an integer of 32 bits. @defaultValue random; 0 for a monitor, whose addresses are configured */
  nonce?: number;
  /**
   * `'posix'` works inline in this isolate, `'workers'` in threads msgr-worker-N; or a stack of one's own, such as a simulated one.
   * @defaultValue by `ms_async_op_threads`: inline for 0, else that many threads
   */
  stack?: 'posix' | 'workers' | NetworkStack;
  /** @defaultValue method none */
  authClient?: AuthClient;
  /** @defaultValue method none */
  authServer?: AuthServer;
  /** Longest message that is taken, in bytes of its segments. @defaultValue 268435456 (256 MiB) */
  maxMessageBytes?: number;
  /** Messages that wait to be written from which on `Connection.drained` waits. @defaultValue 1024 */
  sendHighWater?: number;
  /** Messages down to which it then waits; at most sendHighWater. @defaultValue half of that */
  sendLowWater?: number;
}

const RULES: Readonly<Record<Exclude<keyof MessengerInit, 'stack'>, OptionRule>> = {
  name: { type: 'object' },
  logicalName: { type: 'string' },
  registry: { type: 'object' },
  nonce: { type: 'integer', min: 0, max: 0xffff_ffff },
  authClient: { type: 'object' },
  authServer: { type: 'object' },
  maxMessageBytes: { type: 'integer', min: 0 },
  sendHighWater: { type: 'integer', min: 1 },
  sendLowWater: { type: 'integer', min: 0 },
};

const M = 1024 * 1024;

const option = (name: string, type: ConfigType, value: ConfigValue, desc: string): ConfigOption => ({
  name,
  type,
  default: value,
  desc,
});

/** Ceph's options that the messenger reads. */
export const MESSENGER_CONF: readonly ConfigOption[] = [
  option('ms_async_op_threads', 'uint', 3, 'msgr-worker threads; 0: event centers run in the main isolate'),
  option('ms_dispatch_throttle_bytes', 'size', 100 * M, 'bytes of messages that wait for dispatch'),
  option('ms_pq_max_tokens_per_priority', 'uint', 16 * M, 'tokens of a dispatch queue’s priority'),
  option('ms_pq_min_cost', 'uint', 64 * 1024, 'least cost of a message there'),
  option('ms_initial_backoff', 'float', 0.2, 'seconds until the second try to connect'),
  option('ms_max_backoff', 'float', 15, 'most seconds between tries to connect'),
  option('ms_connection_ready_timeout', 'uint', 10, 'seconds a handshake may take'),
  option('ms_connection_idle_timeout', 'uint', 900, 'seconds until a silent connection counts as broken'),
  option('ms_bind_port_min', 'int', 6800, 'first port to try'),
  option('ms_bind_port_max', 'int', 7300, 'last port to try'),
  option('ms_bind_retry_count', 'int', 3, 'times to try all ports again'),
  option('ms_bind_retry_delay', 'int', 5, 'seconds between those'),
  option('ms_tcp_listen_backlog', 'int', 512, 'connections that wait to be accepted'),
  option('ms_learn_addr_from_peer', 'bool', true, 'believe what a peer says our address is, rather than the socket'),
];

/** What is in force, times in ms. */
export interface MessengerOptions {
  readonly maxMessageBytes: number;
  readonly sendHighWater: number;
  readonly sendLowWater: number;
  readonly learnAddrFromPeer: boolean;
  readonly initialBackoff: number;
  readonly maxBackoff: number;
  readonly readyTimeout: number;
  readonly idleTimeout: number;
}

/** @throws CephError `ERR_CEPH_INVALID_OPTION` */
export function resolveOptions(cct: CephContext, init: MessengerInit): MessengerOptions {
  const { stack, ...rest } = init;
  if (typeof stack === 'string' && stack !== 'posix' && stack !== 'workers') {
    throw invalidOption('stack', "'posix', 'workers' or a network stack", stack);
  }
  checkOptions('Messenger', rest, RULES);
  cct.conf.define(MESSENGER_CONF);
  const { conf } = cct;
  const { sendHighWater = 1024, sendLowWater = sendHighWater / 2 } = init;
  if (sendLowWater > sendHighWater)
    throw invalidOption('sendLowWater', `at most \`sendHighWater\`, ${sendHighWater}`, sendLowWater);
  return Object.freeze({
    maxMessageBytes: init.maxMessageBytes ?? 256 * M,
    sendHighWater,
    sendLowWater,
    learnAddrFromPeer: conf.bool('ms_learn_addr_from_peer'),
    initialBackoff: conf.number('ms_initial_backoff') * 1000,
    maxBackoff: conf.number('ms_max_backoff') * 1000,
    readyTimeout: conf.number('ms_connection_ready_timeout') * 1000,
    idleTimeout: conf.number('ms_connection_idle_timeout') * 1000,
  });
}
