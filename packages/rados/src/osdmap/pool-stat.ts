import type { Decoder } from '@cephts/encoding';

/** What is in a pool, and what was done to it. Bytes and counts. @see struct pool_stat_t in src/osd/osd_types.h (16.2.15) */
export interface PoolStat {
  numBytes: number;
  numObjects: number;
  numObjectClones: number;
  numObjectCopies: number;
  numObjectsMissingOnPrimary: number;
  numObjectsDegraded: number;
  numObjectsUnfound: number;
  numRd: number;
  numRdKb: number;
  numWr: number;
  numWrKb: number;
  /** Bytes of omap keys and values, as far as scrubs have counted them. */
  numOmapBytes: number;
  /** What OSDs have allocated for it. */
  allocated: number;
  omapAllocated: number;
  dataCompressed: number;
  dataCompressedAllocated: number;
  dataCompressedOriginal: number;
  /** On how many OSDs that was counted; 0 where they do not. */
  numStoreStats: number;
}

export function decodePoolStat(d: Decoder): PoolStat {
  return d.struct(
    7,
    (d, version) => {
      if (version < 6) throw d.error(`version ${version} is older than any supported release`);
      const sum = d.struct(2, (d) => d.struct(20, decodeSum, 'object_stat_sum_t'), 'object_stat_collection_t');
      d.skip(16 + 8); // sizes of logs; OSDs up and acting
      const store = d.struct(1, decodeStore, 'store_statfs_t');
      return { ...sum, ...store, numStoreStats: version >= 7 ? d.s32() : 0 };
    },
    'pool_stat_t',
  );
}

/** Of a sum of version 18 and above: what lies between the numbers that are of interest. */
const SKIPPED_COUNTS = 17;
const SKIPPED_MODES = 4;
const SKIPPED_BEFORE_OMAP = 5;

function decodeSum(d: Decoder, version: number): Omit<PoolStat, 'allocated' | 'omapAllocated' | `data${string}` | 'numStoreStats'> {
  const sum = {
    numBytes: d.s64(),
    numObjects: d.s64(),
    numObjectClones: d.s64(),
    numObjectCopies: d.s64(),
    numObjectsMissingOnPrimary: d.s64(),
    numObjectsDegraded: d.s64(),
    numObjectsUnfound: d.s64(),
    numRd: d.s64(),
    numRdKb: d.s64(),
    numWr: d.s64(),
    numWrKb: d.s64(),
  };
  if (version < 18) return { ...sum, numOmapBytes: 0 };
  d.skip(SKIPPED_COUNTS * 8 + SKIPPED_MODES * 4 + SKIPPED_BEFORE_OMAP * 8);
  return { ...sum, numOmapBytes: d.s64() };
}

function decodeStore(
  d: Decoder,
): Pick<PoolStat, 'allocated' | 'omapAllocated' | 'dataCompressed' | 'dataCompressedAllocated' | 'dataCompressedOriginal'> {
  d.skip(24); // of the whole store
  const allocated = d.s64();
  d.skip(8);
  const dataCompressed = d.s64();
  const dataCompressedAllocated = d.s64();
  const dataCompressedOriginal = d.s64();
  return { allocated, dataCompressed, dataCompressedAllocated, dataCompressedOriginal, omapAllocated: d.s64() };
}
