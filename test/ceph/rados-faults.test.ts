// 64 writers while OSDs are killed, stopped, marked out, placement groups split and merge, and the cluster is paused and full. Short by
// default; CEPHTS_FAULT_SECONDS=300 is the long form.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { POOL_FLAG } from '@cephts/rados';
import type { Cluster, IoCtx } from '@cephts/rados';
import type { RealCluster } from './real-cluster.mjs';
import { describeWithCeph } from './with-ceph.js';
import { startTrouble } from './rados-trouble.js';

const SECONDS = Number(process.env['CEPHTS_FAULT_SECONDS'] ?? 40);
const WRITERS = 64;
/** Appends that each writer has under way to its one object. */
const DEPTH = 3;
/** How long an OSD is stopped: the 60 s in the long form. */
const STOPPED = SECONDS >= 300 ? 60_000 : 8000;

describeWithCeph('64 writers in a cluster in trouble', () => {
  let ceph: RealCluster;
  let cluster: Cluster;

  beforeAll(async () => {
    const conf = 'osd pool default min size = 1\nosd max pg log entries = 10000\nosd min pg log entries = 5000';
    ({ ceph, cluster } = await startTrouble(17_700, 8, conf));
  }, 120_000);

  afterAll(async () => {
    await cluster?.shutdown();
    await ceph?.stop();
  });

  const faults: readonly [name: string, run: () => Promise<void>][] = [
    [
      'an OSD is killed and comes back',
      async () => {
        ceph.signal('osd.0', 'SIGKILL');
        await sleep(3000);
        await ceph.startOsd(0);
      },
    ],
    [
      'the cluster is paused',
      async () => {
        await ceph.cephMeanwhile('osd', 'pause');
        await sleep(2000);
        await ceph.cephMeanwhile('osd', 'unpause');
      },
    ],
    [
      'placement groups split',
      async () => {
        await ceph.cephMeanwhile('osd', 'pool', 'set', 'data', 'pg_num', '16');
        await ceph.cephMeanwhile('osd', 'pool', 'set', 'data', 'pgp_num', '16');
      },
    ],
    [
      'an OSD is marked out, and in again',
      async () => {
        await ceph.cephMeanwhile('osd', 'out', '1');
        await sleep(2000);
        await ceph.cephMeanwhile('osd', 'in', '1');
      },
    ],
    [
      'an OSD stops without a word',
      async () => {
        ceph.signal('osd.2', 'SIGSTOP');
        await sleep(STOPPED);
        ceph.signal('osd.2', 'SIGCONT');
      },
    ],
    [
      'the OSDs are full',
      async () => {
        const pool = cluster.osdmap.poolByName('data') as number;
        const isFull = (): boolean => cluster.osdmap.pools.get(pool)?.hasFlag(POOL_FLAG.full) === true;
        for (const ratio of ['nearfull', 'backfillfull', 'full']) await ceph.cephMeanwhile('osd', `set-${ratio}-ratio`, '0.0001');
        for (let i = 0; i < 200 && !isFull(); i++) await sleep(100);
        if (!isFull()) throw new Error('the pool did not become full');
        for (const [ratio, value] of Object.entries({ full: '0.95', backfillfull: '0.9', nearfull: '0.85' }))
          await ceph.cephMeanwhile('osd', `set-${ratio}-ratio`, value);
      },
    ],
    ['placement groups merge', async () => void (await ceph.cephMeanwhile('osd', 'pool', 'set', 'data', 'pg_num', '8'))],
    ['an OSD is marked down though it lives', async () => void (await ceph.cephMeanwhile('osd', 'down', '1'))],
  ];

  /** Appends numbered pieces until it is told to stop. @returns the pieces in the order they were handed in */
  async function write(io: IoCtx, oid: string, isOver: () => boolean, acknowledged: string[]): Promise<string[]> {
    const pieces: string[] = [];
    const underWay: Promise<void>[] = [];
    for (let i = 0; !isOver() || i === 0; i++) {
      const piece = `${oid}:${i};`;
      pieces.push(piece);
      underWay.push(io.append(oid, Buffer.from(piece)).then(() => void acknowledged.push(piece)));
      if (underWay.length >= DEPTH) await underWay.shift();
      // a pace at which recovery keeps up
      await sleep(5);
    }
    await Promise.all(underWay);
    return pieces;
  }

  it(
    `loses nothing, repeats nothing and keeps the order for ${SECONDS} s`,
    async () => {
      const io = await cluster.openIoctx('data');
      let over = false;
      const acknowledged = Array.from({ length: WRITERS }, (): string[] => []);
      const writers = acknowledged.map((acks, i) => write(io, `w${i}`, () => over, acks));
      // awaited below, whatever fails before
      for (const writer of writers) writer.catch(() => undefined);
      const until = Date.now() + SECONDS * 1000;
      let rounds = 0;
      while (Date.now() < until || rounds < faults.length) {
        const [name, run] = faults[rounds++ % faults.length] as (typeof faults)[number];
        await run();
        // one trouble at a time: with two, real data can be lost
        await ceph.clean();
        process.stderr.write(`  ${name}: ${acknowledged.reduce((sum, { length }) => sum + length, 0)} appends so far\n`);
      }
      over = true;
      const handedIn = await Promise.all(writers);
      expect(acknowledged).toEqual(handedIn);
      for (const [i, pieces] of handedIn.entries()) expect(Buffer.from(await io.read(`w${i}`)).toString()).toBe(pieces.join(''));
      expect(cluster.objecter.inflight).toBe(0);
    },
    SECONDS * 3000 + 240_000,
  );
});
