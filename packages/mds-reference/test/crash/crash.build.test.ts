import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { seededRandom } from '@cephts/common';
import type { RandomSource } from '@cephts/common';
import { encodeText } from '@cephts/encoding';

// the built package, so that this client is the one people import
import { CephFsClient } from '@cephts/mds-reference';

import { RunningDaemon } from './run-daemon.js';

const CRASHES = 25;
const LANES = 64;
const XATTR = 'user.step';

/** A chain of changes to one file, made one after the other: whatever survives a crash must be the state after a prefix of it. */
interface Chain {
  /** Steps that had their safe reply. */
  safe: number;
  /** Steps that were asked for. */
  begun: number;
  mode: number;
  size: number;
}

/** Steps of a chain: create, chmod + truncate, setxattr, rename. */
const STEPS = 4;

async function runChain(client: CephFsClient, dir: number, name: string, chain: Chain, goOn: () => boolean): Promise<void> {
  let ino = 0;
  const steps = [
    async () => (ino = (await client.create(dir, name, { mode: 0o600 })).ino),
    () => client.setattr(ino, { mode: chain.mode, size: chain.size }),
    () => client.setxattr(ino, XATTR, encodeText(name)),
    () => client.rename(dir, name, dir, `${name}.done`),
  ];
  for (const step of steps) {
    if (!goOn()) return;
    chain.begun++;
    await step();
    chain.safe++;
  }
}

/** Runs chains until told to stop, or until the client is destroyed. */
function importChains(
  client: CephFsClient,
  dir: number,
  random: RandomSource,
  chains: Map<string, Chain>,
  goOn: () => boolean,
): Promise<unknown> {
  let next = 0;
  async function lane(): Promise<void> {
    while (goOn()) {
      const name = `f${next++}`;
      const chain: Chain = { safe: 0, begun: 0, mode: 0o600 | (random.u32() & 0o077), size: random.u32() % 1_000_000 };
      chains.set(name, chain);
      await runChain(client, dir, name, chain, goOn);
    }
  }
  return Promise.allSettled(Array.from({ length: LANES }, lane));
}

/** How many steps of a chain are there; throws where what is there is no prefix of it. */
async function stepsThere(client: CephFsClient, dir: number, name: string, chain: Chain): Promise<number> {
  const before = await client.lookup(dir, name).catch(() => undefined);
  const after = await client.lookup(dir, `${name}.done`).catch(() => undefined);
  if (before && after) throw new Error(`${name} is there under both names`);
  const stat = before ?? after;
  if (!stat) return 0;
  const changed = (stat.mode & 0o7777) === chain.mode && stat.size === chain.size;
  const untouched = (stat.mode & 0o7777) === 0o600 && stat.size === 0;
  if (!changed && !untouched) throw new Error(`${name} is half-made: mode ${stat.mode.toString(8)}, size ${stat.size}`);
  if (stat.xattrs.has(XATTR)) {
    if (!changed) throw new Error(`${name} has its xattr without its size`);
    return after ? 4 : 3;
  }
  if (after) throw new Error(`${name} was renamed without its xattr`);
  return changed ? 2 : 1;
}

describe('cephts-mds run, killed with SIGKILL in the middle of an import', () => {
  let dataDir: string;
  let daemon: RunningDaemon;

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'cephts-crash-'));
  });

  afterAll(async () => {
    await daemon.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  it(`has every operation with a safe reply after each of ${CRASHES} restarts, whole, and replays without a warning`, async () => {
    const random = seededRandom(20_241_124);
    const log = path.join(dataDir, 'mds.log');
    const args = [
      '--data',
      path.join(dataDir, 'store'),
      '--log',
      log,
      '--conf',
      'mds_reconnect_timeout=1',
      '--conf',
      'mds_tick_interval=1',
    ];
    daemon = await RunningDaemon.start(args);
    let survived = 0;
    for (let crash = 0; crash < CRASHES; crash++) {
      const client = await CephFsClient.connect({ monAddr: daemon.monAddr, durable: true });
      const dir = (await client.mkdir((await client.resolve('/')).ino, `run${crash}`, { mode: 0o755 })).ino;
      const chains = new Map<string, Chain>();
      let stopped = false;
      const settled = importChains(client, dir, random, chains, () => !stopped);
      await new Promise((resolve) => setTimeout(resolve, 30 + (random.u32() % 300)));
      expect(await daemon.kill('SIGKILL')).toBe('SIGKILL');
      stopped = true;
      client.destroy(new Error('the client was killed'));
      daemon = await RunningDaemon.start(args);
      await settled;
      const reader = await CephFsClient.connect({ monAddr: daemon.monAddr });
      const found = (await reader.lookup((await reader.resolve('/')).ino, `run${crash}`)).ino;
      expect(found).toBe(dir);
      for (const [name, chain] of chains) {
        const steps = await stepsThere(reader, dir, name, chain);
        expect({ name, steps: steps >= chain.safe && steps <= chain.begun }).toEqual({ name, steps: true });
        survived += chain.safe;
      }
      const names = new Set<string>();
      for await (const { name, stat } of reader.readdir(dir)) {
        names.add(name);
        expect(stat.nlink).toBe(1);
      }
      for (const name of names) expect(chains.has(name.replace(/\.done$/, ''))).toBe(true);
      await reader.close();
    }
    expect(survived).toBeGreaterThan(CRASHES * STEPS);
    expect(await daemon.kill('SIGTERM')).toBe(0);
    const warnings = (await readFile(log, 'utf8')).split('\n').filter(
      // that a client which died did not come back is worth a warning; nothing else happened here that is
      (line) => /\b(warn|error|corrupt|damaged)/i.test(line) && !line.includes('evicting unresponsive client'),
    );
    expect(warnings).toEqual([]);
  }, 600_000);
});
