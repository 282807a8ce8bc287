import type { RandomSource } from '@cephts/common';
import { encodeText } from '@cephts/encoding';
import type { CephFsClient } from '@cephts/mds-reference';

const LANES = 64;
const XATTR = 'user.step';

/** A chain of changes to one file, made one after the other: whatever survives a crash must be the state after a prefix of it. */
export interface Chain {
  /** Steps that had their safe reply. */
  safe: number;
  /** Steps that were asked for. */
  begun: number;
  mode: number;
  size: number;
}

/** Steps of a chain: create, chmod + truncate, setxattr, rename. */
export const STEPS = 4;

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

/**
 * Runs chains in 64 lanes until told to stop, or until the client is destroyed.
 * @returns how each lane ended
 */
export function importChains(
  client: CephFsClient,
  dir: number,
  random: RandomSource,
  chains: Map<string, Chain>,
  goOn: () => boolean,
): Promise<PromiseSettledResult<void>[]> {
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
export async function stepsThere(client: CephFsClient, dir: number, name: string, chain: Chain): Promise<number> {
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
