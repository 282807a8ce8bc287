import { expect, it } from '@jest/globals';
import { CephContext, seededRandom, VirtualClock } from '@cephts/common';
import type { Dispatcher, Message } from '@cephts/async-messenger';
import { MessageRegistry, Messenger, Policy, SimulatedNetwork } from '@cephts/async-messenger';
import {
  AuthEntityName,
  CEPH_ENTITY_TYPE_CLIENT,
  CEPH_ENTITY_TYPE_MDS,
  CEPH_ENTITY_TYPE_OSD,
  EntityAddrVec,
  EntityName,
} from '@cephts/encoding';
import { AuthRegistry } from '../../src/auth/auth-registry.js';
import { CephxClientHandler } from '../../src/auth/cephx-client.js';
import { CryptoKey } from '../../src/auth/crypto-key.js';
import { RotatingKeyRing } from '../../src/auth/rotating-keyring.js';
import { Keyring } from '../../src/conf/keyring.js';
import { RADOS_OPTIONS } from '../../src/conf/options.js';
import { MPing } from '../../src/messages/m-ping.js';
import { MonAuthClient, MonAuthServer } from '../../src/mon/mon-auth.js';
import { MonSide } from '../auth/mon-side.js';

const NAME = new AuthEntityName(CEPH_ENTITY_TYPE_CLIENT, 'admin');

/** A client with tickets and a service that has no secrets yet, which the monitor would give it. */
async function start() {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock, seededRandom(1));
  const registry = new MessageRegistry([MPing]);
  const end = (name: EntityName, ip: string, type: number) => {
    const cct = new CephContext({ name: String(name), clock, random: seededRandom(2) });
    cct.conf.define(RADOS_OPTIONS);
    const messenger = new Messenger(cct, { name, logicalName: 'end', registry, stack: network.stack(ip) });
    messenger.setDefaultPolicy(type === CEPH_ENTITY_TYPE_MDS ? Policy.statefulServer() : Policy.losslessClient());
    return { cct, messenger, methods: new AuthRegistry(cct, type, () => true) };
  };

  const key = CryptoKey.generate();
  const mon = new MonSide({ name: NAME, key, now: () => clock.now() });
  const rotating = new RotatingKeyRing(CEPH_ENTITY_TYPE_MDS);
  const mds = end(EntityName.mds(0), '10.0.0.1', CEPH_ENTITY_TYPE_MDS);
  mds.messenger.setAuthServer(new MonAuthServer({ cct: mds.cct, registry: mds.methods, rotating }));
  const received: Message[] = [];
  mds.messenger.addDispatcherTail({ msDispatch: (m) => received.push(m) > 0 });
  mds.messenger.start();
  await mds.messenger.bindv(EntityAddrVec.parse('v2:10.0.0.1:6800') as EntityAddrVec);

  const client = end(EntityName.client(mon.globalId), '10.0.0.2', CEPH_ENTITY_TYPE_CLIENT);
  const keys = new Keyring();
  keys.add(NAME, key);
  const handler = new CephxClientHandler(client.cct, {
    name: NAME,
    keys,
    want: CEPH_ENTITY_TYPE_MDS | CEPH_ENTITY_TYPE_OSD,
    rotating: new RotatingKeyRing(CEPH_ENTITY_TYPE_CLIENT),
  });
  handler.setGlobalId(mon.globalId);
  handler.handleResponse(0, mon.hello());
  handler.handleResponse(0, mon.answer(handler.buildRequest()));
  const renewals: number[] = [];
  client.messenger.setAuthClient(
    new MonAuthClient({
      cct: client.cct,
      registry: client.methods,
      handler,
      findMonConnection: () => undefined,
      renewTickets: () => renewals.push(clock.now()),
      monAuthenticated: () => undefined,
    }),
  );
  let resets = 0;
  const counter: Dispatcher = { msDispatch: () => false, msHandleReset: () => ++resets > 0 };
  client.messenger.addDispatcherTail(counter);
  client.messenger.start();
  const con = client.messenger.connectTo(CEPH_ENTITY_TYPE_MDS, mds.messenger.myaddrs);
  con.sendMessage(new MPing());
  return { clock, mon, rotating, handler, received, renewals, resets: () => resets };
}

it('comes through with the ticket it has as soon as a service that has just started has its secrets', async () => {
  const { clock, mon, rotating, received, resets } = await start();
  clock.advance(1000);
  expect(received).toHaveLength(0);
  rotating.setSecrets(mon.rotating);
  clock.advance(5000);
  expect(received).toHaveLength(1);
  expect(resets()).toBe(0);
});

it('asks once for another ticket, however often the old one is refused, and again when the new one is', async () => {
  const { clock, mon, handler, renewals } = await start();
  clock.advance(10_000);
  expect(renewals).toHaveLength(1);
  expect(handler.needTickets()).toBe(true);
  handler.handleResponse(0, mon.answer(handler.buildRequest()));
  expect(handler.needTickets()).toBe(false);
  clock.advance(30_000);
  expect(renewals).toHaveLength(2);
});
