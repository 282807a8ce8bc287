import { expect, it } from '@jest/globals';
import { CEPH_ENTITY_TYPE_CLIENT, CEPH_ENTITY_TYPE_OSD, CEPH_FEATURE } from '@cephts/encoding';
import { Policy } from '../src/index.js';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

const MINUTE = 60_000;
const MISSING = CEPH_FEATURE.SERVER_PACIFIC & ~CEPH_FEATURE.SERVER_NAUTILUS;
const old = Policy.losslessClient();
const few = new Policy({ ...old, featuresSupported: old.featuresSupported & ~MISSING });

it('a peer that lacks what is required of its type is told what, and gets in once that is required no more', async () => {
  const { clock, server, client, con, end } = await virtualPair({ client: { policy: few } });
  server.messenger.setPolicy(CEPH_ENTITY_TYPE_CLIENT, Policy.statefulServer(CEPH_FEATURE.SERVER_PACIFIC));
  con.sendMessage(MNote.of(1));
  clock.advance(MINUTE);
  const told = client.lines.filter((line) =>
    line.includes(`fault: client does not support all server features: ${MISSING.toString(16)}`),
  );
  // at once, after 0.2 s, 0.4 s, … and from then on after 15 s
  expect([told.length > 6, told.length < 12]).toEqual([true, true]);
  expect(server.lines.filter((line) => line.includes(`peer missing required features ${MISSING.toString(16)}`))).toHaveLength(
    told.length,
  );
  expect([server.recorder.values, con.queued, server.messenger.connectionCount]).toEqual([[], 1, 0]);
  expect([...server.recorder.events, ...client.recorder.events].filter((event) => event !== 'reset')).toEqual([]);
  server.messenger.setPolicy(CEPH_ENTITY_TYPE_CLIENT, Policy.statefulServer());
  clock.advance(MINUTE);
  expect(client.recorder.values).toEqual([1]);
  await end();
});

it('what is required of peers of another type is not required of this one', async () => {
  const { clock, server, client, con, end } = await virtualPair({ client: { policy: few } });
  server.messenger.setPolicy(CEPH_ENTITY_TYPE_OSD, Policy.statefulServer(CEPH_FEATURE.SERVER_PACIFIC));
  con.sendMessage(MNote.of(1));
  clock.advance(100);
  expect(client.recorder.values).toEqual([1]);
  await end();
});
