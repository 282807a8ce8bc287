import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@cephts/common';
import { comeBackTogether, isAnswered, TestClient } from './client-kit.js';
import { TestRank } from './rank-kit.js';
import type { TestRankOptions } from './rank-kit.js';
import { TreeModel } from './tree-model.js';

/** Segments end and expire soon, so that what is replayed is the rest of a long story. */
const SHORT_JOURNAL = { mds_log_events_per_segment: 16, mds_log_max_segments: 8 };

interface World {
  rank: TestRank;
  clients: TestClient[];
  model: TreeModel;
}

async function newWorld(options: TestRankOptions & { seed: number }): Promise<World> {
  const rank = await TestRank.create(options);
  const clients = [new TestClient(rank, 100), new TestClient(rank, 200)];
  for (const client of clients) await client.open();
  return { rank, clients, model: new TreeModel(seededRandom(options.seed)) };
}

/** Another rank takes over; the clients come back to it. */
async function restart(world: World, options: TestRankOptions): Promise<void> {
  const rank = await world.rank.restart(options);
  world.rank = rank;
  await rank.until(() => rank.rank.isReconnect());
  comeBackTogether(rank, world.clients);
  await rank.until(() => rank.rank.isActive());
  for (const client of world.clients) client.resend();
}

/** Lets time pass, forgets what may be forgotten, gives caps back: now and then. */
async function disturb({ rank, clients, model }: World): Promise<void> {
  if (model.below(20) === 0) rank.rank.mdcache.trimAll();
  if (model.below(20) === 0) await rank.clock.advanceAsync(5000);
  if (model.below(30) !== 0) return;
  for (const client of clients) for (const ino of [...client.caps.keys()]) if (model.below(2) === 0) client.release(ino);
}

async function compare({ clients, model }: World): Promise<void> {
  for (const client of clients) await model.compare(client);
}

describe('two clients in one tree', () => {
  it.each([1, 2, 3])('get the results and errnos of POSIX, seed %i', async (seed) => {
    const world = await newWorld({ seed });
    for (let i = 0; i < 800; i++) await world.model.step(world.clients[world.model.below(2)] as TestClient);
    await compare(world);
    expect(world.rank.rank.mdcache.requests.size).toBe(0);
    expect(world.rank.clog).toEqual([]);
    // both really were in each other's way, and most of what can happen did
    for (const client of world.clients) expect(client.revokes).toBeGreaterThan(50);
    for (const what of ['rename 0', 'rename -2', 'rmdir -39', 'link 0', 'unlink 0', 'create -17', 'truncate 0']) {
      expect(world.model.seen.get(what)).toBeGreaterThan(0);
    }
  });

  it.each([4, 5, 6])('get them while cache and journal are trimmed and the rank is restarted, seed %i', async (seed) => {
    const options = { seed, conf: SHORT_JOURNAL, latencyMs: seed % 3 };
    const world = await newWorld(options);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 200; i++) {
        await world.model.step(world.clients[world.model.below(2)] as TestClient);
        await disturb(world);
      }
      await compare(world);
      await restart(world, options);
      await compare(world);
    }
    expect(world.rank.rank.mdlog.getNumSegments()).toBeLessThan(24);
    expect(world.rank.clog).toEqual([]);
  });

  it.each([7, 8, 9, 10])('lose nothing they had an answer to, safe or not, when the rank crashes, seed %i', async (seed) => {
    const conf = { ...(seed % 2 === 0 ? SHORT_JOURNAL : {}), mds_log_flush_delay: seed % 3 === 0 ? 5 : 0 };
    const options = { seed, conf, latencyMs: 1 + (seed % 7) };
    const world = await newWorld(options);
    for (const client of world.clients) client.patient = false;
    let replayed = 0;
    for (let round = 0; round < 6; round++) {
      for (let i = 20 + world.model.below(80); i > 0; i--) {
        await world.model.step(world.clients[world.model.below(2)] as TestClient);
      }
      replayed += world.clients.reduce((sum, client) => sum + client.pending().length, 0);
      await restart(world, options);
      await compare(world);
      for (const client of world.clients) {
        expect([...client.calls.values()].every(isAnswered)).toBe(true);
        client.calls.clear();
      }
    }
    expect(replayed).toBeGreaterThan(0);
    expect(world.rank.clog).toEqual([]);
  });
});
