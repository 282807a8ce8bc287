// MonClient and three real monitors.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { CephConf, connectCluster, toJson } from '@cephts/rados';
import type { ClusterClient, FSMap, MFSMap, MMgrMap, MgrMap } from '@cephts/rados';
import { RealCluster } from './real-cluster.mjs';
import { describeWithCeph } from './with-ceph.js';

/** Seconds of the run with short-lived tickets; the whole run is 600. */
const TICKET_SECONDS = Number(process.env['CEPHTS_TICKET_SECONDS'] ?? 25);

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describeWithCeph('MonClient with three monitors', () => {
  // with the usual lease the monitors themselves take 14 to 15 s to elect another leader
  let cluster: RealCluster;
  let client: ClusterClient;

  beforeAll(async () => {
    cluster = await RealCluster.start({ port: 16_300, mons: 3, conf: 'mon lease = 2' });
  }, 120_000);
  afterAll(async () => {
    await client.shutdown();
    await cluster?.stop();
  }, 60_000);

  const inUse = (): string => {
    const { monmap, connection } = client.monc;
    const at = connection?.peerAddrs;
    return [...monmap.monInfo.values()].find(({ publicAddrs }) => at && publicAddrs.equals(at))?.name ?? '';
  };

  it('authenticates, and has the same map as `ceph mon dump` shows', async () => {
    client = await connectCluster(CephConf.load({ file: cluster.conf, env: {} }), { timeoutMs: 20_000 });
    expect(client.monc.globalId).toBeGreaterThan(0);
    expect(String(client.monc.fsid)).toBe(cluster.fsid);
    const shown = cluster.ceph('mon', 'dump', '--format', 'json').trim();
    const { quorum } = JSON.parse(shown) as { quorum: number[] };
    expect(toJson({ ...client.monc.monmap.dump(), quorum })).toBe(shown);
  }, 60_000);

  it('is sent maps as they change, and prints them as ceph does', async () => {
    const { messenger, monc } = client;
    let fsmap: FSMap | undefined;
    let mgrmap: MgrMap | undefined;
    let once = 0;
    messenger.addDispatcherTail({
      msDispatch: (m) => {
        if (m.typeName === 'fsmap') {
          fsmap = (m as MFSMap).map;
          monc.subGot('fsmap', fsmap.epoch);
        } else if (m.typeName === 'mgrmap') {
          mgrmap = (m as MMgrMap).map;
          once++;
        }
        return true;
      },
    });
    monc.subWant('fsmap', 0);
    monc.subWant('mgrmap', 0, true);
    monc.renewSubs();
    await cluster.until(() => fsmap !== undefined && mgrmap !== undefined, 'no maps came');
    const before = fsmap?.epoch ?? 0;
    cluster.ceph('fs', 'flag', 'set', 'enable_multiple', 'false');
    cluster.ceph('fs', 'flag', 'set', 'enable_multiple', 'true');
    await cluster.until(() => (fsmap?.epoch ?? 0) > before, 'no newer map came');
    expect(toJson(fsmap?.dump())).toBe(cluster.ceph('fs', 'dump', '--format', 'json').trim());
    expect(toJson(mgrmap?.dump())).toBe(cluster.ceph('mgr', 'dump', '--format', 'json').trim());
    expect(once).toBe(1);
  }, 60_000);

  it('runs commands, and says what the monitors say of those that fail', async () => {
    const { monc } = client;
    const { r, outbl } = await monc.monCommand({ prefix: 'mon dump', format: 'json' });
    expect(r).toBe(0);
    expect((JSON.parse(text(outbl)) as { mons: unknown[] }).mons).toHaveLength(3);
    expect(await monc.monCommand({ prefix: 'no such thing' })).toMatchObject({ r: -22 });
    const { newest, oldest } = await monc.getVersion('monmap');
    expect(newest).toBe(monc.monmap.epoch);
    expect(oldest).toBeGreaterThan(0);
  }, 30_000);

  it('tells one certain monitor, by name or rank', async () => {
    for (const mon of cluster.mons) {
      const { r, outbl } = await client.monc.monTell(mon, { prefix: 'mon_status' });
      expect(r).toBe(0);
      expect((JSON.parse(text(outbl)) as { name: string }).name).toBe(mon);
    }
    expect(await client.monc.monTell('9', { prefix: 'mon_status' })).toMatchObject({ r: -2, outs: 'mon rank dne' });
  }, 30_000);

  it('goes on within 15 s, without a lost command, when the monitor in use is killed; the id stays its own', async () => {
    const { monc } = client;
    for (let round = 0; round < 2; round++) {
      const mon = inUse();
      const id = monc.globalId;
      await cluster.end(`mon.${mon}`, 'SIGKILL');
      const begun = performance.now();
      // sent to a dead monitor or none: each must come back, once
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, i) => monc.monCommand({ prefix: 'config-key set', key: `k${round}.${i}`, val: String(i) })),
      );
      expect(performance.now() - begun).toBeLessThan(15_000);
      expect(replies.map(({ r }) => r)).toEqual(replies.map(() => 0));
      expect(inUse()).not.toBe(mon);
      expect(monc.globalId).toBe(id);
      const { outbl } = await monc.monCommand({ prefix: 'config-key get', key: `k${round}.19` });
      expect(text(outbl)).toBe('19');
      await cluster.startMon(mon);
      await cluster.until(() => (cluster.json('quorum_status') as { quorum: number[] }).quorum.length === 3, 'no full quorum');
    }
  }, 120_000);

  it('has its lines of the cluster log shown by `ceph log last`', async () => {
    client.monc.clusterLog('info', 'a line from afar');
    await cluster.until(() => cluster.ceph('log', 'last', '20').includes('a line from afar'), 'the line did not come', 20);
  }, 60_000);

  it('rejects what is pending when it is shut down, and leaves nothing behind', async () => {
    const other = await connectCluster(CephConf.load({ file: cluster.conf, env: {} }), { timeoutMs: 20_000 });
    const pending = other.monc.monCommand({ prefix: 'mon dump' });
    const outcome = expect(pending).rejects.toMatchObject({ code: 'ERR_CEPH_ABORTED' });
    await other.shutdown();
    await outcome;
    expect(other.messenger.connectionCount).toBe(0);
  }, 30_000);
});

describeWithCeph('MonClient says what is wrong', () => {
  let cluster: RealCluster;
  const conf = (overrides: Record<string, string>, file: string = cluster.conf): CephConf =>
    CephConf.load({ file, env: {}, overrides });

  beforeAll(async () => {
    cluster = await RealCluster.start({ port: 16_320 });
  }, 120_000);
  afterAll(() => cluster?.stop(), 60_000);

  it.each([
    ['a wrong key', { key: 'AQCJ0wJoAAAAABAAwwwwwwwwwwwwwwwwwwwwww==' }, 'ERR_CEPH_AUTH'],
    ['another cluster', { fsid: '00000000-0000-4000-8000-000000000001' }, 'ERR_CEPH_FSID'],
    ['no monitor at the address', { mon_host: 'v2:127.0.0.1:16399' }, 'ERR_CEPH_TIMEDOUT'],
    ['an unknown host', { mon_host: 'no-such-host.invalid' }, 'ERR_CEPH_NO_MONITORS'],
  ])(
    '%s',
    async (_what, overrides, code) => {
      const failure: Error = await connectCluster(conf(overrides), { timeoutMs: 3000 }).then(
        () => new Error('it was let in'),
        (error: Error) => error,
      );
      expect(failure).toMatchObject({ code });
      expect(failure.message).not.toMatch(/AQ[A-Za-z0-9+/]{20}/);
    },
    30_000,
  );
});

describeWithCeph.each(['crc', 'secure'] as const)('tickets of few seconds, %s mode', (mode) => {
  const ttl = TICKET_SECONDS >= 600 ? 60 : 10;
  const conf = `auth service ticket ttl = ${ttl}\nauth mon ticket ttl = ${ttl}`;
  let cluster: RealCluster;

  beforeAll(async () => {
    cluster = await RealCluster.start({ port: mode === 'crc' ? 16_340 : 16_360, mode, conf });
  }, 120_000);
  afterAll(() => cluster?.stop(), 60_000);

  it(
    `a session of ${TICKET_SECONDS} s with tickets of ${ttl} s never drops (shortened unless CEPHTS_TICKET_SECONDS=600)`,
    async () => {
      const client = await connectCluster(CephConf.load({ file: cluster.conf, env: {} }), { timeoutMs: 20_000 });
      let resets = 0;
      client.messenger.addDispatcherHead({ msDispatch: () => false, msHandleReset: () => (resets++, false) });
      const { globalId, connection } = client.monc;
      let failed = 0;
      for (const end = Date.now() + TICKET_SECONDS * 1000; Date.now() < end;) {
        const { r } = await client.monc.monCommand({ prefix: 'fsid' });
        if (r !== 0) failed++;
        await sleep(250);
      }
      expect({ failed, resets }).toEqual({ failed: 0, resets: 0 });
      expect(client.monc.connection).toBe(connection);
      expect(client.monc.globalId).toBe(globalId);
      // a ticket that was renewed is one that counts: a connection of its own is let in
      expect(await client.monc.monTell('a', { prefix: 'mon_status' })).toMatchObject({ r: 0 });
      await client.shutdown();
    },
    (TICKET_SECONDS + 60) * 1000,
  );
});
