// One messenger on a simulated network, and what a peer of it writes.
import { AuthNone, CON_MODE, Message, MessageRegistry, Messenger, Policy, SimulatedNetwork } from '@cephts/async-messenger';
import { CephContext, Throttle, VirtualClock, nullLog } from '@cephts/common';
import { AuthEntityName, CEPH_ENTITY_TYPE_MDS, EntityAddrVec, EntityName } from '@cephts/encoding';
import { defineSharedSecret } from '../../sim/shared-secret.mjs';

/** Longest message that is taken. */
export const MAX_MESSAGE = 64 * 1024;
export const SECRET = Uint8Array.from({ length: 40 }, (_, i) => i * 7);
const SERVER = EntityAddrVec.parse('v2:10.0.0.1:6800/77');
const CLIENT_IP = '10.0.0.2';

export class MBlob extends Message {
  static TYPE = 9200;
  type = 9200;
  typeName = 'blob';
  bytes = new Uint8Array(0);

  static of(front, data) {
    const m = new MBlob();
    m.bytes = new Uint8Array(front);
    m.data = new Uint8Array(data);
    return m;
  }

  encodePayload(e) {
    e.blob(this.bytes);
  }

  decodePayload(d) {
    this.bytes = d.blob();
  }
}

const registry = new MessageRegistry([MBlob]);

const SharedSecret = defineSharedSecret({ AuthNone, CON_MODE }, { AuthEntityName });

export class Scene {
  clock = new VirtualClock();
  errors = [];
  /** Messages dispatched. */
  dispatched = 0;
  #rng;
  #secure;
  #throttles = [];

  constructor(rng, secure) {
    this.#rng = rng;
    this.#secure = secure;
    this.net = new SimulatedNetwork(this.clock, rng);
  }

  async advance(ms) {
    await this.clock.advanceAsync(ms);
  }

  async server() {
    const messenger = this.#messenger('server', '10.0.0.1', EntityName.mds(0), Policy.statefulServer());
    await messenger.bindv(SERVER);
    messenger.start();
    return messenger;
  }

  /** @returns a messenger, and its connection to the server */
  client() {
    const messenger = this.#messenger('client', CLIENT_IP, EntityName.client(1), Policy.losslessClient());
    messenger.start();
    return { messenger, con: messenger.connectTo(CEPH_ENTITY_TYPE_MDS, SERVER) };
  }

  #messenger(role, ip, name, policy) {
    const cct = new CephContext({
      clock: this.clock,
      random: this.#rng,
      log: nullLog,
      onError: (error) => this.errors.push(error),
      conf: { ms_dispatch_throttle_bytes: 2 * MAX_MESSAGE },
    });
    // no key to sign with, so that what is recorded fits again
    const auth = this.#secure ? new SharedSecret({ connectionSecret: SECRET }) : undefined;
    const messenger = new Messenger(cct, {
      name,
      logicalName: role,
      registry,
      nonce: 77,
      stack: this.net.stack(ip, MAX_MESSAGE),
      ...(auth && { authClient: auth, authServer: auth }),
    });
    const bytes = new Throttle(cct, 'bytes', 2 * MAX_MESSAGE, false);
    messenger.setDefaultPolicy(policy.withThrottlers(bytes));
    this.#throttles.push(bytes, messenger.dispatchQueue.dispatchThrottler);
    messenger.addDispatcherTail({ msDispatch: () => ++this.dispatched > 0 });
    return messenger;
  }

  /** A socket to the server, for a peer that is no messenger. */
  dial() {
    return own(this.net.connect(CLIENT_IP, SERVER.front()));
  }

  /** Sockets from a client, to such a peer; the newest last. */
  listen() {
    const sockets = [];
    this.net.listen(SERVER.front(), (socket) => sockets.push(own(socket)));
    return sockets;
  }

  /** Ends the messengers: nothing must be left. @throws Error */
  async end(...messengers) {
    for (const messenger of messengers) {
      const done = messenger.shutdown().then(() => messenger.wait());
      await this.advance(100);
      await done;
      if (messenger.connectionCount !== 0) throw new Error('connections leaked');
    }
    if (this.errors.length > 0) throw this.errors[0];
    if (this.clock.pending > 0) throw new Error('timers leaked');
    if (this.net.openSockets > 0) throw new Error('sockets leaked');
    for (const { name, count } of this.#throttles) if (count !== 0) throw new Error(`${count} units of ${name} leaked`);
  }
}

/** Whatever comes is not heeded. */
function own(socket) {
  socket.owner = { onConnected() {}, onDrain() {}, onClose() {}, onData: () => false };
  return socket;
}
