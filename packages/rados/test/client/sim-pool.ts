// A pool of the cluster in memory, as an IoCtx.
import { IoCtx } from '../../src/client/io-ctx.js';
import type { IoCtxHost } from '../../src/client/io-ctx-host.js';
import type { Objecter } from '../../src/objecter/objecter.js';
import { POOL, SimCluster } from '../objecter/sim-cluster.js';

/** Its constructor is not for everybody: of its declarations only the class is left. */
const Pool = IoCtx as unknown as new (host: IoCtxHost, pool: number) => IoCtx;

/** The cluster, and a pool of it by a client that knows its map. */
export async function startPool(
  conf: Record<string, number> = {},
): Promise<{ cluster: SimCluster; objecter: Objecter; io: IoCtx }> {
  const cluster = await SimCluster.start(1);
  const { objecter, cct } = cluster.client(conf);
  cluster.clock.advance(100);
  const host: IoCtxHost = {
    cct,
    objecter,
    osdmap: objecter.osdmap,
    waitForMap: () => Promise.resolve(),
    poolStats: () => Promise.reject(new Error('no statistics here')),
  };
  return { cluster, objecter, io: new Pool(host, POOL) };
}

/** What becomes of a call: its error's code or name, or 'done'. */
export function outcome(call: Promise<unknown>): { what: string | undefined } {
  const state: { what: string | undefined } = { what: undefined };
  call.then(
    () => (state.what = 'done'),
    (error: { code?: string; name: string }) => (state.what = error.code ?? error.name),
  );
  return state;
}

/** Lets time go by, and what was promised become known. */
export async function settle(cluster: SimCluster, ms = 100): Promise<void> {
  cluster.clock.advance(ms);
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
