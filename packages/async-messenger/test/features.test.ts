import { expect, it } from '@jest/globals';
import { CEPH_FEATURE } from '@cephts/encoding';
import { Policy } from '../src/index.js';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

const FEW = CEPH_FEATURE.MSG_ADDR2 | CEPH_FEATURE.SERVER_NAUTILUS;
const MORE = CEPH_FEATURE.SERVER_PACIFIC;
const few = new Policy({ featuresSupported: FEW });
const fewServer = new Policy({ server: true, standby: true, featuresSupported: FEW });

it('a connection has the features that both ends support', async () => {
  const { clock, server, con, end } = await virtualPair({ client: { policy: few } });
  con.sendMessage(MNote.of(1));
  clock.advance(100);
  expect([con.features, server.recorder.con!.features]).toEqual([FEW, FEW]);
  expect([con.hasFeature(CEPH_FEATURE.SERVER_NAUTILUS), con.hasFeature(MORE)]).toEqual([true, false]);
  await end();
});

it('who accepts lets nobody in who lacks a feature that its policy requires', async () => {
  const { clock, client, server, con, end } = await virtualPair({
    server: { policy: Policy.statefulServer(MORE) },
    client: { policy: few },
  });
  con.sendMessage(MNote.of(1));
  clock.advance(60_000);
  expect(server.recorder.values).toEqual([]);
  expect(client.lines.join('\n')).toContain(`client does not support all server features: ${(MORE & ~FEW).toString(16)}`);
  await end();
});

it('who connects takes what the other end has, whatever its policy requires, as in Ceph', async () => {
  const { clock, client, con, end } = await virtualPair({
    server: { policy: fewServer },
    client: { policy: Policy.losslessClient(MORE) },
  });
  con.sendMessage(MNote.of(1));
  clock.advance(100);
  expect(client.recorder.values).toEqual([1]);
  expect(con.features).toBe(FEW);
  await end();
});
