import type { CephContext } from '@cephts/common';
import type { Objecter } from '../objecter/objecter.js';
import type { OsdMap } from '../osdmap/osd-map.js';
import type { PoolStat } from '../osdmap/pool-stat.js';
import type { CallOptions } from './call-options.js';

/** What an IoCtx needs of its cluster. */
export interface IoCtxHost {
  readonly cct: CephContext;
  readonly objecter: Objecter;
  readonly osdmap: OsdMap;
  waitForMap(epoch: number, options?: CallOptions): Promise<void>;
  poolStats(pools?: readonly string[], options?: CallOptions): Promise<{ stats: Map<string, PoolStat>; perPool: boolean }>;
}
