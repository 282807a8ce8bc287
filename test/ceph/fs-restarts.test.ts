// Our MDS is restarted again and again under a client that goes on working, while now this daemon and now that is held up.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { seededRandom } from '@cephts/common';
import type { RandomSource } from '@cephts/common';
import { FsCluster } from './fs-cluster.js';
import { describeWithCeph } from './with-ceph.js';

/** Restarts; CEPHTS_LONG=1 for the long form. */
const RESTARTS = process.env['CEPHTS_LONG'] ? 60 : 8;

/** Stops one daemon after the other, or this very process, for up to 0.9 s, until `over` says so. */
async function holdUp(cluster: FsCluster, random: RandomSource, over: () => boolean): Promise<void> {
  const between = (a: number, b: number): number => a + random.next() * (b - a);
  while (!over()) {
    await sleep(between(20, 300));
    const name = ['mon.a', 'osd.0', 'mds.ta', 'this one'][Math.floor(random.next() * 4)] as string;
    const ms = random.next() < 0.2 ? between(300, 900) : between(10, 200);
    const daemon = cluster.daemon(name);
    daemon?.kill('SIGSTOP');
    if (name === 'this one') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    else await sleep(ms);
    daemon?.kill('SIGCONT');
  }
}

describeWithCeph('an MDS that is restarted', () => {
  let cluster: FsCluster;

  beforeAll(async () => {
    // a client that is held up must not be taken for one that is gone
    cluster = await FsCluster.start({ port: 23_300, conf: 'mds reconnect timeout = 30\n' });
    cluster.startMds('ta');
    await cluster.untilState('ta', 'up:active');
  }, 120_000);

  afterAll(() => cluster?.stop());

  it(
    `keeps its client over ${RESTARTS} restarts: every change is made once, and stays`,
    async () => {
      const client = await cluster.client(true);
      const names: string[] = [];
      let over = false;
      const work = async (): Promise<void> => {
        while (!over) {
          const name = `d${names.length}`;
          await client.mkdir(1, name, { mode: 0o755 });
          names.push(name);
          expect((await client.lookup(1, name)).ino).toBeGreaterThan(0);
        }
      };
      const restart = async (): Promise<void> => {
        for (let i = 0; i < RESTARTS && !over; i++) {
          await cluster.endMds('ta', i % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
          const gid = (await cluster.infoOf('ta'))?.gid;
          cluster.startMds('ta');
          await cluster.until(async () => ((await cluster.infoOf('ta'))?.gid ?? gid) !== gid, 'it does not come back');
          await cluster.untilState('ta', 'up:active');
          // once it is served again, that is
          const before = names.length;
          await cluster.until(() => names.length > before, `no change is made after restart ${i}`);
        }
      };
      const held = holdUp(cluster, seededRandom(7), () => over);
      // whichever of the two fails ends the others
      const untilOver = (part: Promise<void>): Promise<void> => part.finally(() => (over = true));
      await Promise.all([untilOver(restart()), untilOver(work()), held]);
      const there: string[] = [];
      for await (const { name } of client.readdir(1)) there.push(name);
      expect(there.sort()).toEqual(names.sort());
      await client.close();
    },
    RESTARTS * 30_000,
  );
});
