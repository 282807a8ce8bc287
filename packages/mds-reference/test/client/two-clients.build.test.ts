import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { seededRandom } from '@cephts/common';
// the built package: two clients as people have them, and the daemon in a process of its own
import { CephFsClient } from '@cephts/mds-reference';

import { RunningDaemon } from '../crash/run-daemon.js';
import { PathModel, resultOf } from './path-model.js';

const NAMES = Array.from({ length: 100 }, (_, i) => `name${i}`);
const IN_FLIGHT = 16;

async function names(client: CephFsClient, dir: number): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of client.readdir(dir)) found.push(name);
  return found.sort();
}

describe('two clients of one daemon, over TCP', () => {
  let dataDir: string;
  let daemon: RunningDaemon;
  let clients: [CephFsClient, CephFsClient];
  let dir: number;
  let tests = 0;

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'cephts-two-'));
    daemon = await RunningDaemon.start(['--data', path.join(dataDir, 'store'), '--log', path.join(dataDir, 'mds.log')]);
    const { monAddr } = daemon;
    clients = [await CephFsClient.connect({ monAddr }), await CephFsClient.connect({ monAddr })];
  }, 60_000);

  beforeEach(async () => {
    dir = (await clients[0].mkdir(1, `test${++tests}`, { mode: 0o755 })).ino;
  });

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await daemon.kill('SIGTERM');
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Both do `operation` to every name at once, many at a time; the results, a pair for each name. */
  async function race(
    operation: (client: CephFsClient, name: string, which: number) => Promise<unknown>,
  ): Promise<[string, string][]> {
    const results = await Promise.all(
      clients.map(async (client, which) => {
        const found = new Map<string, string>();
        const queue = [...NAMES];
        const lane = async (): Promise<void> => {
          for (let name = queue.shift(); name !== undefined; name = queue.shift())
            found.set(name, await resultOf(operation(client, name, which)));
        };
        await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
        return found;
      }),
    );
    return NAMES.map((name) => [results[0]?.get(name) as string, results[1]?.get(name) as string]);
  }

  /** For each name one had the one result, the other the other. */
  function expectOneOfTwo(results: readonly [string, string][], won: string, lost: string): void {
    for (const pair of results) expect([...pair].sort()).toEqual([won, lost].sort());
  }

  it('each in a tree of its own get the results of POSIX', async () => {
    const models = await Promise.all(
      clients.map(
        async (client, i) => new PathModel(seededRandom(11 + i), (await client.mkdir(dir, `own${i}`, { mode: 0o755 })).ino),
      ),
    );
    await Promise.all(
      models.map(async (model, i) => {
        for (let step = 0; step < 300; step++) await model.step(clients[i] as CephFsClient);
      }),
    );
    // each sees what the other has done
    for (const client of clients) for (const model of models) await model.compare(client);
    for (const { seen } of models)
      for (const what of ['rename ok', 'rmdir ENOTEMPTY', 'link ok']) expect(seen.get(what)).toBeGreaterThan(0);
  }, 60_000);

  it('by turns in one tree get the results of POSIX, at once and without a look aside', async () => {
    const model = new PathModel(seededRandom(5), dir);
    for (let step = 0; step < 300; step++) await model.step(clients[model.below(2)] as CephFsClient);
    for (const client of clients) await model.compare(client);
  }, 60_000);

  it('lose no entry when both fill one folder', async () => {
    const results = await race((client, name, which) => client.create(dir, `${name}.${which}`, { mode: 0o644 }));
    expect(new Set(results.flat())).toEqual(new Set(['ok']));
    const wanted = NAMES.flatMap((name) => [`${name}.0`, `${name}.1`]).sort();
    for (const client of clients) expect(await names(client, dir)).toEqual(wanted);
    expect((await clients[1].getattr(dir)).size).toBe(wanted.length);
  }, 60_000);

  it('both after the same names: one makes, removes, renames, the other gets EEXIST or ENOENT', async () => {
    expectOneOfTwo(await race((client, name) => client.create(dir, name, { mode: 0o644 })), 'ok', 'EEXIST');
    expectOneOfTwo(await race((client, name, which) => client.rename(dir, name, dir, `${name}.${which}`)), 'ok', 'ENOENT');
    const [seen, other] = await Promise.all(clients.map((client) => names(client, dir)));
    expect(seen).toEqual(other);
    expect(seen?.map((name) => name.replace(/\.\d$/, ''))).toEqual([...NAMES].sort());
    const left = new Map(seen?.map((name) => [name.replace(/\.\d$/, ''), name]));
    expectOneOfTwo(await race((client, name) => client.unlink(dir, left.get(name) as string)), 'ok', 'ENOENT');
    expectOneOfTwo(await race((client, name) => client.mkdir(dir, name, { mode: 0o755 })), 'ok', 'EEXIST');
    expectOneOfTwo(await race((client, name) => client.rmdir(dir, name)), 'ok', 'ENOENT');
    for (const client of clients) expect(await names(client, dir)).toEqual([]);
  }, 60_000);

  it('one removes a folder while the other makes a file in it: ENOTEMPTY for the one or ENOENT for the other', async () => {
    const inos = new Map<string, number>();
    for (const name of NAMES) inos.set(name, (await clients[0].mkdir(dir, name, { mode: 0o755 })).ino);
    const results = await race((client, name, which) =>
      which === 0 ? client.rmdir(dir, name) : client.create(inos.get(name) as number, 'file', { mode: 0o644 }),
    );
    const there = await names(clients[1], dir);
    for (const [i, [removed, created]] of results.entries()) {
      const name = NAMES[i] as string;
      expect(['ok ENOENT', 'ok ESTALE', 'ENOTEMPTY ok']).toContain(`${removed} ${created}`);
      expect(there.includes(name)).toBe(removed !== 'ok');
      if (created === 'ok') expect(await names(clients[0], inos.get(name) as number)).toEqual(['file']);
    }
  }, 60_000);
});
