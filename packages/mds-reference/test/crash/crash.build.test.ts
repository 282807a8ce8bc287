import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { seededRandom } from '@cephts/common';
// the built package, so that this client is the one people import
import { CephFsClient } from '@cephts/mds-reference';

import { importChains, STEPS, stepsThere } from './chains.js';
import type { Chain } from './chains.js';
import { RunningDaemon } from './run-daemon.js';

const CRASHES = 25;
/** The monitor is always at one address, where a client that lives looks for it: none of those that daemons try by themselves. */
const MON_PORT = 20_000 + (process.pid % 10_000);

describe('cephts-mds run, killed with SIGKILL in the middle of an import', () => {
  let dataDir: string;
  let daemon: RunningDaemon;
  const log = (): string => path.join(dataDir, 'mds.log');

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'cephts-crash-'));
  });

  afterAll(async () => {
    await daemon.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  /** @param reconnectTimeout seconds that clients have to come back; one that died is waited for so long */
  async function start(reconnectTimeout: number): Promise<void> {
    const conf = [`mds_reconnect_timeout=${reconnectTimeout}`, 'mds_tick_interval=1'].flatMap((pair) => ['--conf', pair]);
    const bind = ['--bind', `127.0.0.1:${MON_PORT}`];
    daemon = await RunningDaemon.start(['--data', path.join(dataDir, 'store'), '--log', log(), ...conf, ...bind]);
  }

  /** What a fresh client finds of the chains: of each a prefix that has every step with a safe reply. @returns steps that were safe */
  async function check(run: string, dir: number, chains: ReadonlyMap<string, Chain>): Promise<number> {
    const reader = await CephFsClient.connect({ monAddr: daemon.monAddr });
    expect((await reader.lookup((await reader.resolve('/')).ino, run)).ino).toBe(dir);
    let safe = 0;
    for (const [name, chain] of chains) {
      const steps = await stepsThere(reader, dir, name, chain);
      expect({ name, steps: steps >= chain.safe && steps <= chain.begun }).toEqual({ name, steps: true });
      safe += chain.safe;
    }
    const names = new Set<string>();
    for await (const { name, stat } of reader.readdir(dir)) {
      names.add(name);
      expect(stat.nlink).toBe(1);
    }
    for (const name of names) expect(chains.has(name.replace(/\.done$/, ''))).toBe(true);
    await reader.close();
    return safe;
  }

  it(`has every operation with a safe reply after each of ${CRASHES} restarts, whole, and replays without a warning; a client that lives finishes all it began`, async () => {
    const random = seededRandom(20_241_124);
    await start(1);
    let survived = 0;
    for (let crash = 0; crash < CRASHES; crash++) {
      const clientDies = crash % 2 === 0;
      const client = await CephFsClient.connect({ monAddr: daemon.monAddr, durable: true });
      const run = `run${crash}`;
      const dir = (await client.mkdir((await client.resolve('/')).ino, run, { mode: 0o755 })).ino;
      const chains = new Map<string, Chain>();
      let stopped = false;
      const settled = importChains(client, dir, random, chains, () => !stopped);
      await new Promise((resolve) => setTimeout(resolve, 30 + (random.u32() % 300)));
      expect(await daemon.kill('SIGKILL')).toBe('SIGKILL');
      stopped = true;
      if (clientDies) client.destroy(new Error('the client was killed'));
      await start(clientDies ? 1 : 45);
      const lanes = await settled;
      if (!clientDies) {
        expect(lanes.filter(({ status }) => status === 'rejected')).toEqual([]);
        for (const [name, { safe, begun }] of chains) expect({ name, safe }).toEqual({ name, safe: begun });
        await client.close();
      }
      survived += await check(run, dir, chains);
    }
    expect(survived).toBeGreaterThan(CRASHES * STEPS);
    expect(await daemon.kill('SIGTERM')).toBe(0);
    const warnings = (await readFile(log(), 'utf8')).split('\n').filter(
      // that a client which died did not come back is worth a warning, and that the machine held the main isolate up; nothing else
      // happened here that is
      (line) => /\b(warn|error|corrupt|damaged)/i.test(line) && !/evicting unresponsive client|"heartbeatmap"/.test(line),
    );
    expect(warnings).toEqual([]);
  }, 600_000);
});
