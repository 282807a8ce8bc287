import type { CephContext } from '@cephts/common';
import type { DispatchQueue } from '@cephts/dispatch-queue';
import type { EntityAddr, EntityAddrVec, EntityName } from '@cephts/encoding';
import type { AsyncConnection } from '../async-connection.js';
import type { AuthClient, AuthServer } from '../auth/auth.js';
import type { Connection } from '../connection.js';
import type { Message } from '../message.js';
import type { MessageRegistry } from '../message-registry.js';
import type { EventCenter } from '../net/event-center.js';
import type { NetworkStack } from '../net/network-stack.js';
import type { Policy } from '../policy.js';
import type { MessengerPerf } from '../messenger-perf.js';
import type { MessengerOptions } from '../options.js';

/** What protocols and connections need of their messenger. */
export interface ProtocolHost {
  readonly cct: CephContext;
  readonly options: MessengerOptions;
  readonly perf: MessengerPerf;
  readonly registry: MessageRegistry;
  readonly stack: NetworkStack;
  readonly center: EventCenter;
  readonly dispatchQueue: DispatchQueue<Message, Connection>;
  readonly authClient: AuthClient;
  readonly authServer: AuthServer;
  readonly myname: EntityName;
  readonly myaddrs: EntityAddrVec;
  /** A new number of an attempt to connect, above `after`. */
  getGlobalSeq(after?: number): number;
  getPolicy(entityType: number): Policy;
  /** A peer, or a socket, told at what address it sees us. */
  learnedAddr(addr: EntityAddr): void;
  /** The registered connection to these addresses. */
  lookupConn(addrs: EntityAddrVec): AsyncConnection | undefined;
  /** Registers an accepted connection; false where another one has its addresses. */
  acceptConn(con: AsyncConnection): boolean;
  /** The connection is closed. */
  unregisterConn(con: AsyncConnection): void;
  /** Does any dispatcher fast dispatch? */
  isFast(): boolean;
  fastConnect(con: Connection): void;
  fastAccept(con: Connection): void;
  /** The peer was authenticated; false refuses it. */
  handleAuthentication(con: Connection): boolean;
}
