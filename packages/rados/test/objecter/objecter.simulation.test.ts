// Operations in a cluster where everything goes wrong, one history for each seed.
import { describe, expect, it } from '@jest/globals';
import { ObjectOperation } from '../../src/objecter/object-operation.js';
import { OSDMAP_FLAG } from '../../src/osdmap/osd-flags.js';
import { PgPool } from '../../src/osdmap/pg-pool.js';
import { LOC, POOL, SimCluster } from './sim-cluster.js';

const SEEDS = Number(process.env['CEPHTS_OBJECTER_SEEDS'] ?? 40);
const OPS = 120;
const OBJECTS = 6;

/** @returns what went wrong */
async function simulate(seed: number): Promise<string[]> {
  const cluster = await SimCluster.start(seed);
  const { clock, random, network } = cluster;
  Object.assign(network.faults, { maxDelay: 4, cut: 0.01, split: 0.1 });
  const { objecter } = cluster.client({ objecter_inflight_ops: 24 });
  const below = (n: number): number => random.u32() % n;
  const results: (number | undefined)[] = [];
  const submitted = new Map<string, string[]>();
  const completed = new Map<string, string[]>();
  const note = (map: Map<string, string[]>, oid: string, piece: string): void => {
    const list = map.get(oid);
    if (list) list.push(piece);
    else map.set(oid, [piece]);
  };
  const trouble = (): void => {
    const osd = below(4);
    switch (below(9)) {
      case 0:
        if (cluster.osds.filter(({ id }) => cluster.map.isUp(id)).length > 1) cluster.setUp(osd, false);
        break;
      case 1:
        cluster.setUp(osd, true);
        break;
      case 2:
        cluster.change((inc) => inc.newWeight.set(osd, random.next() < 0.5 ? 0 : 0x10000));
        break;
      case 3:
        cluster.osds[osd]?.restart();
        break;
      case 4:
        cluster.change((inc) => (inc.newFlags = below(2) ? OSDMAP_FLAG.pausewr : 0));
        break;
      case 5:
        cluster.backoffs.add(String(cluster.pgOf(`o${below(OBJECTS)}`)));
        break;
      case 6:
        lift();
        break;
      case 7:
        network.cutAll();
        break;
      default:
        cluster.change((inc, map) => {
          const before = map.pools.get(POOL) as PgPool;
          const pool = Object.assign(new PgPool(), before);
          // as the monitors do: groups split at once, and are made ready for a merger before it
          const target = 1 + below(32);
          if (before.pgNumPending < before.pgNum) pool.pgNum = before.pgNumPending;
          else if (target < before.pgNum) pool.pgNumPending = before.pgNum - 1;
          else pool.pgNum = pool.pgNumPending = target;
          pool.pgpNum = pool.pgNum;
          inc.newPools.set(POOL, pool);
        });
    }
  };
  const lift = (): void => {
    cluster.backoffs.clear();
    for (const osd of cluster.osds) osd.unblock();
  };
  for (let i = 0; i < OPS; i++) {
    const oid = `o${below(OBJECTS)}`;
    const piece = `${i};`;
    note(submitted, oid, piece);
    objecter.submit(oid, LOC, new ObjectOperation().append(new TextEncoder().encode(piece)), (r) => {
      if (results[i] !== undefined) results[i] = NaN;
      else results[i] = r;
      note(completed, oid, piece);
    });
    clock.advance(random.next() * 20);
    if (random.next() < 0.25) trouble();
  }
  // all is well again
  Object.assign(network.faults, { cut: 0, split: 0 });
  cluster.change((inc) => (inc.newFlags = 0));
  for (const { id } of cluster.osds) {
    cluster.setUp(id, true);
    cluster.change((inc) => inc.newWeight.set(id, 0x10000));
  }
  lift();
  clock.advance(120_000);
  const problems: string[] = [];
  for (let i = 0; i < OPS; i++) if (results[i] !== 0) problems.push(`seed ${seed}: operation ${i} gave ${results[i]}`);
  for (const [oid, pieces] of submitted) {
    const there = cluster.objects.get(oid) ?? [];
    if (there.join('') !== pieces.join(''))
      problems.push(`seed ${seed}: ${oid} has ${there.join('')}, expected ${pieces.join('')}`);
    if (completed.get(oid)?.join('') !== pieces.join(''))
      problems.push(`seed ${seed}: ${oid} completed ${completed.get(oid)?.join('')}`);
  }
  if (objecter.inflight !== 0) problems.push(`seed ${seed}: ${objecter.inflight} still under way`);
  await objecter.shutdown();
  return problems;
}

describe('an Objecter in trouble', () => {
  it(`settles every operation once, in order for each object, under ${SEEDS} seeds`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) expect(await simulate(seed)).toEqual([]);
  });
});
